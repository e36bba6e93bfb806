"""Replay: wherever one stops, goes on or goes back, a record says at last what it says when it is read in one go."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import Recording, applied, batch, classification, looks, regression
from strategies import SAMPLE, a_log, any_event, any_hostile_event, same

from lintui.events import Applied, Array, Branched, Ended, Epoch, Event, Layers, Record, Said, Steps, Values
from lintui.known import Key
from lintui.log import LogReader
from lintui.state import RunState
from tuiapp.feed import LogFeed
from tuiapp.replay import FASTEST, LONGEST_WAIT, SLOWEST, Replay, fitting
from tuiapp.tape import Goal, Tape
from tuiapp.watched import Watched

CUT_DEPENDENT = {"pace", "timeline"}
"""What remembers when batches ended, and so depends on where they were cut: the speed and the axis by time."""


class Records:
    """A reader of records that lie in memory, so many at a look."""

    def __init__(self, records: Sequence[Record], at_once: int = 1_000) -> None:
        """Begin before the first."""
        self.rest = [*records]
        self.at_once = at_once
        self.is_closed = False

    def look(self) -> list[Record] | None:
        """The next ones."""
        if not self.rest:
            return None
        head, self.rest = self.rest[: self.at_once], self.rest[self.at_once :]
        return head

    def close(self) -> None:
        """Give it up."""
        self.is_closed = True


def never() -> bool:
    return False


def numbered(events: Sequence[Event]) -> list[Record]:
    return [Record(n, event) for n, event in enumerate(events)]


def in_one_go(records: Sequence[Record]) -> RunState:
    state = RunState()
    for record in records:
        state.apply(record)
    return state


def assert_same(one: RunState, other: RunState, but: set[str] = CUT_DEPENDENT) -> None:
    for field in fields(RunState):
        if field.name not in but:
            assert same(getattr(one, field.name), getattr(other, field.name)), field.name


def played(events: Sequence[Event], goal: Goal) -> Tape:
    tape = Tape(Records(numbered(events)))
    tape.play(goal, never)
    return tape


# Playing on, never back

moves = st.lists(
    st.one_of(
        st.none(),
        st.builds(lambda step: Goal(step=step), st.integers(0, 400) | st.integers(0, 2**40)),
        st.builds(lambda t: Goal(t=t), st.floats(0, 30) | st.floats(0, 1e9)),
        st.builds(lambda step, branch: Goal(step=step, branch=branch), st.integers(0, 400), st.integers(0, 2)),
    ),
    max_size=12,
)
"""Goals to play to, one after the other; None: a step."""


def play_to_the_end(tape: Tape, moved: Sequence[Goal | None]) -> RunState:
    for goal in moved:
        tape.step(never) if goal is None else tape.play(goal, never)
    tape.play(Goal(), never)
    assert tape.is_over
    return tape.state


@st.composite
def flushes(draw: st.DrawFn) -> list[Event]:
    """Batches as a run flushes them, together, with some of everything in between, and branches."""
    at, t, branch = 0, 0.0, 0
    said: list[Event] = [SAMPLE[0], *SAMPLE[1:6]]
    for _ in range(draw(st.integers(0, 6))):
        size, pace = draw(st.integers(1, 9)), draw(st.sampled_from([0.001, 0.1, 3.0]))
        ats = tuple(range(at + 1, at + size + 1))
        ts = tuple(t + pace * (i + 1) for i in range(size))
        values = draw(st.lists(st.floats(), min_size=size, max_size=size).map(tuple))
        said.append(Steps(branch=branch, split="batch", at=ats, t=ts, values={"loss": values}))
        every = draw(st.integers(1, 4))
        if ats[::every] and draw(st.booleans()):
            measured = {"loss": values[::every], "mse": values[::every]}
            said.append(Steps(branch=branch, split="train", at=ats[::every], t=ts[::every], values=measured))
        if draw(st.booleans()):
            said.append(replace(looks(ats[::every], 3, 0.1), branch=branch, t=ts[::every]))
        at, t = ats[-1], ts[-1]
        said += draw(st.lists(st.sampled_from([*SAMPLE[9:13], *SAMPLE[14:18]]), max_size=2))
        if draw(st.booleans()):
            said.append(Values(branch=branch, split="test", at=at, t=t, values={"accuracy": 0.5}))
        if draw(st.integers(0, 4)) == 0:
            back = draw(st.integers(0, at))
            # A resume: another process, whose clock begins anew.
            t = draw(st.sampled_from([t, 0.0]))
            said.append(Branched(branch=branch + 1, parent=branch, from_step=back, why="resume", t=t))
            at, branch = back, branch + 1
    return said


@given(flushes(), moves, st.integers(1, 5))
def test_a_run_played_with_any_stops_and_steps_is_at_last_what_it_is_in_one_go(
    events: list[Event], moved: list[Goal | None], at_once: int
) -> None:
    records = numbered(events)
    tape = Tape(Records(records, at_once))
    assert_same(play_to_the_end(tape, moved), in_one_go(records))


@given(st.lists(st.tuples(st.integers(1, 3), st.one_of(any_event, any_hostile_event)), max_size=15), moves)
def test_so_is_any_sequence_of_events_whatever_their_steps_and_times_are(
    further: list[tuple[int, Event]], moved: list[Goal | None]
) -> None:
    records, n = [], -1
    for more, event in further:
        n += more
        records.append(Record(n, event))
    assert_same(play_to_the_end(Tape(Records(records)), moved), in_one_go(records))


@given(st.lists(any_event, max_size=8), moves)
def test_a_log_read_and_replayed_says_what_the_run_said_live(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event], moved: list[Goal | None]
) -> None:
    path = tmp_path_factory.mktemp("replayed") / "log.jsonl"
    live = in_one_go(a_log(path, events))
    read = Tape(LogReader(path))
    read.play(Goal(), never)
    assert_same(read.state, live, but=set())  # nothing was cut
    assert_same(play_to_the_end(Tape(LogReader(path)), moved), live)


@given(flushes(), st.lists(st.booleans(), max_size=30))
def test_being_interrupted_at_any_moment_changes_nothing(events: list[Event], lateness: list[bool]) -> None:
    late = iter(lateness)
    tape = Tape(Records(numbered(events), 2))
    while not tape.play(Goal(), lambda: next(late, False)):
        pass
    assert_same(tape.state, in_one_go(numbered(events)), but=set())


def test_the_newest_time_on_the_axis_by_time_does_not_depend_on_the_cuts() -> None:
    whole = in_one_go(numbered(regression())).timeline
    tape = Tape(Records(numbered(regression())))
    timeline = play_to_the_end(tape, [None] * 40).timeline
    assert (timeline.at, timeline.t) == (whole.at, whole.t)


# Where it stops


def test_batches_that_were_flushed_together_are_cut_at_the_same_step() -> None:
    tape = played(regression(), Goal(step=45))
    state = tape.state
    loss, mean = state.series[Key("batch", "loss")], state.series[Key("train", "loss")]
    assert loss.latest is not None and mean.latest is not None
    assert (state.at, loss.latest.at, mean.latest.at) == (45, 45, 40)
    assert state.look is None  # the first look was after step 70
    tape.play(Goal(step=75), never)
    assert tape.state.look is not None and tape.state.look.at == 70


@given(st.integers(0, 187))
def test_at_a_step_everything_is_known_that_was_said_before_the_next_one_and_nothing_else(step: int) -> None:
    state = played(regression(), Goal(step=step)).state
    assert state.at == step
    said = [event for event in regression() if isinstance(event, Applied) and event.at <= step]
    assert [event for event in state.happened if isinstance(event, Applied)] == said
    # The same as a run that had been flushed at every step.
    single = RunState()
    for record in numbered(one_by_one(regression())):
        if _at(record.event) <= step:
            single.apply(record)
    for key, series in state.series.items():
        if series.total:
            assert same(series.buckets, single.series[key].buckets)
    assert state.look == single.look


def _at(event: Event) -> int:
    at = getattr(event, "at", 0)
    return at[0] if isinstance(at, tuple) else at


def one_by_one(events: Sequence[Event]) -> Iterator[Event]:
    """The events with a batch for every step."""
    for event in events:
        if isinstance(event, Steps):
            for i, at in enumerate(event.at):
                values = {name: column[i : i + 1] for name, column in event.values.items()}
                yield replace(event, at=(at,), t=event.t[i : i + 1], values=values)
        elif isinstance(event, Layers):
            for i, at in enumerate(event.at):
                looked = {name: column[i : i + 1] for name, column in event.values.items()}
                yield replace(event, at=(at,), t=event.t[i : i + 1], lr=event.lr[i : i + 1], values=looked)
        else:
            yield event


@given(st.floats(0, 10))
def test_at_a_moment_everything_is_known_that_was_said_by_then(t: float) -> None:
    tape = played(regression(), Goal(t=t))
    assert tape.t <= t
    assert tape.state.at == min(math.floor(round(t * 20, 6)), 187) or abs(t * 20 - round(t * 20)) < 1e-6


def test_a_step_further_is_one_step_whatever_is_said_in_between() -> None:
    tape = Tape(Records(numbered(regression())))
    reached = []
    while not tape.is_over:
        reached.append(tape.state.at)
        tape.step(never)
    assert reached == [0, *range(1, 187)]  # the last step is the end


def test_a_branch_is_a_step_of_its_own_and_begins_where_it_leaves_its_parent() -> None:
    back = Branched(branch=1, parent=0, from_step=2, why="rewind", t=0.2)
    tape = Tape(Records(numbered([batch(1, 4, loss=float), back, batch(3, 5, loss=float)])))
    reached = []
    while not tape.is_over:
        tape.step(never)
        reached.append((tape.state.branch, tape.state.at))
    assert reached == [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4), (1, 5)]


def test_the_clock_of_a_resumed_run_goes_on_where_that_of_its_first_process_stood() -> None:
    events = [batch(1, 40, loss=float), Branched(branch=1, parent=0, from_step=40, why="resume", t=0.0)]
    events += [replace(batch(41, 60, loss=float), t=tuple(i / 20 for i in range(1, 21)))]
    assert played(events, Goal(t=2.5)).state.at == 50
    assert played(events, Goal()).t == pytest.approx(3.0)


def test_a_log_that_goes_on_is_played_on() -> None:
    records = Records(numbered([batch(1, 4, loss=float)]))
    tape = Tape(records)
    tape.play(Goal(), never)
    records.rest = [Record(1, batch(5, 6, loss=float))]
    tape.play(Goal(), never)
    assert tape.state.at == 6


# A replay


class Clock:
    """A clock that somebody moves."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Shown:
    """A replay of events, with a clock that is moved by hand."""

    def __init__(self, events: Sequence[Event]) -> None:
        """Look once, so that all is known."""
        self.clock = Clock()
        self.recording = Recording([*events])
        self.said = [*events]
        self.readers: list[Records] = []
        self.replay = Replay(Watched(self.recording, None), self.reopened, self.clock)
        self.replay.look()

    def reopened(self) -> Records:
        self.readers.append(Records(numbered(self.said), 7))
        return self.readers[-1]

    def add(self, *events: Event) -> None:
        self.said += events
        self.recording.add(*events)

    def wait(self, seconds: float) -> None:
        """Let time pass, with a look now and then."""
        for _ in range(round(seconds / 0.05)):
            self.clock.now += 0.05
            self.replay.look()


