"""Recording headless ÷ the same loop bare: steps a second of `linreg-scratch`, in turns in one process.

Bare is the very same loop with a run that keeps nothing. "Without measuring" is barer still: not even the
loss over all the data is computed every twentieth step.
"""

import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Any

from turns import in_turns, ratio, spread, verdict

from lintui import rundir
from lintui.knobs import Choice, Number
from lintui.run import Run
from trainer.catalog import find
from trainer.loop import build, train

EPOCHS = 30


class Bare:
    """A run that keeps nothing and is never told anything."""

    should_stop = False

    def __init__(self) -> None:
        self.at = 0

    def tune(self, name: str, value: float, **_: Any) -> Number:
        return Number(name, value, low=None, high=None)

    def choose(self, name: str, options: Mapping[str, Any], chosen: str) -> Choice[Any]:
        return Choice(name, options, chosen)

    def step(self, _: object) -> None:
        self.at += 1

    def log(self, _: object) -> None:
        pass

    def safe_point(self) -> None:
        pass

    def watch(self, *_: object, **__: object) -> None:
        pass

    epoch = level = picture = watch


def speed(run: Any, *, measuring: bool = True) -> float:
    """Steps a second of one training with `run`."""
    entry = find("linreg-scratch")
    settings = dataclasses.replace(entry.defaults, epochs=EPOCHS)
    experiment = build(entry, settings)
    if not measuring:
        experiment.measure = dict  # type: ignore[method-assign]
    began = time.perf_counter()
    train(experiment, run, settings)
    return run.at / (time.perf_counter() - began)


def recording() -> float:
    """Steps a second while everything is recorded."""
    run = Run("bench", rundir.create("bench"))
    try:
        return speed(run)
    finally:
        run.finish()


def main() -> int:
    """Measure, print, and return 1 where the target is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LINTUI_DIR"] = folder
        found = in_turns(
            {
                "recording": recording,
                "bare": lambda: speed(Bare()),
                "bare, without measuring": lambda: speed(Bare(), measuring=False),
            },
            rounds=rounds,
        )
    for name, values in found.items():
        print(f"{name}: {spread(values)} steps/s")
    print(f"recording ÷ bare, without measuring: {ratio(found, 'recording', 'bare, without measuring'):.3g}")
    return not verdict("recording ÷ bare", ratio(found, "recording", "bare"), 0.87, at_least=True)


if __name__ == "__main__":
    sys.exit(main())
