"""Our command in a real pseudo-terminal, its screen read as a person reads it, and a gate before torch."""

import contextlib
import errno
import fcntl
import os
import re
import secrets
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyte
from processes import born_with, end
from strategies import child_environment

PATIENCE = 120.0
"""Seconds after which what was waited for is taken not to come; nothing is timed by it."""
LINTUI = (sys.executable, "-m", "lintui")

_ESCAPE = re.compile(rb"\x1b(?:[^\[\]PX^_]|\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\))", re.DOTALL)
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b(?:[PX^_].*?\x1b\\|\[[<=>][0-?]*[ -/]*[@-~]|\[[0-?]*[ -/]+[@-~])", re.DOTALL)
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")


class Terminal:
    """A child process whose terminal is ours: keys go in, and the screen is what it has drawn so far."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        columns: int,
        rows: int,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = LINTUI,
        folder: Path | None = None,
    ) -> None:
        """Start `lintui`, or another program, with these arguments in a folder, on a terminal of this size."""
        self.screen = pyte.Screen(columns, rows)
        self.output = b""
        """Every byte that came."""
        self.ended = False
        """Whether nothing more can come."""
        self._stream = pyte.ByteStream(self.screen)
        self._held_back = b""
        self._mark = secrets.token_hex()
        self.fd, theirs = os.openpty()
        self.settings_before = termios.tcgetattr(theirs)
        """What the line discipline does with what is typed and printed, before anybody changes it."""
        self.tell_size(columns, rows)
        self.process = subprocess.Popen(
            [*program, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={
                **child_environment(),
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "ON_TERMINAL": self._mark,
                **(environment or {}),
            },
            cwd=folder,
            start_new_session=True,
            # One call to the kernel: from now on a change of the size is a signal to the child.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(theirs)

    def __enter__(self) -> "Terminal":
        """Use it for a while."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the program, if it has not ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            # The whole group: the process with the screen would train on without the one that waits for it.
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.hang_up()
        # A training that was left alone is in no group of ours any more.
        for pid in born_with(f"ON_TERMINAL={self._mark}"):
            end(pid)

    @property
    def worker(self) -> int:
        """The process with the screen and the training: the one child of the process that waits for it."""
        return child_of(self.process.pid)

    @property
    def lines(self) -> list[str]:
        """The rows of the screen."""
        # Not `display`, which stumbles over a mark that stands alone.
        cells = self.screen.buffer
        return ["".join(cells[y][x].data for x in range(self.screen.columns)) for y in range(self.screen.lines)]

    @property
    def text(self) -> str:
        """The whole screen."""
        return "\n".join(self.lines)

    @property
    def step(self) -> int:
        """The number of steps that the top line shows; -1: none yet."""
        found = re.search(r"step (\d+)", self.lines[0])
        return int(found[1]) if found else -1

    @property
    def modes(self) -> set[int]:
        """The private modes that are switched on, such as 1049, the alternate screen."""
        on = set()
        for numbers, letter in _MODE.findall(self.output):
            for number in map(int, numbers.split(b";")):
                (on.add if letter == b"h" else on.discard)(number)
        return on

    @property
    def left_behind(self) -> str:
        """What stands on the ordinary screen after the alternate one has gone."""
        return _ESCAPE.sub(b"", self.output.rpartition(b"\x1b[?1049l")[2]).decode(errors="replace")

    @property
    def settings(self) -> list[Any]:
        """What the line discipline does at the moment."""
        return termios.tcgetattr(self.fd)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.fd, keys.encode())

    def hang_up(self) -> None:
        """Close the window, or drop the link."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
            self.ended = True

    def reads_for(self, seconds: float) -> None:
        """Read on for a while; a program that nobody reads comes to stand still."""
        end = time.monotonic() + seconds
        while not self.ended and time.monotonic() < end:
            self._read()

    def resize(self, columns: int, rows: int) -> None:
        """Another size; the kernel sends SIGWINCH."""
        self.screen.resize(rows, columns)
        self.tell_size(columns, rows)

    def until(self, holds: Callable[["Terminal"], object], what: str) -> None:
        """Read on until something holds; fails, showing the screen, if that never comes."""
        end = time.monotonic() + PATIENCE
        while not holds(self):
            if self.ended or time.monotonic() > end:
                raise AssertionError(f"this never came: {what}\n{self.text}\nand at last {self.output[-2_000:]!r}")
            self._read()

    def sees(self, *texts: str) -> None:
        """Read on until all of these stand on the screen."""
        self.until(lambda terminal: all(text in terminal.text for text in texts), f"{texts} on the screen")

    def no_longer_sees(self, text: str) -> None:
        """Read on until this does not stand on the screen any more."""
        self.until(lambda terminal: text not in terminal.text, f"a screen without {text!r}")

    def leaves(self) -> int:
        """Read on until the program has ended, and return its exit code."""
        self.until(lambda terminal: terminal.ended, "the end of the program")
        return self.process.wait(PATIENCE)

    def tell_size(self, columns: int, rows: int) -> None:
        """Change the size that the program is told, without changing the screen."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        # To the end of what is being drawn: half a picture may say what neither the last nor the next one says.
        wait, data = 0.05, b""
        while not self.ended and select.select([self.fd], [], [], wait)[0]:
            try:
                piece = os.read(self.fd, 65536)
            except OSError:  # the other side has been closed
                piece = b""
            self.ended = not piece
            data += piece
            wait = 0.002
        self.output += data
        self._draw(data)

    def _draw(self, data: bytes) -> None:
        # pyte prints the ends of sequences that it does not know; one that is not whole yet has to wait.
        data = self._held_back + data
        whole = _ESCAPE.sub(lambda match: b"\0" * len(match[0]), data).find(b"\x1b")
        whole = len(data) if whole < 0 else whole
        self._held_back = data[whole:]
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data[:whole]))


def child_of(pid: int) -> int:
    """The one process that another has started."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=True)
    (child,) = map(int, found.stdout.split())
    return child


class Gate:
    """Makes `import torch` wait in a child process, so that what comes before it can be looked at in peace."""

    _STAND_IN = """
import os, sys

folder = os.path.dirname(__file__)
with open(os.path.join(folder, "gate")) as gate:
    error = gate.read()
if error:
    raise {"OSError": OSError, "ImportError": ImportError}[error]("torch is broken here")
# From here on everything is real.
sys.path.remove(folder)
del sys.modules["torch"]
import torch
"""

    def __init__(self, folder: Path) -> None:
        """Build it in an empty folder."""
        folder.mkdir()
        os.mkfifo(folder / "gate")
        (folder / "torch.py").write_text(self._STAND_IN)
        self.environment = {"PYTHONPATH": os.pathsep.join([str(folder), child_environment()["PYTHONPATH"]])}
        """For the child process."""
        self._path = folder / "gate"
        self._fd = -1

    def is_reached(self) -> bool:
        """Whether somebody is about to import torch and waits."""
        if self._fd < 0:
            try:
                self._fd = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:  # nobody has opened the other end
                    raise
        return self._fd >= 0

    def open(self, error: str = "") -> None:
        """Let the import go on, or fail with an error of this name."""
        os.write(self._fd, error.encode())
        os.close(self._fd)
