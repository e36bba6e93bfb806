"""What a curve says at some steps, in a few characters; without drawing it."""

import math
from collections.abc import Sequence

from lintui.bucket import Bucket
from tuiapp.figures import three


def reading(buckets: Sequence[Bucket], first: float, last: float) -> str:
    """The values of these steps, or of those nearest to them: one, or the smallest and the largest."""
    found = [b for b in buckets if b.last >= first and b.first <= last]
    if not found:
        found = sorted(buckets, key=lambda b: max(b.first - last, first - b.last))[:1]
    if not found:
        return ""
    # Of a step that was made twice, the later.
    found = [b for b in found if b.segment == found[-1].segment]
    ends = {three(low): None for low in (min(b.low for b in found), max(b.high for b in found)) if math.isfinite(low)}
    bad = [name for name in ("nan", "above", "below") if any(getattr(b, name) for b in found)]
    return " ".join([*(["…".join(ends)] if ends else []), *(_BAD[name] for name in bad)])


_BAD = {"nan": "NaN", "above": "inf", "below": "-inf"}
