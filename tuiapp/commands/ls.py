"""`lintui ls`: the runs there are, newest first, a line each."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tuiapp.commands.printed import put, put_object
from tuiapp.commands.subcommand import Subcommand
from tuiapp.options import whole

if TYPE_CHECKING:
    from lintui.rundir import RunDirectory

_HEADER = ("run", "state", "step", "loss", "started", "took")


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-n", type=whole("-n", least=1), metavar="N", help="the newest N only")
    parser.add_argument("--json", action="store_true", help="an object a line")


def _run(asked: argparse.Namespace) -> int:
    from lintui.rundir import listing

    runs = listing()[: asked.n]
    if asked.json:
        for run in runs:
            put_object(_seen(run)[1])
        return 0
    rows = [_cells(*_seen(run)) for run in runs]
    widths = [max(map(len, column)) for column in zip(_HEADER, *rows, strict=True)]
    for row in [_HEADER, *rows] if rows else []:
        put(_line(row, widths))
    if not rows:
        put("there is no run yet; start one: lintui demo")
    return 0


def _seen(run: "RunDirectory") -> tuple[str, dict[str, Any]]:
    """How a run stands, in words, and what else a look at the ends of its log tells."""
    from lintui.ends import glance
    from lintui.liveness import Life, stands
    from lintui.state import RunState
    from tuiapp.commands.known import headline

    written = run.is_written()
    try:
        state = glance(run.log)
        life = stands(run, written, state)
    except OSError:
        state, life = RunState(), Life("unreadable")
    return str(life), headline(run, life, state)


def _cells(life: str, known: dict[str, Any]) -> tuple[str, ...]:
    from tuiapp.commands.known import age
    from tuiapp.figures import ago, duration, three

    step = f"{known['step']}/{known['steps']}" if known["steps"] else f"{known['step']}"
    loss = three(known["loss"])
    return known["run"], life, step, loss, ago(age(known["created"])), duration(known["seconds"])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Names to the left, numbers to the right."""
    return "  ".join(
        cell.ljust(width) if i < 2 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ).rstrip()


COMMAND = Subcommand(
    name="ls",
    help="list the runs, newest first",
    description="List the runs, newest first: how each stands and where it has got to.",
    examples=("lintui ls", "lintui ls -n 5 --json"),
    add=_add,
    run=_run,
)
