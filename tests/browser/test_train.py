"""The Train page in a real Chromium: what happens to a run when the tab, the worker or the server goes."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from rnnviz.folders import runs_folder
from rnnviz.training import queue
from rnnviz.training.status import status_of
from tests.browser import serving
from tests.browser.waiting import PATIENCE, reload, stand, wait_for_query, wait_for_value

pytestmark = [pytest.mark.browser, pytest.mark.slow]
playwright = pytest.importorskip("playwright.sync_api")

Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Server]:
    """A server with runs of its own: what is trained here is in nobody else's gallery."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNVIZ_RUNS", str(home / "runs"))
        with serving.serve(home) as running:
            yield running


@pytest.fixture(autouse=True)
def _nothing_goes_on() -> Iterator[None]:
    yield
    for folder in runs_folder().iterdir():
        if (folder / "config.json").is_file() and status_of(folder).at_work:
            queue.stop(folder)


def start(page: Any, task: str) -> Path:
    """Press the button -> the folder of the new run."""
    known = {path.name for path in runs_folder().iterdir()} if runs_folder().exists() else set()
    page.locator(".st-key-start button").click()
    page.wait_for_function(
        """known => { const run = new URL(location.href).searchParams.get("run")
            return run && !known.includes(run) }""",
        arg=sorted(known),
        timeout=PATIENCE,
    )
    name = parse_qs(urlsplit(page.url).query)["run"][0]
    assert name.startswith(task)
    return runs_folder() / name


def wait_for(page: Any, words: str) -> None:
    try:
        page.get_by_text(words).first.wait_for(timeout=PATIENCE)
    except playwright.TimeoutError:
        pytest.fail(f"The page does not say {words!r} but:\n{page.inner_text('body')}")


def wait_for_steps(page: Any, beyond: int) -> None:
    page.wait_for_function(
        """beyond => {
            const said = document.body.innerText.match(/step ([\\d,]+) of/)
            return said && Number(said[1].replaceAll(",", "")) > beyond }""",
        arg=beyond,
        timeout=PATIENCE,
    )


def press(page: Any, key: str) -> None:
    page.locator(f".st-key-{key} button").first.click()


def test_a_run_is_watched_from_its_start_to_its_end_and_found_again(visit: Visit) -> None:
    page = visit("/train?task=hello")
    folder = start(page, "hello")
    wait_for(page, f"{folder.name} has finished")
    page.locator(".st-key-loss .vega-embed").first.wait_for(timeout=PATIENCE)
    strip = page.locator(".st-key-film input[type=range][max='8']")  # 0, 1, 2, 3, 4, 6, 8, 11 and 15
    strip.wait_for(timeout=PATIENCE)

    reload(page)
    wait_for(page, f"{folder.name} has finished")
    second = visit(f"/train?run={folder.name}")
    wait_for(second, f"{folder.name} has finished")


def test_a_preset_holds_after_the_other_settings_were_seen_and_put_away(visit: Visit) -> None:
    page = visit("/train?task=hello")
    drawer = page.get_by_role("button", name="more settings")
    drawer.click()
    layers = page.locator("[class*=st-key-hello_layers_] input")
    wait_for_value(layers, "2")
    drawer.click()
    layers.wait_for(state="detached")
    page.locator(".st-key-hello_preset input").click()
    page.get_by_role("option", name="as in the article: a cell").click()
    wait_for_value(page.locator(".st-key-hello_hidden input"), "4")
    folder = start(page, "hello")
    made = json.loads((folder / "config.json").read_text())["train"]
    assert (made["hidden"], made["layers"]) == (4, 1)


def test_a_run_survives_a_reload_a_second_tab_and_a_closed_one(visit: Visit) -> None:
    page = visit("/train?task=brackets")
    folder = start(page, "brackets")
    wait_for(page, f"{folder.name} is learning")
    reload(page)
    wait_for(page, f"{folder.name} is learning")
    second = visit(f"/train?run={folder.name}")
    wait_for(second, f"{folder.name} is learning")
    wait_for_steps(second, 0)
    page.close()
    press(second, "pause")
    wait_for(second, f"{folder.name} is paused")
    before = status_of(folder).step
    press(second, "resume")
    wait_for(second, f"{folder.name} is learning")
    press(second, "stop")
    wait_for(second, f"{folder.name} was stopped")
    assert status_of(folder).step >= before > 0


def test_a_worker_that_is_killed_is_told_and_the_run_goes_on(visit: Visit) -> None:
    page = visit("/train?task=brackets")
    folder = start(page, "brackets")
    wait_for(page, f"{folder.name} is learning")
    os.kill(json.loads((folder / "status.json").read_text())["pid"], signal.SIGKILL)
    wait_for(page, f"{folder.name} has lost its worker")
    press(page, "resume")
    wait_for(page, f"{folder.name} is learning")


