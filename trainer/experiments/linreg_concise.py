"""Linear regression from library parts: nn.Linear, nn.MSELoss, an optimizer of torch and a DataLoader."""

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from lintui.events import Scalar
from lintui.run import Run
from trainer.catalog import Settings
from trainer.data import generator, linear
from trainer.experiments.linreg_scratch import (
    NOISE,
    SAMPLES,
    TRUE_B,
    TRUE_W,
    draw_floors,
    measure_linear,
    summarize_linear,
)
from trainer.optimizers import OPTIMIZERS


def _half_mse(predicted: Tensor, true: Tensor) -> Tensor:
    return nn.functional.mse_loss(predicted, true) / 2


CRITERIA: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "half-squared": _half_mse,
    "mse": nn.MSELoss(),
    "l1": nn.L1Loss(),
    "huber": nn.HuberLoss(),
}


class LinregConcise:
    """The problem of `linreg-scratch`, as it is written with the library."""

    measure_every = 20

    def __init__(self, settings: Settings) -> None:
        """Make the data, the model and its optimizer."""
        self.data = linear(TRUE_W, TRUE_B, samples=SAMPLES, noise=NOISE, seed=settings.seed).to(settings.device)
        self.loader = DataLoader(
            TensorDataset(*self.data),
            batch_size=settings.batch_size,
            shuffle=True,
            generator=generator(settings.seed, "order"),
        )
        self.model = nn.Linear(2, 1, device=settings.device)
        with torch.no_grad():
            start = 0.01 * torch.randn(1, 2, generator=generator(settings.seed, "weights"))
            self.model.weight.copy_(start)
            self.model.bias.zero_()
        self.optimizer = OPTIMIZERS[settings.optimizer](self.model.parameters(), lr=settings.lr)

    def begin(self, run: Run, settings: Settings) -> None:
        """Say what can be watched and steered."""
        run.watch(self.model, self.optimizer, every=10)
        self.loss = run.choose("loss", CRITERIA, settings.loss)
        draw_floors(run, self.data)

    def batches(self) -> Iterable[list[Tensor]]:
        """One epoch of minibatches."""
        return self.loader

    def learn(self, X: Tensor, y: Tensor) -> float:
        """One update from one minibatch; returns the mean loss over it, before the update."""
        loss = self.loss.value(self.model(X), y)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.item()

    def measure(self) -> dict[str, float]:
        """Over all the data: the loss in use, the yardstick, and how far w and b are from the truth."""
        with torch.no_grad():
            predicted = self.model(self.data.X)
            loss = self.loss.value(predicted, self.data.y)
            return measure_linear(predicted, self.data.y, loss, self.model.weight, self.model.bias)

    def results(self) -> dict[str, Mapping[str, float]]:
        """What is known only at the end of an epoch: nothing here."""
        return {}

    def summary(self) -> dict[str, Scalar]:
        """Where it ended, and the truth."""
        return summarize_linear(self.model.weight, self.model.bias)


build = LinregConcise
