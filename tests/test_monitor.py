"""The monitor: a key pressed becomes one command, and only what the run confirms is shown as done."""

import base64
import math
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import ME, Recording, applied, batch, classification, regression
from textual.events import Key, MouseScrollUp
from textual.pilot import Pilot
from textual.widgets import Input

from lintui.commands import Command, Scale, Set, Stop
from lintui.events import Declared, Ended, Event, Refused, Said
from lintui.knobs import Choice
from tuiapp.app import LintuiApp
from tuiapp.keymap import KEYS
from tuiapp.screens.ask import Choose, EnterNumber, Help, allowed, number
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.option import ChooseOption
from tuiapp.watched import Watched
from tuiapp.widgets.chart import ChartView
from tuiapp.widgets.footer import Footer
from tuiapp.widgets.line import Line
from tuiapp.widgets.rows import Rows

ALL_FOUR = ["loss", "second", "layers", "happened"]


class MonitorApp(LintuiApp, inherit_bindings=False):
    """The app with a monitor over recorded events; commands are kept instead of given to a run."""

    def __init__(self, events: list[Event], *, steers: bool = True) -> None:
        """Show `events`."""
        self.recording = Recording(events)
        self.given: list[Command] = []
        screen = MonitorScreen(
            Watched(self.recording, self.given.append if steers else None),
            detach=lambda: self.exit(message="detached"),
            leave=lambda: screen.stop_and_leave(""),
        )
        screen.author = ME
        super().__init__(lambda _: pytest.fail("nothing is to be started"), monitor=screen)

    def line(self, name: str) -> str:
        """What a line of the screen says."""
        return self.monitor.query_one(f"#{name}", Line).text.plain

    def redraw(self) -> None:
        """Take what has come and draw it, without waiting for the rhythm of drawing."""
        self.monitor._tick()
        self.monitor.redraw()


@asynccontextmanager
async def monitor(events: list[Event], *, size: tuple[int, int] = (120, 36), steers: bool = True):
    """The app and its pilot, once everything is drawn."""
    app = MonitorApp(events, steers=steers)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.redraw()
        await pilot.pause()
        yield app, pilot


def running() -> list[Event]:
    """A run that goes on."""
    return regression()


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("space", {"kind": "set", "knob": "paused", "value": True}),
        ("s", {"kind": "step", "count": 1}),
        ("plus", {"kind": "scale", "knob": "lr", "factor": 2.0}),
        ("equals_sign", {"kind": "scale", "knob": "lr", "factor": 2.0}),
        ("minus", {"kind": "scale", "knob": "lr", "factor": 0.5}),
        ("greater_than_sign", {"kind": "scale", "knob": "speed", "factor": 2.0}),
        ("less_than_sign", {"kind": "scale", "knob": "speed", "factor": 0.5}),
        ("u", {"kind": "set", "knob": "loss", "value": "half-squared", "undoes": "2"}),
    ],
)
async def test_a_key_gives_one_command_which_bears_its_author(key: str, command: dict[str, object]) -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press(key)
        (given,) = app.given
        assert {name: getattr(given, name) for name in command} == command
        assert given.by == ME
        assert given.id


async def test_what_was_asked_for_is_pending_until_the_run_has_answered() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("plus")
        assert "lr ×2 …" in app.line("steering")
        assert "lr 0.06" in app.line("steering")
        app.recording.add(applied(app.given[0].id, 188, "lr", 0.06, 0.12))
        app.redraw()
        assert "…" not in app.line("steering")
        assert "lr 0.12" in app.line("steering")


async def test_a_refusal_ends_the_pending_and_is_told() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("plus")
        id = app.given[0].id
        app.recording.add(Refused(id=id, by=ME, branch=0, at=188, t=9.4, knob="lr", reason="too much of it"))
        app.redraw()
        await pilot.pause()
        assert "…" not in app.line("steering")
        assert any("too much of it" in row.plain for row in app.monitor.query_one("#happened").rows)


async def test_two_presses_before_an_answer_are_two_doublings() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("plus", "plus")
        assert [type(command) for command in app.given] == [Scale, Scale]
        assert app.given[0].id != app.given[1].id


async def test_pause_pressed_twice_before_an_answer_pauses_and_goes_on() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("space", "space")
        assert [command.value for command in app.given if isinstance(command, Set)] == [True, False]


