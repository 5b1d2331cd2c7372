"""The Watch page without a browser: what it says and what it gives its panels."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import rnnviz
from rnnviz.folders import shipped_folder
from rnnviz.ui import reading, writing
from tests.checkpoints import made
from tests.packed import unpacked

MAIN = Path(__file__).resolve().parents[2] / "rnnviz" / "ui" / "main.py"
EXAMPLE = "The Time Traveller smiled round at us."


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """Open the page as a new visitor, with an address such as `model="timemachine-gru"`."""

    def opened(**address: str) -> AppTest:
        at = AppTest.from_file(str(MAIN), default_timeout=60)
        for name, value in address.items():
            at.query_params[name] = value
        return checked(at.run())

    return opened


def checked(at: AppTest) -> AppTest:
    assert not at.exception, at.exception
    return at


def panel(at: AppTest, key: str) -> dict[str, Any]:
    """The data of a panel, as the browser gets them."""
    found = [element.proto for element in at.get("bidi_component") if f"-{key}" in element.proto.id]
    assert len(found) == 1, f"{len(found)} panels have the key {key}"
    return dict(json.loads(found[0].bytes))


def tokens(at: AppTest) -> str:
    return "".join(panel(at, "heatmap")["tokens"])


def said(at: AppTest) -> str:
    """All plain words of the page."""
    unescaped = [element.value.replace("\\", "") for element in [*at.caption, *at.markdown]]
    return "\n".join([*unescaped, *(element.value for element in at.text)])


def test_a_trained_model_has_read_an_example_before_anything_is_typed(open_page: Any) -> None:
    at = open_page()
    assert at.text_input(key="text").value == EXAMPLE
    assert at.selectbox(key="model").value == "timemachine-lstm"
    assert tokens(at) == EXAMPLE.replace(" ", "·")
    assert "perplexity" in said(at)
    assert "The biggest surprise is" in said(at)
    assert {"ribbon", "player", "heatmap", "story"} == {
        key for key in ("ribbon", "player", "heatmap", "story") if panel(at, key)
    }


def test_the_badge_tells_the_error_that_was_measured(open_page: Any) -> None:
    error = rnnviz.trace(rnnviz.load("timemachine-lstm"), EXAMPLE).meta["equals_torch"]
    assert f"equals torch.nn to {error:.0e}" in said(open_page())


def test_it_works_from_any_folder(open_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert tokens(open_page())


def test_the_picture_follows_the_text(open_page: Any) -> None:
    at = open_page()
    before = panel(at, "heatmap")["version"]
    checked(at.text_input(key="text").set_value("time").run())
    assert tokens(at) == "time"
    assert panel(at, "heatmap")["version"] != before


def test_the_numbers_are_those_of_the_library(open_page: Any) -> None:
    at = open_page(text="time flies", show="f", order="index")
    drawn = unpacked(panel(at, "heatmap")["z"])
    expected = rnnviz.trace(rnnviz.load("timemachine-lstm"), "time flies")["l0.f"].values
    np.testing.assert_array_equal(drawn.T, expected)


def test_every_choice_comes_back_from_the_address(open_page: Any) -> None:
    at = open_page(
        text="a sentence", model="timemachine-gru", show="z", order="activity", unit="7", step="3",
        temperature="1.2", top_k="3", seed="9", length="20",
    )  # fmt: skip
    assert at.selectbox(key="model").value == "timemachine-gru"
    assert panel(at, "heatmap")["row"] == 7
    assert panel(at, "heatmap")["step"] == panel(at, "player")["step"] == 3
    assert panel(at, "heatmap")["name"] == "z"
    assert (at.slider(key="temperature").value, at.number_input(key="top_k").value) == (1.2, 3)
    assert (at.number_input(key="seed").value, at.number_input(key="length").value) == (9, 20)


def test_the_address_says_what_was_chosen(open_page: Any) -> None:
    at = open_page()
    assert panel_query(at) == ""
    checked(at.text_input(key="text").set_value("hi you").run())
    checked(at.number_input(key="unit").set_value(3).run())
    assert panel_query(at) == "text=hi+you&unit=3"


def panel_query(at: AppTest) -> str:
    (address,) = [e.proto for e in at.get("bidi_component") if "-address" in e.proto.id]
    return str(json.loads(address.json or address.mixed.json)["query"])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("model", "nope", "There is no model 'nope' here"),
        ("show", "q", "There is no quantity 'q' here (possible: h, c, i"),
        ("unit", "9999", "There is no unit '9999' here (possible: 0 to 255)"),
        ("unit", "x", "There is no unit 'x' here"),
        ("layer", "5", "There is no layer '5' here"),
        ("order", "size", "There is no order 'size' here"),
        ("step", "99", "There is no step '99' here (possible: 0 to 37)"),
        ("temperature", "hot", "There is no temperature 'hot' here (possible: 0 to 2)"),
        ("temperature", "nan", "There is no temperature 'nan' here"),
        ("top_k", "0", "There is no top k '0' here"),
        ("seed", "-1", "There is no seed"),
    ],
)
def test_a_value_that_does_not_exist_is_answered_with_a_sentence(
    open_page: Any, name: str, value: str, words: str
) -> None:
    at = open_page(**{name: value})
    assert words in said(at)
    assert tokens(at)


def test_the_sentence_goes_when_something_else_is_chosen(open_page: Any) -> None:
    at = open_page(model="nope")
    checked(at.selectbox(key="model").set_value("timemachine-gru").run())
    assert "nope" not in said(at)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x", "x"),
        ("\0", "␀"),
        ("😀 ok", "😀·ok"),
        ("שלום", "שלום"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("![](http://x.example/y)", "![](http://x.example/y)"),
        ("$x$ :red[y] `z`", "$x$·:red[y]·`z`"),
        ("你好，世界", "你好，世界"),
    ],
)
def test_any_text_is_shown_as_it_was_typed(open_page: Any, text: str, shown: str) -> None:
    at = open_page()
    checked(at.text_input(key="text").set_value(text).run())
    assert tokens(at) == shown


def test_text_that_is_not_ours_is_never_markup(open_page: Any) -> None:
    at = open_page(text="![](http://x.example/y)", model="![](http://x.example/y)")
    for element in [*at.markdown, *at.caption]:
        assert "![" not in element.value


def test_unknown_characters_are_counted(open_page: Any) -> None:
    assert "2 of 4 characters are unknown to this model" in said(open_page(text="a你好b"))
    assert "1 of 1 characters is unknown" in said(open_page(text="你"))
    assert "unknown" not in said(open_page(text="time"))


def test_an_empty_field_keeps_the_example_on_the_page(open_page: Any) -> None:
    at = open_page()
    checked(at.text_input(key="text").set_value("").run())
    assert "The field is empty" in said(at)
    assert tokens(at) == EXAMPLE.replace(" ", "·")


def test_two_thousand_characters_are_read_and_more_are_refused(open_page: Any) -> None:
    at = open_page()
    checked(at.text_input(key="text").set_value("x" * reading.LIMIT).run())
    assert "limit" not in said(at)
    checked(at.text_input(key="text").set_value("x" * 10_000).run())
    assert "10,000 characters" in said(at)
    assert "2,000" in said(at)
    assert len(tokens(at)) == reading.LIMIT


def test_new_lines_become_spaces(open_page: Any) -> None:
    assert tokens(open_page(text="one\r\ntwo\nthree")) == "one·two·three"


def test_another_model_brings_its_example_unless_something_was_typed(open_page: Any) -> None:
    at = open_page()
    checked(at.selectbox(key="model").set_value("brackets-lstm").run())
    assert tokens(at) == next(e.example for e in rnnviz.catalogue() if e.name == "brackets-lstm").replace(
        " ", "·"
    )
    checked(at.text_input(key="text").set_value("mine").run())
    checked(at.selectbox(key="model").set_value("timemachine-rnn").run())
    assert tokens(at) == "mine"


def test_a_quantity_that_the_next_model_lacks_becomes_h(open_page: Any) -> None:
    at = open_page(show="c")
    checked(at.selectbox(key="model").set_value("timemachine-gru").run())
    assert panel(at, "heatmap")["name"] == "h"


def test_a_sum_can_be_linked_to_and_turns_its_switch_on(open_page: Any) -> None:
    at = open_page(show="a_f")
    assert at.toggle(key="sums").value
    assert panel(at, "heatmap")["name"] == "a_f"
    checked(at.toggle(key="sums").set_value(False).run())
    assert panel(at, "heatmap")["name"] == "h"


def test_the_model_goes_on_writing_and_takes_it_back(open_page: Any) -> None:
    at = open_page(text="The time", length="30")
    checked(at.button(key="go_on").click().run())
    written = at.text_input(key="text").value
    assert written.startswith("The time")
    assert len(written) == len("The time") + 30
    assert panel(at, "ribbon")["written_from"] == 8
    assert "written=8-38" in panel_query(at)
    assert written == "The time" + rnnviz.sample(
        rnnviz.load("timemachine-lstm"),
        "The time",
        30,
        *[writing.DEFAULTS[k] for k in ("temperature", "top_k", "seed")],
    )
    checked(at.button(key="undo").click().run())
    assert at.text_input(key="text").value == "The time"
    assert panel(at, "ribbon")["written_from"] is None


def test_what_was_written_twice_is_taken_back_at_once(open_page: Any) -> None:
    at = open_page(text="The time", length="10")
    for _ in range(2):
        checked(at.button(key="go_on").click().run())
    assert len(at.text_input(key="text").value) == len("The time") + 20
    checked(at.button(key="undo").click().run())
    assert at.text_input(key="text").value == "The time"


def test_the_mark_goes_when_the_text_before_it_changes(open_page: Any) -> None:
    at = open_page(text="The time", length="10")
    checked(at.button(key="go_on").click().run())
    text = at.text_input(key="text").value
    checked(at.text_input(key="text").set_value(text + " more").run())
    assert panel(at, "ribbon")["written_from"] == 8
    checked(at.text_input(key="text").set_value("x" + text).run())
    assert panel(at, "ribbon")["written_from"] is None


def test_writing_stops_at_the_limit(open_page: Any) -> None:
    at = open_page(text="x" * (reading.LIMIT - 5))
    checked(at.button(key="go_on").click().run())
    assert len(at.text_input(key="text").value) == reading.LIMIT
    assert at.button(key="go_on").disabled


def test_a_damaged_checkpoint_is_listed_and_the_rest_works(
    open_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = next(entry.path for entry in rnnviz.catalogue() if entry.name == "brackets-lstm")
    shutil.copytree(shipped, tmp_path / "cut")
    weights = tmp_path / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path))
    at = open_page(model="cut")
    assert "cut cannot be read: model.safetensors" in said(at)
    assert "This is timemachine-lstm instead" in said(at)
    assert "cut" not in at.selectbox(key="model").options
    assert tokens(at) == EXAMPLE.replace(" ", "·")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs of several kinds, beside the models that ship."""
    monkeypatch.setenv("RNNVIZ_RUNS", str(tmp_path))
    for name, (make, task) in made.MODELS.items():
        made.write(tmp_path / name.replace(" ", "-"), make(), task)
    return tmp_path


