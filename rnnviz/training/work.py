"""Working on a run: a training is drained into the folder, and answers what is asked of it."""

import json
import os
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, Timeout
from safetensors.torch import save
from torch import Tensor

from rnnviz.files import is_temporary, replace_whole
from rnnviz.tasks.base import Problem
from rnnviz.training import tickets
from rnnviz.training.card import card
from rnnviz.training.control import CHANGE, STOP, Control
from rnnviz.training.events import Evaluated, Event, Finished, Halted, Kept, to_line
from rnnviz.training.film import name_of
from rnnviz.training.loop import Training
from rnnviz.training.run import CARD, CONFIG, EVENTS, MODEL, STATE, STEPS, VOCABULARY, Run
from rnnviz.training.state import Saved, read_state, restore, save_state
from rnnviz.training.status import BEAT, Status, last_said, lock_of, say
from rnnviz.training.trouble import checked_device, sentence
from rnnviz.weights import MOST_BYTES, read_weights, shapes_only

PATIENCE = 1.0  # seconds in which a reader's look at the lock is over
INTERRUPTED = "It was interrupted."


def work(folder: Path, device: str = "cpu", lock: BaseFileLock | None = None) -> Iterator[Event]:
    """Starts a run, or goes on with it, and yields its events, each after it was written down.

    lock: the run's, where the caller holds it already; it is let go of in the end. Raises ValueError at once
    for settings or data that cannot be trained, a damaged state, a run that another worker is at; and OSError
    where the folder cannot be written. The run's status says so too.
    """
    lock = lock or _locked(folder)
    try:
        before = last_said(folder)
        say(folder, replace(before, state="running", reason=""))
        tickets.tear(folder)
        try:
            writer = _Writer(folder, device)
        except Exception as error:
            say(folder, replace(before, state="halted", reason=sentence(error)))
            raise
        except BaseException:
            say(folder, replace(before, state="stopped", reason=INTERRUPTED))
            raise
    except BaseException:
        lock.release()
        raise
    return writer.events(lock)


