"""From pictures of the screen to the bytes that bring a terminal from the last one to the next, and no others.

It remembers, cell by cell, what the terminal shows: over a slow link only what differs is worth sending,
and where nothing differs nothing is.
"""

from collections.abc import Iterable

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

Piece = tuple[int, int, Strip]
"""Column, row, and what stands there."""

_BRIDGE = 4
"""Cells that are sent again to save a jump over them, which takes about as many bytes."""
_PLAIN = Style()


class Painter:
    """What one terminal shows, and how to change it."""

    def __init__(self, colors: ColorSystem | None) -> None:
        """Paint with the colours that the terminal has; None: without any."""
        self._colors = colors
        self._size = (0, 0)
        self._characters: list[list[str]] = []
        """A character for each cell; empty for the second half of a wide one, NUL where nothing is known."""
        self._styles: list[list[Style]] = []
        self._pen: tuple[str, str, str] | None = None
        """Foreground, background and attributes that the terminal writes with; None: unknown."""
        self._pens: dict[Style, tuple[str, str, str]] = {}

    def forget(self) -> None:
        """The terminal may show anything now."""
        width, height = self._size
        self._characters = [["\0"] * width for _ in range(height)]
        self._styles = [[_PLAIN] * width for _ in range(height)]
        self._pen = None

    def paint(self, pieces: Iterable[Piece], size: tuple[int, int]) -> str:
        """What to send so that a terminal of `size` (columns, rows) shows the pieces; empty: it does already."""
        if size != self._size:
            self._size = size
            self.forget()
        width, height = size
        rows: dict[int, tuple[list[str], list[Style]]] = {}
        for x, y, strip in pieces:
            if 0 <= y < height:
                if y not in rows:
                    rows[y] = (self._characters[y].copy(), self._styles[y].copy())
                _put(*rows[y], x, strip, width)
        sent: list[str] = []
        for y in sorted(rows):
            characters, styles = rows[y]
            if characters != self._characters[y] or styles != self._styles[y]:
                self._send_row(sent, y, characters, styles)
                self._characters[y], self._styles[y] = characters, styles
        return "".join(sent)

    def _send_row(self, sent: list[str], y: int, characters: list[str], styles: list[Style]) -> None:
        before, before_styles = self._characters[y], self._styles[y]
        changed = [
            x
            for x in range(len(characters))
            if characters[x] != before[x] or (styles[x] is not before_styles[x] and styles[x] != before_styles[x])
        ]
        start = end = -1
        for x in [*changed, len(characters) + _BRIDGE + 1]:
            if start >= 0 and x <= end + _BRIDGE:
                end = x + 1
                continue
            if start >= 0:
                while start > 0 and characters[start] == "":  # a wide character is sent whole
                    start -= 1
                self._send_run(sent, y, start, characters[start:end], styles[start:end])
            start, end = x, x + 1

    def _send_run(self, sent: list[str], y: int, x: int, characters: list[str], styles: list[Style]) -> None:
        sent.append(f"\x1b[{y + 1};{x + 1}H")
        last: Style | None = None
        for character, style in zip(characters, styles, strict=True):
            if style is not last:
                last = style
                self._take_pen(sent, style)
            sent.append(" " if character == "\0" else character)

    def _take_pen(self, sent: list[str], style: Style) -> None:
        pen = self._pens.get(style)
        if pen is None:
            pen = self._pens[style] = self._pen_for(style)
        if pen == self._pen:
            return
        if self._pen is None or pen[2] != self._pen[2]:
            codes = ["0", *(code for code in (pen[2], pen[0], pen[1]) if code not in ("", "39", "49"))]
        else:
            codes = [code for code, had in zip(pen[:2], self._pen[:2], strict=True) if code != had]
        self._pen = pen
        sent.append(f"\x1b[{';'.join(codes)}m")

    def _pen_for(self, style: Style) -> tuple[str, str, str]:
        """The codes of a style; without links, which nothing of ours has and nothing of others' may have."""
        system = self._colors
        if system is None:
            return "39", "49", _attributes(style)
        ink, paper = (
            ";".join(color.downgrade(system).get_ansi_codes(foreground)) if color is not None else default
            for color, foreground, default in ((style.color, True, "39"), (style.bgcolor, False, "49"))
        )
        return ink, paper, _attributes(style)


def _attributes(style: Style) -> str:
    on = (style.bold, style.dim, style.italic, style.underline, style.blink, style.reverse, style.strike)
    return ";".join(code for code, is_on in zip(("1", "2", "3", "4", "5", "7", "9"), on, strict=True) if is_on)


def _put(characters: list[str], styles: list[Style], x: int, strip: Strip, width: int) -> None:
    """Write a strip into a row, cut at its end; a wide character that is cut in half leaves a blank."""
    for text, style, control in strip:
        if control or x >= width:
            continue
        cells = list(text) if text.isascii() or cell_len(text) == len(text) else _cells(text)
        del cells[width - x :]
        if x and characters[x] == "":
            characters[x - 1] = " "
        if x + len(cells) < width and characters[x + len(cells)] == "":
            characters[x + len(cells)] = " "
        characters[x : x + len(cells)] = cells
        styles[x : x + len(cells)] = [style or _PLAIN] * len(cells)
        x += len(cells)
    if x == width and width and characters[-1] and cell_len(characters[-1][:1]) == 2:
        characters[-1] = " "


def _cells(text: str) -> list[str]:
    """A string for each cell; what takes none stands with the one before it."""
    cells: list[str] = []
    for character in text:
        wide = cell_len(character)
        if wide == 0:
            if cells:
                place = len(cells) - 1 if cells[-1] else len(cells) - 2
                cells[place] += character
        else:
            cells += [character, *[""] * (wide - 1)]
    return cells
