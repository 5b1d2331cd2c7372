"""Who computes: the usual engine, the one asked for, and who gives way to whom."""

import copy
import pickle
from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch

from rnnviz.cells import Cell
from rnnviz.cells.base import keep
from rnnviz.nn import LAYERS, Recurrent
from rnnviz.recurrence import engines, library, scratch
from tests.cases import every
from tests.nn.compare import CELLS, ENGINES, assert_same, error, numbers, on, random_state, run, twins

T, B, D, H = 5, 3, 4, 6
ON_CELLS = pytest.mark.parametrize("cell", CELLS)
ON_ENGINES = pytest.mark.parametrize("engine", ENGINES)


def layer_of(cell, engine=None, layers=2, dtype=torch.float64, **settings):
    return LAYERS[cell](D, H, layers, engine=engine, dtype=dtype, **settings)


@pytest.fixture
def computed(monkeypatch):
    """Which engines have computed, as they are asked, call by call: the kernels tell."""
    told = []

    def telling(name, function):
        return lambda *args, **settings: (told.append(name), function(*args, **settings))[1]

    for pass_type in scratch.PASSES.values():
        monkeypatch.setattr(pass_type, "forward", telling("scratch", pass_type.forward))
    monkeypatch.setattr(library, "kernel", telling("torch", library.kernel))
    monkeypatch.setattr(engines.readable, "unroll", telling("readable", engines.readable.unroll))
    return told


# --- the choice


@ON_CELLS
def test_on_the_cpu_the_usual_engine_is_ours(cell, computed):
    layer, x = layer_of(cell), numbers(T, B, D)
    assert layer.engine is None
    layer(x)
    assert set(computed) == {"scratch"}
    assert torch.equal(layer(x)[0], on("scratch", layer)(x)[0])


@ON_CELLS
@ON_ENGINES
def test_the_asked_for_engine_computes(cell, engine, computed):
    layer = layer_of(cell, engine)
    layer(numbers(T, B, D))
    assert set(computed) == {engine}


@ON_CELLS
@pytest.mark.parametrize("rows", [1, 12])
@pytest.mark.parametrize("engine", [None, *ENGINES])
def test_of_a_trace_too(cell, engine, rows, computed):
    """With one exception that is measured: torch finds the h of a few rows of an LSTM faster."""
    layer = layer_of(cell, engine)
    x = numbers(T, rows, D)
    layer.trace(x)
    assert set(computed) == {engine or "scratch"}
    computed.clear()
    with torch.no_grad():
        layer.trace(x)
    few_rows_of_an_lstm = cell == "lstm" and rows == 1 and engine in (None, "scratch")
    assert set(computed) == {"torch" if few_rows_of_an_lstm else engine or "scratch"}


@ON_CELLS
@pytest.mark.parametrize("engine", [None, *ENGINES])
def test_an_edit_is_made_by_the_readable_cells(cell, engine, computed):
    layer, x = layer_of(cell, engine, bidirectional=True), numbers(T, B, D)
    found = layer.trace(x, edit=lambda step, name, value: value * 0.5 if step == 2 else value)
    assert set(computed) == {"readable"}
    wanted = on("readable", layer).trace(
        x, edit=lambda step, name, value: value * 0.5 if step == 2 else value
    )
    assert_same(found.values, wanted.values, 0)


@ON_CELLS
def test_an_edit_that_changes_nothing_gives_the_values_of_every_engine(cell):
    layer, x = layer_of(cell, bidirectional=True), numbers(T, B, D)
    edited = layer.trace(x, edit=lambda step, name, value: value)
    for engine in ENGINES:
        plain = on(engine, layer).trace(x)
        assert_same(plain.values, edited.values, 1e-12)
        assert error(plain.output, edited.output) < 1e-12


@ON_CELLS
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("engine", [None, "scratch"])
def test_half_precision_is_left_to_the_readable_cells(engine, cell, dtype, computed):
    layer, x = layer_of(cell, engine, dtype=dtype), numbers(T, B, D).to(dtype)
    found = run(layer, x, random_state(layer, B))
    assert set(computed) == {"readable"}
    assert all(value.dtype == dtype and value.isfinite().all() for value in found.values())
    exact = layer.float()(x.float())[0]
    assert error(layer.to(dtype)(x)[0].float(), exact) < 0.05


