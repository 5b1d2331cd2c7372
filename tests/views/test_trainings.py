"""The curves of a training, by the numbers in them."""

import itertools
import json
import math
import re

import numpy as np
import pytest

from rnnviz import views
from rnnviz.views import theme, vega
from rnnviz.views.measures import MEASURES, MOST_POINTS, curve_points, running_mean, thinned
from tests.cases import every, mostly_slow
from tests.views.test_theme import BLINDNESS, lab, linear


def steps(count, metric=None, **fields):
    """Events of steps 1, 2, ...; `metric` and fields are functions of the step."""
    told = {"loss": lambda step: 3.0 - step / 10_000} | ({"metric": metric} if metric else {}) | fields
    return [
        {"kind": "step", "step": step} | {name: value(step) for name, value in told.items()}
        for step in range(1, count + 1)
    ]


def looks(*held_out):
    """Events of what is held out, every tenth step."""
    return [{"kind": "evaluated", "step": 10 * k, "held_out": value} for k, value in enumerate(held_out)]


def of(rows, part):
    return [row for row in rows if row["part"] == part]


def test_old_logs_tell_a_loss_and_perplexity_is_e_to_it():
    rows = of(curve_points({"": steps(50)}, "perplexity"), "training")
    assert [row["step"] for row in rows] == list(range(1, 51))
    assert [row["faint"] for row in rows] == pytest.approx([math.exp(3.0 - s / 10_000) for s in range(1, 51)])


def test_new_logs_tell_the_metric_itself():
    run = steps(5, metric=lambda step: 10.0 + step)
    assert [row["faint"] for row in of(curve_points({"": run}, "perplexity"), "training")] == [
        11,
        12,
        13,
        14,
        15,
    ]
    assert [row["faint"] for row in of(curve_points({"": run}, "loss"), "training")] == pytest.approx(
        [3.0 - step / 10_000 for step in range(1, 6)]
    )


@pytest.mark.parametrize(
    ("what", "values", "best"),
    [
        ("perplexity", [70, 9, 4.5, 4.5, 8], 20),
        ("error", [1.0, 0.01, 0.3], 10),
        ("accuracy", [0.1, 0.7, 0.98, 0.97], 20),
    ],
)
def test_the_best_of_what_is_held_out_is_marked(what, values, best):
    rows = of(curve_points({"": looks(*values)}, what), "held out")
    assert [row["value"] for row in rows] == values
    assert [row["step"] for row in rows if row["best"]] == [best]


def test_only_what_is_judged_has_a_curve_of_what_is_held_out():
    for what in ("loss", "norm", "lr", "tokens_per_s"):
        assert of(curve_points({"": looks(1, 2)}, what), "held out") == []


def test_a_gradient_is_shown_before_and_after_clipping_with_the_clip_as_a_rule():
    run = steps(3, norm_before=lambda step: 2.0 * step, norm_after=lambda step: 1.0)
    rows = curve_points({"": run}, "norm", clip=1.0)
    assert [(row["faint"], row["value"]) for row in of(rows, "training")] == [(2, 1), (4, 1), (6, 1)]
    assert [(row["value"], row["words"]) for row in of(rows, "clip")] == [(1.0, "clipped to 1")]
    assert of(curve_points({"": run}, "loss", clip=1.0), "clip") == []


def test_what_is_too_short_for_a_line_is_seen_as_dots():
    def dots(count):
        return [row.get("few", False) for row in of(curve_points({"": steps(count)}, "loss"), "training")]

    assert dots(1) == [True]
    assert not any(dots(40))


def test_a_run_that_halted_shows_every_gradient_before_its_end():
    run = steps(20, norm_before=lambda step: 1.0, norm_after=lambda step: 1.0)
    run.append({"kind": "halted", "step": 24, "norms": [3.0, 9.0, 27.0, None, math.inf]})
    rows = curve_points({"": run}, "norm")
    tail = of(rows, "training")[-6:]
    assert [(row["step"], row["faint"]) for row in tail] == [
        (18, 1.0),
        (19, 3.0),
        (20, 9.0),
        (21, 27.0),
        (22, None),
        (23, None),
    ]
    assert [(row["step"], row["words"]) for row in of(rows, "mark")] == [(24, "halted")]


