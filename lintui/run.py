"""Run: what a training loop holds to be watched and steered, without knowing what it trains.

The loop says what happened (`step`, `log`, `epoch`) and passes the safe point between two steps, where
commands take effect. A monitor that breaks is reported once and switched off; the loop goes on.
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
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from lintui import artifacts
from lintui.batch import Metrics
from lintui.clean import clean_line
from lintui.commands import Command, Set
from lintui.cost import Cost
from lintui.events import (
    Applied,
    Array,
    Declared,
    Ended,
    Epoch,
    Event,
    Level,
    Planned,
    Profile,
    Record,
    Refused,
    Said,
    Scalar,
    Started,
    Values,
    Watched,
)
from lintui.forks import stays_here
from lintui.heartbeat import Heartbeat
from lintui.intake import Intake
from lintui.knobs import Choice, Choosable, Knob, Number, Unfit
from lintui.log import LogWriter
from lintui.mailbox import Mailbox
from lintui.optimizer import settings
from lintui.outbox import Outbox
from lintui.probe import Probe
from lintui.rate import RateFactor, Rates
from lintui.rundir import RunDirectory
from lintui.sampler import SHARE, Sampler
from lintui.steering import Steering
from lintui.tensors import read
from lintui.values import measured, numbers, scalars, shortened

if TYPE_CHECKING:
    import torch

P = ParamSpec("P")
_COMPLAINTS = 10_000
"""Different complaints at most."""


def _guarded(method: "Callable[Concatenate[Run, P], None]") -> "Callable[Concatenate[Run, P], None]":
    """What the loop says may be a mistake: that switches the monitor off, and never raises into the loop."""

    @functools.wraps(method)
    def call(run: "Run", /, *args: P.args, **kwargs: P.kwargs) -> None:
        if run._broken:
            return
        try:
            method(run, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            run._switch_off(error)

    return call


class Run:
    """One training run: events go out, commands come in, and both only when the loop says so."""

    def __init__(
        self,
        name: str,
        directory: RunDirectory,
        *,
        task: str = "",
        config: Mapping[str, Scalar] | None = None,
        steps: int | None = None,
        epochs: int | None = None,
        speed: float | None = None,
        group: str = "",
        paused: bool = False,
        mailbox: Mailbox | None = None,
        on_record: Callable[[Record], None] | None = None,
    ) -> None:
        """Open the log in `directory`; raises RunDirectoryError and OSError where that can't be done.

        `speed` is a limit in steps a second that people can change, for runs too quick to be watched; runs of
        the same `group` belong together. A run that starts `paused` waits before its first step until somebody
        lets it go on.
        `mailbox` and `on_record` get the same records as the log, from a thread of the run's own.
        """
        self.directory = directory
        self.at = 0
        """Steps completed."""
        self._lock = directory.lock()
        try:
            writer = LogWriter.create(directory.log)
        except OSError:
            self._lock.release()
            raise
        self._intake = Intake(directory.inbox)
        beside = (self._intake.look, Heartbeat(directory.heartbeat).beat)
        self._outbox = Outbox(writer, mailbox, on_record, beside)
        self._began = time.perf_counter()
        self._steering = Steering(paused=paused)
        self._probe: Probe | None = None
        self._sampler: Sampler | None = None
        self._sampling = SHARE
        """Share of the time that histograms may take."""
        self._rate: Number | RateFactor | None = None
        self._rates: list[Rates] = []
        """The optimizers whose learning rates are steered."""
        self._complained: set[str] = set()
        self._told: dict[str, Declared] = {}
        """What was last said of the knobs that a script's own schedule may change."""
        self._cost = Cost(self._began)
        self._branch = 0
        self._broken = False
        self._finished = False
        stays_here(self)
        self._outbox.say_now(
            Started(
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
        )
        self._declare(self._steering.paused)
        if speed is not None:
            self._declare(self._steering.limit_speed(speed))

    # What the loop says

    def step(self, metrics: Mapping[str, float] | None = None, *, split: str = "batch") -> None:
        """One update of the weights is done: count it, and record `metrics` of it."""
        began = time.perf_counter()
        self.at += 1
        steering = self._steering
        if steering.steps_left or steering.has_limit:
            steering.count_step(began)
        if self._broken:
            return
        try:
            if metrics:
                self._record(metrics, split, began)
            if self._probe is not None:
                self._look_if_due(self._probe, began)
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)
        self._cost.spent += time.perf_counter() - began

    @_guarded
    def log(self, metrics: Mapping[str, float], *, split: str = "train") -> None:
        """Record metrics that were measured after the newest step."""
        self._record(metrics, split, time.perf_counter())

    @_guarded
    def epoch(self, number: int, /, **metrics: Mapping[str, float]) -> None:
        """Epoch `number` (from 1) is complete; `metrics` are its values, by split."""
        for split, values in metrics.items():
            floats = numbers(values, self._mistake)
            self._say(Values(branch=self.branch, split=split, at=self.at, t=self._now(), values=floats))
        self._say(Epoch(branch=self.branch, number=number, at=self.at, t=self._now()))
        if self._sampler is not None and self._sampler.is_welcome(self.at, self._busy(time.perf_counter())):
            self._sample(self._sampler)

    @_guarded
    def level(self, split: str, name: str, value: float, label: str, *, under: str = "") -> None:
        """Draw a horizontal line into the chart of a series, under one loss or (empty) under all."""
        for number in numbers({name: value}, self._mistake).values():
            self._say(Level(split=split, name=name, value=number, label=label, under=under))

    @_guarded
    def say(self, text: str) -> None:
        """Tell the person who watches something, in a line."""
        self._say(Said(t=self._now(), level="info", text=str(text)))

    @_guarded
    def plan(self, *, steps: int | None = None, epochs: int | None = None) -> None:
        """Say how long the run means to be, where that was not known at its start."""
        self._say(Planned(steps=steps, epochs=epochs))

    @_guarded
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

    @_guarded
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

    # What can be changed

    def tune(
        self, name: str, value: float, *, label: str = "", low: float | None = None, high: float | None = None
    ) -> Number:
        """A number that people can change live; the loop reads its `value`. Raises Unfit for a bad start."""
        knob = Number(name, value, label=label, low=low, high=high)
        if name == "lr":
            self._rate = knob
        self._declare(knob)
        return knob

    def choose(
        self, name: str, options: Mapping[str, Choosable], chosen: str, *, label: str = ""
    ) -> Choice[Choosable]:
        """One of several things that people can exchange live. Raises Unfit where `chosen` is none of them."""
        knob = Choice(name, options, chosen, label=label)
        self._declare(knob)
        return knob

    def watch(
        self,
        model: "Mapping[str, torch.Tensor] | torch.nn.Module",
        optimizer: Any = None,
        *,
        every: int = 10,
        entries: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Look at the parameters every so many steps; with a torch optimizer, steer its learning rate and settings.

        Of those that are too large to be shown entry by entry, and of their gradients, histograms are recorded
        about once a second and at the ends of epochs: see `lintui.sampler`.
        `entries` gives the entries of a parameter names, such as those of the columns that they weigh.
        Settings are those of `lintui.optimizer.SETTINGS` that its parameter groups have, such as the momentum.
        """
        named = model if isinstance(model, Mapping) else dict(model.named_parameters())
        self._probe = Probe(named, every, entries)
        self._say(self._probe.watching())
        if every == 1:
            self._probe.remember()
        self._begin_to_sample(self._probe)
        if optimizer is not None:
            rates = Rates(optimizer)
            self._rates.append(rates)
            self._rate = RateFactor(rates)
            for knob in (self._rate, *settings(optimizer)):
                self._declare(knob)
                self._told[knob.name] = knob.declared()

    # The safe point

    @property
    def should_stop(self) -> bool:
        """Whether somebody asked for a clean end."""
        return self._steering.should_stop

    def post(self, command: Command) -> None:
        """Leave a command from another thread of this process, without the way over the inbox."""
        self._intake.post(command)

    def safe_point(self) -> None:
        """Between two steps: answer commands, and wait here while the run is paused."""
        steering = self._steering
        if not (self._intake.is_due or steering.paused.value or steering.has_limit) or self._broken:
            return
        now = time.perf_counter()
        if not (self._intake.is_due or steering.wait(now)):
            return
        waited = self._cost.waited
        try:
            self._answer_all()
            while wait := steering.wait(time.perf_counter()):
                waiting = time.perf_counter()
                self._intake.wait(wait)
                self._cost.waited += time.perf_counter() - waiting
                self._answer_all()
            self._tell_schedules()
            self._tell_cost()
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)
        self._cost.spent += time.perf_counter() - now - (self._cost.waited - waited)

    def finish(self, *, summary: Mapping[str, Scalar] | None = None, reason: str = "") -> None:
        """The training is over, by itself or because somebody asked; the log is closed. Later calls do nothing."""
        self._sample_the_end()
        how = "stopped" if self.should_stop else "done"
        self._end(how, reason or self._steering.stop_reason, "", summary or {})

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

    @property
    def branch(self) -> int:
        """The branch that steps belong to."""
        return self._branch

    @property
    def t(self) -> float:
        """Seconds since the run started."""
        return time.perf_counter() - self._began

    def _record(self, metrics: Mapping[str, Any], split: str, now: float) -> None:
        """Record metrics of the newest step, at a time by `time.perf_counter`."""
        row: list[Any] = [value if type(value) is float else read(value) for value in metrics.values()]
        if not row:
            return
        streams: tuple[Any, ...] = ()
        if None in row:
            row, streams = measured(metrics, self._mistake)
        fields = (self.at, now - self._began, split, tuple(metrics), row, streams)
        # In every step: the class's own constructor takes three times as long.
        self._outbox.add(tuple.__new__(Metrics, fields))

    def _look_if_due(self, probe: Probe, now: float) -> None:
        """Look at the parameters, and remember them, if it is time: by the step, so that a run repeats exactly."""
        place = self.at % probe.every
        if place == 0:
            self._look(probe, now)
        if (place + 1) % probe.every == 0:
            probe.remember()

    def _look(self, probe: Probe, now: float) -> None:
        rate = None if self._rate is None else self._rate.taken
        self._outbox.add_look(self.at, now - self._began, rate, probe.glance())
        if self._sampler is not None and self._sampler.is_due(self._busy(now)):
            self._sample(self._sampler)

    def _begin_to_sample(self, probe: Probe) -> None:
        """Have the parameters that are looked at as a whole counted now and then, and now."""
        wholes = probe.wholes()
        self._sampler = Sampler(wholes, self._sampling) if wholes else None
        if self._sampler is not None:
            self._sample(self._sampler)

    def _busy(self, now: float) -> float:
        """Seconds of training so far, pauses left out."""
        return now - self._began - self._cost.waited

    def _now(self) -> float:
        return round(self.t, 4)

    def _say(self, event: Event) -> None:
        if self._broken:
            return
        try:
            self._outbox.say(event)
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)

    def _sample(self, sampler: Sampler) -> None:
        """Have weights and gradients counted as they stand."""
        now = time.perf_counter()
        self._outbox.add_sample(sampler.sample(self.branch, self.at, round(now - self._began, 4), self._busy(now)))

    @_guarded
    def _sample_the_end(self) -> None:
        if self._sampler is not None and not self._finished and self._sampler.at < self.at:
            self._sample(self._sampler)

    def _complain(self, text: str) -> None:
        """Tell the person who watches, once, of something that went wrong and was passed over."""
        if text not in self._complained and len(self._complained) < _COMPLAINTS:
            self._complained.add(text)
            self._say(Said(t=self._now(), level="warning", text=text))

    def _mistake(self, text: str) -> None:
        """The loop handed over something that can't be taken."""
        self._complain(text)

    def _declare(self, knob: Knob) -> None:
        self._steering.knobs[knob.name] = knob
        self._say(knob.declared())

    def _answer_all(self) -> None:
        for command in self._intake.take():
            self._answer(command)
        while self._intake.problems:
            self._complain(self._intake.problems.pop(0))

    def _answer(self, command: Command) -> None:
        id, by, branch, at, t = command.id, command.by, self.branch, self.at, self._now()
        try:
            done = self._steering.carry_out(command)
        except Unfit as error:
            self._refuse(command, str(error))
            return
        undoes, redoes = (command.undoes, command.redoes) if isinstance(command, Set) else ("", "")
        self._outbox.say_now(
            Applied(id=id, by=by, branch=branch, at=at, t=t, **done._asdict(), undoes=undoes, redoes=redoes)
        )

    def _refuse(self, command: Command, reason: str) -> None:
        id, by, knob = command.id, command.by, command.knob
        refused = Refused(id=id, by=by, branch=self.branch, at=self.at, t=self._now(), knob=knob, reason=reason)
        self._outbox.say_now(refused)

    def _tell_schedules(self) -> None:
        """Say the script's own learning rate and settings again when a schedule has changed them."""
        for name, told in self._told.items():
            declared = self._steering.knobs[name].declared()
            if declared != told:
                self._told[name] = declared
                self._say(declared)

    def _tell_cost(self) -> None:
        """Say about once a second what share of the time went into watching."""
        share = self._cost.report(time.perf_counter(), self._outbox.seconds, self.at)
        if share is not None:
            self._say(Watched(branch=self.branch, at=self.at, t=self._now(), share=round(share, 4)))

    def _end(self, how: str, reason: str, trace: str, summary: Mapping[str, Scalar]) -> None:
        if self._finished:
            return
        self._finished = True
        self._refuse_the_rest()
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
        self._lock.release()
        self._let_go()

    def leave_to_parent(self) -> None:
        """In a process that was forked off: say nothing and answer nothing, for the run is not of this process."""
        self._broken = self._finished = True
        self._let_go()

    def _let_go(self) -> None:
        """Leave the optimizers to their script."""
        for rates in self._rates:
            rates.release()

    def _refuse_the_rest(self) -> None:
        """Every command gets an answer, also one that came after the last step."""
        if self._broken:
            return
        try:
            for command in self._intake.take(everything=True):
                self._refuse(command, "the training is over")
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)

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
