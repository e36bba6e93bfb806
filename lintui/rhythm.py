"""When to look at the parameters of somebody's own loop: as often as a share of the time allows, without a clock."""

import math

_FIRST = 10
"""Steps between the first two looks: what the very first one costs tells nothing."""
_A_SECOND = 10
"""Looks a second at most,"""
_ROWS_A_SECOND = 500
"""and rows of them: so many numbers a second are more than anybody sees, and fill a disk in days, not in hours."""
_NEW = 0.3
"""Weight of the newest look in the average cost of one."""
_SLOWER = 1.5
"""Times as slow as before that steps are taken to be at most."""
_AIM = 0.7
"""Part of the budget that is aimed at: what a look drives out of the caches is not seen to be its cost."""
_LEAST = 0.25
"""Part of the budget that the looks may take, however much the rest of watching takes."""


class Rhythm:
    """Chooses how many steps there are from look to look, from what the looks turn out to cost."""

    def __init__(self, budget: float, *, rows: int, most: int) -> None:
        """Keep within `budget`, a share of the training's time, for looks of so many rows.

        Whatever a look costs, there are `most` steps from one to the next at most.
        """
        self._budget = budget
        self._most = most
        self._gap = max(1 / _A_SECOND, rows / _ROWS_A_SECOND)
        self.every = 1
        """Steps from one look to the next."""
        self.left = 1
        """Steps until the next look; 1: the one that comes next is to be looked at."""
        self._cost: float | None = None
        self._looked: float | None = None
        self._step = math.inf
        """Seconds of a step, as of the last looks."""
        self.rest = 0.0
        """What the rest of watching takes, as a share of the training's time."""

    def looked(self, seconds: float, busy: float) -> None:
        """A step was made and looked at: that took `seconds`; `busy`: seconds of training so far, pauses left out."""
        since, self._looked = self._looked, busy
        if since is None:
            self.left = self.every = min(_FIRST, self._most)
            return
        self._cost = seconds if self._cost is None else self._cost + _NEW * (seconds - self._cost)
        # Between two looks the loop may have done something else, such as an evaluation: steps are not slower for it.
        self._step = step = max(min((busy - since) / self.every, _SLOWER * self._step), 1e-9)
        share = max(_AIM * self._budget - self.rest, _LEAST * self._budget)
        needed = max(self._cost / share if share > 0 else math.inf, self._gap)
        self.left = self.every = max(math.ceil(min(needed / step, self._most)), 1)
