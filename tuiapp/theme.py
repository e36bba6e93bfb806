"""The colours of the interface as a theme for the app's own stylesheet."""

from textual.theme import Theme

from tuiapp.look import ACCENT, LEVEL, MARK, SECOND, TEXT, TROUBLE

THEME = Theme(
    name="lintui",
    primary=ACCENT,
    secondary=SECOND,
    accent=ACCENT,
    warning=MARK,
    error=TROUBLE,
    success=LEVEL,
    foreground=TEXT,
    background="#101519",
    surface="#161d22",
    panel="#1d262c",
    dark=True,
)
