"""What the pictures of memory draw from: pairs, items, half-lives, what is left, clipping, a Jacobian."""

import re
from collections import Counter

import numpy as np
import pytest

import rnnviz
from rnnviz.analysis import decay, half_lives, saturation
from rnnviz.gradients import clipped, itemised, pair
from rnnviz.views import panels
from rnnviz.views.clippings import SEEN, THERE, clippings
from rnnviz.views.decays import LOWEST, decays
from rnnviz.views.jacobians import WITHIN, jacobian
from rnnviz.views.panels.pairs import bands_of
from tests.views.test_panels import unpacked

TEXT = "a[bc]1{d}"


@pytest.fixture(scope="module")
def model():
    return rnnviz.load("brackets-lstm")


@pytest.fixture(scope="module")
def read(model):
    return rnnviz.trace(model, TEXT)


def test_the_characters_that_moved_a_guess_are_those_of_the_connectivity(model, read):
    moved = rnnviz.connectivity(model, TEXT)
    data = panels.moved(read, moved, loss=5, step=2).payload()
    assert np.array_equal(unpacked(data["values"]), moved.astype(np.float32))
    assert (data["kind"], data["state"], data["loss"], data["step"]) == ("guess", "x", 5, 2)
    assert data["low"] < moved.max() <= data["high"] < 10 * moved.max()


def test_the_states_that_a_loss_hears_of_are_those_of_the_library(model, read):
    pairs = rnnviz.loss_to_states(model, TEXT)
    data = panels.reached(read, pairs, "l0").payload()
    assert np.array_equal(unpacked(data["values"]), pairs.norms["l0.state"])
    assert (data["kind"], data["state"]) == ("loss", "[h; c]")
    with pytest.raises(ValueError, match="there are: l0"):
        panels.reached(read, pairs, "l1")


def test_of_a_classifier_there_is_one_row():
    classifier = rnnviz.load("sentiment-gru")
    trace = rnnviz.trace(classifier, "so good")
    pairs = rnnviz.loss_to_states(classifier, "so good", inputs=True)
    data = panels.moved(trace, pairs.norms["emb"]).payload()
    assert unpacked(data["values"]).shape == (1, 7)
    assert (data["kind"], data["caption"][:10]) == ("loss", "|dL / dx_t")
    assert panels.reached(trace, pairs, "l0").payload()["caption"].startswith("|dL / dh_t|")


def test_nothing_that_is_heard_has_a_scale_all_the_same(read):
    data = panels.moved(read, np.zeros((9, 9))).payload()
    assert (data["high"], data["low"]) == (1, 1e-4)


@pytest.mark.parametrize("name", ["l0.h", "l0.c"])
def test_the_bands_of_a_step_are_what_the_losses_sent(model, read, name):
    found = itemised(model, TEXT, name)
    data = panels.items(read, found).payload()
    bands = unpacked(data["bands"])
    assert bands.sum(0) == pytest.approx(found.lengths.sum(0), rel=1e-5)
    assert np.array_equal(unpacked(data["whole"]), found.whole.astype(np.float32))
    assert data["symbol"] == name[-1]
    assert (bands.sum(0) >= unpacked(data["whole"]) * (1 - 1e-5)).all()


@pytest.mark.parametrize("far", [0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 60])
def test_each_loss_is_in_the_band_of_its_distance(far):
    lengths = np.zeros((80, 80))
    lengths[70, 70 - far] = 3.0
    sums, names = bands_of(lengths)
    (band,) = np.flatnonzero(sums[:, 70 - far])
    assert sums[band, 70 - far] == 3
    ends = [int(end) for end in re.findall(r"\d+", names[band])]
    assert (ends[0] if far > 1 else 0) <= far
    assert names[band].endswith("more steps away") or far <= ends[-1]


def test_half_lives_and_saturation_are_those_of_the_analysis(read):
    lives, gates = half_lives(read, "l0"), saturation(read, "l0")
    data = panels.keeping(lives, gates, unit=3).payload()
    assert unpacked(data["steps"]) == pytest.approx(lives.steps)
    assert unpacked(data["order"]).tolist() == lives.order.tolist()
    assert [plot["letter"] for plot in data["plots"]] == ["i", "f", "o"]
    for plot in data["plots"]:
        assert unpacked(plot["shut"]) == pytest.approx(gates[plot["letter"]].shut)
        assert unpacked(plot["open"]) == pytest.approx(gates[plot["letter"]].open)
    assert data["ends"][1] >= lives.steps[np.isfinite(lives.steps)].max()


def test_what_is_left_is_drawn_as_far_as_it_can_be_seen():
    random = np.random.default_rng(0)
    table = np.tril(np.exp(-0.4 * np.abs(np.subtract.outer(range(60), range(60)))) * random.random((60, 60)))
    found, faint = decay(table), decay(table**2)
    spec = decays.spec({"RNN": found}, {"RNN": faint}, mark=7)
    rows = spec["data"]["values"]
    strong = {row["steps"]: row["left"] for row in rows if row["how"] == "trained"}
    assert strong == {k: left for k, left in enumerate(found.left.tolist()) if left >= LOWEST}
    assert len(strong) < 60
    (told,) = [row["said"] for row in rows if row["how"] == "trained" and row["steps"] == 1]
    assert told.startswith("RNN, trained: the gradient 1 step back, ")
    assert f"{100 * found.left[1]:.0f} %" in told
    assert decays({"RNN": found}, theme="dark").to_dict()["layer"]


def test_what_explodes_stays_on_the_axis():
    growing = decay(np.array([[1e8, 1e4, 1.0]]))
    spec = decays.spec({"RNN": growing})
    assert spec["encoding"]["y"]["scale"]["domain"][1] >= 1e8
    assert "1×10⁸ times of it is left" in spec["data"]["values"][-1]["said"]


@pytest.mark.parametrize("by", ["norm", "value"])
def test_clipping_shows_what_there_was_and_what_was_seen(model, by):
    found = {"LSTM": clipped(model, TEXT, 0.01, by)}
    rows = {row["how"]: row["length"] for row in clippings.spec(found)["data"]["values"]}
    assert rows == {THERE: found["LSTM"].norm_before, SEEN: found["LSTM"].norm_after}
    assert rows[SEEN] < rows[THERE]
    assert clippings(found).to_dict()["layer"]


def test_a_jacobian_has_the_later_units_as_rows_and_colours_not_ruled_by_a_few(model):
    found = pair(model, TEXT, 6, 4)
    cells = jacobian.spec(found)["data"][0]
    assert np.array_equal(cells["z"], found.whole.astype(np.float32))
    assert list(cells["y"]) == list(found.rows)
    assert cells["zmax"] == pytest.approx(np.quantile(np.abs(found.whole), WITHIN), rel=1e-5)
    assert "at step 6 changes" in cells["hovertemplate"]
    assert jacobian(found).data[0].type == "heatmap"


@pytest.mark.parametrize("name", panels.PANELS)
def test_no_name_is_declared_twice_in_a_script(name):
    script, _ = panels.source(name)
    names = re.findall(r"^(?:export default )?(?:function|const|let|class) (\w+)", script, flags=re.MULTILINE)
    assert [each for each, count in Counter(names).items() if count > 1] == []
