"""Train: how does it learn? Press a button and watch; lose nothing."""

import streamlit as st

from rnnviz.ui import address, asking, explaining, filming, live, results, runs, shipped, starting, table

explaining.heading("How does it learn?")
task = starting.settle()
starting.ask(task)

known = runs.names()
name = table.settle(known)
at_work = bool(name) and runs.follow(name).status.at_work
table.watch(known, name, at_work)
if not name:
    explaining.no_runs()
    explaining.notes()
    shipped.show(task)
    address.write({starting.TASK: task.name}, {starting.TASK: starting.FIRST_TASK})
    st.stop()

filming.settle()
explaining.notes()
table.choose(known)


@st.fragment(run_every=live.BEAT if at_work else None)
def followed() -> None:
    """What moves while the run is at work."""
    if runs.elsewhere(name):
        st.rerun()
    run = runs.follow(name)
    others = live.compared(run)
    live.state(run, asking.buttons)
    asking.refused()
    asking.mend(run)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        live.curves(run, others)
    with right:
        live.sample(run)
    live.behind(run, others)
    if not run.error:
        filming.heading(run)
        filming.ask(run)
        filming.strip(run)
    address.write(
        {starting.TASK: task.name, starting.RUN: name, **filming.choices()},
        {starting.TASK: starting.FIRST_TASK, filming.SHOW: filming.FIRST},
    )
    live.inside(run)
    if run.status.at_work != at_work:
        st.rerun()


followed()
results.offer(runs.follow(name))
table.draw(known, name)
