"""Carries commands out on a run's knobs, its pause and its end, without knowing where commands come from."""

import math
from collections.abc import Callable
from typing import NamedTuple

from lintui.commands import Checkpoint, Command, Scale, Set, Step, Stop
from lintui.events import Scalar
from lintui.knobs import Knob, Number, Switch, Unfit
from lintui.rate import RateFactor

_MOST_STEPS = 1_000_000_000


class Done(NamedTuple):
    """What a command did: which knob it turned, from what to what, and what that doesn't say by itself."""

    knob: str
    old: Scalar
    new: Scalar
    note: str = ""


class Steering:
    """The knobs of a run and whether it goes on, waits or ends."""

    def __init__(self, *, paused: bool = False) -> None:
        """Start with nothing but a pause, which is off, or on until somebody begins."""
        self.paused = Switch("paused")
        self.paused.value = paused
        self.should_stop = False
        self.stop_reason = ""
        self.knobs: dict[str, Knob] = {"paused": self.paused}
        self.steps_left = 0
        """Steps until the run pauses again; 0: it was not told to."""
        self.keep: Callable[[], str] | None = None
        """Keeps the training as it stands and returns where; may raise anything. None: there is nothing to keep."""
        self.has_limit = False
        """Whether steps wait for a limit on their speed."""
        self._speed: Number | None = None
        self._stepped = -math.inf
        """When the last step was made, or should have been."""

    def limit_speed(self, steps_a_second: float) -> Number:
        """Let people slow the run down enough to be watched; returns the knob."""
        self.has_limit = True
        self._speed = Number("speed", steps_a_second, label="speed limit", low=1e-3, high=1e6)
        return self._speed

    def wait(self, now: float) -> float:
        """Seconds until the next step may be made, by a clock that reads `now`; infinite while paused."""
        if self.should_stop:
            return 0.0
        if self.paused.value:
            return math.inf
        if self._speed is None:
            return 0.0
        return max(self._stepped + 1 / self._speed.value - now, 0.0)

    def count_step(self, now: float) -> None:
        """A step is done: pause if it was the last of those that were asked for."""
        if self._speed is not None:
            # In time with the limit on average, without hurrying to make up for a pause.
            self._stepped = max(self._stepped + 1 / self._speed.value, now - 1 / self._speed.value)
        if self.steps_left:
            self.steps_left -= 1
            self.paused.value = self.steps_left == 0

    def carry_out(self, command: Command) -> Done:
        """Do what is asked; raises Unfit, and then nothing has changed."""
        match command:
            case Stop():
                self.should_stop = True
                self.stop_reason = command.reason
                return Done("stop", None, None, command.reason)
            case Step():
                return self._allow_steps(command.count)
            case Checkpoint():
                return Done("checkpoint", None, self._keep())
            case Set() | Scale():
                return self._turn(command)

    def _keep(self) -> str:
        if self.keep is None:
            raise Unfit("there is nothing here to keep: the run was handed no model")
        try:
            return self.keep()
        except OSError as error:
            raise Unfit(f"the checkpoint can't be written: {error.strerror or error}") from error
        except Exception as error:  # what a model of somebody's own makes of being asked for its state
            raise Unfit(f"the checkpoint can't be made ({type(error).__name__}: {error})") from error

    def _allow_steps(self, count: int) -> Done:
        if not 1 <= count <= _MOST_STEPS:
            raise Unfit(f"can't make {count} steps; a whole number from 1 to {_MOST_STEPS} is needed")
        # Steps that are still owed add up, so that a key pressed five times makes five steps.
        self.steps_left += count
        self.paused.value = False
        return Done("step", None, count)

    def _turn(self, command: Set | Scale) -> Done:
        knob = self.knobs.get(command.knob)
        if knob is None:
            # "lr", "lr[0]" and "gan.lr" are rates; the knobs are the factors on them.
            factor = self.knobs.get(command.knob.replace("lr", "lr.factor", 1))
            if isinstance(factor, RateFactor):
                return _steer(factor, command)
            raise Unfit(f"there is nothing called {command.knob!r} to change")
        old, new = knob.set(command.value) if isinstance(command, Set) else knob.scale(command.factor)
        if knob is self.paused:
            self.steps_left = 0
        return Done(command.knob, old, new)


def _steer(rate: RateFactor, command: Set | Scale) -> Done:
    """Change an optimizer's learning rate as such, by way of the factor on it."""
    before = rate.value
    old, new = rate.set_exactly(command.value) if isinstance(command, Set) else rate.scale(command.factor)
    return Done(rate.name, old, new, f"learning rate {before:.3g} → {rate.value:.3g}")
