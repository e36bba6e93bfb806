"""The table of charts: which curves belong into which chart, and how it is looked at first."""

from dataclasses import dataclass

from lintui.state import Key, RunState
from tuiapp.look import ACCENT, FAINT, SECOND
from tuiapp.sight import Sight


@dataclass(frozen=True, slots=True)
class Row:
    """One curve that a chart shows if the run has it."""

    key: Key
    label: str
    color: str
    marker: str = ""
    """A character for each point."""
    sign: str = ""
    """A character that tells the curve from the others where colour can't."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One row of the table of charts."""

    title: str
    rows: tuple[Row, ...]
    """Drawn in this order, so that the one that matters most comes last and lies on top."""
    sight: Sight
    """How the chart is looked at first."""
    levels: bool = False
    largest: bool = False
    """Whether the best value is the largest one."""


LOSS = Plan(
    "loss",
    (
        Row(Key("batch", "loss"), "each batch", FAINT),
        Row(Key("train", "mse"), "yardstick: mse", SECOND, sign="▲"),
        Row(Key("train", "loss"), "all data", ACCENT, sign="●"),
    ),
    Sight(scale="log", axis="step"),
    levels=True,
)
SECONDS = (
    Plan(
        "accuracy",
        (Row(Key("test", "accuracy"), "test", SECOND, "▲"), Row(Key("train", "accuracy"), "train", ACCENT, "●")),
        Sight(scale="linear", axis="epoch"),
        largest=True,
    ),
    Plan(
        "estimation error",
        (
            Row(Key("train", "error of b"), "of b", SECOND, sign="▲"),
            Row(Key("train", "error of w"), "largest of w", ACCENT, sign="●"),
        ),
        Sight(scale="log", axis="step"),
    ),
)


def second_chart(state: RunState) -> Plan:
    """The chart beside the loss that this run has values for."""
    for plan in SECONDS:
        if any(row.key in state.series for row in plan.rows):
            return plan
    return SECONDS[state.started is not None and state.started.task == "regression"]
