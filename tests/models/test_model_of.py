"""Models again from what config.json says of them."""

import importlib
import json
import subprocess
import sys
from typing import Any

import pytest

from rnnviz.models import MODELS, model_of
from rnnviz.models.base import Model
from rnnviz.models.language import LanguageModel
from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.models.transformer_classifier import TransformerClassifier
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.models.transformer_seq2seq import TransformerSeq2Seq
from rnnviz.models.vocabulary import Vocabulary

ABC = Vocabulary.of("abc")
EVERY: list[Model] = [
    LanguageModel(ABC, "gru", hidden=3, layers=2),
    LanguageModel(ABC, "rnn", hidden=3, input="embedding", embedding=2),
    Tagger(ABC, ABC, cell="rnn_relu", hidden=3, input="embedding", embedding=2, directions=2),
    Tagger(ABC, ("x", "y"), cell="rnn", hidden=2, head="none"),
    Tagger(3, 2, cell="lstm", hidden=3),
    Classifier(ABC, ("x", "y"), cell="gru", hidden=3, readout="mean", directions=2),
    Classifier(28, ("x", "y"), cell="lstm", hidden=3, layers=2),
    Classifier(3, ("x", "y"), cell="gru", hidden=3, readout="attention_by_unit", directions=2),
    Seq2Seq(ABC, ("1", "2"), cell="lstm", hidden=3, layers=2, attention="general", directions=2),
    Seq2Seq(ABC, ("1", "2"), cell="rnn", hidden=3, attention="none", input="onehot"),
    TransformerLanguageModel(ABC, hidden=6, layers=3, heads=2, feedforward=5, context=9, positions="learned"),
    TransformerClassifier(ABC, ("x", "y"), hidden=6, heads=3, norm="post", readout="attention"),
    TransformerClassifier(28, ("x", "y"), hidden=4, heads=1, directions=1, readout="last"),
    TransformerSeq2Seq(ABC, ("1", "2"), hidden=6, layers=3, heads=3, feedforward=5, context=9, norm="pre"),
    TransformerSeq2Seq(ABC, ("1", "2"), hidden=4, heads=1, positions="sinusoidal"),
]


@pytest.mark.parametrize("model", EVERY, ids=lambda model: type(model).__name__)
def test_a_model_comes_back_from_its_config(model: Model) -> None:
    config = json.loads(json.dumps(model.config))
    again = model_of(config, model.vocabulary)
    assert type(again) is type(model)
    assert again.config == model.config
    shapes = {name: weight.shape for name, weight in model.state_dict().items()}
    assert {name: weight.shape for name, weight in again.state_dict().items()} == shapes


def test_every_kind_is_named_as_its_config_says() -> None:
    assert {model.config["type"] for model in EVERY} == set(MODELS)
    for place in MODELS.values():
        module, name = place.split(":")
        assert issubclass(getattr(importlib.import_module(module), name), Model)


TAGGER = EVERY[4].config
LETTERS = EVERY[3].config
BOTH_WAYS = EVERY[5].config
TRANSLATOR = EVERY[8].config
SPEAKER = EVERY[10].config


