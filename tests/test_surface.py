"""Loss surfaces: what is read, at which place which level is, where the way goes, and what is kept of it."""

import csv
import io
import math
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from surfaces import (
    AXES,
    HIGH,
    IN_ASCII,
    LOW,
    PALETTE,
    TRUE,
    bowl,
    descent,
    numbers,
    said,
    scene,
    state,
    surface,
    watched,
)

from lintui.events import Applied, Declared, Values
from tuiapp import track
from tuiapp.braille import trace
from tuiapp.camera import View
from tuiapp.contour import ContourMap
from tuiapp.grid import Grid
from tuiapp.legend import draw_line
from tuiapp.palette import Palette
from tuiapp.raster import IN_CHARACTERS, VIRIDIS, Shading, in_colors, in_sixteen
from tuiapp.relief import Relief
from tuiapp.scene import IN_BRAILLE
from tuiapp.surface import LEVELS, MOST, Surface, Unreadable, read
from tuiapp.surface_svg import svg
from tuiapp.track import Goal, Track

COLORS = in_colors(VIRIDIS, LEVELS)
WAYS = [(COLORS, PALETTE), (in_sixteen(VIRIDIS), PALETTE), (IN_CHARACTERS, PALETTE), (IN_CHARACTERS, IN_ASCII)]
SVG = {"s": "http://www.w3.org/2000/svg"}
shares = st.floats(0, 1)


# What is read


@given(st.lists(shares, min_size=1, max_size=5), st.lists(shares, min_size=1, max_size=5), st.integers(0, 99))
def test_between_its_places_a_surface_is_interpolated_along_both_axes_as_numpy_does(
    xs: list[float], ys: list[float], seed: int
) -> None:
    grid = np.random.default_rng(seed).normal(size=(7, 4)).astype("<f4")
    along_y = [np.interp(np.array(ys) * 3, np.arange(4), row) for row in grid]
    expected = np.array([np.interp(np.array(xs) * 6, np.arange(7), column) for column in np.array(along_y).T]).T
    found = read(said(grid), grid.tobytes()).sampled(xs, ys)
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_beside_a_number_that_is_not_finite_nothing_is_known_and_at_a_finite_one_everything() -> None:
    grid = numbers(shape=(3, 3))
    grid[0, 0] = math.nan
    of = read(said(grid), grid.tobytes())
    assert math.isnan(of.at(0.2, 0.2))
    assert of.at(0.5, 0.5) == grid[1, 1]
    assert of.at(0.0, 1.0) == grid[0, 2]
    assert math.isnan(of.level(of.at(0, 0)))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"dtype": "float64"}, "single precision"),
        ({"shape": (4, 4, 1)}, "two axes"),
        ({"shape": (16, 1)}, "two axes"),
        ({"shape": (-4, -4)}, "two axes"),
        ({"shape": (10**9, 10**9)}, f"up to {MOST:,} are read"),
        ({"shape": (4, 5)}, "64 bytes, not 80"),
        ({"axes": ("w",)}, "where its two axes begin"),
        ({"low": ()}, "where its two axes begin"),
        ({"low": (0.0, 1.0)}, "go nowhere"),
        ({"low": (5.0, -5.0)}, "go nowhere"),
        ({"high": (math.nan, 0.0)}, "go nowhere"),
        ({"high": (math.inf, 0.0)}, "go nowhere"),
        ({"low": (-1e308, -5.0), "high": (1e308, 0.0)}, "go nowhere"),
        ({"low": (1e12, -5.0), "high": (1e12 + 1, 0.0)}, "go nowhere"),
    ],
)
def test_what_is_no_surface_says_why_in_a_line(changes: dict[str, object], why: str) -> None:
    grid = numbers(shape=(4, 4))
    with pytest.raises(Unreadable, match=why) as problem:
        read(said(grid, **changes), grid.tobytes())
    assert "\n" not in str(problem.value)


# Levels


