"""The charts of a run: which curves belong into which chart, and the widget that shows one."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from lintui.events import Applied
from lintui.series import Series
from lintui.state import Key, RunState
from tuiapp.charts import Chart, Curve, Line, Mark, Palette, draw, nice_end, thin
from tuiapp.figures import three
from tuiapp.look import ACCENT, DIM, FAINT, LEVEL, MARK, SECOND, TROUBLE


@dataclass(frozen=True, slots=True)
class Row:
    """One curve that a chart shows if the run has it."""

    key: Key
    label: str
    color: str
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One row of the table of charts."""

    title: str
    rows: tuple[Row, ...]
    """Drawn in this order, so that the one that matters most comes last and lies on top."""
    log: bool
    by_epoch: bool = False
    levels: bool = False


LOSS = Plan(
    "loss",
    (
        Row(Key("batch", "loss"), "each batch", FAINT),
        Row(Key("train", "mse"), "yardstick: mse", SECOND),
        Row(Key("train", "loss"), "all data", ACCENT),
    ),
    log=True,
    levels=True,
)
SECONDS = (
    Plan(
        "accuracy",
        (Row(Key("test", "accuracy"), "test", SECOND, "▲"), Row(Key("train", "accuracy"), "train", ACCENT, "●")),
        log=False,
        by_epoch=True,
    ),
    Plan(
        "estimation error",
        (Row(Key("train", "error of b"), "of b", SECOND), Row(Key("train", "error of w"), "largest of w", ACCENT)),
        log=True,
    ),
)


def second_chart(state: RunState) -> Plan:
    """The chart beside the loss that this run has values for."""
    for plan in SECONDS:
        if any(row.key in state.series for row in plan.rows):
            return plan
    return SECONDS[state.started is not None and state.started.task == "regression"]


def prepare(plan: Plan, state: RunState, *, log: bool, columns: int) -> Chart:
    """What the chart shows of the run as it stands, for a canvas of so many columns."""
    where = _epoch_of(state) if plan.by_epoch else float
    limit = None
    if state.started is not None:
        limit = state.started.epochs if plan.by_epoch else state.started.steps
    end = nice_end(where(state.at), limit)
    curves = []
    for row in plan.rows:
        series = state.series.get(row.key)
        if series is not None:
            curves.append(_curve(row, series, where, end, columns))
    lines = [
        Line(level.value, f"{level.label} {three(level.value)}", LEVEL)
        for level in state.levels_now()
        if plan.levels and Key(level.split, level.name) in state.series
    ]
    marks = [
        Mark(where(event.at), mark_label(event))
        for event in state.happened
        if isinstance(event, Applied) and event.knob not in ("paused", "step", "stop", "speed")
    ]
    return Chart(curves, end, log, lines, marks, "epoch" if plan.by_epoch else "step")


def _epoch_of(state: RunState) -> Callable[[float], float]:
    """From a step to the number of epochs completed by then, with parts of epochs in between."""
    ends = sorted((at, number) for number, at in state.epoch_ends.items())
    size = ends[1][0] - ends[0][0] if len(ends) > 1 else 0

    def where(at: float) -> float:
        for begin, number in reversed(ends):
            if at >= begin:
                return number + ((at - begin) / size if size else 0)
        return 0.0

    return where


def _curve(row: Row, series: Series, where: Callable[[float], float], end: float, columns: int) -> Curve:
    to_step = end if where is float else float(max(series.buckets[-1].last, 1)) if series.buckets else 1.0
    pieces, nonfinite = thin(series.buckets, to_step, columns)
    placed = [[(where(x), y) for x, y in piece] for piece in pieces]
    return Curve(row.label, row.color, placed, [where(x) for x in nonfinite], row.marker)


def mark_label(event: Applied) -> str:
    """An intervention in a few characters: "lr ×2", "lr 0.01", "loss l1"."""
    name = "lr" if event.knob == "lr.factor" else event.knob
    if isinstance(event.old, float) and isinstance(event.new, float):
        for factor, sign in ((2.0, "×2"), (0.5, "÷2")):
            if event.old and event.new == event.old * factor:
                return f"{name} {sign}"
        if event.knob == "lr.factor":
            return f"{name} ×{three(event.new / event.old)}" if event.old else name
        return f"{name} {three(event.new)}"
    return f"{name} {event.new}"


PALETTE = Palette(axis=FAINT, text=DIM, mark=MARK, trouble=TROUBLE)


class ChartView(Widget, can_focus=True):
    """One chart; `show` draws it anew from a run's state."""

    def __init__(self, plan: Plan, *, id: str) -> None:
        """Show the curves that `plan` names."""
        super().__init__(id=id, classes="pane")
        self.plan = plan
        self.log_y = plan.log
        self.redraws = 0
        """Times that the chart was drawn, for measuring."""
        self._state: RunState | None = None
        self._cells: list[list[Segment]] = []
        self._strips: list[Strip] = []
        self._drawn_for: tuple[object, ...] = ()

    def show(self, state: RunState, plan: Plan) -> None:
        """Draw the run as it stands, unless nothing in the picture has changed."""
        if plan is not self.plan:
            self.plan, self.log_y = plan, plan.log
        self._state = state
        width, height = self.size
        if width < 1 or height < 1 or not self.display:
            return
        totals = tuple(s.total for row in plan.rows if (s := state.series.get(row.key)) is not None)
        drawn_for = (plan, totals, len(state.happened), state.loss_name(), self.log_y, self.size)
        if drawn_for == self._drawn_for:
            return
        chart = prepare(plan, state, log=self.log_y, columns=max(width - 6, 1))
        cells = draw(chart, width, height, PALETTE)
        self._drawn_for = drawn_for
        self.redraws += 1
        self._replace(cells)
        loss = f" · {state.loss_name()}" if plan is LOSS and state.loss_name() else ""
        self.border_title = f"{plan.title}{loss}"
        self.border_subtitle = "log y" if self.log_y else "linear y"

    def _replace(self, cells: list[list[Segment]]) -> None:
        """Have only the rows drawn again that differ: over a slow link, every row counts."""
        before, self._cells = self._cells, cells
        style = self.rich_style
        self._strips = [Strip(row, self.size.width).apply_style(style) for row in cells]
        if len(before) != len(cells):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, cells, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def toggle_scale(self) -> None:
        """Linear to logarithmic and back."""
        self.log_y = not self.log_y
        if self._state is not None:
            self.show(self._state, self.plan)

    def on_resize(self) -> None:
        """Draw for the new size."""
        if self._state is not None:
            self.show(self._state, self.plan)

    def render_line(self, y: int) -> Strip:
        """One row of cells."""
        if y < len(self._strips) and self._strips[y].cell_length == self.size.width:
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)
