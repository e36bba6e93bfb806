"""Specifies where a screen's records come from: every one of them, in order, and the same live as from the log."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import HOSTILE, PATIENCE, SAMPLE, a_log, any_event, any_hostile_event, read_log, same, wait_until

from lintui import rundir
from lintui.commands import Set
from lintui.events import Event, Record, Said
from lintui.log import LogWriter
from lintui.mailbox import Mailbox
from lintui.run import Run
from lintui.state import RunState
from tuiapp.feed import Feed, LiveFeed, LogFeed

SMALL = 3
"""Records that the mailboxes of these tests hold."""


@dataclass
class Post:
    """A log, and a small mailbox beside it which gets the same records."""

    path: Path

    def __post_init__(self) -> None:
        """Start with nothing."""
        self.writer = LogWriter.create(self.path)
        self.mailbox = Mailbox(SMALL)
        self.feed = LiveFeed(self.mailbox, self.path)
        self.written: list[Record] = []

    def write(self, *events: Event) -> None:
        """Say something, the way a run does: to the log first."""
        records = self.writer.append(events)
        self.mailbox.put(records)
        self.written += records


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    one = Post(tmp_path / "log.jsonl")
    yield one
    one.writer.close()


def said(*texts: object) -> list[Said]:
    return [Said(t=0.0, level="info", text=str(text)) for text in texts]


@contextmanager
def just_before_line(line: int, function: Callable[..., object], do: Callable[[], None]) -> Iterator[None]:
    """Act as another thread may: once, just before so many lines of a function of this one have been run."""
    left = line

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if frame.f_code is not function.__code__:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                do()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def all_of(feed: Feed) -> list[Record]:
    """What the feed has now, in as many goes as it takes."""
    records = []
    while some := feed.take():
        records += some
    return records


# Live


def test_a_mailbox_that_nobody_has_written_to_gives_nothing(post: Post) -> None:
    assert post.feed.take() == []


def test_records_come_once_and_in_order(post: Post) -> None:
    post.write(*said("a", "b"))
    assert post.feed.take() == post.written
    assert post.feed.take() == []
    post.write(*said("c"))
    assert post.feed.take() == post.written[2:]


@pytest.mark.parametrize("many", [SMALL, SMALL + 1, 2 * SMALL, 100])
def test_what_has_fallen_out_of_the_mailbox_is_read_from_the_log(post: Post, many: int) -> None:
    post.write(*said(*range(many)))
    assert post.feed.take() == post.written
    assert post.feed.take() == []


def test_a_mailbox_may_overflow_again_and_again(post: Post) -> None:
    got = []
    for burst in (2, 10, 1, 4, 3, 50):
        for i in range(burst):
            post.write(*said(i))
        got += post.feed.take()
        assert got == post.written


@pytest.mark.parametrize("line", range(1, 10))
def test_a_mailbox_that_overflows_while_it_is_being_emptied_loses_nothing(post: Post, line: int) -> None:
    post.write(*said(*range(SMALL)))
    got = []
    with just_before_line(line, Mailbox.drain, lambda: post.write(*said(*range(SMALL + 2)))):
        got += post.feed.take()
    got += post.feed.take()
    assert [record.n for record in got] == [record.n for record in post.written]


@given(st.lists(st.integers(0, 6) | st.none(), max_size=30))
def test_however_writing_and_taking_alternate_every_record_comes_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, turns: list[int | None]
) -> None:
    post = Post(tmp_path_factory.mktemp("post") / "log.jsonl")
    got: list[Record] = []
    for turn in turns:
        if turn is None:
            got += post.feed.take()
            assert got == post.written
        else:
            post.write(*said(*range(turn)))
    assert got + post.feed.take() == post.written
    post.writer.close()


def test_a_writer_on_another_thread_that_never_waits_costs_no_record(post: Post) -> None:
    def write() -> None:
        for i in range(1_000):
            post.write(*said(*[i] * (i % 7)))

    thread = threading.Thread(target=write)
    got: list[Record] = []
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        thread.start()
        while thread.is_alive():
            got += post.feed.take()
        thread.join(PATIENCE)
    finally:
        sys.setswitchinterval(before)
    assert got + post.feed.take() == post.written


def test_a_run_that_outpaces_its_screen_is_shown_whole() -> None:
    mailbox = Mailbox(SMALL)
    directory = rundir.create("quick")
    feed = LiveFeed(mailbox, directory.log)
    run = Run("quick", directory, mailbox=mailbox)
    rate = run.tune("lr", 0.1, low=0.0)
    for i in range(200):
        run.step({"loss": 1 / (i + 1)})
        run.safe_point()
        run.log({"mse": float(i)})
        run.say(f"word {i}")
        if i % 50 == 0:
            run.post(Set(id=f"set {i}", by="me", knob="lr", value=rate.value / 2))
    run.finish(summary={"loss": 0.005})
    live, logged = RunState(), RunState()
    for record in all_of(feed):
        live.apply(record)
    for record in read_log(directory.log)[0]:
        logged.apply(record)
    assert same(live, logged)
    assert live.gaps == 0
    assert live.ended is not None


def test_where_the_log_can_not_be_read_the_rest_still_comes_and_the_state_counts_what_is_missing(
    post: Post,
) -> None:
    post.write(*said(*range(10)))
    post.path.unlink()
    state = RunState()
    for record in post.feed.take():
        state.apply(record)
    assert (state.next_n, state.gaps) == (10, 10 - SMALL)
    post.write(*said("after"))
    assert [record.n for record in post.feed.take()] == [10]


# Live and from the log alike


@given(st.lists(any_event, max_size=6))
def test_a_live_feed_gives_what_the_log_says(tmp_path_factory: pytest.TempPathFactory, events: list[Event]) -> None:
    path = tmp_path_factory.mktemp("same") / "log.jsonl"
    mailbox = Mailbox()
    writer = LogWriter.create(path)
    mailbox.put(writer.append(events))
    writer.close()
    assert same(LiveFeed(mailbox, path).take(), all_of(LogFeed(path)))


@given(st.lists(any_hostile_event, max_size=4))
def test_text_that_means_harm_is_as_harmless_live_as_from_the_log(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event]
) -> None:
    path = tmp_path_factory.mktemp("hostile") / "log.jsonl"
    mailbox = Mailbox()
    writer = LogWriter.create(path)
    mailbox.put(writer.append(events))
    writer.close()
    assert same(LiveFeed(mailbox, path).take(), all_of(LogFeed(path)))


def test_a_file_name_in_the_inbox_that_means_harm_reaches_no_screen_as_it_is() -> None:
    mailbox = Mailbox()
    directory = rundir.create("inbox")
    run = Run("inbox", directory, mailbox=mailbox)
    (directory.inbox / HOSTILE["sets the title"].replace("/", "-")).write_text("no command")
    run.step()
    run.safe_point()
    run.finish()
    texts = [event.text for _, event in LiveFeed(mailbox, directory.log).take() if isinstance(event, Said)]
    assert len(texts) == 1 and "is no command" in texts[0]
    assert texts[0].isprintable()


# From a log


def test_a_finished_log_gives_everything_once(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    written = a_log(path, SAMPLE)
    feed = LogFeed(path)
    assert same(all_of(feed), written)
    assert feed.take() == []


def test_a_log_that_grows_is_followed_and_half_a_line_is_not_there_yet(tmp_path: Path) -> None:
    lines = tmp_path / "whole.jsonl"
    written = a_log(lines, said(*range(20)))
    data = lines.read_bytes()
    path = tmp_path / "growing.jsonl"
    path.touch()
    feed = LogFeed(path)
    got: list[Record] = []
    with open(path, "ab", buffering=0) as file:
        for i in range(0, len(data), 37):
            file.write(data[i : i + 37])
            got += feed.take()
            assert got == written[: data[: i + 37].count(b"\n")]
    assert got == written


def test_a_log_is_followed_while_another_thread_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    writer = LogWriter.create(path)
    feed = LogFeed(path)
    thread = threading.Thread(target=lambda: [writer.append(said(i)) for i in range(500)])
    thread.start()
    got: list[Record] = []
    wait_until(lambda: got.extend(feed.take()) or len(got) == 500, "the last record")
    thread.join(PATIENCE)
    writer.close()
    assert [record.n for record in got] == list(range(500))


@pytest.mark.parametrize("missing", ["nothing.jsonl", "a folder"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, missing: str) -> None:
    (tmp_path / "a folder").mkdir()
    with pytest.raises(OSError, match=r"No such file|not a regular file|directory"):
        LogFeed(tmp_path / missing)
