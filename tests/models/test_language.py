import math

import pytest
import torch

from rnnviz.models.language import LanguageModel, perplexity, reading
from rnnviz.models.reader import INPUTS
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import LAYERS
from tests.models.tiny import bias_only, follower

ABC = Vocabulary.of("abc")


def test_perplexity_of_one_that_expects_all_alike_is_their_number() -> None:
    assert perplexity(bias_only(-1e4, 0.0, 0.0, 0.0, 0.0), "abcdabdc") == pytest.approx(4)


def test_perplexity_by_hand() -> None:
    # The odds are e^2 to 1 for the other letter. "abb": b was expected, then a was, but b came.
    right, wrong = math.exp(2) / (math.exp(2) + 1), 1 / (math.exp(2) + 1)
    assert perplexity(follower(), "abb") == pytest.approx((right * wrong) ** -0.5)


def test_perplexity_carries_the_state_over_long_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    model = LanguageModel(ABC, "lstm", hidden=5)
    text = "abcacbba" * 20
    whole = perplexity(model, text)
    monkeypatch.setattr("rnnviz.models.language.CHUNK", 7)
    assert perplexity(model, text) == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize("text", ["", "a"])
def test_perplexity_needs_two_characters(text: str) -> None:
    with pytest.raises(ValueError, match="at least two characters"):
        perplexity(bias_only(0.0, 0.0), text)


def test_perplexity_of_the_impossible_is_a_number() -> None:
    assert math.isfinite(perplexity(bias_only(0.0, 0.0, -1e9), "bb"))


@pytest.mark.parametrize("cell", LAYERS)
@pytest.mark.parametrize("input", INPUTS)
def test_shapes_and_the_names_of_the_weights(cell: str, input: str) -> None:
    model = LanguageModel(ABC, cell, hidden=5, layers=2, input=input, embedding=3)
    logits, _ = model(torch.tensor([[1, 2], [3, 0], [2, 2]]))
    assert logits.shape == (3, 2, 4)
    names = set(model.state_dict())
    assert ("emb.weight" in names) == (input == "embedding")
    assert {"rnn.weight_ih_l0", "rnn.weight_hh_l1", "out.weight", "out.bias"} <= names
    assert model.config["embedding"] == (3 if input == "embedding" else None)


@pytest.mark.parametrize("cell", LAYERS)
def test_two_halves_are_the_whole(cell: str) -> None:
    model = LanguageModel(ABC, cell, hidden=5, layers=2).eval()
    ids = torch.tensor([[1, 2], [3, 0], [2, 2], [1, 3]])
    whole, _ = model(ids)
    first, state = model(ids[:1])
    second, _ = model(ids[1:], state)
    torch.testing.assert_close(torch.cat([first, second]), whole)


def test_a_one_hot_row_is_one_at_the_character() -> None:
    rows = LanguageModel(ABC, "rnn", hidden=2).input_rows(torch.tensor([[0], [3]]))
    assert rows.tolist() == [[[1, 0, 0, 0]], [[0, 0, 0, 1]]]


def test_dropout_acts_while_training_only() -> None:
    model = LanguageModel(ABC, "rnn", hidden=50, dropout=0.5)
    ids = torch.ones(4, 1, dtype=torch.long)
    model.train()
    assert not torch.equal(model(ids)[0], model(ids)[0])
    with reading(model):
        assert torch.equal(model(ids)[0], model(ids)[0])
    assert model.training


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"cell": "lsmt"}, "cell is one of rnn, rnn_relu, lstm, gru, not 'lsmt'"),
        ({"cell": ["lstm"]}, "cell is one of"),
        ({"hidden": 0}, "hidden is a whole number from 1"),
        ({"hidden": 10**9}, "hidden is a whole number from 1"),
        ({"hidden": 2.5}, "not 2.5"),
        ({"layers": True}, "layers is a whole number"),
        ({"input": "bytes"}, "onehot or embedding, not 'bytes'"),
        ({"input": "embedding", "embedding": None}, "embedding is a whole number"),
        ({"dropout": 1.0}, "below 1"),
        ({"dropout": float("nan")}, "below 1"),
    ],
)
def test_a_setting_out_of_range_is_told(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        LanguageModel(ABC, **settings)  # type: ignore[arg-type]
