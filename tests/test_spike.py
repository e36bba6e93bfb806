"""A single spike among millions of points is seen in the drawn chart, however much of the run is in sight."""

import math

import pytest
from rich.style import Style

from lintui.known import Key
from lintui.series import Series
from lintui.state import RunState
from tuiapp.charts import draw
from tuiapp.palette import Palette
from tuiapp.plans import LOSS
from tuiapp.prepare import prepare
from tuiapp.sight import Sight

WIDTH, HEIGHT = 60, 20
BATCH = 1_000
PALETTE = Palette(style=lambda _: Style())


def long_run(steps: int, spike: int, height: float) -> RunState:
    """A run whose loss is between 0 and 1, but for one step."""
    quiet = tuple((i * 7919 % 997) / 1000 for i in range(BATCH))
    series = Series()
    for start in range(1, steps + 1, BATCH):
        values = quiet
        if start <= spike < start + BATCH:
            values = (*quiet[: spike - start], height, *quiet[spike - start + 1 :])
        series.extend(range(start, start + BATCH), values)
    return RunState(series={Key("batch", "loss"): series}, at=steps, steps=steps)


def picture(state: RunState, sight: Sight) -> list[str]:
    """The rows of the chart."""
    chart = prepare(LOSS, state, sight, WIDTH)
    return ["".join(segment.text for segment in row) for row in draw(chart, WIDTH, HEIGHT, PALETTE)]


def zooms(steps: int, spike: int) -> list[Sight]:
    """From the whole run down to two steps, the spike in sight."""
    spans = [2.0**i for i in range(1, math.ceil(math.log2(steps)))]
    return [
        Sight(scale="linear", axis="step"),
        *(Sight(scale="linear", axis="step", span=span, right=min(spike + span / 3, steps)) for span in spans),
    ]


@pytest.mark.parametrize(
    ("steps", "share"), [(10_000_000, 0.31), (10_000_000, 0.9999), (300_000, 0.0), (300_000, 0.77), (300_000, 1.0)]
)
def test_a_single_spike_is_visible_at_every_zoom(steps: int, share: float) -> None:
    spike = min(1 + int(share * steps), steps)
    state = long_run(steps, spike, 1_000.0)
    for sight in zooms(steps, spike):
        rows = picture(state, sight)
        above = [row for row in rows[: HEIGHT // 2] if any("\u2800" < sign <= "\u28ff" for sign in row)]
        assert above, "\n".join([f"span {sight.span}", *rows])


def test_beside_the_spike_nothing_reaches_up_there() -> None:
    state = long_run(300_000, 150_000, 1_000.0)
    rows = picture(state, Sight(scale="linear", axis="step"))
    columns = {x for row in rows[: HEIGHT // 2] for x, sign in enumerate(row) if "\u2800" < sign <= "\u28ff"}
    assert len(columns) <= 2


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_single_value_that_is_not_finite_is_told_at_every_zoom(bad: float) -> None:
    steps, spike = 300_000, 123_456
    state = long_run(steps, spike, bad)
    for sight in zooms(steps, spike):
        chart = prepare(LOSS, state, sight, WIDTH)
        assert [place for curve in chart.curves for place in curve.nonfinite] == [spike]
