"""A first look at a long log, and what becomes of it: in the end the state of every record in order."""

import re
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import Recording
from strategies import SAMPLE, a_log, any_event, read_log, same

from lintui import glimpse as glimpse_module
from lintui.events import Applied, Ended, Event, Said, Started, Steps
from lintui.glimpse import glimpse
from lintui.known import Key
from lintui.sources import Found
from lintui.state import RunState
from tuiapp.app import LintuiApp
from tuiapp.feed import LogFeed
from tuiapp.logs import opened
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.watched import Watched
from tuiapp.widgets.chart import ChartView
from tuiapp.widgets.line import Line

LOSS = Key("batch", "loss")
KIB = 1024


def long_run(lines: int, per_line: int = 100) -> list[Event]:
    """A run with so many batches, an intervention after the first of them, and its end."""
    config = {"lr": 0.1}
    events: list[Event] = [Started(name="long", created="", pid=1, host="", steps=lines * per_line, config=config)]
    for i in range(lines):
        at = tuple(range(i * per_line + 1, (i + 1) * per_line + 1))
        values = {"loss": tuple(1 / (step + 0.1) for step in at)}
        events.append(Steps(branch=0, split="batch", at=at, t=tuple(step / 100 for step in at), values=values))
        if not i:
            events.append(Applied(id="1", by="me", branch=0, at=per_line, t=1.0, knob="lr", old=0.1, new=0.2))
    events.append(
        Ended(branch=0, at=lines * per_line, t=lines * per_line / 100, how="finished", reason="", summary={})
    )
    return events


def in_order(path: Path) -> RunState:
    """The state after every record of a log."""
    state = RunState()
    for record in read_log(path)[0]:
        state.apply(record)
    return state


def sizes(monkeypatch: pytest.MonkeyPatch, *, end: int, block: int, taken: int, places: int) -> None:
    """Look at less, so that a log need not be long to be longer than that."""
    for name, value in (("_END", end), ("_BLOCK", block), ("_TAKEN", taken), ("_PLACES", places)):
        monkeypatch.setattr(glimpse_module, name, value)


def test_the_beginning_the_end_and_lines_all_along_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes(monkeypatch, end=8 * KIB, block=8 * KIB, taken=KIB, places=20)
    path = tmp_path / "log.jsonl"
    a_log(path, long_run(1_000))
    state = glimpse(path)
    assert state.started is not None and state.started.name == "long"
    assert state.ended is not None and state.at == 100_000
    assert [event.knob for event in state.happened if isinstance(event, Applied)] == ["lr"]
    series = state.series[LOSS]
    assert series.total < 10_000
    seen = {bucket.first * 20 // 100_001 for bucket in series.buckets}
    assert seen == set(range(20))
    assert state.gaps == 0


def test_of_a_short_log_nothing_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    a_log(path, SAMPLE)
    assert same(glimpse(path), in_order(path))


@pytest.mark.parametrize("lines", [300, 3_000])
def test_however_long_a_log_is_as_much_of_it_is_read(
    tmp_path: Path, lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes(monkeypatch, end=8 * KIB, block=8 * KIB, taken=KIB, places=10)
    path = tmp_path / "log.jsonl"
    a_log(path, long_run(lines))
    asked: list[int] = []
    pread = glimpse_module.os.pread
    with patch.object(glimpse_module.os, "pread", lambda *how: asked.append(how[1]) or pread(*how)):
        glimpse(path)
    assert len(asked) == 12
    assert sum(asked) <= 12 * (8 * KIB + 1)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"x", b"\n" * 5_000, b"x" * 50_000, bytes(50_000), b'{"n":0}\n' * 5_000],
    ids=["empty", "a line end", "a letter", "line ends", "one line", "zeros", "no records"],
)
def test_what_is_no_log_gives_a_state_of_which_nothing_is_known(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes(monkeypatch, end=4 * KIB, block=2 * KIB, taken=KIB, places=8)
    path = tmp_path / "log.jsonl"
    path.write_bytes(content)
    assert same(glimpse(path), RunState())


@settings(max_examples=50)
@given(st.integers(1, 200), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), max_size=8), st.integers(1, 9))
def test_nothing_is_taken_that_was_not_written_and_what_is_comes_in_order(
    tmp_path_factory: pytest.TempPathFactory, many: int, flips: list[tuple[float, int]], places: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    said = [f"word {i}" for i in range(many)]
    a_log(path, [Said(t=0.0, level="info", text=text) for text in said])
    content = bytearray(path.read_bytes())
    for share, bit in flips:
        content[int(share * (len(content) - 1))] ^= 1 << bit
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as monkeypatch:
        sizes(monkeypatch, end=KIB, block=KIB, taken=256, places=places)
        taken = [event.text for event in glimpse(path).happened if isinstance(event, Said)]
    assert taken == [text for text in said if text in set(taken)]
    assert flips or {said[0], said[-1]} <= set(taken)


# What a screen does with it


def looks(watched: Watched) -> list[RunState]:
    """The states that are shown, from the first look until the log has been read."""
    shown = []
    while not shown or watched.reading is not None:
        watched.look(0.0)
        shown.append(watched.state)
    return shown


def test_a_long_log_is_shown_at_once_and_then_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    a_log(path, long_run(500))
    watched = Watched(LogFeed(path), None)
    shown = looks(watched)
    assert len(shown) > 2
    assert all(state.at == 50_000 and state.ended is not None for state in shown)
    assert len({id(state) for state in shown}) == 2
    assert shown[0] is not shown[-1]
    assert same(watched.state, in_order(path))


def test_what_has_been_read_grows_until_there_is_no_more_to_read(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    a_log(path, long_run(500))
    watched = Watched(LogFeed(path), None)
    shares = []
    watched.look(0.0)
    while (share := watched.reading) is not None:
        shares.append(share)
        watched.look(0.0)
    assert shares == sorted(set(shares))
    assert 0 < shares[0] < 0.5 and shares[-1] <= 1


def test_a_log_that_is_read_in_one_look_is_never_shown_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    a_log(path, long_run(10))
    watched = Watched(LogFeed(path), None)
    watched.look(60.0)
    assert watched.reading is None
    assert same(watched.state, in_order(path))


def test_records_come_once_each_and_in_order_also_while_a_first_look_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    written = a_log(path, long_run(500))
    watched = Watched(LogFeed(path), None)
    records = watched.look(0.0)
    while watched.reading is not None:
        records += watched.look(0.0)
    assert [(record.n, record.event.kind) for record in records] == [
        (record.n, record.event.kind) for record in written
    ]


def test_a_log_that_was_caught_up_with_is_followed_without_another_first_look(tmp_path: Path) -> None:
    path, more = tmp_path / "log.jsonl", tmp_path / "more.jsonl"
    events = long_run(1_000)
    a_log(more, events)
    lines = more.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:500]))
    watched = Watched(LogFeed(path), None)
    looks(watched)
    state = watched.state
    with path.open("ab") as file:
        file.write(b"".join(lines[500:]))
    watched.look(0.0)
    assert watched.reading is None and watched.state is state
    while watched.look(0.0):
        pass
    assert same(watched.state, in_order(path))


