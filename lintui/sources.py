"""Opens whatever holds a run, our own log or another tool's file, and finds all of them in a folder.

Without this file, everybody would have to know which reader reads what.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lintui.events import Record
from lintui.log import LogReader
from lintui.readers.huggingface import NAME as TRAINER_STATE
from lintui.readers.huggingface import TrainerState
from lintui.readers.json_lines import JsonLines
from lintui.readers.parsing import NotJSON, parsed
from lintui.readers.reader import run_name
from lintui.readers.rows import EPOCH, STEPS
from lintui.readers.table import SIGNS, Table, cells
from lintui.readers.tensorboard import MARK, EventFiles, is_session
from lintui.readers.wandb import HEAD as WANDB_HEAD
from lintui.readers.wandb import WandbFile
from lintui.regular import open_regular

MAX_DEPTH = 8
"""Folders below the one that is searched."""
MAX_FOLDERS = 10_000
"""Folders that are looked into."""
MAX_FOUND = 1_000
"""Runs that are found."""
_HEAD = 64 * 1024
"""Bytes by which a file's kind is told."""
LOG = "log.jsonl"
_CHECKPOINT = re.compile(r"checkpoint-(\d{1,18})")
_ENDINGS = (".jsonl", ".ndjson", ".csv", ".tsv", ".wandb")
"""Of files that are looked into when a folder is searched."""


class Unreadable(Exception):
    """There is no run to be had from a path; the text is one line that says why and what to do."""


class Source(Protocol):
    """A run that is read from its start and then followed."""

    @property
    def problems(self) -> list[str]:
        """What was passed over, one plain line each."""

    def look(self) -> list[Record] | None:
        """The next records, a few thousand at most; None: there are no more yet."""

    def close(self) -> None:
        """Give the file up."""


@dataclass(frozen=True, slots=True)
class Found:
    """A run that can be opened."""

    path: Path
    name: str
    kind: str
    """One of KINDS."""


KINDS: dict[str, Callable[[Path], Source]] = {
    "lintui": LogReader,
    "tensorboard": EventFiles,
    "huggingface": TrainerState,
    "wandb": WandbFile,
    "jsonl": JsonLines,
    "csv": Table,
}
"""For each kind of file what reads it."""


def open_source(path: Path) -> Source:
    """The run at `path`: a log, another tool's file, or a folder that holds one run. Raises Unreadable."""
    try:
        return _opened(_one_in(path) if path.is_dir() else Found(path, run_name(path), _kind(path, _head(path))))
    except (OSError, NotJSON) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Unreadable(f"can't read {path}: {reason or error}; name a log or a run's directory") from error


def find_runs(folder: Path) -> list[Found]:
    """All runs in a folder and below it, in the order of paths; empty where there are none, or it can't be read.

    Symbolic links are not followed. 1,000 runs at most, of 10,000 folders, eight below each other.
    """
    found: list[Found] = []
    for here, names in _walk(folder):
        found += _in_folder(here, names)
        if len(found) >= MAX_FOUND:
            break
    runs = {run.path for run in found}
    found = [run for run in found if not (run.path.parent in runs and is_session(run.path))]
    return _newest_checkpoints(sorted(found, key=lambda run: run.path)[:MAX_FOUND])


def _opened(found: Found) -> Source:
    return KINDS[found.kind](found.path)


def _one_in(folder: Path) -> Found:
    found = _in_folder(folder, sorted(os.listdir(folder))) or find_runs(folder)
    if not found:
        raise Unreadable(f"there is no run in {folder}; name a log, a run's directory, or a folder with runs in it")
    if len(found) > 1:
        names = ", ".join(os.path.relpath(run.path, folder) for run in found[:3])
        more = ", …" if len(found) > 3 else ""
        raise Unreadable(f"there are {len(found)} runs in {folder}; name one of them: {names}{more}")
    return found[0]


def _walk(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Folders with the names of what is in them, those nearer to the first one before those farther away."""
    level = [folder]
    seen = 0
    for _ in range(MAX_DEPTH + 1):
        below: list[Path] = []
        for here in level:
            seen += 1
            if seen > MAX_FOLDERS:
                return
            try:
                entries = sorted(os.scandir(here), key=lambda entry: entry.name)
                below += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
                names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
            except OSError:
                continue
            yield here, names
        level = below


def _in_folder(folder: Path, names: list[str]) -> list[Found]:
    """What a folder's own files hold: one run where a tool keeps a folder for each, else one for each file."""
    if LOG in names:
        return [Found(folder / LOG, folder.name, "lintui")]
    if TRAINER_STATE in names:
        return [Found(folder / TRAINER_STATE, run_name(folder / TRAINER_STATE), "huggingface")]
    if any(MARK in name for name in names):
        return [Found(folder, run_name(folder), "tensorboard")]
    found: list[Found] = []
    for name in names:
        if len(found) == MAX_FOUND:
            break
        if name.endswith(_ENDINGS):
            path = folder / name
            try:
                head = _head(path)
                kind = _kind(path, head)
            except (OSError, Unreadable):
                continue
            # Tables are for other things, too: only one that counts steps is taken for a run.
            if kind != "csv" or _is_header(_first_line(head)):
                found.append(Found(path, run_name(path), kind))
    return found


def _newest_checkpoints(found: list[Found]) -> list[Found]:
    """Of checkpoints beside each other only the last one, which remembers what the others do."""
    newest: dict[Path, tuple[int, Found]] = {}
    others: list[Found] = []
    for run in found:
        match = _CHECKPOINT.fullmatch(run.path.parent.name)
        if run.kind != "huggingface" or match is None:
            others.append(run)
        elif run.path.parent.parent not in newest or newest[run.path.parent.parent][0] < int(match[1]):
            newest[run.path.parent.parent] = int(match[1]), run
    done = {run.path.parent for run in others if run.kind == "huggingface"}
    kept = [run for parent, (_, run) in newest.items() if parent not in done]
    return sorted(others + kept, key=lambda run: run.path)


def _head(path: Path) -> bytes:
    """The file's first bytes; raises OSError."""
    file = open_regular(path)
    try:
        return file.read(_HEAD)
    finally:
        file.close()


def _first_line(head: bytes) -> bytes:
    return head.lstrip().split(b"\n", 1)[0]


def _kind(path: Path, head: bytes) -> str:
    """One of KINDS, by name and first bytes; raises Unreadable for what is none of them."""
    if MARK in path.name:
        return "tensorboard"
    if path.name == TRAINER_STATE:
        return "huggingface"
    if head.startswith(WANDB_HEAD):
        return "wandb"
    # A damaged log is a log; one that has only just been begun is empty.
    if not head or path.name == LOG or b',"crc":"' in head:
        return "lintui"
    first = _first_line(head)
    if first.startswith(b"{"):
        return "huggingface" if path.suffix == ".json" and not _is_object(first) else "jsonl"
    if path.suffix in (".csv", ".tsv") or _is_header(first):
        return "csv"
    raise Unreadable(
        f"{path} is no log of a run: name one of lintui's, an event file of TensorBoard, CSV or JSON lines with a"
        " column of steps, trainer_state.json, or a .wandb file"
    )


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(parsed(line), dict)
    except NotJSON:
        return False


def _is_header(line: bytes) -> bool:
    """Whether a line names a column that counts steps or epochs, and at least one other."""
    text = line.decode("utf-8-sig", errors="replace").strip()
    names = {name.strip().lower() for name in cells(text, max(SIGNS, key=text.count))}
    return len(names) > 1 and not names.isdisjoint({*STEPS, EPOCH})
