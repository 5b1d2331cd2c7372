"""What a trace of a language model says, held against the same model written out a second time."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.cells import GRUCell, LSTMCell, RNNCell
from rnnviz.models.language import LanguageModel, perplexity
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.record import record
from rnnviz.traces import TraceError
from tests.record import oracle
from tests.record.compare import CELLS, assert_tells, lively, weights_of

TEXT = "the time traveller"
VOCABULARY = Vocabulary.of("the time traveller (for so it will be convenient)")
LETTERS = {
    "rnn": "h a",
    "rnn_relu": "h a",
    "lstm": "h c i f g o a_i a_f a_g a_o",
    "gru": "h r z n a_r a_z a_n n_x n_h",
}


def model_of(cell="lstm", vocabulary=VOCABULARY, dtype=torch.float64, **settings) -> LanguageModel:
    """A random model with lively weights: gates that open and shut, guesses that differ."""
    return lively(LanguageModel(vocabulary, cell, **({"hidden": 6} | settings)), dtype)


def expected(model, text, start=None) -> dict[str, np.ndarray]:
    return oracle.read(model.cell, weights_of(model), model.vocabulary.encode(text), start)


# --- every number


@pytest.mark.parametrize("input", ["onehot", "embedding"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_every_quantity_is_what_the_equations_say(cell, layers, input):
    model = model_of(cell, layers=layers, input=input, embedding=5)
    assert_tells(record(model, TEXT), expected(model, TEXT), 1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_in_single_precision_too(cell):
    model = model_of(cell, dtype=torch.float32)
    truth = expected(model, TEXT)
    trace = record(model, TEXT)
    assert_tells(trace, truth, 5e-6)
    assert all(q.values.dtype == np.float32 for name, q in trace.quantities.items() if name != "out.topk.id")


@pytest.mark.parametrize("cell", CELLS)
def test_the_states_are_those_of_torch(cell):
    """h, c and the logits against torch.nn's own layers, built here from the same weights."""
    model = model_of(cell, layers=2, dtype=torch.float32)
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(cell, torch.nn.RNN)
    extra = {"nonlinearity": "relu"} if cell == "rnn_relu" else {}
    layer = kind(len(VOCABULARY), 6, 2, **extra)
    layer.load_state_dict(model.rnn.state_dict())
    ids = torch.tensor(VOCABULARY.encode(TEXT))
    with torch.no_grad():
        output, final = layer(torch.eye(len(VOCABULARY))[ids])
        logits = output @ model.out.weight.T + model.out.bias
    trace = record(model, TEXT)
    np.testing.assert_allclose(trace["l1.h"].values, output, rtol=0, atol=2e-6)
    np.testing.assert_allclose(trace["out.logits"].values, logits, rtol=0, atol=1e-5)
    hidden = final[0] if cell == "lstm" else final
    np.testing.assert_allclose(trace["l0.h"].values[-1], hidden[0], rtol=0, atol=2e-6)
    if cell == "lstm":
        np.testing.assert_allclose(trace["l1.c"].values[-1], final[1][1], rtol=0, atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_reading_on_from_a_state(cell):
    model = model_of(cell, layers=2)
    head, tail = TEXT[:7], TEXT[7:]
    with torch.no_grad():
        _, state = model(model.ids(head)[:, None])
    on = record(model, tail, state)
    whole = record(model, TEXT)
    for name in ["l0.h", "l1.h", "out.logits", "out.entropy"]:
        np.testing.assert_allclose(on[name].values, whole[name].values[7:], rtol=0, atol=1e-12)
    h = state[0] if cell == "lstm" else state
    start = [{"h": h[layer, 0].numpy()} for layer in range(2)]
    if cell == "lstm":
        start = [s | {"c": state[1][layer, 0].numpy()} for layer, s in enumerate(start)]
    began = {f"l{k}.{letter}0": value for k, part in enumerate(start) for letter, value in part.items()}
    assert_tells(on, expected(model, tail, start) | began, 1e-12)
    assert {on[name].dims for name in began} == {("unit",)}
    assert {on[name].kind for name in began} == {"state"}


# --- names, axes, kinds


@pytest.mark.parametrize("cell", CELLS)
def test_names_and_axes(cell):
    trace = record(model_of(cell, layers=2), TEXT)
    values = [f"l{layer}.{letter}" for layer in range(2) for letter in LETTERS[cell].split()]
    assert [name for name in trace.names if name.startswith("l")] == values
    dims = {name: quantity.dims for name, quantity in trace.quantities.items()}
    assert {dims[name] for name in values} == {("step", "unit")}
    assert {name: axes for name, axes in dims.items() if name not in values} == {
        "emb": ("step", "input"),
        "out.logits": ("step", "vocab"),
        "out.prob": ("step", "vocab"),
        "out.topk.prob": ("step", "rank"),
        "out.topk.id": ("step", "rank"),
        "out.loss": ("step",),
        "out.surprise": ("step",),
        "out.entropy": ("step",),
        "out.perplexity": (),
    }
    assert trace.labels == {"step": tuple(TEXT), "vocab": VOCABULARY.tokens}
    assert len(trace) == len(TEXT)


def test_kinds_and_domains():
    lstm, gru = record(model_of("lstm"), TEXT), record(model_of("gru"), TEXT)
    assert lstm.select(kind="gate").names == ("l0.i", "l0.f", "l0.o")
    assert lstm.select(kind="candidate").names == ("l0.g",)
    assert lstm.select(kind="state").names == ("l0.h", "l0.c")
    assert lstm.select(kind="preactivation").names == ("l0.a_i", "l0.a_f", "l0.a_g", "l0.a_o")
    assert gru.select(kind="gate").names == ("l0.r", "l0.z")
    assert gru.select(kind="candidate").names == ("l0.n",)
    assert {q.domain for q in lstm.select(kind="gate").quantities.values()} == {(0.0, 1.0)}
    assert lstm["l0.h"].domain == lstm["l0.g"].domain == (-1.0, 1.0)
    assert lstm["l0.c"].domain is None
    assert lstm["out.prob"].domain == (0.0, 1.0)
    assert record(model_of("rnn_relu"), TEXT)["l0.h"].domain is None


@pytest.mark.parametrize("cell", CELLS)
def test_every_quantity_is_named_in_words_and_stays_in_its_domain(cell):
    for name, quantity in record(model_of(cell, layers=2), TEXT).quantities.items():
        assert quantity.symbol, name
        assert quantity.label, name
        if quantity.domain:
            low, high = quantity.domain
            assert low <= np.nanmin(quantity.values), name
            assert np.nanmax(quantity.values) <= high, name


def test_a_models_known_ranges_are_the_domains_of_what_has_no_bound():
    model = model_of("lstm")
    model.ranges = {"l0.c": 12.5, "l0.a_i": 9.0, "l0.h": 0.5}
    trace = record(model, TEXT)
    assert trace["l0.c"].domain == (-12.5, 12.5)
    assert trace["l0.a_i"].domain == (-9.0, 9.0)
    assert trace["l0.a_f"].domain is None
    assert trace["l0.h"].domain == (-1.0, 1.0)


def test_a_wrong_name_is_answered_with_all_right_ones():
    trace = record(model_of("gru"), TEXT)
    with pytest.raises(
        TraceError, match=r"'l0\.f' here; there are: emb, l0\.h, l0\.r, l0\.z.*out\.perplexity"
    ):
        trace["l0.f"]


# --- what is expected, and what came


def test_expectation_and_surprise_are_aligned():
    """out.prob[t] is what is expected after t; loss and surprise at t are about the character at t."""
    trace = record(model_of(), TEXT)
    ids = VOCABULARY.encode(TEXT)
    prob, loss, bits = (trace[f"out.{name}"].values for name in ("prob", "loss", "surprise"))
    assert np.isnan(loss[0])
    assert np.isnan(bits[0])
    for t in range(1, len(TEXT)):
        assert loss[t] == pytest.approx(-np.log(prob[t - 1, ids[t]]), abs=1e-12)
        assert bits[t] == pytest.approx(-np.log2(prob[t - 1, ids[t]]), abs=1e-12)
    assert trace["out.perplexity"].values == pytest.approx(2 ** np.nanmean(bits), rel=1e-12)


def test_the_perplexity_is_the_one_that_is_measured_on_long_texts():
    model = model_of()
    assert record(model, TEXT)["out.perplexity"].values == pytest.approx(perplexity(model, TEXT), rel=1e-12)


def test_probabilities_and_entropy():
    trace = record(model_of(), TEXT)
    prob = trace["out.prob"].values
    np.testing.assert_allclose(prob.sum(axis=-1), 1, atol=1e-12)
    np.testing.assert_allclose(trace["out.entropy"].values, -(prob * np.log2(prob)).sum(axis=-1), atol=1e-12)
    assert (trace["out.entropy"].values <= np.log2(len(VOCABULARY))).all()


def test_entropy_of_certainty_is_zero():
    model = model_of(dtype=torch.float32)
    for push in (1e4, 3e38):  # every other probability is 0; with the second even its logarithm is no number
        with torch.no_grad():
            model.out.bias.fill_(-push)[3] = push
        trace = record(model, TEXT)
        assert trace["out.entropy"].values.max() == 0
        assert trace["out.topk.id"].values[:, 0].tolist() == [3] * len(TEXT)
        assert not np.isnan(trace["out.loss"].values[1:]).any()


@pytest.mark.parametrize(
    ("characters", "ranks"), [("ab", 3), ("abcdefghijklmnopqrs", 20), ("abcdefghijklmnopqrstuvwxyz", 20)]
)
def test_the_likeliest_are_all_or_twenty(characters, ranks):
    model = model_of(vocabulary=Vocabulary.of(characters))
    trace = record(model, "aba")
    best, ids = trace["out.topk.prob"].values, trace["out.topk.id"].values
    assert best.shape == ids.shape == (3, ranks)
    assert (np.diff(best, axis=-1) <= 0).all()
    np.testing.assert_array_equal(best, np.take_along_axis(trace["out.prob"].values, ids, axis=-1))
    assert all(len(set(row)) == ranks for row in ids.tolist())


@pytest.mark.parametrize(("tokens", "kept"), [(1000, True), (1001, False)])
def test_a_large_vocabulary_keeps_the_likeliest_alone(tokens, kept):
    han = "".join(chr(0x4E00 + k) for k in range(tokens - 1))
    model = model_of(vocabulary=Vocabulary.of(han), input="embedding", embedding=4)
    trace = record(model, "一丁七")
    assert ("out.prob" in trace) is kept
    assert trace["out.topk.prob"].values.shape == (3, 20)
    assert trace.labels["vocab"][1] == "一"
    assert_tells(trace, expected(model, "一丁七"), 1e-12)


# --- texts


def test_no_text_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="at least one character"):
        record(model_of(), "")


