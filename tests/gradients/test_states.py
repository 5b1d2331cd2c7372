"""How long the gradient of the loss is at each state, held against other ways to find it."""

import re

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from rnnviz.gradients import state_gradients
from rnnviz.models.language import LanguageModel
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.models.vocabulary import Vocabulary
from tests.cases import mostly_slow
from tests.record.compare import CELLS, lively

TEXT = "the time traveller"
VOCABULARY = Vocabulary.of(TEXT)
CLASSES = ("good", "bad", "neither")
SERIES = np.random.default_rng(0).normal(size=(9, 4))
ANSWERS = np.random.default_rng(1).normal(size=(9, 3))


def language(cell="lstm", **settings) -> LanguageModel:
    return lively(LanguageModel(VOCABULARY, cell, **({"hidden": 5, "layers": 2} | settings)))


class Nudges:
    """Adds to each state at each step a nudge of its own, on its way out of the step."""

    def __init__(self, model, steps: int) -> None:
        shape = (steps, model.hidden)
        self.by_name = {
            f"l{layer}{'r' * way}.{letter}": torch.zeros(shape, dtype=torch.float64, requires_grad=True)
            for layer in range(model.layers)
            for way in range(model.directions)
            for letter in model.rnn.cell_type.carried
        }

    def __call__(self, step: int, name: str, value: torch.Tensor) -> torch.Tensor:
        return value + self.by_name[name][step] if name in self.by_name else value


def ids_of(model, text: str) -> torch.Tensor:
    return model.read(model.ids(text)[:, None])


def next_characters(model, output: torch.Tensor) -> torch.Tensor:
    return cross_entropy(model.out(output[:-1, 0]), model.ids(TEXT)[1:])


def own_answers(model, output: torch.Tensor) -> torch.Tensor:
    logits = model.out(model.summary(output) if isinstance(model, Classifier) else output[:, 0])
    return -logits.log_softmax(-1).amax(-1).mean()


def read_text(model):
    return ids_of(model, TEXT)


def read_series(model):
    return torch.from_numpy(SERIES)[:, None]


def cases(cell):
    """A model, what it is asked, what it reads, and its loss written out a second time."""
    yield language(cell), {"input": TEXT}, read_text, next_characters
    yield language(cell, input="embedding", embedding=3), {"input": TEXT}, read_text, next_characters
    for directions in (1, 2):
        settings = {"cell": cell, "hidden": 5, "layers": 2, "directions": directions}
        numbers = lively(Tagger(4, 3, **settings))
        yield (
            numbers,
            {"input": SERIES, "target": ANSWERS},
            read_series,
            lambda model, h: (model.out(h[:, 0]) - torch.from_numpy(ANSWERS)).square().mean(),
        )
        yield lively(Tagger(VOCABULARY, CLASSES, **settings)), {"input": TEXT}, read_text, own_answers
        for readout in ("last", "mean"):
            classifier = lively(Classifier(VOCABULARY, CLASSES, readout=readout, **settings))
            yield classifier, {"input": TEXT}, read_text, own_answers
            yield (
                classifier,
                {"input": TEXT, "target": "bad"},
                read_text,
                lambda model, h: cross_entropy(model.out(model.summary(h)), torch.tensor([1])),
            )


@pytest.mark.parametrize("cell", mostly_slow(CELLS, "lstm"))
def test_they_are_the_gradients_of_a_nudge_to_each_state(cell):
    for model, asked, read, loss_of in cases(cell):
        nudges = Nudges(model, len(asked["input"]))
        loss = loss_of(model, model.rnn.trace(read(model), edit=nudges).output)
        loss.backward()
        found = state_gradients(model, **asked)
        assert list(found.norms) == list(nudges.by_name)
        for name, nudge in nudges.by_name.items():
            wanted = nudge.grad.norm(dim=-1)
            np.testing.assert_allclose(found.norms[name], wanted, rtol=1e-12, atol=1e-15, err_msg=name)
            assert found.norms[name].max() > 0
        assert found.loss == pytest.approx(loss.item(), rel=1e-12)
        assert found.cut is None


