"""The folder of a run: what is made, what is taken, and that nothing else is ever touched."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from rnnviz.settings import Settings
from rnnviz.tasks.brackets import Brackets
from rnnviz.tasks.text import OwnText
from rnnviz.training import tickets
from rnnviz.training.queue import submit, waiting
from rnnviz.training.run import FILES, NAME, Run, create, empty_trash, fork, free_name, remove
from rnnviz.training.status import Status, lock_of, say, status_of
from tests.training.short import SHORT, TASK, made, worked


def test_a_new_run_says_what_was_asked_for_and_that_nobody_is_at_it(tmp_path: Path) -> None:
    task = Brackets(characters=500, text_seed=3)
    create(tmp_path / "runs" / "a", task, replace(SHORT, seed=7))
    run = Run(tmp_path / "runs" / "a")
    assert (run.task, run.settings) == (task, replace(SHORT, seed=7))
    assert run.config["format"] == 1
    assert run.config["seed"] == 7
    status = status_of(run.folder)
    assert (status.state, status.step, status.steps) == ("stopped", 0, SHORT.steps)


def test_a_pasted_text_goes_into_the_folder_and_comes_back(tmp_path: Path) -> None:
    text = "春眠不觉晓，处处闻啼鸟。😀\r\n" * 40
    create(tmp_path / "a", OwnText(pasted=text), SHORT)
    assert Run(tmp_path / "a").task.text() == text.replace("\r\n", "\n")  # type: ignore[attr-defined]
    assert "春" not in (tmp_path / "a" / "config.json").read_text()


def test_a_file_is_found_from_wherever_a_worker_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.txt").write_text("the cat sat. " * 40)
    monkeypatch.chdir(tmp_path)
    create(tmp_path / "a", OwnText(file="mine.txt"), SHORT)
    monkeypatch.chdir("/")
    assert Run(tmp_path / "a").task.text().startswith("the cat")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("{", "config.json is not valid JSON"),
        ("[]", "config.json should hold a JSON object"),
        ("{}", 'does not say how to "train"'),
        ('{"train": {}}', "The task is one of"),
        ('{"train": {"lr": -1}, "task": {"name": "brackets"}}', "lr is above 0"),
        ('{"train": {}, "task": "brackets"}', "The task is one of"),
    ],
)
def test_a_folder_that_does_not_say_what_to_do_is_told(tmp_path: Path, config: str, sentence: str) -> None:
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(ValueError, match=sentence):
        Run(tmp_path)


def test_a_text_that_lies_in_a_run_that_takes_none_is_nothing_to_it(tmp_path: Path) -> None:
    made(tmp_path / "a")
    (tmp_path / "a" / "text.txt").write_text("hello")
    assert Run(tmp_path / "a").task == TASK


def test_a_folder_in_use_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    made(folder)
    worked(folder)
    with pytest.raises(ValueError, match="is not empty: choose another folder, or overwrite"):
        made(folder)
    (folder / ".model.safetensors.x7.tmp").touch()  # what a killed run leaves
    create(folder, TASK, SHORT, overwrite=True)
    assert {path.name for path in folder.iterdir()} == {"config.json", "status.json"}
    for foreign in (folder / "thesis.doc", folder / "steps" / "thesis.doc"):
        foreign.parent.mkdir(exist_ok=True)
        foreign.touch()
        with pytest.raises(ValueError, match=r"holds thesis\.doc, which is no part of a run"):
            create(folder, TASK, SHORT, overwrite=True)
        foreign.unlink()
    with pytest.raises(ValueError, match="is a file"):
        made(folder / "config.json")


@pytest.mark.parametrize("how", ["at work", "waiting"])
def test_a_run_that_is_at_work_or_waits_is_neither_replaced_nor_deleted(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "run"
    made(folder)
    with lock_of(folder):
        if how == "waiting":
            submit(folder)
        else:
            say(folder, Status("running"))
        before = {path.name for path in folder.iterdir()}
        with pytest.raises(ValueError, match="is at work: stop it first"):
            create(folder, TASK, SHORT, overwrite=True)
        with pytest.raises(ValueError, match="is at work: stop it first"):
            remove(folder)
        assert {path.name for path in folder.iterdir()} == before


def test_a_run_is_deleted_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    made(folder)
    worked(folder)
    remove(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_can_say_nothing_can_still_be_deleted(tmp_path: Path) -> None:
    made(tmp_path / "a")
    (tmp_path / "a" / "status.json").write_text("{")
    (tmp_path / "a" / "config.json").write_text("\0")
    with lock_of(tmp_path / "a"), pytest.raises(ValueError, match="is at work"):
        remove(tmp_path / "a")
    remove(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_only_runs_are_deleted(tmp_path: Path) -> None:
    other = tmp_path / "gpt2"
    other.mkdir()
    for name in ("config.json", "model.safetensors", "vocab.json"):
        (other / name).write_text("{}")
    made(tmp_path / "run")
    (tmp_path / "link").symlink_to(tmp_path / "run")
    (tmp_path / "mixed").mkdir()
    made(tmp_path / "mixed" / "run")
    for name in (other, tmp_path / "link", tmp_path / "mixed", tmp_path / "nowhere", tmp_path):
        with pytest.raises(ValueError, match="is no run, so it is not deleted"):
            remove(name)
    (tmp_path / "run" / "thesis.doc").touch()
    with pytest.raises(ValueError, match=r"holds thesis\.doc"):
        remove(tmp_path / "run")
    assert len(list(other.iterdir())) == 3
    assert (tmp_path / "mixed" / "run" / "config.json").exists()


def test_who_was_killed_over_deleting_is_cleaned_up_after(tmp_path: Path) -> None:
    made(tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / ".trash-123")
    made(tmp_path / "other")
    empty_trash(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_names_are_free_and_different_for_all_who_ask_at_the_same_time(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: free_name(runs, "hello-rnn"), range(64)))
    assert len(set(found)) == 64
    assert "hello-rnn" in found
    assert "hello-rnn-64" in found
    for name in found:
        create(runs / name, TASK, SHORT)


@pytest.mark.parametrize(
    "wanted", ["", ".", "..", "../../etc", "a/b", "~", "a\n", "-rf", "ünï", "x" * 500, "A" * 64, ".hidden"]
)
def test_a_name_is_one_of_a_folder_here_whatever_is_wanted(tmp_path: Path, wanted: str) -> None:
    for _ in range(3):
        name = free_name(tmp_path, wanted)
        assert NAME.match(name)
        assert (tmp_path / name).parent == tmp_path
        assert (tmp_path / name).is_dir()


def test_names_that_only_differ_in_case_are_the_same(tmp_path: Path) -> None:
    assert free_name(tmp_path, "Mine") == "Mine"
    assert free_name(tmp_path, "mine") == "mine-2"


def test_a_fork_is_a_run_of_the_same_task_that_begins_at_a_kept_step(tmp_path: Path) -> None:
    text = "the cat sat. " * 40
    create(tmp_path / "a", OwnText(pasted=text), SHORT)
    worked(tmp_path / "a")
    run = fork(tmp_path / "a", 4, tmp_path / "b", lr=0.5, steps=8)
    assert run.config["fork"] == {"of": "a", "step": 4}
    assert run.settings == replace(SHORT, lr=0.5, steps=8)
    assert run.task == OwnText(pasted=text)
    name = Path("steps") / "000004.safetensors"
    assert (tmp_path / "b" / name).read_bytes() == (tmp_path / "a" / name).read_bytes()
    assert {path.name for path in (tmp_path / "b").iterdir()} <= set(FILES)


@pytest.mark.parametrize(
    ("step", "changes", "sentence"),
    [
        (5, {}, "a has not kept the weights of step 5"),
        (4, {"hidden": 3}, "hidden cannot be another one in a fork"),
        (4, {"steps": 4}, "needs more than 4 steps in all, not 4"),
        (4, {"lr": -1.0}, "lr is above 0"),
    ],
)
def test_a_fork_that_cannot_be_is_told(
    tmp_path: Path, step: int, changes: dict[str, float], sentence: str
) -> None:
    made(tmp_path / "a")
    worked(tmp_path / "a")
    with pytest.raises(ValueError, match=sentence):
        fork(tmp_path / "a", step, tmp_path / "b", **changes)
    assert not (tmp_path / "b").exists()


def test_a_deleted_run_is_out_of_the_queue(tmp_path: Path) -> None:
    made(tmp_path / "a")
    submit(tmp_path / "a")
    assert tickets.tear(tmp_path / "a")
    remove(tmp_path / "a")
    assert waiting(tmp_path) == []


def test_what_is_written_is_json_for_everybody(tmp_path: Path) -> None:
    made(tmp_path / "a")
    worked(tmp_path / "a")
    for name in ("config.json", "status.json", "vocab.json"):
        assert isinstance(json.loads((tmp_path / "a" / name).read_bytes()), dict)
        assert (tmp_path / "a" / name).stat().st_mode & 0o444 == 0o444
    assert Settings.of(json.loads((tmp_path / "a" / "config.json").read_bytes())) == SHORT