async def test_set_back_pressed_twice_reaches_two_interventions_back() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("u", "u")
        assert [(c.undoes, c.value) for c in app.given if isinstance(c, Set)] == [("2", "half-squared"), ("1", 0.03)]


async def test_set_forward_again_goes_where_set_back_came_from() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("u")
        app.recording.add(applied(app.given[0].id, 188, "loss", "l1", "half-squared", undoes="2"))
        app.redraw()
        await pilot.press("U")
        last = app.given[-1]
        assert isinstance(last, Set)
        assert (last.knob, last.value, last.redoes) == ("loss", "l1", app.given[0].id)


async def test_an_exact_learning_rate_is_asked_for_and_set() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("L")
        assert isinstance(app.screen, EnterNumber)
        await pilot.press(*"0.005", "enter")
        (given,) = app.given
        assert isinstance(given, Set)
        assert (given.knob, given.value) == ("lr", 0.005)


@pytest.mark.parametrize("typed", ["", "abc", "nan", "inf", "1e400", "-1", "0.1 0.2", "٣"])
async def test_what_is_no_learning_rate_is_said_and_never_sent(typed: str) -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("L")
        app.screen.query_one("#number").value = typed
        await pilot.press("enter")
        if typed == "٣":  # a digit all the same: float takes it
            assert [command.value for command in app.given if isinstance(command, Set)] == [3.0]
            return
        assert isinstance(app.screen, EnterNumber)
        assert str(app.screen.query_one("#wrong").content)
        await pilot.press("escape")
        assert app.given == []


RATE = Declared(knob="lr", label="learning rate", shape="number", value=0.1, low=0.0)
MOMENTUM = Declared(knob="momentum", label="momentum", shape="number", value=0.0, low=0.0, below=1.0)


def test_a_learning_rate_of_zero_is_one() -> None:
    assert number(" 0 ", RATE) == 0.0
    assert math.copysign(1, number("1e-320", RATE)) == 1


@given(st.none() | st.integers(-99, 99), st.none() | st.integers(0, 99), st.booleans(), st.floats())
def test_exactly_the_numbers_between_a_knob_s_bounds_can_be_typed(
    low: int | None, room: int | None, reached: bool, typed: float
) -> None:
    end = None if room is None else (low or 0) + room + 1
    knob = replace(RATE, low=low, high=end if reached else None, below=None if reached else end)
    fits = math.isfinite(typed) and (low is None or typed >= low)
    fits = fits and (end is None or typed < end or (reached and typed == end))
    try:
        assert number(repr(typed), knob) == typed
        assert fits
    except ValueError as error:
        assert not fits
        assert "\n" not in str(error)
        # The way out that it names is one.
        number(str(error).rpartition("such as ")[2], knob)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({"low": 0.0}, "0 or above"),
        ({"low": 0.0, "high": 1.0}, "from 0 to 1"),
        ({"low": 0.0, "below": 1.0}, "from 0 to below 1"),
        ({"low": None, "high": 2.5}, "up to 2.5"),
        ({"low": None, "below": 2.5}, "below 2.5"),
        ({"low": None}, ""),
    ],
)
def test_the_question_says_which_values_there_are(bounds: dict[str, float], said: str) -> None:
    assert allowed(replace(RATE, **bounds)) == said


async def test_the_loss_is_chosen_by_its_digit_or_with_the_arrows() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("o")
        assert isinstance(app.screen, ChooseOption)
        await pilot.press("4")
        await pilot.press("o", "down", "enter")
        chosen = [(command.knob, command.value) for command in app.given if isinstance(command, Set)]
        assert chosen == [("loss", "huber"), ("loss", "huber")]


@pytest.mark.parametrize(("typed", "losses"), [("l1", []), ("L", ["half-squared"]), ("u b", ["huber"])])
async def test_once_a_letter_is_typed_digits_belong_to_the_name_of_the_loss(typed: str, losses: list[str]) -> None:
    async with monitor(running()) as (app, pilot):
        assert app.monitor.state.loss_name() == "l1"
        await pilot.press("o")
        for character in typed:  # all of it and enter before any of it is taken in
            app.post_message(Key("space" if character == " " else character, character))
        app.post_message(Key("enter", "\r"))
        await pilot.pause(0.2)
        assert [command.value for command in app.given if isinstance(command, Set)] == losses
        assert app.screen is app.monitor


