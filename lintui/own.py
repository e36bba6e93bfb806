"""A run of somebody's own loop: what it needs to say is what wandb's users say, and the optimizer counts the steps.

Whatever it is handed, it raises nothing into the loop unless it was asked to; without torch it records numbers.
"""

import atexit
import contextlib
import operator
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, overload

from lintui import checkpoint, handed, lent, rundir
from lintui.batch import Metrics
from lintui.clean import clean_line
from lintui.cost import Cost
from lintui.events import Declared, Scalar
from lintui.knobs import Choice, Choosable, Knob, Number, Unfit
from lintui.optimizer import settings
from lintui.probe import Probe
from lintui.rate import RateFactor, Rates
from lintui.rhythm import Rhythm
from lintui.run import Run
from lintui.rundir import RunDirectory, RunDirectoryError
from lintui.tensors import read

_PRINTED = 20
"""Mistakes of a loop that are printed at most."""
_LAST_STEP = 2**53
_LAYOUTS = 1_000
"""Sets of metrics that are remembered at most."""
_UNSEEN = 15e-6
"""Seconds a step of the hooks and the log, which read no clock of their own, and of what they drive out of caches:
12 to 25 of them were measured, the more the larger the step."""
_FOR_HISTOGRAMS = 1 / 8
"""Part of the budget that histograms may take."""
_GROUPS = 32
"""Parameter groups that get a learning rate of their own to turn at most; beyond, all are turned together."""
_SPLITS = frozenset({"train", "val", "valid", "validation", "eval", "test", "batch"})


class BadInput(ValueError):
    """The loop handed over what can't be taken; raised only by a run that is strict."""


def init(
    name: str = "",
    *,
    config: Any = None,
    group: str = "",
    steps: int | None = None,
    overhead: float = 0.02,
    strict: bool = False,
) -> "OwnRun":
    """Start a run in a directory of its own; raises RunDirectoryError where it can't be made.

    `name` is that of the script where none is given; `config` a mapping, or what argparse returns. Runs of the
    same `group` belong together. `steps` is how many the loop means to make, for the time that is left. `overhead`
    is the share of the time that watching may take: the parameters are looked at less often to keep to it, and the
    metrics of every step are recorded all the same. What the loop hands over and can't be taken is told in a line,
    once, and passed over; a `strict` run raises BadInput there, and the errors of the monitor itself.

    Where runs live is up to LINTUI_DIR; under `lintui run`, the first run is the one that is shown there.
    """
    name = str(name) or Path(sys.argv[0] if sys.argv else "").stem or "run"
    begin = partial(OwnRun, name, config=config, group=group, steps=steps, overhead=overhead, strict=strict)
    if (shown := lent.take()) is not None:
        with contextlib.suppress(RunDirectoryError, FileExistsError):  # another process of the same training has it
            return begin(shown)
    return begin(rundir.create(name))


