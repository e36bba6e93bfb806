"""Whatever holds a run is opened by what it is; what holds none is refused in one line; a folder is searched."""

import json
import os
from pathlib import Path

import pytest
from foreign import all_of, event, event_file, points, scalar, wandb_file, wandb_history, wandb_run
from strategies import SAMPLE, a_log, promptly, sealed

from lintui import sources
from lintui.events import LOG_VERSION, Started
from lintui.known import Key
from lintui.sources import KINDS, Unreadable, find_runs, open_source
from tuiapp import cli

LOSS = Key("train", "loss")


def write_each(folder: Path) -> dict[str, Path]:
    """A run of every kind with the same loss at step 3, each in a folder of its own; returns where by kind."""
    paths = {kind: folder / kind for kind in KINDS}
    for path in paths.values():
        path.mkdir()
    event_file(paths["tensorboard"], [event(1.7e9, 3, scalar("loss", 0.25))])
    (paths["huggingface"] / "trainer_state.json").write_text(
        json.dumps({"global_step": 3, "max_steps": 9, "log_history": [{"step": 3, "loss": 0.25}]})
    )
    wandb_file(paths["wandb"] / "run-1.wandb", [wandb_run("a", {}), wandb_history(3, {"loss": 0.25})])
    (paths["jsonl"] / "out.jsonl").write_text('{"step": 3, "loss": 0.25}\n')
    (paths["csv"] / "metrics.csv").write_text("step,loss\n3,0.25\n")
    a_log(paths["lintui"] / "log.jsonl", [one for one in SAMPLE if not isinstance(one, Started)])
    return paths


def test_a_folder_with_one_run_is_opened_whatever_tool_wrote_it(tmp_path: Path) -> None:
    for kind, path in write_each(tmp_path).items():
        source = open_source(path)
        assert isinstance(source, KINDS[kind])  # type: ignore[arg-type]
        found = points(all_of(source))
        if kind != "lintui":
            assert found == {LOSS: [(3, 0.25)]}, kind


def test_a_file_is_opened_by_what_is_in_it(tmp_path: Path) -> None:
    for kind, path in write_each(tmp_path).items():
        (file,) = path.iterdir()
        assert isinstance(open_source(file), KINDS[kind])  # type: ignore[arg-type]
        if kind not in ("tensorboard", "huggingface"):
            bare = file.rename(path / "data")
            assert isinstance(open_source(bare), KINDS[kind])  # type: ignore[arg-type]


def test_all_runs_in_a_folder_are_found_with_their_names(tmp_path: Path) -> None:
    write_each(tmp_path)
    (tmp_path / "notes.txt").write_text("step,loss\n")
    (tmp_path / "people.csv").write_text("name,age\nsomebody,3\n")
    found = find_runs(tmp_path)
    assert {run.kind: run.name for run in found} == {
        "lintui": "lintui", "tensorboard": "tensorboard", "huggingface": "huggingface", "wandb": "wandb",
        "jsonl": "out.jsonl", "csv": "csv",
    }  # fmt: skip
    for run in found:
        open_source(run.path).close()


def test_of_checkpoints_beside_each_other_only_the_last_one_is_a_run(tmp_path: Path) -> None:
    for step in (500, 1000, 99):
        path = tmp_path / "gpt" / f"checkpoint-{step}"
        path.mkdir(parents=True)
        (path / "trainer_state.json").write_text(json.dumps({"log_history": [{"step": step, "loss": 0.5}]}))
    (run,) = find_runs(tmp_path)
    assert (run.name, run.path.parent.name) == ("gpt", "checkpoint-1000")
    assert points(all_of(open_source(tmp_path / "gpt"))) == {LOSS: [(1000, 0.5)]}
    (tmp_path / "gpt" / "trainer_state.json").write_text(json.dumps({"log_history": []}))
    assert [run.path.parent.name for run in find_runs(tmp_path)] == ["gpt"]


def test_a_search_follows_no_links_and_comes_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "metrics.csv").write_text("step,loss\n1,2\n")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    deep = tmp_path / "/".join(["d"] * 20)
    deep.mkdir(parents=True)
    (deep / "metrics.csv").write_text("step,loss\n1,2\n")
    os.mkfifo(tmp_path / "a" / "pipe.csv")
    assert [run.path for run in find_runs(tmp_path)] == [tmp_path / "a" / "metrics.csv"]
    monkeypatch.setattr(sources, "MAX_FOLDERS", 1)
    assert find_runs(tmp_path) == []


@pytest.mark.parametrize("what", ["missing", "empty folder", "fifo", "device", "picture", "text", "several", "links"])
def test_what_holds_no_run_is_refused_in_one_line_with_the_way_out(
    tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "it\x1b[2J"
    match what:
        case "empty folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "device":
            path = Path("/dev/zero")
        case "picture":
            path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
        case "text":
            path.write_text("# A readme\n\nwith words, and a comma\n")
        case "several":
            path.mkdir()
            for name in "ab":
                (path / f"{name}.csv").write_text("step,loss\n")
        case "links":
            path.symlink_to(path)
    with pytest.raises(Unreadable) as refusal:
        promptly(lambda: open_source(path))
    assert "name" in str(refusal.value)
    if what == "several":  # of which one can be chosen
        return
    assert cli.run(["view", str(path)]) == 4
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("lintui: ")
    assert printed.err.count("\n") == 1
    assert "\x1b" not in printed.err


@pytest.mark.skipif(os.geteuid() == 0, reason="whoever may read everything is refused nothing")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n")
    path.chmod(0)
    with pytest.raises(Unreadable, match="Permission denied"):
        open_source(path)


def test_a_log_of_a_newer_version_is_opened_with_a_line_that_says_what_was_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.jsonl"
    started = {"name": "x", "created": "", "pid": 1, "host": "", "config": {}, "color": "red"}
    lines: list[dict[str, object]] = [
        {"kind": "run", "lintui": LOG_VERSION + 1, **started},
        {"kind": "hologram\x1b[2J", "at": 3},
        {"kind": "values", "branch": 0, "split": "train", "at": 3, "t": 0.1, "values": {"loss": 0.25}},
        {"kind": "hologram\x1b[2J", "at": 4},
    ]
    path.write_bytes(b"".join(sealed({"n": n, **line}) + b"\n" for n, line in enumerate(lines)))
    source = open_source(path)
    records = [record for look in iter(source.look, None) for record in look]
    assert [record.n for record in records] == [0, 2]
    newer, skipped = source.problems
    assert f"version {LOG_VERSION + 1}" in newer
    assert "hologram" in skipped
    assert "\x1b" not in skipped
    assert cli.run(["view", str(path)]) == 0
    assert "hologram" in capsys.readouterr().err


def test_a_foreign_run_is_printed_where_there_is_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in write_each(tmp_path).values():
        if path.name != "lintui":
            assert cli.run(["view", str(path)]) == 0
            assert "train loss 0.25" in capsys.readouterr().out
