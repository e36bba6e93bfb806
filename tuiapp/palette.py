"""What pictures are drawn with: colours by name, and the dots of a cell; without knowing what is drawn."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.color import Color, blend_rgb
from rich.style import Style

BRAILLE = (2, 4)
"""Dots in a cell, across and up."""


@dataclass(slots=True)
class Palette:
    """How a chart is drawn: the colours that are not a curve's own, and what with."""

    axis: str = "#6c7a89"
    text: str = "#9aa7b4"
    mark: str = "#e0b050"
    trouble: str = "#ff5f5f"
    style: Callable[[str], Style] = Style.parse
    """How a colour looks that is given by name."""
    signs: bool = False
    """Whether curves bear their signs."""
    dots: tuple[int, int] = BRAILLE
    """Dots in a cell, across and up: braille's, or 1 × 1 where lines are drawn in ASCII."""
    ground: str = "#121416"
    """What is drawn on, "#rrggbb", to be mixed with other colours; empty: the terminal's own, which can't be."""
    has_colors: bool = True

    def color(self, name: str) -> str:
        """The colour that a style is drawn in, in Rich's words; empty where it has none of its own."""
        color = self.style(name).color
        return "" if color is None or color.is_default else color.name

    def mixed(self, name: str, share: float) -> str:
        """So much of a style's colour in that of the ground, as "#rrggbb"; empty where colours can't be mixed."""
        color = self.color(name)
        if not self.ground or not color:
            return ""
        ground, full = (Color.parse(one).get_truecolor() for one in (self.ground, color))
        return blend_rgb(ground, full, share).hex

    @property
    def in_ascii(self) -> bool:
        """Whether nothing but ASCII may be drawn."""
        return self.dots != BRAILLE
