"""What a trace of a tagger or a classifier says, held against the same model written out a second time."""

import copy
import json

import numpy as np
import pytest
import torch

import rnnviz
from rnnviz.models.language import LanguageModel
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.record import readers, record, reference
from rnnviz.traces import Trace
from rnnviz.views.page import page
from tests.cases import every
from tests.record import oracle
from tests.record.compare import CELLS, assert_tells, lively, weights_of

TEXT = "hello, 你好"
VOCABULARY = Vocabulary.of("hello world 你好")
CLASSES = ("negative", "positive", "<b>neither</b>")
SERIES = np.random.default_rng(0).normal(size=(9, 4))
IMAGE = np.random.default_rng(1).integers(0, 256, (8, 8), dtype=np.uint8)


def tagger(inputs, outputs, *, dtype=torch.float64, **settings) -> Tagger:
    return lively(Tagger(inputs, outputs, **({"hidden": 5} | settings)), dtype)


def classifier(inputs, *, dtype=torch.float64, **settings) -> Classifier:
    return lively(Classifier(inputs, CLASSES, **({"hidden": 5} | settings)), dtype)


def rows(model, text: str) -> np.ndarray:
    return oracle.rows_of(weights_of(model), len(VOCABULARY), VOCABULARY.encode(text))


# --- every number


