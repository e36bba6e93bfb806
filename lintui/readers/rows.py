"""Rows of named numbers become points and epochs, whatever file they stand in."""

import math
from collections.abc import Mapping
from typing import Any

from lintui.events import Epoch
from lintui.readers.gathered import LAST_STEP, Gathered
from lintui.readers.names import SPLITS

STEPS = ("step", "global_step", "_step", "trainer/global_step", "iteration", "iter", "train_step", "steps", "batch")
"""Columns that count steps, the one that is believed most first."""
EPOCH = "epoch"
TIMES = ("_runtime", "elapsed", "elapsed_time", "_timestamp", "timestamp", "wall_time", "time")
"""Columns that tell when, in seconds since the start or since 1970."""
_SPLITS = ("split", "mode", "phase")
"""Columns of text that say where the row was measured."""
_NO_METRICS = frozenset({*STEPS, EPOCH, *TIMES})
_CLOCK = 1e8
"""Seconds from which on a time is one since 1970."""
_DEPTH = 3


class Rows:
    """Takes the rows of one run in; a row without a step stands at the step of its number."""

    def __init__(self, gathered: Gathered) -> None:
        """Begin with no row."""
        self._gathered = gathered
        self._rows = 0
        self._counter = ""
        """The column that counts steps, once there was one."""
        self._at = 0
        self._began: float | None = None
        self._epoch: float | None = None
        self._first_epoch = 0.0
        self._epoch_runs = False
        """Whether the epoch has been between two whole numbers: it then says how far the run has got."""

    def take(self, row: Mapping[str, Any]) -> None:
        """One row: numbers by name, nested ones by names joined with /; whatever else is in it is passed over."""
        numbers: dict[str, float] = {}
        _number(row, "", numbers)
        split = next((text for name in _SPLITS if isinstance(text := row.get(name), str)), "").lower()
        at = self._step(numbers)
        self._rows += 1
        self._take_epoch(numbers, at)
        self._at = at
        t = self._time(numbers)
        for name, value in numbers.items():
            if (
                name not in _NO_METRICS
                and (column := self._gathered.column(name, split if split in SPLITS else "")) is not None
            ):
                self._gathered.add(column, at, t, value)

    def _step(self, numbers: Mapping[str, float]) -> int:
        if not self._counter:
            self._counter = next((name for name in (*STEPS, EPOCH) if name in numbers), "")
        if not self._counter:
            return self._rows
        step = numbers.get(self._counter, math.nan)
        return int(step) if -LAST_STEP <= step <= LAST_STEP else self._at

    def _time(self, numbers: Mapping[str, float]) -> float:
        for name in TIMES:
            if name in numbers:
                t = numbers[name]
                if abs(t) < _CLOCK:
                    return t
                self._began = t if self._began is None else self._began
                return t - self._began
        return self._gathered.t

    def _take_epoch(self, numbers: Mapping[str, float], at: int) -> None:
        """An epoch is over where the next one begins, or where a count that runs through it has got there."""
        epoch = numbers.get(EPOCH, math.nan)
        if not 0 <= epoch < LAST_STEP or self._counter not in STEPS:
            return
        if self._epoch is None:
            self._first_epoch = epoch
        elif int(epoch) > int(self._epoch):
            got_there = self._epoch_runs and epoch == int(epoch)
            # Whoever counts from 1 has made no epoch when the first row comes.
            number = int(epoch) - (self._first_epoch == 1.0)
            if number > 0:
                end = max(at if got_there else self._at, 0)
                self._gathered.say(Epoch(branch=self._gathered.branch, number=number, at=end, t=self._gathered.t))
        self._epoch = epoch
        self._epoch_runs |= epoch != int(epoch)


def _number(found: Mapping[str, Any], above: str, numbers: dict[str, float], depth: int = _DEPTH) -> None:
    for key, value in found.items():
        name = f"{above}{key}"
        if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
            try:
                numbers[name] = float(value)
            except OverflowError:
                continue
        elif isinstance(value, dict) and depth:
            _number(value, f"{name}/", numbers, depth - 1)
