"""What lines say in brief: a long log is drawn by it, and comes to the same state as by every number of it."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import a_log, same, sealed

from lintui import added, brief, series, spans, state
from lintui.brief import decode_in_brief
from lintui.bucket import Bucket
from lintui.codec import BadLine, decode_event, encode_event
from lintui.events import Applied, Branched, Brief, Declared, Event, Record, Steps
from lintui.log import LogReader, LogWriter
from lintui.spans import FEWEST, SPAN, said_in_brief
from lintui.state import Key, RunState
from tuiapp.tape import Goal, Tape

LOSS = Key("batch", "loss")


@contextmanager
def short_spans() -> Iterator[None]:
    """Spans and histories so short that a few points go all the way through them."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for module in (spans, brief, added, series):
            monkeypatch.setattr(module, "SPAN", 4)
        monkeypatch.setattr(spans, "FEWEST", 3)
        for module in (series, state):
            monkeypatch.setattr(module, "CAPACITY", 16)
        monkeypatch.setattr(added, "_ROOM", 16)
        yield


def batch(values: dict[str, tuple[float, ...]], first: int = 1, distance: int = 1, branch: int = 0) -> Steps:
    """Metrics of evenly spaced steps, a tenth of a second each."""
    size = len(next(iter(values.values())))
    at = tuple(range(first, first + distance * size, distance))
    return Steps(branch=branch, split="batch", at=at, t=tuple(step / 10 for step in at), values=values)


def falling(many: int, seed: int = 0) -> tuple[float, ...]:
    return tuple(np.random.default_rng(seed).lognormal(size=many).tolist())


@st.composite
def runs(draw: st.DrawFn) -> list[Event]:
    """Batches of any sizes and distances, one or two metrics in them, now and then a branch or another loss."""
    said: list[Event] = [Declared(knob="loss", label="loss", shape="choice", value="mse", choices=("mse", "l1"))]
    at, branch = 0, 0
    finite = st.integers(-3, 3).map(float) | st.floats(-1e3, 1e3)
    numbers = finite | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 1.7e308])
    for _ in range(draw(st.integers(1, 12))):
        size, distance = draw(st.integers(1, 40)), draw(st.sampled_from([1, 1, 1, 3]))
        column = st.lists(draw(st.sampled_from([finite, finite, numbers])), min_size=size, max_size=size).map(tuple)
        names = draw(st.sampled_from([("loss",), ("loss",), ("loss", "norm"), ("at",)]))
        said.append(batch({name: draw(column) for name in names}, at + 1, distance, branch))
        at += size * distance
        match draw(st.integers(0, 8)):
            case 0:
                back = draw(st.integers(0, at))
                said.append(Branched(branch=branch + 1, parent=branch, from_step=back, why="rewind", t=at / 10))
                at, branch = back, branch + 1
            case 1:
                turn = Applied(id="1", by="me", branch=branch, at=at, t=at / 10, knob="loss", old="mse", new="l1")
                said.append(turn)
    return said


def skimmed(path: Path) -> RunState:
    """The state of a log of which only as much was read as drawing it needs."""
    read, reader = RunState(), LogReader(path)
    while (records := reader.skim()) is not None:
        for record in records:
            read.apply(record)
    assert not reader.problems
    reader.close()
    return read


def everything(of: RunState) -> dict[Key, list[Bucket]]:
    return {key: one.buckets for key, one in of.series.items()}


@settings(max_examples=80)
@given(runs())
@example([batch({"loss": tuple(float(i * 7919 % 101) for i in range(40))}, 1 + 40 * n) for n in range(40)])
def test_a_log_read_in_brief_gives_the_state_that_was_seen_live_field_by_field(
    tmp_path_factory: pytest.TempPathFactory, said: list[Event]
) -> None:
    path = tmp_path_factory.mktemp("brief") / "log.jsonl"
    with short_spans():
        live = RunState()
        for record in a_log(path, said):
            live.apply(record)
        assert same(skimmed(path), live)


