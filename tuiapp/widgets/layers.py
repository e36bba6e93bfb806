"""The table of weights and gradients: a row for each parameter or entry of one."""

from rich.text import Text

from lintui.state import RunState
from tuiapp.figures import signed, sparkline, three
from tuiapp.look import ACCENT, DIM, TEXT, TROUBLE
from tuiapp.sight import sees
from tuiapp.widgets.rows import Rows

_NUMBER = 9
_SPARK = 6
_CHANGE = 8


class LayerTable(Rows):
    """Shape, value, gradient, learning rate times gradient, and how far the last step moved it."""

    def update(self, state: RunState) -> None:
        """Show the newest look."""
        self.entitle("weights and gradients")
        self.border_subtitle = f"after step {state.look.at}" if state.look is not None else "no look yet"
        if state.watching is None:
            return
        names, shapes = state.watching.names, state.watching.shapes
        shape_width = max((len(s) for s in shapes), default=0)
        room = self.size.width - shape_width - 3 * _NUMBER - _CHANGE - _SPARK - 6
        name_width = max(min(max((len(n) for n in names), default=5), max(room, 8)), 5)
        self.show(
            [self._row(state, i, name_width, shape_width) for i, name in enumerate(names) if sees(self.filter, name)],
            _header(name_width, shape_width),
        )

    def _row(self, state: RunState, i: int, name_width: int, shape_width: int) -> Text:
        assert state.watching is not None
        name, whole = state.watching.names[i], state.watching.whole[i]
        if len(name) > name_width:
            name = "…" + name[1 - name_width :]
        row = Text()
        row.append(name.ljust(name_width), TEXT)
        row.append(f" {state.watching.shapes[i]:<{shape_width}}", DIM)
        look = state.look
        if look is None:
            return row
        gradient, change = look.gradient[i], look.change[i]
        moved = None if gradient is None or look.lr is None else look.lr * gradient
        # A root mean square has no sign: a wave in front tells it from the number itself.
        show = _root if whole else signed
        for value, color in ((look.value[i], TEXT), (gradient, TEXT), (moved, DIM)):
            text = show(value)
            row.append(f" {text:>{_NUMBER}}", TROUBLE if text.lstrip("~") in ("NaN", "inf", "-inf") else color)
        row.append(f" {sparkline(list(state.sparks[i]), _SPARK)}", ACCENT)
        row.append(f" {three(change):>{_CHANGE - 1}}", DIM)
        return row


def _root(x: float | None) -> str:
    return f"~{three(x)}" if x is not None else three(x)


def _header(name_width: int, shape_width: int) -> Text:
    # The sparkline and the number under it are both of the relative change.
    columns = (
        f"{'':<{name_width}} {'':<{shape_width}} {'value':>{_NUMBER}} {'gradient':>{_NUMBER}} {'lr·grad':>{_NUMBER}}"
    )
    return Text(f"{columns} {'|Δw|/|w|':>{_SPARK + _CHANGE}}", DIM)