async def test_a_digit_that_no_loss_has_finds_none_and_enter_goes_on_asking() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("o", "9", "enter")
        assert isinstance(app.screen, ChooseOption) and app.screen.found == [] and app.given == []
        await pilot.press("backspace", "2")
        assert [command.value for command in app.given if isinstance(command, Set)] == ["mse"]


async def test_beside_each_loss_stands_what_it_is_where_the_run_says_so() -> None:
    for words, beside in (({"mse": "error²"}, "error²"), (None, "")):
        knob = Choice("loss", {"mse": 1, "l1": 2}, "l1", words=words).declared()
        async with monitor([*running(), knob]) as (app, pilot):
            await pilot.press("o")
            first, second = (row.plain.rstrip() for row in app.screen.query_one(Rows).rows)
            assert first == f"  1  mse  {beside}".rstrip()
            assert second == "› 2  l1"


async def test_choosing_the_loss_that_is_in_use_asks_for_nothing() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("o", "enter")
        assert app.given == []


async def test_stop_asks_first_and_the_screen_stays() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("x", "n")
        assert app.given == []
        await pilot.press("x", "y")
        assert [type(command) for command in app.given] == [Stop]
        app.recording.add(Ended(branch=0, at=188, t=9.4, how="stopped", summary={"b": 4.2}))
        app.redraw()
        await pilot.pause()
        assert app.is_running
        assert "stopped" in app.line("status")


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_leaving_while_training_asks_and_can_be_cancelled(key: str) -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press(key, "c")
        assert app.given == []
        assert app.screen is app.monitor
        await pilot.press(key, "s")
        assert [type(command) for command in app.given] == [Stop]


async def test_leaving_waits_for_the_runs_last_word() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("q", "s")
        assert app.return_code is None
        app.recording.add(Ended(branch=0, at=188, t=9.4, how="stopped", summary={}))
        app.monitor._tick()
        await pilot.pause()
        assert app._exit


@pytest.mark.parametrize("keys", [("ctrl+z",), ("q", "d")])
async def test_the_screen_can_be_left_alone_without_a_word_to_the_run(keys: tuple[str, ...]) -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press(*keys)
        assert app._exit
        assert app.given == []


async def test_after_the_end_leaving_asks_nothing() -> None:
    async with monitor(classification()) as (app, pilot):
        await pilot.press("q")
        assert app._exit


async def test_keys_that_have_nothing_to_do_do_nothing_and_are_not_offered() -> None:
    async with monitor(classification()) as (app, pilot):
        await pilot.press("space", "s", "plus", "minus", "L", "o", "u", "U", "x")
        assert app.given == []
        assert app.screen is app.monitor
        assert "pause" not in app.line("keys")


async def test_a_log_that_is_looked_at_cannot_be_steered() -> None:
    async with monitor(running(), steers=False) as (app, pilot):
        await pilot.press("space", "plus", "o")
        assert app.screen is app.monitor
        assert "pause" not in app.line("keys")


async def test_panes_are_reached_by_number_and_by_tab_and_maximised() -> None:
    async with monitor(running()) as (app, pilot):
        for key, name in (("1", "loss"), ("2", "second"), ("3", "layers"), ("4", "happened")):
            await pilot.press(key)
            assert app.focused is not None
            assert app.focused.id == name
        await pilot.press("tab")
        assert app.focused.id == "loss"
        await pilot.press("shift+tab", "enter")
        assert [pane.id for pane in app.monitor.panes if pane.display] == ["happened"]
        await pilot.press("escape")
        assert [pane.id for pane in app.monitor.panes if pane.display] == ALL_FOUR


async def test_on_80_by_24_one_pane_fills_the_body() -> None:
    async with monitor(running(), size=(80, 24)) as (app, pilot):
        assert [pane.id for pane in app.monitor.panes if pane.display] == ["loss"]
        await pilot.press("3")
        assert [pane.id for pane in app.monitor.panes if pane.display] == ["layers"]
        assert "linreg-scratch" in app.line("status")


async def test_y_changes_the_scale_of_the_chart_in_focus_only() -> None:
    async with monitor(running()) as (app, pilot):
        loss, second = app.monitor.query_one("#loss", ChartView), app.monitor.query_one("#second", ChartView)
        assert (loss.sight.scale, second.sight.scale) == ("log", "log")
        await pilot.press("2", "y")
        assert (loss.sight.scale, second.sight.scale) == ("log", "symlog")
        await pilot.press("y")
        assert (loss.sight.scale, second.sight.scale) == ("log", "linear")


