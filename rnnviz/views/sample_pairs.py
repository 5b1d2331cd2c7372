"""What a model writes when it reads something, and where it looks while it writes."""

from collections.abc import Mapping
from typing import Any

from rnnviz.views.markup import Html, tag
from rnnviz.views.sample_tables import BARE, WRONG, colour, table
from rnnviz.views.theme import FONT, MONO, colour_at, palette
from rnnviz.views.tokens import sign

Sample = Mapping[str, Any]

CELL = 15  # pixels of a weight
END = "end"  # what stands for the end of what is written


def pairs(sample: Sample, theme: str) -> Html:
    """A line for each: what is read, and what is written; the wrong ones are marked, with what is right.

    Where the sample tells of attention, it is shown above: a row for each token that is written, a column
    for each that is read, and the darker the more it is looked at.
    """
    colours = palette(theme)
    lines = table([_line(row, colours) for row in sample["rows"]], colours)
    if not (told := sample.get("attention")):
        return lines
    return tag("div", "", _matrix(told, theme), tag("div", "height: 14px"), lines)


def _line(row: Sample, colours: Mapping[str, Any]) -> Html:
    answer, wrong = str(row["answer"]), not row["right"]
    read = (
        f"{BARE}; padding: 2px 18px 2px 0; text-align: left; font: 13px/1.5 {FONT}; overflow-wrap: anywhere"
    )
    look = f"{BARE}; padding: 2px 0; font: 13px/1.5 {MONO}; overflow-wrap: anywhere"
    if not wrong:
        words = [tag("span", "", answer, dir="auto")]
    else:
        small = f"color: {colours['faint']}; font: 12px/1.5 {FONT}"
        right = tag("span", f"font-family: {MONO}", str(row["target"]), dir="auto")
        mark = f"{WRONG}{answer}" if answer else f"{WRONG}nothing"
        words = [tag("span", f"color: {colour(True, colours)}", mark), tag("span", small, ", is ", right)]
    return tag("tr", "", tag("td", read, str(row["input"]), dir="auto"), tag("td", look, *words))


def _matrix(told: Sample, theme: str) -> Html:
    """The weights (T, S), each row from 0 to 1, with the tokens on both sides."""
    colours = palette(theme)
    letter = f"{BARE}; min-width: {CELL}px; text-align: center; font: 12px/1.3 {MONO}"
    head = tag("tr", "", tag("td", BARE), *(tag("td", letter, sign(token)) for token in told["source"]))
    side = f"{BARE}; padding-right: 8px; text-align: right; font: 12px/1.1 {MONO}; color: {colours['faint']}"
    cell = f"{BARE}; width: {CELL}px; height: {CELL}px; background: "
    said = "While it writes {}, it looks at {} with {:.3g}"
    rows = []
    for place, (token, weights) in enumerate(zip(told["written"], told["weights"], strict=True)):
        ends = place == len(told["written"]) - 1 and len(token) > 1
        name = END if ends else sign(token)
        cells = [
            tag(
                "td",
                cell + colour_at("sequential", theme, weight),
                title=said.format(name, sign(read), weight),
            )
            for read, weight in zip(told["source"], weights, strict=True)
        ]
        rows.append(tag("tr", "", tag("td", side, name), *cells))
    look = "border-collapse: separate; border-spacing: 1px; border: 0; margin: 0; width: auto"
    inside = tag("table", look, tag("tbody", "", head, *rows))
    return tag("div", f"overflow-x: auto; color: {colours['ink']}", inside)
