"""What the screens look like at both sizes, from recorded events and a clock that stands still."""

from collections.abc import Callable

import pytest
from recorded import ME, Recording, classification, regression
from textual.pilot import Pilot
from textual.widgets import Input

from lintui.events import Event
from tuiapp.app import LintuiApp
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.watched import Watched

SIZES = [(120, 36), (80, 24)]
RUNS = {"regression": regression, "classification": classification}


def still(events: list[Event]) -> LintuiApp:
    """The app over recorded events, at a time that does not pass."""
    screen = MonitorScreen(
        Watched(Recording(events), lambda _: None), clock=lambda: 0.0, detach=lambda: None, leave=lambda: None
    )
    screen.author = ME
    return LintuiApp(lambda _: pytest.fail("nothing is to be started"), monitor=screen)


async def drawn(pilot: Pilot[None]) -> None:
    """Everything drawn, nothing on its way."""
    await pilot.pause()
    screen = pilot.app.screen_stack[1]
    assert isinstance(screen, MonitorScreen)
    screen.redraw()
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES, ids=["120x36", "80x24"])
@pytest.mark.parametrize("run", RUNS)
def test_the_monitor(run: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    assert snap_compare(still(RUNS[run]()), terminal_size=size, run_before=drawn)


@pytest.mark.parametrize(
    ("run", "pane"), [("classification", "2"), ("regression", "3"), ("regression", "4"), ("classification", "4")]
)
def test_each_pane_on_a_small_terminal(run: str, pane: str, snap_compare: Callable[..., bool]) -> None:
    async def open_pane(pilot: Pilot[None]) -> None:
        await pilot.press(pane)
        await drawn(pilot)

    assert snap_compare(still(RUNS[run]()), terminal_size=(80, 24), run_before=open_pane)


@pytest.mark.parametrize("size", SIZES, ids=["120x36", "80x24"])
def test_a_part_of_the_loss_smooth_over_time_with_a_cursor(
    size: tuple[int, int], snap_compare: Callable[..., bool]
) -> None:
    async def look_closely(pilot: Pilot[None]) -> None:
        await drawn(pilot)
        await pilot.press("a", "a", "w", "w", "z", "v", "left", "pageup")
        await drawn(pilot)

    assert snap_compare(still(classification()), terminal_size=size, run_before=look_closely)


@pytest.mark.parametrize("key", ["o", "L", "q", "question_mark"])
def test_each_question(key: str, snap_compare: Callable[..., bool]) -> None:
    async def ask(pilot: Pilot[None]) -> None:
        await drawn(pilot)
        await pilot.press(key)
        for field in pilot.app.screen.query(Input):  # a cursor that blinks is no picture twice
            field.cursor_blink = False
        await pilot.pause()

    assert snap_compare(still(regression()), terminal_size=(120, 36), run_before=ask)


@pytest.mark.parametrize("size", SIZES, ids=["120x36", "80x24"])
def test_the_picker(size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    app = LintuiApp(lambda _: pytest.fail("nothing is to be started"))
    assert snap_compare(app, terminal_size=size)
