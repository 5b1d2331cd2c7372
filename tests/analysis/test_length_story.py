"""What is said of accuracy by length: every number from the counts, and no difference that chance makes."""

import numpy as np

from rnnviz.analysis.length_story import length_story
from rnnviz.analysis.lengths import by_length

READ = np.repeat(np.arange(1, 21), 30)


def of(right):
    return by_length(READ, np.asarray(right, bool), least=30)


def test_what_was_taught_and_what_is_longer_is_told_apart():
    models = {"no attention": of(READ <= 6), "dot attention": of(READ <= 15), "transformer": of(READ <= 12)}
    said = length_story(models, 12, "words", "letters").replace("\u00a0", " ")
    assert said == (
        "Of words up to 12 letters, as they were taught, no attention gets 50 % right, dot attention 100 % "
        "and transformer 100 %; of longer ones, which nobody taught them, 0 %, 38 % and 0 %. Below nine of "
        "ten for good: no attention at 7 letters, dot attention at 16 and transformer at 13."
    )


def test_without_a_bound_the_shorter_half_is_compared_with_the_longer_one():
    said = length_story({"one": of(READ <= 15)}, None, "dates").replace("\u00a0", " ")
    assert said == (
        "Of dates up to 10 characters one gets 100 % right; of longer ones 50 %. Below nine of ten for good: "
        "one at 16 characters."
    )


def test_a_group_on_both_sides_of_the_border_is_on_neither():
    lengths = np.repeat(np.arange(1, 7), 10)  # three groups: 1 and 2, 3 and 4, 5 and 6
    told = length_story({"one": by_length(lengths, lengths < 5, least=20)}, 3).replace("\u00a0", " ")
    assert told.startswith("Of examples up to 3 characters, as they were taught, one gets 100 % right;")
    assert "of longer ones, which nobody taught them, 0 %." in told


def test_no_difference_is_made_of_chance():
    each = np.arange(600)
    said = length_story({"one": of(each % 30 > 0), "two": of((each % 40 > 0) | (each < 120))})
    assert said.endswith("length makes no more of a difference than chance does.")
    assert "Below" not in said


def test_nearly_all_is_not_all():
    right = np.ones(600, bool)
    right[0] = right[-1] = False
    said = length_story({"one": of(right)}).replace("\u00a0", " ")
    assert "gets 99.7 % right" in said
    assert "100 %" not in said


def test_all_of_one_length_have_nothing_longer():
    one = by_length(np.full(40, 7), np.arange(40) < 30)
    assert length_story({"one": one}, things="words").replace("\u00a0", " ") == (
        "Of all words these are right: one 75 %."
    )
    assert length_story({}) == ""
