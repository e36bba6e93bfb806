"""Linear regression from scratch with the weights and their gradient kept for every step: the path downhill."""

import torch

from lintui.events import Scalar
from lintui.run import Run
from trainer.catalog import Settings
from trainer.experiments.linreg_scratch import LinregScratch
from trainer.line import Line


class DescentPath(LinregScratch):
    """The from-scratch run, looked at and measured after every step."""

    look_every = measure_every = 1

    def begin(self, run: Run, settings: Settings) -> None:
        """Keep where the path begins, too."""
        super().begin(run, settings)
        self.run = run
        self.first = Line(self.w.detach().clone(), None if self.b is None else self.b.detach().clone())

    def summary(self) -> dict[str, Scalar]:
        """Both ends of the path, the loss there, and the number of steps between them."""
        starts = zip(self.first.names(), self.first.flat().tolist(), strict=True)
        # Both by the loss that is in use now: those of two losses can't be compared.
        return {
            **{f"first {name}": value for name, value in starts},
            **super().summary(),
            "first loss": self._loss_of(self.first),
            "last loss": self._loss_of(self.line),
            "steps": self.run.at,
        }

    def _loss_of(self, line: Line) -> float:
        with torch.no_grad():
            return self.loss.value(line.predict(self.data.X), self.data.y).mean().item()


build = DescentPath
