"""One run that is watched: where its records come from, how it is told something, and what is known of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lintui.commands import Command
from lintui.events import Record
from lintui.state import RunState
from tuiapp.feed import Feed


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

    def look(self) -> list[Record]:
        """Take in what came since the last look, and return it; never waits."""
        records = self.feed.take()
        for record in records:
            self.state.apply(record)
        return records

    @property
    def goes_on(self) -> bool:
        """Whether it can still be told something."""
        return self.send is not None and self.state.ended is None and not self.state.stopping
