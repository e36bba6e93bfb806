"""The keys of a replay: a recorded run is played, held, moved through, and the screen shows what was known then."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recorded import batch, classification, regression
from strategies import a_log
from surfaces import descent, kept, numbers, watched
from textual.pilot import Pilot

from lintui.events import Declared, Event, Layers, Level
from tuiapp.app import LintuiApp
from tuiapp.feed import LogFeed
from tuiapp.keymap import KEYS
from tuiapp.replay import Replay
from tuiapp.screens.ask import Help
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.replaying import EnterStep
from tuiapp.watched import Watched
from tuiapp.widgets.chart import ChartView
from tuiapp.widgets.ledger import LedgerPane
from tuiapp.widgets.line import Line
from tuiapp.widgets.pictures import PicturesPane
from tuiapp.widgets.rows import Rows
from tuiapp.widgets.surface import SurfacePane


class Shown:
    """The app over a log, with a clock of the replay that is moved by hand."""

    def __init__(self, path: Path) -> None:
        """Show the log at `path`."""
        feed = LogFeed(path)
        self.now = 0.0
        self.replay = Replay(Watched(feed, None, path.parent), feed.reopened, lambda: self.now)
        self.monitor = MonitorScreen(self.replay)
        self.app = LintuiApp(lambda _: pytest.fail("nothing is to be started"), monitor=self.monitor)

    def line(self, name: str = "status") -> str:
        """What a line of the screen says."""
        return self.monitor.query_one(f"#{name}", Line).text.plain

    def rows(self, name: str) -> list[str]:
        """The rows of a list."""
        return [row.plain for row in self.monitor.query_one(f"#{name}", Rows).rows]

    def wait(self, seconds: float) -> None:
        """Let time pass for the replay, and draw."""
        for _ in range(round(seconds / 0.05)):
            self.now += 0.05
            self.monitor._tick()
        self.monitor.redraw()


@asynccontextmanager
async def shown(
    tmp_path: Path, events: list[Event], size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[Shown, Pilot[None]]]:
    """A log of these events on the screen."""
    a_log(tmp_path / "log.jsonl", events)
    one = Shown(tmp_path / "log.jsonl")
    async with one.app.run_test(size=size) as pilot:
        await pilot.pause()
        one.wait(0.1)
        await pilot.pause()
        yield one, pilot


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_space_plays_from_the_beginning_holds_and_plays_on_to_the_end(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with shown(tmp_path, classification(), size) as (one, pilot):
        assert "done" in one.line() and "space play" in one.line("keys")
        await pilot.press("space")
        assert "step 0 of 300 · playing" in one.line()
        one.wait(3)
        assert re.search(r"replay ×1/2 · step \d\d of 300 · playing", one.line())
        await pilot.press("space")
        held = one.line()
        assert "held" in held
        one.wait(3)
        assert one.line() == held
        await pilot.press("space")
        one.wait(40)
        assert "done" in one.line() and "replay" not in one.line()


async def test_faster_and_slower_are_said_and_done(tmp_path: Path) -> None:
    async with shown(tmp_path, classification()) as (one, pilot):
        await pilot.press("space", *["greater_than_sign"] * 3)
        assert "replay ×4" in one.line()
        one.wait(1)
        assert one.replay.state.at == pytest.approx(80, abs=10)
        await pilot.press(*["less_than_sign"] * 5)
        assert "replay ×1/8" in one.line()


async def test_a_step_on_and_a_step_back_show_what_was_known_there(tmp_path: Path) -> None:
    async with shown(tmp_path, regression()) as (one, pilot):
        await pilot.press("J", *"89", "enter")
        assert "step 89 of 187 · held" in one.line()
        assert "lr 0.03" in one.line("steering") and one.rows("happened") == ["nothing"]
        await pilot.press("s")
        await pilot.pause()
        assert "step 90 of 187" in one.line()
        assert "lr 0.06" in one.line("steering") and "learning rate 0.03 → 0.06" in one.rows("happened")[0]
        await pilot.press("b")
        assert "step 89 of 187" in one.line()
        assert "lr 0.03" in one.line("steering") and one.rows("happened") == ["nothing"]


async def test_the_beginning_and_the_end_have_keys(tmp_path: Path) -> None:
    async with shown(tmp_path, classification()) as (one, pilot):
        await pilot.press("B")
        assert "step 0 of 300 · held" in one.line()
        await pilot.press("E")
        assert "done" in one.line() and one.replay.state is one.replay.run.state


@pytest.mark.parametrize("typed", ["", "abc", "-1", "1.5", "188", "9" * 20, "٣"])
async def test_what_is_no_step_is_said_and_goes_nowhere(tmp_path: Path, typed: str) -> None:
    async with shown(tmp_path, regression()) as (one, pilot):
        await pilot.press("J")
        assert isinstance(one.app.screen, EnterStep)
        one.app.screen.query_one("#number").value = typed  # type: ignore[attr-defined]
        await pilot.press("enter")
        assert isinstance(one.app.screen, EnterStep)
        assert "from 0 to 187" in str(one.app.screen.query_one("#wrong").content)  # type: ignore[attr-defined]
        await pilot.press("escape")
        assert not one.replay.is_on


async def test_going_back_leaves_nothing_on_the_screen_that_was_not_known_yet(tmp_path: Path) -> None:
    first, *later = regression()
    begun = [event for event in later if isinstance(event, Declared | Level)]
    late = [first, *begun, batch(1, 9, loss=float), *(event for event in later if event not in begun)]
    async with shown(tmp_path, late) as (one, pilot):
        layers, loss = one.monitor.query_one("#layers", Rows), one.monitor.query_one("#loss", ChartView)
        assert len(layers.rows) == 3 and "after step 180" in str(layers.border_subtitle)
        await pilot.press("J", "5", "enter")
        await pilot.pause()
        assert layers.lines == [] and [row.plain for row in layers.rows] == ["none recorded so far"]
        assert "all data" not in "".join(loss.lines) and "each batch" in "".join(loss.lines)


async def test_ledger_and_surface_are_those_of_the_step(tmp_path: Path) -> None:
    watching, true, *losses, looked = watched(descent())
    assert isinstance(looked, Layers)
    first = [batch(1, 20, norm=float), sliced(looked, slice(20))]
    second = [batch(21, 40, norm=float), sliced(looked, slice(20, None))]
    said: list[Event] = [watching, true, *first, kept(tmp_path, numbers(), at=20), *second, *losses[-1:]]
    async with shown(tmp_path, said) as (one, pilot):
        surface, ledger = one.monitor.query_one(SurfacePane), one.monitor.query_one(LedgerPane)
        await pilot.press("7")
        await pilot.pause()
        assert any("40 steps" in line for line in surface.lines)
        whole = way(surface)
        await pilot.press("J", *"30", "enter")
        await pilot.pause()
        assert any("30 steps" in line for line in surface.lines)
        assert way(surface) < whole  # what was gone later is not drawn any more
        await pilot.press("6")
        await pilot.pause()
        assert (ledger.count(), ledger.row(89).plain.split()[0]) == (90, "30")
        await pilot.press("b", "b")
        assert (ledger.count(), ledger.row(83).plain.split()[0]) == (84, "28")
        await pilot.press("7", "J", *"10", "enter")
        await pilot.pause()
        assert "was not measured yet" in "".join(surface.lines)
        await pilot.press("E")
        await pilot.pause()
        assert any("40 steps" in line for line in surface.lines)


def way(pane: SurfacePane) -> int:
    """How many cells the way over the surface takes."""
    return sum(
        "\N{BRAILLE PATTERN BLANK}" < sign <= "\N{BRAILLE PATTERN DOTS-12345678}" for sign in "".join(pane.lines)
    )


def sliced(looked: Layers, part: slice) -> Layers:
    """Some of the looks."""
    values = {name: column[part] for name, column in looked.values.items()}
    return replace(looked, at=looked.at[part], t=looked.t[part], lr=looked.lr[part], values=values)


async def test_pictures_are_those_of_the_step(tmp_path: Path) -> None:
    grid = np.eye(3, dtype="<f4")
    said: list[Event] = [*regression()[:7]]
    for at, name in ((10, "first"), (50, "second")):
        picture = kept(tmp_path, grid, at=at, name=name, shows="counts", file=f"{name}.bin")
        said += [batch(at - 9, at, "other", loss=float), replace(picture, file=f"loss-surface-{at}.bin")]
    async with shown(tmp_path, [*said, batch(51, 60, "other", loss=float)]) as (one, pilot):
        pane = one.monitor.query_one(PicturesPane)
        await pilot.press("8")
        await pilot.pause()
        assert "first" in pane.lines[1] and "second" in pane.lines[1]
        await pilot.press("J", *"45", "enter")
        await pilot.pause()
        assert "first" in pane.lines[1] and "second" not in pane.lines[1]


async def test_the_log_that_went_away_is_said_in_a_line(tmp_path: Path) -> None:
    async with shown(tmp_path, regression()) as (one, pilot):
        (tmp_path / "log.jsonl").unlink()
        await pilot.press("space")
        await pilot.pause()
        assert "the log can't be read again" in one.line("keys")
        assert not one.replay.is_on


async def test_help_and_footer_tell_the_keys_in_the_words_of_a_replay(tmp_path: Path) -> None:
    async with shown(tmp_path, regression(), (200, 50)) as (one, pilot):
        assert "space play  s step  b back  J go to" in one.line("keys")
        await pilot.press("question_mark")
        assert isinstance(one.app.screen, Help)
        told = " ".join(row.plain for row in one.app.screen.query_one("#list", Rows).rows)
        assert "play it again, and hold" in told and "play twice as fast" in told and "make one step" not in told


async def test_a_run_that_can_be_steered_and_an_empty_log_have_no_replay(tmp_path: Path) -> None:
    async with shown(tmp_path, []) as (one, pilot):
        await pilot.press("space", "s", "b", "B", "E", "J")
        assert not one.replay.is_on and one.app.screen is one.monitor
        rows = {row.action for row in KEYS if row.when(one.monitor.view)}
        assert not rows & {"pause", "step", "step_back", "seek", "to_beginning", "to_end"}
    steered = MonitorScreen(Watched(LogFeed(tmp_path / "log.jsonl"), lambda _: None))
    assert steered.replay is None
