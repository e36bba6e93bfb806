"""Linear regression from library parts: nn.Linear, nn.MSELoss, an optimizer of torch and a DataLoader."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from lintui.events import Scalar
from lintui.run import Run
from trainer.catalog import Settings
from trainer.data import Table, generator, least_squares, linear
from trainer.experiments.linreg_scratch import SURFACE, TRUE_B, TRUE_W, TRUTH, LinregScratch
from trainer.line import Line, draw_floors, measure_line, summarize_line
from trainer.loss_names import WORDS
from trainer.optimizers import OPTIMIZERS
from trainer.preview import show_data, show_minibatch
from trainer.two_weights import Goal, over_line


def _half_mse(predicted: Tensor, true: Tensor) -> Tensor:
    return nn.functional.mse_loss(predicted, true) / 2


CRITERIA: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "half-squared": _half_mse,
    "mse": nn.MSELoss(),
    "l1": nn.L1Loss(),
    "huber": nn.HuberLoss(),
}


LOOK_EVERY = 10
"""Steps between two looks at the weights."""


class LinregConcise:
    """The problem of `linreg-scratch`, as it is written with the library."""

    measure_every = 20

    def __init__(self, settings: Settings) -> None:
        """Make the data, the model and its optimizer."""
        samples, noise = LinregScratch.samples, LinregScratch.noise
        self.data = linear(TRUE_W, TRUE_B, samples=samples, noise=noise, seed=settings.seed).to(settings.device)
        self.loader = self._loader(settings)
        self.model = nn.Linear(2, 1, device=settings.device)
        with torch.no_grad():
            start = 0.01 * torch.randn(1, 2, generator=generator(settings.seed, "weights"))
            self.model.weight.copy_(start)
            self.model.bias.zero_()
        self.line = Line(self.model.weight.detach().T, self.model.bias.detach())
        self.optimizer = OPTIMIZERS[settings.optimizer](self.model.parameters(), lr=settings.lr)
        self.after_step: list[Callable[[], None]] = []

    def begin(self, run: Run, settings: Settings) -> None:
        """Say what can be watched and steered."""
        run.watch(self.model, self.optimizer, every=LOOK_EVERY)
        self.loss = run.choose("loss", CRITERIA, settings.loss, words=WORDS)
        columns = ("x[0]", "x[1]", "y")
        show_data(run, self.data, columns)
        # From a loader of its own, so that the order of the samples is the same as without a look at them.
        show_minibatch(run, Table(*next(iter(self._loader(settings)))), columns)
        draw_floors(run, least_squares(self.data.to("cpu")).mse, self.data.y)
        follow = over_line(
            run,
            self.line,
            self.data,
            Goal(TRUTH, "true"),
            names=("weight[0]", "weight[1]", "bias"),
            plane=settings.plane,
            grid=SURFACE,
            text="mean squared error",
            in_use=self.loss,
            every=LOOK_EVERY,
        )
        self.after_step.append(follow)

    def batches(self) -> Iterator[list[Tensor]]:
        """One epoch of minibatches."""
        return iter(self.loader)

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
            return measure_line(self.line, TRUTH, predicted=predicted, true=self.data.y, losses=loss)

    def results(self) -> dict[str, Mapping[str, float]]:
        """What is known only at the end of an epoch: nothing here."""
        return {}

    def summary(self) -> dict[str, Scalar]:
        """Where it ended, and the truth."""
        return summarize_line(self.line, TRUTH)

    def _loader(self, settings: Settings) -> DataLoader[tuple[Tensor, ...]]:
        order = generator(settings.seed, "order")
        return DataLoader(TensorDataset(*self.data), batch_size=settings.batch_size, shuffle=True, generator=order)


build = LinregConcise
