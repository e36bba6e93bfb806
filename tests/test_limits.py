"""Specifies on what a training fails: which conditions can be written, when one is met, and what comes of it."""

import dataclasses
import math
import operator
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import any_event
from test_session import LONG, app_over, ended, read, until

from lintui.commands import author
from lintui.events import Applied, Ended, Event, Record, Steps, Values
from lintui.state import RunState
from trainer.catalog import find
from tuiapp.group import Group, exit_code
from tuiapp.headless import train
from tuiapp.launch import Session, prepare
from tuiapp.limits import Limits, parse
from tuiapp.show import leave_behind
from tuiapp.signals import Caught

NAN = float("nan")
INF = float("inf")
SIGNS = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}


def steps(values: Mapping[str, tuple[float, ...]], *, split: str = "batch", first: int = 1) -> Steps:
    """Consecutive steps."""
    size = max(map(len, values.values()), default=0)
    at = tuple(range(first, first + size))
    return Steps(branch=0, split=split, at=at, t=tuple(map(float, at)), values=values)


def values(split: str = "test", at: int = 30, **values: float) -> Values:
    """Metrics at the end of an epoch."""
    return Values(branch=0, split=split, at=at, t=1.0, values=values)


def met(conditions: str, *events: Event) -> str:
    """What is said of these events."""
    limits = Limits(parse(conditions))
    for n, event in enumerate(events):
        limits.take(Record(n, event))
    return limits.met


# What can be written


@pytest.mark.parametrize(
    "text",
    [
        "nan",
        "inf",
        "nan,inf",
        "loss>5",
        "loss > 5",
        "loss>=-1e-3",
        "test:accuracy<0.5",
        "error of w<=2",
        " nan , inf ",
    ],
)
def test_these_are_conditions(text: str) -> None:
    assert len(parse(text)) == text.count(",") + 1


@pytest.mark.parametrize(
    "text",
    [
        "loss",
        "loss>",
        ">5",
        "loss>nan",
        "loss>inf",
        "loss>five",
        "loss==5",
        "a:b:c>1",
        "nan,",
        ",",
        "loss>1>2",
        "NAN x",
        "l\x1b]0;title\x07oss>5",
    ],
)
def test_these_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


def test_nothing_is_no_condition() -> None:
    assert parse("") == parse("  ") == ()


# When a condition is met


@given(st.sampled_from(sorted(SIGNS)), st.floats(allow_nan=False, allow_infinity=False), st.lists(st.floats()))
def test_a_bound_is_met_at_the_first_step_whose_value_lies_beyond_it(
    sign: str, bound: float, losses: list[float]
) -> None:
    beyond = [at for at, loss in enumerate(losses, 1) if SIGNS[sign](loss, bound)]
    said = met(f"loss{sign}{bound!r}", steps({"loss": tuple(losses)}))
    assert bool(said) == bool(beyond)
    if beyond:
        assert said.endswith(f" at step {beyond[0]}")


@given(st.lists(st.floats()), st.sampled_from(["nan", "inf"]))
def test_nan_and_inf_are_met_by_any_metric_and_not_by_each_other(column: list[float], word: str) -> None:
    is_it = math.isnan if word == "nan" else math.isinf
    assert bool(met(word, steps({"fine": (0.0,) * len(column), "norm": tuple(column)}))) == any(map(is_it, column))


def test_a_name_alone_is_the_metric_of_any_split_and_with_a_split_of_that_one() -> None:
    train, test = values("train", accuracy=0.4), values("test", accuracy=0.6)
    assert met("accuracy<0.5", test, train)
    assert met("train:accuracy<0.5", test, train)
    assert not met("test:accuracy<0.5", test, train)
    assert not met("loss<0.5", test, train)


def test_what_is_said_names_condition_split_metric_value_and_step() -> None:
    assert met("loss>5", steps({"loss": (1.0, 7.25, 9.0)}, first=11)) == (
        "--fail-on loss>5: batch loss is 7.25 at step 12"
    )


