"""Specifies what each regression lets a person see, as bands over several seeds and against closed forms."""

import math
from itertools import pairwise

import numpy as np
import pytest
from runs import Trained, brief, left_alone, settings, trained

from lintui.commands import Scale, Set
from lintui.events import Layers, Level, Profile
from lintui.known import Key
from trainer.catalog import find
from trainer.loop import build

SEEDS = range(5)
FOUR = ("exact-line", "wrong-label", "wrong-label-bias", "wrong-label-bend")


def press(knob: str, *, at: int, factor: float, times: int = 1) -> dict[int, list[Scale]]:
    return {at: [Scale(id=f"x{i}", by="a test", knob=knob, factor=factor) for i in range(times)]}


def fit(run: Trained, *, intercept: bool) -> tuple[np.ndarray, float]:
    """The exact least-squares fit, bias last, and its mean squared error."""
    X, y = (part.numpy().astype(float) for part in run.experiment.data)
    A = np.hstack([X, np.ones((len(X), 1))]) if intercept else X
    found = np.linalg.lstsq(A, y, rcond=None)[0]
    return found.reshape(-1), float(((A @ found - y) ** 2).mean())


def floors(run: Trained) -> dict[str, float]:
    return {level.under: level.value for level in run.events(Level) if level.label == "floor (least squares)"}


def by_epoch(run: Trained) -> np.ndarray:
    """The loss over all the data at the end of each epoch."""
    losses = run.column("train", "loss")
    return np.array([losses[at] for number, at in run.state.epoch_ends.items() if number])


# Larger and noisier, slow and long


@pytest.mark.parametrize("seed", SEEDS)
def test_under_a_tenth_of_noise_the_loss_settles_at_half_its_variance(seed: int) -> None:
    # Two epochs of its ten: it is on the floor after one.
    run = left_alone("linreg-noisy", seed=seed, epochs=2)
    found, floor = fit(run, intercept=True)
    assert floors(run) == {"half-squared": pytest.approx(floor / 2), "mse": pytest.approx(floor)}
    assert 0.0048 < floor / 2 < 0.0052
    assert ((floor / 2 < by_epoch(run)) & (by_epoch(run) < 0.0052)).all()
    assert run.weights[0].reshape(-1) == pytest.approx(found[:2], abs=0.02)


@pytest.mark.parametrize("seed", [20, *SEEDS])
def test_a_hundredth_of_the_rate_ends_near_the_noise_floor_after_a_hundred_times_the_epochs(seed: int) -> None:
    """The same descent in double precision: 30,000 steps of it take seconds in the library's own."""
    experiment = build(find("linreg-slow"), settings("linreg-slow", seed=seed))
    X, y = (part.numpy().astype(float) for part in experiment.data)
    A = np.hstack([X, np.ones((len(X), 1))])
    start = np.append(experiment.w.detach().numpy(), experiment.b.detach().numpy()).astype(float)
    at, order = start[:, None], np.random.default_rng(seed)
    for _ in range(300):
        for batch in order.permutation(1_000).reshape(-1, 10):
            at = at - 0.0003 * A[batch].T @ (A[batch] @ at - y[batch]) / 10
    truth = np.array([[2.0], [-3.4], [4.2]])
    assert abs(at - truth).max() < 3e-3
    assert 4e-5 < ((A @ at - y) ** 2).mean() / 2 < 6.5e-5


def test_the_slow_run_goes_the_way_that_a_rate_of_0_0003_goes() -> None:
    entry = find("linreg-slow")
    assert (entry.defaults.lr, entry.defaults.epochs, entry.defaults.seed) == (0.0003, 300, 20)
    assert entry.steps(entry.defaults) == 30_000
    run = left_alone("linreg-slow", epochs=20)
    losses = by_epoch(run)
    # Of standard normal inputs, each step shrinks every error by about lr, and the loss by twice that.
    rates = np.log(losses[:-1] / losses[1:]) / 100
    assert np.allclose(rates, 2 * 0.0003, rtol=0.2)


