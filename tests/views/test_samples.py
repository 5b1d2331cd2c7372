"""What a model does now, as it is shown: the numbers in the charts, the words in the HTML."""

import base64
from html.parser import HTMLParser

import altair
import numpy as np
import pytest

from rnnviz.views import samples, theme
from rnnviz.views.markup import tag, text

HOSTILE = "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>&lt;\x00\u200d'\"<b>"


class Document(HTMLParser):
    """Every element with its attributes and the text right inside it; fails on one that is not closed."""

    def __init__(self, markup):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(markup)
        self.close()
        assert not self._open

    def handle_starttag(self, name, attributes):
        self.elements.append({"name": name, "text": "", **dict(attributes)})
        if name not in ("img", "br"):
            self._open.append(self.elements[-1])

    def handle_endtag(self, name):
        assert self._open.pop()["name"] == name

    def handle_data(self, data):
        self._open[-1]["text"] += data

    def texts(self, name):
        return [element["text"] for element in self.elements if element["name"] == name]


def shown(sample, name="light"):
    piece = samples.drawn(sample, name)
    assert isinstance(piece, samples.Html)
    return Document(piece.markup)


def string(answer="ohlll", read="hello"):
    chances = [0.91, 0.55, 0.873, 0.43, 0.0004]
    return {"kind": "string", "input": read, "target": "ohlol", "answer": answer, "chances": chances}


def answers(classes=("negative", "positive"), words="not good"):
    rows = [
        {"input": words, "target": 0, "chances": [0.75, 0.25]},
        {"input": "good", "target": 1, "chances": [0.6, 0.4]},
    ]
    return {"kind": "answers", "classes": list(classes), "rows": rows}


def digits(side=8, seed=0):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (2, side, side), dtype=np.uint8)
    told = [(7, [0.01] * 7 + [0.9, 0.01, 0.01]), (0, [0.2, 0.7] + [0.0] * 8)]
    rows = [
        {"pixels": base64.b64encode(image.tobytes()).decode(), "target": target, "chances": chances}
        for image, (target, chances) in zip(pixels, told, strict=True)
    ]
    classes = [str(digit) for digit in range(10)]
    return {"kind": "digits", "classes": classes, "side": side, "rows": rows}, pixels


def curve():
    x = [0.0, 0.5, 1.0]
    return {"kind": "curve", "x": x, "input": [0, 1, 0], "target": [1, 0, -1], "answer": [0.9, 0.1, -0.8]}


def lengths():
    return {
        "kind": "lengths",
        "lengths": [5, 10, 20, 40],
        "accuracy": [1, 1, 0.5, 0.25],
        "trained_to": 10,
        "unit": "n",
    }


def pairs(words="9 March", wrong="2026-03-10", looks=True):
    weights = [[0.75, 0.25, 0.0], [0.0, 0.125, 0.875]]
    attention = {"source": ["9", " ", "M"], "written": ["2", "<end>"], "weights": weights}
    rows = [
        {"input": words, "target": "2026-03-09", "answer": "2026-03-09", "right": True},
        {"input": "03/04/2026", "target": "2026-04-03", "answer": wrong, "right": False},
    ]
    return {"kind": "pairs", "rows": rows} | ({"attention": attention} if looks else {})


EVERY = {
    "text": {"kind": "text", "prefix": "time ", "text": "machine"},
    "string": string(),
    "answers": answers(),
    "digits": digits()[0],
    "curve": curve(),
    "lengths": lengths(),
    "pairs": pairs(),
}


def test_every_kind_is_drawn_by_day_and_by_night():
    assert set(EVERY) == set(samples.SAMPLES)
    for sample in EVERY.values():
        light, dark = (samples.drawn(sample, name) for name in theme.THEMES)
        assert light != dark
        assert type(light) is type(dark)


def test_of_what_is_written_the_wrong_is_marked_with_what_is_right():
    seen = shown(pairs(looks=False))
    assert seen.texts("td") == ["9 March", "", "03/04/2026", ""]
    assert seen.texts("span") == ["2026-03-09", "✗ 2026-03-10", ", is ", "2026-04-03"]
    assert theme.palette("light")["accent"] in seen.elements[-3]["style"]
    assert "✗ nothing" in shown(pairs(wrong="")).texts("span")


@pytest.mark.parametrize("name", theme.THEMES)
def test_where_it_looks_is_a_cell_for_each_weight_between_its_tokens(name):
    matrix, rest = pairs(), pairs(looks=False)
    cells = [cell for cell in shown(matrix, name).elements if cell["name"] == "td"]
    cells = cells[: len(cells) - len(shown(rest).texts("td"))]
    lines = [cells[place : place + 4] for place in range(0, len(cells), 4)]
    assert [cell["text"] for cell in lines[0]] == ["", "9", "·", "M"]
    assert [line[0]["text"] for line in lines[1:]] == ["2", "end"]
    weights = matrix["attention"]["weights"]
    for line, row in zip(lines[1:], weights, strict=True):
        for cell, weight in zip(line[1:], row, strict=True):
            assert cell["style"].endswith(theme.colour_at("sequential", name, weight))
    assert lines[1][1]["title"] == "While it writes 2, it looks at 9 with 0.75"
    assert lines[2][3]["title"] == "While it writes end, it looks at M with 0.875"


def test_written_text_stays_as_it_is_after_what_was_given():
    seen = shown({"kind": "text", "prefix": "time ", "text": "a  b\nc"})
    assert (seen.texts("span"), seen.texts("div")) == (["time "], ["a  b\nc"])
    assert "pre-wrap" in seen.elements[0]["style"]
    assert shown("an older log").texts("div") == ["an older log"]


