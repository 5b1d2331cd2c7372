"""What is asked of a model that it never learned from, and what it answers."""

import random
from collections import Counter
from typing import Any

import pytest
import torch

from rnnviz.models.base import Model
from rnnviz.models.decoding import write
from rnnviz.models.language import LanguageModel, reading
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.settings import Settings
from rnnviz.tasks import TASKS
from rnnviz.tasks.base import Task
from rnnviz.tasks.dates import Dates
from rnnviz.tasks.exam import Exam, exam, examined
from rnnviz.tasks.hello import Hello
from rnnviz.tasks.opinions import LANGUAGES
from rnnviz.tasks.pairs import Pair
from rnnviz.tasks.reverse import Reverse, word
from rnnviz.tasks.sentiment import CLASSES, Sentiment

OPINIONS = Sentiment(sentences=1000)
ASKING: dict[str, Task] = {"reverse": Reverse(letters=7), "dates": Dates("Korean"), "sentiment": OPINIONS}


def model_of(task: Task, **settings: Any) -> Model:
    torch.manual_seed(3)
    made = task.problem().model(Settings(**{"cell": "gru", "hidden": 8, "heads": 2, **settings}))
    assert isinstance(made, Model)
    return made


def test_right_is_what_each_pair_calls_right() -> None:
    pairs = (Pair("abc", "cba"), Pair("3/4", "2026-04-03", ("2026-03-04",)), Pair("z", "z"))
    told = Exam(pairs, ("cba", "2026-03-04", "zz"))
    assert told.right.tolist() == [True, True, False]
    assert told.lengths.tolist() == [3, 3, 1]
    assert (told.right.dtype, told.share) == (bool, pytest.approx(2 / 3))


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"attention": "none"}, {"directions": 2}, {"cell": "transformer"}])
def test_what_a_model_writes_side_by_side_is_what_it_writes_alone(settings: dict[str, Any]) -> None:
    model, chooser = model_of(ASKING["reverse"], **settings), random.Random(1)
    pairs = [word(chooser.randint(1, 9), chooser) for _ in range(30)]
    told = examined(model, pairs)
    assert told.pairs == tuple(pairs)
    for pair, answer in zip(pairs, told.answers, strict=True):
        alone = write(model, pair.source).text
        assert alone.startswith(answer)
        assert answer == alone or len(answer) >= len(pair.target) + 2  # cut where it cannot be right any more


@pytest.mark.parametrize("settings", [{"directions": 2}, {"readout": "attention"}, {"cell": "transformer"}])
def test_a_classifier_answers_with_the_likeliest_class(settings: dict[str, Any]) -> None:
    model = model_of(OPINIONS, **settings)
    told = exam(model, OPINIONS, 40)
    assert len(set(told.lengths.tolist())) > 5
    assert set(told.answers) <= set(CLASSES)
    with reading(model):
        likeliest = [int(model(model.ids(pair.source)[:, None]).argmax()) for pair in told.pairs]
    assert list(told.answers) == [CLASSES[place] for place in likeliest]


@pytest.mark.parametrize("name", ASKING)
def test_the_same_is_asked_of_every_model_and_something_else_with_another_seed(name: str) -> None:
    task = ASKING[name]
    gru, transformer = exam(model_of(task), task, 31), exam(model_of(task, cell="transformer"), task, 31)
    assert gru.pairs == transformer.pairs == tuple(task.asked(31, 0))
    assert len(gru.pairs) == len(gru.answers) == 31
    other = task.asked(31, seed=1)
    assert set(other) != set(gru.pairs)


@pytest.mark.parametrize("name", ASKING)
def test_what_is_asked_can_be_read_and_is_of_many_lengths(name: str) -> None:
    task = ASKING[name]
    vocabulary, pairs = task.problem().vocabulary, task.asked(120, 0)
    assert vocabulary is not None
    assert all(vocabulary.unknown(pair.source) == [] for pair in pairs)
    assert len({len(pair.source) for pair in pairs}) >= 10


def test_opinions_that_are_asked_were_never_learned() -> None:
    learned = {opinion.text for opinion in OPINIONS.opinions()[0]}
    asked = OPINIONS.asked(2000, 0)
    assert len(asked) == 2000
    assert not {pair.source for pair in asked} & learned
    assert sum(pair.source.isascii() for pair in asked) == 1000
    told = Counter(pair.target for pair in asked)
    assert set(told) == set(CLASSES)
    assert abs(told["positive"] - told["negative"]) <= len(LANGUAGES)
    assert len(OPINIONS.asked(3, 0)) == 3


@pytest.mark.parametrize("name", TASKS)
def test_a_task_asks_if_its_answers_are_right_or_wrong_as_a_whole(name: str) -> None:
    assert (TASKS[name].asked is not Task.asked) == (name in ASKING)


def test_what_cannot_be_asked_is_told() -> None:
    model = model_of(ASKING["reverse"])
    with pytest.raises(ValueError, match="The task hello has no examples whose answers are right or wrong"):
        exam(model, Hello())
    with pytest.raises(ValueError, match="At least one example is asked, not 0"):
        exam(model, ASKING["reverse"], 0)
    with pytest.raises(ValueError, match="The seed of an exam is 0 or more, not -1"):
        exam(model, ASKING["reverse"], seed=-1)
    speaker = LanguageModel(Vocabulary.of("abc"), "gru", hidden=4)
    with pytest.raises(ValueError, match="This model is a language: it neither writes nor names"):
        exam(speaker, ASKING["reverse"])
