"""Somebody who does anything at all at a terminal, and what must hold on every screen they see."""

import contextlib
import os
import re
import signal
import time
from pathlib import Path
from random import Random

import streams
from processes import is_alive
from strategies import read_log, wait_until
from terminal import Terminal

from lintui.events import Applied, Refused
from tuiapp.screens.panes import LEAST_HIGH, LEAST_WIDE

MODES = {1049, 1000, 1003, 1004, 1006, 2004}
"""What a screen asks of a terminal for as long as it is there."""
PROPER = {0, 3, 130, 131, 143}
"""Exit codes of whoever left as one leaves; 3 where it had diverged, 131 by a key that quits in a shell."""
_WENT_ON = re.compile(r"training goes on without a screen, process (\d+)")
_ALONE_AFTER = 0.2
"""Seconds after which escape is a key of its own, and what follows another."""
_TRIES = 100
"""Times that escape is pressed, on a busy machine, before a question is taken not to go away."""
_MARGIN = 8
"""Columns and rows beyond the size that the program was told, in which nothing may ever be drawn."""


class Monkey:
    """A terminal with our command on it, started again whenever it was left."""

    def __init__(self, arguments: list[str], name: str, runs: Path, random: Random) -> None:
        """`name` is what stands in the top line."""
        self.arguments = arguments
        self.name = name
        self.runs = runs
        self.random = random
        self.starts = 0
        """Times that the program was started."""
        self.checked = 0
        """Screens that were looked at closely."""
        self.columns, self.rows = 100, 30
        self._settled = True
        self.terminal = self._start()

    def __enter__(self) -> "Monkey":
        """Use it for a while."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the program, and a training that was sent to go on alone."""
        self._end()

    def _start(self) -> Terminal:
        self.starts += 1
        environment = {"LINTUI_DIR": str(self.runs)}
        # In a folder of its own: whatever is kept on the way is not kept here.
        terminal = Terminal(
            self.arguments, columns=self.columns, rows=self.rows, environment=environment, folder=self.runs.parent
        )
        terminal.screen.resize(self.rows + _MARGIN, self.columns + _MARGIN)
        terminal.until(lambda _: self._stands(terminal), "a first picture")
        return terminal

    def _end(self) -> None:
        # Asked to end before the terminal is taken away, which kills whatever was born on it.
        if (alone := _WENT_ON.search(self.terminal.left_behind if self.terminal.ended else "")) is not None:
            process = int(alone[1])
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
            wait_until(lambda: not is_alive(process), "the end of a training that went on alone")
        self.terminal.__exit__(None, None, None)

    def type(self, data: bytes) -> None:
        """Send bytes, unless nobody reads them any more; but not ctrl+s, which stops a terminal that was left."""
        try:
            os.write(self.terminal.fd, data.replace(b"\x13", b""))
        except OSError:
            self.terminal.ended = True

    def resize(self, columns: int, rows: int) -> None:
        """Another size; the program is not told of one that is the same."""
        if (columns, rows) == (self.columns, self.rows):
            return
        self.columns, self.rows = columns, rows
        self.terminal.screen.resize(rows + _MARGIN, columns + _MARGIN)
        self.terminal.tell_size(columns, rows)
        self._settled = False  # what was drawn for the size before is still on its way

    def _clear_margin(self) -> None:
        for y, row in self.terminal.screen.buffer.items():
            for x in [x for x in row if x >= self.columns or y >= self.rows]:
                del row[x]
        self._settled = True

    def read(self, seconds: float) -> None:
        """Look at the screen for a while."""
        end = time.monotonic() + seconds
        while not self.terminal.ended and time.monotonic() < end:
            self.terminal._read()

    def is_well(self) -> None:
        """What holds at any moment: no traceback, and whoever left has left properly; then it starts again."""
        assert b"Traceback" not in self.terminal.output[-200_000:], self.terminal.output[-9_000:].decode(
            errors="replace"
        )
        if self.terminal.ended or self.terminal.process.poll() is not None:
            code = self.terminal.leaves()
            assert code in PROPER, (code, self.terminal.output[-3_000:])
            self._ended_well()
            self._end()
            self.terminal = self._start()
            self._settled = False  # what is typed before the program reads it, the terminal itself shows

    def calm(self) -> None:
        """Take back whatever question is open; then the picture must be the whole one, at its size."""
        for _ in range(_TRIES):
            self.type(streams.PASTED + b"\x1b")
            self.read(_ALONE_AFTER)
            self.is_well()
            if self._stands(self.terminal) and self.terminal.modes >= MODES:
                break
        else:
            self.terminal.until(lambda _: False, f"the picture at {self.columns}×{self.rows}, and the modes")
        self.is_well()
        if self._settled:
            self._fits()
        self._clear_margin()
        self.checked += 1

    def _stands(self, terminal: Terminal) -> bool:
        rows = [row[: self.columns].rstrip() for row in terminal.lines[: self.rows]]
        if self.columns < LEAST_WIDE or self.rows < LEAST_HIGH:
            asked = f"lintui needs {LEAST_WIDE}×{LEAST_HIGH}"
            cut = bool(rows[0]) and asked.startswith(rows[0].rstrip("…"))
            return rows[0] == asked if self.columns >= len(asked) else cut
        return rows[0].startswith(" lintui ") and self.name in rows[0] and "quit" in rows[-1]

    def _fits(self) -> None:
        if any(line.strip() for line in (*self.terminal.lines[self.rows :], *self._beyond())):
            # It may have been drawn for the size before, and have come late; once more, with nothing under way.
            self._clear_margin()
            self.type(b"r")
            self.read(2 * _ALONE_AFTER)
            self.is_well()
        lines = self.terminal.lines
        beyond = self._beyond()
        assert not beyond, f"wider than {self.columns} columns: {beyond}"
        assert not any(line.strip() for line in lines[self.rows :]), "there are more lines than rows"

    def _beyond(self) -> list[str]:
        return [line for line in self.terminal.lines[: self.rows] if line[self.columns :].strip()]

    def leaves(self) -> None:
        """Leave with q, and stop a training that goes on; the terminal is as it was, and the log is whole."""
        self.calm()
        for _ in range(_TRIES):
            self.type(b"q")
            self.read(_ALONE_AFTER)
            if self.terminal.ended or "the training is going on" in self.terminal.text:
                break
            # On a busy machine a question may have come late, or the escape before made another key of the q.
            self.type(streams.PASTED + b"\x1b")
            self.read(_ALONE_AFTER)
        if not self.terminal.ended:
            self.type(b"s")
        assert self.terminal.leaves() in PROPER, self.terminal.output[-3_000:]
        self._ended_well()

    def _ended_well(self) -> None:
        assert self.terminal.modes <= {25, 7} and 25 in self.terminal.modes, self.terminal.modes
        assert "Traceback" not in self.terminal.left_behind
        for log in self.runs.glob("*/log.jsonl"):
            records, problems = read_log(log)
            assert problems == [] or _WENT_ON.search(self.terminal.left_behind)
            answered = [event.id for _, event in records if isinstance(event, Applied | Refused)]
            assert len(answered) == len(set(answered))