def picture(app: MonitorApp, name: str = "loss") -> str:
    """What a chart shows, and its title."""
    view = app.monitor.query_one(f"#{name}", ChartView)
    rows = ["".join(segment.text for segment in strip) for strip in view._strips]
    return "\n".join([str(view.border_title), *rows, str(view.border_subtitle)])


async def test_the_axis_and_the_smoothing_are_kept_for_each_chart() -> None:
    async with monitor(classification()) as (app, pilot):
        assert "epoch" in picture(app, "second")
        await pilot.press("a", "w", "2", "a", "a")
        assert "epoch" in picture(app) and "smooth 0.6" in picture(app)
        assert "step" in picture(app, "second") and "smooth" not in picture(app, "second")
        await pilot.press("1", "a")
        assert "0:15" in picture(app)
        await pilot.press("a", "w", "w", "w", "w")
        assert "step" in picture(app) and "smooth" not in picture(app)


async def test_the_cursor_says_the_value_that_was_recorded_at_its_step() -> None:
    events = [*running(), batch(188, 300, "train", loss=lambda s: 1000.0 + s)]
    async with monitor(events) as (app, pilot):
        await pilot.press("v")
        assert "step" in picture(app).splitlines()[0]
        for keys in (["z", "z", "z"], ["left"] * 3, ["shift+left", "l"]):
            await pilot.press(*keys)
            step = re.search(r"steps? (\d+)", picture(app))
            shown = re.search(r"all data ([\d.e]+)", picture(app))
            assert step and shown and float(shown[1]) == pytest.approx(1000 + int(step[1]), rel=0.01)
        await pilot.press("v")
        assert "all data 1" not in picture(app)


async def test_zoom_shows_less_moves_and_comes_back() -> None:
    async with monitor(running()) as (app, pilot):
        whole = picture(app)
        await pilot.press("z", "z")
        near = picture(app)
        assert "zoom ×4" in near and near != whole
        await pilot.press("left")
        assert picture(app) != near
        await pilot.press("end")
        assert picture(app) == near
        await pilot.press("Z")
        assert "zoom ×2" in picture(app)
        await pilot.press("0")
        assert picture(app) == whole
        await pilot.press("0", "Z")
        assert picture(app) == whole


async def test_zooming_ends_where_there_is_nothing_left_to_be_seen() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press(*["z"] * 20)
        assert "━ each batch" in picture(app)
        start, end = app.monitor.query_one("#loss", ChartView).sight.window(app.monitor.chart.axis)
        assert 3 <= end - start < 10


async def test_a_smooth_curve_leaves_the_spike_of_the_raw_one_in_sight() -> None:
    async with monitor([*running(), batch(188, 240, loss=lambda s: 5e9 if s == 200 else 1.0)]) as (app, pilot):
        await pilot.press("w", "w", "w")
        assert "1e9" in picture(app)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_a_filter_shows_rows_with_a_text_only_says_so_and_goes_with_escape(size: tuple[int, int]) -> None:
    async with monitor(running(), size=size) as (app, pilot):
        layers, happened = app.monitor.query_one("#layers", Rows), app.monitor.query_one("#happened", Rows)
        await pilot.press("3", "slash", "W", "left_square_bracket")
        assert [row.plain[:4] for row in layers.rows] == ["w[0]", "w[1]"]
        await pilot.press("q", "enter")
        assert app.screen is app.monitor and layers.rows == []
        assert "/W[q" in layers._border_title.plain
        await pilot.press("4", "slash", *"loss", "enter")
        assert [row.plain.split()[1] for row in happened.rows] == ["150"]
        await pilot.press("escape")
        assert len(happened.rows) == 3 and "/" not in happened._border_title.plain
        await pilot.press("3", "slash", "escape")
        assert len(layers.rows) == 3


async def test_a_filter_of_a_chart_shows_the_curves_of_that_name() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("slash", *"mse", "enter")
        assert "yardstick: mse" in picture(app) and "all data" not in picture(app)


