"""Specifies that whatever training produces can be drawn, in exactly its cells, and as nothing that it is not."""

import math
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from strategies import words

from lintui.clean import clean_line
from lintui.events import Record, Started, Steps
from lintui.known import Key
from lintui.series import Series
from lintui.state import RunState
from tuiapp.chart import Best, Chart, Curve, Line, Mark
from tuiapp.charts import draw
from tuiapp.look import ACCENT, FAINT
from tuiapp.palette import Palette
from tuiapp.plans import first_chart, second_chart
from tuiapp.scale import SCALES, nice_end
from tuiapp.thinning import Place, clip, thin

PALETTE = Palette()
BRAILLE = {chr(code) for code in range(0x2801, 0x2900)}
INK = "#102030"
"""The colour of the curve in question."""

LARGEST = 1.7976931348623157e308
EXTREMES = [0.0, -0.0, 5e-324, 1e-320, 1e-308, 1e308, -1e308, LARGEST, -LARGEST, math.nan, math.inf, -math.inf]
anything = st.floats() | st.sampled_from(EXTREMES) | st.floats(-10, 10)
finite = anything.filter(math.isfinite)
histories = st.lists(st.lists(anything, max_size=40), max_size=3)
"""Values step by step, in segments that a cut keeps apart."""
windows = st.tuples(st.floats(0, 100), st.floats(0.01, 100))
"""Where a part of a run begins, and how long it is."""
scales = st.sampled_from(SCALES)
sizes = st.tuples(st.integers(1, 60), st.integers(1, 20))


def series(segments: Iterable[Sequence[float]]) -> Series:
    """A history with a cut after each segment, a value a step."""
    one, at = Series(), 0
    for values in segments:
        one.extend(tuple(range(at + 1, at + 1 + len(values))), tuple(values))
        one.cut()
        at += len(values)
    return one


def edges(end: float, columns: int, start: float = 0.0) -> list[float]:
    """The steps at the borders of so many columns."""
    return [start + (end - start) * i / columns for i in range(columns + 1)]


def curve(one: Series, end: float, columns: int, marker: str = "") -> Curve:
    """The history as it is drawn."""
    pieces, nonfinite = thin(one.buckets, edges(end, columns))
    return Curve("loss", INK, pieces, nonfinite, marker)


def chart(*pieces: Sequence[Place], scale: str = "linear", end: float = 10.0, marker: str = "") -> Chart:
    """A chart of one curve, from points."""
    return Chart([Curve("loss", INK, pieces, marker=marker)], end, scale)


def cells(drawn: Chart, width: int, height: int) -> list[str]:
    """The rows of the picture as text."""
    return ["".join(segment.text for segment in row) for row in draw(drawn, width, height, PALETTE)]


def inked(drawn: Chart, width: int, height: int, among: Iterable[str] = BRAILLE) -> set[tuple[int, int]]:
    """Column and row of the cells below the legend that hold one of these characters."""
    rows = cells(drawn, width, height)
    return {(x, y) for y, row in enumerate(rows) if y for x, character in enumerate(row) if character in among}


def ticks(rows: Iterable[str]) -> list[tuple[int, Decimal]]:
    """Row and number of each tick of the y axis, from the top."""
    return [(y, Decimal(row.partition("┤")[0].strip())) for y, row in enumerate(rows) if "┤" in row]


def fills_its_cells(drawn: Chart, width: int, height: int) -> None:
    rows = draw(drawn, width, height, PALETTE)
    assert len(rows) == height
    for row in rows:
        assert sum(segment.cell_length for segment in row) == width
        assert not any(unicodedata.category(character)[0] == "C" for segment in row for character in segment.text)
        assert not any(segment.control for segment in row)


# Thinning


@given(histories, st.integers(1, 60), st.integers(0, 200))
def test_thinning_keeps_at_most_two_points_a_column_and_piece_and_all_of_them_finite_and_in_order(
    history: list[list[float]], columns: int, limit: int
) -> None:
    one = series(history)
    end = nice_end(float(sum(map(len, history))), limit or None)
    pieces, nonfinite = thin(one.buckets, edges(end, columns))
    for piece in pieces:
        assert piece == sorted(piece, key=lambda place: place[0])
        assert all(math.isfinite(y) for _, y in piece)
        places = [bisect_right(edges(end, columns), x) for x, _ in piece]
        assert all(places.count(column) <= 2 for column in places)
    assert len(nonfinite) == sum(not math.isfinite(y) for values in history for y in values)


