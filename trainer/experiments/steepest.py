"""Linear regression from scratch with a look around at every step: which of 72 directions leads down most?"""

import math

import torch

from lintui.run import Run
from trainer.catalog import Settings
from trainer.experiments.linreg_scratch import LinregScratch

ANGLES = 72
"""Directions in the plane of the two weights, 5° apart; 0° is along w[0], 90° along w[1]."""
LENGTH = 0.01
"""Length of the steps as a share of the gradient's: so short that the curvature can't turn the steepest way.

On a curve whose second derivatives differ by d between the axes, the lowest of all steps of one length lies within
about LENGTH·d radians of −gradient; here d is about 0.2. It shrinks with the gradient, so also near the minimum.
"""


class Steepest(LinregScratch):
    """The from-scratch run, with a look around from the weights of every step."""

    look_every = 1

    def begin(self, run: Run, settings: Settings) -> None:
        """Look around from the start, and after every step."""
        self.run = run
        angles = torch.arange(ANGLES, dtype=torch.double) * (2 * math.pi / ANGLES)
        self.directions = torch.stack([angles.cos(), angles.sin()])
        # In double precision, which not every device has.
        self.X, self.y = (part.cpu().double() for part in self.data)
        self.after_step.append(self.look_around)
        super().begin(run, settings)

    def look_around(self) -> None:
        """Record the change of the mean squared error over all data for a step in each direction, b as it is."""
        *w, b = self.line.flat().cpu().double()
        error = self.X @ torch.stack(w).reshape(-1, 1) + b - self.y
        gradient = 2 * (self.X * error).mean(dim=0)
        moved = LENGTH * gradient.norm() * (self.X @ self.directions)
        # mean((e + m)²) − mean(e²), without the difference of two large numbers.
        changes = (moved * (2 * error + moved)).mean(dim=0).tolist()
        along, across = (-gradient).tolist()
        if not all(map(math.isfinite, changes)):
            return
        down = math.degrees(math.atan2(across, along)) % 360
        self.run.profile(
            "which way is down",
            changes,
            over=(0.0, 360.0 - 360.0 / ANGLES),
            x_name="angle of the step in degrees",
            y_name="change of the loss",
            marks={"−gradient": down},
        )


build = Steepest
