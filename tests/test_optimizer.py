"""What can be changed live of a torch optimizer: numbers that a loop written out by hand comes to as well."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_knobs import NO_NUMBERS, refused
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Muon, RMSprop
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    StepLR,
)

from lintui import rundir
from lintui.commands import Scale, Set
from lintui.events import Applied, Declared, Record
from lintui.knobs import Knob, Unfit
from lintui.optimizer import SETTINGS, OptimizerSetting, settings
from lintui.rate import RateFactor, Rates
from lintui.run import Run
from lintui.state import RunState
from lintui.steering import Steering

# A factor on the learning rate of a torch optimizer


class Script:
    """A training script: an optimizer with a schedule, on parameters from which the rate of a step can be read."""

    def __init__(self, schedule: Callable[[SGD], Callable[[], None]], rate: Any = 0.1, groups: int = 2) -> None:
        # Each parameter is set to 0 and has a gradient of -1: after a step of plain SGD it is the learning rate.
        self.parameters = [nn.Parameter(torch.zeros(1, dtype=torch.float64)) for _ in range(groups)]
        first, *others = self.parameters
        self.optimizer = SGD([{"params": [first]}, *({"params": [p], "lr": rate / 3} for p in others)], lr=rate)
        self.advance = schedule(self.optimizer)

    def step(self) -> list[float]:
        """Make a step and return the learning rate that each group has seen."""
        for p in self.parameters:
            p.data.zero_()
            p.grad = -torch.ones_like(p)
        self.optimizer.step()
        self.advance()
        return [p.item() for p in self.parameters]

    def rates(self) -> list[float]:
        return [float(group["lr"]) for group in self.optimizer.param_groups]


def by_torch(scheduler: Callable[..., Any], **settings: Any) -> Callable[[SGD], Callable[[], None]]:
    return lambda optimizer: scheduler(optimizer, **settings).step


def by_hand(optimizer: SGD) -> Callable[[], None]:
    """As many scripts do it: the rate is written into the groups, anew for every step."""
    step = 0

    def advance() -> None:
        nonlocal step
        step += 1
        for number, group in enumerate(optimizer.param_groups):
            group["lr"] = 0.1 * 0.97**step / (number + 1)

    return advance


def by_plateau(optimizer: SGD) -> Callable[[], None]:
    scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
    return lambda: scheduler.step(1.0)


SCHEDULES = {
    "nothing": lambda optimizer: lambda: None,
    "LambdaLR": by_torch(LambdaLR, lr_lambda=lambda step: 1 / (step + 1)),
    "LambdaLR with a warm-up from 0": by_torch(LambdaLR, lr_lambda=lambda step: min(step / 10, 1.0)),
    "OneCycleLR": by_torch(OneCycleLR, max_lr=0.3, total_steps=60, cycle_momentum=False),
    "CyclicLR": by_torch(CyclicLR, base_lr=0.01, max_lr=0.3, step_size_up=7, cycle_momentum=False),
    "CosineAnnealingWarmRestarts": by_torch(CosineAnnealingWarmRestarts, T_0=9, T_mult=2, eta_min=0.001),
    "CosineAnnealingLR": by_torch(CosineAnnealingLR, T_max=20, eta_min=0.001),
    "StepLR": by_torch(StepLR, step_size=5, gamma=0.7),
    "MultiStepLR": by_torch(MultiStepLR, milestones=[3, 12, 31], gamma=0.3),
    "ExponentialLR": by_torch(ExponentialLR, gamma=0.93),
    "LinearLR": by_torch(LinearLR, start_factor=0.1, total_iters=13),
    "ConstantLR": by_torch(ConstantLR, factor=0.3, total_iters=13),
    "ReduceLROnPlateau": by_plateau,
    "by hand": by_hand,
}
FACTORS = [1.0] * 8 + [0.5] * 8 + [3.7] * 8 + [0.0] * 4 + [1e-3] * 8 + [1.0] * 12


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())
def test_under_any_schedule_a_step_sees_the_script_s_own_rate_times_the_factor_bit_for_bit(
    schedule: Callable[[SGD], Callable[[], None]],
) -> None:
    alone, steered = Script(schedule), Script(schedule)
    knob = RateFactor(Rates(steered.optimizer))
    for factor in FACTORS:
        knob.set(factor)
        assert knob.base == alone.rates()[0]
        assert knob.value == alone.rates()[0] * factor
        assert steered.step() == [rate * factor for rate in alone.step()]
        assert steered.rates() == alone.rates()


@pytest.mark.parametrize("schedule", ["nothing", "LambdaLR", "StepLR", "ExponentialLR"])
def test_a_rate_that_is_a_tensor_is_multiplied_in_place_and_comes_back(schedule: str) -> None:
    def rate() -> Tensor:
        return torch.tensor(0.1, dtype=torch.float64)

    alone, steered = Script(SCHEDULES[schedule], rate()), Script(SCHEDULES[schedule], rate())
    tensors = [group["lr"] for group in steered.optimizer.param_groups]
    knob = RateFactor(Rates(steered.optimizer))
    for factor in FACTORS:
        knob.set(factor)
        assert steered.step() == [rate * factor for rate in alone.step()]
        assert steered.rates() == alone.rates()
    # A compiled step has captured these very tensors.
    assert all(group["lr"] is one for group, one in zip(steered.optimizer.param_groups, tensors, strict=True))


def test_a_tensor_that_several_groups_share_is_multiplied_once() -> None:
    first, second = (nn.Parameter(torch.zeros(1, dtype=torch.float64)) for _ in range(2))
    rate = torch.tensor(0.1, dtype=torch.float64)
    optimizer = SGD([{"params": [first]}, {"params": [second]}], lr=rate)
    knob = RateFactor(Rates(optimizer))
    knob.set(0.5)
    for _ in range(3):
        for p in (first, second):
            p.data.zero_()
            p.grad = -torch.ones_like(p)
        optimizer.step()
        assert (first.item(), second.item()) == (0.05, 0.05)
        assert [float(group["lr"]) for group in optimizer.param_groups] == [0.1, 0.1]


def test_the_factor_still_works_after_the_optimizer_s_state_was_loaded() -> None:
    script = Script(SCHEDULES["nothing"])
    knob = RateFactor(Rates(script.optimizer))
    knob.set(0.5)
    script.optimizer.load_state_dict(script.optimizer.state_dict())
    assert script.step() == [0.05, 0.1 / 3 * 0.5]
    assert script.rates() == [0.1, 0.1 / 3]
    for group in script.optimizer.param_groups:
        group["lr"] = 0.2
    assert (knob.base, knob.value) == (0.2, 0.1)


def test_a_group_that_is_added_later_is_multiplied_too() -> None:
    script = Script(SCHEDULES["nothing"], groups=1)
    knob = RateFactor(Rates(script.optimizer))
    knob.set(0.5)
    script.parameters.append(nn.Parameter(torch.zeros(1, dtype=torch.float64)))
    script.optimizer.add_param_group({"params": [script.parameters[-1]], "lr": 0.4})
    assert script.step() == [0.05, 0.2]


def fails_once() -> Callable[[], float]:
    """A closure in which the backward pass runs out of memory the first time."""
    times = 0

    def closure() -> float:
        nonlocal times
        times += 1
        if times == 1:
            raise MemoryError
        return 0.0

    return closure


def test_a_step_that_raised_does_not_leave_its_mark_on_the_rate() -> None:
    script = Script(SCHEDULES["nothing"])
    knob = RateFactor(Rates(script.optimizer))
    knob.set(0.5)
    closure = fails_once()
    with pytest.raises(MemoryError):
        script.optimizer.step(closure)
    assert knob.base == 0.1
    assert script.step() == [0.05, 0.1 / 3 * 0.5]
    assert script.rates() == [0.1, 0.1 / 3]


def test_a_rate_that_the_script_sets_after_a_step_that_raised_is_the_one_that_counts() -> None:
    script = Script(SCHEDULES["nothing"])
    knob = RateFactor(Rates(script.optimizer))
    knob.set(0.5)
    with pytest.raises(MemoryError):
        script.optimizer.step(fails_once())
    for group in script.optimizer.param_groups:
        group["lr"] = 0.4
    assert (knob.base, knob.value) == (0.4, 0.2)
    assert script.step() == [0.2, 0.2]
    assert script.rates() == [0.4, 0.4]


def test_with_the_factor_at_one_nothing_is_touched() -> None:
    script = Script(SCHEDULES["nothing"])
    RateFactor(Rates(script.optimizer))
    seen: list[object] = []

    class Rate(float):
        pass

    for group in script.optimizer.param_groups:
        group["lr"] = Rate(0.1)
    mine = [group["lr"] for group in script.optimizer.param_groups]
    script.optimizer.register_step_pre_hook(lambda *_: seen.extend(g["lr"] for g in script.optimizer.param_groups))
    script.step()
    assert all(one is other for one, other in zip(seen, mine, strict=True))
    assert all(g["lr"] is one for g, one in zip(script.optimizer.param_groups, mine, strict=True))


def test_an_optimizer_with_memory_sees_the_product_too() -> None:
    def weights(factor: float, rate: float) -> list[float]:
        p = nn.Parameter(torch.ones(3, dtype=torch.float64))
        optimizer = Adam([p], lr=rate)
        RateFactor(Rates(optimizer)).set(factor)
        for _ in range(5):
            optimizer.zero_grad()
            (p**2).sum().backward()
            optimizer.step()
        return p.tolist()

    assert weights(0.5, 0.1) == weights(1.0, 0.05)


def test_a_subclass_whose_step_calls_that_of_its_parent_multiplies_once() -> None:
    class Mine(SGD):
        def step(self, closure: Any = None) -> Any:
            return super().step(closure)

    SGD([nn.Parameter(torch.zeros(1))], lr=0.1)  # the first of its class, which is hooked for good
    p = nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = Mine([p], lr=0.1)
    RateFactor(Rates(optimizer)).set(0.5)
    p.grad = -torch.ones_like(p)
    optimizer.step()
    assert p.item() == 0.05
    assert optimizer.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize("value", [*NO_NUMBERS, -1, -1e-9], ids=lambda v: repr(v)[:10])
def test_a_factor_refuses_what_is_no_number_of_at_least_zero(value: Any) -> None:
    knob = RateFactor(Rates(Script(SCHEDULES["nothing"]).optimizer))
    refused(lambda: knob.set(value), knob)
    refused(lambda: knob.scale(value), knob)
    refused(lambda: knob.set_exactly(value), knob)


def test_a_factor_of_zero_is_not_multiplied_but_can_be_set() -> None:
    knob = RateFactor(Rates(Script(SCHEDULES["nothing"]).optimizer))
    knob.set(0)
    refused(lambda: knob.scale(2.0), knob)
    assert knob.set(1) == (0.0, 1.0)


def test_an_exact_rate_chooses_the_factor() -> None:
    script = Script(SCHEDULES["nothing"])
    knob = RateFactor(Rates(script.optimizer))
    assert knob.set_exactly(0.4) == (1.0, 4.0)
    assert script.step()[0] == 0.4
    assert (knob.declared().base, knob.declared().value) == (0.1, 4.0)


def test_an_exact_rate_is_refused_while_the_script_s_own_is_zero() -> None:
    script = Script(SCHEDULES["LambdaLR with a warm-up from 0"])
    knob = RateFactor(Rates(script.optimizer))
    assert "0" in refused(lambda: knob.set_exactly(0.1), knob)
    script.step()
    assert knob.set_exactly(0.1)[1] == pytest.approx(10.0)


def a_steering(*knobs: Knob) -> Steering:
    steering = Steering()
    steering.knobs |= {knob.name: knob for knob in knobs}
    return steering


def test_the_learning_rate_of_an_optimizer_is_steered_by_its_name_through_the_factor() -> None:
    script = Script(SCHEDULES["nothing"])
    steering = a_steering(RateFactor(Rates(script.optimizer)))
    done = steering.carry_out(Set(id="1", by="me", knob="lr", value=0.2))
    assert (done.knob, done.old, done.new) == ("lr.factor", 1.0, 2.0)
    assert done.note == "learning rate 0.1 → 0.2"
    done = steering.carry_out(Scale(id="2", by="me", knob="lr", factor=0.5))
    assert (done.knob, done.old, done.new) == ("lr.factor", 2.0, 1.0)
    with pytest.raises(Unfit):
        steering.carry_out(Set(id="3", by="me", knob="lr", value=-1))
    assert script.step()[0] == 0.1


# Plain settings of a torch optimizer

DATA = np.random.default_rng(0)
X, Y = DATA.normal(size=(8, 3)), DATA.normal(size=8)


class Descent:
    """Least squares on eight samples, with an optimizer of torch and the knobs for its settings."""

    def __init__(self, make: Callable[..., Any], **more: Any) -> None:
        self.w = nn.Parameter(torch.zeros(3, dtype=torch.float64))
        self.optimizer = make([self.w], **{"lr": 0.05, **more})
        self.knobs = {knob.name: knob for knob in settings(self.optimizer)}

    def step(self) -> None:
        self.optimizer.zero_grad()
        ((torch.from_numpy(X) @ self.w - torch.from_numpy(Y)) ** 2).mean().backward()
        self.optimizer.step()

    def path(self, turns: Mapping[int, Mapping[str, float]], steps: int = 12) -> np.ndarray:
        """The weights after each step; settings are turned before the steps that `turns` names."""
        weights = []
        for step in range(steps):
            for name, value in turns.get(step, {}).items():
                self.knobs[name].set(value)
            self.step()
            weights.append(self.w.detach().numpy().copy())
        return np.array(weights)


def slope(w: np.ndarray) -> np.ndarray:
    return 2 * X.T @ (X @ w - Y) / len(X)


def sgd_by_hand(turns: Mapping[int, Mapping[str, float]], nesterov: bool = False, **now: float) -> np.ndarray:
    """Descent with momentum as the textbook has it; the buffer begins as the first gradient that it sees."""
    now = {"momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, **now}
    w, buffer, weights = np.zeros(3), None, []
    for step in range(12):
        now |= turns.get(step, {})
        d = slope(w) + now["weight_decay"] * w
        if now["momentum"] != 0:
            buffer = d if buffer is None else now["momentum"] * buffer + (1 - now["dampening"]) * d
            d = d + now["momentum"] * buffer if nesterov else buffer
        w = w - 0.05 * d
        weights.append(w)
    return np.array(weights)


def adam_by_hand(turns: Mapping[int, Mapping[str, float]], decoupled: bool = False, **now: float) -> np.ndarray:
    """Adam as in its paper, with the moments' bias taken out by the betas in force."""
    now = {"beta1": 0.9, "beta2": 0.999, "weight_decay": 0.01 if decoupled else 0.0, **now}
    w, m, v, weights = np.zeros(3), np.zeros(3), np.zeros(3), []
    for step in range(1, 13):
        now |= turns.get(step - 1, {})
        g = slope(w)
        if decoupled:
            w = w - 0.05 * now["weight_decay"] * w
        else:
            g = g + now["weight_decay"] * w
        m = now["beta1"] * m + (1 - now["beta1"]) * g
        v = now["beta2"] * v + (1 - now["beta2"]) * g**2
        w = w - 0.05 * (m / (1 - now["beta1"] ** step)) / (np.sqrt(v / (1 - now["beta2"] ** step)) + 1e-8)
        weights.append(w)
    return np.array(weights)


