"""Sentences from templates, each of which can be turned into its opposite.

    <thing> (is|was) not [very ]<bad>

<thing> is any word of that list, (a|b) is one of these, [a|b] is one of these or nothing; they may be nested.
Every template is written down as it reads when it is positive. Its negative has the opposite of each word
that has one: <good> for <bad>, <hates> for <likes>. So the two differ in nothing else, and a word alone tells
little: "bad" stands in positive sentences wherever a template denies it.
"""

import random
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import cycle, islice
from typing import NamedTuple

CHOICE = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")
SLOT = re.compile(r"<(\w+)>")


class Language(NamedTuple):
    """words: the lists, by name; opposites: the list of blame for each of praise; training, held_out: the
    templates; finish: makes a sentence of what was drawn.
    """

    words: Mapping[str, Sequence[str]]
    opposites: Mapping[str, str]
    training: Sequence[str]
    held_out: Sequence[str]
    finish: Callable[[str, random.Random], str]


class Opinion(NamedTuple):
    """A sentence, whether it is positive, and the template it came from."""

    text: str
    positive: bool
    template: str


def listed(words: str) -> tuple[str, ...]:
    """A list of words out of one string, with ", " between them."""
    return tuple(words.split(", "))


def write(
    language: Language,
    templates: Sequence[str],
    sentences: int,
    seed: int,
    without: Collection[str] = frozenset(),
) -> list[Opinion]:
    """So many sentences, every template and both signs in turn, none of them among those `without`."""
    chooser = random.Random(seed)  # noqa: S311 (sentences, not secrets)
    signed = cycle((template, positive) for template in templates for positive in (True, False))
    opinions = (
        Opinion(drawn(language, template, positive, chooser), positive, template)
        for template, positive in signed
    )
    return list(islice((opinion for opinion in opinions if opinion.text not in without), sentences))


def drawn(language: Language, template: str, positive: bool, chooser: random.Random) -> str:
    """One sentence of a template; no word stands in it twice."""
    text = template
    while CHOICE.search(text):
        text = CHOICE.sub(lambda found: _chosen(found, chooser), text)
    swapped = {} if positive else _both_ways(language.opposites)
    used: set[str] = set()

    def word(slot: re.Match[str]) -> str:
        name = swapped.get(slot[1], slot[1])
        word = chooser.choice([word for word in language.words[name] if word not in used])
        used.add(word)
        return word

    return language.finish(SLOT.sub(word, text), chooser)


def told_by_a_word(language: Language, template: str) -> bool:
    """Whether the last word of praise or blame says what the whole sentence means."""
    words = [name for name in SLOT.findall(template) if name in _both_ways(language.opposites)]
    return words[-1] in language.opposites


def _both_ways(opposites: Mapping[str, str]) -> dict[str, str]:
    return {**opposites, **{blame: praise for praise, blame in opposites.items()}}


def _chosen(found: re.Match[str], chooser: random.Random) -> str:
    """One of several; in square brackets, one or nothing."""
    if found[1] is None and chooser.random() < 0.5:
        return ""
    return chooser.choice((found[1] or found[2]).split("|"))
