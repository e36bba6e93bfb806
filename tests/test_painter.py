"""The painter: a terminal that gets only the differences shows what one shows that gets everything."""

from itertools import pairwise

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tuiapp.painter import Painter, Piece

WIDTH, HEIGHT = 12, 4
STYLES = [
    Style(),
    Style(color="#ff0000"),
    Style(color="#ff0000", bgcolor="#000080"),
    Style(color="#00ff00", bgcolor="#000080", bold=True),
    Style(reverse=True),
    Style(color="cyan", italic=True, underline=True),
]
texts = st.text(st.sampled_from("ab ⣿─é漢"), min_size=1, max_size=WIDTH)
strips = st.lists(st.builds(Segment, texts, st.sampled_from(STYLES)), min_size=1, max_size=4).map(Strip)
pieces = st.lists(st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), strips), max_size=6)


class Shown:
    """A terminal, as pyte has it."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        """Blank."""
        self.screen = pyte.Screen(width, height)
        self.screen.reset_mode(pyte.modes.DECAWM)
        self._stream = pyte.Stream(self.screen)

    def get(self, text: str) -> "Shown":
        """Take what was sent."""
        self._stream.feed(text)
        return self

    @property
    def cells(self) -> list[list[tuple[object, ...]]]:
        """Everything that can be seen, cell by cell."""
        columns = range(self.screen.columns)
        rows = (self.screen.buffer[y] for y in range(self.screen.lines))
        return [[_seen(row[x]) for x in columns] for row in rows]


def _seen(cell: pyte.screens.Char) -> tuple[object, ...]:
    if not cell.data:  # the second half of a wide character has no look of its own
        return ("",)
    return cell.data, cell.fg, cell.bg, cell.bold, cell.italics, cell.underscore, cell.reverse


def blank() -> list[Piece]:
    """A screen without anything on it."""
    return [(0, y, Strip([Segment(" " * WIDTH, STYLES[0])])) for y in range(HEIGHT)]


@given(st.lists(pieces, max_size=5))
def test_sent_piece_by_piece_or_all_at_once_a_terminal_shows_the_same(frames: list[list[Piece]]) -> None:
    little = Painter(ColorSystem.TRUECOLOR)
    seen = Shown().get(little.paint(blank(), (WIDTH, HEIGHT)))
    everything = blank()
    for frame in frames:
        seen.get(little.paint(frame, (WIDTH, HEIGHT)))
        everything += frame
    at_once = Painter(ColorSystem.TRUECOLOR).paint(everything, (WIDTH, HEIGHT))
    assert seen.cells == Shown().get(at_once).cells


@given(st.lists(st.tuples(st.sampled_from("ab ⣿─é"), st.sampled_from(STYLES)), min_size=WIDTH, max_size=WIDTH))
def test_a_row_shows_the_characters_and_styles_that_it_was_given(row: list[tuple[str, Style]]) -> None:
    strip = Strip([Segment(character, style) for character, style in row])
    cells = Shown().get(Painter(ColorSystem.TRUECOLOR).paint([(0, 0, strip)], (WIDTH, HEIGHT))).cells[0]
    for (character, style), cell in zip(row, cells, strict=True):
        assert cell[0] == character
        assert cell[3:] == (bool(style.bold), bool(style.italic), bool(style.underline), bool(style.reverse))
        if style.bgcolor is not None:
            assert cell[2] == style.bgcolor.get_truecolor().hex.removeprefix("#")


@given(pieces)
def test_what_is_shown_already_is_not_sent_again(frame: list[Piece]) -> None:
    painter = Painter(ColorSystem.TRUECOLOR)
    painter.paint([*blank(), *frame], (WIDTH, HEIGHT))
    # The last of the pieces that lie over each other is the one that is seen.
    painter.paint(frame, (WIDTH, HEIGHT))
    assert painter.paint(frame, (WIDTH, HEIGHT)) == "" or _overlap(frame)


def _overlap(frame: list[Piece]) -> bool:
    places = sorted((y, x, x + strip.cell_length) for x, y, strip in frame)
    return any(one[0] == other[0] and other[1] < one[2] for one, other in pairwise(places))


def test_one_character_that_changes_costs_a_jump_and_itself() -> None:
    painter = Painter(ColorSystem.TRUECOLOR)
    painter.paint([(0, 1, Strip([Segment("step 187", STYLES[1])]))], (WIDTH, HEIGHT))
    assert painter.paint([(0, 1, Strip([Segment("step 188", STYLES[1])]))], (WIDTH, HEIGHT)) == "\x1b[2;8H8"


def test_after_a_change_of_size_or_a_doubt_everything_is_sent_again() -> None:
    painter = Painter(ColorSystem.TRUECOLOR)
    piece = (0, 0, Strip([Segment("lintui", STYLES[1])]))
    first = painter.paint([piece], (WIDTH, HEIGHT))
    assert painter.paint([piece], (WIDTH, HEIGHT + 1)) == first
    painter.forget()
    assert painter.paint([piece], (WIDTH, HEIGHT + 1)) == first


@pytest.mark.parametrize(
    ("colors", "code"),
    [(ColorSystem.TRUECOLOR, "38;2;255;0;0"), (ColorSystem.EIGHT_BIT, "38;5;"), (ColorSystem.STANDARD, "0;31m")],
)
def test_colours_are_those_that_the_terminal_has(colors: ColorSystem, code: str) -> None:
    sent = Painter(colors).paint([(0, 0, Strip([Segment("x", STYLES[1])]))], (WIDTH, HEIGHT))
    assert code in sent


def test_without_colours_none_are_sent_but_bold_is() -> None:
    sent = Painter(None).paint([(0, 0, Strip([Segment("x", STYLES[3])]))], (WIDTH, HEIGHT))
    assert sent == "\x1b[1;1H\x1b[0;1mx"


def test_a_link_never_reaches_the_terminal() -> None:
    hostile = Style(color="red", link="https://example.org", meta={"@click": "app.quit"})
    sent = Painter(ColorSystem.TRUECOLOR).paint([(0, 0, Strip([Segment("x", hostile)]))], (WIDTH, HEIGHT))
    assert "]8" not in sent and "example" not in sent