@given(histories, st.integers(1, 60))
def test_thinning_keeps_the_smallest_and_the_largest_value_where_they_stood(
    history: list[list[float]], columns: int
) -> None:
    points = {(at, y) for at, y in enumerate((y for values in history for y in values), start=1) if math.isfinite(y)}
    pieces, _ = thin(series(history).buckets, edges(200.0, columns))
    kept = {place for piece in pieces for place in piece}
    assert kept <= points
    if points:
        values = {y for _, y in points}
        assert {min(values), max(values)} <= {y for _, y in kept}
    else:
        assert not kept


@given(st.lists(anything, min_size=1, max_size=40), st.integers(1, 60))
def test_thinning_breaks_a_line_where_a_value_is_not_finite(values: list[float], columns: int) -> None:
    pieces, nonfinite = thin(series([values]).buckets, edges(40.0, columns))
    for bad in nonfinite:
        assert not any(piece[0][0] < bad < piece[-1][0] for piece in pieces)


def test_thinning_breaks_a_line_at_a_cut() -> None:
    pieces, _ = thin(series([[1.0, 2.0], [30.0, 40.0, 50.0]]).buckets, edges(10.0, 60))
    assert pieces == [[(1, 1.0), (2, 2.0)], [(3, 30.0), (4, 40.0), (5, 50.0)]]


def test_thinning_nothing_gives_nothing() -> None:
    assert thin(Series().buckets, edges(10.0, 60)) == ([], [])


@pytest.mark.parametrize("at", [1, 49_999, 77_777, 100_000])
@pytest.mark.parametrize("spike", [1e6, -1e6])
def test_a_single_spike_among_a_hundred_thousand_points_is_kept_and_drawn(at: int, spike: float) -> None:
    values = [float(i % 3) for i in range(100_000)]
    values[at - 1] = spike
    one = series([values])
    drawn = curve(one, 100_000.0, 50)
    assert (at, spike) in {place for piece in drawn.pieces for place in piece}
    marked = inked(Chart([drawn], 100_000.0, "linear"), 60, 20)
    rows = [y for _, y in marked]
    (x,) = {x for x, y in marked if y == (min(rows) if spike > 0 else max(rows))}
    (alone,) = inked(chart([(at, spike)], end=100_000.0), 60, 20)
    left = min(x for x, _ in marked)
    assert x - left == pytest.approx((at - 1) / 100_000 * (60 - left), abs=1)
    assert alone


# Drawing anything


@given(histories, sizes, scales, st.sampled_from(["", "●"]), st.integers(0, 100))
@example([[]], (60, 20), "log", "", 0)
@example([[0.0, 0.0]], (60, 20), "log", "", 0)
@example([[-1.0, -2.0]], (60, 20), "log", "", 0)
@example([[1e308, -1e308]], (60, 20), "linear", "", 0)
@example([[LARGEST, -LARGEST]], (60, 20), "linear", "", 0)
@example([[LARGEST]], (60, 20), "linear", "", 0)
@example([[1e-320]], (60, 20), "linear", "", 0)
@example([[5e-324, 0.0]], (60, 20), "linear", "", 0)
@example([[1e-320, 2e-320]], (60, 20), "log", "", 0)
@example([[1.0, math.nextafter(1.0, 2.0)]], (60, 20), "linear", "", 0)
@example([[1e15, math.nextafter(1e15, 2e15)]], (60, 20), "linear", "", 0)
@example([[1e-15, math.nextafter(1e-15, 1.0)]], (60, 20), "log", "", 0)
@example([[math.nan, math.inf, -math.inf]], (60, 20), "symlog", "●", 0)
def test_whatever_training_produces_is_drawn_in_exactly_its_cells(
    history: list[list[float]], size: tuple[int, int], scale: str, marker: str, limit: int
) -> None:
    one = series(history)
    end = nice_end(float(sum(map(len, history))), limit or None)
    width, height = size
    drawn = Chart([curve(one, end, max(width - 6, 1), marker)], end, scale)
    fills_its_cells(drawn, width, height)


