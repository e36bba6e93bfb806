"""What the two softmax regressions on Fashion-MNIST share: data, measurements, pictures; not how they learn."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from lintui.events import Scalar
from lintui.knobs import Choice
from lintui.run import Run
from trainer import fashion
from trainer.around import Around
from trainer.catalog import Settings, steps
from trainer.data import Table, generator, minibatches
from trainer.losses import Loss
from trainer.meanwhile import meanwhile
from trainer.pictures import keep_confusion, keep_examples, keep_minibatch, keep_weights
from trainer.preview import first_minibatch

PIXELS = fashion.SIDE**2
LOOK_EVERY = 10
"""Steps between two looks at the weights."""
_PART = 10_000
"""Images that are looked at before keys are answered again: a few milliseconds."""


class FashionClassifier(ABC):
    """Sorts images of clothes by a score for each class; how it scores and learns is up to the class below it."""

    loss: Choice[Loss]
    """The loss in use, of each sample or as their mean."""
    measure_every: int
    """Steps of an epoch: to look at all the data takes as long as many steps."""

    def __init__(self, settings: Settings) -> None:
        """Without data, which may have to be fetched first."""
        self.order = generator(settings.seed, "order")
        self.stream = generator(settings.seed, "weights")
        self.after_step: list[Callable[[], None]] = []
        self.batch_size = settings.batch_size

    @abstractmethod
    def logits(self, X: Tensor) -> Tensor:
        """Scores of shape (n, classes) for images of shape (n, 28, 28)."""

    @abstractmethod
    def weights(self) -> Tensor:
        """A weight for each pixel and class and, as the last row, the biases, of shape (pixels + 1, classes)."""

    @abstractmethod
    def learn(self, X: Tensor, y: Tensor) -> float:
        """One update from one minibatch; returns the mean loss over it, before the update."""

    def first_weights(self, settings: Settings) -> Tensor:
        """Weights at the start, ~ N(0, 0.01²), of shape (pixels, classes)."""
        return (0.01 * torch.randn(PIXELS, len(fashion.CLASSES), generator=self.stream)).to(settings.device)

    def begin(self, run: Run, settings: Settings) -> None:
        """Get the data, from the folder or the cache or the network; raises BadData and Stopped."""
        self.run = run
        self.train, self.test = meanwhile(run, lambda tell: _get(settings, tell))
        self.measure_every = steps(len(self.train.y), settings) // settings.epochs
        keep_minibatch(run, *first_minibatch(self.train, settings), fashion.CLASSES)
        run.plan(steps=steps(len(self.train.y), settings), epochs=settings.epochs)
        self.around = Around(run, self.train, self.stream)
        self.after_step.append(self.say_place)

    def batches(self) -> Iterator[Table]:
        """One epoch of minibatches."""
        return minibatches(self.train, self.batch_size, self.order)

    def measure(self) -> dict[str, float]:
        """Over all the training data: the loss in use and the accuracy."""
        scores = self.scores(self.train.X)
        # Asked for last: while the images were looked at, another one may have been chosen.
        loss = self.loss.value(scores, self.train.y).mean().item()
        return {"loss": loss, "accuracy": _accuracy(scores, self.train.y)}

    def results(self) -> dict[str, Mapping[str, float]]:
        """At the end of an epoch: accuracy on images never seen, and pictures of what was learnt."""
        scores = self.scores(self.test.X)
        predicted = scores.argmax(dim=1)
        keep_confusion(self.run, self.test.y, predicted, fashion.CLASSES)
        keep_weights(self.run, self.weights()[:-1].T.reshape(-1, fashion.SIDE, fashion.SIDE), fashion.CLASSES)
        keep_examples(self.run, self.test.X, self.test.y, predicted, fashion.CLASSES)
        # Before the first step there are no directions yet: they are measured by weights that have learnt something.
        if self.run.at:
            self.around.draw(self.weights())
        return {"test": {"accuracy": _accuracy(scores, self.test.y)}}

    def say_place(self) -> None:
        """Record now and then where the weights are on the loss surface."""
        if self.run.at % LOOK_EVERY == 0:
            self.around.say_place(self.weights())

    def summary(self) -> dict[str, Scalar]:
        """Where it ended; nothing where it was stopped before the data came."""
        parts = {"train": self.train, "test": self.test} if hasattr(self, "train") else {}
        return {f"{name} accuracy": _accuracy(self.scores(table.X), table.y) for name, table in parts.items()}

    def scores(self, X: Tensor) -> Tensor:
        """Logits of shape (n, classes) for any number of images."""
        found: list[Tensor] = []
        with torch.no_grad():
            for part in torch.split(X, _PART):
                if found:
                    # Keys are answered meanwhile. That is safe: no command changes a weight.
                    self.run.answer()
                found.append(self.logits(part))
        return torch.cat(found)


def _get(settings: Settings, tell: fashion.Tell) -> list[Table]:
    """Both parts on the device, where all of it stays: images as numbers from 0 to 1, labels as indices."""
    parts = [table.to(settings.device) for table in fashion.load(settings.data, tell)]
    return [Table(X.float().div_(255), y.long()) for X, y in parts]


def _accuracy(scores: Tensor, labels: Tensor) -> float:
    """Share of the samples whose largest score is their label's."""
    return (scores.argmax(dim=1) == labels).double().mean().item()
