"""The table of pictures: what a run says that an array shows, and who draws that."""

from collections.abc import Callable

from lintui.events import Array
from tuiapp.palette import Palette
from tuiapp.pictures.counts import draw_counts
from tuiapp.pictures.drawn import Drawn, Glance, Kept
from tuiapp.pictures.images import draw_images
from tuiapp.pictures.regions import draw_regions
from tuiapp.pictures.rows import draw_rows
from tuiapp.pictures.samples import draw_table

Draw = Callable[[Kept, Glance, int, int, Palette], Drawn]

KINDS: dict[str, Draw] = {
    "table": draw_table,
    "regions": draw_regions,
    "counts": draw_counts,
    "images": draw_images,
}
SAMPLES = "data"
"""What the table of the samples is called that a run learns from."""
_ROWS_FIRST = frozenset({"one minibatch"})
"""Tables that are looked at for their shapes."""


def draws(array: Array) -> Draw:
    """Who draws an array; where nobody said what it shows, it is its numbers."""
    return KINDS.get(array.shows, draw_rows)


def rows_first(array: Array) -> bool:
    """Whether it is looked at as numbers unless somebody asks for the picture."""
    return draws(array) is draw_rows or (array.shows == "table" and array.name in _ROWS_FIRST)