@pytest.mark.parametrize(
    ("part", "vocabulary", "sentence"),
    [
        (None, None, "transformer_seq2seq, not None"),
        ([], None, "should describe a model of the type"),
        ({"type": "transducer"}, None, "not 'transducer'"),
        ({"type": ["tagger"]}, None, "should describe a model of the type"),
        ({"type": "tagger", "cell": "gru"}, None, "does not say 'input'"),
        (TAGGER | {"inputs": None}, None, "needs how many"),
        (TAGGER | {"inputs": [3]}, None, "inputs is a whole number"),
        (TAGGER | {"inputs": 10**9}, None, "inputs is a whole number from 1 to 4096"),
        (TAGGER | {"outputs": None}, None, "outputs are a number, or the different names"),
        (TAGGER | {"outputs": {"a": 1}}, None, "outputs are a number, or the different names"),
        (TAGGER | {"outputs": 2.5}, None, "outputs are a number, or the different names"),
        (TAGGER | {"bidirectional": "yes"}, None, "bidirectional is true or false, not 'yes'"),
        (TAGGER | {"head": ["none"]}, None, "head is linear or none"),
        (TAGGER | {"cell": {}}, None, "cell is one of"),
        (LETTERS, None, "needs a vocabulary"),
        (LETTERS | {"input": "bytes"}, ABC, "onehot or embedding, not 'bytes'"),
        (LETTERS | {"input": "embedding", "embedding": "2"}, ABC, "embedding is a whole number"),
        (BOTH_WAYS | {"outputs": 2}, ABC, "classes are the names of classes, not 2"),
        (BOTH_WAYS | {"outputs": [["x"], ["y"]]}, ABC, "different names"),
        (BOTH_WAYS | {"readout": None}, ABC, "readout is last, mean"),
        (BOTH_WAYS | {"type": "language"}, ABC, "reads in one direction, so bidirectional should be false"),
        (TAGGER | {"type": "language"}, None, "reads tokens"),
        (TRANSLATOR | {"outputs": None}, ABC, "outputs are a number, or the different names"),
        (TRANSLATOR | {"outputs": 3}, ABC, "outputs are the tokens that are written, without '<end>'"),
        (TRANSLATOR | {"outputs": ["1", "<end>"]}, ABC, "without '<end>'"),
        (TRANSLATOR | {"attention": "hard"}, ABC, "none, dot, scaled_dot, general, additive, not 'hard'"),
        (TRANSLATOR | {"attention": ["dot"]}, ABC, "attention is none, dot"),
        (TRANSLATOR | {"cell": "transformer"}, ABC, "cell is one of rnn"),
        (TRANSLATOR | {"input": "numbers", "inputs": 3}, None, "reads tokens, so it needs a vocabulary"),
        (SPEAKER | {"cell": "gru"}, ABC, "cell of a transformer is 'transformer', not 'gru'"),
        (SPEAKER | {"input": "onehot"}, ABC, "reads embeddings or numbers, not 'onehot'"),
        (SPEAKER | {"input": ["bytes"]}, ABC, r"reads embeddings or numbers, not \['bytes'\]"),
        (SPEAKER | {"input": "numbers", "inputs": 3}, None, "reads tokens, so its input is no numbers"),
        (SPEAKER | {"bidirectional": True}, ABC, "reads in one direction, so bidirectional should be false"),
        (SPEAKER | {"heads": 4}, ABC, "divided among the heads, and 4 do not divide 6"),
        (SPEAKER | {"heads": "2"}, ABC, "heads is a whole number"),
        (SPEAKER | {"hidden": 0}, ABC, "hidden is a whole number"),
        (SPEAKER | {"layers": 9}, ABC, "layers is a whole number from 1 to 8"),
        (SPEAKER | {"feedforward": 10**9}, ABC, "feedforward is a whole number"),
        (SPEAKER | {"context": 0}, ABC, "context is a whole number from 1 to 4096"),
        (SPEAKER | {"positions": ["learned"]}, ABC, "positions are learned or sinusoidal"),
        (SPEAKER | {"norm": None}, ABC, "norm is post or pre"),
        (SPEAKER | {"type": "transformer_classifier", "outputs": 2}, ABC, "names of classes, not 2"),
        (
            SPEAKER | {"type": "transformer_classifier", "outputs": ["x"], "readout": "first"},
            ABC,
            "readout is last",
        ),
    ],
)
def test_what_describes_no_model_gets_a_sentence(part: Any, vocabulary: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        model_of(part, vocabulary)


def test_who_only_wants_a_vocabulary_does_not_wait_for_torch() -> None:
    code = "import sys, rnnviz.models.vocabulary; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
