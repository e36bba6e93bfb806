"""Finds the run that a command line names, and completes its name in a shell."""

import argparse
from typing import TYPE_CHECKING

from lintui.clean import clean_line
from tuiapp import completion
from tuiapp.options import NotThere

if TYPE_CHECKING:
    from lintui.rundir import RunDirectory

_MOST_OFFERED = 100
"""Names that a shell is offered at most, the newest."""


def add_run(parser: argparse.ArgumentParser) -> None:
    """Let a command take RUN."""
    action = parser.add_argument("run", metavar="RUN", help="its name, its directory, or any part of either")
    completion.offer(action, names)


def named(run: str) -> "RunDirectory":
    """The run of this name, or at this path, or the only one whose name has this part; raises NotThere."""
    from lintui import rundir

    try:
        return rundir.find(run)
    except rundir.RunDirectoryError as error:
        raise NotThere(str(error)) from error


def newest() -> "RunDirectory":
    """The newest run that goes on, else the newest; raises NotThere."""
    from lintui import rundir

    try:
        return rundir.newest()
    except rundir.RunDirectoryError as error:
        raise NotThere(str(error)) from error


def names(**_: object) -> list[str]:
    """The newest runs, by the names of their directories."""
    from lintui import rundir

    try:
        return [clean_line(run.path.name) for run in rundir.listing()[:_MOST_OFFERED]]
    except rundir.RunDirectoryError:
        return []
