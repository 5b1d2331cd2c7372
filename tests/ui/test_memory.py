"""Memory without a browser: every number on the page is the library's, every choice is in its link."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

import rnnviz
from rnnviz.analysis import (
    clipping_story,
    decay,
    gradient_left,
    gradient_story,
    half_lives,
    memory_story,
    saturation,
)
from rnnviz.gradients import clipped, itemised, loss_to_weights, scaled, untrained
from rnnviz.ui.gallery import reads_text
from rnnviz.ui.remembering import numbers, taking
from rnnviz.views.tokens import number
from tests.packed import unpacked
from tests.ui.visiting import EXAMPLE, checked, opener, panel, panel_query, said

PAGE = "../../pages/memory.py"
READERS = [entry.name for entry in rnnviz.catalogue() if reads_text(entry) and not entry.error]
TEXT = "the time traveller"
ALL = "states,items,weights,training"


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    return opener(PAGE)


def charts(at: AppTest) -> list[Any]:
    """The numbers of all charts, by column."""
    found = []
    for element in at.get("vega_lite_chart"):
        data = element.proto.data.data or element.proto.datasets[0].data.data
        found.append(pa.ipc.open_stream(data).read_pandas())
    return found


def left(model: Any, text: str) -> Any:
    """What is left of the gradient of 16 losses of the second half of a text."""
    steps = np.linspace(max(len(text) // 2, 1), len(text) - 1, 16).round().astype(int)
    return decay(rnnviz.loss_to_states(model, text, steps=set(steps.tolist())).state("l0"))


FAMILY = {"RNN": "timemachine-rnn", "LSTM": "timemachine-lstm", "GRU": "timemachine-gru"}


@pytest.mark.parametrize("model", READERS)
def test_every_reader_is_shown_and_all_drawers_open(open_page: Any, model: str) -> None:
    at = open_page(model=model, open=ALL)
    entry = next(entry for entry in rnnviz.catalogue() if entry.name == model)
    found = rnnviz.loss_to_states(rnnviz.load(model), entry.example, inputs=entry.directions == 1)
    shown = unpacked(panel(at, "pairs")["values"])
    exact = found.norms["emb"] if entry.directions == 1 else found.state("l0")
    assert np.array_equal(shown, exact)
    assert "cannot be" not in said(at)


@pytest.mark.parametrize("model", FAMILY.values())
def test_characters_and_states_that_moved_a_guess_are_those_of_the_library(
    open_page: Any, model: str
) -> None:
    loaded = rnnviz.load(model)
    moved = unpacked(panel(open_page(model=model, text=TEXT), "pairs")["values"])
    assert moved == pytest.approx(rnnviz.connectivity(loaded, TEXT), rel=1e-5, abs=1e-12)
    at = open_page(model=model, text=TEXT, moved="states", loss="9", step="4")
    data = panel(at, "pairs")
    assert (data["loss"], data["step"]) == (9, 4)
    assert np.array_equal(unpacked(data["values"]), rnnviz.loss_to_states(loaded, TEXT).state("l0"))


@pytest.mark.parametrize("text", [TEXT, EXAMPLE, "it", "Über 7 ≠ 8, he said; then nothing."])
def test_the_sentences_are_those_of_the_numbers(open_page: Any, text: str) -> None:
    at = open_page(text=text)
    found = {name: left(rnnviz.load(model), text) for name, model in FAMILY.items()}
    lives = half_lives(rnnviz.trace(rnnviz.load("timemachine-lstm"), text), "l0")
    assert f"{gradient_story(found)} {memory_story(lives)}" in said(at)
    reached = gradient_left(found)
    if not reached:
        return
    rows = charts(at)[0]
    strong = rows[(rows.steps == reached.steps) & (rows.how == "trained")]
    assert dict(zip(strong.model, strong.left, strict=True)) == pytest.approx(dict(reached.shares))
    for name, model in FAMILY.items():
        exact = left(untrained(rnnviz.load(model)), text).left
        drawn = rows[(rows.model == name) & (rows.how == "untrained")]
        assert drawn.left.tolist() == pytest.approx(exact[drawn.steps].tolist())


def test_half_lives_saturation_and_the_gate_itself(open_page: Any) -> None:
    at = open_page(model="timemachine-gru", text=TEXT, unit="7")
    trace = rnnviz.trace(rnnviz.load("timemachine-gru"), TEXT)
    lives, gates = half_lives(trace, "l0"), saturation(trace, "l0")
    data = panel(at, "keeping")
    assert unpacked(data["steps"]) == pytest.approx(lives.steps, rel=1e-5)
    assert {plot["letter"]: unpacked(plot["open"]).tolist() for plot in data["plots"]} == {
        letter: pytest.approx(shares.open.tolist()) for letter, shares in gates.items()
    }
    gate = panel(at, "heatmap")
    assert gate["rows"] == lives.order.tolist()
    assert np.array_equal(unpacked(gate["z"]), trace["l0.z"].values.T[lives.order])
    assert (data["unit"], gate["row"]) == (7, 7)


def test_a_network_without_gates_says_so(open_page: Any) -> None:
    at = open_page(model="timemachine-rnn")
    assert "has no gate that keeps its state" in said(at)


def test_how_hard_each_loss_pulls_and_what_clipping_leaves(open_page: Any) -> None:
    at = open_page(text=TEXT, open="items", clip="0.2")
    model = rnnviz.load("timemachine-lstm")
    found = loss_to_weights(model, TEXT)
    drawn = unpacked(panel(at, "pulls")["series"][0]["values"])
    assert np.isnan(drawn[0])
    assert drawn[1:] == pytest.approx(found.norms[1:], rel=1e-5)
    seen = clipped(model, TEXT, 0.2)
    assert clipping_story(seen.norm_before, seen.norm_after, "norm") in said(at)
    assert number(found.norms[1:].mean()) in said(at)


@pytest.mark.parametrize("state", ["h", "c"])
def test_items_are_those_of_the_library(open_page: Any, state: str) -> None:
    at = open_page(text=TEXT, open="items", item=state)
    found = itemised(rnnviz.load("timemachine-lstm"), TEXT, f"l0.{state}")
    data = panel(at, "items")
    assert np.array_equal(unpacked(data["whole"]), found.whole)
    assert unpacked(data["bands"]).sum(0) == pytest.approx(found.lengths.sum(0), rel=1e-5)


@pytest.mark.parametrize("norm", ["frobenius", "spectral"])
def test_the_jacobian_and_its_size_are_those_of_the_library(open_page: Any, norm: str) -> None:
    model = rnnviz.load("timemachine-gru")
    at = open_page(model="timemachine-gru", text=TEXT, open="states", loss="12", step="8", norm=norm)
    growth = rnnviz.state_to_states(model, TEXT, 12, "l0", norm)
    rows = charts(at)[1]
    assert rows.left.tolist() == pytest.approx(growth.left[12::-1].tolist(), rel=1e-4)
    cells = unpacked(panel(at, "jacobian")["spec"]["data"][0]["z"])
    assert np.linalg.norm(cells, 2 if norm == "spectral" else None) == pytest.approx(
        growth.values[8], rel=1e-4
    )
    assert "at step 8 't'" in said(at) or "at step 8 '·'" in said(at)


@pytest.mark.parametrize("when", ["before", "after"])
def test_larger_weights_and_clipping(open_page: Any, when: str) -> None:
    at = open_page(text=EXAMPLE, open="weights", factor="4", clip="0.1", by="value", scaled=when)
    models = {name: rnnviz.load(model) for name, model in FAMILY.items()}
    if when == "before":
        models = {name: untrained(model) for name, model in models.items()}
    models = {name: scaled(model, 4) for name, model in models.items()}
    assert gradient_story({name: left(model, EXAMPLE) for name, model in models.items()}) in said(at)
    rows = charts(at)[-1]
    for name, model in models.items():
        found = clipped(model, EXAMPLE, 0.1, "value")
        assert rows[rows.model == name].length.tolist() == pytest.approx(
            [found.norm_before, found.norm_after]
        )


def test_the_tables_to_take_away_hold_the_numbers() -> None:
    model = rnnviz.load("brackets-lstm")
    pairs = rnnviz.loss_to_states(model, "a(b)1.")
    head, *lines = taking.table(["state", "loss", "step", "length"], taking.pair_rows(pairs)).decode().split()
    assert head == "state,loss,step,length"
    assert len(lines) == sum(np.count_nonzero(norms) for norms in pairs.norms.values())
    for name, s, t, length in (line.split(",") for line in lines):
        assert float(length) == pytest.approx(float(pairs.norms[name][int(s), int(t)]))
    one = left(model, "a(b)1.")
    assert [row[2] for row in taking.decay_rows({"LSTM": one})] == [f"{each:.9g}" for each in one.left]


def test_of_one_character_there_is_no_loss_and_nothing_is_lost(open_page: Any) -> None:
    at = open_page(text="a", open=ALL)
    assert "a loss takes at least two" in said(at)
    assert "There is no step to go back to" in said(at)
    checked(at.text_input(key="text").set_value("at last").run())
    assert panel(at, "pairs")["tokens"] == list("at·last")
    assert panel(at, "items")


def test_a_text_that_is_too_long_for_all_pairs_shows_one_loss_at_a_time(
    open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "MOST_PAIRS", 10**6)
    at = open_page(text=EXAMPLE, loss="20", open="items")
    assert "give a shorter text" in said(at)
    shown = unpacked(panel(at, "pairs")["values"])
    assert panel(at, "pairs")["only"] == 20
    assert shown.shape == (1, len(EXAMPLE))
    exact = rnnviz.connectivity(rnnviz.load("timemachine-lstm"), EXAMPLE)[20]
    assert shown[0] == pytest.approx(exact, rel=1e-5, abs=1e-12)
    assert "those of the chosen output alone" in said(at)


def test_all_that_was_chosen_is_in_the_link(open_page: Any) -> None:
    given = dict(
        text="and so", model="timemachine-gru", moved="states", loss="3", step="1", unit="9", norm="spectral",
        factor="2.0", scaled="after", clip="0.5", by="value", open="states,weights",
    )  # fmt: skip
    query = panel_query(open_page(**given))
    for name, value in given.items():
        assert f"{name}={value.replace(' ', '+').replace(',', '%2C')}" in query
    assert panel_query(open_page()) == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("loss", "99", "There is no loss '99' here (possible: 0 to 37)"),
        ("moved", "![](x)", "There is no way to move it '![](x)' here"),
        ("factor", "7", "There is no factor '7' here"),
        ("clip", "-1", "There is no limit '-1' here"),
        ("where", "l3", "There is no layer 'l3' here"),
    ],
)
def test_what_is_wrong_in_a_link_is_answered(open_page: Any, name: str, value: str, words: str) -> None:
    assert words in said(open_page(**{name: value}))


def test_while_somebody_types_the_last_guess_is_the_one_that_is_looked_at(open_page: Any) -> None:
    at = open_page(text="the time")
    checked(at.text_input(key="text").set_value("the times").run())
    assert panel(at, "pairs")["loss"] == 8
    at = open_page(text="the time", loss="4")
    checked(at.text_input(key="text").set_value("the times").run())
    assert panel(at, "pairs")["loss"] == 4


def test_a_network_that_reads_both_ways_is_not_told_by_distance(open_page: Any) -> None:
    at = open_page(model="sentiment-bilstm", where="l1r", open="states", loss="5", step="9")
    assert "gradients come back to its first layer from both sides" in said(at)
    assert set(charts(at)[0].model) == set(FAMILY)
    assert "at step 9" in said(at)
