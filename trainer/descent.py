"""Minibatch stochastic gradient descent written out by hand, without torch.optim."""

from collections.abc import Iterable

import torch
from torch import Tensor


def descend(parameters: Iterable[Tensor], summed_loss: Tensor, *, lr: float, samples: int) -> None:
    """One update, in place: p ← p − lr·grad, where grad is that of the mean of `summed_loss` over `samples`."""
    parameters = list(parameters)
    for p in parameters:
        p.grad = None
    # Autograd fills in the gradient of the sum ...
    summed_loss.backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for p in parameters:
            assert p.grad is not None
            # ... which, divided by the number of samples, is that of the mean: step against it.
            p.grad /= samples
            p -= lr * p.grad  # noqa: PLW2901 - changed in place, which is the point
