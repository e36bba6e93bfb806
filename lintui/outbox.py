"""Collects what the training side says and hands it on in order, to the log and a mailbox, off its thread.

Metrics wait at most a twentieth of a second to be batched by column; whatever else is said closes the
batch first, so that the order in the file is the order of things.
"""

import contextlib
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from typing import Any, NamedTuple, TypeVar

from lintui.batch import HEAD, LAYOUT, Batch, Looked, Metrics, size
from lintui.bell import Bell
from lintui.clean import clean_line
from lintui.events import Branched, Event, Record, Said
from lintui.log import LogWriter
from lintui.mailbox import Mailbox
from lintui.probe import Glance, Look
from lintui.probe import fetch as fetch_looks
from lintui.sampler import Sample
from lintui.tensors import fetch

WAIT = 0.05
"""Seconds that a metric waits at most before it is written: half of what a kill may cost, for threads come late."""

_MOST_TOLD = 100
"""Different problems that are told at most."""


T = TypeVar("T")


class _Urgent(NamedTuple):
    """An event that the disk is to confirm."""

    event: Event


_Said = Metrics | Looked | Sample | _Urgent | Event
_Alike = Iterable[tuple[tuple[str, tuple[str, ...]], Iterable[Metrics]]]
"""Metrics of one layout at a time, with it."""


