"""What the three layers share."""

import math
from abc import ABC
from itertools import chain
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout
from torch.nn.utils.rnn import PackedSequence

from rnnviz.cells import Cell
from rnnviz.cells.unroll import StepEdit
from rnnviz.layouts import Layout, Padded, layout_of
from rnnviz.nn.checks import check_input, check_settings, check_state
from rnnviz.nn.twin import torch_twin
from rnnviz.recurrence import connectivity, engines, library, readable
from rnnviz.recurrence.inputs import are_ids
from rnnviz.recurrence.rows import Sizes, last, reverse_time

State = Tensor | tuple[Tensor, ...]
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class LayerTrace(NamedTuple):
    """What `trace` returns.

    values: every gate, sum and state by name (`l0.f`, `l0r.h`), each with its units last and the axes of the
        input before them: (T, B, H), (B, T, H) or (T, H). A packed input gives padded arrays in the order of
        its rows, NaN after a row's end.
    output, state: what the call returns.
    """

    values: dict[str, Tensor]
    output: Any
    state: State


class Recurrent(nn.Module, ABC):
    """What the three layers share: parameters, layers and directions. Abstract."""

    cell_type: type[Cell]
    engine: str | None
    """Who computes: a name in `recurrence.engines.ENGINES`, or None for the usual one on each device."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        engine: str | None = None,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size, self.engine = bidirectional, proj_size, engine
        check_settings(self)
        rows = self.cell_type.gate_count * hidden_size
        for layer, direction in self._places():
            width = hidden_size * self.num_directions if layer else input_size
            shapes = [(rows, width), (rows, hidden_size), (rows,), (rows,)]
            for name, shape in zip(self._names(layer, direction), shapes, strict=False):
                self.register_parameter(name, nn.Parameter(torch.empty(shape, device=device, dtype=dtype)))
        self.reset_parameters()
        self.flatten_parameters()

    @property
    def num_directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def all_weights(self) -> list[list[nn.Parameter]]:
        """The parameters of each layer and direction, as in `torch.nn`."""
        return [self._weights(*place) for place in self._places()]

    def reset_parameters(self) -> None:
        """Uniform within +-1/sqrt(H), drawn in `torch.nn`'s order: the same seed gives the same weights."""
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            nn.init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Lays the weights out side by side, as the GPU's kernel wants them; elsewhere there is no need."""
        if self.weight_hh_l0.is_cuda:
            torch_twin(self).flatten_parameters()

    def _apply(self, *args: Any, **settings: Any) -> "Recurrent":
        moved = super()._apply(*args, **settings)
        self.flatten_parameters()
        return moved

    def cell(self, layer: int = 0, direction: int = 0) -> Cell:
        """The cell of one layer and direction (1 is the reverse one), on this module's own parameters."""
        return self.make_cell(*self._weights(layer, direction))

    def make_cell(self, *weights: Tensor) -> Cell:
        """A cell of this layer's kind on other weights."""
        return self.cell_type(*weights)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """As `torch.nn`: (T, B, D), with batch_first (B, T, D), (T, D), or packed -> output, final state."""
        layout, x, sizes = self._enter(input)
        start = self._start(x, hx, layout)
        engine = engines.choose(self.engine, self.cell(), x)
        if engine != "torch":
            _, output, final = self._read(x, start, sizes, engine, told=False)
        else:
            output, parts = library.read_layers(
                self.cell(), list(chain(*self.all_weights)), x, start, sizes,
                self.num_layers, self.dropout, self.training, self.bidirectional,
            )  # fmt: skip
            final = list(parts)
        return layout.leave(output), _state([layout.leave_state(part) for part in final])

    def trace(self, input: Any, hx: Any = None, edit: StepEdit | None = None) -> LayerTrace:
        """The same computation, with every value of every layer, direction and step by name.

        `edit(step, "l0.f", value) -> value` may replace any gate or state on its way, see `cells.unroll`;
        step is the place in the input, in the reverse direction too; value is (B, H).
        """
        if edit and isinstance(input, PackedSequence):
            raise ValueError("An edit needs a padded input: the steps of packed rows are not abreast.")
        layout, x, sizes = self._enter(input)
        engine = engines.choose(self.engine, self.cell(), x)
        values, output, state = self._read(x, self._start(x, hx, layout), sizes, engine, told=True, edit=edit)
        told = {name: layout.leave_values(value) for name, value in values.items()}
        return LayerTrace(told, layout.leave(output), _state([layout.leave_state(part) for part in state]))

    def step(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """One step: x (B, D), or ids (B,), and the state so far, zeros if None -> h (B, H), the new state.

        For writing token by token: the cells themselves, without what a sequence needs. The layer reads one
        way, or this raises ValueError.
        """
        if self.bidirectional:
            raise ValueError("A layer that reads both ways has no single step: it needs the whole sequence.")
        x = x.long() if are_ids(x) else x
        if x.dim() + are_ids(x) != 2:
            raise ValueError(
                f"A step reads (batch, inputs), or ids (batch,), not {tuple(x.shape)} {x.dtype}."
            )
        start = self._start(x[None], state, Padded(batch_first=False))
        after = []
        for layer in range(self.num_layers):
            cell = self.cell(layer)
            before = cell.start(*(part[layer] for part in start))
            after.append(cell.update(cell.gates(x, before.h), before))
            x = after[-1].h
            x = dropout(x, self.dropout, self.training) if layer < self.num_layers - 1 else x
        parts = [torch.stack([getattr(s, name) for s in after]) for name in self.cell_type.carried]
        return x, _state(parts)

    def sensitivity(self, x: Tensor, cotangent: Tensor, hx: State | None = None) -> Tensor:
        """|dscore_s / dx_t| for all steps, (T, T), zero for t > s: how much each input moved each output.

        One sequence, x (T, D), or ids (T,), which stand for their one-hot rows; cotangent (T, H): the
        gradient of score_s with respect to the output at s. For a layer that reads one way.
        """
        with torch.no_grad():
            return self.sensitivity_of(self.trace(x, hx), cotangent, hx)

    def sensitivity_of(self, trace: LayerTrace, cotangent: Tensor, hx: State | None = None) -> Tensor:
        """The same from a trace that is there already; hx: what it started from."""
        if self.training and self.dropout and self.num_layers > 1:
            raise ValueError(f"Sensitivity knows no dropout, here {self.dropout}: call layer.eval() before.")
        if not isinstance(trace.output, Tensor):
            raise ValueError("Sensitivity is told of one sequence, not of packed ones.")
        if trace.output.dtype not in (torch.float32, torch.float64):
            raise ValueError(f"Sensitivity is computed in float32 or float64, not in {trace.output.dtype}.")
        wanted = (len(trace.output), self.hidden_size)
        if self.bidirectional or trace.output.numel() != math.prod(wanted):
            raise ValueError("Sensitivity is told of one sequence, not of a batch, that is read one way.")
        if tuple(cotangent.shape) != wanted:
            raise ValueError(f"The cotangent is (steps, units), here {wanted}, not {tuple(cotangent.shape)}.")
        starts = [part.detach().cpu() for part in self.start(hx, 1)]
        layers = []
        for k in range(self.num_layers):
            cell = self.make_cell(*(weight.detach().cpu() for weight in self._weights(k, 0)))
            found = {
                name.partition(".")[2]: v for name, v in trace.values.items() if name.startswith(f"l{k}.")
            }
            values = {
                letter: value.detach().cpu().view(-1, 1, self.hidden_size) for letter, value in found.items()
            }
            layers.append((cell, values, [part[k] for part in starts]))
        return connectivity.sensitivity(layers, cotangent.detach().to(starts[0])).to(cotangent.device)

    def start(self, hx: State | None, batch: int, dtype: torch.dtype | None = None) -> list[Tensor]:
        """A start state as the call takes it -> (L, B, H) for each carried value; None gives zeros."""
        shape = (self.num_layers * self.num_directions, batch, self.hidden_size)
        if hx is None:
            weight = self._weights(0, 0)[0]
            return [weight.new_zeros(shape, dtype=dtype) for _ in self.cell_type.carried]
        return [part.reshape(shape) for part in ((hx,) if isinstance(hx, Tensor) else hx)]

    def _read(
        self,
        x: Tensor,
        start: list[Tensor],
        sizes: Sizes,
        engine: str,
        told: bool,
        edit: StepEdit | None = None,
    ) -> tuple[dict[str, Tensor], Tensor, list[Tensor]]:
        """All layers and directions -> every value if told, the output, the state as (L, B, H) each."""
        values: dict[str, Tensor] = {}
        final: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            x = dropout(x, self.dropout, self.training) if layer and self.dropout else x
            outputs = []
            for direction in range(self.num_directions):
                prefix = f"l{layer}{'r' * direction}."
                cell, state = self.cell(layer, direction), [part[len(final)] for part in start]
                seen = reverse_time(x, sizes) if direction else x
                if edit:
                    hook = _under(prefix, edit, len(x) - 1 if direction else None)
                    found = readable.read(cell, seen, state, sizes, hook)
                else:
                    found = engines.read(engine, cell, seen, state, sizes, told)
                final.append([last(found[name], sizes) for name in cell.carried])
                if direction:
                    found = {name: reverse_time(value, sizes) for name, value in found.items()}
                outputs.append(found["h"])
                values |= {prefix + name: value for name, value in found.items()} if told else {}
            x = torch.cat(outputs, dim=-1) if self.bidirectional else outputs[0]
        return values, x, [torch.stack(parts) for parts in zip(*final, strict=True)]

    def _enter(self, input: Any) -> tuple[Layout, Tensor, Sizes]:
        layout = layout_of(input, self.batch_first, type(self).__name__)
        x, sizes = layout.enter(input)
        return layout, x.long() if are_ids(x) else x, sizes

    def _start(self, x: Tensor, hx: Any, layout: Layout) -> list[Tensor]:
        """The start state for an input that has entered, in its order; both are checked."""
        check_input(self, x)
        dtype = self._weights(0, 0)[0].dtype if are_ids(x) else x.dtype
        if hx is None:
            return self.start(None, x.shape[1], dtype)
        parts, carried = (hx,) if isinstance(hx, Tensor) else tuple(hx), self.cell_type.carried
        if len(parts) != len(carried):
            kind, wanted = type(self).__name__, " and ".join(carried)
            raise RuntimeError(f"{kind}: the state consists of {wanted}, got {len(parts)} parts.")
        shape = (self.num_layers * self.num_directions, x.shape[1], self.hidden_size)
        for part in parts:
            check_state(part, shape, layout.state_dims, dtype)
        return [layout.enter_state(part) for part in parts]

    def _places(self) -> list[tuple[int, int]]:
        return [(layer, way) for layer in range(self.num_layers) for way in range(self.num_directions)]

    def _names(self, layer: int, direction: int) -> list[str]:
        suffix = f"_l{layer}{'_reverse' * direction}"
        return [name + suffix for name in WEIGHTS[: 4 if self.bias else 2]]

    def _weights(self, layer: int, direction: int) -> list[nn.Parameter]:
        # by attribute, so that functional_call, parametrizations and pruning can put other tensors there
        return [getattr(self, name) for name in self._names(layer, direction)]

    def extra_repr(self) -> str:
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
        told = [f"{name}={getattr(self, name)}" for name in usual if getattr(self, name) != usual[name]]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *told])


def _state(parts: list[Tensor]) -> State:
    """One tensor for a cell that carries one value, a tuple for more."""
    return parts[0] if len(parts) == 1 else tuple(parts)


def _under(prefix: str, edit: StepEdit, last_step: int | None) -> StepEdit:
    """The hook of one layer and direction: the cell says `f`, the layer `l0.f`.

    last_step: of a direction that starts there; None for the other one.
    """

    def hook(step: int, name: str, value: Tensor) -> Tensor:
        return edit(step if last_step is None else last_step - step, prefix + name, value)

    return hook