def test_until_it_is_played_a_record_is_shown_as_far_as_it_is_known() -> None:
    shown = Shown(regression())
    assert shown.replay.state is shown.replay.run.state
    assert (shown.replay.words, shown.readers) == ("", [])
    shown.add(batch(188, 190, loss=float))
    assert [record.event.at for record in shown.replay.look()] == [(188, 189, 190)]  # type: ignore[union-attr]


def test_it_plays_from_the_beginning_to_the_end_in_about_half_a_minute() -> None:
    for length in (0.01, 0.3, 9.0, 240.0, 90_000.0):
        events = [
            replace(event, t=tuple(t * length / 9.35 for t in event.t))
            for event in regression()
            if isinstance(event, Steps)
        ]
        shown = Shown(events)
        shown.replay.toggle()
        waited = 0
        while shown.replay.is_on:
            shown.wait(1)
            waited += 1
        assert 15 < waited < 40
        assert shown.replay.state is shown.replay.run.state
        assert all(reader.is_closed for reader in shown.readers)


def test_playing_takes_as_long_as_the_run_took_divided_by_the_speed() -> None:
    shown = Shown(regression())
    shown.replay.toggle()
    shown.replay.scale(1 / shown.replay.speed)
    shown.wait(2)
    assert shown.replay.state.at == pytest.approx(40, abs=2)
    shown.replay.scale(2.0)
    shown.wait(2)
    assert shown.replay.state.at == pytest.approx(120, abs=4)
    assert shown.replay.words == f"replay ×2 · step {shown.replay.state.at} of 187 · playing"


