"""Steps a second with the screen attached ÷ headless, in turns, on a terminal of 120×36 that is read.

The figure counts only if the screen really drew: each chart at least once a second, the numbers twice.
"""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from pathlib import Path

from turns import in_turns, ratio, spread, verdict

EPOCHS = 500
HERE = Path(__file__).parent


def one_side(side: str, folder: Path, drawn: list[dict[str, object]]) -> float:
    """Steps a second of one training in a process of its own."""
    report = folder / "report.json"
    command = [sys.executable, str(HERE / "one_side.py"), side, str(EPOCHS), str(report)]
    environment = {**os.environ, "TERM": "xterm-256color", "LINTUI_DIR": str(folder), "COLORTERM": "truecolor"}
    if side == "headless":
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    else:
        on_a_terminal(command, environment)
    seen = json.loads(report.read_text())
    if side == "screen":
        drawn.append(seen)
    return float(seen["steps/s"])


def on_a_terminal(command: list[str], environment: dict[str, str]) -> None:
    """Run a program on a pseudo-terminal, and read what it draws."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    )
    os.close(slave)

    def drain() -> None:
        try:
            while os.read(master, 65536):
                pass
        except OSError:
            return

    thread = threading.Thread(target=drain)
    thread.start()
    if process.wait() != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    thread.join()
    os.close(master)


def main() -> int:
    """Measure, print, and return 1 where a target is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    drawn: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = in_turns(
            {side: (lambda side=side: one_side(side, folder, drawn)) for side in ("screen", "headless")},
            rounds=rounds,
        )
    for name, values in found.items():
        print(f"{name}: {spread(values)} steps/s")
    charts = min(min(seen["charts"]) / seen["seconds"] for seen in drawn)  # type: ignore[call-overload,operator]
    numbers = min(seen["numbers"] / seen["seconds"] for seen in drawn)  # type: ignore[operator]
    share = max(float(seen["share"]) for seen in drawn)  # type: ignore[arg-type]
    reached = [
        verdict("share of the time that drawing took, budget 0.1, the worst round", share, 0.11, at_least=False),
        verdict("redraws a second, the slowest chart of all rounds", charts, 1.0, at_least=True),
        verdict("redraws a second, numbers", numbers, 2.0, at_least=True),
        verdict("screen ÷ headless", ratio(found, "screen", "headless"), 0.85, at_least=True),
    ]
    return not all(reached)


if __name__ == "__main__":
    sys.exit(main())
