"""Who computes: the usual engine, the asked-for one, who gives way to whom; and one step at a time."""

import copy
import pickle
from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch
from torch.func import functional_call, grad, jacfwd, jacrev, jvp, stack_module_state, vmap

from rnnviz.cells import Cell
from rnnviz.cells.base import keep
from rnnviz.nn import LAYERS, Recurrent
from rnnviz.recurrence import engines, library, scratch
from tests.nn.compare import (
    CELLS,
    ENGINES,
    assert_same,
    error,
    on,
    random_state,
    run,
    twins,
)

T, B, D, H = 5, 3, 4, 6
ON_CELLS = pytest.mark.parametrize("cell", CELLS)
ON_ENGINES = pytest.mark.parametrize("engine", ENGINES)


def layer_of(cell, engine=None, layers=2, dtype=torch.float64, **settings):
    return LAYERS[cell](D, H, layers, engine=engine, dtype=dtype, **settings)


def numbers(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype)


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def like(state, values):
    return tuple(values) if isinstance(state, tuple) else next(iter(values))


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
    layer, x = layer_of(cell, engine, dtype=dtype), numbers(T, B, D, dtype=dtype)
    found = run(layer, x, random_state(layer, B))
    assert set(computed) == {"readable"}
    assert all(value.dtype == dtype and value.isfinite().all() for value in found.values())
    exact = layer.float()(x.float())[0]
    assert error(layer.to(dtype)(x)[0].float(), exact) < 0.05


@ON_CELLS
@pytest.mark.parametrize("engine", [None, "scratch"])
def test_autocast_is_left_to_the_readable_cells(engine, cell, computed):
    layer, x = layer_of(cell, engine, dtype=torch.float32), numbers(T, B, D, dtype=torch.float32)
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
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
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


# --- torch.func, compilers

# torch itself still uses what it calls deprecated, when it first meets dual numbers.
DUAL_NUMBERS = pytest.mark.filterwarnings(r"ignore:.*torch\.jit\.script:DeprecationWarning")


@pytest.mark.parametrize(
    "what", ["weight_ih_l0", "weight_hh_l0", "bias_ih_l1", "weight_ih_l1", "weight_hh_l1"]
)
@ON_CELLS
def test_gradients_by_functional_call(cell, what):
    """Of one parameter at a time: the others, and the input, are plain tensors then."""
    layer, x = layer_of(cell), numbers(T, B, D)
    weights = {name: weight.detach() for name, weight in layer.named_parameters()}

    def loss(value):
        return functional_call(layer, weights | {what: value}, (x,))[0].square().sum()

    found = grad(loss)(weights[what])
    (wanted,) = torch.autograd.grad(layer(x)[0].square().sum(), layer.get_parameter(what))
    assert error(found, wanted) < 1e-12
    assert error(jacrev(loss)(weights[what]), wanted) < 1e-12


@ON_CELLS
def test_gradients_of_all_parameters_for_each_row(cell):
    """The usual recipe for gradients of single examples: vmap over grad."""
    layer, x = layer_of(cell), numbers(T, B, D)
    weights = {name: weight.detach() for name, weight in layer.named_parameters()}

    def loss(values, row):
        return functional_call(layer, values, (row,))[0].square().sum()

    found = vmap(grad(loss), in_dims=(None, 1))(weights, x)
    for k in range(B):
        wanted = torch.autograd.grad(layer(x[:, k])[0].square().sum(), list(layer.parameters()))
        for name, slope in zip(weights, wanted, strict=True):
            assert error(found[name][k], slope) < 1e-12, name


@DUAL_NUMBERS
@ON_CELLS
def test_transforms_of_the_start_state_alone(cell):
    layer, x = layer_of(cell), numbers(T, B, D)
    state = random_state(layer, B)

    def score(*given):
        return layer(x, like(state, given))[0].square().sum((1, 2))

    everyone = tuple(range(len(parts(state))))
    for found in (jacrev(score, everyone)(*parts(state)), jacfwd(score, everyone)(*parts(state))):
        leaves = [part.requires_grad_() for part in parts(state)]
        for t, step in enumerate(score(*leaves)):
            wanted = torch.autograd.grad(step, leaves, retain_graph=True)
            assert all(error(a[t], b) < 1e-12 for a, b in zip(found, wanted, strict=True))
    many = [torch.stack([part, 2 * part]).detach() for part in parts(state)]
    batched = vmap(score)(*many)
    for k in range(2):
        assert error(batched[k], score(*(part[k] for part in many)).detach()) < 1e-12


