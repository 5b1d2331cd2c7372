"""The front door: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from rnnviz.ui import server

app = st.App(
    Path(__file__).resolve().parent / "rnnviz" / "ui" / "main.py",
    lifespan=server.lifespan,
    routes=server.ROUTES,
    middleware=server.MIDDLEWARE,
    on_script_error=server.on_script_error,
)