async def test_what_is_typed_or_named_like_markup_is_only_text() -> None:
    async with monitor([*running(), applied("9", 187, "loss", "l1", "[@click=app.quit]x[/]")]) as (app, pilot):
        await pilot.press("slash", *"[/", "enter")
        title = app.monitor.query_one("#loss", ChartView)._border_title
        assert "[@click=app.quit]x[/]" in title.plain and "/[/" in title.plain
        assert not title.spans


async def test_help_lists_the_keys_that_have_something_to_do() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        shown = " ".join(row.plain for row in app.screen.query_one("#list").rows)
        assert "double the learning rate" in shown
        await pilot.press("escape")
        assert app.screen is app.monitor


def told(text: str, level: str = "info") -> Said:
    """Something that a run says."""
    return Said(t=9.4, level=level, text=text)


SENTENCE = (
    "there is no train-images-idx3-ubyte.gz in the folder that was named; name one that holds it and its labels"
)


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (40, 12)], ids=["120x36", "80x24", "40x12"])
async def test_what_happened_is_wrapped_at_words_so_that_all_of_it_is_seen(size: tuple[int, int]) -> None:
    async with monitor([*running(), told(SENTENCE)], size=size) as (app, pilot):
        await pilot.press("4")
        await pilot.pause()
        happened = app.monitor.query_one("#happened", Rows)
        seen = [happened.render_line(y).text for y in range(happened.size.height)]
        assert SENTENCE in " ".join(" ".join(seen).split())
        assert len(happened.rows) > len(happened.lines)
        assert not happened.show_horizontal_scrollbar
        assert any(line == SENTENCE for line in happened.lines), "whole where it is copied"


async def test_a_wrapped_intervention_goes_on_behind_its_step() -> None:
    async with monitor([applied("1", 5, "lr", 0.1, 0.2, note=SENTENCE)]) as (app, _):
        first, *others = (row.plain for row in app.monitor.query_one("#happened", Rows).rows)
        begins = first.index("there is no")
        assert others
        assert all(row.startswith(" " * begins) and row[begins] != " " for row in others)


async def test_the_end_of_what_happened_is_followed_however_its_lines_are_wrapped() -> None:
    async with monitor([*running(), *(told(f"{i}: {SENTENCE}") for i in range(40))]) as (app, pilot):
        await pilot.press("4")
        happened = app.monitor.query_one("#happened", Rows)
        for number, size in enumerate([(120, 36), (80, 24), (50, 14), (130, 40), (100, 28)]):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            app.recording.add(told(f"news {number}: {SENTENCE}"))
            app.redraw()
            await pilot.pause()
            seen = [happened.render_line(y).text for y in range(happened.size.height)]
            assert f"news {number}: {SENTENCE}" in " ".join(" ".join(seen).split())
            assert all(row.cell_len <= happened.size.width for row in happened.rows)


async def test_whoever_looks_at_the_beginning_of_what_happened_stays_there() -> None:
    async with monitor([*running(), *(told(f"{i}: {SENTENCE}") for i in range(40))]) as (app, pilot):
        await pilot.press("4", "g")
        await pilot.pause()
        app.recording.add(told(SENTENCE))
        app.redraw()
        await pilot.pause()
        assert app.monitor.query_one("#happened", Rows).scroll_offset.y == 0


async def test_the_arrows_move_in_the_list_in_focus() -> None:
    events = [*running(), *(applied(f"x{i}", 190 + i, "lr", 0.1, 0.2) for i in range(60))]
    async with monitor(events) as (app, pilot):
        await pilot.press("4")
        happened = app.monitor.query_one("#happened")
        await pilot.press("g")
        await pilot.pause()
        at_top = happened.scroll_offset.y
        await pilot.press("down", "down")
        await pilot.pause(0.3)
        assert (at_top, happened.scroll_offset.y > 0) == (0, True)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e308, 1e-320, 0.0, -5.0])
@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_a_loss_that_is_no_ordinary_number_is_drawn_all_the_same(value: float, size: tuple[int, int]) -> None:
    events = [
        *running(),
        batch(188, 230, loss=lambda s: value if s % 3 else 1.0),
        batch(231, 260, loss=lambda s: value),
    ]
    async with monitor(events, size=size) as (app, pilot):
        for key in ("y", "2", "y", "3", "4", "1"):
            await pilot.press(key)
        app.redraw()
        await pilot.pause()
        assert app.is_running
        assert "step 260/300" in app.line("status")


