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
from tuiapp.group import Group
from tuiapp.guard import Lifeline
from tuiapp.launch import prepare
from tuiapp.plain import exit_code, follow, put_nothing, put_summaries
from tuiapp.preferences import Preferences
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.picker import Chosen
from tuiapp.signals import Caught, caught
from tuiapp.terminal import Terminal
from tuiapp.watched import Watched

_INTERVAL = 1.0


def show_group(group: Group, preferences: Preferences, lifeline: Lifeline) -> int:
    """Watch a run that is ready to start, or several side by side; returns the exit code."""
    return _show(lambda _: group, group.first.entry, None, preferences, lifeline)


def show_picker(preferences: Preferences, lifeline: Lifeline) -> int:
    """Choose an experiment and watch it; returns the exit code."""
    return _show(_defaults(preferences), None, None, preferences, lifeline)


def show_log(
    feed: Feed, send: Callable[[Command], None] | None, output: Path, preferences: Preferences, lifeline: Lifeline
) -> int:
    """Look at a run of another process, or one that is over; with `send` it can be steered. Returns the exit code."""
    kept = output if output.exists() else None
    monitor = MonitorScreen(Watched(feed, send, output.parent), output=kept)
    return _show(_defaults(preferences), None, monitor, preferences, lifeline)


def _defaults(preferences: Preferences) -> Start:
    """Prepares an experiment as it comes."""

    def start(chosen: Chosen) -> Group:
        entry, paused = chosen
        return Group(prepare(entry, entry.defaults, speed=entry.speed, paused=paused, fail_on=preferences.fail_on))

    return start


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
        if app.group is not None and app.trains and (app.detached or app.hung_up):
            return _go_on_alone(app.group, terminal, lifeline, signals)
        terminal.give_back()
        if app.return_code and app.group is not None and app.trains:
            return _go_on_without_screen(app, app.group, signals)
        if app.return_code:
            print(clean_text(app.errors.getvalue()), file=sys.stderr)
        return leave_behind(app, signals)


def _go_on_alone(group: Group, terminal: Terminal, lifeline: Lifeline, signals: Caught) -> int:
    """Return the prompt, and train on where no terminal can reach us."""
    if group.first.thread is None:  # the terminal went before the first picture
        group.start()
    terminal.close()
    with contextlib.suppress(PermissionError):  # whoever started us made us the leader of a group already
        os.setsid()
    directories = [session.run.directory for session in group.sessions]
    lifeline.last_words = "\n".join(
        [
            f"training goes on without a screen, process {os.getpid()}",
            *(f"come back: lintui attach {directory.path.name}" for directory in directories),
            f"stop it:   kill {os.getpid()}",
            *(f"log:       {directory.log}" for directory in directories),
        ]
    )
    lifeline.let_go()
    follow(group, signals, every=_INTERVAL, put=put_nothing)
    return group.end_process(exit_code(group.states, signals, group.met))


def _go_on_without_screen(app: LintuiApp, group: Group, signals: Caught) -> int:
    """A screen that breaks takes no training with it: go on in plain lines."""
    kept = group.first.run.directory.output
    with contextlib.suppress(OSError), kept.open("a", encoding="utf-8", errors="replace") as file:
        file.write(app.errors.getvalue())
    with contextlib.suppress(OSError):
        print(f"lintui: the screen broke ({kept} says why); training goes on, ctrl+c stops it", file=sys.stderr)
    follow(group, signals, every=_INTERVAL)
    put_summaries(group)
    return group.end_process(exit_code(group.states, signals, group.met) or app.return_code or 1)


def leave_behind(app: LintuiApp, signals: Caught) -> int:
    """Close what the app had open, print the summary, and return the exit code."""
    if app.refusal:
        print(f"lintui: {app.refusal}", file=sys.stderr)
        return 2
    group = app.group
    if group is None:
        return app.return_code or signals.exit_code
    group.close(signals.name or "left before its end")
    for watched in group.watched:
        watched.look()
    put_summaries(group)
    # An app that broke has its own code, which must not be lost.
    return group.end_process(app.return_code or exit_code(group.states, signals, group.met))
