"""RunState: the same from a live run, its log and a replay; what can be undone, redone, and what never came."""

import math
import threading
from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from strategies import HOSTILE, SAMPLE, any_event, read_log, same, wait_until

from lintui import rundir
from lintui.codec import decode_event, encode_event
from lintui.commands import Command, Scale, Set, Step, Stop, new_id
from lintui.events import (
    Applied,
    Branched,
    Declared,
    Ended,
    Epoch,
    Event,
    Layers,
    Level,
    Record,
    Refused,
    Said,
    Scalar,
    Started,
    Steps,
    Values,
    Watching,
)
from lintui.known import MAX_EPOCHS, MAX_HAPPENINGS, MAX_SERIES, SPARK, Key, Look
from lintui.mailbox import Mailbox
from lintui.run import Run
from lintui.state import RunState


def state_of(events: list[Event] | tuple[Event, ...]) -> RunState:
    state = RunState()
    for n, event in enumerate(events):
        state.apply(Record(n, event))
    return state


def assert_same_state(one: RunState, other: RunState) -> None:
    for field in fields(RunState):
        assert same(getattr(one, field.name), getattr(other, field.name)), field.name


# Live and replayed


class Live:
    """A run that trains on a thread, as a screen in the same process watches and steers it."""

    def __init__(self, train: Callable[[Run], None], name: str = "live", **settings: Scalar) -> None:
        self.mailbox = Mailbox()
        self.state = RunState()
        self.run = Run(name, rundir.create(name), mailbox=self.mailbox, steps=10**9, config=settings)
        self.thread = threading.Thread(target=self._train, args=(train,), daemon=True)

    def __enter__(self) -> "Live":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.run.post(Stop(id=new_id(), by="a test"))
        wait_until(lambda: not self.thread.is_alive(), "the end of the training")

    def _train(self, train: Callable[[Run], None]) -> None:
        try:
            train(self.run)
            self.run.finish(summary={"at": self.run.at})
        except ArithmeticError as error:
            self.run.fail(error)

    def tick(self) -> None:
        for record in self.mailbox.drain():
            self.state.apply(record)

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        wait_until(lambda: (self.tick(), condition())[1], what)

    def ask(self, command: Command) -> Applied | Refused:
        """Post a command and wait for its answer."""
        self.run.post(command)
        self.wait_for(lambda: self.answers(command.id), f"an answer to {command}")
        (answer,) = self.answers(command.id)
        return answer

    def answers(self, id: str) -> list[Applied | Refused]:
        return [h for h in self.state.happened if isinstance(h, Applied | Refused) and h.id == id]

    def end(self) -> RunState:
        """Wait until the training is over, and return what was seen of it."""
        self.wait_for(lambda: not self.thread.is_alive(), "the end of the training")
        self.tick()
        return self.state

    def replayed(self) -> RunState:
        records, problems = read_log(self.run.directory.log)
        assert problems == []
        state = RunState()
        for record in records:
            state.apply(record)
        return state


