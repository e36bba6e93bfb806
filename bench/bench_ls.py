"""`lintui ls` of a thousand runs, with long logs and with short ones, and of a single run, in turns."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from turns import in_turns, ratio, spread, verdict

HOME = Path(__file__).parent.parent
sys.path.insert(0, str(HOME))

from lintui.events import Ended, Started, Steps  # noqa: E402
from lintui.log import LogWriter  # noqa: E402

RUNS = 1_000
SHORT, LONG = 1_000, 100_000
"""Steps of each run."""


def make(root: Path, runs: int, steps: int) -> Path:
    """A folder with so many runs of so many steps; their logs are one file under many names."""
    log = root / f"{runs}-{steps}.jsonl"
    writer = LogWriter.create(log)
    config = {"lr": 0.1, "seed": 0}
    writer.append(
        [Started(name="x", created="2026-01-01T00:00:00+00:00", pid=1, host="h", steps=steps, config=config)]
    )
    for at in range(1, steps, 100):
        numbers = tuple(range(at, at + 100))
        times = tuple(i / 1000 for i in numbers)
        losses = tuple(1 / i for i in numbers)
        writer.append([Steps(branch=0, split="batch", at=numbers, t=times, values={"loss": losses, "norm": losses})])
    writer.append([Ended(branch=0, at=steps, t=steps / 1000, how="done", summary={})])
    writer.close()
    folder = root / f"{runs}-{steps}"
    for i in range(runs):
        run = folder / f"20260101T{i:012}-x"
        run.mkdir(parents=True, mode=0o700)
        os.link(log, run / "log.jsonl")
    return folder


def seconds(folder: Path) -> float:
    """Wall time of one `lintui ls`."""
    environment = {**os.environ, "LINTUI_DIR": str(folder), "PYTHONPATH": str(HOME)}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "lintui", "ls"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> int:
    """Measure, print, and return 1 where a target is missed."""
    with tempfile.TemporaryDirectory() as root:
        short, long, one = (make(Path(root), runs, steps) for runs, steps in ((RUNS, SHORT), (RUNS, LONG), (1, LONG)))
        found = in_turns(
            {
                f"{RUNS} runs of {SHORT} steps": lambda: seconds(short),
                f"{RUNS} runs of {LONG} steps": lambda: seconds(long),
                "one run": lambda: seconds(one),
            },
            rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 9,
        )
    for name, values in found.items():
        print(f"{name}: {spread(values)} s")
    names = list(found)
    grows = verdict("long logs ÷ short ones", ratio(found, names[1], names[0]), 1.5, at_least=False)
    quick = verdict("a thousand runs ÷ one", ratio(found, names[1], names[2]), 10.0, at_least=False)
    return not (grows and quick)


if __name__ == "__main__":
    sys.exit(main())
