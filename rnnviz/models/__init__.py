"""What can be trained and looked at."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # whoever only wants a vocabulary should not wait for torch
    from rnnviz.models.base import Model
    from rnnviz.models.vocabulary import Vocabulary

MODELS = {
    "language": "rnnviz.models.language:LanguageModel",
    "tagger": "rnnviz.models.sequence:Tagger",
    "classifier": "rnnviz.models.sequence:Classifier",
    "seq2seq": "rnnviz.models.seq2seq:Seq2Seq",
    "transformer_language": "rnnviz.models.transformer_language:TransformerLanguageModel",
    "transformer_classifier": "rnnviz.models.transformer_classifier:TransformerClassifier",
    "transformer_seq2seq": "rnnviz.models.transformer_seq2seq:TransformerSeq2Seq",
}
"""The kinds of models by the "type" in a config.json, each as module:class."""

WRITERS = ("seq2seq", "transformer_seq2seq")
"""Those that read one sequence and write another."""

WANTED = ("cell", "input", "hidden", "layers")


def model_of(part: Any, vocabulary: "Vocabulary | None" = None) -> "Model":
    """A new model as the "model" part of a config.json describes it; its weights are drawn anew.

    vocabulary: for a model that reads tokens. Raises ValueError with a sentence for a wrong description.
    """
    kinds = ", ".join(MODELS)
    type = part.get("type") if isinstance(part, dict) else None
    if not isinstance(type, str) or type not in MODELS:
        raise ValueError(f'"model" should describe a model of the type {kinds}, not {type!r:.40}.')
    missing = [key for key in WANTED if key not in part]
    if missing:
        raise ValueError(f'"model" does not say {missing[0]!r}.')
    if not isinstance(part.get("bidirectional", False), bool):
        raise ValueError(f"bidirectional is true or false, not {part['bidirectional']!r:.40}.")
    inputs = part.get("inputs") if part["input"] == "numbers" else vocabulary
    if inputs is None:
        wants = "how many (inputs)" if part["input"] == "numbers" else "a vocabulary"
        raise ValueError(f"A model that reads {part['input']!r:.40} needs {wants}.")
    settings = {key: part[key] for key in WANTED} | {"directions": 1 + part.get("bidirectional", False)}
    if part["input"] == "embedding":
        settings["embedding"] = part.get("embedding")
    module, _, name = MODELS[type].partition(":")
    model: Model = getattr(import_module(module), name).of(part, inputs, **settings)
    return model
