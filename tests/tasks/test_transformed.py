"""Texts that a transformer learns, and who else may."""

import math
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.cli.commands import parser
from rnnviz.models.decoding import write
from rnnviz.models.transformer_classifier import TransformerClassifier
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.models.transformer_seq2seq import TransformerSeq2Seq
from rnnviz.record import record
from rnnviz.settings import OF_TRANSFORMERS, RECURRENT, Settings
from rnnviz.tasks import TASKS
from rnnviz.tasks.base import Task
from rnnviz.tasks.brackets import Brackets
from rnnviz.tasks.dates import Dates
from rnnviz.tasks.examples import Rows, answered
from rnnviz.tasks.hello import Hello
from rnnviz.tasks.reverse import Reverse
from rnnviz.tasks.sentiment import Sentiment
from rnnviz.tasks.text import OwnText
from rnnviz.training.loop import Training

PROSE = OwnText(pasted="The cat sat on the mat, and the dog did not. " * 20)
WRITING: dict[str, Task] = {"reverse": Reverse(letters=5), "dates": Dates(language="Finnish")}
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
    with pytest.raises(ValueError, match="rnn, rnn_relu, lstm, gru for the task hello, not 'transformer'"):
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
    assert wanted == (name in ("timemachine", "text", "sentiment", "dates", "reverse"))
    assert wanted == (set(OF_TRANSFORMERS) <= set(task.offered))
    assert wanted == ("a transformer" in task.presets)
    asked = ["train", name, "--cell", "transformer"]
    if wanted:
        assert parser().parse_args(asked).cell == "transformer"
    else:
        with pytest.raises(SystemExit):
            parser().parse_args(asked)
        assert "invalid choice: 'transformer'" in capsys.readouterr().err.replace("Argument", "argument")


@pytest.mark.parametrize("name", ["reverse", "dates"])
@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.slow
def test_pairs_are_learned_by_a_transformer_of_these_settings(name: str, positions: str, norm: str) -> None:
    problem, settings = WRITING[name].problem(), Settings(**SMALL, positions=positions, norm=norm)
    model = problem.model(settings)
    assert isinstance(model, TransformerSeq2Seq)
    config = model.config
    assert (config["hidden"], config["heads"], config["layers"]) == (16, 2, 2)
    assert (config["positions"], config["norm"], model.dropout) == (positions, norm, 0.0)
    assert not {"attention", "embedding"} & set(config)
    longest = "x" * WRITING[name].longest  # type: ignore[attr-defined]
    assert len(write(model, longest).ids) >= 1
    batch = problem.batches(settings, torch.device("cpu"))(1)
    loss, metric, state = problem.loss(model, batch, None)
    assert loss.item() > 0
    assert 0 <= metric.item() <= 1
    assert state is None


def test_the_loss_of_a_batch_of_pairs_is_that_of_its_rows_alone() -> None:
    problem = WRITING["dates"].problem()
    model = problem.model(Settings(**SMALL)).double().eval()
    pairs = problem.held_out[:6]  # type: ignore[attr-defined]
    total, tokens = 0.0, 0
    for pair in pairs:
        batch = problem.batch([pair], model.device)  # type: ignore[attr-defined]
        total += problem.loss(model, batch, None)[0].item() * len(batch.y)
        tokens += len(batch.y)
    together = problem.loss(model, problem.batch(pairs, model.device), None)[0].item()  # type: ignore[attr-defined]
    assert len({len(pair.source) for pair in pairs}) > 1
    assert together == pytest.approx(total / tokens, rel=1e-10)


@pytest.mark.parametrize("cell", ["gru", "transformer"])
def test_ranges_of_pairs_are_those_of_every_quantity_of_their_traces(cell: str) -> None:
    problem = WRITING["reverse"].problem()
    model = problem.model(Settings(**{**SMALL, "cell": cell}))
    ranges = problem.ranges(model)
    assert all(math.isfinite(value) for value in ranges.values())
    looks = "attn.weights" if cell == "gru" else "dec.l1.cross.weights"
    assert {looks, "enc.l0.h", "dec.l1.h", "out.logits"} <= set(ranges)
    assert 0 < ranges[looks] <= 1
    pair = problem.held_out[3]  # type: ignore[attr-defined]
    trace = record(model, pair.source, target=pair.target)
    for name in set(trace.names) & set(ranges):
        values = np.abs(trace[name].values[np.isfinite(trace[name].values)])
        assert values.max() <= ranges[name] * (1 + 1e-4) + 1e-6, name
    attended = [
        name for name in trace.names if ".attn." in name or ".cross." in name or name.startswith("attn.")
    ]
    assert set(attended) - {"attn.w"} <= set(ranges)


def test_what_is_looked_at_is_shown_while_a_transformer_learns_to_write() -> None:
    problem = WRITING["reverse"].problem()
    model = problem.model(Settings(**SMALL))
    looks = problem.sample(model)["attention"]
    assert looks["source"] == list("stressed")
    ids = torch.tensor(write(model, "stressed", len(looks["written"])).ids)
    with torch.no_grad():
        wanted = model.trace(model.ids("stressed"), ids)["dec.l1.cross.weights"][0].mean(0)
    torch.testing.assert_close(torch.tensor(looks["weights"]), wanted, atol=6e-5, rtol=0)


@pytest.mark.parametrize("readout", ["last", "mean", "attention", "attention_by_unit"])
@pytest.mark.slow
def test_opinions_are_judged_by_a_transformer(readout: str) -> None:
    problem = Sentiment(sentences=1000).problem()
    model = problem.model(Settings(**SMALL, readout=readout)).eval()
    assert isinstance(model, TransformerClassifier)
    assert (model.readout, model.directions, model.config["heads"]) == (readout, 2, 2)
    rows = Rows(problem.held_out, torch.device("cpu"))
    batch = rows.batch(range(8))
    assert batch.lengths is not None
    assert len(set(batch.lengths.tolist())) > 1
    together, state = answered(model, batch)
    assert state is None
    alone = torch.cat([answered(model, rows.batch([row]))[0] for row in range(8)])
    torch.testing.assert_close(together, alone)
    ranges = problem.ranges(model)
    assert all(math.isfinite(value) for value in ranges.values())
    assert {"l0.attn.weights", "l1.h", "out.logits"} <= set(ranges)
    assert ("attn.weights" in ranges) == readout.startswith("attention")


@pytest.mark.slow
def test_a_text_is_learned() -> None:
    settings = Settings(**SMALL, sampling="random", steps=150, lr=0.01, decay=0.0, evaluate_every=150)
    looks = [event for event in Training(PROSE.problem(), settings).events() if event is not None]
    held_out = [event.held_out for event in looks if event.kind == "evaluated"]
    assert held_out[-1] < 1.5 < 8 < held_out[0]
