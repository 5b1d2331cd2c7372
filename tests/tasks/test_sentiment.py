"""Opinions: what templates write, that denial is needed to tell them apart, and that it is learned."""

import random
import re

import numpy as np
import pytest
import torch

from rnnviz.models.language import reading
from rnnviz.settings import Settings
from rnnviz.tasks import task_of
from rnnviz.tasks.opinions import LANGUAGES, Language, told_by_a_word, write
from rnnviz.tasks.opinions.english import finish
from rnnviz.tasks.opinions.writing import SLOT, drawn
from rnnviz.tasks.sentiment import PAIRS, Sentiment, judged
from rnnviz.training.loop import Training, train

TOY = Language(
    words={"good": ("good", "great"), "bad": ("bad", "sad"), "it": ("it",)},
    opposites={"good": "bad"},
    training=("<it> is[ not] <good>",),
    held_out=(),
    finish=lambda text, chooser: text,
)
FEW = Sentiment(sentences=1000)
both = pytest.mark.parametrize("name", LANGUAGES)


def texts(template: str, positive: bool, count: int = 60) -> set[str]:
    chooser = random.Random(0)
    return {drawn(TOY, template, positive, chooser) for _ in range(count)}


def test_a_template_is_one_of_its_readings() -> None:
    assert texts("a (b|c|d) e", True) == {"a b e", "a c e", "a d e"}
    assert texts("a[ b| c] d", True) == {"a d", "a b d", "a c d"}
    assert texts("(x|y[ z])", True) == {"x", "y", "y z"}
    assert texts("<it> is <good>", True) == {"it is good", "it is great"}


def test_the_negative_has_the_opposite_of_each_word_and_nothing_else() -> None:
    assert texts("<it> is <good>", False) == {"it is bad", "it is sad"}
    assert texts("<it> is not <bad>", True) == {"it is not bad", "it is not sad"}
    assert texts("<it> is not <bad>", False) == {"it is not good", "it is not great"}


def test_no_word_stands_twice() -> None:
    assert texts("<good>, <good>", True) == {"good, great", "great, good"}


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("<it> is <good>", True),
        ("<it> is not <bad>", False),
        ("<good>, not <bad>", False),
        ("<bad> but <good>", True),
    ],
)
def test_whether_the_last_word_tells(template: str, told: bool) -> None:
    assert told_by_a_word(TOY, template) is told


def test_templates_take_turns_and_both_signs() -> None:
    language = TOY._replace(words={name: tuple(map(str, range(9))) for name in TOY.words})
    written = write(language, ["1<good>", "2<good>"], 8, seed=0)
    assert [(o.template[0], o.positive) for o in written] == [
        ("1", True),
        ("1", False),
        ("2", True),
        ("2", False),
    ] * 2
    rest = write(language, ["1<good>", "2<good>"], 8, seed=0, without={written[0].text})
    assert written[0].text not in {opinion.text for opinion in rest}
    assert len(rest) == 8


def test_english_is_spelled_as_one_does() -> None:
    for seed in range(30):
        said = finish("a awful film and a good one, what an idea", random.Random(seed))
        assert re.fullmatch(r"[Aa]n awful film and a good one, what an idea[.!]?", said)


@both
def test_every_template_says_something_and_none_is_in_both_parts(name: str) -> None:
    language = LANGUAGES[name]
    assert not set(language.training) & set(language.held_out)
    for template in language.training + language.held_out:  # type: ignore[operator]
        slots = set(SLOT.findall(template))
        assert slots <= set(language.words)
        assert slots & {*language.opposites, *language.opposites.values()}
        for positive in (True, False):
            said = drawn(language, template, positive, random.Random(1))
            assert not re.search(r"[<>\[\]()|]|  ", said)
    for praise, blame in language.opposites.items():
        assert not set(language.words[praise]) & set(language.words[blame])


@pytest.mark.parametrize(
    ("said", "positive", "name"),
    [
        ("Our film is good.", True, "english"),
        ("it is not bad at all!", True, "english"),
        ("I do not like dogs.", False, "english"),
        ("Nobody hates it.", True, "english"),
        ("I thought it would be good but it was not", False, "english"),
        ("The food was bad, but I liked it.", True, "english"),
        ("This song is not only awful, but dull!", False, "english"),
        ("I can't say that I don't love cats", True, "english"),
        ("我不喜欢美女。", False, "chinese"),
        ("我喜欢美女。", True, "chinese"),
        ("这本书不错。", True, "chinese"),
        ("没有人喜欢数学！", False, "chinese"),
        ("我不是不喜欢猫", True, "chinese"),
        ("虽然这部电影很差，但是我喜欢。", True, "chinese"),
    ],
)
def test_sentences_as_people_judge_them(said: str, positive: bool, name: str) -> None:
    """Some template can write it with this sign, and none with the other."""
    language = LANGUAGES[name]
    assert {
        sign for sign in (True, False) for t in language.training if can_write(language, t, sign, said)
    } == {positive}


