"""What a histogram says of the numbers that were counted: quantiles, and how many lie where; without drawing it.

Within a bin numbers are taken to lie evenly.
"""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from itertools import accumulate

from lintui.events import Histogram
from tuiapp.scale import Scale

SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
"""Of the numbers, those that are smaller than each border of the bands."""
_NAMES = ("smallest", "5 %", "25 %", "median", "75 %", "95 %", "largest")


def quantiles(histogram: Histogram, shares: Sequence[float] = SHARES) -> list[float]:
    """The numbers than which such shares (from 0 to 1, growing) are smaller; NaN where none is finite.

    Off by no more than the width of a bin.
    """
    sums = list(accumulate(histogram.counts))
    if not sums or sums[-1] <= 0:
        return [math.nan] * len(shares)
    found, i = [], 0
    for share in shares:
        wanted = share * sums[-1]
        # From the left edge of the first bin that holds any to the right edge of the last.
        while i + 1 < len(sums) and (sums[i] < wanted or sums[i] == 0):
            i += 1
        count = histogram.counts[i]
        inside = (wanted - sums[i] + count) / count if count else 0.0
        found.append(edge(histogram, i + min(max(inside, 0.0), 1.0)))
    return found


def edge(histogram: Histogram, i: float) -> float:
    """The left edge of bin `i`, or a place in it."""
    share = i / max(len(histogram.counts), 1)
    return histogram.low + (histogram.high - histogram.low) * share if share < 1 else histogram.high


def spread(histogram: Histogram, scale: Scale, rows: int) -> list[float]:
    """The share of the finite numbers in each of so many equally high rows of a linear scale that holds them all.

    From the bottom; together 1, or 0 where no number is finite.
    """
    found = [0.0] * rows
    counts, total = histogram.counts, sum(histogram.counts)
    ends = scale.share(histogram.low), scale.share(histogram.high)
    if total <= 0 or None in ends:
        return found
    low, high = (rows * (share or 0.0) for share in ends)
    wide = (high - low) / len(counts)
    for i, count in enumerate(counts):
        if not count:
            continue
        part, bottom = count / total, low + wide * i
        top = bottom + wide
        first, last = int(bottom), int(top)
        if last >= rows:  # the upper end of the scale belongs to the row below it
            first, last = min(first, rows - 1), rows - 1
        if first == last:
            found[first] += part
            continue
        part /= wide
        found[first] += part * (first + 1 - bottom)
        for row in range(first + 1, last):
            found[row] += part
        found[last] += part * (top - last)
    return found


def reach(histograms: Sequence[Histogram]) -> tuple[float, float] | None:
    """The smallest and the largest number of all; None where none is finite."""
    ends = [histogram for histogram in histograms if sum(histogram.counts) > 0]
    return (min(h.low for h in ends), max(h.high for h in ends)) if ends else None


def table_of_quantiles(histograms: Sequence[Histogram]) -> str:
    """A row a step as comma-separated values, with all digits."""
    rows = ((h.at, *map(repr, quantiles(h)), h.nonfinite) for h in histograms)
    return _table(("step", *_NAMES, "not finite"), rows)


def table_of_counts(histograms: Sequence[Histogram]) -> str:
    """A row a bin as comma-separated values, with all digits."""
    rows = (
        (h.at, repr(edge(h, i)), repr(edge(h, i + 1)), repr(count))
        for h in histograms
        for i, count in enumerate(h.counts)
    )
    return _table(("step", "from", "to", "count"), rows)


def _table(names: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()
