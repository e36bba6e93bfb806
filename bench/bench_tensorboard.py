"""Reads an event file of 1 million scalars, and histograms, as we do and as TensorBoard's EventAccumulator does.

Both check every checksum. Called as `bench_tensorboard.py [SCALARS [ROUNDS]]`; needs the tensorboard package.
"""

import math
import random
import struct
import sys
import tempfile
import time
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from turns import in_turns, ratio, spread, verdict

from lintui.events import Histogram, Steps
from lintui.readers.tensorboard import EventFiles
from lintui.state import RunState
from lintui.tfrecord import frame

SCALARS = 1_000_000
TAGS = {"train/loss": ("train", "loss"), "val/loss": ("val", "loss"), "train/lr": ("train", "lr")}
SCALARS_A_HISTOGRAM = 1_000
EDGES = [sign * 1e-6 * 1.1**i for sign, order in ((-1, range(120, -1, -1)), (1, range(121))) for i in order]


def write(folder: Path, scalars: int) -> None:
    """An event file as SummaryWriter writes it, with a histogram for every thousand scalars."""
    chance = random.Random(0)
    with (folder / "events.out.tfevents.1700000000.bench").open("wb") as file:
        file.write(frame(Event(wall_time=1.7e9, file_version="brain.Event:2").SerializeToString()))
        for i in range(scalars):
            tag = [*TAGS][i % len(TAGS)]
            values = [Summary.Value(tag=tag, simple_value=chance.random())]
            if i % SCALARS_A_HISTOGRAM == 0:
                counts = [float(chance.randrange(100)) for _ in EDGES]
                histo = HistogramProto(
                    min=EDGES[0], max=EDGES[-1], num=sum(counts), bucket_limit=EDGES, bucket=[0.0, *counts[1:]]
                )
                values.append(Summary.Value(tag="fc.weight", histo=histo))
            for value in values:
                event = Event(wall_time=1.7e9 + 0.01 * i, step=i // len(TAGS), summary=Summary(value=[value]))
                file.write(frame(event.SerializeToString()))


def ours(folder: Path) -> RunState:
    """Read to the end, into what the screen draws from."""
    source, state = EventFiles(folder), RunState()
    while (records := source.look()) is not None:
        for record in records:
            state.apply(record)
    assert not source.problems, source.problems
    return state


def theirs(folder: Path) -> EventAccumulator:
    """Read to the end, nothing left out."""
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
    return accumulator.Reload()


def seconds(side: object, folder: Path) -> float:
    """How long one side takes."""
    began = time.perf_counter()
    assert callable(side)
    side(folder)
    return time.perf_counter() - began


def differences(folder: Path) -> int:
    """Steps and values, and totals of histograms, that are not the same on both sides."""
    points: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    totals: list[tuple[int, float]] = []
    source = EventFiles(folder)
    while (records := source.look()) is not None:
        for _, event in records:
            if isinstance(event, Steps):
                for name, column in event.values.items():
                    found = points.setdefault((event.split, name), [])
                    found += [(at, struct.pack("<d", value)) for at, value in zip(event.at, column, strict=True)]
            elif isinstance(event, Histogram):
                totals.append((event.at, math.fsum(event.counts)))
    accumulator = theirs(folder)
    wrong = 0
    for tag, key in TAGS.items():
        want = [(event.step, struct.pack("<d", event.value)) for event in accumulator.Scalars(tag)]
        wrong += abs(len(want) - len(points[key])) + sum(a != b for a, b in zip(want, points[key], strict=False))
        print(f"{tag}: {len(want):,} values compared bit by bit")
    want_totals = [(e.step, sum(e.histogram_value.bucket)) for e in accumulator.Histograms("fc.weight")]
    wrong += abs(len(want_totals) - len(totals))
    wrong += sum(
        a != b or not math.isclose(one, other, rel_tol=1e-12)
        for (a, one), (b, other) in zip(want_totals, totals, strict=False)
    )
    print(f"fc.weight: totals of {len(want_totals):,} histograms compared")
    return wrong


def main() -> int:
    """Measure, print, and return 1 where the target is missed or a value differs."""
    scalars = int(sys.argv[1]) if len(sys.argv) > 1 else SCALARS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, scalars)
        wrong = differences(folder)
        print(f"values that differ: {wrong}")
        sides = {"lintui": lambda: seconds(ours, folder), "EventAccumulator": lambda: seconds(theirs, folder)}
        found = in_turns(sides, rounds=rounds, warmup=0)
    for side, values in found.items():
        print(f"{side}: {spread(values)} s")
    faster = ratio(found, "EventAccumulator", "lintui")
    return not verdict(f"{scalars:,} scalars, EventAccumulator ÷ lintui", faster, 3.0, at_least=True) or wrong > 0


if __name__ == "__main__":
    sys.exit(main())
