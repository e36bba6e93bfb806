"""The top line (where the run is) and the steering line (how it is set), as texts made from the state."""

from rich.text import Text

from lintui.events import Declared
from lintui.liveness import GOING_ON, Life
from lintui.optimizer import SETTINGS
from lintui.state import RunState
from tuiapp.figures import duration, percent, rate, three, took, typed
from tuiapp.look import ACCENT, DIM, FAINT, MARK, TEXT, TROUBLE, strong
from tuiapp.shortening import shortened

_SHORTEST_NAME = 12
_SHORTEST_BAR, _LONGEST_BAR = 6, 16
_GAP = "   "


def status(
    state: RunState,
    waiting: str,
    width: int,
    label: str = "",
    *,
    life: Life = GOING_ON,
    problems: int = 0,
    reading: float | None = None,
    replay: str = "",
) -> Text:
    """Name, progress, pace and cost, as much as there is room for, the less important last.

    `waiting` says what is being waited for while nothing has happened yet; `label` tells the run from those
    beside it; `life` is how it stands, where that is another process's; `problems` is the number of places in
    its log that could not be read; `reading` is the share of its log that has been read, while the rest is only
    known from a few lines; `replay`, where it is played again, takes the place of how it goes.
    """
    head = Text().append(" lintui ", strong(ACCENT))
    sign, color = _sign(state, life)
    head.append(f"{sign} ", color)
    name = state.started.name if state.started else "…"
    # Where it stands is worth more than the whole of a long name.
    head.append(shortened([name], max(width // 3, _SHORTEST_NAME))[0], strong(TEXT))
    if label and label != name:
        head.append(f" {label}", strong(ACCENT))
    if state.at == 0 and not state.ended and waiting and not life.died:
        return head.append(_GAP).append(waiting, MARK)
    parts: list[Text] = []
    room = width - head.cell_len - 1
    told = [Text(f"log: {problems} problem{'s' if problems > 1 else ''}", TROUBLE)] if problems else []
    goes = _replayed(state, replay) if replay else _progress(state, life)
    for part in [*_reading(reading), *goes, *told]:
        if room >= len(_GAP) + part.cell_len:
            parts.append(part)
            room -= len(_GAP) + part.cell_len
    steps = state.steps
    if steps and room >= len(_GAP) + _SHORTEST_BAR:
        bar = min(room - len(_GAP), _LONGEST_BAR)
        done = round(min(state.at / steps, 1.0) * bar)
        parts.insert(1 + len(_reading(reading)), Text("━" * done, ACCENT).append("─" * (bar - done), FAINT))
    return Text(_GAP).join([head, *parts])


def _sign(state: RunState, life: Life) -> tuple[str, str]:
    if state.ended is not None:
        return ("✗", TROUBLE) if state.ended.how == "failed" else ("■", DIM)
    if life.died:
        return "✗", TROUBLE
    return ("‖", MARK) if state.paused else ("▶", ACCENT)


def _reading(share: float | None) -> list[Text]:
    return [] if share is None else [Text(f"reading {100 * share:.0f} %", MARK)]


def _replayed(state: RunState, replay: str) -> list[Text]:
    parts = [Text(replay, strong(MARK))]
    if state.epochs:
        parts.append(Text(f"epoch {min(state.epoch + 1, state.epochs)}/{state.epochs}", TEXT))
    if state.paused:
        parts.append(Text("the run was paused", MARK))
    return parts


def _progress(state: RunState, life: Life) -> list[Text]:
    steps = state.steps
    epochs = state.epochs
    parts = []
    if epochs:
        now = state.epoch if state.ended else min(state.epoch + 1, epochs)
        parts.append(Text(f"epoch {now}/{epochs}", TEXT))
    parts.append(Text(f"step {state.at}/{steps}" if steps else f"step {state.at}", TEXT))
    if state.ended is not None:
        color = TROUBLE if state.ended.how == "failed" else ACCENT
        parts.append(Text(f"{state.ended.how}{took(state.ended.t)}", strong(color)))
        return parts
    if life.died:
        parts.append(Text("died", strong(TROUBLE)))
    elif life.is_quiet:
        parts.append(Text(str(life), MARK))
    elif state.stopping:
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
    settings = state.settings()
    for name, number in settings.items():
        # Of several optimizers, each has its name before that of the setting.
        setting = SETTINGS.get(name.rpartition(".")[2])
        if setting is None or number != setting.usual:
            parts.append(Text(f"{state.knobs[name].label} ", DIM).append(typed(number), strong(TEXT)))
    for name, knob in state.knobs.items():
        is_untouched = knob.shape == "action" or (knob.shape == "factor" and knob.value == 1.0)
        if name not in ("lr", "lr.factor", "paused") and name not in settings and not is_untouched:
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
    sign = "× " if knob.shape == "factor" else ""
    return Text(f"{knob.label} ", DIM).append(sign + value + unit, strong(TEXT))
