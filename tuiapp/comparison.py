"""Several runs side by side as a table: what they measured, how they are set, where they settle; in styled lines."""

from collections.abc import Sequence
from itertools import islice

from rich.cells import cell_len
from rich.text import Text

from lintui.known import Key
from lintui.plateau import plateau
from lintui.state import RunState
from tuiapp.differing import differ_in_rate_alone, differing, settings_of
from tuiapp.figures import three, typed
from tuiapp.look import ACCENT, DIM, LOOKS, TEXT
from tuiapp.metrics import charts_beside, name_of
from tuiapp.plans import Plan
from tuiapp.readings import reading
from tuiapp.shortening import shortened
from tuiapp.watched import Watched

_WEIGHTS = 3
"""Weights that are shown at most."""
_SETTINGS = 20
"""Settings that are shown at most."""
_WIDEST = 32
"""Cells of a column at most."""
_NOTHING = "–"

Column = tuple[str, list[str]]
"""A heading, and a cell for each run."""


def comparison(
    watched: Sequence[Watched], focused: int = -1, plans: Sequence[Plan] = (), cursor: float | None = None
) -> list[Text]:
    """A header and a row for each run, the one in focus marked.

    The metrics are those of the charts, or of the two that these runs are compared by; with a step at the
    `cursor`, also their values there. Learning rates are compared by where they settle, which comes first then.
    """
    states = [w.state for w in watched]
    rate, steps = _where(states)
    columns: list[Column] = [("run", [w.label for w in watched]), rate]
    measured = [column for plan in plans or charts_beside(states) for column in _metric(plan, states, cursor)]
    settings = [(name.replace("_", " "), cells) for name, cells in _settings(states)]
    levels = _levels(states)
    if differ_in_rate_alone(states):
        columns += [*levels, steps, *measured, *settings]
    else:
        columns += [steps, *measured, *settings, *levels]
    filled = [(head, shortened(cells, _WIDEST)) for head, cells in columns if {*cells} - {_NOTHING}]
    widths = [max(map(cell_len, (head, *cells))) for head, cells in filled]
    lines = [Text("    ").append(_line([head for head, _ in filled], widths), DIM)]
    for i in range(len(watched)):
        color, sign = LOOKS[i % len(LOOKS)]
        line = Text("› " if i == focused else "  ", ACCENT).append(f"{sign} ", color)
        row = _line([cells[i] for _, cells in filled], widths)
        lines.append(line.append(row, TEXT if i == focused or focused < 0 else DIM))
    return lines


def fixed(watched: Sequence[Watched]) -> int:
    """Cells of the first column, with what stands before it and enough behind it to keep what follows apart."""
    return 4 + 2 + max(map(cell_len, shortened([w.label for w in watched], _WIDEST)), default=0)


def _where(states: Sequence[RunState]) -> tuple[Column, Column]:
    """The learning rate, and how far each has got."""
    steps = [str(state.at) + ("" if state.ended is None else f" {state.ended.how}") for state in states]
    rates = [settings_of(state).get("lr") for state in states]
    now = [
        str(rate) if rate is not None and rate.is_changed else three(state.learning_rate())
        for rate, state in zip(rates, states, strict=True)
    ]
    return ("lr now", now), ("step", steps)


def _metric(plan: Plan, states: Sequence[RunState], cursor: float | None) -> list[Column]:
    """What each has of one metric: the newest, the best and the one at the cursor."""
    if not plan.rows:
        return []
    key = plan.compared
    name = key.name if key.split == "train" and not key.rank else name_of(key)
    each = [state.series.get(key) for state in states]
    latest = [s.latest if s is not None else None for s in each]
    best = [(s.largest if plan.largest else s.smallest) if s is not None else None for s in each]
    columns = [
        (
            f"{name} now" if any(s.ended is None for s in states) else f"final {name}",
            [three(p.value) if p is not None else _NOTHING for p in latest],
        ),
        (f"best {name}", [f"{three(p.value)} at {p.at}" if p is not None else _NOTHING for p in best]),
    ]
    if cursor is None:
        return columns
    reached = [s is not None and s.latest is not None and cursor <= s.latest.at for s in each]
    there = [
        reading(s.buckets, cursor, cursor) if s and is_there else ""
        for s, is_there in zip(each, reached, strict=True)
    ]
    return [*columns, (f"at step {cursor:.0f}", [value or _NOTHING for value in there])]


def _settings(states: Sequence[RunState]) -> list[Column]:
    """What differs in the settings, but for the learning rate where that stands there already."""
    known = all(state.learning_rate() is not None for state in states)
    return [*islice(((name, c) for name, c in differing(states).items() if not (known and name == "lr")), _SETTINGS)]


def _levels(states: Sequence[RunState]) -> list[Column]:
    """Where the loss settles, beside what it can't fall below, and the first weights."""
    losses = [state.series.get(Key("batch", "loss")) for state in states]
    levels = [plateau(loss) if loss is not None else None for loss in losses]
    if not any(losses):
        return []
    known = [{level.label: level.value for level in state.levels_now()} for state in states]
    columns: list[Column] = [("plateau", [three(p.value) if p is not None else "none yet" for p in levels])]
    for reason in sorted({label for of in known for label in of}):
        columns.append((reason, [three(of.get(reason)) for of in known]))
    columns.append(("settled at", [str(p.settled) if p is not None else _NOTHING for p in levels]))
    return columns + _weights(states)


def _weights(states: Sequence[RunState]) -> list[Column]:
    """The first entries among the parameters."""
    first = states[0].watching
    if first is None:
        return []
    names = [name for name, whole in zip(first.names, first.whole, strict=True) if not whole][:_WEIGHTS]
    values = [
        dict(zip(state.watching.names, state.look.value, strict=False)) if state.watching and state.look else {}
        for state in states
    ]
    return [(name, [_NOTHING if (v := of.get(name)) is None else typed(v) for of in values]) for name in names]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "   ".join([_padded(*first), *(" " * (width - cell_len(cell)) + cell for cell, width in others)])


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