SGD_TURNS = {
    "momentum from nothing": {4: {"momentum": 0.9}},
    "momentum to another": {0: {"momentum": 0.5}, 5: {"momentum": 0.9}},
    "momentum to nothing and back": {0: {"momentum": 0.9}, 4: {"momentum": 0.0}, 8: {"momentum": 0.9}},
    "weight decay": {3: {"weight_decay": 0.3}, 9: {"weight_decay": 0.0}},
    "dampening": {0: {"momentum": 0.9}, 6: {"dampening": 0.4}},
    "everything": {2: {"momentum": 0.9, "dampening": 1.0, "weight_decay": 0.1}, 7: {"dampening": 0.0}},
}
ADAM_TURNS = {
    "beta1": {4: {"beta1": 0.5}},
    "beta2": {4: {"beta2": 0.9}},
    "both, to nothing and back": {2: {"beta1": 0.0, "beta2": 0.5}, 8: {"beta1": 0.9, "beta2": 0.999}},
    "weight decay": {3: {"weight_decay": 0.3}},
}


@pytest.mark.parametrize("foreach", [True, False])
@pytest.mark.parametrize("turns", SGD_TURNS.values(), ids=SGD_TURNS.keys())
def test_sgd_goes_on_as_a_loop_written_by_hand_does_from_the_very_step(turns: Any, foreach: bool) -> None:
    path = Descent(SGD, foreach=foreach).path(turns)
    assert np.allclose(path, sgd_by_hand(turns), rtol=1e-12, atol=1e-14)
    # Sharp enough to see a change that comes a step late.
    late = {step + 1: turn for step, turn in turns.items()}
    assert not np.allclose(path, sgd_by_hand(late), rtol=1e-6)


