"""Softmax regression from scratch on three clouds in the plane: the smallest thing that has an accuracy."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from lintui.events import Scalar
from lintui.run import Run
from trainer.catalog import CLASSIFICATION_LOSSES, Settings
from trainer.data import Table, clouds, generator, minibatches
from trainer.descent import descend
from trainer.directions import Directions
from trainer.loss_names import WORDS
from trainer.losses import LOSSES, cross_entropy, softmax
from trainer.preview import first_minibatch, show_data, show_minibatch
from trainer.surface import Place, Plane, Surface

CENTERS = torch.tensor([[0.0, 1.6], [-1.5, -0.9], [1.5, -0.9]])
SPREAD = 0.9
TRAIN, TEST = 900, 600
EXTENT = 4.0
"""The picture of the decision regions reaches from −EXTENT to +EXTENT both ways."""
PICTURE = (48, 96)
"""Rows and columns of that picture."""


class SoftmaxBlobs:
    """A weight for each input and class and a bias for each class, trained by hand-written descent."""

    measure_every = 20

    def __init__(self, settings: Settings) -> None:
        """Make the data and the weights at the start; the test set comes from the same stream."""
        table = clouds(CENTERS, samples=TRAIN + TEST, spread=SPREAD, seed=settings.seed).to(settings.device)
        self.train = Table(table.X[:TRAIN], table.y[:TRAIN])
        self.test = Table(table.X[TRAIN:], table.y[TRAIN:])
        self.batch_size = settings.batch_size
        self.order = generator(settings.seed, "order")
        self.stream = generator(settings.seed, "weights")
        start = 0.01 * torch.randn(2, len(CENTERS), generator=self.stream)
        self.W = start.to(settings.device).requires_grad_()
        self.b = torch.zeros(len(CENTERS), device=settings.device, requires_grad=True)
        self.after_step: list[Callable[[], None]] = []

    def begin(self, run: Run, settings: Settings) -> None:
        """Say what can be watched and steered."""
        self.run = run
        self.lr = run.tune("lr", settings.lr, label="learning rate", low=0.0)
        self.loss = run.choose(
            "loss", {name: LOSSES[name] for name in CLASSIFICATION_LOSSES}, settings.loss, words=WORDS
        )
        run.watch({"W": self.W, "b": self.b}, every=10)
        columns = ("x[0]", "x[1]", "label")
        show_data(run, self.train, columns)
        show_minibatch(run, first_minibatch(self.train, settings), columns)
        self.draw_surface()

    def batches(self) -> Iterator[Table]:
        """One epoch of minibatches."""
        return minibatches(self.train, self.batch_size, self.order)

    def learn(self, X: Tensor, y: Tensor) -> float:
        """One update from one minibatch; returns the mean loss over it, before the update."""
        return descend((self.W, self.b), self.loss.value(self.logits(X), y), lr=self.lr.value)

    def measure(self) -> dict[str, float]:
        """Over all the training data: the loss in use."""
        with torch.no_grad():
            return {"loss": self.loss.value(self.logits(self.train.X), self.train.y).mean().item()}

    def results(self) -> dict[str, Mapping[str, float]]:
        """At the end of an epoch: accuracy on the data trained on and on data never seen."""
        self.draw_regions()
        return {
            "train": {"accuracy": self.accuracy(self.train)},
            "test": {"accuracy": self.accuracy(self.test)},
        }

    def summary(self) -> dict[str, Scalar]:
        """Where it ended."""
        return {
            "train accuracy": self.accuracy(self.train),
            "test accuracy": self.accuracy(self.test),
        }

    def logits(self, X: Tensor) -> Tensor:
        """Scores of shape (n, classes)."""
        return X @ self.W + self.b

    def accuracy(self, table: Table) -> float:
        """Share of the samples whose largest score is their label's."""
        with torch.no_grad():
            return (self.logits(table.X).argmax(dim=1) == table.y).double().mean().item()

    def draw_surface(self) -> None:
        """The cross-entropy over two random directions from its minimum, and where the path is above that plane."""
        columns = torch.cat([self.train.X, torch.ones_like(self.train.X[:, :1])], dim=1)
        center = minimum(columns, self.train.y)
        plane = Directions(center, self.stream)
        self.run.log(dict.fromkeys(Directions.names, 0.0), split="minimum")

        def place() -> Place:
            return plane.place(torch.cat([self.W.detach(), self.b.detach().reshape(1, -1)]))

        surface = Surface(
            self.run,
            Plane(columns @ center, columns @ plane.first, columns @ plane.second, self.train.y),
            cross_entropy,
            place,
            axes=Directions.names,
            low=(-1.5, -1.5),
            high=(1.5, 1.5),
            text="cross-entropy on the training data around its minimum, along two random directions",
        )

        def say_place() -> None:
            self.run.log(dict(zip(Directions.names, place(), strict=True)), split="position")

        self.after_step += [say_place, surface.follow]

    def draw_regions(self) -> None:
        """Keep a picture of which class is predicted where, from the upper left, a byte a cell."""
        rows, columns = PICTURE
        device = self.W.device
        x = torch.linspace(-EXTENT, EXTENT, columns, device=device).repeat(rows)
        y = torch.linspace(EXTENT, -EXTENT, rows, device=device).repeat_interleave(columns)
        with torch.no_grad():
            regions = self.logits(torch.stack([x, y], dim=1)).argmax(dim=1)
        self.run.picture(
            "decision regions",
            PICTURE,
            "uint8",
            bytes(regions.tolist()),
            shows="regions",
            axes=("x[1]", "x[0]"),
            low=(EXTENT, -EXTENT),
            high=(-EXTENT, EXTENT),
            text="which class is predicted where",
        )


def minimum(columns: Tensor, labels: Tensor) -> Tensor:
    """Where the mean cross-entropy of softmax(`columns` @ W) is smallest, of shape (columns, classes).

    By descent on all the data at once, with the closed form of the gradient: Xᵀ(p − onehot) / n.
    """
    truth = torch.nn.functional.one_hot(labels, len(CENTERS)).to(columns.dtype)
    at = torch.zeros(columns.shape[1], len(CENTERS), device=columns.device)
    for _ in range(500):
        at -= columns.T @ (softmax(columns @ at) - truth) / len(labels)
    return at


build = SoftmaxBlobs
