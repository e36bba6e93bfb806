"""What can be changed live: each knob takes what fits, refuses the rest in words, and then has not changed."""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.optim import SGD, Adam
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

from lintui.commands import Scale, Set, Step, Stop
from lintui.events import Scalar
from lintui.knobs import Choice, Knob, Number, RateFactor, Switch, Unfit
from lintui.steering import Steering

NO_NUMBERS: list[Scalar] = [math.nan, math.inf, -math.inf, "abc", "1", "", None, True, False, 10**400, -(10**400)]
UNSCALABLE = [*NO_NUMBERS, 1e308]


def a_number(value: float = 0.1) -> Number:
    return Number("lr", value, label="learning rate", low=0.0, high=10.0)


def a_choice() -> Choice[int]:
    return Choice("loss", {"mse": 1, "l1": 2}, "mse")


def refused(turn: Callable[[], object], knob: Knob) -> str:
    """The reason that is given; nothing may have changed."""
    before = knob.declared()
    with pytest.raises(Unfit) as caught:
        turn()
    assert knob.declared() == before
    reason = str(caught.value)
    assert reason
    assert "\n" not in reason
    return reason


# Numbers


def test_a_number_takes_what_lies_between_its_bounds_and_tells_old_and_new() -> None:
    knob = a_number()
    assert knob.set(0.5) == (0.1, 0.5)
    assert knob.set(0) == (0.5, 0.0)
    assert knob.set(10) == (0.0, 10.0)
    assert (knob.value, type(knob.value)) == (10.0, float)
    assert knob.declared().value == 10.0


@pytest.mark.parametrize("value", [*NO_NUMBERS, -1, -5e-324, 10.000001, 1e308], ids=lambda v: repr(v)[:10])
def test_a_number_refuses_what_is_none_or_lies_beyond_its_bounds(value: Scalar) -> None:
    knob = a_number()
    assert "learning rate" in refused(lambda: knob.set(value), knob)


@pytest.mark.parametrize("factor", UNSCALABLE, ids=lambda v: repr(v)[:10])
def test_a_number_is_not_multiplied_by_what_is_no_number_or_leads_beyond_its_bounds(factor: Any) -> None:
    knob = a_number()
    refused(lambda: knob.scale(factor), knob)


def test_a_number_without_bounds_still_has_to_be_finite() -> None:
    knob = Number("x", 1e308, low=None, high=None)
    assert "finite" in refused(lambda: knob.scale(1e10), knob)
    assert knob.set(-1e308) == (1e308, -1e308)


def test_a_number_that_is_zero_is_not_multiplied_but_can_be_set() -> None:
    knob = a_number(0.0)
    assert "exact value" in refused(lambda: knob.scale(2.0), knob)
    assert knob.set(0.1) == (0.0, 0.1)


@pytest.mark.parametrize("start", [*NO_NUMBERS, -1, 11], ids=lambda v: repr(v)[:10])
def test_a_number_does_not_start_with_what_it_would_refuse(start: Any) -> None:
    with pytest.raises(Unfit):
        a_number(start)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_times_two_then_by_two_restores_every_bit(start: float) -> None:
    assume(start != 0.0 and math.isfinite(2 * start))
    knob = Number("x", start, low=None, high=None)
    knob.scale(2.0)
    assert knob.value == 2 * start
    knob.scale(0.5)
    assert knob.value.hex() == start.hex()


@given(st.floats(1e-300, 1e300), st.integers(1, 20))
def test_by_two_then_times_two_restores_every_bit_however_often(start: float, times: int) -> None:
    knob = Number("x", start, low=0.0, high=None)
    for factor in [0.5] * times + [2.0] * times:
        knob.scale(factor)
    assert knob.value.hex() == start.hex()


@given(st.one_of(st.floats(), st.integers(), st.text(), st.none(), st.booleans()))
def test_whatever_a_number_is_set_to_it_lies_between_its_bounds(value: Scalar) -> None:
    knob = a_number()
    try:
        _, new = knob.set(value)
    except Unfit:
        assert knob.value == 0.1
    else:
        assert knob.value == new == value
    assert 0.0 <= knob.value <= 10.0


# Choices and switches


def test_a_choice_is_made_by_name_and_gives_the_thing() -> None:
    knob = a_choice()
    assert (knob.chosen, knob.value, knob.declared().choices) == ("mse", 1, ("mse", "l1"))
    assert knob.set("l1") == ("mse", "l1")
    assert (knob.value, knob.declared().value) == (2, "l1")