def test_held_it_stays_where_it_is_and_goes_on_from_there() -> None:
    shown = Shown(regression())
    shown.replay.toggle()
    shown.wait(5)
    shown.replay.toggle()
    held = shown.replay.state.at
    shown.wait(5)
    assert shown.replay.state.at == held > 0
    assert shown.replay.words.endswith(f"step {held} of 187 · held")
    shown.replay.toggle()
    shown.wait(1)
    assert held < shown.replay.state.at < 100


def test_interventions_happen_as_they_did() -> None:
    shown = Shown(regression())
    shown.replay.seek(89)
    assert (shown.replay.state.learning_rate(), len(shown.replay.state.happened)) == (0.03, 0)
    shown.replay.step()
    assert (shown.replay.state.learning_rate(), len(shown.replay.state.happened)) == (0.06, 1)
    shown.replay.seek(150)
    assert shown.replay.state.loss_name() == "l1"
    shown.replay.step_back()
    assert shown.replay.state.loss_name() == "half-squared"


def test_a_step_back_undoes_a_step_on_also_across_a_branch() -> None:
    back = Branched(branch=1, parent=0, from_step=2, why="rewind", t=0.2)
    shown = Shown([batch(1, 4, loss=float), back, batch(3, 5, loss=float)])
    places = []
    shown.replay.step_back()
    while shown.replay.state.at:
        places.append((shown.replay.state.branch, shown.replay.state.at))
        shown.replay.step_back()
    assert places == [(1, 4), (1, 3), (1, 2), (0, 1)]


