"""Draws the two charts of a state as on a terminal of 120×36, without an app."""

from rich.style import Style

from lintui.state import RunState
from tuiapp.charts import draw
from tuiapp.palette import Palette
from tuiapp.plans import LOSS, second_chart
from tuiapp.prepare import prepare
from tuiapp.sight import Sight

_WIDTH, _HEIGHT = 58, 16
"""Cells of each."""
_SIGHT = Sight(scale="linear", axis="step")
_PALETTE = Palette(style=lambda _: Style())


def draw_both(state: RunState) -> None:
    """Draw them, all of the run in sight."""
    for plan in (LOSS, second_chart(state)):
        draw(prepare(plan, state, _SIGHT, _WIDTH), _WIDTH, _HEIGHT, _PALETTE)
