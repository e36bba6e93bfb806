"""Writes down what a training loop says, from its start to its end, without counting its steps or taking commands.

A recorder that breaks is reported once and switched off; the loop goes on.
"""

import contextlib
import datetime
import functools
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from lintui import artifacts
from lintui.clean import clean_line
from lintui.events import Array, Ended, Event, Level, Planned, Profile, Record, Said, Scalar, Started
from lintui.forks import stays_here
from lintui.heartbeat import Heartbeat
from lintui.log import LogWriter
from lintui.mailbox import Mailbox
from lintui.outbox import Outbox
from lintui.rounds import Rounds
from lintui.rundir import RunDirectory
from lintui.values import measured, numbers, scalars, shortened

P = ParamSpec("P")
R = TypeVar("R", bound="Recorder")
_COMPLAINTS = 10_000
"""Different complaints at most."""


@functools.lru_cache(maxsize=100)
def _called(*names: str) -> tuple[str, ...]:
    """One and the same tuple for the same names: of what each step leaves behind, Python looks for garbage in all."""
    return names


def guarded(method: Callable[Concatenate[R, P], None]) -> Callable[Concatenate[R, P], None]:
    """What the loop says may be a mistake: that switches the monitor off, and never raises into the loop."""

    @functools.wraps(method)
    def call(recorder: R, /, *args: P.args, **kwargs: P.kwargs) -> None:
        if recorder._broken:
            return
        try:
            method(recorder, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            recorder._switch_off(error)

    return call


class Recorder:
    """The log of one run, from what it is to how it ended."""

    def __init__(
        self,
        name: str,
        directory: RunDirectory,
        *,
        task: str,
        config: Mapping[str, Scalar] | None,
        steps: int | None,
        epochs: int | None,
        group: str,
        mailbox: Mailbox | None,
        on_record: Callable[[Record], None] | None,
        beside: Callable[[], None],
    ) -> None:
        """Open the log in `directory`; raises RunDirectoryError and OSError where that can't be done.

        `beside` is called twenty times a second from another thread; the rest is as in `lintui.run.Run`.
        """
        self.directory = directory
        self.at = 0
        """Steps completed."""
        started = Started(
            name=name,
            task=task,
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            pid=os.getpid(),
            host=socket.gethostname(),
            group=group,
            steps=steps,
            epochs=epochs,
            config=scalars(config or {}),
        )
        self._lock = directory.lock()
        try:
            writer = LogWriter.create(directory.log)
        except OSError:
            self._lock.release()
            raise
        self._began = time.perf_counter()
        self._complained: set[str] = set()
        self._branch = 0
        self._broken = False
        self._finished = False
        # Not by the outbox alone: while a disk takes its time to write, commands are taken all the same.
        self._rounds = Rounds([beside, Heartbeat(directory.heartbeat).beat], self._complain)
        self._outbox = Outbox(writer, started, mailbox, on_record, self._rounds.go)
        self._rounds.begin()
        stays_here(self)

    @property
    def branch(self) -> int:
        """The branch that steps belong to."""
        return self._branch

    @property
    def t(self) -> float:
        """Seconds since the run started."""
        return time.perf_counter() - self._began

    # What the loop says

    @guarded
    def log(self, metrics: Mapping[str, float], *, split: str = "train") -> None:
        """Record metrics that were measured after the newest step."""
        self._record(metrics, split, time.perf_counter())

    @guarded
    def level(self, split: str, name: str, value: float, label: str, *, under: str = "") -> None:
        """Draw a horizontal line into the chart of a series, under one loss or (empty) under all."""
        for number in numbers({name: value}, self._mistake).values():
            self._say(Level(split=split, name=name, value=number, label=label, under=under))

    @guarded
    def say(self, text: str) -> None:
        """Tell the person who watches something, in a line."""
        self._say(Said(t=self._now(), level="info", text=str(text)))

    @guarded
    def report(self, text: str) -> None:
        """Tell the person who watches how far something is that takes long; each line takes the last one's place."""
        self._say(Said(t=self._now(), level="progress", text=str(text)))

    @guarded
    def plan(self, *, steps: int | None = None, epochs: int | None = None) -> None:
        """Say how long the run means to be, where that was not known at its start."""
        self._say(Planned(steps=steps, epochs=epochs))

    @guarded
    def profile(
        self,
        name: str,
        y: Sequence[float],
        *,
        over: tuple[float, float],
        x_name: str,
        y_name: str,
        marks: Mapping[str, float] | None = None,
    ) -> None:
        """Record numbers measured at evenly spaced places of another axis than the steps, from and to `over`."""
        self._say(
            Profile(
                branch=self.branch,
                name=name,
                at=self.at,
                t=self._now(),
                x_name=x_name,
                low=over[0],
                high=over[1],
                y_name=y_name,
                y=tuple(y),
                marks=dict(marks or {}),
            )
        )

    @guarded
    def picture(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: str,
        data: bytes,
        *,
        shows: str = "",
        axes: tuple[str, ...] = (),
        low: tuple[float, ...] = (),
        high: tuple[float, ...] = (),
        labels: tuple[str, ...] = (),
        text: str = "",
    ) -> None:
        """Keep an array under `artifacts/` and say where; `data` is in C order, little-endian.

        How it is meant to be looked at stands in the same words as in `lintui.events.Array`.
        """
        try:
            file, crc32 = artifacts.save(self.directory.artifacts, name, self.at, data)
        except OSError as error:
            self._complain(f"the picture {name!r} can't be kept: {error.strerror or error}")
            return
        self._say(
            Array(
                branch=self.branch,
                name=name,
                at=self.at,
                t=self._now(),
                file=file,
                shape=shape,
                dtype=dtype,
                crc32=crc32,
                shows=shows,
                axes=axes,
                low=low,
                high=high,
                labels=labels,
                text=text,
            )
        )

    # The end

    def abandon(self, reason: str) -> None:
        """Close the log of a training that goes on, or hangs, without us; from any thread. Later calls do nothing."""
        self._end("stopped", reason, "", {})

    def fail(self, error: BaseException | str) -> None:
        """The training can't go on: record `error`, with its traceback where it is an exception; close the log."""
        if isinstance(error, str):
            self._end("failed", shortened(error), "", {})
            return
        trace = "".join(traceback.format_exception(error))
        reason = "".join(traceback.format_exception_only(error)).strip()
        self._end("failed", shortened(reason), shortened(trace), {})

    def leave_to_parent(self) -> None:
        """In a process that was forked off: say nothing, for the run is not of this process."""
        self._broken = self._finished = True

    def _end(self, how: str, reason: str, trace: str, summary: Mapping[str, Scalar]) -> None:
        if self._finished:
            return
        self._finished = True
        self._close(how, reason, trace, summary)

    def _close(self, how: str, reason: str, trace: str, summary: Mapping[str, Scalar]) -> None:
        """Say how it ended, as the last thing that is said."""
        ended = Ended(
            branch=self.branch,
            at=self.at,
            t=self._now(),
            how=how,
            reason=reason,
            traceback=trace,
            summary=scalars(summary),
        )
        self._say(ended)
        self._outbox.close()
        self._rounds.stop()
        self._lock.release()

    # How it is written

    def _record(self, metrics: Mapping[str, Any], split: str, now: float) -> None:
        """Record metrics of the newest step, at a time by `time.perf_counter`."""
        if not metrics:
            return
        row, streams = measured(metrics, self._mistake)
        self._outbox.add((self.at, now - self._began, split, _called(*metrics), streams, *row))

    def _now(self) -> float:
        return round(self.t, 4)

    def _say(self, event: Event) -> None:
        if self._broken:
            return
        try:
            self._outbox.say(event)
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)

    def _complain(self, text: str) -> None:
        """Tell the person who watches, once, of something that went wrong and was passed over."""
        if text not in self._complained and len(self._complained) < _COMPLAINTS:
            self._complained.add(text)
            self._say(Said(t=self._now(), level="warning", text=text))

    def _mistake(self, text: str) -> None:
        """The loop handed over something that can't be taken."""
        self._complain(text)

    def _switch_off(self, error: Exception) -> None:
        """Report once that watching broke, and let the training go on alone."""
        if self._broken:
            return
        self._broken = True
        text = clean_line(f"watching was switched off after an error of its own ({type(error).__name__}: {error})")
        with contextlib.suppress(OSError, ValueError):
            print(f"lintui: {text}; training goes on", file=sys.stderr)
        with contextlib.suppress(Exception):
            self._outbox.say_now(Said(t=self._now(), level="warning", text=text))
