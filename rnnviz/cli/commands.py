"""What can be asked for at the command line."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, NoReturn

from rnnviz import __version__
from rnnviz.cli.changing import ablate, whatif
from rnnviz.cli.examining import exam
from rnnviz.cli.explaining import explain
from rnnviz.cli.reading import catalogue, sample, trace
from rnnviz.cli.telling import WRONG
from rnnviz.cli.training import options_of, resume, train, worker
from rnnviz.settings import CHANGEABLE, Settings
from rnnviz.tasks import TASKS
from rnnviz.tasks.base import Task


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"rnnviz: {message[:1].upper()}{message[1:]} (see `{self.prog} --help`).\n")


def parser() -> argparse.ArgumentParser:
    """Everything that can be asked for at the command line; no torch is needed for that."""
    asked = Parser(
        prog="python -m rnnviz", description="A microscope for recurrent networks.", allow_abbrev=False
    )
    asked.add_argument("--version", action="version", version=f"rnnviz {__version__}")
    commands = asked.add_subparsers(title="commands", required=True, metavar="COMMAND")

    tasks = _command(commands, "train", train).add_subparsers(dest="task", required=True, metavar="TASK")
    for name, task in TASKS.items():
        _train_options(
            tasks.add_parser(name, help=task.title, description=task.look, allow_abbrev=False), task
        )

    going_on = _command(commands, "resume", resume)
    going_on.add_argument("folder", type=Path, help="the folder of a run")
    for name in CHANGEABLE:
        setting = next(field for field in fields(Settings) if field.name == name)
        kind = float if setting.type is float else int
        going_on.add_argument(
            f"--{name}", type=kind, default=None, help=f"{setting.metadata['help']}, from now on"
        )
    going_on.add_argument("--device", default="cpu", help="cpu or cuda (%(default)s)")

    serving = _command(commands, "worker", worker)
    serving.add_argument("runs", type=Path, help="a folder of runs")

    _command(commands, "list", catalogue)

    writing = _command(commands, "sample", sample)
    writing.add_argument("checkpoint", help="a name from the list, or the folder of a run")
    writing.add_argument("--prefix", default="", help="what the model reads first")
    writing.add_argument("--length", type=int, default=200, help="characters to write (%(default)s)")
    writing.add_argument("--temperature", type=float, default=1.0, help="0 takes the likeliest (%(default)s)")
    writing.add_argument("--top-k", type=int, default=None, help="draw from the k likeliest only")
    writing.add_argument("--seed", type=int, default=None, help="the same seed writes the same text")

    reading = _command(commands, "trace", trace)
    reading.add_argument("checkpoint", help="a name from the list, or the folder of a run")
    reading.add_argument("text", help="what the model reads")
    reading.add_argument(
        "--target", default=None, help="what is to be written, told to a model that writes what it has read"
    )
    reading.add_argument("-o", "--output", type=Path, required=True, help="a file: .npz, .csv or .html")

    taking_apart = _command(commands, "explain", explain)
    taking_apart.add_argument("checkpoint", help="a name from the list, or the folder of a run")
    taking_apart.add_argument("text", help="what the model reads")
    taking_apart.add_argument("--name", required=True, help="a quantity: l0.f, l1.h, out.logits, ...")
    taking_apart.add_argument("--step", type=int, default=-1, help="from 0 on; -1 is the last (%(default)s)")
    taking_apart.add_argument("--unit", type=int, default=0, help="from 0 on (%(default)s)")
    taking_apart.add_argument("--largest", type=int, default=10, help="products to show (%(default)s)")
    taking_apart.add_argument("--csv", type=Path, default=None, help="a file for all products")

    asking = _command(commands, "exam", exam)
    asking.add_argument(
        "checkpoints", nargs="+", metavar="checkpoint", help="names from the list, or folders of runs"
    )
    asking.add_argument("--count", type=int, default=1000, help="how much is asked, at most (%(default)s)")
    asking.add_argument("--seed", type=int, default=0, help="another one asks something else (%(default)s)")

    changing = _command(commands, "whatif", whatif)
    changing.add_argument("checkpoint", help="a name from the list, or the folder of a run")
    changing.add_argument("text", help="what the model reads")
    changing.add_argument(
        "-e", "--edit", action="append", default=[],
        help="such as 'l0.f[*]@3:10=0', 'l0.h[5]*=2', 'text@4=x', 'start=another text'; may be repeated",
    )  # fmt: skip
    changing.add_argument("--write", type=int, default=0, help="characters to write on (%(default)s)")
    changing.add_argument("--temperature", type=float, default=0.7, help="of the writing (%(default)s)")
    changing.add_argument("--seed", type=int, default=0, help="of the writing (%(default)s)")
    changing.add_argument("-o", "--output", type=Path, default=None, help="a file for the trace: .npz")

    killing = _command(commands, "ablate", ablate)
    killing.add_argument("checkpoint", help="a name from the list, or the folder of a run")
    killing.add_argument("text", help="what the model reads")
    killing.add_argument("--name", default="l0.h", help="what is held at 0: l0.h, l1.c, ... (%(default)s)")
    killing.add_argument("--largest", type=int, default=10, help="units to show (%(default)s)")
    return asked


def _command(
    commands: Any, name: str, function: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    about = function.__doc__ or ""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=about, description=about, allow_abbrev=False
    )
    parser.set_defaults(command=function)
    return parser


def _train_options(parser: argparse.ArgumentParser, task: type[Task]) -> None:
    """The options of a task, of the training settings, and of the run."""
    for option in options_of(task):
        _option(parser, option, option.default, task.choices(option))
    if task.fetch is not Task.fetch:
        parser.add_argument("--download", action="store_true", help="download the data, if it is not here")
    for setting in fields(Settings):
        if setting.name in task.offered:
            usual = task.defaults.get(setting.name, setting.default)
            _option(parser, setting, usual, task.choices(setting))
    if task.presets:
        parser.add_argument(
            "--preset", choices=list(task.presets), help="settings by name; options come on top"
        )
    parser.add_argument("--run", type=Path, default=None, help="folder to write to (runs/TASK-CELL)")
    parser.add_argument("--overwrite", action="store_true", help="replace a run that is in that folder")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (%(default)s)")


def _option(parser: argparse.ArgumentParser, field: Field[Any], default: Any, choices: Sequence[Any]) -> None:
    kind = field.type if field.type in (int, float) else str
    parser.add_argument(
        f"--{field.name.replace('_', '-')}",
        type=kind,
        default=argparse.SUPPRESS,
        choices=choices or None,
        help=field.metadata["help"] + ("" if default is None else f" ({default})"),
    )
