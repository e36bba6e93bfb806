"""The table of charts: which curves belong into which chart, and how it is looked at first."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from lintui.state import Key, RunState
from tuiapp.comparison import LOOKS
from tuiapp.look import ACCENT, FAINT, LEVEL, SECOND
from tuiapp.sight import Sight
from tuiapp.watched import Watched


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
        "accuracy and loss",
        (
            Row(Key("train", "loss"), "train loss", LEVEL),
            Row(Key("test", "accuracy"), "test", SECOND, "▲"),
            Row(Key("train", "accuracy"), "train", ACCENT, "●"),
        ),
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
    Plan(
        "typical error, in units of the target",
        (Row(Key("train", "typical error"), "of all data", ACCENT, sign="●"),),
        Sight(scale="log", axis="step"),
    ),
)


def side_by_side(watched: Sequence[Watched]) -> tuple[tuple[Row, RunState], ...]:
    """The curves of several runs in one chart, the loss over all the data of each, with the states they are of."""
    looks = zip(watched, LOOKS * len(watched), strict=False)
    return tuple((Row(Key("train", "loss"), w.label, color, sign=sign), w.state) for w, (color, sign) in looks)[::-1]


_TASKS = {"classification": SECONDS[0], "regression": SECONDS[1]}
_OTHERS = 4
"""Other metrics that one chart shows."""


def second_chart(state: RunState) -> Plan:
    """The chart beside the loss: one that this run has values for, or will have, or else of what else it measures."""
    of_the_loss = {row.key for row in LOSS.rows}
    for plan in SECONDS:
        if any(row.key in state.series for row in plan.rows if row.key not in of_the_loss):
            return plan
    task = state.started.task if state.started is not None else ""
    if task in _TASKS:
        return _TASKS[task]
    return _others(tuple(islice((key for key in state.series if key not in of_the_loss), _OTHERS)))


@lru_cache(maxsize=16)
def _others(keys: tuple[Key, ...]) -> Plan:
    """The first of the other metrics. The same plan for the same keys: how it is looked at stays with it."""
    rows = tuple(
        Row(key, f"{key.split} {key.name}", color, sign=sign) for key, (color, sign) in zip(keys, LOOKS, strict=False)
    )
    return Plan("other metrics" if rows else "no other metric yet", rows[::-1], Sight(scale="linear", axis="step"))