def test_each_border_of_the_levels_is_as_many_times_as_far_above_the_smallest_as_the_one_below() -> None:
    of = surface()
    assert len(of.borders) == LEVELS + 1
    above = np.array(of.borders[1:-1]) - of.borders[0]
    assert np.allclose(above[1:] / above[:-1], above[1] / above[0])
    assert of.borders[0] == numbers().min()
    assert of.borders[-1] == pytest.approx(numbers().max())
    # In the twentieth that equal distances would leave in one level, most of them lie.
    assert sum(border < of.borders[0] + of.borders[-1] / LEVELS for border in of.borders) > LEVELS / 2


def test_a_map_its_bar_and_its_picture_have_twenty_levels_each_of_a_colour_of_its_own() -> None:
    of = surface(shape=(200, 200))
    drawn = ContourMap(of, 120, 45, COLORS, PALETTE)
    grid = drawn.draw(replace(scene(of), goal=None))
    assert len(set(area(grid, drawn).flat)) == 20
    beside = {row[drawn._left + drawn._columns + 2] for row in seen(grid)} - {""}
    assert beside == set(COLORS.shades)
    root = ET.fromstring(svg(scene(of), "", []))
    bar = [rect for rect in root.findall("s:rect", SVG) if rect.attrib.get("width") == "16"]
    assert len({rect.attrib["fill"] for rect in bar}) == len(bar) == 20


@given(st.lists(st.floats(width=32), min_size=4, max_size=4))
def test_any_numbers_have_levels_that_grow_with_them(four: list[float]) -> None:
    grid = np.array(four, dtype="<f4").reshape(2, 2)
    of = read(said(grid), grid.tobytes())
    finite = sorted(x for x in four if math.isfinite(x))
    levels = [of.level(x) for x in finite]
    assert levels == sorted(levels)
    assert all(0 <= level < LEVELS and level == int(level) for level in levels)
    heights = [of.height(x) for x in finite]
    assert heights == sorted(heights)
    assert all(0 <= height <= 1 for height in heights)
    assert list(of.borders) == sorted(of.borders)


def test_one_enormous_number_leaves_the_rest_told_apart() -> None:
    grid = numbers()
    grid[0, 0] = 1e30
    of = read(said(grid), grid.tobytes())
    places = [of.at(x, y) for x in np.linspace(0.1, 1, 9) for y in np.linspace(0, 1, 9)]
    assert len({of.level(loss) for loss in places}) > LEVELS / 2
    assert max(of.height(loss) for loss in places) > 0.4
    assert of.height(of.at(0, 0)) == 1


# The map


def seen(grid: Grid) -> list[list[str]]:
    """The colours of the pixels that a person sees: two rows for each of cells, empty where there is none."""
    rows = []
    for characters, colors in zip(grid.characters, grid.colors, strict=True):
        papers = [color.rpartition(" on ")[2] if " on " in color else "" for color in colors]
        inks = [color.partition(" on ")[0] for color in colors]
        rows.append([ink if c == "▀" else paper for c, ink, paper in zip(characters, inks, papers, strict=True)])
        rows.append([ink if c == "▄" else paper for c, ink, paper in zip(characters, inks, papers, strict=True)])
    return rows


def area(grid: Grid, of: ContourMap) -> np.ndarray:
    """The levels of the pixels of a map."""
    shades = list(COLORS.shades)
    columns = slice(of._left, of._left + of._columns)
    return np.array([[shades.index(shade) for shade in row[columns]] for row in seen(grid)[: 2 * of._rows]])


@pytest.mark.parametrize("size", [(120, 33), (80, 20), (38, 6)])
def test_each_pixel_of_the_map_has_the_level_of_the_loss_at_its_place(size: tuple[int, int]) -> None:
    of = surface(shape=(200, 200))
    drawn = ContourMap(of, *size, COLORS, PALETTE)
    levels = area(drawn.draw(replace(scene(of), goal=None)), drawn)
    x = np.linspace(LOW[0], HIGH[0], levels.shape[1])
    y = np.linspace(HIGH[1], LOW[1], levels.shape[0])
    expected = np.searchsorted(of.borders, bowl(x[None, :], y[:, None]), side="right") - 1
    # Between the places of the grid the surface is interpolated: beside a border it may be the other level.
    assert np.abs(levels - expected.clip(0, LEVELS - 1)).max() <= 1
    assert (levels == expected.clip(0, LEVELS - 1)).mean() > 0.97


