"""From values to places on an axis, linear or logarithmic, and the round numbers at it; without drawing."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tuiapp.figures import three

_SMALLEST = 1e-300
"""The narrowest range that is divided by round numbers."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to shares of the height, 0 at the bottom."""

    low: float
    high: float
    unit: float
    """Values are divided by it first, so that even a span from -1e308 to 1e308 does not overflow."""
    log: bool

    @classmethod
    def fitting(cls, values: Sequence[float], *, log: bool) -> "Scale":
        """All of these values, with a little room; on a log scale, those above 0."""
        if log:
            values = [math.log10(y) for y in values if y > 0]
        if not values:
            return cls(0.0, 1.0, 1.0, log)
        unit = max(abs(min(values)), abs(max(values))) or 1.0
        low, high = min(values) / unit, max(values) / unit
        room = (high - low) * 0.04
        if room == 0:
            room = 0.5 if log else 0.1
            room = room / unit if log else room
        return cls(low - room, high + room, unit, log)

    def share(self, y: float) -> float | None:
        """Where the value lies, between 0 and 1; None where the scale has no place for it."""
        if not math.isfinite(y):
            return None
        if self.log:
            if y <= 0:
                return None
            y = math.log10(y)
        return min(max((y / self.unit - self.low) / (self.high - self.low), 0.0), 1.0)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Shares of the height and their labels, from the bottom: decades, or round numbers."""
        if self.log:
            return self._log_ticks(most)
        low, high = self.low * self.unit, self.high * self.unit
        if not _SMALLEST < high - low < math.inf:
            # What floats hold only just has no round numbers: its ends must do.
            ends = [max(min(end, sys.float_info.max), -sys.float_info.max) for end in (low, high)]
            return [(0.0, three(ends[0])), (1.0, three(ends[1]))]
        places = round_numbers(low, high, most)
        labels = told_apart(places)
        return [((place - low) / (high - low), label) for place, label in zip(places, labels, strict=True)]

    def _log_ticks(self, most: int) -> list[tuple[float, str]]:
        low, high = self.low * self.unit, self.high * self.unit
        first, last = math.ceil(low), math.floor(high)
        if last - first >= 1:
            step = max(math.ceil((last - first + 1) / most), 1)
            exponents = [float(e) for e in range(first, last + 1, step)]
            return [((e - low) / (high - low), _power(1, int(e))) for e in exponents]
        # Less than two decades: one, two and five times the powers of ten, or else what round numbers there are.
        found = [
            ((decade + math.log10(digit) - low) / (high - low), _power(digit, decade))
            for decade in range(first - 1, last + 2)
            for digit in (1, 2, 5)
            if low <= decade + math.log10(digit) <= high
        ]
        return found if len(found) > 1 else self._narrow_log_ticks(low, high, most) or found

    def _narrow_log_ticks(self, low: float, high: float, most: int) -> list[tuple[float, str]]:
        if not -307 < low < high < 308:
            return []
        places = [place for place in round_numbers(10**low, 10**high, most) if 10**low <= place <= 10**high]
        labels = told_apart(places)
        return [((math.log10(p) - low) / (high - low), label) for p, label in zip(places, labels, strict=True)]


def _power(digit: int, exponent: int) -> str:
    return f"{digit * 10.0**exponent:g}" if -3 < exponent < 4 else f"{digit}e{exponent}"


def told_apart(values: Sequence[float]) -> list[str]:
    """Labels with no more digits than tell one from the next, from three significant ones on."""
    if len(values) > 1 and all(value == 0 or 1e-3 <= abs(value) < 1e5 for value in values):
        digits = max(-math.floor(math.log10(abs(values[1] - values[0])) + 1e-9), 0)
        if digits <= 5:
            return [f"{value:.{digits}f}" for value in values]
    labels = [three(value) for value in values]
    for digits in range(4, 18):
        if len(set(labels)) == len(values):
            break
        labels = [f"{value:.{digits}g}" for value in values]
    return labels


def round_numbers(low: float, high: float, most: int) -> list[float]:
    """Multiples of one, two or five times a power of ten between two numbers: about `most`, and two if possible."""
    found: list[float] = []
    for parts in (max(most - 1, 1), most, 2 * most, 4 * most):
        raw = (high - low) / parts
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
        found = sorted({i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)})
        if len(found) > 1:
            break
    return found


def nice_end(x: float, limit: float | None) -> float:
    """An end for the x axis that changes rarely: one, two or five times a power of ten, or the known end."""
    if x <= 0:
        return limit if limit and limit < 10 else 10.0
    power = 10.0 ** math.floor(math.log10(x))
    end = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= x)
    return min(end, limit) if limit and x <= limit else end
