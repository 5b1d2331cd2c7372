"""Samples that are pictures: pixels, inks, and a file that others can read."""

import base64
import struct
import zlib

import numpy as np
import pytest

from rnnviz.views import theme
from rnnviz.views.markup import picture
from tests.views.test_samples import digits, shown


def pixels_of(address):
    """The bytes of a PNG of ours, and its table of colours."""
    png = base64.b64decode(address.partition(",")[2])
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, place = {}, 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        kind, data = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        assert struct.unpack(">I", png[place + 8 + length : place + 12 + length]) == (
            zlib.crc32(kind + data),
        )
        chunks[kind] = data
        place += 12 + length
    wide, high, depth, colours = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colours) == (8, 3)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(high, wide + 1)
    assert not rows[:, 0].any()
    return rows[:, 1:], np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(256, 3)


@pytest.mark.parametrize("side", [8, 28])
def test_digits_are_their_pictures_with_the_guess_and_the_wrong_ones_marked(side):
    sample, pixels = digits(side)
    seen = shown(sample)
    images = [element for element in seen.elements if element["name"] == "img"]
    assert [image["alt"] for image in images] == ["a 7", "a 0"]
    for image, wanted in zip(images, pixels, strict=True):
        assert np.array_equal(pixels_of(image["src"])[0], wanted)
    assert seen.texts("b") == ["7"]
    assert seen.texts("div")[1:] == [" 90 %", "✗ 1, is 0"]
    accent = theme.palette("light")["accent"]
    assert [accent in image["style"] for image in images] == [False, True]


@pytest.mark.parametrize("name", theme.THEMES)
def test_a_picture_runs_from_next_to_the_paper_to_ink(name):
    _, table = pixels_of(picture(np.zeros((2, 3)), name))
    colours = theme.palette(name)
    ends = ["#" + bytes(table[place]).hex() for place in (0, 255)]
    assert ends == [colours["zero"], colours["ink"]]


def test_a_picture_is_one_that_others_can_read():
    image = pytest.importorskip("PIL.Image")
    import io

    values = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    opened = image.open(io.BytesIO(base64.b64decode(picture(values, "light").partition(",")[2])))
    assert opened.size == (4, 3)
    assert np.array_equal(np.array(opened), values)
