"""Linear regression from scratch: tensors and autograd only, y = Xw + b + noise."""

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from lintui.events import Scalar
from lintui.run import Run
from trainer.catalog import REGRESSION_LOSSES, Settings
from trainer.data import Table, generator, least_squares_mse, linear, minibatches
from trainer.descent import descend
from trainer.losses import LOSSES, mse

_TRUTH = (2.0, -3.4, 4.2)
TRUE_W = torch.tensor([[_TRUTH[0]], [_TRUTH[1]]])
TRUE_B = _TRUTH[2]
SAMPLES = 1_000
NOISE = 0.01


class LinregScratch:
    """Two weights and a bias, found by minibatch stochastic gradient descent written out by hand."""

    measure_every = 20

    def __init__(self, settings: Settings) -> None:
        """Make the data and the weights at the start."""
        self.data = linear(TRUE_W, TRUE_B, samples=SAMPLES, noise=NOISE, seed=settings.seed).to(settings.device)
        self.batch_size = settings.batch_size
        self.order = generator(settings.seed, "order")
        start = 0.01 * torch.randn(2, 1, generator=generator(settings.seed, "weights"))
        self.w = start.to(settings.device).requires_grad_()
        self.b = torch.zeros(1, device=settings.device, requires_grad=True)

    def begin(self, run: Run, settings: Settings) -> None:
        """Say what can be watched and steered."""
        self.lr = run.tune("lr", settings.lr, label="learning rate", low=0.0)
        self.loss = run.choose("loss", {name: LOSSES[name] for name in REGRESSION_LOSSES}, settings.loss)
        run.watch({"w": self.w, "b": self.b}, every=10)
        draw_floors(run, self.data)

    def batches(self) -> Iterator[Table]:
        """One epoch of minibatches."""
        return minibatches(self.data, self.batch_size, self.order)

    def learn(self, X: Tensor, y: Tensor) -> float:
        """One update from one minibatch; returns the mean loss over it, before the update."""
        loss = self.loss.value(X @ self.w + self.b, y).sum()
        descend((self.w, self.b), loss, lr=self.lr.value, samples=len(y))
        return loss.item() / len(y)

    def measure(self) -> dict[str, float]:
        """Over all the data: the loss in use, the yardstick, and how far w and b are from the truth."""
        with torch.no_grad():
            predicted = self.data.X @ self.w + self.b
            return measure_linear(predicted, self.data.y, self.loss.value(predicted, self.data.y), self.w, self.b)

    def results(self) -> dict[str, Mapping[str, float]]:
        """What is known only at the end of an epoch: nothing here."""
        return {}

    def summary(self) -> dict[str, Scalar]:
        """Where it ended, and the truth."""
        return summarize_linear(self.w, self.b)


def measure_linear(predicted: Tensor, true: Tensor, losses: Tensor, w: Tensor, b: Tensor) -> dict[str, float]:
    """Mean loss, mean squared error, and the largest error among the weights and of the bias."""
    # One transfer for all of it: on a GPU, each would cost a wait.
    loss, yardstick, *found = torch.cat(
        [losses.mean().reshape(1), mse(predicted, true).mean().reshape(1), w.reshape(-1), b]
    ).tolist()
    *off_w, off_b = [abs(f - t) for f, t in zip(found, _TRUTH, strict=True)]
    # max() alone would pass over a NaN that does not come first.
    worst = math.nan if any(map(math.isnan, off_w)) else max(off_w)
    return {"loss": loss, "mse": yardstick, "error of w": worst, "error of b": off_b}


def draw_floors(run: Run, data: Table) -> None:
    """The loss of the exact least-squares fit: no line can do better on this data."""
    floor = least_squares_mse(data.to("cpu"))
    for loss, value in (("half-squared", floor / 2), ("mse", floor)):
        run.level("train", "loss", value, "floor (least squares)", under=loss)


def summarize_linear(w: Tensor, b: Tensor) -> dict[str, Scalar]:
    """Weights and bias beside their true values."""
    found = [*w.detach().reshape(-1).tolist(), *b.detach().reshape(-1).tolist()]
    names = [*(f"w[{i}]" for i in range(len(found) - 1)), "b"]
    return {
        key: value
        for name, f, t in zip(names, found, _TRUTH, strict=True)
        for key, value in ((name, f), (f"true {name}", t))
    }


build = LinregScratch
