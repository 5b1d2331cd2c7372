"""Colours that can be read, by everybody, by day and by night."""

import itertools

import numpy as np
import pytest

from rnnviz.views import theme

ROLES = ("diverging", "sequential", "surprise")
PLACES = np.linspace(0, 1, 201)
# What eyes without one kind of cone see (Machado, Oliveira, Fernandes 2009, severity 1), on linear RGB.
BLINDNESS = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour):
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB of linear sRGB, D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(
        rgb, 0, 1
    )
    f = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz / [0.9505, 1.0, 1.089]]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize(("role", "name"), list(itertools.product(ROLES, theme.THEMES)))
def test_letters_can_be_read_on_every_colour(role, name):
    fills = [theme.colour_at(role, name, place) for place in PLACES]
    assert min(theme.contrast(fill, theme.ink_on(fill, name)) for fill in fills) >= 4.5


@pytest.mark.parametrize("name", theme.THEMES)
def test_words_can_be_read_on_the_paper(name):
    colours = theme.palette(name)
    for role in ("ink", "faint", "accent"):
        assert theme.contrast(colours[role], colours["paper"]) >= 4.5


def test_one_ink_always_reaches_the_contrast():
    greys = [f"#{v:02x}{v:02x}{v:02x}" for v in range(256)]
    for grey, name in itertools.product(greys, theme.THEMES):
        assert theme.contrast(grey, theme.ink_on(grey, name)) >= 4.5


@pytest.mark.parametrize(("role", "name"), list(itertools.product(ROLES, theme.THEMES)))
def test_more_is_always_farther_from_the_paper(role, name):
    """Lightness runs one way along each arm, so that the scale survives a grey print."""
    light = np.array([theme.luminance(theme.colour_at(role, name, place)) for place in PLACES])
    away = light if name == "dark" else -light
    middle = len(PLACES) // 2 if role == "diverging" else 0
    assert (np.diff(away[middle:]) >= -1e-3).all()
    if role == "diverging":
        assert (np.diff(away[: middle + 1]) <= 1e-3).all()


@pytest.mark.parametrize("name", theme.THEMES)
def test_the_middle_of_the_diverging_scale_is_next_to_the_paper(name):
    colours = theme.palette(name)
    assert theme.colour_at("diverging", name, 0.5) == colours["zero"]
    assert np.linalg.norm(lab(linear(colours["zero"])) - lab(linear(colours["paper"]))) < 8


@pytest.mark.parametrize(("name", "blind"), list(itertools.product(theme.THEMES, BLINDNESS)))
def test_both_signs_look_different_to_colour_blind_eyes(name, blind):
    matrix = np.array(BLINDNESS[blind])
    for size in (0.5, 0.75, 1.0):
        pair = [
            matrix @ linear(theme.colour_at("diverging", name, 0.5 + sign * size / 2)) for sign in (-1, 1)
        ]
        assert np.linalg.norm(lab(pair[0]) - lab(pair[1])) > 20


@pytest.mark.parametrize("name", theme.THEMES)
def test_equal_sizes_of_both_signs_are_about_equally_light(name):
    for size in (0.25, 0.5, 1.0):
        a, b = (lab(linear(theme.colour_at("diverging", name, 0.5 + sign * size / 2)))[0] for sign in (-1, 1))
        assert abs(a - b) < 10


def test_an_unknown_theme_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="light, dark"):
        theme.palette("sepia")


@pytest.mark.parametrize(
    ("kind", "domain", "values", "expected"),
    [
        ("gate", (0.0, 1.0), [0.2], ("sequential", 0, 1)),
        ("state", (-1.0, 1.0), [0.2], ("diverging", -1, 1)),
        ("state", (-3.0, 5.0), [0.2], ("diverging", -5, 5)),
        ("preactivation", None, [1.0, -7.0], ("diverging", -7, 7)),
        ("preactivation", None, [np.nan, np.inf, 2.0], ("diverging", -2, 2)),
        ("preactivation", None, [0.0, 0.0], ("diverging", -1, 1)),
        ("state", None, [], ("diverging", -1, 1)),
        ("probability", None, [0.2], ("sequential", 0, 1)),
        ("loss", None, [np.nan, 4.0], ("surprise", 0, 4)),
    ],
)
def test_the_scale_follows_from_what_a_quantity_is(kind, domain, values, expected):
    assert tuple(theme.scale_of(kind, domain, np.array(values, dtype=float)))[:3] == expected


def test_colours_do_not_move_with_the_numbers():
    scales = {theme.scale_of("state", (-5.0, 5.0), np.array(values)) for values in ([0.1], [4.0, -4.0])}
    assert len(scales) == 1


def test_a_state_that_reaches_far_has_a_bent_scale_and_others_an_even_one():
    bent = {
        (kind, reach): theme.scale_of(kind, (-reach, reach), np.zeros(1)).bent
        for kind in ("state", "preactivation", "candidate")
        for reach in (1.0, 30.0)
    }
    assert [case for case, is_bent in bent.items() if is_bent] == [("state", 30.0)]


@pytest.mark.parametrize("reach", [4.0, 30.0, 333.3])
def test_a_bent_scale_is_even_near_zero_and_goes_by_ratio_far_off(reach):
    scale = theme.Scale("diverging", -reach, reach, bent=True)
    places = np.linspace(0, 1, 401)
    values = np.array([scale.value_at(place) for place in places])
    assert (values[0], values[200], values[-1]) == (-reach, 0, reach)
    assert np.allclose(values, -values[::-1])
    assert np.allclose(np.arcsinh(values), (2 * places - 1) * np.arcsinh(reach))


@pytest.mark.parametrize("bent", [False, True])
def test_the_stops_of_a_scale_run_from_exactly_0_to_exactly_1(bent):
    for reach in (0.7, 21.3097, 945.123):
        stops = [stop for stop, _ in theme.colorscale(theme.Scale("diverging", -reach, reach, bent), "dark")]
        assert (stops[0], stops[-1]) == (0, 1)
        assert stops == sorted(stops)
