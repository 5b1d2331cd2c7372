"""The Watch page in a real Chromium. `visit` fails a test whose page logged an error or called elsewhere."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.browser import serving
from tests.browser.waiting import reload, wait_for_query, wait_for_value

pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
# What is drawn in the heatmap, and how often it was missing, looked at on every frame.
WATCH = """() => {
  const state = window.watch = {blank: 0, frames: 0}
  const look = () => {
    state.frames += 1
    const picture = document.querySelector(".st-key-heatmap canvas")
    const pixel = picture?.getContext("2d").getImageData(picture.width / 2, picture.height / 2, 1, 1).data
    if (!pixel?.[3] || !picture.getBoundingClientRect().height) state.blank += 1
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}"""
COUNT_MESSAGES = """() => {
  window.told = 0
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (message) { window.told += 1; return send.call(this, message) }
}"""


def field(page: Any) -> Any:
    return page.locator(".st-key-text input")


def wait_for_field(page: Any, text: str) -> None:
    page.wait_for_function("text => document.querySelector('.st-key-text input')?.value === text", arg=text)


def tokens(page: Any) -> str:
    """The tokens under the heatmap."""
    spans = page.locator(".st-key-heatmap .rv-letters > span")
    return "".join(spans.all_text_contents())


def wait_for_tokens(page: Any, ending: str) -> None:
    page.wait_for_function(
        """ending => [...document.querySelectorAll(".st-key-heatmap .rv-letters > span")]
            .map(span => span.textContent).join("").endsWith(ending)""",
        arg=ending,
    )


def picture(page: Any) -> str:
    """The pixels of the heatmap."""
    return str(page.locator(".st-key-heatmap canvas").evaluate("canvas => canvas.toDataURL()"))


def wait_for_another(page: Any, before: str) -> None:
    page.wait_for_function(
        """before => document.querySelector(".st-key-heatmap canvas").toDataURL() !== before""",
        arg=before,
    )


def address(page: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_a_trained_model_is_on_the_first_paint(visit: Visit) -> None:
    page = visit()
    assert tokens(page) == "The·Time·Traveller·smiled·round·at·us."
    assert page.get_by_text("equals torch.nn to").first.is_visible()
    assert page.get_by_text("The biggest surprise is").count() == 1
    assert "Traceback" not in page.content()


def test_the_heatmap_follows_each_key_without_a_blank_frame(visit: Visit) -> None:
    page = visit()
    page.evaluate(WATCH)
    mark = page.locator(".st-key-heatmap canvas").element_handle()
    field(page).click()
    page.keyboard.press("End")
    for key in " Then":
        before = picture(page)
        page.keyboard.press(key if key != " " else "Space")
        wait_for_another(page, before)
    wait_for_tokens(page, "us.·Then")
    assert mark.evaluate("element => element.isConnected"), "the heatmap was made anew"
    seen = page.evaluate("() => window.watch")
    assert seen["frames"] > 20
    assert seen["blank"] == 0
    assert field(page).evaluate("element => element === document.activeElement")
    wait_for_query(page, text="The Time Traveller smiled round at us. Then")


def test_the_zoom_stays(visit: Visit) -> None:
    page = visit()
    box = page.locator(".st-key-heatmap canvas").bounding_box()
    labels = page.locator(".st-key-heatmap .rv-labels")
    every = labels.inner_text()
    x, y = box["x"] + box["width"] / 2, box["y"] + 60
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 4, y + 60, steps=6)
    page.mouse.up()
    zoomed, before = labels.inner_text(), picture(page)
    assert zoomed != every
    field(page).click()
    page.keyboard.press("End")
    page.keyboard.press("x")
    wait_for_another(page, before)
    wait_for_tokens(page, "us.x")
    assert labels.inner_text() == zoomed
    page.mouse.dblclick(x, y)
    page.wait_for_function(
        "every => document.querySelector('.st-key-heatmap .rv-labels').innerText === every", arg=every
    )


def click_cell(page: Any, row: int, step: int) -> int:
    """Click a cell of the heatmap; return the unit of that row."""
    canvas = page.locator(".st-key-heatmap canvas")
    canvas.scroll_into_view_if_needed()
    box, steps = canvas.bounding_box(), len(tokens(page))
    across = box["width"] * (step + 0.5) / steps
    down = box["height"] * (row + 0.5) / 256
    canvas.click(position={"x": across, "y": down})
    page.locator(".st-key-heatmap .rv-row").wait_for(state="visible")
    return int(page.locator(".st-key-heatmap .rv-row").get_attribute("data-row"))


def test_a_click_on_a_cell_tells_the_story_of_its_unit(visit: Visit) -> None:
    page = visit()
    unit = click_cell(page, 30, 12)
    page.locator(".st-key-story .rv-title", has_text=f"Unit {unit}").wait_for()
    wait_for_query(page, unit=str(unit), step="12")
    names = page.locator(".st-key-story .rv-name b").all_text_contents()
    assert names == ["h", "c", "i", "f", "g", "o"]


def test_play_asks_nothing_of_the_server(visit: Visit) -> None:
    page = visit("/?step=0&text=" + quote("time traveller"))
    page.evaluate(COUNT_MESSAGES)
    page.locator(".st-key-player .rv-play").click()
    slider = page.locator(".st-key-player input[type=range]")
    page.wait_for_function(
        "() => Number(document.querySelector('.st-key-player input[type=range]').value) >= 3"
    )
    assert page.evaluate("() => window.told") == 0, "the server was asked while playing"
    assert page.locator(".st-key-heatmap .rv-cursor").is_visible()
    page.locator(".st-key-player .rv-play").click()
    stopped = slider.input_value()
    wait_for_query(page, step=stopped)


def test_arrow_keys_walk_through_the_steps(visit: Visit) -> None:
    page = visit()
    page.locator(".st-key-heatmap .rv-title").first.click()
    for key, step in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1)):
        page.keyboard.press(key)
        page.wait_for_function(
            "step => document.querySelector('.st-key-player input[type=range]').value === String(step)",
            arg=step,
        )
    wait_for_query(page, step="1")


def test_a_deep_link_on_a_fresh_server_brings_the_picture(fresh_server: serving.Server, visit: Visit) -> None:
    link = "/?model=timemachine-gru&text=" + quote("time flies") + "&show=z&order=index&unit=5&step=4&top_k=3"
    page = visit(link, at=fresh_server)
    assert tokens(page) == "time·flies"
    assert page.locator(".st-key-heatmap .rv-title").inner_text().startswith("z: update gate")
    assert page.locator(".st-key-heatmap .rv-row").get_attribute("data-row") == "5"
    assert page.locator(".st-key-story .rv-title").inner_text().startswith("Unit 5")
    assert page.locator(".st-key-player input[type=range]").input_value() == "4"
    assert address(page) == {k: v[0] for k, v in parse_qs(urlsplit(link).query).items()}


def test_a_reload_in_the_middle_keeps_everything(visit: Visit) -> None:
    page = visit()
    field(page).fill("the end of the world")
    wait_for_tokens(page, "world")
    page.locator(".st-key-show button").nth(3).click()
    page.locator(".st-key-heatmap .rv-title", has_text="forget gate").wait_for()
    unit = click_cell(page, 3, 7)
    wait_for_query(page, unit=str(unit), step="7", show="f")
    before = picture(page)
    reload(page)
    page.locator(serving.HEATMAP).wait_for(state="attached")
    wait_for_tokens(page, "world")
    wait_for_field(page, "the end of the world")
    assert page.locator(".st-key-story .rv-title").inner_text().startswith(f"Unit {unit}")
    assert picture(page) == before


def test_the_model_goes_on_writing(visit: Visit) -> None:
    page = visit("/?length=20&text=" + quote("The time"))
    page.get_by_role("button", name="Go on writing").click()
    page.locator(".st-key-ribbon .rv-written").first.wait_for()
    assert page.locator(".st-key-ribbon .rv-written").count() == 20
    page.wait_for_function("() => document.querySelector('.st-key-text input').value.length === 28")
    assert field(page).input_value().startswith("The time")
    wait_for_query(page, written="8-28")
    page.get_by_role("button", name="Take it back").click()
    page.wait_for_function("() => !document.querySelector('.st-key-ribbon .rv-written')")
    wait_for_field(page, "The time")


@pytest.mark.parametrize(("dark", "paper"), [(False, "rgb(252, 252, 251)"), (True, "rgb(23, 22, 20)")])
def test_day_and_night(visit: Visit, dark: bool, paper: str) -> None:
    page = visit(dark=dark)
    app = page.locator("[data-testid=stApp]")
    assert app.evaluate("element => getComputedStyle(element).backgroundColor") == paper
    themes = page.locator(".rv[data-theme]").evaluate_all("all => all.map(one => one.dataset.theme)")
    assert set(themes) == {"dark" if dark else "light"}


@pytest.mark.parametrize("width", [390, 900, 1400])
def test_nothing_sticks_out_sideways(visit: Visit, width: int) -> None:
    page = visit("/?text=" + quote("long " * 60), width=width, height=844)
    wide = page.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
            .map(element => element.scrollWidth - element.clientWidth)"""
    )
    assert max(wide) <= 0


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("x", "x"),
        ("😀🎉", "😀🎉"),
        ("שלום עולם", "שלום·עולם"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("![](http://127.0.0.2/x.png)", "![](http://127.0.0.2/x.png)"),
        ("<img src=http://127.0.0.2/x>", "<img·src=http://127.0.0.2/x>"),
        ("你好，世界", "你好，世界"),
    ],
)
def test_any_text_is_shown_as_typed(visit: Visit, typed: str, shown: str) -> None:
    page = visit()
    field(page).fill(typed)
    wait_for_tokens(page, shown)
    assert tokens(page) == shown
    page.locator(".st-key-ribbon .rv-letters > span").first.hover()
    assert page.locator(".rv b b, .rv img").count() == 0


