"""`every` walks through all cases, and tells the one that fails."""

import pytest

from tests.cases import every

seen: list[tuple[int, str, bool]] = []


@pytest.fixture
def word():
    return "given"


@every("flag", [True, False])
@pytest.mark.parametrize("letter", ["a", "b"])
@every("number", range(3))
def test_all_combinations_come(number, letter, flag, word):
    assert word == "given"
    seen.append((number, letter, flag))
    if (number, flag) == (2, False):  # the last one
        assert [each for each in seen if each[1] == letter] == [
            (k, letter, way) for way in (True, False) for k in range(3)
        ]


def test_the_case_that_fails_is_named():
    @every(("a", "b"), [(1, "x"), (2, "y")])
    @every("c", [None, 7])
    def fails(a, b, c):
        assert (a, c) != (2, 7)

    with pytest.raises(AssertionError) as caught:
        fails()
    assert caught.value.__notes__ == ["c = 7", "a = 2", "b = 'y'"]


def test_no_case_at_all_is_no_test():
    with pytest.raises(AssertionError, match="there is no case of a, b"):
        every(("a", "b"), [])
