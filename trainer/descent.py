"""Minibatch stochastic gradient descent written out by hand, without torch.optim."""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor


def descend(parameters: Sequence[Tensor], losses: Tensor, *, lr: float) -> float:
    """One update, in place: p ← p − lr·grad, where grad is that of the mean of `losses`, one a sample.

    Returns that mean, which is from before the update.
    """
    for p in parameters:
        p.grad = None
    # Autograd fills in the gradients, each sample weighing as much as the others.
    losses.backward(_equal_weights(losses.shape, losses.dtype, losses.device))  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for p in parameters:
            gradient = p.grad
            assert gradient is not None
            # Step against it.
            p -= lr * gradient  # noqa: PLW2901 - changed in place, which is the point
        return losses.mean().item()


@lru_cache(maxsize=4)
def _equal_weights(shape: torch.Size, dtype: torch.dtype, device: torch.device) -> Tensor:
    """For each sample its share of the mean; the same in nearly every step, and to be changed by nobody."""
    return torch.full(shape, 1 / shape[0], dtype=dtype, device=device)
