"""Another user of the machine: can neither read a run nor steer it, nor put something in its place."""

import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from strategies import read_log

from lintui import rundir
from lintui.codec import encode_command
from lintui.commands import Scale, Set, new_id
from lintui.events import Applied, Said
from lintui.inbox import collect, leave
from lintui.intake import Intake
from lintui.run import Run
from lintui.rundir import RunDirectoryError

NOBODY = 65_534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user for a while")


def a_whole_run(log: Path | None = None) -> Run:
    """A run in which there is something of everything, and a command that is not answered yet."""
    run = Run("private", rundir.create("private", log))
    run.tune("lr", 1.0)
    for _ in range(3):
        run.step({"loss": 1.0})
        leave(run.directory.inbox, Scale(id=new_id(), by="me", knob="lr", factor=2.0))
        run.safe_point()
    run.picture("regions", (1,), "uint8", b"x")
    leave(run.directory.inbox, Scale(id=new_id(), by="me", knob="lr", factor=2.0))
    return run


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_all_of_a_run_is_for_its_owner_alone_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    above = tmp_path / "above"
    monkeypatch.setenv("LINTUI_DIR", str(above / "deep" / "runs"))
    monkeypatch.setattr(Intake, "look", lambda _: None)  # what lies in the inbox stays to be looked at
    before = os.umask(umask)
    try:
        run = a_whole_run()
        kept = [above, *above.rglob("*")]
        modes = {str(place.relative_to(tmp_path)): oct(place.lstat().st_mode) for place in kept}
        run.finish()
    finally:
        os.umask(before)
    assert {Path(name).suffix for name in modes} >= {".json", ".jsonl", ".bin"}
    for name, mode in modes.items():
        assert mode in (oct(stat.S_IFDIR | 0o700), oct(stat.S_IFREG | 0o600)), name


# Somebody else, really


@pytest.fixture
def open_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody can get to, so that a run in it is guarded by nothing but itself."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        monkeypatch.setenv("LINTUI_DIR", folder)
        yield Path(folder)


def as_somebody_else(do: Callable[[], object]) -> str:
    """What comes of it when another user does this: "done", or the name of the error."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            do()
            answer = "done"
        except BaseException as error:  # noqa: BLE001 - told to the parent
            answer = type(error).__name__
        os.write(writing, answer.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


@as_root
def test_somebody_else_can_read_and_change_nothing_of_a_run(open_place: Path, tmp_path: Path) -> None:
    run = a_whole_run()
    path, inbox = run.directory.path, run.directory.inbox
    (picture,) = run.directory.artifacts.iterdir()
    command, *_ = inbox.iterdir()
    attempts: list[Callable[[], object]] = [
        lambda: os.listdir(path),
        lambda: os.listdir(inbox),
        run.directory.log.read_bytes,
        lambda: run.directory.log.open("ab"),
        picture.read_bytes,
        command.read_bytes,
        command.unlink,
        lambda: (inbox / "0-mine").write_bytes(b""),
        lambda: leave(inbox, Scale(id=new_id(), by="somebody", knob="lr", factor=9.0)),
        lambda: collect(inbox),
        run.directory.log.unlink,
        lambda: (path / "lock").open("w"),
        lambda: inbox.rename(path / "outbox"),
        lambda: os.chmod(path, 0o777),
    ]
    assert [as_somebody_else(attempt) for attempt in attempts] == ["PermissionError"] * len(attempts)
    # The attempts are of the kind that succeed where nothing guards.
    assert as_somebody_else(lambda: os.listdir(open_place)) == "done"
    run.finish()
    assert read_log(run.directory.log)[1] == []


@as_root
def test_a_log_that_was_put_elsewhere_can_not_be_read_by_somebody_else_either(
    open_place: Path, tmp_path: Path
) -> None:
    log = open_place / "mine.jsonl"
    run = a_whole_run(log)
    run.finish()
    assert as_somebody_else(log.read_bytes) == "PermissionError"
    assert as_somebody_else(lambda: log.open("ab")) == "PermissionError"


# Somebody else's things in the place of ours


@as_root
def test_a_command_of_somebody_else_is_not_carried_out(open_place: Path) -> None:
    run = Run("private", rundir.create("private"))
    lr = run.tune("lr", 1.0)
    file = open_place / "theirs"
    file.write_bytes(encode_command(Set(id="theirs", by="somebody", knob="lr", value=9.0)))
    os.chown(file, NOBODY, NOBODY)
    file.rename(run.directory.inbox / "000000000001-theirs.json")
    while os.listdir(run.directory.inbox):
        run.safe_point()
    run.finish()
    events = [event for _, event in read_log(run.directory.log)[0]]
    assert lr.value == 1.0
    assert not [event for event in events if isinstance(event, Applied)]
    (told,) = [event.text for event in events if isinstance(event, Said)]
    assert told == "000000000001-theirs.json in the inbox is no command: it belongs to somebody else"


def put_in_its_place(inbox: Path, how: str) -> Path:
    """Where a run's inbox was, something else; returns the folder in which commands would land."""
    inbox.rename(inbox.with_name("moved"))
    elsewhere = inbox if how == "of somebody else" else inbox.with_name("elsewhere")
    elsewhere.mkdir(mode=0o777)
    if how == "of somebody else":
        os.chown(elsewhere, NOBODY, NOBODY)
    else:
        inbox.symlink_to(elsewhere)
    (elsewhere / "1").write_bytes(encode_command(Set(id="theirs", by="somebody", knob="lr", value=9.0)))
    return elsewhere


