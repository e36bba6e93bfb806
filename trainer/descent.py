"""Minibatch stochastic gradient descent written out by hand, without torch.optim."""

from collections.abc import Sequence

import torch
from torch import Tensor


def descend(parameters: Sequence[Tensor], losses: Tensor, *, lr: float) -> float:
    """One update, in place: p ← p − lr·grad, where grad is that of the mean of `losses`, one a sample.

    Returns that mean, which is from before the update.
    """
    for p in parameters:
        p.grad = None
    # Autograd fills in the gradients, each sample weighing as much as the others: of the sum, over their number.
    losses.backward(torch.full_like(losses, 1 / len(losses)))  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for p in parameters:
            assert p.grad is not None
            # Step against them.
            p -= lr * p.grad  # noqa: PLW2901 - changed in place, which is the point
        return losses.mean().item()
