"""Many small cases in one test, and large ones of which a few are enough after each change."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest


def every(names: str | tuple[str, ...], cases: Iterable[Any]) -> Callable[[Callable[..., None]], Any]:
    """As `pytest.mark.parametrize`, but one test that walks through all cases, and names the one that fails.

    Several of them walk through all combinations. To announce a test, to set it up and to report it takes
    longer than to compare two small layers. Fixtures are shared by the cases: none of them may be used up.
    """
    each = [(case,) for case in cases] if isinstance(names, str) else [tuple(case) for case in cases]
    named = (names,) if isinstance(names, str) else names
    assert each, f"there is no case of {', '.join(named)}"

    def walking(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def walked(**given: Any) -> None:
            for case in each:
                try:
                    test(**given, **dict(zip(named, case, strict=True)))
                except Exception as failure:
                    for name, value in zip(named, case, strict=True):
                        failure.add_note(f"{name} = {value!r}")
                    raise

        asked = inspect.signature(test)
        left = [parameter for name, parameter in asked.parameters.items() if name not in named]
        walked.__signature__ = asked.replace(parameters=left)  # type: ignore[attr-defined]
        return walked

    return walking


def mostly_slow(cases: Iterable[Any], *fast: Any) -> list[Any]:
    """For `pytest.mark.parametrize`: all cases, those that are not named as fast being marked as slow."""
    given = list(cases)
    assert set(fast) <= set(given), f"not among the cases: {set(fast) - set(given)}"
    return [case if case in fast else _slowly(case) for case in given]


def _slowly(case: Any) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)