@pytest.mark.parametrize("cell", CELLS)
def test_they_are_what_finite_differences_say(cell):
    model, random = language(cell), np.random.default_rng(0)
    found = state_gradients(model, TEXT)
    size = 1e-5

    def loss(name: str, step: int, unit: int, amount: float) -> float:
        def edit(t, edited, value):
            nudge = torch.zeros_like(value)
            nudge[..., unit] = amount
            return value + nudge if (edited, t) == (name, step) else value

        with torch.no_grad():
            return next_characters(model, model.rnn.trace(read_text(model), edit=edit).output).item()

    for name in found.norms:
        step = int(random.integers(len(TEXT) - 1))
        slopes = [
            (loss(name, step, unit, size) - loss(name, step, unit, -size)) / (2 * size) for unit in range(5)
        ]
        assert found.norms[name][step] == pytest.approx(np.linalg.norm(slopes), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("cut", [1, 4, 6, 17, 18, 100])
@pytest.mark.parametrize("cell", CELLS)
def test_cut_it_is_what_pieces_with_a_detached_state_give(cell, cut):
    model = language(cell)
    ids, wanted, total, state = model.ids(TEXT), {}, 0.0, None
    for start in range(0, len(ids), cut):
        piece = ids[start : start + cut]
        nudges = Nudges(model, len(piece))
        trace = model.rnn.trace(model.read(piece[:, None]), state, edit=nudges)
        logits = model.out(trace.output[:, 0])[: len(ids) - 1 - start]
        came = ids[start + 1 : start + 1 + len(logits)]
        loss = cross_entropy(logits, came, reduction="sum") / (len(ids) - 1)
        loss.backward()
        total += loss.item()
        for name, nudge in nudges.by_name.items():
            wanted.setdefault(name, []).append(nudge.grad.norm(dim=-1))
        state = trace.state
        state = state.detach() if isinstance(state, torch.Tensor) else tuple(part.detach() for part in state)
    found = state_gradients(model, TEXT, cut=cut)
    assert found.cut == cut
    assert found.loss == pytest.approx(total, rel=1e-12)
    for name, parts in wanted.items():
        np.testing.assert_allclose(found.norms[name], torch.cat(parts), rtol=1e-12, atol=1e-15)
    whole = state_gradients(model, TEXT)
    same = all(np.array_equal(found.norms[name], whole.norms[name]) for name in wanted)
    assert same == (cut >= len(TEXT) - 1)


def test_before_a_cut_a_state_hears_of_its_own_loss_alone():
    model = language("gru", layers=1)
    found = state_gradients(model, TEXT, cut=6)
    with torch.no_grad():
        h = model.rnn(read_text(model))[0][5, 0]
        prob = model.out(h).softmax(-1)
        prob[model.ids(TEXT)[6]] -= 1
    own = (prob @ model.out.weight).norm().item() / (len(TEXT) - 1)
    assert found.norms["l0.h"][5] == pytest.approx(own, rel=1e-12)
    assert found.norms["l0.h"][-1] == 0  # nothing comes after it


# --- targets


def test_a_target_may_be_names_or_numbers_with_gaps():
    model = lively(Tagger(4, CLASSES, hidden=5))
    names = ["bad", None, *["good"] * 6, "neither"]
    found = state_gradients(model, SERIES, target=names)
    again = state_gradients(model, SERIES, target=[None if n is None else CLASSES.index(n) for n in names])
    np.testing.assert_array_equal(found.norms["l0.c"], again.norms["l0.c"])
    with torch.no_grad():
        log_prob = model(torch.from_numpy(SERIES)[:, None])[0][:, 0].log_softmax(-1).numpy()
    losses = [-log_prob[step, CLASSES.index(name)] for step, name in enumerate(names) if name]
    assert found.loss == pytest.approx(np.mean(losses), rel=1e-12)


def test_a_text_can_be_the_target_of_a_tagger_of_characters():
    model = lively(Tagger(VOCABULARY, VOCABULARY, hidden=5))
    found = state_gradients(model, "time", target="lime")
    ids = [VOCABULARY.tokens.index(character) for character in "lime"]
    np.testing.assert_array_equal(
        found.norms["l0.h"], state_gradients(model, "time", target=ids).norms["l0.h"]
    )


def test_numbers_that_are_missing_are_not_counted():
    model = lively(Tagger(4, 3, hidden=5))
    some = ANSWERS.copy()
    some[2:, 1] = np.nan
    with torch.no_grad():
        said = model(torch.from_numpy(SERIES)[:, None])[0][:, 0].numpy()
    found = state_gradients(model, SERIES, target=some)
    assert found.loss == pytest.approx(np.nanmean((said - some) ** 2), rel=1e-12)
    assert np.isfinite(found.norms["l0.h"]).all()


def test_it_says_what_the_loss_is_of():
    tagger, classifier = Tagger(4, CLASSES, hidden=5), Classifier(4, CLASSES, hidden=5)
    assert state_gradients(language(), TEXT).of == "the next characters"
    assert state_gradients(tagger, SERIES).of == "the model's own likeliest answers"
    assert state_gradients(classifier, SERIES).of == "the model's own likeliest answer"
    assert state_gradients(classifier, SERIES, target=2).of == "the answer given"


# --- manners


@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode])
def test_it_works_wherever_gradients_are_switched_off(around):
    model = language()
    wanted = state_gradients(model, TEXT).norms
    with around():
        found = state_gradients(model.requires_grad_(False), TEXT).norms
    for name in wanted:
        np.testing.assert_array_equal(found[name], wanted[name])


