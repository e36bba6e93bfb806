"""A run as one page that needs nothing from elsewhere: charts, results, settings, and what was done to it."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import BinaryIO

from lintui import __version__
from lintui.bucket import Point
from lintui.events import Applied, Branched, Refused, Said
from lintui.export.naming import named
from lintui.export.recording import Recording
from lintui.state import RunState
from tuiapp.export.svg import charts_of, picture, state_of
from tuiapp.figures import duration, typed
from tuiapp.look import DIM, TEXT
from tuiapp.theme import DARK, LIGHT, Look
from tuiapp.words import branched, summary, what

Cell = str | int | float | None

_LAYOUT = """
body{font:15px/1.5 system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;max-width:840px;margin:2rem auto;
padding:0 1rem}
svg{width:100%;height:auto}
h1{font-size:1.5rem;margin-bottom:.2rem}
h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.25rem .8rem .25rem 0;vertical-align:top;overflow-wrap:anywhere}
.number{text-align:right;white-space:nowrap}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}tr,svg{break-inside:avoid}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The page loads nothing and runs nothing, whatever a run's names are."""
_NUMBER = ' class="number"'


def write(recording: Recording, file: BinaryIO) -> None:
    """Write the page; raises what the file raises."""
    file.write(page(state_of(recording)).encode())


def page(state: RunState) -> str:
    """The whole document."""
    name = escape(state.started.name if state.started is not None else "run")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{name}</title>\n<style>{_LAYOUT}{_colors(LIGHT)}",
            f"@media screen and (prefers-color-scheme:dark){{{_colors(DARK)}}}</style>",
            f"</head>\n<body>\n<h1>{name}</h1>",
            f"<p>{escape(_about(state))}</p>",
            *(f"<p>{escape(row.plain)}</p>" for row in summary(state)[1:]),
            picture(charts_of(state)),
            *_section("Metrics", ("metric", "last", "step", "smallest", "step", "largest", "step"), _metrics(state)),
            *_section("Levels", ("level", "of", "value"), _levels(state)),
            *_section("What happened", ("step", "time", "what", "by"), _happened(state)),
            *_section("Settings at the start", ("setting", "value"), _config(state)),
            *_section("Settings now", ("setting", "value"), _knobs(state)),
            f"<footer><p>lintui {escape(__version__)}. The smallest and largest values are those since the last "
            "change of loss.</p></footer>\n</body>\n</html>\n",
        ]
    )


def _about(state: RunState) -> str:
    """When it began and how far it came."""
    rows = [row.plain for row in summary(state)[:1]] or [f"not ended: {state.at} steps in {duration(state.t)}"]
    return ", ".join([*rows, *([f"begun {state.started.created}"] if state.started is not None else [])])


def _section(heading: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """A heading and a table under it, columns of numbers to the right; nothing where the table would be empty."""
    rows = [*rows]
    if not rows:
        return
    numbers = [all(not isinstance(row[i], str) for row in rows) for i in range(len(columns))]
    yield f"<h2>{heading}</h2>\n<table>\n<thead>{_row('th', columns, numbers)}</thead>\n<tbody>"
    yield from (_row("td", [_said(cell) for cell in row], numbers) for row in rows)
    yield "</tbody>\n</table>"


def _row(tag: str, cells: Iterable[str], numbers: Iterable[bool]) -> str:
    pairs = zip(cells, numbers, strict=True)
    return f"<tr>{''.join(f'<{tag}{_NUMBER * number}>{escape(cell)}</{tag}>' for cell, number in pairs)}</tr>"


def _said(cell: Cell) -> str:
    if cell is None:
        return "–"
    return typed(cell) if isinstance(cell, float) else str(cell)


def _metrics(state: RunState) -> Iterator[tuple[Cell, ...]]:
    for key, name in named(state.series).items():
        series = state.series[key]
        yield name, *_point(series.latest), *_point(series.smallest), *_point(series.largest)


def _point(point: Point | None) -> tuple[Cell, Cell]:
    return (None, None) if point is None else (point.value, point.at)


def _levels(state: RunState) -> Iterator[tuple[Cell, ...]]:
    for level in state.levels:
        under = f" under {level.under}" if level.under else ""
        yield f"{level.label}{under}", f"{level.split} {level.name}", level.value


def _happened(state: RunState) -> Iterator[tuple[Cell, ...]]:
    """Interventions and refusals, with who asked for them; other branches; and what the run said."""
    for event in state.happened:
        match event:
            case Applied():
                back = "  (set back)" if event.undoes else "  (set forward again)" if event.redoes else ""
                yield event.at, duration(event.t), f"{what(event, state)}{back}", event.by
            case Refused():
                yield event.at, duration(event.t), f"{event.knob} refused: {event.reason}", event.by
            case Branched():
                yield event.from_step, duration(event.t), branched(event), ""
            case Said():
                yield None, duration(event.t), event.text, ""


def _config(state: RunState) -> Iterator[tuple[Cell, ...]]:
    if state.started is not None:
        for name, value in state.started.config.items():
            yield name, _said(value)


def _knobs(state: RunState) -> Iterator[tuple[Cell, ...]]:
    for knob in state.knobs.values():
        yield knob.label, _said(knob.value)


def _colors(look: Look) -> str:
    text, dim = look.styles[TEXT], look.styles[DIM]
    return (
        f"body{{background:{look.background};color:{text}}}th,footer{{color:{dim}}}"
        f"tr{{border-bottom:1px solid {look.frame}}}"
    )