class OwnRun(Run):
    """A run whose steps are counted by the first optimizer that it watches, or else by what is logged.

    Commands take effect at the end of that optimizer's step; in a loop that logs after each step, at that log, where
    the loss of the step is known. Whoever calls `step` and `safe_point` does both by hand from then on.
    """

    def __init__(
        self,
        name: str,
        directory: RunDirectory,
        *,
        config: Any,
        group: str,
        steps: int | None,
        overhead: float,
        strict: bool,
    ) -> None:
        """As `init`."""
        mapping, wrong = _mapping(config)
        super().__init__(name, directory, config=mapping, group=str(group), steps=steps)
        self._strict = strict
        self._overhead = overhead
        self._sampling = overhead * _FOR_HISTOGRAMS
        self._cost = Cost(self._began, _UNSEEN)
        self._rhythm = Rhythm(overhead, rows=0, most=1)
        self._counter: Literal["log", "optimizer", "loop"] = "log"
        """Who counts the steps."""
        self._parameters: dict[str, Any] = {}
        self._models: list[Any] = []
        """What a checkpoint keeps, as it was handed over."""
        self._is_hooked = False
        """Whether there is an optimizer that counts."""
        self._logs = False
        """Something was logged since the last step."""
        self._newest = 0
        """The newest step that something was logged for."""
        self._plain: set[tuple[str, ...] | None] = set()
        """Names that came together and say nothing of a split."""
        self._remembering = 0.0
        """Seconds that it took to remember the parameters before the step that comes, or is made."""
        atexit.register(self._at_exit)
        if wrong:
            self._mistake(wrong)

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
                names = tuple(metrics) if type(metrics) is dict else None
                if names in self._plain:
                    # What nearly every step says is taken in right here: each call would cost it dearly.
                    row = [value if type(value) is float else read(value) for value in metrics.values()]
                    if None in row:
                        self._record(metrics, split, now)
                    else:
                        fields = (self.at, now - self._began, split, names, row, ())
                        self._outbox.add(tuple.__new__(Metrics, fields))
                else:
                    for name, part in self._by_split(metrics, split).items():
                        self._record(part, name, now)
                    self._cost.spent += time.perf_counter() - now
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)
        self._logs = True
        if (self._intake.is_due or self._steering.paused.value) and self._counter != "loop":
            self.safe_point()

    def step(self, metrics: Mapping[str, Any] | None = None, *, split: str = "batch") -> None:
        """One update of the weights is done: count it, and record `metrics` of it.

        From the first call on the loop counts, and passes the safe point, by itself.
        """
        if self._counter == "optimizer" and self.at:
            self.at -= 1  # the optimizer has counted this very step
        self._counter = "loop"
        if not self._is_over():
            super().step(metrics, split=split)
            self._newest = self.at

    # What can be changed

    @overload
    def tune(
        self, name: str, value: float, *, label: str = "", low: float | None = None, high: float | None = None
    ) -> Number: ...

    @overload
    def tune(
        self, name: str, value: Mapping[str, Choosable], *, label: str = "", chosen: str | None = None
    ) -> Choice[Choosable]: ...

    def tune(
        self,
        name: str,
        value: float | Mapping[str, Any],
        *,
        label: str = "",
        low: float | None = None,
        high: float | None = None,
        chosen: str | None = None,
    ) -> Number | Choice[Any]:
        """Something that people can change live: a number, or one of several things by name.

        The loop reads its `value`, which is at first the number, or the thing that is `chosen`, else the first. Where
        that start doesn't fit, `value` is what was handed over, and stays so.
        """
        try:
            if isinstance(value, Mapping):
                return self.choose(name, value, chosen or next(iter(value), ""), label=label)
            return super().tune(name, value, label=label, low=low, high=high)
        except Unfit as error:
            self._mistake(f"run.tune({name!r}) can't be offered: {error}")
        return _Fixed(name, next(iter(value.values()), None) if isinstance(value, Mapping) else value)

    def watch(
        self,
        model: Any,
        optimizer: Any = None,
        *,
        every: int = 50,
        entries: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Look at the parameters that are trained, and steer the rates and settings of torch optimizers.

        `model` is a module, several in a list or mapping, or tensors by name; so are optimizers, and what is steered
        bears the names of a mapping. Watching more later adds to it. The first optimizer counts the steps: one call
        of its `step` each, and none where a gradient scaler skips it. The looks are as frequent as the budget of the
        run allows, and `every` so many steps at least.
        """
        if self._broken or self._is_over():
            return
        try:
            named, steered = handed.parameters(model), handed.optimizers(optimizer)
        except TypeError as error:
            self._mistake(str(error))
            return
        try:
            for name, p in named.items():
                self._parameters[
                    name if self._parameters.get(name, p) is p else f"{len(self._models) + 1}.{name}"
                ] = p
            self._probe = Probe(self._parameters, every, entries)
            watching = self._probe.watching()
            self._rhythm = Rhythm(self._overhead, rows=len(watching.names), most=max(every, 1))
            self._say(watching)
            self._begin_to_sample(self._probe)
            for name, one in steered.items():
                self._steer(name, one)
            if self._counter == "optimizer" and len(self._rates) == 1:
                self._rates[0].before_next(self._remember)
            self._keep(model)
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._switch_off(error)

    def _keep(self, model: Any) -> None:
        """Offer to keep a model, and all that is watched beside it, in a checkpoint."""
        if not self._models:
            self._steering.keep = self._checkpoint
            self._say(Declared(knob="checkpoint", label="checkpoint", shape="action", value=None))
        self._models.append(model)

    def _checkpoint(self) -> str:
        """Write what stands at this step: "model" and "optimizer", several of them as lists, and "step"."""
        state = {
            "step": self.at,
            "model": checkpoint.state_of(_alone(self._models)),
            "optimizer": checkpoint.state_of(_alone([rates.optimizer for rates in self._rates])),
        }
        return checkpoint.save(self.directory.checkpoints, self.at, state)

    def _steer(self, name: str, optimizer: Any) -> None:
        """Offer the rates and settings of an optimizer, and count by its steps if it is the first."""
        try:
            rates = Rates(optimizer)
        except Unfit as error:
            self._mistake(f"run.watch can't steer: {error}")
            return
        self._rates.append(rates)
        if isinstance(self._rate, RateFactor):
            self._rate.cover(rates)
        else:
            self._rate = RateFactor(rates)
        knobs: list[Knob] = [self._rate]
        if not name and len(self._rates) > 1:
            name = str(len(self._rates))
            if len(self._rates) == 2 and "1.lr.factor" not in self._steering.knobs:
                knobs.append(RateFactor(self._rates[0], name="1.lr.factor", label="learning rate of 1"))
        prefix = f"{name}." if name else ""
        if name:
            knobs.append(RateFactor(rates, name=f"{prefix}lr.factor", label=f"learning rate of {name}"))
        called = handed.groups(optimizer)
        if 1 < len(called) <= _GROUPS:
            for place, group in enumerate(called):
                label = f"learning rate of {prefix}{group}"
                knobs.append(RateFactor(rates, group=place, name=f"{prefix}lr.factor[{group}]", label=label))
        for knob in (*knobs, *settings(optimizer, prefix=prefix)):
            self._declare(knob)
            self._told[knob.name] = knob.declared()
        if not self._is_hooked:
            self._is_hooked = True
            rates.on_step = self._end_step
            if self._counter == "log":
                self._counter = "optimizer"

    # The steps

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
        if self._rhythm.left == 1:
            self._remember_before_the_next()

    def _remember_before_the_next(self) -> None:
        """Keep the weights just before the step if that can be: a copy is not kept while activations need the room.

        With several optimizers, the others have moved their weights by then.
        """
        if self._counter == "optimizer" and len(self._rates) == 1:
            self._rates[0].before_next(self._remember)
        else:
            self._remember()

    def _by_split(self, metrics: Any, split: str) -> Mapping[str, Mapping[str, Any]]:
        """The metrics of each split, under the name that they have within it."""
        if not isinstance(metrics, Mapping):
            self._mistake(f"run.log needs a mapping from names to numbers, not {type(metrics).__name__}")
            return {}
        if all(type(name) is str and "/" not in name for name in metrics):
            if metrics and len(self._plain) < _LAYOUTS:
                self._plain.add(tuple(metrics))
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

    # The end

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        """Close the run as the block ended: done, stopped by ctrl+c, or failed; the exception goes on its way."""
        match error:
            case None | SystemExit(code=None | 0):
                self.finish()
            case KeyboardInterrupt():
                self.abandon("ctrl+c")
            case _:
                self.fail(error)

    def _at_exit(self) -> None:
        """Close the run of a script that ends without a word."""
        # In an interactive session, an error may have been long ago.
        error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
        self.__exit__(None, error, None)

    def _is_over(self) -> bool:
        if self._finished:
            self._mistake("the run has finished; what is said after that is not recorded")
        return self._finished

    def _let_go(self) -> None:
        super()._let_go()
        self._counter = "loop"  # the hooks stay with the optimizer, and do nothing any more
        atexit.unregister(self._at_exit)

    # Mistakes

    def _mistake(self, text: str) -> None:
        if self._strict:
            raise BadInput(text)
        if text not in self._complained and len(self._complained) < _PRINTED:
            with contextlib.suppress(OSError, ValueError):
                print(f"lintui: {clean_line(text)}", file=sys.stderr)
        self._complain(text)

    def _switch_off(self, error: Exception) -> None:
        if self._strict:
            raise error
        super()._switch_off(error)


def _alone(things: list[Any]) -> Any:
    """The one, or all of several."""
    return things[0] if len(things) == 1 else things


class _Fixed(Number):
    """What a loop reads where nothing can be changed, because what it offered doesn't fit."""

    def __init__(self, name: str, value: Any) -> None:
        self.name = self.label = name
        self.low = self.high = None
        self.value = value


def _mapping(config: Any) -> tuple[Mapping[str, Scalar], str]:
    """The settings by name, and what is wrong with them."""
    if config is None or isinstance(config, Mapping):
        return config or {}, ""
    try:
        return vars(config), ""
    except TypeError:
        return {}, f"config needs to be a mapping, not {type(config).__name__}; it is left out"
