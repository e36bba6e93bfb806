"""Specifies a look at the two ends of a log, however long it is, against what reading all of it says."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SAMPLE, a_log, any_event, read_log, same

from lintui import ends
from lintui.ends import Tail, beginning, glance, last_lines, records
from lintui.events import Applied, Ended, Event, Said, Steps
from lintui.known import Key
from lintui.log import LogWriter
from lintui.state import RunState


def whole(log: Path) -> RunState:
    """What reading all of a log says."""
    state = RunState()
    for record in read_log(log)[0]:
        state.apply(record)
    return state


def steps(count: int, first: int = 1) -> list[Event]:
    """So many steps, ten a line."""
    return [
        Steps(
            branch=0,
            split="batch",
            at=tuple(range(at, at + 10)),
            t=tuple(i / 100 for i in range(at, at + 10)),
            values={"loss": tuple(1 / i for i in range(at, at + 10))},
        )
        for at in range(first, first + count, 10)
    ]


def long_log(path: Path, *last: Event) -> Path:
    """A log whose middle a look never reaches."""
    a_log(path, [*SAMPLE[:6], *steps(50_000), *last])
    assert path.stat().st_size > 4 * (ends.HEAD + ends.TAIL)
    return path


@given(st.lists(any_event, max_size=12))
def test_of_a_log_that_is_short_a_look_at_its_ends_knows_where_it_is_and_how_it_stands(
    tmp_path_factory: pytest.TempPathFactory, said: list[Event]
) -> None:
    log = tmp_path_factory.mktemp("log") / "log.jsonl"
    a_log(log, [*SAMPLE[:6], *said])
    seen, all_of_it = glance(log), whole(log)
    assert same(seen.started, all_of_it.started)
    assert same(seen.ended, all_of_it.ended)
    if not isinstance(said[-1] if said else None, Ended):
        assert (seen.at, seen.paused, seen.stopping) == (all_of_it.at, all_of_it.paused, all_of_it.stopping)
        assert same(seen.knobs, all_of_it.knobs)


@pytest.mark.parametrize(
    "last",
    [
        pytest.param([], id="goes on"),
        pytest.param([SAMPLE[-1]], id="has ended"),
        pytest.param(
            [Applied(id="1", by="a", branch=0, at=50_000, t=501.0, knob="paused", old=False, new=True)],
            id="is paused",
        ),
    ],
)
def test_of_a_long_log_a_look_at_its_ends_knows_start_place_newest_values_and_end(
    tmp_path: Path, last: list[Event]
) -> None:
    log = long_log(tmp_path / "log.jsonl", *last)
    seen, all_of_it = glance(log), whole(log)
    key = Key("batch", "loss")
    assert same(seen.series[key].latest, all_of_it.series[key].latest)
    for name in ("started", "ended", "at", "t", "steps", "paused", "knobs", "next_n"):
        assert same(getattr(seen, name), getattr(all_of_it, name)), name
    assert 0 < seen.series[key].total < all_of_it.series[key].total / 10


def test_a_look_reads_two_ends_and_nothing_between_however_long_the_log_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = long_log(tmp_path / "log.jsonl", SAMPLE[-1])
    # A hole of a gigabyte in the middle: whoever reads it notices.
    data = log.read_bytes()
    half = data.index(b"\n", len(data) // 2) + 1
    with log.open("wb") as file:
        file.write(data[:half])
        file.seek(10**9, 1)
        file.write(data[half:])
    taken = []
    decode = ends.decode_event
    monkeypatch.setattr(ends, "decode_event", lambda line: taken.append(len(line)) or decode(line))
    assert glance(log).ended == SAMPLE[-1]
    assert sum(taken) < ends.HEAD + ends.TAIL


@pytest.mark.parametrize("cut", [1, 100, 5_000])
def test_a_torn_or_damaged_last_line_is_passed_over(tmp_path: Path, cut: int) -> None:
    log = long_log(tmp_path / "log.jsonl")
    data = log.read_bytes()
    log.write_bytes(data[:-cut])
    before = glance(log)
    assert before.at == whole(log).at
    log.write_bytes(data[:-cut] + b"\xff\x00 no line\n")
    assert glance(log).at == before.at


def test_a_last_line_that_is_longer_than_the_look_is_found_all_the_same(tmp_path: Path) -> None:
    log = long_log(tmp_path / "log.jsonl")
    writer = LogWriter.reopen(log)
    first, last = writer.append([Said(t=1.0, level="info", text="x" * 200_000), SAMPLE[-1]])
    writer.close()
    assert len(last_lines(log)) >= 1 and glance(log).ended == SAMPLE[-1]
    writer = LogWriter.reopen(log)
    (long,) = writer.append([Said(t=1.0, level="info", text="y" * 200_000)])
    writer.close()
    assert [*records(last_lines(log))][-1] == long
    assert first.n < last.n < long.n


@pytest.mark.parametrize("content", [b"", b"\n", b"no log\n" * 10_000, b"x" * 5_000_000, b"{}\n", b"\x00" * 300_000])
def test_what_is_no_log_has_nothing_at_its_ends(tmp_path: Path, content: bytes) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(content)
    assert beginning(log) == [] and glance(log).next_n == 0


def test_a_tail_that_is_followed_gives_every_line_once_however_it_is_written(tmp_path: Path) -> None:
    source = tmp_path / "source.jsonl"
    written = a_log(source, [*SAMPLE, *steps(3_000)])
    data, log = source.read_bytes(), tmp_path / "log.jsonl"
    log.write_bytes(data[:700])
    tail, choose = Tail(log), random.Random(3)
    seen = [*records(tail.read())]
    data = data[700:]
    with log.open("ab", buffering=0) as file:
        while data:
            size = choose.randint(1, 3_000)
            file.write(data[:size])
            data = data[size:]
            seen += records(tail.read())
    tail.close()
    assert same(seen, written)
    nothing_yet = Tail(log, 0)
    assert nothing_yet.read() == []
    nothing_yet.close()
