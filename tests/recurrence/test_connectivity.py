"""Which input moved which output: one way back for each output, finite differences, and by a model."""

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

import rnnviz
from rnnviz.models.language import LanguageModel
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import LAYERS
from rnnviz.recurrence import passes
from tests.cases import every
from tests.nn.compare import CELLS, ENGINES, error, on, random_state

T, D, H = 9, 4, 5
DTYPES = every("dtype", [torch.float64, torch.float32])
ON_CELLS = pytest.mark.parametrize("cell", CELLS)


def layer_of(cell, layers=1, dtype=torch.float64, **settings):
    return LAYERS[cell](D, H, layers, dtype=dtype, **settings)


def problem(layer, steps=T, with_ids=False):
    """A sequence, the slope of a score by each output, and a start that is not zero."""
    dtype = layer.weight_hh_l0.dtype
    x = torch.randint(D, (steps,)) if with_ids else torch.randn(steps, D, dtype=dtype)
    return x, torch.randn(steps, H, dtype=dtype), random_state(layer)


def rows_of(x, dtype):
    return x if x.is_floating_point() else one_hot(x, D).to(dtype)


def one_by_one(layer, x, cotangent, state):
    """|dscore_s / dx_t| by as many backward passes of the unrolled cells as there are steps."""
    rows = rows_of(x, layer.weight_hh_l0.dtype).detach().clone().requires_grad_()
    output = on("readable", layer)(rows, state)[0]
    slopes = [
        torch.autograd.grad((output[s] * cotangent[s]).sum(), rows, retain_graph=True)[0]
        for s in range(len(rows))
    ]
    return torch.stack([torch.linalg.vector_norm(slope, dim=1) for slope in slopes])


@DTYPES
@every("with_ids", [False, True])
@pytest.mark.parametrize("layers", [1, 2, 3])
@ON_CELLS
def test_it_is_what_one_way_back_for_each_output_finds(cell, layers, with_ids, dtype):
    layer = layer_of(cell, layers, dtype)
    x, cotangent, state = problem(layer, with_ids=with_ids)
    found = layer.sensitivity(x, cotangent, state)
    assert found.dtype == dtype
    assert error(found, one_by_one(layer, x, cotangent, state)) < (1e-10 if dtype == torch.float64 else 1e-5)


@pytest.mark.parametrize("layers", [1, 2])
@ON_CELLS
def test_nothing_moved_what_came_before(cell, layers):
    layer = layer_of(cell, layers)
    found = layer.sensitivity(*problem(layer))
    assert found.shape == (T, T)
    assert found.triu(1).eq(0).all()
    assert found.isfinite().all()
    if cell != "rnn_relu":
        assert found.tril()[torch.ones(T, T).tril().bool()].gt(0).all()


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_it_is_finite_differences(cell, layers):
    layer, small = layer_of(cell, layers), 1e-6
    x, cotangent, state = problem(layer, steps=5)
    wanted = torch.zeros(5, 5, D, dtype=torch.float64)
    with torch.no_grad():
        for t in range(5):
            for k in range(D):
                moved = torch.zeros_like(x)
                moved[t, k] = small
                more, less = (layer(x + way * moved, state)[0] for way in (1, -1))
                wanted[:, t, k] = ((more - less) * cotangent).sum(1) / (2 * small)
    assert error(layer.sensitivity(x, cotangent, state), torch.linalg.vector_norm(wanted, dim=2)) < 1e-8


@ON_CELLS
def test_a_single_step(cell):
    layer = layer_of(cell, 2)
    x, cotangent, state = problem(layer, steps=1)
    found = layer.sensitivity(x, cotangent, state)
    assert error(found, one_by_one(layer, x, cotangent, state)) < 1e-12


@pytest.mark.parametrize("numbers", [1, 2 * H, 4 * H + 1])
@ON_CELLS
def test_how_many_steps_a_block_has_changes_nothing(cell, numbers, monkeypatch):
    layer = layer_of(cell, 2)
    given = problem(layer)
    whole = layer.sensitivity(*given)
    monkeypatch.setattr(passes, "NUMBERS_OF_A_BLOCK", numbers)
    assert torch.equal(layer.sensitivity(*given), whole)


@pytest.mark.parametrize("engine", [None, *ENGINES])
@ON_CELLS
def test_whoever_computed_the_trace(cell, engine):
    layer = on(engine, layer_of(cell, 2))
    x, cotangent, state = problem(layer)
    assert error(layer.sensitivity(x, cotangent, state), one_by_one(layer, x, cotangent, state)) < 1e-10
    again = layer.sensitivity_of(layer.trace(x, state), cotangent, state)
    assert not again.requires_grad
    assert error(again, one_by_one(layer, x, cotangent, state)) < 1e-10


@every("bias", [True, False])
@ON_CELLS
def test_from_zeros_and_without_biases(cell, bias):
    layer = layer_of(cell, 2, bias=bias)
    x, cotangent, _ = problem(layer)
    wanted = one_by_one(layer, x, cotangent, None)
    assert error(layer.sensitivity(x, cotangent), wanted) < 1e-10


@ON_CELLS
def test_a_batch_of_one_row(cell):
    layer = layer_of(cell, 2)
    x, cotangent, state = problem(layer)
    rowed = tuple(part[:, None] for part in state) if isinstance(state, tuple) else state[:, None]
    assert torch.equal(
        layer.sensitivity(x[:, None], cotangent, rowed), layer.sensitivity(x, cotangent, state)
    )


