"""What a trace says of models that attend, held against the same models written out a second time."""

import copy
import itertools

import numpy as np
import pytest
import torch

from rnnviz.models.decoding import Beam, write
from rnnviz.models.seq2seq import ATTENTIONS, Seq2Seq
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.models.transformer_seq2seq import TransformerSeq2Seq
from rnnviz.models.writer import END, Writer
from rnnviz.record import readers, record, transformer_translations, transformers, translations
from tests.cases import every
from tests.record import attending
from tests.record.compare import CELLS, assert_tells, weights_of
from tests.record.models import (
    ALL,
    READS,
    SERIES,
    TEXT,
    TOLD,
    bounded,
    judge,
    pooler,
    rewriter,
    speaker,
    writer,
)

PLACES = list(itertools.product(["pre", "post"], ["learned", "sinusoidal"]))


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


# --- every number


def translated(model: Seq2Seq, text: str, written: str, told: bool) -> dict[str, np.ndarray]:
    target = [*(model.classes.index(token) for token in written), 0]
    given = weights_of(model), len(READS), READS.encode(text), target, told
    return attending.translate(model.cell, model.attention, *given)


@every("directions", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_every_quantity_of_a_translation_is_what_the_equations_say(attention, cell, directions):
    input = "onehot" if directions == 1 else "embedding"
    model = writer(attention, cell=cell, directions=directions, layers=2, input=input)
    assert_tells(record(model, TEXT, target=TOLD), translated(model, TEXT, TOLD, True), 1e-12)


@pytest.mark.parametrize("attention", ["none", "dot", "additive"])
def test_of_its_own_writing_too(attention):
    model, said = ending(attention)
    trace = record(model, TEXT)
    assert (trace.meta["answer"], trace.meta["ended"]) == (said.text, True)
    assert trace.tokens == (*said.text, END)
    assert_tells(trace, translated(model, TEXT, said.text, False), 1e-12)
    assert trace["out.topk.id"].values[:, 0].tolist() == list(said.ids)


def ending(attention: str) -> tuple[Seq2Seq, Beam]:
    """The first model that writes something and comes to an end."""
    for seed in range(200):
        torch.manual_seed(seed)
        model = writer(attention, directions=2)
        with torch.no_grad():
            model.target_emb.weight *= 3  # so that what was written makes a difference
        said = write(model, TEXT, 12)
        if said.ended and len(said.text) > 2:
            return model, said
    raise AssertionError("None ever ended.")


@pytest.mark.parametrize("readout", ["attention", "attention_by_unit"])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_every_quantity_of_a_classifier_that_pools(cell, directions, readout):
    model = pooler(4, readout, cell=cell, directions=directions, layers=2)
    assert_tells(record(model, SERIES), attending.pooled(cell, weights_of(model), SERIES), 1e-12)


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize(("norm", "positions"), PLACES)
def test_every_quantity_of_a_transformer(norm, positions, directions):
    made = {"norm": norm, "positions": positions}
    model = speaker(layers=3, **made) if directions == 1 else judge(layers=3, readout="last", **made)
    values = attending.transformed(model, weights_of(model), TEXT)
    trace = record(model, TEXT)
    shut = trace["l2.attn.masked"].values == -np.inf
    assert shut.sum() == (3 * 28 if directions == 1 else 0)
    for name in [name for name in values if name.endswith("masked")]:
        np.testing.assert_array_equal(np.isinf(values[name]), np.isinf(trace[name].values))
    assert_tells(bounded(trace), {n: np.where(np.isinf(v), -1, v) for n, v in values.items()}, 1e-12)


@pytest.mark.parametrize("readout", ["last", "mean", "attention"])
@pytest.mark.parametrize("directions", [1, 2])
def test_a_transformer_that_reads_numbers_and_answers_once(directions, readout):
    model = judge(4, directions=directions, readout=readout)
    trace, values = record(model, SERIES), attending.transformed(model, weights_of(model), SERIES)
    assert_tells(bounded(trace), {n: np.where(np.isinf(v), -1, v) for n, v in values.items()}, 1e-12)
    with torch.no_grad():
        logits = model(torch.from_numpy(SERIES)[:, None])[0]
    told = trace["out.logits"].values
    np.testing.assert_allclose(told[-1] if directions == 1 else told, logits, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_in_single_precision_it_says_the_same(name):
    model = ALL[name](dtype=torch.float32)
    told = {"target": TOLD} if isinstance(model, Writer) else {}
    trace, exact = (bounded(record(each, TEXT, **told)) for each in (model, copy.deepcopy(model).double()))
    ids = "out.topk.id"  # of what is equally likely, either may come first
    for each in set(exact.names) - {ids}:
        error = np.abs(trace[each].values - exact[each].values)
        assert np.nanmax(error, initial=0) <= 2e-5 * max(1, np.nanmax(np.abs(exact[each].values))), each
    assert {q.values.dtype for n, q in trace.quantities.items() if n != ids} == {np.dtype(np.float32)}


@every(("norm", "positions"), PLACES)
@every("target", [TOLD, None])
def test_every_quantity_of_a_transformer_that_writes(norm, positions, target):
    model = rewriter(layers=3, norm=norm, positions=positions)
    trace = record(model, TEXT, target=target, longest=9)
    ids = [model.classes.index(token) for token in trace.tokens]
    values = attending.rewrite(model, weights_of(model), READS.encode(TEXT), ids, target is not None)
    assert np.isneginf(trace["dec.l2.attn.masked"].values).sum() == 3 * len(ids) * (len(ids) - 1) // 2
    for name in [name for name in values if name.endswith("masked")]:
        np.testing.assert_array_equal(np.isinf(values[name]), np.isinf(trace[name].values))
    assert_tells(bounded(trace), {n: np.where(np.isinf(v), -1, v) for n, v in values.items()}, 1e-12)
    if target is None:
        assert trace["out.topk.id"].values[:, 0].tolist() == ids
        said = write(model, TEXT, 9)
        assert (trace.meta["answer"], trace.meta["ended"]) == (said.text, said.ended)


# --- the badge


@pytest.mark.parametrize("name", ALL)
@every(("dtype", "most"), [(torch.float64, 1e-12), (torch.float32, 2e-6)])
def test_the_measured_error_is_small(name, dtype, most):
    assert 0 <= record(ALL[name](dtype=dtype), TEXT).meta["equals_torch"] <= most


@pytest.mark.parametrize("attention", ATTENTIONS[1:])
def test_the_measured_error_speaks_of_weights_and_contexts(attention, monkeypatch):
    model = writer(attention, directions=2)
    right = Seq2Seq.say

    def wrong(self, *given):
        said = right(self, *given)
        return said._replace(attention=said.attention._replace(weights=said.attention.weights * 1.01))

    monkeypatch.setattr(Seq2Seq, "say", wrong)
    assert record(model, TEXT, target=TOLD).meta["equals_torch"] > 1e-4


@pytest.mark.parametrize("side", ["encoder", "decoder"])
def test_the_measured_error_speaks_of_both_sides(side, monkeypatch):
    model = writer("dot", directions=2)
    right = Seq2Seq.trace

    def wrong(self, *given):
        told = right(self, *given)
        values = dict(getattr(told, side))
        values["l0.h"] = values["l0.h"] * 1.01
        return told._replace(**{side: values})

    monkeypatch.setattr(Seq2Seq, "trace", wrong)
    assert record(model, TEXT, target=TOLD).meta["equals_torch"] > 1e-4


@pytest.mark.parametrize("name", ["l0.attn.weights", "l1.h", "h"])
def test_the_measured_error_speaks_of_each_layer_of_a_transformer(name, monkeypatch):
    model = speaker(norm="pre")
    right = TransformerLanguageModel.trace

    def wrong(self, *given):
        told = right(self, *given)
        return told | {name: told[name] * 1.01}

    monkeypatch.setattr(TransformerLanguageModel, "trace", wrong)
    assert record(model, TEXT).meta["equals_torch"] > 1e-4


@pytest.mark.parametrize(
    "name",
    ["enc.l0.attn.weights", "enc.h", "dec.l0.attn.weights", "dec.l1.cross.weights", "dec.l1.h", "dec.h"],
)
def test_the_measured_error_speaks_of_both_sides_of_a_transformer(name, monkeypatch):
    model = rewriter(norm="pre")
    right = TransformerSeq2Seq.trace

    def wrong(self, *given):
        told = right(self, *given)
        return told | {name: told[name] * 1.01}

    monkeypatch.setattr(TransformerSeq2Seq, "trace", wrong)
    assert record(model, TEXT, target=TOLD).meta["equals_torch"] > 1e-4


def test_the_measured_error_speaks_of_pooling(monkeypatch):
    model, right = pooler(), readers.pooling_differences

    def wrong(model, values):
        return right(model, values | {"attn.weights": values["attn.weights"] * 1.01})

    monkeypatch.setattr(readers, "pooling_differences", wrong)
    assert record(model, TEXT).meta["equals_torch"] > 1e-4


@pytest.mark.parametrize("name", ALL)
def test_many_traces_can_do_without_the_comparison(name, monkeypatch):
    for module, function in (
        (readers, "difference_from_torch"),
        (translations, "_difference"),
        (transformers, "_layer_pairs"),
        (transformer_translations, "_pairs"),
    ):
        monkeypatch.setattr(module, function, lambda *given: pytest.fail("it was compared"))
    assert "equals_torch" not in record(ALL[name](), TEXT, compare=False).meta


@pytest.mark.gpu
@pytest.mark.parametrize("name", ALL)
def test_on_a_gpu(name):
    model = ALL[name]()
    here = record(model, TEXT)
    there = record(model.cuda(), TEXT)
    assert_tells(bounded(there), {n: bounded(here)[n].values for n in here.names}, 1e-12)