@settings(max_examples=60)
@given(runs(), st.lists(st.integers(0, 60), max_size=8))
def test_so_does_a_replay_wherever_it_stopped(
    tmp_path_factory: pytest.TempPathFactory, said: list[Event], stops: list[int]
) -> None:
    path = tmp_path_factory.mktemp("brief") / "log.jsonl"
    with short_spans():
        a_log(path, said)
        tape = Tape(LogReader(path))
        for stop in stops:
            tape.play(Goal(step=stop), lambda: False)
            everything(tape.state)
        tape.play(Goal(), lambda: False)
        read = skimmed(path)
        assert all(same(one, read.series[key]) for key, one in tape.state.series.items())


@settings(max_examples=60)
@given(runs(), st.lists(st.integers(0, 30), max_size=5))
def test_looking_in_between_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, said: list[Event], looks: list[int]
) -> None:
    path = tmp_path_factory.mktemp("brief") / "log.jsonl"
    with short_spans():
        a_log(path, said)
        read, reader = RunState(), LogReader(path)
        while (records := reader.skim()) is not None:
            for record in records:
                read.apply(record)
                if record.n in looks:
                    everything(read)
        assert same(read, skimmed(path))


def test_a_line_says_the_extremes_of_every_span_their_places_and_their_sum() -> None:
    values = falling(5 * SPAN + 9)
    said = said_in_brief(batch({"loss": values}, 100, 3))
    assert said is not None
    assert (said["steps"], said["t"]) == ((100, 3, 5 * SPAN + 9), (10.0, (100 + 3 * (5 * SPAN + 8)) / 10))
    low, low_in, high, high_in, total = said["spans"]["loss"]
    for n, part in enumerate(np.split(np.array(values), range(SPAN, len(values), SPAN))):
        assert (low[n], low_in[n]) == (part.min(), part.argmin())
        assert (high[n], high_in[n]) == (part.max(), part.argmax())
        assert total[n] == pytest.approx(part.sum(), rel=1e-12)


@pytest.mark.parametrize(
    "event",
    [
        batch({"loss": falling(FEWEST - 1)}),
        batch({"loss": (*falling(99), math.nan)}),
        batch({"loss": falling(100), "norm": (math.inf, -math.inf) * 50}),
        batch({"loss": (1.7e308,) * 100}),
        Steps(branch=0, split="batch", at=(*range(99), 200), t=(0.0,) * 100, values={"loss": falling(100)}),
        Steps(branch=0, split="batch", at=(7,) * 100, t=(0.0,) * 100, values={"loss": falling(100)}),
        Steps(branch=0, split="batch", at=tuple(range(100)), t=(math.nan,) * 100, values={"loss": falling(100)}),
    ],
    ids=["short", "NaN", "infinities that cancel", "too large to be added", "a hole", "one step", "no time"],
)
def test_of_some_batches_nothing_is_said_in_brief_and_they_are_read_as_a_whole(event: Steps) -> None:
    line = encode_event(3, event)[:-1]
    assert b'"brief"' not in line
    assert same(decode_in_brief(line), decode_event(line))


def test_the_columns_stand_in_the_line_as_ever_for_whoever_reads_them() -> None:
    event = batch({"loss": falling(300), "norm": falling(300, 1)})
    line = encode_event(3, event)[:-1]
    data = json.loads(line)
    assert tuple(data["at"]) == event.at and tuple(data["values"]["norm"]) == event.values["norm"]
    assert same(decode_event(line), Record(3, event))
    record = decode_in_brief(line)
    assert record is not None and isinstance(record.event, Brief)
    assert (record.n, record.event.split, tuple(record.event.at)) == (3, "batch", event.at)
    assert {name: tuple(column) for name, column in record.event.values.items()} == dict(event.values)
    assert [(len(column), column[7], column[2:4]) for column in record.event.values.values()] == [
        (300, values[7], values[2:4]) for values in event.values.values()
    ]