def test_the_model_stays_as_it_was_and_drops_nothing():
    model = language(dropout=0.5)
    wanted = state_gradients(model, TEXT).norms
    found = state_gradients(model.train(), TEXT).norms
    np.testing.assert_array_equal(found["l0.h"], wanted["l0.h"])
    assert model.training
    assert all(weight.grad is None for weight in model.parameters())


def test_what_comes_back_is_frozen():
    found = state_gradients(language(), TEXT)
    assert {values.shape for values in found.norms.values()} == {(len(TEXT),)}
    with pytest.raises(ValueError, match="read-only"):
        found.norms["l0.h"][0] = 1
    with pytest.raises(TypeError):
        found.norms["l0.h"] = np.zeros(3)


@pytest.mark.parametrize(
    ("model", "asked", "sentence"),
    [
        (language(), {"input": "t"}, "takes at least two"),
        (language(), {"input": ""}, "There is no text to read"),
        (language(), {"input": TEXT, "target": TEXT}, "give none"),
        (language(), {"input": TEXT, "cut": 0}, "1 step or more, not after 0"),
        (Tagger(4, 3), {"input": SERIES}, "give the target, (steps, outputs)"),
        (Tagger(4, 3), {"input": SERIES, "target": ANSWERS[1:]}, "the shape (9, 3), not (8, 3)"),
        (Tagger(4, 3), {"input": SERIES, "target": ANSWERS * np.nan}, "no target at any step"),
        (Tagger(4, CLASSES), {"input": SERIES, "target": [0, 1]}, "2 targets for 9 steps"),
        (Tagger(4, CLASSES), {"input": SERIES, "target": [None] * 9}, "no target at any step"),
        (
            Classifier(4, CLASSES),
            {"input": SERIES, "target": "ugly"},
            "no class 'ugly'; there are: good, bad,",
        ),
        (Classifier(4, CLASSES), {"input": SERIES, "target": 3}, "There is no class 3"),
        (Classifier(4, CLASSES, directions=2), {"input": SERIES, "cut": 3}, "its gradient is never cut"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(model, asked, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        state_gradients(model, **asked)
