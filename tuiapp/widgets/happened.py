"""The list of what people did and were told, and at the end what came of it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.text import Text
from textual.geometry import Size

from lintui.events import Applied, Branched, Ended, Refused, Said
from lintui.state import RunState
from tuiapp.look import ACCENT, DIM, MARK, TEXT
from tuiapp.sight import sees
from tuiapp.widgets.rows import Rows
from tuiapp.words import branched, summary, unread, what
from tuiapp.wrapping import wrapped

Who = Callable[[str], str]
_FURTHER = 2
"""Cells by which a line that bears no step goes on further to the right."""


class Line(NamedTuple):
    """A line that may take several rows."""

    text: Text
    indent: int
    """Cells before the rows after the first."""

    @classmethod
    def further(cls, text: Text) -> "Line":
        """One that goes on further to the right than it begins, so that it is seen where the next one does."""
        return cls(text, len(text.plain) - len(text.plain.lstrip(" ")) + _FURTHER)


class Happened(Rows):
    """Each intervention, refusal and message, wrapped at words, the newest last."""

    follows = True
    elsewhere = ""
    """What else there is to be seen, under another key."""
    problems: Sequence[str] = ()
    """What could not be read of the log, a line each."""
    _said: Sequence[Line] = ()
    _fitted = Size()
    """The room that there was for it."""

    def update(self, state: RunState, who: Who, hint: str) -> None:
        """Show everything so far, or a hint while that is nothing; `who` turns an author into a word."""
        self.entitle("what happened", self.elsewhere)
        said = [line for event in state.happened for line in _lines(event, state, who)]
        if said and not said[0].text.plain:
            del said[0]  # what divides the end from what came before it
        said = [Line.further(Text(line, MARK)) for line in unread(self.problems)] + said
        if said and self.filter:
            hint, said = (
                f"nothing with {self.filter!r}",
                [line for line in said if sees(self.filter, line.text.plain)],
            )
        said = said or [Line.further(Text(hint, DIM))]
        if said != self._said or self.room != self._fitted:
            self._said, self._fitted = said, self.room
            self.show(self._wrapped())

    def _wrapped(self) -> list[Text]:
        """All of it in rows as wide as there is room for: a scroll bar takes a cell of each."""
        width, height = self.room
        rows = _rows(self._said[: height + 1], width)
        return rows if len(rows) <= height else _rows(self._said, width - 1)

    @property
    def lines(self) -> list[str]:
        """All that is shown as plain text, each line whole."""
        return [line.text.plain for line in self._said]


def _rows(lines: Sequence[Line], width: int) -> list[Text]:
    return [row for line in lines for row in wrapped(line.text, width, line.indent)]


def _lines(event: Applied | Refused | Said | Branched | Ended, state: RunState, who: Who) -> list[Line]:
    match event:
        case Applied():
            line = Text(what(event, state), TEXT)
            if event.undoes or event.redoes:
                line.append("  set back" if event.undoes else "  set forward again", DIM)
            return [_at(event.at, line.append(f"  {who(event.by)}", ACCENT))]
        case Refused():
            return [_at(event.at, Text(f"refused: {event.reason}", MARK))]
        case Branched():
            return [_at(event.from_step, Text(branched(event), TEXT))]
        case Said():
            return [Line.further(Text(event.text, MARK if event.level == "warning" else DIM))]
        case Ended():
            return [Line.further(line) for line in (Text(), *summary(state))]


def _at(step: int, said: Text) -> Line:
    """What was said behind its step."""
    line = Text(f"step {step:<6} ", DIM)
    return Line(line.copy().append_text(said), line.cell_len)