@pytest.mark.parametrize("value", [*NO_NUMBERS, "MSE", "l1 ", 1, 2], ids=lambda v: repr(v)[:10])
def test_a_choice_refuses_what_is_not_among_its_options_and_names_them(value: Scalar) -> None:
    knob = a_choice()
    reason = refused(lambda: knob.set(value), knob)
    assert "mse" in reason
    assert "l1" in reason


def test_a_choice_and_a_switch_can_not_be_multiplied() -> None:
    for knob in (a_choice(), Switch("paused")):
        assert "multiplied" in refused(partial(knob.scale, 2.0), knob)


def test_a_choice_does_not_start_with_what_is_not_among_its_options() -> None:
    with pytest.raises(Unfit):
        Choice("loss", {"mse": 1}, "l1")


def test_later_changes_of_the_options_that_were_handed_over_do_not_reach_a_choice() -> None:
    options = {"mse": 1}
    knob = Choice("loss", options, "mse")
    options.clear()
    assert knob.value == 1


def test_a_switch_is_on_or_off() -> None:
    knob = Switch("paused")
    assert knob.set(True) == (False, True)
    assert knob.value is True
    assert knob.set(False) == (True, False)


@pytest.mark.parametrize("value", [0, 1, 1.0, "true", "", None, math.nan, 10**400], ids=lambda v: repr(v)[:10])
def test_a_switch_refuses_what_is_neither_true_nor_false(value: Scalar) -> None:
    knob = Switch("paused")
    refused(lambda: knob.set(value), knob)


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
    knob = RateFactor(steered.optimizer)
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
    knob = RateFactor(steered.optimizer)
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
    knob = RateFactor(optimizer)
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
    knob = RateFactor(script.optimizer)
    knob.set(0.5)
    script.optimizer.load_state_dict(script.optimizer.state_dict())
    assert script.step() == [0.05, 0.1 / 3 * 0.5]
    assert script.rates() == [0.1, 0.1 / 3]
    for group in script.optimizer.param_groups:
        group["lr"] = 0.2
    assert (knob.base, knob.value) == (0.2, 0.1)


def test_a_group_that_is_added_later_is_multiplied_too() -> None:
    script = Script(SCHEDULES["nothing"], groups=1)
    knob = RateFactor(script.optimizer)
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
    knob = RateFactor(script.optimizer)
    knob.set(0.5)
    closure = fails_once()
    with pytest.raises(MemoryError):
        script.optimizer.step(closure)
    assert knob.base == 0.1
    assert script.step() == [0.05, 0.1 / 3 * 0.5]
    assert script.rates() == [0.1, 0.1 / 3]


def test_a_rate_that_the_script_sets_after_a_step_that_raised_is_the_one_that_counts() -> None:
    script = Script(SCHEDULES["nothing"])
    knob = RateFactor(script.optimizer)
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
    RateFactor(script.optimizer)
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
        RateFactor(optimizer).set(factor)
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
    RateFactor(optimizer).set(0.5)
    p.grad = -torch.ones_like(p)
    optimizer.step()
    assert p.item() == 0.05
    assert optimizer.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize("value", [*NO_NUMBERS, -1, -1e-9], ids=lambda v: repr(v)[:10])
def test_a_factor_refuses_what_is_no_number_of_at_least_zero(value: Any) -> None:
    knob = RateFactor(Script(SCHEDULES["nothing"]).optimizer)
    refused(lambda: knob.set(value), knob)
    refused(lambda: knob.scale(value), knob)
    refused(lambda: knob.set_exactly(value), knob)


def test_a_factor_of_zero_is_not_multiplied_but_can_be_set() -> None:
    knob = RateFactor(Script(SCHEDULES["nothing"]).optimizer)
    knob.set(0)
    refused(lambda: knob.scale(2.0), knob)
    assert knob.set(1) == (0.0, 1.0)


def test_an_exact_rate_chooses_the_factor() -> None:
    script = Script(SCHEDULES["nothing"])
    knob = RateFactor(script.optimizer)
    assert knob.set_exactly(0.4) == (1.0, 4.0)
    assert script.step()[0] == 0.4
    assert (knob.declared().base, knob.declared().value) == (0.1, 4.0)


def test_an_exact_rate_is_refused_while_the_script_s_own_is_zero() -> None:
    script = Script(SCHEDULES["LambdaLR with a warm-up from 0"])
    knob = RateFactor(script.optimizer)
    assert "0" in refused(lambda: knob.set_exactly(0.1), knob)
    script.step()
    assert knob.set_exactly(0.1)[1] == pytest.approx(10.0)


