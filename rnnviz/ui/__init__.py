"""Everything the pages share that touches Streamlit: the frame, the server around it, the URL, the panels."""
