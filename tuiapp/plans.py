"""The table of charts: which curves belong into which chart, and how it is looked at first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from lintui.known import Key
from lintui.state import RunState
from tuiapp.look import ACCENT, FAINT, LEVEL, LOOKS, SECOND
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
    compares: Key | None = None
    """The metric by which several runs are compared; None: that of the last row."""

    @property
    def compared(self) -> Key:
        """The metric of which several runs show a curve each; there is at least one row."""
        return self.compares or self.rows[-1].key


LOSS = Plan(
    "loss",
    (
        Row(Key("batch", "loss"), "each batch", FAINT),
        Row(Key("train", "mse"), "yardstick: mse", SECOND, sign="▲"),
        Row(Key("eval", "loss"), "evaluation", SECOND, sign="▲"),
        Row(Key("val", "loss"), "validation", SECOND, sign="▲"),
        Row(Key("train", "loss"), "all data", ACCENT, sign="●"),
    ),
    Sight(scale="log", axis="step"),
    levels=True,
)
"""That of our own experiments, which measure the loss on all data after each epoch."""
_TRAIN = replace(LOSS, rows=(*LOSS.rows[:-1], replace(LOSS.rows[-1], label="train")))
"""That of anybody else's run, of which nobody knows what its training loss was measured on."""
_BATCHES = replace(
    LOSS, rows=(*LOSS.rows[1:-1], Row(Key("batch", "loss"), "each batch", ACCENT, sign="●")), compares=LOSS.compared
)
"""That of a run in which only the batches' loss was measured: it is no background then."""
SECONDS = (
    Plan(
        "accuracy and loss",
        (
            Row(Key("train", "loss"), "train loss", LEVEL),
            Row(Key("test", "accuracy"), "test", SECOND, "▲"),
            Row(Key("eval", "accuracy"), "evaluation", SECOND, "▲"),
            Row(Key("val", "accuracy"), "validation", SECOND, "▲"),
            Row(Key("train", "accuracy"), "train", ACCENT, "●"),
        ),
        Sight(scale="linear", axis="epoch"),
        largest=True,
        compares=Key("test", "accuracy"),
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
_ACCURACY = replace(SECONDS[0], title="accuracy", rows=SECONDS[0].rows[1:])
"""Without the loss that stands in the first chart already."""


def side_by_side(plan: Plan, watched: Sequence[Watched]) -> tuple[tuple[Row, RunState], ...]:
    """The curves of several runs in one chart, one metric of each, with the states they are of, the first on top.

    A run's place among them gives it its colour and sign, whatever is filtered or in focus.
    """
    if not plan.rows:
        return ()
    looks = zip(watched, LOOKS * len(watched), strict=False)
    return tuple((Row(plan.compared, w.label, color, sign=sign), w.state) for w, (color, sign) in looks)[::-1]


NO_OTHER = Plan("no other metric", (), Sight(scale="linear", axis="step"))
PLACES = frozenset({"true", "minimum", "position", "slope"})
"""Splits that say where something is on a picture."""
_TASKS = {"classification": SECONDS[0], "regression": SECONDS[1]}
_OTHERS = 4
"""Other metrics that one chart shows."""


def first_chart(state: RunState) -> Plan:
    """The chart of the loss; of a run that has none of those we know, of the losses it has, or else of anything."""
    task = state.started.task if state.started is not None else ""
    if task or not state.series:
        return LOSS
    if any(row.key in state.series for row in LOSS.rows):
        return _TRAIN if LOSS.compared in state.series else _BATCHES
    losses = _some("loss", (key for key in state.series if "loss" in key.name))
    return losses if losses.rows else _some("metrics", state.series)


def second_chart(state: RunState) -> Plan:
    """The chart beside the loss: one that this run has values for, or will have, or else of what else it measures."""
    shown = {row.key for row in (*LOSS.rows, *first_chart(state).rows)}
    task = state.started.task if state.started is not None else ""
    for plan in SECONDS if task else (_ACCURACY, *SECONDS[1:]):
        if any(row.key in state.series for row in plan.rows if row.key not in shown):
            return plan
    if task in _TASKS:
        return _TASKS[task]
    others = _some("other metrics", (key for key in state.series if key not in shown))
    return others if others.rows else NO_OTHER


def _some(title: str, keys: Iterable[Key]) -> Plan:
    """A chart of the first of these metrics."""
    return _of(title, tuple(islice((key for key in keys if key.split not in PLACES), _OTHERS)))


@lru_cache(maxsize=16)
def _of(title: str, keys: tuple[Key, ...]) -> Plan:
    """The same plan for the same keys: how it is looked at stays with it."""
    rows = tuple(
        Row(key, f"{key.split} {key.name}", color, sign=sign) for key, (color, sign) in zip(keys, LOOKS, strict=False)
    )
    return Plan(title, rows[::-1], Sight(scale="linear", axis="step"))
