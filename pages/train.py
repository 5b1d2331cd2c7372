"""Train: how does it learn? Press a button and watch; lose nothing."""

import streamlit as st

from rnnviz.ui import address, asking, explaining, filming, live, runs, starting, table

explaining.heading("How does it learn?")
task = starting.settle()
starting.ask(task)

known = runs.names()
if not known:
    explaining.no_runs()
    address.write({starting.TASK: task.name}, {starting.TASK: starting.FIRST_TASK})
    st.stop()

name = table.settle(known)
explaining.notes()
table.choose(known)
at_work = runs.follow(name).status.at_work


@st.fragment(run_every=live.BEAT if at_work else None)
def followed() -> None:
    """What moves while the run is at work."""
    run = runs.follow(name)
    live.state(run)
    asking.buttons(run)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        live.curves(run, live.compared(run))
    with right:
        live.sample(run)
    st.markdown(f"##### The same {filming.what(run)}, while it learns")
    if filming.reads_text(run):
        filming.ask()
    filming.strip(run)
    live.inside(run)
    if at_work and not run.status.at_work:
        st.rerun()


followed()
table.draw(known, name)
address.write(
    {starting.TASK: task.name, starting.RUN: name, filming.TEXT: st.session_state.get(filming.TEXT) or None},
    {starting.TASK: starting.FIRST_TASK},
)