# Steering: what commands do to knobs


def a_steering(**knobs: Knob) -> Steering:
    steering = Steering()
    steering.knobs |= {knob.name: knob for knob in knobs.values()}
    return steering


def test_commands_turn_the_knob_that_they_name() -> None:
    knob, choice = a_number(), a_choice()
    steering = a_steering(a=knob, b=choice)
    assert steering.carry_out(Set(id="1", by="me", knob="lr", value=0.2)) == ("lr", 0.1, 0.2, "")
    assert steering.carry_out(Scale(id="2", by="me", knob="lr", factor=2.0)) == ("lr", 0.2, 0.4, "")
    assert steering.carry_out(Set(id="3", by="me", knob="loss", value="l1")) == ("loss", "mse", "l1", "")
    with pytest.raises(Unfit, match="nothing called 'ghost'"):
        steering.carry_out(Set(id="4", by="me", knob="ghost", value=1))
    assert (knob.value, choice.value) == (0.4, 2)


def test_the_learning_rate_of_an_optimizer_is_steered_by_its_name_through_the_factor() -> None:
    script = Script(SCHEDULES["nothing"])
    steering = a_steering(factor=RateFactor(script.optimizer))
    done = steering.carry_out(Set(id="1", by="me", knob="lr", value=0.2))
    assert (done.knob, done.old, done.new) == ("lr.factor", 1.0, 2.0)
    assert done.note == "learning rate 0.1 → 0.2"
    done = steering.carry_out(Scale(id="2", by="me", knob="lr", factor=0.5))
    assert (done.knob, done.old, done.new) == ("lr.factor", 2.0, 1.0)
    with pytest.raises(Unfit):
        steering.carry_out(Set(id="3", by="me", knob="lr", value=-1))
    assert script.step()[0] == 0.1


@pytest.mark.parametrize("count", [0, -1, 10**9 + 1, 10**400], ids=lambda v: repr(v)[:10])
def test_steps_are_refused_unless_their_number_is_one(count: int) -> None:
    steering = Steering()
    steering.paused.set(True)
    with pytest.raises(Unfit):
        steering.carry_out(Step(id="1", by="me", count=count))
    assert (steering.paused.value, steering.steps_left) == (True, 0)


def drive(steering: Steering, start: float, seconds: float) -> list[float]:
    """Make steps that take no time, on a clock of our own, and return when each was made."""
    made = []
    now = start
    while now < start + seconds and len(made) < 10_000:
        made.append(now)
        steering.count_step(now)
        now += steering.wait(now)
    return made


def test_a_speed_limit_holds_on_average_and_between_any_two_steps_but_the_first() -> None:
    steering = Steering()
    steering.limit_speed(10.0)
    made = drive(steering, 0.0, 5.0)
    assert 49 <= len(made) <= 52
    assert all(late - early >= 0.1 - 1e-9 for early, late in pairwise(made[1:]))


def test_a_pause_is_not_made_up_for() -> None:
    steering = Steering()
    steering.limit_speed(10.0)
    drive(steering, 0.0, 5.0)
    assert 9 <= len(drive(steering, 100.0, 1.0)) <= 12


def test_a_speed_limit_that_is_changed_holds_at_once() -> None:
    steering = Steering()
    knob = steering.limit_speed(0.001)
    drive(steering, 0.0, 1.0)
    assert steering.wait(1.0) > 900
    knob.set(4.0)
    assert steering.wait(1.0) <= 0.25


def test_steps_that_were_asked_for_are_forgotten_when_the_run_goes_on_or_pauses() -> None:
    for paused in (False, True):
        steering = Steering()
        steering.carry_out(Step(id="1", by="me", count=3))
        steering.carry_out(Set(id="2", by="me", knob="paused", value=paused))
        steering.carry_out(Set(id="3", by="me", knob="paused", value=False))
        for _ in range(5):
            steering.count_step(0.0)
            assert steering.wait(0.0) == 0.0


def test_a_paused_run_waits_for_ever_unless_it_is_to_stop() -> None:
    steering = Steering()
    steering.carry_out(Set(id="1", by="me", knob="paused", value=True))
    assert steering.wait(0.0) == math.inf
    steering.carry_out(Stop(id="2", by="me", reason="enough"))
    assert steering.wait(0.0) == 0.0
    assert (steering.should_stop, steering.stop_reason) == (True, "enough")