def test_a_log_that_grows_while_it_is_read_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuiapp.feed._AGAIN", 0.0)
    path, whole = tmp_path / "log.jsonl", tmp_path / "whole.jsonl"
    a_log(whole, long_run(1_000))
    lines = whole.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:601]))
    watched = Watched(LogFeed(path), None)
    watched.look(0.0)
    first = watched.state
    watched.look(0.0)
    assert watched.state is first and first.at == 59_900
    with path.open("ab") as file:
        file.write(b"".join(lines[601:]))
    watched.look(0.0)
    assert watched.reading is not None
    assert (first.at, watched.state.at) == (59_900, 100_000)
    looks(watched)
    assert same(watched.state, in_order(whole))


def test_of_several_long_logs_one_is_begun_at_each_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        a_log(tmp_path / f"{name}.jsonl", long_run(300))
    monkeypatch.setattr("tuiapp.feed.LONG", 1)
    runs = [Found(tmp_path / f"{name}.jsonl", name, "lintui") for name in "abc"]
    watched = opened(runs)
    for begun in (1, 2, 3, 3):
        for one in watched:
            one.look(0.0)
        assert [one.state.at for one in watched] == [30_000] * begun + [0] * (3 - begun)
    monkeypatch.setattr("tuiapp.feed.LONG", 2**30)
    watched = opened(runs)
    assert all(one.look(60.0) for one in watched)


def test_of_a_line_in_between_the_extremes_are_seen_without_reading_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    size = 2_000
    events: list[Event] = []
    for n in range(60):
        values = [1.0 + (i * 7919 % 101) / 100 for i in range(size)]
        values[n * 30], values[n * 30 + 7] = 9.0 + n, -9.0 - n
        at = tuple(range(n * size + 1, (n + 1) * size + 1))
        t = tuple(step / 100 for step in at)
        events.append(Steps(branch=0, split="batch", at=at, t=t, values={"loss": tuple(values)}))
    a_log(path, events)
    state = glimpse(path)
    series = state.series[LOSS]
    assert series.total < 60 * size / 2
    high = {bucket.high_at: bucket.high for bucket in series.buckets if bucket.high > 8}
    assert high.items() <= {n * size + n * 30 + 1: 9.0 + n for n in range(60)}.items()
    assert len(high) > 50  # of the others no line was looked at
    times = [point for point in state.timeline.points() if point.at]
    assert all(abs(point.value - point.at / 100) < 1e-6 for point in times)


def test_what_does_not_come_from_a_log_has_no_first_look() -> None:
    watched = Watched(Recording([*SAMPLE]), None)
    state = watched.state
    watched.look(0.0)
    assert watched.reading is None and watched.state is state


# Replay equals live


@settings(max_examples=60)
@given(st.lists(any_event, max_size=40))
def test_the_same_events_give_the_same_state_live_from_the_log_and_after_a_first_look(
    tmp_path_factory: pytest.TempPathFactory, said: list[Event]
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    live = RunState()
    for record in a_log(path, said):
        live.apply(record)
    with patch("lintui.log._CHUNK", 512):
        watched = Watched(LogFeed(path), None)
        looks(watched)
    assert same(watched.state, live)
    assert same(in_order(path), live)


async def test_the_screen_shows_how_much_was_read_and_then_the_whole_run_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.jsonl"
    a_log(path, long_run(1_000))
    monkeypatch.setattr("tuiapp.screens.monitor.WITHIN", 0.0)
    screen = MonitorScreen(Watched(LogFeed(path), None))
    timed = screen.set_interval

    def but_for_ticks(seconds: float, do: object, **how: object) -> object:
        return None if do == screen._tick else timed(seconds, do, **how)

    monkeypatch.setattr(screen, "set_interval", but_for_ticks)
    app = LintuiApp(lambda _: pytest.fail("nothing is to be started"), monitor=screen)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        status = screen.query_one("#status", Line)
        assert re.search(r"reading \d+ %", status.text.plain)
        assert "step 100000/100000" in status.text.plain
        chart = screen.query_one("#loss", ChartView)
        while screen.one.reading is not None:
            screen._tick()
        drawn = chart.redraws
        for _ in range(3):
            screen._tick()
        assert "reading" not in status.text.plain
        assert chart.redraws == drawn + 1
        assert same(screen.state, in_order(path))
