"""Puts a theme on the app (stylesheet, console, charts) and filters what goes out; without choosing any colour."""

import os
from collections.abc import Sequence
from typing import Any

from rich.style import Style
from rich.theme import Theme as Styles
from textual.app import App
from textual.filter import ANSIToTruecolor, LineFilter, NoColor
from textual.theme import Theme

from tuiapp import ascii
from tuiapp.look import ACCENT, CLASSES, DIM, FAINT, LEVEL, MARK, SECOND, TEXT, TROUBLE, strong
from tuiapp.palette import BRAILLE, Palette
from tuiapp.preferences import Preferences
from tuiapp.raster import IN_CHARACTERS, Ramp, Shading, in_colors, in_sixteen
from tuiapp.screens.ask import Choose
from tuiapp.theme import DARK, LOOKS, MONO, Look, suiting
from tuiapp.wall import Wall

ASCII_CLASS = "-ascii"
"""The app's class where nothing but ASCII may be drawn."""
_WALL, _ASCII, _NO_COLOR = Wall(), ascii.Ascii(), NoColor()


def dress(app: App[Any], preferences: Preferences) -> None:
    """Put on what was asked for, or else what suits the terminal."""
    for look in LOOKS.values():
        app.register_theme(_theme(look))
    app.set_class(preferences.ascii or ascii.is_all_there_is(), ASCII_CLASS)
    fitting = suiting(os.environ, app.console.color_system)
    app.theme = preferences.theme if preferences.theme in LOOKS else fitting.name
    if preferences.theme and preferences.theme not in LOOKS:
        said = f"no theme {preferences.theme[:20]!r}: this is {fitting.name!r}"
        app.notify(said, severity="warning", markup=False)


def change(app: App[Any], old: str, new: str) -> None:
    """Let the console say from now on how the styles of the new theme look; a theme that isn't ours has none."""
    if old in LOOKS and old != new:
        app.console.pop_theme()
    if new in LOOKS and old != new:
        app.console.push_theme(_styles(LOOKS[new]), inherit=False)


def choose(app: App[Any]) -> None:
    """Ask for a theme, and put it on."""

    def answer(name: str | None) -> None:
        if name is not None:
            app.theme = name

    width = max(map(len, LOOKS))
    options = {name: (str(i), f"{name:<{width}}  {look.about}") for i, (name, look) in enumerate(LOOKS.items(), 1)}
    app.push_screen(Choose("theme", options, app.theme), answer)


def palette(app: App[Any]) -> Palette:
    """How charts are drawn at present."""
    look = LOOKS.get(app.theme, DARK)
    return Palette(
        axis=FAINT,
        text=DIM,
        mark=MARK,
        trouble=TROUBLE,
        style=app.console.get_style,
        signs=look.signs,
        dots=(1, 1) if app.has_class(ASCII_CLASS) else BRAILLE,
        ground=look.background if look.rgb else "",
        has_colors=look is not MONO,
    )


def shading(app: App[Any], ramp: Ramp, count: int = 256) -> Shading:
    """How numbers are shown as colours at present: so many of a ramp, the terminal's own, or as characters."""
    look = LOOKS.get(app.theme, DARK)
    if app.has_class(ASCII_CLASS) or look is MONO:
        return IN_CHARACTERS
    return in_colors(ramp, count) if look.rgb else in_sixteen(ramp)


def filters(app: App[Any], theirs: Sequence[LineFilter]) -> list[LineFilter]:
    """What every line goes through on its way out: Textual's own filters, then ours, the wall always."""
    # Where no colours are wanted Textual would send greys; our theme without any is the one put on instead.
    chosen: list[LineFilter] = [filter for filter in theirs if isinstance(filter, ANSIToTruecolor)]
    if app.theme == MONO.name:
        chosen.append(_NO_COLOR)
    chosen.append(_WALL)
    if app.has_class(ASCII_CLASS):
        chosen.append(_ASCII)
    return chosen


def variables() -> dict[str, str]:
    """What the stylesheet may name besides Textual's own variables, until a theme is put on."""
    return _theme(DARK).variables


def _styles(look: Look) -> Styles:
    definitions = {**look.styles, **dict(zip(CLASSES, look.classes, strict=True))}
    styles = {name: Style.parse(definition) for name, definition in definitions.items()}
    return Styles({**styles, **{strong(name): style + Style(bold=True) for name, style in styles.items()}})


def _theme(look: Look) -> Theme:
    """The same for the stylesheet."""

    def color(name: str) -> str:
        found = Style.parse(look.styles[name]).color
        return _css(found.name if found is not None else "default")

    ground = _css(look.background)
    variables = {"frame": _css(look.frame), "dim": color(DIM)}
    if look.rgb:
        variables |= {"focus": f"{color(ACCENT)} 60%", "veil": f"{ground} 60%", "thumb": color(DIM)}
    else:
        variables |= {
            "focus": color(ACCENT),
            "veil": "transparent",
            "thumb": _css(look.frame),
            "ansi-background": ground,
            "ansi-foreground": ground,
            "input-cursor-text-style": "reverse",
            "block-cursor-foreground": ground,
            "block-cursor-background": ground,
            "block-cursor-text-style": "underline",
        }
    return Theme(
        name=look.name,
        primary=color(ACCENT),
        secondary=color(SECOND),
        accent=color(ACCENT),
        warning=color(MARK),
        error=color(TROUBLE),
        success=color(LEVEL),
        foreground=color(TEXT),
        background=ground,
        surface=_css(look.surface),
        panel=_css(look.frame) if look.rgb else ground,
        boost=None if look.rgb else ground,
        dark=look.dark,
        ansi=not look.rgb,
        variables=variables,
    )


def _css(color: str) -> str:
    return color if color.startswith("#") else f"ansi_{color}"
