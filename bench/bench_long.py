"""A log of 10 million steps beside a short one: until the first curve, in memory, and one tick of its screen.

bench_long.py [STEPS]: a log of that many steps, three series each, and one of 100 thousand. Until the first curve:
wall seconds of `lintui view` on a real pseudo-terminal, the files in the page cache. Memory: the most that the
process with the screen ever held (VmHWM), once the log has been read. One tick: CPU seconds to take in one more batch
of steps and draw both charts, with that many steps behind it and with 10 thousand.
"""

import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

from both_charts import draw_both
from long_log import write
from on_terminal import Counted
from turns import in_turns, ratio, spread, verdict

from lintui.events import Record, Steps
from lintui.log import LogReader
from lintui.state import RunState

SHORT = 100_000
FEW = 10_000
BATCH = 667
"""Steps of the batch that a tick takes in."""
_BRAILLE = re.compile(rb"\xe2[\xa0-\xa3]")
"""The first bytes of a dot of a curve."""


def until_the_first_curve(log: Path, cpu: list[float]) -> float:
    """Wall seconds from the command to the first dots of a curve; those of CPU until then are added to `cpu`."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Counted(["view", str(log)], folder) as screen:
        while not _BRAILLE.search(screen.seen):
            time.sleep(0.005)
            if time.monotonic() > began + 60:
                raise SystemExit("gave up waiting for a curve")
        wall = time.monotonic() - began
        cpu.append(sum(map(_spent, _family(screen.process.pid))))
        return wall


def memory(log: Path) -> float:
    """Bytes that the process with the screen held at most until it had read the log and a while after."""
    with tempfile.TemporaryDirectory() as folder, Counted(["view", str(log)], folder) as screen:
        screen.wait_for("finished in")
        last = time.monotonic()
        while time.monotonic() < last + 3:
            before = screen.seen.count(b"reading"), len(screen.arrived)
            time.sleep(0.1)
            if (screen.seen.count(b"reading"), len(screen.arrived)) != before:
                last = time.monotonic()
        return max(map(_peak, _family(screen.process.pid)))


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in _family(int(child)))]


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(re.findall(r"VmHWM:\s*(\d+)", status)[0])


def _spent(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def read(log: Path) -> RunState:
    """The state at the end of a log."""
    state, reader = RunState(), LogReader(log)
    while (records := reader.skim()) is not None:
        for record in records:
            state.apply(record)
    return state


def tick(state: RunState) -> float:
    """CPU seconds of one tick."""
    at = tuple(range(state.at + 1, state.at + BATCH + 1))
    t = tuple(state.t + i * 1e-4 for i in range(BATCH))
    values = {name: tuple(1 / (2 + (i * 7919) % 101) for i in at) for name in ("loss", "mse", "norm")}
    record = Record(state.next_n, Steps(branch=0, split="batch", at=at, t=t, values=values))
    began = time.process_time()
    state.apply(record)
    draw_both(state)
    return time.process_time() - began


def main() -> int:
    """Measure, print, and return 1 where a target is missed."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    reached = []
    with tempfile.TemporaryDirectory() as name:
        logs = {many: Path(name) / f"{many}.jsonl" for many in (steps, SHORT, FEW)}
        for many, log in logs.items():
            write(log, many)
        long, short = f"{steps:,} steps", f"{SHORT:,} steps"
        cpu: dict[str, list[float]] = {long: [], short: []}
        found = in_turns(
            {
                long: lambda: until_the_first_curve(logs[steps], cpu[long]),
                short: lambda: until_the_first_curve(logs[SHORT], cpu[short]),
            },
            rounds=5,
        )
        for side, values in found.items():
            print(f"until the first curve of {side}: {spread(values)} s, of CPU {statistics.median(cpu[side]):.3g} s")
        reached.append(verdict("first curve, best of five, in s", min(found[long]), 1, at_least=False))
        reached.append(verdict("first curve, long ÷ short", ratio(found, long, short), 1.5, at_least=False))
        found = in_turns({long: lambda: memory(logs[steps]), short: lambda: memory(logs[SHORT])}, rounds=1, warmup=0)
        for side, values in found.items():
            print(f"memory with {side}: {values[0] / 2**20:.1f} MiB")
        reached.append(verdict("memory, long ÷ short", ratio(found, long, short), 1.3, at_least=False))
        behind, before = read(logs[steps]), read(logs[FEW])
        few = f"{FEW:,} steps"
        found = in_turns({long: lambda: tick(behind), few: lambda: tick(before)}, rounds=15)
        for side, values in found.items():
            print(f"one tick after {side}: {spread(values)} s")
        reached.append(verdict("one tick, long ÷ short", ratio(found, long, few), 1.2, at_least=False))
    return not all(reached)


if __name__ == "__main__":
    sys.exit(main())
