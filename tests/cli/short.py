"""A run of a moment at the command line."""

import pytest

from rnnviz.cli import main

SHORT = [
    f"--{option}"
    for option in (
        "hidden=6",
        "steps=4",
        "batch=4",
        "length=5",
        "characters=400",
        "evaluate-every=2",
        "log-every=2",
    )
]


def wrong(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence that a wrong command is answered with."""
    try:
        status: object = main(argv)
    except SystemExit as end:
        status = end.code
    captured = capsys.readouterr()
    assert status == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("rnnviz: ")
    return captured.err
