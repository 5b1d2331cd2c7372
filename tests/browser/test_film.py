"""The film strip in a real Chromium: how it is drawn, and how it is scrubbed while it grows."""

import numpy as np
import pytest

from rnnviz.traces import Quantity, Trace
from rnnviz.views import panels, theme
from tests.packed import unpacked
from tests.views.films import STEPS, frames
from tests.views.looking import translation

pytestmark = pytest.mark.browser

LARGE = ".rv-film .rv-cells"


@pytest.fixture
def opened(browser, tmp_path):
    """`opened(panel, width=1200, scheme="light")`: the panel alone; errors are checked last."""
    errors, contexts = [], []

    def open_panel(panel, width=1200, scheme="light"):
        file = tmp_path / "film.html"
        file.write_text(panel.to_html(), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector(".rv-film[data-version]")
        page.evaluate(
            """() => { window.told = []; document.querySelector(".rv-host").addEventListener(
                "panel:frame", (event) => window.told.push(event.detail)); }"""
        )
        return page

    yield open_panel
    for context in contexts:
        context.close()
    assert errors == []


def give(page, panel):
    """New data for the panel, as a page does that is run again."""
    page.evaluate("(data) => { panels[0].data = data; panels[0].render(); }", panel.payload())


def said(page):
    return page.locator(".rv-film .rv-said").inner_text()


def pixels(page, selector, columns, rows):
    """The colours in the middle of the cells, (rows, columns, red green blue)."""
    ask = """([selector, columns, rows]) => {
        const canvas = document.querySelector(selector), pen = canvas.getContext("2d");
        const at = (place, count, size) => Math.floor((place + 0.5) / count * size);
        const pixel = (x, y) => [...pen.getImageData(x, y, 1, 1).data].slice(0, 3);
        return Array.from({length: rows}, (_, row) => Array.from({length: columns}, (_, column) =>
            pixel(at(column, columns, canvas.width), at(row, rows, canvas.height)))); }"""
    return np.array(page.evaluate(ask, [selector, columns, rows]))


def painted(values, scheme="light"):
    """The colours that Python gives to values of a hidden state."""
    return np.array(
        [
            [
                [int(theme.colour_at("diverging", scheme, (v + 1) / 2)[i : i + 2], 16) for i in (1, 3, 5)]
                for v in row
            ]
            for row in values.tolist()
        ]
    )


@pytest.mark.parametrize("scheme", theme.THEMES)
def test_the_chosen_frame_is_drawn_large_and_every_frame_small(opened, scheme):
    traces = frames()
    page = opened(panels.film(traces, measured={1024: 4.2}), scheme=scheme)
    assert said(page) == "after 1,024 steps: perplexity 4.2, the newest"
    assert page.locator(".rv-small .rv-trained").all_inner_texts() == ["0", "1", "4", "16", "64", "1,024"]
    newest = painted(traces[1024]["l0.h"].values.T, scheme)
    assert np.abs(pixels(page, LARGE, 4, 6) - newest).max() <= 4
    for place, step in enumerate(STEPS):
        wanted = painted(traces[step]["l0.h"].values.T, scheme)
        small = pixels(page, f".rv-small:nth-child({place + 1}) canvas", 4, 6)
        assert np.abs(small - wanted).max() <= 4
    assert page.locator(".rv-film .rv-letters > span").all_inner_texts() == list("time")


def test_it_is_scrubbed_by_clicks_keys_and_the_slider_and_tells_where_it_rests(opened):
    traces = frames()
    page = opened(panels.film(traces))
    page.locator(".rv-small").nth(1).click()
    assert said(page) == "after 1 step"
    assert np.abs(pixels(page, LARGE, 4, 6) - painted(traces[1]["l0.h"].values.T)).max() <= 4
    for key, words in (
        ("ArrowRight", "after 4 steps"),
        ("ArrowRight", "after 16 steps"),
        ("Home", "before training"),
        ("ArrowLeft", "before training"),
        ("End", "after 1,024 steps, the newest"),
        ("ArrowLeft", "after 64 steps"),
    ):
        page.keyboard.press(key)
        assert said(page) == words
    page.wait_for_timeout(600)
    assert page.evaluate("told") == [4]
    page.locator(".rv-film input[type=range]").fill("2")
    page.wait_for_timeout(600)
    page.keyboard.press("End")
    page.wait_for_timeout(600)
    assert page.evaluate("told") == [4, 2, -1]
    assert page.locator(".rv-small.rv-chosen").count() == 1


def test_play_walks_through_the_training_and_stops_at_its_end(opened):
    page = opened(panels.film(frames()))
    page.locator(".rv-film select").select_option("2")
    page.locator(".rv-film .rv-play").click()
    page.locator(".rv-film .rv-said", has_text="before training").wait_for()
    page.locator(".rv-film select").select_option("16")
    page.locator(".rv-film .rv-said", has_text="newest").wait_for()
    assert page.locator(".rv-film .rv-play").get_attribute("aria-label").startswith("play")


def test_frames_that_are_added_do_not_move_what_is_looked_at(opened):
    traces = frames()

    def some(count, chosen=-1):
        return panels.film(dict(list(traces.items())[:count]), chosen=chosen)

    page = opened(some(3))
    page.evaluate(f"document.querySelector('{LARGE}').mark = 1")
    assert said(page) == "after 4 steps, the newest"
    give(page, some(4))
    assert said(page) == "after 16 steps, the newest"
    page.locator(".rv-small").nth(1).click()
    give(page, some(5))
    assert said(page) == "after 1 step"
    page.wait_for_timeout(600)
    assert page.evaluate("told") == [1]
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(600)
    page.keyboard.press("ArrowRight")
    for answer in (1, 2):  # late answers to what was told before do not undo what came after it
        give(page, some(6, chosen=answer))
        assert said(page) == "after 16 steps"
    page.keyboard.press("Home")
    give(page, some(6, chosen=3))
    assert said(page) == "after 16 steps"
    assert page.locator(".rv-small").count() == 6
    assert page.evaluate(f"document.querySelector('{LARGE}').mark") == 1


@pytest.mark.parametrize("width", [390, 1200])
def test_the_strip_keeps_inside_its_window_with_the_chosen_frame_in_sight(opened, width):
    steps = [0, *(2**k for k in range(30))]
    page = opened(
        panels.film(frames(steps, text="a longer sentence than fits a phone"), chosen=0), width=width
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    strip = page.locator(".rv-film .rv-strip").bounding_box()
    for key in ("End", "Home", *["ArrowRight"] * 12):
        page.locator(".rv-film input[type=range]").press(key)
        chosen = page.locator(".rv-small.rv-chosen").bounding_box()
        assert strip["x"] <= chosen["x"]
        assert chosen["x"] + chosen["width"] <= strip["x"] + strip["width"]
    letters = page.locator(".rv-film .rv-letters")
    box = letters.bounding_box()
    before = letters.locator("span").first.inner_text()
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 10, steps=4)
    page.mouse.up()
    after = letters.locator("span").first.inner_text()
    assert (after == "a") if width == 390 else (after == before)


def test_more_units_than_pixels_are_averaged_and_it_says_so(opened):
    random = np.random.default_rng(0)
    values = np.repeat(random.uniform(-1, 1, (4, 72)), 4, axis=1) + np.tile([0.3, -0.3, 0.1, -0.1], 72)
    quantity = Quantity(
        values.astype(np.float32), ("step", "unit"), "h", "hidden state", "state", (-2.0, 2.0)
    )
    page = opened(panels.film({0: Trace({"step": tuple("time")}, {"l0.h": quantity})}))
    assert "average" in page.locator(".rv-film .rv-caption").first.inner_text()
    means = values.reshape(4, 72, 4).mean(axis=2).T / 2
    assert np.abs(pixels(page, ".rv-small canvas", 4, 72) - painted(means)).max() <= 5


def test_a_cell_of_the_large_frame_is_told_in_a_sentence(opened):
    traces = frames()
    page = opened(panels.film(traces, order=[5, 4, 3, 2, 1, 0], chosen=2))
    box = page.locator(LARGE).bounding_box()
    page.mouse.move(box["x"] + box["width"] * 2.5 / 4, box["y"] + box["height"] * 1.5 / 6)
    value = traces[4]["l0.h"].values[2, 4]
    told = page.locator(".rv-tip").inner_text()
    assert told.startswith("h₄ at step 2 'm' = ")
    assert float(told.rpartition(" ")[2].replace("−", "-")) == pytest.approx(value, rel=0.006)


def test_the_heads_of_a_transformer_are_filmed_as_their_mean():
    generator = np.random.default_rng(0)
    weights = [generator.dirichlet(np.ones(4), (2, 4)).astype(np.float32) for _ in range(3)]
    dims, labels = ("head", "query", "key"), dict.fromkeys(("step", "query", "key"), tuple("time"))

    def trace(values):
        quantity = Quantity(values, dims, "α", "weight of attention", "weight", (0.0, 1.0))
        return Trace(labels, {"l1.attn.weights": quantity})

    data = panels.film({step: trace(w) for step, w in enumerate(weights)}, "l1.attn.weights").payload()
    shown = unpacked(data["frames"])
    for frame, each in zip(shown, weights, strict=True):
        np.testing.assert_allclose(frame, each.mean(0).T, rtol=0, atol=1e-7)  # a column for each query
    assert data["title"] == "α: weight of attention, layer 2, mean of 2 heads"
    assert (data["labels"], data["tokens"]) == (list("time"), list("time"))
    assert (data["low"], data["high"], data["scale"]) == (0.0, 1.0, "sequential")
    one = panels.film({0: trace(weights[0][:1])}, "l1.attn.weights").payload()
    assert one["title"] == "α: weight of attention, layer 2"


@pytest.mark.parametrize(("width", "letters"), [(1200, 3), (390, 20), (390, 70)])
def test_the_end_is_read_whole_however_narrow_its_column_is(opened, width, letters):
    written = "2025-11-06" * (letters // 10) or "206"
    page = opened(panels.film({0: translation(written, written)}, "attn.weights"), width=width)
    last = page.locator(".rv-letters > span").last
    assert last.inner_text() == "end"
    told = last.evaluate("span => [span.scrollWidth, span.clientWidth, span.scrollHeight, span.clientHeight]")
    assert told[0] <= told[1] + 1  # a line of letters is as high as whole pixels
    assert told[2] <= told[3]
