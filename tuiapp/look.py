"""The styles of the interface by name: one accent, red for trouble only; without saying how any of them looks."""

ACCENT = "lintui.accent"
SECOND = "lintui.second"
FAINT = "lintui.faint"
"""For lines only: too faint for words."""
LEVEL = "lintui.level"
TEXT = "lintui.text"
DIM = "lintui.dim"
MARK = "lintui.mark"
TROUBLE = "lintui.trouble"

CLASSES = tuple(f"lintui.class.{i}" for i in range(10))
"""For classes of samples: as many as can be told apart."""

LOOKS = tuple(zip(CLASSES, "●▲■◆○△□◇▼✦", strict=True))
"""Colour and sign of each of several runs: as many as can be told apart."""

STYLES = (ACCENT, SECOND, FAINT, LEVEL, TEXT, DIM, MARK, TROUBLE)


def strong(style: str) -> str:
    """The bold one of a style."""
    return f"{style}.strong"
