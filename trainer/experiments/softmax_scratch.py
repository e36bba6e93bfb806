"""Softmax regression on Fashion-MNIST from scratch: own softmax, cross-entropy and descent."""

import torch
from torch import Tensor

from lintui.run import Run
from trainer.catalog import CLASSIFICATION_LOSSES, Settings
from trainer.classifier import LOOK_EVERY, PIXELS, FashionClassifier
from trainer.descent import descend
from trainer.fashion import CLASSES
from trainer.loss_names import WORDS
from trainer.losses import LOSSES


class SoftmaxScratch(FashionClassifier):
    """A weight for each pixel and class and a bias for each class, trained by hand-written descent."""

    def __init__(self, settings: Settings) -> None:
        """Make the weights at the start."""
        super().__init__(settings)
        self.W = self.first_weights(settings).requires_grad_()
        self.b = torch.zeros(len(CLASSES), device=settings.device, requires_grad=True)

    def begin(self, run: Run, settings: Settings) -> None:
        """Say what can be watched and steered, and get the data; raises BadData and Stopped."""
        self.lr = run.tune("lr", settings.lr, label="learning rate", low=0.0)
        self.loss = run.choose(
            "loss", {name: LOSSES[name] for name in CLASSIFICATION_LOSSES}, settings.loss, words=WORDS
        )
        run.watch({"W": self.W, "b": self.b}, every=LOOK_EVERY)
        super().begin(run, settings)

    def logits(self, X: Tensor) -> Tensor:
        """Scores of shape (n, classes) for images of shape (n, 28, 28)."""
        return X.reshape(-1, PIXELS) @ self.W + self.b

    def weights(self) -> Tensor:
        """A weight for each pixel and class and, as the last row, the biases, of shape (pixels + 1, classes)."""
        return torch.cat([self.W.detach(), self.b.detach().reshape(1, -1)])

    def learn(self, X: Tensor, y: Tensor) -> float:
        """One update from one minibatch; returns the mean loss over it, before the update."""
        return descend((self.W, self.b), self.loss.value(self.logits(X), y), lr=self.lr.value)


build = SoftmaxScratch
