"""The few lines that exist in Python and in the browser: numbers, chances, sentences, colours, inks."""

import base64
import itertools
import json
import math

import numpy as np
import pytest

from rnnviz.views import theme, tokens, words
from rnnviz.views.panels import source

pytestmark = pytest.mark.browser
VALUES = [
    0,
    1,
    -1,
    0.03,
    0.9999,
    12.345,
    -123.6,
    999.9,
    1234.5,
    123456,
    2.3e-5,
    -1e-9,
    1.5e7,
    0.00012345,
    1e-4,
]


def test_the_browser_says_and_colours_as_python_does(browser):
    """The few lines that exist on both sides: numbers, chances, sentences, colours, inks."""
    script = source("figure")[0].replace("export default ", "")
    reading = words.READINGS["f"]._asdict()
    ask = f"""() => {{ {script}
        const data = {{ tokens: [..."a\u05e9"], names: {{}} }};
        const about = {{ name: "f", reading: {json.dumps(reading)} }};
        const values = {json.dumps(VALUES)}, shares = values.map(Math.abs).filter((v) => v <= 1);
        const roles = ["diverging", "sequential", "surprise"], places = [0, 64, 127];
        return {{
            numbers: values.map(number),
            chances: shares.map(perCent),
            sentences: [0.03, 0.5, 0.95].flatMap((v) =>
                [0, 1].map((step) => sentence(data, about, 12, step, v))),
            paints: Object.keys(LOOK.palettes).flatMap((name) => roles.flatMap((role) =>
                places.map((i) => Object.values(paintsOf(role, name)[i])))),
        }}; }}"""
    page = browser.new_page()
    said = page.evaluate(ask)
    page.close()
    assert said["numbers"] == [tokens.number(value) for value in VALUES]
    assert said["chances"] == [tokens.per_cent(abs(value)) for value in VALUES if abs(value) <= 1]
    asked = [(value, step) for value in (0.03, 0.5, 0.95) for step in (0, 1)]
    wanted = [words.cell_sentence("l0.f", "f", 12, step, "aש"[step], value) for value, step in asked]
    assert said["sentences"] == wanted
    places = itertools.product(theme.THEMES, ("diverging", "sequential", "surprise"), (0, 64, 127))
    for (fill, ink), (name, role, place) in zip(said["paints"], places, strict=True):
        wanted = theme.colour_at(role, name, place / 127)
        rgb = [int(part) for part in fill[4:-1].split(",")]
        assert max(abs(a - int(wanted[i : i + 2], 16)) for a, i in zip(rgb, (1, 3, 5), strict=True)) <= 1
        assert theme.contrast(ink, wanted) >= 4.4


def test_a_bent_scale_has_the_same_stops_on_both_sides(browser):
    script = source("figure")[0].replace("export default ", "")
    page = browser.new_page()
    stops = page.evaluate(f"() => {{ {script} return stopsOf('diverging', 'dark', 21.3097, true); }}")
    page.close()
    wanted = theme.colorscale(theme.Scale("diverging", -21.3097, 21.3097, bent=True), "dark")
    assert (stops[0][0], stops[-1][0]) == (0, 1)
    assert np.allclose([stop for stop, _ in stops], [stop for stop, _ in wanted])


def test_typed_arrays_arrive_whole(browser):
    script = source("figure")[0].replace("export default ", "")
    values = np.array([[1.5, math.nan], [-2.0, 3.25]], dtype=np.float32)
    packed = {"dtype": "f4", "bdata": base64.b64encode(values.tobytes()).decode(), "shape": "2, 2"}
    page = browser.new_page()
    rows = page.evaluate(
        f"() => {{ {script}\nreturn cut({json.dumps(packed)}, 1, 1).map((row) => String(row[0])); }}"
    )
    page.close()
    assert rows == ["NaN", "3.25"]
