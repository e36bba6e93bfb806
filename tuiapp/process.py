"""A process in a session of its own, so that it outlives the terminal; what it prints goes into a file."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tuiapp import spool

_PIPE = 1 << 20
_LAST_WORDS = 1.0
"""Seconds until what a process printed last is in its file, at most."""
_PATIENCE = 3.0
"""Seconds that it has to end after each of the signals that ask it to, the first as gentle as ctrl+c."""


class Process:
    """A command that was started or is yet to be, and all that it starts itself."""

    def __init__(self, line: Sequence[str], output: Path) -> None:
        """Of this command line; what it prints is added to the file `output`."""
        self._line = line
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self._spool: subprocess.Popen[bytes] | None = None
        self._was_interrupted = False

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it; raises OSError. It reads what is piped into us; a terminal is not its own to read."""
        printed = self._begin_to_spool()
        try:
            self._process = subprocess.Popen(
                self._line,
                env=environment,
                stdin=subprocess.DEVNULL if sys.stdin is None or sys.stdin.isatty() else None,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(printed)

    def _begin_to_spool(self) -> int:
        """The end of a pipe to print into, which is brought into the file for output."""
        output = os.open(self._output, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        source, printed = os.pipe()
        with contextlib.suppress(OSError, AttributeError):  # room for what is printed in one go; not all systems can
            fcntl.fcntl(printed, fcntl.F_SETPIPE_SZ, _PIPE)
        try:
            self._spool = subprocess.Popen(
                [sys.executable, "-I", "-S", spool.__file__],
                stdin=source,
                stdout=output,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            os.close(printed)
            raise
        finally:
            os.close(source)
            os.close(output)
        return printed

    @property
    def has_begun(self) -> bool:
        """Whether it was started."""
        return self._process is not None

    @property
    def code(self) -> int | None:
        """Its exit code, 128 + N where signal N ended it; None: it goes on, or was not started."""
        code = self._process.poll() if self._process is not None else None
        return code if code is None or code >= 0 else 128 - code

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.code is None

    def await_output(self) -> None:
        """Until all that it printed is in the file, once it has ended; what it started may go on printing."""
        if self.is_alive:
            return
        spool, self._spool = self._spool, None
        if spool is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                spool.wait(_LAST_WORDS)

    def interrupt(self) -> None:
        """Do as ctrl+c does, once: a second one would cut short what a script does at the first."""
        if not self._was_interrupted:
            self._was_interrupted = True
            self._signal(signal.SIGINT)

    def end(self) -> None:
        """Have it ended when this returns, as gently as it lets us."""
        self.interrupt()
        self._await()
        for number in (signal.SIGTERM, signal.SIGKILL):
            self._signal(number)
            self._await()

    def _signal(self, number: int) -> None:
        """Send it to the process and what that started itself."""
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _await(self) -> None:
        """Give it a while to end."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE)
