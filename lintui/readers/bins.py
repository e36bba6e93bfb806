"""Spreads the counts of unevenly wide bins over evenly wide ones, keeping their total."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from lintui.events import MAX_BINS


class Bins(NamedTuple):
    """Counts in evenly wide bins between two edges; one bin without width where all numbers are the same."""

    low: float
    high: float
    counts: tuple[float, ...]


def evenly(
    lefts: Sequence[float], rights: Sequence[float], counts: Sequence[float], bins: int = MAX_BINS
) -> Bins | None:
    """The same numbers in `bins` evenly wide bins; None where nothing was counted.

    The bins that are given are in order and don't overlap; within each of them the numbers count as evenly
    spread. Empty ones at both ends are left away. Raises ValueError for what is no histogram: counts that are
    negative or not finite, edges that are not finite or not in order, columns of different lengths.
    """
    filled = [(left, right, n) for left, right, n in zip(lefts, rights, counts, strict=True) if n]
    if not filled:
        return None
    low, high = filled[0][0], filled[-1][1]
    total = math.fsum(n for _, _, n in filled)
    edges = [edge for left, right, _ in filled for edge in (left, right)]
    if not (math.isfinite(high - low) and math.isfinite(total) and all(n > 0 for _, _, n in filled)):
        raise ValueError("a histogram's counts or edges are no histogram's")
    if any(later < earlier for earlier, later in pairwise(edges)):
        raise ValueError("a histogram's bins are not in order")
    width = (high - low) / bins
    if low + width == low:  # none, or too little for a float to tell
        return Bins(low, high, (total,))
    below = [0.0]
    """How many lie below each edge of the even bins."""
    done, i = 0.0, 0
    for edge in (low + width * number for number in range(1, bins)):
        while i < len(filled) and filled[i][1] <= edge:
            done += filled[i][2]
            i += 1
        left, right, n = filled[i] if i < len(filled) else (edge, edge, 0.0)
        below.append(done + n * (edge - left) / (right - left) if left < edge else done)
    below.append(total)
    return Bins(low, high, tuple(max(later - earlier, 0.0) for earlier, later in pairwise(below)))
