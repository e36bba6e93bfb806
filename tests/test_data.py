"""Specifies the synthetic data sets, their minibatches, their random streams and their exact solutions."""

from collections import Counter
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from runs import settings, weights

from trainer.catalog import CATALOG, find
from trainer.data import Table, clouds, generator, least_squares, linear, minibatches

PURPOSES = ("data", "weights", "order")
SEEDS = range(10)
W = torch.tensor([[2.0], [-3.4]])
CENTERS = torch.tensor([[0.0, 5.0], [-5.0, -3.0], [5.0, -3.0]])


def numbered(n: int) -> Table:
    """A table in which every sample can be told apart, and its label tells which it is."""
    return Table(torch.arange(n, dtype=torch.float32).reshape(-1, 1) * 10, torch.arange(n))


# Random streams


def draws(seed: int, purpose: str) -> tuple[float, ...]:
    return tuple(torch.randn(4, generator=generator(seed, purpose)).tolist())


def test_streams_of_different_purposes_and_seeds_do_not_coincide() -> None:
    every = [draws(seed, purpose) for seed in range(500) for purpose in PURPOSES]
    assert len(set(every)) == len(every)


@given(one=st.integers(0, 10**9), other=st.integers(0, 10**9), first=st.sampled_from(PURPOSES), second=st.data())
def test_two_streams_are_the_same_only_for_the_same_seed_and_purpose(
    one: int, other: int, first: str, second: Any
) -> None:
    purpose = second.draw(st.sampled_from(PURPOSES))
    assert (draws(one, first) == draws(other, purpose)) == ((one, first) == (other, purpose))


def test_a_stream_leaves_the_common_one_alone() -> None:
    torch.manual_seed(3)
    wanted = torch.randn(3)
    torch.manual_seed(3)
    draws(1, "data")
    assert torch.equal(torch.randn(3), wanted)


# Minibatches


@given(n=st.integers(1, 200), size=st.integers(1, 250), seed=st.integers(0, 2**31))
def test_minibatches_give_every_sample_exactly_once_an_epoch(n: int, size: int, seed: int) -> None:
    order = torch.Generator().manual_seed(seed)
    for _ in range(2):
        labels = torch.cat([y for _, y in minibatches(numbered(n), size, order)])
        assert Counter(labels.tolist()) == Counter(range(n))