class Outbox:
    """Between the thread that trains and the file: nothing here makes the training wait for a disk."""

    def __init__(
        self,
        writer: LogWriter,
        first: Event,
        mailbox: Mailbox | None,
        on_record: Callable[[Record], None] | None,
        beside: Callable[[], None],
    ) -> None:
        """Write through `writer`, and leave the same records in `mailbox` and give them to `on_record` if given.

        `first` stands in the log when this returns, whenever the thread comes to its turn; that calls `beside` each
        time that it has.
        """
        self._writer = writer
        self._listeners: list[Callable[[list[Record]], None]] = []
        if mailbox is not None:
            self._listeners.append(mailbox.put)
        if on_record is not None:

            def pass_on(records: list[Record]) -> None:
                for record in records:
                    on_record(record)

            self._listeners.append(pass_on)
        self._said: deque[_Said] = deque()
        """What was said and is not handed on yet, in its order; adding to it costs the training next to nothing."""
        self.add: Callable[[Metrics], None] = self._said.append
        """Batch the metrics of one step. Tensors of one entry among them are fetched off the thread that trains,
        after the work in their streams."""
        self._beside = beside
        self._batch = Batch()
        self._looks = True
        """Whether looks at the parameters can be fetched."""
        self._closing = False
        self._wake = Bell()
        self._reported = ("", "")
        self._told: set[str] = set()
        self.measured = 0
        """How often metrics were said so far."""
        self.seconds = 0.0
        """CPU seconds spent here so far."""
        begun = writer.append([first])
        self._thread = threading.Thread(target=self._run, args=(begun,), name="lintui-outbox", daemon=True)
        self._thread.start()

    def add_look(self, at: int, t: float, lr: Any, look: Glance) -> None:
        """Batch one look at the parameters; `lr` is a number, a tensor of one, or None."""
        self._said.append(Looked(at, t, lr, look))

    def add_sample(self, sample: Sample) -> None:
        """Hand on how the numbers of a sample are spread, once they are counted."""
        self._said.append(sample)

    def say(self, event: Event) -> None:
        """Hand on an event, after everything that was said before it, within a twentieth of a second."""
        self._said.append(event)

    def say_now(self, event: Event) -> None:
        """Hand on an event at once and have the disk confirm it."""
        self._said.append(_Urgent(event))
        self._wake.ring()

    def close(self) -> None:
        """Hand everything on, confirmed by the disk, and end."""
        self._closing = True
        self._wake.ring()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _take(self) -> tuple[list[Event], bool]:
        """Everything said so far in its order, the metrics batched; and whether the disk is to confirm it."""
        next_said = self._said.popleft
        said = [next_said() for _ in range(len(self._said))]
        looked = [one.look for one in said if type(one) is Looked]
        looks = iter(self._fetched(lambda: fetch_looks(looked)) if looked else [])
        events: list[Event] = []
        first, urgent = 0, False
        for place, one in enumerate(said):
            if type(one) is not tuple and type(one) is not Looked:
                urgent |= type(one) is _Urgent
                events += self._measured(said[first:place], looks)
                events += self._closing_batch(one)  # type: ignore[arg-type]
                first = place + 1
        events += self._measured(said[first:], looks)
        return events + self._batch.close(), urgent

    def _measured(self, said: list[_Said], looks: Iterator[Look]) -> list[Event]:
        """What the batch gives back for metrics and looks, of which there may be thousands; `looks` are the next."""
        metrics = [one for one in said if type(one) is tuple]
        looked = [one for one in said if type(one) is Looked]
        self.measured += len(metrics)
        seen = [*islice(looks, len(looked))]
        if self._batch.has_room(sum(map(len, metrics)) - HEAD * len(metrics) + sum(map(size, seen))):
            return self._in_columns(_by_layout(metrics)) + self._batch.add_looks(looked, seen)
        # Some of it closes the batch: then a look is not to come after metrics of later steps.
        events: list[Event] = []
        next_seen = iter(seen)
        for _, alike in groupby(said, type):
            stretch = [*alike]
            events += self._in_columns(groupby([one for one in stretch if type(one) is tuple], LAYOUT))
            events += self._batch.add_looks([one for one in stretch if type(one) is Looked], next_seen)
        return events

    def _in_columns(self, metrics: _Alike) -> list[Event]:
        """What the batch gives back for metrics of consecutive steps, those of one layout at a time."""
        events: list[Event] = []
        for (split, names), rows in metrics:
            at, t, _, _, streams, *columns = zip(*rows, strict=True)
            if set(map(type, chain.from_iterable(columns))) == {float}:
                events += self._batch.add(split, names, at, t, columns)
                continue
            numbers = fetch([*chain.from_iterable(columns)], set(chain.from_iterable(streams)), self._report_once)
            found = [numbers[first : first + len(at)] for first in range(0, len(numbers), len(at))]
            for place, row in enumerate(zip(*found, strict=True)):
                there = [(name, [number]) for name, number in zip(names, row, strict=True) if number is not None]
                if there:
                    some, values = zip(*there, strict=True)
                    events += self._batch.add(split, some, at[place : place + 1], t[place : place + 1], values)
        return events

    def _closing_batch(self, said: Sample | _Urgent | Event) -> Sequence[Event]:
        """What is said beside metrics and looks, after those that came before it."""
        batch = self._batch
        if isinstance(said, Sample):
            found = self._fetched(said.counted)
            return [*batch.close(), *found] if found else []
        event = said.event if isinstance(said, _Urgent) else said
        closed = [*batch.close(), event]
        if isinstance(event, Branched):
            batch.branch = event.branch
        return closed

    def _fetched(self, fetch: Callable[[], Sequence[T]]) -> Sequence[T]:
        """What comes of fetching numbers from where the parameters are; nothing any more once one could not be."""
        if not self._looks:
            return []
        try:
            return fetch()
        except Exception as error:  # noqa: BLE001 - a device that is lost must not take the log along
            self._looks = False
            self._report(f"the parameters can't be looked at ({type(error).__name__}: {error})")
            return []

    def _run(self, begun: list[Record]) -> None:
        self._pass_on(begun, urgent=True)
        while True:
            self._wake.wait(WAIT)
            closing = self._closing
            try:
                self._hand_on()
            except Exception as error:  # noqa: BLE001 - what comes after it is to be written all the same
                self._report_once(f"something can't be recorded ({type(error).__name__}: {error})")
            self._beside()
            self.seconds = time.thread_time()
            if closing:
                self._writer.close()
                if self._writer.lost:
                    print(f"lintui: {self._writer.lost} records could not be written and are lost", file=sys.stderr)
                elif self._writer.unconfirmed:
                    print(f"lintui: {_unconfirmed(self._writer.unconfirmed)}", file=sys.stderr)
                return

    def _hand_on(self) -> None:
        events, urgent = self._take()
        if not events and not self._writer.trouble:
            return
        self._pass_on(self._writer.append(events), urgent=urgent)

    def _pass_on(self, records: list[Record], *, urgent: bool) -> None:
        for listener in list(self._listeners):
            try:
                listener(records)
            except Exception as error:  # noqa: BLE001 - whoever listens must not keep others from the log
                self._listeners.remove(listener)
                self._report(f"somebody who listened was given up ({type(error).__name__}: {error})")
        if urgent:
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

    def _report_once(self, text: str) -> None:
        if text not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(text)
            self._report(text)

    def _report(self, text: str) -> None:
        text = clean_line(text)
        with contextlib.suppress(OSError, ValueError):  # the same disk may be full, or nobody reads any more
            print(f"lintui: {text}", file=sys.stderr)
        self.say(Said(t=0.0, level="warning", text=text))


def _by_layout(metrics: list[Metrics]) -> _Alike:
    """Those of one layout together, but where one name stands in two: its order is that of the steps."""
    together: dict[tuple[str, tuple[str, ...]], list[Metrics]] = {}
    for layout, rows in groupby(metrics, LAYOUT):
        together.setdefault(layout, []).extend(rows)
    called = [(split, name) for split, names in together for name in names]
    return together.items() if len(set(called)) == len(called) else groupby(metrics, LAYOUT)


def _unconfirmed(why: str) -> str:
    return f"the disk does not confirm that the log is written ({why}); what it holds may be lost with the power"
