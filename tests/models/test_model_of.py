"""Models again from what config.json says of them."""

import importlib
import json
import subprocess
import sys
from typing import Any

import pytest

from rnnviz.models import MODELS, model_of
from rnnviz.models.language import LanguageModel
from rnnviz.models.reader import Reader
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.models.vocabulary import Vocabulary

ABC = Vocabulary.of("abc")
EVERY: list[Reader] = [
    LanguageModel(ABC, "gru", hidden=3, layers=2),
    LanguageModel(ABC, "rnn", hidden=3, input="embedding", embedding=2),
    Tagger(ABC, ABC, cell="rnn_relu", hidden=3, input="embedding", embedding=2, directions=2),
    Tagger(ABC, ("x", "y"), cell="rnn", hidden=2, head="none"),
    Tagger(3, 2, cell="lstm", hidden=3),
    Classifier(ABC, ("x", "y"), cell="gru", hidden=3, readout="mean", directions=2),
    Classifier(28, ("x", "y"), cell="lstm", hidden=3, layers=2),
]


@pytest.mark.parametrize("model", EVERY, ids=lambda model: type(model).__name__)
def test_a_model_comes_back_from_its_config(model: Reader) -> None:
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
        assert issubclass(getattr(importlib.import_module(module), name), Reader)


TAGGER = EVERY[4].config
LETTERS = EVERY[3].config
BOTH_WAYS = EVERY[5].config


@pytest.mark.parametrize(
    ("part", "vocabulary", "sentence"),
    [
        (None, None, "language, tagger, classifier, not None"),
        ([], None, "should describe a model of the type"),
        ({"type": "transformer"}, None, "not 'transformer'"),
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
        (BOTH_WAYS | {"readout": None}, ABC, "readout is last or mean"),
        (BOTH_WAYS | {"type": "language"}, ABC, "reads in one direction, so bidirectional should be false"),
        (TAGGER | {"type": "language"}, None, "reads tokens"),
    ],
)
def test_what_describes_no_model_gets_a_sentence(part: Any, vocabulary: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        model_of(part, vocabulary)


def test_who_only_wants_a_vocabulary_does_not_wait_for_torch() -> None:
    code = "import sys, rnnviz.models.vocabulary; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
