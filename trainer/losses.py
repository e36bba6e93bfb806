"""Losses as plain functions of predictions and truth, one number a sample, without library parts.

Each takes predictions of shape (n, 1) and targets of shape (n, 1) and returns shape (n, 1), or logits of shape
(n, classes) and labels of shape (n,) and returns shape (n,).
"""

from collections.abc import Callable

import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]


def half_squared(predicted: Tensor, true: Tensor) -> Tensor:
    """½(ŷ − y)²: its gradient is the error itself."""
    error = predicted - true
    return error * error / 2


def mse(predicted: Tensor, true: Tensor) -> Tensor:
    """(ŷ − y)²: twice half-squared, and so twice its gradient."""
    error = predicted - true
    return error * error


def l1(predicted: Tensor, true: Tensor) -> Tensor:
    """|ŷ − y|: its gradient has the same size however small the error."""
    return (predicted - true).abs()


def huber(predicted: Tensor, true: Tensor) -> Tensor:
    """½(ŷ − y)² within 1, |ŷ − y| − ½ beyond (Huber 1964): the first near the truth, L1 far from it."""
    error = (predicted - true).abs()
    return torch.where(error <= 1, error**2 / 2, error - 0.5)


def softmax(logits: Tensor) -> Tensor:
    """Probabilities of shape (n, classes); the largest logit is subtracted first, so that exp can't overflow."""
    powers = (logits - logits.max(dim=1, keepdim=True).values).exp()
    return powers / powers.sum(dim=1, keepdim=True)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """−log of the probability that is given to the label, in nats, by way of log-sum-exp."""
    shifted = logits - logits.max(dim=1, keepdim=True).values
    own = shifted[torch.arange(len(labels), device=labels.device), labels]
    return shifted.exp().sum(dim=1).log() - own


def squared_error(logits: Tensor, labels: Tensor) -> Tensor:
    """Σ(p − onehot)² over the classes (Brier 1950): its gradient fades where the model is surely wrong."""
    truth = torch.nn.functional.one_hot(labels, logits.shape[1])
    return ((softmax(logits) - truth) ** 2).sum(dim=1)


LOSSES: dict[str, Loss] = {
    "half-squared": half_squared,
    "mse": mse,
    "l1": l1,
    "huber": huber,
    "cross-entropy": cross_entropy,
    "squared-error": squared_error,
}
