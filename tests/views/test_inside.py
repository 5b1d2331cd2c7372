"""What weights, gradients and gates were like over a training: in numbers, in words, and in a Chromium."""

import json

import numpy as np
import pytest

from rnnviz.views import gates, panels, theme
from tests.packed import unpacked

STEPS = (0, 1, 2, 4, 8, 16)
GATES = {"lstm": "ifgo", "gru": "rzn", "rnn": "h"}
SIGMOIDS = {"lstm": "ifo", "gru": "rz", "rnn": ""}

BOTH = ("enc.l0", "enc.l0r", "dec.l0")


def five(random):
    return sorted(float(f"{value:.6g}") for value in random.normal(0, 0.3, 5))


def events(cell="lstm", layers=("l0", "l1"), steps=STEPS, seed=0):
    """The log of a run with what is told of the weights that were kept, and other events between."""
    random = np.random.default_rng(seed)
    names = [
        f"{layer}.{matrix}.{gate}"
        for layer in layers
        for matrix in ("W_ih", "W_hh", "b_ih", "b_hh")
        for gate in GATES[cell]
    ]
    told = []
    for step in steps:
        weights = {name: five(random) for name in [*names, "out.weight", "out.bias"]}
        gradients = {name: five(random) for name in weights} if step else {}
        for name in gradients:  # torch's gradients of both biases, which are added to the same sum
            if ".b_hh" in name and (cell != "gru" or not name.endswith("n")):
                gradients[name] = gradients[name.replace("b_hh", "b_ih")]
        shares = {
            f"{layer}.{gate}": (random.dirichlet([1, 1, 1])[:2]).tolist()
            for layer in layers
            for gate in SIGMOIDS[cell]
        }
        told.append(
            {"kind": "kept", "step": step, "weights": weights, "gradients": gradients, "saturated": shares}
        )
        told.append({"kind": "step", "step": step + 1, "loss": 1.0})
    return told


def kept(told):
    return [event for event in told if event["kind"] == "kept"]


def test_layers_are_told_by_their_names():
    assert panels.layers_of(events()) == ("l0", "l1", "out")
    assert panels.layers_of([]) == ()
    assert panels.layers_of(events(layers=BOTH)) == (*BOTH, "out")


@pytest.mark.parametrize("cell", GATES)
def test_the_weights_of_a_layer_stand_matrix_by_matrix_with_its_gates_side_by_side(cell):
    told = events(cell)
    data = panels.weights(told, "l1").payload()
    names = [f"{matrix} {gate}" for matrix in ("W_ih", "W_hh", "b_ih", "b_hh") for gate in GATES[cell]]
    assert data["names"] == names
    assert data["columns"] == len(GATES[cell])
    assert data["steps"] == list(STEPS)
    values = unpacked(data["values"])
    for place, name in enumerate(names):
        wanted = [event["weights"]["l1." + name.replace(" ", ".")] for event in kept(told)]
        assert np.allclose(values[place], wanted, rtol=1e-6)
    assert data["title"] == "Weights, layer 2"
    json.dumps(data, allow_nan=False)


def test_all_weights_of_a_layer_have_one_scale_that_holds_them_and_is_round():
    data = panels.weights(events(), "l0").data
    largest = np.abs(data["values"]).max()
    assert largest <= data["high"] < 2 * largest
    assert data["low"] == -data["high"]
    mantissa = float(f"{data['high']:e}".partition("e")[0])
    assert mantissa in (1, 1.5, 2, 3, 5, 7)


@pytest.mark.parametrize("cell", GATES)
def test_gradients_begin_after_the_first_step_and_are_not_told_twice(cell):
    told = events(cell, layers=("l0",))
    data = panels.gradients(told).data
    assert np.isnan(data["values"][:, 0]).all()
    assert np.isfinite(data["values"][:, 1:]).all()
    twice = [name for name in data["names"] if name.startswith("b_hh")]
    assert twice == (["b_hh n"] if cell == "gru" else [])
    assert data["high"] >= np.nanmax(np.abs(data["values"])) > data["high"] / 10
    assert data["unit"] == pytest.approx(data["high"] / 10_000)
    assert "by ratio beyond" in data["caption"]


def test_the_gates_tell_their_shares():
    told = events()
    data = panels.gates(told).data
    assert data["names"][:2] == ["i: input gate, layer 1", "f: forget gate, layer 1"]
    assert data["columns"] == 3
    wanted = [[event["saturated"][name] for event in kept(told)] for name in ("l0.i", "l0.f", "l0.o")]
    assert np.allclose(data["values"][:3], wanted)


