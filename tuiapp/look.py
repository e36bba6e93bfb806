"""The colours of the interface: one accent, red for trouble only; without any widget."""

from textual.theme import Theme

ACCENT = "#4fc3c3"
SECOND = "#e8a45c"
FAINT = "#4b6370"
LEVEL = "#8fa86b"
TEXT = "#d5dde3"
DIM = "#8494a0"
MARK = "#d9b45b"
TROUBLE = "#ff6b6b"

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
