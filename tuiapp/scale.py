"""From values to places on an axis, linear or logarithmic, and the round numbers at it; without drawing."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tuiapp.figures import three

SCALES = ("linear", "log", "symlog")
"""Symlog: logarithmic on both sides of 0 and linear close to it, so that every value has a place."""
_SMALLEST = 1e-300
"""The narrowest range that is divided by round numbers."""
_DECADES = 1e-4
"""Symlog is linear below this share of the largest size, or below the smallest size that there is."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to shares of the height, 0 at the bottom."""

    kind: str
    """One of SCALES."""
    low: float
    high: float
    """What lies at the bottom and at the top: values, or what `_on` makes of them."""
    unit: float = 1.0
    """Values are divided by it first, so that even a span from -1e308 to 1e308 does not overflow."""

    @classmethod
    def fitting(cls, values: Sequence[float], kind: str) -> "Scale":
        """All of these values, with a little room; on a log scale, those above 0."""
        if kind == "log":
            values = [math.log10(y) for y in values if y > 0]
        if not values:
            return cls(kind, 0.0, 1.0)
        unit = 1.0
        if kind != "log":
            unit = max(abs(min(values)), abs(max(values))) or 1.0
        if kind == "symlog":
            smallest = min((abs(y) for y in values if y), default=1.0)
            # A power of ten, or where floats have none so small, the size itself.
            unit = 10.0 ** math.floor(math.log10(max(smallest, unit * _DECADES))) or unit
        low, high = (cls(kind, 0.0, 1.0, unit)._on(y) for y in (min(values), max(values)))
        room = (high - low) * 0.04 or (0.1 if kind == "linear" else 0.5)
        return cls(kind, low - room, high + room, unit)

    @classmethod
    def reaching(cls, low: float, high: float) -> "Scale":
        """A linear one from one value to another, both finite, with no room around them."""
        unit = max(abs(low), abs(high)) or 1.0
        return cls("linear", low / unit, high / unit, unit) if low < high else cls.fitting([low], "linear")

    def share(self, y: float) -> float | None:
        """Where the value lies, between 0 and 1; None where the scale has no place for it."""
        if not math.isfinite(y):
            return None
        if self.kind == "log":
            if y <= 0:
                return None
            y = math.log10(y)
        return self._share(self._on(y))

    def holds(self, y: float) -> bool:
        """Whether the value lies between the two ends."""
        return self.low <= self._on(y) <= self.high

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Shares of the height and their labels, from the bottom: decades, or round numbers."""
        if self.kind == "log":
            return self._log_ticks(most)
        if self.kind == "symlog":
            return self._symlog_ticks(most)
        return self._round_ticks(self.low * self.unit, self.high * self.unit, most)

    def _on(self, y: float) -> float:
        """Where a value lies in the measure of `low` and `high`; on a log scale its logarithm is given."""
        if self.kind == "symlog":
            # 1e300: as far as a level may lie outside of the values that the scale was made for.
            return math.copysign(math.log1p(min(abs(y) / self.unit, 1e300)) / math.log(10), y)
        return y / self.unit

    def _share(self, place: float) -> float:
        return min(max((place - self.low) / (self.high - self.low), 0.0), 1.0)

    def _round_ticks(self, low: float, high: float, most: int) -> list[tuple[float, str]]:
        if not _SMALLEST < high - low < math.inf:
            # What floats hold only just has no round numbers: its ends must do.
            ends = [max(min(end, sys.float_info.max), -sys.float_info.max) for end in (low, high)]
            return [(0.0, three(ends[0])), (1.0, three(ends[1]))]
        places = [place for place in round_numbers(low, high, most) if low <= place <= high]
        return [(self._share(self._on(p)), label) for p, label in zip(places, told_apart(places), strict=True)]

    def _log_ticks(self, most: int) -> list[tuple[float, str]]:
        first, last = math.ceil(self.low), math.floor(self.high)
        if last - first >= 1:
            step = max(math.ceil((last - first + 1) / most), 1)
            return [(self._share(float(e)), _power(1, e)) for e in range(first, last + 1, step)]
        # Less than two decades: one, two and five times the powers of ten, or else what round numbers there are.
        found = [
            (self._share(decade + math.log10(digit)), _power(digit, decade))
            for decade in range(first - 1, last + 2)
            for digit in (1, 2, 5)
            if self.low <= decade + math.log10(digit) <= self.high
        ]
        return found if len(found) > 1 else self._narrow_log_ticks(most) or found

    def _narrow_log_ticks(self, most: int) -> list[tuple[float, str]]:
        if not -307 < self.low < self.high < 308:
            return []
        low, high = 10**self.low, 10**self.high
        places = [place for place in round_numbers(low, high, most) if low <= place <= high]
        return [(self._share(math.log10(p)), label) for p, label in zip(places, told_apart(places), strict=True)]

    def _symlog_ticks(self, most: int) -> list[tuple[float, str]]:
        """0 and the decades on both sides of it, from 0 outwards, as far as they don't crowd each other."""
        decade = round(math.log10(self.unit))
        reach = math.ceil(max(abs(self.low), abs(self.high)))
        signed = [(sign, decade + i) for i in range(reach + 1) for sign in (1, -1)]
        values = [(0.0, "0"), *((s * 10.0**e, ("-" if s < 0 else "") + _power(1, e)) for s, e in signed if e < 308)]
        found: dict[float, str] = {}
        for value, label in values:
            place = self._on(value)
            share = self._share(place)
            if self.low <= place <= self.high and all(abs(share - other) >= 0.9 / most for other in found):
                found[share] = label
        if len(found) > 1:
            return sorted(found.items())
        return self._round_ticks(self._value(self.low), self._value(self.high), most)

    def _value(self, place: float) -> float:
        """The value that lies there on a symlog scale."""
        return math.copysign(math.expm1(min(abs(place) * math.log(10), 700.0)) * self.unit, place)


def between(low: float, high: float, share: float, kind: str) -> float:
    """The value that lies at a share of the way on a line between two values on such a scale."""
    if kind == "log" and low > 0 and high > 0:
        return math.exp(math.log(low) * (1 - share) + math.log(high) * share)
    return low * (1 - share) + high * share


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
