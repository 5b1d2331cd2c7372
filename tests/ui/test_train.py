"""The Train page without a browser: controls, runs, what is asked of them, and what is shown of them."""

import csv
import io
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.folders import runs_folder
from rnnviz.settings import OF_RECURRENT, OF_TRANSFORMERS, Settings, idle
from rnnviz.tasks import TASKS
from rnnviz.tasks.reverse import Reverse
from rnnviz.tasks.text import OwnText
from rnnviz.training import queue, tail, tickets
from rnnviz.training.run import Run, create
from rnnviz.training.status import Status, lock_of, say, status_of
from rnnviz.training.work import work
from rnnviz.ui import results
from tests.ui.test_watch import MAIN, checked, panel, panel_query, said

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
    useless = idle(str(TASKS[name].defaults.get("cell", "lstm")))
    wanted = {f"{name}_{setting}" for setting in TASKS[name].offered if setting not in useless}
    assert wanted <= keys
    assert not {f"{name}_{setting}" for setting in useless} & keys
    assert TASKS[name].look[:30] in said(at)


def test_the_controls_are_those_that_do_something_with_the_cell(open_page: Any) -> None:
    at = open_page(task="reverse")
    checked(at.selectbox(key="reverse_attention").set_value("none").run())
    checked(at.selectbox(key="reverse_cell").set_value("transformer").run())
    keys = {element.key for element in [*at.selectbox, *at.number_input]}
    assert {f"reverse_{name}" for name in OF_TRANSFORMERS} <= keys
    assert not {f"reverse_{name}" for name in OF_RECURRENT} & keys
    checked(at.selectbox(key="reverse_cell").set_value("lstm").run())
    assert at.selectbox(key="reverse_attention").value == "none"


@pytest.mark.parametrize("name", ["reverse", "dates", "sentiment"])
def test_a_transformer_is_a_preset_and_starts(open_page: Any, runs: Path, name: str) -> None:
    at = open_page(task=name)
    checked(at.selectbox(key=f"{name}_preset").set_value("a transformer").run())
    checked(at.button(key="start").click().run())
    made = Run(runs / f"{name}-transformer")
    wanted = TASKS[name].presets["a transformer"]
    assert {key: getattr(made.settings, key) for key in wanted} == dict(wanted)
    assert not set(OF_RECURRENT) & set(made.config["train"])


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


def test_before_the_first_run_shipped_trainings_are_shown(open_page: Any) -> None:
    at = open_page(task="timemachine")
    assert {"timemachine-lstm", "timemachine-rnn"} <= {row["series"] for row in points(at)}
    assert "timemachine-lstm before training" in said(at)
    assert "Press Start" in said(at)


@pytest.mark.parametrize("name", list(TASKS))
def test_each_task_has_something_trained_to_show(open_page: Any, name: str) -> None:
    at = open_page(task=name)
    assert "that comes along learned" in said(at) or "that come along learned" in said(at)
    assert points(at)


def test_without_any_run_a_link_to_one_is_answered(open_page: Any) -> None:
    assert "There is no run ‘nowhere’ here." in said(open_page(run="nowhere")).replace(
        "'nowhere'", "‘nowhere’"
    )


def test_each_control_says_its_default_and_its_limits(open_page: Any) -> None:
    at = open_page(task="sine")
    assert "Default 32, from 1 to 4,096." in at.number_input(key="sine_hidden").help
    assert at.number_input(key="sine_lr").help.endswith("Default 0.02, from 0 to 1,000,000.")
    assert at.selectbox(key="sine_cell").help.endswith("Default GRU.")


def test_a_wrong_setting_is_called_as_its_control_is(open_page: Any, runs: Path) -> None:
    at = open_page()
    at.number_input(key="hello_lr").set_value(0.0)
    checked(at.button(key="start").click().run())
    assert "learning rate is above 0" in said(at)
    assert not runs.exists()


def test_a_run_beyond_help_begins_again_with_a_tenth(open_page: Any, runs: Path) -> None:
    at = open_page(task="sine")
    at.selectbox(key="sine_cell").set_value("rnn_relu")
    at.number_input(key="sine_lr").set_value(1000.0)
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


