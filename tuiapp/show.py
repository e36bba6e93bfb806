"""Puts the app on the terminal, and after it has gone leaves the summary there."""

import sys

from trainer.catalog import Entry
from tuiapp.app import LintuiApp
from tuiapp.feed import LogFeed
from tuiapp.launch import Session, prepare
from tuiapp.plain import exit_code, put_summary
from tuiapp.screens.monitor import MonitorScreen


def show_session(session: Session) -> int:
    """Watch a run that is ready to start; returns the exit code."""
    return _show(LintuiApp(lambda _: session, session.entry))


def show_picker() -> int:
    """Choose an experiment and watch it; returns the exit code."""
    return _show(LintuiApp(_prepare_default))


def show_log(feed: LogFeed) -> int:
    """Look at a log; returns the exit code."""
    app = LintuiApp(_prepare_default, monitor=MonitorScreen(feed, None))
    app.run()
    return int(app.return_code or 0)


def _prepare_default(entry: Entry) -> Session:
    return prepare(entry, entry.defaults, speed=entry.speed)


def _show(app: LintuiApp) -> int:
    app.run()
    return leave_behind(app)


def leave_behind(app: LintuiApp) -> int:
    """Close what the app had open, print the summary, and return the exit code."""
    if app.refusal:
        print(f"lintui: {app.refusal}", file=sys.stderr)
        return 2
    if app.session is not None and app.state is not None:
        app.session.close("left before its end")
        for record in app.session.feed.take():
            app.state.apply(record)
        put_summary(app.state, str(app.log_path))
    # An app that broke has printed its own traceback; its code must not be lost.
    if app.return_code:
        return app.return_code
    return exit_code(app.state, []) if app.state is not None else 0
