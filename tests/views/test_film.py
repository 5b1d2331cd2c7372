"""The film strip: what it gets to draw from, and, in a real Chromium, how it is scrubbed while it grows."""

import dataclasses
import json
import math

import numpy as np
import pytest

from rnnviz.traces import Quantity, Trace, UnknownQuantityError
from rnnviz.views import panels, theme
from tests.packed import unpacked
from tests.views.looking import rewriting, translation
from tests.views.made import make_trace

STEPS = (0, 1, 4, 16, 64, 1024)


def frames(steps=STEPS, text="time", **options):
    return {step: make_trace(text, seed=seed, **options) for seed, step in enumerate(steps)}


def domained(trace, name, domain, factor=1.0):
    quantity = dataclasses.replace(trace[name], domain=domain, values=trace[name].values * factor)
    return Trace(trace.labels, {**trace.quantities, name: quantity})


def test_a_film_holds_the_numbers_of_every_frame_in_one_order_of_units():
    traces = frames()
    order = [3, 1, 5]
    given = dict(reversed(traces.items()))  # by step, however they come
    data = panels.film(given, "l0.f", order=order, ordered="three of them").payload()
    assert data["trained"] == list(STEPS)
    shown = unpacked(data["frames"])
    assert shown.shape == (len(STEPS), len(order), 4)
    for place, step in enumerate(STEPS):
        assert np.array_equal(shown[place], traces[step]["l0.f"].values.T[order])
    assert (data["rows"], data["labels"]) == (order, ["3", "1", "5"])
    assert data["title"] == "f: forget gate, layer 1"
    assert "three of them; 0: the cell forgets" in data["caption"]
    assert data["tokens"] == list("time")
    json.dumps(data, allow_nan=False)


def test_what_was_measured_stands_below_its_frame():
    measured = {0: 70.93, 4: None, 16: 12.345, 512: 3.0}
    assert panels.film(frames(), measured=measured).data["measured"] == ["70.9", "", "", "12.3", "", ""]
    accuracy = panels.film(frames(), measured={0: 0.0912, 64: 0.9817}, metric="held-out accuracy")
    assert accuracy.data["measured"] == ["9.1 %", "", "", "", "98 %", ""]
    assert accuracy.data["metric"] == "held-out accuracy"


def test_all_frames_have_one_scale_of_colours():
    data = panels.film(frames(), "l0.c").data
    assert (data["low"], data["high"], data["bent"]) == (-5.0, 5.0, True)
    data = panels.film(frames(), "l0.f").data
    assert (data["low"], data["high"], data["scale"]) == (0.0, 1.0, "sequential")


def test_without_a_known_range_the_scale_is_a_power_of_two_and_rests_as_frames_are_added():
    traces = {
        step: domained(trace, "l0.a_f", None, factor=factor)
        for (step, trace), factor in zip(frames().items(), (0.1, 0.2, 0.9, 0.95, 1.0, 1.9), strict=True)
    }
    highest = [
        panels.film(dict(list(traces.items())[:count]), "l0.a_f").data["high"] for count in range(1, 7)
    ]
    reach = max(abs(trace["l0.a_f"].values).max() for trace in traces.values())
    assert highest[-1] == 2.0 ** math.ceil(math.log2(reach))
    assert highest[2:5] == [4.0, 4.0, 4.0]
    assert all(math.log2(high).is_integer() for high in highest)


def test_frames_that_know_of_different_ranges_are_drawn_with_the_widest():
    traces = frames((0, 8))
    traces = {
        0: domained(traces[0], "l0.c", (-3.0, 3.0), 0.1),
        8: domained(traces[8], "l0.c", (-11.0, 11.0), 0.1),
    }
    assert panels.film(traces, "l0.c").data["high"] == 16.0


def test_a_missing_value_stays_missing_in_its_frame():
    traces = frames((0, 2))
    values = np.array(traces[2]["l0.h"].values)
    values[1, 4] = np.nan
    hole = Quantity(values, ("step", "unit"), "h", "hidden state", "state", (-1.0, 1.0))
    traces[2] = Trace(traces[2].labels, {"l0.h": hole})
    shown = unpacked(panels.film(traces).payload()["frames"])
    assert np.argwhere(np.isnan(shown)).tolist() == [[1, 4, 1]]


