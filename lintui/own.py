"""A run of somebody's own loop, from `init` to the end of its script: what it is handed, and what there is to turn.

Whatever it is handed, it raises nothing into the loop unless it was asked to; without torch it records numbers. The
steps are counted, and what is said of them is taken in, by `lintui.counted`.
"""

import atexit
import contextlib
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, overload

from lintui import checkpoint, handed, lent, rundir
from lintui.clean import clean_line
from lintui.counted import CountedRun
from lintui.events import Declared
from lintui.knobs import Choice, Choosable, Number, Unfit
from lintui.offered import offered
from lintui.rate import RateFactor, Rates
from lintui.rundir import RunDirectory, RunDirectoryError

_OVERHEAD = 0.02
"""Share of the time that watching may take where nothing else is said."""
_PRINTED = 20
"""Mistakes of a loop that are printed at most."""


class BadInput(ValueError):
    """The loop handed over what can't be taken; raised only by a run that is strict."""


def init(
    name: str = "",
    *,
    config: Any = None,
    group: str = "",
    steps: int | None = None,
    overhead: float = _OVERHEAD,
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


class OwnRun(CountedRun):
    """A run that takes what people have for models, optimizers and settings, and ends with its script at the latest.

    Commands take effect at the end of a step: see `lintui.counted`.
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
        mapping, wrong = handed.config(config)
        share, wrong_share = handed.share(overhead, _OVERHEAD)
        super().__init__(name, directory, config=mapping, group=str(group), steps=steps, overhead=share)
        self._strict = strict
        self._parameters: dict[str, Any] = {}
        self._models: list[Any] = []
        """What a checkpoint keeps, as it was handed over."""
        atexit.register(self._at_exit)
        for mistake in filter(None, (wrong, wrong_share)):
            self._mistake(mistake)

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
            self._look_at(self._parameters, every, entries)
            for name, one in steered.items():
                self._steer(name, one)
            self._remember_in_time()
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
        for knob in (self._rate, *offered(self._rates, name, self._steering.knobs)):
            self._declare(knob)
            self._told[knob.name] = knob.declared()
        self._count_by(rates)

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

    def _let_go(self) -> None:
        super()._let_go()
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
