"""The themes: how each style looks, and which theme suits which terminal; without putting one on."""

from collections.abc import Mapping
from dataclasses import dataclass

from tuiapp.look import ACCENT, DIM, FAINT, LEVEL, MARK, SECOND, TEXT, TROUBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One theme; its colours are "#rrggbb", or else the names that Rich has for the terminal's own sixteen."""

    name: str
    about: str
    """A few words for whoever chooses."""
    styles: Mapping[str, str]
    """From the names in look.py to definitions in Rich's words, such as "dim" or "#4fc3c3"."""
    classes: tuple[str, ...]
    """In the same words, a style for each of CLASSES."""
    background: str = "default"
    surface: str = "default"
    """The ground of the lines at the top and the bottom, and of questions."""
    frame: str = "bright_black"
    """The borders of the panes."""
    dark: bool = True
    signs: bool = False
    """Whether curves bear signs, so that no colour is needed to tell them apart."""

    @property
    def rgb(self) -> bool:
        """Whether the colours are the theme's own, not the terminal's."""
        return self.background.startswith("#")


# The greys have so little colour that a terminal of 256 colours keeps them apart as greys.
DARK = Look(
    name="dark",
    about="light on dark",
    styles={
        ACCENT: "#4fc3c3",
        SECOND: "#e8a45c",
        FAINT: "#616c74",
        LEVEL: "#8fa86b",
        TEXT: "#d5dde3",
        DIM: "#8c9ba6",
        MARK: "#d9b45b",
        TROUBLE: "#ff6b6b",
    },
    classes=(
        "#4fc3c3",
        "#e8a45c",
        "#b294e8",
        "#9cc46b",
        "#e88aa8",
        "#6fa8f0",
        "#d9cf6b",
        "#c49a7a",
        "#58c48a",
        "#b0b8c0",
    ),
    background="#121416",
    surface="#1a1d20",
    frame="#3a4147",
)
LIGHT = Look(
    name="light",
    about="dark on light",
    styles={
        ACCENT: "#006c75",
        SECOND: "#a84a00",
        FAINT: "#7b8894",
        LEVEL: "#4a6a14",
        TEXT: "#24292d",
        DIM: "#55616b",
        MARK: "#7d5800",
        TROUBLE: "#bf1f1f",
    },
    classes=(
        "#006c75",
        "#a84a00",
        "#6a3fb0",
        "#4a6a14",
        "#b0306a",
        "#1f5fbf",
        "#7d6a00",
        "#7a4a2a",
        "#1f7a4a",
        "#5a6470",
    ),
    background="#fafaf8",
    surface="#eeeeec",
    frame="#c4c8cc",
    dark=False,
)
# The colours of Okabe and Ito, which people with any colour vision tell apart.
COLORBLIND = Look(
    name="colorblind",
    about="for every colour vision: curves bear signs",
    styles={
        ACCENT: "#56b4e9",
        SECOND: "#e69f00",
        FAINT: "#666c72",
        LEVEL: "#009e73",
        TEXT: "#e2e4e6",
        DIM: "#9a9fa4",
        MARK: "#f0e442",
        TROUBLE: "#d55e00",
    },
    classes=(
        "#56b4e9",
        "#e69f00",
        "#009e73",
        "#f0e442",
        "#d55e00",
        "#cc79a7",
        "#0072b2",
        "#e2e4e6",
        "#9a9fa4",
        "#6e5a3c",
    ),
    background="#0c0e10",
    surface="#141618",
    frame="#363b40",
    signs=True,
)
SIXTEEN = Look(
    name="16",
    about="the terminal's own sixteen colours",
    styles={
        ACCENT: "cyan",
        SECOND: "magenta",
        FAINT: "dim",
        LEVEL: "green",
        TEXT: "default",
        DIM: "dim",
        MARK: "yellow",
        TROUBLE: "bold red",
    },
    classes=(
        "cyan",
        "magenta",
        "green",
        "yellow",
        "blue",
        "red",
        "bright_cyan",
        "bright_magenta",
        "bright_green",
        "bright_yellow",
    ),
)
MONO = Look(
    name="mono",
    about="no colours: curves bear signs",
    styles={
        ACCENT: "default",
        SECOND: "default",
        FAINT: "dim",
        LEVEL: "default",
        TEXT: "default",
        DIM: "dim",
        MARK: "default",
        TROUBLE: "bold",
    },
    classes=(
        "default",
        "default",
        "default",
        "default",
        "default",
        "default",
        "default",
        "default",
        "default",
        "default",
    ),
    frame="default",
    signs=True,
)
LOOKS = {look.name: look for look in (DARK, LIGHT, COLORBLIND, SIXTEEN, MONO)}


def names() -> list[str]:
    """What can be asked for by name."""
    return list(LOOKS)


def suiting(environment: Mapping[str, str], color_system: str | None) -> Look:
    """The theme for a terminal: none of our colours where none are wanted, or where it has only its own sixteen.

    `color_system` is "standard" (sixteen), "256" or "truecolor", or None where there is none.
    """
    if "NO_COLOR" in environment or color_system is None:
        return MONO
    if color_system not in ("256", "truecolor"):
        return SIXTEEN
    # Some terminals say "foreground;background" in the numbers of the sixteen: 7 and 15 are white.
    return LIGHT if environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15") else DARK
