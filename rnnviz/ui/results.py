"""Taking a run away: its log as a table, its card, where it is, and the command that makes it again."""

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import streamlit as st

from rnnviz.training.card import command
from rnnviz.training.run import CARD, EVENTS, Run
from rnnviz.training.tail import Event
from rnnviz.ui import words
from rnnviz.ui.runs import Followed

STEPS = ("loss", "metric", "norm_before", "norm_after", "lr", "tokens_per_s")


def offer(run: Followed) -> None:
    """A drawer with all that can be taken away."""
    drawer = st.expander("Take it away: the log, the card, the command", on_change="rerun", key="take")
    if not drawer.open:
        return
    with drawer:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _download(
                "log as a table (.csv)", f"{run.name}.csv", "text/csv", lambda: table(run.events()).encode()
            )
            for name, label in ((EVENTS, "log (.jsonl)"), (CARD, "card (.md)")):
                path = run.folder / name
                if path.is_file():
                    _download(label, f"{run.name}-{name}", "text/plain", path.read_bytes)
        st.caption("Its folder: weights, log, settings; all that a resume, or another program, needs.")
        st.code(str(run.folder), language=None, wrap_lines=True)
        try:
            _repeat(run)
        except (ValueError, OSError) as error:
            st.caption(":orange[:material/warning:] " + words.plain(str(error)))


def table(events: Iterable[Event]) -> str:
    """The log as CSV: a row for each step that was logged or evaluated."""
    rows: dict[int, dict[str, object]] = {}
    for event in events:
        row = rows.setdefault(event["step"], {"step": event["step"]})
        if event["kind"] == "step":
            row |= {name: event.get(name) for name in (*STEPS, "time")}
        if event["kind"] == "evaluated":
            row |= {"held_out": event.get("held_out")}
    text = io.StringIO()
    writer = csv.DictWriter(text, ("step", *STEPS, "held_out", "time"), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(row for _, row in sorted(rows.items()) if len(row) > 1)
    return text.getvalue()


def _repeat(run: Followed) -> None:
    """The command that makes the run again, and what it would leave out."""
    made = Run(run.folder)
    turns = []
    if run.config.get("fork"):
        turns.append("it went on from the weights of another run")
    if any(event["kind"] == "changed" for event in run.events()):
        turns.append("settings were changed on the way")
    if not made.task.repeatable:
        turns.append("its text was given by hand")
    st.caption("The command that makes it again" + (f", but for this: {'; '.join(turns)}." if turns else "."))
    again = Path("runs") / f"{run.name}-again"
    st.code(command(again, made.task, made.settings), language="bash")


def _download(label: str, file: str, mime: str, make: Callable[[], bytes]) -> None:
    st.download_button(label, make, file_name=file, mime=mime, on_click="ignore", type="tertiary", key=file)