def test_rows_are_equally_high_and_the_large_frame_is_never_taller_than_its_place():
    for units in (1, 6, 32, 100, 256, 300, 301, 700):
        height = panels.film(frames((0,), text="ab", units=units)).data["height"]
        assert height <= 300
        assert units > 300 or units < 6 or height % units == 0


@pytest.mark.parametrize(
    ("name", "said", "columns", "rows", "caption"),
    [
        (
            "dec.l1.cross.weights",
            "layer 2 of the decoder, cross-attention, mean of 3 heads",
            [*"20-1", "end"],
            [*"6·Nov"],
            "5 tokens that are read, in their order",
        ),
        (
            "dec.l0.attn.weights",
            "layer 1 of the decoder, self-attention, mean of 3 heads",
            [*"20-1", "end"],
            ["start", *"20-1"],
            "5 tokens that were written before, the start first",
        ),
        (
            "enc.l1.attn.weights",
            "layer 2 of the encoder, mean of 3 heads",
            [*"6·Nov"],
            [*"6·Nov"],
            "5 tokens that are read, in their order",
        ),
    ],
)
def test_of_several_heads_the_mean_is_filmed_and_who_looks_is_a_step(name, said, columns, rows, caption):
    traces = {step: rewriting("6 Nov", "20-1") for step in (0, 8)}
    data = panels.film(traces, name).payload()
    mean = traces[8][name].values.astype(np.float64).mean(0)
    assert np.abs(unpacked(data["frames"])[1] - mean.T).max() < 1e-6
    assert data["title"].endswith(said)
    assert (data["tokens"], data["labels"], data["caption"]) == (columns, rows, caption)


def test_the_end_of_what_is_written_is_a_word():
    data = panels.film({0: translation("6 Nov", "20-1")}, "attn.weights").payload()
    assert (data["tokens"], data["marks"]) == ([*"20-1", "end"], [4])
    assert panels.film(frames()).payload()["marks"] == []


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda: panels.film({}), "at least one frame"),
        (lambda: panels.film({0: make_trace("time"), 1: make_trace("tide")}), "one sentence"),
        (lambda: panels.film({0: make_trace(units=6), 1: make_trace(units=7)}), "one model"),
        (lambda: panels.film(frames(), "l0.k"), "l0.h"),
        (lambda: panels.film(frames(), "out.surprise"), "cannot be drawn here"),
        (lambda: panels.film(frames(), order=[6]), "there are 6, 0 to 5"),
    ],
)
def test_what_does_not_fit_is_answered_in_a_sentence(ask, answer):
    with pytest.raises((ValueError, UnknownQuantityError), match=answer):
        ask()


# --- in the browser

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


@pytest.mark.browser
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


@pytest.mark.browser
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


@pytest.mark.browser
def test_play_walks_through_the_training_and_stops_at_its_end(opened):
    page = opened(panels.film(frames()))
    page.locator(".rv-film select").select_option("2")
    page.locator(".rv-film .rv-play").click()
    page.locator(".rv-film .rv-said", has_text="before training").wait_for()
    page.locator(".rv-film select").select_option("16")
    page.locator(".rv-film .rv-said", has_text="newest").wait_for()
    assert page.locator(".rv-film .rv-play").get_attribute("aria-label").startswith("play")


@pytest.mark.browser
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


@pytest.mark.browser
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


@pytest.mark.browser
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


@pytest.mark.browser
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


@pytest.mark.browser
@pytest.mark.parametrize(("width", "letters"), [(1200, 3), (390, 20), (390, 70)])
def test_the_end_is_read_whole_however_narrow_its_column_is(opened, width, letters):
    written = "2025-11-06" * (letters // 10) or "206"
    page = opened(panels.film({0: translation(written, written)}, "attn.weights"), width=width)
    last = page.locator(".rv-letters > span").last
    assert last.inner_text() == "end"
    told = last.evaluate("span => [span.scrollWidth, span.clientWidth, span.scrollHeight, span.clientHeight]")
    assert told[0] <= told[1] + 1  # a line of letters is as high as whole pixels
    assert told[2] <= told[3]
