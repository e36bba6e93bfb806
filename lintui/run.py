"""Run: what a training loop holds to be watched and steered, without knowing what it trains.

The loop says what happened (`step`, `log`, `epoch`) and passes the safe point between two steps, where
commands take effect. A monitor that breaks is reported once and switched off; the loop goes on.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lintui.commands import Command, Set
from lintui.cost import Cost
from lintui.events import Applied, Declared, Epoch, Record, Refused, Scalar, Values, Watched
from lintui.intake import Intake
from lintui.knobs import Choice, Choosable, Knob, Number, Unfit
from lintui.mailbox import Mailbox
from lintui.optimizer import settings
from lintui.probe import Probe
from lintui.rate import RateFactor, Rates
from lintui.recorder import Recorder, guarded
from lintui.rundir import RunDirectory
from lintui.sampler import SHARE, Sampler
from lintui.steering import Steering
from lintui.values import numbers

if TYPE_CHECKING:
    import torch


class Run(Recorder):
    """One training run: events go out, commands come in, and both only when the loop says so."""

    unseen = 4e-6
    """Seconds a log that go by beside what is measured of watching."""

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
        # Before the log is open: from then on its thread looks into the inbox, and a fork may come at any time.
        self._intake = Intake(directory.inbox)
        self._steering = Steering(paused=paused)
        self._probe: Probe | None = None
        self._every = self._later = 1
        """Steps from one look at the parameters to the next, now and after the first."""
        self._sampler: Sampler | None = None
        self._sampling = SHARE
        """Share of the time that histograms may take."""
        self._rate: Number | RateFactor | None = None
        self._rates: list[Rates] = []
        """The optimizers whose learning rates are steered."""
        self._told: dict[str, Declared] = {}
        """What was last said of the knobs that a script's own schedule may change."""
        super().__init__(
            name,
            directory,
            task=task,
            config=config,
            steps=steps,
            epochs=epochs,
            group=group,
            mailbox=mailbox,
            on_record=on_record,
            beside=self._intake.look,
        )
        self._cost = Cost(self._began, self.unseen)
        self._declare(self._steering.paused)
        if speed is not None:
            self._declare(self._steering.limit_speed(speed))

    # The steps

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
            # At the multiples of `every`, and one step before them: to call a function for that took a microsecond.
            if self._probe is not None and (self.at + 1) % self._every < 2:
                self._look_if_due(self._probe, began)
                self._cost.spent += time.perf_counter() - began
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)

    @guarded
    def epoch(self, number: int, /, **metrics: Mapping[str, float]) -> None:
        """Epoch `number` (from 1) is complete; `metrics` are its values, by split."""
        for split, values in metrics.items():
            floats = numbers(values, self._mistake)
            self._say(Values(branch=self.branch, split=split, at=self.at, t=self._now(), values=floats))
        self._say(Epoch(branch=self.branch, number=number, at=self.at, t=self._now()))
        if self._sampler is not None and self._sampler.is_welcome(self.at, self._busy(time.perf_counter())):
            self._sample(self._sampler)

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
        self,
        name: str,
        options: Mapping[str, Choosable],
        chosen: str,
        *,
        label: str = "",
        words: Mapping[str, str] | None = None,
    ) -> Choice[Choosable]:
        """One of several things that people can exchange live. Raises Unfit where `chosen` is none of them.

        `words` says by an option's name what it is.
        """
        knob = Choice(name, options, chosen, label=label, words=words)
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

        The first step is looked at in any case, so that it is known where they began; and of a run whose speed is
        limited every step, for there is time enough, and somebody may want to follow them one by one.
        Of those that are too large to be shown entry by entry, and of their gradients, histograms are recorded
        about once a second and at the ends of epochs: see `lintui.sampler`.
        `entries` gives the entries of a parameter names, such as those of the columns that they weigh.
        Settings are those of `lintui.optimizer.SETTINGS` that its parameter groups have, such as the momentum.
        """
        named = model if isinstance(model, Mapping) else dict(model.named_parameters())
        self._probe = Probe(named, entries)
        self._every, self._later = 1, 1 if self.is_limited else every
        self._say(self._probe.watching())
        self._probe.remember()
        self._begin_to_sample(self._probe)
        if optimizer is not None:
            rates = Rates(optimizer)
            self._rates.append(rates)
            self._rate = RateFactor(rates)
            for knob in (self._rate, *settings(optimizer)):
                self._declare(knob)
                self._told[knob.name] = knob.declared()

    def _declare(self, knob: Knob) -> None:
        self._steering.knobs[knob.name] = knob
        self._say(knob.declared())

    # The looks at the parameters

    @property
    def is_limited(self) -> bool:
        """Whether steps wait for a limit on their speed: then there is time to look closely at each."""
        return self._steering.has_limit

    def _begin_to_sample(self, probe: Probe) -> None:
        """Have the parameters that are looked at as a whole counted now and then, and now."""
        wholes = probe.wholes()
        self._sampler = Sampler(wholes, self._sampling) if wholes else None
        if self._sampler is not None:
            self._sample(self._sampler)

    def _look_if_due(self, probe: Probe, now: float) -> None:
        """Look at the parameters, and remember them, if it is time: by the step, so that a run repeats exactly."""
        if self.at % self._every == 0:
            self._look(probe, now)
            self._every = self._later
        if (self.at + 1) % self._every == 0:
            probe.remember()

    def _look(self, probe: Probe, now: float) -> None:
        rate = None if self._rate is None else self._rate.taken
        self._outbox.add_look(self.at, now - self._began, rate, probe.glance())
        if self._sampler is not None and self._sampler.is_due(self._busy(now)):
            self._sample(self._sampler)

    def _busy(self, now: float) -> float:
        """Seconds of training so far, pauses left out."""
        return now - self._began - self._cost.waited

    def _sample(self, sampler: Sampler) -> None:
        """Have weights and gradients counted as they stand."""
        now = time.perf_counter()
        self._outbox.add_sample(sampler.sample(self.branch, self.at, round(now - self._began, 4), self._busy(now)))

    @guarded
    def _sample_the_end(self) -> None:
        if self._sampler is not None and not self._finished and self._sampler.at < self.at:
            self._sample(self._sampler)

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

    def answer(self) -> None:
        """In the midst of what takes long and has no steps: answer commands, and wait for nothing, paused or not."""
        if not self._intake.is_due or self._broken:
            return
        began = time.perf_counter()
        try:
            self._answer_all()
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)
        self._cost.spent += time.perf_counter() - began

    def _answer_all(self) -> None:
        for command in self._intake.take():
            self._answer(command)
        self._tell_problems()

    def _tell_problems(self) -> None:
        """Tell what lay in the inbox and was no command."""
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
        elsewhere = self._outbox.seconds + self._rounds.seconds
        share = self._cost.report(time.perf_counter(), elsewhere, self._outbox.measured)
        if share is not None:
            self._say(Watched(branch=self.branch, at=self.at, t=self._now(), share=round(share, 4)))

    # The end

    def finish(self, *, summary: Mapping[str, Scalar] | None = None, reason: str = "") -> None:
        """The training is over, by itself or because somebody asked; the log is closed. Later calls do nothing."""
        self._sample_the_end()
        how = "stopped" if self.should_stop else "done"
        self._end(how, reason or self._steering.stop_reason, "", summary or {})

    def leave_to_parent(self) -> None:
        """In a process that was forked off: answer nothing either, and leave the optimizer alone."""
        super().leave_to_parent()
        self._let_go()

    def _close(self, how: str, reason: str, trace: str, summary: Mapping[str, Scalar]) -> None:
        self._refuse_the_rest()
        super()._close(how, reason, trace, summary)
        self._let_go()

    def _switch_off(self, error: Exception) -> None:
        self._intake.stop()
        super()._switch_off(error)

    def _refuse_the_rest(self) -> None:
        """Every command gets an answer, also one that came after the last step."""
        if self._broken:
            return
        try:
            for command in self._intake.close():
                self._refuse(command, "the training is over")
            self._tell_problems()
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)

    def _let_go(self) -> None:
        """Leave the optimizers to their script."""
        for rates in self._rates:
            rates.release()
