"""Four points on a line through the origin, learnt one at a time: ŷ = w·x from w = 2."""

from collections.abc import Sequence

import torch

from trainer.catalog import Settings
from trainer.data import Table
from trainer.line import Line
from trainer.regression import LinearRegression


class ExactLine(LinearRegression):
    """One weight, and labels that a line can meet exactly."""

    # An epoch: between its steps the line leans towards the sample that came last.
    measure_every = 4
    look_every = 1
    labels: Sequence[float] = (0.0, 1.0, 2.0, 3.0)
    """Of x = 0, 1, 2, 3."""
    start_b: float | None = None
    """The bias at the start; None: the line goes through the origin."""

    def __init__(self, settings: Settings) -> None:
        """Make the four samples and the weight at the start."""
        x = torch.arange(4.0).reshape(-1, 1)
        b = None if self.start_b is None else torch.tensor([self.start_b])
        super().__init__(
            settings,
            data=Table(x, torch.tensor(self.labels).reshape(-1, 1)),
            start=Line(torch.tensor([[2.0]]), b),
            truth=(1.0,) if b is None else (1.0, 0.0),
        )


build = ExactLine