def test_nesterov_goes_on_as_a_loop_written_by_hand_does() -> None:
    turns = {5: {"momentum": 0.95}}
    path = Descent(SGD, momentum=0.5, nesterov=True).path(turns)
    assert np.allclose(path, sgd_by_hand(turns, nesterov=True, momentum=0.5), rtol=1e-12)


@pytest.mark.parametrize("decoupled", [False, True], ids=["Adam", "AdamW"])
@pytest.mark.parametrize("turns", ADAM_TURNS.values(), ids=ADAM_TURNS.keys())
def test_adam_goes_on_as_its_paper_has_it_from_the_very_step(turns: Any, decoupled: bool) -> None:
    path = Descent(AdamW if decoupled else Adam).path(turns)
    assert np.allclose(path, adam_by_hand(turns, decoupled), rtol=1e-9, atol=1e-12)
    late = {step + 1: turn for step, turn in turns.items()}
    assert not np.allclose(path, adam_by_hand(late, decoupled), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (SGD, {"momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0}),
        (Adam, {"beta1": 0.9, "beta2": 0.999, "weight_decay": 0.0}),
        (AdamW, {"beta1": 0.9, "beta2": 0.999, "weight_decay": 0.01}),
        (RMSprop, {"momentum": 0.0, "weight_decay": 0.0}),
        (torch.optim.Adagrad, {"weight_decay": 0.0}),
        (torch.optim.SparseAdam, {"beta1": 0.9, "beta2": 0.999}),
        (torch.optim.LBFGS, {}),
    ],
)
def test_an_optimizer_has_a_knob_for_each_setting_that_its_groups_have(make: Any, names: dict[str, float]) -> None:
    assert {name: knob.value for name, knob in Descent(make).knobs.items()} == names


@pytest.mark.parametrize("betas", [(0.9,), (0.9, 0.99, 0.999), None, "ab", 0.9])
def test_betas_that_are_no_two_numbers_are_left_alone(betas: Any) -> None:
    optimizer = Adam([nn.Parameter(torch.zeros(1))])
    optimizer.param_groups[0]["betas"] = betas
    assert [knob.name for knob in settings(optimizer)] == ["weight_decay"]


# torch's own words for what is no value


def torch_takes(name: str, value: float) -> bool:
    """Whether torch makes an optimizer with this setting."""
    setting = SETTINGS[name]
    make = Adam if setting.key == "betas" else SGD
    given = value if setting.place is None else tuple(value if i == setting.place else 0.5 for i in range(2))
    try:
        make([nn.Parameter(torch.zeros(1))], lr=0.1, **{setting.key: given})
    except ValueError:
        return False
    return True


@given(st.sampled_from(sorted(SETTINGS)), st.floats())
def test_a_setting_takes_nothing_that_torch_refuses_and_lies_within_what_it_declares(name: str, value: float) -> None:
    knob = Descent(Adam if SETTINGS[name].key == "betas" else SGD).knobs[name]
    before = knob.declared()
    try:
        old, new = knob.set(value)
    except Unfit as error:
        assert "\n" not in str(error)
        assert knob.declared() == before
        assert not (math.isfinite(value) and 0 <= value < 1), "every one of them takes these"
    else:
        assert torch_takes(name, value)
        assert (old, new, knob.value) == (before.value, value, value)
        assert before.low == 0 <= new
        assert before.high is None or new <= before.high
        assert before.below is None or new < before.below


@pytest.mark.parametrize("value", [*NO_NUMBERS, -1, -5e-324, 1_001, 1e300], ids=lambda v: repr(v)[:10])
@pytest.mark.parametrize("name", ["momentum", "dampening", "weight_decay"])
def test_what_is_no_number_of_at_least_zero_is_refused_in_words(name: str, value: Any) -> None:
    knob = Descent(SGD).knobs[name]
    assert name.replace("_", " ") in refused(lambda: knob.set(value), knob)


def test_what_would_break_the_next_step_is_refused_in_words() -> None:
    nesterov = Descent(SGD, momentum=0.9, nesterov=True)
    for name, value in (("momentum", 0.0), ("dampening", 0.1)):
        knob = nesterov.knobs[name]
        assert "Nesterov" in refused(lambda knob=knob, value=value: knob.set(value), knob)
        with pytest.raises(ValueError, match="Nesterov"):
            SGD([nn.Parameter(torch.zeros(1))], lr=0.1, nesterov=True, **{"momentum": 0.9, name: value})
    embedding = nn.Embedding(3, 2, sparse=True)
    sparse = OptimizerSetting(SGD(embedding.parameters(), lr=0.1), SETTINGS["weight_decay"])
    embedding(torch.tensor([0])).sum().backward()
    assert "sparse" in refused(lambda: sparse.set(0.1), sparse)


def test_an_optimizer_that_has_no_room_for_momentum_any_more_refuses_it_and_trains_on() -> None:
    late, early = Descent(RMSprop), Descent(RMSprop)
    early.knobs["momentum"].set(0.9)
    late.step()
    knob = late.knobs["momentum"]
    assert "first step" in refused(lambda: knob.set(0.9), knob)
    late.step()
    assert np.allclose(early.path({}), Descent(RMSprop, momentum=0.9).path({}))
    begun = Descent(RMSprop, momentum=0.5)
    assert np.isfinite(begun.path({3: {"momentum": 0.0}, 6: {"momentum": 0.9}})).all()


def test_momentum_of_an_optimizer_that_makes_room_for_it_at_its_first_step_can_be_turned() -> None:
    w = nn.Parameter(torch.zeros(2, 2))
    optimizer = Muon([w], lr=0.1)
    knob = OptimizerSetting(optimizer, SETTINGS["momentum"])
    for momentum in (0.95, 0.0, 0.5):
        knob.set(momentum)
        w.grad = torch.eye(2)
        optimizer.step()
    assert knob.value == 0.5


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("make", [SGD, Adam, AdamW, RMSprop])
def test_no_value_that_is_taken_makes_a_step_raise(make: Any, dtype: torch.dtype) -> None:
    w = nn.Parameter(torch.ones(2, dtype=dtype))
    optimizer = make([w], lr=0.1)
    knobs = {knob.name: knob for knob in settings(optimizer)}
    for name, knob in knobs.items():
        for value in (0.0, math.nextafter(1.0, 0.0), 1_000.0 if name == "weight_decay" else 0.5):
            if make is not RMSprop or name != "momentum":
                knob.set(value)
            w.grad = torch.ones_like(w)
            optimizer.step()


# Several groups, tensors, and the way back


def two_groups(**second: Any) -> SGD:
    parameters = [nn.Parameter(torch.zeros(1)) for _ in range(2)]
    return SGD([{"params": parameters[:1]}, {"params": parameters[1:], **second}], lr=0.1, weight_decay=0.01)


def test_a_setting_is_read_from_the_first_group_and_written_into_all() -> None:
    optimizer = two_groups(momentum=0.3)
    knob = OptimizerSetting(optimizer, SETTINGS["momentum"])
    assert knob.value == 0.0
    assert knob.set(0.9) == (0.0, 0.9)
    assert [group["momentum"] for group in optimizer.param_groups] == [0.9, 0.9]


def test_where_groups_differed_the_first_s_own_value_brings_back_each_its_own() -> None:
    optimizer = two_groups(weight_decay=0.0)
    knob = OptimizerSetting(optimizer, SETTINGS["weight_decay"])
    for value, groups in ((0.1, [0.1, 0.1]), (0.2, [0.2, 0.2]), (0.01, [0.01, 0.0]), (0.3, [0.3, 0.3])):
        knob.set(value)
        assert [group["weight_decay"] for group in optimizer.param_groups] == groups


def test_betas_that_are_tensors_are_changed_in_place() -> None:
    betas = tuple(torch.tensor(beta, dtype=torch.float64) for beta in (0.9, 0.999))
    descent = Descent(Adam, lr=torch.tensor(0.05), betas=betas, foreach=False, capturable=False)
    descent.knobs["beta1"].set(0.5)
    assert betas[0].item() == 0.5
    assert descent.optimizer.param_groups[0]["betas"][0] is betas[0]


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True))
def test_setting_back_restores_every_bit(first: float, second: float) -> None:
    for make, name in ((SGD, "momentum"), (Adam, "beta2")):
        knob = Descent(make).knobs[name]
        knob.set(first)
        old, _ = knob.set(second)
        assert isinstance(old, float) and old.hex() == first.hex()
        knob.set(old)
        assert knob.value.hex() == first.hex()


