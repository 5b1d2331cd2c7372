"""Traces to draw."""

from collections.abc import Callable

import pytest

from rnnviz.traces import Trace
from tests.views.made import make_trace


@pytest.fixture
def tracing() -> Callable[..., Trace]:
    return make_trace


@pytest.fixture
def trace() -> Trace:
    return make_trace()
