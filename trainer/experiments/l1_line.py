"""A line through large whole numbers under the L1 loss: its step is too coarse to ever come to rest."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from lintui.events import Scalar
from lintui.run import Run
from trainer.catalog import Settings
from trainer.data import generator, whole_numbers
from trainer.line import Line
from trainer.losses import l1
from trainer.regression import LinearRegression

LARGEST = 100_000
SAMPLES = 10_000
SURFACE = ((-1.04, -2.0), (3.125, 2.0))
"""Of the 50 places along the weight one is 1: between two of them the bottom of so steep a valley would be missed."""


class L1Line(LinearRegression):
    """A weight for each input, of which the i-th should become 2^(i−1), and a bias."""

    look_every = 1
    surface_loss = staticmethod(l1)
    surface_text = "mean absolute error"

    def __init__(self, settings: Settings) -> None:
        """Make the data, and weights at the start as nn.Linear draws them: U(−1/√inputs, 1/√inputs)."""
        w = 2.0 ** torch.arange(settings.inputs).reshape(-1, 1)
        drawn = torch.rand(settings.inputs + 1, 1, generator=generator(settings.seed, "weights"))
        start = (2 * drawn - 1) / math.sqrt(settings.inputs)
        super().__init__(
            settings,
            data=whole_numbers(w, largest=LARGEST, samples=SAMPLES, seed=settings.seed),
            start=Line(start[:-1], start[-1]),
            truth=(*w.reshape(-1).tolist(), 0.0),
        )
        if settings.inputs == 1:
            self.surface = SURFACE
        self.batch_losses: list[float] = []
        """Of this epoch, since the loss was chosen."""
        self.settled: float | None = None
        """Their mean in the last epoch that is complete."""

    def begin(self, run: Run, settings: Settings) -> None:
        """Say at what loss the training will settle."""
        self.run = run
        self.chosen, self.said = settings.loss, math.nan
        self.after_step.append(self.draw_plateau)
        super().begin(run, settings)

    def learn(self, X: Tensor, y: Tensor) -> float:
        """One update from one minibatch; returns the mean loss over it, before the update."""
        if self.loss.chosen != self.chosen:
            self.batch_losses.clear()
            self.chosen = self.loss.chosen
        loss = super().learn(X, y)
        self.batch_losses.append(loss)
        return loss

    def results(self) -> dict[str, Mapping[str, float]]:
        """At the end of an epoch: the mean of its batch losses."""
        if not self.batch_losses:
            return {}
        self.settled = math.fsum(self.batch_losses) / len(self.batch_losses)
        self.batch_losses.clear()
        return {"epoch": {"mean batch loss": self.settled}}

    def summary(self) -> dict[str, Scalar]:
        """Where it ended, and the mean of the last epoch's batch losses: that settles where the loss jumps."""
        found = super().summary()
        return found if self.settled is None else {**found, "mean batch loss": self.settled}

    def draw_plateau(self) -> None:
        """Say the loss at which L1 settles, whenever the learning rate is another one.

        Near the answer each step moves w by about lr·mean(x), from one side of it to the other, so that w is half of
        that off on average, and the prediction mean(x) times as much.
        """
        lr = self.lr.value
        if lr == self.said:
            return
        self.said = lr
        plateau = lr / 2 * float((self.data.X.cpu().double().mean(dim=0) ** 2).sum())
        if math.isfinite(plateau):
            label = "½·lr·mean(x)²" if len(self.w) == 1 else "½·lr·Σ mean(x)²"
            self.run.level("train", "loss", plateau, label, under="l1")


build = L1Line