@pytest.mark.long
@pytest.mark.parametrize("seed", [20, *SEEDS])
def test_the_whole_slow_run_ends_near_the_noise_floor(seed: int) -> None:
    run = trained("linreg-slow", seed=seed)
    assert run.column("train", "error of w")[30_000] < 3e-3
    assert run.column("train", "error of b")[30_000] < 3e-3
    assert floors(run)["half-squared"] < by_epoch(run)[-1] < 6.5e-5


# The path downhill, and which way is down


@pytest.mark.parametrize("seed", SEEDS)
def test_the_summary_of_a_path_has_both_its_ends_the_loss_there_and_its_length(seed: int) -> None:
    run = left_alone("descent-path", seed=seed)
    assert run.state.ended is not None
    summary = run.state.ended.summary
    for name, step in (("first ", 0), ("", 300)):
        w, b = run.weights_at(step)
        assert [summary[f"{name}w[0]"], summary[f"{name}w[1]"], summary[f"{name}b"]] == [*w.reshape(-1), *b]
    losses = run.column("train", "loss")
    assert [summary["first loss"], summary["last loss"]] == pytest.approx([losses[0], losses[300]])
    assert [summary["true w[0]"], summary["true w[1]"], summary["steps"]] == [2.0, -3.4, 300]


def test_both_ends_of_a_path_are_told_by_the_loss_that_is_in_use_last() -> None:
    run = trained("descent-path", post={100: [Set(id="x", by="a test", knob="loss", value="l1")]})
    X, y = (part.numpy() for part in run.experiment.data)
    w, b = run.weights_at(0)
    assert run.state.ended is not None
    assert run.state.ended.summary["first loss"] == pytest.approx(abs(X @ w + b - y).mean(), rel=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("loss", ["half-squared", "l1"])
def test_of_equal_steps_in_72_directions_the_one_nearest_to_minus_gradient_leads_down_most(
    seed: int, loss: str
) -> None:
    run = left_alone("steepest", seed=seed, loss=loss)
    X, y = (part.numpy().astype(float) for part in run.experiment.data)
    profiles = run.events(Profile)
    assert [profile.at for profile in profiles] == list(range(301))
    for profile in profiles:
        angles = np.linspace(profile.low, profile.high, len(profile.y))
        assert np.array_equal(angles, np.arange(0, 360, 5))
        w, b = (part.astype(float) for part in run.weights_at(profile.at))
        error = X @ w + b - y
        slope = 2 * (X.T @ error).reshape(-1) / len(X)
        down = math.degrees(math.atan2(-slope[1], -slope[0])) % 360
        assert away(profile.marks["−gradient"], down) < 0.5
        assert away(angles[np.argmin(profile.y)], down) <= 2.6
        length = 0.01 * np.linalg.norm(slope)
        for k in (0, 17, 40):
            step = length * np.array([[math.cos(math.radians(angles[k]))], [math.sin(math.radians(angles[k]))]])
            change = ((X @ (w + step) + b - y) ** 2).mean() - (error**2).mean()
            assert profile.y[k] == pytest.approx(change, rel=1e-3, abs=1e-3 * max(map(abs, profile.y)))


def away(one: float, other: float) -> float:
    """Degrees between two directions."""
    return abs((one - other + 180) % 360 - 180)


# L1 with a coarse step


@pytest.mark.parametrize("seed", SEEDS)
def test_with_a_coarse_step_l1_settles_at_half_the_rate_times_the_square_of_the_mean_input(seed: int) -> None:
    run = left_alone("l1-line", seed=seed, epochs=5)
    means = run.column("epoch", "mean batch loss")
    assert list(means) == [313 * epoch for epoch in range(1, 6)]
    losses = run.column("batch", "loss")
    for at, mean in means.items():
        assert mean == pytest.approx(np.mean([losses[n] for n in range(at - 312, at + 1)]), rel=1e-6)
    settled = [mean for at, mean in means.items() if at > 313]
    assert all(1_200 < mean < 1_300 for mean in settled)
    x = run.experiment.data.X.numpy().astype(float)
    (level,) = (level for level in run.events(Level) if level.under == "l1")
    assert (level.split, level.name, level.label) == ("train", "loss", "½·lr·mean(x)²")
    assert level.value == pytest.approx(1e-6 / 2 * x.mean() ** 2, rel=1e-9)
    assert np.mean(settled) == pytest.approx(level.value, rel=0.03)
    # Single batches swing from nearly 0 to 3,000, w around 1, and b moves by a millionth a step.
    late = [loss for n, loss in losses.items() if n > 313]
    assert (min(late) < 50) and (2_500 < max(late) < 4_500)
    path = np.array([step.after[0].item() for step in run.learnt[313:]])
    assert (path.min() < 0.96) and (path.max() > 1.04)
    assert 0.9 < path.min() < path.max() < 1.1
    assert max(abs(step.after[1].item()) for step in run.learnt) < 2


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_it_has_settled_for_all_of_a_hundred_epochs(seed: int) -> None:
    run = trained("l1-line", seed=seed)
    assert all(1_200 < mean < 1_300 for at, mean in run.column("epoch", "mean batch loss").items() if at > 313)
    path = np.array([step.after[0].item() for step in run.learnt[313:]])
    assert 0.9 < path.min() < path.max() < 1.1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("lr", [1e-7, 1e-8])
def test_the_plateau_is_proportional_to_the_learning_rate(lr: float, seed: int) -> None:
    # Down at the usual rate first: at these alone, the way to the plateau takes 200 and 2,000 steps.
    post = {300: [Set(id="x", by="a test", knob="lr", value=lr)]}
    run = trained("l1-line", seed=seed, epochs=8 if lr == 1e-8 else 4, post=post)
    *_, settled = run.column("epoch", "mean batch loss").values()
    assert settled == pytest.approx(1_263 * lr / 1e-6, rel=0.05)
    levels = [level.value for level in run.state.levels_now()]
    assert levels == [pytest.approx(settled, rel=0.05)]


@pytest.mark.parametrize("seed", SEEDS)
def test_with_several_inputs_the_weights_come_to_powers_of_two_and_the_plateau_is_the_sum(seed: int) -> None:
    run = left_alone("l1-line", seed=seed, inputs=3, epochs=6)
    assert run.weights[0].reshape(-1) == pytest.approx([1, 2, 4], abs=0.15)
    (level,) = (level for level in run.events(Level) if level.under == "l1")
    x = run.experiment.data.X.numpy().astype(float)
    assert level.label == "½·lr·Σ mean(x)²"
    assert level.value == pytest.approx(1e-6 / 2 * (x.mean(axis=0) ** 2).sum(), rel=1e-9)
    assert run.column("epoch", "mean batch loss")[6 * 313] == pytest.approx(level.value, rel=0.05)


def test_a_mean_over_an_epoch_never_mixes_two_losses_and_is_not_joined_to_that_of_another() -> None:
    run = trained("l1-line", epochs=3, post={400: [Set(id="x", by="a test", knob="loss", value="huber")]})
    losses = run.column("batch", "loss")
    means = run.column("epoch", "mean batch loss")
    assert means[626] == pytest.approx(np.mean([losses[n] for n in range(401, 627)]), rel=1e-6)
    buckets = run.state.series[Key("epoch", "mean batch loss")].buckets
    assert [bucket.segment for bucket in buckets] == [0, 1, 1]


# Four points


@pytest.mark.parametrize("seed", SEEDS)
def test_an_exact_line_is_met_within_eight_epochs_by_the_same_factor_in_whatever_order(seed: int) -> None:
    losses = by_epoch(left_alone("exact-line", seed=seed))
    told = [0.377978, 0.040819, 0.004408, 0.000476, 0.000051, 0.000006, 0.000001, 0.000000]
    assert losses == pytest.approx(told, abs=6e-7)
    # Each sample multiplies the error by 1 − 2·lr·x², and the loss by the square of that.
    factor = math.prod(1 - 2 * 0.03 * x**2 for x in range(4)) ** 2
    assert losses == pytest.approx([3.5 * factor**epoch for epoch in range(1, 9)], rel=0.02)


@pytest.mark.parametrize(
    ("id", "floor", "band", "weight"),
    [
        ("wrong-label", 0.000892857, (0.00089, 0.00100), (1.019, 1.028)),
        ("wrong-label-bias", 0.00075, (0.00075, 0.000855), (1.027, 1.038)),
    ],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_one_wrong_label_keeps_the_loss_above_its_floor_for_good(
    id: str, floor: float, band: tuple[float, float], weight: tuple[float, float], seed: int
) -> None:
    run = left_alone(id, seed=seed, epochs=250)
    _, exact = fit(run, intercept=id == "wrong-label-bias")
    assert exact == pytest.approx(floor, rel=1e-5)
    assert floors(run) == {"half-squared": pytest.approx(exact / 2), "mse": pytest.approx(exact)}
    settled = by_epoch(run)[100 if id == "wrong-label" else 150 :]
    assert all(band[0] < loss < band[1] for loss in settled)
    assert min(settled) > floor * (1 - 1e-4)
    path = [run.weights_at(at)[0].item() for number, at in run.state.epoch_ends.items() if number > 150]
    assert all(weight[0] < w < weight[1] for w in path)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("id", "most"), [("wrong-label", 0.001), ("wrong-label-bias", 0.00095)])
def test_left_as_it_is_started_it_trains_until_it_has_settled(id: str, most: float, seed: int) -> None:
    losses = by_epoch(left_alone(id, seed=seed))
    assert len(losses) >= 50
    assert losses[-20:].max() < most


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bias_does_better_and_a_bend_reaches_zero(seed: int) -> None:
    without, with_bias = (by_epoch(left_alone(id, seed=seed, epochs=250))[-50:].mean() for id in FOUR[1:3])
    assert with_bias < without
    bent = left_alone("wrong-label-bend", seed=seed)
    assert by_epoch(bent)[-1] < 1e-12
    assert bent.weights[0].item() == pytest.approx(1, abs=1e-6)
    assert floors(bent) == {}, "with a bend it is no linear least squares"


@pytest.mark.parametrize("seed", SEEDS)
def test_at_an_effective_rate_of_a_tenth_the_bend_never_reaches_zero(seed: int) -> None:
    losses = by_epoch(left_alone("wrong-label-bend", seed=seed, lr=0.1, epochs=200))
    assert losses[20:].min() > 3e-4
    assert 0.0125 < losses[20:].max() < 0.0131
    # Whenever the sample at 3 comes last it is thrown over the bend and back: the values of an order that stays.
    orders = [cycle(order) for order in [(0, 1, 2, 3), (0, 1, 3, 2), (0, 2, 3, 1), (0, 3, 1, 2)]]
    assert {round(loss, 4) for cycle in orders for loss in cycle} == {
        0.013,
        0.0039,
        0.0027,
        0.0005,
        0.0083,
        0.0036,
        0.0003,
    }
    assert max(map(max, orders)) == pytest.approx(losses[20:].max(), rel=0.03)


def cycle(order: tuple[int, ...]) -> list[float]:
    """The losses that an order of the four points repeats for ever at an effective rate of a tenth."""
    x, y = np.arange(4.0), np.array([0.0, 1.0, 2.0, 3.1])
    w, losses = 2.0, []
    for _ in range(100):
        for i in order:
            w -= 0.1 * 2 * x[i] * (w * x[i] + 0.1 * (w * x[i] >= 3) - y[i])
        losses.append(float(((w * x + 0.1 * (w * x >= 3) - y) ** 2).mean()))
    return losses[-2:]


# What the picker says of them


@pytest.mark.parametrize("seed", SEEDS)
def test_exact_line_is_there_sooner_at_four_times_the_rate_and_runs_away_at_eight(seed: int) -> None:
    usual, four, eight = (
        by_epoch(trained("exact-line", seed=seed, post=press("lr", at=1, factor=2.0, times=times)))
        for times in (0, 2, 3)
    )
    assert four[3] < usual[3] / 10
    assert eight[-1] > 1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("id", "epochs"), [("linreg-scratch", 10), ("linreg-noisy", 1)])