async def test_no_size_breaks_the_screen_and_room_brings_it_back() -> None:
    async with monitor(running()) as (app, pilot):
        for size in (
            (20, 5),
            (300, 100),
            (1, 1),
            (39, 12),
            (40, 12),
            (100, 28),
            (99, 27),
            (5, 80),
            (200, 2),
            (120, 36),
        ):
            await pilot.resize_terminal(*size)
            app.redraw()
            await pilot.pause()
            assert app.is_running
        assert [pane.id for pane in app.monitor.panes if pane.display] == ALL_FOUR
        assert "linreg-scratch" in app.line("status")


async def test_too_small_a_terminal_is_told_so() -> None:
    async with monitor(running(), size=(30, 8)) as (app, _):
        assert app.monitor.query_one("#small").display
        assert "40×12" in app.line("small")


async def test_the_palette_offers_what_the_keys_do() -> None:
    async with monitor(running()) as (app, _):
        offered = [command.title for command in app.get_system_commands(app.monitor)]
        assert "double the learning rate" in offered
        assert "set it forward again" not in offered


async def test_whatever_the_palette_offers_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with monitor(steered()) as (app, pilot):
        offered = {command.title for command in app.get_system_commands(app.monitor)}
        assert {row.help for row in KEYS if row.when(app.monitor.view)} == offered
        await choose_in_palette(pilot, "halve the learning rate")
        assert [command.factor for command in app.given if isinstance(command, Scale)] == [0.5]
        await choose_in_palette(pilot, "set an exact learning rate")
        assert isinstance(app.screen, EnterNumber)


async def test_a_picture_that_the_palette_takes_is_of_the_screen_behind_it(here: Path) -> None:
    async with monitor(running()) as (_, pilot):
        await choose_in_palette(pilot, "picture of the screen")
        (picture,) = here.glob("*.svg")
        shown = picture.read_text("utf-8").replace("&#160;", " ")
        assert "what happened" in shown
        assert "key S" not in shown


async def test_in_a_question_the_palette_offers_its_answers() -> None:
    async with monitor(steered()) as (app, pilot):
        await pilot.press("O")
        await choose_in_palette(pilot, "weight decay")
        assert isinstance(app.screen, EnterNumber)
        await choose_in_palette(pilot, "back, without an answer")
        assert app.screen is app.monitor
        assert app.given == []


async def test_brackets_in_an_answer_are_no_markup_in_the_palette() -> None:
    async with monitor(running()) as (app, pilot):
        app.push_screen(Choose("which?", {"a": ("1", "[/] [@click=app.bell]a[/b]")}))
        await pilot.press("ctrl+p")
        await pilot.pause(0.3)
        assert app.is_running


async def choose_in_palette(pilot: Pilot[None], words: str) -> None:
    await pilot.press("ctrl+p")
    await pilot.pause()
    pilot.app.screen.query_one(Input).value = words
    await pilot.pause(0.3)
    await pilot.press("enter", "enter")
    await pilot.pause()


# Settings of an optimizer


def steered() -> list[Event]:
    """A run with an optimizer of torch."""
    decay = replace(MOMENTUM, knob="weight_decay", label="weight decay", below=None, high=1_000.0)
    beta = replace(MOMENTUM, knob="beta2", label="beta2", value=0.9999)
    return [*running(), MOMENTUM, decay, beta]


async def test_a_setting_of_the_optimizer_is_chosen_and_given_a_value() -> None:
    async with monitor(steered()) as (app, pilot):
        await pilot.press("O", "1")
        assert isinstance(app.screen, EnterNumber)
        await pilot.press(*"1.0", "enter")
        assert "below 1" in str(app.screen.query_one("#wrong").content)
        app.screen.query_one("#number").value = "0.9"
        await pilot.press("enter")
        (given,) = app.given
        assert isinstance(given, Set)
        assert (given.knob, given.value) == ("momentum", 0.9)
        assert "momentum 0.9 …" in app.line("steering")


async def test_the_question_names_the_settings_with_their_values() -> None:
    async with monitor(steered()) as (app, pilot):
        await pilot.press("O")
        assert isinstance(app.screen, Choose)
        assert [text for _, text in app.screen.options.values()] == ["momentum 0", "weight decay 0", "beta2 0.9999"]
        await pilot.press("escape")
        assert app.given == []