class _Writer:
    """One worker's work on one run."""

    def __init__(self, folder: Path, device: str) -> None:
        self.folder, self.run = folder, Run(folder)
        for left in (*folder.iterdir(), *(folder / STEPS).glob("*")):
            if is_temporary(left.name):  # what a killed worker left behind
                left.unlink(missing_ok=True)
        saved = read_state(folder / STATE) if (folder / STATE).exists() else None
        settings = saved.settings if saved else self.run.settings
        self.problem: Problem = self.run.task.problem()
        if saved:
            self._check_data()
        self._check_size(settings)
        self.training = Training(self.problem, settings, checked_device(device))
        (folder / STEPS).mkdir(exist_ok=True)
        if saved:
            self._go_on(saved)
        else:
            self._begin()
        self.beaten = time.monotonic()

    def _begin(self) -> None:
        """The first words of a new run; of a fork, the weights that it goes on from."""
        forked = self.run.config.get("fork")
        if forked:
            step, model = int(forked["step"]), self.training.model
            wanted = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
            self.training.fork(step, read_weights(self.folder / STEPS / name_of(step), wanted))
        self.run.write_config(model=self.training.model.config, task=self.problem.describe())
        if self.problem.vocabulary:
            self.problem.vocabulary.save(self.folder / VOCABULARY)
        self.control = Control(self.folder)
        self.log = (self.folder / EVENTS).open("wb")
        self._save()

    def _go_on(self, saved: Saved) -> None:
        """Everything as it was when the run was saved; what was written after that will be written again."""
        restore(self.training, saved)
        if self.training.best_weights:
            self._save_weights(self.folder / MODEL, self.training.best_weights)
        else:
            (self.folder / MODEL).unlink(missing_ok=True)
        for kept in (self.folder / STEPS).glob("*.safetensors"):
            if kept.stem.isdecimal() and int(kept.stem) > saved.progress.step:
                kept.unlink()
        log = self.folder / EVENTS
        if (log.stat().st_size if log.exists() else 0) < saved.place["log"]:
            raise ValueError(f"{EVENTS} is shorter than it was when the run was saved: it is damaged.")
        os.truncate(log, saved.place["log"])
        self.control = Control(self.folder, saved.place["control"])
        self.log = log.open("ab")
        self.saved = saved.progress.step

    def _check_data(self) -> None:
        """Raises ValueError where a run would go on with other data than it began with."""
        before, now = self.run.config["task"], json.loads(json.dumps(self.problem.describe()))
        changed = [name for name, value in now.items() if name in before and before[name] != value]
        if changed:
            raise ValueError(f"The data are not those that the run began with: {changed[0]} is another one.")

    def _check_size(self, settings: Any) -> None:
        """Raises ValueError for a model whose weights nobody would read again, before memory is taken."""
        with shapes_only():
            size = sum(weight.nbytes for weight in self.problem.model(settings).parameters())
        if size > MOST_BYTES:
            raise ValueError(
                f"A model of these settings has {size // 4:,} weights; {MOST_BYTES // 4:,} are the most: "
                "choose fewer units or layers."
            )

    def events(self, lock: BaseFileLock) -> Iterator[Event]:
        """Works until the end, or until asked to stop; whatever happens, the run's status says what."""
        try:
            yield from self._drained()
        except Exception as error:
            self._say("halted", reason=sentence(error))
            raise
        except BaseException:  # the terminal's Ctrl-C, or a reader that has had enough
            self._say("stopped", reason=INTERRUPTED)
            raise
        finally:
            with suppress(OSError):  # what could not be written is tried once more, and said already
                self.log.close()
            lock.release()

    def _drained(self) -> Iterator[Event]:
        for event in self.training.events():
            if event is None:
                ended = yield from self._between_steps()
                if ended:
                    return
                continue
            if isinstance(event, Kept):
                self._save_weights(
                    self.folder / STEPS / name_of(event.step), self.training.model.state_dict()
                )
            if isinstance(event, Evaluated) and event.best:
                self._save_weights(self.folder / MODEL, self.training.best_weights)
            if isinstance(event, Finished):
                self._write_card(event)
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

    def _write_card(self, end: Finished) -> None:
        model = self.training.best_model()
        forked = self.run.config.get("fork")
        turns = [f"It went on from step {forked['step']} of {forked['of']}."] if forked else []
        if self.training.progress.changes:
            turns.append("Settings were changed on the way, as `events.jsonl` tells.")
        sample = self.problem.sample(model)
        text = card(self.folder, self.problem, self.training.settings, end, sample, turns)
        replace_whole(self.folder / CARD, text.encode("utf-8", "replace"))

    def _save(self) -> None:
        """What a resume reads; the log is on the disk before the state that counts its length."""
        os.fsync(self.log.fileno())
        place = {"log": self.log.tell(), "control": self.control.place}
        save_state(self.training, self.folder / STATE, place)
        self.saved = self.training.progress.step

    def _end(self, state: str, reason: str = "") -> None:
        self._save()
        self._say(state, reason=reason)

    def _say(self, state: str, durable: bool = True, reason: str = "") -> None:
        progress, steps = self.training.progress, self.training.settings.steps
        status = Status(state, progress.step, steps, reason, seconds=progress.seconds)
        say(self.folder, status, durable)

    def _save_weights(self, path: Path, weights: dict[str, Tensor]) -> None:
        plain = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
        replace_whole(path, save(plain))


def _locked(folder: Path) -> BaseFileLock:
    """The lock of a run, held. Raises ValueError where somebody else has it, or there is no run."""
    if not (folder / CONFIG).is_file():
        raise ValueError(f"{folder} is no run: it has no {CONFIG}.")
    lock = lock_of(folder)
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout:
        raise ValueError(f"{folder.name} is being worked on by another process.") from None
    return lock
