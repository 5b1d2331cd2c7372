"""Runs on the Train page: what is asked of them, how they are compared, what becomes of damaged ones."""

import csv
import io
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.folders import shipped_folder
from rnnviz.training import queue, tail, tickets
from rnnviz.training.run import Run
from rnnviz.training.status import Status, lock_of, say, status_of
from rnnviz.ui import results
from tests.ui.train.working import points, train
from tests.ui.visiting import checked, field, panel, said


def test_pause_takes_a_run_that_waits_out_of_the_queue(started: AppTest, runs: Path) -> None:
    checked(started.button(key="pause").click().run())
    assert queue.waiting(runs) == []
    assert "is paused" in said(started)
    checked(started.button(key="resume").click().run())
    assert queue.waiting(runs) == ["hello-rnn"]


def test_stop_is_asked_of_a_run_that_is_at_work(started: AppTest, runs: Path) -> None:
    folder = runs / "hello-rnn"
    tickets.tear(folder)
    with lock_of(folder):
        say(folder, Status("running", step=2, steps=6))
        at = checked(started.run())
        assert "is learning" in said(at)
        checked(at.button(key="stop").click().run())
    asked = [json.loads(line)["do"] for line in (folder / "control.jsonl").read_text().splitlines()]
    assert asked[-1] == "stop"


def test_a_run_whose_worker_died_says_so_and_goes_on(started: AppTest, runs: Path) -> None:
    tickets.tear(runs / "hello-rnn")
    say(runs / "hello-rnn", Status("running", step=2, steps=6))
    at = checked(started.run())
    assert "has lost its worker" in said(at)
    assert "ended without a word" in said(at)
    checked(at.button(key="resume").click().run())
    train(runs / "hello-rnn")
    assert status_of(runs / "hello-rnn").state == "finished"


def test_a_finished_run_goes_on_for_more_steps(finished: AppTest, runs: Path) -> None:
    folder, at = runs / "hello-rnn", finished
    checked(at.number_input(key="steps_hello-rnn").set_value(9).run())
    checked(at.button(key="extend").click().run())
    train(folder)
    assert (status_of(folder).step, status_of(folder).state) == (9, "finished")


def test_a_fork_begins_at_a_kept_step(finished: AppTest, runs: Path) -> None:
    at = finished
    checked(at.selectbox(key="fork_hello-rnn").set_value(3).run())
    checked(at.button(key="fork").click().run())
    assert at.selectbox(key="run").value == "hello-rnn-2"
    train(runs / "hello-rnn-2")
    at = checked(at.run())
    assert panel(at, "film")["trained"] == [3, 4, 6]


def test_delete_deletes_that_run_only(started: AppTest, runs: Path) -> None:
    checked(started.button(key="pause").click().run())
    checked(started.button(key="start").click().run())
    checked(started.selectbox(key="run").set_value("hello-rnn").run())
    checked(started.button(key="delete").click().run())
    assert [path.name for path in runs.iterdir() if not path.name.startswith(".")] == ["hello-rnn-2"]


def test_runs_are_compared_on_one_set_of_axes(finished: AppTest, runs: Path) -> None:
    checked(finished.button(key="start").click().run())
    train(runs / "hello-rnn-2")
    at = checked(finished.run())
    checked(at.multiselect(key="compared").set_value(["hello-rnn"]).run())
    assert {row["series"] for row in points(at)} == {"hello-rnn", "hello-rnn-2"}


def test_a_link_shows_its_run_and_a_wrong_one_is_answered(
    started: AppTest, open_page: Any, runs: Path
) -> None:
    checked(started.button(key="start").click().run())
    assert open_page(run="hello-rnn").selectbox(key="run").value == "hello-rnn"
    assert "There is no run 'nowhere'" in said(open_page(run="nowhere")).replace("‘", "'").replace("’", "'")


def test_a_damaged_run_is_a_sentence(started: AppTest, runs: Path) -> None:
    (runs / "hello-rnn" / "status.json").write_text("{")
    assert "status.json is not valid JSON" in said(checked(started.run()))


def test_the_table_names_the_settings_that_differ(started: AppTest, runs: Path) -> None:
    at = started
    field(at, "hello_hidden").set_value(5)
    checked(at.button(key="start").click().run())
    at.session_state["runs_table"] = True
    checked(at.run())
    table = at.dataframe[0].value
    assert sorted(table["units"]) == ["5", "8"]
    assert "seed" not in table


def test_a_run_beyond_help_begins_again_with_a_tenth(open_page: Any, runs: Path) -> None:
    at = open_page(task="sine")
    field(at, "sine_cell").set_value("rnn_relu")
    field(at, "sine_lr").set_value(1000.0)
    checked(at.button(key="start").click().run())
    train(runs / "sine-rnn-relu")
    at = checked(at.run())
    assert "The loss is nan" in said(at)
    assert "The length of its gradient in the last steps before: " in said(at)
    assert "mend" not in {button.key for button in at.button}
    assert at.button(key="resume").disabled
    checked(at.button(key="again").click().run())
    assert at.selectbox(key="run").value == "sine-rnn-relu-2"
    assert Run(runs / "sine-rnn-relu-2").settings.lr == 100.0