@ON_CELLS
@pytest.mark.parametrize("engine", [None, "scratch"])
def test_autocast_is_left_to_the_readable_cells(engine, cell, computed):
    layer, x = layer_of(cell, engine, dtype=torch.float32), torch.randn(T, B, D)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found, told = layer(x)[0], layer.trace(x)
    assert set(computed) == {"readable"}
    assert error(found.float(), layer(x)[0]) < 0.05
    assert torch.equal(told.output, found)
    found.float().sum().backward()
    assert all(weight.grad.isfinite().all() for weight in layer.parameters())


@ON_CELLS
def test_the_same_parameters_whatever_the_engine(cell):
    torch.manual_seed(1)
    plain = layer_of(cell).state_dict()
    for engine in ENGINES:
        torch.manual_seed(1)
        layer = layer_of(cell, engine)
        assert list(layer.state_dict()) == list(plain)
        assert all(torch.equal(layer.state_dict()[name], plain[name]) for name in plain)
        layer.load_state_dict(plain)
        assert layer.engine == engine


@ON_CELLS
@pytest.mark.parametrize("engine", [None, *ENGINES])
@every("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_of_a_used_layer_keeps_its_engine_and_its_numbers(copied, engine, cell):
    layer, x = layer_of(cell, engine), numbers(T, B, D)
    wanted = run(layer, x)
    layer(x)[0].sum().backward()
    layer.zero_grad()
    other = copied(layer)
    assert other.engine == engine
    assert_same(run(other, x), wanted, 0)
    with torch.no_grad():
        other.weight_hh_l0.add_(1)  # and shares no memory with the first
    assert_same(run(layer, x), wanted, 0)


def test_a_wrong_engine_is_refused_in_a_sentence_with_the_choices():
    every = r"scratch.*torch.*readable.*'warp'.*\.$"
    with pytest.raises(ValueError, match=every):
        LAYERS["gru"](D, H, engine="warp")
    for way in ("__call__", "trace"):
        with pytest.raises(ValueError, match=every):
            changed_to("warp", way)


def changed_to(engine, way):
    """A layer whose engine is changed after it was made, and then used."""
    layer = LAYERS["gru"](D, H)
    layer.engine = engine
    return getattr(layer, way)(torch.randn(T, B, D))


@dataclass(frozen=True, eq=False)
class LeakyCell(Cell):
    """A cell that no engine has a loop or a kernel for."""

    gate_count = 1
    carried = ("h",)
    editable = ("h",)

    class Gates(NamedTuple):
        a: torch.Tensor

    class State(NamedTuple):
        h: torch.Tensor

    def start(self, *carried):
        return self.State(*carried)

    def gates(self, x, h):
        return self.Gates(self.from_input(x) + self.from_state(h))

    def update(self, gates, prev, edit=keep):
        return self.State(edit("h", 0.9 * prev.h + 0.1 * gates.a.tanh()))


class Leaky(Recurrent):
    cell_type = LeakyCell


@pytest.mark.parametrize("engine", [None, *ENGINES])
def test_a_cell_that_the_engines_do_not_know_is_read_by_the_readable_one(engine, computed):
    layer = Leaky(D, H, 2, bidirectional=True, dtype=torch.float64, engine=engine)
    x, state = numbers(T, B, D), random_state(layer, B)
    found = run(layer, x, state)
    traced = layer.trace(x, state)
    assert set(computed) == {"readable"}
    assert torch.equal(traced.output, found["output"])
    assert set(traced.values) == {f"{place}.{name}" for place in ("l0", "l0r", "l1", "l1r") for name in "ah"}
    ids = torch.randint(D, (T, B))
    rows = torch.nn.functional.one_hot(ids, D).double()
    assert error(layer(ids)[0], layer(rows)[0]) < 1e-12


def test_engines_check_names():
    for name in (None, *ENGINES):
        engines.check(name)
    with pytest.raises(ValueError, match=r"scratch, torch, readable.*'cuda'"):
        engines.check("cuda")


@ON_CELLS
@ON_ENGINES
def test_dropout_draws_as_torch_does_whoever_computes(engine, cell):
    ours, theirs = twins(cell, D, H, num_layers=3, engine=engine, dropout=0.4, bidirectional=True)
    x = torch.randn(6, 3, D)
    results = []
    for layer in (ours, theirs):
        torch.manual_seed(5)
        results.append(run(layer, x))
    assert_same(*results, 2e-6)