@DUAL_NUMBERS
@ON_CELLS
def test_transforms_of_the_input(cell):
    layer, x = layer_of(cell), numbers(T, B, D)
    plain = layer(x)[0].detach()
    assert error(vmap(lambda rows: layer(rows)[0])(torch.stack([x, x]))[1].detach(), plain) < 1e-12
    jacobian = torch.autograd.functional.jacobian(lambda rows: layer(rows)[0], x)
    assert error(jacrev(lambda rows: layer(rows)[0])(x).detach(), jacobian) < 1e-12
    value, slope = jvp(lambda rows: layer(rows)[0], (x,), (x,))
    assert error(value.detach(), plain) < 1e-12
    assert error(slope.detach(), (jacobian * x).sum((3, 4, 5))) < 1e-12


@ON_CELLS
@pytest.mark.parametrize("engine", [None, "readable"])
def test_many_sequences_of_ids_at_once(engine, cell):
    layer, ids = layer_of(cell, engine), torch.randint(D, (2, T, B))
    found = vmap(lambda each: layer(each)[0])(ids)
    for k in range(2):
        assert error(found[k].detach(), layer(ids[k])[0].detach()) < 1e-12


@pytest.mark.parametrize("what", ["rows", "ids"])
@ON_CELLS
def test_a_layer_without_numbers_tells_its_shapes(cell, what):
    """On torch's device `meta`, where nothing is computed: no number may be looked at."""
    layer = LAYERS[cell](D, H, 2, bidirectional=True, device="meta")
    x = torch.zeros(T, B, dtype=torch.int64) if what == "ids" else torch.zeros(T, B, D)
    output, final = layer(x.to("meta"))
    assert output.shape == (T, B, 2 * H)
    assert {part.shape for part in parts(final)} == {(4, B, H)}
    assert all(value.shape == (T, B, H) for value in layer.trace(x.to("meta")).values.values())


@DUAL_NUMBERS
@ON_CELLS
def test_slopes_that_go_forwards(cell):
    """Autograd's dual numbers, without torch.func."""
    forward = torch.autograd.forward_ad
    layer, x = layer_of(cell), numbers(T, B, D)
    with forward.dual_level():
        found = forward.unpack_dual(layer(forward.make_dual(x, x.cos()))[0]).tangent
    wanted = jvp(lambda rows: on("readable", layer)(rows)[0], (x,), (x.cos(),))[1]
    assert error(found.detach(), wanted.detach()) < 1e-12


@pytest.mark.parametrize("what", ["rows", "ids"])
@ON_CELLS
def test_an_exported_layer_is_the_layer(cell, what):
    layer = layer_of(cell).eval()

    def inputs():
        return torch.randint(D, (T, B)) if what == "ids" else numbers(T, B, D)

    exported, x = torch.export.export(layer, (inputs(),)).module(), inputs()
    for found, wanted in zip(exported(x), layer(x), strict=True):
        for a, b in zip(parts(found), parts(wanted), strict=True):
            assert error(a, b) < 1e-12


@pytest.mark.parametrize(
    "what",
    ["rows", pytest.param("ids", marks=pytest.mark.xfail(reason="the check of ids cannot be followed"))],
)
@pytest.mark.parametrize("cell", ["rnn_relu", "lstm"])
def test_a_compiled_layer_is_the_layer(cell, what):
    """By torch's compiler without its code generator; a place that it cannot follow would be an error."""
    layer = layer_of(cell)
    x = torch.randint(D, (T, B)) if what == "ids" else numbers(T, B, D)
    compiled = torch.compile(layer, backend="eager", fullgraph=True)
    weights = list(layer.parameters())
    found, wanted = compiled(x)[0], layer(x)[0]
    assert error(found, wanted) < 1e-12
    slopes = (torch.autograd.grad(output.square().sum(), weights) for output in (found, wanted))
    assert all(error(a, b) < 1e-12 for a, b in zip(*slopes, strict=True))