def test_a_change_on_the_way_is_a_mark_with_its_words():
    run = [*steps(4), {"kind": "changed", "step": 3, "settings": {"lr": 0.0005, "steps": 900}}]
    for what in MEASURES:
        marks = of(curve_points({"": run}, what), "mark")
        assert [(row["step"], row["words"]) for row in marks] == [(3, "lr 0.0005, steps 900")]


def test_a_running_mean_follows_at_first_is_calm_later_and_never_changes_its_past():
    random = np.random.default_rng(0)
    noisy = list(2.0 + random.normal(0, 0.3, 2000))
    means = running_mean(noisy)
    assert means[0] == noisy[0]
    assert np.std(means[1500:]) < 0.1 * np.std(noisy[1500:])
    assert running_mean(noisy[:700]) == means[:700]
    falling = [10.0 * 0.7**k for k in range(15)]
    followed = running_mean(falling, log=True)
    assert all(value < mean < 2.5 * value for value, mean in zip(falling[1:], followed[1:], strict=True))
    assert running_mean([4.0, None, 4.0]) == [4.0, None, 4.0]


def test_a_mean_on_a_logarithmic_axis_is_that_of_the_logarithms():
    assert running_mean([1.0, 100.0], log=True)[1] == pytest.approx(
        math.exp(math.log(100) / (1 + 1 / 20)), rel=1e-9
    )


