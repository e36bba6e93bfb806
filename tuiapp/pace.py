"""How often to draw: as often as a share of the time allows, by what drawing has cost; without drawing anything."""

OFTENEST, SELDOMEST = 0.25, 5.0
"""Seconds between two drawings of the charts, at least and at most."""


class Pace:
    """Keeps the seconds of CPU that a screen takes within a share of the time that passes."""

    def __init__(self, budget: float) -> None:
        """`budget` is that share, above 0 and at most 1."""
        self.budget = budget
        self.between = 1.0
        """Seconds from one drawing of the charts to the next."""
        self._cpu = 0.0
        self._at = 0.0

    def drawn(self, now: float, cpu: float) -> None:
        """The charts are drawn once more, at `now`, when the screen has taken `cpu` seconds in all.

        Whatever else the screen did since the last time counts too: the charts take what is left.
        """
        cost, passed = cpu - self._cpu, now - self._at
        self._cpu, self._at = cpu, now
        if passed <= 0:
            return
        fitting = min(max(cost / self.budget, OFTENEST), SELDOMEST)
        # One drawing may have been cheap or dear by chance.
        self.between += (fitting - self.between) / 2
