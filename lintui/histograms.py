"""How the numbers of each name were spread over a run, in bounded memory; without knowing how it is drawn.

Of one name as many histograms are kept as a picture can show, evenly over the run: where there are too many,
every second one is given up, and from then on only every second is kept. The newest always is.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from lintui.events import MAX_BINS, Histogram

MAX_NAMES = 1_000
MAX_OF_ONE = 128
"""Histograms of one name."""
MAX_OF_ALL = 6_000
"""Histograms of all names together, about 400,000 numbers: of many names, fewer are kept of each."""


class Spread(NamedTuple):
    """What names a history: what the numbers are of, and whether they are weights or gradients."""

    name: str
    of: str


@dataclass(slots=True)
class History:
    """Histograms of one name, each at a later step than the one before."""

    even: list[Histogram] = field(default_factory=list)
    """Every so many of those that came, from the first on."""
    every: int = 1
    since: int = 0
    """How many came after the last of them."""
    newest: Histogram | None = None
    """The newest, where it is not one of them."""

    def __len__(self) -> int:
        """How many are kept."""
        return len(self.even) + (self.newest is not None)

    def all(self) -> list[Histogram]:
        """Those that are kept, oldest first."""
        return self.even if self.newest is None else [*self.even, self.newest]

    def take(self, histogram: Histogram) -> None:
        """Add the next one; what came at its step or after it belongs to a past that was given up."""
        self.cut(histogram.at - 1)
        self.since += 1
        if self.even and self.since < self.every:
            self.newest = histogram
            return
        self.even.append(histogram)
        self.since, self.newest = 0, None
        if len(self.even) > MAX_OF_ONE:
            self.thin()

    def thin(self) -> None:
        """Give up every second one, of at least one; never the newest."""
        newest = self.all()[-1]
        if len(self.even) % 2 == 0:
            self.since += self.every
        self.even, self.every = self.even[::2], 2 * self.every
        self.newest = newest if newest is not self.even[-1] else None

    def cut(self, at: int) -> None:
        """Give up what came after step `at`."""
        if self.newest is not None and self.newest.at > at:
            self.newest = None
        while self.even and self.even[-1].at > at:
            self.even.pop()
            self.since = self.every - 1  # the next one takes its place


@dataclass(slots=True)
class Histograms:
    """The histories of all names."""

    by: dict[Spread, History] = field(default_factory=dict)
    """In the order in which they were first heard of."""
    kept: int = 0
    """Histograms that are kept of all of them."""

    def take(self, histogram: Histogram) -> None:
        """Keep a sound one, unless there are too many names already."""
        key = Spread(histogram.name, histogram.of)
        if key not in self.by and len(self.by) >= MAX_NAMES:
            return
        history = self.by.setdefault(key, History())
        before = len(history)
        history.take(histogram)
        self.kept += len(history) - before
        while self.kept > MAX_OF_ALL:
            longest = max(self.by.values(), key=len)
            before = len(longest)
            longest.thin()
            self.kept += len(longest) - before

    def cut(self, at: int) -> None:
        """Give up what came after step `at`, for the run has gone back to it."""
        for history in self.by.values():
            history.cut(at)
        self.by = {key: history for key, history in self.by.items() if len(history)}
        self.kept = sum(map(len, self.by.values()))

    def of(self, key: Spread) -> list[Histogram]:
        """What is kept of one name, oldest first."""
        return self.by[key].all() if key in self.by else []


def is_sound(histogram: Histogram) -> bool:
    """Whether its counts and edges make sense: a log may be a stranger's."""
    low, high, counts = histogram.low, histogram.high, histogram.counts
    return (
        histogram.at >= 0
        and histogram.nonfinite >= 0
        and len(counts) <= MAX_BINS
        and min(counts, default=0.0) >= 0.0
        and math.isfinite(sum(counts))  # neither NaN nor infinite is any of them
        and low <= high
        and math.isfinite(high - low)
        and math.isfinite(low)
        and sum(counts) + histogram.nonfinite > 0
    )