def test_nothing_but_the_beginning_and_the_end_of_a_long_log_is_read_number_by_number(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    said = [batch({"loss": falling(40, n), "norm": falling(40, n + 1)}, 1 + 40 * n) for n in range(100)]
    with short_spans(), patch.object(brief, "decode_event", wraps=decode_event) as whole:
        a_log(path, said)
        read = skimmed(path)
        everything(read)
    assert whole.call_count < 10
    assert read.series[LOSS].total == 4_000


@pytest.mark.parametrize("place", [0, 60_000, 123_457, 199_999])
def test_a_spike_in_a_batch_of_which_only_the_brief_was_read_is_not_lost(tmp_path: Path, place: int) -> None:
    path = tmp_path / "log.jsonl"
    values = [1.0 + i % 7 for i in range(200_000)]
    values[place] = 1e6
    size = 2_000
    a_log(path, [batch({"loss": tuple(values[i : i + size])}, i + 1) for i in range(0, len(values), size)])
    one = skimmed(path).series[LOSS]
    assert [(b.high_at, b.high) for b in one.buckets if b.high > 7] == [(place + 1, 1e6)]
    assert one.largest == (place + 1, 1e6)
    assert sum(b.sum for b in one.buckets) == pytest.approx(sum(values))


def test_a_flipped_bit_anywhere_in_a_line_that_is_read_in_brief_makes_it_a_bad_line() -> None:
    line = encode_event(3, batch({"loss": falling(40)}))[:-1]
    for place in range(len(line)):
        for bit in range(8):
            flipped = bytearray(line)
            flipped[place] ^= 1 << bit
            with pytest.raises(BadLine):
                decode_in_brief(bytes(flipped))


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def lies(draw: st.DrawFn) -> bytes:
    """A line with a right checksum, one or two parts of which are something else than they should be."""
    data = json.loads(encode_event(0, batch({"loss": falling(40), "norm": falling(40, 1)})))
    del data["crc"]
    places: list[tuple[Any, Any]] = [(data, key) for key in ("branch", "split", "rank", "at", "t", "values")]
    places += [(data["brief"], key) for key in ("steps", "t", "spans")]
    places += [(data["brief"]["steps"], i) for i in range(3)]
    places += [(data["brief"]["spans"], "loss"), (data["values"], "loss")]
    places += [(data["brief"]["spans"]["loss"], i) for i in range(5)] + [(data["values"]["loss"], 7), (data["at"], 7)]
    places += [(data["brief"]["spans"]["loss"][i], 0) for i in range(5)]
    for target, key in draw(st.lists(st.sampled_from(places), min_size=1, max_size=2)):
        target[key] = draw(anything)
    if draw(st.integers(0, 5)) == 0:
        data["brief"] = draw(anything)
    return sealed(data)


@settings(max_examples=300)
@given(lies())
def test_a_line_that_lies_in_brief_or_in_full_is_taken_or_refused_and_never_a_crash(line: bytes) -> None:
    try:
        record = decode_in_brief(line)
    except BadLine:
        return
    assert record is not None
    told = RunState()
    told.apply(record)
    for one in told.series.values():
        one.limit(2)
        assert all(bucket.count <= one.total for bucket in one.buckets)
        assert one.latest is not None or not one.total
        assert one.smallest is None or one.smallest.value <= one.largest.value  # type: ignore[union-attr]


def test_where_brief_and_full_do_not_fit_what_is_not_there_is_nan() -> None:
    data = json.loads(encode_event(0, batch({"loss": falling(40)})))
    del data["crc"]
    for values in ({"other": data["values"]["loss"]}, {"loss": "nothing"}, {"loss": data["values"]["loss"][1:]}):
        record = decode_in_brief(sealed(data | {"values": values}))
        assert record is not None and isinstance(record.event, Brief)
        assert all(map(math.isnan, record.event.values["loss"]))


def test_a_line_with_little_in_it_is_not_kept_however_long_it_is() -> None:
    data = json.loads(encode_event(0, batch({"loss": falling(40)})))
    del data["crc"]
    record = decode_in_brief(sealed({**data, "more": "x" * 100_000}))
    assert record is not None and isinstance(record.event, Steps)


@pytest.mark.long
def test_ten_million_points_read_in_brief_keep_a_spike_and_their_sum(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    size, many = 2_000, 5_000
    usual = tuple(1.0 + i % 7 for i in range(size))
    spiked = (*usual[:777], 1e6, *usual[778:])
    writer = LogWriter.create(path)
    for n in range(many):  # one by one: what waits to be written is bounded
        writer.append([batch({"loss": spiked if n == 3_210 else usual}, n * size + 1)])
    writer.close()
    one = skimmed(path).series[LOSS]
    assert one.total == size * many
    assert one.largest == (3_210 * size + 778, 1e6)
    assert [b.high_at for b in one.buckets if b.high > 7] == [3_210 * size + 778]
