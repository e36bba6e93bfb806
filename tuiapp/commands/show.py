"""`lintui show RUN`: what is known of one run, from its whole log."""

import argparse
from typing import TYPE_CHECKING, Any

from tuiapp.commands.named import add_run, named
from tuiapp.commands.printed import put, put_object
from tuiapp.commands.subcommand import Subcommand
from tuiapp.options import NotThere

if TYPE_CHECKING:
    from lintui.bucket import Point
    from lintui.liveness import Life
    from lintui.rundir import RunDirectory
    from lintui.state import RunState


def _add(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--json", action="store_true", help="one object")


def _run(asked: argparse.Namespace) -> int:
    from lintui.liveness import stands
    from lintui.log import LogReader
    from lintui.state import RunState

    directory = named(asked.run)
    written = directory.is_written()
    state = RunState()
    try:
        reader = LogReader(directory.log)
    except OSError as error:
        raise NotThere(f"can't read {directory.log}: {error.strerror or error}; name another run") from error
    while records := reader.read():
        for record in records:
            state.apply(record)
    reader.close()
    if state.started is None:
        raise NotThere(f"{directory.log} is no log of a run; name another one")
    life = stands(directory, written, state)
    problems = reader.problems + ([f"{reader.more_problems} more"] if reader.more_problems else [])
    (_put_json if asked.json else _put_lines)(directory, life, state, problems)
    return 0


def _put_json(directory: "RunDirectory", life: "Life", state: "RunState", problems: list[str]) -> None:
    from lintui.events import Applied, Refused
    from tuiapp.commands.known import headline

    started, ended = state.started, state.ended
    put_object(
        {
            **headline(directory, life, state),
            "task": started.task if started else "",
            "host": started.host if started else "",
            "pid": started.pid if started else None,
            "config": started.config if started else {},
            "knobs": {name: knob.value for name, knob in state.knobs.items()},
            "epoch": state.epoch,
            "epochs": state.epochs,
            "metrics": [
                {
                    **key._asdict(),
                    "final": _point(series.latest),
                    "smallest": _point(series.smallest),
                    "largest": _point(series.largest),
                }
                for key, series in state.series.items()
            ],
            "interventions": [
                {
                    "at": event.at,
                    "t": event.t,
                    "by": event.by,
                    "knob": event.knob,
                    **(
                        {"refused": event.reason}
                        if isinstance(event, Refused)
                        else {"old": event.old, "new": event.new, "note": event.note}
                    ),
                }
                for event in state.happened
                if isinstance(event, Applied | Refused)
            ],
            "reason": ended.reason if ended else "",
            "traceback": ended.traceback if ended else "",
            "summary": ended.summary if ended else {},
            "problems": problems,
        }
    )


def _point(point: "Point | None") -> dict[str, Any] | None:
    return None if point is None else {"at": point.at, "value": point.value}


def _put_lines(directory: "RunDirectory", life: "Life", state: "RunState", problems: list[str]) -> None:
    from tuiapp.commands.known import age
    from tuiapp.figures import ago
    from tuiapp.plain import progress, put_summary

    started = state.started
    if started is None:
        return
    put(f"{directory.path.name}  {life}")
    put(f"started {started.created}, {ago(age(started.created))}, on {started.host}, process {started.pid}")
    for title, rows in (
        ("settings", [f"{name}  {value}" for name, value in started.config.items()]),
        ("what can be changed", [f"{name}  {knob.value}" for name, knob in state.knobs.items()]),
        ("what happened", _happened(state)),
        ("metrics", _metrics(state)),
        ("problems in the log", problems),
    ):
        if rows:
            put("\n".join(["", title, *(f"  {row}" for row in rows)]))
    put("")
    if state.ended is None:
        put(progress(state))
    put_summary(state, str(directory.log))


def _happened(state: "RunState") -> list[str]:
    from lintui.events import Applied, Refused
    from tuiapp.words import told

    return [
        f"{text}  ({event.by})" if isinstance(event, Applied | Refused) else text
        for event in state.happened
        if (text := told(event, state))
    ]


def _metrics(state: "RunState") -> list[str]:
    from tuiapp.figures import three

    def cells(point: "Point | None") -> tuple[str, str]:
        return ("–", "") if point is None else (three(point.value), f"at {point.at}")

    rows = [("", "final", "", "smallest", "", "largest", "")]
    for key, series in state.series.items():
        name = f"{key.split} {key.name}" + (f" of rank {key.rank}" if key.rank else "")
        rows.append((name, *cells(series.latest), *cells(series.smallest), *cells(series.largest)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


COMMAND = Subcommand(
    name="show",
    help="tell what is known of a run",
    description="Tell what is known of a run: settings, what happened to it and by whom, the\n"
    "final, smallest and largest value of each metric, what is wrong with its log.",
    examples=("lintui show linreg-scratch", "lintui show 20260704 --json"),
    add=_add,
    run=_run,
)
