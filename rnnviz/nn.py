"""RNN, LSTM and GRU layers that replace `torch.nn`'s and can also tell every gate.

The same constructor, call, state and state_dict as `torch.nn.RNN`, `LSTM` and `GRU`, the same start weights
from the same seed, and one method more:

    layer = rnnviz.nn.LSTM(28, 256, num_layers=2)
    output, (h, c) = layer(x)
    layer.trace(x).values["l1.f"]        # the forget gate of the second layer, (T, B, 256)

Names: `l0.` is the first layer, `l0r.` its reverse direction; then comes the letter of the cell's equations.
"""

import math
import warnings
from abc import ABC
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout
from torch.nn.utils.rnn import PackedSequence

from rnnviz.cells import Cell, GRUCell, LSTMCell, RNNCell, unroll
from rnnviz.cells.rnn import NONLINEARITIES
from rnnviz.cells.unroll import StepEdit
from rnnviz.layouts import Layout, layout_of, reverse_time

State = Tensor | tuple[Tensor, ...]
Names = tuple[str, ...] | None
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
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        _check_settings(self)
        rows = self.cell_type.gate_count * hidden_size
        for layer, direction in self._places():
            width = hidden_size * self.num_directions if layer else input_size
            shapes = [(rows, width), (rows, hidden_size), (rows,), (rows,)]
            for name, shape in zip(self._names(layer, direction), shapes, strict=False):
                self.register_parameter(name, nn.Parameter(torch.empty(shape, device=device, dtype=dtype)))
        self.reset_parameters()

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
        """Does nothing: there is no fused kernel that the weights would have to be laid out for."""

    def cell(self, layer: int = 0, direction: int = 0) -> Cell:
        """The cell of one layer and direction (1 is the reverse one), on this module's own parameters."""
        return self.cell_type(*self._weights(layer, direction))

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """As `torch.nn`: (T, B, D), with batch_first (B, T, D), (T, D), or packed -> output, final state."""
        trace = self._run(input, hx, names=self.cell_type.carried)
        return trace.output, trace.state

    def trace(self, input: Any, hx: Any = None, edit: StepEdit | None = None) -> LayerTrace:
        """The same computation, with every value of every layer, direction and step by name.

        `edit(step, "l0.f", value) -> value` may replace any gate or state on its way, see `cells.unroll`;
        step is the place in the input, in the reverse direction too; value is (B, H).
        """
        if edit and isinstance(input, PackedSequence):
            raise ValueError("An edit needs a padded input: the steps of packed rows are not abreast.")
        return self._run(input, hx, names=None, edit=edit)

    def _run(self, input: Any, hx: Any, names: Names, edit: StepEdit | None = None) -> LayerTrace:
        """All layers and directions; names: which values of a step are kept, None for all."""
        layout = layout_of(input, self.batch_first, type(self).__name__)
        x, lengths = layout.enter(input)
        start = self._start(x, hx, layout)
        values: dict[str, Tensor] = {}
        final: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            x = dropout(x, self.dropout, self.training) if layer and self.dropout else x
            outputs = []
            for direction in range(self.num_directions):
                prefix = f"l{layer}{'r' * direction}."
                state = [part[len(final)] for part in start]
                read = _read_backwards if direction else _read
                kept, last = read(self.cell(layer, direction), x, lengths, state, names, _under(prefix, edit))
                values |= {prefix + name: value for name, value in kept.items()}
                outputs.append(kept["h"])
                final.append(last)
            x = torch.cat(outputs, dim=-1) if self.bidirectional else outputs[0]
        carried = tuple(layout.leave_state(torch.stack(parts)) for parts in zip(*final, strict=True))
        told = {} if names else {name: layout.leave_values(value) for name, value in values.items()}
        return LayerTrace(told, layout.leave(x), carried if len(carried) > 1 else carried[0])

    def _start(self, x: Tensor, hx: Any, layout: Layout) -> list[Tensor]:
        """The start state as one (L, B, H) tensor for each carried value; zeros where none is given."""
        _check_input(self, x)
        shape = (self.num_layers * self.num_directions, x.shape[1], self.hidden_size)
        carried = self.cell_type.carried
        if hx is None:
            return [x.new_zeros(shape) for _ in carried]
        parts = (hx,) if isinstance(hx, Tensor) else tuple(hx)
        if len(parts) != len(carried):
            kind, wanted = type(self).__name__, " and ".join(carried)
            raise RuntimeError(f"{kind}: the state consists of {wanted}, got {len(parts)} parts.")
        for part in parts:
            _check_state(part, shape, layout.state_dims, x.dtype)
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


