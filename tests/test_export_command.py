"""Specifies `lintui export` as a person types it: what it writes where, what it prints, and how it ends."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from recorded import classification
from strategies import SAMPLE, a_log, child_environment

from lintui import rundir
from tuiapp.cli import run
from tuiapp.commands.export import FORMATS

OUT = "here"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, empty."""
    folder = tmp_path / OUT
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def a_run(name: str = "sample") -> rundir.RunDirectory:
    """A run of that name among our runs."""
    directory = rundir.create(name)
    a_log(directory.log, SAMPLE)
    return directory


def test_a_run_named_as_it_was_goes_into_a_new_file_of_the_working_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = a_run()
    for format in FORMATS:
        assert run(["export", "sample", "--to", format]) == 0
        assert capsys.readouterr() == (f"{directory.path.name}.{format}\n", "")
    assert {path.name for path in folder.iterdir()} == {f"{directory.path.name}.{format}" for format in FORMATS}
    (events,) = (folder / f"{directory.path.name}.tensorboard").iterdir()
    assert events.name.startswith("events.out.tfevents.")


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_is_ever_overwritten(format: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_run()
    there = folder / "there"
    there.write_text("mine")
    assert run(["export", "sample", "--to", format, "-o", "there"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), there.read_text()) == ("", 1, "mine")
    assert "there is there already" in err and "-o FILE" in err
    assert [*folder.iterdir()] == [there]


def test_a_log_and_a_directory_are_runs_too(folder: Path) -> None:
    directory = a_run()
    a_log(folder / "kept.jsonl", SAMPLE)
    for named in (str(directory.path), str(directory.log), "kept.jsonl"):
        assert run(["export", named, "--to", "csv", "-o", f"{len([*folder.iterdir()])}.csv"]) == 0
    assert len({path.read_bytes() for path in folder.glob("*.csv")}) == 1
    assert run(["export", "kept.jsonl", "--to", "csv"]) == 0
    assert (folder / "kept.csv").exists()


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_what_is_text_is_printed_where_that_is_asked_for(
    format: str, folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    a_run()
    assert run(["export", "sample", "--to", format, "-o", "file"]) == 0
    capfdbinary.readouterr()
    done = in_a_process(["sample", "--to", format, "-o", "-"])
    assert (done.returncode, done.stdout, done.stderr) == (0, (folder / "file").read_bytes(), b"")


def in_a_process(arguments: list[str], **more: object) -> "subprocess.CompletedProcess[bytes]":
    """`lintui export` in a process of its own."""
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-m", "lintui", "export", *arguments],
        env=child_environment(),
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
    )


@pytest.mark.parametrize("format", [format for format in FORMATS if format not in ("csv", "jsonl")])
def test_what_is_no_text_is_not_printed(format: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_run()
    assert run(["export", "sample", "--to", format, "-o", "-"]) == 2
    assert f"{format} can't be printed" in capsys.readouterr().err


def test_a_format_that_is_not_there_is_answered_with_the_nearest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", "sample", "--to", "tensorbord"]) == 2
    assert "did you mean tensorboard?" in capsys.readouterr().err


def a_folder(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_text(path: Path) -> None:
    path.write_text("once upon a time\n")


def an_empty_file(path: Path) -> None:
    path.touch()


def nothing(path: Path) -> None:
    pass


@pytest.mark.parametrize("make", [a_folder, a_pipe, a_text, an_empty_file, nothing])
def test_what_is_no_run_is_one_clear_line_and_exit_code_4(
    make: object, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(folder / "what")  # type: ignore[operator]
    assert run(["export", "what", "--to", "csv", "-o", "out.csv"]) == 4
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("lintui: ") and "what" in err
    assert not (folder / "out.csv").exists()


def test_a_damaged_log_is_exported_as_far_as_it_goes_and_that_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_log(folder / "log.jsonl", classification())
    whole = (folder / "log.jsonl").read_bytes()
    (folder / "log.jsonl").write_bytes(whole.replace(b'"loss"', b'"1oss"', 1))
    assert run(["export", "log.jsonl", "--to", "csv"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{OUT}.csv\n" and err.startswith("lintui: not all of the log could be read: line ")


def test_a_full_disk_is_one_clear_line_and_leaves_nothing_half_written(folder: Path) -> None:
    a_log(folder / "log.jsonl", classification())

    def room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))

    done = in_a_process(["log.jsonl", "--to", "csv"], preexec_fn=room)
    assert done.returncode == 1
    assert done.stderr.decode().startswith(f"lintui: can't write {OUT}.csv: ") and done.stderr.count(b"\n") == 1
    assert [path.name for path in folder.iterdir()] == ["log.jsonl"]


def test_a_folder_that_may_not_be_written_to_is_one_clear_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_run()
    assert run(["export", "sample", "--to", "csv", "-o", "nowhere/run.csv"]) == 1
    assert capsys.readouterr().err == "lintui: can't write nowhere/run.csv: No such file or directory\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_behind_the_standard_output_is_one_clear_line(folder: Path) -> None:
    a_run()
    with open("/dev/full", "wb") as full:
        done = in_a_process(["sample", "--to", "csv", "-o", "-"], stdout=full)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"No space left" in done.stderr


def test_whoever_reads_only_the_first_lines_is_no_trouble(folder: Path) -> None:
    a_run()
    read, write = os.pipe()
    os.close(read)
    done = in_a_process(["sample", "--to", "csv", "-o", "-"], stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_help_fits_80_columns_and_says_what_each_format_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(["export", "--help"])
    out = capsys.readouterr().out
    assert left.value.code == 0 and max(map(len, out.splitlines())) <= 80
    for word in (*FORMATS, "nonfinite", "apostrophe", "branch"):
        assert word in out
