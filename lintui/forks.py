"""What a process that is forked off inherits of a run: nothing; only the one that began it writes and answers."""

import os
import weakref
from typing import Protocol


class Inherited(Protocol):
    """Something that a fork finds in its memory, though it belongs to the process that was forked."""

    def leave_to_parent(self) -> None:
        """Called in the child: do nothing from now on."""


_OURS: "weakref.WeakSet[Inherited]" = weakref.WeakSet()


def stays_here(thing: Inherited) -> None:
    """Keep `thing` to the processes that don't come of a fork, such as the workers of a DataLoader."""
    _OURS.add(thing)


def _leave_all() -> None:
    for thing in list(_OURS):
        thing.leave_to_parent()
    _OURS.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all)
