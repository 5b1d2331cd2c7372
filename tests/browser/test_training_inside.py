"""The inside of a training in a real Chromium."""

import numpy as np
import pytest

from rnnviz.views import gates, panels, theme
from tests.views.insides import BOTH, events, kept

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(browser, tmp_path):
    """`opened(panel, width)`: the panel alone; errors are checked last."""
    errors, contexts = [], []

    def open_panel(panel, width=1200):
        file = tmp_path / "bands.html"
        file.write_text(panel.to_html(), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="light")
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector(".rv-bands[data-version]")
        return page

    yield open_panel
    for context in contexts:
        context.close()
    assert errors == []


def column(page, multiple, share):
    """The colours of a column of pixels of a multiple's plot, from its top to its bottom."""
    ask = """([multiple, share]) => {
        const canvas = document.querySelectorAll(".rv-bands canvas")[multiple];
        const x = Math.floor(34 + (canvas.width - 40) * share);
        const pixel = (y) => [...canvas.getContext("2d").getImageData(x, 4 + y, 1, 1).data].slice(0, 3);
        return Array.from({length: 84}, (_, y) => pixel(y)); }"""
    return np.array(page.evaluate(ask, [multiple, share]))


def rgb(colour):
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def test_shares_grow_from_both_ends_of_the_plot(opened):
    told = events(steps=(0, 9, 99))
    for event in kept(told):
        event["saturated"] = {"l0.i": [0.25, 0.5], "l0.f": [0.0, 0.0]}
    page = opened(panels.gates(told))
    shut, open_ = (rgb(theme.palette("light")["diverging"][k]) for k in (1, 5))
    seen = column(page, 0, 0.6)
    assert (np.abs(seen - open_).max(axis=1) < 12).sum() == pytest.approx(42, abs=2)
    assert (np.abs(seen - shut).max(axis=1) < 12).sum() == pytest.approx(21, abs=2)
    assert (np.abs(seen[:42] - open_).max(axis=1) < 12).sum() > 38
    other = column(page, 1, 0.6)
    assert not (np.abs(other - open_).max(axis=1) < 12).any()


def test_quantiles_are_bands_about_a_line_and_the_pointer_is_told_the_nearest_step(opened):
    told = events(steps=(0, 9, 99), layers=("l0",))
    for event in kept(told):
        event["weights"] = {"l0.W_ih.i": [-1.0, -0.5, 0.0, 0.5, 1.0], "l0.W_ih.f": [0.1] * 5}
    page = opened(panels.weights(told))
    pale, strong = (rgb(theme.palette("light")["sequential"][k]) for k in (1, 2))
    seen = column(page, 0, 0.4)
    assert (np.abs(seen - strong).max(axis=1) < 12).sum() == pytest.approx(42, abs=4)
    assert (np.abs(seen - pale).max(axis=1) < 12).sum() == pytest.approx(42, abs=4)
    box = page.locator(".rv-bands canvas").first.bounding_box()
    page.mouse.move(box["x"] + 34 + (box["width"] - 40) * 0.55, box["y"] + 40)
    said = page.locator(".rv-tip").inner_text().splitlines()
    assert said == [
        "W_ih i, after 9 steps",
        "half of them from −0.5 to 0.5, around 0",
        "nine in ten from −1 to 1",
    ]
    assert page.locator(".rv-at:visible").count() == 2


@pytest.mark.parametrize(("width", "side_by_side"), [(1200, 4), (390, 2)])
def test_they_wrap_in_a_narrow_window(opened, width, side_by_side):
    page = opened(panels.weights(events(layers=("l0",))), width)
    tops = [box["y"] for box in (page.locator(".rv-multiple").nth(k).bounding_box() for k in range(16))]
    assert tops.count(tops[0]) == side_by_side
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_encoder_and_a_decoder_are_told_apart():
    told = events("gru", layers=BOTH)
    panel = panels.weights(told, "enc.l0r")
    assert panel.data["title"] == "Weights, layer 1 of the encoder, right to left"
    assert panel.data["names"][:4] == ["W_ih r", "W_ih z", "W_ih n", "W_hh r"]
    assert panel.data["columns"] == 3
    assert "layer 1 of the decoder" in panels.gradients(told, "dec.l0").data["title"]
    names = panels.gates(told).data["names"]
    assert "z: update gate, layer 1 of the encoder, right to left" in names
    assert any(part in gates.saturation(told) for part in ("of the encoder", "of the decoder"))
    spec = gates.saturated.spec(told)
    signs = {row["gate"] for row in spec["data"]["values"] if row["part"] == "now"}
    assert signs == {"enc r₁", "enc z₁", "enc r₁←", "enc z₁←", "dec r₁", "dec z₁"}


def test_parts_that_are_no_layers_have_names_too():
    told = events("gru", layers=("l0",), steps=(0, 1))
    for event in kept(told):
        event["weights"]["source_emb.weight"] = event["weights"]["out.bias"]
    assert panels.weights(told, "source_emb").data["title"] == "Weights, embedding of what is read"
    assert panels.weights(told, "source_emb").data["names"] == ["weight"]
