"""Twins: one layer of rnnviz and one of torch.nn with the same weights, run side by side."""

import copy
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnviz.nn import LAYERS
from rnnviz.recurrence.engines import ENGINES as REGISTRY

ENGINES = list(REGISTRY)
OTHERS = [engine for engine in ENGINES if engine != "scratch"]
REFERENCES = {
    "rnn": (nn.RNN, {}),
    "rnn_relu": (nn.RNN, {"nonlinearity": "relu"}),
    "lstm": (nn.LSTM, {}),
    "gru": (nn.GRU, {}),
}
CELLS = list(REFERENCES)
TOLERANCE = {torch.float64: 1e-12, torch.float32: 2e-6}


def reference(cell: str, *sizes: int, **settings: Any) -> nn.RNNBase:
    """The torch.nn layer of a cell's name."""
    kind, fixed = REFERENCES[cell]
    return kind(*sizes, **settings, **fixed)


def twins(cell: str, *sizes: int, engine: str | None = None, **settings: Any) -> tuple[nn.Module, nn.RNNBase]:
    """An rnnviz layer and a torch.nn layer with the same random weights."""
    ours, theirs = LAYERS[cell](*sizes, engine=engine, **settings), reference(cell, *sizes, **settings)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def on(engine: str | None, layer: nn.Module) -> nn.Module:
    """The same layer, computed by an engine."""
    other = copy.deepcopy(layer)
    other.engine = engine
    return other


def random_state(layer: nn.Module, *batch: int) -> Tensor | tuple[Tensor, Tensor]:
    """A start state without zeros, in the form that the layer wants; batch is () for unbatched input."""
    rows = layer.num_layers * (2 if layer.bidirectional else 1)
    like = layer.weight_hh_l0

    def part() -> Tensor:
        return torch.randn(rows, *batch, layer.hidden_size, dtype=like.dtype, device=like.device)

    return (part(), part()) if layer.weight_hh_l0.shape[0] == 4 * layer.hidden_size else part()


def numbers(*shape: int) -> Tensor:
    """Random float64 numbers."""
    return torch.randn(*shape, dtype=torch.float64)


def parts(state: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The carried values of a state: h, or h and c."""
    return state if isinstance(state, tuple) else (state,)


def like(state: Tensor | tuple[Tensor, ...], values: Iterable[Tensor]) -> Tensor | tuple[Tensor, ...]:
    """Other values in the form of a state."""
    values = tuple(values)
    return values if isinstance(state, tuple) else values[0]


def error(a: Tensor, b: Tensor) -> float:
    """max|a - b| / max(1, max|b|)."""
    assert a.shape == b.shape, f"{tuple(a.shape)} against {tuple(b.shape)}"
    assert a.dtype == b.dtype, f"{a.dtype} against {b.dtype}"
    return ((a - b).abs().max() / b.abs().max().clamp(min=1)).item() if b.numel() else 0.0


def run(layer: nn.Module, x: Any, state: Any = None) -> dict[str, Tensor]:
    """Everything a caller can get from a layer, by name: outputs, final state and the gradient of everything.

    The loss weighs each number of the output and of the final state differently, so that no two mistakes
    can cancel. Ids have no gradient.
    """
    packed = isinstance(x, PackedSequence)
    leaf = (x.data if packed else x).detach().clone()
    leaf.requires_grad_(leaf.is_floating_point())
    parts = [] if state is None else [state] if isinstance(state, Tensor) else list(state)
    parts = [part.detach().clone().requires_grad_() for part in parts]
    hx = None if state is None else parts[0] if isinstance(state, Tensor) else tuple(parts)

    output, final = layer(x._replace(data=leaf) if packed else leaf, hx)
    finals = [final] if isinstance(final, Tensor) else list(final)
    results = {"output": output.data if packed else output}
    results |= {f"final.{k}": part for k, part in enumerate(finals)}

    loss = sum((value * weights_like(value)).sum() for value in results.values())
    wanted = (
        ({"input": leaf} if leaf.requires_grad else {})
        | {f"start.{k}": part for k, part in enumerate(parts)}
        | dict(layer.named_parameters())
    )
    grads = torch.autograd.grad(loss, list(wanted.values()))
    if packed:
        results |= {"sizes": output.batch_sizes}
    return results | {f"grad.{name}": grad for name, grad in zip(wanted, grads, strict=True)}


def weights_like(value: Tensor) -> Tensor:
    """Fixed weights without symmetry, the same for the same shape."""
    line = torch.linspace(1, 7, value.numel(), dtype=value.dtype, device=value.device)
    return line.sin().reshape(value.shape)


def loss_of(output: Any, final: Any) -> Tensor:
    """Every number of an output and of a final state with a weight of its own, and squared."""
    data = output.data if isinstance(output, PackedSequence) else output
    return sum((weights_like(value) * value * (1 + value)).sum() for value in (data, *parts(final)))


def assert_twins_agree(ours: nn.Module, theirs: nn.Module, x: Any, state: Any = None) -> None:
    """Outputs, final state and every gradient agree to the tolerance of the dtype."""
    assert_same(run(ours, x, state), run(theirs, x, state), TOLERANCE[theirs.weight_hh_l0.dtype])


def assert_same(mine: dict[str, Tensor], wanted: dict[str, Tensor], tolerance: float) -> None:
    """The same names, and under each the same numbers within a tolerance."""
    assert mine.keys() == wanted.keys()
    errors = {name: error(mine[name], wanted[name]) for name in wanted}
    wrong = {name: e for name, e in errors.items() if not e <= tolerance}
    assert not wrong, f"beyond {tolerance}: {wrong}"
