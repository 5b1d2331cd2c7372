"""All runs: which one is shown, which it is compared with, and what makes them different."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from rnnviz.ui import address, runs, saying, words
from rnnviz.ui.live import COMPARED, compared
from rnnviz.ui.runs import Followed
from rnnviz.ui.starting import LABELS, RUN
from rnnviz.views.theme import palette
from rnnviz.views.vega import colours_of

MOST = 30  # runs in the table
SLOW = 2.0  # seconds between two looks at what others do
MARK = "■"


def settle(known: list[str]) -> str:
    """The run that is shown: the one chosen, or that of the address, or the newest; "" if there is none."""
    state = st.session_state
    asked = st.query_params.get(RUN, "") if RUN not in state else ""
    if not known:
        if asked:
            address.note(RUN, None, saying.no_run(asked))
        return ""
    if asked and asked not in known:
        address.note(RUN, known[0], saying.no_run(asked, known[0]))
        state[RUN] = known[0]
    if (wanted := state.pop(runs.NEXT, None)) in known:
        state[RUN] = wanted
    address.put(COMPARED, [name for name in state.get(COMPARED, []) if name in known])
    if (gone := state.get(RUN)) and gone not in known:
        address.note(RUN, known[0], f"{gone} was deleted, so this is {known[0]}.")
        state[RUN] = known[0]
    return address.settle(RUN, known[0], known, what="run")


def choose(known: list[str]) -> None:
    """Which run is shown, and along with which others."""
    left, right = st.columns([2, 3])
    left.selectbox("Run", known, key=RUN, persist_state="session", filter_mode=None)
    others = [name for name in known if name != st.session_state[RUN]]
    right.multiselect(
        "compared with",
        others,
        key=COMPARED,
        persist_state="session",
        placeholder="other runs, on the same axes",
    )
    shown = runs.follow(st.session_state[RUN])
    drawn = {shown.name, *(run.name for run in compared(shown))}
    if left_out := [name for name in st.session_state[COMPARED] if name not in drawn]:
        st.caption(":material/info: " + words.plain(saying.other_metric(left_out, shown.metric)))


@st.fragment(run_every=SLOW)
def watch(known: list[str], shown: str, at_work: bool) -> None:
    """Draws the page again when runs came or went, or the one shown began or ended, whoever saw to it."""
    found = runs.names()
    began = bool(shown) and shown in found and runs.follow(shown).status.at_work != at_work
    if began or set(found) != set(known):
        st.rerun()


def draw(known: list[str], chosen: str) -> None:
    """The table: what each run is, what it reached, and the settings in which the runs of it differ."""
    drawer = st.expander(
        "All runs: what they reached, and in what they differ", on_change="rerun", key="runs_table"
    )
    if not drawer.open:
        return
    found = [runs.follow(name) for name in known[:MOST]]
    task = runs.follow(chosen).task.get("name")
    found.sort(key=lambda run: run.task.get("name") != task)  # those that can be compared come first
    place = next((place for place, run in enumerate(found) if run.name == chosen), None)
    differ = differences([run if run.task.get("name") == task else None for run in found])
    labels = {name: LABELS.get(name, name.replace("_", " ")) for name in differ}
    alike = sum(run.task.get("name") == task for run in found)
    rows = [{"": MARK, **_row(run)} for run in found]
    for name, values in differ.items():
        for row, value in zip(rows, values, strict=True):
            row[labels[name]] = value
    table = pd.DataFrame(rows)
    with drawer:
        st.dataframe(
            table.style.apply(_looks, axis=None, settings=list(labels.values()), place=place),
            hide_index=True, key="runs",
            column_config={
                "": st.column_config.TextColumn(width=24),
                "progress": st.column_config.ProgressColumn("progress", format="percent", width="small"),
            },
        )  # fmt: skip
        st.caption(words.plain(saying.differing(chosen, list(labels.values()), alike)))
        if len(known) > MOST:
            st.caption(f"These are the newest {MOST} of {len(known)}.")


def _looks(table: pd.DataFrame, settings: list[str], place: int | None) -> pd.DataFrame:
    """The colour of each run's curve, and the settings stressed that are not those of the run shown."""
    theme = st.context.theme.type or "light"
    colours = palette(theme)
    looks = pd.DataFrame("", index=table.index, columns=table.columns)
    if place is None:
        return looks
    shown = [table["run"][place], *(run.name for run in compared(runs.follow(table["run"][place])))]
    curves = colours_of(len(shown), theme) if len(shown) > 1 else [colours["sequential"][-2]]
    for name, colour in zip(shown, curves, strict=True):
        looks.loc[table["run"] == name, ""] = f"color: {colour}"
    looks.loc[~table["run"].isin(shown), ""] = f"color: {colours['paper']}"
    for name in settings:
        other = (table["task"] == table["task"][place]) & (table[name] != table[name][place])
        looks.loc[other, name] = f"background-color: {colours['surprise'][1]}55; font-weight: 600"
    return looks


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


def differences(found: Sequence[Followed | None]) -> dict[str, list[str]]:
    """The settings in which these runs differ, and the options of their tasks, with each run's value; None
    stands for a run that is not looked at, with "" for its values.
    """
    told = [{**run.options, **run.settings} if run else {} for run in found]
    names = dict.fromkeys(name for settings in told for name in settings)
    values = {name: [_said(settings.get(name, "")) for settings in told] for name in names}
    looked_at = [place for place, run in enumerate(found) if run]
    return {name: each for name, each in values.items() if len({each[place] for place in looked_at}) > 1}


def _said(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
