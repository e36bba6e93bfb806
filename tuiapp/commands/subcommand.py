"""What one command of the command line is: its name, its help, its arguments and what it does."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Subcommand:
    """A row of the table of commands; everything the parser and the dispatch need follows from it."""

    name: str
    """What is typed behind `lintui`."""
    help: str
    """What it does, in the list of all commands."""
    description: str
    """The same in its own help, in whole sentences."""
    examples: tuple[str, ...]
    """Whole command lines."""
    add: Callable[[argparse.ArgumentParser], None]
    """Adds its arguments to a parser."""
    run: Callable[[argparse.Namespace], int]
    """Does it and returns the exit code; raises Mistake. Whatever is slow to import is imported only there."""
