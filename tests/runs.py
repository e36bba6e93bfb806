"""Trains a built-in experiment headless in this process and keeps all that an independent check of it needs."""

import atexit
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import torch
from clothes import few
from torch import Tensor

from lintui import rundir
from lintui.commands import Command
from lintui.events import Layers, Record, Steps, Values
from lintui.log import LogReader
from lintui.run import Run
from lintui.rundir import RunDirectory
from lintui.state import RunState
from trainer.catalog import Settings, find
from trainer.loop import build, train

# The models are tiny: on a busy machine, threads that wait for each other take ten times as long as one alone.
torch.set_num_threads(1)

Weights = tuple[np.ndarray, np.ndarray]
"""Of shapes (inputs, outputs) and (outputs,), or (0,) where there is no bias."""


class Learnt(NamedTuple):
    """One call of an experiment's `learn`: what went in, what came out, and the weights on both sides of it."""

    X: np.ndarray
    """A row a sample, whatever shape the samples have."""
    y: np.ndarray
    before: Weights
    after: Weights
    loss: float


@dataclass
class Trained:
    """A run that is over, as its log tells it, beside what really happened."""

    experiment: Any
    directory: RunDirectory
    learnt: list[Learnt]
    live: list[Record]
    """The records as they were said, before they went through the log."""
    records: list[Record] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    state: RunState = field(default_factory=RunState)

    def events(self, kind: type) -> list[Any]:
        """All events of one kind, in the order of the log."""
        return [event for _, event in self.records if isinstance(event, kind)]

    def column(self, split: str, name: str) -> dict[int, float]:
        """A series, by step."""
        return {at: value for (key, at), value in _points(self.records).items() if key == (split, name)}

    @property
    def weights(self) -> Weights:
        """The weights at the end."""
        return weights(self.experiment)

    def weights_at(self, step: int) -> Weights:
        """The weights after that many steps."""
        return self.learnt[step - 1].after if step else self.learnt[0].before


_MOST = 300


def brief(id: str) -> dict[str, int]:
    """Settings with which an experiment makes about 300 steps, and at least one whole epoch."""
    entry = find(id)
    if entry.samples is None:
        return {"epochs": 3}
    size = max(entry.defaults.batch_size, entry.samples // _MOST)
    return {"batch_size": size, "epochs": max(1, _MOST // -(-entry.samples // size))}


def settings(id: str, **changes: Any) -> Settings:
    """The experiment's defaults, with small made-up data where it needs some, but for `changes`."""
    entry = find(id)
    needs: dict[str, Any] = {}
    if "data" in entry.options:
        needs = {"data": str(few()), "batch_size": 10}
    if "csv" in entry.options:
        needs = {"csv": houses(), "target": "price", "epochs": 3}
    return replace(entry.defaults, **{**needs, **changes})


@cache
def houses() -> str:
    """A made-up table of 1,000 houses, the price by area and age, in a file that goes with this process."""
    folder = TemporaryDirectory(prefix="lintui-test-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / "houses.csv"
    random = np.random.default_rng(0)
    area, age = random.uniform(40, 200, 1_000), random.uniform(0, 80, 1_000)
    price = 50_000 + 2_500 * area - 800 * age + random.normal(0, 10_000, 1_000)
    np.savetxt(path, np.column_stack([area, age, price]), "%.6g", ",", header="area,age,price", comments="")
    return str(path)


def trained(
    id: str, *, speed: float | None = None, post: Mapping[int, Sequence[Command]] | None = None, **changes: Any
) -> Trained:
    """Train to the end; `post` holds commands by the step during which they are posted."""
    directory = rundir.create(id)
    live: list[Record] = []
    run = Run(id, directory, speed=speed, on_record=live.append)
    chosen = settings(id, **changes)
    spy = _Spy(build(find(id), chosen), run, post or {})
    train(spy, run, chosen)
    run.finish(summary=spy.summary())
    done = Trained(spy.experiment, directory, spy.learnt, live)
    done.records, done.problems = read(directory)
    for record in done.records:
        done.state.apply(record)
    return done


def left_alone(id: str, **changes: Any) -> Trained:
    """A training that nobody steers, made once for all tests that only look at it."""
    return _made_once(id, settings(id, **changes))


@cache
def _made_once(id: str, chosen: Settings) -> Trained:
    return trained(id, **asdict(chosen))


def read(directory: RunDirectory) -> tuple[list[Record], list[str]]:
    """All records of a log, and what is wrong with it."""
    reader = LogReader(directory.log)
    records = []
    while more := reader.read():
        records += more
    reader.close()
    return records, reader.problems


def table(records: Sequence[Record]) -> dict[Any, str]:
    """Every metric and every look at a parameter, by name and step, down to the last bit, but without its time."""
    rows: dict[Any, str] = {key: float(value).hex() for key, value in _points(records).items()}
    for _, event in records:
        if isinstance(event, Layers):
            for i, at in enumerate(event.at):
                rows["look", "lr", at] = repr(event.lr[i])
                for name, looks in event.values.items():
                    rows["look", name, at] = repr(looks[i])
    return rows


def weights(experiment: Any) -> Weights:
    """A copy of an experiment's weights as they stand."""
    if hasattr(experiment, "model"):
        linear = getattr(experiment, "linear", experiment.model)
        return _array(linear.weight).T, _array(linear.bias)
    W = experiment.W if hasattr(experiment, "W") else experiment.w
    return _array(W), np.zeros(0, np.float32) if experiment.b is None else _array(experiment.b)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy().copy()


def _points(records: Sequence[Record]) -> dict[tuple[tuple[str, str], int], float]:
    points: dict[tuple[tuple[str, str], int], float] = {}
    times: defaultdict[tuple[tuple[str, str], int], int] = defaultdict(int)
    for _, event in records:
        if isinstance(event, Steps | Values):
            ats = event.at if isinstance(event, Steps) else (event.at,)
            for name, values in event.values.items():
                for at, value in zip(ats, values if isinstance(event, Steps) else (values,), strict=True):
                    points[(event.split, name), at] = value
                    times[(event.split, name), at] += 1
    assert set(times.values()) <= {1}, "a metric was logged twice for one step"
    return points


class _Spy:
    """An experiment that is looked over the shoulder while it learns, and told things at chosen steps."""

    def __init__(self, experiment: Any, run: Run, post: Mapping[int, Sequence[Command]]) -> None:
        self.experiment = experiment
        self.run = run
        self.post = post
        self.learnt: list[Learnt] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.experiment, name)

    def learn(self, X: Tensor, y: Tensor) -> float:
        before = weights(self.experiment)
        loss = self.experiment.learn(X, y)
        self.learnt.append(Learnt(_array(X).reshape(len(X), -1), _array(y), before, weights(self.experiment), loss))
        for command in self.post.get(len(self.learnt), ()):
            self.run.post(command)
        return loss
