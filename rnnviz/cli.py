"""rnnviz at the command line: `python -m rnnviz train | resume | worker | list | sample | trace`."""

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, NoReturn, TextIO

from rnnviz import __version__
from rnnviz.folders import runs_folder
from rnnviz.settings import CHANGEABLE, Settings
from rnnviz.tasks import TASKS
from rnnviz.tasks.base import Task

HALTED, WRONG, INTERRUPTED = 1, 2, 130
OUTPUTS = (".npz", ".csv", ".html")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit status. What is wrong is told in one sentence, on stderr."""
    for stream in (sys.stdout, sys.stderr):  # a terminal need not know every character of a text
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.command(arguments))
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except (ValueError, OSError) as error:
        _tell(sys.stderr, f"rnnviz: {error}")
        return WRONG


def train(arguments: argparse.Namespace) -> int:
    """Trains a model on a task, into a folder, with a bar to watch."""
    from rnnviz.training.run import create
    from rnnviz.training.work import checked_device, work

    given = vars(arguments)
    chosen = TASKS[arguments.task]
    preset = chosen.presets[arguments.preset] if given.get("preset") else {}
    wanted = {**chosen.defaults, **preset, **given}
    task = chosen(**{f.name: wanted[f.name] for f in _options(chosen) if f.name in wanted})
    settings = Settings(**{f.name: wanted[f.name] for f in fields(Settings) if f.name in wanted})
    folder = arguments.run or runs_folder() / f"{task.name}-{settings.cell}"
    checked_device(arguments.device)
    if given.get("download"):
        _fetch(task)
    task.problem().batches(settings, checked_device("cpu"))  # what cannot be trained makes no folder
    create(folder, task, settings, arguments.overwrite)
    return _watched(folder, lambda: work(folder, arguments.device))


def resume(arguments: argparse.Namespace) -> int:
    """Goes on with a run that was paused, stopped or killed; or with a finished one, for more steps."""
    from rnnviz.training.control import RESUME, ask
    from rnnviz.training.queue import change
    from rnnviz.training.run import Run
    from rnnviz.training.work import work

    folder: Path = arguments.folder
    Run(folder)  # what is no run is told before anything is written to it
    changes = {name: given for name in CHANGEABLE if (given := getattr(arguments, name, None)) is not None}
    change(folder, **changes)
    ask(folder, RESUME)
    return _watched(folder, lambda: work(folder, arguments.device))


def worker(arguments: argparse.Namespace) -> int:
    """Waits for a run that is queued in a folder of runs, and works on it; the app starts these itself."""
    from rnnviz.training.worker import serve

    serve(arguments.runs)
    return 0


def _watched(folder: Path, begin: Callable[[], Iterator[Any]]) -> int:
    """Works on a run, with a bar to watch, and says in the end what became of it."""
    from tqdm import tqdm

    from rnnviz.training.events import Changed, Evaluated, Finished, Halted, Stepped
    from rnnviz.training.interrupt import stopped_when_interrupted
    from rnnviz.training.run import Run
    from rnnviz.training.status import last_said

    again = f"python -m rnnviz resume {shlex.quote(str(folder))}"
    stopping = f"\nStopping; `{again}` goes on with it. Ctrl-C again ends it at once."
    last: Any = None
    with stopped_when_interrupted(folder, lambda: print(stopping, file=sys.stderr)) as interrupts:
        events = begin()
        metric, now = Run(folder).config["task"]["metric"], last_said(folder)
        with tqdm(initial=now.step, total=now.steps, unit="step", dynamic_ncols=True) as bar:
            for last in events:
                if isinstance(last, Stepped):
                    bar.set_postfix_str(f"loss {last.loss:.3f}", refresh=False)
                    bar.update(last.step - bar.n)
                if isinstance(last, Evaluated):
                    bar.set_description(f"held-out {metric} {last.held_out:.4g}")
                if isinstance(last, Changed) and "steps" in last.settings:
                    bar.total = last.settings["steps"]
    if isinstance(last, Halted):
        _tell(sys.stderr, f"rnnviz: {last.reason}")
        return HALTED
    if isinstance(last, Finished):
        reached = f"held-out {metric} {last.held_out:.4g}, on what it learned from {last.trained:.4g}"
        _tell(
            sys.stdout,
            f"{folder}: {reached}; {last.parameters:,} parameters, best at step {last.best_step:,}.",
        )
        return 0
    now = last_said(folder)
    _tell(sys.stdout, f"{folder}: {now.state} at step {now.step:,}. {now.reason}".rstrip())
    return INTERRUPTED if interrupts else 0


def catalogue(arguments: argparse.Namespace) -> int:
    """Lists the trained models; the broken ones with what is wrong."""
    from rnnviz.checkpoints import catalogue, folders

    entries = catalogue()
    if not entries:
        _tell(sys.stdout, f"There are no trained models in {' or '.join(map(str, folders()))}.")
        return 0
    rows = [("name", "parameters", "measure", "held-out", "training", "what")]
    for entry in entries:
        if entry.error:
            rows.append((entry.name, "", "", "", "", f"broken: {entry.error}"))
        else:
            reached = (entry.metric, _four(entry.held_out), _four(entry.trained))
            rows.append((entry.name, f"{entry.parameters:,}", *reached, entry.title))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for name, *numbers, what in rows:
        right = [text.rjust(width) for text, width in zip(numbers, widths[1:], strict=True)]
        _tell(sys.stdout, "  ".join([name.ljust(widths[0]), *right, what]))
    return 0


def sample(arguments: argparse.Namespace) -> int:
    """Lets a model go on writing."""
    from itertools import islice

    from rnnviz.checkpoints import load
    from rnnviz.models.sampling import generate

    if arguments.length < 0:
        raise ValueError(f"The length is at least 0, not {arguments.length}.")
    model = load(arguments.checkpoint)
    written = generate(model, arguments.prefix, arguments.temperature, arguments.top_k, arguments.seed)
    sys.stdout.write(arguments.prefix)
    for character in islice(written, arguments.length):
        sys.stdout.write(character)
        sys.stdout.flush()
    sys.stdout.write("\n")
    return 0


def trace(arguments: argparse.Namespace) -> int:
    """Lets a model read a text and writes down every number."""
    path: Path = arguments.output
    if path.suffix.lower() not in OUTPUTS:
        raise ValueError(f"A trace is written as {', '.join(OUTPUTS)}; {path.name!r} is none of these.")
    from rnnviz.checkpoints import load
    from rnnviz.files import replace_whole
    from rnnviz.record import record

    result = record(load(arguments.checkpoint), arguments.text)
    if path.suffix.lower() == ".npz":
        result.save(path)
    elif path.suffix.lower() == ".csv":
        result.to_csv(path)
    else:
        from rnnviz.views.page import page

        replace_whole(path, page(result).encode("utf-8", "replace"))
    unknown = len(result.meta["unknown"])
    note = f" {unknown} of {len(result)} characters are unknown to this model." if unknown else ""
    _tell(sys.stdout, f"{path}: {len(result)} steps of {len(result.names)} quantities.{note}")
    return 0


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"rnnviz: {message[:1].upper()}{message[1:]} (see `{self.prog} --help`).\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m rnnviz", description="A microscope for recurrent networks.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"rnnviz {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

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
    reading.add_argument("-o", "--output", type=Path, required=True, help="a file: .npz, .csv or .html")
    return parser


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
    for option in _options(task):
        _option(parser, option, option.default)
    if task.fetch is not Task.fetch:
        parser.add_argument("--download", action="store_true", help="download the data, if it is not here")
    for setting in fields(Settings):
        if setting.name in task.offered:
            _option(parser, setting, task.defaults.get(setting.name, setting.default))
    if task.presets:
        parser.add_argument(
            "--preset", choices=list(task.presets), help="settings by name; options come on top"
        )
    parser.add_argument("--run", type=Path, default=None, help="folder to write to (runs/TASK-CELL)")
    parser.add_argument("--overwrite", action="store_true", help="replace a run that is in that folder")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (%(default)s)")


def _option(parser: argparse.ArgumentParser, field: Field[Any], default: Any) -> None:
    kind = field.type if field.type in (int, float) else str
    parser.add_argument(
        f"--{field.name.replace('_', '-')}",
        type=kind,
        default=argparse.SUPPRESS,
        choices=field.metadata.get("choices") or None,
        help=field.metadata["help"] + ("" if default is None else f" ({default})"),
    )


def _options(task: type[Task]) -> list[Field[Any]]:
    """The fields of a task that can be given at the command line."""
    return [field for field in fields(task) if field.metadata.get("kept", True)]


def _fetch(task: Task) -> None:
    from tqdm import tqdm

    with tqdm(unit="B", unit_scale=True, desc="download") as bar:
        for done, total in task.fetch():
            bar.total = total
            bar.update(done - bar.n)


def _four(value: float | None) -> str:
    """A number with four digits."""
    return "" if value is None else f"{value:.4g}"


def _tell(stream: TextIO, text: str) -> None:
    """One line, whatever characters a file name or a foreign config brings along."""
    print("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text), file=stream)