# In a run


class SteeredRun:
    """A run over a descent, with what it said."""

    def __init__(self, descent: Descent) -> None:
        self.descent = descent
        self.records: list[Record] = []
        self.run = Run("steered", rundir.create("steered"), on_record=self.records.append)
        self.run.watch({"w": descent.w}, descent.optimizer, every=5)

    def go(self, posts: Mapping[int, Set], advance: Callable[[], None] = lambda: None) -> RunState:
        """Twelve steps; commands are posted before the steps that `posts` names."""
        for step in range(12):
            if step in posts:
                self.run.post(posts[step])
            self.run.safe_point()
            self.descent.step()
            advance()
            self.run.step()
        self.run._intake.is_due = True
        self.run.safe_point()
        self.run.finish()
        state = RunState()
        for record in self.records:
            state.apply(record)
        return state


def test_a_run_s_momentum_is_turned_and_set_back_between_two_steps() -> None:
    up = Set(id="1", by="me", knob="momentum", value=0.9)
    back = Set(id="2", by="me", knob="momentum", value=0.0, undoes="1")
    run = SteeredRun(Descent(SGD))
    state = run.go({4: up, 8: back})
    by_hand = sgd_by_hand({4: {"momentum": 0.9}, 8: {"momentum": 0.0}})
    assert np.allclose(run.descent.w.detach().numpy(), by_hand[-1], rtol=1e-12)
    answers = [event for _, event in run.records if isinstance(event, Applied)]
    assert [(a.at, a.knob, a.old, a.new, a.undoes) for a in answers] == [
        (4, "momentum", 0.0, 0.9, ""),
        (8, "momentum", 0.9, 0.0, "1"),
    ]
    assert (state.undoable, [done.id for done in state.redoable]) == ([], ["2"])
    assert state.knobs["momentum"].value == 0.0


def test_what_a_schedule_makes_of_a_setting_is_said_again() -> None:
    descent = Descent(SGD, momentum=0.9)
    schedule = OneCycleLR(descent.optimizer, max_lr=0.1, total_steps=30)
    run = SteeredRun(descent)
    state = run.go({}, schedule.step)
    said = [event.value for _, event in run.records if isinstance(event, Declared) and event.knob == "momentum"]
    assert len(said) > 1
    assert state.knobs["momentum"].value == said[-1] == descent.optimizer.param_groups[0]["momentum"]
