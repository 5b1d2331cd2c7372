"""The README's picture of a run: two panels of dots, torch.nn's time being 1 in both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.plan import CELLS, PARTS, Case
from benchmarks.results import Results
from rnnviz.views.theme import FONT, palette

PATH = Path(__file__).resolve().parents[1] / "docs" / "speed.svg"
KERAS = ("Keras", "Keras unrolled", "Keras XLA")
ROW, WIDTH, EDGE = 22, 320, 36  # pixels: a row, its dots, and what stands beside them
NAIVE = "#a09a8e"
LEAST, MOST = 0.4, 8.0
TICKS = [0.5, 1, 2, 4, 8]
ONE = "datum.value == 1 ? 'torch.nn' : datum.value + ' ×'"

Dot = dict[str, Any]
"""panel, cell, setting, and who takes what multiple of torch.nn's time."""


def save(results: Results, path: Path) -> None:
    """Draws a run into a file, .svg or .png."""
    path.parent.mkdir(parents=True, exist_ok=True)
    chart(results).save(str(path), scale_factor=2)


def chart(results: Results) -> Any:
    """A training step at the left, a trace at the right. ValueError where a run has neither."""
    import altair as alt

    found = [
        panel(dots, title, says)
        for dots, title, says in (
            (list(training(results)), "A training step", "forward, backward, clipping, Adam"),
            (list(traces(results)), "All gates of a sequence", "128 units; torch.nn shows none of them"),
        )
        if dots
    ]
    if not found:
        raise ValueError("This run has neither `training` nor `trace`: there is nothing to draw.")
    inks = palette("light")
    title = alt.TitleParams(
        "Time as a multiple of torch.nn's",
        subtitle=[f"one thread of {results.machine['cpu']}, medians of paired runs; further left is quicker"],
        anchor="start", fontSize=17, fontWeight=600, color=inks["ink"], offset=18,
        subtitleFontSize=12.5, subtitleColor=inks["faint"], subtitlePadding=5,
    )  # fmt: skip
    return (
        alt.hconcat(*found, spacing=40, title=title, background=inks["paper"], padding=22)
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_concat(spacing=40)
    )


def training(results: Results) -> Iterator[Dot]:
    """A training step: rnnviz and the naive loop; where they were measured JAX, and the quickest Keras."""
    for case in _cases("training"):
        yield from _dots(results, case, {"rnnviz": ["rnnviz"], "naive loop": ["naive loop"]})
    for case in _cases("peers"):
        yield from _dots(results, case, {"Keras": KERAS, "JAX": ["JAX"]})


def traces(results: Results) -> Iterator[Dot]:
    """A trace: rnnviz and the naive loop."""
    for case in _cases("trace"):
        yield from _dots(results, case, {"rnnviz": ["rnnviz"], "naive loop": ["naive loop"]})


def _cases(part: str) -> list[Case]:
    return [Case(part, cell, setting) for cell in CELLS for setting in PARTS[part].settings]


def _dots(results: Results, case: Case, asked: dict[str, Any]) -> Iterator[Dot]:
    for who, names in asked.items():
        figures = [figure for name in names if (figure := results.figure(case, name, "torch.nn"))]
        if figures:
            ratio = min(figure.median for figure in figures)
            yield {
                "cell": case.cell.upper(),
                "setting": _row(case),
                "who": who,
                "ratio": ratio,
                "told": f"{ratio:.2f}",
            }


def _row(case: Case) -> str:
    size = case.setting
    stack = f"{size.layers} × " if size.layers > 1 else ""
    return f"{size.steps} steps" if case.part == "trace" else f"{stack}{size.hidden} units"


def panel(dots: list[Dot], title: str, says: str) -> Any:
    """A row for each cell and setting, a dot for each contender; rnnviz's figure stands at the end."""
    import altair as alt

    inks = palette("light")
    colours = {
        "rnnviz": inks["accent"],
        "naive loop": NAIVE,
        "Keras": inks["surprise"][2],
        "JAX": inks["diverging"][1],
    }
    shown = [who for who in colours if any(dot["who"] == who for dot in dots)]
    ratios = [dot["ratio"] for dot in dots]
    x = alt.X(
        "ratio:Q",
        scale=alt.Scale(type="log", domain=[min(LEAST, *ratios), max(MOST, *ratios)], nice=False),
        axis=alt.Axis(
            values=TICKS, labelExpr=ONE, title=None, domain=False, ticks=False, labelColor=inks["faint"],
            labelFontSize=11, labelPadding=6, gridColor=inks["line"],
        ),
    )  # fmt: skip
    y = alt.Y(
        "setting:N",
        sort=list(dict.fromkeys(dot["setting"] for dot in dots)),
        axis=alt.Axis(
            title=None, domain=False, ticks=False, labelColor=inks["ink"], labelFontSize=12, labelPadding=8
        ),
    )
    colour = alt.Color(
        "who:N",
        scale=alt.Scale(domain=shown, range=[colours[who] for who in shown]),
        legend=alt.Legend(
            orient="bottom", direction="horizontal", title=None, labelFontSize=12, labelColor=inks["ink"],
            symbolSize=80, symbolStrokeWidth=0, offset=10,
        ),
    )  # fmt: skip
    chart, is_rnnviz = alt.Chart(), alt.datum.who == "rnnviz"
    dot = chart.mark_circle(opacity=1).encode(x=x, y=y, color=colour)
    layers = [
        chart.mark_rule(color=inks["ink"]).encode(x=alt.datum(1)),
        chart.mark_rule(color=inks["line"], strokeWidth=2).encode(x="min(ratio):Q", x2="max(ratio):Q", y=y),
        dot.transform_filter(~is_rnnviz).encode(size=alt.value(55)),
        dot.transform_filter(is_rnnviz).encode(size=alt.value(120)),
        chart.transform_filter(is_rnnviz)
        .mark_text(align="right", fontSize=12, fontWeight=600, color=inks["accent"])
        .encode(x=alt.value(WIDTH + EDGE), y=y, text="told:N"),
    ]
    rows = len({dot["setting"] for dot in dots})
    header = alt.Header(
        title=None, labelAngle=0, labelAlign="left", labelFontSize=12.5, labelFontWeight=600,
        labelColor=inks["ink"], labelPadding=16,
    )  # fmt: skip
    heading = alt.TitleParams(
        title, subtitle=says, anchor="start", fontSize=14, fontWeight=600, color=inks["ink"],
        subtitleFontSize=12, subtitleColor=inks["faint"], subtitlePadding=4, offset=12,
    )  # fmt: skip
    return (
        alt.layer(*layers, data=alt.Data(values=dots))
        .properties(width=WIDTH, height=ROW * rows)
        .facet(row=alt.Row("cell:N", sort=[cell.upper() for cell in CELLS], header=header), spacing=14)
        .properties(title=heading)
    )
