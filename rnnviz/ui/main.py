"""The frame around every page: title, icon, navigation over the scripts in `pages/`."""

from pathlib import Path

import streamlit as st

from rnnviz.ui import server

PAGES = Path(__file__).resolve().parents[2] / "pages"

server.prepare()
st.set_page_config(page_title="rnnviz", page_icon="🔬", layout="wide", initial_sidebar_state="collapsed")
st.navigation(
    [
        st.Page(PAGES / "watch.py", title="Watch", default=True),
        st.Page(PAGES / "first_steps.py", title="First steps"),
        st.Page(PAGES / "inside.py", title="Inside a step"),
        st.Page(PAGES / "train.py", title="Train"),
    ],
    position="top",
).run()