def can_write(language: Language, template: str, positive: bool, said: str) -> bool:
    """Whether a template, made a pattern, matches a sentence."""
    swapped = dict(language.opposites) | {b: a for a, b in language.opposites.items()}
    pattern = re.sub(r"[?.]", r"\\\g<0>", template).replace("[", "(?:").replace("]", ")?")
    pattern = re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)

    def words(slot: re.Match[str]) -> str:
        name = slot[1] if positive else swapped.get(slot[1], slot[1])
        return f"(?:{'|'.join(map(re.escape, language.words[name]))})"

    pattern = SLOT.sub(words, pattern).replace("a (?:", "an? (?:")
    return re.fullmatch(pattern + "[.!。！]?", said, re.IGNORECASE) is not None


def test_what_is_held_out_was_never_read() -> None:
    learned, held_out = FEW.opinions()
    assert (len(learned), len(held_out)) == (2000, 200)
    assert not {o.text for o in learned} & {o.text for o in held_out}
    assert not {o.template for o in learned} & {o.template for o in held_out}
    known = {character for opinion in learned for character in opinion.text}
    assert {character for opinion in held_out for character in opinion.text} <= known
    for part in (learned, held_out, learned[:400]):
        assert sum(opinion.positive for opinion in part) == pytest.approx(len(part) / 2, abs=2)
        assert sum(opinion.text.isascii() for opinion in part) == len(part) / 2


@both
def test_a_word_alone_tells_no_more_than_a_coin(name: str) -> None:
    language = LANGUAGES[name]
    opinions = write(language, language.held_out, 1000, seed=1)
    assert 0.35 < np.mean([told_by_a_word(language, opinion.template) for opinion in opinions]) < 0.6


def test_the_seed_makes_the_sentences() -> None:
    learned, held_out = FEW.opinions()
    assert FEW.opinions() == (learned, held_out)
    other, same = Sentiment(sentences=1000, text_seed=1).opinions()
    assert len({o.text for o in other} & {o.text for o in learned}) < 500
    assert len({o.text for o in same} & {o.text for o in held_out}) > 150


@pytest.mark.parametrize("language", ["both", "english", "chinese"])
def test_the_examples_are_the_sentences(language: str) -> None:
    task = Sentiment(language=language, sentences=1000)
    problem = task.problem()
    learned, _ = task.opinions()
    vocabulary = problem.vocabulary
    assert vocabulary is not None
    for i in (0, 1, 7):
        row = problem.train.x[i, : problem.train.lengths[i]]  # type: ignore[index]
        assert vocabulary.decode(row.tolist()) == learned[i].text
        assert problem.train.y[i] == learned[i].positive
    assert task_of(problem.describe()) == task
    sample = problem.sample(problem.model(Settings(hidden=5, dropout=0.0)))
    assert len(sample["rows"]) == sum(len(PAIRS[name]) for name in task.languages)
    assert all(sum(row["chances"]) == pytest.approx(1, abs=1e-3) for row in sample["rows"])


@pytest.mark.parametrize("wrong", [{"language": "dutch"}, {"sentences": 10}, {"sentences": 10**6}])
def test_what_it_cannot_do_is_told(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"both, english, chinese|from 1,000 to 100,000"):
        Sentiment(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("setting", [{}, {"readout": "mean"}, {"directions": 2}])
def test_a_sentence_is_judged_alone_as_among_longer_ones(setting: dict[str, object]) -> None:
    problem = Sentiment("english", 1000).problem()
    model = problem.model(Settings(hidden=7, dropout=0.0, **setting))  # type: ignore[arg-type]
    said = ["good", "It is not bad at all!", "I hate it"]
    alone = []
    for text in said:
        with reading(model):
            alone.append(model(model.ids(text)[:, None]).softmax(-1)[0])
    torch.testing.assert_close(judged(model, said), torch.stack(alone), atol=1e-6, rtol=0)


def test_the_findings_are_those_of_the_model() -> None:
    problem = FEW.problem()
    model = problem.model(Settings(hidden=5, dropout=0.0))
    with torch.no_grad():
        model.out.weight.zero_()
        model.out.bias.copy_(torch.tensor([0.0, 1.0]))  # all is well
    english, chinese = problem.findings(model)
    assert english.startswith("English: 50.0% of 1,000 sentences from")
    assert chinese.startswith("Chinese: 50.0% of 1,000 sentences from")
    assert "is right on 42%" in english


@both
def test_the_example_is_of_the_language_that_is_learned(name: str) -> None:
    task = Sentiment(name, sentences=1000)
    vocabulary = task.problem().vocabulary
    assert vocabulary is not None
    assert vocabulary.unknown(task.example) == []
    assert Sentiment().example == Sentiment.example == Sentiment("english").example
    for text, positive in PAIRS[name]:
        signs = {
            sign
            for sign in (True, False)
            for t in LANGUAGES[name].training
            if can_write(LANGUAGES[name], t, sign, text)
        }
        assert signs <= {positive}


@pytest.mark.slow
def test_denial_is_learned() -> None:
    """Chinese alone, in a few seconds; with the defaults, both languages reach 97 % within a minute."""
    task = Sentiment("chinese", 4000)
    settings = Settings(**{**task.defaults, "hidden": 32, "steps": 700, "lr": 0.01, "evaluate_every": 700})
    training = Training(task.problem(), settings)
    *_, end = train(training)
    assert end.held_out > 0.95  # type: ignore[union-attr]
    chances = judged(training.model, ["我喜欢美女", "我不喜欢美女"])[:, 1]
    assert chances[0] > 0.9 > 0.1 > chances[1]
