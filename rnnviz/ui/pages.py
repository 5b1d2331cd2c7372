"""The pages, in the order in which they stand in the navigation."""

from pathlib import Path
from typing import Any

import streamlit as st

PAGES = Path(__file__).resolve().parents[2] / "pages"
TITLES = {
    "watch": "Watch",
    "first_steps": "First steps",
    "inside": "Inside a step",
    "memory": "Memory",
    "attention": "Attention",
    "compare": "Compare",
    "whatif": "What if",
    "train": "Train",
}


def page(name: str) -> Any:
    """A page by the name of its script, such as `watch`."""
    return st.Page(PAGES / f"{name}.py", title=TITLES[name], default=name == "watch")


def all_pages() -> list[Any]:
    """Every page; the first is the one a visitor meets."""
    return [page(name) for name in TITLES]