def test_at_thirty_two_times_the_rate_the_loss_jumps_about_above_the_floor_until_it_is_set_back(
    id: str, epochs: int, seed: int
) -> None:
    back = {800: [Scale(id=f"back{i}", by="a test", knob="lr", factor=0.5) for i in range(5)]}
    turns = press("lr", at=500, factor=2.0, times=5) | back
    run = trained(id, seed=seed, epochs=epochs, post=turns)
    losses, floor = run.column("train", "loss"), floors(run)["half-squared"]
    calm, high, settled = (
        np.array([loss for at, loss in losses.items() if first < at <= last]) / floor
        for first, last in ((400, 500), (550, 800), (900, 1000))
    )
    assert high.max() > 1.3 * calm.max()
    assert np.median(high) > 1.05 * np.median(calm)
    assert settled[-1] < 1.05


@pytest.mark.parametrize("seed", SEEDS)
def test_once_more_the_rate_is_too_much_for_the_bend(seed: int) -> None:
    run = trained("wrong-label-bend", seed=seed, post=press("lr", at=10, factor=2.0))
    assert by_epoch(run)[5:].min() > 5e-4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("id", ["wrong-label", "wrong-label-bias"])
def test_at_a_smaller_rate_the_loss_comes_closer_to_its_floor(id: str, seed: int) -> None:
    run = trained(id, seed=seed, epochs=250, post=press("lr", at=600, factor=0.5, times=2))
    assert by_epoch(run)[-20:].max() < 1.01 * floors(run)["mse"]
    assert by_epoch(run)[130:150].max() > 1.02 * floors(run)["mse"]


