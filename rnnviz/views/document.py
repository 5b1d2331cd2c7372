"""Panels as a document that stands alone: one file, no request to anywhere, light and dark."""

import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rnnviz.views import plotlyjs
from rnnviz.views.panels.panel import Panel, source
from rnnviz.views.theme import FONT, THEMES, palette

RENDER = "for (const panel of panels) panel.render();"
FRAME_HEIGHT = 520

# Nothing may be fetched from anywhere, whatever is in the text: the page brings all that it needs.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


def document(
    panels: Sequence[Panel], title: str = "rnnviz", head: str = "", script: str = RENDER, extra: Any = None
) -> str:
    """The panels one below the other as a whole HTML document.

    head: markup above them, escaped already. script: JavaScript that mounts them; it finds ``panels``, a
    list of {name, host, data, render()}, and ``extra`` as it was given here; to change a panel, change its
    data and render it again.
    """
    names = sorted({panel.name for panel in panels})
    hosts = (f'<section class="rv-host" id="panel-{index}"></section>' for index in range(len(panels)))
    data = {"panels": [{"name": panel.name, "data": panel.payload()} for panel in panels], "extra": extra}
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{html.escape(title)}</title>\n<style>{_style(names)}</style>\n</head>\n<body>\n<main>",
            head,
            *hosts,
            "</main>",
            f"<script>{_plotly_js()}</script>" if "figure" in names else "",
            f'<script type="application/json" id="panel-data">{_json(data)}</script>',
            f"<script>{_modules(names)}\n{_read('document.js')}\n{script}</script>\n</body>\n</html>",
        ]
    )


def framed(page: str, height: int = FRAME_HEIGHT) -> str:
    """A document in a frame, for a notebook: its scripts and styles stay apart from the notebook's own."""
    inside = html.escape(page, quote=True)
    style = f"width: 100%; height: {height}px; border: 0"
    return f'<iframe srcdoc="{inside}" style="{style}" title="rnnviz"></iframe>'


def _json(data: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(data).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _plotly_js() -> str:
    return re.sub(r"</(script)", r"<\\/\1", plotlyjs.source(), flags=re.IGNORECASE)


def _modules(names: Sequence[str]) -> str:
    """What draws each kind of panel, by name: every module as a function of its own."""
    functions = (f"{json.dumps(name)}: (() => {{\n{_as_function(source(name)[0])}\n}})()" for name in names)
    return f"const modules = {{{', '.join(functions)}}};"


def _as_function(module: str) -> str:
    return module.replace("export default function", "return function", 1)


def _style(names: Sequence[str]) -> str:
    """The colours, by the reader's system or by ``data-theme`` on the root element; then all styles."""
    light, dark = (f"color-scheme: {theme}; {_variables(theme)}" for theme in THEMES)
    colours = (
        f":root {{ --font: {FONT}; {light} }}",
        f':root[data-theme="dark"] {{ {dark} }}',
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}',
    )
    return "\n".join([*colours, _read("document.css"), *(source(name)[1] for name in names)])


def _variables(theme: str) -> str:
    shown = ("paper", "ink", "faint", "line", "accent")
    return " ".join(f"--{name}: {palette(theme)[name]};" for name in shown)


def _read(file: str) -> str:
    return Path(__file__).with_name(file).read_text(encoding="utf-8")
