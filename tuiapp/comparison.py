"""Several runs side by side as a table: where each settles, when it got there, and what it found; in styled lines."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from lintui.plateau import plateau
from lintui.state import Key, RunState
from tuiapp.figures import three, typed
from tuiapp.look import ACCENT, DIM, LEVEL, MARK, SECOND, TEXT
from tuiapp.watched import Watched

LOOKS = ((ACCENT, "●"), (SECOND, "▲"), (LEVEL, "■"), (TEXT, "◆"), (MARK, "○"), (DIM, "△"))
"""Colour and sign of each run: as many as can be told apart."""
_WEIGHTS = 3
"""Weights that are shown at most."""


def comparison(watched: Sequence[Watched], focused: int = -1) -> list[Text]:
    """A header and a row for each run, the one in focus marked."""
    names = _names(watched[0].state)
    reasons = sorted({level.label for w in watched for level in w.state.levels_now()})
    header = ["run", "lr now", "step", "loss now", "plateau", *reasons, "settled at", *names]
    rows = [_cells(w.state, w.label, names, reasons) for w in watched]
    widths = [max(cell_len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    lines = [Text("    ").append(_line(header, widths), DIM)]
    for i, row in enumerate(rows):
        color, sign = LOOKS[i % len(LOOKS)]
        line = Text("› " if i == focused else "  ", ACCENT).append(f"{sign} ", color)
        lines.append(line.append(_line(row, widths), TEXT if i == focused or focused < 0 else DIM))
    return lines


def _names(state: RunState) -> list[str]:
    """The first entries among the parameters."""
    if state.watching is None:
        return []
    pairs = zip(state.watching.names, state.watching.whole, strict=True)
    return [name for name, whole in pairs if not whole][:_WEIGHTS]


def _cells(state: RunState, label: str, names: list[str], reasons: list[str]) -> list[str]:
    loss, batches = state.series.get(Key("train", "loss")), state.series.get(Key("batch", "loss"))
    level = plateau(batches) if batches is not None else None
    known = {level.label: level.value for level in state.levels_now()}
    cells = [
        label,
        three(state.learning_rate()),
        str(state.at) + ("" if state.ended is None else f" {state.ended.how}"),
        three(loss.latest.value) if loss is not None and loss.latest is not None else "–",
        three(level.value) if level is not None else "none yet",
        *(three(known.get(reason)) for reason in reasons),
        str(level.settled) if level is not None else "–",
    ]
    values = dict(zip(state.watching.names, state.look.value, strict=False)) if state.watching and state.look else {}
    return cells + [typed(value) if (value := values.get(name)) is not None else "–" for name in names]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "   ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])
