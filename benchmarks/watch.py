"""How quickly the Watch page answers, measured in a real Chromium: `python benchmarks/watch.py`.

Prints the time from a key to the changed heatmap (100 steps, 128 units; 100 ms of it are the wait for the
next key), and from opening the page in an empty profile to the first heatmap. The server and the browser
share this machine's cores, so measure on a quiet one.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.browser import serving

STEPS, UNITS = 100, 128
SENTENCE = (
    "The Time Traveller smiled round at us, and then, still smiling faintly, he walked out of the room. "
)

# A panel names what it has drawn; the name is looked at on every frame that the browser shows.
WATCH = """() => {
  const picture = () => {
    const canvas = document.querySelector(".st-key-heatmap canvas")
    return canvas?.width && canvas.height ? canvas.closest(".rv").dataset.version : null
  }
  const state = window.watch = {key: null, seen: null, blank: 0, picture: picture(), frames: 0}
  document.addEventListener("keydown", () => Object.assign(state, {key: performance.now(), seen: null}), true)
  const look = () => {
    const now = picture()
    state.frames += 1
    if (now === null) state.blank += 1
    else if (now !== state.picture) {
      state.picture = now
      if (state.key !== null && state.seen === null) state.seen = performance.now()
    }
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}"""


def make_checkpoint(folder: Path) -> None:
    """Write an LSTM of 128 units with random weights: drawing takes as long as for a trained one."""
    from safetensors.torch import save_file

    from rnnviz.models.language import LanguageModel
    from rnnviz.models.vocabulary import Vocabulary

    model = LanguageModel(Vocabulary.of("".join(map(chr, range(32, 127)))), "lstm", hidden=UNITS)
    folder.mkdir(parents=True)
    model.vocabulary.save(folder / "vocab.json")
    save_file(model.state_dict(), folder / "model.safetensors")
    config = {"format": 1, "model": model.config, "task": {}, "train": {}, "seed": 0}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def key_to_heatmap(browser: Any, url: str, keys: int) -> dict[str, Any]:
    """Type `keys` characters behind a sentence of 99; the milliseconds each took to change the heatmap."""
    visitor = serving.Visitor(browser, url)
    visitor.open("/?" + urlencode({"model": "bench", "text": SENTENCE[: STEPS - 1]}))
    page = visitor.page
    field = page.locator(".st-key-text input")
    field.click()
    page.keyboard.press("End")
    time.sleep(1)
    page.evaluate(WATCH)
    mark = page.locator(".st-key-heatmap canvas").element_handle()
    times = []
    for key in range(keys):
        page.keyboard.press("abcdefghij"[key % 10])
        page.wait_for_function("() => window.watch.seen !== null")
        times.append(page.evaluate("() => window.watch.seen - window.watch.key"))
        time.sleep(0.35)
        page.keyboard.press("Backspace")
        time.sleep(0.6)
    remounted = not mark.evaluate("element => element.isConnected")
    blank = page.evaluate("() => window.watch.blank")
    visitor.close()
    return {"times": times, "remounted": remounted, "blank frames": blank}


def opening(browser: Any, url: str) -> float:
    """Seconds from opening the page in an empty profile to the first heatmap."""
    visitor = serving.Visitor(browser, url)
    start = time.perf_counter()
    visitor.page.goto(url, wait_until="commit")
    visitor.page.locator(serving.HEATMAP).wait_for(state="attached")
    seconds = time.perf_counter() - start
    visitor.close()
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=15, help="how many keys to type")
    parser.add_argument("--visits", type=int, default=5, help="how many times to open the page")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        make_checkpoint(Path(folder) / "checkpoints" / "bench")
        found = {"RNNVIZ_CHECKPOINTS": str(Path(folder) / "checkpoints")}
        with serving.serve(Path(folder), **found) as server:
            browser = serving.launch(playwright)
            first = opening(browser, server.url)
            visits = [opening(browser, server.url) for _ in range(options.visits)]
            result = key_to_heatmap(browser, server.url, options.keys)
            browser.close()
    times = result.pop("times")
    print(
        f"opening, first visitor: {first:.2f} s; later ones, median of {len(visits)}: "
        f"{statistics.median(visits):.2f} s, slowest {max(visits):.2f} s"
    )
    print(
        f"key to heatmap, {STEPS} x {UNITS}: median of {len(times)} {statistics.median(times):.0f} ms, "
        f"slowest {max(times):.0f} ms; {result}"
    )


if __name__ == "__main__":
    main()
