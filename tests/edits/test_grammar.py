"""The grammar of edits: what is written is what is read, and what is none is told how they look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.edits.grammar import MOST, Change, Places, Start, Swap, parse

places = st.lists(st.tuples(st.integers(0, 500), st.one_of(st.none(), st.integers(1, 50))), max_size=3).map(
    lambda parts: Places(tuple((a, b if b is None else a + b) for a, b in parts))
)
changes = st.builds(
    Change,
    name=st.sampled_from(["l0.f", "l1r.h", "l12.n_x"]),
    units=places,
    steps=places,
    how=st.sampled_from(["=", "*="]),
    value=st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.9g}")),
)
holds = st.builds(Change, name=st.just("l0.h"), units=places, steps=places, how=st.just("hold"))
swaps = st.builds(Swap, step=st.integers(0, 5000), token=st.characters())
starts = st.builds(Start, text=st.text(min_size=1))


@given(st.lists(st.one_of(changes, holds, swaps, starts), max_size=5))
def test_what_is_written_is_what_is_read(edits):
    assert parse([str(each) for each in edits]) == tuple(edits)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("l0.f[*]@3:10=0", Change("l0.f", Places(), Places(((3, 10),)), "=", 0.0)),
        ("l0.h[5]=0.5", Change("l0.h", Places(((5, 6),)), Places(), "=", 0.5)),
        ("l0.c[3,8:12]@4:*=2", Change("l0.c", Places(((3, 4), (8, 12))), Places(((4, None),)), "*=", 2.0)),
        ("l0r.h@:4=hold", Change("l0r.h", Places(), Places(((0, 4),)), "hold")),
        ("l0.z = -1e-3", Change("l0.z", value=-1e-3)),
    ],
)
def test_an_edit_says_what_is_changed_where_and_how(text, change):
    assert parse(text) == (change,)


def test_places_are_counted_as_in_python():
    (change,) = parse("l0.h[2,5:7]@3:=0")
    assert [unit for unit in range(10) if unit in change.units] == [2, 5, 6]
    assert [step for step in range(6) if step in change.steps] == [3, 4, 5]
    assert all(step in parse("l0.h=0")[0].steps for step in (0, 999))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "they look like"),
        ("forget everything", "they look like"),
        ("l0.f", "they look like"),
        ("l0.f[a]=0", "'a' is no place"),
        ("l0.f[]=0", "'' is no place"),
        ("l0.f[-1]=0", "'-1' is no place"),
        ("l0.f@5:2=0", "the range 5:2 is empty"),
        ("l0.f=x", "'x' is no number, nor `hold`"),
        ("l0.f=nan", "'nan' is no number"),
        ("l0.f*=hold", "'hold' is no number"),
        ("text@3=xy", "one character"),
        ("text@3=", "one character"),
    ],
)
def test_what_is_no_edit_is_told(text, words):
    with pytest.raises(ValueError, match=words):
        parse(text)


def test_there_is_a_limit():
    with pytest.raises(ValueError, match="at most 100"):
        parse(["l0.h=0"] * (MOST + 1))
