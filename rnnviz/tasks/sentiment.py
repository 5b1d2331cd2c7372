"""Short opinions, English and Chinese: are they positive or negative?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, ClassVar

from rnnviz.models.vocabulary import Vocabulary
from rnnviz.settings import OF_TRANSFORMERS, RECURRENT, TRANSFORMER
from rnnviz.tasks.base import ALWAYS
from rnnviz.tasks.opinions import LANGUAGES, Opinion, told_by_a_word, write
from rnnviz.tasks.pairs import Pair
from rnnviz.tasks.supervised import Data, Examples, SupervisedTask

if TYPE_CHECKING:
    from torch import Tensor

    from rnnviz.tasks.examples import SupervisedProblem

CLASSES = ("negative", "positive")
BOTH = "both"
HELD_OUT = 10  # for so many sentences to learn from, one of the templates that are held out
HELD_OUT_SEED = 1 << 32  # whatever is learned from, what is held out is the same
LEAST, MOST = 1000, 100_000  # sentences of a language
FINDINGS_ON = 1000  # sentences
PAIRS = {
    "english": (
        ("The film is good.", True),
        ("The film is not good.", False),
        ("Not bad at all!", True),
        ("I thought it would be good but it was not", False),
    ),
    "chinese": (
        ("我喜欢美女", True),
        ("我不喜欢美女", False),
        ("我不是不喜欢美女", True),
        ("我以为这部电影很好，没想到很无聊", False),
    ),
}


@dataclass(frozen=True)
class Sentiment(SupervisedTask):
    """Sentences made by templates (`rnnviz.tasks.opinions`), most of which deny something: "not bad at all",
    我不喜欢美女, "I thought it would be good but it was not". So no word says by itself what is meant: the
    network has to keep the "not" in mind until it meets its word.

    What is held out are templates of their own: no sentence of theirs is ever learned from.

    It is read character by character, English too, as all text here is: so one sees where within a word the
    verdict falls, and a word that it does not know does not leave a gap.
    """

    name = "sentiment"
    title = "Praise or blame"
    look = 'The verdict turns where the sentence turns: write a "not" or a 不 into it, and see who remembers.'
    example = "I thought it would be good but it was not"
    things = "sentences"
    defaults: ClassVar[Mapping[str, Any]] = {
        "cell": "gru", "hidden": 64, "input": "embedding", "embedding": 16, "batch": 32, "steps": 4000,
        "lr": 5e-3, "dropout": 0.0, "decay": 0.0, "evaluate_every": 200,
    }  # fmt: skip
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "with attention": {"readout": "attention", "directions": 2},
        # Chinese alone: of English letters it would have to make words first, for which it takes far longer.
        "a transformer": {
            "cell": "transformer", "hidden": 64, "layers": 2, "heads": 4, "positions": "sinusoidal",
            "norm": "pre", "readout": "mean", "lr": 1e-3, "steps": 1500, "language": "chinese",
        },
    }  # fmt: skip
    offered = (
        "cell", "hidden", "steps", "lr", "readout", "layers", "directions", "input", "embedding",
        *OF_TRANSFORMERS,
        *(name for name in ALWAYS if name not in ("cell", "hidden", "steps", "lr", "layers")),
    )  # fmt: skip
    cells = (*RECURRENT, TRANSFORMER)

    language: str = field(
        default=BOTH,
        metadata={"help": f"{BOTH}, or {' or '.join(LANGUAGES)} alone", "choices": (BOTH, *LANGUAGES)},
    )
    sentences: int = field(
        default=20_000,
        metadata={"help": "sentences to learn from, of each language", "least": LEAST, "most": MOST},
    )
    text_seed: int = field(default=0, metadata={"help": "seed of the sentences", "least": 0})

    def __post_init__(self) -> None:
        if self.language not in (BOTH, *LANGUAGES):
            raise ValueError(f"The language is {', '.join((BOTH, *LANGUAGES))}, not {self.language!r}.")
        if not LEAST <= self.sentences <= MOST:
            raise ValueError(f"sentences is a whole number from {LEAST:,} to {MOST:,}, not {self.sentences}.")

        object.__setattr__(self, "example", PAIRS[self.languages[0]][-1][0])

    @property
    def languages(self) -> tuple[str, ...]:
        """The names of those that are learned."""
        return tuple(LANGUAGES) if self.language == BOTH else (self.language,)

    def opinions(self) -> tuple[list[Opinion], list[Opinion]]:
        """The sentences to learn from, and those that are held out."""
        learned = [_learned(name, self.sentences, self.text_seed) for name in self.languages]
        return _in_turn(learned), self._never_learned(self.sentences // HELD_OUT, HELD_OUT_SEED)

    def asked(self, count: int, seed: int) -> list[Pair]:
        """Sentences of the templates that are held out, as many of each language."""
        opinions = self._never_learned(-(-count // len(self.languages)), HELD_OUT_SEED + 1 + seed)
        return [Pair(opinion.text, CLASSES[opinion.positive]) for opinion in opinions[:count]]

    def _never_learned(self, count: int, seed: int) -> list[Opinion]:
        """So many of each language, none of which can be found among what is learned."""
        written = []
        for name in self.languages:
            known = {opinion.text for opinion in _learned(name, self.sentences, self.text_seed)}
            written.append(write(LANGUAGES[name], LANGUAGES[name].held_out, count, seed, without=known))
        return _in_turn(written)

    def data(self) -> Data:
        learned, held_out = self.opinions()
        vocabulary = Vocabulary.of("".join(opinion.text for opinion in learned))
        train, rest = (
            Examples.padded([vocabulary.encode(o.text) for o in part], [int(o.positive) for o in part])
            for part in (learned, held_out)
        )
        return Data(train, rest, vocabulary, CLASSES)

    def sample(self, problem: "SupervisedProblem", model: Any) -> dict[str, Any]:
        """Sentences of which each says the opposite of the one before."""
        pairs = [pair for name in self.languages for pair in PAIRS[name]]
        chances = judged(model, [text for text, _ in pairs]).tolist()
        rows = [
            {"input": text, "target": int(positive), "chances": [round(chance, 4) for chance in row]}
            for (text, positive), row in zip(pairs, chances, strict=True)
        ]
        return {"kind": "answers", "classes": list(CLASSES), "rows": rows}

    def findings(self, problem: "SupervisedProblem", model: Any) -> list[str]:
        """How well each language is understood, and each template; and how far one comes without."""
        found = []
        for name in self.languages:
            language = LANGUAGES[name]
            opinions = write(language, language.held_out, FINDINGS_ON, HELD_OUT_SEED)
            said = judged(model, [opinion.text for opinion in opinions]).argmax(-1).tolist()
            right = [guess == opinion.positive for guess, opinion in zip(said, opinions, strict=True)]
            by_word = [told_by_a_word(language, opinion.template) for opinion in opinions]
            of_template = {
                template: _share([r for r, o in zip(right, opinions, strict=True) if o.template == template])
                for template in language.held_out
            }
            hardest = min(of_template, key=lambda template: of_template[template])
            found.append(
                f"{name.title()}: {_share(right):.1%} of {len(right):,} sentences from {len(of_template)} "
                "templates that it never saw; whoever goes by the last word of praise or blame alone is "
                f"right on {_share(by_word):.0%}. Hardest is `{hardest}`, with {of_template[hardest]:.0%}."
            )
        return found


@lru_cache(maxsize=2 * len(LANGUAGES))  # what is asked depends on them too, again and again
def _learned(name: str, sentences: int, seed: int) -> tuple[Opinion, ...]:
    """The sentences of a language to learn from."""
    return tuple(write(LANGUAGES[name], LANGUAGES[name].training, sentences, seed))


def judged(model: Any, texts: Sequence[str]) -> "Tensor":
    """The chances of CLASSES for each of some texts, (N, 2)."""
    import torch

    from rnnviz.models.language import reading

    ids = [model.ids(text) for text in texts]
    lengths = torch.tensor([len(row) for row in ids], device=ids[0].device)
    with reading(model):
        chances: Tensor = model(torch.nn.utils.rnn.pad_sequence(ids), lengths).softmax(-1).cpu()
    return chances


def _in_turn(parts: Sequence[Sequence[Opinion]]) -> list[Opinion]:
    """One of each, again and again: any stretch has as many of each language."""
    return [opinion for opinions in zip_longest(*parts) for opinion in opinions if opinion]


def _share(right: Sequence[bool]) -> float:
    return sum(right) / len(right)
