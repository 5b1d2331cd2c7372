import hashlib
import io
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import BaseHandler
from urllib.response import addinfourl

import pytest

from rnnviz.tasks import download, timemachine
from rnnviz.tasks.download import cache_folder, https_opener
from rnnviz.tasks.timemachine import TimeMachine

BOOK = b"The Time  Machine,\r\n\r\nby H. G. Wells\n"
Opener = Callable[..., Any]


class FakeOpener:
    """Answers as a server would."""

    def __init__(self, body: bytes = BOOK, length: str | None = None, error: Exception | None = None) -> None:
        self.body, self.length, self.error = body, length, error

    def open(self, url: str, timeout: float) -> Any:
        assert url.startswith("https://")
        assert timeout <= 30
        if self.error:
            raise self.error
        headers = Message()
        headers["Content-Length"] = str(len(self.body)) if self.length is None else self.length
        return addinfourl(io.BytesIO(self.body), headers, url, 200)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without the book, and a book that is shorter."""
    monkeypatch.delenv("RNNVIZ_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(timemachine, "SHA256", hashlib.sha256(BOOK).hexdigest())
    return tmp_path


def served(monkeypatch: pytest.MonkeyPatch, opener: FakeOpener) -> None:
    monkeypatch.setattr(download, "https_opener", lambda: opener)


def test_without_the_file_one_is_told_what_to_do(nowhere: Path) -> None:
    with pytest.raises(ValueError, match=r"--download.*\$RNNVIZ_DATA.*`text`.*`brackets`"):
        TimeMachine().text()


def test_white_space_is_collapsed_and_the_rest_kept(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNVIZ_DATA", str(nowhere))
    (nowhere / "timemachine.txt").write_bytes(BOOK)
    assert TimeMachine().text() == "The Time Machine, by H. G. Wells"
    assert list(TimeMachine().fetch()) == []


def test_another_file_of_that_name_is_refused(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNVIZ_DATA", str(nowhere))
    (nowhere / "timemachine.txt").write_bytes(b"The War of the Worlds")
    with pytest.raises(ValueError, match="is not d2l's file"):
        TimeMachine().text()


@pytest.mark.parametrize("length", [None, "", "abc"])
def test_a_download_tells_how_far_it_is_and_stays(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, length: str | None
) -> None:
    served(monkeypatch, FakeOpener(length=length))
    monkeypatch.setattr(download, "BLOCK", 10)
    seen = list(TimeMachine().fetch())
    assert [done for done, _ in seen] == [10, 20, 30, len(BOOK)]
    assert all(done <= total for done, total in seen)
    assert [path.name for path in cache_folder().iterdir()] == ["timemachine.txt"]
    assert TimeMachine().text().startswith("The Time Machine")


@pytest.mark.parametrize(
    ("opener", "sentence"),
    [
        (FakeOpener(error=URLError("no route to host")), "could not be downloaded: no route to host"),
        (FakeOpener(error=TimeoutError("timed out")), "could not be downloaded: timed out"),
        (FakeOpener(body=b"<html>sign in</html>"), "is not the file that is wanted"),
        (FakeOpener(body=BOOK[:-1]), "is not the file that is wanted"),
        (FakeOpener(body=b"x" * (2 << 20), length=""), "larger than the 1,048,576 bytes"),
    ],
)
def test_a_download_that_fails_leaves_nothing(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, opener: FakeOpener, sentence: str
) -> None:
    served(monkeypatch, opener)
    with pytest.raises(ValueError, match=sentence):
        list(TimeMachine().fetch())
    assert not cache_folder().exists()


class Redirects(BaseHandler):
    """Sends everybody from https to http."""

    def https_open(self, request: Any) -> Any:
        headers = Message()
        headers["Location"] = "http://127.0.0.1:1/timemachine.txt"
        answer = addinfourl(io.BytesIO(b""), headers, request.full_url, 302)
        answer.msg = "Found"  # type: ignore[attr-defined]
        return answer


def test_a_redirect_away_from_https_is_refused(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opener = https_opener()
    redirects = Redirects()
    redirects.handler_order = 1
    opener.add_handler(redirects)
    monkeypatch.setattr(download, "https_opener", lambda: opener)
    with pytest.raises(ValueError, match="unknown url type: http"):
        list(TimeMachine().fetch())


def test_the_cache_is_where_the_system_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path.home() / ".cache" / "rnnviz"
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/tmp/caches")
    assert cache_folder() == Path("/var/tmp/caches/rnnviz")


def test_the_letters_of_the_article_are_27(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = b"The Time Machine, by H. G. Wells [1898]\n\n\nI\n"
    (nowhere / timemachine.FILE).write_bytes(book)
    monkeypatch.setenv("RNNVIZ_DATA", str(nowhere))
    monkeypatch.setattr(timemachine, "SHA256", hashlib.sha256(book).hexdigest())
    assert TimeMachine(letters="a-z").text() == "the time machine by h g wells i"
    with pytest.raises(ValueError, match="letters is all or a-z"):
        TimeMachine(letters="A-Z")