def test_one_character():
    trace = record(model_of(), "t")
    assert len(trace) == 1
    assert trace["l0.h"].values.shape == (1, 6)
    assert np.isnan(trace["out.loss"].values).tolist() == [True]
    assert np.isnan(trace["out.perplexity"].values)


def test_what_a_model_does_not_know_stays_visible_and_reads_as_unknown():
    text = "t中e🙂\0<b>"
    model = model_of()
    trace = record(model, text)
    assert trace.tokens == tuple(text)
    assert trace.meta["text"] == text
    assert trace.meta["unknown"] == tuple(k for k, c in enumerate(text) if c not in VOCABULARY.tokens)
    assert trace.meta["unknown"][:2] == (1, 3)
    assert trace["emb"].values[1].tolist() == np.eye(len(VOCABULARY))[VOCABULARY.unk].tolist()
    assert_tells(trace, expected(model, text), 1e-12)


@given(st.text(st.characters(), min_size=1, max_size=30))
def test_any_text_at_all_can_be_read(text):
    trace = record(model_of("gru"), text)
    assert trace.tokens == tuple(text)
    assert [text[k] in VOCABULARY.tokens for k in trace.meta["unknown"]] == [False] * len(
        trace.meta["unknown"]
    )
    assert np.isfinite(trace["l0.h"].values).all()