@given(st.lists(finite, max_size=3), st.lists(st.floats(0, 100), max_size=3), sizes, scales)
def test_levels_and_marks_are_drawn_in_exactly_their_cells(
    levels: list[float], marks: list[float], size: tuple[int, int], scale: str
) -> None:
    lines = [Line(y, f"floor {i}", PALETTE.text) for i, y in enumerate(levels)]
    drawn = Chart([], 100.0, scale, lines, [Mark(x, f"lr ×{i}") for i, x in enumerate(marks)])
    fills_its_cells(drawn, *size)


@pytest.mark.parametrize("level", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("scale", SCALES)
def test_a_level_that_is_no_number_does_not_spoil_the_picture(level: float, scale: str) -> None:
    drawn = replace(chart([(0, 1.0), (10, 2.0)], scale=scale), lines=[Line(level, "floor", PALETTE.text)])
    fills_its_cells(drawn, 60, 20)
    assert inked(drawn, 60, 20)


@given(st.lists(words.map(clean_line), min_size=3, max_size=3), sizes)
@example(["学習率", "損失", "誤差"], (60, 20))
@example(["e\u0301", "क्षि", "🙂"], (60, 20))
def test_names_in_any_script_do_not_push_the_picture_out_of_its_cells(
    texts: list[str], size: tuple[int, int]
) -> None:
    label, level, mark = texts
    drawn = Chart(
        [Curve(label, INK, [[(0, 0.0), (10, 1.0)]])],
        10.0,
        "linear",
        [Line(0.5, level, PALETTE.text)],
        [Mark(3, mark)],
    )
    fills_its_cells(drawn, *size)


@given(st.just(0.0) | st.floats(1e-9, 1e18), st.none() | st.integers(0, 10**12), sizes)
def test_an_x_axis_of_any_length_is_drawn_in_exactly_its_cells(
    x: float, limit: int | None, size: tuple[int, int]
) -> None:
    fills_its_cells(chart([(0.0, 1.0), (x, 2.0)], end=nice_end(x, limit)), *size)


@pytest.mark.parametrize("size", [(1, 1), (17, 3), (60, 3), (5, 20)])
def test_where_there_is_no_room_the_picture_says_so_as_far_as_that_goes(size: tuple[int, int]) -> None:
    first, *rest = cells(chart([(0, 1.0), (10, 2.0)]), *size)
    assert first == "more room, please".ljust(size[0])[: size[0]]
    assert all(row.isspace() for row in rest)


# Lines


@given(st.lists(finite, min_size=1, max_size=9), st.lists(finite, min_size=1, max_size=9), scales)
def test_two_pieces_are_never_joined(before: list[float], after: list[float], scale: str) -> None:
    left = [(3 * i / len(before), y) for i, y in enumerate(before)]
    right = [(7 + 3 * i / len(after), y) for i, y in enumerate(after)]
    both = chart(left, right, scale=scale)
    rows = cells(both, 60, 20)
    assume(not rows[0].startswith("more"))
    edge = min((row.index("│") for row in rows if "│" in row), default=0)
    canvas = 60 - edge - 1
    between = range(edge + 2 + round(0.3 * canvas), edge + round(0.7 * canvas))
    assert len(between) > 10
    assert not [place for place in inked(both, 60, 20) if place[0] in between]


def test_one_piece_is_joined() -> None:
    columns = {x for x, _ in inked(chart([(0, 1.0), (10, 2.0)]), 60, 20)}
    assert columns == set(range(min(columns), 60))


def test_a_curve_that_comes_back_after_nan_leaves_a_gap_and_a_sign() -> None:
    one = series([[1.0] * 30 + [math.nan] * 40 + [1.0] * 30])
    drawn = Chart([curve(one, 100.0, 50)], 100.0, "linear")
    columns = sorted({x for x, _ in inked(drawn, 60, 20)})
    assert max(b - a for a, b in pairwise(columns)) >= 18
    rows = cells(drawn, 60, 20)
    assert "not finite 40×" in rows[0]
    assert rows[1].count("✗") >= 18


def test_a_log_scale_leaves_out_what_is_not_positive_and_says_so() -> None:
    points = [(0, 1.0), (2, 10.0), (5, 0.0), (8, 10.0), (10, 1.0)]
    drawn = chart(points, scale="log")
    assert "0 is not on log y" in cells(drawn, 60, 20)[0]
    columns = sorted({x for x, _ in inked(drawn, 60, 20)})
    assert max(b - a for a, b in pairwise(columns)) > 20
    assert "0 is" not in cells(drawn, 16, 20)[0]  # all of it, or nothing
    assert "0 is not on log y" not in cells(chart(points), 60, 20)[0]
    assert "0 is not on log y" not in cells(chart(points[:2], scale="log"), 60, 20)[0]


@given(st.lists(st.tuples(st.floats(0, 10), finite), min_size=1, max_size=8), scales)
def test_a_marker_stands_in_the_cell_in_which_the_line_has_its_point(points: list[Place], scale: str) -> None:
    dots = chart(*([point] for point in points), scale=scale)
    markers = chart(*([point] for point in points), scale=scale, marker="●")
    assert inked(markers, 60, 20, "●") == inked(dots, 60, 20)


@given(st.integers(4, 60), st.integers(4, 20), st.floats(0, 1), st.floats(0, 1))
def test_a_marker_stands_on_the_line_at_every_size(width: int, height: int, x: float, y: float) -> None:
    corners = [(0.0, 0.0), (1.0, 1.0)]
    dots = chart(*([place] for place in [*corners, (x, y)]), end=1.0)
    markers = chart(*([place] for place in [*corners, (x, y)]), end=1.0, marker="●")
    assert inked(markers, width, height, "●") == inked(dots, width, height)


def test_the_markers_of_two_curves_in_one_cell_stand_side_by_side() -> None:
    drawn = Chart(
        [Curve(name, INK, [[(5, 1.0)]], marker=marker) for name, marker in (("test", "▲"), ("train", "●"))],
        10.0,
        "linear",
    )
    ((x, y),) = inked(drawn, 60, 20, "▲")
    assert inked(drawn, 60, 20, "●") == {(x - 1, y)}


@given(st.lists(st.tuples(st.floats(0, 10), finite), max_size=8), scales)
def test_a_level_lies_where_a_point_of_that_value_lies(points: list[Place], scale: str) -> None:
    level = 0.25
    drawn = replace(chart(*([p] for p in points), scale=scale), lines=[Line(level, "", PALETTE.text)])
    rows = {y for _, y in inked(drawn, 60, 20, "┄")}
    beside = replace(chart(*([p] for p in points), [(5.0, level)], scale=scale))
    assert len(rows) <= 1
    assert rows <= {y for _, y in inked(beside, 60, 20)}


def test_a_level_and_a_mark_have_their_names_beside_them() -> None:
    drawn = Chart(
        [Curve("loss", INK, [[(0, 10.0), (1, 1.0), (10, 1.0)]])],
        10.0,
        "linear",
        [Line(2.0, "floor 2", PALETTE.text)],
        [Mark(5, "lr ×2")],
    )
    rows = cells(drawn, 60, 20)
    (level,) = {y for _, y in inked(drawn, 60, 20, "┄")}
    assert any("floor 2" in rows[y] for y in (level - 2, level - 1, level + 1))
    (mark,) = {x for x, _ in inked(drawn, 60, 20, "┊")}
    assert any(row[mark + 1 :].startswith("lr ×2") for row in rows)


def test_names_of_marks_that_stand_close_do_not_cover_each_other() -> None:
    marks = [Mark(5 + 0.2 * i, f"turn {i}") for i in range(3)]
    text = "\n".join(cells(replace(chart([(0, 1.0), (10, 1.0)]), marks=marks), 60, 20))
    assert all(f"turn {i}" in text for i in range(3))


# Axes


def place(row: int, height: int) -> Decimal:
    """The middle of a row as a share of the range of the data, which leaves 4 % of it free above and below."""
    share = 1 - (Decimal(row) - Decimal("0.5")) / (height - 2)
    return share * Decimal("1.08") - Decimal("0.04")


ranges = st.tuples(finite, finite).filter(lambda both: both[0] != both[1])


@given(ranges, st.integers(6, 24))
@example((100_000.0, 100_010.0), 20)
@example((0.0001, 0.0001000001), 20)
@example((-1e308, 1e308), 20)
@example((-LARGEST, LARGEST), 20)
@example((0.0, 5e-324), 20)
@example((1.0, math.nextafter(1.0, 2.0)), 20)
def test_labels_of_a_linear_axis_grow_strictly_and_lie_by_the_values_that_they_name(
    both: tuple[float, float], height: int
) -> None:
    low, high = sorted(both)
    rows = cells(chart([(0, low)], [(10, high)]), 60, height)
    if rows[0].startswith("more"):
        return
    found = ticks(rows)
    labels = [label for _, label in found]
    assert labels
    assert labels == sorted(set(labels), reverse=True)
    span, size = Decimal(high) - Decimal(low), Decimal(max(abs(low), abs(high)))
    if span < size * Decimal("1e-9"):  # what differs by no more than rounding may be drawn as what does not change
        return
    for row, label in found:
        # Half a cell of place, and half a unit of the third digit of the label.
        room = span * Decimal("1.1") / (height - 2) + size * Decimal("0.005")
        assert abs(label - (Decimal(low) + place(row, height) * span)) <= room


@given(st.tuples(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300)), st.integers(6, 24))
@example((1.0, 1.5), 20)
@example((1.0, 1.01), 20)
@example((1e-5, 1.0), 20)
def test_labels_of_a_log_axis_grow_strictly_and_lie_by_the_values_that_they_name(
    both: tuple[float, float], height: int
) -> None:
    low, high = sorted(both)
    assume(high > low * 1.001)
    rows = cells(chart([(0, low)], [(10, high)], scale="log"), 60, height)
    if rows[0].startswith("more"):
        return
    found = ticks(rows)
    labels = [label for _, label in found]
    assert labels
    assert labels == sorted(set(labels), reverse=True)
    bottom, span = Decimal(low).log10(), Decimal(high).log10() - Decimal(low).log10()
    for row, label in found:
        room = span * Decimal("1.1") / (height - 2) + Decimal("0.0025")
        assert abs(label.log10() - (bottom + place(row, height) * span)) <= room


