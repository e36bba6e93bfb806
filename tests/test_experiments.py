"""Specifies what the built-in experiments compute, log and answer to, against an oracle of its own in NumPy."""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from runs import Learnt, Trained, Weights, brief, left_alone, settings, table, trained

from lintui import artifacts
from lintui.bucket import Bucket
from lintui.commands import Scale, Set
from lintui.events import Applied, Array, Declared, Epoch, Layers, Level, Watching
from lintui.known import Key
from trainer.catalog import CATALOG, find

TRUTH = np.array([2.0, -3.4, 4.2])
SEEDS = range(10)
REGRESSIONS = ("linreg-scratch", "linreg-concise")
EVERY_LOSS = [(entry.id, loss) for entry in CATALOG for loss in entry.losses]
EVERY_ID = [entry.id for entry in CATALOG]
EVERY_STEP = (
    "descent-path",
    "steepest",
    "l1-line",
    "exact-line",
    "wrong-label",
    "wrong-label-bias",
    "wrong-label-bend",
)
"""Experiments whose weights are looked at after every step; at others, after every tenth."""


# The oracle: double precision, closed-form gradients, nothing of torch.


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def squared_error(logits: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p = softmax(logits)
    off = p - np.eye(p.shape[1])[y]
    return (off**2).sum(axis=1), 2 * p * (off - (off * p).sum(axis=1, keepdims=True))


def cross_entropy(logits: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p = softmax(logits)
    return -np.log(p[np.arange(len(y)), y]), p - np.eye(p.shape[1])[y]


def of_error(value: Callable[[Any], Any], slope: Callable[[Any], Any]) -> Callable[[Any, Any], tuple[Any, Any]]:
    return lambda predicted, y: (value(predicted - y).reshape(-1), slope(predicted - y))


ORACLE: dict[str, Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]] = {
    "half-squared": of_error(lambda e: e**2 / 2, lambda e: e),
    "mse": of_error(lambda e: e**2, lambda e: 2 * e),
    "l1": of_error(np.abs, np.sign),
    "huber": of_error(
        lambda e: np.where(abs(e) <= 1, e**2 / 2, abs(e) - 0.5),
        lambda e: np.clip(e, -1, 1),
    ),
    "cross-entropy": cross_entropy,
    "squared-error": squared_error,
}
"""The loss of each sample, and its slope by the prediction."""


def by_hand(
    X: np.ndarray, y: np.ndarray, at: Weights, *, loss: str, lr: float, bend: float = 0.0
) -> tuple[float, Weights]:
    """The mean loss over a batch and the weights after one step of descent; `bend` is added from 3 on."""
    X, W, b = X.astype(float), at[0].astype(float), at[1].astype(float)
    straight = X @ W + b if b.size else X @ W
    losses, slopes = ORACLE[loss](straight + bend * (straight.astype(np.float32) >= 3), y)
    return losses.mean(), (W - lr * X.T @ slopes / len(X), b - lr * slopes.mean(axis=0) if b.size else b)


def bend(id: str) -> float:
    return 0.1 if id == "wrong-label-bend" else 0.0


def at_a_kink(step: Learnt) -> bool:
    """Whether a sample is so close to its label that rounding decides which way is down."""
    predicted = step.X @ step.before[0] + step.before[1].sum()
    return bool(abs(predicted - step.y).min() < 1e-5 * max(1.0, abs(step.y).max()))


def all_by_hand(run: Trained, *, plan: Iterable[tuple[str, float]]) -> tuple[np.ndarray, Weights]:
    """Every batch loss and the last weights, from the weights at the start and the batches alone."""
    at, losses = run.weights_at(0), []
    for (X, y, *_), (loss, lr) in zip(run.learnt, plan, strict=True):
        mean, at = by_hand(X, y, at, loss=loss, lr=lr)
        losses.append(mean)
    return np.array(losses), at


def least_squares(data: Sequence[torch.Tensor]) -> tuple[np.ndarray, float]:
    """The weights, bias last, of the exact fit, and its mean squared error."""
    X, y = (part.numpy().astype(float) for part in data)
    A = np.hstack([X, np.ones((len(X), 1))])
    fit = np.linalg.lstsq(A, y, rcond=None)[0]
    return fit.reshape(-1), float(((A @ fit - y) ** 2).mean())


def flat(at: Weights) -> np.ndarray:
    return np.concatenate([part.reshape(-1) for part in at])


def batch_losses(run: Trained) -> np.ndarray:
    return np.array(list(run.column("batch", "loss").values()))


def close(got: Any, want: Any) -> bool:
    """Whether two losses agree as far as single precision can."""
    return bool(np.allclose(got, want, rtol=1e-4, atol=1e-6))


def turn(knob: str, value: float | str) -> list[Set]:
    return [Set(id=f"{knob} to {value}", by="a test", knob=knob, value=value)]


# The catalogue


def test_every_experiment_has_an_id_of_its_own_and_is_found_by_it() -> None:
    assert len(set(EVERY_ID)) == len(EVERY_ID)
    assert [find(id).id for id in EVERY_ID] == EVERY_ID
    with pytest.raises(KeyError):
        find("no such experiment")


@pytest.mark.parametrize("id", EVERY_ID)
def test_every_experiment_is_complete_and_starts_with_one_of_its_own_losses(id: str) -> None:
    entry = find(id)
    assert all([entry.title, entry.question, entry.look_for, entry.try_this])
    assert entry.defaults.loss in entry.losses
    assert entry.defaults.optimizer in entry.optimizers
    assert entry.task in ("regression", "classification")
    assert import_module(f"trainer.experiments.{entry.module}").__doc__


@pytest.mark.parametrize(("id", "loss"), EVERY_LOSS)
def test_every_loss_of_the_catalogue_can_be_chosen_live(id: str, loss: str) -> None:
    (knob,) = [said for said in left_alone(id, loss=loss, **brief(id)).events(Declared) if said.knob == "loss"]
    assert knob.value == loss
    assert knob.choices == find(id).losses


@pytest.mark.parametrize("id", [entry.id for entry in CATALOG if entry.samples is not None])
@pytest.mark.parametrize("size", [1, 7, 30, 1_000, 5_000])
def test_the_catalogue_tells_the_samples_of_an_epoch(id: str, size: int) -> None:
    experiment = import_module(f"trainer.experiments.{find(id).module}").build(settings(id, batch_size=size))
    lengths = [len(y) for _, y in experiment.batches()]
    assert sum(lengths) == find(id).samples
    assert len(lengths) == math.ceil(find(id).samples / size)


# By id: learning rate, loss, samples, batch size, epochs, and the seed where one is named.
SET_UPS: dict[str, tuple[float, str, int | None, int, int, int]] = {
    "linreg-scratch": (0.03, "half-squared", 1_000, 10, 3, 0),
    "linreg-concise": (0.03, "mse", 1_000, 10, 3, 0),
    "linreg-noisy": (0.03, "half-squared", 10_000, 10, 10, 0),
    "linreg-slow": (0.0003, "half-squared", 1_000, 10, 300, 20),
    "descent-path": (0.03, "half-squared", 1_000, 10, 3, 0),
    "steepest": (0.03, "half-squared", 1_000, 10, 3, 0),
    "l1-line": (1e-6, "l1", 10_000, 32, 100, 0),
    "exact-line": (0.03, "mse", 4, 1, 8, 0),
    "wrong-label": (0.03, "mse", 4, 1, 100, 0),
    "wrong-label-bias": (0.03, "mse", 4, 1, 150, 0),
    "wrong-label-bend": (0.03, "mse", 4, 1, 30, 0),
    "table": (0.03, "half-squared", None, 10, 100, 0),
    "softmax-blobs": (0.1, "cross-entropy", 900, 30, 10, 0),
    "softmax-scratch": (0.1, "cross-entropy", None, 256, 10, 0),
    "softmax-concise": (0.1, "cross-entropy", None, 256, 10, 0),
}


@pytest.mark.parametrize("id", EVERY_ID)
def test_each_experiment_starts_as_its_write_up_says(id: str) -> None:
    entry = find(id)
    at = entry.defaults
    assert (at.lr, at.loss, entry.samples, at.batch_size, at.epochs, at.seed) == SET_UPS[id]
    assert (at.optimizer, at.device, at.inputs) == ("sgd", "cpu", 1)


# What every experiment does


DIVERGING = [("l1-line", "mse"), ("l1-line", "half-squared")]
"""At a learning rate that is made for slopes of 1, inputs of 100,000 throw these out of all bounds in a few steps."""


@pytest.mark.parametrize(("id", "loss"), EVERY_LOSS)
def test_every_update_is_the_one_that_the_closed_form_gives(id: str, loss: str) -> None:
    run = left_alone(id, loss=loss, **brief(id))
    lr = find(id).defaults.lr
    compared = 0
    for n, step in enumerate(run.learnt, 1):
        if not (np.isfinite(step.loss) and np.isfinite(flat(step.after)).all()):
            assert (id, loss) in DIVERGING
            break
        mean, after = by_hand(step.X, step.y, step.before, loss=loss, lr=lr, bend=bend(id))
        # What is left of labels of 100,000 has no more digits than they have.
        assert close(step.loss, mean) or abs(step.loss - mean) < 1e-7 * np.abs(step.y).max(), f"step {n}"
        if loss == "l1" and at_a_kink(step) and step.X.any():
            continue
        assert np.allclose(flat(step.after), flat(after), rtol=1e-5, atol=1e-6), f"step {n}"
        compared += 1
    assert compared > (3 if (id, loss) in DIVERGING else 0.95 * len(run.learnt))


@pytest.mark.parametrize("id", EVERY_ID)
def test_every_step_starts_where_the_last_one_ended(id: str) -> None:
    learnt = left_alone(id, **brief(id)).learnt
    for last, step in pairwise(learnt):
        assert np.array_equal(flat(last.after), flat(step.before))


@pytest.mark.parametrize("id", EVERY_ID)
def test_the_log_has_the_loss_of_every_step_as_it_was_returned(id: str) -> None:
    run = left_alone(id, **brief(id))
    assert run.problems == []
    assert run.column("batch", "loss") == {n: step.loss for n, step in enumerate(run.learnt, 1)}


@pytest.mark.parametrize("id", EVERY_ID)
def test_the_looks_show_the_weights_the_gradient_that_led_to_them_and_how_far_it_led(id: str) -> None:
    run = left_alone(id, **brief(id))
    lr = find(id).defaults.lr
    every = 1 if id in EVERY_STEP else 10
    (watching,) = run.events(Watching)
    looks = [
        (at, event.lr[i], *(event.values[column][i] for column in ("value", "gradient", "change")))
        for event in run.events(Layers)
        for i, at in enumerate(event.at)
    ]
    assert [at for at, *_ in looks] == sorted({1, *range(every, len(run.learnt) + 1, every)})
    for at, rate, value, gradient, change in looks:
        step = run.learnt[at - 1]
        _, wanted = by_hand(step.X, step.y, step.before, loss=find(id).defaults.loss, lr=1.0, bend=bend(id))
        assert rate == lr
        assert len(value) == len(watching.names) == len(rows(step.before))
        # To the last bit, but for a mean over many.
        assert np.allclose(value, rows(step.after), rtol=1e-6 if any(watching.whole) else 0, atol=0)
        assert np.allclose(gradient, rows(less(step.before, wanted)), rtol=1e-4, atol=1e-5)
        for relative, m, b in zip(change, rows(less(step.after, step.before)), rows(step.before), strict=True):
            assert relative == (pytest.approx(abs(m) / abs(b), rel=1e-4) if b else None)


def rows(at: Weights) -> np.ndarray:
    """What a look shows of weights: every entry of a few, the root mean square of many."""
    parts = [part.astype(float).reshape(-1) for part in at]
    return np.concatenate([part if len(part) <= 8 else [np.sqrt((part**2).mean())] for part in parts])


def less(one: Weights, other: Weights) -> Weights:
    return one[0].astype(float) - other[0], one[1].astype(float) - other[1]


@pytest.mark.parametrize("id", EVERY_ID)
def test_an_epoch_ends_when_every_sample_was_learnt_from(id: str) -> None:
    run = left_alone(id, **brief(id))
    epochs = settings(id, **brief(id)).epochs
    ends = {event.number: event.at for event in run.events(Epoch)}
    assert list(ends) == list(range(epochs + 1))
    for number in range(1, epochs + 1):
        seen = np.concatenate([step.X for step in run.learnt[ends[number - 1] : ends[number]]])
        data = run.experiment.train.X if hasattr(run.experiment, "train") else run.experiment.data.X
        assert sorted(seen.tolist()) == sorted(data.reshape(len(data), -1).tolist())


@pytest.mark.parametrize("id", EVERY_ID)
def test_every_epoch_takes_the_samples_in_another_order_than_that_of_the_data(id: str) -> None:
    run = left_alone(id, **brief(id))
    data = run.experiment.train.X if hasattr(run.experiment, "train") else run.experiment.data.X
    ends = list(run.state.epoch_ends.values())
    orders = [np.concatenate([step.X for step in run.learnt[a:b]]).tobytes() for a, b in pairwise(ends)]
    assert orders.count(data.numpy().tobytes()) <= len(orders) // 8, "four points have 24 orders, of which it is one"
    assert len(set(orders)) >= min(len(orders), 12)


# Linear regression


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("id", "times"), zip(REGRESSIONS, (1, 2), strict=True))
def test_linear_regression_falls_onto_its_floor_within_three_epochs(id: str, times: int, seed: int) -> None:
    run = left_alone(id, seed=seed)
    series = run.state.series[Key("train", "loss")]
    assert series.latest is not None
    assert series.latest.at == len(run.learnt) == 300
    assert times * 4.0e-5 < series.latest.value < times * 6.5e-5
    _, floor = least_squares(run.experiment.data)
    assert series.latest.value > times * floor / 2 * (1 - 1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_loss_falls_by_epochs_as_the_write_up_says(seed: int) -> None:
    losses = left_alone("linreg-scratch", seed=seed).column("train", "loss")
    assert 0.02 < losses[100] < 0.06
    assert 8e-5 < losses[200] < 2.5e-4
    assert losses[0] > 5


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("id", REGRESSIONS)
def test_linear_regression_finds_the_true_weights_and_those_of_the_exact_fit(id: str, seed: int) -> None:
    run = left_alone(id, seed=seed)
    fit, _ = least_squares(run.experiment.data)
    assert abs(flat(run.weights) - TRUTH).max() < 3e-3
    assert abs(flat(run.weights) - fit).max() < 3e-3
    assert run.column("train", "error of w")[300] < 3e-3
    assert run.column("train", "error of b")[300] < 3e-3


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("id", REGRESSIONS)
def test_the_floors_are_those_of_an_exact_least_squares_fit(id: str, seed: int) -> None:
    run = left_alone(id, seed=seed, epochs=1)
    _, floor = least_squares(run.experiment.data)
    floors = {
        level.under: level.value for level in run.events(Level) if (level.split, level.name) == ("train", "loss")
    }
    assert floors == {
        "half-squared": pytest.approx(floor / 2, rel=1e-6),
        "mse": pytest.approx(floor, rel=1e-6),
    }
    assert floor / 2 == pytest.approx(0.01**2 / 2, rel=0.2), "half the variance of the noise"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("id", REGRESSIONS)
def test_the_whole_descent_agrees_with_one_in_double_precision_on_the_same_batches(id: str, seed: int) -> None:
    run = left_alone(id, seed=seed)
    losses, at = all_by_hand(run, plan=[(find(id).defaults.loss, 0.03)] * 300)
    assert np.allclose(batch_losses(run), losses, rtol=1e-4, atol=5e-7)
    assert np.allclose(flat(run.weights), flat(at), atol=1e-5)


@pytest.mark.parametrize(("id", "loss"), [(id, loss) for id in REGRESSIONS for loss in find(id).losses])
def test_what_is_measured_over_all_the_data_is_what_the_weights_give(id: str, loss: str) -> None:
    run = trained(id, seed=3, loss=loss)
    X, y = (part.numpy() for part in run.experiment.data)
    columns = {name: run.column("train", name) for name in ("loss", "mse", "error of w", "error of b")}
    for name, column in columns.items():
        assert list(column) == list(range(0, 301, 20)), name
    for at in columns["loss"]:
        weights = run.weights_at(at)
        assert close(columns["loss"][at], by_hand(X, y, weights, loss=loss, lr=0)[0])
        assert close(columns["mse"][at], by_hand(X, y, weights, loss="mse", lr=0)[0])
        off = abs(flat(weights) - TRUTH)
        assert columns["error of w"][at] == pytest.approx(off[:2].max(), abs=1e-6)
        assert columns["error of b"][at] == pytest.approx(off[2], abs=1e-6)


@pytest.mark.parametrize("id", REGRESSIONS)
def test_the_summary_has_the_last_weights_beside_the_true_ones(id: str) -> None:
    run = trained(id, seed=5)
    assert run.state.ended is not None
    summary = run.state.ended.summary
    assert [summary[name] for name in ("w[0]", "w[1]", "b")] == flat(run.weights).tolist()
    assert [summary[f"true {name}"] for name in ("w[0]", "w[1]", "b")] == pytest.approx(TRUTH.tolist())


@pytest.mark.parametrize("id", REGRESSIONS)
@pytest.mark.parametrize("entry", [0, 1])
def test_an_error_of_the_weights_is_nan_wherever_one_of_them_is(id: str, entry: int) -> None:
    experiment = trained(id, epochs=1).experiment
    weight = experiment.model.weight if hasattr(experiment, "model") else experiment.w
    with torch.no_grad():
        weight.reshape(-1)[entry] = math.nan
    assert math.isnan(experiment.measure()["error of w"])


@pytest.mark.parametrize("seed", SEEDS)
def test_library_parts_come_to_the_same_answer_at_twice_the_loss(seed: int) -> None:
    scratch, concise = (left_alone(id, seed=seed) for id in REGRESSIONS)
    assert np.allclose(flat(scratch.weights), flat(concise.weights), atol=3e-3)
    ratio = concise.column("train", "loss")[300] / scratch.column("train", "loss")[300]
    assert ratio == pytest.approx(2, rel=0.05)
    assert concise.column("train", "loss") == pytest.approx(concise.column("train", "mse"))


@pytest.mark.parametrize("loss", find("linreg-concise").losses)
def test_library_parts_do_on_the_same_batches_what_was_written_by_hand(loss: str) -> None:
    scratch = trained("linreg-scratch", loss=loss, seed=2)
    other = trained("linreg-concise", loss=loss, seed=2, epochs=1).experiment
    assert all(torch.equal(a, b) for a, b in zip(scratch.experiment.data, other.data, strict=True))
    for step in scratch.learnt:
        with torch.no_grad():
            other.model.weight.copy_(torch.from_numpy(step.before[0].T))
            other.model.bias.copy_(torch.from_numpy(step.before[1]))
        assert other.learn(torch.from_numpy(step.X), torch.from_numpy(step.y)) == pytest.approx(step.loss, rel=1e-5)
        found = [other.model.weight.detach().numpy().T, other.model.bias.detach().numpy()]
        assert np.allclose(flat((found[0], found[1])), flat(step.after), rtol=1e-6, atol=1e-6)


# Softmax regression


@pytest.mark.parametrize("seed", SEEDS)
def test_softmax_regression_is_as_good_as_one_trained_to_the_end_on_all_data_at_once(seed: int) -> None:
    run = left_alone("softmax-blobs", seed=seed)
    X, y = (part.numpy() for part in run.experiment.train)
    at: Weights = (np.zeros((2, 3)), np.zeros(3))
    for _ in range(500):
        _, at = by_hand(X, y, at, loss="cross-entropy", lr=1.0)
    assert run.column("test", "accuracy")[300] == pytest.approx(accuracy(run.experiment.test, at), abs=0.01)
    assert run.column("train", "accuracy")[300] == pytest.approx(accuracy(run.experiment.train, at), abs=0.01)
    assert run.column("train", "accuracy")[300] > 0.85


def accuracy(data: Sequence[torch.Tensor], at: Weights) -> float:
    X, y = (part.numpy() for part in data)
    return float(((X @ at[0] + at[1]).argmax(axis=1) == y).mean())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_accuracy_of_both_splits_is_logged_before_the_first_and_after_each_epoch(seed: int) -> None:
    run = left_alone("softmax-blobs", seed=seed)
    for split, data in (("train", run.experiment.train), ("test", run.experiment.test)):
        logged = run.column(split, "accuracy")
        assert list(logged) == list(range(0, 301, 30))
        assert list(run.state.epoch_ends) == list(range(11))
        for at, value in logged.items():
            # One sample may lie so close to a border that rounding decides.
            assert value == pytest.approx(accuracy(data, run.weights_at(at)), abs=1.5 / len(data[1]))
        assert run.state.ended is not None
        assert run.state.ended.summary[f"{split} accuracy"] == logged[300]


@pytest.mark.parametrize("seed", range(5))
def test_the_loss_over_all_training_data_is_what_the_weights_give(seed: int) -> None:
    run = left_alone("softmax-blobs", seed=seed)
    X, y = (part.numpy() for part in run.experiment.train)
    for at, value in run.column("train", "loss").items():
        assert close(value, by_hand(X, y, run.weights_at(at), loss="cross-entropy", lr=0)[0])


@pytest.mark.parametrize("seed", range(5))
def test_the_decision_regions_are_the_largest_score_at_the_places_that_their_axes_say(seed: int) -> None:
    run = left_alone("softmax-blobs", seed=seed)
    pictures = [picture for picture in run.events(Array) if picture.name == "decision regions"]
    assert [(picture.name, picture.at) for picture in pictures] == [
        ("decision regions", at) for at in range(0, 301, 30)
    ]
    for picture in pictures:
        assert (picture.shape, picture.dtype) == ((48, 96), "uint8")
        kept = np.frombuffer(artifacts.load(run.directory.artifacts, picture), np.uint8).reshape(48, 96)
        ends = zip(picture.low, picture.high, picture.shape, strict=True)
        grid = np.meshgrid(*(np.linspace(*each) for each in ends), indexing="ij")
        along = dict(zip(picture.axes, grid, strict=True))
        W, b = run.weights_at(picture.at)
        scores = np.stack([along["x[0]"], along["x[1]"]], axis=-1) @ W.astype(float) + b
        second, first = np.sort(scores, axis=-1)[..., -2:].transpose(2, 0, 1)
        clear = first - second > 1e-5 * abs(scores).max()
        assert clear.mean() > 0.99
        assert np.array_equal(kept[clear], scores.argmax(axis=-1)[clear])
    assert set(kept.reshape(-1).tolist()) == {0, 1, 2}
    upper_left, lower_right = ([along[axis][corner] for axis in ("x[0]", "x[1]")] for corner in ((0, 0), (-1, -1)))
    assert (upper_left, lower_right) == ([-4, 4], [4, -4])
    assert (kept[0, 48], kept[-1, 0], kept[-1, -1]) == (0, 1, 2), "where the three clouds lie"


# The same again


@pytest.mark.parametrize("id", EVERY_ID)
@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_seed_gives_the_same_numbers_to_the_last_bit_and_another_seed_does_not(id: str, seed: int) -> None:
    torch.manual_seed(1)
    once = left_alone(id, seed=seed, **brief(id))
    torch.manual_seed(2)
    again = trained(id, seed=seed, **brief(id))
    other = left_alone(id, seed=seed + 1, **brief(id))
    assert table(once.records) == table(again.records)
    assert bits(once.weights) == bits(again.weights)
    assert table(once.records).keys() == table(other.records).keys()
    assert table(once.records) != table(other.records)
    if find(id).samples != 4:  # every order of four points may lead to the same place
        assert bits(once.weights) != bits(other.weights)


def bits(at: Weights) -> bytes:
    return b"".join(part.tobytes() for part in at)


@pytest.mark.parametrize("id", EVERY_ID)
def test_a_speed_limit_changes_none_of_the_numbers_and_has_every_step_looked_at(id: str) -> None:
    freely, slowly = left_alone(id, **brief(id)), trained(id, speed=1000.0, **brief(id))
    assert [knob.value for knob in slowly.events(Declared) if knob.knob == "speed"] == [1000.0]
    numbers = table(slowly.records)
    assert table(freely.records).items() <= numbers.items()
    more = {key[0] for key in numbers.keys() - table(freely.records).keys()}
    assert more <= {"look", ("slope", "w"), *(("slope", name) for name in slowly.events(Watching)[0].names)}
    assert [at for event in slowly.events(Layers) for at in event.at] == list(range(1, len(slowly.learnt) + 1))
    assert bits(freely.weights) == bits(slowly.weights)


@pytest.mark.parametrize("id", EVERY_ID)
def test_the_log_has_the_numbers_that_were_said_live(id: str) -> None:
    run = left_alone(id, **brief(id))
    assert table(run.records) == table(run.live)
    assert len(table(run.live)) > len(run.learnt)


# Steered while it runs


TURNS = [
    pytest.param(turn("lr", 0.1), 0.1, id="set"),
    pytest.param([Scale(id="x", by="a test", knob="lr", factor=2.0)], 0.06, id="doubled"),
    pytest.param(
        [Scale(id=f"x{i}", by="a test", knob="lr", factor=0.5) for i in range(2)], 0.0075, id="halved twice"
    ),
    pytest.param(turn("lr", 0.0), 0.0, id="to nothing"),
]


@pytest.mark.parametrize("id", REGRESSIONS)
@pytest.mark.parametrize(("commands", "rate"), TURNS)
def test_a_new_learning_rate_takes_effect_from_the_next_step_on(id: str, commands: list[Any], rate: float) -> None:
    run = trained(id, post={10: commands}, epochs=1)
    loss = find(id).defaults.loss

    def planned(steps: int) -> np.ndarray:
        return all_by_hand(run, plan=[(loss, 0.03)] * steps + [(loss, rate)] * (100 - steps))[0]

    assert close(batch_losses(run), planned(10))
    # The comparison is sharp enough to see a change that comes a step early or late.
    assert not close(batch_losses(run), planned(9))
    assert not close(batch_losses(run), planned(11))
    assert [event.at for event in run.events(Applied)] == [10] * len(commands)
    rates = {at: lr for event in run.events(Layers) for at, lr in zip(event.at, event.lr, strict=True)}
    assert rates == pytest.approx({1: 0.03, 10: 0.03} | dict.fromkeys(range(20, 101, 10), rate))
    assert run.state.learning_rate() == pytest.approx(rate)


def test_a_new_learning_rate_takes_effect_from_the_next_step_on_in_softmax_regression_too() -> None:
    run = trained("softmax-blobs", post={10: turn("lr", 0.8)}, epochs=2)
    plan = [("cross-entropy", 0.1)] * 10 + [("cross-entropy", 0.8)] * 50
    assert close(batch_losses(run), all_by_hand(run, plan=plan)[0])
    assert not close(batch_losses(run), all_by_hand(run, plan=plan[1:] + plan[-1:])[0])


@pytest.mark.parametrize("id", EVERY_ID)
def test_up_and_down_again_gives_the_numbers_of_a_run_that_was_left_alone(id: str) -> None:
    there = Scale(id="there", by="a test", knob="lr", factor=2.0)
    back = Scale(id="back", by="a test", knob="lr", factor=0.5)
    alone, turned = left_alone(id, **brief(id)), trained(id, post={12: [there, back]}, **brief(id))
    assert len(turned.events(Applied)) == 2
    assert table(alone.records) == table(turned.records)


@pytest.mark.parametrize(
    ("id", "to"),
    [
        (entry.id, loss)
        for entry in CATALOG
        for loss in entry.losses
        # Where every error is in the thousands, the Huber loss is L1.
        if loss != entry.defaults.loss and (entry.id, loss) != ("l1-line", "huber")
    ],
)
def test_a_new_loss_takes_effect_from_the_next_step_on(id: str, to: str) -> None:
    # All four points at once where there are only four: alone, one at 0 has no loss of any kind.
    few = {"batch_size": 4, "epochs": 20} if find(id).samples == 4 else {**brief(id), "epochs": 1}
    run = trained(id, post={10: turn("loss", to)}, **few)
    old, lr = find(id).defaults.loss, find(id).defaults.lr
    for n, step in enumerate(run.learnt, 1):
        if (id, to) in DIVERGING and n > 12:
            break
        mean, after = by_hand(step.X, step.y, step.before, loss=old if n <= 10 else to, lr=lr, bend=bend(id))
        assert close(step.loss, mean), f"step {n}"
        if n in (10, 11):
            other = by_hand(step.X, step.y, step.before, loss=to if n <= 10 else old, lr=lr, bend=bend(id))
            assert np.allclose(flat(step.after), flat(after), rtol=1e-5, atol=1e-6), f"step {n}"
            assert not close(step.loss, other[0])
            assert not np.allclose(flat(step.after), flat(other[1]), rtol=1e-5, atol=1e-6)
    (applied,) = run.events(Applied)
    assert (applied.at, applied.old, applied.new) == (10, old, to)


@pytest.mark.parametrize("id", EVERY_ID)
def test_values_of_two_losses_are_kept_apart_and_the_yardstick_goes_on(id: str) -> None:
    to = next(loss for loss in find(id).losses if loss != find(id).defaults.loss)
    run = trained(id, post={30: turn("loss", to)}, **brief(id))
    for split in ("batch", "train"):
        buckets = run.state.series[Key(split, "loss")].buckets
        assert {bucket.segment for bucket in buckets if bucket.last <= 30} == {0}
        assert {bucket.segment for bucket in buckets if bucket.first > 30} == {1}
    yardstick = Key("train", "mse" if find(id).task == "regression" else "accuracy")
    assert {bucket.segment for bucket in run.state.series[yardstick].buckets} == {0}


@pytest.mark.parametrize("id", REGRESSIONS)
def test_the_yardstick_is_the_mean_squared_error_whatever_the_loss(id: str) -> None:
    first = find(id).defaults.loss
    run = trained(id, post={30: turn("loss", "l1")}, epochs=1)
    X, y = (part.numpy() for part in run.experiment.data)
    for at, value in run.column("train", "mse").items():
        assert close(value, by_hand(X, y, run.weights_at(at), loss="mse", lr=0)[0])
    for at, value in run.column("train", "loss").items():
        assert close(value, by_hand(X, y, run.weights_at(at), loss="l1" if at > 30 else first, lr=0)[0])


@pytest.mark.parametrize("id", REGRESSIONS)
@pytest.mark.parametrize(("loss", "share"), [("half-squared", 0.5), ("mse", 1), ("l1", None), ("huber", None)])
def test_the_floor_that_is_drawn_is_that_of_the_loss_in_use(id: str, loss: str, share: float | None) -> None:
    run = trained(id, post={30: turn("loss", loss)}, epochs=1)
    _, floor = least_squares(run.experiment.data)
    wanted = [] if share is None else [pytest.approx(share * floor, rel=1e-6)]
    assert [level.value for level in run.state.levels_now()] == wanted


# Started with another optimizer


def adam_by_hand(run: Trained, *, lr: Callable[[int], float], decay: float = 0.0, beta1: Any = lambda _: 0.9) -> Any:
    """Every batch loss of Adam on the same batches, and the last weights; `lr` and `beta1` by step, from 1."""
    at, losses = run.weights_at(0), []
    m = v = np.zeros(3)
    for n, (X, y, *_) in enumerate(run.learnt, 1):
        mean, after = by_hand(X, y, at, loss="mse", lr=1.0)
        gradient, w = flat(at) - flat(after), flat(at).astype(float)
        m = beta1(n) * m + (1 - beta1(n)) * gradient
        v = 0.999 * v + 0.001 * gradient**2
        w = w - lr(n) * decay * w
        w = w - lr(n) * m / (1 - beta1(n) ** n) / (np.sqrt(v / (1 - 0.999**n)) + 1e-8)
        at = (w[:2].reshape(2, 1), w[2:])
        losses.append(mean)
    return np.array(losses), w


@pytest.mark.parametrize(("optimizer", "decay"), [("adam", 0.0), ("adamw", 0.01)])
def test_adam_learns_as_its_paper_says_and_all_of_it_can_be_steered(optimizer: str, decay: float) -> None:
    faster = [Scale(id="x", by="a test", knob="lr", factor=2.0)]
    run = trained("linreg-concise", optimizer=optimizer, epochs=1, post={20: faster, 50: turn("beta1", 0.5)})
    losses, w = adam_by_hand(
        run, lr=lambda n: 0.03 if n <= 20 else 0.06, decay=decay, beta1=lambda n: 0.9 if n <= 50 else 0.5
    )
    assert np.allclose(batch_losses(run), losses, rtol=1e-3)
    assert np.allclose(flat(run.weights), w, atol=1e-4)
    assert [(event.at, event.knob) for event in run.events(Applied)] == [(20, "lr.factor"), (50, "beta1")]


@pytest.mark.parametrize("optimizer", find("linreg-concise").optimizers)
def test_with_any_optimizer_the_true_weights_are_found(optimizer: str) -> None:
    run = trained("linreg-concise", optimizer=optimizer, epochs=10)
    # Weight decay keeps those of adamw a hundredth short.
    assert abs(flat(run.weights) - TRUTH).max() < 0.05


def test_momentum_makes_the_same_batches_lead_elsewhere_from_the_next_step_on() -> None:
    run = trained("linreg-concise", epochs=1, post={10: turn("momentum", 0.9)})
    at, losses, buffer = run.weights_at(0), [], None
    for n, (X, y, *_) in enumerate(run.learnt, 1):
        mean, after = by_hand(X, y, at, loss="mse", lr=1.0)
        gradient = flat(at) - flat(after)
        if n > 10:
            gradient = buffer = gradient if buffer is None else 0.9 * buffer + gradient
        w = flat(at) - 0.03 * gradient
        at = (w[:2].reshape(2, 1), w[2:])
        losses.append(mean)
    assert np.allclose(batch_losses(run), losses, rtol=1e-3)
    assert np.allclose(flat(run.weights), w, atol=1e-4)


# Gone wrong


@cache
def diverged(id: str) -> Trained:
    return trained(id, post={50: turn("lr", 1e30)}, **brief(id))


@pytest.mark.parametrize("id", EVERY_ID)
@pytest.mark.parametrize("lr", [1e30, 1e300])
def test_however_large_a_learning_rate_is_asked_for_training_goes_on_to_its_end(id: str, lr: float) -> None:
    run = trained(id, post={50: turn("lr", lr)}, **brief(id))
    assert len(run.learnt) == (find(id).steps(settings(id, **brief(id))) or run.state.steps)
    assert run.state.ended is not None
    assert (run.state.ended.how, run.state.at) == ("done", len(run.learnt))
    assert run.problems == []
    assert run.state.gaps == 0


@pytest.mark.parametrize("id", REGRESSIONS)
def test_nan_and_the_infinities_stay_distinct_on_the_way_through_the_log(id: str) -> None:
    run = diverged(id)
    losses = np.array([step.loss for step in run.learnt])
    assert np.isnan(losses).any()
    assert np.isinf(losses).any()
    assert np.array_equal(batch_losses(run), losses, equal_nan=True)
    buckets = run.state.series[Key("batch", "loss")].buckets
    assert totals(buckets) == (
        int(np.isfinite(losses).sum()),
        int(np.isnan(losses).sum()),
        int(np.isposinf(losses).sum()),
        int(np.isneginf(losses).sum()),
    )
    over_all = run.column("train", "loss")
    assert [at for at, value in over_all.items() if math.isnan(value)] == list(range(60, 301, 20))


def totals(buckets: Iterable[Bucket]) -> tuple[int, ...]:
    each = [(bucket.count, bucket.nan, bucket.above, bucket.below) for bucket in buckets]
    return tuple(sum(column) for column in zip(*each, strict=True))


@pytest.mark.parametrize("id", EVERY_ID)
def test_the_numbers_of_a_run_that_has_diverged_are_read_as_they_were_said(id: str) -> None:
    run = diverged(id)
    assert table(run.records) == table(run.live)


@pytest.mark.parametrize("id", EVERY_ID)
def test_the_summary_of_a_run_that_has_diverged_is_read_as_it_was_said(id: str) -> None:
    run = diverged(id)
    assert repr(run.records[-1].event) == repr(run.live[-1].event)


def test_what_was_learnt_before_is_untouched_by_what_went_wrong_later() -> None:
    fine, wrong = trained("linreg-scratch"), diverged("linreg-scratch")
    assert wrong.learnt[50].loss == fine.learnt[50].loss
    assert all(same(a, b) for a, b in zip(fine.learnt[:50], wrong.learnt[:50], strict=True))
    assert not same(fine.learnt[50], wrong.learnt[50])


def same(one: Learnt, other: Learnt) -> bool:
    return one.loss == other.loss and bits(one.after) == bits(other.after)
