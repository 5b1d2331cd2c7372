"""Texts that a transformer learns, and who else may."""

import math
from dataclasses import fields
from typing import Any

import pytest
import torch

from rnnviz.cli.commands import parser
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.settings import RECURRENT, Settings
from rnnviz.tasks import TASKS
from rnnviz.tasks.brackets import Brackets
from rnnviz.tasks.hello import Hello
from rnnviz.tasks.text import OwnText
from rnnviz.training.loop import Training

PROSE = OwnText(pasted="The cat sat on the mat, and the dog did not. " * 20)
SMALL: dict[str, Any] = {
    "cell": "transformer", "hidden": 16, "heads": 2, "layers": 2, "length": 12, "batch": 8, "dropout": 0.0,
}  # fmt: skip


@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_the_settings_shape_the_model(positions: str, norm: str) -> None:
    model = PROSE.problem().model(Settings(**SMALL, positions=positions, norm=norm))
    assert isinstance(model, TransformerLanguageModel)
    config = model.config
    assert (config["hidden"], config["heads"], config["layers"], config["context"]) == (16, 2, 2, 12)
    assert (config["positions"], config["norm"], model.dropout) == (positions, norm, 0.0)


def test_each_row_is_read_anew() -> None:
    problem = PROSE.problem()
    training = Training(problem, Settings(**SMALL, sampling="sequential", steps=4))
    for _ in zip(range(8), training.events(), strict=False):
        assert training.state is None
    one, two = training.batches(1), training.batches(2)
    assert not two.fresh
    training.model.eval()
    alone = problem.loss(training.model, two, None)[0].item()
    assert problem.loss(training.model, two, one.x)[0].item() == alone


def test_its_ranges_are_numbers_of_every_quantity() -> None:
    problem = PROSE.problem()
    model = problem.model(Settings(**SMALL))
    ranges = problem.ranges(model)
    assert {"emb", "l0.attn.weights", "l1.attn.masked", "l1.h", "out.logits"} <= set(ranges)
    assert all(math.isfinite(value) and value > 0 for value in ranges.values())
    with torch.no_grad():
        rows = model.ids(problem.corpus.held_out[:12])[:, None]
        assert model(rows)[0].abs().max().item() <= ranges["out.logits"] + 1e-5


def test_who_does_not_know_transformers_says_so() -> None:
    with pytest.raises(ValueError, match="rnn, rnn_relu, lstm, gru for the task brackets, not 'transformer'"):
        Training(Brackets(characters=3000).problem(), Settings(cell="transformer"))
    with pytest.raises(ValueError, match=r"The cell is one of rnn, .* not 'transformer'"):
        Training(Hello().problem(), Settings(cell="transformer", batch=1))
    with pytest.raises(ValueError, match="init is uniform for a transformer"):
        Settings(cell="transformer", init="normal")
    with pytest.raises(ValueError, match="3 do not divide 16"):
        PROSE.problem().model(Settings(**{**SMALL, "heads": 3}))


@pytest.mark.parametrize("name", TASKS)
def test_a_task_offers_the_cells_that_can_learn_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    task = TASKS[name]
    setting = next(field for field in fields(Settings) if field.name == "cell")
    assert set(RECURRENT) <= set(task.choices(setting)) <= set(setting.metadata["choices"])
    wanted = "transformer" in task.choices(setting)
    assert wanted == (name in ("timemachine", "text"))
    assert wanted == ("heads" in task.offered)
    asked = ["train", name, "--cell", "transformer"]
    if wanted:
        assert parser().parse_args(asked).cell == "transformer"
    else:
        with pytest.raises(SystemExit):
            parser().parse_args(asked)
        assert "invalid choice: 'transformer'" in capsys.readouterr().err.replace("Argument", "argument")


@pytest.mark.slow
def test_a_text_is_learned() -> None:
    settings = Settings(**SMALL, sampling="random", steps=150, lr=0.01, decay=0.0, evaluate_every=150)
    looks = [event for event in Training(PROSE.problem(), settings).events() if event is not None]
    held_out = [event.held_out for event in looks if event.kind == "evaluated"]
    assert held_out[-1] < 1.5 < 8 < held_out[0]