@pytest.mark.parametrize(
    ("low", "high", "scale", "labels"),
    [
        (0.0, 1.0, "linear", ["1.0", "0.8", "0.6", "0.4", "0.2", "0.0"]),
        (0.0, 100.0, "linear", ["100", "80", "60", "40", "20", "0"]),
        (-1.0, 1.0, "linear", ["1.0", "0.5", "0.0", "-0.5", "-1.0"]),
        (0.42, 0.45, "linear", ["0.450", "0.445", "0.440", "0.435", "0.430", "0.425", "0.420"]),
        (0.0001, 10.0, "log", ["10", "1", "0.1", "0.01", "1e-3", "1e-4"]),
        (1.0, 1e6, "log", ["1e6", "1e5", "1e4", "1000", "100", "10", "1"]),
        (1.0, 5.0, "log", ["5", "2", "1"]),
        (1e-12, 1e12, "log", None),
    ],
)
def test_the_labels_of_known_ranges_are_round_numbers(
    low: float, high: float, scale: str, labels: list[str] | None
) -> None:
    rows = cells(chart([(0, low)], [(10, high)], scale=scale), 60, 20)
    found = [row.partition("┤")[0].strip() for row in rows if "┤" in row]
    if labels is None:
        assert 4 <= len(found) <= 9
    else:
        assert found == labels