def test_the_smallest_number_has_the_lowest_level_and_the_largest_the_highest() -> None:
    of = surface(lambda x, y: np.abs(x - 2) + np.abs(y + 3), shape=(6, 6))
    drawn = ContourMap(of, 80, 20, COLORS, PALETTE)
    levels = area(drawn.draw(replace(scene(of), goal=None)), drawn)
    rows, columns = levels.shape
    at = round(3 / 5 * (rows - 1)), round(2 / 5 * (columns - 1))
    assert levels[at] == levels.min()
    assert levels[0, -1] == LEVELS - 1 == levels.max()


def test_in_true_proportions_a_contour_of_a_round_bowl_is_round() -> None:
    of = surface(lambda x, y: (x - 2.5) ** 2 + (y + 2.5) ** 2)
    drawn = ContourMap(of, 120, 33, COLORS, PALETTE)
    inside = np.argwhere(area(drawn.draw(replace(scene(of), goal=None)), drawn) <= 12)
    high, wide = np.ptp(inside, axis=0)
    assert abs(high - wide) <= 2


@given(st.floats(0, 5), st.floats(-5, 0), st.sampled_from([(120, 33), (80, 20), (38, 6)]))
def test_the_present_place_is_where_its_share_of_the_axes_is(x: float, y: float, size: tuple[int, int]) -> None:
    of = surface(shape=(5, 5))
    drawn = ContourMap(of, *size, COLORS, PALETTE)
    grid = drawn.draw(replace(scene(of, [(x, y)]), goal=None))
    rows = range(drawn._rows)
    found = [(i - drawn._left, j) for j in rows for i, c in enumerate(grid.characters[j]) if c == "●" and i < 70]
    ((column, row),) = [(i, j) for i, j in found if 0 <= i < drawn._columns]
    assert abs(column - x / 5 * (drawn._columns - 1)) <= 0.5 + 1e-9
    pixel = -y / 5 * (2 * drawn._rows - 1)
    assert 2 * row - 0.5 - 1e-9 <= pixel <= 2 * row + 1.5 + 1e-9


def test_the_way_is_where_its_points_are_and_in_between() -> None:
    of = surface()
    drawn = ContourMap(of, 120, 33, COLORS, PALETTE)
    way = scene(of, descent())
    grid = drawn.draw(way)
    braille = {(i, j) for j in range(drawn._rows) for i, c in enumerate(grid.characters[j]) if "⠀" < c <= "⣿"}
    cells = {(drawn._left + int(i), int(j)) for i, j in (drawn._cell(way.shares(place)) for place in descent())}
    signs = {(i, j) for j in range(drawn._rows) for i, c in enumerate(grid.characters[j][:70]) if c in "○●◆"}
    assert cells <= braille | signs
    # A straight way: nothing of it lies further than a cell from the line.
    (x0, y0), (x1, y1) = (drawn._cell(way.shares(place)) for place in ((0, 0), TRUE))
    for i, j in braille:
        beside = (x1 - x0) * (j + 0.5 - y0) - (y1 - y0) * (i - drawn._left + 0.5 - x0)
        assert abs(beside) / math.hypot(x1 - x0, y1 - y0) < 1.5


def test_a_way_that_grows_looks_as_if_it_had_always_been_there() -> None:
    of, places = surface(), [(2 + 2 * math.sin(i), -2 + 2 * math.cos(1.7 * i)) for i in range(60)]
    growing = ContourMap(of, 80, 20, COLORS, PALETTE)
    for count in (1, 2, 17, 18, 60):
        once = ContourMap(of, 80, 20, COLORS, PALETTE).draw(scene(of, places[:count]))
        assert growing.draw(scene(of, places[:count])).characters == once.characters


anything = st.floats() | st.sampled_from([0.0, 5.0, -5.0, 1e308, -1e308, 1e-320])
directions = st.tuples(st.integers(0, 359), st.integers(10, 80))


