"""What the panels get to draw from, and the document that carries them."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from rnnviz import views
from rnnviz.views import document, panels
from rnnviz.views.panels.panel import packed_array
from tests.packed import unpacked

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>![](http://x.example/y)\x00\u2028\ud800"
)


def every_panel(trace):
    return [panels.ribbon(trace), panels.player(trace), panels.heatmap(trace, "l0.f"), panels.unit(trace, 1)]


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "int32", "uint16", "uint8", "int64", "float16", ">f8"]
)
def test_arrays_survive_the_journey(dtype):
    values = np.arange(6).reshape(2, 3).astype(dtype)
    assert np.array_equal(unpacked(packed_array(values)), values)


def test_columns_of_a_bigger_array_survive_too():
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert np.array_equal(unpacked(packed_array(values[:, ::2].T)), values[:, ::2].T)


def test_a_payload_is_json_and_named_by_its_content(tracing):
    for one, same, other in zip(
        every_panel(tracing()), every_panel(tracing()), every_panel(tracing("another one")), strict=True
    ):
        json.loads(json.dumps(one.payload()))
        assert one.payload() == same.payload()
        assert one.payload()["version"] != other.payload()["version"]


def test_panels_of_one_sentence_agree_on_it(trace):
    data = [panel.payload() for panel in every_panel(trace)]
    assert len({each["text"] for each in data}) == 1
    assert all(each["tokens"] == [*"time·traveller"] for each in data)


def test_the_guesses_point_at_their_signs(trace):
    data = panels.ribbon(trace).payload()
    guess, chance = unpacked(data["guess"]), unpacked(data["chance"])
    best = trace.labels["vocab"][trace["out.topk.id"].values[5, 0]]
    assert data["signs"][guess[5, 0]] == best.replace(" ", "·")
    assert chance[5, 0] == trace["out.topk.prob"].values[5, 0]
    for step, token in enumerate(trace.tokens):
        place = data["came"][step]
        assert place == -1 or data["signs"][place] == token.replace(" ", "·")


def test_the_ribbon_knows_what_is_unknown_what_was_written_and_how_far_surprise_goes(tracing):
    data = panels.ribbon(tracing("time É"), written_from=4).payload()
    assert data["unknown"] == [5]
    assert data["written_from"] == 4
    assert data["ceiling"] == pytest.approx(np.log2(28))
    assert np.isnan(unpacked(data["surprise"])[0])


def test_the_heatmap_carries_the_numbers_in_the_order_of_its_rows(trace):
    data = panels.heatmap(trace, "l0.f", order=[4, 0], unit=4, step=3).payload()
    assert np.array_equal(unpacked(data["z"]), trace["l0.f"].values.T[[4, 0]])
    assert (data["rows"], data["row"], data["step"]) == ([4, 0], 4, 3)
    assert data["reading"]["low"] == "the cell forgets"


def test_a_unit_carries_its_bands(trace):
    bands = panels.unit(trace, 2).payload()["bands"]
    assert [band["name"] for band in bands] == ["h", "c", "i", "f", "g", "o"]
    for band in bands:
        assert np.array_equal(unpacked(band["values"]), trace[band["quantity"]].values[:, 2])
    assert bands[1]["ends"] == ["−5", "5"]
    assert (bands[1]["bent"], bands[0]["bent"]) == (True, False)
    assert panels.unit(trace, 2, lead="l0.f").payload()["lead"] == "l0.f"


@pytest.mark.parametrize("name", panels.PANELS)
def test_a_source_is_one_module_with_one_entry(name):
    script, style = panels.source(name)
    assert len(re.findall(r"^export default function ", script, flags=re.MULTILINE)) == 1
    assert "innerHTML" not in script
    script = script.replace(
        "http://www.w3.org/2000/svg", ""
    )  # the name of SVG, which nothing is fetched from
    assert not re.search(r"https?://", script + style)
    assert '"diverging"' in script


def test_an_unknown_panel_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="ribbon, player, heatmap, figure, unit"):
        panels.source("pie")


class Elements(HTMLParser):
    """Collects the elements of a document, and what its data script holds."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.data, self.inside = [], [], "", False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.inside = ("id", "panel-data") in attrs

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        self.data += data if self.inside else ""


@pytest.fixture
def no_plotly(monkeypatch):
    """Leave the 4.7 MB out: they are plotly's, and parsing them says nothing about our page."""
    monkeypatch.setattr(document.plotlyjs, "source", lambda: "/* plotly.js */")


@pytest.mark.usefixtures("no_plotly")
def test_a_page_keeps_hostile_text_as_text(tracing):
    page = views.page(tracing(HOSTILE))
    page.encode("utf-8")
    elements = Elements(page)
    assert elements.tags.count("script") == 2
    assert "img" not in elements.tags
    assert not [value for name, value in elements.attributes if name in ("src", "href")]
    shown = json.loads(elements.data)["panels"][0]["data"]["tokens"]
    assert "".join(shown).startswith("</script><script>alert(1)</script>")


@pytest.mark.usefixtures("no_plotly")
def test_a_page_offers_every_quantity_of_every_layer(tracing):
    trace = tracing(layers=2)
    extra = json.loads(Elements(views.page(trace)).data)["extra"]
    names = [choice["band"]["quantity"] for choice in extra]
    assert names == [name for name in trace.names if trace[name].dims == ("step", "unit")]
    assert all(choice["panel"]["rows"] == extra[0]["panel"]["rows"] for choice in extra)
    assert "those that behave alike side by side" in extra[0]["panel"]["caption"]


@pytest.mark.usefixtures("no_plotly")
@pytest.mark.parametrize("text", ["t", "ti", "ab " * 667])
def test_a_page_of_any_length(tracing, text):
    page = views.page(tracing(text))
    assert "<title>“" in page


@pytest.mark.usefixtures("no_plotly")
def test_a_page_takes_a_given_order_and_says_it(trace):
    extra = json.loads(Elements(views.page(trace, order=[5, 4, 3, 2, 1, 0], ordered="upside down")).data)[
        "extra"
    ]
    assert extra[0]["panel"]["rows"] == [5, 4, 3, 2, 1, 0]
    assert "upside down" in extra[0]["panel"]["caption"]


def test_a_trace_without_units_is_answered_in_a_sentence(trace):
    with pytest.raises(ValueError, match="no quantity of units"):
        views.page(trace.select(kind="loss"))


@pytest.mark.usefixtures("no_plotly")
def test_a_panel_shows_itself_in_a_notebook_in_a_frame_of_its_own(trace):
    shown = panels.heatmap(trace)._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert "<script" not in shown
    assert "plotly.js" in panels.heatmap(trace).to_html()
    assert "plotly.js */" not in panels.ribbon(trace).to_html()
