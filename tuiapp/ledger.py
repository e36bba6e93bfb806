"""Every step as a bookkeeper writes it down: before, gradient, learning rate, after, and whether it adds up.

From the looks at the parameters alone, without a screen. Only entries have rows: of a parameter that is
shown by the root mean square of its entries, nothing can be checked.
"""

import csv
import ctypes
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from lintui.known import Look
from lintui.state import RunState

EXACT, ROUNDED, OTHER, UNKNOWN = "=", "≈", "≠", "–"
"""Whether after = before − lr·gradient: bit for bit, up to rounding, not at all, or nobody can say."""
_ROUNDINGS = 4
"""Units in the last place that rounding in another order may cost."""


class Entry(NamedTuple):
    """One entry of the parameters in one step."""

    at: int
    name: str
    before: float | None
    gradient: float | None
    lr: float | None
    after: float | None

    @property
    def update(self) -> float | None:
        """Learning rate times gradient, rounded as single precision does."""
        if self.lr is None or self.gradient is None:
            return None
        return single(single(self.lr) * self.gradient)

    @property
    def holds(self) -> str:
        """EXACT, ROUNDED, OTHER or UNKNOWN."""
        update = self.update
        if update is None or self.before is None or self.after is None:
            return UNKNOWN
        expected = single(self.before - update)
        if expected == self.after or (expected != expected and self.after != self.after):
            return EXACT
        off = abs(expected - self.after)
        return ROUNDED if off <= _ROUNDINGS * _unit(max(abs(self.before), abs(update), abs(self.after))) else OTHER


def single(x: float) -> float:
    """The nearest number in single precision.

    A sum, difference or product of two such numbers, computed in double precision and rounded so, is what
    single precision gives (Figueroa 1995, "When is double rounding innocuous?").
    """
    return ctypes.c_float(x).value


def _unit(x: float) -> float:
    """The distance from a number of this size to the next in single precision."""
    return 2.0 ** (math.frexp(x)[1] - 24) if 0 < x < math.inf else 0.0


def has_ledger(state: RunState) -> bool:
    """Whether there is a row for any step."""
    look = state.look
    return look is not None and bool(look.before) and state.watching is not None and not all(state.watching.whole)


def newest(state: RunState, count: int) -> Iterator[Look]:
    """The last so many looks, oldest first."""
    return islice(state.looks, max(len(state.looks) - count, 0), None)


def entries(looks: Iterable[Look], names: Sequence[str], whole: Sequence[bool]) -> Iterator[Entry]:
    """The rows of some looks, in the order of steps."""
    for look in looks:
        columns = zip(names, whole, look.before, look.gradient, look.value, strict=False)
        for name, is_whole, before, gradient, after in columns:
            if not is_whole:
                yield Entry(look.at, name, before, gradient, look.lr, after)


def table(rows: Iterable[Entry]) -> str:
    """The rows as comma-separated values, every number with all its digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("step", "parameter", "before", "gradient", "lr", "lr*gradient", "after", "holds"))
    for row in rows:
        numbers = ("" if x is None else repr(x) for x in (row.before, row.gradient, row.lr, row.update, row.after))
        writer.writerow((row.at, row.name, *numbers, _WORDS[row.holds]))
    return text.getvalue()


_WORDS = {EXACT: "exactly", ROUNDED: "up to rounding", OTHER: "no", UNKNOWN: ""}
