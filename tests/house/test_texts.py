"""Files that people edit: not too long, what they look like, and finished."""

import re
from pathlib import Path

from tests.house.reading import ROOT


def texts() -> list[Path]:
    """Every text file that people edit."""
    kinds = {".py", ".js", ".css", ".md", ".toml", ".txt", ".json", ""}
    folders = ["rnnviz", "pages", "tests", "scripts", ".ci", ".streamlit", "checkpoints", "benchmarks"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*")] + list(ROOT.iterdir())
    kept = [
        path for path in files if path.is_file() and path.suffix in kinds and "__pycache__" not in path.parts
    ]
    return [path for path in kept if path.name != ".DS_Store"]


def test_no_file_of_the_package_is_long():
    ours = [p for p in texts() if p.suffix in {".py", ".js", ".css"} and "tests" not in p.parts]
    lengths = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in ours}
    assert len(lengths) > 20
    long = {name: lines for name, lines in lengths.items() if lines > 300}
    assert not long, f"longer than 300 lines, so probably about two things: {long}"


INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b-\x1f]")
LEFT_BEHIND = re.compile(r"^(<{7}|={7}|>{7})( |$)|\b(TODO|FIXME|XXX)\b", re.MULTILINE)


def test_text_is_what_it_looks_like():
    """No invisible or direction-changing character, which would let code read otherwise than it runs."""
    for path in texts():
        text = path.read_text(encoding="utf-8")
        found = INVISIBLE.search(text)
        assert not found, f"{path.relative_to(ROOT)} has the character {found.group()!a}"


def test_nothing_was_left_behind():
    for path in texts():
        if path == Path(__file__) or path.suffix == ".json":
            continue
        found = LEFT_BEHIND.search(path.read_text(encoding="utf-8"))
        assert not found, f"{path.relative_to(ROOT)} has {found.group()!r}"
