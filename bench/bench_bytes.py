"""Bytes a second to a terminal of 120×36: live, while nothing changes, and within a limit that was asked for.

Modes in turns: at the speed that people watch at, flat out, and flat out over a link that carries little.
"""

import sys
import tempfile
import time

from on_terminal import Counted
from turns import spread, verdict

SECONDS = 10.0
ROUNDS = 3
FIRST_PICTURE = 5.0
LIMITS = {"20k": 20_000, "1k": 1_000}


def main() -> int:
    """Measure, print, and return 1 where a target is missed."""
    live: dict[str, list[float]] = {"watched": [], "flat out": []}
    paused: list[float] = []
    most: dict[str, list[float]] = {limit: [] for limit in LIMITS}
    for _ in range(ROUNDS):
        for mode, options in (("watched", []), ("flat out", ["--speed", "0"])):
            with tempfile.TemporaryDirectory() as folder, Counted([*DEMO, *options], folder) as terminal:
                terminal.wait_for("steps/s")
                time.sleep(FIRST_PICTURE)
                live[mode].append(terminal.measure(SECONDS))
                terminal.press(" ")
                terminal.wait_for("paused")
                time.sleep(3.0)
                paused.append(terminal.measure(SECONDS))
        for limit in LIMITS:
            with (
                tempfile.TemporaryDirectory() as folder,
                Counted([*DEMO, "--speed", "0", "--bandwidth", limit], folder) as terminal,
            ):
                terminal.wait_for("linreg")
                time.sleep(FIRST_PICTURE + 2 * SECONDS)
                starts = [at for at, _ in terminal.arrived if at <= terminal.arrived[-1][0] - SECONDS]
                most[limit].append(max(terminal.between(at, at + SECONDS) / SECONDS for at in starts))
    reached = []
    for mode, values in live.items():
        print(f"live, {mode}: {spread(values)} bytes/s")
        reached.append(verdict(f"live, {mode}, the worst round, kB/s", max(values) / 1e3, 20, at_least=False))
    reached.append(verdict("nothing changing, the worst round, bytes/s", max(paused), 0, at_least=False))
    for limit, allowed in LIMITS.items():
        share = max(most[limit]) / allowed
        reached.append(verdict(f"--bandwidth {limit}, the worst ten seconds ÷ the limit", share, 1.1, at_least=False))
    return not all(reached)


DEMO = ["demo", "linreg-scratch", "--epochs", "1000000"]

if __name__ == "__main__":
    sys.exit(main())
