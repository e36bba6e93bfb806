"""A program on a pseudo-terminal whose every byte is counted, as it comes."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Sequence
from types import TracebackType

LIMIT = 60.0


class Counted:
    """`lintui` on a terminal of 120×36 that is read at once."""

    def __init__(self, arguments: Sequence[str], folder: str) -> None:
        self.arrived: list[tuple[float, int]] = []
        """When bytes came, and how many."""
        self.seen = b""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LINTUI_DIR": folder}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lintui", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> "Counted":
        """Use it for a while."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the whole group: the process with the screen would train on without the one that waits for it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _read(self) -> None:
        try:
            while data := os.read(self.master, 65536):
                self.arrived.append((time.monotonic(), len(data)))
                self.seen = (self.seen + data)[-100_000:]
        except OSError:
            return

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.master, keys.encode())

    def wait_for(self, text: str) -> None:
        """Wait until this has been sent, in one piece."""
        limit = time.monotonic() + LIMIT
        while text.encode() not in self.seen:
            if time.monotonic() > limit:
                raise SystemExit(f"gave up waiting for {text!r}; at last came {self.seen[-500:]!r}")
            time.sleep(0.05)

    def between(self, begin: float, end: float) -> int:
        """Bytes that came in this time."""
        return sum(count for at, count in self.arrived if begin <= at < end)

    def measure(self, seconds: float) -> float:
        """Bytes a second in the next seconds."""
        begin = time.monotonic()
        time.sleep(seconds)
        return self.between(begin, begin + seconds) / seconds
