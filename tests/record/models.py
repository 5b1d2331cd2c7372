"""Random models that attend, small enough to be written out a second time."""

import numpy as np
import torch

from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.sequence import Classifier
from rnnviz.models.transformer_classifier import TransformerClassifier
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.models.transformer_seq2seq import TransformerSeq2Seq
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.traces import Trace
from tests.record.compare import lively

READS = Vocabulary.of("novembr 21")
WRITES = tuple("0123456789-")
TEXT = "nov 21 é"
TOLD = "2021-11-2"
CLASSES = ("negative", "positive", "neither")
SERIES = np.random.default_rng(0).normal(size=(7, 4))


def writer(attention="dot", dtype=torch.float64, **settings) -> Seq2Seq:
    made = {"hidden": 5, "embedding": 4, "attention": attention} | settings
    return lively(Seq2Seq(READS, WRITES, **made), dtype)


def pooler(inputs=READS, readout="attention", dtype=torch.float64, **settings) -> Classifier:
    return lively(Classifier(inputs, CLASSES, readout=readout, **({"hidden": 5} | settings)), dtype)


def speaker(dtype=torch.float64, **settings) -> TransformerLanguageModel:
    made = {"hidden": 12, "heads": 3, "feedforward": 10, "context": 16} | settings
    return stirred(TransformerLanguageModel(READS, **made)).to(dtype).eval()


def judge(inputs=READS, dtype=torch.float64, **settings) -> TransformerClassifier:
    made = {"hidden": 12, "heads": 3, "feedforward": 10, "context": 16} | settings
    return stirred(TransformerClassifier(inputs, CLASSES, **made)).to(dtype).eval()


def rewriter(dtype=torch.float64, **settings) -> TransformerSeq2Seq:
    made = {"hidden": 12, "heads": 3, "feedforward": 10, "context": 16} | settings
    return stirred(TransformerSeq2Seq(READS, WRITES, **made)).to(dtype).eval()


def stirred(model):
    """All weights at random, biases and norms too."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn_like(weight) * 0.5)
    return model


ALL = {
    "translation": lambda **more: writer("additive", cell="lstm", directions=2, **more),
    "without attention": lambda **more: writer("none", **more),
    "pooling": lambda **more: pooler(**more),
    "pooling by unit": lambda **more: pooler(readout="attention_by_unit", directions=2, **more),
    "speaker": lambda **more: speaker(**more),
    "speaker, pre-norm": lambda **more: speaker(norm="pre", **more),
    "rewriter": lambda **more: rewriter(**more),
    "rewriter, pre-norm": lambda **more: rewriter(norm="pre", **more),
    "judge": lambda **more: judge(readout="attention", **more),
}


def bounded(trace: Trace) -> Trace:
    """The same with -1 for -inf, since inf - inf is no number."""
    told = {
        n: q._with(np.where(np.isinf(q.values), -1, q.values), q.dims) for n, q in trace.quantities.items()
    }
    return Trace(trace.labels, told, trace.meta)
