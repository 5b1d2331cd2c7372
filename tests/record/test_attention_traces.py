"""Traces of models that attend: names, axes, alignment, files, tables, and what cannot be read."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from rnnviz.models.writer import END
from rnnviz.record import record, reference
from rnnviz.traces import Trace
from rnnviz.views import panels
from tests.record.models import (
    ALL,
    TEXT,
    TOLD,
    WRITES,
    judge,
    pooler,
    rewriter,
    speaker,
    writer,
)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


# --- names, axes, labels


def test_names_and_axes_of_a_translation():
    trace = record(writer("additive", cell="gru", layers=2, directions=2), TEXT, target=TOLD)
    letters = ["h", "r", "z", "n", "a_r", "a_z", "a_n", "n_x", "n_h"]
    read = [f"enc.{place}.{letter}" for place in ("l0", "l0r", "l1", "l1r") for letter in letters]
    wrote = [f"dec.{place}.{letter}" for place in ("l0", "l1") for letter in letters]
    looked = ["q", "k", "v", "scores", "masked", "weights", "context", "w", "joined"]
    said = ["logits", "prob", "topk.prob", "topk.id", "loss", "surprise", "entropy", "perplexity"]
    assert trace.names == (
        *("enc.emb", *read, "dec.emb", "dec.l0.h0", "dec.l1.h0", *wrote),
        *(f"attn.{name}" for name in looked),
        *(f"out.{name}" for name in said),
    )
    dims = {name: quantity.dims for name, quantity in trace.quantities.items()}
    assert dims["enc.l1r.h"] == dims["attn.k"] == dims["attn.v"] == ("source", "unit")
    assert dims["dec.l1.h"] == dims["attn.q"] == dims["attn.context"] == ("step", "unit")
    assert dims["attn.scores"] == dims["attn.masked"] == dims["attn.weights"] == ("step", "source")
    assert dims["dec.l0.h0"] == dims["attn.w"] == ("unit",)
    assert (dims["enc.emb"], dims["dec.emb"]) == (("source", "input"), ("step", "input"))
    assert trace.labels == {"source": tuple(TEXT), "step": (*TOLD, END), "vocab": (END, *WRITES)}
    assert trace.meta["target"] == TOLD
    assert "answer" in trace.meta


def test_without_attention_there_is_nothing_to_be_looked_at():
    trace = record(writer("none"), TEXT, target="1")
    assert not [name for name in trace.names if name.startswith("attn.")]


def test_names_and_axes_of_a_transformer():
    post, pre = (record(speaker(norm=norm), TEXT) for norm in ("post", "pre"))
    looked = [f"attn.{name}" for name in ("q", "k", "v", "scores", "masked", "weights", "context", "output")]
    layer = [*looked, "mid", "a", "hidden", "ff", "h"]
    told = [f"l{k}.{name}" for k in range(2) for name in layer]
    assert post.names[: len(told) + 3] == ("emb.token", "emb.place", "emb", *told)
    assert set(pre.names) - set(post.names) == {"l0.norm1", "l0.norm2", "l1.norm1", "l1.norm2", "h"}
    dims = {name: quantity.dims for name, quantity in post.quantities.items()}
    assert dims["l1.attn.q"] == dims["l1.attn.context"] == ("head", "query", "unit")
    assert dims["l1.attn.k"] == dims["l1.attn.v"] == ("head", "key", "unit")
    assert dims["l1.attn.weights"] == dims["l1.attn.masked"] == ("head", "query", "key")
    assert dims["l1.h"] == dims["l1.attn.output"] == dims["emb"] == ("step", "unit")
    assert post.labels["step"] == post.labels["query"] == post.labels["key"] == tuple(TEXT)
    assert (post.meta["heads"], post.meta["norm"], post.meta["positions"]) == (3, "post", "learned")


def test_names_and_axes_of_a_transformer_that_writes():
    post, pre = (record(rewriter(norm=norm), TEXT, target=TOLD) for norm in ("post", "pre"))
    parts = ("q", "k", "v", "scores", "masked", "weights", "context", "output")
    looked, across = ([f"{kind}.{part}" for part in parts] for kind in ("attn", "cross"))
    after = ["a", "hidden", "ff", "h"]
    rows = ["emb.token", "emb.place", "emb"]
    read = [f"l{k}.{name}" for k in range(2) for name in (*looked, "mid", *after)]
    wrote = [f"l{k}.{name}" for k in range(2) for name in (*looked, "looked", *across, "mid", *after)]
    said = ["logits", "prob", "topk.prob", "topk.id", "loss", "surprise", "entropy", "perplexity"]
    assert post.names == (
        *(f"enc.{name}" for name in [*rows, *read]),
        *(f"dec.{name}" for name in [*rows, *wrote]),
        *(f"out.{name}" for name in said),
    )
    norms = {
        f"{side}.l{k}.norm{n}"
        for side, most in (("enc", 2), ("dec", 3))
        for k in (0, 1)
        for n in range(1, most + 1)
    }
    assert set(pre.names) - set(post.names) == norms | {"enc.h", "dec.h"}
    dims = {name: quantity.dims for name, quantity in pre.quantities.items()}
    for kind, query, key in (
        ("enc.l1.attn", "query", "key"),
        ("dec.l1.attn", "step", "written"),
        ("dec.l1.cross", "step", "source"),
    ):
        assert dims[f"{kind}.q"] == dims[f"{kind}.context"] == ("head", query, "unit")
        assert dims[f"{kind}.k"] == dims[f"{kind}.v"] == ("head", key, "unit")
        assert (
            dims[f"{kind}.weights"]
            == dims[f"{kind}.scores"]
            == dims[f"{kind}.masked"]
            == ("head", query, key)
        )
    assert (
        dims["enc.emb"]
        == dims["enc.l0.norm2"]
        == dims["enc.l1.attn.output"]
        == dims["enc.h"]
        == ("source", "unit")
    )
    assert (
        dims["dec.emb"]
        == dims["dec.l0.norm3"]
        == dims["dec.l1.cross.output"]
        == dims["dec.h"]
        == ("step", "unit")
    )
    text = tuple(TEXT)
    assert pre.labels["source"] == pre.labels["query"] == pre.labels["key"] == text
    assert (pre.tokens, pre.labels["written"]) == ((*TOLD, END), (END, *TOLD))
    assert (pre.meta["heads"], pre.meta["norm"], pre.meta["target"]) == (3, "pre", TOLD)


def test_the_same_letter_means_another_thing_on_the_other_side():
    trace = record(rewriter(norm="pre"), TEXT, target=TOLD)
    told = {name: trace[name].label for name in ("enc.l0.norm2", "dec.l0.norm2", "enc.l0.mid", "dec.l0.mid")}
    assert len(set(told.values())) == 4
    assert "cross-attention" in told["dec.l0.norm2"]


def test_names_and_axes_of_pooling():
    one, by_unit = record(pooler(), TEXT), record(pooler(readout="attention_by_unit"), TEXT)
    assert one["attn.weights"].dims == one["attn.scores"].dims == ("step",)
    assert one["attn.q"].dims == one["attn.context"].dims == ("unit",)
    assert by_unit["attn.weights"].dims == by_unit["attn.scores"].dims == ("unit", "step")
    assert "attn.q" not in by_unit


@pytest.mark.parametrize("name", ALL)
def test_every_quantity_is_named_in_words_and_stays_in_its_domain(name):
    trace = record(ALL[name](), TEXT)
    for each, quantity in trace.quantities.items():
        assert quantity.symbol, each
        assert quantity.label, each
        if quantity.domain:
            low, high = quantity.domain
            assert low <= np.nanmin(quantity.values), each
            assert np.nanmax(quantity.values) <= high, each
        if each.endswith(("attn.weights", "cross.weights")):
            assert (quantity.kind, quantity.domain) == ("weight", (0.0, 1.0))
            # A query sees at least itself: all weights of a row sum up to 1.
            np.testing.assert_allclose(quantity.values.sum(axis=-1), 1, atol=1e-12)


def test_a_models_known_ranges_are_the_domains_of_what_has_no_bound():
    model = writer("dot", cell="lstm")
    model.ranges = {"enc.l0.c": 2.5, "dec.l0.a_i": 9.0, "attn.scores": 7.0, "attn.weights": 0.5}
    trace = record(model, TEXT, target="1")
    assert trace["enc.l0.c"].domain == (-2.5, 2.5)
    assert trace["dec.l0.a_i"].domain == (-9.0, 9.0)
    assert trace["dec.l0.c"].domain is None
    assert trace["attn.scores"].domain == (-7.0, 7.0)
    assert trace["attn.weights"].domain == (0.0, 1.0)


# --- alignment


def test_a_row_of_a_translation_is_what_led_to_its_token():
    model = writer("scaled_dot")
    trace = record(model, TEXT, target=TOLD)
    ids = model.target_ids(TOLD).tolist()
    prob, loss = trace["out.prob"].values, trace["out.loss"].values
    np.testing.assert_allclose(loss, -np.log(prob[np.arange(len(ids)), ids]), atol=1e-12)
    assert trace["out.perplexity"].values == pytest.approx(np.exp(loss.mean()), rel=1e-12)
    likeliest = [model.classes[best] for best in prob.argmax(axis=1)]
    ends = likeliest.index(END) if END in likeliest else len(likeliest)
    assert trace.meta["answer"] == "".join(likeliest[:ends])
    np.testing.assert_array_equal(
        trace["dec.emb"].values, model.target_emb.weight.detach().numpy()[[0, *ids[:-1]]]
    )


def test_its_own_writing_has_no_loss():
    assert not {"out.loss", "out.surprise", "out.perplexity"} & set(record(writer(), TEXT).names)


@pytest.mark.parametrize("model", [speaker, lambda: judge(directions=1, readout="attention")])
def test_what_comes_later_changes_nothing_before_it(model):
    made = model()
    whole, half = record(made, TEXT), record(made, TEXT[:4])
    for name in half.names:
        values, dims = whole[name].values, half[name].dims
        if name.startswith("attn.") or not {"step", "query", "key"} & set(dims):
            continue
        values = values[tuple(slice(4) if dim in ("step", "query", "key") else slice(None) for dim in dims)]
        np.testing.assert_allclose(half[name].values, values, rtol=0, atol=1e-12, err_msg=name)


def test_what_is_written_later_changes_nothing_before_it():
    model = rewriter()
    whole, half = record(model, TEXT, target=TOLD), record(model, TEXT, target=TOLD[:4])
    for name in half.names:
        dims = half[name].dims
        part = tuple(slice(4) if dim in ("step", "written") else slice(None) for dim in dims)
        told, values = half[name].values[part], whole[name].values[part]
        if dims:
            kept = np.isfinite(told)
            np.testing.assert_allclose(told[kept], values[kept], rtol=0, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("readout", ["attention", "attention_by_unit"])
def test_each_answer_is_that_of_a_sequence_which_ends_there(readout):
    model = pooler(readout=readout)
    whole = record(model, TEXT)["out.prob"].values
    for end in range(1, len(TEXT) + 1):
        np.testing.assert_allclose(
            record(model, TEXT[:end])["out.prob"].values[-1], whole[end - 1], rtol=0, atol=1e-12
        )


# --- files, tables, panels


@pytest.mark.parametrize("name", ALL)
def test_it_can_be_kept_in_a_file(name, tmp_path):
    trace = record(ALL[name](), TEXT)
    trace.save(tmp_path / "trace.npz")
    again = Trace.load(tmp_path / "trace.npz")
    assert dict(again.labels) == dict(trace.labels)
    assert json.dumps(dict(again.meta), allow_nan=False) == json.dumps(dict(trace.meta), allow_nan=False)
    assert again.names == trace.names
    for each in trace.names:
        np.testing.assert_array_equal(again[each].values, trace[each].values)
        assert (again[each].dims, again[each].domain) == (trace[each].dims, trace[each].domain)


def test_a_table_has_the_tokens_of_both_sides(tmp_path):
    trace = record(writer("dot"), "1=2", target="1-")
    frame = trace.to_frame("attn.weights")
    assert list(frame.columns) == ["quantity", "step", "token", "source", "source_token", "value"]
    assert frame["token"].tolist() == [token for token in ("1", "-", END) for _ in range(3)]
    assert frame["source_token"].tolist() == ["1", "=", "2"] * 3
    np.testing.assert_array_equal(frame["value"], trace["attn.weights"].values.ravel())
    trace.to_csv(tmp_path / "trace.csv")
    read = pd.read_csv(tmp_path / "trace.csv", dtype={"token": str, "source_token": str})
    assert list(read.columns) == list(trace.to_frame().columns)
    told = read[read["quantity"] == "attn.weights"]
    assert told["source_token"].tolist() == ["1", "'=", "2"] * 3  # no formula for a spreadsheet
    assert told["token"].tolist()[3] == "'-"
    np.testing.assert_allclose(told["value"], trace["attn.weights"].values.ravel(), atol=1e-12)


def test_what_is_shut_survives_as_a_table(tmp_path):
    trace = record(speaker(), TEXT)
    trace.to_csv(tmp_path / "trace.csv")
    read = pd.read_csv(tmp_path / "trace.csv")
    masked = read[read["quantity"] == "l0.attn.masked"]
    np.testing.assert_array_equal(
        np.isneginf(masked["value"]), np.isneginf(trace["l0.attn.masked"].values.ravel())
    )
    assert masked["query_token"].notna().all()


def test_everything_at_a_step_and_of_a_kind():
    trace = record(speaker(), TEXT)
    at = trace.at(-1)
    assert at.meta["token"] == TEXT[-1]
    assert at["l0.attn.weights"].dims == ("head", "key")
    np.testing.assert_array_equal(at["l0.attn.weights"].values, trace["l0.attn.weights"].values[:, -1])
    np.testing.assert_array_equal(at["l1.h"].values, trace["l1.h"].values[-1])
    assert trace.select(kind="weight").names == ("l0.attn.weights", "l1.attn.weights")
    rewritten = record(rewriter(), TEXT, target="12").at(2)
    assert rewritten["dec.l0.attn.weights"].dims == ("head", "written")
    assert rewritten["dec.l0.cross.weights"].dims == ("head", "source")
    assert not [name for name in rewritten.names if name.startswith("enc.")]  # its steps are others
    assert trace.select(dims=("head", "key", "unit")).names[:2] == ("l0.attn.k", "l0.attn.v")
    written = record(writer("dot"), TEXT, target="12")
    assert written.at(2)["attn.weights"].dims == ("source",)
    assert written.at(2).meta["token"] == END
    assert "enc.l0.h" not in written.at(2)


def drawn(trace: Trace) -> list[panels.Panel]:
    found = []
    for name in panels.attention_names(trace):
        found.append(panels.attending(trace, name))
        if trace[name].dims == ("unit", "step"):
            continue
        more = {"vector": trace["attn.w"].values} if "attn.w" in trace else {}
        head = 1 if trace[name].dims[0] == "head" else None
        found.append(panels.weight(trace, name, 0, 0, head, **more))
    return found


@pytest.mark.parametrize("name", [name for name in ALL if name != "without attention"])
def test_the_panels_draw_it_and_no_infinity_reaches_the_browser_as_text(name):
    for panel in drawn(record(ALL[name](), TEXT)):
        json.dumps(panel.payload(), allow_nan=False)


# --- what cannot be read


@pytest.mark.parametrize("name", ALL)
def test_nothing_to_read_is_answered_with_a_sentence(name):
    with pytest.raises(ValueError, match="at least one character"):
        record(ALL[name](), "")
    with pytest.raises(ValueError, match="This model reads text, not int"):
        record(ALL[name](), 7)


@pytest.mark.parametrize("name", ALL)
def test_what_a_model_does_not_know_stays_visible(name):
    trace = record(ALL[name](), "n\0<b>é🙂")
    assert trace.labels.get("source", trace.tokens) == tuple("n\0<b>é🙂")
    assert trace.meta["unknown"] == (1, 2, 4, 5, 6)


@pytest.mark.parametrize("model", [speaker, judge])
def test_more_than_a_transformer_looks_at_is_answered_with_a_sentence(model):
    assert len(record(model(), "n" * 16)) == 16
    with pytest.raises(ValueError, match="looks at 1 to 16 steps together, not 17"):
        record(model(), "n" * 17)


def test_a_transformer_that_writes_has_a_longest_text_to_read_and_to_write():
    with pytest.raises(ValueError, match="reads 1 to 16 tokens, not 17"):
        record(rewriter(), "n" * 17)
    with pytest.raises(ValueError, match="writes 1 to 16 tokens, not 17"):
        record(rewriter(), "n", target="1" * 16)
    assert len(record(rewriter(), "n" * 16, longest=99)) <= 16


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: record(writer(), TEXT, target="12x"), "never writes 'x': it writes '0123456789-'"),
        (lambda: record(writer(), TEXT, begin="x"), "never writes 'x'"),
        (lambda: record(writer(), TEXT, target="1", begin="1"), "A target says all that is written"),
        (lambda: record(writer(), TEXT, "12"), "A state is no text"),
        (lambda: record(writer(), TEXT, torch.zeros(1, 1, 5)), "only a recurrent reader begins in a state"),
        (lambda: record(speaker(), TEXT, torch.zeros(1, 1, 5)), "only a recurrent reader begins in a state"),
        (
            lambda: record(speaker(), TEXT, target="1"),
            "only a sequence-to-sequence model is told what to write",
        ),
        (
            lambda: record(pooler(), TEXT, begin="1"),
            "only a sequence-to-sequence model is told what to write",
        ),
    ],
)
def test_what_does_not_fit_is_answered_with_a_sentence(ask, sentence):
    with pytest.raises(ValueError, match=sentence):
        ask()


def test_nothing_may_be_the_right_thing_to_write():
    trace = record(writer(), TEXT, target="")
    assert trace.tokens == (END,)
    assert np.isfinite(trace["out.loss"].values).all()


def test_the_reference_of_a_transformer_is_as_long_as_it_can_be():
    assert len(reference(speaker())) == 16


def test_a_model_is_as_it_was_after_it_has_read():
    for model in (writer(dropout=0.5, layers=2).train(), speaker(dropout=0.5).train()):
        state = torch.get_rng_state()
        first, second = record(model, TEXT), record(model, TEXT)
        assert torch.equal(torch.get_rng_state(), state)
        np.testing.assert_array_equal(first["out.prob"].values, second["out.prob"].values)
        assert all(module.training for module in model.modules())