@ON_CELLS
def test_many_layers_at_once(cell):
    """The usual recipe for ensembles: vmap over the weights of several layers."""
    layers, x = [layer_of(cell) for _ in range(3)], numbers(T, B, D)
    weights, _ = stack_module_state(layers)
    found = vmap(lambda values: functional_call(layers[0], values, (x,))[0])(weights)
    for k, layer in enumerate(layers):
        assert error(found[k], layer(x)[0]) < 1e-12


# --- one step at a time


@pytest.mark.parametrize("what", ["rows", "ids"])
@pytest.mark.parametrize("layers", [1, 2])
@ON_CELLS
@ON_ENGINES
def test_steps_are_the_whole_sequence(engine, cell, layers, what):
    layer = layer_of(cell, engine, layers)
    x = torch.randint(D, (T, B)) if what == "ids" else numbers(T, B, D)
    for start in (random_state(layer, B), None):
        output, final = layer(x, start)
        state, steps = start, []
        for x_t in x:
            h, state = layer.step(x_t, state)
            steps.append(h)
        assert error(torch.stack(steps), output) < 1e-12
        assert all(error(a, b) < 1e-12 for a, b in zip(parts(state), parts(final), strict=True))
        assert torch.equal(parts(state)[0][-1], steps[-1])


@ON_CELLS
def test_gradients_go_back_through_steps(cell):
    layer, x = layer_of(cell), numbers(T, B, D)
    wanted = torch.autograd.grad(layer(x)[0].square().sum(), list(layer.parameters()))
    state, loss = None, 0
    for x_t in x:
        h, state = layer.step(x_t, state)
        loss = loss + h.square().sum()
    found = torch.autograd.grad(loss, list(layer.parameters()))
    assert all(error(a, b) < 1e-12 for a, b in zip(found, wanted, strict=True))


@ON_CELLS
@pytest.mark.parametrize("batch_first", [False, True])
def test_a_step_has_no_time_whatever_comes_first(cell, batch_first):
    layer, x = layer_of(cell, batch_first=batch_first), numbers(B, D)
    state = random_state(layer, B)
    whole = layer(x[:, None] if batch_first else x[None], state)
    h, after = layer.step(x, state)
    assert h.shape == (B, H)
    assert error(h, whole[0][:, 0] if batch_first else whole[0][0]) < 1e-12
    assert all(error(a, b) < 1e-12 for a, b in zip(parts(after), parts(whole[1]), strict=True))


@ON_CELLS
def test_a_step_leaves_the_state_before_it_alone(cell):
    layer, x = layer_of(cell), numbers(B, D)
    state = random_state(layer, B)
    before = [part.clone() for part in parts(state)]
    with torch.no_grad():
        layer.step(x, state)
    assert all(torch.equal(a, b) for a, b in zip(parts(state), before, strict=True))


@ON_CELLS
def test_a_layer_that_reads_both_ways_has_no_step(cell):
    layer = layer_of(cell, bidirectional=True)
    with pytest.raises(ValueError, match=r"both ways.*\.$"):
        layer.step(numbers(B, D))


@ON_CELLS
def test_a_step_refuses_what_the_layer_refuses(cell):
    layer = layer_of(cell)
    with pytest.raises(RuntimeError, match=rf"{D}.*{D + 1}"):
        layer.step(numbers(B, D + 1))
    with pytest.raises(RuntimeError, match="hidden size"):
        layer.step(numbers(B, D), random_state(layer, B + 1))
    with pytest.raises(ValueError, match="float32"):
        layer.step(numbers(B, D).float())


@ON_CELLS
def test_dropout_acts_on_steps_in_train_mode_only(cell):
    layer, x = layer_of(cell, layers=3, dropout=0.5), numbers(1, D)
    state = random_state(layer, 1)
    drawn = [layer.train().step(x, state) for _ in range(4)]
    assert not all(torch.equal(h, drawn[0][0]) for h, _ in drawn)
    assert all(torch.equal(h, parts(after)[0][-1]) for h, after in drawn)  # between layers only
    torch.manual_seed(5)
    whole = layer(x[None], state)[0][0]
    torch.manual_seed(5)
    assert error(layer.step(x, state)[0], whole) < 1e-12
    assert torch.equal(layer.eval().step(x, state)[0], layer.step(x, state)[0])
    assert error(layer.step(x, state)[0], layer(x[None], state)[0][0]) < 1e-12
