"""Specifies the loss surface: its numbers against NumPy, when it is drawn anew, and planes of random directions."""

import math
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from runs import Trained, brief, left_alone, trained

from lintui import artifacts
from lintui.commands import Set
from lintui.events import Array, Watching
from trainer.data import generator
from trainer.directions import Directions
from trainer.losses import cross_entropy, l1, mse
from trainer.surface import Plane
from trainer.trouble import BadData
from trainer.two_weights import chosen

LINES = ("linreg-scratch", "linreg-concise", "linreg-noisy", "linreg-slow", "descent-path", "steepest")
SURFACES = (*LINES, "l1-line", "wrong-label-bias", "softmax-blobs")
SEEDS = range(5)


def surfaces(run: Trained) -> list[tuple[Array, np.ndarray]]:
    """Every surface of a run, with the numbers that were kept of it."""
    found = [event for event in run.events(Array) if event.name == "loss surface"]
    return [(event, kept(run, event)) for event in found]


def kept(run: Trained, event: Array) -> np.ndarray:
    return np.frombuffer(artifacts.load(run.directory.artifacts, event), "<f4").reshape(event.shape)


def places(event: Array) -> tuple[np.ndarray, np.ndarray]:
    """The coordinates of every number, along the first and along the second axis."""
    u, v = (np.linspace(low, high, 50) for low, high in zip(event.low, event.high, strict=True))
    return np.meshgrid(u, v, indexing="ij")


def two_numbers(run: Trained, step: int) -> np.ndarray:
    """The two numbers of a line that a path is drawn of."""
    return np.concatenate([part.reshape(-1) for part in run.weights_at(step)])[:2]


# The numbers