@given(
    six=st.lists(st.floats(width=32), min_size=6, max_size=6),
    places=st.lists(st.tuples(anything, anything), max_size=5),
    step=st.none() | st.tuples(anything, anything),
    size=st.tuples(st.integers(1, 130), st.integers(1, 40)),
    how=st.sampled_from(WAYS),
    sides=directions,
)
def test_any_surface_and_any_way_fill_exactly_the_cells_there_are(
    six: list[float],
    places: list[tuple[float, float]],
    step: tuple[float, float] | None,
    *,
    size: tuple[int, int],
    how: tuple[Shading, Palette],
    sides: tuple[int, int],
) -> None:
    grid = np.array(six, dtype="<f4").reshape(3, 2)
    of = scene(read(said(grid), grid.tobytes()), places, step)
    shading, palette = how
    flat = ContourMap(of.surface, *size, shading, palette).draw(of)
    relief = Relief(of.surface, *size, shading, palette).draw(of, View(*sides))
    for picture in (flat, relief):
        rows = picture.rows(Style.parse)
        assert [sum(len(s.text) for s in row) for row in rows] == [size[0]] * size[1]
    svg(of, "a surface", ["said"])


# Lines of dots


@given(st.lists(st.tuples(st.floats(-50, 90), st.floats(-50, 60)), min_size=1, max_size=6))
def test_a_way_is_without_holes_inside_and_nowhere_else(points: list[tuple[float, float]]) -> None:
    dots = {*trace(points, 40, 24)}
    assert all(0 <= x < 40 and 0 <= y < 24 for x, y in dots)
    for (x0, y0), (x1, y1) in pairwise(points):
        for t in np.linspace(0, 1, 200):
            x, y = x0 + (x1 - x0) * t, y0 + (y1 - y0) * t
            if 0.01 < x < 39.99 and 0.01 < y < 23.99:
                assert any(abs(int(x) - i) <= 1 and abs(int(y) - j) <= 1 for i, j in dots)


# In relief


def test_from_above_the_relief_is_the_map_turned() -> None:
    of = surface()
    drawn = Relief(of, 50, 40, COLORS, PALETTE)  # too narrow for a bar of the same colours

    def lowest(azimuth: int) -> np.ndarray:
        pixels = seen(drawn.draw(replace(scene(of), goal=None), View(azimuth, 80)))
        return np.argwhere(np.array(pixels) == COLORS.shades[0]).mean(axis=0)

    # The minimum lies at 0.4 and 0.32 of the axes: left of the middle and in front; from behind the other way round.
    front, back = lowest(0), lowest(180)
    assert front[1] < 25 < back[1]
    assert front[0] > back[0]


@pytest.mark.parametrize("azimuth", range(0, 360, 45))
@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_in_relief_the_way_goes_straight_from_its_start_to_its_end_from_every_side(
    azimuth: int, slope: float
) -> None:
    of = surface(lambda x, y: slope * x + 0 * y)
    way = replace(scene(of, [(0.5, -4.5), (1.0, -4.0), (3.0, -2.0)]), goal=None)
    drawn = Relief(of, 60, 36, COLORS, PALETTE)
    grid = drawn.draw(way, View(azimuth, 60))
    on_it = [
        (character, (x, 2 * y))
        for y, row in enumerate(zip(grid.characters, grid.colors, strict=True))
        for x, (character, color) in enumerate(zip(*row, strict=True))
        if " on " in color
    ]
    (start,), (end,) = ([np.array(place) for c, place in on_it if c == sign] for sign in "○●")
    cells = np.array([place for c, place in on_it if "⠀" < c <= "⣿"]) - start
    length = math.hypot(*(end - start))
    across, up = (end - start) / length
    along = cells @ (across, up)
    assert abs(cells @ (up, -across)).max() < 2
    assert np.diff(sorted([0, *along, length])).max() < 4, "without a hole"
    assert along.min() > -1 and along.max() < length + 1


def test_all_the_way_around_it_is_the_same_view_and_never_from_below_or_straight_above() -> None:
    view = View()
    for _ in range(36):
        view = view.turned(10, 0)
    assert view == View()
    assert 0 < view.turned(0, -1000).elevation < view.turned(0, 1000).elevation < 90


