"""The figures, by the data in them."""

import html
import inspect

import numpy as np
import pytest

from rnnviz import views
from rnnviz.traces import Quantity, Trace, UnknownQuantityError
from rnnviz.views.figure import View

NASTY = "a<b>&lt; \x00\n\u200dש%{x}</script>"


def everything(trace, theme="light"):
    return [
        views.heatmap.spec(trace, "l0.f", theme=theme),
        views.unit.spec(trace, 1, theme=theme),
        views.surprise.spec(trace, theme=theme),
        views.topk.spec(trace, theme=theme),
    ]


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from strings(each)


def test_a_heatmap_holds_the_numbers_of_the_trace_a_row_for_each_unit(trace):
    cells = views.heatmap.spec(trace, "l0.f")["data"][0]
    assert np.array_equal(cells["z"], trace["l0.f"].values.T)
    assert cells["y"] == [str(unit) for unit in range(6)]


def test_rows_come_in_the_order_asked_for_with_their_names(trace):
    spec = views.heatmap.spec(trace, "l0.h", order=[3, 1], ordered="liveliest first")
    cells = spec["data"][0]
    assert np.array_equal(cells["z"], trace["l0.h"].values.T[[3, 1]])
    assert cells["y"] == ["3", "1"]
    assert "2 units, liveliest first" in spec["layout"]["title"]["subtitle"]["text"]


@pytest.mark.parametrize(
    ("name", "role", "low", "high"),
    [
        ("l0.h", "diverging", -1, 1),
        ("l0.f", "sequential", 0, 1),
        ("l0.c", "diverging", -5, 5),
        ("out.prob", "sequential", 0, 1),
    ],
)
def test_colours_are_fixed_by_what_is_drawn(tracing, name, role, low, high):
    for seed in (0, 1):
        cells = views.heatmap.spec(tracing(seed=seed), name)["data"][0]
        assert (cells["meta"]["scale"], cells["zmin"], cells["zmax"]) == (role, low, high)


def test_every_figure_says_its_quantity_and_a_heatmap_how_its_rows_are_sorted(trace):
    texts = [" ".join(strings(spec["layout"]["title"])) for spec in everything(trace)]
    for text, words in zip(
        texts,
        ["f: forget gate, layer 1", "Unit 1, layer 1", "surprise of each token, in bits", "what is expected"],
        strict=True,
    ):
        assert words in text
    assert "by number" in texts[0]
    assert "0: the cell forgets, 1: the cell remembers" in texts[0]


def test_tokens_stand_under_their_columns_and_cost_nothing(trace):
    axis = views.heatmap.spec(trace, "l0.h")["layout"]["xaxis"]
    assert axis["ticktext"] == ["·" if token == " " else token for token in trace.tokens]
    assert (axis["tickangle"], axis["automargin"], axis["ticklabeloverflow"]) == (0, False, "allow")


def test_no_text_is_taken_for_markup(tracing):
    trace = tracing(NASTY)
    for spec in everything(trace):
        labels = spec["layout"]["xaxis"].get("ticktext", [])
        assert not any("<" in label for label in labels)
        for bars in spec["data"]:
            for said in bars.get("hovertext", []):
                assert "<" not in said.replace("&lt;", "")
    shown = [
        html.unescape(label) for label in views.heatmap.spec(trace, "l0.h")["layout"]["xaxis"]["ticktext"]
    ]
    assert shown == ["·" if c == " " else {"\x00": "␀", "\n": "↵", "\u200d": "▯"}.get(c, c) for c in NASTY]


def test_a_missing_value_stays_missing(trace):
    bits = views.surprise.spec(trace)["data"][0]["y"]
    assert np.isnan(bits[0])
    assert np.isfinite(bits[1:]).all()
    holed = np.array(trace["l0.h"].values)
    holed[2, 3] = np.nan
    hole = Quantity(holed, ("step", "unit"), "h", "hidden state", "state", (-1, 1))
    with_hole = Trace(trace.labels, {"l0.h": hole})
    assert np.isnan(views.heatmap.spec(with_hole, "l0.h")["data"][0]["z"][3, 2])


def test_a_unit_shows_its_gates_and_states_each_on_its_own_scale(trace):
    bands = views.unit.spec(trace, 4)["data"]
    assert [bars["meta"]["quantity"] for bars in bands] == ["l0.h", "l0.c", "l0.i", "l0.f", "l0.g", "l0.o"]
    for bars in bands:
        assert np.array_equal(bars["y"], trace[bars["meta"]["quantity"]].values[:, 4])
    assert len({bars["yaxis"] for bars in bands}) == len(bands)
    assert "a_f" in views.unit.spec(trace, 4, preactivations=True)["data"][-1]["meta"]["quantity"]


def test_the_guesses_of_a_step(trace):
    bars = views.topk.spec(trace, 3, k=5)
    assert np.allclose(bars["data"][0]["x"], trace["out.topk.prob"].values[3, :5])
    best = trace.labels["vocab"][trace["out.topk.id"].values[3, 0]]
    assert bars["layout"]["yaxis"]["ticktext"][0] == ("·" if best == " " else best)
    last = views.topk.spec(trace, -1)["layout"]["title"]["subtitle"]["text"]
    assert "came" not in last


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("text", ["t", "time", "ab " * 667])
def test_any_length_in_any_theme_makes_a_figure(tracing, text, theme):
    for view in (views.heatmap, views.unit, views.surprise, views.topk):
        figure = view(tracing(text), theme=theme)
        assert len(figure.data) >= 1
        assert figure.layout.paper_bgcolor in ("#fcfcfb", "#171614")


def test_a_spec_is_plain_and_a_view_is_found_by_its_words(trace):
    for view in (views.heatmap, views.unit, views.surprise, views.topk):
        assert isinstance(view, View)
        assert view.__doc__
        assert "theme" in inspect.signature(view.spec).parameters
    assert type(views.heatmap.spec(trace, "l0.h")) is dict


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda trace: views.heatmap(trace, "l0.k"), "l0.h"),
        (lambda trace: views.heatmap(trace, "out.surprise"), "l0.h, l0.c"),
        (lambda trace: views.heatmap(trace, "l0.h", order=[6]), "there are 6, 0 to 5"),
        (lambda trace: views.heatmap(trace, "l0.h", theme="sepia"), "light, dark"),
        (lambda trace: views.unit(trace, 6), "has 6, 0 to 5"),
        (lambda trace: views.unit(trace, -1), "has 6, 0 to 5"),
        (lambda trace: views.unit(trace, 0, layer="l7"), "there are: l0"),
        (lambda trace: views.topk(trace, 99), "there are 14, 0 to 13"),
    ],
)
def test_what_does_not_fit_is_answered_with_what_there_is(trace, ask, answer):
    with pytest.raises((ValueError, UnknownQuantityError), match=answer):
        ask(trace)