def test_an_empty_field_and_a_text_beyond_the_limit(visit: Visit) -> None:
    page = visit()
    field(page).fill("")
    page.get_by_text("The field is empty").wait_for()
    assert tokens(page).startswith("The·Time")
    field(page).fill("ab" * 5000)
    page.get_by_text("10,000 characters").wait_for()
    page.get_by_text("only the first 2,000").wait_for()
    field(page).fill("ab" * 1000)
    page.get_by_text("10,000 characters").wait_for(state="detached")
    wait_for_tokens(page, "abab")


def test_an_unknown_model_in_the_address(visit: Visit) -> None:
    page = visit("/?model=" + quote("![](http://127.0.0.2/x.png)"))
    page.get_by_text("There is no model").wait_for()
    assert page.get_by_text("![](http://127.0.0.2/x.png)").count() == 1


def test_a_drawer_that_is_opened_late_shows_what_was_chosen_and_changes_nothing(visit: Visit) -> None:
    page = visit("/?model=timemachine-gru&order=activity&unit=7&temperature=1.2")
    field(page).fill("never")
    wait_for_query(page, text="never")
    page.get_by_role("button", name="more", exact=True).click()
    wait_for_value(page.locator("[class*=st-key-order_] input"), "liveliest first")
    wait_for_value(page.locator("[class*=st-key-unit_] input"), "7")
    field(page).fill("never before")
    wait_for_query(page, text="never before", order="activity", unit="7", temperature="1.2")