@pytest.mark.parametrize("value", [0.0, 1.0, -3.5, 1e-320, 1e308, 123_456.0, 4.67e-5])
def test_a_curve_that_does_not_change_lies_in_the_middle_of_an_axis_that_holds_its_value(value: float) -> None:
    drawn = chart([(0, value), (10, value)])
    rows = cells(drawn, 60, 20)
    assert {y for _, y in inked(drawn, 60, 20)} <= {9, 10, 11}
    labels = [label for _, label in ticks(rows)]
    assert len(labels) >= 2
    assert labels[-1] <= Decimal(value) <= labels[0]


@given(st.just(0.0) | st.floats(1e-9, 1e15), st.none() | st.floats(1, 1e15))
def test_the_x_axis_reaches_to_what_is_there_and_not_ten_times_as_far(x: float, limit: float | None) -> None:
    end = nice_end(x, limit)
    assert end >= x
    assert end <= max(10 * x, 10)
    if limit is not None and x <= limit:
        assert end <= max(limit, 10 if x <= 0 else 0)


@pytest.mark.parametrize(
    ("x", "limit", "end"),
    [(0, None, 10), (0, 3, 3), (0, 300, 10), (1, None, 1), (11, None, 20), (187, 300, 200), (201, 300, 300)],
)
def test_the_end_of_the_x_axis_is_round_or_the_known_end(x: float, limit: float | None, end: float) -> None:
    assert nice_end(x, limit) == end


