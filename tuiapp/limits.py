"""What a run must not come to: conditions on its metrics, checked record by record, without stopping anything."""

import math
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lintui.clean import clean_line
from lintui.events import Record, Steps, Values

EXAMPLE = "nan,loss>5"
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_COMPARED = re.compile(r"(?:([^:<>=]+):)?([^:<>=]+)(>=|<=|>|<)([^:<>=]+)")


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a metric must not be."""

    text: str
    """As it was typed."""
    split: str
    """The split whose metric it is; empty: any."""
    metric: str
    """The metric's name; empty: any."""
    holds: Callable[[float], bool]
    """Whether a value meets the condition."""


def parse(text: str) -> tuple[Condition, ...]:
    """The conditions in a text such as "nan,test:accuracy<0.5"; raises ValueError with the way out, or empty."""
    return tuple(_condition(part.strip()) for part in text.split(",")) if text.strip() else ()


def _condition(text: str) -> Condition:
    if text == "nan":
        return Condition(text, "", "", math.isnan)
    if text == "inf":
        return Condition(text, "", "", math.isinf)
    match = _COMPARED.fullmatch(text)
    if match is None or not text.isprintable():
        raise ValueError
    split, metric, sign, bound = (part.strip() if part else "" for part in match.groups())
    try:
        limit = float(bound)
    except ValueError:
        limit = math.nan
    if not math.isfinite(limit):
        raise ValueError(f"after {metric}{sign} comes a number, such as {metric}{sign}5")
    compare = _COMPARISONS[sign]
    return Condition(text, split, metric, lambda value: compare(value, limit))


class Limits:
    """Takes the records of a run, and keeps the first of its conditions that was met."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        """Watch for these."""
        self.conditions = conditions
        self.met = ""
        """Which condition was met, by what value after which step, in a line; empty: none so far."""

    def take(self, record: Record) -> str:
        """Look at the next record; returns what `met` becomes, and nothing where there is nothing new."""
        if self.met:
            return ""
        found = [
            (at, f"{condition.text}: {split} {name} is {value:.6g} at step {at}")
            for condition in self.conditions
            for split, name, ats, column in _columns(record)
            if condition.split in ("", split) and condition.metric in ("", name)
            for at, value in _first(condition, ats, column)
        ]
        if found:
            self.met = clean_line(f"--fail-on {min(found, key=lambda pair: pair[0])[1]}")
        return self.met


def _first(condition: Condition, ats: tuple[int, ...], column: tuple[float, ...]) -> list[tuple[int, float]]:
    """The first step whose value meets the condition, or nothing."""
    return next(([(at, value)] for at, value in zip(ats, column, strict=True) if condition.holds(value)), [])


def _columns(record: Record) -> Iterator[tuple[str, str, tuple[int, ...], tuple[float, ...]]]:
    """The metrics in a record: split, name, steps and values."""
    match record.event:
        case Steps() as event:
            for name, column in event.values.items():
                yield event.split, name, event.at, column
        case Values() as event:
            for name, value in event.values.items():
                yield event.split, name, (event.at,), (value,)