def test_of_a_string_the_wrong_letters_are_marked_and_colour_says_how_sure():
    seen = shown(string())
    cells = seen.texts("td")
    lines = [cells[place : place + 6] for place in range(0, len(cells), 6)]
    assert lines == [
        ["reads", *"hello"],
        ["right", *"ohlol"],
        ["answers", *"ohlll"],
        ["", "91 %", "55 %", "87 %", "✗ 43 %", "< 0.1 %"],
    ]
    letters = [element["style"] for element in seen.elements if element["name"] == "td"][13:18]
    assert ["box-shadow" in style for style in letters] == [False, False, False, True, False]
    assert f"background: {theme.colour_at('sequential', 'light', 0.55)}" in letters[1]
    assert "box-shadow" not in samples.drawn(string("ohlol")).markup


def bars(seen):
    return [element["style"] for element in seen.elements if "absolute" in element.get("style", "")]


def test_of_two_classes_a_bar_grows_to_the_side_that_is_answered():
    seen = shown(answers())
    assert seen.texts("span") == ["negative", "positive"]
    assert "left: 25.0%; width: 25.0%" in bars(seen)[0]
    assert "left: 40.0%; width: 10.0%" in bars(seen)[1]
    assert seen.texts("td")[3:] == [
        "not good",
        "",
        "negative 75 %",
        "good",
        "",
        "✗ negative 60 %, is positive",
    ]


def test_of_more_classes_a_bar_is_the_chance_of_the_one_that_is_answered():
    sample = answers(("dry", "rain", "snow"))
    sample["rows"][0]["chances"] = [0.1, 0.2, 0.7]
    seen = shown(sample)
    assert seen.texts("span") == []
    assert "left: 0.0%; width: 70.0%" in bars(seen)[0]
    assert seen.texts("td")[2] == "✗ snow 70 %, is dry"


def test_no_text_is_taken_for_markup():
    sample, _ = digits()
    hostile = [
        {"kind": "text", "prefix": HOSTILE, "text": HOSTILE},
        HOSTILE,
        answers((HOSTILE, "b"), HOSTILE),
        pairs(HOSTILE, HOSTILE)
        | {"attention": {"source": [HOSTILE], "written": [HOSTILE], "weights": [[1]]}},
        answers((HOSTILE, "b", "c"), HOSTILE),
        string(answer="<>&\"'", read="<>&\"'"),
        {**sample, "classes": [HOSTILE] * 10},
    ]
    allowed = {"div", "span", "table", "tbody", "tr", "td", "img", "b"}
    for each in hostile:
        seen = shown(each)
        assert {element["name"] for element in seen.elements} <= allowed
        assert {key for element in seen.elements for key in element} <= {
            "name",
            "text",
            "style",
            "dir",
            "src",
            "alt",
            "title",
        }
        assert all(e["src"].startswith("data:image/png;") for e in seen.elements if "src" in e)
        assert not [e for e in seen.elements if "alert" in e.get("style", "")]
    assert "</td></table><script>alert(1)</script>" in shown(hostile[0]).texts("div")[0]


def test_what_leaves_no_mark_is_signed():
    assert text("a\x00 b\u200d\n\tc").markup == "a␀ b▯\n⇥c"
    assert (
        tag("td", "", tag("b", "", "<"), ">", title='"').markup == '<td title="&quot;"><b>&lt;</b>&gt;</td>'
    )


def rows(spec, part):
    return [row for row in spec["data"]["values"] if row["part"] == part]


def test_a_curve_lays_what_is_answered_over_what_is_right():
    spec = samples.drawn(curve())
    assert [(row["x"], row["y"]) for row in rows(spec, "answered")] == [(0.0, 0.9), (0.5, 0.1), (1.0, -0.8)]
    assert [row["y"] for row in rows(spec, "right")] == [1, 0, -1]
    assert [row["y"] for row in rows(spec, "read")] == [0, 1, 0]
    parts = [layer["transform"][0]["filter"] for layer in spec["layer"]]
    assert parts == [f"datum.part === '{name}'" for name in ("read", "right", "answered")]
    without = {key: value for key, value in curve().items() if key != "input"}
    assert rows(samples.drawn(without), "read") == []


def test_how_far_it_generalises_has_a_rule_at_what_was_learned():
    spec = samples.drawn(lengths())
    told = [(row["length"], row["share"]) for row in rows(spec, "share")]
    assert told == [(5, 1), (10, 1), (20, 0.5), (40, 0.25)]
    assert [(row["length"], row["words"]) for row in rows(spec, "bound")] == [(10, "learned up to 10")]
    assert spec["encoding"]["x"]["title"] == "n"
    assert spec["layer"][2]["encoding"]["y"]["scale"]["domain"] == [0, 1]


@pytest.mark.parametrize("sample", [curve(), lengths()])
def test_only_the_numbers_of_a_chart_change_and_altair_takes_it(sample):
    now = samples.drawn(sample)
    longer = {k: [*v, v[-1]] if isinstance(v, list) else v for k, v in sample.items()}
    then = samples.drawn(longer)
    assert now["data"] != then["data"]
    assert {**now, "data": None} == {**then, "data": None}
    assert altair.Chart.from_dict(now).to_dict()["layer"]


def test_an_unknown_kind_is_answered_with_the_known_ones():
    for sample in ({"kind": "song"}, {}):
        with pytest.raises(ValueError, match="text, string, answers, digits, curve, lengths"):
            samples.drawn(sample)