def test_a_run_whose_gradient_was_none_goes_on_with_a_tenth(started: AppTest, runs: Path) -> None:
    folder = runs / "hello-rnn"
    train(folder)
    reason = "The loss is 3.1 and the norm of its gradient inf: the run stops."
    with (folder / "events.jsonl").open("a") as log:
        log.write(json.dumps({"kind": "halted", "step": 7, "reason": reason, "norms": [2.5, None]}) + "\n")
    say(folder, Status("halted", step=6, steps=9, reason=reason))
    at = checked(started.run())
    assert "in the last steps before: 2.5, infinite." in said(at)
    checked(at.button(key="mend").click().run())
    assert queue.waiting(runs) == ["hello-rnn"]
    asked = [json.loads(line) for line in (folder / "control.jsonl").read_text().splitlines()]
    assert {"do": "change", "settings": {"lr": pytest.approx(0.005)}} in asked


def test_the_settings_of_a_run_are_put_into_the_controls(started: AppTest, runs: Path) -> None:
    train(runs / "hello-rnn")
    at = checked(started.run())
    checked(at.selectbox(key="task").set_value("sine").run())
    checked(at.button(key="reuse").click().run())
    assert at.selectbox(key="task").value == "hello"
    assert at.number_input(key="hello_steps").value == 6


def test_the_address_brings_the_film_back(started: AppTest, open_page: Any, runs: Path) -> None:
    train(runs / "hello-rnn")
    at = open_page(run="hello-rnn", film_text="hell", film_show="l1.h", frame="2")
    film = panel(at, "film")
    assert ("".join(film["tokens"]), film["name"], film["chosen"]) == ("hell", "h", 2)
    assert "layer 2" in film["title"]
    assert panel_query(at) == "run=hello-rnn&film_text=hell&film_show=l1.h&frame=2"


@pytest.mark.parametrize("frame", ["99", "-3", "x", "9" * 40])
def test_a_frame_that_is_not_there_is_the_newest(
    started: AppTest, open_page: Any, runs: Path, frame: str
) -> None:
    train(runs / "hello-rnn")
    at = open_page(run="hello-rnn", frame=frame, film_show="<b>")
    assert panel(at, "film")["chosen"] == -1


def test_a_long_sentence_is_read_as_far_as_it_goes(started: AppTest, runs: Path) -> None:
    train(runs / "hello-rnn")
    at = checked(started.run())
    checked(at.text_input(key="film_text").set_value("hello" * 50).run())
    assert len(panel(at, "film")["tokens"]) == 200
    assert "The text has 250 characters and the limit is 200" in said(at)


def test_the_film_of_ones_own_text_begins_with_it(open_page: Any, runs: Path) -> None:
    at = open_page(task="text")
    at.text_area(key="text_pasted").set_value("我爱中国。" * 100)
    checked(at.button(key="start").click().run())
    assert at.text_input(key="film_text").placeholder.startswith("我爱中国。")


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


@pytest.mark.parametrize("config", ['{"task": "x", "train": [], "model": 3}', "[]", "{"])
def test_a_damaged_configuration_harms_nothing_else(started: AppTest, runs: Path, config: str) -> None:
    train(runs / "hello-rnn")
    checked(started.button(key="start").click().run())
    (runs / "hello-rnn" / "config.json").write_text(config)
    at = checked(started.selectbox(key="run").set_value("hello-rnn").run())
    for drawer in ("inside", "take", "runs_table"):
        at.session_state[drawer] = True
    checked(at.run())


def test_runs_of_another_metric_are_left_off_the_axes_in_a_sentence(open_page: Any, runs: Path) -> None:
    at = open_page(task="sine")
    at.number_input(key="sine_steps").set_value(2)
    checked(at.button(key="start").click().run())
    train(runs / "sine-gru")
    checked(at.selectbox(key="task").set_value("hello").run())
    at.number_input(key="hello_steps").set_value(2)
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


def test_what_can_be_taken_away(started: AppTest, runs: Path) -> None:
    train(runs / "hello-rnn")
    started.session_state["take"] = True
    at = checked(started.run())
    shown = "\n".join(code.value for code in at.code)
    assert str(runs / "hello-rnn") in shown
    assert "python -m rnnviz train hello" in shown
    assert "--run runs/hello-rnn-again" in shown


def test_the_log_as_a_table_has_a_row_for_each_step(started: AppTest, runs: Path) -> None:
    train(runs / "hello-rnn")
    rows = list(
        csv.DictReader(io.StringIO(results.table(tail.Tail(runs / "hello-rnn" / "events.jsonl").events())))
    )
    assert [int(row["step"]) for row in rows] == list(range(7))
    assert (rows[0]["loss"], rows[0]["held_out"] != "") == ("", True)
    assert all(float(row["loss"]) > 0 for row in rows[1:])


