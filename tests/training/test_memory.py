"""How much memory a training takes, before it takes it."""

from dataclasses import replace
from typing import Any

import pytest

from rnnviz.settings import Settings
from rnnviz.tasks.brackets import Brackets
from rnnviz.tasks.reverse import Reverse
from rnnviz.tasks.text import OwnText
from rnnviz.training import memory
from rnnviz.training.loop import Training

PROBLEM = Brackets(characters=3000).problem()


def needed(**settings: object) -> float:
    chosen = Settings(batch=1, length=2, **settings)  # type: ignore[arg-type]
    return memory.estimate(PROBLEM, chosen, PROBLEM.batches(chosen, "cpu")(1))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 3])
def test_the_weights_are_counted_as_they_are(cell: str, layers: int) -> None:
    settings = Settings(cell=cell, hidden=300, layers=layers, batch=1, length=2)
    count = sum(weight.numel() for weight in Training(PROBLEM, settings).model.parameters())
    assert needed(cell=cell, hidden=300, layers=layers) == pytest.approx(20 * count, rel=0.2)


@pytest.mark.parametrize(
    ("task", "settings"),
    [
        (OwnText(pasted="the cat sat. " * 40), {"cell": "transformer", "heads": 4, "sampling": "random"}),
        (Reverse(), {"directions": 2, "cell": "gru", "attention": "additive"}),
        (Reverse(), {"cell": "lstm", "attention": "none"}),
        (Reverse(), {"cell": "transformer", "layers": 2, "directions": 2}),
    ],
)
def test_so_are_those_of_models_that_attend(task: Any, settings: dict[str, Any]) -> None:
    problem, chosen = task.problem(), Settings(**settings, hidden=300, batch=1, length=2)
    training = Training(problem, chosen)
    count = sum(weight.numel() for weight in training.model.parameters())
    assert memory.estimate(problem, chosen, training.batches(1)) == pytest.approx(20 * count, rel=0.2)
    longer = replace(chosen, batch=64)
    more = memory.estimate(problem, longer, problem.batches(longer, training.device)(1))
    assert more > 20 * count + 64 * 300 * 4


def test_what_is_too_much_is_refused_before_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_installed", lambda: 10e6)
    with pytest.raises(ValueError, match=r"some \d+\.\d GB of memory.*choose fewer units"):
        Training(PROBLEM, Settings(hidden=512, batch=4, length=8))


def test_the_usual_settings_are_far_from_it() -> None:
    assert needed(hidden=256) < 1e9


def test_what_does_nothing_with_a_transformer_takes_no_memory() -> None:
    problem = Reverse().problem()
    chosen = Settings(cell="transformer", hidden=64)
    batch = Training(problem, chosen).batches(1)
    wanted = memory.estimate(problem, chosen, batch)
    assert memory.estimate(problem, replace(chosen, directions=2, embedding=999), batch) == wanted
    assert memory.estimate(problem, replace(chosen, heads=16), batch) > wanted
