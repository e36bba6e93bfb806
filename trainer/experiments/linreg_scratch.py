"""Linear regression from scratch: tensors and autograd only, y = Xw + b + noise."""

import torch

from trainer.catalog import Settings
from trainer.data import generator, linear
from trainer.line import Line
from trainer.regression import LinearRegression

TRUTH = (2.0, -3.4, 4.2)
TRUE_W = torch.tensor([[TRUTH[0]], [TRUTH[1]]])
TRUE_B = TRUTH[2]
SURFACE = ((0.0, -5.0), (5.0, 0.0))


class LinregScratch(LinearRegression):
    """Two weights and a bias, from next to nothing."""

    samples = 1_000
    noise = 0.01
    """Standard deviation of what is added to the labels."""
    surface = SURFACE

    def __init__(self, settings: Settings) -> None:
        """Make the data and the weights at the start."""
        super().__init__(
            settings,
            data=linear(TRUE_W, TRUE_B, samples=self.samples, noise=self.noise, seed=settings.seed),
            start=Line(0.01 * torch.randn(2, 1, generator=generator(settings.seed, "weights")), torch.zeros(1)),
            truth=TRUTH,
        )


build = LinregScratch
