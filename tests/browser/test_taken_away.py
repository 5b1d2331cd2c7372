"""What the Watch page hands out, and whom it talks to."""

import json
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest

from rnnviz.traces import Trace
from tests.browser import serving
from tests.browser.test_watch import Visit

pytestmark = pytest.mark.browser


def test_the_numbers_and_the_page_can_be_taken_away(visit: Visit, tmp_path: Any) -> None:
    page = visit("/?text=" + quote("time flies"))
    for name, check in (("npz", _is_the_trace), ("csv", _is_the_table), ("html", _is_a_page)):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"(.{name})").click()
        path = tmp_path / f"taken.{name}"
        download.value.save_as(path)
        check(path)


def _is_the_trace(path: Any) -> None:
    assert "".join(Trace.load(path).tokens) == "time flies"


def _is_the_table(path: Any) -> None:
    assert path.read_text(encoding="utf-8").startswith("quantity,")


def _is_a_page(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "http-equiv" in text


def test_the_source_of_the_cell_is_one_click_away(visit: Visit) -> None:
    page = visit()
    page.get_by_text("The equations").click()
    page.get_by_text("class LSTMCell").first.wait_for()


def test_plotlyjs_comes_packed_and_may_be_kept(server: serving.Server) -> None:
    from rnnviz.ui.plotlyjs import PATH
    from rnnviz.views import plotlyjs

    request = urllib.request.Request(server.url + PATH, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        assert len(answer.read()) < 2_000_000
    with urllib.request.urlopen(server.url + PATH) as answer:
        assert answer.read().decode() == plotlyjs.source()


def test_the_page_may_talk_to_its_own_server_only(server: serving.Server) -> None:
    with urllib.request.urlopen(server.url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in policy
    assert "http" not in json.dumps(policy)
