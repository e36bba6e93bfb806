"""A run's directory: named so that it is no path, the owner's alone, held by one writer, and found again."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import child_environment, wait_until

from lintui import rundir
from lintui.log import LogWriter
from lintui.rundir import RunDirectory, RunDirectoryError

HOSTILE_NAMES = [
    "..",
    ".",
    "",
    "/",
    "../../etc/passwd",
    "/etc/passwd",
    "a/b\\c",
    "a\0b",
    "-rf",
    "--",
    "~",
    "$HOME",
    "x" * 10_000,
    "\x1b[2J",
    "ünï",
    "\ud800",
    "a\nb",
    "log.jsonl",
    ".hidden",
    "trailing.",
    " ",
]


# Names


@given(st.one_of(st.text(), st.text(st.sampled_from("./\\-_a \0~$\n")), st.sampled_from(HOSTILE_NAMES)))
def test_whatever_a_run_is_called_its_directory_s_name_is_short_and_no_path(name: str) -> None:
    safe = rundir.safe_name(name)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", safe)
    assert len(safe) <= 80
    assert not safe.endswith((".", "-"))


@pytest.mark.parametrize("name", ["softmax-blobs", "run_1", "v1.2", "A"])
def test_a_harmless_name_is_kept(name: str) -> None:
    assert rundir.safe_name(name) == name


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_a_run_of_any_name_has_its_directory_in_the_root_and_nowhere_else(
    runs: Path, tmp_path: Path, name: str
) -> None:
    directory = rundir.create(name)
    assert directory.path.parent == runs
    assert re.fullmatch(r"\d{8}T\d{6,}-[A-Za-z0-9._-]+", directory.path.name)
    assert os.listdir(tmp_path) == ["runs"]
    assert os.listdir(runs) == [directory.path.name]


# Create


def test_a_new_directory_has_a_place_for_everything_and_no_log_yet() -> None:
    directory = rundir.create("a run")
    assert sorted(os.listdir(directory.path)) == ["artifacts", "inbox"]
    assert directory.log == directory.path / "log.jsonl"
    assert directory.inbox == directory.path / "inbox"
    assert directory.artifacts == directory.path / "artifacts"


def test_all_of_it_is_for_its_owner_alone_whatever_the_umask(runs: Path) -> None:
    before = os.umask(0)
    try:
        directory = rundir.create("a run")
        directory.lock().release()
    finally:
        os.umask(before)
    for folder in (runs, directory.path, directory.inbox, directory.artifacts):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory.path / "lock").stat().st_mode) == 0o600


def test_runs_of_the_same_name_at_the_same_time_have_directories_of_their_own() -> None:
    paths = [rundir.create("same").path for _ in range(20)]
    assert len(set(paths)) == 20


def test_a_log_elsewhere_is_linked_from_the_run_s_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    directory = rundir.create("a run", Path("mine.jsonl"))
    assert directory.log == tmp_path / "mine.jsonl"
    LogWriter.create(directory.log).close()
    (found,) = rundir.listing()
    assert found.path == directory.path
    assert found.log.samefile(tmp_path / "mine.jsonl")


@pytest.mark.parametrize("kind", ["a file", "under a file", "a device"])
def test_a_root_that_can_not_be_had_is_an_error_of_one_line_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    file = tmp_path / "file"
    file.touch()
    place = {"a file": file, "under a file": file / "runs", "a device": Path("/dev/null/runs")}[kind]
    monkeypatch.setenv("LINTUI_DIR", str(place))
    with pytest.raises(RunDirectoryError, match="set LINTUI_DIR") as caught:
        rundir.create("a run")
    assert "\n" not in str(caught.value)
    assert rundir.listing() == []


def test_a_root_in_the_home_of_nobody_is_an_error_of_the_same_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINTUI_DIR", "~no-such-user-anywhere/runs")
    with pytest.raises(RunDirectoryError):
        rundir.create("a run")


# The root


def test_runs_live_where_lintui_dir_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LINTUI_DIR", "~/runs")
    assert rundir.root() == tmp_path / "home" / "runs"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINTUI_DIR", "here")
    assert rundir.root() == tmp_path / "here"


@pytest.mark.parametrize("value", [None, ""])
def test_without_it_they_live_in_the_user_s_state_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("LINTUI_DIR")
    else:
        monkeypatch.setenv("LINTUI_DIR", value)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = rundir.root()
    assert root.is_relative_to(tmp_path)
    assert root.name == "runs"
    assert root.parent.name == "lintui"


# Find them again


def with_log(directory: RunDirectory) -> RunDirectory:
    LogWriter.create(directory.log).close()
    return directory


def test_where_there_is_no_root_there_are_no_runs() -> None:
    assert rundir.listing() == []


def test_runs_are_listed_the_newest_first(runs: Path) -> None:
    stamps = ["20230101T000000-b", "20240101T000000-a", "20231231T235959-c"]
    for stamp in stamps:
        (runs / stamp).mkdir(parents=True)
        (runs / stamp / "log.jsonl").touch()
    assert [run.path.name for run in rundir.listing()] == sorted(stamps, reverse=True)


def test_runs_of_one_second_are_listed_the_newest_first_too() -> None:
    created = [with_log(rundir.create("same")) for _ in range(12)]
    assert rundir.listing() == created[::-1]


def test_of_two_runs_that_start_together_the_one_that_started_last_is_the_newest() -> None:
    created = [with_log(rundir.create(name)) for name in ("slow", "quick")]
    assert rundir.listing() == created[::-1]


def test_what_is_no_run_is_not_listed(runs: Path) -> None:
    run = with_log(rundir.create("a run"))
    (runs / "a file").touch()
    (runs / "empty").mkdir()
    (runs / "fifo").mkdir()
    os.mkfifo(runs / "fifo" / "log.jsonl")
    (runs / "folder" / "log.jsonl").mkdir(parents=True)
    (runs / "dangling").mkdir()
    (runs / "dangling" / "log.jsonl").symlink_to("nowhere")
    (runs / "loop").symlink_to("loop")
    assert rundir.listing() == [run]


# One writer


LOCKS_AND_WAITS = """
import sys, time
from pathlib import Path
from lintui.rundir import RunDirectory
lock = RunDirectory(Path(sys.argv[1]), Path(sys.argv[1]) / "log.jsonl").lock()
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_directory_is_held_by_one_process_and_free_when_it_dies(runs: Path) -> None:
    directory = rundir.create("a run")
    with subprocess.Popen(
        [sys.executable, "-c", LOCKS_AND_WAITS, str(directory.path)],
        env=child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"locked\n"
        with pytest.raises(RunDirectoryError, match="another process is writing the run"):
            directory.lock()
        child.kill()
        child.wait()
        directory.lock().release()


def test_a_directory_is_held_once_within_a_process_too() -> None:
    directory = rundir.create("a run")
    lock = directory.lock()
    with pytest.raises(RunDirectoryError):
        directory.lock()
    lock.release()
    directory.lock().release()


FORKS_AND_DIES = """
import os, sys
from pathlib import Path
from lintui.rundir import RunDirectory
lock = RunDirectory(Path(sys.argv[1]), Path(sys.argv[1]) / "log.jsonl").lock()
child = os.fork()
if child == 0:
    print("forked", flush=True)
    sys.stdin.read()
    os._exit(0)
os.kill(os.getpid(), 9)
"""


def test_a_worker_that_outlives_the_training_does_not_hold_its_directory() -> None:
    directory = rundir.create("a run")
    with subprocess.Popen(
        [sys.executable, "-c", FORKS_AND_DIES, str(directory.path)],
        env=child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        assert parent.stdout.readline() == b"forked\n"
        wait_until(lambda: parent.poll() is not None, "the end of the parent")
        try:
            directory.lock().release()
        finally:
            parent.stdin.close()  # lets the worker go
