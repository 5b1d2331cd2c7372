"""How a model writes: against all that it could have written."""

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from rnnviz.models.decoding import Beam, beam_search, greedy, write
from rnnviz.models.language import LanguageModel
from rnnviz.models.seq2seq import ATTENTIONS, Seq2Seq
from rnnviz.models.vocabulary import Vocabulary
from tests.cases import every

SOURCE = Vocabulary.of("abcdef")
TEXTS = ["abc", "f", "deadbeef", "a?c"]


def model_of(seed: int = 0, attention: str = "dot", outputs: str = "xy", **settings: Any) -> Seq2Seq:
    """Weights large enough for it to be sure of something."""
    torch.manual_seed(seed)
    made: dict[str, Any] = {"hidden": 4, "embedding": 3} | settings
    model = Seq2Seq(SOURCE, tuple(outputs), attention=attention, **made)
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=1.5)
    return model


def scored(model: Seq2Seq, text: str, ids: tuple[int, ...]) -> list[float]:
    """log P of each token, by teacher forcing."""
    y = torch.tensor(ids)[:, None]
    with torch.no_grad():
        logits = model.eval()(model.ids(text)[:, None], y)
    return logits.double().log_softmax(-1).gather(2, y[..., None]).flatten().tolist()


def everything(outputs: int, longest: int) -> list[tuple[int, ...]]:
    """All that can be written: what ends, and what is too long to."""
    tokens = range(1, outputs)
    ended = [(*each, 0) for n in range(longest) for each in itertools.product(tokens, repeat=n)]
    return ended + list(itertools.product(tokens, repeat=longest))


