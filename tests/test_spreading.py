"""Pictures of how numbers were spread: every cell is there whatever the numbers are, and each is where it belongs."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from lintui.events import MAX_BINS, Histogram
from lintui.histograms import is_sound
from tuiapp.grid import Grid
from tuiapp.palette import Palette
from tuiapp.raster import GREY, IN_CHARACTERS, Shading, in_colors, in_sixteen
from tuiapp.spreading import BANDS, HEAT, Spreading, draw

PALETTE = Palette(style=lambda _: Style.null())
ONE = Histogram(branch=0, name="w", of="weights", at=0, t=0.0, low=-1.0, high=1.0, counts=(1.0, 2.0, 3.0, 4.0))

sound = st.builds(
    Histogram,
    branch=st.just(0),
    name=st.just("w"),
    of=st.just("weights"),
    at=st.integers(0, 2**61),
    t=st.just(0.0),
    low=st.floats(),
    high=st.floats(),
    counts=st.lists(st.floats(0, 1e300), max_size=MAX_BINS).map(tuple),
    nonfinite=st.integers(0, 3),
).filter(is_sound)
histories = st.lists(sound, min_size=1, max_size=12, unique_by=lambda h: h.at).map(
    lambda some: sorted(some, key=lambda h: h.at)
)


def picture(
    histograms: Sequence[Histogram],
    view: str,
    size: tuple[int, int] = (60, 20),
    end: float = 100.0,
    shading: Shading = IN_CHARACTERS,
) -> Grid:
    return draw(Spreading(histograms, end, view), *size, shading, PALETTE)


def canvas(grid: Grid) -> list[str]:
    """What is drawn right of the axis, row by row from the top."""
    rows = ["".join(row) for row in grid.characters]
    left = rows[1].index("│" if "│" in rows[1] else "┤") + 1
    return [row[left:] for row in rows[1:-1]]


@given(
    histories,
    st.sampled_from([BANDS, HEAT]),
    st.tuples(st.integers(1, 120), st.integers(1, 36)),
    st.sampled_from([IN_CHARACTERS, in_colors(GREY), in_colors(GREY, 5), in_sixteen(GREY)]),
    st.floats(0, 1e6),
)
def test_whatever_was_recorded_the_picture_has_exactly_its_cells(
    histograms: list[Histogram], view: str, size: tuple[int, int], shading: Shading, beyond: float
) -> None:
    end = max(histograms[-1].at + beyond, 1)
    rows = picture(histograms, view, size, end, shading).rows(PALETTE.style)
    assert [sum(segment.cell_length for segment in row) for row in rows] == [size[0]] * size[1]


@pytest.mark.parametrize("view", [BANDS, HEAT])
def test_it_begins_with_the_first_histogram_and_ends_with_the_newest(view: str) -> None:
    for row in canvas(picture([replace(ONE, at=20), replace(ONE, at=60)], view)):
        assert row[: int(0.2 * len(row)) - 1].isspace()
        assert row[int(0.6 * len(row)) + 2 :].isspace()
        assert not row[int(0.2 * len(row)) + 2 : int(0.6 * len(row)) - 1].count(" ")


@pytest.mark.parametrize("view", [BANDS, HEAT])
def test_a_single_histogram_is_a_column(view: str) -> None:
    rows = canvas(picture([replace(ONE, at=50)], view))
    columns = ["".join(column).strip() for column in zip(*rows, strict=True)]
    assert [len(column) for column in columns if column] == [len(rows)]


def test_bands_lie_within_each_other_and_the_median_goes_through_without_a_gap() -> None:
    grown = [replace(ONE, at=at, low=-1.0, high=1 + at / 10) for at in range(0, 101, 10)]
    rows = canvas(picture(grown, BANDS))
    order = " :=#@"
    for column in zip(*rows, strict=True):
        levels = [order.index(character) for character in column]
        peak = levels.index(4)
        assert levels[: peak + 1] == sorted(levels[: peak + 1])
        rest = levels[peak:]
        assert rest == sorted(rest, reverse=True)
    medians = [[y for y, row in enumerate(rows) if row[x] == "@"] for x in range(len(rows[0]))]
    for one, other in itertools.pairwise(medians):
        assert min(abs(a - b) for a in one for b in other) <= 1


def test_a_median_that_leaps_is_joined_by_a_line() -> None:
    low, high = replace(ONE, at=50, counts=(9.0, 0.0, 0.0, 1.0)), replace(ONE, at=51, counts=(1.0, 0.0, 0.0, 9.0))
    rows = canvas(picture([replace(low, at=0), low, high, replace(high, at=100)], BANDS))
    rows_of_medians = {y for y, row in enumerate(rows) if "@" in row}
    assert rows_of_medians == set(range(min(rows_of_medians), max(rows_of_medians) + 1))
    assert len(rows_of_medians) > len(rows) / 2


def test_where_most_numbers_lie_the_heat_map_is_darkest_and_where_none_do_it_is_blank() -> None:
    rows = canvas(picture([replace(ONE, counts=(0.0, 1.0, 8.0, 0.0)), replace(ONE, at=100)], HEAT))
    column = [row[0] for row in rows]
    quarters = [set(column[round(i * len(rows) / 4) + 1 : round((i + 1) * len(rows) / 4) - 1]) for i in range(4)]
    assert quarters[0] == quarters[3] == {" "}
    assert quarters[1] == {"@"}
    assert len(quarters[2]) == 1
    assert " .:-=+*#%@".index(*quarters[2]) in range(2, 6)


@pytest.mark.parametrize("view", [BANDS, HEAT])
def test_where_numbers_were_not_finite_there_is_a_sign_and_nothing_is_made_up(view: str) -> None:
    gone = replace(ONE, at=50, counts=(), low=0.0, high=0.0, nonfinite=9)
    rows = canvas(picture([ONE, gone, replace(ONE, at=80)], view))
    at = rows[0].index("×")
    assert at == pytest.approx(0.5 * len(rows[0]), abs=1)
    assert all(row[at + 1 : int(0.8 * len(row)) - 1].isspace() for row in rows)
    assert picture([gone], view).rows(PALETTE.style)[0][0].text.startswith("no number of it is finite")


def test_beside_a_wide_picture_stands_the_newest_as_bars_on_the_same_axis() -> None:
    rows = ["".join(row) for row in picture([ONE], HEAT, (100, 20)).characters]
    assert "step 0" in rows[0]
    bars = [row[-25:].count("█") for row in rows[1:-1]]
    assert bars == sorted(bars, reverse=True)
    assert bars[0] >= 22
    assert "step" not in "".join(picture([ONE], HEAT, (80, 20)).characters[0])


def test_values_stand_at_the_side_and_steps_below() -> None:
    rows = ["".join(row) for row in picture([ONE, replace(ONE, at=100)], HEAT).characters]
    assert [row.split("┤")[0].strip() for row in rows if "┤" in row] == ["1.0", "0.5", "0.0", "-0.5", "-1.0"]
    assert "step" in rows[-1]
    assert rows[-1].rstrip().endswith("100")
