"""Keeps an even random sample of rows that come one after the other, however many they are, without torch."""

import math
import random
from array import array
from collections.abc import Sequence


class Reservoir:
    """All rows as long as there is room; then of all that came, each is kept with the same probability.

    Algorithm L of Li 1994, "Reservoir-sampling algorithms of time complexity O(n(1 + log(N/n)))", which draws
    how many rows to pass over instead of drawing for each.
    """

    def __init__(self, columns: int, *, room: int, seed: int) -> None:
        """Keep at most `room` rows (from 1) of so many columns; the sample is a function of `seed`."""
        self.columns = [array("d") for _ in range(columns)]
        """What is kept, in double precision; the rows of a sample stand in no particular order."""
        self.room = room
        self.seen = 0
        """Rows that came."""
        self._random = random.Random(seed)
        self._log_share = 0.0
        self._next = room - 1
        """The row, from 0, that takes the place of another."""
        self._pass_over()

    def add(self, block: Sequence[Sequence[float]]) -> None:
        """Take rows in, given as a sequence of numbers for each column."""
        came = len(block[0])
        fits = max(min(self.room - self.seen, came), 0)
        for kept, numbers in zip(self.columns, block, strict=True):
            kept.extend(numbers[:fits])
        while self._next < self.seen + came:
            place = self._random.randrange(self.room)
            for kept, numbers in zip(self.columns, block, strict=True):
                kept[place] = numbers[self._next - self.seen]
            self._pass_over()
        self.seen += came

    def _pass_over(self) -> None:
        # The paper's W, as its logarithm: beside a large room it is too close to 1 for a float.
        self._log_share -= self._random.expovariate(1.0) / self.room
        self._next += 1 + math.floor(self._random.expovariate(1.0) / -math.log(-math.expm1(self._log_share)))
