"""Trainings in processes of their own, without torch, that are there to be killed and stopped."""

import os
import signal
import subprocess
import sys

from strategies import child_environment, read_log, wait_until

from lintui import rundir
from lintui.liveness import Life, stands
from lintui.state import RunState

TRAINING = """
import os, sys, time
from pathlib import Path
from lintui.run import Run
from lintui.rundir import RunDirectory

path = Path(sys.argv[1])
rate = float(sys.argv[2])
run = Run("child", RunDirectory(path, path / "log.jsonl"), config={"lr": rate})
run.tune("lr", rate, label="learning rate")
if sys.argv[3:] == ["forks"] and (child := os.fork()):
    print(child, flush=True)
elif sys.argv[3:] == ["forks"]:
    time.sleep(600)
while True:
    run.step({"loss": 1.0 / (run.at + 1)})
    run.safe_point()
    time.sleep(0.005)
"""


class Training:
    """A training in a process of its own, which can be killed and stopped."""

    def __init__(self, *how: str, lr: float = 1.0) -> None:
        """Start it, and wait for its first steps; one that "forks" prints the process id of a child that sleeps."""
        self.directory = rundir.create("child")
        self.process = subprocess.Popen(
            [sys.executable, "-c", TRAINING, str(self.directory.path), str(lr), *how],
            env=child_environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: self.directory.log.exists() and self.state.at > 3, "the first steps")

    @property
    def state(self) -> RunState:
        """What its log says so far."""
        state = RunState()
        for record in read_log(self.directory.log)[0]:
            state.apply(record)
        return state

    @property
    def life(self) -> Life:
        """How it stands at a look."""
        written = self.directory.is_written()
        return stands(self.directory, written, self.state)

    def gets(self, signal: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.process.pid, signal)

    def is_killed(self) -> None:
        """Kill it, if that has not been done, and wait until it is gone."""
        self.process.kill()
        self.process.wait()