@pytest.mark.parametrize("id", LINES)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_surface_of_a_regression_is_the_mean_squared_error_over_its_two_weights_with_the_true_bias(
    id: str, seed: int
) -> None:
    run = left_alone(id, seed=seed, **brief(id))
    X, y = (part.numpy().astype(float) for part in run.experiment.data)
    for event, numbers in surfaces(run):
        w, rest = np.stack(places(event), axis=-1), 4.2 - y
        # Multiplied out, it is a quadratic form: ten thousand samples need not be gone through at every place.
        squares = np.einsum("...i,ij,...j", w, X.T @ X / len(X), w)
        wanted = squares + 2 * w @ (X * rest).mean(axis=0) + (rest**2).mean()
        np.testing.assert_allclose(numbers, wanted, rtol=1e-4)
        bias = "bias" if id == "linreg-concise" else "b"
        assert event.text == f"mean squared error, {bias} at its true value"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_surface_of_l1_with_one_input_is_the_mean_absolute_error_over_its_weight_and_bias(seed: int) -> None:
    run = left_alone("l1-line", seed=seed, **brief("l1-line"))
    x, y = (part.numpy().astype(float).reshape(-1) for part in run.experiment.data)
    ((event, numbers),) = surfaces(run)
    w, b = places(event)
    for i in (0, 10, 24, 25, 49):
        wanted = abs(x * w[i, :, None] + b[i, :, None] - y).mean(axis=-1)
        # Of numbers up to 100,000 in single precision little is left after the point.
        np.testing.assert_allclose(numbers[i], wanted, rtol=1e-4, atol=0.01)
    assert numbers[24].max() == pytest.approx(2.0, abs=0.01), "at w = 1 only the bias is wrong"
    assert event.text == "mean absolute error"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_surface_of_a_wrong_label_is_the_mean_squared_error_over_its_weight_and_bias(seed: int) -> None:
    run = left_alone("wrong-label-bias", seed=seed, **brief("wrong-label-bias"))
    ((event, numbers),) = surfaces(run)
    w, b = places(event)
    errors = [w * x + b - y for x, y in ((0, 0.0), (1, 1.0), (2, 2.0), (3, 3.1))]
    np.testing.assert_allclose(numbers, np.mean(np.square(errors), axis=0), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_surface_of_softmax_regression_is_the_cross_entropy_on_a_plane_through_its_minimum(seed: int) -> None:
    run = left_alone("softmax-blobs", seed=seed)
    X, y = (part.numpy() for part in run.experiment.train)
    ((event, numbers),) = surfaces(run)
    u, v = places(event)
    assert event.axes == ("direction 1", "direction 2")
    best = lowest(X, y)
    # The stream of the weights goes on after the six that the training starts from.
    stream = generator(seed, "weights")
    torch.randn(2, 3, generator=stream)
    first, second = (torch.randn(3, 3, generator=stream).numpy().astype(float) for _ in range(2))
    one, other = (d * np.linalg.norm(best, axis=0) / np.linalg.norm(d, axis=0) for d in (first, second))
    wanted = [entropy(X, y, best + a * one + b * other) for a, b in zip(u.flat, v.flat, strict=True)]
    np.testing.assert_allclose(numbers.flat, wanted, rtol=0.01)
    assert min(wanted) > entropy(X, y, best)


def lowest(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The minimum by Newton's method; pinv, because the same number added for every class changes nothing."""
    A, truth = np.hstack([X.astype(float), np.ones((len(X), 1))]), np.eye(3)[y]
    at = np.zeros((3, 3))
    for _ in range(12):
        p = probabilities(A @ at)
        weights = p[:, :, None] * (np.eye(3) - p[:, None, :])
        hessian = np.einsum("ni,nj,nkl->ikjl", A, A, weights).reshape(9, 9)
        at -= (np.linalg.pinv(hessian) @ (A.T @ (p - truth)).reshape(-1)).reshape(3, 3)
    return at - at.mean(axis=1, keepdims=True)


def entropy(X: np.ndarray, y: np.ndarray, at: np.ndarray) -> float:
    p = probabilities(np.hstack([X, np.ones((len(X), 1))]) @ at)
    return float(-np.log(p[np.arange(len(y)), y]).mean())


def probabilities(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@given(seed=st.integers(0, 2**31), samples=st.integers(1, 20), rows=st.integers(1, 7), columns=st.integers(1, 7))
def test_a_plane_has_at_every_place_of_a_grid_the_mean_loss_of_its_outputs_there(
    seed: int, samples: int, rows: int, columns: int
) -> None:
    stream = torch.Generator().manual_seed(seed)
    u, v = torch.randn(rows, generator=stream), torch.randn(columns, generator=stream)
    for outputs, loss in ((1, mse), (1, l1), (4, cross_entropy)):
        parts = [torch.randn(samples, outputs, generator=stream) for _ in range(3)]
        numbers = torch.randn(samples, 1, generator=stream)
        true = numbers if outputs == 1 else torch.randint(4, (samples,), generator=stream)
        grid = Plane(*parts, true).losses(loss, u, v)
        assert grid.shape == (rows, columns)
        for i in range(rows):
            for j in range(columns):
                wanted = loss(parts[0] + u[i] * parts[1] + v[j] * parts[2], true).mean()
                torch.testing.assert_close(grid[i, j], wanted, rtol=1e-5, atol=1e-5)


# What the screen needs to know of it


@pytest.mark.parametrize("id", [id for id in SURFACES if id != "softmax-blobs"])
def test_its_axes_bear_the_names_of_watched_parameters_and_the_true_place_is_said(id: str) -> None:
    run = left_alone(id, **brief(id))
    (watching,) = run.events(Watching)
    truth = {"l1-line": (1.0, 0.0), "wrong-label-bias": (1.0, 0.0)}.get(id, (2.0, -3.4))
    for event, _ in surfaces(run):
        assert (event.shape, event.dtype, event.shows) == ((50, 50), "float32", "surface")
        assert event.axes == tuple(watching.names[:2])
        assert [run.column("true", axis) for axis in event.axes] == [{0: number} for number in truth]


@pytest.mark.parametrize("id", ["exact-line", "wrong-label", "wrong-label-bend"])
def test_where_one_number_is_learnt_there_is_no_surface(id: str) -> None:
    assert surfaces(left_alone(id, **brief(id))) == []


@pytest.mark.parametrize(
    ("id", "plane", "names"),
    [
        ("linreg-scratch", "w[1],b", ("w[0]", "w[1]", "b")),
        ("linreg-concise", "bias, weight[0]", ("weight[0]", "weight[1]", "bias")),
        ("l1-line", "", ("w[0]", "w[1]", "w[2]", "b")),
        ("l1-line", "w[2],w[0]", ("w[0]", "w[1]", "w[2]", "b")),
    ],
)
def test_any_two_weights_span_a_surface_with_the_others_at_their_true_values(
    id: str, plane: str, names: tuple[str, ...]
) -> None:
    inputs = {"inputs": 3, "epochs": 1} if id == "l1-line" else {}
    run = trained(id, plane=plane, **{**brief(id), **inputs})
    axes = tuple(part.strip() for part in plane.split(",")) if plane else names[:2]
    truth = dict(zip(names, (1.0, 2.0, 4.0, 0.0) if id == "l1-line" else (2.0, -3.4, 4.2), strict=True))
    event, numbers = surfaces(run)[0]
    assert event.axes == axes
    assert [run.column("true", axis) for axis in axes] == [{0: truth[axis]} for axis in axes]
    X, y = (part.numpy().astype(float) for part in run.experiment.data)
    columns = dict(zip(names, (*X.T, np.ones(len(X))), strict=True))
    rest = sum(truth[name] * columns[name] for name in names if name not in axes)
    u, v = (np.linspace(low, high, 50) for low, high in zip(event.low, event.high, strict=True))
    for i, j in ((0, 0), (10, 40), (25, 24), (49, 49)):
        error = rest + u[i] * columns[axes[0]] + v[j] * columns[axes[1]] - y[:, 0]
        wanted = abs(error).mean() if id == "l1-line" else (error**2).mean()
        assert numbers[i, j] == pytest.approx(wanted, rel=1e-4)
    start = dict(zip(names, np.concatenate([part.reshape(-1) for part in run.weights_at(0)]), strict=True))
    assert inside(event, [start[axis] for axis in axes])
    assert inside(event, [truth[axis] for axis in axes])


@given(st.data())
def test_two_columns_are_told_by_their_names_whatever_commas_these_have(data: st.DataObject) -> None:
    columns = data.draw(st.lists(st.text("ab,[] ", min_size=1).map(str.strip), min_size=2, max_size=5, unique=True))
    names = [*(f"w[{name}]" for name in columns), "b"]
    i, j = data.draw(st.permutations(range(len(names))))[:2]
    one, other = chosen(f"{names[i]} , {names[j]}", names)
    assert sorted((names[one], names[other])) == sorted((names[i], names[j])) or "," in "".join(columns)
    assert one != other


@pytest.mark.parametrize("plane", ["w[0]", "w[0],w[0]", "w[0],w[9]", ",", "w[0],", "w[0],w[1],b", "w[0];b"])
def test_a_plane_of_no_two_weights_says_which_there_are(plane: str) -> None:
    with pytest.raises(BadData, match=re.escape("--plane needs two of w[0], w[1], b with a comma between them, not")):
        chosen(plane, ["w[0]", "w[1]", "b"])
    assert chosen("", ["w[0]", "w[1]", "b"]) == (0, 1)
    assert chosen("1,b", ["w[0]", "w[1]", "b"]) == (1, 2)


# Which way it goes from there


@pytest.mark.parametrize("id", ["descent-path", "linreg-concise", "l1-line", "wrong-label-bias"])
@pytest.mark.parametrize("seed", SEEDS)
def test_where_there_is_time_the_mean_gradient_is_recorded_at_every_place(id: str, seed: int) -> None:
    run = trained(id, seed=seed, speed=2000.0, **{**brief(id), "epochs": 1})
    ((event, _), *_) = surfaces(run)
    slopes = [run.column("slope", axis) for axis in event.axes]
    X, y = (part.numpy().astype(float) for part in run.experiment.data)
    factor = {"linreg-concise": 2.0, "wrong-label-bias": 2.0}.get(id, 1.0)
    for at in (0, 1, 2, len(run.learnt) // 2, len(run.learnt)):
        w, b = (part.reshape(-1) for part in run.weights_at(at))
        error = X @ w + b - y[:, 0]
        by_error = np.sign(error) if id == "l1-line" else factor * error
        wanted = np.column_stack([X, np.ones(len(X))])[:, :2].T @ by_error / len(X)
        assert [slope[at] for slope in slopes] == pytest.approx(wanted.tolist(), rel=1e-3, abs=1e-4)


def test_flat_out_there_is_none() -> None:
    assert left_alone("descent-path", **brief("descent-path")).column("slope", "w[0]") == {}


# That of somebody's own table


def test_the_surface_of_a_table_is_the_mean_squared_error_around_the_exact_fit(tmp_path: Path) -> None:
    stream = np.random.default_rng(0)
    X = stream.normal(size=(300, 2)) * (30, 5) + (100, 20)
    y = X @ (1.5, -4.0) + stream.normal(size=300)
    lines = ["area,age,price", *(f"{a},{b},{c}" for (a, b), c in zip(X.tolist(), y.tolist(), strict=True))]
    csv = tmp_path / "houses.csv"
    csv.write_text("\n".join(lines))
    run = trained("table", csv=str(csv), target="price", plane="area,b", epochs=1)
    ((event, numbers), *_) = surfaces(run)
    assert event.axes == ("w[area]", "b")
    assert event.text == "mean squared error, standardised, w[age] where it is best"
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    truth = (y - y.mean()) / y.std()
    best, *_ = np.linalg.lstsq(np.column_stack([scaled, np.ones(300)]), truth, rcond=None)
    said = [run.column("minimum", axis)[0] for axis in event.axes]
    assert said == pytest.approx([best[0], best[2]], abs=1e-5)
    u, v = places(event)
    error = scaled[:, 1] * best[1] - truth
    for i, j in ((0, 0), (20, 30), (49, 49)):
        wanted = ((scaled[:, 0] * u[i, j] + v[i, j] + error) ** 2).mean()
        assert numbers[i, j] == pytest.approx(wanted, rel=1e-3)


# That around the weights of an image classifier


@pytest.mark.parametrize("id", ["softmax-scratch", "softmax-concise"])
def test_around_the_weights_the_cross_entropy_is_drawn_anew_at_the_end_of_every_epoch(id: str) -> None:
    run = left_alone(id, **brief(id))
    ends = [at for number, at in run.state.epoch_ends.items() if number]
    found = surfaces(run)
    assert [event.at for event, _ in found] == ends
    X, y = run.experiment.train
    X, y = X[:200].numpy().reshape(200, -1).astype(float), y[:200].numpy()
    u, v = (run.column("position", name) for name in Directions.names)
    assert (u[ends[0]], v[ends[0]]) == (0.0, 0.0), "the first is the center"
    for event, numbers in found:
        assert event.axes == Directions.names
        weights = np.vstack([part.reshape(-1, 10) for part in run.weights_at(event.at)])
        # Where the weights are, it is their own loss: between the four numbers around it, in a valley nearly flat.
        shares = [
            49 * (at - low) / (high - low)
            for at, low, high in zip((u[event.at], v[event.at]), event.low, event.high, strict=True)
        ]
        i, j = (int(share) for share in shares)
        around = numbers[i : i + 2, j : j + 2]
        assert around.mean() == pytest.approx(entropy(X, y, weights), rel=0.01)
        assert numbers.max() > 1.02 * around.mean()


# When it is drawn anew


@pytest.mark.parametrize("id", LINES)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_grid_begins_at_0_to_5_and_minus_5_to_0_and_holds_the_whole_path(id: str, seed: int) -> None:
    run = left_alone(id, seed=seed, **brief(id))
    found = surfaces(run)
    assert found[0][0].at == 0
    assert len(found) < 4
    ends = [event.at for event, _ in found[1:]] + [len(run.learnt) + 1]
    for (event, _), end in zip(found, ends, strict=True):
        assert all(low <= wanted for low, wanted in zip(event.low, (0.0, -5.0), strict=True))
        assert all(high >= wanted for high, wanted in zip(event.high, (5.0, 0.0), strict=True))
        assert event.high[0] - event.low[0] < 6
        for step in range(event.at, end):
            assert inside(event, two_numbers(run, step)), f"step {step}"


def inside(event: Array, place: Any) -> bool:
    return all(low <= at <= high for low, at, high in zip(event.low, place, event.high, strict=True))


@pytest.mark.parametrize("id", ["descent-path", "linreg-concise"])
def test_a_path_that_leaves_the_grid_is_followed_by_a_wider_one(id: str) -> None:
    run = trained(id, lr=2.0 if id == "descent-path" else 1.0, epochs=1)
    found = [event for event, _ in surfaces(run)]
    assert len(found) > 2
    assert len({event.file for event in found}) == len(found)
    for one, other in pairwise(found):
        assert not inside(one, two_numbers(run, other.at))
        assert inside(other, two_numbers(run, other.at))
        assert all(b <= a for a, b in zip(one.low, other.low, strict=True))
        assert all(b >= a for a, b in zip(one.high, other.high, strict=True))


def test_a_path_that_runs_away_is_given_up_and_fills_no_disk() -> None:
    lost = Set(id="x", by="a test", knob="lr", value=30.0)
    run = trained("descent-path", post={5: [lost]})
    assert not np.isfinite(run.weights[0]).all()
    assert 3 < len(surfaces(run)) < 20
    assert run.problems == []
    assert all(map(math.isfinite, surfaces(run)[-1][0].high))


# Random directions


def a_point(seed: int) -> torch.Tensor:
    """Parameters of five rows and three filters of very different lengths."""
    return torch.randn(5, 3, generator=torch.Generator().manual_seed(seed)) * torch.tensor([0.01, 1.0, 100.0])


@pytest.mark.parametrize("seed", SEEDS)
def test_each_filter_of_a_direction_is_as_long_as_that_of_the_point(seed: int) -> None:
    center = a_point(seed)
    plane = Directions(center, torch.Generator().manual_seed(seed))
    lengths = np.linalg.norm(center.numpy(), axis=0)
    for direction in (plane.first, plane.second):
        np.testing.assert_allclose(np.linalg.norm(direction.numpy(), axis=0), lengths, rtol=1e-5)
    cosine = (plane.first * plane.second).sum() / plane.first.norm() / plane.second.norm()
    assert abs(float(cosine)) < 0.95, "two directions, not one"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_place_on_the_plane_is_found_again_and_one_beside_it_at_its_foot(seed: int) -> None:
    center = a_point(seed)
    plane = Directions(center, torch.Generator().manual_seed(seed))
    assert plane.place(center) == pytest.approx((0.0, 0.0), abs=1e-6)
    assert plane.place(center + 0.3 * plane.first - 1.7 * plane.second) == pytest.approx((0.3, -1.7), abs=1e-4)
    beside = a_point(seed + 100)
    axes = np.stack([plane.first.numpy().ravel(), plane.second.numpy().ravel()], axis=1).astype(float)
    foot = np.linalg.lstsq(axes, (beside - center).numpy().ravel().astype(float), rcond=None)[0]
    assert plane.place(beside) == pytest.approx(tuple(foot), rel=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_softmax_regression_says_after_every_step_where_it_is_above_the_plane_and_comes_closer(seed: int) -> None:
    run = left_alone("softmax-blobs", seed=seed)
    u, v = (run.column("position", name) for name in ("direction 1", "direction 2"))
    assert list(u) == list(v) == list(range(len(run.learnt) + 1))
    assert [run.column("minimum", name) for name in Directions.names] == [{0: 0.0}, {0: 0.0}]
    assert math.hypot(u[300], v[300]) < math.hypot(u[0], v[0])
    (event, _), *_ = surfaces(run)
    assert all(inside(event, (u[at], v[at])) for at in u)