@pytest.mark.parametrize("count", [0, 1, 2, 398, 399, 400, 401, 799, 4000, 12345])
def test_curves_are_thinned_evenly_and_keep_their_ends_and_the_best(count):
    rows = [{"step": step, "best": step == count // 3} for step in range(count)]
    kept = [row["step"] for row in thinned(rows)]
    assert len(kept) <= MOST_POINTS
    if count:
        assert (kept[0], kept[-1]) == (0, count - 1)
        assert count // 3 in kept
        assert len(kept) >= min(count, 199)
        gaps = np.diff([step for step in kept if step not in (count // 3, count - 1)])
        assert len(set(gaps)) <= 2  # the stride, and twice it where the best is a point of the stride


def test_a_point_that_is_drawn_stays_where_it_is_as_more_come():
    rows = [{"step": step} for step in range(3000)]
    for count in (500, 1000, 2000):
        before = {row["step"] for row in thinned(rows[:count])} - {count - 1}
        after = {row["step"] for row in thinned(rows[: count + 37])}
        assert before <= after


def strings(value):
    if isinstance(value, dict):
        yield from itertools.chain.from_iterable(strings(each) for each in value.values())
    elif isinstance(value, list):
        yield from itertools.chain.from_iterable(strings(each) for each in value)
    elif isinstance(value, str):
        yield value


@every("name", theme.THEMES)
@pytest.mark.parametrize("what", MEASURES)
@every("count", [0, 1, 3, 8])
def test_only_the_numbers_change_while_it_learns(what, name, count):
    """A chart whose frame stays is updated in place, one whose frame changes is thrown away."""
    fields = {"norm_before": float, "norm_after": float, "lr": float, "tokens_per_s": float}
    runs = {
        f"run {k}": [*steps(9, metric=lambda s: 1 / s, **fields), *looks(1, 0.5)] for k in range(count or 1)
    }
    told = runs if count else runs["run 0"]
    now = views.curves.spec(told, what, until=100, clip=1.0, theme=name)
    began = {run: events[:2] for run, events in runs.items()} if count else runs["run 0"][:2]
    then = views.curves.spec(began, what, until=100, clip=1.0, theme=name)
    assert now.pop("data") != then.pop("data")
    assert now == then
    assert now["background"] == theme.palette(name)["paper"]


@pytest.mark.parametrize("what", MEASURES)
@every(
    "run",
    [
        [],
        [{"kind": "step", "step": 0, "loss": None}, {"kind": "step", "step": 1, "loss": 1e9}],
        [
            {"kind": "evaluated", "step": 0, "held_out": None},
            {"kind": "evaluated", "step": 1, "held_out": math.nan},
        ],
        [{"kind": "finished", "step": 4}, {"kind": "halted", "step": 1}, {"kind": "changed", "step": 1}],
    ],
)
def test_an_empty_or_an_exploded_run_is_drawn(what, run):
    spec = views.curves.spec(run, what)
    json.dumps(spec, allow_nan=False)


@pytest.mark.parametrize("what", mostly_slow(MEASURES, "loss"))
def test_a_chart_is_an_altair_chart_of_the_same_spec(what):
    run = [*steps(2, metric=lambda step: 1 / step), *looks(1)]
    chart = views.curves(run, what, clip=1.0).to_dict()
    assert len(chart["layer"]) == len(views.curves.spec(run, what)["layer"])
    assert next(iter(chart["datasets"].values())) == curve_points({"": run}, what, clip=1.0)


@every("what", MEASURES)
def test_before_anything_is_told_the_axes_stand_without_numbers(what):
    def axes(run):
        spec = views.curves.spec(run, what, until=8)
        return spec["encoding"]["x"], spec["layer"][2]["encoding"]["y"]

    told = [{"kind": "step", "step": 3, MEASURES[what].strong: 0.5, "loss": 0.5}]
    (across, up), (_, later) = axes([]), axes(told)
    assert (across["scale"]["domainMin"], across["scale"]["domainMax"]) == (0, 8)
    assert (up["scale"]["domain"], up["axis"]["labels"]) == ([0.1, 1], False)
    assert not {"domain", "labels"} & {*later["scale"], *later["axis"]}


def test_axes_are_those_of_the_measure():
    def y(what):
        return views.curves.spec([], what)["layer"][2]["encoding"]["y"]

    assert {what for what in MEASURES if y(what)["scale"].get("type") == "log"} == {
        "perplexity",
        "error",
        "norm",
    }
    assert y("accuracy")["scale"]["domainMax"] == 1
    assert "%" in y("accuracy")["axis"]["format"]
    assert y("loss")["scale"]["zero"]
    assert views.curves.spec([], "loss", until=400)["encoding"]["x"]["scale"]["domainMax"] == 400


def test_several_runs_have_a_colour_each_by_their_place():
    names = [f"run {k}" for k in range(8)]
    spec = views.curves.spec({name: steps(2) for name in names}, "perplexity", theme="dark")
    scale = spec["encoding"]["color"]["scale"]
    assert scale["domain"] == names
    assert scale["range"][:6] == list(vega.RUNS["dark"])
    assert scale["range"][6:] == list(vega.RUNS["dark"][:2])
    assert {row["series"] for row in spec["data"]["values"]} == set(names)
    one = views.curves.spec(steps(2), "perplexity")
    assert {row["series"] for row in one["data"]["values"]} == {"training"}


def test_a_runs_name_is_data_and_never_a_part_of_an_expression():
    nasty = "'</script><b>'+alert(1)+'"
    spec = views.curves.spec({nasty: [*steps(2), *looks(1)], "b": steps(2)}, "perplexity")
    assert not [text for layer in spec["layer"] for text in strings(layer) if "alert" in text]


def test_an_unknown_curve_is_answered_with_the_known_ones():
    with pytest.raises(
        ValueError, match=re.escape("perplexity, accuracy, error, loss, norm, lr, tokens_per_s")
    ):
        views.curves([], "beauty")


@pytest.mark.parametrize("name", theme.THEMES)
def test_the_colours_of_runs_can_be_told_apart_by_everybody(name):
    paper = theme.palette(name)["paper"]
    assert min(theme.contrast(colour, paper) for colour in vega.RUNS[name]) >= 3
    for seen in [np.eye(3), *map(np.array, BLINDNESS.values())]:
        places = [lab(seen @ linear(colour)) for colour in vega.RUNS[name]]
        assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(places, 2)) > 20
