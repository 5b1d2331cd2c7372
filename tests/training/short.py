"""A run that takes a moment."""

from dataclasses import replace
from typing import Any

from rnnviz.tasks.brackets import Brackets
from rnnviz.training.events import Event
from rnnviz.training.loop import new_model, train
from rnnviz.training.settings import Settings

TASK = Brackets(characters=400)
SHORT = Settings(hidden=6, steps=6, batch=4, length=5, evaluate_every=3, log_every=2, dropout=0.2)


def events(**changes: Any) -> list[Event]:
    """All events of the short run, with other settings where named."""
    settings = replace(SHORT, **changes)
    corpus = TASK.corpus()
    return list(train(new_model(corpus, settings), TASK, corpus, settings))
