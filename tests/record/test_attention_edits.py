"""What follows when a model that attends is made to look elsewhere, or to write something else."""

import numpy as np
import pytest
import torch

from rnnviz.models.decoding import write
from rnnviz.record import record
from tests.record.compare import weights_of
from tests.record.models import (
    CLASSES,
    TEXT,
    TOLD,
    pooler,
    speaker,
    writer,
)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


# --- what if


def row_of(model, wanted: tuple[int, str], row: list[float]):
    def edit(step, name, value):
        return torch.tensor(row, dtype=value.dtype).expand_as(value) if (step, name) == wanted else value

    return edit


def nothing(step, name, value):
    return value


def test_a_row_of_weights_is_overwritten_and_what_is_written_follows():
    model = writer("dot", directions=2)
    row = [0.0] * len(TEXT)
    row[5] = 1.0
    before = record(model, TEXT, target=TOLD, edit=nothing)
    after = record(model, TEXT, target=TOLD, edit=row_of(model, (3, "attn.weights"), row))
    np.testing.assert_array_equal(after["attn.weights"].values[3], row)
    np.testing.assert_allclose(after["attn.context"].values[3], after["attn.v"].values[5], atol=1e-12)
    np.testing.assert_array_equal(after["attn.scores"].values, before["attn.scores"].values)
    same = [t for t in range(len(TOLD) + 1) if t != 3]
    np.testing.assert_array_equal(after["out.logits"].values[same], before["out.logits"].values[same])
    assert np.abs(after["out.logits"].values[3] - before["out.logits"].values[3]).max() > 1e-3
    assert "equals_torch" not in after.meta


def test_with_weights_overwritten_it_writes_something_else():
    model = writer("dot")
    found = set()
    for place in range(len(TEXT)):
        row = [float(s == place) for s in range(len(TEXT))]

        def edit(step, name, value, row=row):
            return torch.tensor([row], dtype=value.dtype) if name == "attn.weights" else value

        trace = record(model, TEXT, edit=edit, longest=4)
        np.testing.assert_array_equal(trace["attn.weights"].values, [row] * len(trace))
        assert trace.meta["answer"] == write(model, TEXT, 4, edit=edit).text
        found.add(trace.meta["answer"])
    assert len(found) > 1


def test_a_token_is_forced():
    model = writer("additive")
    trace = record(model, TEXT, begin="19")
    assert trace.tokens[:2] == ("1", "9")
    assert trace.meta["begin"] == "19"
    assert trace.meta["answer"] == write(model, TEXT, begin="19").text
    assert "out.loss" not in trace


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_what_a_transformer_looks_at_is_overwritten(norm):
    model = speaker(norm=norm, layers=2)
    before, quiet = record(model, TEXT), record(model, TEXT, edit=nothing)
    for name in before.names:
        np.testing.assert_allclose(quiet[name].values, before[name].values, rtol=0, atol=1e-12)
    row = [0.0, 1.0] + [0.0] * (len(TEXT) - 2)
    after = record(model, TEXT, edit=row_of(model, (4, "l0.attn.weights"), row))
    np.testing.assert_array_equal(after["l0.attn.weights"].values[:, 4], [row] * 3)
    np.testing.assert_allclose(
        after["l0.attn.context"].values[:, 4], after["l0.attn.v"].values[:, 1], rtol=0, atol=1e-12
    )
    changed = np.abs(after["out.logits"].values - quiet["out.logits"].values).max(axis=1) > 1e-9
    assert not changed[:4].any()  # whoever comes before cannot know
    assert changed[4:].all()  # the second layer looks at step 4 from all later ones


@pytest.mark.parametrize("by_unit", [False, True])
@pytest.mark.parametrize("directions", [1, 2])
def test_what_pooling_looks_at_is_overwritten(directions, by_unit):
    model = pooler(readout="attention_by_unit" if by_unit else "attention", directions=directions)
    row = [0.0] * (len(TEXT) - 1) + [1.0]
    rows = range(len(record(model, TEXT)["attn.context"].values) if by_unit else 1)

    def edit(step, name, value):
        assert name != "attn.weights" or (step in rows and value.shape == (1, len(TEXT)))
        return torch.tensor([row], dtype=value.dtype) if name == "attn.weights" else value

    after = record(model, TEXT, edit=edit)
    np.testing.assert_allclose(after["attn.context"].values, after["attn.v"].values[-1], atol=1e-12)
    last = after["attn.v"].values[-1]
    weights = weights_of(model)
    logits = last @ weights["out.weight"].T + weights["out.bias"]
    told = after["out.logits"].values
    np.testing.assert_allclose(told if directions == 2 else told[-1], logits, rtol=0, atol=1e-12)
    assert after.meta["answer"] == CLASSES[int(logits.argmax())]


def test_one_unit_of_pooling_by_unit_looks_elsewhere():
    model = pooler(readout="attention_by_unit")
    before = record(model, TEXT, edit=nothing)
    row = [1.0] + [0.0] * (len(TEXT) - 1)
    after = record(model, TEXT, edit=row_of(model, (2, "attn.weights"), row))
    assert after["attn.context"].values[2] == pytest.approx(after["attn.v"].values[0, 2], abs=1e-12)
    others = [0, 1, 3, 4]
    np.testing.assert_array_equal(after["attn.context"].values[others], before["attn.context"].values[others])


def test_a_gate_of_the_encoder_is_forced():
    def edit(step, name, value):
        return value * 0 if name == "enc.l0.z" else value

    trace = record(writer("dot", cell="gru"), TEXT, target="1", edit=edit)
    assert not trace["enc.l0.z"].values.any()
    assert trace["dec.l0.z"].values.any()
    np.testing.assert_array_equal(trace["dec.l0.h0"].values, trace["enc.l0.h"].values[-1])
