"""Keeps account of what watching costs, as a share of the time that the training did not spend waiting.

Counted are the seconds on the training's thread and the CPU seconds beside it, for threads of one interpreter take
turns. What no clock of ours sees is estimated, so much a log. Not seen at all: what copies of the weights drive out
of the caches, and a core that the training would have used while we did.
"""

TELL_EVERY = 1.0
"""Seconds between two reports."""
_ENOUGH = TELL_EVERY / 4
"""Seconds of training from which a share means anything."""


class Cost:
    """Seconds spent watching and waiting, reported now and then."""

    def __init__(self, now: float, unseen: float) -> None:
        """Begin to count at `now`, by `time.perf_counter`; `unseen`: the seconds a log that no clock sees."""
        self._unseen = unseen
        self.spent = 0.0
        """Seconds spent on the training thread so far."""
        self.waited = 0.0
        """Seconds that the training was made to wait: paused, or held to a speed."""
        self.looking = 0.0
        """Of the seconds spent, those in which the parameters were looked at."""
        self.rest = 0.0
        """The share without the looks, as of the last report."""
        self._since = now
        self._then = (0.0, 0.0, 0.0)

    def report(self, now: float, elsewhere: float, logs: int) -> float | None:
        """The share since the last report, or None while it is too early.

        `elsewhere`: CPU seconds off the thread so far; `logs`: how often metrics were recorded so far.
        """
        if now - self._since < TELL_EVERY:
            return None
        spent, waited = self.spent + elsewhere + logs * self._unseen, self.waited
        busy = (now - self._since) - (waited - self._then[1])
        share = None
        if busy > _ENOUGH:
            share = (spent - self._then[0]) / busy
            self.rest = share - (self.looking - self._then[2]) / busy
        self._since, self._then = now, (spent, waited, self.looking)
        return share
