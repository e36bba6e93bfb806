"""Opening a log: ours to a complete chart, checksums checked, a JSON file of a row a step with the standard library,
and the same values in an event file with TensorBoard's EventAccumulator, nothing left out.

bench_open.py [STEPS [STEPS_OF_TENSORBOARD]]: three series of that many steps. What EventAccumulator takes grows with
the scalars, and is long: it reads fewer of them, and what it takes for each is compared. CPU seconds, in turns.
Without the package tensorboard its side is left out.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from both_charts import draw_both
from long_log import NAMES, rows, write
from turns import in_turns, ratio, spread, verdict

from lintui.known import Key
from lintui.log import LogReader
from lintui.state import RunState

ROUNDS = 3


def chart(path: Path) -> RunState:
    """Read the log as the screen does, and draw both charts."""
    state = RunState()
    reader = LogReader(path)
    while (records := reader.skim()) is not None:
        for record in records:
            state.apply(record)
    reader.close()
    assert not reader.problems
    draw_both(state)
    return state


def row_by_row(path: Path) -> dict[str, list[float]]:
    """Read a JSON file that has a row a step."""
    columns: dict[str, list[float]] = {name: [] for name in ("step", "t", *NAMES)}
    with path.open() as file:
        for line in file:
            for name, value in json.loads(line).items():
                columns[name].append(value)
    return columns


def write_rows(path: Path, steps: int) -> None:
    """The same values, a row a step."""
    with path.open("w") as file:
        for at, t, values in rows(steps):
            file.write(json.dumps({"step": at, "t": t, **values}) + "\n")


def write_events(folder: Path, steps: int) -> None:
    """The same values with TensorBoard's own writer, an event each, as every `add_scalar` does."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    for at, t, values in rows(steps):
        for name, value in values.items():
            summary = Summary(value=[Summary.Value(tag=name, simple_value=value)])
            writer.add_event(Event(wall_time=t, step=at, summary=summary))
    writer.close()


def accumulated(folder: Path) -> int:
    """Read the event file; returns how many scalars it has."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    accumulator.Reload()
    return sum(len(accumulator.Scalars(tag)) for tag in accumulator.Tags()["scalars"])


def seconds(read: Callable[[], object], scalars: int) -> float:
    """CPU seconds a scalar."""
    began = time.process_time()
    read()
    return (time.process_time() - began) / scalars


def main() -> int:
    """Measure, print, and return 1 where a target is missed."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    fewer = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    many = len(NAMES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, table, events = folder / "log.jsonl", folder / "rows.jsonl", folder / "events"
        write(log, steps)
        write_rows(table, steps)
        assert chart(log).series[Key("batch", "loss")].total == len(row_by_row(table)["loss"]) == steps
        sides: dict[str, Callable[[], float]] = {
            "lintui": lambda: seconds(lambda: chart(log), many * steps),
            "a row a step": lambda: seconds(lambda: row_by_row(table), many * steps),
        }
        if with_tensorboard := find_spec("tensorboard") is not None:
            events.mkdir()
            write_events(events, fewer)
            assert accumulated(events) == many * fewer
            sides["EventAccumulator"] = lambda: seconds(lambda: accumulated(events), many * fewer)
        found = in_turns(sides, rounds=ROUNDS, warmup=0)
    print(f"{steps:,} steps × {many} series, seconds a scalar:")
    for side, values in found.items():
        print(f"  {side}: {spread(values)}")
    print(f"  lintui, all of it: {min(found['lintui']) * many * steps:.3g} s at least")
    reached = [verdict("a row a step ÷ lintui", ratio(found, "a row a step", "lintui"), 8, at_least=True)]
    if with_tensorboard:
        value = ratio(found, "EventAccumulator", "lintui")
        reached.append(verdict(f"EventAccumulator ({fewer:,} steps) ÷ lintui", value, 100, at_least=True))
    return not all(reached)


if __name__ == "__main__":
    sys.exit(main())
