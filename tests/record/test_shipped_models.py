"""The models that ship: what a trace says of them, against torch.nn on the very file of weights."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import rnnviz
from rnnviz.models import WRITERS
from rnnviz.models.decoding import write
from rnnviz.models.reader import Reader
from tests.record import attending, oracle

FOLDER = Path(__file__).resolve().parents[2] / "checkpoints"
MODELS = sorted(path.parent.name for path in FOLDER.glob("*/model.safetensors"))
SENTENCES = [
    "the time traveller smiled round at us.",
    'He said, "I (the [seventh]) cannot -- 1895!"',
    "ZzQ? 中文 🙂 \0 <b>bold</b>",
    "x",
]
KINDS = {"rnn": torch.nn.RNN, "rnn_relu": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def test_models_ship():
    assert {"timemachine-rnn", "timemachine-lstm", "timemachine-gru"} < set(MODELS)


def given(name, model):
    """What a model is given to read: sentences, or the numbers that its task shows."""
    if model.vocabulary:
        return SENTENCES
    shown = json.loads((FOLDER / name / "config.json").read_bytes())["task"]["shown"]
    return [np.array(shown, dtype=np.float32)]


def rows_of(model, weights, read):
    """The rows that the recurrent layers are given, (T, D)."""
    if not isinstance(read, str):
        return read
    return oracle.rows_of(oracle.plain(weights), len(model.vocabulary), model.vocabulary.encode(read))


def truth_of(model, weights, read):
    """Every number of a trace, by the model written out a second time."""
    kind = model.config["type"]
    if kind == "language":
        return oracle.read(model.cell, weights, model.vocabulary.encode(read))
    if kind in WRITERS:
        ids = model.vocabulary.encode(read), list(write(model, read).ids)
        if kind == "seq2seq":
            return attending.translate(model.cell, model.attention, weights, model.inputs, *ids, told=False)
        return attending.rewrite(model, weights, *ids, told=False)
    if kind.startswith("transformer"):
        return attending.transformed(model, weights, read)
    rows = rows_of(model, weights, read)
    if kind == "tagger":
        return oracle.tag(model.cell, weights, rows, classes=bool(model.classes))
    if model.readout.startswith("attention"):
        return attending.pooled(model.cell, weights, rows)
    return oracle.classify(model.cell, weights, rows, model.readout)


@pytest.mark.parametrize("name", MODELS)
def test_every_number_of_a_shipped_model(name):
    model = rnnviz.load(name)
    weights = load_file(FOLDER / name / "model.safetensors")
    # float32 against float64, on trained weights; but a score of 60 is rounded to 4e-6, and its softmax says
    # so at once: where scores are that sharp, both sides are float64, and the badge below judges float32.
    tolerance = 1e-5
    if model.config["type"] in WRITERS:
        model, tolerance = model.double(), 1e-9
    for read in given(name, model):
        trace = rnnviz.trace(model, read)
        truth = truth_of(model, weights, read)
        assert set(trace.names) == set(truth)
        for quantity, wanted in truth.items():
            if quantity == "out.topk.id":  # equal probabilities may change places
                continue
            told = np.nan_to_num(trace[quantity].values, neginf=0)
            wanted = np.nan_to_num(wanted, neginf=0)
            error = np.abs(told - wanted).max() / max(1, np.abs(wanted).max())
            assert error < tolerance, (quantity, read, error)


@pytest.mark.parametrize("name", MODELS)
def test_the_states_of_a_shipped_model_are_torchs(name):
    model = rnnviz.load(name)
    if not isinstance(model, Reader):
        pytest.skip("It has no layers of this kind by themselves; what the trace measures is below.")
    weights = load_file(FOLDER / name / "model.safetensors")
    own = {key.removeprefix("rnn."): value for key, value in weights.items() if key.startswith("rnn.")}
    extra = {"nonlinearity": "relu"} if model.cell == "rnn_relu" else {}
    inputs = own["weight_ih_l0"].shape[1]
    both = model.directions == 2
    layer = KINDS[model.cell](inputs, model.hidden, model.layers, bidirectional=both, **extra)
    layer.load_state_dict(own)
    for read in given(name, model):
        rows = torch.tensor(np.asarray(rows_of(model, weights, read)), dtype=torch.float32)
        with torch.no_grad():
            output, _ = layer(rows)
        trace = rnnviz.trace(model, read)
        top = f"l{model.layers - 1}"
        told = np.hstack([trace[f"{top}{way}.h"].values for way in ("", "r")[: model.directions]])
        error = ((torch.from_numpy(told) - output).abs().max() / output.abs().max().clamp(min=1)).item()
        assert error < 5e-6


@pytest.mark.parametrize("name", MODELS)
def test_the_badge_of_a_shipped_model(name):
    model = rnnviz.load(name)
    for read in given(name, model):
        assert 0 <= rnnviz.trace(model, read).meta["equals_torch"] < 5e-6
