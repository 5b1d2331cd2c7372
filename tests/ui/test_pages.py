"""Each page once, as a newcomer meets it."""

from pathlib import Path

import pytest

from tests.ui.visiting import MAIN, checked, opener, panel

# Its picture, and a field with what is typed into it to get another one.
PAGES = {
    "attention": ("attending", "text", "time flies"),
    "compare": ("rivals", "text", "time flies"),
    "first_steps": ("lesson_picture", "by_hand_x", "1 2 3 -1"),
    "inside": ("unrolled", "text", "time flies"),
    "memory": ("pairs", "text", "time flies"),
    "watch": ("heatmap", "text", "time flies"),
    "whatif": ("heatmap", "text", "time flies"),
}


@pytest.fixture(autouse=True)
def _no_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNVIZ_RUNS", str(tmp_path))


def test_no_page_is_forgotten() -> None:
    assert {*PAGES, "train"} == {path.stem for path in (MAIN.parents[2] / "pages").glob("*.py")}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_its_picture_and_another_text_brings_another_one(page: str) -> None:
    picture, field, typed = PAGES[page]
    at = opener(f"../../pages/{page}.py")()
    first = panel(at, picture)["version"]
    checked(at.text_input(key=field).set_value(typed).run())
    assert panel(at, picture)["version"] != first


def test_the_train_page_opens_with_curves_and_starts_a_run(tmp_path: Path) -> None:
    at = opener("../../pages/train.py")(task="timemachine")
    assert at.get("vega_lite_chart")
    checked(at.button(key="start").click().run())
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["timemachine-lstm"]