def test_the_film_of_what_is_written_is_the_matrix_of_the_right_answer(open_page: Any, runs: Path) -> None:
    """Its steps are the same in every frame, though what each network writes by itself is another thing."""
    small = {"hidden": 4, "steps": 6, "batch": 4, "evaluate_every": 3}
    settings = Settings(**{**Reverse.defaults, **small})
    for name, changes in {"looks": {}, "does-not": {"attention": "none"}}.items():
        create(runs / name, Reverse(letters=5), replace(settings, **changes))
        train(runs / name)

    def film(run: str, text: str) -> dict[str, Any]:
        at = open_page(task="reverse", run=run, film_text=text)
        (shown,) = (each.proto for each in at.get("bidi_component") if each.proto.id.endswith("-film"))
        assert ("1 of 2 characters" in said(at)) == (text == "äb")
        return dict(json.loads(shown.bytes))

    looks = film("looks", "abc")
    assert looks["title"].startswith("α: weight of attention")
    assert looks["caption"] == "3 tokens that are read, in their order"
    assert (looks["tokens"], looks["labels"]) == (["c", "b", "a", "end"], ["a", "b", "c"])
    assert film("does-not", "abc")["title"] == "h: hidden state, layer 1 of the decoder"
    assert film("looks", "äb")["labels"] == ["ä", "b"]  # nobody can write that backwards


def film_of(at: AppTest) -> dict[str, Any]:
    """Its data, where the ribbon and the player stand below it."""
    (shown,) = (each.proto for each in at.get("bidi_component") if each.proto.id.endswith("-film"))
    return dict(json.loads(shown.bytes))


def test_the_film_of_a_transformer_shows_what_each_step_looks_at(open_page: Any, runs: Path) -> None:
    small = {"cell": "transformer", "hidden": 8, "heads": 2, "layers": 2, "length": 12, "batch": 4}
    task = OwnText(pasted="The cat sat on the mat, and the dog did not. " * 20)
    create(runs / "looks", task, Settings(**small, steps=6, evaluate_every=3, dropout=0.0))
    train(runs / "looks")
    at = open_page(task="text", run="looks", film_text="the cat sat on the mat")
    film = film_of(at)
    assert film["title"].startswith("h: state after the layer, layer 1")
    assert "".join(film["tokens"]).replace("·", " ") == "the cat sat "  # more it does not look at together
    assert "The text has 22 characters and the limit is 12" in said(at)
    (shown,) = (each for each in at.get("button_group") if each.key == "film_show")
    assert [option.content for option in shown.proto.options][:3] == [
        "attention, layer 1",
        "$h_1$",
        "attention, layer 2",
    ]
    at = open_page(task="text", run="looks", film_show="l1.attn.weights", film_text="the cat")
    film = film_of(at)
    assert film["title"] == "α: weight of attention, layer 2, mean of 2 heads"
    assert film["caption"] == "7 tokens that are read, in their order"
    assert (film["low"], film["high"], film["scale"]) == (0.0, 1.0, "sequential")


def test_the_film_of_a_transformer_that_writes_shows_where_it_looks(open_page: Any, runs: Path) -> None:
    small = {"cell": "transformer", "hidden": 8, "heads": 2, "layers": 2, "batch": 4, "steps": 6}
    settings = Settings(**{**Reverse.defaults, **small, "directions": 1, "evaluate_every": 3})
    create(runs / "looks", Reverse(letters=5), settings)
    train(runs / "looks")
    at = open_page(task="reverse", run="looks", film_text="abc")
    film = film_of(at)
    assert film["title"] == "α: weight of attention, layer 2 of the decoder, cross-attention, mean of 2 heads"
    assert (film["tokens"], film["labels"]) == (["c", "b", "a", "end"], ["a", "b", "c"])
    assert "on average over its heads" in said(at)
    (shown,) = (each for each in at.get("button_group") if each.key == "film_show")
    assert [option.content for option in shown.proto.options] == [
        "attention, encoder 1", "attention, encoder 2", "attention, decoder 1", "attention, cross 1", "$h_1$",
        "attention, decoder 2", "attention, cross 2", "$h_2$", "chances",
    ]  # fmt: skip
    at = open_page(task="reverse", run="looks", film_show="enc.l0.attn.weights", film_text="abc")
    assert film_of(at)["tokens"] == ["a", "b", "c"]