def test_behind_a_ridge_the_way_is_hidden_and_in_front_of_it_not() -> None:
    of = surface(lambda x, y: 10 * np.exp(-((y + 2.5) ** 2) * 8) + 0 * x)
    way = [(2.5, y) for y in np.linspace(-5, 0, 60)]

    def dots(view: View) -> int:
        grid = Relief(of, 100, 36, COLORS, PALETTE).draw(replace(scene(of, way), goal=None), view)
        cells = zip(chain(*grid.characters), chain(*grid.colors), strict=True)
        return sum("⠀" < character <= "⣿" and " on " in color for character, color in cells)

    assert 0 < dots(View(0, 15)) < 0.75 * dots(View(0, 80))


# The way


def test_the_way_is_made_of_the_weights_before_the_first_step_and_after_each() -> None:
    places = descent()
    way = Track(AXES)
    way.follow(state(watched(places)))
    assert [place.at for place in way.places] == list(range(41))
    assert np.allclose([place[1:] for place in way.places], places)


def test_looks_are_taken_once_however_often_somebody_looks() -> None:
    places, known = descent(), state(watched(descent()))
    way = Track(AXES)
    way.follow(known)
    way.follow(known)
    assert len(way.places) == len(places)


def test_along_directions_the_way_is_that_of_the_positions() -> None:
    names = ("direction 1", "direction 2")
    events = [
        Values(branch=0, split="position", at=at, t=0.0, values={names[0]: at / 2, names[1]: -float(at)})
        for at in range(5)
    ]
    way = Track(names)
    way.follow(state(events))
    assert [tuple(place) for place in way.places] == [(at, at / 2, -float(at)) for at in range(5)]
    assert track.next_step(state(events), SVG) is None


@given(st.floats(1e-6, 10), st.floats(-100, 100), st.floats(-100, 100))
def test_the_next_step_is_minus_learning_rate_times_the_slope_at_the_newest_place(
    lr: float, x: float, y: float
) -> None:
    rate = Declared(knob="lr", label="learning rate", shape="number", value=lr)
    slope = Values(branch=0, split="slope", at=3, t=0.0, values=dict(zip(AXES, (x, y), strict=True)))
    assert track.next_step(state([rate, slope]), AXES) == (-lr * x, -lr * y)
    later = Values(branch=0, split="train", at=4, t=0.0, values={"loss": 1.0})
    assert track.next_step(state([rate, slope, later]), AXES) is None, "the slope there was not measured"


def test_it_leads_where_gradient_descent_goes_next() -> None:
    places = descent()
    for steps in (1, 2, 20):
        step = track.next_step(state(watched(places[: steps + 1])), AXES)
        assert step == pytest.approx(places[steps + 1] - places[steps])


def test_after_the_learning_rate_was_doubled_the_next_step_is_twice_as_long() -> None:
    events = watched(descent())
    rate = Declared(knob="lr", label="learning rate", shape="number", value=0.05)
    turned = Applied(id="1", by="me", branch=0, at=40, t=0.0, knob="lr", old=0.05, new=0.1)
    before, after = (track.next_step(state(known), AXES) for known in ([*events, rate], [*events, rate, turned]))
    assert before is not None
    assert after == (2 * before[0], 2 * before[1])


def test_the_arrow_of_the_next_step_reaches_from_the_present_place_as_far_as_the_step_is_long() -> None:
    of = surface()
    drawn = ContourMap(of, 120, 33, COLORS, PALETTE)
    drawn_over = drawn.draw(scene(of, [(1.0, -1.0)], (2.0, 0.0)))
    row = drawn_over.characters[int(drawn._cell(of_shares(of, (1.0, -1.0)))[1])]
    left, right = row.index("●"), row.index("→")
    assert abs((right - left) - 2 / 5 * (drawn._columns - 1)) <= 1
    assert all(c in "●→" or "⠀" < c <= "⣿" for c in row[left : right + 1])