@ON_CELLS
def test_it_leaves_everything_as_it_was(cell):
    layer = layer_of(cell, 2)
    x, cotangent, state = problem(layer)
    parts = state if isinstance(state, tuple) else (state,)
    given = [x, cotangent, *parts, *layer.parameters()]
    before = [value.detach().clone() for value in given]
    trace = layer.trace(x, state)
    values = {name: value.detach().clone() for name, value in trace.values.items()}
    first = layer.sensitivity_of(trace, cotangent, state)
    assert torch.equal(layer.sensitivity_of(trace, cotangent, state), first)
    assert all(torch.equal(a, b) for a, b in zip(given, before, strict=True))
    assert all(torch.equal(value, values[name]) for name, value in trace.values.items())
    assert all(weight.grad is None for weight in layer.parameters())


@ON_CELLS
def test_what_wants_gradients_is_read_as_numbers(cell):
    layer = layer_of(cell)
    x, cotangent, state = problem(layer)
    wanted = layer.sensitivity(x, cotangent, state)
    parts = [part.requires_grad_() for part in (state if isinstance(state, tuple) else (state,))]
    state = tuple(parts) if isinstance(state, tuple) else parts[0]
    found = layer.sensitivity(x.requires_grad_(), cotangent.requires_grad_(), state)
    assert not found.requires_grad
    assert torch.equal(found, wanted)


@ON_CELLS
def test_dropout_between_layers_is_refused_while_it_acts(cell):
    """What was dropped is not in a trace, and slopes without it would be those of something else."""
    layer = layer_of(cell, 2, dropout=0.5)
    x, cotangent, state = problem(layer)
    with pytest.raises(ValueError, match=r"dropout.*0\.5.*eval\(\)"):
        layer.train().sensitivity(x, cotangent, state)
    wanted = one_by_one(layer.eval(), x, cotangent, state)
    assert error(layer.sensitivity(x, cotangent, state), wanted) < 1e-10


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_what_does_not_fit_is_refused_in_a_sentence(cell):
    layer = layer_of(cell)
    x, cotangent, _ = problem(layer)
    with pytest.raises(ValueError, match=rf"\({T}, {H}\).*\({T}, {H + 1}\)\.$"):
        layer.sensitivity(x, torch.randn(T, H + 1, dtype=torch.float64))
    with pytest.raises(ValueError, match=rf"\({T}, {H}\).*\({T - 1}, {H}\)\.$"):
        layer.sensitivity(x, cotangent[1:])
    with pytest.raises(ValueError, match=r"batch.*\.$"):
        layer.sensitivity(torch.stack([x, x], dim=1), cotangent)
    with pytest.raises(ValueError, match=r"float32 or float64, not in torch\.bfloat16\.$"):
        layer.bfloat16().sensitivity(x.bfloat16(), cotangent.bfloat16())
    layer.double()
    with pytest.raises(ValueError, match=r"one way.*\.$"):
        layer_of(cell, bidirectional=True).sensitivity(x, cotangent)


# --- of a language model

TEXT = "abba cab"


def model_of(cell, **settings):
    vocabulary = Vocabulary(("<unk>", *sorted(set(TEXT))))
    return LanguageModel(vocabulary, cell, hidden=6, **settings).double()


def connectivity_one_by_one(model, text, state=None):
    """C by its definition: log P of each character, differentiated by each input row."""
    rows = model.input_rows(model.ids(text)[:, None]).detach().requires_grad_()
    told = model.out(on("readable", model.rnn)(rows, state)[0][:, 0]).log_softmax(-1)
    found = np.zeros((len(text), len(text)))
    for s, came in enumerate(model.ids(text)[1:].tolist(), start=1):
        (slope,) = torch.autograd.grad(told[s - 1, came], rows, retain_graph=True)
        found[s] = slope[:, 0].norm(dim=1).numpy()
    return found


@every("settings", [{}, {"layers": 2, "dropout": 0.5}, {"input": "embedding", "embedding": 3}])
@ON_CELLS
def test_a_models_connectivity(cell, settings):
    model = model_of(cell, **settings)  # awake: its dropout would act
    found = rnnviz.connectivity(model, TEXT)
    assert found.shape == (len(TEXT), len(TEXT))
    assert np.triu(found).sum() == 0
    wanted = connectivity_one_by_one(model.eval(), TEXT)
    assert wanted.max() > 0
    np.testing.assert_allclose(found, wanted, atol=1e-10)


@ON_CELLS
def test_connectivity_from_a_state(cell):
    model = model_of(cell, layers=2).eval()
    state = random_state(model.rnn, 1)
    found = rnnviz.connectivity(model, TEXT, state)
    np.testing.assert_allclose(found, connectivity_one_by_one(model, TEXT, state), atol=1e-10)
    assert np.abs(found - rnnviz.connectivity(model, TEXT)).max() > 1e-6


def test_a_model_is_left_as_it_was():
    model = model_of("lstm", layers=2, dropout=0.5)
    rnnviz.connectivity(model, TEXT)
    assert all(module.training for module in model.modules())
    assert all(weight.grad is None and weight.requires_grad for weight in model.parameters())


def test_one_character_moved_nothing_and_none_is_refused():
    assert rnnviz.connectivity(model_of("gru"), "a").tolist() == [[0.0]]
    with pytest.raises(ValueError, match=r"no text.*\.$"):
        rnnviz.connectivity(model_of("gru"), "")
