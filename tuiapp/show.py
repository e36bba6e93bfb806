"""Puts the app on the terminal, and after it has gone leaves there what a person needs to know."""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from lintui.clean import clean_text
from lintui.commands import Command
from trainer.catalog import Entry
from tuiapp.app import LintuiApp, Start
from tuiapp.feed import Feed
from tuiapp.guard import Lifeline
from tuiapp.launch import Session, prepare
from tuiapp.plain import exit_code, follow, put_nothing, put_summary
from tuiapp.preferences import Preferences
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.signals import Caught, caught
from tuiapp.terminal import Terminal

_INTERVAL = 1.0


def show_session(session: Session, preferences: Preferences, lifeline: Lifeline) -> int:
    """Watch a run that is ready to start; returns the exit code."""
    return _show(lambda _: session, session.entry, None, preferences, lifeline)


def show_picker(preferences: Preferences, lifeline: Lifeline) -> int:
    """Choose an experiment and watch it; returns the exit code."""
    return _show(_defaults(preferences), None, None, preferences, lifeline)


def show_log(
    feed: Feed, send: Callable[[Command], None] | None, output: Path, preferences: Preferences, lifeline: Lifeline
) -> int:
    """Look at a run of another process, or one that is over; with `send` it can be steered. Returns the exit code."""
    kept = output if output.exists() else None
    monitor = MonitorScreen(feed, send, output=kept, folder=output.parent)
    return _show(_defaults(preferences), None, monitor, preferences, lifeline)


def _defaults(preferences: Preferences) -> Start:
    """Prepares an experiment as it comes."""
    return lambda entry: prepare(entry, entry.defaults, speed=entry.speed, fail_on=preferences.fail_on)


def _show(
    start: Start,
    entry: Entry | None,
    monitor: MonitorScreen | None,
    preferences: Preferences,
    lifeline: Lifeline,
) -> int:
    with caught() as signals:
        terminal = Terminal()
        app = LintuiApp(start, entry, monitor, preferences, terminal=terminal, lifeline=lifeline, caught=signals)
        try:
            app.run()
        except BaseException:
            terminal.give_back()  # or nobody would see why
            raise
        if app.session is not None and app.trains and (app.detached or app.hung_up):
            return _go_on_alone(app, app.session, terminal, lifeline, signals)
        terminal.give_back()
        if app.return_code and app.session is not None and app.trains:
            return _go_on_without_screen(app, app.session, signals)
        if app.return_code:
            print(clean_text(app.errors.getvalue()), file=sys.stderr)
        return leave_behind(app, signals)


def _go_on_alone(app: LintuiApp, session: Session, terminal: Terminal, lifeline: Lifeline, signals: Caught) -> int:
    """Return the prompt, and train on where no terminal can reach us."""
    assert app.state is not None
    if session.thread is None:  # the terminal went before the first picture
        session.start()
    terminal.close()
    with contextlib.suppress(PermissionError):  # whoever started us made us the leader of a group already
        os.setsid()
    directory = session.run.directory
    lifeline.last_words = (
        f"training goes on without a screen, process {os.getpid()}\n"
        f"come back: lintui attach {directory.path.name}\n"
        f"stop it:   kill {os.getpid()}\n"
        f"log:       {directory.log}"
    )
    lifeline.let_go()
    follow(session, app.state, signals, every=_INTERVAL, put=put_nothing)
    return session.end_process(exit_code(app.state, signals, session.limits.met))


def _go_on_without_screen(app: LintuiApp, session: Session, signals: Caught) -> int:
    """A screen that breaks takes no training with it: go on in plain lines."""
    assert app.state is not None
    kept = session.run.directory.output
    with contextlib.suppress(OSError), kept.open("a", encoding="utf-8", errors="replace") as file:
        file.write(app.errors.getvalue())
    with contextlib.suppress(OSError):
        print(f"lintui: the screen broke ({kept} says why); training goes on, ctrl+c stops it", file=sys.stderr)
    follow(session, app.state, signals, every=_INTERVAL)
    put_summary(app.state, str(session.run.directory.log), session.limits.met)
    return session.end_process(exit_code(app.state, signals, session.limits.met) or app.return_code or 1)


def leave_behind(app: LintuiApp, signals: Caught) -> int:
    """Close what the app had open, print the summary, and return the exit code."""
    if app.refusal:
        print(f"lintui: {app.refusal}", file=sys.stderr)
        return 2
    session, state = app.session, app.state
    if session is None or state is None:
        return app.return_code or signals.exit_code
    session.close(signals.name or "left before its end")
    for record in session.feed.take():
        state.apply(record)
    put_summary(state, str(session.run.directory.log), session.limits.met)
    # An app that broke has its own code, which must not be lost.
    return session.end_process(app.return_code or exit_code(state, signals, session.limits.met))
