"""Taking results away: the trace as numbers, the page as a document. Made when asked for, not per key."""

import re
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import streamlit as st

from rnnviz.traces import Trace


def offer(trace: Trace, document: Callable[[], str]) -> None:
    """Draw the download buttons. document: makes the page that stands alone."""
    name = _file(f"rnnviz-{trace.meta['model']}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Take it away:", width="content")
        _button(
            "numbers (.npz)", lambda: _written(trace.save, ".npz"), f"{name}.npz", "application/octet-stream"
        )
        _button("table (.csv)", lambda: _written(trace.to_csv, ".csv"), f"{name}.csv", "text/csv")
        _button("page (.html)", lambda: document().encode(), f"{name}.html", "text/html")


def offer_all(traces: Mapping[str, Trace], document: Callable[[], str]) -> None:
    """Draw the download buttons of several traces, by what they are called, and of their common page."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Take it away:", width="content")
        for called, trace in traces.items():
            name = _file(f"rnnviz-{called}")
            _button(
                f"{called} (.npz)",
                partial(_written, trace.save, ".npz"),
                f"{name}.npz",
                "application/octet-stream",
            )
            _button(f"{called} (.csv)", partial(_written, trace.to_csv, ".csv"), f"{name}.csv", "text/csv")
        _button("page (.html)", lambda: document().encode(), "rnnviz-compare.html", "text/html")


def _file(name: str) -> str:
    """A name that every system takes for a file."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-")


def _button(label: str, make: Callable[[], bytes], file: str, mime: str) -> None:
    st.download_button(label, make, file_name=file, mime=mime, on_click="ignore", type="tertiary", key=file)


def _written(write: Callable[[Path], None], suffix: str) -> bytes:
    """What `write` puts into a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"trace{suffix}"
        write(path)
        return path.read_bytes()