def test_of_several_the_first_step_counts_and_what_comes_later_changes_nothing() -> None:
    event = steps({"loss": (1.0, 2.0, NAN), "norm": (1.0, INF, 1.0)})
    assert met("nan,inf", event, values(loss=NAN)) == "--fail-on inf: batch norm is inf at step 2"


@given(st.lists(any_event, max_size=5))
def test_no_event_breaks_it(events: list[Event]) -> None:
    met("nan,inf,loss>0,train:loss<0", *events)


# What comes of it


def endless(fail_on: str, **settings: object) -> Session:
    """A run that nothing but its limit ends."""
    entry = find("linreg-scratch")
    wanted = dataclasses.replace(entry.defaults, epochs=100_000, **settings)  # type: ignore[arg-type]
    return prepare(entry, wanted, fail_on=fail_on)


def test_a_run_that_nobody_looks_at_stops_with_the_reason_and_its_author() -> None:
    session = endless("nan", lr=100.0)
    session.start()
    assert session.thread is not None
    session.thread.join(LONG)
    records = read(session.run.directory.log)
    last = ended(records)
    (stop,) = [event for _, event in records if isinstance(event, Applied)]
    assert (last.how, last.reason) == ("stopped", session.limits.met)
    assert "is nan at step" in last.reason
    assert (stop.knob, stop.by, stop.note) == ("stop", author(), last.reason)


def test_headless_the_reason_is_told_and_the_exit_code_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert train(Group(endless("batch:loss<1e-3")), every=10.0) == 3
    told = capsys.readouterr().out.splitlines()
    assert any(line.startswith("--fail-on batch:loss<1e-3: batch loss is ") for line in told)


def test_a_limit_that_is_met_when_all_is_over_is_told_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    entry = find("softmax-blobs")
    session = prepare(entry, dataclasses.replace(entry.defaults, epochs=1), fail_on="train:accuracy<1.1")
    assert train(Group(session), every=10.0) == 3
    assert capsys.readouterr().out.count("--fail-on train:accuracy<1.1") >= 1


async def test_on_the_screen_the_run_stops_and_what_is_left_behind_says_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    session = endless("train:loss<0.01")
    app = app_over(session)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.state is not None and app.state.ended is not None)
        await pilot.press("q")
    assert leave_behind(app, Caught()) == 3
    assert "--fail-on train:loss<0.01: train loss is 0.00" in capsys.readouterr().out


def test_a_run_within_its_limits_ends_as_without_them(capsys: pytest.CaptureFixture[str]) -> None:
    entry = find("linreg-scratch")
    assert train(Group(prepare(entry, entry.defaults, fail_on="nan,inf,loss>1e9")), every=10.0) == 0
    assert "--fail-on" not in capsys.readouterr().out


def state_of(*events: Event) -> RunState:
    """What is known after these events."""
    state = RunState()
    for n, event in enumerate(events):
        state.apply(Record(n, event))
    return state


@pytest.mark.parametrize("loss", [NAN, INF, -INF])
def test_a_training_loss_that_ends_at_no_number_is_divergence_whatever_came_before(loss: float) -> None:
    done = Ended(branch=0, at=2, t=2.0, how="done", summary={})
    assert exit_code([state_of(steps({"loss": (1.0, loss)}, split="train"), done)], Caught()) == 3
    assert exit_code([state_of(steps({"loss": (loss, 1.0)}, split="train"), done)], Caught()) == 0
    assert exit_code([state_of(steps({"loss": (1.0, loss)}, split="batch"), done)], Caught()) == 0


def caught(number: int) -> Caught:
    """As after one signal."""
    signals = Caught()
    signals.note(number)
    return signals


def test_what_was_raised_comes_before_a_signal_and_a_signal_before_divergence() -> None:
    diverged = values("train", loss=NAN)
    failed = Ended(branch=0, at=2, t=2.0, how="failed", reason="raised", summary={})
    assert exit_code([state_of(diverged, failed)], caught(15), "met") == 1
    assert exit_code([state_of(diverged)], caught(15), "met") == 143
    assert exit_code([state_of(diverged)], caught(2), "") == 130
    assert exit_code([state_of()], Caught(), "met") == 3
