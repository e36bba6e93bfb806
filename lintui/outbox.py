"""Collects what the training side says and hands it on in order, to the log and a mailbox, off its thread.

Metrics wait at most a twentieth of a second to be batched by column; whatever else is said closes the
batch first, so that the order in the file is the order of things.
"""

import contextlib
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lintui.clean import clean_line
from lintui.events import Event, Layers, Record, Said, Steps
from lintui.log import LogWriter
from lintui.mailbox import Mailbox
from lintui.probe import Look

WAIT = 0.05
"""Seconds that a metric waits at most before it is written: half of what a kill may cost, for threads come late."""
_BATCH = 2_000
"""Numbers in a batch at most, so that a line stays short of what a line may be."""


@dataclass(slots=True)
class _Columns:
    """Metrics of one set of columns, on their way into one line."""

    at: list[int] = field(default_factory=list)
    t: list[float] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class _Looks:
    """Looks at the parameters, on their way into one line."""

    at: list[int] = field(default_factory=list)
    t: list[float] = field(default_factory=list)
    lr: list[float | None] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)


class Outbox:
    """Between the thread that trains and the file: nothing here makes the training wait for a disk."""

    def __init__(self, writer: LogWriter, mailbox: Mailbox | None, on_record: Callable[[Record], None] | None = None):
        """Write through `writer`, and leave the same records in `mailbox` and give them to `on_record` if given."""
        self._writer = writer
        self._listeners: list[Callable[[list[Record]], None]] = []
        if mailbox is not None:
            self._listeners.append(mailbox.put)
        if on_record is not None:

            def pass_on(records: list[Record]) -> None:
                for record in records:
                    on_record(record)

            self._listeners.append(pass_on)
        self._lock = threading.Lock()
        self._queue: list[Event] = []
        self._columns: dict[tuple[str, tuple[str, ...]], _Columns] = {}
        self._looks = _Looks()
        self._size = 0
        self._sync = False
        self._closing = False
        self._wake = threading.Event()
        self._reported = ("", "")
        self.branch = 0
        """The branch that metrics belong to."""
        self.seconds = 0.0
        """CPU seconds spent here so far."""
        self._thread = threading.Thread(target=self._run, name="lintui-outbox", daemon=True)
        self._thread.start()

    def add(self, at: int, t: float, split: str, values: Mapping[str, float]) -> None:
        """Batch the metrics of one step."""
        key = (split, tuple(values))
        with self._lock:
            columns = self._columns.get(key)
            if columns is None:
                # A metric that stands in another set of columns so far: its order is that of its steps.
                if any(split == other and not values.keys().isdisjoint(names) for other, names in self._columns):
                    self._close_batch()
                columns = self._columns[key] = _Columns()
            columns.at.append(at)
            columns.t.append(t)
            for name, value in values.items():
                columns.values[name].append(value)
            self._grow(len(values))

    def add_look(self, at: int, t: float, lr: float | None, look: Look) -> None:
        """Batch one look at the parameters."""
        with self._lock:
            self._looks.at.append(at)
            self._looks.t.append(t)
            self._looks.lr.append(lr)
            self._looks.looks.append(look)
            self._grow(4 * len(look.value))

    def say(self, event: Event) -> None:
        """Hand on an event, after everything that was said before it, within a twentieth of a second."""
        with self._lock:
            self._put_in_line(event)

    def say_now(self, event: Event) -> None:
        """Hand on an event at once and have the disk confirm it."""
        with self._lock:
            self._put_in_line(event)
            self._sync = True
        self._wake.set()

    def close(self) -> None:
        """Hand everything on, confirmed by the disk, and end."""
        self._closing = True
        self._wake.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _put_in_line(self, event: Event) -> None:
        """Behind everything that was said before. The lock is held."""
        self._close_batch()
        self._queue.append(event)

    def _grow(self, numbers: int) -> None:
        self._size += numbers
        if self._size >= _BATCH:
            self._close_batch()
            self._wake.set()

    def _close_batch(self) -> None:
        """Turn the columns into events. The lock is held."""
        for (split, names), columns in self._columns.items():
            self._queue.append(
                Steps(
                    branch=self.branch,
                    split=split,
                    at=tuple(columns.at),
                    t=_rounded(columns.t),
                    values={name: tuple(columns.values[name]) for name in names},
                )
            )
        self._columns.clear()
        if self._looks.at:
            looked = zip(*self._looks.looks, strict=True)
            self._queue.append(
                Layers(
                    branch=self.branch,
                    at=tuple(self._looks.at),
                    t=_rounded(self._looks.t),
                    lr=tuple(self._looks.lr),
                    values=dict(zip(Look._fields, looked, strict=True)),
                )
            )
            self._looks = _Looks()
        self._size = 0

    def _run(self) -> None:
        while True:
            self._wake.wait(WAIT)
            self._wake.clear()
            closing = self._closing
            self._hand_on()
            self.seconds = time.thread_time()
            if closing:
                self._writer.close()
                if self._writer.lost:
                    print(f"lintui: {self._writer.lost} records could not be written and are lost", file=sys.stderr)
                elif self._writer.unconfirmed:
                    print(f"lintui: {_unconfirmed(self._writer.unconfirmed)}", file=sys.stderr)
                return

    def _hand_on(self) -> None:
        with self._lock:
            self._close_batch()
            events, self._queue = self._queue, []
            sync, self._sync = self._sync, False
        if not events and not self._writer.trouble:
            return
        records = self._writer.append(events)
        for listener in list(self._listeners):
            try:
                listener(records)
            except Exception as error:  # noqa: BLE001 - whoever listens must not keep others from the log
                self._listeners.remove(listener)
                self._report(f"somebody who listened was given up ({type(error).__name__}: {error})")
        if sync:
            self._writer.sync()
        self._report_trouble()

    def _report_trouble(self) -> None:
        """Say once that the log can't be written or confirmed, and once that it can be again."""
        trouble, unconfirmed = self._writer.trouble, self._writer.unconfirmed
        before, unconfirmed_before = self._reported
        self._reported = (trouble, unconfirmed)
        if trouble and trouble != before:
            self._report(f"the log can't be written ({trouble}); training goes on, and what is said waits in memory")
        elif before and not trouble:
            self._report(f"the log is written again; {self._writer.lost} records were lost")
        if unconfirmed and unconfirmed != unconfirmed_before:
            self._report(_unconfirmed(unconfirmed))
        elif unconfirmed_before and not unconfirmed:
            self._report("the disk confirms again that the log is written")

    def _report(self, text: str) -> None:
        text = clean_line(text)
        with contextlib.suppress(OSError, ValueError):  # the same disk may be full, or nobody reads any more
            print(f"lintui: {text}", file=sys.stderr)
        self.say(Said(t=0.0, level="warning", text=text))


def _unconfirmed(why: str) -> str:
    return f"the disk does not confirm that the log is written ({why}); what it holds may be lost with the power"


def _rounded(seconds: list[float]) -> tuple[float, ...]:
    """Tenths of a millisecond are enough to draw by, and take half the room in the log."""
    return tuple([round(t, 4) for t in seconds])