class RNN(Recurrent):
    """A simple recurrent layer, tanh or relu, in place of `torch.nn.RNN`."""

    cell_type = RNNCell

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *rest: Any,
        **settings: Any,
    ) -> None:
        if nonlinearity not in NONLINEARITIES:
            raise ValueError(f"nonlinearity is one of {' and '.join(NONLINEARITIES)}, got {nonlinearity!r}.")
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, *rest, **settings)

    def cell(self, layer: int = 0, direction: int = 0) -> Cell:
        weights = dict(zip(WEIGHTS, self._weights(layer, direction), strict=False))
        return RNNCell(**weights, nonlinearity=self.nonlinearity)

    def extra_repr(self) -> str:
        return super().extra_repr() + (", nonlinearity=relu" if self.nonlinearity == "relu" else "")


class LSTM(Recurrent):
    """A long short-term memory layer in place of `torch.nn.LSTM`; its state is the pair (h, c)."""

    cell_type = LSTMCell


class GRU(Recurrent):
    """A gated recurrent layer in place of `torch.nn.GRU`."""

    cell_type = GRUCell


LAYERS: dict[str, Callable[..., Recurrent]] = {
    "rnn": RNN,
    "rnn_relu": partial(RNN, nonlinearity="relu"),
    "lstm": LSTM,
    "gru": GRU,
}


def _read(
    cell: Cell, x: Tensor, lengths: Tensor, start: list[Tensor], names: Names, edit: StepEdit | None
) -> tuple[dict[str, Tensor], list[Tensor]]:
    """One layer, one direction -> the kept values, (T, B, H), and what is carried after each row, (B, H)."""
    steps = [step.values() for step in unroll(cell, x, cell.start(*start), edit)]
    kept = {name: torch.stack([step[name] for step in steps]) for name in names or steps[0]}
    rows = torch.arange(x.shape[1], device=x.device)
    return kept, [kept[name][lengths - 1, rows] for name in cell.carried]


def _read_backwards(
    cell: Cell, x: Tensor, lengths: Tensor, start: list[Tensor], names: Names, edit: StepEdit | None
) -> tuple[dict[str, Tensor], list[Tensor]]:
    """The same from each row's end to its start; the values stand at the step that they belong to."""
    mirrored = edit and (lambda step, name, value: edit(len(x) - 1 - step, name, value))
    kept, last = _read(cell, reverse_time(x, lengths), lengths, start, names, mirrored)
    return {name: reverse_time(value, lengths) for name, value in kept.items()}, last


def _under(prefix: str, edit: StepEdit | None) -> StepEdit | None:
    """The hook of one layer and direction: the cell says `f`, the layer `l0.f`."""
    return edit and (lambda step, name, value: edit(step, prefix + name, value))


def _check_settings(layer: Recurrent) -> None:
    """The constructor's checks, with `torch.nn`'s types of error."""
    kind = type(layer).__name__
    if layer.proj_size:
        raise ValueError(
            f"rnnviz.nn.{kind} does not support proj_size, got {layer.proj_size}; leave it at 0."
        )
    if not isinstance(layer.hidden_size, int):
        raise TypeError(f"hidden_size should be of type int, got {type(layer.hidden_size).__name__}.")
    for name in ("hidden_size", "num_layers"):
        if getattr(layer, name) <= 0:
            raise ValueError(f"{name} must be greater than zero, got {getattr(layer, name)}.")
    if not 0 <= layer.dropout <= 1:
        raise ValueError(f"dropout is a probability, 0 to 1, got {layer.dropout}.")
    if layer.dropout and layer.num_layers == 1:
        warnings.warn(f"dropout={layer.dropout} acts between layers, and there is only one.", stacklevel=4)


def _check_input(layer: Recurrent, x: Tensor) -> None:
    kind, width = type(layer).__name__, layer.input_size
    if len(x) == 0:
        raise RuntimeError(f"{kind}: expected a sequence of at least one step, got none.")
    if x.shape[-1] != width:
        raise RuntimeError(f"{kind}: input.size(-1) must be input_size, {width}, got {x.shape[-1]}.")
    dtype = layer.weight_ih_l0.dtype
    if x.dtype != dtype and not torch.is_autocast_enabled(x.device.type):
        raise ValueError(f"{kind}: the weights are {dtype}, the input is {x.dtype}; use input.to({dtype}).")


def _check_state(part: Tensor, shape: tuple[int, int, int], dims: int, dtype: torch.dtype) -> None:
    wanted = shape if dims == 3 else (shape[0], shape[2])
    if tuple(part.shape) != wanted:
        axes = "(layers * directions, batch, units)" if dims == 3 else "(layers * directions, units)"
        raise RuntimeError(f"Expected hidden size {wanted}, {axes}, got {tuple(part.shape)}.")
    if part.dtype != dtype and not torch.is_autocast_enabled(part.device.type):
        raise RuntimeError(f"Expected a hidden state of {dtype}, as the input, got {part.dtype}.")
