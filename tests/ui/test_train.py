"""The Train page without a browser: controls, runs, what is asked of them, and what is shown of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.folders import runs_folder
from rnnviz.tasks import TASKS
from rnnviz.training import queue, tickets
from rnnviz.training.run import Run
from rnnviz.training.status import Status, lock_of, say, status_of
from rnnviz.training.work import work
from tests.ui.test_watch import MAIN, checked, panel, said

PAGE = "../../pages/train.py"


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RNNVIZ_RUNS", str(tmp_path / "runs"))
    return runs_folder()


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    def opened(**address: str) -> AppTest:
        at = AppTest.from_file(str(MAIN), default_timeout=60)
        checked(at.run())
        for name, value in address.items():
            at.query_params[name] = value
        return checked(at.switch_page(PAGE).run())

    return opened


@pytest.fixture
def started(open_page: Callable[..., AppTest]) -> AppTest:
    at = open_page(task="hello")
    at.number_input(key="hello_steps").set_value(6)
    return checked(at.button(key="start").click().run())


def train(folder: Path) -> None:
    """What a worker does."""
    for _ in work(folder):
        pass


def points(at: AppTest, chart: int = 0) -> list[dict[str, Any]]:
    """The numbers of a chart, the metric's being the first."""
    proto = at.get("vega_lite_chart")[chart].proto
    data = proto.data.data or proto.datasets[0].data.data
    return list(pa.ipc.open_stream(data).read_pandas().to_dict("records"))


def test_a_newcomer_sees_a_task_its_settings_and_what_to_do(open_page: Any) -> None:
    at = open_page()
    assert at.selectbox(key="task").value == "hello"
    assert at.number_input(key="hello_hidden").value == TASKS["hello"].defaults["hidden"]
    assert "Press Start" in said(at)


@pytest.mark.parametrize("name", list(TASKS))
def test_every_task_has_all_its_controls(open_page: Any, name: str) -> None:
    at = open_page(task=name)
    keys = {element.key for element in [*at.selectbox, *at.number_input, *at.text_input]}
    assert {f"{name}_{setting}" for setting in TASKS[name].offered} <= keys
    assert TASKS[name].look[:30] in said(at)


def test_a_preset_fills_the_controls_in(open_page: Any) -> None:
    at = open_page(task="sine")
    assert at.selectbox(key="sine_cell").value == "gru"
    checked(at.selectbox(key="sine_preset").set_value("as in the article").run())
    assert at.selectbox(key="sine_cell").value == "rnn"
    checked(at.selectbox(key="sine_preset").set_value("our defaults").run())
    assert at.selectbox(key="sine_cell").value == "gru"


def test_start_makes_a_run_and_queues_it(started: AppTest, runs: Path) -> None:
    assert queue.waiting(runs) == ["hello-rnn"]
    assert Run(runs / "hello-rnn").settings.steps == 6
    assert started.selectbox(key="run").value == "hello-rnn"
    assert "number 1 of 1 in the queue" in said(started)


def test_each_start_is_a_run_of_its_own(started: AppTest, runs: Path) -> None:
    checked(started.button(key="start").click().run())
    assert queue.waiting(runs) == ["hello-rnn", "hello-rnn-2"]
    assert started.selectbox(key="run").value == "hello-rnn-2"


def test_a_finished_run_shows_its_curves_its_answer_and_its_film(started: AppTest, runs: Path) -> None:
    train(runs / "hello-rnn")
    at = checked(started.run())
    assert "has finished" in said(at)
    assert any(row["step"] == 6 for row in points(at))
    film = panel(at, "film")
    assert film["trained"] == [0, 1, 2, 3, 4, 6]
    assert "".join(film["tokens"]) == "hello"


def test_the_film_shows_the_sentence_that_was_typed(started: AppTest, runs: Path) -> None:
    train(runs / "hello-rnn")
    at = checked(started.run())
    checked(at.text_input(key="film_text").set_value("hell").run())
    assert "".join(panel(at, "film")["tokens"]) == "hell"


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


def test_a_finished_run_goes_on_for_more_steps(started: AppTest, runs: Path) -> None:
    folder = runs / "hello-rnn"
    train(folder)
    at = checked(started.run())
    checked(at.number_input(key="steps_hello-rnn").set_value(9).run())
    checked(at.button(key="extend").click().run())
    train(folder)
    assert (status_of(folder).step, status_of(folder).state) == (9, "finished")


def test_a_fork_begins_at_a_kept_step(started: AppTest, runs: Path) -> None:
    train(runs / "hello-rnn")
    at = checked(started.run())
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


def test_runs_are_compared_on_one_set_of_axes(started: AppTest, runs: Path) -> None:
    train(runs / "hello-rnn")
    checked(started.button(key="start").click().run())
    train(runs / "hello-rnn-2")
    at = checked(started.run())
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


def test_a_text_of_ones_own_is_learned(open_page: Any, runs: Path) -> None:
    at = open_page(task="text")
    at.text_area(key="text_pasted").set_value("我爱中国。" * 100)
    checked(at.button(key="start").click().run())
    task: Any = Run(runs / "text-lstm").task
    assert task.pasted == "我爱中国。" * 100


def test_a_text_that_is_too_short_halts_with_a_sentence(open_page: Any, runs: Path) -> None:
    at = open_page(task="text")
    at.text_area(key="text_pasted").set_value("too short")
    checked(at.button(key="start").click().run())
    with pytest.raises(ValueError, match="200"):
        work(runs / "text-lstm")
    assert "has halted" in said(checked(at.run()))
    assert "200 to 5,000,000 characters" in said(at)


def test_the_table_names_the_settings_that_differ(started: AppTest, runs: Path) -> None:
    at = started
    at.number_input(key="hello_hidden").set_value(5)
    checked(at.button(key="start").click().run())
    at.session_state["runs_table"] = True
    checked(at.run())
    table = at.dataframe[0].value
    assert sorted(table["units"]) == ["5", "8"]
    assert "seed" not in table
