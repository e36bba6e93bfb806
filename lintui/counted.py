"""Counts the steps of somebody's own loop and records what it says of them, in the words of wandb's users.

Nobody needs to say that a step was made: the optimizer does, or else what is logged. The parameters are looked at as
often as a budget allows.
"""

import operator
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from lintui.events import Scalar
from lintui.probe import Probe
from lintui.rate import Rates
from lintui.rhythm import Rhythm
from lintui.run import Run
from lintui.rundir import RunDirectory
from lintui.tensors import read

_LAST_STEP = 2**53
_LAYOUTS = 1_000
"""Sets of metrics that are remembered at most."""
_FEW = 16
"""Numbers in a log that is taken in without a clock."""
_FOR_HISTOGRAMS = 1 / 8
"""Part of the budget that histograms may take."""
_SPLITS = frozenset({"train", "val", "valid", "validation", "eval", "test", "batch"})


class CountedRun(Run):
    """A run whose steps are counted by the first optimizer that it watches, or else by what is logged.

    Commands take effect at the end of that optimizer's step; in a loop that logs after each step, at that log, where
    the loss of the step is known. Whoever calls `step` and `safe_point` does both by hand from then on.
    """

    unseen = 15e-6
    """Those of the hooks and of a log of few numbers, for which no clock is read, too, and of what they drive out of
    the caches: from 12 to 25 millionths were measured, the more the larger the step."""

    def __init__(
        self,
        name: str,
        directory: RunDirectory,
        *,
        config: Mapping[str, Scalar],
        group: str,
        steps: int | None,
        overhead: float,
    ) -> None:
        """As `Run`; `overhead` is the share of the training's time that watching may take, a number from 0 up."""
        super().__init__(name, directory, config=config, group=group, steps=steps)
        self._overhead = overhead
        self._sampling = overhead * _FOR_HISTOGRAMS
        self._rhythm = Rhythm(overhead, rows=0, most=1)
        self._counter: Literal["log", "optimizer", "loop"] = "log"
        """Who counts the steps."""
        self._is_hooked = False
        """Whether there is an optimizer that counts."""
        self._logs = False
        """Something was logged since the last step."""
        self._newest = 0
        """The newest step that something was logged for."""
        self._plain: dict[tuple[str, ...], tuple[str, ...]] = {}
        """Names that came together and say nothing of a split, each as the one object that is handed on."""
        self._remembering = 0.0
        """Seconds that it took to remember the parameters before the step that comes, or is made."""

    # What the loop says

    def log(self, metrics: Mapping[str, Any], step: int | None = None, *, split: str = "batch") -> None:
        """Record metrics of the newest step; numbers, or tensors of one entry, which are fetched later together.

        `"val/loss"` is the loss of the split "val", and so for train, valid, validation, eval, test and batch;
        other names belong to `split`. `step` says how many steps the loop has made; what is logged for fewer than
        the time before is left out. Without it, and without an optimizer that is watched, each call is a step.
        """
        now = time.perf_counter()
        if self._broken or self._finished:
            self._is_over()
            return
        try:
            if (step is None and self._counter != "log") or self._reach(step):
                self._newest = self.at
                names = self._plain.get(tuple(metrics)) if type(metrics) is dict else None
                if names and type(split) is str:
                    # What nearly every step says is taken in right here: each call would cost it dearly.
                    row = [value if type(value) is float else read(value) for value in metrics.values()]
                    if None in row:
                        self._record(metrics, split, now)
                        self._cost.spent += time.perf_counter() - now
                    else:
                        self._outbox.add((self.at, now - self._began, split, names, (), *row))
                else:
                    for name, part in self._by_split(metrics, str(split)).items():
                        self._record(part, name, now)
                    self._cost.spent += time.perf_counter() - now
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)
        self._logs = True
        if (self._intake.is_due or self._steering.paused.value) and self._counter != "loop":
            self.safe_point()

    def step(self, metrics: Mapping[str, Any] | None = None, *, split: str = "batch") -> None:
        """One update of the weights is done: count it, and record `metrics` of it, as `log` does.

        From the first call on the loop counts, and passes the safe point, by itself.
        """
        if self._counter == "optimizer" and self.at:
            self.at -= 1  # the optimizer has counted this very step
        self._counter = "loop"
        if not self._is_over():
            super().step()
            self._newest = self.at
            if metrics is not None:
                self.log(metrics, split=split)

    def _by_split(self, metrics: Any, split: str) -> Mapping[str, Mapping[str, Any]]:
        """The metrics of each split, under the name that they have within it."""
        if not isinstance(metrics, Mapping):
            self._mistake(f"run.log needs a mapping from names to numbers, not {type(metrics).__name__}")
            return {}
        if all(type(name) is str and "/" not in name for name in metrics):
            if 0 < len(metrics) <= _FEW and len(self._plain) < _LAYOUTS:
                names = tuple(metrics)
                self._plain[names] = names
            return {split: metrics}
        found: dict[str, dict[str, Any]] = {}
        for name, value in metrics.items():
            first, _, rest = str(name).partition("/")
            place, called = (first, rest) if rest and first in _SPLITS else (split, str(name))
            found.setdefault(place, {})[called] = value
        return found

    def _reach(self, step: int | None) -> bool:
        """Count what a log says of the step; whether its metrics are to be recorded."""
        if step is None:
            self._count()
            return True
        try:
            number = operator.index(step)
        except TypeError:
            self._mistake(f"run.log needs a whole number as its step, not {type(step).__name__}")
            return False
        if not self._newest <= number < _LAST_STEP:
            self._mistake("run.log was given a step before the newest, and what was logged for it is left out")
            return False
        if self._counter == "log" and number > self.at:
            self._count()
        self.at = number
        return True

    def _is_over(self) -> bool:
        if self._finished:
            self._mistake("the run has finished; what is said after that is not recorded")
        return self._finished

    # The steps

    def _count_by(self, rates: Rates) -> None:
        """Count the steps of an optimizer, where those of no other are counted."""
        if not self._is_hooked:
            self._is_hooked = True
            rates.on_step = self._end_step
            if self._counter == "log":
                self._counter = "optimizer"

    def _end_step(self) -> None:
        """The optimizer that counts has made a step."""
        if self._counter != "optimizer":
            return
        self._count()
        if self._logs:
            self._logs = False
        elif self._intake.is_due or self._steering.paused.value:
            self.safe_point()

    def _count(self) -> None:
        """A step was made, as `Run.step`; called so often that every line of it counts."""
        self.at += 1
        if self._steering.steps_left:
            self._steering.count_step(time.perf_counter())
        rhythm, probe = self._rhythm, self._probe
        if rhythm.left > 2 or probe is None:
            rhythm.left -= 1
            return
        now = time.perf_counter()
        try:
            if not self._broken:
                self._look_if_due(probe, now)
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)
        self._cost.spent += time.perf_counter() - now

    def _let_go(self) -> None:
        super()._let_go()
        self._counter = "loop"  # the hooks stay with the optimizer, and do nothing any more

    # The looks at the parameters

    def _look_at(
        self, parameters: Mapping[str, Any], every: int, entries: Mapping[str, Sequence[str]] | None
    ) -> None:
        """Look at these parameters from now on, as often as the budget allows, and `every` so many steps at least."""
        self._probe = Probe(parameters, entries)
        watching = self._probe.watching()
        self._rhythm = Rhythm(self._overhead, rows=len(watching.names), most=max(every, 1))
        self._say(watching)
        self._begin_to_sample(self._probe)

    def _look_if_due(self, probe: Probe, now: float) -> None:
        """Look at the parameters as often as the budget allows."""
        if self._rhythm.left > 1:
            self._rhythm.left -= 1
        else:
            self._look(probe, now)
            spent = time.perf_counter() - now + self._remembering
            self._cost.looking += spent
            self._rhythm.rest = self._cost.rest
            self._rhythm.looked(spent, self._busy(now))
        if self._rhythm.left == 1 and not self._remember_in_time():
            self._remember()

    def _remember_in_time(self) -> bool:
        """Have the weights kept just before the next step; whether that can be.

        A copy that is made so late is not kept while activations need the room. With several optimizers, the others
        have moved their weights by then.
        """
        late = self._counter == "optimizer" and len(self._rates) == 1
        for rates in self._rates:
            rates.before_next(self._remember if late else None)
        return late

    def _remember(self) -> None:
        if self._broken or self._probe is None:
            return
        began = time.perf_counter()
        try:
            self._probe.remember()
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)
        self._remembering = time.perf_counter() - began
        self._cost.spent += self._remembering