@given(
    st.lists(st.one_of(st.integers(0, 187), st.sampled_from(["step", "back", "begin", "play", "wait"])), max_size=12)
)
def test_wherever_one_goes_what_is_shown_is_what_was_known_there_and_the_end_is_the_whole(
    moved: list[object],
) -> None:
    shown = Shown(regression())
    replay = shown.replay
    for move in moved:
        match move:
            case int():
                replay.seek(move)
                assert replay.state.at == move
            case "step":
                replay.step()
            case "back":
                replay.step_back()
            case "begin":
                replay.begin()
                assert replay.state.at == 0 and replay.state.started is not None
            case "play":
                replay.toggle()
            case "wait":
                shown.wait(0.5)
        if replay.is_playing and move == "wait":
            assert_same(replay.state, played(regression(), Goal(t=replay._t)).state)
        elif replay.is_on and not replay.is_playing and isinstance(move, int):
            assert_same(replay.state, played(regression(), Goal(step=move)).state)
    replay.end()
    assert replay.state is replay.run.state
    assert_same(replay.state, in_one_go(numbered(regression())), but=set())
    assert all(reader.is_closed for reader in shown.readers)


def test_what_is_added_meanwhile_is_not_missed() -> None:
    shown = Shown(regression())
    shown.replay.seek(100)
    shown.add(batch(188, 250, loss=float))
    assert shown.replay.look() == []
    assert shown.replay.words.startswith("replay ×1/2 · step 100 of 250")
    shown.replay.step()
    assert shown.replay.state.at == 101
    shown.replay.end()
    assert shown.replay.state.at == 250


