"""What a card says of each kind of model."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from rnnviz.cli.commands import parser
from rnnviz.settings import OF_TRANSFORMERS, Settings
from rnnviz.tasks.base import Task
from rnnviz.tasks.dates import Dates
from rnnviz.tasks.reverse import Reverse
from rnnviz.tasks.sentiment import Sentiment
from rnnviz.training.card import card, command
from rnnviz.training.events import Finished

END = Finished(4, 2, 0.5, 0.25, 300, {"l0.h": 0.9}, ("It holds to 13 letters.",), 0.4)
PAIRS = Reverse(letters=5)
CARDS: dict[str, tuple[Task, dict[str, Any], str, str]] = {
    "looking": (
        PAIRS,
        {"cell": "gru", "directions": 2},
        "A GRU with 1 layer of 8 units, read forwards and backwards; what it has read another one writes "
        "down, with dot attention. What it learned: Backwards.",
        'trace["attn.weights"].values    # (steps written, steps read)',
    ),
    "not looking": (
        PAIRS,
        {"cell": "lstm", "attention": "none"},
        "An LSTM with 1 layer of 8 units; what it has read another one writes down, without attention. ",
        'trace["dec.l0.h"].values    # (steps written, units)',
    ),
    "transformer": (
        Dates("Greek"),
        {"cell": "transformer", "layers": 2, "directions": 2},
        "A transformer with 2 layers of 8 units on each side: one reads, the other writes and looks at all "
        "that was read. What it learned: Dates",
        'trace["dec.l0.cross.weights"].values    # (heads, steps written, steps read)',
    ),
    "judge": (
        Sentiment("english", 1000),
        {"cell": "transformer", "layers": 2, "directions": 2},
        "A transformer with 2 layers of 8 units. What it learned: Praise",
        'trace["l0.attn.weights"].values    # (heads, steps, steps)',
    ),
}


@pytest.mark.parametrize("name", CARDS)
def test_it_says_what_reads_and_what_writes(name: str, tmp_path: Path) -> None:
    task, settings, what, use = CARDS[name]
    told = card(tmp_path / name, task.problem(), Settings(hidden=8, **settings), END, {"kind": "pairs"})
    assert told.startswith(f"# {name}\n\n{what}")
    assert told.rstrip().endswith(use)
    assert "- It holds to 13 letters." in told


@pytest.mark.parametrize("name", CARDS)
def test_its_command_names_what_does_something_and_makes_the_same_again(name: str, tmp_path: Path) -> None:
    task, changes, *_ = CARDS[name]
    settings = Settings(hidden=8, **changes)
    said = command(tmp_path / name, task, settings)
    transforms = settings.cell == "transformer"
    for option in OF_TRANSFORMERS:
        assert (f"--{option} " in said) == transforms, option
    for option in ("directions", "input", "embedding"):
        assert (f"--{option} " in said) != transforms, option
    assert ("--attention " in said) == (not transforms and task is PAIRS)
    words = shlex.split(said.replace("\\\n", " "))[3:]
    given = vars(parser().parse_args(words))
    again = Settings(
        **{**task.defaults, **{key: given[key] for key in given if key in Settings.__dataclass_fields__}}
    )
    assert again.of_training() == settings.of_training()