@pytest.mark.parametrize("attention", ATTENTIONS)
@every("seed", range(4))
def test_a_beam_wide_enough_finds_the_best_of_all(seed: int, attention: str) -> None:
    model, longest = model_of(seed, attention), 4
    every = {ids: sum(scored(model, "fed", ids)) for ids in everything(3, longest)}
    best = sorted(every, key=lambda ids: -every[ids])
    found = beam_search(model, "fed", width=len(every), longest=longest)
    assert [beam.ids for beam in found] == best
    for beam in found:
        assert beam.log_prob == pytest.approx(every[beam.ids], abs=1e-4)
        assert beam.ended == (0 in beam.ids)
    assert sum(torch.tensor([beam.log_prob for beam in found]).exp()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("width", [1, 2, 3, 7])
@every("seed", range(4))
def test_beams_are_what_they_say(seed: int, width: int) -> None:
    model = model_of(seed, "additive", "wxyz", directions=2, cell="lstm", layers=2)
    found = beam_search(model, "deadbeef", width, longest=8)
    assert 1 <= len(found) <= width
    assert len({beam.ids for beam in found}) == len(found)
    assert [beam.log_prob for beam in found] == sorted((beam.log_prob for beam in found), reverse=True)
    for beam in found:
        assert beam.log_probs == pytest.approx(scored(model, "deadbeef", beam.ids), abs=1e-4)
        assert beam.log_prob == pytest.approx(sum(beam.log_probs))
        assert beam.text == model.target_text(torch.tensor(beam.ids))
        assert beam.ended or len(beam.ids) == 8
        assert 0 not in beam.ids[:-1]
    assert found == beam_search(model, "deadbeef", width, longest=8)


@pytest.mark.parametrize("attention", ATTENTIONS)
@every("seed", range(4))
def test_a_beam_of_one_is_greedy_and_greedy_takes_the_likeliest(seed: int, attention: str) -> None:
    model = model_of(seed, attention, "wxyz", directions=2)
    x = torch.nn.utils.rnn.pad_sequence([model.ids(text) for text in TEXTS])
    ids = greedy(model, x, torch.tensor([len(text) for text in TEXTS]), longest=9)
    for row, text in enumerate(TEXTS):
        (beam,) = beam_search(model, text, 1, longest=9)
        alone = write(model, text, longest=9)
        assert (alone.ids, alone.text, alone.ended) == (beam.ids, beam.text, beam.ended)
        assert alone.log_probs == pytest.approx(beam.log_probs, abs=1e-5)
        assert model.target_text(ids[:, row]) == beam.text
        assert not ids[len(beam.ids) :, row].any()
        y = torch.tensor(alone.ids)[:, None]
        with torch.no_grad():
            assert torch.equal(model(model.ids(text)[:, None], y).argmax(-1), y)


def silent(model: Seq2Seq) -> Seq2Seq:
    """The same, but it expects everything alike."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    return model


def test_ties_are_broken_by_the_order_of_the_tokens() -> None:
    model = silent(model_of())
    assert [beam.ids for beam in beam_search(model, "abc", 3, longest=3)] == [(0,), (1, 0), (1, 1, 0)]
    assert greedy(model, torch.ones(2, 1, dtype=torch.long)).tolist() == [[0]]
    with torch.no_grad():
        model.out.bias[0] = -1e4
    assert [beam.ids for beam in beam_search(model, "abc", 3, longest=2)] == [(1, 1), (1, 2), (2, 1)]
    assert greedy(model, torch.ones(2, 1, dtype=torch.long), longest=3).tolist() == [[1], [1], [1]]


def test_what_never_ends_is_stopped() -> None:
    model = silent(model_of())
    with torch.no_grad():
        model.out.bias[0] = -1e4
    beam = write(model, "abc", longest=7)
    assert (beam.text, beam.ended) == ("x" * 7, False)
    assert greedy(model, model.ids("abc")[:, None], longest=7).shape == (7, 1)
    assert not any(beam.ended for beam in beam_search(model, "abc", 2, longest=7))


def test_an_attempt_that_ended_is_not_given_up_for_worse_ones() -> None:
    """P(end at once) = 0.4, every other beginning is likelier and leads nowhere good."""
    model = silent(model_of(outputs="xyz"))
    with torch.no_grad():
        model.out.bias.copy_(torch.tensor([0.4, 0.3, 0.2, 0.1]).log())
    best = beam_search(model, "abc", 2, longest=20)
    assert best[0].ids == (0,)
    assert best[1].ids == (1, 0)
    assert best[1].log_prob == pytest.approx(float(torch.tensor(0.12).log()))


def test_the_beginning_can_be_forced() -> None:
    model = model_of(1, outputs="wxyz")
    free = write(model, "abc", longest=6)
    for begin in ("", "z", "wz"):
        forced = write(model, "abc", longest=6, begin=begin)
        assert forced.text.startswith(begin)
        assert forced.log_probs == pytest.approx(scored(model, "abc", forced.ids), abs=1e-4)
    assert write(model, "abc", longest=6, begin=free.text[:2]) == free
    with pytest.raises(ValueError, match="never writes 'q'"):
        write(model, "abc", begin="q")


def test_an_edit_changes_what_is_written_after_it() -> None:
    model = model_of(3, outputs="wxyz", directions=2)

    def same(step: int, name: str, value: Tensor) -> Tensor:
        return value

    def elsewhere(step: int, name: str, value: Tensor) -> Tensor:
        if (step, name) != (1, "attn.weights"):
            return value
        return torch.zeros_like(value).index_fill(1, torch.tensor([7]), 1.0)

    free = write(model, "deadbeef", longest=8)
    unmoved = write(model, "deadbeef", longest=8, edit=same)
    assert (unmoved.ids, unmoved.text) == (free.ids, free.text)
    assert unmoved.log_probs == pytest.approx(free.log_probs, abs=1e-4)
    moved = write(model, "deadbeef", longest=8, edit=elsewhere)
    assert moved.ids[0] == free.ids[0]
    assert moved.log_probs[1] != pytest.approx(free.log_probs[1], abs=1e-3)
    forced = write(model, "deadbeef", longest=8, begin="zz", edit=elsewhere)
    assert forced.text.startswith("zz")


def test_the_model_stays_as_it_was() -> None:
    model = model_of(dropout=0.5)
    assert beam_search(model, "abc", 2, longest=5) == beam_search(model, "abc", 2, longest=5)
    assert model.training
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda model: write(model, ""), "There is no text to read"),
        (lambda model: beam_search(model, ""), "There is no text to read"),
        (lambda model: beam_search(model, "a", 0), "beam is at least 1 wide, not 0"),
        (lambda model: write(model, "a", longest=0), "not 0"),
        (lambda model: greedy(model, model.ids("a")[:, None], longest=-1), "not -1"),
        (
            lambda model: write(LanguageModel(SOURCE, "gru", hidden=3), "a"),
            "This model is a language, and only a sequence-to-sequence model translates",
        ),
    ],
)
def test_what_cannot_be_done_is_told(ask: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ask(model_of())


def test_a_beam_is_told_by_name() -> None:
    assert Beam._fields == ("ids", "text", "log_probs", "log_prob", "ended")