def test_a_run_whose_gradient_was_none_goes_on_with_a_tenth(finished: AppTest, runs: Path) -> None:
    folder = runs / "hello-rnn"
    reason = "The loss is 3.1 and the norm of its gradient inf: the run stops."
    with (folder / "events.jsonl").open("a") as log:
        log.write(json.dumps({"kind": "halted", "step": 7, "reason": reason, "norms": [2.5, None]}) + "\n")
    say(folder, Status("halted", step=6, steps=9, reason=reason))
    at = checked(finished.run())
    assert "in the last steps before: 2.5, infinite." in said(at)
    checked(at.button(key="mend").click().run())
    assert queue.waiting(runs) == ["hello-rnn"]
    asked = [json.loads(line) for line in (folder / "control.jsonl").read_text().splitlines()]
    assert {"do": "change", "settings": {"lr": pytest.approx(0.005)}} in asked


def test_the_settings_of_a_run_are_put_into_the_controls(finished: AppTest, runs: Path) -> None:
    at = finished
    checked(at.selectbox(key="task").set_value("sine").run())
    checked(at.button(key="reuse").click().run())
    assert at.selectbox(key="task").value == "hello"
    assert field(at, "hello_steps").value == 6


def test_a_run_that_nobody_takes_says_so_after_a_while(started: AppTest, runs: Path) -> None:
    assert "Nobody has taken it" not in said(started)
    before = time.time() - 60
    os.utime(runs / ".queue" / "hello-rnn", (before, before))
    assert "Nobody has taken it" in said(checked(started.run()))


def test_a_run_that_was_deleted_elsewhere_is_told(started: AppTest, runs: Path) -> None:
    checked(started.button(key="start").click().run())
    shutil.rmtree(runs / "hello-rnn-2")
    at = checked(started.run())
    assert "hello-rnn-2 was deleted, so this is hello-rnn." in said(at)
    assert at.selectbox(key="run").value == "hello-rnn"


def test_a_damaged_configuration_harms_nothing_else(finished: AppTest, runs: Path) -> None:
    checked(finished.button(key="start").click().run())
    for config in ('{"task": "x", "train": [], "model": 3}', "[]", "{"):
        (runs / "hello-rnn" / "config.json").write_text(config)
        at = checked(finished.selectbox(key="run").set_value("hello-rnn").run())
        for drawer in ("inside", "take", "runs_table"):
            at.session_state[drawer] = True
        checked(at.run())


def test_runs_of_another_metric_are_left_off_the_axes_in_a_sentence(open_page: Any, runs: Path) -> None:
    at = open_page(task="sine")
    field(at, "sine_steps").set_value(2)
    checked(at.button(key="start").click().run())
    train(runs / "sine-gru")
    checked(at.selectbox(key="task").set_value("hello").run())
    field(at, "hello_steps").set_value(2)
    checked(at.button(key="start").click().run())
    train(runs / "hello-rnn")
    at = checked(at.run())
    checked(at.multiselect(key="compared").set_value(["sine-gru"]).run())
    assert "sine-gru is not judged by accuracy" in said(at)


def test_the_table_says_when_nothing_differs(started: AppTest) -> None:
    started.session_state["runs_table"] = True
    assert "When another run has the task of hello-rnn" in said(checked(started.run()))
    checked(started.button(key="start").click().run())
    started.session_state["runs_table"] = True
    checked(started.run())
    assert "have the same settings and the same seed" in said(started)


def test_what_can_be_taken_away(finished: AppTest, runs: Path) -> None:
    finished.session_state["take"] = True
    at = checked(finished.run())
    shown = "\n".join(code.value for code in at.code)
    assert str(runs / "hello-rnn") in shown
    assert "python -m rnnviz train hello" in shown
    assert "--run runs/hello-rnn-again" in shown


def test_the_log_as_a_table_has_a_row_for_each_step(finished: AppTest, runs: Path) -> None:
    rows = list(
        csv.DictReader(io.StringIO(results.table(tail.Tail(runs / "hello-rnn" / "events.jsonl").events())))
    )
    assert [int(row["step"]) for row in rows] == list(range(7))
    assert (rows[0]["loss"], rows[0]["held_out"] != "") == ("", True)
    assert all(float(row["loss"]) > 0 for row in rows[1:])


@pytest.mark.parametrize(
    ("name", "label", "page"),
    [
        ("reverse-transformer", "See where it looks", "attending"),
        ("sentiment-attention", "See where it looks", "attending"),
        ("timemachine-rnn", "Watch it read", "heatmap"),
        ("hello-rnn", None, None),
    ],
)
def test_a_run_is_opened_where_it_can_be_seen(
    open_page: Any, runs: Path, name: str, label: str | None, page: str | None
) -> None:
    """Also one with the name of a model that ships."""
    shutil.copytree(shipped_folder() / name, runs / name)
    say(runs / name, Status("finished"))
    at = open_page(run=name)
    there = [button for button in at.button if button.key == "watch"]
    assert [button.label for button in there] == ([label] if label else [])
    if page:
        checked(there[0].click().run())
        assert at.session_state["model"] == f"runs/{name}"
        assert panel(at, page)
