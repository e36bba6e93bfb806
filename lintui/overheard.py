"""Follows the file that a script prints into, and records the metrics in its lines; without a screen."""

import contextlib
import fcntl
import os
import re
import sys
import termios
import threading
import time
from codecs import getincrementaldecoder
from pathlib import Path
from typing import TYPE_CHECKING

from lintui.clean import without_sequences
from lintui.printed import read
from lintui.readers.names import split_and_name
from lintui.regular import open_regular

if TYPE_CHECKING:
    from lintui.unasked import UnaskedRun

_EVERY = 0.1
"""Seconds between two looks."""
_MOST = 1024 * 1024
"""Bytes looked at in one go; of a script that prints more than that meanwhile, what was printed last."""
_ON_ITS_WAY = 1.0
"""Seconds that what was printed last may take into the file."""
_LINE = 4_000
"""Characters of a line that has not ended yet."""


def _await_what_is_on_its_way() -> None:
    """Until what this process has printed is taken out of the pipe that leads to the file."""
    deadline = time.monotonic() + _ON_ITS_WAY
    for fd in (1, 2):
        with contextlib.suppress(OSError):
            while int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, bytes(4)), sys.byteorder):
                if time.monotonic() > deadline:
                    return
                time.sleep(0.005)
    time.sleep(0.02)  # taken out, and not in the file yet


class Overheard:
    """Reads along on a thread of its own, until it is closed."""

    def __init__(self, path: Path, run: "UnaskedRun") -> None:
        """Read what is added to the file at `path` from now on, which need not be there."""
        self._path = path
        self._run = run
        self._offset = 0
        self._rest = ""
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._newest = -1
        """The step of the newest metrics."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="lintui-overheard", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read what is there to its end, and listen no more."""
        self._ended.set()
        self._thread.join(timeout=2.0)

    def _listen(self) -> None:
        ended = False
        while not ended:
            if ended := self._ended.wait(_EVERY):
                _await_what_is_on_its_way()
            with contextlib.suppress(OSError):
                self._look()
        self._take(self._rest)

    def _look(self) -> None:
        size = os.stat(self._path).st_size
        if size == self._offset:
            return
        if not 0 <= size - self._offset <= _MOST:
            self._offset, self._rest = max(size - _MOST, 0), ""
        with open_regular(self._path, flags=os.O_NOFOLLOW) as file:
            file.seek(self._offset)
            data = file.read(size - self._offset)
        self._offset += len(data)
        *lines, self._rest = re.split(r"[\r\n]+", self._rest + self._decode(data))
        self._rest = self._rest[-_LINE:]
        for line in lines:
            self._take(line)

    def _take(self, line: str) -> None:
        printed = read(without_sequences(line))
        at = self._run.at
        if printed.step is not None and self._newest < printed.step <= at:
            # A number that starts again at 0, such as that of a batch in its epoch, is not one of steps of the run.
            at = printed.step
        by_split: dict[str, dict[str, float]] = {}
        for name, number in printed.metrics.items():
            split, metric = split_and_name(name)
            by_split.setdefault(split, {})[metric] = number
        for split, metrics in by_split.items():
            self._run.overhear(at, metrics, split)
            self._newest = at
