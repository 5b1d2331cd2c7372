"""What a model does now, as the `sample` of a task tells it: a chart of what is a curve, else HTML."""

import base64
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from rnnviz.views.markup import Html, picture, tag
from rnnviz.views.sample_charts import curve, lengths
from rnnviz.views.sample_pairs import pairs
from rnnviz.views.sample_tables import BARE, WRONG, colour, table
from rnnviz.views.theme import FONT, MONO, colour_at, ink_on, palette
from rnnviz.views.tokens import per_cent, sign
from rnnviz.views.vega import Spec

Sample = Mapping[str, Any]

DIGIT = 56  # pixels of a picture of a digit


def drawn(sample: Sample | str, theme: str = "light") -> Html | Spec:
    """A sample as it is shown: `Html`, or a Vega-Lite chart as a plain dict. A str is what a language model
    wrote. Raises ValueError, with what there is, for a kind that is not in `SAMPLES`.
    """
    if isinstance(sample, str):
        sample = {"kind": "text", "text": sample}
    kind = str(sample.get("kind"))
    if kind not in SAMPLES:
        raise ValueError(f"There is no sample of kind {kind!r}; there are: {', '.join(SAMPLES)}.")
    return SAMPLES[kind](sample, theme)


def _text(sample: Sample, theme: str) -> Html:
    """What a language model wrote, after what it was given."""
    colours = palette(theme)
    look = f"font: 14px/1.6 {MONO}; color: {colours['ink']}; white-space: pre-wrap; overflow-wrap: anywhere"
    given = tag("span", f"color: {colours['faint']}", str(sample.get("prefix", "")))
    return tag("div", look, given, str(sample["text"]), dir="auto")


def _string(sample: Sample, theme: str) -> Html:
    """Letter under letter: what is read, what is right, what is answered and how surely."""
    colours = palette(theme)
    rows: dict[str, list[Html]] = {"reads": [], "right": [], "answers": [], "": []}
    for read, right, answer, chance in zip(
        sample["input"], sample["target"], sample["answer"], sample["chances"], strict=True
    ):
        wrong, fill = answer != right, colour_at("sequential", theme, chance)
        letter = f"{BARE}; width: 44px; height: 30px; text-align: center; font: 18px/1 {MONO}"
        edge = f"box-shadow: inset 0 0 0 2px {colours['accent']}" if wrong else ""
        small = f"{BARE}; text-align: center; white-space: nowrap; font: 11px {FONT}"
        rows["reads"].append(tag("td", f"{letter}; color: {colours['faint']}", sign(read)))
        rows["right"].append(tag("td", letter, sign(right)))
        rows["answers"].append(
            tag("td", f"{letter}; background: {fill}; color: {ink_on(fill, theme)}; {edge}", sign(answer))
        )
        rows[""].append(
            tag("td", f"{small}; color: {colour(wrong, colours)}", WRONG * wrong + per_cent(chance))
        )
    head = f"{BARE}; padding-right: 12px; font: 12px {FONT}; color: {colours['faint']}"
    return table([tag("tr", "", tag("td", head, name), *cells) for name, cells in rows.items()], colours)


def _answers(sample: Sample, theme: str) -> Html:
    """A line for each example: what is read, the answer and its chance; the wrong ones are marked.

    Of two classes the bar grows from the middle to the side of the one that is answered.
    """
    colours, classes = palette(theme), [str(name) for name in sample["classes"]]
    head = []
    if len(classes) == 2:
        look = f"display: flex; justify-content: space-between; font: 11px {FONT}; color: {colours['faint']}"
        ends = tag("div", look, *(tag("span", "", name) for name in classes))
        head = [tag("tr", "", tag("td", BARE), tag("td", BARE, ends), tag("td", BARE))]
    return table([*head, *(_answer(row, classes, colours) for row in sample["rows"])], colours)


def _answer(row: Sample, classes: Sequence[str], colours: Mapping[str, Any]) -> Html:
    guess, chance, wrong = _guess(row)
    ends = sorted((0.5, row["chances"][1])) if len(classes) == 2 else (0.0, chance)
    fill = colours["accent"] if wrong else colours["sequential"][3]
    place = f"left: {100 * ends[0]:.1f}%; width: {max(100 * (ends[1] - ends[0]), 0.5):.1f}%"
    bar = tag("div", f"position: absolute; top: 0; bottom: 0; {place}; background: {fill}")
    track = tag("div", f"position: relative; height: 12px; background: {colours['zero']}", bar)
    words = f"{classes[guess]} {per_cent(chance)}"
    if wrong:
        words = f"{WRONG}{words}, is {classes[row['target']]}"
    return tag(
        "tr",
        "",
        tag("td", f"{BARE}; padding: 2px 14px 2px 0; font: 13px/1.4 {FONT}", str(row["input"]), dir="auto"),
        tag("td", f"{BARE}; min-width: 110px", track),
        tag(
            "td",
            f"{BARE}; padding-left: 12px; font: 12px/1.4 {FONT}; color: {colour(wrong, colours)}",
            words,
        ),
    )


def _digits(sample: Sample, theme: str) -> Html:
    """Pictures, each with its guess and the chance of it; the wrong ones are marked."""
    colours, classes, side = palette(theme), [str(name) for name in sample["classes"]], int(sample["side"])
    boxes = []
    for row in sample["rows"]:
        guess, chance, wrong = _guess(row)
        pixels = np.frombuffer(base64.b64decode(row["pixels"]), np.uint8).reshape(side, side)
        right = classes[row["target"]]
        edge = f"2px solid {colours['accent'] if wrong else colours['line']}"
        size = f"width: {DIGIT}px; height: {DIGIT}px; box-sizing: border-box"
        look = f"display: block; {size}; border: {edge}; image-rendering: pixelated"
        strong = tag("b", f"font-weight: 600; color: {colours['ink']}", classes[guess])
        words = (f"{WRONG}{classes[guess]}, is {right}",) if wrong else (strong, f" {per_cent(chance)}")
        boxes.append(
            tag(
                "div",
                f"width: {DIGIT + 10}px; font: 12px/1.6 {FONT}; color: {colour(wrong, colours)}",
                tag("img", look, src=picture(pixels, theme), alt=f"a {right}"),
                *words,
            )
        )
    return tag("div", "display: flex; flex-wrap: wrap; gap: 8px", *boxes)


def _guess(row: Sample) -> tuple[int, float, bool]:
    """The class that is answered, its chance, and whether it is wrong."""
    guess = int(np.argmax(row["chances"]))
    return guess, float(row["chances"][guess]), guess != row["target"]


SAMPLES: Mapping[str, Callable[[Sample, str], Html | Spec]] = MappingProxyType(
    {
        "text": _text,
        "string": _string,
        "answers": _answers,
        "digits": _digits,
        "curve": curve,
        "lengths": lengths,
        "pairs": pairs,
    }
)
"""What draws a sample, by its kind."""
