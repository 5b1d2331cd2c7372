"""Working on a run: a training is drained into the folder, and answers what is asked of it."""

import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import torch
from filelock import BaseFileLock, Timeout
from safetensors.torch import save

from rnnviz.files import replace_whole
from rnnviz.tasks.base import Problem
from rnnviz.training.card import card
from rnnviz.training.control import CHANGE, STOP, Control
from rnnviz.training.events import Evaluated, Event, Finished, Halted, Kept, to_line
from rnnviz.training.film import name_of
from rnnviz.training.loop import Training
from rnnviz.training.run import CARD, CONFIG, EVENTS, MODEL, STATE, STEPS, VOCABULARY, Run
from rnnviz.training.state import load_state, save_state, settings_of
from rnnviz.training.status import BEAT, lock_of, write_status
from rnnviz.weights import read_weights

PATIENCE = 1.0  # seconds in which a reader's look at the lock is over


def work(folder: Path, device: str = "cpu") -> Iterator[Event]:
    """Starts a run, or goes on with it, and yields its events, each after it was written down.

    Raises ValueError at once for settings or data that cannot be trained, a damaged state, a run that another
    worker is at; and OSError where the folder cannot be written. The run's status says so too.
    """
    if not (folder / CONFIG).is_file():
        raise ValueError(f"{folder} is no run: it has no {CONFIG}.")
    lock = lock_of(folder)
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout:
        raise ValueError(f"{folder.name} is being worked on by another process.") from None
    try:
        writer = _Writer(folder, device)
    except BaseException as error:
        if isinstance(error, ValueError | OSError | MemoryError | RuntimeError):
            write_status(folder, "halted", reason=_sentence(error))
        lock.release()
        raise
    return writer.events(lock)


