"""`lintui set RUN knob=value`: steers a run that goes on in another process, and waits for its answers."""

import argparse
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tuiapp import completion
from tuiapp.commands import assignments
from tuiapp.commands.named import add_run, named
from tuiapp.commands.printed import put, put_logged
from tuiapp.commands.subcommand import Subcommand
from tuiapp.options import Mistake, NotThere, number

if TYPE_CHECKING:
    from lintui.commands import Command
    from lintui.ends import Tail
    from lintui.events import Record
    from lintui.rundir import RunDirectory
    from lintui.state import RunState

_REFUSED = 1
_LOOK_EVERY = 0.02


def _add(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    values = parser.add_argument("values", nargs="+", metavar="KNOB=VALUE", help=assignments.FORMS)
    completion.offer(values, _knobs)
    parser.add_argument(
        "--timeout",
        type=number("--timeout", least=0.0),
        default=30.0,
        metavar="S",
        help="seconds to wait for the answers (30)",
    )
    parser.add_argument("--json", action="store_true", help="the answers as they stand in the log")


def _run(asked: argparse.Namespace) -> int:
    from lintui.commands import author, new_id
    from lintui.ends import Tail
    from lintui.events import Refused
    from lintui.inbox import leave
    from tuiapp.words import told

    directory = named(asked.run)
    try:
        state = _at_present(directory, asked.values)
        by = author()
        commands = [assignments.command(typed, state.knobs, id=new_id(), by=by) for typed in asked.values]
        tail = Tail(directory.log, 0)
        for command in commands:
            leave(directory.inbox, command)
    except OSError as error:
        raise NotThere(f"{asked.run} can't be told anything: {error.strerror or error}") from error
    refused = False
    for line, record in _answers(directory, tail, state, commands, asked.timeout):
        refused = refused or isinstance(record.event, Refused)
        if asked.json:
            put_logged(line)
        else:
            put(told(record.event, state))
    return _REFUSED if refused else 0


def _at_present(directory: "RunDirectory", values: list[str]) -> "RunState":
    """What is known of a run that goes on, its knobs above all; raises NotThere and OSError."""
    from lintui.ends import glance
    from lintui.liveness import stands
    from lintui.log import LogReader

    written = directory.is_written()
    state = glance(directory.log)
    life = stands(directory, written, state)
    if not life.goes_on:
        raise NotThere(f"{directory.path.name} does not go on ({life}); only a run that does can be changed")
    known = {"stop", "step", *assignments.names(state.knobs)}
    if any(value.partition("=")[0] not in known for value in values):
        # A knob that came late is declared somewhere in between.
        reader = LogReader(directory.log)
        state = type(state)()
        while records := reader.read():
            for record in records:
                state.apply(record)
        reader.close()
    return state


def _answers(
    directory: "RunDirectory", tail: "Tail", state: "RunState", commands: list["Command"], timeout: float
) -> "Iterator[tuple[bytes, Record]]":
    """The line and the record of each answer, as they come; raises Mistake where one doesn't come in time."""
    from lintui.ends import records
    from lintui.events import Applied, Refused
    from lintui.liveness import Pulse

    waiting = {command.id for command in commands}
    pulse = Pulse(directory)
    until = time.monotonic() + timeout
    while waiting:
        lines = tail.read()
        for line in lines:
            for record in records([line]):
                state.apply(record)
                if isinstance(record.event, Applied | Refused) and record.event.id in waiting:
                    waiting.remove(record.event.id)
                    yield line, record
        if lines or not waiting:
            continue
        if not pulse.look(state).goes_on:
            raise NotThere(f"{directory.path.name} is over and has not answered")
        if time.monotonic() > until:
            raise _NoAnswer(f"no answer within {timeout:g} s; it may still come: lintui tail {directory.path.name}")
        time.sleep(_LOOK_EVERY)


class _NoAnswer(Mistake):
    """The run goes on, and has not said in time what came of it."""

    exit_code = _REFUSED


def _knobs(*, prefix: str, parsed_args: argparse.Namespace, **_: object) -> Iterator[str]:
    """What can be typed for the run that was named, as far as that is known: a knob, or all of a choice."""
    from lintui.ends import glance

    try:
        knobs = glance(named(parsed_args.run).log).knobs
    except (Mistake, OSError):
        return
    name = prefix.partition("=")[0]
    if "=" in prefix and name in knobs:
        yield from (f"{name}={choice}" for choice in knobs[name].choices)
    else:
        yield from (f"{name}=" for name in assignments.names(knobs))
        yield "stop"


COMMAND = Subcommand(
    name="set",
    help="steer a run without a screen",
    description="Change something of a run that goes on, between two steps, and print its\n"
    "answers. Exit code 0: all was applied; 1: something was refused, or not answered\n"
    "in time; 4: the run does not go on.",
    examples=(
        "lintui set linreg-scratch lr=0.01",
        "lintui set linreg-scratch lr=x0.5 paused=false",
        "lintui set softmax-blobs stop --json",
    ),
    add=_add,
    run=_run,
)
