import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.models.vocabulary import Vocabulary

NASTY = "a😀中文\0e\u0301\u202eש\u200b\r\n\t<b>\ud800"


def test_the_most_frequent_come_first_and_ties_go_by_code_point() -> None:
    assert Vocabulary.of("banana cab").tokens == ("<unk>", "a", "b", "n", " ", "c")


def test_a_character_is_a_code_point_whatever_it_looks_like() -> None:
    vocabulary = Vocabulary.of(NASTY)
    assert set(vocabulary.tokens[1:]) == set(NASTY)
    assert vocabulary.decode(vocabulary.encode(NASTY)) == NASTY
    assert vocabulary.unknown(NASTY) == []


def test_unknown_characters_are_one_token_and_their_places_are_told() -> None:
    vocabulary = Vocabulary.of("abc")
    assert vocabulary.encode("a?c😀") == [1, 0, 3, 0]
    assert vocabulary.unknown("a?c😀") == [1, 3]
    assert vocabulary.decode([1, 0]) == "a<unk>"


def test_the_unknown_token_cannot_be_typed() -> None:
    vocabulary = Vocabulary.of("<unk>")
    assert 0 not in vocabulary.encode("<unk>")


@given(st.text(max_size=60))
def test_what_it_was_made_of_comes_back(text: str) -> None:
    vocabulary = Vocabulary.of(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert len(vocabulary) == len(set(text)) + 1


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    vocabulary = Vocabulary.of(NASTY)
    vocabulary.save(tmp_path / "vocab.json")
    assert Vocabulary.load(tmp_path / "vocab.json") == vocabulary
    assert json.loads((tmp_path / "vocab.json").read_bytes()).keys() == {"tokens", "unk", "unit"}
    assert [path.name for path in tmp_path.iterdir()] == ["vocab.json"]


def test_it_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Vocabulary.of("a").unk = 1  # type: ignore[misc]


@pytest.mark.parametrize("wrong", [-1, 3])
def test_a_wrong_id_is_told_which_there_are(wrong: int) -> None:
    with pytest.raises(ValueError, match="ids run from 0 to 2"):
        Vocabulary.of("ab").decode([wrong])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not valid JSON"),
        (b'"\xff"', "not text"),
        (b"[" * 100_000, "nested too deeply|not valid JSON"),
        (b"[]", "JSON object"),
        (b"{}", 'a list "tokens"'),
        (b'{"tokens": "abc"}', 'a list "tokens"'),
        (b'{"tokens": []}', "one of the 0 tokens"),
        (b'{"tokens": ["<unk>", "a"], "unk": 2}', "one of the 2 tokens"),
        (b'{"tokens": ["<unk>", "a"], "unk": true}', "not True"),
        (b'{"tokens": ["<unk>", "a"], "unk": 1}', "should read '<unk>'"),
        (b'{"tokens": ["<unk>", "ab"]}', "Token 1 should be one character"),
        (b'{"tokens": ["<unk>", 7]}', "Token 1 should be one character"),
        (b'{"tokens": ["<unk>", ["a"]]}', "Token 1 should be one character"),
        (b'{"tokens": ["<unk>", "a", "a"]}', "'a' is there twice"),
        (b'{"tokens": ["<unk>", "a"], "unit": "word"}', "unit of a vocabulary is char"),
    ],
)
def test_a_damaged_file_is_told_in_a_sentence_that_names_it(
    content: bytes, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "vocab.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=sentence) as caught:
        Vocabulary.load(path)
    assert "vocab.json" in str(caught.value)
