"""What can be asked of a trace, of answers and of what was saved, and what cannot."""

import re

import numpy as np
import pytest
import torch

from rnnviz.breakdown import explain, terms
from rnnviz.models.language import LanguageModel
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.record import record
from rnnviz.traces import Trace
from tests.breakdown.asked import SERIES, TEXT, VOCABULARY, language, rows, start_of
from tests.record.compare import lively


def test_a_classifier_that_reads_both_ways_answers_once():
    model = lively(Classifier(4, ("a", "b"), cell="lstm", hidden=3, directions=2))
    trace = record(model, SERIES)
    table = explain(model, trace, "out.logits", -1, 1)
    assert table["source"].tolist() == [
        *(f"l0.h[{u}]" for u in range(3)), *(f"l0r.h[{u}]" for u in range(3)), "b_out",
    ]  # fmt: skip
    h = [*trace["l0.h"].values[-1], *trace["l0r.h"].values[0], 1.0]
    np.testing.assert_array_equal(table["input"], h)
    assert table["value"].sum() == pytest.approx(trace["out.logits"].values[1], abs=1e-14)
    assert len(terms(model, trace, "out.logits", 0).total) == 1
    with pytest.raises(ValueError, match="answers once, at step 8, not 3"):
        explain(model, trace, "out.logits", 3, 0)


def test_a_mean_is_over_the_steps_so_far():
    model = lively(Classifier(4, ("a", "b"), cell="gru", hidden=3, readout="mean"))
    trace = record(model, SERIES)
    table = explain(model, trace, "out.logits", 4, 0)
    assert table["source"].tolist() == [*(f"mean l0.h[{u}]" for u in range(3)), "b_out"]
    np.testing.assert_allclose(table["input"][:3], trace["l0.h"].values[:5].mean(axis=0), rtol=1e-14)


def test_without_a_head_the_state_is_the_answer():
    model = lively(Tagger(4, 3, cell="rnn", hidden=3, head="none"))
    trace = record(model, SERIES)
    h = trace["l0.h"].values[5, 1]
    assert rows(explain(model, trace, "out.answer", 5, 1)) == [("l0.h[1]", 1.0, h, 1.0, h)]


def test_a_saved_trace_is_explained_as_the_one_it_was(tmp_path):
    model = language("lstm")
    trace = record(model, TEXT, start_of(model))
    trace.save(tmp_path / "trace.npz")
    again = Trace.load(tmp_path / "trace.npz")
    assert explain(model, again, "l0.c", 0, 2).equals(explain(model, trace, "l0.c", 0, 2))


@pytest.mark.parametrize(
    ("name", "step", "unit", "sentence"),
    [
        ("l0.z", 0, 0, "'l0.z' is no sum that can be taken apart; these are: l0.h, l0.c, l0.i, "),
        ("emb", 0, 0, "'emb' is no sum"),
        ("out.prob", 0, 0, "'out.prob' is no sum"),
        ("l0.c0", 0, 0, "'l0.c0' is no sum"),
        ("l0.f", 18, 0, "There is no step 18: there are 18, 0 to 17."),
        ("l0.f", -19, 0, "There is no step -19"),
        ("l0.f", 0, 6, "l0.f has no unit 6: there are 6, 0 to 5."),
        ("l0.f", 0, -7, "l0.f has no unit -7"),
        ("out.logits", 0, 99, f"out.logits has no vocab 99: there are {len(VOCABULARY)}, 0 to "),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(name, step, unit, sentence):
    model = language("lstm")
    with pytest.raises(ValueError, match=re.escape(sentence)):
        explain(model, record(model, TEXT, start_of(model)), name, step, unit)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (language("gru"), "its cell is 'gru', the model's 'lstm'"),
        (language("lstm", hidden=7), "its hidden is 7, the model's 6"),
        (language("lstm", layers=2), "its layers is 2, the model's 1"),
        (language("lstm", input="embedding"), "its input is 'embedding', the model's 'onehot'"),
        (lively(Tagger(VOCABULARY, 3, hidden=6)), "its type is 'tagger', the model's 'language'"),
        (lively(LanguageModel(Vocabulary.of("the time"), hidden=6)), "its inputs is 7, the model's"),
        (language("lstm"), "This trace is of other weights: its l0.f of unit 0 comes from the sum"),
    ],
)
def test_a_trace_of_another_model_is_refused(other, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        explain(language("lstm"), record(other, "the time"), "l0.f", 3, 0)


def test_one_step_of_a_trace_is_not_enough():
    model = language("lstm")
    with pytest.raises(ValueError, match="give the whole trace"):
        explain(model, record(model, TEXT).at(3), "l0.f", 0, 0)


def test_numbers_beyond_all_bounds_are_told_as_they_are():
    model = language("rnn_relu")
    with torch.no_grad():
        model.rnn.weight_hh_l0.fill_(1e200)
    trace = record(model, TEXT, compare=False)
    assert np.isinf(trace["l0.h"].values[-1]).any()
    assert len(terms(model, trace, "l0.h", 0).total) == len(TEXT)
