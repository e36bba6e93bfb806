"""The charts of a run as one vector picture, which is legible on light and on dark ground."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import BinaryIO

from lintui.events import Record
from lintui.export.recording import Recording
from lintui.state import RunState
from tuiapp.chart import Chart
from tuiapp.export.drawing import COLUMNS, HEIGHT, WIDTH, drawn
from tuiapp.look import STYLES
from tuiapp.plans import Plan, first_chart, second_chart
from tuiapp.prepare import prepare
from tuiapp.theme import DARK, LIGHT, Look

Entitled = tuple[str, str, Chart]
"""A chart, what it shows, and how it is looked at."""

_AROUND = 20
"""Pixels around the charts."""
_BETWEEN = 16
_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
_SHAPES = """
.lintui text{%s;font-size:12px}
.lintui .strong{font-size:14px;font-weight:600}
.lintui path,.lintui line,.lintui circle[class^=l]{fill:none;stroke-width:1.8}
.lintui .l-faint{stroke-width:1}
.lintui .thin,.lintui .grid{stroke-width:1}
.lintui .dashed{stroke-width:1.2;stroke-dasharray:6 4}
.lintui .dotted{stroke-width:1;stroke-dasharray:2 3}
"""


def write(recording: Recording, file: BinaryIO) -> None:
    """Write the picture; raises what the file raises."""
    file.write(picture(charts_of(state_of(recording))).encode())


def state_of(recording: Recording) -> RunState:
    """All that is known of the run."""
    state = RunState()
    for n, (event, _) in enumerate(recording.events()):
        state.apply(Record(n, event))
    return state


def charts_of(state: RunState) -> list[Entitled]:
    """The charts that the run has something for."""
    plans = [
        plan
        for plan in (first_chart(state), second_chart(state))
        if any(row.key in state.series for row in plan.rows)
    ]
    return [
        (title(plan, state), f"{plan.sight.scale} y", prepare(plan, state, plan.sight, COLUMNS)) for plan in plans
    ]


def title(plan: Plan, state: RunState) -> str:
    """What a chart shows: its name, and which loss it is."""
    return f"{plan.title} · {state.loss_name()}" if plan.levels and state.loss_name() else plan.title


def picture(charts: Sequence[Entitled]) -> str:
    """A whole SVG document with the charts below each other."""
    height = 2 * _AROUND + len(charts) * (HEIGHT + _BETWEEN) - _BETWEEN if charts else 2 * _AROUND + 20
    width = WIDTH + 2 * _AROUND
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lintui" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{escape(_spoken(charts))}">',
        f"<style>{styles()}</style>",
        f'<rect class="ground" width="{width}" height="{height}"/>',
    ]
    for i, (name, how, chart) in enumerate(charts):
        lines.append(f'<g transform="translate({_AROUND} {_AROUND + i * (HEIGHT + _BETWEEN)})">')
        lines += [*drawn(chart, name, how), "</g>"]
    if not charts:
        lines.append(f'<text class="t-dim" x="{_AROUND}" y="{_AROUND + 14}">nothing was measured yet</text>')
    return "\n".join([*lines, "</svg>", ""])


def styles() -> str:
    """The light theme, and the dark one where a reader's screen is dark."""
    dark = " ".join(_colors(DARK))
    return f"{' '.join(_colors(LIGHT))}{_SHAPES % _FONT}@media screen and (prefers-color-scheme:dark){{{dark}}}\n"


def _spoken(charts: Iterable[Entitled]) -> str:
    return ", ".join(name for name, _, _ in charts) or "no charts"


def _colors(look: Look) -> Iterable[str]:
    yield f".lintui .ground{{fill:{look.background}}}"
    yield f".lintui .halo{{fill:{look.background};stroke:{look.background};stroke-width:3;stroke-linejoin:round}}"
    yield f".lintui .grid{{stroke:{look.frame};stroke-opacity:.35}}"
    for style in STYLES:
        name, color = style.rpartition(".")[2], look.styles[style]
        yield f".lintui .l-{name}{{stroke:{color}}}"
        yield f".lintui .t-{name}{{fill:{color}}}"
