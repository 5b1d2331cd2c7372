"""The page that stands alone, in a real Chromium: opened from a file, with no server and no network."""

import math

import numpy as np
import pytest

from rnnviz import views
from rnnviz.views import theme, tokens, words
from tests.views.made import make_trace

pytestmark = pytest.mark.browser
CELLS = ".rv-heatmap canvas"
TEXT = "time traveller"


@pytest.fixture
def opened(browser, tmp_path):
    """`opened(trace, width=1400, scheme="light")` a page; errors and requests are checked last."""
    errors, requests, contexts = [], [], []

    def open_page(trace, width=1400, scheme="light", touch=False, **options):
        file = tmp_path / "page.html"
        file.write_text(views.page(trace, **options), encoding="utf-8")
        size = {"width": width, "height": 1200}
        context = browser.new_context(viewport=size, color_scheme=scheme, has_touch=touch, is_mobile=touch)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_selector(".rv-heatmap[data-version] canvas")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []


def until(page, condition):
    """Wait for a condition; Playwright's own way needs `eval`, which the page forbids."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"never came true: {condition}")


def drawn(page):
    """The colours in the middle of the cells in sight, (rows, columns, red green blue)."""
    counts = page.locator(".rv-heatmap .rv-letters > span").count(), rows_in_sight(page)
    ask = f"""([columns, rows]) => {{
        const canvas = document.querySelector("{CELLS}"), pen = canvas.getContext("2d");
        const at = (place, count, size) => Math.floor((place + 0.5) / count * size);
        const pixel = (x, y) => [...pen.getImageData(x, y, 1, 1).data].slice(0, 3);
        return Array.from({{length: rows}}, (_, row) => Array.from({{length: columns}}, (_, column) =>
            pixel(at(column, columns, canvas.width), at(row, rows, canvas.height)))); }}"""
    return np.array(page.evaluate(ask, list(counts)))


def rows_in_sight(page):
    high = page.locator(".rv-heatmap .rv-row").evaluate("row => parseFloat(row.style.height) - 2")
    return round(page.locator(CELLS).bounding_box()["height"] / high)


def painted(quantity, values, name="light"):
    """The colours that Python gives to values, (rows, columns, red green blue)."""
    scale = theme.scale_of(quantity.kind, quantity.domain, quantity.values)

    def colour(value):
        even = (value - scale.low) / (scale.high - scale.low)
        place = 0.5 + math.asinh(value) / math.asinh(scale.high) / 2 if scale.bent else even
        return [int(theme.colour_at(scale.role, name, place)[i : i + 2], 16) for i in (1, 3, 5)]

    return np.array([[colour(float(value)) for value in row] for row in values])


def same_colours(seen, wanted):
    return seen.shape == wanted.shape and np.abs(seen - wanted).max() <= 4  # a scale has 128 shades


def cell(page, step, place, rows=6):
    """The centre of a cell of the heatmap, all of whose rows are in sight."""
    box = page.locator(".rv-heatmap .rv-letters > span").nth(step).bounding_box()
    cells = page.locator(CELLS).bounding_box()
    return box["x"] + box["width"] / 2, cells["y"] + cells["height"] * (place + 0.5) / rows


def test_it_shows_the_numbers_of_the_trace_over_its_tokens(opened):
    trace = make_trace(TEXT)
    page = opened(trace, order=[2, 0, 1, 3, 5, 4], ordered="shuffled")
    wanted = painted(trace["l0.h"], trace["l0.h"].values.T[[2, 0, 1, 3, 5, 4]])
    assert same_colours(drawn(page), wanted)
    for row in (".rv-read", ".rv-heatmap", ".rv-unit .rv-body"):
        assert page.locator(f"{row} .rv-letters > span").all_inner_texts() == [*"time·traveller"]
    assert "6 units, shuffled" in page.locator(".rv-heatmap .rv-head .rv-caption").inner_text()


def test_columns_of_all_panels_stand_below_each_other(opened):
    page = opened(make_trace(TEXT))
    places = [
        [page.locator(f"{panel} .rv-letters > span").nth(step).bounding_box()["x"] for step in (0, 7, 13)]
        for panel in (".rv-read", ".rv-guess", ".rv-heatmap", ".rv-unit .rv-body")
    ]
    assert np.ptp(places, axis=0).max() < 0.5


def test_a_cell_says_its_sentence_and_a_click_chooses_its_step_and_unit(opened):
    trace = make_trace(TEXT)
    page = opened(trace, order=[2, 0, 1, 3, 5, 4])
    page.get_by_role("button", name="f", exact=True).first.click()
    page.mouse.move(*cell(page, 7, 4))
    value = float(trace["l0.f"].values[7, 5])
    assert page.locator(".rv-tip").inner_text() == words.cell_sentence(
        "l0.f", "f", 5, 7, trace.tokens[7], value
    )
    page.mouse.click(*cell(page, 7, 4))
    assert page.locator(".rv-row").get_attribute("data-row") == "5"
    assert page.locator(".rv-step").inner_text() == "7"
    assert page.locator(".rv-unit .rv-title").inner_text() == "Unit 5, layer 1"
    said = page.locator(".rv-unit button[data-quantity='l0.o'] em").inner_text()
    assert said == tokens.number(float(trace["l0.o"].values[7, 5]))


def test_another_quantity_is_drawn_in_place_and_the_zoom_stays(opened):
    trace = make_trace(TEXT)
    page = opened(trace, order=range(6))
    page.evaluate(f"document.querySelector('{CELLS}').mark = 1")
    (x, top), (_, bottom) = cell(page, 5, 1), cell(page, 5, 3)
    page.mouse.move(x, top)
    page.mouse.down()
    page.mouse.move(x, bottom, steps=5)
    page.mouse.up()
    labels = page.locator(".rv-heatmap .rv-labels > span")
    assert labels.all_inner_texts() == ["1", "2", "3"]
    page.get_by_role("button", name="c", exact=True).first.click()
    until(page, "document.querySelector('.rv-heatmap .rv-title').textContent.startsWith('c:')")
    assert labels.all_inner_texts() == ["1", "2", "3"]
    assert page.evaluate(f"document.querySelector('{CELLS}').mark") == 1
    page.mouse.dblclick(x, top)
    assert len(labels.all_inner_texts()) == 6
    assert same_colours(drawn(page), painted(trace["l0.c"], trace["l0.c"].values.T))


def test_keys_and_play_walk_through_the_steps(opened):
    page = opened(make_trace(TEXT))
    step = page.locator(".rv-step")
    for key, place in (
        ("Home", 0),
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", 13),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        assert step.inner_text() == str(place)
    page.locator(".rv-player select").select_option("16")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    until(page, "document.querySelector('.rv-step').textContent === '13'")
    assert page.locator(".rv-play").get_attribute("aria-label") == "play (space)"
    assert "traveller" in page.locator(".rv-said").inner_text()


def test_the_guesses_mark_what_really_came(opened):
    trace = make_trace(TEXT)
    page = opened(trace)
    page.locator(".rv-read .rv-letters > span").nth(4).click()
    rows = page.locator(".rv-list .rv-chance").all_inner_texts()
    best = trace.labels["vocab"][trace["out.topk.id"].values[4, 0]]
    assert rows[0].split()[0] == tokens.sign(best)
    assert tokens.per_cent(float(trace["out.topk.prob"].values[4, 0])) in rows[0].replace("\n", " ")
    came = page.locator(".rv-list .rv-came b").all_inner_texts()
    assert came == [trace.tokens[5]]


def test_day_and_night_follow_the_reader_and_the_button(opened):
    trace = make_trace(TEXT)
    page = opened(trace, scheme="dark")

    order = page.evaluate("panels[2].data.rows")
    assert same_colours(drawn(page), painted(trace["l0.h"], trace["l0.h"].values.T[order], "dark"))
    page.emulate_media(color_scheme="light")
    until(page, "document.querySelector('.rv-heatmap').dataset.theme === 'light'")
    assert same_colours(drawn(page), painted(trace["l0.h"], trace["l0.h"].values.T[order], "light"))
    page.locator("#theme").click()
    until(page, "document.querySelector('.rv-heatmap').dataset.theme === 'dark'")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 22, 20)"


@pytest.mark.parametrize("width", [390, 1400])
def test_a_long_text_shows_a_window_that_follows_the_step_and_the_pointer(opened, width):
    trace = make_trace("ab cd " * 100)
    page = opened(trace, width=width)
    count = page.locator(".rv-read .rv-letters > span").count()
    assert page.locator(".rv-heatmap .rv-letters > span").count() == count
    assert page.locator(".rv-read .rv-letters > span").first.bounding_box()["width"] >= 12
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Home")
    until(page, "window.rnnviz.first === 0")
    order = page.evaluate("panels[2].data.rows")
    assert same_colours(drawn(page), painted(trace["l0.h"], trace["l0.h"].values[:count].T[order]))
    strip = page.locator(".rv-strip").bounding_box()
    page.mouse.click(strip["x"] + strip["width"] / 2, strip["y"] + 5)
    assert abs(page.evaluate("window.rnnviz.first") + count / 2 - 300) <= 2


def test_hostile_text_is_shown_as_typed(opened):
    text = '<b>x</b><img src=x onerror="window.PWN=1">![](http://x.example/y)</script>\x00\ud800&lt;'
    page = opened(make_trace(text), width=1400)
    page.keyboard.press("Home")
    shown = "".join(page.locator(".rv-read .rv-letters > span").all_inner_texts())
    assert "".join(tokens.sign(char) for char in text).startswith(shown)
    page.locator(".rv-read .rv-letters > span").nth(3).hover()
    assert page.evaluate("window.PWN") is None


def test_a_finger_chooses_a_cell_and_reads_its_sentence(opened):
    trace = make_trace(TEXT)
    page = opened(trace, width=390, order=range(6), touch=True)
    x, y = cell(page, 9, 2)
    page.touchscreen.tap(x, y)
    assert page.locator(".rv-step").inner_text() == "9"
    assert page.locator(".rv-tip").inner_text().startswith("h₂ at step 9 'e' = ")
    page.touchscreen.tap(5, 5)
    assert not page.locator(".rv-tip").is_visible()


def test_one_character_is_enough(opened):
    page = opened(make_trace("t"))
    assert "nothing could be predicted" in page.locator("main > p").first.inner_text()
    assert page.locator(".rv-step").inner_text() == "0"
