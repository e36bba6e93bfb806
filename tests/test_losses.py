"""Specifies each loss and its gradient, against torch.nn.functional and closed forms in double precision."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from trainer.catalog import CATALOG, CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from trainer.experiments.linreg_concise import CRITERIA
from trainer.losses import LOSSES, cross_entropy, half_squared, huber, l1, mse, softmax, squared_error

LARGE = 1e4
numbers = st.floats(-LARGE, LARGE, width=32)
REFERENCE = {
    "half-squared": lambda p, y: functional.mse_loss(p, y, reduction="none") / 2,
    "mse": lambda p, y: functional.mse_loss(p, y, reduction="none"),
    "l1": lambda p, y: functional.l1_loss(p, y, reduction="none"),
    "huber": lambda p, y: functional.huber_loss(p, y, reduction="none", delta=1.0),
}
SLOPES = {
    "half-squared": lambda e: e,
    "mse": lambda e: 2 * e,
    "l1": np.sign,
    "huber": lambda e: np.clip(e, -1, 1),
}


@st.composite
def regressions(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Predictions and targets, each of shape (n, 1)."""
    pairs = draw(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20))
    # Of two random numbers, hardly any lie close together, where Huber's loss has its bend.
    near = draw(st.lists(st.tuples(numbers, st.floats(-2, 2, width=32)), max_size=10))
    pairs += [(float(np.float32(y + off)), y) for y, off in near]
    predicted, true = torch.tensor(pairs, dtype=torch.float32).split(1, dim=1)
    return predicted.contiguous(), true.contiguous()


@st.composite
def classifications(draw: st.DrawFn, largest: float = LARGE) -> tuple[Tensor, Tensor]:
    """Logits of shape (n, classes) and labels of shape (n,)."""
    n, classes = draw(st.integers(1, 10)), draw(st.integers(2, 10))
    scale = draw(st.sampled_from([1.0, 30.0, largest]))
    row = st.lists(st.floats(-scale, scale, width=32), min_size=classes, max_size=classes)
    logits = draw(st.lists(row, min_size=n, max_size=n))
    labels = draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n))
    return torch.tensor(logits, dtype=torch.float32), torch.tensor(labels)


def gradient(loss: Tensor, by: Tensor) -> Tensor:
    (found,) = torch.autograd.grad(loss.sum(), by)
    return found


def onehot(labels: Tensor, classes: int) -> Tensor:
    return torch.eye(classes, dtype=torch.double)[labels]


def test_every_loss_of_the_catalogue_is_there_and_no_other() -> None:
    assert set(LOSSES) == {loss for entry in CATALOG for loss in entry.losses}
    assert set(LOSSES) == {*REGRESSION_LOSSES, *CLASSIFICATION_LOSSES}
    assert set(CRITERIA) == set(REGRESSION_LOSSES)


