"""A recorded run that is shown again, at a speed of its own: play, hold, step and seek, without a screen or keys."""

import math
import time
from collections.abc import Callable
from itertools import pairwise

from lintui.events import Branched, Record
from lintui.state import RunState
from tuiapp.feed import WITHIN
from tuiapp.tape import Goal, Reader, Tape
from tuiapp.watched import Watched

WHOLE = 25.0
"""Seconds that all steps of a run take at the speed that a replay starts with, about."""
SLOWEST, FASTEST = 2.0**-20, 2.0**20
LONGEST_WAIT = 2.0
"""Seconds at most, of ours, until something happens again: pauses of the run and what it waited for are cut short."""
SLICE = 0.04
"""Seconds of playing or seeking that one look may take, about."""
_STRETCHES = 16
"""Into which a run is divided at least, to tell its usual pace."""
_LONGEST_LOOK = 0.25
"""Seconds between two looks that count at most: after more, somebody's screen stood still."""


class Replay(Watched):
    """A run as far as it is known, or, once a replay was begun, as it was known at an earlier moment of it.

    What is added to the log meanwhile is not missed; where the replay gets there, it is over.
    """

    def __init__(
        self, run: Watched, reopened: Callable[[], Reader], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Show `run`; `reopened` reads its log anew from its start, and may raise OSError."""
        super().__init__(run.feed, None, run.folder, run.label, run.state, run.found)
        self.run = run
        self.is_playing = False
        self.speed = 1.0
        """Seconds of the run in each of ours: a power of two."""
        self._reopened = reopened
        self._clock = clock
        self._looked_at = clock()
        self._tape: Tape | None = None
        """What is played; None: the run is shown as far as it is known."""
        self._t = 0.0
        """The moment that is played, in seconds since the run's start."""
        self._sought: tuple[Tape, Goal] | None = None
        """Where the replay is on its way to, and the tape that gets there."""

    @property
    def is_on(self) -> bool:
        """Whether an earlier moment is shown than the newest."""
        return self._tape is not None or self._sought is not None

    @property
    def is_seeking(self) -> bool:
        """Whether the moment that was asked for has not been reached yet."""
        return self._sought is not None

    @property
    def reading(self) -> float | None:
        """How much of the log has been read, while only a first look at it is shown."""
        return None if self.is_on else self.run.reading

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come of the run, whatever moment of it is shown."""
        return self.run.is_over

    @property
    def words(self) -> str:
        """How fast and where it plays; empty: it doesn't."""
        if not self.is_on:
            return ""
        where = f"step {self.state.at} of {self.run.state.at}"
        return " · ".join([f"replay {_times(self.speed)}", where, self._doing()])

    def _doing(self) -> str:
        if self._sought is None:
            return "playing" if self.is_playing else "held"
        tape, goal = self._sought
        return f"seeking {100 * min(tape.state.at / goal.step, 1.0):.0f} %" if goal.step else "seeking"

    # From the log to the state

    def look(self, within: float = WITHIN) -> list[Record]:
        """Play what is due; returns what is new of the run itself while that is what is shown."""
        records = self.run.look(within)
        now = self._clock()
        passed, self._looked_at = min(now - self._looked_at, _LONGEST_LOOK), now
        if self._sought is not None:
            self._seek(*self._sought)
        elif self._tape is not None and self.is_playing:
            self._play(self._tape, passed * self.speed)
        if self._tape is None:
            self.state = self.run.state
        return [] if self.is_on else records

    def _play(self, tape: Tape, seconds: float) -> None:
        self._t += seconds
        if tape.due is not None:
            self._t = max(self._t, tape.due - LONGEST_WAIT * self.speed)
        if not tape.play(Goal(t=self._t), self._lateness()):
            self._t = tape.t  # reading does not keep up with so much speed
        self._reach(tape)

    def _seek(self, tape: Tape, goal: Goal) -> None:
        """Go on towards the goal; what was shown stays until it is reached."""
        if tape.play(goal, self._lateness()):
            self._sought, self._t = None, tape.t
            self._reach(tape)

    def _reach(self, tape: Tape) -> None:
        """Show the run as the tape has it, or, where that has come to its end, as far as it is known."""
        if self._tape is not None and self._tape is not tape:
            self._tape.close()
        self._tape, self.state = tape, tape.state
        if tape.is_over:
            self.end()

    def _lateness(self) -> Callable[[], bool]:
        end = self._clock() + SLICE
        return lambda: self._clock() > end

    # What can be done with it

    def toggle(self) -> None:
        """Play, from the beginning unless a replay is on, or hold. Raises OSError."""
        if self.is_on:
            self.is_playing = not self.is_playing
        else:
            self._begin_at(Goal(step=0))
            self.is_playing = self.is_on

    def step(self) -> None:
        """Hold, one step further on."""
        self.is_playing = False
        if self._tape is not None and self._sought is None:
            self._tape.step(self._lateness())
            self._t = self._tape.t
            self._reach(self._tape)

    def step_back(self) -> None:
        """Hold at the step before, on the branch that this one was made on. Raises OSError."""
        if self._sought is not None:
            return
        self.is_playing = False
        branch, before = self.state.branch, self.state.at - 1
        for event in self.state.happened:
            if isinstance(event, Branched) and event.branch == self.state.branch and before < event.from_step:
                branch = event.parent
        if before >= 0:
            self._begin_at(Goal(step=before, branch=branch))

    def seek(self, step: int) -> None:
        """Go to where a step was made first, or to the end where there are not so many. Raises OSError."""
        if self._tape is not None and self._sought is None and not self._has_branched and step >= self.state.at:
            self._sought = self._tape, Goal(step=step)
            self.look()
        else:
            self._begin_at(Goal(step=step))

    def begin(self) -> None:
        """Go to the moment before the first step. Raises OSError."""
        self._begin_at(Goal(step=0))

    def end(self) -> None:
        """Show the run as far as it is known, and hold."""
        for tape in {self._tape, self._sought[0] if self._sought is not None else None}:
            if tape is not None:
                tape.close()
        self._tape = self._sought = None
        self.is_playing = False
        self.state = self.run.state

    def scale(self, factor: float) -> None:
        """Play so many times as fast."""
        self.speed = min(max(self.speed * factor, SLOWEST), FASTEST)

    @property
    def _has_branched(self) -> bool:
        return any(isinstance(event, Branched) for event in self.state.happened)

    def _begin_at(self, goal: Goal) -> None:
        """Read the log from its start, and play up to there as far as that can be done at once."""
        if not self.is_on:
            self.speed = fitting(self.run.state)
        tape = Tape(self._reopened())
        if self._sought is not None and self._sought[0] is not self._tape:
            self._sought[0].close()
        self._sought = tape, goal
        self.look()


def fitting(state: RunState) -> float:
    """The power of two at which the steps of a run take about `WHOLE` seconds; 1 where they took no time.

    They count at their median pace: what came before the first one doesn't, nor do pauses. It is taken over a few
    steps at a time, as some become known together, at one moment.
    """
    known = state.timeline.points()
    points = known if len(known) < 2 * _STRETCHES else [*known[:: len(known) // _STRETCHES], known[-1]]
    paces = sorted(((b.value - a.value) / (b.at - a.at), b.at - a.at) for a, b in pairwise(points) if b.at > a.at)
    half, made = sum(steps for _, steps in paces) / 2, 0
    for pace, steps in paces:
        made += steps
        if made >= half and pace > 0:
            return min(max(2.0 ** round(math.log2(2 * half * pace / WHOLE)), SLOWEST), FASTEST)
    return 1.0


def _times(speed: float) -> str:
    return f"×{speed:g}" if speed >= 1 else f"×1/{1 / speed:g}"
