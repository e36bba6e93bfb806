"""`lintui` with another training loop than its own, called as `trainings.py KIND` and lintui's own arguments."""

import ctypes
import logging
import os
import resource
import subprocess
import sys
import time
import warnings
from functools import partial
from typing import Any

import torch
from torch.utils.data import DataLoader, TensorDataset

import lintui.__main__
import trainer.worker
from lintui.run import Run
from trainer.loop import Experiment

ESCAPES = "\x1b[?1049l\x1b[2J\x1b]0;taken over\x07\x1b[?1000l[@click=app.quit]press[/]"
"""Leaves the screen, empties it, and sets its title, if a terminal gets to see it."""
MOST_BYTES = 256 * 1024
"""How large a file may grow where the disk is full."""


def train_with_loaders(workers: int, experiment: Experiment, run: Run, settings: Any) -> None:
    """Steps over data that other processes load."""
    experiment.begin(run, settings)
    data = TensorDataset(torch.zeros(100_000, 4))
    while True:
        for (batch,) in DataLoader(data, batch_size=8, num_workers=workers):
            run.safe_point()
            if run.should_stop:
                return
            time.sleep(0.005)
            run.step({"loss": 1.0 + float(batch.sum())})


def train_and_hang(experiment: Experiment, run: Run, settings: Any) -> None:
    """Ten steps, and one that never ends."""
    experiment.begin(run, settings)
    for _ in range(10):
        run.safe_point()
        run.step({"loss": 1.0})
    time.sleep(10_000)


def train_and_raise(experiment: Experiment, run: Run, settings: Any) -> None:
    """Ten steps, and an exception."""
    experiment.begin(run, settings)
    for _ in range(10):
        run.safe_point()
        run.step({"loss": 1.0})
    raise ValueError("the shapes do not fit")


def train_and_print(experiment: Experiment, run: Run, settings: Any) -> None:
    """Writes in every way that there is, after the first step; then trains on."""
    experiment.begin(run, settings)
    run.step({"loss": 1.0})
    time.sleep(1.0)  # until a person looks
    libc = ctypes.CDLL(None)
    libc.puts(b"STRAY c puts, not flushed")
    print("STRAY print")
    print("STRAY print to stderr", file=sys.stderr)
    libc.puts(b"STRAY c puts")
    libc.fflush(None)
    os.write(1, b"STRAY write to 1\n")
    os.write(2, b"STRAY write to 2\n")
    subprocess.run(["sh", "-c", "echo STRAY child; echo STRAY child to stderr >&2"], check=True)
    warnings.warn("STRAY warning", stacklevel=1)
    logging.getLogger("some library").error("STRAY logging")
    os.write(1, f"STRAY {ESCAPES} escapes\n".encode())
    print("STRAY without an end", end="", flush=True)
    _go_on(run)


def train_and_print_much(experiment: Experiment, run: Run, settings: Any) -> None:
    """Prints more than the disk has room for."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES))
    experiment.begin(run, settings)
    print("x" * 2 * MOST_BYTES)
    for _ in range(3):
        run.safe_point()
        run.step({"loss": 1.0})
        print("one more line", flush=True)
        print("and to stderr", file=sys.stderr, flush=True)
    _go_on(run)


def _go_on(run: Run) -> None:
    while not run.should_stop:
        time.sleep(0.02)
        run.safe_point()
        run.step({"loss": 1.0})


KINDS = {
    **{f"loaders-{n}": partial(train_with_loaders, n) for n in (0, 2, 4)},
    "hangs": train_and_hang,
    "raises": train_and_raise,
    "prints": train_and_print,
    "prints-much": train_and_print_much,
}


if __name__ == "__main__":
    trainer.worker.train = KINDS[sys.argv.pop(1)]  # type: ignore[assignment]
    sys.exit(lintui.__main__.main())
