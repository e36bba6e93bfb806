"""From what was typed to runs that can be watched: sources that are opened, folders in which runs are found."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from lintui import rundir
from lintui.inbox import leave
from lintui.liveness import Pulse
from lintui.rundir import RunDirectory
from lintui.sources import LOG, Found, Unreadable, find_runs, open_source
from tuiapp.feed import LogFeed
from tuiapp.options import Mistake, NotThere
from tuiapp.replay import Replay
from tuiapp.watched import Watched

MOST = 10
"""Runs in one picture: as many as there are colours that can be told apart."""
_RECENT = 50
"""Runs that are offered without being asked for."""
_NAMED = "name a log, a run's directory or a folder with some"


def looked_up(typed: Sequence[str]) -> list[Found]:
    """The runs that these words mean: paths of files, of runs or of folders with runs, or names of runs.

    Raises NotThere for the first that means none.
    """
    runs = [run for word in typed for run in _meant_by(word)]
    return list({run.path.absolute(): run for run in runs}.values())


def recent() -> list[Found]:
    """Our newest runs, the newest first; empty where there are none."""
    try:
        return [_ours(run) for run in rundir.listing()[:_RECENT]]
    except rundir.RunDirectoryError:
        return []


def opened(runs: Sequence[Found]) -> list[Watched]:
    """The runs, ready to be looked at.

    Raises NotThere where one can't be opened, and Mistake for more than there is room for in one picture.
    """
    if len(runs) > MOST:
        raise Mistake(f"{MOST} runs at most are told apart in one picture, not {len(runs)}; name fewer of them")
    watched: list[Watched] = []
    try:
        for run in runs:
            feed = LogFeed(run.path, open_source(run.path))
            watched.append(Watched(feed, None, folder_of(run), found=run, others_first=len(watched)))
    except Unreadable as error:
        close(watched)
        raise NotThere(str(error)) from error
    return watched


def played(watched: Sequence[Watched]) -> list[Watched]:
    """The same, but one that is alone and can't be told anything can be played again."""
    match watched:
        case [Watched(feed=LogFeed() as feed, send=None) as one]:
            return [Replay(one, feed.reopened)]
    return list(watched)


def attached(runs: Sequence[Found]) -> list[Watched]:
    """The same, and those that are still being written can be told something; raises likewise."""
    watched = opened(runs)
    for one, run in zip(watched, runs, strict=True):
        directory = directory_of(run)
        if directory is not None and directory.is_written():
            one.send, one.pulse = partial(leave, directory.inbox), Pulse(directory)
    return watched


def directory_of(run: Found) -> RunDirectory | None:
    """The directory of a run of ours; None for what is a file by itself."""
    return RunDirectory(run.path.parent, run.path) if run.path.name == LOG else None


def folder_of(run: Found) -> Path:
    """Where a run has what is larger than a line of its log."""
    return run.path.absolute() if run.path.is_dir() else run.path.absolute().parent


def output_of(watched: Sequence[Watched]) -> Path | None:
    """The file with what the run printed, where it is only one run and there is such a file."""
    folder = watched[0].folder
    kept = folder / "output.txt" if folder is not None and len(watched) == 1 else None
    return kept if kept is not None and kept.exists() else None


def close(watched: Sequence[Watched]) -> None:
    """Give the sources up."""
    for one in watched:
        if isinstance(one.feed, LogFeed):
            one.feed.source.close()


def _meant_by(word: str) -> list[Found]:
    path = Path(word)
    try:
        is_folder, is_there = path.is_dir(), os.path.lexists(path)
    except (OSError, ValueError) as error:
        raise NotThere(f"can't read {word}: {error}; {_NAMED}") from error
    if not is_there:
        try:
            return [_ours(rundir.find(word))]
        except rundir.RunDirectoryError as error:
            raise NotThere(f"there is nothing at {word}, and no run of that name; {_NAMED}") from error
    if not is_folder:
        return [Found(path, path.name, "")]
    if (path / LOG).exists():
        return [Found(path / LOG, path.absolute().name, "lintui")]
    if runs := find_runs(path):
        return _named_apart(runs, path)
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    except OSError as error:
        raise NotThere(f"can't read {word}: {error.strerror or error}; {_NAMED}") from error
    raise NotThere(f"there is no run in {word}; {_NAMED}")


def _ours(run: RunDirectory) -> Found:
    return Found(run.path / LOG, run.path.name, "lintui")


def _named_apart(runs: Sequence[Found], folder: Path) -> list[Found]:
    """Those of the same name by where they lie in the folder."""
    times = Counter(run.name for run in runs)
    return [run if times[run.name] == 1 else replace(run, name=os.path.relpath(run.path, folder)) for run in runs]
