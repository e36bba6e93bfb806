"""When each step was made, in bounded memory, from the steps and times that events name; without a clock."""

from dataclasses import dataclass, field

from lintui.bucket import Point
from lintui.series import Series


@dataclass(slots=True)
class Timeline:
    """Seconds since the start at some of the steps, close enough to tell those of the others by."""

    history: Series = field(default_factory=Series)
    at: int = -1
    """The newest step whose time is known."""
    t: float = 0.0
    """Its time, in seconds."""
    before: float = 0.0
    """Seconds of earlier processes, where a run was resumed by one whose clock began anew."""

    def note(self, at: int, t: float) -> None:
        """Step `at` was made by `t`; what goes back in either is passed over."""
        t += self.before
        if at > self.at and self.t <= t < float("inf"):
            self.at, self.t = at, t
            self.history.extend((at,), (t,))

    def go_back(self, at: int, t: float) -> None:
        """From `t` on, the steps after `at` are made once more."""
        self.at = min(self.at, at)
        if self.t > t + self.before:
            self.before = self.t - t
        self.history.cut()

    def points(self) -> list[Point]:
        """Steps and their times, both growing; of a step that was made twice, the later time."""
        found: list[Point] = []
        for bucket in self.history.buckets:
            while found and found[-1].at >= bucket.first:
                found.pop()
            # Times never go back: the smallest was the first one's, the largest the last one's.
            found.append(Point(bucket.first, bucket.low))
            if bucket.last > bucket.first:
                found.append(Point(bucket.last, bucket.high))
        return found
