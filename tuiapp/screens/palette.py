"""Every command by its name: typing narrows the list, and enter does the one that is marked.

Textual's own palette ends the app when a key comes before its list has rows, or after it was closed.
"""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType

from tuiapp.screens.search import Offer, Search


class Palette(Search[SystemCommand]):
    """Dismissed with the command that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+p", "cancel", show=False, priority=True)]
    ASKS = "Search for commands…"
    NOTHING = "no command has these words in its name"

    def __init__(self, commands: Iterable[SystemCommand]) -> None:
        """Offer these."""
        super().__init__([Offer(command.title, command.help, command) for command in commands])
