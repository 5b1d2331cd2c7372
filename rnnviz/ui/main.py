"""The frame around every page: title, icon, navigation over the scripts in `pages/`."""

import streamlit as st

from rnnviz.ui import pages, server

server.prepare()
st.set_page_config(page_title="rnnviz", page_icon="🔬", layout="wide", initial_sidebar_state="collapsed")
st.navigation(pages.all_pages(), position="top").run()
