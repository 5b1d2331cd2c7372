from collections import Counter
from itertools import islice

import pytest
import torch

from rnnviz.models.language import LanguageModel
from rnnviz.models.sampling import generate, probabilities, sample
from rnnviz.models.vocabulary import Vocabulary
from tests.models.tiny import bias_only, follower

LOGITS = torch.tensor([9.0, 0.0, 1.0, 2.0])


def test_probabilities_are_the_softmax_without_the_unknown() -> None:
    wanted = torch.tensor([0.0, 1.0, torch.e, torch.e**2], dtype=torch.float64)
    torch.testing.assert_close(
        probabilities(LOGITS, 1.0, None, never=0), wanted / wanted.sum(), rtol=1e-6, atol=0
    )


def test_temperature_sharpens_and_flattens() -> None:
    wanted = torch.tensor([0.0, 1.0, torch.e**2, torch.e**4], dtype=torch.float64)
    torch.testing.assert_close(
        probabilities(LOGITS, 0.5, None, never=0), wanted / wanted.sum(), rtol=1e-6, atol=0
    )
    assert probabilities(LOGITS, 1e9, None, never=0).tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3])


@pytest.mark.parametrize("temperature", [0, 1e-300, 1e-9])
def test_temperature_zero_or_next_to_it_takes_the_likeliest(temperature: float) -> None:
    assert probabilities(LOGITS, temperature, None, never=0).tolist() == [0, 0, 0, 1]


def test_top_k_keeps_the_likeliest() -> None:
    assert probabilities(LOGITS, 1.0, 1, never=0).tolist() == [0, 0, 0, 1]
    two = probabilities(LOGITS, 1.0, 2, never=0)
    assert two[:2].tolist() == [0, 0]
    assert float(two[3] / two[2]) == pytest.approx(torch.e)
    assert torch.equal(probabilities(LOGITS, 1.0, 99, never=0), probabilities(LOGITS, 1.0, None, never=0))


@pytest.mark.slow
def test_what_is_drawn_follows_the_probabilities() -> None:
    counts = Counter(sample(bias_only(5.0, 0.0, 1.0, 2.0), length=4000, seed=1))
    total = 1 + torch.e + torch.e**2
    for letter, weight in zip("abc", (1, torch.e, torch.e**2), strict=True):
        assert counts[letter] / 4000 == pytest.approx(weight / total, abs=0.03)


def test_each_character_is_read_before_the_next_is_drawn() -> None:
    assert sample(follower(), "a", 5, temperature=0) == "babab"
    assert sample(follower(), "ab", 3, temperature=0) == "aba"


def test_the_same_seed_writes_the_same_and_another_does_not() -> None:
    model = bias_only(0.0, 0.0, 0.0, 0.0)
    assert sample(model, length=40, seed=3) == sample(model, length=40, seed=3)
    assert sample(model, length=40, seed=3) != sample(model, length=40, seed=4)
    assert sample(model, length=40) != sample(model, length=40)


def test_drawing_leaves_the_random_numbers_of_others_alone() -> None:
    model = bias_only(0.0, 0.0, 0.0)
    before = torch.get_rng_state()
    sample(model, length=5, seed=0)
    sample(model, length=5)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_never_ends_and_never_writes_the_unknown() -> None:
    text = "".join(islice(generate(bias_only(50.0, 0.0), "xyz 😀"), 300))
    assert text == "a" * 300


def test_length_zero_is_nothing() -> None:
    assert sample(follower(), "a", 0) == ""


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"temperature": -1}, "temperature is a number from 0 upwards, not -1"),
        ({"temperature": float("nan")}, "not nan"),
        ({"temperature": float("inf")}, "not inf"),
        ({"top_k": 0}, "top_k is at least 1"),
        ({"seed": -1}, "seed is a whole number from 0"),
        ({"seed": 2**63}, "seed is a whole number from 0"),
    ],
)
def test_a_setting_out_of_range_is_told_at_once(settings: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        generate(follower(), "a", **settings)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="length is at least 0"):
        sample(follower(), "a", -1)


def test_a_model_without_characters_cannot_write() -> None:
    with pytest.raises(ValueError, match="knows no characters"):
        generate(LanguageModel(Vocabulary(("<unk>",)), "rnn", hidden=2))


def test_outputs_that_are_no_numbers_are_told() -> None:
    with pytest.raises(ValueError, match="not finite"):
        sample(bias_only(0.0, float("nan"), 0.0), length=1)
