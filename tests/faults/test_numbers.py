"""Whatever numbers training produces: they come through the run, its log and its state, and can be drawn."""

import math
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style
from strategies import read_log, same

from lintui import rundir
from lintui.events import Steps, Values
from lintui.known import Key
from lintui.mailbox import Mailbox
from lintui.run import Run
from lintui.state import RunState
from tuiapp.charts import draw
from tuiapp.figures import three
from tuiapp.palette import Palette
from tuiapp.plans import LOSS
from tuiapp.prepare import prepare
from tuiapp.scale import SCALES

PALETTE = Palette(style=lambda _: Style())
"""Of no colour: only numbers matter here."""

LARGEST, SMALLEST = sys.float_info.max, sys.float_info.min
EXTREMES = [
    0.0,
    -0.0,
    5e-324,
    SMALLEST / 2,
    SMALLEST,
    1e-308,
    1e308,
    -1e308,
    LARGEST,
    -LARGEST,
    1.0,
    math.inf,
    -math.inf,
]
numbers = st.floats() | st.sampled_from([*EXTREMES, math.nan])
histories = st.lists(numbers, min_size=1, max_size=60) | st.tuples(numbers, st.integers(1, 60)).map(
    lambda pair: [pair[0]] * pair[1]
)
sizes = st.tuples(st.integers(1, 80), st.integers(1, 24))


def kept(values: list[float]) -> tuple[int, int, int, int]:
    """How many are finite, NaN, and infinite upwards and downwards."""
    finite, nan = sum(map(math.isfinite, values)), sum(map(math.isnan, values))
    return finite, nan, values.count(math.inf), values.count(-math.inf)


@pytest.mark.parametrize("examples", [100, pytest.param(5_000, marks=pytest.mark.long)])
def test_every_number_comes_through_the_log_as_it_was_and_is_drawn(
    examples: int, figure: Callable[[str], None]
) -> None:
    drawn = 0

    @settings(max_examples=examples, database=None)
    @given(histories, histories, sizes)
    def come_through(losses: list[float], measured: list[float], size: tuple[int, int]) -> None:
        nonlocal drawn
        mailbox = Mailbox()
        run = Run("numbers", rundir.create("numbers"), mailbox=mailbox)
        for loss in losses:
            run.step({"loss": loss})
        run.level("train", "loss", measured[0], "floor")
        for i, value in enumerate(measured, start=1):
            run.log({"loss": value, "mse": -value})
            run.epoch(i, train={"accuracy": value})
        run.finish(summary={"loss": losses[-1]})
        records, problems = read_log(run.directory.log)
        assert problems == []
        # Live and from the log they are the same to the last bit, NaN and both infinities included.
        assert same(records, mailbox.drain())
        columns = [
            event.values["loss"] for _, event in records if isinstance(event, Steps) and event.split == "batch"
        ]
        assert same([value for column in columns for value in column], losses)
        accuracies = [event.values["accuracy"] for _, event in records if isinstance(event, Values)]
        assert same(accuracies, measured)
        state = RunState()
        for record in records:
            state.apply(record)
        series = state.series[Key("batch", "loss")]
        told = [(b.count, b.nan, b.above, b.below) for b in series.buckets]
        assert tuple(map(sum, zip(*told, strict=True))) == kept(losses)
        assert series.latest is not None
        assert same(series.latest.value, losses[-1])
        width, height = size
        for scale in SCALES:
            chart = prepare(LOSS, state, replace(LOSS.sight, scale=scale), max(width - 6, 1))
            rows = draw(chart, width, height, PALETTE)
            assert [sum(segment.cell_length for segment in row) for row in rows] == [width] * height
            drawn += 1

    come_through()
    figure(f"{examples} histories of any numbers: {drawn} charts drawn, 0 errors")


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("value", [*EXTREMES, math.nan], ids=repr)
def test_a_chart_of_one_number_alone_can_be_drawn(value: float, log: bool) -> None:
    state = RunState()
    run = Run("one", rundir.create("one"))
    for _ in range(5):
        run.step({"loss": value})
    run.finish()
    for record in read_log(run.directory.log)[0]:
        state.apply(record)
    rows = draw(prepare(LOSS, state, replace(LOSS.sight, scale="log" if log else "linear"), 74), 80, 24, PALETTE)
    text = "\n".join("".join(segment.text for segment in row) for row in rows)
    assert ("✗" in text) == (not math.isfinite(value))
    assert ("0 is not on log y" in text) == (log and math.isfinite(value) and value <= 0)


def test_nan_and_both_infinities_have_names_of_their_own_on_the_screen() -> None:
    assert [three(value) for value in (math.nan, math.inf, -math.inf)] == ["NaN", "inf", "-inf"]
