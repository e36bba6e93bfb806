"""Steps a second with a screen on a terminal that nobody reads for a minute ÷ headless, in turns."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from turns import in_turns, ratio, spread, verdict

EPOCHS = 6_000
"""About a minute, on two shared cores."""
HERE = Path(__file__).parent


def one_side(side: str, epochs: int, folder: Path, seconds: list[float]) -> float:
    """Steps a second of one training in a process of its own, whose terminal takes what it holds and no more."""
    report = folder / "report.json"
    command = [sys.executable, str(HERE / "one_side.py"), side, str(epochs), str(report)]
    environment = {**os.environ, "TERM": "xterm-256color", "LINTUI_DIR": str(folder), "COLORTERM": "truecolor"}
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    ) as process:
        os.close(slave)
        if process.wait() != 0:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    os.close(master)
    seen = json.loads(report.read_text())
    if side == "screen":
        seconds.append(float(seen["seconds"]))
    return float(seen["steps/s"])


def main() -> int:
    """Measure, print, and return 1 where the target is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    epochs = int(sys.argv[2]) if len(sys.argv) > 2 else EPOCHS
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sides = {side: (lambda side=side: one_side(side, epochs, folder, seconds)) for side in ("screen", "headless")}
        found = in_turns(sides, rounds=rounds, warmup=0)
    for name, values in found.items():
        print(f"{'stalled' if name == 'screen' else name}: {spread(values)} steps/s")
    print(f"unread for {min(seconds):.0f} s and more")
    return not verdict("stalled ÷ headless", ratio(found, "screen", "headless"), 0.95, at_least=True)


if __name__ == "__main__":
    sys.exit(main())
