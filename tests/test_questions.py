"""Specifies questions that are answered faster than they go away, and the palette of commands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from recorded import Recording, regression
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from lintui.commands import Command, Scale, Set
from tuiapp.app import LintuiApp
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.palette import Palette
from tuiapp.watched import Watched

CHARACTERS = {"enter": "\r", "escape": "\x1b", "ctrl+p": "\x10"}


@asynccontextmanager
async def watching() -> AsyncIterator[tuple[LintuiApp, Pilot[None], list[Command]]]:
    """A run that goes on, with what it was told."""
    given: list[Command] = []
    screen = MonitorScreen(Watched(Recording(regression()), given.append), leave=lambda: None, detach=lambda: None)
    app = LintuiApp(lambda _: pytest.fail("nothing is to be started"), monitor=screen)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        yield app, pilot, given


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("q", "c"),
        ("x", "n"),
        ("o", "1"),
        ("o", "2"),
        ("L", "escape"),
        ("question_mark", "escape"),
        ("ctrl+p", "escape"),
    ],
)
async def test_a_key_that_was_pressed_too_often_answers_once_and_the_screen_beneath_stays(
    question: str, answer: str
) -> None:
    async with watching() as (app, pilot, given):
        await pilot.press(question)
        for _ in range(4):
            app.post_message(Key(answer, CHARACTERS.get(answer, answer)))
        await pilot.pause(0.2)
        assert app.is_running and app.screen is app.monitor
        assert len(given) == (question == "o")


@pytest.mark.parametrize("answer", ["tab", "up", "down", "j", "k", "enter", "escape", "1", "pageup", "ctrl+p"])
@pytest.mark.parametrize("question", ["question_mark", "L", "o", "x", "q", "ctrl+p"])
async def test_a_key_may_come_before_the_question_is_there_or_after_it_has_gone(question: str, answer: str) -> None:
    async with watching() as (app, pilot, _):
        for _ in range(3):
            for key in (question, answer, answer, "escape", answer):
                app.post_message(Key(key, CHARACTERS.get(key, key if len(key) == 1 else None)))
        await pilot.pause(0.1)
        await pilot.press("escape", "escape", "escape")
        await pilot.pause(0.1)
        assert not app.return_code and app.screen is app.monitor


@pytest.mark.parametrize("key", ["question_mark", "L", "o", "x", "ctrl+p", "q"])
async def test_a_key_that_comes_when_the_screen_has_been_left_opens_nothing_any_more(key: str) -> None:
    async with watching() as (app, pilot, given):
        app.exit()
        for _ in range(3):
            app.post_message(Key(key, CHARACTERS.get(key, key)))
        await pilot.pause(0.2)
    assert not app.return_code and given == []


@pytest.mark.parametrize("key", ["up", "down", "pageup", "pagedown", "home", "end", "tab", "shift+tab", "enter"])
async def test_any_key_may_come_before_and_after_the_palette_s_list_has_rows(key: str) -> None:
    async with watching() as (app, pilot, _):
        for keys in (("ctrl+p", key), ("ctrl+p", key, "escape"), ("ctrl+p", "%", key, "escape", key)):
            for name in keys:
                app.post_message(Key(name, CHARACTERS.get(name)))
            await pilot.pause()
            await pilot.press("escape", "escape")
            await pilot.pause(0.1)
            assert app.is_running and app.screen is app.monitor


async def test_the_palette_finds_a_command_by_words_in_its_name_and_does_it() -> None:
    async with watching() as (app, pilot, given):
        await pilot.press("ctrl+p")
        palette = app.screen
        assert isinstance(palette, Palette)
        everything = [command.title for command in palette.found]
        assert everything == [command.title for command in app.get_system_commands(app.monitor)]
        await pilot.press(*"Rate")
        assert [command.title for command in palette.found] == [name for name in everything if "rate" in name]
        await pilot.press(*" halve", "enter")
        await pilot.pause()
        (halve,) = given
        assert isinstance(halve, Scale) and halve.factor == 0.5
        assert app.screen is app.monitor


async def test_arrows_mark_a_command_and_where_none_is_found_enter_goes_on_asking() -> None:
    async with watching() as (app, pilot, given):
        await pilot.press("ctrl+p", *"nothing of that name", "enter")
        assert isinstance(app.screen, Palette) and given == []
        app.screen.query_one(Input).value = ""
        await pilot.press("down", "down", "up", "up", "enter")
        await pilot.pause()
        (pause,) = given
        assert isinstance(pause, Set) and pause.knob == "paused"
