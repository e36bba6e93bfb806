"""The commands for scripts, a file each: what can be asked of runs without a screen."""

from tuiapp.commands import export, ls, set, show, tail
from tuiapp.commands.subcommand import Subcommand

COMMANDS: tuple[Subcommand, ...] = (ls.COMMAND, show.COMMAND, tail.COMMAND, set.COMMAND, export.COMMAND)
"""In the order of the help."""