class _Writer:
    """One worker's work on one run."""

    def __init__(self, folder: Path, device: str) -> None:
        self.folder, self.run = folder, Run(folder)
        write_status(folder, "running", steps=self.run.settings.steps)
        begun = (folder / STATE).exists()
        settings = settings_of(folder / STATE) if begun else self.run.settings
        self.problem: Problem = self.run.task.problem()
        self.training = Training(self.problem, settings, checked_device(device))
        (folder / STEPS).mkdir(exist_ok=True)
        for left in folder.glob(".*.tmp"):  # what a killed worker left behind
            left.unlink(missing_ok=True)
        if begun:
            self._go_on()
        else:
            self._begin()
        self.saved = self.training.progress.step
        self.beaten = time.monotonic()

    def _begin(self) -> None:
        """The first words of a new run; of a fork, the weights that it goes on from."""
        model: torch.nn.Module = self.training.model
        forked = self.run.config.get("fork")
        if forked:
            step = int(forked["step"])
            wanted = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
            model.load_state_dict(read_weights(self.folder / STEPS / name_of(step), wanted))
            self.training.progress.step = self.training.progress.logged = step
        self.run.write_config(model=self.training.model.config, task=self.problem.describe())
        if self.problem.vocabulary:
            self.problem.vocabulary.save(self.folder / VOCABULARY)
        (self.folder / EVENTS).write_bytes(b"")
        self.control = Control(self.folder)
        self.log = (self.folder / EVENTS).open("ab")
        self._save()

    def _go_on(self) -> None:
        """Everything as it was when the run was saved; what was written after that will be written again."""
        place = load_state(self.training, self.folder / STATE)
        model = self.folder / MODEL
        if model.exists():
            wanted = {name: tuple(w.shape) for name, w in self.training.model.state_dict().items()}
            weights = read_weights(model, wanted)
            self.training.best_weights = {name: w.to(self.training.device) for name, w in weights.items()}
        elif self.training.progress.best is not None:
            raise ValueError(f"{MODEL} is missing: the best weights so far were in it.")
        size = (self.folder / EVENTS).stat().st_size if (self.folder / EVENTS).exists() else 0
        if size < place["log"]:
            raise ValueError(f"{EVENTS} is shorter than it was when the run was saved: it is damaged.")
        os.truncate(self.folder / EVENTS, place["log"])
        self.control = Control(self.folder, place["control"])
        self.log = (self.folder / EVENTS).open("ab")

    def events(self, lock: BaseFileLock) -> Iterator[Event]:
        """Works until the end, or until asked to stop; whatever happens, the run's status says what."""
        try:
            yield from self._drained()
        except (ValueError, OSError, MemoryError, RuntimeError) as error:
            self._end("halted", _sentence(error), save=False)
            raise
        except BaseException:  # the terminal's Ctrl-C, or a reader that has had enough
            self._end("stopped", "It was interrupted.", save=False)
            raise
        finally:
            self.log.close()
            lock.release()

    def _drained(self) -> Iterator[Event]:
        best: Evaluated | None = None
        for event in self.training.events():
            if event is None:
                ended = yield from self._between_steps()
                if ended:
                    return
                continue
            if isinstance(event, Kept):
                self._keep(event.step)
            if isinstance(event, Evaluated) and event.best:
                best = event
                self._save_weights(self.folder / MODEL, self.training.best_weights)
            if isinstance(event, Finished):
                text = card(self.folder, self.problem, self.training.settings, event, best)
                replace_whole(self.folder / CARD, text.encode("utf-8", "replace"))
            self._write(event)
            yield event
            if isinstance(event, Halted):
                self._end("halted", event.reason)
                return
        self._end("finished")

    def _between_steps(self) -> Generator[Event, None, bool]:
        """Answers what is asked; returns whether the work is over for now."""
        training, progress = self.training, self.training.progress
        for what, settings in self.control.news():
            if what == CHANGE:
                try:
                    event = training.change(**settings)
                except (ValueError, TypeError):
                    continue  # whoever asked was told when asking
                self._write(event)
                self.run.write_config(train=training.settings.of_training())
                self._save()
                yield event
            else:
                self._end("stopped" if what == STOP else "paused")
                return True
        if training.seconds() > training.settings.minutes * 60 and progress.step < training.settings.steps:
            limit = f"{training.settings.minutes:g} minutes of work are over"
            self._end("stopped", f"{limit}: it can go on with a higher limit.")
            return True
        if progress.step != self.saved and progress.step % training.settings.save_every == 0:
            self._save()
        if time.monotonic() - self.beaten > BEAT:
            self.beaten = time.monotonic()
            self._say("running", durable=False)
        return False

    def _write(self, event: Event) -> None:
        self.log.write(to_line(event).encode("ascii"))
        self.log.flush()

    def _save(self) -> None:
        """What a resume reads; the log is on the disk before the state that counts its length."""
        os.fsync(self.log.fileno())
        place = {"log": self.log.tell(), "control": self.control.place}
        save_state(self.training, self.folder / STATE, place)
        self.saved = self.training.progress.step

    def _end(self, state: str, reason: str = "", save: bool = True) -> None:
        if save:
            self._save()
        self._say(state, reason=reason)

    def _say(self, state: str, durable: bool = True, reason: str = "") -> None:
        progress = self.training.progress
        write_status(
            self.folder, state, durable,
            step=progress.step, steps=self.training.settings.steps, seconds=progress.seconds, reason=reason,
        )  # fmt: skip

    def _keep(self, step: int) -> None:
        self._save_weights(self.folder / STEPS / name_of(step), self.training.model.state_dict())

    def _save_weights(self, path: Path, weights: dict[str, torch.Tensor]) -> None:
        plain = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
        replace_whole(path, save(plain))


def checked_device(device: str) -> torch.device:
    """A device that is there. Raises ValueError for another."""
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(f"The device {device!r} cannot be used: {reason}.") from None
    return chosen


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError):
        return f"The run could not be written: {error.strerror or error}. What was saved before is whole."
    if isinstance(error, MemoryError):
        return "There is not enough memory for a model of this size."
    return str(error).splitlines()[0][:500] if str(error) else type(error).__name__
