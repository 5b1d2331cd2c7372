"""What a log of events tells of a run: as it was written at first, as it is written now, damaged, hostile."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from rnnviz import results
from rnnviz.results import Results, read_results
from rnnviz.training.events import Evaluated, Finished, Halted, Stepped, to_line

OLD = {
    "kind": "finished",
    "held_out": 4.2,
    "perplexity": 3.1,
    "ranges": {"l0.c": 10.5},
    "findings": ["It counts."],
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def finished(held_out: float, trained: float, **more: Any) -> str:
    return to_line(Finished(9, 8, held_out, trained, 100, **more))


def evaluated(step: int, held_out: float, best: bool, **sample: Any) -> str:
    return to_line(Evaluated(step, held_out, best, sample, 1.0))


def test_a_finished_run_of_today(log: Path) -> None:
    log.write_text(finished(0.75, 0.875, ranges={"l0.h": 0.5}, findings=("It counts.",)))
    assert read_results(log, "accuracy") == Results(0.75, 0.875, {"l0.h": 0.5}, ("It counts.",))


def test_a_finished_run_of_old(log: Path) -> None:
    log.write_text(json.dumps(OLD))
    assert read_results(log) == Results(4.2, 3.1, {"l0.c": 10.5}, ("It counts.",))


def test_a_run_that_goes_on_or_was_halted_has_its_best_so_far(log: Path) -> None:
    lines = [evaluated(0, 9.0, True), evaluated(5, 4.0, True), evaluated(6, 5.0, False)]
    log.write_text("".join(lines) + to_line(Halted(7, "The loss is nan", [1.0], 2.0)) + '{"kind": "st')
    assert read_results(log) == Results(held_out=4.0)


def test_a_finished_run_that_was_continued(log: Path) -> None:
    log.write_text(finished(4.0, 3.0) + evaluated(12, 5.0, False))
    assert read_results(log).trained == 3.0
    log.write_text(finished(4.0, 3.0) + evaluated(12, 3.5, True))
    assert read_results(log) == Results(held_out=3.5)


@pytest.mark.parametrize(
    ("metric", "value", "told"),
    [
        ("perplexity", 1, 1.0), ("perplexity", 0.5, None), ("perplexity", "4", None), ("error", None, None),
        ("accuracy", 0, 0.0), ("accuracy", 1.0, 1.0), ("accuracy", 1.01, None), ("accuracy", True, None),
        ("error", 0.0, 0.0), ("error", 1e30, 1e30), ("error", -1e-9, None), ("error", 10**400, None),
        ("error", [1], None),
    ],
)  # fmt: skip
def test_a_value_that_the_metric_cannot_have_is_none(log: Path, metric: str, value: Any, told: Any) -> None:
    log.write_text(json.dumps({"kind": "finished", "held_out": value, "trained": value}))
    assert read_results(log, metric) == Results(told, told)


def test_numbers_that_are_none(log: Path) -> None:
    log.write_text(
        '{"kind": "finished", "held_out": NaN, "trained": Infinity, "ranges": {"a": NaN, "b": -1, "c": 0}}'
    )
    assert read_results(log, "error") == Results()


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 16])
def test_it_makes_no_difference_in_which_pieces_it_is_read(
    log: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "BLOCK", size)
    lines = [evaluated(0, 9.0, True, text="x" * 50), evaluated(5, 4.5, True, text="跳过 \n") + "\n[]\n\n{\n"]
    steps = [to_line(Stepped(step, 2.0, 9.0, 1.0, 1.0, 0.1, 1e3, 1.0)) for step in range(9)]
    log.write_text("".join([*lines, *steps]))
    assert read_results(log) == Results(held_out=4.5)
    log.write_text(lines[0])
    assert read_results(log) == Results(held_out=9.0)


def test_only_the_end_of_a_long_log_is_read(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a page can ask for each key that is typed."""
    log.write_text("".join(evaluated(step, 5.0, True) for step in range(5000)))
    reads = []
    right = results._event
    monkeypatch.setattr(results, "_event", lambda line: reads.append(line) or right(line))
    assert read_results(log) == Results(held_out=5.0)
    assert len(reads) <= 2


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{", b"\xff\n[]\n7\n", b"[" * 100_000, b"\0" * 1000, b"9" * 5000]
)
def test_what_is_no_event_is_passed_over(log: Path, content: bytes) -> None:
    log.write_bytes(content)
    assert read_results(log) == Results()
    log.write_bytes(evaluated(0, 9.0, True).encode() + content)
    assert read_results(log) == Results(held_out=9.0)


def test_one_endless_line_does_not_take_endless_time(log: Path) -> None:
    log.write_bytes(evaluated(0, 9.0, True).encode() + b"x" * (9 << 20))
    assert read_results(log) == Results(held_out=9.0)


def test_a_log_that_is_no_file(tmp_path: Path) -> None:
    assert read_results(tmp_path / "none") == Results()
    assert read_results(tmp_path) == Results()
    os.mkfifo(tmp_path / "pipe")
    assert read_results(tmp_path / "pipe") == Results()


def test_a_log_beyond_all_bounds(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MOST_BYTES", 1000)
    log.write_text(evaluated(0, 9.0, True) * 20)
    assert read_results(log) == Results()
