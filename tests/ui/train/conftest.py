"""The Train page, with runs of its own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.folders import runs_folder
from rnnviz.settings import Settings
from rnnviz.tasks.hello import Hello
from rnnviz.training.run import create
from tests.ui.train.working import train
from tests.ui.visiting import checked, field, opener

STEPS = 6


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RNNVIZ_RUNS", str(tmp_path / "runs"))
    return runs_folder()


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    return opener("../../pages/train.py")


@pytest.fixture
def started(open_page: Callable[..., AppTest]) -> AppTest:
    """A run of a moment, which nobody works on yet."""
    at = open_page(task="hello")
    field(at, "hello_steps").set_value(STEPS)
    return checked(at.button(key="start").click().run())


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run that `started` starts, after it has ended."""
    folder = tmp_path_factory.mktemp("trained") / "hello-rnn"
    create(folder, Hello(), Settings(**(Hello.defaults | {"steps": STEPS})))
    train(folder)
    return folder


@pytest.fixture
def finished(trained: Path, open_page: Callable[..., AppTest], runs: Path) -> AppTest:
    """The page after that run has ended; another one would be as short."""
    shutil.copytree(trained, runs / trained.name)
    at = open_page(task="hello", run=trained.name)
    return checked(field(at, "hello_steps").set_value(STEPS).run())