def test_the_end_of_the_x_axis_changes_rarely() -> None:
    ends = [nice_end(float(step), None) for step in range(1, 10_001)]
    assert ends == sorted(ends)
    assert len(set(ends)) == 13


def test_the_x_axis_has_its_end_and_its_name_and_whole_numbers_only() -> None:
    bottom = cells(replace(chart([(0, 1.0), (3, 2.0)], end=3.0), x_name="epoch"), 60, 20)[-1]
    assert "epoch" in bottom
    assert [int(number) for number in bottom.replace("epoch", "").split()] == [0, 1, 2, 3]


# Colours


def test_a_curve_has_its_own_colour_in_every_cell() -> None:
    rows = draw(chart([(0, 1.0), (10, 2.0)]), 60, 20, PALETTE)
    colors = {
        segment.style.color.name
        for row in rows
        for segment in row
        if set(segment.text) & BRAILLE and segment.style is not None and segment.style.color is not None
    }
    assert colors == {INK}


def test_the_legend_names_each_curve_as_far_as_there_is_room() -> None:
    curves = [Curve(name, INK, [[(0, 1.0)]], marker=marker) for name, marker in (("test", "▲"), ("train", "●"))]
    assert cells(Chart(curves, 10.0, "linear"), 60, 20)[0].rstrip() == "● train   ▲ test"
    assert cells(Chart(curves, 10.0, "linear"), 12, 20)[0].rstrip() == "● train"


def test_every_character_of_a_picture_is_one_cell_wide() -> None:
    drawn = Chart(
        [Curve("loss", INK, [[(0, 1.0), (10, 2.0)]], [5.0], "●")],
        10.0,
        "log",
        [Line(1.5, "floor", PALETTE.text)],
        [Mark(2, "lr ÷2")],
    )
    assert all(cell_len(character) == 1 for row in cells(drawn, 60, 20) for character in row)


# Symlog


def symlog(y: float, unit: float) -> float:
    """Linear close to 0, logarithmic far from it, and the same on both sides."""
    return math.copysign(math.log10(1 + abs(y) / unit), y)


@given(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), st.integers(6, 24))
@example((-100.0, 100.0), 20)
@example((0.0, 1e-6), 20)
@example((-5.0, 1e4), 20)
@example((5.0, 6.0), 20)
@example((-3.0, -3.0000001), 20)
def test_labels_of_a_symlog_axis_grow_strictly_and_lie_by_the_values_that_they_name(
    both: tuple[float, float], height: int
) -> None:
    low, high = sorted(both)
    size = max(abs(low), abs(high))
    assume(size > 1e-9 and high - low > size * 1e-3)
    rows = cells(chart([(0, low)], [(10, high)], scale="symlog"), 60, height)
    if rows[0].startswith("more"):
        return
    found = [(row, float(label)) for row, label in ticks(rows)]
    labels = [label for _, label in found]
    assert labels == sorted(set(labels), reverse=True) and labels
    smallest = min(abs(y) for y in (low, high) if y)
    unit = 10.0 ** math.floor(math.log10(max(smallest, size * 1e-4)))
    bottom, span = symlog(low, unit), symlog(high, unit) - symlog(low, unit)
    for row, label in found:
        room = span * 1.1 / (height - 2) + abs(symlog(label * 1.005, unit) - symlog(label, unit))
        assert abs(symlog(label, unit) - (bottom + float(place(row, height)) * span)) <= room


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (-100.0, 100.0, ["100", "0", "-100"]),
        (-1.0, 1000.0, ["1000", "100", "10", "0"]),
        (0.0, 1.0, ["1", "0"]),
        (5.0, 6.0, ["6.0", "5.8", "5.6", "5.4", "5.2", "5.0"]),
    ],
)
def test_the_labels_of_known_symlog_ranges_are_0_and_decades(low: float, high: float, labels: list[str]) -> None:
    rows = cells(chart([(0, low)], [(10, high)], scale="symlog"), 60, 20)
    assert [row.partition("┤")[0].strip() for row in rows if "┤" in row] == labels


