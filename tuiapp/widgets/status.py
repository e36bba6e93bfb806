"""The top line (where the run is) and the steering line (how it is set), as texts made from the state."""

from rich.text import Text

from lintui.events import Declared
from lintui.optimizer import SETTINGS
from lintui.state import RunState
from tuiapp.figures import duration, percent, rate, three, typed
from tuiapp.look import ACCENT, DIM, FAINT, MARK, TEXT, TROUBLE, strong

_SHORTEST_BAR, _LONGEST_BAR = 6, 16
_GAP = "   "


def status(state: RunState, waiting: str, width: int, label: str = "") -> Text:
    """Name, progress, pace and cost, as much as there is room for, the less important last.

    `waiting` says what is being waited for while nothing has happened yet; `label` tells the run from those
    beside it.
    """
    head = Text().append(" lintui ", strong(ACCENT))
    sign, color = _sign(state)
    head.append(f"{sign} ", color)
    head.append(state.started.name if state.started else "…", strong(TEXT))
    if label:
        head.append(f" {label}", strong(ACCENT))
    if state.at == 0 and not state.ended and waiting:
        return head.append(_GAP).append(waiting, MARK)
    parts: list[Text] = []
    room = width - head.cell_len - 1
    for part in _progress(state):
        if room >= len(_GAP) + part.cell_len:
            parts.append(part)
            room -= len(_GAP) + part.cell_len
    steps = state.steps
    if steps and room >= len(_GAP) + _SHORTEST_BAR:
        bar = min(room - len(_GAP), _LONGEST_BAR)
        done = round(min(state.at / steps, 1.0) * bar)
        parts.insert(1, Text("━" * done, ACCENT).append("─" * (bar - done), FAINT))
    return Text(_GAP).join([head, *parts])


def _sign(state: RunState) -> tuple[str, str]:
    if state.ended is not None:
        return ("✗", TROUBLE) if state.ended.how == "failed" else ("■", DIM)
    return ("‖", MARK) if state.paused else ("▶", ACCENT)


def _progress(state: RunState) -> list[Text]:
    steps = state.steps
    epochs = state.epochs
    parts = []
    if epochs:
        now = state.epoch if state.ended else min(state.epoch + 1, epochs)
        parts.append(Text(f"epoch {now}/{epochs}", TEXT))
    parts.append(Text(f"step {state.at}/{steps}" if steps else f"step {state.at}", TEXT))
    if state.ended is not None:
        color = TROUBLE if state.ended.how == "failed" else ACCENT
        parts.append(Text(f"{state.ended.how} in {duration(state.ended.t)}", strong(color)))
        return parts
    if state.stopping:
        parts.append(Text("stopping", MARK))
    elif state.paused:
        parts.append(Text("paused", strong(MARK)))
    elif pace := state.rate():
        parts.append(Text(rate(pace), TEXT))
        if steps:
            parts.append(Text(f"ETA {duration((steps - state.at) / pace + 0.999)}", TEXT))
    if state.watched is not None:
        parts.append(Text(f"watching costs {percent(state.watched)}", DIM))
    return parts


def steering(state: RunState, pending: list[str], width: int) -> Text:
    """The knobs as the run has confirmed them, then what was asked for and is not answered yet."""
    parts = []
    lr = state.learning_rate()
    if lr is not None:
        value = Text("lr ", DIM).append(three(lr), strong(TEXT))
        factor = state.knobs.get("lr.factor")
        if factor is not None and isinstance(factor.value, float) and factor.value != 1.0:
            value.append(f" ({three(factor.base)} × {three(factor.value)})", DIM)
        parts.append(value)
    for name, number in state.settings().items():
        if number != SETTINGS[name].usual:
            parts.append(Text(f"{SETTINGS[name].label} ", DIM).append(typed(number), strong(TEXT)))
    for name, knob in state.knobs.items():
        if name not in ("lr", "lr.factor", "paused") and name not in SETTINGS:
            parts.append(_knob(knob))
    config = state.started.config if state.started is not None else {}
    for name, label in (("optimizer", ""), ("batch_size", "batch "), ("seed", "seed "), ("device", "")):
        if name in config:
            parts.append(Text(label, DIM).append(str(config[name]), TEXT))
    text = Text(" ")
    for asked in pending:
        text.append(f"{asked} … ", strong(MARK)).append("  ")
    for part in parts:
        if text.cell_len + part.cell_len + 3 <= width:
            text.append_text(part).append(_GAP)
    return text


def _knob(knob: Declared) -> Text:
    value = three(knob.value) if isinstance(knob.value, float) else str(knob.value)
    unit = " steps/s" if knob.knob == "speed" else ""
    return Text(f"{knob.label} ", DIM).append(value + unit, strong(TEXT))
