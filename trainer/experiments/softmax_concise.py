"""Softmax regression on Fashion-MNIST from library parts: nn.Flatten, nn.Linear, cross-entropy and torch.optim."""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from lintui.run import Run
from trainer.catalog import Settings
from trainer.classifier import LOOK_EVERY, PIXELS, FashionClassifier
from trainer.fashion import CLASSES
from trainer.loss_names import WORDS
from trainer.losses import Loss
from trainer.optimizers import OPTIMIZERS


def _squared_error(logits: Tensor, labels: Tensor) -> Tensor:
    truth = one_hot(labels, logits.shape[1])
    return (logits.softmax(dim=1) - truth).square().sum(dim=1).mean()


CRITERIA: dict[str, Loss] = {"cross-entropy": nn.CrossEntropyLoss(), "squared-error": _squared_error}


class SoftmaxConcise(FashionClassifier):
    """The model of `softmax-scratch`, as it is written with the library."""

    def __init__(self, settings: Settings) -> None:
        """Make the model, with the same weights at the start, and its optimizer."""
        super().__init__(settings)
        self.linear = nn.Linear(PIXELS, len(CLASSES), device=settings.device)
        with torch.no_grad():
            self.linear.weight.copy_(self.first_weights(settings).T)
            self.linear.bias.zero_()
        self.model = nn.Sequential(OrderedDict(flatten=nn.Flatten(), linear=self.linear))
        self.optimizer = OPTIMIZERS[settings.optimizer](self.model.parameters(), lr=settings.lr)

    def begin(self, run: Run, settings: Settings) -> None:
        """Say what can be watched and steered, and get the data; raises BadData and Stopped."""
        run.watch(self.model, self.optimizer, every=LOOK_EVERY)
        self.loss = run.choose("loss", CRITERIA, settings.loss, words=WORDS)
        super().begin(run, settings)

    def logits(self, X: Tensor) -> Tensor:
        """Scores of shape (n, classes) for images of shape (n, 28, 28)."""
        scores: Tensor = self.model(X)
        return scores

    def weights(self) -> Tensor:
        """A weight for each pixel and class and, as the last row, the biases, of shape (pixels + 1, classes)."""
        return torch.cat([self.linear.weight.detach().T, self.linear.bias.detach().reshape(1, -1)])

    def learn(self, X: Tensor, y: Tensor) -> float:
        """One update from one minibatch; returns the mean loss over it, before the update."""
        loss = self.loss.value(self.logits(X), y)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.item()


build = SoftmaxConcise
