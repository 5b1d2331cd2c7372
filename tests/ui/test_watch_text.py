"""The Watch page and what is typed into it, or written on by the model."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import rnnviz
from rnnviz.ui import reading, writing
from tests.ui.visiting import EXAMPLE, checked, opener, panel, panel_query, said, tokens


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    return opener()


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
