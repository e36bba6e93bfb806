"""Gives commands to runs, each once, and shows them as pending until they are answered; without knowing any key."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from lintui.commands import Command, Set, author, new_id
from lintui.state import RunState
from tuiapp.screens.keeping import Keeping
from tuiapp.watched import Watched

CHASE = 0.015
"""Seconds between two looks while an answer is awaited."""


class Pending(NamedTuple):
    """A command that was given to a run and is not answered yet, and how it is shown."""

    command: Command
    shown: str
    to: Watched


class Telling(Keeping):
    """A screen from which runs can be told something, those that can be."""

    def __init__(self, watched: Sequence[Watched]) -> None:
        """Watch these, at least one."""
        super().__init__()
        self.watched = watched
        self.focused_run = 0
        """Which run is in focus: what is said of one run is said of it, and it is the one that is steered."""
        self.author = author()
        self.pending: dict[str, Pending] = {}
        """Commands that were given and are not answered yet."""

    @property
    def one(self) -> Watched:
        """The run in focus."""
        return self.watched[self.focused_run]

    @property
    def state(self) -> RunState:
        """What is known of the run in focus."""
        return self.one.state

    @property
    def folder(self) -> Path | None:
        """Where the run in focus keeps what is larger than a line."""
        return self.one.folder

    def look_for_answers(self) -> None:
        """Take what has come from the run."""
        raise NotImplementedError

    def draw_pending(self) -> None:
        """Show what was asked for and is not answered yet."""
        raise NotImplementedError

    def _give(self, command: Command, shown: str, to: Watched | None = None) -> None:
        to = to or self.one
        if to.send is not None and not to.life.died:
            try:
                to.send(command)
            except OSError as error:
                reason = error.strerror or str(error)
                self.notice(f"the run can't be told anything: {reason}")
                return
            self.pending[command.id] = Pending(command, shown, to)
            # Shown as pending at once, whatever the rhythm of drawing is.
            self.draw_pending()
            self.set_timer(CHASE, self._chase)

    def _give_all(self, command: Callable[[str], Command], shown: str) -> None:
        """Give a command to every run that goes on, each with an id of its own."""
        for watched in self.watched:
            if watched.goes_on:
                self._give(command(new_id()), shown, watched)

    def _chase(self) -> None:
        """Look for the answer more often than for other news: somebody is waiting for it."""
        self.look_for_answers()
        if self.pending:
            self.set_timer(CHASE, self._chase)

    def _set(self, knob: str, value: str | float | bool, shown: str) -> None:
        self._give(Set(id=new_id(), by=self.author, knob=knob, value=value), shown)
