"""Learning rates as factors on what a script sets: one group's, one optimizer's, or all, whatever the schedule."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from test_knobs import refused
from test_library import Loop, Script, init, made, run, warnings
from test_optimizer import FACTORS, SCHEDULES, by_torch
from test_optimizer import Script as Plain
from test_run import of_kind
from torch import nn
from torch.optim import SGD, AdamW
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    MultiplicativeLR,
    PolynomialLR,
    SequentialLR,
)

from lintui.commands import Scale, Set
from lintui.events import Applied, Declared, Refused
from lintui.own import OwnRun
from lintui.rate import RateFactor, Rates

__all__ = ["Loop", "init", "made", "run"]

Schedule = Callable[[SGD], Callable[[], None]]


def one_after_another(optimizer: SGD) -> Callable[[], None]:
    warm, fall = LinearLR(optimizer, 0.1, total_iters=7), CosineAnnealingLR(optimizer, T_max=30, eta_min=0.002)
    return SequentialLR(optimizer, [warm, fall], milestones=[7]).step


def at_once(optimizer: SGD) -> Callable[[], None]:
    return ChainedScheduler([LinearLR(optimizer, 0.1, total_iters=7), ExponentialLR(optimizer, 0.95)], optimizer).step


MORE = {
    "SequentialLR": one_after_another,
    "ChainedScheduler": at_once,
    "PolynomialLR": by_torch(PolynomialLR, total_iters=40, power=2.0),
    "MultiplicativeLR": by_torch(MultiplicativeLR, lr_lambda=lambda step: 0.96),
}
ALL: dict[str, Schedule] = {**SCHEDULES, **MORE}  # type: ignore[dict-item]


@pytest.mark.parametrize("schedule", ALL.values(), ids=ALL.keys())
def test_a_group_s_rate_is_the_script_s_own_times_its_factor_and_the_others_are_untouched(schedule: Schedule) -> None:
    alone, steered = Plain(schedule), Plain(schedule)
    knob = RateFactor(Rates(steered.optimizer), group=1)
    for factor in FACTORS:
        knob.set(factor)
        assert (knob.base, knob.value) == (alone.rates()[1], alone.rates()[1] * factor)
        first, second = alone.step()
        assert steered.step() == [first, second * factor]
        assert steered.rates() == alone.rates()


@pytest.mark.parametrize("schedule", ALL.values(), ids=ALL.keys())
def test_with_the_factor_back_at_one_a_run_goes_on_as_one_that_was_never_touched(schedule: Schedule) -> None:
    alone, steered = Plain(schedule), Plain(schedule)
    knob = RateFactor(Rates(steered.optimizer))
    for step in range(50):
        # Doubled and halved as the keys do it: one after the other restores the bits.
        if step in (10, 13):
            knob.scale(2.0 if step == 10 else 0.5)
        rates = steered.step()
        assert rates == [rate * knob.factor for rate in alone.step()]
    assert knob.factor == 1.0
    assert steered.rates() == alone.rates()


def test_factors_on_the_same_rate_multiply_and_each_says_what_it_multiplies() -> None:
    script = Plain(SCHEDULES["nothing"])
    rates = Rates(script.optimizer)
    everything, second = RateFactor(rates), RateFactor(rates, group=1)
    everything.set(0.5)
    second.set(4.0)
    own = script.rates()
    assert script.step() == [own[0] * 0.5, own[1] * 2.0]
    assert (second.base, second.value) == (own[1] * 0.5, own[1] * 0.5 * 4.0)
    assert second.set_exactly(own[1] * 0.5) == (4.0, 1.0)
    assert script.step() == [own[0] * 0.5, own[1] * 0.5]
    everything.set(0.0)
    refused(lambda: second.set_exactly(0.1), second)


def test_rates_that_were_released_are_the_script_s_own_from_the_next_step_on() -> None:
    script = Plain(SCHEDULES["nothing"])
    rates = Rates(script.optimizer)
    RateFactor(rates).set(0.5)
    own = script.rates()
    assert script.step() == [rate * 0.5 for rate in own]
    rates.release()
    assert script.step() == own
    Rates(script.optimizer)  # somebody else may steer them now


def told(run: OwnRun) -> dict[str, Declared]:
    return {knob.knob: knob for knob in of_kind(Declared, run)}


def in_two_groups() -> tuple[nn.Module, AdamW]:
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
    return model, AdamW(
        [{"params": model[0].parameters(), "name": "body"}, {"params": model[1].parameters()}], lr=0.01
    )


def test_one_optimizer_offers_its_rate_and_that_of_each_group_by_name_or_place(run: OwnRun) -> None:
    run.watch(*in_two_groups())
    run.post(Set(id="group", by="me", knob="lr[body]", value=0.04))
    run.post(Scale(id="all", by="me", knob="lr", factor=0.5))
    run.post(Set(id="none", by="me", knob="lr[2]", value=0.5))
    run.post(Set(id="wrong", by="me", knob="lr[1]", value=-0.5))
    run.log({"loss": 1.0})
    run.finish()
    assert {name for name in told(run) if "lr" in name} == {"lr.factor", "lr.factor[body]", "lr.factor[1]"}
    assert [(a.id, a.knob, a.new) for a in of_kind(Applied, run)] == [
        ("group", "lr.factor[body]", 4.0),
        ("all", "lr.factor", 0.5),
    ]
    assert [a.id for a in of_kind(Refused, run)] == ["none", "wrong"]


@pytest.mark.parametrize("how", ["by name", "as a list", "one after another"])
def test_several_optimizers_are_steered_all_at_once_and_each_by_its_name(run: OwnRun, how: str) -> None:
    scripts = [Script(SGD, lr=0.1), Script(SGD, lr=0.2)]
    models, optimizers = [script.model for script in scripts], [script.optimizer for script in scripts]
    names = ("generator", "critic") if how == "by name" else ("1", "2")
    if how == "by name":
        run.watch(dict(zip(names, models, strict=True)), dict(zip(names, optimizers, strict=True)))
    elif how == "as a list":
        run.watch(models, optimizers)
    else:
        for model, optimizer in zip(models, optimizers, strict=True):
            run.watch(model, optimizer)
    seen: list[list[float]] = []
    for optimizer in optimizers:
        optimizer.register_step_pre_hook(lambda one, *_: seen.append([group["lr"] for group in one.param_groups]))
    run.post(Set(id="all", by="me", knob="lr.factor", value=0.5))
    run.post(Set(id="one", by="me", knob=f"{names[1]}.lr", value=0.4))
    run.log({"loss": 1.0}, step=1)
    for script in scripts:
        script.step()
    run.finish()
    assert warnings(run) == []
    assert {"lr.factor", f"{names[0]}.lr.factor", f"{names[1]}.lr.factor", f"{names[1]}.momentum"} <= set(told(run))
    assert seen == [[0.05], [0.4]]
    assert [optimizer.param_groups[0]["lr"] for optimizer in optimizers] == [0.1, 0.2]


def test_a_setting_of_one_optimizer_of_several_is_checked_as_if_it_were_alone(run: OwnRun) -> None:
    scripts = [Script(SGD, lr=0.1), Script(SGD, lr=0.1, momentum=0.9, nesterov=True)]
    run.watch([s.model for s in scripts], [s.optimizer for s in scripts])
    values: list[tuple[str, Any]] = [
        ("2.momentum", 0.0),
        ("2.momentum", 0.5),
        ("1.momentum", 0.5),
        ("2.momentum", 1.0),
    ]
    for place, (knob, value) in enumerate(values):
        run.post(Set(id=str(place), by="me", knob=knob, value=value))
    run.log({"loss": 1.0})
    run.finish()
    assert [a.id for a in of_kind(Applied, run)] == ["1", "2"]
    assert [script.optimizer.param_groups[0]["momentum"] for script in scripts] == [0.5, 0.5]


def test_the_groups_beyond_a_readable_number_are_turned_together(run: OwnRun) -> None:
    parameters = [nn.Parameter(torch.zeros(1)) for _ in range(40)]
    run.watch({"p": parameters[0]}, SGD([{"params": [p]} for p in parameters], lr=0.1))
    run.finish()
    assert [name for name in told(run) if name.startswith("lr")] == ["lr.factor"]
