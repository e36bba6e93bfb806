"""Specifies the looks: readable in every theme, told apart without colour, pure ASCII where asked, and walled off."""

import locale
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from recorded import Recording, batch, classification, knobs, looks, regression, started
from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as Ground
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from lintui.events import Ended, Event, Refused, Said, Watching
from tuiapp.app import LintuiApp
from tuiapp.ascii import in_ascii
from tuiapp.chart import Chart, Curve
from tuiapp.charts import draw
from tuiapp.look import FAINT, STYLES, TEXT, strong
from tuiapp.palette import Palette
from tuiapp.preferences import Preferences
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.theme import COLORBLIND, DARK, LIGHT, LOOKS, MONO, SIXTEEN, Look, names, suiting
from tuiapp.wall import Wall, harmless
from tuiapp.watched import Watched

RGB = [look for look in LOOKS.values() if look.rgb]
EVERY_LOOK = pytest.mark.parametrize("look", LOOKS.values(), ids=names())
EVERY_RGB_LOOK = pytest.mark.parametrize("look", RGB, ids=lambda look: look.name)
SIZES = pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
SCREENS = {"picker": None, "regression": regression, "classification": classification}


class Shown:
    """An app at work, and what it sends to the terminal."""

    def __init__(self, app: LintuiApp, pilot: Pilot[None]) -> None:
        """Look at `app`."""
        self.app = app
        self.pilot = pilot

    @property
    def strips(self) -> list[Strip]:
        """Each row of the screen, as it goes out."""
        return self.app.screen._compositor.render_strips()

    @property
    def text(self) -> str:
        """The whole screen."""
        return "\n".join(strip.text for strip in self.strips)

    async def draw(self) -> None:
        """Draw everything, and wait for what is on its way."""
        await self.pilot.pause()
        if self.app.monitor is not None:
            self.app.monitor.redraw()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Type, and wait for what comes of it."""
        await self.pilot.press(*keys)
        await self.pilot.pause()


@asynccontextmanager
async def shown(
    events: list[Event] | None, theme: str = "", *, size: tuple[int, int] = (120, 36), ascii: bool = False
) -> AsyncIterator[Shown]:
    """The monitor over these events, or else the picker, at a time that does not pass."""
    monitor = None if events is None else MonitorScreen(Watched(Recording(events), lambda _: None), clock=lambda: 0.0)
    app = LintuiApp(
        lambda _: pytest.fail("nothing is to be started"),
        monitor=monitor,
        preferences=Preferences(theme=theme, ascii=ascii),
    )
    async with app.run_test(size=size, notifications=True) as pilot:
        on_screen = Shown(app, pilot)
        await on_screen.draw()
        yield on_screen


def events(name: str) -> list[Event] | None:
    make = SCREENS[name]
    return make() if make is not None else None


def colors(strips: list[Strip]) -> set[str]:
    """The colours of everything that is not blank."""
    styles = {style for strip in strips for text, style, _ in strip if text.strip() and style is not None}
    return {style.color.name for style in styles if style.color is not None}


# Readable


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2.2 defines it, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)


@EVERY_RGB_LOOK
def test_words_stand_out_from_their_ground_and_lines_too(look: Look) -> None:
    for ground in (look.background, look.surface):
        for style, color in look.styles.items():
            assert contrast(color, ground) >= (3 if style == FAINT else 4.5), (style, ground)


@EVERY_RGB_LOOK
@pytest.mark.parametrize("screen", SCREENS)
async def test_every_word_on_the_screen_can_be_read(look: Look, screen: str) -> None:
    async with shown(events(screen), look.name) as on_screen:
        for strip in on_screen.strips:
            for text, style, _ in strip:
                if any(character.isalnum() for character in text):
                    assert style is not None and style.color is not None and style.bgcolor is not None
                    assert contrast(style.color.name, style.bgcolor.name) >= 4.5, text


@EVERY_RGB_LOOK
def test_on_256_colours_the_grounds_are_still_those_of_the_theme_and_the_frames_are_seen(look: Look) -> None:
    def downgraded(color: str) -> str:
        return Color.parse(color).downgrade(2).get_truecolor().hex  # type: ignore[arg-type]

    background = downgraded(look.background)
    assert downgraded(look.frame) != background
    for style, color in look.styles.items():
        assert contrast(downgraded(color), background) >= (2 if style == FAINT else 4.5), style


# Themes


@EVERY_LOOK
async def test_each_theme_says_how_every_style_looks(look: Look) -> None:
    assert set(look.styles) == set(STYLES)
    async with shown(regression(), look.name) as on_screen:
        for name in STYLES:
            plain = on_screen.app.console.get_style(name)
            assert plain == Style.parse(look.styles[name])
            assert on_screen.app.console.get_style(strong(name)) == plain + Style(bold=True)


@pytest.mark.parametrize(
    ("environment", "color_system", "look"),
    [
        ({}, "truecolor", DARK),
        ({}, "256", DARK),
        ({}, "standard", SIXTEEN),
        ({}, None, MONO),
        ({"NO_COLOR": "1"}, "truecolor", MONO),
        ({"COLORFGBG": "0;15"}, "truecolor", LIGHT),
        ({"COLORFGBG": "15;default;0"}, "truecolor", DARK),
        ({"COLORFGBG": "what is this"}, "256", DARK),
    ],
)
def test_where_none_is_asked_for_the_theme_suits_the_terminal(
    environment: dict[str, str], color_system: str | None, look: Look
) -> None:
    assert suiting(environment, color_system) is look


async def test_a_terminal_of_sixteen_colours_gets_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLORTERM", "")
    async with shown(regression()) as on_screen:
        assert on_screen.app.theme == SIXTEEN.name
        assert not any(name.startswith("#") for name in colors(on_screen.strips))


async def test_without_colours_none_goes_out_and_the_rest_is_said_by_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with shown(regression()) as on_screen:
        await on_screen.press("t")
        assert colors(on_screen.strips) <= {"default"}
        assert {s.style.bgcolor.name for strip in on_screen.strips for s in strip if s.style.bgcolor} <= {"default"}  # type: ignore[union-attr]
        await on_screen.press("escape")
        assert on_screen.strips[1].text.startswith("╭─ loss")
        assert on_screen.strips[2].text.startswith("│● all data   ▲ yardstick: mse   ━ each batch")
        (faint,) = {style.dim for text, style, _ in on_screen.strips[2] if text.startswith("━") and style}
        assert faint


async def test_an_unknown_theme_is_said_and_the_one_that_suits_is_used() -> None:
    async with shown(None, "[red]no[/") as on_screen:
        assert on_screen.app.theme == DARK.name
        assert "no theme '[red]no[/': this is 'dark'" in on_screen.text


async def test_t_asks_for_a_theme_and_every_row_is_drawn_in_it_at_once() -> None:
    async with shown(classification(), DARK.name) as on_screen:
        before = on_screen.strips
        await on_screen.press("t", "2")
        after = on_screen.strips
        assert on_screen.app.theme == LIGHT.name
        assert [strip.text for strip in after] == [strip.text for strip in before]
        assert not colors(after) & set(DARK.styles.values())
        assert LIGHT.styles[TEXT] in colors(after)
        grounds = {style.bgcolor.name for strip in after for _, style, _ in strip if style and style.bgcolor}
        assert grounds == {LIGHT.background, LIGHT.surface}


async def test_a_theme_can_be_chosen_before_a_run_is() -> None:
    async with shown(None, LIGHT.name) as on_screen:
        await on_screen.press("t", "3")
        assert not colors(on_screen.strips) & set(LIGHT.styles.values())
        assert COLORBLIND.styles[TEXT] in colors(on_screen.strips)


@EVERY_LOOK
async def test_there_and_back_again_nothing_has_changed(look: Look) -> None:
    async with shown(regression(), look.name) as on_screen:
        before = [list(strip) for strip in on_screen.strips]
        for name in (*names(), look.name):
            on_screen.app.theme = name
            await on_screen.draw()
        assert [list(strip) for strip in on_screen.strips] == before


def two_curves() -> Chart:
    """One that falls and one that rises."""
    down = [(float(x), 10.0 - x) for x in range(11)]
    up = [(float(x), 0.5 * x) for x in range(11)]
    return Chart([Curve("down", "red", [down], sign="▲"), Curve("up", "red", [up], sign="●")], 10.0, False)


def test_with_signs_each_curve_bears_its_own_here_and_there() -> None:
    legend, *rows = ["".join(s.text for s in row) for row in draw(two_curves(), 60, 20, Palette(signs=True))]
    assert legend.startswith("● up   ▲ down")
    picture = "".join(rows)
    assert 2 <= picture.count("●") <= 6 and 2 <= picture.count("▲") <= 6
    # The one falls, the other rises.
    assert "▲" in "".join(rows[:7]) and "●" not in "".join(rows[:7])


# ASCII


@SIZES
@pytest.mark.parametrize("look", [DARK, MONO], ids=lambda look: look.name)
@pytest.mark.parametrize(
    ("screen", "keys"),
    [
        ("picker", ""),
        ("picker", "t"),
        ("regression", ""),
        ("classification", ""),
        ("regression", "3"),
        ("regression", "?"),
        ("regression", "L"),
        ("classification", "4"),
    ],
)
async def test_in_ascii_every_screen_is_ascii_and_exactly_as_wide(
    screen: str, keys: str, look: Look, size: tuple[int, int]
) -> None:
    async with shown(events(screen), look.name, size=size, ascii=True) as on_screen:
        await on_screen.press(*keys)
        assert len(on_screen.strips) == size[1]
        for strip in on_screen.strips:
            assert strip.text.isascii() and strip.text.isprintable()
            assert len(strip.text) == strip.cell_length == size[0]


@pytest.mark.parametrize(("encoding", "ascii"), [("utf-8", False), ("iso-8859-1", True), ("ANSI_X3.4-1968", True)])
async def test_where_the_locale_has_no_braille_the_screen_is_ascii_by_itself(
    encoding: str, ascii: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locale, "getencoding", lambda: encoding)
    async with shown(regression()) as on_screen:
        assert on_screen.text.isascii() == ascii


def test_in_ascii_each_curve_is_drawn_with_a_character_of_its_own() -> None:
    chart = two_curves()
    unsigned = Curve("third", "red", [[(0.0, 1.0), (10.0, 1.0)]])
    chart = Chart([*chart.curves, unsigned, unsigned], 10.0, False)
    legend, *rows = ["".join(s.text for s in row) for row in draw(chart, 60, 20, Palette(dots=(1, 1)))]
    signs = [part.split()[0] for part in legend.split("   ") if part.strip()]
    assert len(set(signs)) == 4 and all(sign.isascii() for sign in signs)
    assert "^" in "".join(rows[:3]) and "o" not in "".join(rows[:3])


async def test_in_ascii_signs_keep_their_meaning() -> None:
    async with shown(regression(), ascii=True, size=(120, 36)) as on_screen:
        assert on_screen.text.startswith(" lintui > linreg-scratch")
        assert "lr x2" in on_screen.text and "=====-" in on_screen.text
        assert "learning rate 0.03 > 0.06" in on_screen.text


@given(st.text())
@example("é…×👩‍👩‍👧語⠁█")
def test_any_text_in_ascii_takes_as_many_cells_as_before(text: str) -> None:
    assert in_ascii(text).isascii()
    assert cell_len(in_ascii(text)) == cell_len(text)


def test_what_has_no_stand_in_is_a_question_mark_for_each_cell() -> None:
    assert in_ascii("a語ü→ž€") == "a??u>z?"


# The wall

NASTY = [
    "\x1b]0;title\x07",
    "\x9b31m",
    "\x7f",
    "\r\n",
    "\u202e",
    "\u200b",
    "\u2028",
    "\ud800",
    "[red]",
    "[/",
    "[/]",
    "[@click=app.quit]",
    "[link=https://example.org]",
    "$accent",
    ":smile:",
    "é語",
    "👩‍👩‍👧",
]
hostile = st.lists(st.sampled_from(NASTY) | st.text(max_size=5) | st.characters(), max_size=5).map("".join)


def is_forbidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


@given(hostile)
def test_no_control_passes_the_wall_and_every_cell_is_kept(text: str) -> None:
    (passed,) = Wall().apply(
        [Segment(text, Style(link="https://example.org", meta={"@click": "app.quit"}))], Ground(0, 0, 0)
    )
    assert not any(map(is_forbidden, passed.text))
    assert cell_len(passed.text) == cell_len(text)
    assert passed.style is not None and not passed.style.link and not passed.style.meta
    if text.isprintable():
        assert passed.text == text


@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" ")))
def test_what_can_be_printed_passes_the_wall_as_it_is(text: str) -> None:
    segments = [Segment(text, Style(bold=True)), Segment(text, None)]
    assert harmless(text) == text
    assert Wall().apply(segments, Ground(0, 0, 0)) is segments


@given(hostile, hostile, hostile, hostile, hostile)
@settings(max_examples=12)
@example("[red]x[/", "[@click=app.quit]y[/]", "\x1b]0;z\x07", "[bold]", "\x9b31m\u202e")
async def test_whatever_a_run_says_the_screen_stays_whole(
    run: str, metric: str, layer: str, loss: str, message: str
) -> None:
    said: list[Event] = [
        started(run, task="regression", steps=10, epochs=1),
        *knobs(0.1, loss, (loss, metric)),
        Watching(names=(layer, metric), shapes=(message, ""), whole=(False, True)),
        batch(1, 5, **{"loss": lambda s: 1 / s, metric: float}),
        batch(1, 5, "train", loss=lambda s: 1 / s),
        looks((5,), 2, 0.1),
        Refused(id="1", by=run, branch=0, at=5, t=1.0, knob=metric, reason=message),
        Said(t=1.0, level="warning", text=message),
        Ended(branch=0, at=5, t=1.0, how="failed", reason=message, traceback=message, summary={metric: layer}),
    ]
    async with shown(said) as on_screen:
        await on_screen.press("1")
        for strip in on_screen.strips:
            assert not any(map(is_forbidden, strip.text))
            assert strip.cell_length == cell_len(strip.text) == 120
            for text, style, _ in strip:
                assert style is None or not style.link
                # The cells of a scroll bar, which are blank, say what the mouse does with them.
                assert style is None or not text.strip() or not any(name.startswith("@") for name in style.meta)


@pytest.mark.parametrize(
    "loss", ["[red]x[/", "[@click=app.quit]x[/]", "[link=https://example.org]x", "[$accent]x", "x[/"]
)
async def test_a_title_from_outside_is_no_markup(loss: str) -> None:
    said = [started("run", task="regression", steps=10, epochs=1), *knobs(0.1, loss, (loss,)), *regression()[-1:]]
    async with shown(said) as on_screen:
        assert f"loss · {loss} ─" in on_screen.strips[1].text


async def test_what_is_typed_goes_through_the_wall_too() -> None:
    async with shown(regression()) as on_screen:
        await on_screen.press("L")
        on_screen.app.screen.query_one(Input).value = "a\x1b[31m\u202eb"
        await on_screen.pilot.pause()
        assert "a[31mb" in on_screen.text
        assert not any(map(is_forbidden, on_screen.text.replace("\n", "")))


async def test_a_scroll_bar_still_knows_what_it_does() -> None:
    async with shown(regression(), size=(80, 24)) as on_screen:
        await on_screen.press("question_mark")
        said = {name for strip in on_screen.strips for s in strip if s.style for name in s.style.meta}
        assert "@mouse.down" in said
