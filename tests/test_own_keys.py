"""Specifies a person's own keys on the screen: what is pressed, and what footer, help and palette show."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from recorded import ME, Recording, regression
from textual.pilot import Pilot

from lintui.commands import Command, Scale, Set, Step
from tuiapp.app import LintuiApp
from tuiapp.preferences import Preferences
from tuiapp.screens.ask import Choose, Help
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.watched import Watched
from tuiapp.widgets.line import Line
from tuiapp.widgets.rows import Rows

OWN = {"step": "space", "pause": "s,ctrl+a", "double-rate": "plus", "set-rate": "ctrl+s", "leave": "f9", "help": "h"}


@asynccontextmanager
async def screen(
    keys: dict[str, str], size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[list[Command], LintuiApp, Pilot[None]]]:
    """What was given to the run, the app and its pilot."""
    given: list[Command] = []
    monitor = MonitorScreen(Watched(Recording(regression()), given.append), leave=lambda: None)
    monitor.author = ME
    app = LintuiApp(lambda _: pytest.fail("nothing is started"), monitor=monitor, preferences=Preferences(keys=keys))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        monitor._tick()
        monitor.redraw()
        await pilot.pause()
        yield given, app, pilot


async def test_an_action_is_on_its_new_keys_and_no_longer_on_the_old() -> None:
    async with screen(OWN) as (given, _, pilot):
        await pilot.press("space", "s", "ctrl+a", "plus", "equals_sign", "L", "minus")
    assert [type(command) for command in given] == [Step, Set, Set, Scale, Scale]
    assert [command.factor for command in given if isinstance(command, Scale)] == [2.0, 0.5]


async def test_two_actions_may_have_exchanged_their_keys() -> None:
    for keys in ({"step": "space", "pause": "s"}, {"pause": "s", "step": "space"}):
        async with screen(keys) as (given, _, pilot):
            await pilot.press("s", "space")
        assert [type(command) for command in given] == [Set, Step]


@pytest.mark.parametrize("key", ["f9", "ctrl+q", "ctrl+c"])
async def test_leaving_stays_where_people_look_for_it(key: str) -> None:
    async with screen(OWN) as (_, app, pilot):
        await pilot.press("q")
        assert not isinstance(app.screen, Choose)
        await pilot.press(key)
        assert isinstance(app.screen, Choose)


async def test_the_footer_shows_the_new_keys() -> None:
    async with screen(OWN, size=(160, 36)) as (_, app, _pilot):
        assert app.monitor is not None
        shown = app.monitor.query_one("#keys", Line).text.plain
    for words in (" s pause ", " space step ", " ctrl+s set lr ", " h help ", " f9 quit "):
        assert words in shown


async def test_the_help_shows_the_new_keys() -> None:
    async with screen(OWN) as (_, app, pilot):
        await pilot.press("h")
        assert isinstance(app.screen, Help)
        rows = [row.plain.split() for row in app.screen.query_one("#list", Rows).rows]
    assert ["ctrl+s", "set", "an", "exact", "learning", "rate"] in rows
    assert ["space", "make", "one", "step,", "then", "pause", "again"] in rows


async def test_the_palette_shows_the_new_keys() -> None:
    async with screen(OWN) as (_, app, _pilot):
        commands = {command.title: command.help for command in app.get_system_commands(app.screen)}
    assert commands["make one step, then pause again"] == "key space"
    assert commands["set an exact learning rate"] == "key ctrl+s"
