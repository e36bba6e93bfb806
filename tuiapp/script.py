"""Somebody's own script, and the run that it becomes by what lintui loads into it; without a screen."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from lintui import rundir
from lintui.clean import clean_line
from lintui.commands import Command, Stop, author, new_id
from lintui.events import Ended, Record
from lintui.inbox import leave
from lintui.log import LogWriter
from lintui.rundir import RunDirectory
from lintui.state import RunState
from tuiapp.command_line import CantRun, command_of, environment, name_of
from tuiapp.feed import AwaitedFeed
from tuiapp.headless import follow
from tuiapp.limits import Limits, parse
from tuiapp.output import OutputTail
from tuiapp.plain import put_nothing, put_summary
from tuiapp.process import Process
from tuiapp.signals import Caught, caught
from tuiapp.watched import Watched

_LAST_LINES = 20
_CHUNK = 64 * 1024
_ECHO_EVERY = 0.05


class Script:
    """A command line that trains something, its process, and the run that it becomes with its first step."""

    def __init__(self, line: Sequence[str], *, log: Path | None = None, fail_on: str = "") -> None:
        """Make a run's directory for it, with the log at `log` if that is given; raises CantRun.

        `line` is a Python script with its arguments, or any other command with its own.
        """
        self.line = command_of(line)
        self.name = name_of(line)
        if log is not None and log.exists():
            raise CantRun(f"{log} exists already; name a new file, or move that one away")
        try:
            self.directory: RunDirectory = rundir.create(self.name, log)
        except rundir.RunDirectoryError as error:
            raise CantRun(str(error)) from error
        self._process = Process(self.line, self.directory.output)
        self.limits = Limits(parse(fail_on))
        self.watched = [Watched(_Limited(self.directory.log, self), self._send, self.directory.path)]
        self._closing = threading.Lock()
        self._reason = ""
        """Why it was ended from here; empty: it was not."""
        self._has_said_end = False

    def start(self) -> None:
        """Start it; raises CantRun."""
        try:
            self._process.start(environment(self.directory.path))
        except OSError as error:
            self.directory.remove()
            raise CantRun(f"can't start {self.line[0]}: {error.strerror or error}") from error

    def _send(self, command: Command) -> None:
        if isinstance(command, Stop) and not self.directory.log.exists():
            self._process.interrupt()  # nothing of ours is there yet to take a command; there may be soon
        leave(self.directory.inbox, command)

    # As it is watched

    @property
    def state(self) -> RunState:
        """What is known of the run."""
        return self.watched[0].state

    @property
    def directories(self) -> list[RunDirectory]:
        """Where it is kept."""
        return [self.directory]

    @property
    def code(self) -> int | None:
        """The exit code of the script, 128 + N where signal N ended it; None: it goes on."""
        return self._process.code

    @property
    def is_alive(self) -> bool:
        """Whether it goes on."""
        return self._process.is_alive

    @property
    def goes_on(self) -> bool:
        """Whether it, or what it says, has not ended."""
        return self.is_alive

    @property
    def has_begun(self) -> bool:
        """Whether it was started."""
        return self._process.has_begun

    def put_summaries(self) -> None:
        """Print what came of it; of a script that never trained or that failed, what it printed last, too."""
        self._read_on()
        log = self.directory.log
        if self.state.started is None or self.code:
            tail = OutputTail(self.directory.output)
            tail.look()
            for line in tail.shown[-_LAST_LINES:]:
                print(line)
        if self.state.started is None:
            print(f"lintui: {self._nothing()}", file=sys.stderr)
        else:
            put_summary(self.state, str(log), self.limits.met)

    def _nothing(self) -> str:
        name = clean_line(self.name)
        return f"{name} ended with code {self.code} and made no step of a torch optimizer: nothing was recorded"

    def exit_code(self, signals: Caught) -> int:
        """The script's own; after a signal to us the one that says so; 3 where a limit was met."""
        return signals.exit_code or (3 if self.limits.met else self.code or 0)

    def end_process(self, code: int) -> int:
        """The same code: nothing of the script is in this process."""
        self._read_on()
        return code

    def run_alone(self) -> int:
        """Run it to its end without a screen, passing on what it prints; returns the exit code."""
        echo = threading.Thread(target=self._echo, name="echo", daemon=True)
        with caught() as signals:
            self.start()
            echo.start()
            follow(self, signals, every=1.0, put=put_nothing)
        echo.join()
        self._read_on()
        if self.state.started is None:
            print(f"lintui: {self._nothing()}", file=sys.stderr)
        elif self.directory.log.exists():
            print(f"lintui: recorded in {self.directory.log}", file=sys.stderr)
        else:
            print(f"lintui: what was recorded is gone: somebody removed {self.directory.path}", file=sys.stderr)
        return self.exit_code(signals)

    def _echo(self) -> None:
        """Pass on what the script prints, as it is: it is on its own terminal."""
        with self.directory.output.open("rb") as file:
            while True:
                goes_on = self.is_alive
                if not goes_on:
                    self._process.await_output()
                while data := file.read(_CHUNK):
                    with contextlib.suppress(OSError):
                        sys.stdout.buffer.write(data)
                        sys.stdout.flush()
                if not goes_on:
                    return
                time.sleep(_ECHO_EVERY)

    # Its end

    def close(self, reason: str) -> None:
        """End it if it goes on, and say in the log what it could not say itself."""
        with self._closing:  # somebody who waits too long for this one does it again, and may not ask twice
            if self.is_alive:
                self._reason = reason
            self._process.end()
        self._read_on()

    def _read_on(self) -> None:
        """Take in what it said to its end, and then what was said of its end."""
        self._process.await_output()
        for _ in range(2):
            while self.watched[0].look():
                pass

    def say_end(self) -> None:
        """Of a process that has ended, add to the log what it did not say: that it did, and with which code.

        To be called when everything that it said was read; says nothing twice.
        """
        state, code = self.state, self.code
        # A script that was asked to end, or that fails after its training, takes itself to be done.
        said = state.ended is not None and not (state.ended.how == "done" and (code or self._reason))
        if self._has_said_end or state.started is None or said:
            return
        self._has_said_end = True
        how = "stopped" if self._reason or state.stopping else "failed" if code else "done"
        reason = self._reason or _why(code)
        ended = Ended(branch=state.branch, at=state.at, t=state.t, how=how, reason=reason, summary={})
        with contextlib.suppress(OSError, rundir.RunDirectoryError), self.directory.lock():
            writer = LogWriter.reopen(self.directory.log)
            writer.append([ended])
            writer.close()

    def give_up(self, reason: str, code: int) -> None:
        """End this process now, and the script with it."""
        self.close(reason)
        os._exit(code)


class _Limited(AwaitedFeed):
    """The records of the script's log; a limit that is met among them stops the script."""

    def __init__(self, log: Path, script: Script) -> None:
        super().__init__(log)
        self._script = script

    def take(self) -> list[Record]:
        """What came since the last call, in order; never waits."""
        # Asked before the look: what is written last comes before the process ends.
        has_ended = self._script.has_begun and not self._script.is_alive
        records = super().take()
        for record in records:
            if reason := self._script.limits.take(record):
                with contextlib.suppress(OSError):
                    self._script._send(Stop(id=new_id(), by=author(), reason=reason))
        if has_ended and not records:
            self._script.say_end()
        return records


def _why(code: int | None) -> str:
    if not code:
        return ""
    if code > 128 and code - 128 in set(signal.Signals):
        return f"ended by {signal.Signals(code - 128).name}"
    return clean_line(f"ended with code {code}")