@every("directions", [1, 2])
@every("layers", [1, 2, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_every_quantity_of_a_tagger_is_what_the_equations_say(cell, layers, directions):
    model = tagger(4, 3, cell=cell, layers=layers, directions=directions)
    assert_tells(record(model, SERIES), oracle.tag(cell, weights_of(model), SERIES, classes=False), 1e-12)
    model = tagger(VOCABULARY, CLASSES, cell=cell, layers=layers, directions=directions)
    truth = oracle.tag(cell, weights_of(model), rows(model, TEXT), classes=True)
    assert_tells(record(model, TEXT), truth, 1e-12)


@every("readout", ["last", "mean"])
@every("directions", [1, 2])
@every("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_every_quantity_of_a_classifier_is_what_the_equations_say(cell, layers, directions, readout):
    settings = {"cell": cell, "layers": layers, "directions": directions, "readout": readout}
    model = classifier(4, **settings)
    assert_tells(record(model, SERIES), oracle.classify(cell, weights_of(model), SERIES, readout), 1e-12)
    model = classifier(VOCABULARY, input="embedding", embedding=3, **settings)
    truth = oracle.classify(cell, weights_of(model), rows(model, TEXT), readout)
    assert_tells(record(model, TEXT), truth, 1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_in_single_precision_too(cell):
    model = classifier(4, cell=cell, layers=2, directions=2, dtype=torch.float32)
    trace = record(model, SERIES)
    assert_tells(trace, oracle.classify(cell, weights_of(model), SERIES.astype(np.float32), "last"), 5e-6)
    assert {quantity.values.dtype for quantity in trace.quantities.values()} == {np.dtype(np.float32)}


@every("readout", ["last", "mean"])
@every("directions", [1, 2])
def test_the_last_answer_is_the_one_that_the_model_gives(directions, readout):
    model = classifier(VOCABULARY, directions=directions, readout=readout)
    trace = record(model, TEXT)
    with torch.no_grad():
        logits = model(model.ids(TEXT)[:, None])[0]
    told = trace["out.logits"].values if directions == 2 else trace["out.logits"].values[-1]
    np.testing.assert_allclose(told, logits, rtol=0, atol=1e-12)
    best = int(logits.argmax())
    assert trace.meta["answer"] == CLASSES[best]
    assert trace.meta["chance"] == pytest.approx(float(logits.softmax(-1)[best]), abs=1e-12)


@every("readout", ["last", "mean"])
def test_each_answer_is_that_of_a_sequence_which_ends_there(readout):
    model = classifier(4, cell="gru", readout=readout)
    whole = record(model, SERIES)["out.prob"].values
    for end in range(1, len(SERIES) + 1):
        alone = record(model, SERIES[:end])["out.prob"].values
        np.testing.assert_allclose(alone[-1], whole[end - 1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_both_directions_are_torchs(cell):
    """h against torch.nn's own layer, built here from the same weights."""
    model = tagger(4, 2, cell=cell, layers=2, directions=2, dtype=torch.float32)
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(cell, torch.nn.RNN)
    extra = {"nonlinearity": "relu"} if cell == "rnn_relu" else {}
    layer = kind(4, 5, 2, bidirectional=True, **extra)
    layer.load_state_dict(model.rnn.state_dict())
    x = torch.from_numpy(SERIES).float()
    with torch.no_grad():
        output, _ = layer(x)
        answers = model.out(output)
    trace = record(model, SERIES)
    shown = np.hstack([trace["l1.h"].values, trace["l1r.h"].values])
    scale = max(1.0, float(output.abs().max()))
    np.testing.assert_allclose(shown, output, rtol=0, atol=5e-6 * scale)
    np.testing.assert_allclose(trace["out.answer"].values, answers, rtol=0, atol=2e-5 * scale)


def test_a_head_that_is_none_answers_h_itself():
    model = tagger(VOCABULARY, VOCABULARY, cell="rnn", hidden=len(VOCABULARY), head="none")
    trace = record(model, TEXT)
    np.testing.assert_array_equal(trace["out.logits"].values, trace["l0.h"].values)
    assert_tells(trace, oracle.tag("rnn", weights_of(model), rows(model, TEXT), classes=True), 1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_reading_on_from_a_state(cell):
    model = tagger(4, 2, cell=cell, layers=2)
    with torch.no_grad():
        _, state = model(torch.from_numpy(SERIES[:5])[:, None])
    on, whole = record(model, SERIES[5:], state), record(model, SERIES)
    for name in ("l0.h", "l1.h", "out.answer"):
        np.testing.assert_allclose(on[name].values, whole[name].values[5:], rtol=0, atol=1e-12)
    assert on.meta["equals_torch"] <= 1e-12


# --- names, axes, labels, facts


def test_names_and_axes_of_both_directions():
    trace = record(classifier(4, cell="gru", layers=2, directions=2), SERIES)
    letters = ["h", "r", "z", "n", "a_r", "a_z", "a_n", "n_x", "n_h"]
    values = [f"{place}.{letter}" for place in ("l0", "l0r", "l1", "l1r") for letter in letters]
    assert trace.names == ("emb", *values, "out.logits", "out.prob", "out.entropy")
    assert {trace[name].dims for name in values} == {("step", "unit")}
    assert trace["emb"].dims == ("step", "input")
    assert trace["out.logits"].dims == trace["out.prob"].dims == ("class",)
    assert trace["out.entropy"].dims == ()
    assert trace.labels == {"step": tuple("123456789"), "class": CLASSES}


@every(
    ("model", "given", "dims", "labels"),
    [
        (lambda: classifier(4), SERIES, ("step", "class"), {"step": tuple("123456789"), "class": CLASSES}),
        (
            lambda: tagger(VOCABULARY, CLASSES),
            TEXT,
            ("step", "class"),
            {"step": tuple(TEXT), "class": CLASSES},
        ),
        (
            lambda: tagger(VOCABULARY, VOCABULARY),
            TEXT,
            ("step", "vocab"),
            {"step": tuple(TEXT), "vocab": VOCABULARY.tokens},
        ),
    ],
)
def test_axes_of_what_is_answered_one_way(model, given, dims, labels):
    trace = record(model(), given)
    assert trace["out.logits"].dims == trace["out.prob"].dims == dims
    assert trace["out.entropy"].dims == ("step",)
    assert trace.labels == labels


def test_numbers_are_answered_as_they_are():
    trace = record(tagger(4, 2), SERIES)
    assert (trace["out.answer"].dims, trace["out.answer"].kind) == (("step", "output"), "answer")
    assert "out.prob" not in trace
    assert "answer" not in trace.meta


def test_the_columns_are_named_where_they_are_known():
    model = tagger(4, 2)
    assert "input" not in record(model, SERIES).labels
    model.columns = ("rain", "warmest", "coldest", "wind")
    assert record(model, SERIES).labels["input"] == model.columns


def test_a_tagger_says_the_likeliest_of_each_step():
    model = tagger(VOCABULARY, VOCABULARY)
    trace = record(model, TEXT)
    best = trace["out.logits"].values.argmax(axis=1)
    assert trace.meta["answer"] == tuple(VOCABULARY.tokens[k] for k in best)


def test_words_say_which_answer_it_is():
    one, both = record(classifier(4), SERIES), record(classifier(4, directions=2), SERIES)
    assert one["out.prob"].label == "probability of the classes, were this the last step"
    assert both["out.prob"].label == "probability of the classes"
    assert record(tagger(VOCABULARY, CLASSES), TEXT)["out.prob"].label == "probability of this step's answers"


@pytest.mark.parametrize("cell", CELLS)
def test_every_quantity_is_named_in_words_and_stays_in_its_domain(cell):
    traces = [
        record(classifier(4, cell=cell, directions=2), SERIES),
        record(classifier(VOCABULARY, cell=cell), TEXT),
        record(tagger(4, 2, cell=cell), SERIES),
        record(tagger(VOCABULARY, VOCABULARY, cell=cell, directions=2), TEXT),
    ]
    for name, quantity in [item for trace in traces for item in trace.quantities.items()]:
        assert quantity.symbol, name
        assert quantity.label, name
        if quantity.domain:
            low, high = quantity.domain
            assert low <= quantity.values.min(), name
            assert quantity.values.max() <= high, name


def test_a_models_known_ranges_are_the_domains_of_what_has_no_bound():
    model = tagger(4, 2, directions=2)
    model.ranges = {"out.answer": 3.0, "l0r.c": 2.0}
    trace = record(model, SERIES)
    assert trace["out.answer"].domain == (-3.0, 3.0)
    assert trace["l0r.c"].domain == (-2.0, 2.0)
    assert trace["l0.c"].domain is None


def test_facts_of_a_trace():
    model = classifier(VOCABULARY, cell="rnn", layers=2, directions=2)
    model.name = "mine"
    meta = record(model, "hey").meta
    facts = {"type": "classifier", "model": "mine", "cell": "rnn", "layers": 2, "hidden": 5, "directions": 2}
    assert {key: meta[key] for key in facts} == facts
    assert (meta["text"], meta["unknown"]) == ("hey", (2,))
    series = record(tagger(4, 2), SERIES).meta
    assert (series["type"], series["input"]) == ("tagger", "numbers")
    assert "text" not in series


def test_it_can_be_kept_in_a_file(tmp_path):
    for number, (model, given) in enumerate([(classifier(4), SERIES), (tagger(VOCABULARY, CLASSES), TEXT)]):
        trace = record(model, given)
        path = tmp_path / f"{number}.npz"
        trace.save(path)
        again = Trace.load(path)
        assert dict(again.labels) == dict(trace.labels)
        assert json.dumps(dict(again.meta)) == json.dumps(dict(trace.meta))
        for name in trace.names:
            np.testing.assert_array_equal(again[name].values, trace[name].values)


def test_it_can_be_drawn_but_makes_no_page_of_expectations():
    trace = record(classifier(4, directions=2), SERIES)
    assert rnnviz.views.heatmap.spec(trace, "l0r.h")["data"][0]["z"].shape == (5, 9)
    chances = rnnviz.views.heatmap.spec(record(classifier(4), SERIES), "out.prob")
    assert chances["data"][0]["y"] == ["negative", "positive", "&lt;b&gt;neither&lt;/b&gt;"]
    assert "3 classes" in chances["layout"]["title"]["subtitle"]["text"]
    with pytest.raises(ValueError, match="A page shows what a language model expected"):
        rnnviz.views.page(trace)


# --- what is read


@every("to", [np.asarray, np.ndarray.tolist, torch.from_numpy, np.float32])
def test_numbers_come_as_they_are_at_hand(to):
    model = tagger(4, 2)
    np.testing.assert_allclose(record(model, to(SERIES))["emb"].values, SERIES, rtol=0, atol=1e-6)


def test_an_image_is_read_row_by_row_its_bytes_as_shares():
    model = classifier(8)
    trace = record(model, IMAGE)
    np.testing.assert_array_equal(trace["emb"].values, IMAGE / 255)
    assert trace.tokens == tuple("12345678")
    np.testing.assert_array_equal(record(model, IMAGE / 255)["out.prob"].values, trace["out.prob"].values)


def test_one_column_may_come_as_a_plain_list():
    model = tagger(1, 1)
    plain, column = record(model, [0.0, 1.0, 0.5]), record(model, [[0.0], [1.0], [0.5]])
    np.testing.assert_array_equal(plain["out.answer"].values, column["out.answer"].values)


@every(
    ("given", "sentence"),
    [
        ("rain", r"reads numbers, an array of the shape \(steps, 4\), not text"),
        (SERIES[:, :3], r"\(steps, 4\); this one has the shape \(9, 3\)"),
        (SERIES[None], r"this one has the shape \(1, 9, 4\)"),
        (SERIES[0], r"this one has the shape \(4,\)"),
        (SERIES[:0], r"at least one step"),
        ([], r"this one has the shape \(0,\)"),
        ([[1, 2, 3, 4], [1, 2]], r"\(steps, 4\); this list is no such array"),
        ([["a", "b", "c", "d"]], r"\(steps, 4\); this list is no such array"),
        (None, r"this NoneType is no such array"),
        (SERIES + 1j, r"this ndarray is no such array"),
        (np.full((2, 4), np.nan), r"number at step 0, column 0 is nan"),
        (np.where(SERIES[3, 2] == SERIES, 1e300, SERIES), r"number at step 3, column 2 is 1e\+300"),
    ],
)
def test_numbers_that_cannot_be_read_are_answered_with_a_sentence(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        record(tagger(4, 2, dtype=torch.float32), given)


@every("given", [SERIES, None, 7, b"text", ["t", "e"]])
def test_what_is_no_text_is_answered_with_a_sentence(given):
    with pytest.raises(ValueError, match=rf"This model reads text, not {type(given).__name__}\."):
        record(classifier(VOCABULARY), given)


def test_nothing_to_read():
    with pytest.raises(ValueError, match="at least one character"):
        record(classifier(VOCABULARY), "")


def test_one_step():
    trace = record(classifier(4, directions=2), SERIES[:1])
    assert len(trace) == 1
    assert trace["l0r.h"].values.shape == (1, 5)


@every(
    ("ask", "does"),
    [
        (reference, "writes"),
        (rnnviz.sample, "writes"),
        (rnnviz.generate, "writes"),
        (lambda model: rnnviz.perplexity(model, TEXT), "has a perplexity"),
        (lambda model: rnnviz.connectivity(model, TEXT), "has a connectivity"),
    ],
)
def test_what_only_a_language_model_does_is_told_in_a_sentence(ask, does):
    with pytest.raises(ValueError, match=f"This model is a classifier, and only a language model {does}"):
        ask(classifier(VOCABULARY))


# --- the badge, and leaving no trace behind


@pytest.mark.parametrize("cell", CELLS)
def test_the_measured_error_is_small(cell):
    settings = {"cell": cell, "layers": 3, "directions": 2}
    assert record(classifier(4, **settings), SERIES).meta["equals_torch"] <= 1e-12
    assert record(classifier(4, dtype=torch.float32, **settings), SERIES).meta["equals_torch"] <= 2e-6


def test_many_traces_can_do_without_the_comparison(monkeypatch):
    model = classifier(4)
    whole = record(model, SERIES)
    monkeypatch.setattr(readers, "difference_from_torch", lambda *given: pytest.fail("it was compared"))
    quick = record(model, SERIES, compare=False)
    assert "equals_torch" not in quick.meta
    for name in whole.names:
        np.testing.assert_array_equal(quick[name].values, whole[name].values)


@pytest.mark.parametrize("place", ["l0.h", "l0r.h", "l1.h", "l1r.h"])
def test_the_measured_error_speaks_of_each_layer_and_direction(place, monkeypatch):
    """A wrong value on the way into the trace is found, wherever it is."""
    model = tagger(4, 2, cell="gru", layers=2, directions=2)
    right = type(model.rnn).trace

    def wrong(self, *given, **more):
        trace = right(self, *given, **more)
        values = dict(trace.values)
        values[place] = values[place] * 1.01
        return trace._replace(values=values)

    monkeypatch.setattr(type(model.rnn), "trace", wrong)
    assert record(model, SERIES).meta["equals_torch"] > 1e-4


def test_a_model_is_as_it_was_after_it_has_read():
    model = classifier(VOCABULARY, layers=2, dropout=0.5, directions=2).train()
    before, random_state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    first, second = record(model, TEXT), record(model, TEXT)
    assert torch.equal(torch.get_rng_state(), random_state)
    np.testing.assert_array_equal(first["out.prob"].values, second["out.prob"].values)
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    model(model.ids(TEXT)[:, None]).sum().backward()
    assert model.rnn.weight_ih_l0_reverse.grad is not None


@pytest.mark.gpu
def test_on_a_gpu():
    model = classifier(4, layers=2, directions=2)
    here = record(model, SERIES)
    there = record(model.cuda(), SERIES)
    assert_tells(there, {name: here[name].values for name in here.names}, 1e-12)


def test_the_state_it_began_with_is_kept_for_both_directions(tmp_path):
    model = tagger(4, 3, cell="lstm", layers=2, directions=2)
    h, c = torch.rand(4, 1, 5, dtype=torch.float64), torch.rand(4, 1, 5, dtype=torch.float64)
    record(model, SERIES, (h, c)).save(tmp_path / "trace.npz")
    trace = Trace.load(tmp_path / "trace.npz")
    for place, prefix in enumerate(["l0", "l0r", "l1", "l1r"]):
        np.testing.assert_array_equal(trace[f"{prefix}.h0"].values, h[place, 0])
        np.testing.assert_array_equal(trace[f"{prefix}.c0"].values, c[place, 0])
    assert not [name for name in record(model, SERIES).names if name.endswith("0")]


@pytest.mark.parametrize("begun", [False, True])
def test_a_state_at_the_start_changes_nothing_else_of_what_can_be_done(begun, tmp_path):
    """The table, the step and the page of a trace that has one quantity more, without steps."""
    model = lively(LanguageModel(VOCABULARY, "gru", hidden=5))
    trace = record(model, TEXT, torch.ones(1, 1, 5, dtype=torch.float64) if begun else None)
    assert ("l0.h0" in trace) == begun
    assert "l0.h0" not in trace.at(2)
    assert (
        trace.select(dims=("step", "unit")).names == record(model, TEXT).select(dims=("step", "unit")).names
    )
    trace.to_csv(tmp_path / "trace.csv")
    written = (tmp_path / "trace.csv").read_text(encoding="utf-8")
    assert ("\nl0.h0,,,0," in written) == begun
    assert "l0.h0" not in page(trace)
