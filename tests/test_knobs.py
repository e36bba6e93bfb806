"""What can be changed live: each knob takes what fits, refuses the rest in words, and then has not changed."""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lintui.commands import Scale, Set, Step, Stop
from lintui.events import Scalar
from lintui.knobs import Choice, Knob, Number, Switch, Unfit
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
    assert knob.declared().words == ()


def test_a_choice_says_of_each_option_what_it_is_as_far_as_it_was_told() -> None:
    knob = Choice("loss", {"mse": 1, "l1": 2}, "l1", words={"l1": "|error|", "huber": "neither"})
    assert knob.declared().words == ("", "|error|")


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
