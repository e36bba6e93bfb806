"""Exponential smoothing of a metric's history, without knowing how it is drawn."""

from collections.abc import Iterable, Iterator

from lintui.bucket import Bucket

WEIGHTS = (0.0, 0.6, 0.9, 0.99, 0.999)
"""How much of the value before each point keeps; 0: nothing is smoothed."""


def smooth(buckets: Iterable[Bucket], weight: float) -> Iterator[Bucket]:
    """The exponential moving average after each bucket, as buckets of one value each.

    What is smoothed is every finite point, with the correction that makes the first average the first
    value: s_n = (1-w)·Σ w^(n-i)·x_i / (1 - w^n). Where points have been joined into a bucket, each counts
    as their mean, so that the average depends on the number of points and not on how they are kept; as
    long as a series is short enough to be kept point by point, it is exact. What is not finite is passed
    over, and at a cut the average begins anew. `weight` is at least 0 and below 1.
    """
    segment, kept, average = -1, 1.0, 0.0
    for bucket in buckets:
        if bucket.segment != segment:
            segment, kept, average = bucket.segment, 1.0, 0.0
        if bucket.count:
            fade = weight**bucket.count
            kept *= fade
            new = (1 - fade) / (1 - kept)
            # A sum of two shares and not of a difference, which might overflow.
            average = average * (1 - new) + bucket.mean * new
        smoothed = Bucket(bucket.first, bucket.last, bucket.segment, bucket.count)
        smoothed.low = smoothed.high = average
        smoothed.low_at = smoothed.high_at = bucket.last
        smoothed.sum = average * bucket.count
        yield smoothed