def test_two_thousand_characters():
    trace = record(model_of("lstm", dtype=torch.float32), (TEXT * 120)[:2000])
    assert trace["l0.f"].values.shape == (2000, 6)
    assert trace.meta["equals_torch"] < 5e-6


# --- the badge, and leaving no trace behind


@pytest.mark.parametrize("cell", CELLS)
def test_the_measured_error_is_small(cell):
    assert record(model_of(cell, layers=2), TEXT).meta["equals_torch"] <= 1e-12
    assert record(model_of(cell, layers=2, dtype=torch.float32), TEXT).meta["equals_torch"] <= 2e-6


@pytest.mark.parametrize(("cell", "kind"), [("rnn", RNNCell), ("lstm", LSTMCell), ("gru", GRUCell)])
def test_the_measured_error_grows_when_the_equations_are_wrong(cell, kind, monkeypatch):
    model = model_of(cell)
    right = kind.update

    def wrong(self, gates, prev, *edit):
        state = right(self, gates, prev, *edit)
        return state._replace(h=state.h * 1.01)

    monkeypatch.setattr(kind, "update", wrong)
    assert record(model, TEXT).meta["equals_torch"] > 1e-4


def test_the_measured_error_is_about_the_weights_of_now():
    model, other = model_of(), model_of()
    assert record(model, TEXT).meta["equals_torch"] <= 1e-12
    with torch.no_grad():
        model.rnn.weight_hh_l0.mul_(0.5)
    assert record(model, TEXT).meta["equals_torch"] <= 1e-12
    model.load_state_dict(other.state_dict(), assign=True)
    assert record(model, TEXT).meta["equals_torch"] <= 1e-12
    assert record(model.float(), TEXT).meta["equals_torch"] <= 2e-6
    assert record(copy.deepcopy(model), TEXT).meta["equals_torch"] <= 2e-6


