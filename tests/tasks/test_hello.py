from typing import Any

import pytest
import torch

from rnnviz.settings import Settings
from rnnviz.tasks.hello import Hello
from rnnviz.training.events import Evaluated
from rnnviz.training.loop import Training, train

TASK = Hello()


def looks(**settings: Any) -> list[Evaluated]:
    """What a run shows at each epoch."""
    training = Training(TASK.problem(), Settings(**{**TASK.defaults, **settings}))
    return [event for event in train(training) if isinstance(event, Evaluated)]


def test_the_letters_have_the_ids_of_the_articles() -> None:
    problem = TASK.problem()
    assert problem.train.x.tolist() == [[1, 0, 2, 2, 3]]
    assert problem.train.y.tolist() == [[3, 1, 2, 3, 2]]
    assert problem.vocabulary is not None
    assert problem.vocabulary.encode("hello?") == [1, 0, 2, 2, 3, 4]
    assert problem.size == {"train": 1, "held out": 0}


@pytest.mark.parametrize("seed", range(3))
def test_with_an_embedding_it_is_right_within_ten_epochs(seed: int) -> None:
    shown = looks(seed=seed)
    assert [look.step for look in shown] == list(range(16))
    first = next(look for look in shown if look.sample["answer"] == "ohlol")
    assert first.step <= 10
    assert first.held_out == 1


@pytest.mark.parametrize("name", Hello.presets)
def test_the_presets_are_the_networks_of_the_articles(name: str) -> None:
    settings = Settings(**Hello.presets[name])
    model = TASK.problem().model(settings)
    bare = settings.head == "none"
    assert (model.hidden, model.layers, model.input) == ((4, 1, "onehot") if bare else (8, 2, "embedding"))
    assert settings.rate(1) == settings.rate(settings.steps) == (0.1 if "cell" in name else 0.05)
    # The articles' own, without the id that stands for all other letters.
    wanted = 4 * 4 * 2 + 4 * 2 if bare else 4 * 10 + (8 * 18 + 16) + (8 * 16 + 16) + (8 * 4 + 4)
    assert model.parameter_count == wanted + (4 if bare else 10)


def test_h_of_the_bare_cell_is_the_answer() -> None:
    problem = TASK.problem()
    model = problem.model(Settings(**Hello.presets["as in the article: a cell"]))
    h = torch.zeros(4)
    with torch.no_grad():
        for step, letter in enumerate("hello"):
            column = model.rnn.weight_ih_l0[:, "ehlo".index(letter)]
            h = torch.tanh(column + model.rnn.bias_ih_l0 + model.rnn.weight_hh_l0 @ h + model.rnn.bias_hh_l0)
            torch.testing.assert_close(problem.answers(model, problem.train.x)[0, step], h)


def test_a_sample_tells_the_answer_and_how_sure_it_is() -> None:
    problem = TASK.problem()
    model = problem.model(Settings(**TASK.defaults))
    with torch.no_grad():  # always o, with a chance of one half
        model.out.weight.zero_()
        model.out.bias.copy_(torch.tensor([1 / 6, 1 / 6, 1 / 6, 1 / 2]).log())
    sample = problem.sample(model)
    assert sample["answer"] == "ooooo"
    assert sample["chances"] == [0.5] * 5
    judged, apart = problem.findings(model)
    assert "wrong in 3 of 5 letters" in judged
    assert "Nothing is held out" in apart