def test_a_pause_of_the_run_is_not_waited_for() -> None:
    events: list[Event] = [
        *regression()[:5],
        batch(1, 20, loss=float),
        applied("p", 20, "paused", False, True),
        replace(applied("q", 20, "paused", True, False), t=3_600.0),
        replace(batch(21, 40, loss=float), t=tuple(3_600 + i / 20 for i in range(1, 21))),
    ]
    shown = Shown(events)
    shown.replay.toggle()
    shown.replay.scale(1 / shown.replay.speed)
    shown.wait(1 + LONGEST_WAIT + 0.5)
    assert 20 < shown.replay.state.at <= 40


def test_a_long_way_is_gone_in_slices_and_what_was_shown_stays_until_then() -> None:
    shown = Shown(regression())
    shown.replay.seek(20)
    hurry = iter([0.0] * 3 + [1.0] * 1_000)
    real = shown.clock
    shown.replay._clock = lambda: real.now + next(hurry)
    shown.replay.seek(150)
    assert shown.replay.is_seeking
    assert "seeking" in shown.replay.words and "%" in shown.replay.words
    shown.replay._clock = real
    shown.replay.look()
    assert (shown.replay.state.at, shown.replay.is_seeking) == (150, False)


def test_a_log_that_can_not_be_read_again_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    a_log(path, regression())
    feed = LogFeed(path)
    replay = Replay(Watched(feed, None), feed.reopened)
    replay.look()
    path.unlink()
    for move in (replay.toggle, replay.begin, replay.step_back):
        with pytest.raises(OSError, match="No such file"):
            move()
        assert not replay.is_on and not replay.is_playing
        assert replay.state is replay.run.state


@pytest.mark.parametrize("damage", ["empty", "torn", "damaged", "no steps", "without a beginning"])
def test_a_log_that_is_not_whole_is_played_as_far_as_it_can_be_read(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "log.jsonl"
    a_log(path, classification())
    lines = path.read_bytes().splitlines(keepends=True)
    kept = {
        "empty": [],
        "torn": [*lines[:20], lines[20][:30]],
        "damaged": [*lines[:9], lines[9].replace(b"0", b"1"), *lines[10:]],
        "no steps": lines[:6],
        "without a beginning": lines[6:],
    }[damage]
    path.write_bytes(b"".join(kept))
    feed, clock = LogFeed(path), Clock()
    replay = Replay(Watched(feed, None), feed.reopened, clock)
    replay.look()
    whole = replay.run.state
    replay.toggle()
    for _ in range(2_000):
        clock.now += 0.05
        replay.look()
    assert not replay.is_on and replay.state is whole
    tape = Tape(feed.reopened())
    assert_same(play_to_the_end(tape, [None] * 3), whole)


@given(st.lists(st.tuples(st.integers(0, 2**40), st.floats())))
def test_there_is_a_speed_for_every_run(made: list[tuple[int, float]]) -> None:
    state = RunState()
    for at, t in made:
        state.timeline.note(at, t)
    assert SLOWEST <= fitting(state) <= FASTEST
    assert math.log2(fitting(state)).is_integer()


def test_steps_that_become_known_in_bursts_are_played_at_the_pace_at_which_they_were_made() -> None:
    state = RunState()
    for step in range(10, 601, 10):
        # Ten steps in a tenth of a second, told in pairs: what is printed is read now and then.
        state.timeline.note(step, 0.1 * (step // 20 * 2) + 1e-4 * (step % 20))
    assert fitting(state) == 1 / 4  # six seconds in about 25


def test_pictures_epochs_and_the_end_come_when_they_came() -> None:
    picture = Array(branch=0, name="p", at=50, t=2.5, file="p-50.bin", shape=(1,), dtype="uint8", crc32="0" * 8)
    events = [batch(1, 50, loss=float), picture, Epoch(branch=0, number=1, at=50, t=2.5), batch(51, 90, loss=float)]
    events += [Said(t=4.5, level="info", text="enough"), Ended(branch=0, at=90, t=4.5, how="done", summary={})]
    shown = Shown(events)
    shown.replay.seek(49)
    assert (shown.replay.state.arrays, shown.replay.state.epoch) == ({}, 0)
    shown.replay.step()
    assert ([*shown.replay.state.arrays], shown.replay.state.epoch) == (["p"], 1)
    shown.replay.seek(89)
    assert shown.replay.state.ended is None
    shown.replay.step()
    assert shown.replay.state.ended is not None
