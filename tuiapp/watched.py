"""One run that is watched: where its records come from, how it is told something, and what is known of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lintui.commands import Command
from lintui.events import Record
from lintui.liveness import GOING_ON, Life, Pulse
from lintui.sources import Found
from lintui.state import RunState
from tuiapp.feed import WITHIN, Feed, LogFeed


@dataclass(slots=True, eq=False)
class Watched:
    """A run of this process, of another one, or one that is over."""

    feed: Feed
    send: Callable[[Command], None] | None
    """Tells it something; None: it can't be steered from here."""
    folder: Path | None = None
    """The run's directory, where that is known: what is larger than a line of its log is there."""
    label: str = ""
    """What tells it from the runs beside it, such as "lr 1e-6"; empty: it is alone."""
    state: RunState = field(default_factory=RunState)
    """What is known of it. Of a long log what a few lines say at first, and another state once it has been read."""
    found: Found | None = None
    """Where it was found; None: it was not looked for."""
    pulse: Pulse | None = None
    """Tells whether the process that writes it lives; None: it is ours, or nobody writes it."""
    life: Life = GOING_ON
    """How it stood at the last look, as far as its pulse tells."""
    others_first: int = 0
    """Looks that it lets pass while its log is long, so that of several long ones one a tick is begun."""
    _read: RunState | None = None
    """What was read so far of such a log, every record in order, while `state` is a first look at it."""

    def look(self, within: float = WITHIN) -> list[Record]:
        """Take in what came since the last look, and return it; never waits.

        Of a long log as much as can be read in so many seconds, about.
        """
        if isinstance(self.feed, LogFeed):
            records = self._look_at_log(self.feed, within)
        else:
            records = self.feed.take()
            for record in records:
                self.state.apply(record)
        if self.pulse is not None and self._read is None:
            self.life = self.pulse.look(self.state)
        return records

    def _look_at_log(self, log: LogFeed, within: float) -> list[Record]:
        is_new = self._read is None and not log.is_at_its_end
        if is_new and log.is_long:
            if self.others_first:
                self.others_first -= 1
            else:
                # What is seen first waits for nothing else.
                self.state, self._read = log.first_look() or self.state, self.state
            return []
        read = self.state if self._read is None else self._read
        records = []
        for some in log.parts(within):
            for record in some:
                read.apply(record)
            records += some
        if log.is_at_its_end:
            self.state, self._read = read, None
        elif is_new:
            self.state, self._read = log.first_look() or read, read
        elif (newer := log.newer_look()) is not None:
            # A run that goes on does not stand still until what is past has been read.
            self.state = newer
        return records

    @property
    def reading(self) -> float | None:
        """How much of the log has been read, between 0 and 1, while `state` is a first look at it; None otherwise."""
        return self.feed.share() if self._read is not None and isinstance(self.feed, LogFeed) else None

    @property
    def problems(self) -> Sequence[str]:
        """What could not be read of its log, a line each."""
        return self.feed.source.problems if isinstance(self.feed, LogFeed) else ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come of it: it has ended, or its process has."""
        return (self.state.ended is not None and self._read is None) or self.life.died

    @property
    def steers(self) -> bool:
        """Whether commands can be given to it from here."""
        return self.send is not None and not self.life.died

    @property
    def goes_on(self) -> bool:
        """Whether it can still be told something."""
        return self.steers and self.state.ended is None and not self.state.stopping
