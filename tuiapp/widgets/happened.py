"""The list of what people did and were told, and at the end what came of it."""

from collections.abc import Callable, Sequence

from rich.text import Text

from lintui.events import Applied, Branched, Ended, Refused, Said
from lintui.state import RunState
from tuiapp.look import ACCENT, DIM, MARK, TEXT
from tuiapp.sight import sees
from tuiapp.widgets.rows import Rows
from tuiapp.words import branched, summary, unread, what

Who = Callable[[str], str]


class Happened(Rows):
    """One line for each intervention, refusal and message, the newest last."""

    follows = True
    elsewhere = ""
    """What else there is to be seen, under another key."""
    problems: Sequence[str] = ()
    """What could not be read of the log, a line each."""

    def update(self, state: RunState, who: Who, hint: str) -> None:
        """Show everything so far, or a hint while that is nothing; `who` turns an author into a word."""
        self.entitle("what happened", self.elsewhere)
        rows = [row for event in state.happened for row in _rows(event, state, who)]
        if rows and not rows[0].plain:
            del rows[0]  # what divides the end from what came before it
        rows = [Text(line, MARK) for line in unread(self.problems)] + rows
        if rows and self.filter:
            hint, rows = f"nothing with {self.filter!r}", [row for row in rows if sees(self.filter, row.plain)]
        self.show(rows or [Text(hint, DIM)])


def _rows(event: Applied | Refused | Said | Branched | Ended, state: RunState, who: Who) -> list[Text]:
    match event:
        case Applied():
            row = _at(event.at).append(what(event, state), TEXT)
            if event.undoes or event.redoes:
                row.append("  set back" if event.undoes else "  set forward again", DIM)
            return [row.append(f"  {who(event.by)}", ACCENT)]
        case Refused():
            return [_at(event.at).append(f"refused: {event.reason}", MARK)]
        case Branched():
            return [_at(event.from_step).append(branched(event), TEXT)]
        case Said():
            return [Text(event.text, MARK if event.level == "warning" else DIM)]
        case Ended():
            return [Text(), *summary(state)]


def _at(step: int) -> Text:
    return Text(f"step {step:<6} ", DIM)
