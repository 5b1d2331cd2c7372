import json
from dataclasses import asdict, fields

import pytest

from rnnviz.settings import CHANGEABLE, Settings, idle


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cell": "lsmt"}, "cell is one of rnn, rnn_relu, lstm, gru, transformer, not 'lsmt'"),
        ({"steps": 0}, "steps is at least 1, not 0"),
        ({"steps": 1.5}, "steps is a whole number, not 1.5"),
        ({"steps": 10**7}, "steps is at most 1,000,000, not 10000000"),
        ({"batch": True}, "batch is a whole number"),
        ({"length": "35"}, "length is a whole number"),
        ({"directions": 3}, "directions is one of 1, 2, not 3"),
        ({"directions": True}, "directions is one of 1, 2, not True"),
        ({"lr": 0}, "lr is above 0"),
        ({"lr": float("nan")}, "lr is above 0, not nan"),
        ({"clip": -1.0}, "clip is above 0"),
        ({"clip": float("inf")}, "clip is above 0, not inf"),
        ({"dropout": 1.0}, "dropout is at most 0.95, not 1.0"),
        ({"dropout": -0.1}, "dropout is at least 0"),
        ({"minutes": 0.0}, "minutes is at least 0.05"),
        ({"seed": -1}, "seed is at least 0"),
        ({"seed": 2**63}, "seed is below 2"),
        ({"schedule": "linear"}, "schedule is one of cosine, constant"),
        ({"sampling": "any"}, "sampling is one of sequential, random"),
    ],
)
def test_a_setting_out_of_range_is_told(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Settings(**changes)  # type: ignore[arg-type]


def test_the_learning_rate_falls_along_half_a_cosine() -> None:
    settings = Settings(steps=4, lr=1.0)
    rates = [settings.rate(step) for step in range(1, 5)]
    assert rates == pytest.approx([1, (1 + 0.5**0.5) / 2, 0.5, (1 - 0.5**0.5) / 2])
    assert Settings(steps=4, lr=1.0, schedule="constant").rate(4) == 1


def test_settings_come_back_from_what_is_written_down() -> None:
    settings = Settings(cell="gru", hidden=7, lr=1 / 3, seed=2**62, minutes=0.1)
    config = json.loads(json.dumps({"train": settings.of_training(), "seed": settings.seed}))
    assert Settings.of(config) == settings
    assert {*config["train"], "seed", *idle("gru")} == {field.name for field in fields(Settings)}


@pytest.mark.parametrize(("cell", "other"), [("transformer", "gru"), ("gru", "transformer")])
def test_what_does_nothing_with_a_cell_is_not_written_down(cell: str, other: str) -> None:
    settings = Settings(cell=cell, attention="none", directions=2, embedding=7, heads=2, norm="pre")
    train = settings.of_training()
    assert not set(idle(cell)) & set(train)
    assert set(idle(other)) <= set(train)
    assert Settings.of({"train": train}).of_training() == train


def test_what_an_older_run_does_not_say_has_its_default() -> None:
    assert Settings.of({"train": {"hidden": 9, "of another time": 1}}) == Settings(hidden=9)
    with pytest.raises(ValueError, match='does not say how to "train"'):
        Settings.of({"train": []})


def test_only_some_settings_can_be_changed_on_the_way() -> None:
    changed = Settings().changed(lr=0.5, steps=9)
    assert asdict(changed) == asdict(Settings()) | {"lr": 0.5, "steps": 9}
    with pytest.raises(ValueError, match=f"hidden cannot be changed.*{', '.join(CHANGEABLE)}"):
        Settings().changed(hidden=3)
    with pytest.raises(ValueError, match="lr is above 0"):
        Settings().changed(lr=-1)