@pytest.mark.parametrize("name", REGRESSION_LOSSES)
@given(data=regressions())
def test_a_loss_of_a_number_is_the_librarys_one_number_a_sample(name: str, data: tuple[Tensor, Tensor]) -> None:
    predicted, true = data
    losses = LOSSES[name](predicted, true)
    assert losses.shape == predicted.shape
    wanted = REFERENCE[name](predicted.double(), true.double())
    torch.testing.assert_close(losses.double(), wanted, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", REGRESSION_LOSSES)
@given(data=regressions())
def test_the_gradient_of_a_loss_of_a_number_is_the_closed_form(name: str, data: tuple[Tensor, Tensor]) -> None:
    predicted, true = data
    found = gradient(LOSSES[name](predicted.requires_grad_(), true), predicted)
    error = predicted.detach().double().numpy() - true.double().numpy()
    np.testing.assert_allclose(found.numpy(), SLOPES[name](error), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", REGRESSION_LOSSES)
@given(data=regressions())
def test_the_librarys_part_is_the_mean_of_the_loss_by_hand(name: str, data: tuple[Tensor, Tensor]) -> None:
    by_hand = LOSSES[name](*data).double().mean()
    torch.testing.assert_close(CRITERIA[name](*data).double(), by_hand, rtol=1e-5, atol=1e-6)


@given(data=regressions())
def test_the_squared_error_is_twice_its_half(data: tuple[Tensor, Tensor]) -> None:
    torch.testing.assert_close(mse(*data), 2 * half_squared(*data), rtol=1e-6, atol=1e-37)


@given(error=st.floats(2**-20, LARGE, width=32), sign=st.sampled_from([-1.0, 1.0]))
def test_the_gradient_of_half_squared_is_the_error_and_that_of_l1_has_always_the_same_size(
    error: float, sign: float
) -> None:
    predicted, true = torch.tensor([[sign * error]], requires_grad=True), torch.zeros(1, 1)
    assert gradient(half_squared(predicted, true), predicted).item() == sign * error
    assert gradient(l1(predicted, true), predicted).item() == sign


@given(error=st.floats(-LARGE, LARGE, width=32))
def test_huber_is_half_squared_near_the_truth_and_l1_less_a_half_far_from_it(error: float) -> None:
    predicted, true = torch.tensor([[error]], requires_grad=True), torch.zeros(1, 1)
    like = half_squared if abs(error) <= 1 else l1
    less = 0.0 if abs(error) <= 1 else 0.5
    assert huber(predicted, true).item() == like(predicted, true).item() - less
    wanted = gradient(like(predicted, true), predicted)
    # Numbers too small to be held with all their digits are rounded in another order.
    torch.testing.assert_close(gradient(huber(predicted, true), predicted), wanted, rtol=0, atol=1e-37)


@given(data=classifications())
def test_softmax_gives_probabilities_also_for_large_logits(data: tuple[Tensor, Tensor]) -> None:
    logits, _ = data
    probabilities = softmax(logits)
    assert torch.isfinite(probabilities).all()
    torch.testing.assert_close(
        probabilities.double(), functional.softmax(logits.double(), dim=1), rtol=1e-4, atol=1e-7
    )
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(len(logits)))


@given(data=classifications())
def test_cross_entropy_is_the_librarys_also_for_large_logits(data: tuple[Tensor, Tensor]) -> None:
    logits, labels = data
    losses = cross_entropy(logits, labels)
    assert losses.shape == labels.shape
    assert torch.isfinite(losses).all()
    assert (losses >= 0).all()
    wanted = functional.cross_entropy(logits.double(), labels, reduction="none")
    torch.testing.assert_close(losses.double(), wanted, rtol=1e-6, atol=1e-6)


@given(data=classifications())
def test_the_gradient_of_cross_entropy_is_probability_less_truth(data: tuple[Tensor, Tensor]) -> None:
    logits, labels = data
    found = gradient(cross_entropy(logits.requires_grad_(), labels), logits)
    wanted = functional.softmax(logits.detach().double(), dim=1) - onehot(labels, logits.shape[1])
    torch.testing.assert_close(found.double(), wanted, rtol=1e-4, atol=1e-6)


@given(data=classifications())
def test_squared_error_is_the_distance_of_the_probabilities_from_the_truth(data: tuple[Tensor, Tensor]) -> None:
    logits, labels = data
    losses = squared_error(logits, labels)
    assert losses.shape == labels.shape
    off = functional.softmax(logits.double(), dim=1) - onehot(labels, logits.shape[1])
    torch.testing.assert_close(losses.double(), (off**2).sum(dim=1), rtol=1e-4, atol=1e-6)


@given(data=classifications())
def test_squared_error_lies_between_0_and_2(data: tuple[Tensor, Tensor]) -> None:
    losses = squared_error(*data)
    assert (losses >= 0).all()
    assert (losses <= 2).all()


@given(data=classifications())
def test_the_gradient_of_squared_error_is_the_closed_form(data: tuple[Tensor, Tensor]) -> None:
    logits, labels = data
    found = gradient(squared_error(logits.requires_grad_(), labels), logits)
    p = functional.softmax(logits.detach().double(), dim=1)
    off = p - onehot(labels, logits.shape[1])
    wanted = 2 * p * (off - (off * p).sum(dim=1, keepdim=True))
    torch.testing.assert_close(found.double(), wanted, rtol=1e-4, atol=1e-6)


@given(sure=st.floats(20, LARGE, width=32), classes=st.integers(2, 10))
def test_where_the_model_is_surely_wrong_squared_error_hardly_pulls_and_cross_entropy_pulls_fully(
    sure: float, classes: int
) -> None:
    logits = torch.zeros(1, classes)
    logits[0, 0] = sure
    logits.requires_grad_()
    wrong = torch.tensor([1])
    assert gradient(squared_error(logits, wrong), logits).abs().max() < 1e-6
    assert gradient(cross_entropy(logits, wrong), logits).abs().max() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", REGRESSION_LOSSES)
@pytest.mark.parametrize("seed", range(3))
def test_the_slopes_of_numbers_agree_with_differences(name: str, seed: int) -> None:
    # Away from the kinks at 0 and 1, where there is no slope to agree with.
    error = torch.cat([torch.linspace(-3, -1.1, 7), torch.linspace(-0.9, -0.1, 7), torch.linspace(0.1, 0.9, 7)])
    true = torch.randn(21, 1, dtype=torch.double, generator=torch.Generator().manual_seed(seed))
    predicted = (true + error.double().reshape(-1, 1)).requires_grad_()
    assert torch.autograd.gradcheck(lambda p: LOSSES[name](p, true), predicted)


@pytest.mark.parametrize("name", CLASSIFICATION_LOSSES)
@pytest.mark.parametrize("seed", range(3))
def test_the_slopes_of_logits_agree_with_differences(name: str, seed: int) -> None:
    stream = torch.Generator().manual_seed(seed)
    logits = torch.randn(6, 4, dtype=torch.double, generator=stream).requires_grad_()
    labels = torch.randint(4, (6,), generator=stream)
    assert torch.autograd.gradcheck(lambda z: LOSSES[name](z, labels), logits)


@pytest.mark.parametrize("name", CLASSIFICATION_LOSSES)
@given(data=classifications(largest=30.0), shift=st.floats(-100, 100, width=32))
def test_adding_the_same_to_every_logit_changes_nothing(name: str, data: tuple[Tensor, Tensor], shift: float) -> None:
    logits, labels = data
    plain = LOSSES[name](logits.double(), labels)
    torch.testing.assert_close(LOSSES[name](logits.double() + shift, labels), plain, rtol=1e-9, atol=1e-9)
