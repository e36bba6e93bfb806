"""`lintui export`: a run in the format of another tool, or as a picture or a page."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from lintui.clean import clean_line
from tuiapp import completion
from tuiapp.commands.named import named, names
from tuiapp.commands.subcommand import Subcommand
from tuiapp.options import Mistake, NotThere, one_of

if TYPE_CHECKING:
    from lintui.export.recording import Recording

FORMATS = ("csv", "jsonl", "tensorboard", "parquet", "svg", "html")
_STREAMED = ("csv", "jsonl")
"""Formats that can be written to a pipe."""
_STANDARD_OUTPUT = "-"
_FAILED = 1
_TERMINATED = 143
_ABOUT = """\
Write a run in another tool's format. It is the run as it ended: of a branch
that was left, the steps beyond where the next one began are not in it.

  csv, jsonl, parquet  a row for each step: step, epoch, time (seconds since
                       the start) and each metric as "train/loss"; empty, null
                       or absent where nothing was measured. NaN is nan in CSV;
                       in JSON it is null and named under "nonfinite". A name
                       in the CSV header that a spreadsheet would take for a
                       formula stands behind an apostrophe.
  tensorboard          a folder with an event file: scalars and histograms
  svg, html            the charts; or a page with them, settings and results"""


def _add(parser: argparse.ArgumentParser) -> None:
    run = parser.add_argument("run", metavar="RUN", help="its name or directory, a log, or another tool's file")
    completion.offer(run, _runs_and_files)
    to = parser.add_argument("--to", metavar="FORMAT", required=True, help=", ".join(FORMATS))
    completion.offer(to, lambda **_: FORMATS)
    output = parser.add_argument(
        "-o", metavar="FILE", dest="output", help="where to (RUN.FORMAT here); - prints it (csv, jsonl)"
    )
    completion.offer(output, completion.files)


def _runs_and_files(*, prefix: str, **_: object) -> list[str]:
    return [*names(), *completion.files(prefix=prefix)]


def _run(asked: argparse.Namespace) -> int:
    format = one_of("format", asked.to, FORMATS)
    if asked.output == _STANDARD_OUTPUT and format not in _STREAMED:
        raise Mistake(f"{format} can't be printed; leave -o out, or name a file")
    log, stem = _found(asked.run)
    output = Path(f"{stem}.{format}" if asked.output is None else asked.output)
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # so that nothing half-written stays
    try:
        return _export(format, log, output)
    finally:
        signal.signal(signal.SIGTERM, before)


def _export(format: str, log: Path, output: Path) -> int:
    from lintui.export.parquet import NoPyarrow
    from lintui.export.recording import Recording
    from tuiapp.export.source import RunSource

    try:
        source = RunSource(log)
        recording = Recording(source)
        if not recording.size:
            raise NotThere(f"{log} is no log of a run; name a run, its directory or its log")
        _tell_what_is_missing(recording, source.problems)
        if str(output) == _STANDARD_OUTPUT:
            _writer(format)(recording, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            _write(format, recording, output)
            print(clean_line(str(output), 4_000))
    except NoPyarrow as missing:
        raise Mistake(str(missing)) from missing
    except FileExistsError as error:
        raise Mistake(f"{output} is there already, and nothing is ever overwritten; name another: -o FILE") from error
    except BrokenPipeError:  # nobody reads any more, as behind `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        _say(f"can't write {output}: {error.strerror or error}")
        return _FAILED
    return 0


def _found(run: str) -> tuple[Path, str]:
    """What is to be read, and what a file made of it is called first; raises NotThere."""
    from lintui.rundir import safe_name

    path = Path(run)
    if not os.path.lexists(path) or path.is_dir():
        try:
            directory = named(run)
            return directory.log, directory.path.name
        except NotThere:
            if not path.is_dir():
                raise
    place = path.absolute()
    return path, safe_name(place.parent.name if path.name == "log.jsonl" else place.stem)


def _write(format: str, recording: "Recording", output: Path) -> None:
    from lintui.export.aside import new_file, new_folder

    if format != "tensorboard":
        with new_file(output) as file:
            _writer(format)(recording, file)
        return
    from lintui.export.tensorboard import file_name

    with new_folder(output) as folder, new_file(folder / file_name(recording)) as file:
        _writer(format)(recording, file)


def _writer(format: str) -> "Callable[[Recording, BinaryIO], None]":
    """What writes the format, imported only where it is asked for."""
    match format:
        case "csv":
            from lintui.export import csv

            return csv.write
        case "jsonl":
            from lintui.export import jsonl

            return jsonl.write
        case "tensorboard":
            from lintui.export import tensorboard

            return tensorboard.write
        case "parquet":
            from lintui.export import parquet

            return parquet.write
        case "svg":
            from tuiapp.export import svg

            return svg.write
        case _:
            from tuiapp.export import html

            return html.write


def _tell_what_is_missing(recording: "Recording", problems: list[str]) -> None:
    if problems:
        others = f", and {len(problems) - 1} more like it" if len(problems) > 1 else ""
        _say(f"not all of the log could be read: {problems[0]}{others}")
    if recording.left_out:
        _say(f"{recording.left_out} values of metrics beyond the first {len(recording.keys)} are left out")


def _say(text: str) -> None:
    print(f"lintui: {clean_line(text, 1_000)}", file=sys.stderr)


COMMAND = Subcommand(
    name="export",
    help="write a run as csv, jsonl, tensorboard, parquet, svg or html",
    description=_ABOUT,
    examples=(
        "lintui export linreg-scratch --to csv",
        "lintui export run.jsonl --to tensorboard -o logs/run",
        "lintui export linreg-scratch --to jsonl -o - | head",
    ),
    add=_add,
    run=_run,
)