both_ways = pytest.mark.parametrize("how", ["a symlink", pytest.param("of somebody else", marks=as_root)])


@both_ways
def test_an_inbox_that_is_not_the_run_s_own_is_followed_by_neither_side(
    how: str, capfd: pytest.CaptureFixture[str]
) -> None:
    run = Run("private", rundir.create("private"))
    lr = run.tune("lr", 1.0)
    elsewhere = put_in_its_place(run.directory.inbox, how)
    with pytest.raises(OSError, match=r"belongs to somebody else|[Nn]ot a directory|symbolic"):
        leave(run.directory.inbox, Set(id="mine", by="me", knob="lr", value=2.0))
    deadline = time.monotonic() + 10
    while not run._broken and time.monotonic() < deadline:
        run.step({"loss": 1.0})
        run.safe_point()
        time.sleep(0.01)
    run.finish()
    assert lr.value == 1.0
    assert os.listdir(elsewhere) == ["1"]
    (told,) = capfd.readouterr().err.splitlines()
    assert told.startswith("lintui: watching was switched off")


@both_ways
def test_a_run_directory_that_is_not_our_own_is_neither_written_nor_listed(runs: Path, how: str) -> None:
    Run("ours", rundir.create("ours")).finish()
    (ours,) = runs.iterdir()
    theirs = runs / "20990101T000000000000-newest"
    if how == "of somebody else":
        theirs.mkdir()
        os.chown(theirs, NOBODY, NOBODY)
    else:
        (runs.parent / "elsewhere").mkdir()
        theirs.symlink_to(runs.parent / "elsewhere")
    directory = rundir.RunDirectory(theirs, theirs / "log.jsonl")
    directory.log.touch()
    with pytest.raises(RunDirectoryError, match="can't write the run in"):
        directory.lock()
    assert os.listdir(theirs) == ["log.jsonl"]
    assert [found.path for found in rundir.listing()] == [ours]


@pytest.mark.parametrize("target", ["precious", "nothing"])
def test_a_picture_is_not_written_through_a_symlink(tmp_path: Path, target: str) -> None:
    (tmp_path / "precious").write_text("precious")
    run = Run("private", rundir.create("private"))
    run.step()
    for name in (".regions-1.bin", "regions-1.bin"):
        (run.directory.artifacts / name).symlink_to(tmp_path / target)
    run.picture("regions", (1,), "uint8", b"x")
    run.finish()
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (tmp_path / "nothing").exists()
