"""Compare without a browser: every number on the page against the library's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import rnnviz
from rnnviz.analysis import align, apart
from tests.packed import unpacked
from tests.ui.visiting import EXAMPLE, checked, opener, panel, panel_query, said

PAGE = "../../pages/compare.py"
THREE = ("timemachine-lstm", "timemachine-gru", "timemachine-rnn")


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    return opener(PAGE)


def keys(at: AppTest) -> set[str]:
    return {element.proto.id.rpartition("-")[2] for element in at.get("bidi_component")}


def drawn(at: AppTest, key: str) -> np.ndarray:
    """(C, N) the numbers of a heatmap, units in their own order."""
    data = panel(at, key)
    values = np.empty_like(unpacked(data["z"]))
    values[unpacked(data["rows"])] = unpacked(data["z"])
    return values.T


def test_the_first_paint_compares_three_cells_on_the_example(open_page: Any) -> None:
    at = open_page()
    assert at.multiselect(key="models").value == list(THREE)
    assert panel_query(at) == ""
    for place, name in enumerate(THREE):
        trace = rnnviz.trace(rnnviz.load(name), EXAMPLE)
        np.testing.assert_array_equal(drawn(at, f"heatmap_{place}"), trace["l0.h"].values)
        np.testing.assert_array_equal(
            unpacked(panel(at, f"ribbon_{place}")["surprise"]), trace["out.surprise"].values
        )
        card = panel(at, "rivals")["cards"][place]
        np.testing.assert_array_equal(unpacked(card["chance"]), trace["out.topk.prob"].values[:, :5])
        bits = trace["out.surprise"].values
        surprise, paid = (panel(at, key)["series"][place] for key in ("surprise", "paid"))
        np.testing.assert_array_equal(unpacked(surprise["values"]), bits)
        np.testing.assert_allclose(unpacked(paid["values"])[-1], np.nansum(bits, dtype=float), rtol=1e-5)
    ribbons = [panel(at, f"ribbon_{place}") for place in range(3)]
    assert len({(ribbon["highest"], ribbon["ceiling"], ribbon["text"]) for ribbon in ribbons}) == 1
    assert "reads this text best" in said(at)


def test_the_table_tells_what_the_library_tells(open_page: Any) -> None:
    at = open_page(text="a new thing")
    table = at.dataframe[0].value.set_index("")
    entries = {entry.name: entry for entry in rnnviz.catalogue()}
    for row, name in zip(("LSTM", "GRU", "RNN"), THREE, strict=True):
        trace = rnnviz.trace(rnnviz.load(name), "a new thing")
        told = table.loc[row]
        assert told["parameters"] == f"{entries[name].parameters:,}"
        assert float(told["perplexity of this text"]) == pytest.approx(
            2 ** np.nanmean(trace["out.surprise"].values), rel=0.005
        )
        assert told["held out"] == f"perplexity {entries[name].held_out:.3g}"
        assert float(told["bits in all"]) == pytest.approx(np.nansum(trace["out.surprise"].values), rel=0.005)
        assert float(told["characters a second"].replace(",", "")) > 0
        assert told["equals torch.nn to"] == f"{trace.meta['equals_torch']:.0e}"


def test_who_is_more_surprised_is_the_difference_to_the_first(open_page: Any) -> None:
    at = open_page(text="so it goes")
    bits = [rnnviz.trace(rnnviz.load(name), "so it goes")["out.surprise"].values for name in THREE]
    for place, series in enumerate(panel(at, "more")["series"], start=1):
        np.testing.assert_allclose(unpacked(series["values"]), bits[place] - bits[0], rtol=1e-5, atol=1e-6)


def test_all_heatmaps_have_one_scale_of_colours(open_page: Any) -> None:
    at = open_page(models="timemachine-lstm,brackets-lstm", text="a(b)", show="c")
    ends = [(panel(at, key)["low"], panel(at, key)["high"]) for key in ("heatmap_0", "heatmap_1")]
    domains = [
        rnnviz.trace(rnnviz.load(name), "a(b)")["l0.c"].domain
        for name in ("timemachine-lstm", "brackets-lstm")
    ]
    assert domains[0] != domains[1]
    assert ends[0] == ends[1] == (min(low for low, _ in domains), max(high for _, high in domains))


def test_a_model_that_lacks_what_is_shown_says_so(open_page: Any) -> None:
    at = open_page(show="f")
    assert "heatmap_0" in keys(at)
    assert not {"heatmap_1", "heatmap_2"} & keys(at)
    assert "GRU has no f in layer 1; it has h, r, z, n." in said(at)
    assert "RNN has no f in layer 1; it has h." in said(at)


def test_models_ready_to_click_are_alike_in_width_or_parameters(open_page: Any) -> None:
    at = open_page()
    entries = {entry.name: entry for entry in rnnviz.catalogue()}
    seen = set()
    for key in [button.key for button in at.button if (button.key or "").startswith("preset_")]:
        checked(at.button(key=key).click().run())
        chosen = [entries[name] for name in at.multiselect(key="models").value]
        assert len({entry.cell for entry in chosen}) == len(chosen) > 1
        if key.startswith("preset_width"):
            assert len({entry.hidden for entry in chosen}) == 1
        else:
            assert chosen[0].parameters == pytest.approx(chosen[1].parameters, rel=0.01)
        seen.add(key.split("_")[1])
    assert seen == {"width", "parameters"}


def test_a_pair_is_aligned_and_its_difference_is_exact(open_page: Any) -> None:
    first, second = "I think it is good", "I think it is not good"
    at = open_page(compare="sentences", model="sentiment-gru", text=first, second=second)
    model = rnnviz.load("sentiment-gru")
    a, b = rnnviz.edit(model, first), rnnviz.edit(model, second)
    found = align(a.tokens, b.tokens)
    one, other, moved = (drawn(at, f"heatmap_{place}") for place in range(3))
    there = found.first >= 0
    np.testing.assert_array_equal(one[there], a["l0.h"].values)
    assert np.isnan(one[~there]).all()
    np.testing.assert_array_equal(other, b["l0.h"].values)
    np.testing.assert_array_equal(moved[there], b["l0.h"].values[there] - a["l0.h"].values)
    assert np.abs(moved[:14]).max() == 0
    distances = apart(a, b, found)
    series = panel(at, "distance")["series"][0]
    np.testing.assert_array_equal(unpacked(series["values"]), distances.distance.astype(np.float32))
    assert panel(at, "distance")["rule"] == pytest.approx(distances.usual)
    chances = [unpacked(each["values"]) for each in panel(at, "chances")["series"]]
    np.testing.assert_array_equal(chances[0][there], a["out.prob"].values[:, -1])
    np.testing.assert_array_equal(chances[1], b["out.prob"].values[:, -1])
    assert "It calls the first positive" in said(at)
    texts = {panel(at, key)["text"] for key in ("heatmap_0", "heatmap_1", "heatmap_2", "rivals", "distance")}
    assert len(texts) == 1  # or the panels would not share a step


def test_ribbons_of_a_pair_expect_what_their_own_sentence_lets_expect(open_page: Any) -> None:
    first, second = "I saw the sphinx.", "I saw the white sphinx."
    at = open_page(compare="sentences", model="timemachine-gru", text=first, second=second)
    trace = rnnviz.edit(rnnviz.load("timemachine-gru"), first)
    ribbon = panel(at, "ribbon_0")
    chance = unpacked(ribbon["chance"])[:, 0]
    likeliest = trace["out.topk.prob"].values[:, 0]
    np.testing.assert_array_equal(chance[:9], likeliest[:9])
    assert np.isnan(chance[9:15]).all()  # the next column is a gap
    np.testing.assert_array_equal(chance[15:-1], likeliest[9:-1])
    assert ribbon["tokens"][10:16] == [""] * 6
    assert ribbon["names"]["16"] == "(its own step 10)"
    assert np.isnan(unpacked(ribbon["surprise"])[10:16]).all()
    card = panel(at, "rivals")["cards"][0]
    assert unpacked(card["at"])[9:17].tolist() == [9, 9, 9, 9, 9, 9, 9, 10]


def test_every_pair_can_be_clicked(open_page: Any) -> None:
    at = open_page(compare="sentences")
    buttons = [button.key for button in at.button if (button.key or "").startswith("pair_")]
    assert len(buttons) > 4
    for key in buttons:
        checked(at.button(key=key).click().run())
        assert at.text_input(key="text").value != at.text_input(key="second").value
        assert unpacked(panel(at, "distance")["series"][0]["values"]).size
        assert "The states part" in said(at)


def test_two_equal_sentences_have_no_difference(open_page: Any) -> None:
    at = open_page(compare="sentences", model="timemachine-lstm", text="the end")
    assert at.text_input(key="second").value == "the end"
    assert np.abs(drawn(at, "heatmap_2")).max() == 0
    assert "so is every number" in said(at)


def test_every_choice_comes_back_from_the_address(open_page: Any) -> None:
    address = {
        "text": "once more", "models": "timemachine-gru,timemachine-gru-wide", "show": "z", "order": "index",
        "step": "3", "marked": "timemachine-gru:7",
    }  # fmt: skip
    at = open_page(**address)
    assert panel(at, "heatmap_0")["name"] == panel(at, "heatmap_1")["name"] == "z"
    assert panel(at, "heatmap_0")["row"] == 7
    assert panel(at, "heatmap_1")["row"] is None
    assert panel(at, "rivals")["step"] == 3
    again = dict(pair.split("=") for pair in panel_query(at).split("&"))
    assert again["models"] == "timemachine-gru%2Ctimemachine-gru-wide"
    assert (again["show"], again["order"], again["step"]) == ("z", "index", "3")
    assert again["marked"] == "timemachine-gru%3A7"
    switched = checked(at.segmented_control(key="compare").set_value("sentences").run())
    assert "second=" in panel_query(switched)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"compare": "pages"}, "There is no comparison 'pages' here"),
        ({"models": "nobody"}, "There is no model 'nobody' to compare here"),
        ({"models": "timemachine-rnn,sine-gru"}, "sine-gru reads series of numbers"),
        ({"models": "timemachine-rnn"}, "Choose a second one"),
        ({"show": "q"}, "There is no quantity 'q' here"),
        ({"where": "l7"}, "There is no layer 'l7' here"),
        ({"marked": "x:y,:,timemachine-lstm:99999"}, "reads this text best"),
        ({"text": "漢字"}, "2 of 2 characters are unknown to this model"),
        ({"text": "![](http://x.example/y)"}, "reads this text best"),
    ],
)
def test_what_cannot_be_is_answered_in_a_sentence(
    open_page: Any, address: dict[str, str], words: str
) -> None:
    at = open_page(**address)
    assert words in said(at)
    assert "heatmap_0" in keys(at)


def test_an_empty_choice_and_an_empty_field_are_answered(open_page: Any) -> None:
    at = open_page()
    checked(at.multiselect(key="models").set_value([]).run())
    assert "No model is chosen" in said(at)
    checked(at.text_input(key="text").set_value("").run())
    assert "A field is empty" in said(at)
    pair = open_page(compare="sentences", model="timemachine-rnn", text="abc", second="")
    assert "A field is empty" in said(pair)


def test_models_with_other_classes_and_directions_stand_side_by_side(open_page: Any) -> None:
    at = open_page(models="sentiment-gru,sentiment-bilstm,anbn-lstm,timemachine-rnn", text="aab not good")
    cards = panel(at, "rivals")["cards"]
    assert [card["words"] for card in cards] == [
        "answers so far", "answers the whole with", "answers so far", "expects",
    ]  # fmt: skip
    whole = rnnviz.trace(rnnviz.load("sentiment-bilstm"), "aab not good")["out.prob"].values
    np.testing.assert_allclose(unpacked(cards[1]["chance"]), np.tile(whole, (12, 1)), rtol=1e-6)
    both = open_page(models="sentiment-gru,sentiment-bilstm", text="not good", where="l1r")
    assert "GRU has no layer 2, right to left." in said(both)