@given(st.floats(0.8, 4.2), st.floats(-4.2, -0.8), st.floats(0, 2 * math.pi))
def test_the_arrow_points_where_the_step_goes(x: float, y: float, angle: float) -> None:
    of = surface()
    drawn = ContourMap(of, 120, 33, COLORS, PALETTE)
    step = 0.8 * math.cos(angle), 0.8 * math.sin(angle)
    grid = drawn.draw(replace(scene(of, [(x, y)], step), goal=None))
    heads = [
        (column - drawn._left, row)
        for row, characters in enumerate(grid.characters[: drawn._rows])
        for column, character in enumerate(characters[: drawn._left + drawn._columns])
        if character in "→↗↑↖←↙↓↘"
    ]
    (head,) = heads
    wanted = drawn._cell(of_shares(of, (x + step[0], y + step[1])))
    assert head == (int(wanted[0]), int(wanted[1]))
    sign = grid.characters[head[1]][head[0] + drawn._left]
    assert sign in ("→↗↑↖←↙↓↘" * 2)[round(angle / (math.pi / 4)) % 8 + 7 : round(angle / (math.pi / 4)) % 8 + 10]


@pytest.mark.parametrize("far", [1e300, -1e308])
def test_a_place_beyond_all_measure_and_a_step_back_onto_the_map_leave_the_map_as_it_is(far: float) -> None:
    of = surface()
    drawn = ContourMap(of, 120, 33, COLORS, PALETTE).draw(scene(of, [(far, 0.0)], (-far, 0.0)))
    assert any("outside" in "".join(row) for row in drawn.characters)


def of_shares(of: Surface, place: tuple[float, float]) -> tuple[float, float]:
    return scene(of).shares(place)


def test_of_a_run_that_has_diverged_the_legend_says_so() -> None:
    of = surface()
    way = scene(of, [(0, 0), (1e20, -1e20), (math.nan, math.inf)])
    legend = [text for _, text in way.legend(IN_BRAILLE, too_short=False)]
    assert "step 2: not finite" in legend
    outside = scene(of, [(0, 0), (1e20, -1e20)])
    assert any("outside" in text and "1e20" in text for _, text in outside.legend(IN_BRAILLE, too_short=False))


PICTURES = [ContourMap(surface(), *size, COLORS, PALETTE) for size in [(118, 30), (100, 20), (78, 16)]] + [
    Relief(surface(), *size, COLORS, PALETTE) for size in [(118, 30), (100, 14)]
]


@pytest.mark.parametrize("picture", PICTURES, ids=["map", "smaller map", "map at 80", "relief", "smaller relief"])
def test_the_legend_is_whole_and_says_of_a_step_that_cannot_be_seen_that_it_is_too_short(
    picture: ContourMap | Relief,
) -> None:
    assert picture.is_beside
    for step, words in (((0.0001234, 0.0), "1.23e-4 long, too short to be seen"), ((1.25, 0.0), "1.25 long")):
        way = scene(surface(), [(4.0, -1.0), (1.0, -1.0)], step)
        grid = picture.draw(way) if isinstance(picture, ContourMap) else picture.draw(way, View())
        rows = ["".join(row) for row in grid.characters]
        first = next(y for y, row in enumerate(rows) if "◆ true value" in row)
        seen = " ".join(row[rows[first].index("◆ true value") :] for row in rows[first:])
        assert " ".join(seen.split()) == f"◆ true value → −lr·mean gradient, {words}"


def test_the_signs_in_the_legend_have_the_colour_of_words_for_on_the_map_they_are_black_or_white() -> None:
    way = scene(surface(), [(4.0, -1.0), (1.0, -1.0)], (1.25, 0.0))
    for size in ((118, 30), (44, 16)):
        grid = ContourMap(surface(), *size, COLORS, PALETTE).draw(way)
        looks = {
            (sign, color)
            for row, colors in zip(grid.characters, grid.colors, strict=True)
            for sign, color in zip(row, colors, strict=True)
            if sign in "○●◆" and " on " not in color
        }
        assert looks == {(sign, PALETTE.text) for sign in "○●◆"}


def test_in_a_line_a_legend_that_is_cut_shows_it() -> None:
    grid = Grid(78, 2)
    draw_line(grid, 1, scene(surface(), [(4.0, -1.0)], (1e-9, 0.0)).legend(IN_BRAILLE, too_short=True), PALETTE)
    line = "".join(grid.characters[1])
    assert "◆ true value" in line
    assert "→ −lr·mean gradient, 1e-9 long, too" in line
    assert line.rstrip().endswith("…")


