"""Trains `linreg-scratch` flat out in this process, on the screen or headless, and reports what it saw.

Called by bench_screen.py: one_side.py screen|headless EPOCHS REPORT, on a terminal of its own for the screen.
"""

import dataclasses
import json
import sys
import time
from pathlib import Path

from lintui.events import Steps
from lintui.log import LogReader
from trainer.catalog import find
from tuiapp.app import LintuiApp
from tuiapp.group import Group
from tuiapp.headless import train
from tuiapp.launch import Session, prepare
from tuiapp.plain import put_nothing
from tuiapp.terminal import Terminal
from tuiapp.widgets.chart import ChartView


def main() -> None:
    """Train, then write steps a second and how often things were drawn."""
    side, epochs, report = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    entry = find("linreg-scratch")
    session = prepare(entry, dataclasses.replace(entry.defaults, epochs=epochs))
    if side == "screen":
        app = LintuiApp(lambda _: Group(session), entry, terminal=Terminal())
        views: list[ChartView] = []
        began: list[float] = []

        def leave_at_the_end() -> None:
            assert app.monitor is not None
            views.extend(app.monitor.query(ChartView))
            app.monitor.leaving = True
            began.extend((time.monotonic(), time.thread_time()))

        app.call_later(lambda: app.set_timer(0.5, leave_at_the_end))
        app.run()
        assert app.monitor is not None
        share = (time.thread_time() - began[1]) / (time.monotonic() - began[0])
        drawn = {"share": share, "charts": [view.redraws for view in views], "numbers": app.monitor.numbers_drawn}
    else:
        train(Group(session), every=1.0, put=put_nothing)
        drawn = {}
    seconds, speed = pace(session)
    report.write_text(json.dumps({"steps/s": speed, "seconds": seconds, **drawn}))


def pace(session: Session) -> tuple[float, float]:
    """Seconds between the first and the last step, and steps a second."""
    reader = LogReader(session.run.directory.log)
    times: list[float] = []
    while records := reader.read():
        for record in records:
            if isinstance(record.event, Steps) and record.event.split == "batch":
                times += record.event.t
    return times[-1] - times[0], (len(times) - 1) / (times[-1] - times[0])


if __name__ == "__main__":
    main()