def test_on_a_symlog_scale_what_is_not_positive_has_its_place_and_small_and_large_are_told_apart() -> None:
    drawn = chart([(0, -1000.0)], [(3, -10.0)], [(6, 0.0)], [(8, 10.0)], [(10, 1000.0)], scale="symlog")
    assert "not on" not in cells(drawn, 60, 20)[0]
    assert len({y for _, y in inked(drawn, 60, 20)}) == 5


# A part of the run


@given(histories, st.integers(1, 60), st.floats(0, 100), st.floats(0.5, 100))
def test_in_any_part_of_a_run_the_smallest_and_the_largest_of_its_values_are_seen(
    history: list[list[float]], columns: int, start: float, span: float
) -> None:
    pieces, nonfinite = thin(series(history).buckets, edges(start + span, columns, start))
    end = edges(start + span, columns, start)[-1]
    points = dict(enumerate((y for values in history for y in values), start=1))
    inside = {(at, y) for at, y in points.items() if start <= at <= end and math.isfinite(y)}
    seen = {place for piece in pieces for place in piece if start <= place[0] <= end}
    assert seen <= inside
    if inside:
        values = {y for _, y in inside}
        assert {min(values), max(values)} <= {y for _, y in seen}
    assert nonfinite == [at for at, y in points.items() if start <= at <= end and not math.isfinite(y)]


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=40), st.floats(0, 40), st.floats(0.5, 40))
def test_a_line_that_is_cut_at_the_borders_is_the_same_line(values: list[float], start: float, span: float) -> None:
    end = start + span
    ats = [float(at) for at in range(1, len(values) + 1)]
    (piece,), _ = thin(series([values]).buckets, edges(end, 500, start))
    line = clip(piece, start, end, "linear")
    assert all(start <= x <= end for x, _ in line)
    for x, y in line:
        assert y == pytest.approx(np.interp(x, ats, values), abs=1e-9)
    overlap = (max(start, 1.0), min(end, ats[-1]))
    if overlap[0] < overlap[1]:
        assert (line[0][0], line[-1][0]) == overlap


def test_a_line_on_log_paper_is_straight_up_to_the_border() -> None:
    (_, (x, y)) = clip([(0.0, 1.0), (10.0, 1e-4)], 0.0, 5.0, "log")
    assert (x, y) == (5.0, pytest.approx(1e-2))


@pytest.mark.parametrize("zoom", range(12))
def test_a_spike_among_a_hundred_thousand_points_is_seen_at_every_zoom(zoom: int) -> None:
    values = [float(i % 3) for i in range(100_000)]
    values[66_665] = 1e6
    half = 50_000 / 2**zoom
    start, end = max(66_666 - half, 0), min(66_666 + half, 100_000)
    pieces, _ = thin(series([values]).buckets, edges(end, 50, start))
    assert (66_666, 1e6) in {place for piece in pieces for place in piece}


@given(histories, sizes, scales, windows, st.sampled_from(["step", "epoch", "time"]))
def test_any_part_of_a_run_is_drawn_in_exactly_its_cells(
    history: list[list[float]], size: tuple[int, int], scale: str, window: Place, name: str
) -> None:
    start, span = window
    pieces, bad = thin(series(history).buckets, edges(start + span, 50, start))
    shown = [line for piece in pieces if (line := clip(piece, start, start + span, scale))]
    best = next((Best(x, y, "9.9", INK, True) for line in shown for x, y in line), None)
    one = Curve("loss", INK, shown, [x for x in bad if start <= x <= start + span], "", "0.5")
    drawn = Chart([one], start + span, scale, x_name=name, x_start=start, cursor=start + span / 3, best=best)
    fills_its_cells(drawn, *size)