@given(n=st.integers(1, 200), size=st.integers(1, 250))
def test_only_the_last_minibatch_may_be_smaller(n: int, size: int) -> None:
    lengths = [len(y) for _, y in minibatches(numbered(n), size, torch.Generator())]
    assert lengths == [size] * (n // size) + ([n % size] if n % size else [])


@given(n=st.integers(1, 200), size=st.integers(1, 50))
def test_inputs_stay_with_their_labels(n: int, size: int) -> None:
    for X, y in minibatches(numbered(n), size, torch.Generator()):
        assert torch.equal(X.reshape(-1), 10.0 * y)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_epoch_has_another_order_and_the_same_seed_the_same_orders(seed: int) -> None:
    def orders() -> list[tuple[int, ...]]:
        stream = generator(seed, "order")
        return [tuple(torch.cat([y for _, y in minibatches(numbered(100), 10, stream)]).tolist()) for _ in range(5)]

    epochs = orders()
    assert len({*epochs, tuple(range(100))}) == 6
    assert orders() == epochs


def test_a_shuffle_favours_no_place() -> None:
    stream = torch.Generator().manual_seed(0)
    firsts = Counter(next(iter(minibatches(numbered(5), 1, stream))).y.item() for _ in range(5_000))
    # 1,000 each, give or take six standard deviations.
    assert all(abs(firsts[label] - 1_000) < 6 * np.sqrt(5_000 * 0.2 * 0.8) for label in range(5))


# Data sets


@pytest.mark.parametrize("seed", SEEDS)
def test_a_linear_data_set_has_standard_normal_inputs_and_noise_of_the_size_that_was_asked_for(seed: int) -> None:
    n, noise = 10_000, 0.1
    table = linear(W, 4.2, samples=n, noise=noise, seed=seed)
    X, y = (part.numpy().astype(float) for part in table)
    assert (X.shape, y.shape) == ((n, 2), (n, 1))
    rest = y - X @ W.numpy() - 4.2
    # Six standard errors of each estimate.
    assert abs(X.mean(axis=0)).max() < 6 / np.sqrt(n)
    assert abs(X.std(axis=0) - 1).max() < 6 / np.sqrt(2 * n)
    assert abs(rest.mean()) < 6 * noise / np.sqrt(n)
    assert abs(rest.std() / noise - 1) < 6 / np.sqrt(2 * n)
    assert abs(np.corrcoef(np.hstack([X, rest]).T) - np.eye(3)).max() < 6 / np.sqrt(n)


def test_without_noise_the_line_is_exact() -> None:
    X, y = linear(W, 4.2, samples=100, noise=0.0, seed=1)
    np.testing.assert_allclose(y.numpy(), X.numpy() @ W.numpy() + 4.2, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_clouds_lie_around_their_centers_and_are_equally_likely(seed: int) -> None:
    n, spread = 9_000, 0.9
    X, y = (part.numpy() for part in clouds(CENTERS, samples=n, spread=spread, seed=seed))
    assert (X.shape, y.shape) == ((n, 2), (n,))
    assert set(y.tolist()) == {0, 1, 2}
    for label, center in enumerate(CENTERS.numpy()):
        cloud = X[y == label]
        assert abs(len(cloud) - n / 3) < 6 * np.sqrt(n * 2 / 9)
        assert abs(cloud.mean(axis=0) - center).max() < 6 * spread / np.sqrt(len(cloud))
        assert abs(cloud.std(axis=0) / spread - 1).max() < 6 / np.sqrt(2 * len(cloud))


@pytest.mark.parametrize("make", [lambda seed: linear(W, 4.2, samples=50, noise=0.1, seed=seed)], ids=["linear"])
def test_a_data_set_is_a_function_of_its_seed(make: Any) -> None:
    for seed in SEEDS:
        assert all(torch.equal(a, b) for a, b in zip(make(seed), make(seed), strict=True))
        assert not torch.equal(make(seed).X, make(seed + 1).X)


@pytest.mark.parametrize("id", [entry.id for entry in CATALOG if not {"data", "csv"} & {*entry.options}])
def test_the_same_seed_gives_the_same_data_and_weights_whatever_else_is_set(id: str) -> None:
    build = import_module(f"trainer.experiments.{find(id).module}").build
    plain = build(settings(id, seed=4))
    for changes in ({"batch_size": 7}, {"lr": 9.0}, {"epochs": 99}, {"loss": find(id).losses[-1]}):
        other = build(settings(id, seed=4, **changes))
        assert all(torch.equal(a, b) for a, b in zip(samples(plain), samples(other), strict=True)), changes
        assert all(np.array_equal(a, b) for a, b in zip(weights(plain), weights(other), strict=True)), changes
    if find(id).samples == 4:
        return  # its four points and where it starts are always the same
    another = build(settings(id, seed=5))
    assert not torch.equal(samples(plain)[0], samples(another)[0])
    assert not np.array_equal(weights(plain)[0], weights(another)[0])


def samples(experiment: Any) -> list[torch.Tensor]:
    tables = [experiment.data] if hasattr(experiment, "data") else [experiment.train, experiment.test]
    return [part for table in tables for part in table]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_sample_of_the_test_set_was_trained_on(seed: int) -> None:
    experiment = import_module("trainer.experiments.softmax_blobs").build(settings("softmax-blobs", seed=seed))
    seen, unseen = ({tuple(row) for row in table.X.tolist()} for table in (experiment.train, experiment.test))
    assert (len(experiment.train.y), len(experiment.test.y)) == (900, 600)
    assert not seen & unseen


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("id", ["linreg-scratch", "linreg-concise"])
def test_linear_regression_starts_near_nothing(id: str, seed: int) -> None:
    w, b = weights(import_module(f"trainer.experiments.{find(id).module}").build(settings(id, seed=seed)))
    assert 0 < abs(w).max() < 0.06
    assert b.tolist() == [0.0]


# Exact solutions


@given(
    seed=st.integers(0, 2**31), n=st.integers(1, 60), features=st.integers(1, 5), noise=st.sampled_from([0.01, 1, 50])
)
def test_the_floor_is_that_of_numpys_least_squares(seed: int, n: int, features: int, noise: float) -> None:
    w = torch.linspace(-3, 4, features).reshape(-1, 1)
    table = linear(w, 4.2, samples=n, noise=noise, seed=seed)
    assert least_squares(table).mse == pytest.approx(by_numpy(table), rel=1e-9, abs=1e-12)


def test_the_floor_is_found_also_where_one_input_says_the_same_as_another() -> None:
    X, y = linear(W, 4.2, samples=50, noise=0.5, seed=0)
    twice = Table(torch.cat([X, X[:, :1]], dim=1), y)
    assert least_squares(twice).mse == pytest.approx(by_numpy(twice), rel=1e-9)
    assert least_squares(twice).mse == pytest.approx(by_numpy(Table(X, y)), rel=1e-9)


def test_the_floor_of_a_long_table_is_that_of_all_its_rows_at_once() -> None:
    table = linear(W, 4.2, samples=250_001, noise=0.5, seed=0)
    assert least_squares(table).mse == pytest.approx(by_numpy(table), rel=1e-9)


def test_the_floor_of_one_wrong_label_is_known_by_hand() -> None:
    # Of y = 0, 1, 2, 3.1 over x = 0, 1, 2, 3, the errors of the best line are 0.02, -0.01, -0.04, 0.03.
    table = Table(torch.tensor([[0.0], [1.0], [2.0], [3.0]]), torch.tensor([[0.0], [1.0], [2.0], [3.1]]))
    assert least_squares(table).mse == pytest.approx(0.00075, rel=1e-5)


def by_numpy(table: Table) -> float:
    X, y = (part.numpy().astype(float) for part in table)
    A = np.hstack([X, np.ones((len(X), 1))])
    return float(((A @ np.linalg.lstsq(A, y, rcond=None)[0] - y) ** 2).mean())