def test_a_model_is_as_it_was_after_it_has_read():
    model = model_of(layers=2, dropout=0.5).train()
    before = copy.deepcopy(model.state_dict())
    random_state = torch.get_rng_state()
    first, second = record(model, TEXT), record(model, TEXT)
    assert torch.equal(torch.get_rng_state(), random_state)
    np.testing.assert_array_equal(first["l1.h"].values, second["l1.h"].values)  # no dropout while it reads
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    model(model.ids(TEXT)[:, None])[0].sum().backward()
    assert model.rnn.weight_ih_l0.grad is not None


def test_facts_of_a_trace():
    model = model_of("gru", layers=2, input="embedding", embedding=4)
    model.name = "mine"
    meta = record(model, TEXT).meta
    facts = {
        "type": "language",
        "model": "mine",
        "cell": "gru",
        "layers": 2,
        "hidden": 6,
        "input": "embedding",
    }
    assert {key: meta[key] for key in facts} == facts
    assert (meta["text"], meta["unknown"]) == (TEXT, ())


@pytest.mark.gpu
@pytest.mark.parametrize("cell", CELLS)
def test_on_a_gpu(cell):
    model = model_of(cell, layers=2)
    here = record(model, TEXT)
    there = record(model.cuda(), TEXT)
    assert_tells(there, {name: here[name].values for name in here.names}, 1e-12)
    assert there.meta["equals_torch"] < 1e-12