def test_an_axis_that_does_not_begin_at_0_says_where_it_begins() -> None:
    drawn = replace(chart([(150, 1.0), (200, 2.0)], end=200.0), x_start=100.0)
    bottom = cells(drawn, 60, 20)[-1].replace("step", "")
    assert [int(number) for number in bottom.split()] == [100, 150, 200]
    columns = {x for x, _ in inked(drawn, 60, 20)}
    assert (min(columns), max(columns)) == (pytest.approx(32, abs=2), 59)


# Cursor and best value


def test_the_cursor_is_a_line_that_covers_no_curve_and_the_legend_says_what_is_there() -> None:
    plain = chart([(0, 1.0), (10, 2.0)])
    read = replace(plain, curves=[replace(plain.curves[0], reading="1.5")], cursor=5.0)
    assert inked(read, 60, 20) == inked(plain, 60, 20)
    assert "loss 1.5" in cells(read, 60, 20)[0]
    line = inked(read, 60, 20, "│") - inked(plain, 60, 20, "│")
    assert len({x for x, _ in line}) == 1
    assert len(line) >= 16


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(-5, 5)), min_size=2, max_size=30, unique=True), st.booleans())
def test_the_sign_of_the_best_value_covers_no_curve_and_stands_next_to_it(points: list[Place], largest: bool) -> None:
    points.sort()
    x, y = (max if largest else min)(points, key=lambda place: place[1])
    plain = chart(points)
    marked = replace(plain, best=Best(x, y, "9.99", PALETTE.text, largest))
    assert inked(marked, 60, 20) == inked(plain, 60, 20)
    signs = inked(marked, 60, 20, "▾▴")
    assert len(signs) <= 1
    column, row = cell_of(plain, x, y)
    for sign in signs:
        assert (sign[0], abs(sign[1] - row)) == (column, 1)
    if not signs or "9.99" not in "".join(cells(marked, 60, 20)[1:]):
        assert "best 9.99" in cells(marked, 60, 20)[0]


def cell_of(plain: Chart, x: float, y: float) -> tuple[int, int]:
    """The cell in which a marker at that point stands."""
    ((column, row),) = inked(
        replace(plain, curves=[*plain.curves, Curve("", INK, [[(x, y)]], marker="◎")]), 60, 20, "◎"
    )
    return column, row


def loop_of_ones_own(**splits: str) -> RunState:
    """A run that measured one metric of each of these splits."""
    state = RunState()
    state.apply(Record(0, Started(name="mine", task="", created="", pid=1, host="", config={})))
    for n, (split, name) in enumerate(splits.items(), 1):
        state.apply(Record(n, Steps(branch=0, split=split, at=(1,), t=(0.1,), values={name: (2.0,)})))
    return state


def test_of_a_loop_of_ones_own_no_curve_is_drawn_twice() -> None:
    state = loop_of_ones_own(train="loss", val="accuracy")
    first, second = (
        [row for row in plan(state).rows if row.key in state.series] for plan in (first_chart, second_chart)
    )
    assert [(row.key, row.label) for row in first] == [(Key("train", "loss"), "train")]
    assert [(row.key, row.label) for row in second] == [(Key("val", "accuracy"), "validation")]


def test_the_loss_of_the_batches_is_faint_only_behind_another() -> None:
    alone, behind = (
        first_chart(loop_of_ones_own(**of)) for of in ({"batch": "loss"}, {"batch": "loss", "train": "loss"})
    )
    ((alone_color,), (behind_color,)) = (
        [row.color for row in plan.rows if row.key == Key("batch", "loss")] for plan in (alone, behind)
    )
    assert (alone_color, behind_color) == (ACCENT, FAINT)


def test_of_a_loop_of_ones_own_the_other_metrics_are_the_second_chart() -> None:
    state = RunState()
    state.apply(Record(0, Started(name="mine", task="", created="", pid=1, host="", config={})))
    assert second_chart(state).rows == ()
    state.apply(Record(1, Steps(branch=0, split="batch", at=(1,), t=(0.1,), values={"loss": (2.0,), "norm": (3.0,)})))
    (row,) = second_chart(state).rows
    assert (row.key, row.label) == (Key("batch", "norm"), "batch norm")
    # How somebody looks at a chart stays with its plan.
    assert second_chart(state) is second_chart(state)
