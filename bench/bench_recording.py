"""Recording headless ÷ the same loop bare, and ÷ the loop that everybody copies: steps a second of `linreg-scratch`.

In turns in one process, and so in several, one after the other: where things come to lie in memory makes a hundredth
either way. Bare is the very same loop with a run that keeps nothing. "Without measuring" is barer still: not even the
loss over all the data is computed every twentieth step. The loop that everybody copies shuffles a Python list of
indices, makes a tensor of indices for every batch, records nothing and prints the loss once an epoch: the same data,
loss, update and number of steps.
"""

import dataclasses
import gc
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch
from turns import in_turns, ratio, spread, verdict

from lintui import rundir
from lintui.knobs import Choice, Number
from lintui.run import Run
from trainer.catalog import find
from trainer.data import linear
from trainer.experiments.linreg_scratch import TRUE_B, TRUE_W, LinregScratch
from trainer.loop import build, train

EPOCHS = 15
"""Short, so that the sides take turns more often than a shared machine changes its speed."""
PROCESSES = 6


class Bare:
    """A run that keeps nothing and is never told anything."""

    should_stop = is_limited = False

    def __init__(self) -> None:
        self.at = 0

    def tune(self, name: str, value: float, **_: Any) -> Number:
        return Number(name, value, low=None, high=None)

    def choose(self, name: str, options: Mapping[str, Any], chosen: str, **_: Any) -> Choice[Any]:
        return Choice(name, options, chosen)

    def step(self, _: object) -> None:
        self.at += 1

    def safe_point(self) -> None:
        pass

    def watch(self, *_: object, **__: object) -> None:
        pass

    log = epoch = level = picture = watch


def speed(run: Any, *, measuring: bool = True) -> float:
    """Steps a second of one training with `run`."""
    entry = find("linreg-scratch")
    settings = dataclasses.replace(entry.defaults, epochs=EPOCHS)
    experiment = build(entry, settings)
    if not measuring:
        experiment.measure = dict  # type: ignore[method-assign]
    began: list[float] = []
    batches = experiment.batches

    def timed() -> Any:
        # What is recorded before the first step (the data, the surface of the loss) is no step, nor is the garbage of
        # the trainings before: whoever allocates would look for it.
        if not began:
            gc.collect()
            began.append(time.perf_counter())
        return batches()

    experiment.batches = timed  # type: ignore[method-assign]
    train(experiment, run, settings)
    return run.at / (time.perf_counter() - began[0])


def copied() -> float:
    """Steps a second of the loop as it stands in tutorials."""
    entry = find("linreg-scratch")
    samples = LinregScratch.samples
    X, y = linear(TRUE_W, TRUE_B, samples=samples, noise=LinregScratch.noise, seed=0)
    w = (0.01 * torch.randn(2, 1)).requires_grad_()
    b = torch.zeros(1, requires_grad=True)
    lr, size = entry.defaults.lr, entry.defaults.batch_size
    indices = list(range(samples))
    steps, losses = 0, []
    gc.collect()
    began = time.perf_counter()
    for _ in range(EPOCHS):
        random.shuffle(indices)
        for i in range(0, samples, size):
            chosen = torch.tensor(indices[i : i + size])
            features, labels = X[chosen], y[chosen]
            predicted = torch.matmul(features, w) + b
            loss = (predicted - labels.reshape(predicted.shape)) ** 2 / 2
            loss.sum().backward()
            with torch.no_grad():
                for p in (w, b):
                    p -= lr * p.grad / size  # noqa: PLW2901 - in place, as it stands there
                    p.grad.zero_()
            steps += 1
        with torch.no_grad():
            losses.append(float(((X @ w + b - y) ** 2 / 2).mean()))
    seconds = time.perf_counter() - began
    assert losses[-1] < 1e-4, "the loop does not learn what it should"
    return steps / seconds


def recording() -> float:
    """Steps a second while everything is recorded."""
    run = Run("bench", rundir.create("bench"))
    try:
        return speed(run)
    finally:
        run.finish()


def one_process(rounds: int) -> dict[str, list[float]]:
    """What each side gave in a process of its own."""
    torch.set_num_threads(1)  # as the built-in experiments are trained, and the fastest for every side
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LINTUI_DIR"] = folder
        return in_turns(
            {
                "recording": recording,
                "bare": lambda: speed(Bare()),
                "bare, without measuring": lambda: speed(Bare(), measuring=False),
                "the loop that everybody copies": copied,
            },
            rounds=rounds,
        )


def main() -> int:
    """Measure, print, and return 1 where the target is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    found: dict[str, list[float]] = {}
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, fresh, max_tasks_per_child=1) as pool:
        for one in pool.map(one_process, [rounds] * PROCESSES):
            print(f"recording ÷ bare, in one process: {ratio(one, 'recording', 'bare'):.3f}")
            for name, values in one.items():
                found.setdefault(name, []).extend(values)
    for name, values in found.items():
        print(f"{name}: {spread(values)} steps/s")
    print(f"recording ÷ bare, without measuring: {ratio(found, 'recording', 'bare, without measuring'):.3g}")
    kept = verdict("recording ÷ bare", ratio(found, "recording", "bare"), 0.87, at_least=True)
    ours = ratio(found, "recording", "the loop that everybody copies")
    return not (verdict("recording ÷ the loop that everybody copies", ours, 1.1, at_least=True) and kept)


if __name__ == "__main__":
    sys.exit(main())
