"""The network drawn over time, in a real Chromium: a document from a file, with no server and no network."""

import numpy as np
import pytest

from rnnviz.views import panels, theme
from rnnviz.views.tokens import number, subscript
from tests.views.test_unrolled import network, spoken

pytestmark = pytest.mark.browser

NODES = ".rv-unrolled .rv-nodes"
LISTEN = """() => {
    window.told = [];
    for (const name of ["step", "node", "folded"])
        document.getElementById("panel-0")
            .addEventListener("panel:" + name, (event) => told.push([name, event.detail]));
}"""
SAID = f"""(places) => {{
    const nodes = document.querySelector("{NODES}"), box = nodes.getBoundingClientRect();
    return places.map(([x, y]) => {{
        const at = {{ clientX: box.left + x, clientY: box.top + y, pointerType: "mouse" }};
        nodes.dispatchEvent(new PointerEvent("pointermove", at));
        const note = document.querySelector("body > .rv-tip");
        return note && note.style.display !== "none" ? note.innerText : "";
    }});
}}"""
PIXEL = f"""([x, y]) => {{
    const pen = document.querySelector("{NODES}").getContext("2d");
    return [...pen.getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data].slice(0, 3);
}}"""


@pytest.fixture
def opened(browser, tmp_path):
    """`opened(trace, width=1300, ...)` a page that wants no motion; errors are checked last."""
    errors, contexts = [], []

    def open_page(trace, width=1300, **options):
        file = tmp_path / "unrolled.html"
        file.write_text(panels.unrolled(trace, **options).to_html(), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector(".rv-unrolled[data-version]")
        page.evaluate(LISTEN)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def words_at(page, places):
    """What is said under the pointer at each of some places of the picture, (x, y)."""
    return page.evaluate(SAID, places)


def size(page):
    box = page.locator(NODES).bounding_box()
    return int(box["width"]), int(box["height"])


def centres(page):
    """The middle of each step in sight, by the step: where the pointer says that its token is read."""
    (width, height), places = size(page), {}
    xs = range(10, width, 2)
    for x, words in zip(xs, words_at(page, [[x, height - 12] for x in xs]), strict=True):
        if " at step " in words:
            places.setdefault(int(words.split(" at step ")[1].split(" ")[0].rstrip(":")), []).append(x)
    return {step: sum(xs) / len(xs) for step, xs in places.items()}


def column(page, x):
    """What is said down a column, from its answer to its token: {words: height}."""
    heights = range(2, size(page)[1], 2)
    said = words_at(page, [[x, y] for y in heights])
    return {words: y for words, y in zip(said, heights, strict=True) if words}


def told(page):
    return page.evaluate("() => window.told")


def test_every_number_of_a_step_is_said_and_painted_and_a_click_looks_into_its_unit(opened):
    trace = network("time", units=6)
    page = opened(trace, layer="l1")
    assert not page.locator(".rv-gradient").is_visible()
    x = centres(page)[2]
    words = column(page, x)
    for name in ("l0.h", "l0.c", "l1.h", "l1.c"):
        quantity = trace[name]
        scale = theme.scale_of(quantity.kind, quantity.domain, quantity.values)
        for unit, value in enumerate(quantity.values[2]):
            sentence = f"{quantity.symbol}{subscript(unit)} at step 2 'm' = {number(float(value))}"
            places = [y for said, y in words.items() if said.startswith(sentence)]
            assert places, sentence
            seen = page.evaluate(PIXEL, [x, places[0]])
            wanted = theme.colour_at(scale.role, "light", (value - scale.low) / (scale.high - scale.low))
            assert np.abs(np.array(seen) - [int(wanted[i : i + 2], 16) for i in (1, 3, 5)]).max() <= 4
    h = f"h₄ at step 2 'm' = {number(float(trace['l1.h'].values[2, 4]))}"
    y = next(y for said, y in words.items() if said.startswith(h))
    page.locator(NODES).click(position={"x": x, "y": y})
    assert page.locator(".rv-unrolled input[type=range]").input_value() == "2"
    assert told(page) == [["node", {"layer": "l1", "unit": 4, "step": 2}]]
    page.wait_for_timeout(600)
    assert told(page)[1:] == [["step", 2]]


def test_shared_matrices_say_so_and_what_is_serial_and_a_loss_whose_it_is(opened):
    trace = spoken("time")
    page = opened(trace)
    places = centres(page)
    words = "\n".join(column(page, places[1]))
    assert "V (W_hq, out.weight, 6 × 28): the same numbers in every step." in words
    assert "U₂ (W_xh, weight_ih_l1, 6 × 24): the same numbers in every step." in words
    assert f"L₁ = {number(float(trace['out.loss'].values[2]))}" in words
    words = "\n".join(column(page, (places[1] + places[2]) / 2 - 2))
    assert "W₁ (W_hh, weight_hh_l0, 6 × 24): the same numbers in every step." in words
    assert "Step 2 has to wait for h of step 1" in words
    assert any("it has no loss" in words for words in column(page, places[3]))


def test_playing_tells_the_server_once_at_the_end(opened):
    page = opened(spoken("time traveller"), step=3)
    page.locator(".rv-unrolled select").select_option("16")
    page.locator(".rv-unrolled .rv-play").click()
    slider = page.locator(".rv-unrolled input[type=range]")
    for _ in range(100):
        if slider.input_value() == "13":
            break
        assert told(page) == []
        page.wait_for_timeout(30)
    page.wait_for_timeout(900)
    assert told(page) == [["step", 13]]
    page.keyboard.press("ArrowLeft")
    assert slider.input_value() == "12"
    assert "Step 12 'e'" in page.locator(".rv-unrolled .rv-said").inner_text()


def test_it_folds_to_one_cell_and_opens_again(opened):
    page = opened(network("time"), folded=True, step=2)
    assert page.locator(".rv-title").inner_text() == "LSTM folded: one cell with its loop"
    assert list(centres(page)) == [2]
    page.locator(".rv-fold").click()
    assert list(centres(page)) == [0, 1, 2, 3]
    assert told(page) == [["folded", False]]


def test_a_long_sentence_has_a_window_that_slides_without_choosing_a_step(opened):
    text = "the time traveller for so it will be convenient to speak of him"
    page = opened(network(text), width=390, step=30)
    seen = list(centres(page))
    assert 30 in seen
    assert len(seen) == 5
    strip = page.locator(".rv-unrolled .rv-strip")
    strip.click(position={"x": 4, "y": 10})
    assert min(centres(page)) == 0
    assert page.locator(".rv-unrolled input[type=range]").input_value() == "30"
    page.keyboard.press("ArrowRight")
    assert 31 in centres(page)


def test_the_way_back_of_the_gradient_is_cut_and_can_be_switched_off(opened):
    norms = {name: np.geomspace(1e-4, 1, 6) for name in ("l0.h", "l0.c")}
    page = opened(network("abcdef"), gradients=norms, cut=3)
    places = centres(page)
    between = ["\n".join(column(page, (places[k] + places[k + 1]) / 2)) for k in (1, 2)]
    assert f"|∂L/∂h| at step 1 'b' = {number(norms['l0.h'][1])}" in between[0]
    assert ["cuts the way back" in words for words in between] == [False, True]
    page.locator(".rv-gradient").click()
    assert not any("∂L" in words for words in column(page, (places[1] + places[2]) / 2))
