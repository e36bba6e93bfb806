"""Outliers: what lies far out is cut off on demand, marked where it stands, counted, and never silently."""

import math
import re
import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import Recording, batch, started
from rich.style import Style

from lintui.events import Level, Record
from lintui.known import Key
from lintui.series import Series
from lintui.state import RunState
from tuiapp.chart import Chart
from tuiapp.charts import draw
from tuiapp.outliers import beyond, reach
from tuiapp.palette import Palette
from tuiapp.plans import LOSS
from tuiapp.prepare import prepare
from tuiapp.scale import SCALES
from tuiapp.sight import Sight
from tuiapp.watched import Watched

finite = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = Palette(style=lambda _: Style())
KINDS = pytest.mark.parametrize("kind", SCALES)


def cut(values: list[float], kind: str = "linear") -> list[float]:
    """What remains of the values."""
    ends = reach([values], kind)
    assert ends is not None
    return [y for y in values if ends[0] <= y <= ends[1]]


@given(st.lists(finite, min_size=1, max_size=60), st.sampled_from(SCALES))
def test_most_values_always_remain_whatever_they_are(values: list[float], kind: str) -> None:
    possible = [y for y in values if y > 0 or kind != "log"]
    if possible:
        remaining = [y for y in cut(values, kind) if y in possible]
        assert 2 * len(remaining) >= len(possible)
    else:
        assert reach([values], kind) is None


@given(st.lists(st.floats(-100, 100), min_size=8, max_size=200))
def test_on_a_linear_axis_what_goes_lies_beyond_tukeys_outer_fences(values: list[float]) -> None:
    # The quartiles of another's making, which lie between neighbours of ours.
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    ordered = sorted(values)
    quarter = len(values) // 4
    near = [*ordered[quarter - 1 : quarter + 2], *ordered[-quarter - 2 : -quarter + 1 or None]]
    slack = 8 * max(b - a for a in near for b in near) + 1e-9
    for gone in set(values) - set(cut(values)):
        assert gone < low - 3 * (high - low) + slack or gone > high + 3 * (high - low) - slack


@KINDS
def test_a_spike_goes_and_what_is_spread_evenly_stays(kind: str) -> None:
    even = [1 + i / 100 for i in range(100)]
    assert cut(even, kind) == even
    assert cut([*even, 1e9, 1e300], kind) == even


def test_on_a_log_axis_decades_are_what_is_spread_evenly() -> None:
    decades = [10.0 ** (-i / 10) for i in range(100)]
    assert cut(decades, "log") == decades
    assert cut([*decades, 1e-60], "log") == decades
    assert len(cut(decades, "linear")) < 100


def test_where_most_values_are_the_same_a_spike_goes_all_the_same() -> None:
    assert cut([0.5] * 50 + [1e9]) == [0.5] * 50


def test_a_curve_of_few_points_is_no_outlier_of_one_with_many() -> None:
    ends = reach([[1.0 + i / 1_000 for i in range(500)], [50.0, 51.0, 52.0]], "linear")
    assert ends == (1.0, 52.0)


def test_no_value_has_no_ends() -> None:
    assert reach([], "linear") is None
    assert reach([[], [-1.0, 0.0]], "log") is None


def of(values: list[float]) -> Series:
    series = Series()
    series.extend(tuple(range(1, len(values) + 1)), tuple(values))
    return series


@given(
    st.lists(st.floats(), max_size=80), st.floats(-10, 10), st.floats(0, 10), st.integers(0, 80), st.integers(0, 80)
)
def test_every_value_in_sight_beyond_the_ends_is_counted(
    values: list[float], low: float, more: float, first: int, further: int
) -> None:
    seen = [y for at, y in enumerate(values, 1) if first <= at <= first + further and math.isfinite(y)]
    above, below = sum(y > low + more for y in seen), sum(y < low for y in seen)
    said = beyond([of(values).buckets], first, first + further, (low, low + more), "linear")
    assert said == " ".join([*([f"↑{above}"] if above else []), *([f"↓{below}"] if below else [])])


