"""Text that means harm in every field of a run: it is shown as text, and neither terminal nor click obeys it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import hostile
import pytest
from recorded import Recording
from spoken import in_plain_lines, unknown
from strategies import child_environment, read_log
from terminal import Terminal
from textual.strip import Strip

from lintui.codec import decode_event
from lintui.state import RunState
from tuiapp.app import LintuiApp
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.panes import PANES
from tuiapp.watched import Watched

SEED = 16
SCROLLS = {"scroll_up", "scroll_down", "grab"}
"""What a scroll bar does when it is clicked; nothing else on a screen may have an action in it."""


def logs(folder: Path, count: int) -> Iterator[Path]:
    """So many logs, by our own writer and by somebody else's in turn."""
    random = Random(SEED)
    for i in range(count):
        path = folder / f"{i}.jsonl"
        if i % 2:
            hostile.write(path, hostile.run(lambda: hostile.spoken_by(random)))
        else:
            hostile.write_raw(path, hostile.run(lambda: hostile.text(random)))
        yield path


def test_every_line_of_such_a_log_is_read(tmp_path: Path) -> None:
    for path in logs(tmp_path, 40):
        records, problems = read_log(path)
        assert problems == []
        assert len(records) == len(hostile.run(str))
        assert not any("can't be written down" in getattr(event, "text", "") for _, event in records)


@pytest.mark.parametrize("count", [60, pytest.param(10_000, marks=pytest.mark.long)])
async def test_on_the_screen_nothing_of_it_is_a_command_or_can_be_clicked(
    count: int, figure: Callable[[str], None]
) -> None:
    random = Random(SEED)
    monitor = MonitorScreen(Watched(Recording([]), None))
    app = LintuiApp(lambda _: pytest.fail("nothing is to be started"), monitor=monitor)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        for i in range(count):
            monitor.one.state = RunState()
            for n, event in enumerate(hostile.run(lambda: hostile.text(random))):
                record = decode_event(hostile.raw(n, event).removesuffix(b"\n"))
                assert record is not None
                monitor.state.apply(record)
            monitor.maximised = bool(i % 3 == 2)
            monitor.action_pane(i % len(PANES))
            await pilot.resize_terminal(*random.choice(((120, 40), (80, 24), (45, 13))))
            monitor.redraw()
            await pilot.pause()
            is_plain(app, monitor._compositor.render_strips())
    assert not app.return_code
    figure(f"{count} strings in every text field from seed {SEED}: none was obeyed")


def is_plain(app: LintuiApp, strips: list[Strip]) -> None:
    """Nothing but cells and colours, and no action but those of a scroll bar."""
    for strip in strips:
        assert unknown(strip.render(app.console).encode(errors="replace")) == [], strip
        for segment in strip:
            style = segment.style
            if style is not None:
                assert style.link is None
                actions = {action for key, action in style.meta.items() if key.startswith("@")}
                assert actions <= SCROLLS, strip


@pytest.mark.parametrize("count", [4, pytest.param(60, marks=pytest.mark.long)])
def test_at_a_terminal_nothing_is_said_but_colours_and_places_and_a_click_does_nothing(
    tmp_path: Path, count: int
) -> None:
    for i, path in enumerate(logs(tmp_path, count)):
        columns, rows = ((120, 36), (80, 24))[i // 2 % 2]
        with Terminal(["view", str(path)], columns=columns, rows=rows) as terminal:
            terminal.sees("q quit")
            for key in "\t\t\t\t1234y?":
                terminal.press(key)
            terminal.sees("play it again")
            terminal.press("\x1b")
            terminal.no_longer_sees("play it again")
            for y in range(1, rows - 1):
                terminal.press("".join(f"\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m" for x in range(1, columns, 5)))
            terminal.press("\x10")
            terminal.sees("Search for commands")
            terminal.press("\x1b")
            terminal.no_longer_sees("Search for commands")
            terminal.sees("q quit")
            terminal.press("q")
            assert terminal.leaves() == 0
            assert unknown(terminal.output) == []


@pytest.mark.parametrize("count", [6, pytest.param(100, marks=pytest.mark.long)])
def test_printed_it_is_lines_of_text(tmp_path: Path, count: int) -> None:
    for path in logs(tmp_path, count):
        printed = lintui("view", str(path))
        assert printed.returncode == 0
        assert printed.stderr == b""
        assert in_plain_lines(printed.stdout) == []


@pytest.mark.parametrize("name", ["\x1b]0;stolen\x07.jsonl", "\x9b2J.jsonl", "[@click=app.quit].jsonl", "two\nlines"])
def test_a_file_s_own_name_is_text_too(tmp_path: Path, name: str) -> None:
    missing, broken, whole = (tmp_path / f"{i}{name}" for i in range(3))
    broken.write_text("nothing\n")
    hostile.write(whole, hostile.run(lambda: "a"))
    for path, code in ((missing, 4), (broken, 4), (whole, 0)):
        printed = lintui("view", str(path))
        assert printed.returncode == code
        assert in_plain_lines(printed.stdout + printed.stderr) == []
    with Terminal(["view", str(whole)], columns=80, rows=24) as terminal:
        terminal.sees("q quit")
        terminal.press("q")
        assert terminal.leaves() == 0
        assert unknown(terminal.output) == []


def test_an_argument_that_is_no_text_is_refused_in_one_line() -> None:
    for arguments in (["demo", "\x1b]0;stolen\x07"], ["attach", "\x1b]0;stolen\x07"], ["demo", "--lr", "\x9b2J"]):
        printed = lintui(*arguments)
        assert printed.returncode in (2, 4)
        assert in_plain_lines(printed.stdout + printed.stderr) == []
        assert len(printed.stderr.splitlines()) == 1


def lintui(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Our command where there is no terminal."""
    return subprocess.run(
        [sys.executable, "-m", "lintui", *arguments],
        env={**child_environment(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