def test_a_run_outlives_its_server(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNVIZ_RUNS", str(tmp_path / "runs"))
    with serving.serve(tmp_path) as first:
        visitor = serving.Visitor(browser, first.url)
        visitor.open("/train?task=brackets")
        folder = start(visitor.page, "brackets")
        wait_for(visitor.page, f"{folder.name} is learning")
        visitor.context.close()
    before = status_of(folder)
    with serving.serve(tmp_path) as second:
        visitor = serving.Visitor(browser, second.url)
        visitor.open(f"/train?run={folder.name}")
        wait_for(visitor.page, f"{folder.name} is learning")
        after = status_of(folder)
        assert (after.pid, after.step >= before.step) == (before.pid, True)
        queue.stop(folder)
        visitor.context.close()


def test_a_lost_connection_loses_nothing(visit: Visit) -> None:
    page = visit("/train?task=brackets")
    folder = start(page, "brackets")
    wait_for(page, f"{folder.name} is learning")
    page.context.set_offline(True)
    page.wait_for_timeout(1500)
    before = status_of(folder).step
    page.context.set_offline(False)
    wait_for_steps(page, before)


def test_the_film_is_scrubbed_in_the_browser(visit: Visit) -> None:
    page = visit("/train?task=hello")
    folder = start(page, "hello")
    wait_for(page, f"{folder.name} has finished")
    canvas = page.locator(".st-key-film canvas").first
    canvas.wait_for(timeout=PATIENCE)
    stand(page)
    newest = canvas.evaluate("canvas => canvas.toDataURL()")
    slider = page.locator(".st-key-film input[type=range]")
    slider.evaluate(
        "slider => { slider.value = 0; slider.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    assert canvas.evaluate("canvas => canvas.toDataURL()") != newest


def change(page: Any) -> None:
    page.get_by_role("button", name="change").first.click()


def test_nothing_moves_and_nothing_is_lost_while_a_run_is_watched(visit: Visit) -> None:
    page = visit("/train?task=brackets")
    folder = start(page, "brackets")
    wait_for(page, f"{folder.name} is learning")
    page.locator(".st-key-film canvas").first.wait_for(timeout=PATIENCE)
    field = page.locator(".st-key-film_text input")
    field.click()
    page.keyboard.type("(a[b")
    field.evaluate("field => field.setSelectionRange(1, 3)")
    seen = page.evaluate(
        """async () => {
            const main = document.querySelector(".stMain"), seen = {}
            const step = () => document.body.innerText.match(/step ([\\d,]+) of/)?.[1]
            const [begun, until] = [step(), performance.now() + 4000]
            while (performance.now() < until || (step() === begun && performance.now() < until + 30000)) {
                for (const key of ["loss", "film_text", "inside", "runs_table", "stop"]) {
                    const box = document.querySelector(".st-key-" + key)?.getBoundingClientRect()
                    if (box?.height) (seen[key] ??= new Set()).add(Math.round(box.top + main.scrollTop))
                }
                await new Promise(requestAnimationFrame)
            }
            seen.steps = new Set([begun, step()])
            return Object.fromEntries(Object.entries(seen).map(([key, places]) => [key, [...places]]))
        }"""
    )
    assert len(seen.pop("steps")) == 2, "it stood still"
    assert {key: len(places) for key, places in seen.items()} == dict.fromkeys(seen, 1), seen
    assert {"loss", "film_text", "inside", "stop"} <= set(seen)
    told = field.evaluate(
        "field => [field.value, field.selectionStart, field.selectionEnd, field === document.activeElement]"
    )
    assert told == ["(a[b", 1, 3, True]


def test_what_is_typed_into_an_open_drawer_stays_while_the_run_goes_on(visit: Visit) -> None:
    page = visit("/train?task=brackets")
    folder = start(page, "brackets")
    wait_for(page, f"{folder.name} is learning")
    page.locator(".st-key-film canvas").first.wait_for(timeout=PATIENCE)
    change(page)
    rate = page.get_by_label("Learning rate from the next step on")
    rate.click()
    rate.press("Control+a")
    for key in "0.003":
        page.keyboard.type(key)
        page.wait_for_timeout(400)
    assert (rate.input_value(), rate.evaluate("field => field === document.activeElement")) == ("0.003", True)
    rate.press("Enter")
    page.locator(".st-key-apply button:not([disabled])").click(timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE / 1000
    while '"changed"' not in (folder / "events.jsonl").read_text():
        assert time.monotonic() < deadline, "it was not changed"
        page.wait_for_timeout(200)


def test_a_fork_is_shown_and_its_end_in_another_tab_is_seen(visit: Visit) -> None:
    page = visit("/train?task=hello")
    folder = start(page, "hello")
    wait_for(page, f"{folder.name} has finished")
    second = visit(f"/train?run={folder.name}")
    wait_for(second, f"{folder.name} has finished")
    change(page)
    page.get_by_label("Or a new run from the weights of step").click()
    page.get_by_role("option", name="8", exact=True).click()
    page.keyboard.press("Escape")
    if not page.locator(".st-key-fork button").is_visible():
        change(page)
    press(page, "fork")
    wait_for(page, f"{folder.name}-2 has finished")
    shutil.rmtree(folder)
    wait_for(second, f"{folder.name} was deleted, so this is")


def test_a_reload_brings_the_film_back(visit: Visit) -> None:
    page = visit("/train?task=hello")
    folder = start(page, "hello")
    wait_for(page, f"{folder.name} has finished")
    page.locator(".st-key-film_text input").fill("hell")
    wait_for_query(page, film_text="hell")
    slider = page.locator(".st-key-film input[type=range]")
    slider.focus()
    slider.press("Home")
    wait_for_query(page, film_text="hell", frame="0")
    reload(page)
    wait_for(page, "before training")
    assert page.locator(".st-key-film_text input").input_value() == "hell"