def test_of_values_that_are_kept_together_it_says_that_there_may_be_more() -> None:
    series = of([1.0] * 10_000 + [5.0] * 3 + [1.0] * 10_000)
    assert beyond([series.buckets], 0, 30_000, (0.0, 2.0), "linear").endswith("+")


def chart(scale: str = "linear", **sight: object) -> Chart:
    """The loss of a run with one spike up, one down, NaN and infinity, with outliers cut off."""
    strange = {50: 1e6, 120: -1e6, 150: math.nan, 170: math.inf}
    state = RunState()
    said = [started("run", task="regression", steps=200, epochs=1)]
    for n, event in enumerate([*said, batch(1, 200, loss=lambda s: strange.get(s, 1 + s / 200))]):
        state.apply(Record(n, event))
    assert state.series[Key("batch", "loss")].total == 200
    return prepare(LOSS, state, Sight(scale=scale, axis="step", clips=True, **sight), 90)  # type: ignore[arg-type]


def test_what_is_cut_off_is_marked_at_the_edge_where_it_stands_and_the_rest_has_the_room() -> None:
    drawn = chart()
    rows = ["".join(segment.text for segment in row) for row in draw(drawn, 100, 20, PLAIN)]
    assert drawn.beyond == "↑1 ↓1"
    assert [row.count("↑") for row in rows[1:-1]] == [1] + [0] * 17
    assert [row.count("↓") for row in rows[1:-1]] == [0] * 17 + [1]
    assert rows[1].count("✗") == 2
    left = min(row.index(line) for row in rows[1:-1] for line in "│┤" if line in row) + 1
    assert (rows[1].index("↑") - left) / (100 - left) == pytest.approx(50 / 200, abs=0.02)
    assert (rows[-2].index("↓") - left) / (100 - left) == pytest.approx(120 / 200, abs=0.02)
    assert drawn.reach is not None and (drawn.reach[0], drawn.reach[1]) == (pytest.approx(1.005), pytest.approx(2.0))


def test_only_what_is_in_sight_counts() -> None:
    assert chart(span=60.0, right=100.0).beyond == "↑1"
    assert chart(span=20.0, right=100.0).beyond == ""


def test_on_a_log_axis_what_has_no_place_there_is_not_counted_as_cut_off() -> None:
    assert chart("log").beyond == "↑1"


def test_a_level_near_the_curve_stays_and_one_far_away_goes() -> None:
    state = RunState()
    levels = [Level(split="train", name="loss", value=y, label=f"at {y:g}") for y in (0.9, -1e9)]
    for n, event in enumerate([*levels, batch(1, 200, "train", loss=lambda s: 1 + s / 200)]):
        state.apply(Record(n, event))
    drawn = prepare(LOSS, state, Sight(scale="linear", axis="step", clips=True), 90)
    assert [line.y for line in drawn.lines] == [0.9]


def test_among_several_runs_one_that_diverges_leaves_the_others_their_room() -> None:
    runs = []
    for rate in (0.0, 0.01, 1.0):
        run = Watched(Recording([batch(1, 200, "train", loss=lambda s, rate=rate: 1 + s / 200 + rate * s**3)]), None)
        run.look()
        runs.append(run)
    sight = Sight(scale="linear", axis="step", clips=True)
    drawn = prepare(LOSS, runs[0].state, sight, 90, runs)
    assert drawn.reach is not None and drawn.reach[1] < 1e6
    assert re.fullmatch(r"↑1\d\d", drawn.beyond)
    smooth = prepare(LOSS, runs[0].state, replace(sight, smoothing=0.9), 90, runs)
    assert smooth.beyond and smooth.beyond != drawn.beyond


@given(st.lists(st.floats(), min_size=1, max_size=60), st.sampled_from(SCALES), st.booleans())
def test_no_value_breaks_a_chart_with_outliers_cut_off(values: list[float], scale: str, smooth: bool) -> None:
    state = RunState()
    state.apply(Record(0, batch(1, len(values), loss=lambda s: values[s - 1])))
    sight = Sight(scale=scale, axis="step", clips=True, smoothing=0.6 if smooth else 0.0)
    rows = draw(prepare(LOSS, state, sight, 50), 60, 12, PLAIN)
    assert [sum(len(segment.text) for segment in row) for row in rows] == [60] * 12
