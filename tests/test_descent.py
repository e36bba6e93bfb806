"""Specifies one step of descent written by hand, against torch.optim.SGD on the mean loss and against NumPy."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from trainer.descent import descend

RATES = st.floats(0, 10, width=32)
SEEDS = st.integers(0, 2**31)


def problem(seed: int, samples: int = 7) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Inputs, targets, weights and a bias."""
    stream = torch.Generator().manual_seed(seed)
    X, y = torch.randn(samples, 3, generator=stream), torch.randn(samples, 2, generator=stream)
    w, b = torch.randn(3, 2, generator=stream), torch.randn(2, generator=stream)
    return X, y, w.requires_grad_(), b.requires_grad_()


@given(seed=SEEDS, lr=RATES, samples=st.integers(1, 30))
def test_a_step_is_that_of_the_library_on_the_mean_loss(seed: int, lr: float, samples: int) -> None:
    X, y, w, b = problem(seed, samples)
    descend([w, b], ((X @ w + b - y) ** 2).sum(dim=1), lr=lr)

    X, y, *theirs = problem(seed, samples)
    optimizer = torch.optim.SGD(theirs, lr=lr)
    (((X @ theirs[0] + theirs[1] - y) ** 2).sum() / samples).backward()
    optimizer.step()
    for mine, other in zip((w, b), theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-4)
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-5, atol=1e-5)


@given(seed=SEEDS, lr=RATES, samples=st.integers(1, 30))
def test_a_step_goes_against_the_mean_gradient_times_the_rate(seed: int, lr: float, samples: int) -> None:
    X, y, w, b = problem(seed, samples)
    before = [p.detach().double().numpy().copy() for p in (w, b)]
    descend([w, b], ((X @ w + b - y) ** 2).sum(dim=1) / 2, lr=lr)
    error = X.double().numpy() @ before[0] + before[1] - y.double().numpy()
    slopes = (X.double().numpy().T @ error / samples, error.mean(axis=0))
    for p, old, slope in zip((w, b), before, slopes, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), old - lr * slope, rtol=1e-4, atol=1e-4)


@given(seed=SEEDS, lr=st.floats(2**-20, 1, width=32))
def test_after_is_before_less_rate_times_gradient_bit_for_bit(seed: int, lr: float) -> None:
    X, y, w, b = problem(seed)
    before = w.detach().clone()
    descend([w, b], ((X @ w + b - y) ** 2).sum(dim=1), lr=lr)
    assert w.grad is not None
    assert torch.equal(w.detach(), before - lr * w.grad)


def test_gradients_of_earlier_steps_are_not_added_up() -> None:
    found = []
    for stale in (None, 1e6):
        X, y, w, b = problem(0)
        w.grad = None if stale is None else torch.full_like(w, stale)
        descend([w, b], ((X @ w + b - y) ** 2).sum(dim=1), lr=0.1)
        found.append(w.detach().clone())
    assert torch.equal(*found)


def test_a_rate_of_nothing_changes_no_bit_and_still_tells_the_gradient() -> None:
    X, y, w, b = problem(0)
    before = w.detach().clone()
    descend([w, b], ((X @ w + b - y) ** 2).sum(dim=1), lr=0.0)
    assert torch.equal(w.detach(), before)
    assert w.grad is not None
    assert w.grad.abs().max() > 0


def test_parameters_are_changed_in_place_and_can_be_learnt_again() -> None:
    X, y, w, b = problem(0)
    places = [p.data_ptr() for p in (w, b)]
    losses = []
    for _ in range(200):
        losses.append(len(y) * descend([w, b], ((X @ w + b - y) ** 2).sum(dim=1), lr=0.1))
    assert [p.data_ptr() for p in (w, b)] == places
    assert all(p.requires_grad and p.is_leaf for p in (w, b))
    A = np.hstack([X.numpy(), np.ones((len(X), 1))]).astype(float)
    fit = np.linalg.lstsq(A, y.numpy().astype(float), rcond=None)[0]
    floor = ((A @ fit - y.numpy()) ** 2).sum()
    assert losses[0] > losses[-1] >= floor * (1 - 1e-5)
    assert losses[-1] == pytest.approx(floor, rel=0.05)


def test_what_is_returned_is_the_mean_loss_before_the_step() -> None:
    X, y, w, b = problem(0)
    losses = ((X @ w + b - y) ** 2).sum(dim=1)
    assert descend([w, b], losses, lr=0.1) == losses.mean().item()


def test_what_is_not_named_stays_as_it_is() -> None:
    X, y, w, b = problem(0)
    before = b.detach().clone()
    descend([w], ((X @ w + b - y) ** 2).sum(dim=1), lr=0.1)
    assert torch.equal(b.detach(), before)