@pytest.mark.parametrize("seed", SEEDS)
def test_at_sixty_four_times_the_rate_the_path_downhill_runs_away(seed: int) -> None:
    run = trained("descent-path", seed=seed, post=press("lr", at=30, factor=2.0, times=6))
    assert not by_epoch(run)[-1] < 100


@pytest.mark.parametrize("seed", SEEDS)
def test_every_halving_of_the_rate_halves_the_plateau_and_moves_its_line(seed: int) -> None:
    run = trained("l1-line", seed=seed, epochs=5, post=press("lr", at=626, factor=0.5))
    means = run.column("epoch", "mean batch loss")
    assert means[5 * 313] == pytest.approx(means[2 * 313] / 2, rel=0.05)
    lines = [level.value for level in run.events(Level) if level.under == "l1"]
    assert lines[1] == lines[0] / 2
    assert [level.value for level in run.state.levels_now()] == lines[1:]


# The ledger


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("id", ["descent-path", "steepest", "l1-line", *FOUR])
def test_after_is_before_less_rate_times_gradient_bit_for_bit_at_every_step(id: str, seed: int) -> None:
    run = left_alone(id, seed=seed, **brief(id))
    rows = 0
    previous = None
    for look in run.events(Layers):
        for i, rate in enumerate(look.lr):
            before, gradient, after = (
                np.array(look.values[name][i], np.float32) for name in ("before", "gradient", "value")
            )
            assert np.array_equal(after, before - np.float32(rate) * gradient)
            if previous is not None:
                assert np.array_equal(before, previous)
            previous, rows = after, rows + 1
    assert rows == len(run.learnt)


def test_the_gradient_of_the_next_step_does_not_lead_from_one_weight_to_the_next() -> None:
    """The mistake of write-ups that print it beside the weight: the ledger would not hold with it."""
    run = left_alone("l1-line", **brief("l1-line"))
    looks = [
        (look.values["value"][i][0], look.values["gradient"][i][0])
        for look in run.events(Layers)
        for i in range(len(look.at))
    ]
    first = [gradient for _, gradient in looks[:10]]
    # While w is too small, −1 times the mean input of the batch.
    assert np.mean(first) == pytest.approx(-5e4, rel=0.1)
    for (w, own), (later, following) in pairwise(looks[:10]):
        assert np.float32(w) - np.float32(1e-6) * np.float32(following) == np.float32(later)
        assert np.float32(w) - np.float32(1e-6) * np.float32(own) != np.float32(later)
