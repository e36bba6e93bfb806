"""Cells with a character and a colour each, to draw on and to turn into segments; without knowing what is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from tuiapp.raster import Cell


@dataclass(slots=True)
class Grid:
    """Cells with a character and a colour each."""

    width: int
    height: int
    characters: list[list[str]] = field(default_factory=list)
    colors: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start blank."""
        self.characters = [[" "] * self.width for _ in range(self.height)]
        self.colors = [[""] * self.width for _ in range(self.height)]

    def put(self, x: int, y: int, text: str, color: str, *, over: str = "") -> None:
        """Write text; with `over`, only on cells that hold one of those characters.

        A character may take two cells, or none and stand with the one before it; one that is cut in half
        leaves a blank.
        """
        if not 0 <= y < self.height:
            return
        row, column = self.characters[y], x
        for character in text:
            width = cell_len(character)
            if width == 0:
                if 0 < column <= self.width and row[column - 1] and column > x:
                    row[column - 1] += character
            elif column >= 0 and column + width <= self.width and (not over or row[column] in over):
                self._clear(row, column)
                self._clear(row, column + width - 1)
                row[column : column + width] = [character, *[""] * (width - 1)]
                self.colors[y][column : column + width] = [color] * width
            column += width

    def stamp(self, x: int, y: int, cells: Sequence[Cell]) -> None:
        """Put a row of cells that lies within the grid, a character of one cell in each."""
        self.characters[y][x : x + len(cells)] = [cell.character for cell in cells]
        self.colors[y][x : x + len(cells)] = [cell.look for cell in cells]

    def copy(self) -> "Grid":
        """The same cells, to draw on."""
        copied = Grid(self.width, self.height)
        copied.characters = [row.copy() for row in self.characters]
        copied.colors = [row.copy() for row in self.colors]
        return copied

    def _clear(self, row: list[str], column: int) -> None:
        """Leave no half of a wide character where another is about to be written."""
        if row[column] == "" and column > 0:
            row[column - 1] = row[column] = " "
        if column + 1 < self.width and row[column + 1] == "":
            row[column + 1] = " "

    def is_blank(self, x: int, y: int, width: int) -> bool:
        """Whether there is nothing yet in a stretch of cells that lies within the grid."""
        inside = 0 <= y < self.height and x >= 0 and x + width <= self.width
        return inside and all(c == " " for c in self.characters[y][x : x + width])

    def rows(self, style: Callable[[str], Style]) -> list[list[Segment]]:
        """The cells as segments, neighbours of one colour joined; `style` says how a colour looks."""
        return [self._row(*row, style) for row in zip(self.characters, self.colors, strict=True)]

    def _row(self, characters: list[str], colors: list[str], style: Callable[[str], Style]) -> list[Segment]:
        segments: list[Segment] = []
        start = 0
        for i in range(1, self.width + 1):
            if i == self.width or colors[i] != colors[start]:
                segments.append(Segment("".join(characters[start:i]), style(colors[start])))
                start = i
        return segments
