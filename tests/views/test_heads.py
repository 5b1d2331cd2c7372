"""What the small multiples of the heads get to draw from."""

import numpy as np
import pytest

from rnnviz.traces import Quantity, Trace
from rnnviz.views import panels
from tests.views.looking import rewriting, transformer, translation
from tests.views.test_panels import unpacked


def of(weights):
    """A trace of one layer with these weights, (heads, T, T)."""
    text = tuple("abcdefghijklmnop"[: weights.shape[-1]])
    quantity = Quantity(weights.astype(np.float32), ("head", "query", "key"))
    return Trace(dict.fromkeys(("step", "query", "key"), text), {"l0.attn.weights": quantity})


def test_every_head_of_every_layer_and_their_mean():
    trace = transformer("time", layers=2, heads=3)
    data = panels.heads(trace).payload()
    assert [layer["name"] for layer in data["layers"]] == ["layer 1", "layer 2"]
    for layer in data["layers"]:
        weights = trace[f"{layer['layer']}.attn.weights"].values
        assert [each["head"] for each in layer["pictures"]] == [0, 1, 2, None]
        for each in layer["pictures"]:
            exact = weights.mean(0) if each["head"] is None else weights[each["head"]]
            assert np.abs(unpacked(each["values"]) / 255 - exact).max() <= 0.5 / 255 + 1e-6
            assert each["each"] == 1
    assert data["chosen"] == {"layer": "l0", "head": None}


def test_of_a_long_sentence_no_peak_is_lost():
    long = np.zeros((1, 300, 300))
    long[0, np.arange(300), (np.arange(300) * 7) % 300] = 1
    quantity = Quantity(long.astype(np.float32), ("head", "query", "key"))
    trace = Trace(dict.fromkeys(("query", "key"), tuple("ab" * 150)), {"l0.attn.weights": quantity})
    each = panels.heads(trace).payload()["layers"][0]["pictures"][0]
    small = unpacked(each["values"])
    assert (each["each"], small.shape) == (3, (100, 100))
    assert (small.max(1) == 255).all()


@pytest.mark.parametrize(
    ("shift", "short"), [(0, "itself 1"), (-1, "the one before 1"), (1, "the one after 1")]
)
def test_a_head_is_named_by_where_it_looks(shift, short):
    weights = np.eye(8, k=shift)[None]
    if shift:  # the row that has no such place looks at itself
        end = 0 if shift < 0 else -1
        weights[0, end, end] = 1
    weights = np.concatenate([weights, np.full((1, 8, 8), 1 / 8)])
    one, even, _ = panels.heads(of(weights)).payload()["layers"][0]["pictures"]
    assert one["short"].startswith(short.rpartition(" ")[0])
    assert even["short"] == "over 8"
    assert "spread as if evenly over 8 of 8 tokens" in even["said"]


def test_the_shares_that_are_told_are_those_of_the_weights():
    trace = transformer("traveller", layers=1, heads=2)
    weights = trace["l0.attn.weights"].values[1].astype(np.float64)
    said = panels.heads(trace).payload()["layers"][0]["pictures"][1]["said"]
    assert f"{np.diagonal(weights).mean():.3g} on itself" in said
    assert f"{np.diagonal(weights, -1).mean():.3g} on the one before" in said
    assert f"{weights[1:, 0].mean():.3g} on the first" in said
    assert "after" not in said  # the mask shuts it


def test_the_chosen_one_and_the_layers_asked_for():
    data = panels.heads(transformer(layers=3), ["l2", "l1"], layer="l1", head=2).payload()
    assert [layer["layer"] for layer in data["layers"]] == ["l2", "l1"]
    assert data["chosen"] == {"layer": "l1", "head": 2}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"layers": ["l7"]}, "no heads in 'l7'; there are in: l0, l1"),
        ({"layer": "enc"}, "no heads in 'enc'"),
        ({"head": 3}, "There is no head 3: there are 0 to 2"),
    ],
)
def test_what_does_not_fit_is_answered_in_a_sentence(options, said):
    with pytest.raises(ValueError, match=said):
        panels.heads(transformer(), **options)


def test_without_heads_there_is_nothing_to_compare():
    with pytest.raises(ValueError, match="Nothing in this trace has heads"):
        panels.heads(translation())


def test_an_encoder_and_a_decoder_have_rows_for_what_each_looks_at():
    trace = rewriting(layers=2, heads=3)
    data = panels.heads(trace, step=4).payload()
    names = [layer["name"] for layer in data["layers"]]
    assert names == ["encoder 1", "encoder 2", "decoder 1", "decoder 2", "cross 1", "cross 2"]
    assert data["chosen"] == {"layer": "dec.l1.cross", "head": None}
    for layer in data["layers"]:
        kind = "" if layer["layer"].endswith("cross") else ".attn"
        weights = trace[f"{layer['layer']}{kind}.weights"].values
        for each in layer["pictures"][:-1]:
            assert np.abs(unpacked(each["values"]) / 255 - weights[each["head"]]).max() <= 0.5 / 255 + 1e-6
    assert panels.heads(trace, ["enc.l0", "dec.l0"]).payload()["chosen"]["layer"] == "enc.l0"


def test_it_walks_through_the_steps_of_the_sentence_that_looks():
    trace = rewriting("6 Nov", "2025-11-06")
    read = panels.heads(trace, layer="enc.l1").payload()
    wrote = panels.heads(trace, layer="dec.l1").payload()
    assert (read["tokens"], len(wrote["tokens"])) == ([*"6·Nov"], 11)
    for layer, data in (("enc.l1.attn", read), ("dec.l1.attn", wrote)):
        assert data["text"] == panels.attending(trace, f"{layer}.weights").payload()["text"]


def test_what_is_written_may_look_back_at_its_last_and_at_the_start():
    text = tuple("2025")
    last = np.stack([np.eye(4), np.eye(4)[[0, 0, 0, 0]], np.eye(4)[[0, 0, 1, 2]]]).astype(np.float32)
    labels = {"step": text, "written": ("<end>", *text[:-1])}
    quantity = Quantity(last, ("head", "step", "written"))
    trace = Trace(labels, {"dec.l0.attn.weights": quantity})
    shorts = [each["short"] for each in panels.heads(trace).payload()["layers"][0]["pictures"]]
    assert shorts[0] == "the last 1"
    assert shorts[1] == "the start 1"
    assert shorts[2].startswith("the last but one")