def learn_and_diverge(run: Run) -> None:
    """Two weights under a hand-written descent, with everything that a run can say."""
    w = torch.zeros(2, 1, requires_grad=True)
    lr = run.tune("lr", 0.25, label="learning rate", low=0.0)
    loss = run.choose("loss", {"mse": torch.square, "l1": torch.abs}, "mse")
    run.watch({"w": w}, every=3)
    run.level("train", "loss", 0.5, "floor", under="mse")
    run.say("off we go")
    run.epoch(0, test={"accuracy": 0.0})
    while not run.should_stop:
        value = loss.value(w - 1.0).mean()
        (w.grad,) = torch.autograd.grad(value, [w])
        with torch.no_grad():
            w -= lr.value * w.grad
        run.step({"loss": value.item()} if run.at % 5 else {"loss": math.nan, "norm": math.inf})
        if run.at % 20 == 0:
            run.log({"loss": -math.inf, "mse": 0.5})
            run.epoch(run.at // 20, train={"accuracy": 0.5}, test={"accuracy": math.nan})
        run.safe_point()


def a_set(knob: str, value: Scalar, undoes: str = "", redoes: str = "") -> Set:
    return Set(id=new_id(), by="a test", knob=knob, value=value, undoes=undoes, redoes=redoes)


def steer_it_every_way(live: Live) -> None:
    """Turn, undo, redo, pause, step and stop, each with its answer."""
    live.wait_for(lambda: live.state.at > 50, "some steps")

    # Turn things, one way and the other.
    assert isinstance(live.ask(a_set("lr", 0.5)), Applied)
    assert isinstance(live.ask(Scale(id=new_id(), by="a test", knob="lr", factor=0.5)), Applied)
    assert isinstance(live.ask(a_set("lr", -1.0)), Refused)
    assert isinstance(live.ask(a_set("loss", "l1")), Applied)
    assert isinstance(live.ask(a_set("nothing", 1)), Refused)
    assert [done.new for done in live.state.undoable] == [0.5, 0.25, "l1"]

    # Undo all but the first, redo one.
    for _ in range(2):
        done = live.state.undoable[-1]
        assert isinstance(live.ask(a_set(done.knob, done.old, undoes=done.id)), Applied)
    assert (live.state.knobs["lr"].value, live.state.knobs["loss"].value) == (0.5, "mse")
    undone = live.state.redoable[-1]
    assert isinstance(live.ask(a_set(undone.knob, undone.old, redoes=undone.id)), Applied)
    assert live.state.knobs["lr"].value == 0.25
    assert [done.knob for done in live.state.undoable] == ["lr", "lr"]
    assert [undone.knob for undone in live.state.redoable] == ["loss"]

    # Pause, make some steps, and stop.
    live.ask(a_set("paused", True))
    assert live.state.paused
    live.ask(Step(id=new_id(), by="a test", count=7))
    live.ask(Step(id=new_id(), by="a test"))
    live.ask(a_set("paused", False))
    assert not live.state.paused
    live.wait_for(lambda: live.state.at > live.state.happened[-1].at + 50, "more steps")  # type: ignore[union-attr]
    live.ask(Stop(id=new_id(), by="a test", reason="seen enough"))


def test_replaying_the_log_of_a_run_gives_what_was_seen_of_it_live_field_by_field() -> None:
    with Live(learn_and_diverge, seed=1, lr=0.25) as live:
        steer_it_every_way(live)
        state = live.end()
    assert state.ended is not None
    assert (state.ended.how, state.ended.reason) == ("stopped", "seen enough")
    assert state.look is not None
    assert state.gaps == 0
    assert {"loss", "norm"} <= {key.name for key in state.series}
    assert_same_state(state, live.replayed())


def test_a_training_that_raises_is_the_same_live_and_replayed() -> None:
    def train(run: Run) -> None:
        run.step({"loss": 1.0})
        raise ZeroDivisionError("division\tby\r\nzero")

    with Live(train) as live:
        state = live.end()
    assert state.ended is not None
    assert state.ended.how == "failed"
    assert_same_state(state, live.replayed())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_as_harmless_live_as_it_is_replayed(text: str) -> None:
    def train(run: Run) -> None:
        run.choose(text, {text: 0}, text, label=text)
        run.level(text, text, 1.0, text)
        run.step({text: 1.0}, split=text)
        run.log({text: 1.0}, split=text)
        run.say(text)
        raise ArithmeticError(text)

    with Live(train, text, text=text) as live:
        assert_same_state(live.end(), live.replayed())


def test_a_summary_that_is_not_finite_is_the_same_live_and_replayed() -> None:
    mailbox, state = Mailbox(), RunState()
    run = Run("diverged", rundir.create("diverged"), mailbox=mailbox)
    run.finish(summary={"w": math.nan, "b": math.inf})
    for record in mailbox.drain():
        state.apply(record)
    replayed = RunState()
    for record in read_log(run.directory.log)[0]:
        replayed.apply(record)
    assert_same_state(state, replayed)


numbered_events = st.lists(st.tuples(st.integers(0, 3), any_event), max_size=30)
"""Events, each with how far its number lies beyond that of the one before: 0 is a repeat, 2 a gap."""


@given(numbered_events)
def test_any_sequence_of_events_gives_the_same_state_straight_and_by_way_of_a_log(
    numbered: list[tuple[int, Event]],
) -> None:
    straight, by_log = RunState(), RunState()
    n = 0
    for further, event in numbered:
        n += further
        straight.apply(Record(n, event))
        record = decode_event(encode_event(n, event)[:-1])
        assert record is not None
        by_log.apply(record)
    assert_same_state(straight, by_log)


@given(numbered_events)
def test_records_that_come_again_change_nothing(numbered: list[tuple[int, Event]]) -> None:
    records = []
    n = 0
    for further, event in numbered:
        n += 1 + further
        records.append(Record(n, event))
    once, again = RunState(), RunState()
    for i, record in enumerate(records):
        once.apply(record)
        for old in records[: i + 1]:
            again.apply(old)
    assert_same_state(once, again)


# Numbers


def test_records_that_never_came_are_counted() -> None:
    state = RunState()
    said = SAMPLE[-5]
    for n in (0, 1, 4, 4, 3, 5, 9):
        state.apply(Record(n, said))
    assert (state.gaps, state.next_n) == (2 + 3, 10)
    assert len(state.happened) == 5


def test_a_state_knows_the_newest_of_everything_that_was_said() -> None:
    state = state_of(SAMPLE)
    assert state.started == SAMPLE[0]
    assert state.ended == SAMPLE[-1]
    assert (state.at, state.t, state.branch, state.epoch, state.epoch_ends) == (5, 0.7, 1, 1, {1: 3})
    assert set(state.knobs) == {"paused", "lr", "loss"}
    assert (state.knobs["lr"].value, state.learning_rate(), state.loss_name()) == (0.03, 0.03, "mse")
    assert [level.label for level in state.levels_now()] == ["floor"]
    assert state.arrays["regions"].file == "regions-3.bin"
    assert state.watched == 0.0123
    assert set(state.series) == {
        Key("batch", "loss"),
        Key("train", "loss"),
        Key("train", "mse"),
        Key("batch", "loss", 1),
        Key("batch", "norm", 1),
    }
    assert state.gaps == 0


def test_series_are_told_apart_by_split_name_and_rank() -> None:
    state = state_of(
        [
            Steps(branch=0, split=split, rank=rank, at=(1,), t=(0.0,), values={name: (float(i),)})
            for i, (split, name, rank) in enumerate([("a", "b", 0), ("b", "a", 0), ("a", "b", 1), ("", "ab", 0)])
        ]
    )
    assert [s.latest.value for s in state.series.values() if s.latest] == [0.0, 1.0, 2.0, 3.0]


def test_there_are_no_more_series_than_may_be_and_what_is_refused_is_counted() -> None:
    state = state_of(
        [
            Values(branch=0, split="a", at=1, t=0.0, values={f"{i}": 1.0 for i in range(MAX_SERIES + 5)}),
            Steps(branch=0, split="b", at=(1, 2), t=(0.0, 0.1), values={"loss": (1.0, 2.0)}),
            Values(branch=0, split="a", at=2, t=0.2, values={"0": 2.0}),
        ]
    )
    assert len(state.series) == MAX_SERIES
    assert state.refused_series == 5 + 2
    assert state.series[Key("a", "0")].total == 2


def test_how_far_something_is_takes_the_place_of_how_far_it_was_just_before() -> None:
    def told(level: str, text: str) -> Said:
        return Said(t=1.0, level=level, text=text)

    state = RunState()
    assert state.progress() == ""
    events = [told("info", "a"), told("progress", "10 %"), told("progress", "20 %"), told("info", "b")]
    for n, event in enumerate([*events, told("progress", "30 %")]):
        state.apply(Record(n, event))
    assert [event.text for event in state.happened if isinstance(event, Said)] == ["a", "20 %", "b", "30 %"]
    assert state.progress() == "30 %"


def test_what_happened_is_kept_up_to_a_bound_the_newest_always() -> None:
    refused = [
        Refused(id=str(i), by="me", branch=0, at=i, t=0.0, knob="lr", reason="") for i in range(MAX_HAPPENINGS + 10)
    ]
    happened = state_of(refused).happened
    assert (len(happened), happened[0], happened[-1]) == (MAX_HAPPENINGS, refused[10], refused[-1])


def test_a_level_holds_under_its_own_loss_or_under_all() -> None:
    levels = [Level(split="train", name="loss", value=1.0, label=under, under=under) for under in ("mse", "l1", "")]
    knob = Declared(knob="loss", label="loss", shape="choice", value="l1", choices=("mse", "l1"))
    assert [level.under for level in state_of([*levels, knob]).levels_now()] == ["l1", ""]


def test_the_learning_rate_is_a_number_or_the_script_s_own_times_the_factor() -> None:
    factor = Declared(knob="lr.factor", label="learning rate", shape="factor", value=0.5, low=0.0, base=0.1)
    assert state_of([]).learning_rate() is None
    assert state_of([factor]).learning_rate() == 0.05
    applied = Applied(id="1", by="me", branch=0, at=1, t=0.0, knob="lr.factor", old=0.5, new=2.0)
    assert state_of([factor, applied]).learning_rate() == 0.2


def test_the_pace_is_steps_a_second_between_batches_and_unknown_until_there_are_two() -> None:
    batches = [
        Steps(branch=0, split="batch", at=(10 * i,), t=(2.0 * i,), values={"loss": (1.0,)}) for i in range(1, 4)
    ]
    assert state_of(batches[:1]).rate() is None
    assert state_of(batches).rate() == 5.0


# Looks at the parameters


def test_the_newest_look_and_the_last_changes_of_each_row_are_kept() -> None:
    watching = Watching(names=("w", "b"), shapes=("2", "1"), whole=(True, False))
    looks = [
        Layers(
            branch=0,
            at=(i,),
            t=(0.0,),
            lr=(0.1,),
            values={"value": ((float(i), 0.0),), "gradient": ((None, 1.0),), "change": ((i / 10, None),)},
        )
        for i in range(1, SPARK + 3)
    ]
    state = state_of([watching, *looks])
    assert state.look == Look(SPARK + 2, 0.1, (SPARK + 2.0, 0.0), (None, 1.0), ((SPARK + 2) / 10, None))
    assert list(state.sparks[0]) == [i / 10 for i in range(3, SPARK + 3)]
    assert list(state.sparks[1]) == [None] * SPARK


def test_a_look_at_other_parameters_than_those_declared_is_passed_over() -> None:
    watching = Watching(names=("w",), shapes=("2",), whole=(True,))
    two_rows = ((1.0, 2.0),)
    look = Layers(
        branch=0, at=(1,), t=(0.0,), lr=(None,), values={"value": two_rows, "gradient": two_rows, "change": two_rows}
    )
    state = state_of([watching, look])
    assert state.look is None
    assert list(state.sparks[0]) == []


# Cuts and branches


def test_the_numbers_of_a_loss_are_not_joined_to_those_of_another() -> None:
    column = Steps(branch=0, split="batch", at=(1,), t=(0.0,), values={"loss": (9.0,), "mse": (9.0,)})
    knob = Declared(knob="loss", label="loss", shape="choice", value="mse", choices=("mse", "l1"))
    turned = Applied(id="1", by="me", branch=0, at=1, t=0.0, knob="loss", old="mse", new="l1")
    state = state_of([knob, column, turned])
    assert state.loss_name() == "l1"
    assert (state.series[Key("batch", "loss")].segment, state.series[Key("batch", "mse")].segment) == (1, 0)


def test_a_branch_goes_on_from_its_step_and_cuts_every_series() -> None:
    column = Steps(branch=0, split="batch", at=(1, 2, 3), t=(0.0, 0.1, 0.2), values={"loss": (3.0, 2.0, 1.0)})
    ended = Ended(branch=0, at=3, t=0.2, how="failed", summary={})
    branched = Branched(branch=1, parent=0, from_step=2, why="resume", t=0.3)
    state = state_of([column, ended, branched])
    assert (state.branch, state.at, state.ended) == (1, 2, None)
    assert state.series[Key("batch", "loss")].segment == 1


# Undo and redo


class Desk:
    """Turns one knob as a run would, and knows what a screen knows of it."""

    def __init__(self, knob: Declared) -> None:
        self.state = RunState()
        self.n = 0
        self.tell(knob)
        self.knob = knob.knob

    def tell(self, event: Event) -> None:
        self.state.apply(Record(self.n, event))
        self.n += 1

    def value(self) -> Scalar:
        return self.state.knobs[self.knob].value

    def turn(self, new: Scalar, undoes: str = "", redoes: str = "") -> None:
        self.tell(
            Applied(
                id=f"id {self.n}",
                by="me",
                branch=0,
                at=self.n,
                t=0.0,
                knob=self.knob,
                old=self.value(),
                new=new,
                undoes=undoes,
                redoes=redoes,
            )
        )

    def undo(self) -> None:
        done = self.state.undoable[-1]
        self.turn(done.old, undoes=done.id)

    def redo(self) -> None:
        undone = self.state.redoable[-1]
        self.turn(undone.old, redoes=undone.id)


def a_number(value: float) -> Declared:
    return Declared(knob="lr", label="learning rate", shape="number", value=value)


@given(st.lists(st.floats(0, 1), max_size=10), st.integers(1, 3))
def test_undoing_everything_leads_back_to_the_start_and_redoing_it_to_the_end(
    values: list[float], times: int
) -> None:
    desk = Desk(a_number(0.5))
    passed = [desk.value()]
    for value in values:
        desk.turn(value)
        passed.append(desk.value())
    for _ in range(times):
        for expected in reversed(passed[:-1]):
            desk.undo()
            assert desk.value() == expected
        assert desk.state.undoable == []
        for expected in passed[1:]:
            desk.redo()
            assert desk.value() == expected
        assert desk.state.redoable == []
    assert len(desk.state.undoable) == len(values)


@given(st.lists(st.sampled_from(["turn", "undo", "redo"]), max_size=40))
def test_undo_and_redo_walk_along_a_history_as_in_an_editor(actions: list[str]) -> None:
    desk = Desk(a_number(-1.0))
    history, place = [-1.0], 0
    for i, action in enumerate(actions):
        if action == "turn":
            desk.turn(float(i))
            history[place + 1 :] = [float(i)]
            place += 1
        elif action == "undo" and place > 0:
            desk.undo()
            place -= 1
        elif action == "redo" and place + 1 < len(history):
            desk.redo()
            place += 1
        assert desk.value() == history[place]
        assert len(desk.state.undoable) == place
        assert len(desk.state.redoable) == len(history) - 1 - place


def test_a_new_turn_leaves_nothing_to_redo() -> None:
    desk = Desk(a_number(1.0))
    desk.turn(2.0)
    desk.undo()
    desk.turn(3.0)
    assert (desk.value(), len(desk.state.undoable), desk.state.redoable) == (3.0, 1, [])


def test_an_intervention_in_the_middle_can_be_set_back_by_its_id() -> None:
    desk = Desk(a_number(1.0))
    desk.turn(2.0)
    first = desk.state.undoable[0]
    desk.turn(3.0)
    desk.turn(first.old, undoes=first.id)
    assert [done.new for done in desk.state.undoable] == [3.0]
    assert [undone.undoes for undone in desk.state.redoable] == [first.id]


@pytest.mark.parametrize("shape", ["number", "factor", "choice"])
def test_what_has_a_value_can_be_undone(shape: str) -> None:
    desk = Desk(Declared(knob="it", label="it", shape=shape, value="a"))
    desk.turn("b")
    assert len(desk.state.undoable) == 1


def test_a_pause_a_step_a_stop_and_a_refusal_are_nothing_to_undo() -> None:
    desk = Desk(Declared(knob="paused", label="paused", shape="switch", value=False))
    desk.turn(True)
    assert desk.state.paused
    desk.turn(False)
    assert not desk.state.paused
    desk.knob = "step"
    desk.tell(Applied(id="1", by="me", branch=0, at=0, t=0.0, knob="step", old=None, new=3))
    assert desk.state.paused
    desk.tell(Applied(id="2", by="me", branch=0, at=0, t=0.0, knob="stop", old=None, new=None))
    assert desk.state.stopping
    desk.tell(Refused(id="3", by="me", branch=0, at=0, t=0.0, knob="lr", reason="no"))
    assert desk.state.undoable == desk.state.redoable == []


def test_what_was_turned_without_ever_being_declared_is_shown_but_can_not_be_undone() -> None:
    state = state_of([Applied(id="1", by="me", branch=0, at=1, t=0.0, knob="ghost", old=1, new=2)])
    assert (len(state.happened), state.undoable, state.knobs) == (1, [], {})


# The mailbox


def test_a_mailbox_hands_on_in_order_and_forgets_the_oldest_when_nobody_drains_it() -> None:
    mailbox = Mailbox(capacity=3)
    records = [Record(n, Epoch(branch=0, number=n, at=n, t=0.0)) for n in range(5)]
    mailbox.put(records[:2])
    assert mailbox.drain() == records[:2]
    assert mailbox.drain() == []
    mailbox.put(records)
    assert mailbox.drain() == records[2:]


def test_what_fell_out_of_a_mailbox_is_a_gap_that_the_receiver_sees() -> None:
    mailbox, state = Mailbox(capacity=2), RunState()
    mailbox.put([Record(n, Started(name="", created="", pid=1, host="", config={})) for n in range(5)])
    for record in mailbox.drain():
        state.apply(record)
    assert state.gaps == 3


# When the steps were made


def test_every_step_has_its_time_also_across_a_pause_and_among_splits() -> None:
    def steps(first: int, last: int, t: float, split: str = "batch") -> Steps:
        at = tuple(range(first, last + 1))
        times = tuple(t + 0.1 * i for i in range(len(at)))
        return Steps(branch=0, split=split, at=at, t=times, values={"loss": (1.0,) * len(at)})

    state = state_of([steps(1, 11, 0.5), steps(11, 11, 1.5, "train"), steps(12, 22, 60.0)])
    assert [(p.at, round(p.value, 6)) for p in state.timeline.points()] == [
        (1, 0.5),
        (11, 1.5),
        (12, 60.0),
        (22, 61.0),
    ]


def test_the_ends_of_epochs_stay_bounded_and_exact_and_are_fewer_the_longer_they_are_past() -> None:
    epochs = [Epoch(branch=0, number=n, at=10 * n, t=float(n)) for n in range(1, 3 * MAX_EPOCHS)]
    ends = state_of(epochs).epoch_ends
    assert MAX_EPOCHS // 2 <= len(ends) <= MAX_EPOCHS
    assert all(at == 10 * number for number, at in ends.items())
    assert {1, 3 * MAX_EPOCHS - 1} <= set(ends)
    steps = [b - a for a, b in pairwise(ends)]
    assert max(steps) <= 16 and set(steps[-MAX_EPOCHS // 4 :]) == {1}


def test_epochs_that_a_new_branch_takes_back_have_not_ended() -> None:
    epochs = [Epoch(branch=0, number=n, at=10 * n, t=float(n)) for n in (1, 2, 3)]
    back = Branched(branch=1, parent=0, from_step=20, why="rewind", t=4.0)
    assert state_of([*epochs, back]).epoch_ends == {1: 10, 2: 20}
