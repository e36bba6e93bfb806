"""Runs that are chosen from a list: of a folder, or below the experiments; and what is named but isn't there."""

import math
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from recorded import batch, regression, started
from strategies import a_log, child_environment
from textual.pilot import Pilot

from lintui import rundir
from lintui.commands import Stop
from lintui.events import Ended, Event
from lintui.run import Run
from lintui.sources import find_runs
from tuiapp.app import LintuiApp
from tuiapp.entries import entry
from tuiapp.logs import MOST, attached, looked_up, opened, recent
from tuiapp.options import Mistake, NotThere
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.picker import PickerScreen
from tuiapp.screens.shelf import ShelfScreen
from tuiapp.shelf import Shelf


def over(name: str, last: int, lr: float) -> list[Event]:
    """A run that has ended after some steps."""
    begun = replace(started(name, task="", steps=last, epochs=1), config={"lr": lr})
    return [
        begun,
        batch(1, last, "train", loss=lambda step: 1 / step),
        Ended(branch=0, at=last, t=1.0, how="done", summary={}),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three runs, one of them deeper than the others."""
    for n, place in enumerate(("first", "second", "more/third"), 1):
        (tmp_path / "logs" / place).mkdir(parents=True)
        a_log(tmp_path / "logs" / place / "log.jsonl", over(f"name-{n}", 10 * n, 0.1 * n))
    return tmp_path / "logs"


def view(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lintui", "view", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=child_environment(),
        check=False,
    )


@pytest.mark.parametrize("width", [60, 76, 200])
def test_a_row_is_as_wide_as_there_is_room_for_and_the_names_are_cut_for_it(tmp_path: Path, width: int) -> None:
    for n in range(3):
        (tmp_path / f"a-rather-long-name-of-a-run-{n}-with-an-end").mkdir()
        a_log(tmp_path / f"a-rather-long-name-of-a-run-{n}-with-an-end" / "log.jsonl", over("run", 10, 0.1))
    shelf = Shelf(find_runs(tmp_path))
    shelf.look(math.inf)
    header, *rows = shelf.rows(0, width)
    assert all(row.cell_len <= width for row in (header, *rows))
    assert len({row.plain[4:] for row in rows}) == 3 and all("done" in row.plain for row in rows)


# Without a screen


def test_the_runs_of_a_folder_are_a_line_each(folder: Path) -> None:
    done = view(str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    _, *lines = done.stdout.splitlines()
    assert [line.split()[:5] for line in lines] == [
        ["first", "name-1", "10/10", "0.1", "done"],
        ["third", "name-3", "30/30", "0.0333", "done"],
        ["second", "name-2", "20/20", "0.05", "done"],
    ]


def test_several_runs_are_summed_up_and_compared(folder: Path) -> None:
    done = view(str(folder / "first"), str(folder / "second" / "log.jsonl"))
    assert (done.returncode, done.stderr) == (0, "")
    header, one, other = done.stdout.splitlines()[-3:]
    assert "final loss" in header
    assert re.match(r"\s+● lr 0.1 .*10 done\s+0.1\s", one)
    assert re.match(r"\s+▲ lr 0.2 .*20 done\s+0.05\s", other)


def test_what_is_named_but_cannot_be_had_is_a_line_each_and_exit_code_four(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "text").write_text("nothing of the kind\n")
    locked = tmp_path / "locked"
    a_log(locked, over("locked", 3, 0.1))
    locked.chmod(0)
    cases = {
        tmp_path / "missing": "there is nothing at",
        tmp_path / "empty": "there is no run in",
        tmp_path / "pipe": "it is not a regular file",
        Path("/dev/null"): "it is not a regular file",
        tmp_path / "text": "is no log of a run",
        tmp_path / "a\x1b]0;title\x07": "there is nothing at",
    }
    if os.geteuid():  # nothing is forbidden to root
        cases[locked] = "Permission denied"
    for path, told in cases.items():
        with pytest.raises(NotThere) as refusal:
            opened(looked_up([str(path)]))
        assert told in str(refusal.value)
        assert "\n" not in str(refusal.value)
    # As a command, and even beside one that is there.
    for arguments in ([str(tmp_path / "pipe")], [str(folder / "first"), str(tmp_path / "a\x1b]0;title\x07")]):
        done = view(*arguments)
        assert (done.returncode, done.stdout) == (4, "")
        assert re.fullmatch(r"lintui: [^\x00-\x1f]+\n", done.stderr)


def test_more_runs_than_can_be_told_apart_are_too_many(tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.jsonl" for n in range(MOST + 1)]
    for path in paths:
        a_log(path, over("run", 3, 0.1))
    assert len(opened(looked_up([*map(str, paths[:MOST])]))) == MOST
    with pytest.raises(Mistake, match=f"{MOST} runs at most .* not {MOST + 1}"):
        opened(looked_up([*map(str, paths)]))


def test_a_run_is_found_by_its_name_and_named_twice_it_is_one(runs: Path) -> None:
    directory = rundir.create("mine")
    a_log(directory.log, over("mine", 5, 0.1))
    assert [run.path for run in looked_up(["mine", str(directory.path)])] == [directory.log]


# The list


def test_a_run_is_marked_and_no_longer_and_no_more_than_there_is_room_for(tmp_path: Path) -> None:
    shelf = Shelf([found for n in range(MOST + 1) for found in [looked_up([str(a_file(tmp_path, n))])[0]]])
    assert [run.name for run in shelf.chosen(2)] == ["2.jsonl"]
    assert [shelf.mark(n) for n in (4, 1)] == ["", ""]
    assert [run.name for run in shelf.chosen(2)] == ["1.jsonl", "4.jsonl"]
    assert shelf.mark(1) == ""
    assert [run.name for run in shelf.chosen(2)] == ["4.jsonl"]
    assert [bool(shelf.mark(n)) for n in range(MOST + 1) if n != 4][-1]
    assert len(shelf.marked) == MOST


def a_file(folder: Path, n: int) -> Path:
    path = folder / f"{n}.jsonl"
    a_log(path, over("run", 3, 0.1))
    return path


def test_what_cannot_be_read_is_listed_all_the_same(tmp_path: Path) -> None:
    (found,) = looked_up([str(a_file(tmp_path, 0))])
    found.path.unlink()
    assert entry(found).state == "unreadable"


async def listed(pilot: Pilot[None], name: str) -> list[str]:
    """The rows of a list, once everything is known of them."""
    rows = pilot.app.screen.query_one(f"#{name}")
    limit = time.monotonic() + 30
    while (not rows.rows or "…" in "".join(row.plain for row in rows.rows)) and time.monotonic() < limit:
        await pilot.pause(0.02)
    return [row.plain for row in rows.rows]


async def test_marked_runs_are_opened_in_one_picture_and_q_comes_back_to_the_list(folder: Path) -> None:
    app = LintuiApp(lambda _: pytest.fail("nothing is to be started"), runs=looked_up([str(folder)]))
    async with app.run_test(size=(80, 24)) as pilot:
        assert [row.strip("› ").split()[0] for row in await listed(pilot, "list")] == ["first", "third", "second"]
        await pilot.press("m", "m", "enter")
        await pilot.pause()
        assert isinstance(app.screen, MonitorScreen)
        assert len(app.monitor.watched) == 2
        assert all(one.send is None for one in app.monitor.watched)
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(app.screen, ShelfScreen)
        assert app.screen.shelf.marked == {0, 1}
        await pilot.press("m", "m")
        assert app.screen.shelf.marked == {1, 2}
        await pilot.press("q")
        await pilot.pause()
        assert app._exit


async def test_a_run_that_has_gone_meanwhile_is_told_in_the_list(folder: Path) -> None:
    app = LintuiApp(lambda _: pytest.fail("nothing is to be started"), runs=looked_up([str(folder)]))
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot, "list")
        (folder / "first" / "log.jsonl").unlink()
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, ShelfScreen)
        assert "can't read" in app.screen.query_one("#keys").text.plain


async def test_below_the_experiments_are_the_newest_runs_and_escape_comes_back_to_them(runs: Path) -> None:
    for n in range(3):
        a_log(rundir.create(f"run-{n}").log, over(f"run-{n}", 10, 0.1 * (n + 1)))
    app = LintuiApp(lambda _: pytest.fail("nothing is to be started"))
    async with app.run_test(size=(120, 36)) as pilot:
        rows = await listed(pilot, "recent")
        assert [re.search(r"run-\d", row)[0] for row in rows] == ["run-2", "run-1", "run-0"]  # type: ignore[index]
        await pilot.press("G")
        await pilot.pause()
        assert "lr 0.1" in "".join(row.plain for row in app.screen.query_one("#about").rows)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, MonitorScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, PickerScreen)
        await pilot.press("k", "m", "m", "enter")
        await pilot.pause()
        assert len(app.monitor.watched) == 2


def test_a_run_that_goes_on_can_be_steered_from_the_picker_and_one_that_is_over_can_not(runs: Path) -> None:
    a_log(rundir.create("over").log, over("over", 5, 0.1))
    run = Run("live", rundir.create("live"))
    try:
        run.step({"loss": 1.0})
        live, ended = attached(recent())
        assert live.send is not None
        assert ended.send is None
        live.send(Stop(id="1", by="me"))
        assert len([*rundir.find("live").inbox.iterdir()]) == 1
    finally:
        run.finish()


def test_a_view_never_steers(runs: Path) -> None:
    run = Run("live", rundir.create("live"))
    try:
        assert [one.send for one in opened(looked_up(["live"]))] == [None]
    finally:
        run.finish()


async def test_nothing_is_lost_of_a_single_run_that_is_named(tmp_path: Path) -> None:
    a_log(tmp_path / "log.jsonl", regression())
    (one,) = opened(looked_up([str(tmp_path)]))
    one.look()
    assert one.state.at == 187
    assert one.label == ""