@pytest.mark.parametrize("columns", [80, 120])
async def test_the_steering_line_shows_the_settings_that_are_not_what_they_usually_are(columns: int) -> None:
    async with monitor(steered(), size=(columns, 30)) as (app, _):
        assert "beta2 0.9999" in app.line("steering")
        assert "momentum" not in app.line("steering")
        app.recording.add(applied("x", 188, "momentum", 0.0, 0.9))
        app.redraw()
        assert "momentum 0.9" in app.line("steering")
        assert "weight decay" not in app.line("steering")
        assert len(app.line("steering")) <= columns


async def test_a_change_of_momentum_is_marked_on_the_curves_and_told() -> None:
    async with monitor([*steered(), applied("x", 20, "momentum", 0.45, 0.9)]) as (app, _):
        picture = "\n".join(app.monitor.query_one("#loss", ChartView).lines)
        assert "momentum 0.9" in picture
        assert any("momentum 0.45 → 0.9" in line for line in app.monitor.query_one("#happened", Rows).lines)


# What a person takes along


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder."""
    folder = tmp_path / "here"
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    return folder


async def test_a_picture_of_the_screen_is_kept_and_its_name_said_until_the_next_key(here: Path) -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("S")
        assert "picture kept as lintui-linreg-scratch-step187.svg" in app.line("keys")
        app.redraw()
        assert "lintui-linreg-scratch-step187.svg" in app.line("keys")
        assert "linreg-scratch" in (here / "lintui-linreg-scratch-step187.svg").read_text("utf-8")
        await pilot.press("2")
        assert "quit" in app.line("keys")
        await pilot.press("S", "S")
        assert "lintui-linreg-scratch-step187-3.svg" in app.line("keys")


async def test_a_notice_goes_by_itself() -> None:
    async with monitor(running()) as (app, pilot):
        app.monitor.notice("first")
        app.monitor.notice("\x1b]0;second\x07")
        assert app.line("keys") == " ␛]0;second␇"
        app.monitor.query_one(Footer)._timer._callback()  # as it does after its seconds
        await pilot.pause()
        assert "quit" in app.line("keys")


@pytest.mark.parametrize(
    ("pane", "expected"), [("1", "loss l1"), ("3", "w[0]"), ("4", "step 90     learning rate 0.03 → 0.06  you")]
)
async def test_a_pane_is_copied_as_text_to_the_clipboard_and_into_a_file(
    pane: str, expected: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    async with monitor(running()) as (app, pilot):
        sent: list[str] = []
        monkeypatch.setattr(app._driver, "write", sent.append)
        await pilot.press(pane, "Y")
        assert "sent to the clipboard, kept as lintui-linreg-scratch-step187.txt" in app.line("keys")
        text = (here / "lintui-linreg-scratch-step187.txt").read_text("utf-8")
        assert expected in text
        assert "\x1b" not in text
        (request,) = [data for data in sent if "]52;" in data]
        assert base64.b64decode(request.removeprefix("\x1b]52;c;").removesuffix("\x07")).decode() == text


async def test_what_is_too_long_for_the_clipboard_is_in_the_file_alone(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [*running(), *(Said(t=9.4, level="info", text="x" * 200) for _ in range(500))]
    async with monitor(events) as (app, pilot):
        sent: list[str] = []
        monkeypatch.setattr(app._driver, "write", sent.append)
        await pilot.press("4", "Y")
        assert "too long for the clipboard, kept as" in app.line("keys")
        assert (here / "lintui-linreg-scratch-step187.txt").read_text("utf-8").count("x" * 200) == 500
        assert not any("]52;" in data for data in sent)


async def test_where_the_working_folder_takes_nothing_the_run_s_own_does(here: Path, tmp_path: Path) -> None:
    async with monitor(running()) as (app, pilot):
        here.rmdir()
        await pilot.press("S")
        assert "No such file" in app.line("keys")
        assert "start lintui in a folder" in app.line("keys")
        app.monitor.one.folder = tmp_path
        await pilot.press("S")
        assert "step187.svg, in the run's directory" in app.line("keys")
        assert (tmp_path / "lintui-linreg-scratch-step187.svg").is_file()


# The mouse


async def test_a_key_of_the_footer_does_when_clicked_what_it_does_when_pressed() -> None:
    async with monitor(running()) as (app, pilot):
        line = app.line("keys")
        await pilot.click("#keys", offset=(line.index("lr ×2"), 0))
        assert [command.factor for command in app.given if isinstance(command, Scale)] == [2.0]
        await pilot.click("#keys", offset=(line.index("quit") + 5, 0))
        await pilot.click("#keys", offset=(0, 0))
        assert len(app.given) == 1
        await pilot.click("#keys", offset=(line.index("? help"), 0))
        assert isinstance(app.screen, Help)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
async def test_the_keys_stand_right_under_what_the_help_says_about_the_experiment(size: tuple[int, int]) -> None:
    async with monitor(running(), size=size) as (app, pilot):
        app.monitor.about = ["Why does it settle?", "Look for: " + "flattens " * 20]
        await pilot.press("question_mark")
        await pilot.pause()
        screen = app.screen
        about, keys = screen.query_one("#about"), screen.query_one("#list")
        rows = [strip.text for strip in screen._compositor.render_strips()]
        last = max(y for y, row in enumerate(rows) if "flattens" in row)
        assert about.region.bottom - 1 == last
        assert keys.region.y == last + 2, "a blank row between"


async def test_a_click_while_a_notice_stands_brings_the_keys_back_and_presses_none() -> None:
    async with monitor(running()) as (app, pilot):
        place = app.line("keys").index("lr ×2")
        app.monitor.notice("something that was done")
        await pilot.click("#keys", offset=(place, 0))
        assert app.given == []
        assert "lr ×2" in app.line("keys")


async def test_a_pane_that_is_clicked_has_the_focus_and_its_title_fills_the_screen_with_it() -> None:
    async with monitor(running()) as (app, pilot):
        for number, name in enumerate(("loss", "second", "layers", "happened")):
            await pilot.click(f"#{name}", offset=(5, 3))
            assert app.focused is not None
            assert (app.focused.id, app.monitor.pane) == (name, number)
        await pilot.click("#second", offset=(5, 0))
        assert [pane.id for pane in app.monitor.panes if pane.display] == ["second"]
        await pilot.click("#second", offset=(5, 0))
        assert [pane.id for pane in app.monitor.panes if pane.display] == ALL_FOUR


async def test_the_wheel_scrolls_a_list() -> None:
    events = [*running(), *(applied(f"x{i}", 190 + i, "lr", 0.1, 0.2) for i in range(60))]
    async with monitor(events) as (app, pilot):
        happened = app.monitor.query_one("#happened", Rows)
        bottom = happened.scroll_offset.y
        app.screen._forward_event(MouseScrollUp(None, *happened.region.center, 0, -1, 0, False, False, False))
        await pilot.pause(0.3)
        assert 0 <= happened.scroll_offset.y < bottom


async def test_an_answer_can_be_clicked() -> None:
    async with monitor(running()) as (app, pilot):
        await pilot.press("o")
        await pilot.click("#list", offset=(8, 3))
        assert [command.value for command in app.given if isinstance(command, Set)] == ["huber"]


async def test_a_failed_training_shows_its_traceback() -> None:
    trace = "Traceback (most recent call last):\nValueError: the weights have gone"
    ended = Ended(
        branch=0, at=188, t=9.4, how="failed", reason="ValueError: the weights have gone", traceback=trace, summary={}
    )
    async with monitor([*running(), ended]) as (app, pilot):
        await pilot.press("4")
        rows = [row.plain for row in app.monitor.query_one("#happened").rows]
        assert "Traceback (most recent call last):" in rows
        assert "failed" in app.line("status")


async def test_after_a_change_of_loss_the_two_are_not_joined_and_the_yardstick_goes_on() -> None:
    async with monitor(running()) as (app, _):
        series = app.monitor.state.series
        segments = {
            key.name: {bucket.segment for bucket in s.buckets} for key, s in series.items() if key.split == "train"
        }
        assert segments["loss"] == {0, 1}
        assert segments["mse"] == {0}
        picture = "\n".join(
            "".join(segment.text for segment in strip) for strip in app.monitor.query_one("#loss", ChartView)._strips
        )
        assert "loss l1" in picture
        assert "lr ×2" in picture


def test_recorded_runs_are_what_a_log_would_hold() -> None:
    from lintui.codec import decode_event, encode_event

    for events in (regression(), classification()):
        for n, event in enumerate(events):
            assert decode_event(encode_event(n, event).removesuffix(b"\n")) == (n, event)
