"""How often models are right, by length: the numbers of the chart, never its pixels."""

import itertools

import altair
import numpy as np
import pytest

from rnnviz.analysis.lengths import by_length
from rnnviz.views.lengths import PICKED, lengths


def found(seed: int = 0, falls: int = 9, most: int = 20):
    """Of words of 1 to so many letters those that are right: most up to a length, few of longer ones."""
    random = np.random.default_rng(seed)
    read = random.integers(1, most + 1, 600)
    return by_length(read, random.random(600) < np.where(read <= falls, 0.95, 0.05))


MODELS = {"no attention": found(falls=6), "dot attention": found(falls=14)}


def rows(spec, part):
    return [row for row in spec["data"]["values"] if row["part"] == part]


def test_points_bands_and_what_is_said_are_the_numbers():
    spec = lengths.spec(MODELS, things="words", unit="letters")
    for name, one in MODELS.items():
        mine = [row for row in rows(spec, "share") if row["model"] == name]
        for field in ("length", "share", "low", "high"):
            assert [row[field] for row in mine] == getattr(one, field).tolist()
        first = mine[0]
        assert f"of {one.count[0]} words of {one.first[0]}" in first["said"]
        assert f"{one.right[0]} " in first["said"]
        other = next(each for each in MODELS if each != name)
        assert f"{other} {100 * MODELS[other].share[0]:.0f} %" in first["said"]


def test_only_the_numbers_change_with_ones_own_text():
    specs = [lengths.spec(MODELS, yours=yours, trained_to=12) for yours in (3, 12, 200, None)]
    assert all({**spec, "data": None} == {**specs[0], "data": None} for spec in specs)
    own = [[(row["length"], row["words"]) for row in rows(spec, "yours")] for spec in specs]
    assert own == [[(3, "yours")], [(12, "yours")], [], []]
    (beyond,) = rows(specs[2], "beyond")
    assert beyond["words"] == "yours, 200 →"
    assert beyond["length"] == specs[2]["encoding"]["x"]["scale"]["domain"][1]
    assert rows(specs[3], "beyond") == []


def test_the_rule_at_what_was_learned_is_there_where_it_is_known():
    assert rows(lengths.spec(MODELS), "bound") == []
    (row,) = rows(lengths.spec(MODELS, trained_to=12, unit="letters"), "bound")
    assert (row["length"], row["words"]) == (12, "learned up to 12 letters")


@pytest.mark.parametrize("ends", [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0], [0.5, 0.52, 0.1], [0.3]])
def test_names_at_the_ends_do_not_lie_upon_each_other(ends):
    read = np.repeat([1, 2], 100)
    models = {
        str(place): by_length(read, np.concatenate([np.ones(100), np.arange(100) < 100 * end]) > 0)
        for place, end in enumerate(ends)
    }
    spec = lengths.spec(models, height=250)
    floor = spec["layer"][-1]["encoding"]["y"]["scale"]["domain"][0]
    at = {row["model"]: row["share"] for row in rows(spec, "name")}
    pixels = sorted(share * 250 / (1 - floor) for share in at.values())
    assert all(high - low >= 14.9 for low, high in itertools.pairwise(pixels))
    order = sorted(at, key=lambda name: at[name])
    assert [ends[int(name)] for name in order] == sorted(ends)


def test_colours_stay_with_their_places():
    spec = lengths.spec(MODELS, places=[0, 3])
    both = lengths.spec({**MODELS, "transformer": found(2)}, places=[0, 3, 1])
    scale, other = (each["encoding"]["color"]["scale"] for each in (spec, both))
    assert scale["domain"] == [*MODELS]
    assert other["range"][:2] == scale["range"]
    assert len(set(other["range"])) == 3


def test_where_all_are_good_the_axis_begins_higher_and_never_above_a_band():
    random = np.random.default_rng(5)
    good = by_length(random.integers(1, 5, 800), random.random(800) < 0.99)
    for models, floor in (({"good": good}, 0.8), ({"good": good, **MODELS}, 0.0)):
        spec = lengths.spec(models)
        assert spec["layer"][-1]["encoding"]["y"]["scale"]["domain"] == [floor, 1]
        assert min(row["low"] for row in rows(spec, "share")) >= floor


def test_altair_takes_it_and_a_click_selects_a_model_and_its_lengths():
    for theme in ("light", "dark"):
        made = altair.Chart.from_dict(lengths.spec(MODELS, yours=5, theme=theme)).to_dict()
        assert made["params"][0]["name"] == PICKED
    point = rows(lengths.spec(MODELS), "share")[0]
    assert set(lengths.spec(MODELS)["params"][0]["select"]["fields"]) <= set(point)


def test_without_models_there_is_an_empty_chart():
    assert lengths.spec({})["data"]["values"] == []