def test_a_run_that_has_just_begun_or_has_no_gates_is_drawn():
    for told in ([], events("rnn", steps=(0,))):
        assert panels.gates(told).payload()["names"] == []
        panels.weights(told).payload()
        panels.gradients(told).payload()
        assert gates.saturated.spec(told)["layer"]
    assert panels.weights([]).data["steps"] == []


def test_a_number_that_is_none_is_a_gap():
    told = events()
    kept(told)[3]["weights"]["l0.W_ih.i"] = [None, 0.0, 0.1, 0.2, None]
    values = panels.weights(told).data["values"]
    assert np.isnan(values[0, 3]).tolist() == [True, False, False, False, True]


def test_a_step_that_is_told_again_after_a_resume_counts_once():
    told = events()
    again = kept(events(seed=1))[2]
    data = panels.weights([*told, again]).data
    assert data["steps"] == list(STEPS)
    assert np.allclose(data["values"][0, 2], again["weights"]["l0.W_ih.i"])


def test_another_layer_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match="there are: l0, l1, out"):
        panels.weights(events(), "l2")


# --- in words, and where each gate stands


def shares(**by_gate):
    return [{"kind": "kept", "step": 128, "weights": {}, "gradients": {}, "saturated": by_gate}]


@pytest.mark.parametrize(
    ("by_gate", "said"),
    [
        (
            {"l0.f": [0.02, 0.62], "l0.i": [0.7, 0.1], "l0.o": [0.2, 0.2]},
            "After 128 steps 2 of 3 gates are saturated, with most of their values below 0.1 or above 0.9: "
            "the input gate of layer 1 (70 % below 0.1: the cell takes in nothing new); "
            "the forget gate of layer 1 (62 % above 0.9: the cell remembers).",
        ),
        (
            {"l0.z": [0.9, 0.0], "l0.r": [0.3, 0.1]},
            "After 128 steps 1 of 2 gates is saturated, with most of its values below 0.1 or above 0.9: "
            "the update gate of layer 1 (90 % below 0.1: the unit takes the new value).",
        ),
        (
            {"l0.z": [0.1, 0.3], "l1r.r": [0.05, 0.1]},
            "After 128 steps no gate is saturated: the update gate of layer 1 comes nearest, "
            "with 30 % of its values above 0.9 and 10 % below 0.1.",
        ),
        ({"l0.z": [0.0, 0.0]}, "After 128 steps no gate has a value below 0.1 or above 0.9."),
        ({}, "This cell has no gates that could saturate."),
    ],
)
def test_which_gates_are_saturated_in_a_sentence(by_gate, said):
    assert gates.saturation(shares(**by_gate)) == said


def test_nothing_is_said_before_anything_was_kept():
    assert gates.saturation([{"kind": "step", "step": 1}]) == ""
    assert gates.saturation(events(steps=(0,))).startswith("Before training ")
    assert gates.saturation(events(steps=(0, 1))).startswith("After 1 step ")


def test_a_gate_stands_where_its_shares_are_with_the_way_it_came():
    told = events()
    spec = gates.saturated.spec(told, theme="dark")
    rows = spec["data"]["values"]
    now = {row["gate"]: (row["shut"], row["open"]) for row in rows if row["part"] == "now"}
    assert list(now) == ["i₁", "f₁", "o₁", "i₂", "f₂", "o₂"]
    assert now["f₂"] == tuple(kept(told)[-1]["saturated"]["l1.f"])
    way = [(row["shut"], row["open"]) for row in rows if row["part"] == "way" and row["gate"] == "o₁"]
    assert way == [tuple(event["saturated"]["l0.o"]) for event in kept(told)]
    assert spec["background"] == theme.palette("dark")["paper"]
    other = gates.saturated.spec(told[:4], theme="dark")
    assert {**spec, "data": None} == {**other, "data": None}
    assert gates.saturated(told).to_dict()["layer"]


# --- in the browser


@pytest.fixture
def opened(browser, tmp_path):
    """`opened(panel, width)`: the panel alone; errors are checked last."""
    errors, contexts = [], []

    def open_panel(panel, width=1200):
        file = tmp_path / "bands.html"
        file.write_text(panel.to_html(), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="light")
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector(".rv-bands[data-version]")
        return page

    yield open_panel
    for context in contexts:
        context.close()
    assert errors == []


