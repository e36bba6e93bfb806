"""The table of weights and gradients: a row for each parameter or entry of one."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from lintui.state import RunState
from tuiapp.figures import signed, sparkline, three
from tuiapp.look import ACCENT, DIM, TEXT, TROUBLE
from tuiapp.sight import sees
from tuiapp.widgets.rows import Rows

_NUMBER = 9
_SPARK = 6
_CHANGE = 8


@dataclass(frozen=True, slots=True)
class _Columns:
    """How wide the columns are, and which of them there is room for."""

    name: int
    shape: int
    moved: bool
    """Whether learning rate times gradient is shown."""
    sparks: int
    """Cells of the line that shows the last changes; 0: there is none."""

    @classmethod
    def fitting(cls, names: Sequence[str], shapes: Sequence[str], width: int) -> "_Columns":
        """What tells the rows apart comes first, then as many columns as fit, then the rest of the names."""
        shape = max(map(len, shapes), default=0)
        name = max(max(map(len, names), default=0), 5)
        room = width - shape - 2 - 2 * (_NUMBER + 1) - _CHANGE
        for moved, sparks in ((True, _SPARK), (True, _SPARK - 2), (True, 0), (False, 0)):
            left = room - moved * (_NUMBER + 1) - (sparks + 1 if sparks else 0)
            if left >= name:
                return cls(name, shape, moved, sparks)
        return cls(min(name, max(left, 8)), shape, False, 0)


class LayerTable(Rows):
    """Shape, value, gradient, learning rate times gradient, and how far the last step moved it."""

    _state: RunState | None = None

    def update(self, state: RunState) -> None:
        """Show the newest look."""
        self._state = state
        if state.watching is None and state.at > 0:
            self.entitle("weights and gradients")
            self.show([Text("none recorded so far", DIM)])
            return
        self.entitle(
            "weights and gradients", f"after step {state.look.at}" if state.look is not None else "no look yet"
        )
        if state.watching is None:
            self.show([])
            return
        columns, shown = self._columns(state), self._shown(state)
        # A row that can't be seen keeps what it said: a model may have thousands.
        first = self.scroll_offset.y
        old = self.rows if len(self.rows) == len(shown) else [Text(state.watching.names[i]) for i in shown]
        rows = [
            self._row(state, i, columns) if first <= place <= first + self.size.height else old[place]
            for place, i in enumerate(shown)
        ]
        self.show(rows, _header(columns))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """What comes into view says the newest."""
        super().watch_scroll_y(old_value, new_value)
        if self._state is not None and round(old_value) != round(new_value):
            self.update(self._state)

    def parameter(self, y: int) -> str:
        """The name of the whole parameter in a line of what can be seen, from the header on; empty: there is none."""
        state, place = self._state, y - 1 + self.scroll_offset.y
        if state is None or state.watching is None or not 0 <= place < len(shown := self._shown(state)) or y < 1:
            return ""
        return state.watching.names[shown[place]] if state.watching.whole[shown[place]] else ""

    @property
    def lines(self) -> list[str]:
        """Every row as plain text, under the header."""
        state = self._state
        if state is None or state.watching is None:
            return []
        columns = self._columns(state)
        return [_header(columns).plain, *(self._row(state, i, columns).plain for i in self._shown(state))]

    def _shown(self, state: RunState) -> list[int]:
        assert state.watching is not None
        return [i for i, name in enumerate(state.watching.names) if sees(self.filter, name)]

    def _columns(self, state: RunState) -> _Columns:
        assert state.watching is not None
        return _Columns.fitting(state.watching.names, state.watching.shapes, self.size.width)

    def _row(self, state: RunState, i: int, columns: _Columns) -> Text:
        assert state.watching is not None
        name, whole = state.watching.names[i], state.watching.whole[i]
        if len(name) > columns.name:
            # Which layer it is stands in front, and which of its parameters at the end.
            head = (columns.name - 1) // 2
            name = f"{name[:head]}…{name[head + 1 - columns.name :]}"
        row = Text()
        row.append(name.ljust(columns.name), TEXT)
        row.append(f" {state.watching.shapes[i]:<{columns.shape}}", DIM)
        look = state.look
        if look is None:
            return row
        gradient, change = look.gradient[i], look.change[i]
        numbers = [(look.value[i], TEXT), (gradient, TEXT)]
        if columns.moved:
            numbers.append((None if gradient is None or look.lr is None else look.lr * gradient, DIM))
        # A root mean square has no sign: a wave in front tells it from the number itself.
        show = _root if whole else signed
        for value, color in numbers:
            text = show(value)
            row.append(f" {text:>{_NUMBER}}", TROUBLE if text.lstrip("~") in ("NaN", "inf", "-inf") else color)
        if columns.sparks:
            row.append(f" {sparkline(list(state.sparks[i]), columns.sparks)}", ACCENT)
        row.append(f" {three(change):>{_CHANGE - 1}}", DIM)
        return row


def _root(x: float | None) -> str:
    return f"~{three(x)}" if x is not None else three(x)


def _header(columns: _Columns) -> Text:
    numbers = ("value", "gradient", *(("lr·grad",) if columns.moved else ()))
    titles = "".join(f" {title:>{_NUMBER}}" for title in numbers)
    # The sparkline and the number under it are both of the relative change.
    change = columns.sparks + _CHANGE if columns.sparks else _CHANGE - 1
    return Text(f"{'':<{columns.name}} {'':<{columns.shape}}{titles} {'|Δw|/|w|':>{change}}", DIM)
