import pytest

from rnnviz.training.settings import Settings


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cell": "lsmt"}, "cell is one of rnn, rnn_relu, lstm, gru, not 'lsmt'"),
        ({"steps": 0}, "steps is at least 1, not 0"),
        ({"steps": 1.5}, "steps is a whole number, not 1.5"),
        ({"batch": True}, "batch is a whole number"),
        ({"length": "35"}, "length is a whole number"),
        ({"lr": 0}, "lr is above 0"),
        ({"lr": float("nan")}, "lr is above 0, not nan"),
        ({"clip": -1.0}, "clip is above 0"),
        ({"clip": float("inf")}, "clip is above 0, not inf"),
        ({"dropout": 1.0}, "dropout is a share below 1"),
        ({"dropout": -0.1}, "dropout is at least 0"),
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


def test_every_setting_is_written_down_once_or_with_the_model() -> None:
    settings = Settings()
    assert set(settings.of_model()) | set(settings.of_training()) | {"seed"} == set(vars(settings))