def column(page, multiple, share):
    """The colours of a column of pixels of a multiple's plot, from its top to its bottom."""
    ask = """([multiple, share]) => {
        const canvas = document.querySelectorAll(".rv-bands canvas")[multiple];
        const x = Math.floor(34 + (canvas.width - 40) * share);
        const pixel = (y) => [...canvas.getContext("2d").getImageData(x, 4 + y, 1, 1).data].slice(0, 3);
        return Array.from({length: 84}, (_, y) => pixel(y)); }"""
    return np.array(page.evaluate(ask, [multiple, share]))


def rgb(colour):
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


@pytest.mark.browser
def test_shares_grow_from_both_ends_of_the_plot(opened):
    told = events(steps=(0, 9, 99))
    for event in kept(told):
        event["saturated"] = {"l0.i": [0.25, 0.5], "l0.f": [0.0, 0.0]}
    page = opened(panels.gates(told))
    shut, open_ = (rgb(theme.palette("light")["diverging"][k]) for k in (1, 5))
    seen = column(page, 0, 0.6)
    assert (np.abs(seen - open_).max(axis=1) < 12).sum() == pytest.approx(42, abs=2)
    assert (np.abs(seen - shut).max(axis=1) < 12).sum() == pytest.approx(21, abs=2)
    assert (np.abs(seen[:42] - open_).max(axis=1) < 12).sum() > 38
    other = column(page, 1, 0.6)
    assert not (np.abs(other - open_).max(axis=1) < 12).any()


@pytest.mark.browser
def test_quantiles_are_bands_about_a_line_and_the_pointer_is_told_the_nearest_step(opened):
    told = events(steps=(0, 9, 99), layers=("l0",))
    for event in kept(told):
        event["weights"] = {"l0.W_ih.i": [-1.0, -0.5, 0.0, 0.5, 1.0], "l0.W_ih.f": [0.1] * 5}
    page = opened(panels.weights(told))
    pale, strong = (rgb(theme.palette("light")["sequential"][k]) for k in (1, 2))
    seen = column(page, 0, 0.4)
    assert (np.abs(seen - strong).max(axis=1) < 12).sum() == pytest.approx(42, abs=4)
    assert (np.abs(seen - pale).max(axis=1) < 12).sum() == pytest.approx(42, abs=4)
    box = page.locator(".rv-bands canvas").first.bounding_box()
    page.mouse.move(box["x"] + 34 + (box["width"] - 40) * 0.55, box["y"] + 40)
    said = page.locator(".rv-tip").inner_text().splitlines()
    assert said == [
        "W_ih i, after 9 steps",
        "half of them from −0.5 to 0.5, around 0",
        "nine in ten from −1 to 1",
    ]
    assert page.locator(".rv-at:visible").count() == 2


@pytest.mark.browser
@pytest.mark.parametrize(("width", "side_by_side"), [(1200, 4), (390, 2)])
def test_they_wrap_in_a_narrow_window(opened, width, side_by_side):
    page = opened(panels.weights(events(layers=("l0",))), width)
    tops = [box["y"] for box in (page.locator(".rv-multiple").nth(k).bounding_box() for k in range(16))]
    assert tops.count(tops[0]) == side_by_side
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_encoder_and_a_decoder_are_told_apart():
    told = events("gru", layers=BOTH)
    panel = panels.weights(told, "enc.l0r")
    assert panel.data["title"] == "Weights, layer 1 of the encoder, right to left"
    assert panel.data["names"][:4] == ["W_ih r", "W_ih z", "W_ih n", "W_hh r"]
    assert panel.data["columns"] == 3
    assert "layer 1 of the decoder" in panels.gradients(told, "dec.l0").data["title"]
    names = panels.gates(told).data["names"]
    assert "z: update gate, layer 1 of the encoder, right to left" in names
    assert any(part in gates.saturation(told) for part in ("of the encoder", "of the decoder"))
    spec = gates.saturated.spec(told)
    signs = {row["gate"] for row in spec["data"]["values"] if row["part"] == "now"}
    assert signs == {"enc r₁", "enc z₁", "enc r₁←", "enc z₁←", "dec r₁", "dec z₁"}


def test_parts_that_are_no_layers_have_names_too():
    told = events("gru", layers=("l0",), steps=(0, 1))
    for event in kept(told):
        event["weights"]["source_emb.weight"] = event["weights"]["out.bias"]
    assert panels.weights(told, "source_emb").data["title"] == "Weights, embedding of what is read"
    assert panels.weights(told, "source_emb").data["names"] == ["weight"]
