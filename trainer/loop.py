"""The loop that trains every built-in experiment, reading from top to bottom, without a thread or a screen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Protocol

import torch
from torch import Tensor

from lintui.events import Scalar
from lintui.run import Run
from trainer.catalog import Entry, Settings
from trainer.trouble import Stopped


class Experiment(Protocol):
    """What the loop needs of an experiment."""

    measure_every: int
    """Steps between two measurements over all the data."""

    after_step: Sequence[Callable[[], None]]
    """What records something of the weights as they stand before the first and after every step."""

    def begin(self, run: Run, settings: Settings) -> None:
        """Say what can be watched and steered, and get what takes long to get; raises BadData and Stopped."""

    def batches(self) -> Iterable[Sequence[Tensor]]:
        """One epoch of minibatches, inputs and truth."""

    def learn(self, X: Tensor, y: Tensor) -> float:
        """One update; returns the mean loss over the batch."""

    def measure(self) -> Mapping[str, float]:
        """Metrics over all the training data."""

    def results(self) -> Mapping[str, Mapping[str, float]]:
        """Metrics known only at the end of an epoch, by split."""

    def summary(self) -> Mapping[str, Scalar]:
        """Where it ended."""


class NoSuchDevice(ValueError):
    """The device that was asked for isn't there; the text says what to do."""


def build(entry: Entry, settings: Settings) -> Experiment:
    """The experiment with its data and weights; raises NoSuchDevice."""
    check_device(settings.device)
    experiment: Experiment = import_module(f"trainer.experiments.{entry.module}").build(settings)
    return experiment


def check_device(device: str) -> None:
    """Raise NoSuchDevice unless a tensor can be put there."""
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        count = torch.cuda.device_count()
        there = ", ".join(["cpu", *(f"cuda:{i}" for i in range(count))])
        raise NoSuchDevice(f"there is no device {device!r} here; there is {there}") from error


def train(experiment: Experiment, run: Run, settings: Settings) -> None:
    """Train to the end or until somebody asks to stop; everything that is seen of it goes through `run`."""
    # Say what there is to watch and steer, and where the training starts from.
    try:
        experiment.begin(run, settings)
    except Stopped:
        return
    for record in experiment.after_step:
        record()
    run.log(experiment.measure())
    run.epoch(0, **experiment.results())

    for epoch in range(1, settings.epochs + 1):
        for X, y in experiment.batches():
            # Between two steps is the one place where anything may change.
            run.safe_point()
            if run.should_stop:
                return
            # Learn from one minibatch.
            loss = experiment.learn(X, y)
            run.step({"loss": loss})
            # Now and then, measure over all the data: by the number of the step, so that a run repeats exactly.
            if run.at % experiment.measure_every == 0:
                run.log(experiment.measure())
            for record in experiment.after_step:
                record()
        # An epoch is complete: its end is always measured, and what takes longer is measured only now.
        if run.at % experiment.measure_every != 0:
            run.log(experiment.measure())
        run.epoch(epoch, **experiment.results())