# What is kept


def test_what_is_kept_of_the_way_has_every_digit_and_the_losses_that_were_measured() -> None:
    places = descent()
    known = state(watched(places))
    way = Track(AXES)
    way.follow(known)
    rows = list(csv.DictReader(io.StringIO(track.table(way, known))))
    assert [int(row["step"]) for row in rows] == list(range(41))
    assert [(float(row["w[0]"]), float(row["w[1]"])) for row in rows] == [tuple(map(float, p)) for p in places]
    assert [float(row["loss"]) for row in rows] == [float(bowl(*place)) for place in places]


def test_it_is_summed_up_by_its_ends_the_true_place_the_losses_and_the_steps() -> None:
    known = state(watched(descent()))
    way = Track(AXES)
    way.follow(known)
    assert track.summary(way, known) == [
        "w[0] 0 → 1.97 (true 2)",
        "w[1] 0 → -3.35 (true -3.4)",
        "loss 15.6 → 0.0034",
        "40 steps",
    ]
    assert track.summary(Track(AXES), known) == ["no step was seen yet"]


def test_the_picture_that_is_kept_has_each_place_where_its_shares_of_the_map_are() -> None:
    root = ET.fromstring(svg(scene(surface(), descent()), "a < b & c", ["first", "last"]))
    place = placed(root)
    *_, line = root.findall("s:polyline", SVG)
    drawn = np.array([pair.split(",") for pair in line.attrib["points"].split()], dtype=float)
    for weights, at in ((descent()[0], drawn[0]), (descent()[-1], drawn[-1])):
        assert tuple(at) == pytest.approx(place(*weights), abs=0.06)
    assert "a < b & c" in [text.text for text in root.findall("s:text", SVG)]
    colors = {rect.attrib["fill"] for rect in root.findall(".//s:g/s:rect", SVG)}
    assert colors == set(COLORS.shades)


def test_the_marks_of_the_picture_lie_where_they_are_called_to_lie() -> None:
    of = scene(surface(), [(0.5, -0.5), (4.0, -1.0), (1.5, -4.5)])
    root = ET.fromstring(svg(of, "", []))
    place = placed(root)
    circles = [
        {name: circle.attrib[name] for name in ("cx", "cy", "fill")} for circle in root.findall("s:circle", SVG)
    ]
    wanted = {"start": (0.5, -0.5), Goal("true", *TRUE).title: TRUE, "end": (1.5, -4.5)}
    assert len(circles) == 2 * len(wanted)
    for name, there in wanted.items():
        (called,) = [text for text in root.findall("s:text", SVG) if text.text == name]
        (sign,) = [
            circle
            for circle in circles
            if 0 < float(called.attrib["x"]) - float(circle["cx"]) < 20
            and abs(float(called.attrib["y"]) - float(circle["cy"])) < 8
        ]
        (mark,) = [circle for circle in circles if circle["fill"] == sign["fill"] and circle is not sign]
        assert (float(mark["cx"]), float(mark["cy"])) == pytest.approx(place(*there), abs=0.06), name


def test_the_next_step_in_the_picture_begins_at_the_present_place() -> None:
    of = scene(surface(), [(0.5, -0.5), (1.5, -4.5)], (1.0, 2.0))
    assert of.ahead is not None
    root = ET.fromstring(svg(of, "", []))
    place = placed(root)
    (line,) = root.findall("s:line", SVG)
    ends = [tuple(float(line.attrib[name]) for name in names) for names in (("x1", "y1"), ("x2", "y2"))]
    assert ends == [pytest.approx(place(1.5, -4.5), abs=0.06), pytest.approx(place(*of.ahead), abs=0.06)]


def placed(root: ET.Element) -> Callable[[float, float], tuple[float, float]]:
    """Where in a picture its map has a place."""
    (frame,) = root.findall(".//s:clipPath/s:rect", SVG)
    x, y, wide, high = (float(frame.attrib[name]) for name in ("x", "y", "width", "height"))
    return lambda u, v: (x + (u - LOW[0]) / (HIGH[0] - LOW[0]) * wide, y + (HIGH[1] - v) / (HIGH[1] - LOW[1]) * high)
