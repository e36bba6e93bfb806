"""Rasters: a grid of numbers becomes exactly as many cells, and every pixel has the colour of its number."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color

from tuiapp.raster import GREY, IN_CHARACTERS, VIRIDIS, Cell, Shading, contrast, in_colors, in_sixteen, segments

SHADINGS = (in_colors(VIRIDIS, 20), in_colors(GREY), in_sixteen(VIRIDIS), in_sixteen(GREY), IN_CHARACTERS)
PURE = {"black": "#000000", "white": "#ffffff"}
sizes = st.tuples(st.integers(1, 12), st.integers(1, 12))


def pixels_of(cell: Cell) -> tuple[str, str]:
    """The colours that a person sees in the upper and in the lower half of a cell."""
    return {"▀": (cell.ink, cell.paper), "▄": (cell.paper, cell.ink), " ": (cell.paper, cell.paper)}[cell.character]


@given(st.sampled_from(SHADINGS), sizes, st.data())
def test_any_numbers_become_exactly_as_many_cells(
    shading: Shading, size: tuple[int, int], data: st.DataObject
) -> None:
    width, height = size
    row = st.lists(st.floats(), min_size=width, max_size=width)
    numbers = data.draw(st.lists(row, min_size=height, max_size=height))
    low, high = data.draw(st.tuples(st.floats(), st.floats()))
    cells = shading.cells([shading.shade(row, low, high) for row in numbers])
    assert [len(row) for row in cells] == [width] * math.ceil(height / shading.up)
    assert ["".join(s.text for s in segments(row)) for row in cells] == [
        "".join(c.character for c in r) for r in cells
    ]


@given(st.lists(st.lists(st.sampled_from(["", "#102030", "red"]), min_size=3, max_size=3), min_size=1, max_size=5))
def test_each_half_of_a_cell_is_a_pixel_of_its_own(pixels: list[list[str]]) -> None:
    rows = in_colors(GREY).cells(pixels)
    seen = [list(half) for row in rows for half in zip(*map(pixels_of, row), strict=True)]
    assert seen[: len(pixels)] == pixels
    assert all(shade == "" for row in seen[len(pixels) :] for shade in row)


@given(st.lists(st.floats(0, 1), min_size=1), st.sampled_from(SHADINGS))
def test_a_larger_number_never_has_an_earlier_shade(values: list[float], shading: Shading) -> None:
    shades = shading.shade(sorted(values), 0, 1)
    places = [list(shading.shades).index(shade) for shade in shades]
    assert places == sorted(places)
    assert shading.shade([-math.inf, math.inf, math.nan], 0, 1) == [shading.shades[0], shading.shades[-1], ""]


def test_the_colours_of_a_ramp_go_through_its_anchors_evenly_and_get_lighter_all_the_way() -> None:
    colors = [Color.parse(shade).get_truecolor() for shade in in_colors(VIRIDIS, 33).shades]
    anchors = [Color.parse(anchor).get_truecolor() for anchor in VIRIDIS.anchors]
    between = [np.interp(np.arange(33), np.arange(9) * 4, [anchor[i] for anchor in anchors]) for i in range(3)]
    assert np.abs(np.array(colors).T - np.array(between)).max() <= 1
    light = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in colors]
    assert light == sorted(light)


@pytest.mark.parametrize("shading", SHADINGS[:4])
def test_what_is_written_on_a_colour_differs_from_it_by_half_of_all_light_or_more(shading: Shading) -> None:
    for shade in shading.shades:
        inks = [Color.parse(color).get_truecolor() for color in (PURE[contrast(shade)], shade)]
        ink, paper = (0.299 * r + 0.587 * g + 0.114 * b for r, g, b in inks)
        assert abs(ink - paper) >= 120
