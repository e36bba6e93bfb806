"""From a key to the screen: milliseconds until it is shown as pending, and until the run's answer is shown.

A real program on a real pseudo-terminal of 120×36, read with pyte; running flat out, and paused. A key whose
answer comes before its pending could be drawn counts as shown when the answer is.
"""

import fcntl
import os
import pty
import queue
import random
import re
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable

import pyte
from turns import verdict

PRESSES = 50
LIMIT = 60.0


class Terminal:
    """A program on a pseudo-terminal, and what its screen shows."""

    def __init__(self, command: list[str], folder: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "LINTUI_DIR": folder}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.screen = pyte.Screen(120, 36)
        self.stream = pyte.ByteStream(self.screen)
        self.chunks: queue.Queue[tuple[float, bytes]] = queue.Queue()
        self.shown_at = 0.0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        """Note when bytes arrive, however long it takes to make a picture of them."""
        try:
            while data := os.read(self.master, 65536):
                self.chunks.put((time.perf_counter(), data))
        except OSError:
            return

    def _take(self, seconds: float) -> None:
        try:
            self.shown_at, data = self.chunks.get(timeout=seconds)
        except queue.Empty:
            return
        self.stream.feed(data)

    def line(self, number: int) -> str:
        """One line of the screen, from the top, or with a negative number from the bottom."""
        return self.screen.display[number]

    def wait(self, seen: Callable[[], bool]) -> float:
        """Read until something is seen; returns when the bytes arrived that showed it."""
        limit = time.perf_counter() + LIMIT
        while not seen():
            if time.perf_counter() > limit:
                raise SystemExit("gave up waiting; the screen:\n" + "\n".join(self.screen.display))
            self._take(0.5)
        return self.shown_at

    def press(self, key: str) -> float:
        """Press a key; returns when."""
        os.write(self.master, key.encode())
        return time.perf_counter()

    def read_for(self, seconds: float) -> None:
        """Go on reading for a while."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._take(left)


def measure(terminal: Terminal) -> tuple[list[float], list[float]]:
    """Milliseconds until pending, and until answered, of each press."""
    pending, answered = [], []
    waits = random.Random(0)
    for i in range(PRESSES):
        terminal.read_for(waits.uniform(0.15, 0.6))
        before = rate(terminal)
        pressed = terminal.press("+-"[i % 2])
        shown = terminal.wait(lambda before=before: "…" in terminal.line(-2) or rate(terminal) != before)
        done = terminal.wait(lambda before=before: rate(terminal) != before and "…" not in terminal.line(-2))
        pending.append((shown - pressed) * 1e3)
        answered.append((done - pressed) * 1e3)
    return pending, answered


def rate(terminal: Terminal) -> str:
    """The learning rate that the steering line shows as confirmed."""
    found = re.search(r"lr (\d\S*)  ", terminal.line(-2))
    return found.group(1) if found else ""


def main() -> int:
    """Measure, print, and return 1 where a target is missed."""
    reached = []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "lintui", "demo", "linreg-scratch", "--speed", "0", "--epochs", "1000000"]
        terminal = Terminal(command, folder)
        try:
            terminal.wait(lambda: "steps/s" in terminal.line(0))
            for mode in ("running flat out", "paused"):
                if mode == "paused":
                    terminal.press(" ")
                    terminal.wait(lambda: "paused" in terminal.line(0))
                for what, values in zip(("pending", "answered"), measure(terminal), strict=True):
                    p95 = statistics.quantiles(values, n=20)[-1]
                    print(f"{mode}, {what}: median {statistics.median(values):.0f} ms, worst {max(values):.0f} ms")
                    reached.append(verdict(f"{mode}, {what}, p95 in ms", p95, 100, at_least=False))
        finally:
            # The whole group: the process with the screen would train on without the one that waits for it.
            os.killpg(terminal.process.pid, signal.SIGKILL)
            terminal.process.wait()
    return not all(reached)


if __name__ == "__main__":
    sys.exit(main())