def test_what_was_trained_is_at_once_a_model_here(open_page: Any, runs: Path) -> None:
    at = open_page(model="a-language-model", text="the fox")
    assert tokens(at) == "the·fox"
    assert "perplexity 20 on text it never saw" in said(at)


def test_models_that_expect_nothing_are_not_offered_and_the_page_says_why(
    open_page: Any, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped"
    for entry in rnnviz.catalogue():
        if entry.type == "language" and entry.path.parent == shipped_folder():
            shutil.copytree(entry.path, shipped / entry.name)
    monkeypatch.setattr("rnnviz.folders.shipped_folder", lambda: shipped)
    at = open_page()
    offered = at.selectbox(key="model").options
    assert [option for option in offered if "5 units" in option] == ["GRU, 5 units · A text of your own"]
    assert len(offered) == 6
    for sentence in (
        "a-classifier-of-series and a-tagger-of-numbers read series of numbers, Watch shows text: see Train.",
        "a-classifier-of-images reads images, Watch shows text: see Train.",
        "a-classifier-of-text, a-tagger-of-tokens and a-tagger-that-is-h-itself answer what they read, "
        "Watch shows what is expected next: see Train.",
    ):
        assert sentence in said(at)


def test_a_link_to_one_of_those_is_answered_with_the_reason(open_page: Any, runs: Path) -> None:
    at = open_page(model="a-tagger-of-numbers")
    assert "a-tagger-of-numbers reads series of numbers" in said(at)
    assert "see Train. This is timemachine-lstm instead." in said(at)
    assert tokens(at) == EXAMPLE.replace(" ", "·")


def test_models_that_would_be_called_the_same_are_told_apart(open_page: Any, runs: Path) -> None:
    for name in ("first", "second"):
        made.write(runs / name, made.language("lstm"))
    offered = open_page().selectbox(key="model").options
    assert "LSTM, 5 units · A text of your own · first" in offered
    assert "LSTM, 5 units · A text of your own · second" in offered
    assert "GRU, 5 units · A text of your own" in offered


def test_only_models_that_expect_nothing_are_no_models_to_watch(
    open_page: Any, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [entry for entry in rnnviz.catalogue() if entry.kind == "series"]
    monkeypatch.setattr(rnnviz, "catalogue", lambda: found, raising=False)
    assert "python -m rnnviz train" in said(open_page())
    assert "read series of numbers, Watch shows text" in said(open_page())


def test_without_a_single_model_the_page_says_what_to_do(
    open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rnnviz, "catalogue", list, raising=False)
    assert "python -m rnnviz train" in said(open_page())


def test_the_source_of_the_cell_is_the_real_file() -> None:
    from rnnviz.ui import gallery

    entry = next(entry for entry in rnnviz.catalogue() if entry.name == "timemachine-gru")
    assert gallery.cell_source(entry).name == "gru.py"
