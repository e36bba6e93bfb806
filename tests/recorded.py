"""Runs made of events, each a function of nothing, to draw screens from without training."""

import math

from lintui.events import (
    Applied,
    Declared,
    Ended,
    Epoch,
    Event,
    Layers,
    Level,
    Record,
    Refused,
    Started,
    Steps,
    Values,
    Watched,
    Watching,
)

ME = "somebody@somewhere:1"


class Recording:
    """A feed that gives everything that was put into it, once."""

    def __init__(self, events: list[Event]) -> None:
        self._waiting: list[Record] = []
        self._next_n = 0
        self.add(*events)

    def add(self, *events: Event) -> None:
        """Let these events come with the next look."""
        for event in events:
            self._waiting.append(Record(self._next_n, event))
            self._next_n += 1

    def take(self) -> list[Record]:
        """What came since the last call."""
        taken, self._waiting = self._waiting, []
        return taken


def started(name: str, *, task: str, steps: int, epochs: int) -> Started:
    """The first event of a run."""
    config = {"optimizer": "sgd", "batch_size": 10, "seed": 0, "device": "cpu"}
    return Started(
        name=name,
        task=task,
        created="2026-01-01T00:00:00+00:00",
        pid=1,
        host="somewhere",
        steps=steps,
        epochs=epochs,
        config=config,
    )


def knobs(lr: float, loss: str, losses: tuple[str, ...]) -> list[Event]:
    """A pause, a learning rate, a speed limit and a choice of losses."""
    return [
        Declared(knob="paused", label="paused", shape="switch", value=False),
        Declared(knob="speed", label="speed limit", shape="number", value=20.0, low=1e-3, high=1e6),
        Declared(knob="lr", label="learning rate", shape="number", value=lr, low=0.0),
        Declared(knob="loss", label="loss", shape="choice", value=loss, choices=losses),
    ]


def applied(id: str, at: int, knob: str, old: object, new: object, **more: str) -> Applied:
    """An answer to a command."""
    return Applied(id=id, by=ME, branch=0, at=at, t=at / 20, knob=knob, old=old, new=new, **more)  # type: ignore[arg-type]


def batch(first: int, last: int, split: str = "batch", every: int = 1, **columns: object) -> Steps:
    """Metrics of the steps from `first` to `last`; each column is a function of the step."""
    at = tuple(range(first, last + 1, every))
    values = {name.replace("_", " "): tuple(f(step) for step in at) for name, f in columns.items()}  # type: ignore[operator]
    return Steps(branch=0, split=split, at=at, t=tuple(step / 20 for step in at), values=values)


def looks(at: tuple[int, ...], rows: int, lr: float) -> Layers:
    """Looks at so many parameters, each a little different from the last."""
    column = tuple(tuple((-1) ** row * (row + 1 + 1 / (step + 1)) for row in range(rows)) for step in at)
    small = tuple(tuple(v / (step + 10) for v in look) for step, look in zip(at, column, strict=True))
    change = tuple(tuple(abs(v) / 100 for v in look) for look in small)
    return Layers(
        branch=0,
        at=at,
        t=tuple(step / 20 for step in at),
        lr=(lr,) * len(at),
        values={"value": column, "gradient": small, "change": change},
    )


def regression() -> list[Event]:
    """A linear regression with a faster rate from step 90, another loss from 150, and a refusal."""

    def loss(step: int) -> float:
        return 16 * math.exp(-step / 18) * (1 + 0.3 * math.sin(step * 1.7)) + 5e-5

    return [
        started("linreg-scratch", task="regression", steps=300, epochs=3),
        *knobs(0.03, "half-squared", ("half-squared", "mse", "l1", "huber")),
        Watching(names=("w[0]", "w[1]", "b"), shapes=("2×1", "", "1"), whole=(False, False, False)),
        Level(split="train", name="loss", value=4.9e-5, label="floor (least squares)", under="half-squared"),
        batch(0, 90, "train", 10, loss=loss, mse=lambda s: 2 * loss(s), error_of_w=lambda s: loss(s) ** 0.5),
        batch(1, 90, loss=loss),
        looks((70, 80, 90), 3, 0.03),
        applied("1", 90, "lr", 0.03, 0.06),
        batch(91, 150, loss=loss),
        batch(100, 150, "train", 10, loss=loss, mse=lambda s: 2 * loss(s), error_of_w=lambda s: loss(s) ** 0.5),
        Epoch(branch=0, number=1, at=100, t=5.0),
        applied("2", 150, "loss", "half-squared", "l1"),
        Refused(id="3", by=ME, branch=0, at=150, t=7.5, knob="lr", reason="the learning rate can't be below 0"),
        batch(151, 187, loss=lambda s: 3 * loss(s) ** 0.5),
        batch(160, 187, "train", 10, loss=lambda s: 3 * loss(s) ** 0.5, mse=lambda s: 2 * loss(s)),
        looks((160, 170, 180), 3, 0.06),
        Watched(branch=0, at=187, t=9.35, share=0.008),
    ]


def classification() -> list[Event]:
    """A softmax regression, finished, with accuracy by epoch."""
    events: list[Event] = [
        started("softmax-blobs", task="classification", steps=300, epochs=10),
        *knobs(0.1, "cross-entropy", ("cross-entropy", "squared-error")),
        Watching(names=("W", "b[0]", "b[1]"), shapes=("12×3", "2", ""), whole=(True, False, False)),
        batch(0, 0, "train", loss=lambda s: 1.1),
    ]
    for epoch in range(11):
        at = 30 * epoch
        if epoch:
            events += [
                batch(at - 29, at, loss=lambda s: 0.25 + math.exp(-s / 40) * (0.8 + 0.2 * math.sin(s))),
                batch(at, at, "train", loss=lambda s: 0.25 + 0.8 * math.exp(-s / 40)),
                looks((at - 20, at - 10, at), 3, 0.1),
            ]
        for split, best in (("train", 0.93), ("test", 0.88)):
            accuracy = best - 0.5 * math.exp(-epoch / 1.5)
            events.append(Values(branch=0, split=split, at=at, t=at / 20, values={"accuracy": accuracy}))
        events.append(Epoch(branch=0, number=epoch, at=at, t=at / 20))
    summary = {"train accuracy": 0.929, "test accuracy": 0.879}
    return [*events, Ended(branch=0, at=300, t=15.0, how="done", summary=summary)]
