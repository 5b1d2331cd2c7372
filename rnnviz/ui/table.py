"""All runs: which one is shown, which it is compared with, and what makes them different."""

from typing import Any

import pandas as pd
import streamlit as st

from rnnviz.ui import address, runs, words
from rnnviz.ui.live import COMPARED
from rnnviz.ui.runs import Followed
from rnnviz.ui.starting import LABELS, RUN

MOST = 30  # runs in the table


def settle(known: list[str]) -> str:
    """The run that is shown: the one chosen, or that of the address, or the newest."""
    state = st.session_state
    state[COMPARED] = [name for name in state.get(COMPARED, []) if name in known]
    return address.settle(RUN, known[0], known, what="run")


def choose(known: list[str]) -> None:
    """Which run is shown, and along with which others."""
    left, right = st.columns([2, 3])
    left.selectbox("Run", known, key=RUN, filter_mode=None)
    others = [name for name in known if name != st.session_state[RUN]]
    right.multiselect("compared with", others, key=COMPARED, placeholder="other runs, on the same axes")


def draw(known: list[str], chosen: str) -> None:
    """The table: what each run is, what it reached, and the settings in which the runs of it differ."""
    drawer = st.expander(f"All runs ({len(known)})", on_change="rerun", key="runs_table")
    if not drawer.open:
        return
    found = [runs.follow(name) for name in known[:MOST]]
    rows = [_row(run) for run in found]
    for name, values in _differences(found).items():
        for row, value in zip(rows, values, strict=True):
            row[LABELS.get(name, name.replace("_", " "))] = value
    with drawer:
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, key="runs",
            column_config={"progress": st.column_config.ProgressColumn("progress", format="percent")},
        )  # fmt: skip


def _row(run: Followed) -> dict[str, Any]:
    evaluated = [event for event in run.events() if event["kind"] == "evaluated"]
    values = [event["held_out"] for event in evaluated if event.get("held_out") is not None]
    best = (max if run.metric == "accuracy" else min)(values, default=None)
    return {
        "run": run.name,
        "task": run.title,
        "state": run.status.state,
        "progress": run.status.step / max(run.status.steps, 1),
        "held out": "" if best is None else words.reached(run.metric, best),
        "work": words.duration(run.status.seconds),
    }


def _differences(found: list[Followed]) -> dict[str, list[str]]:
    """The settings in which these runs differ, and the options of their tasks, with each run's value."""
    told = [{**run.settings, "seed": run.config.get("seed")} for run in found]
    names = dict.fromkeys(name for settings in told for name in settings)
    values = {name: [str(settings.get(name, "")) for settings in told] for name in names}
    return {name: each for name, each in values.items() if len(set(each)) > 1}
