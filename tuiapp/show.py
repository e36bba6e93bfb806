"""Puts the app on the terminal, and after it has gone leaves there what a person needs to know."""

import contextlib
import os
import sys
from collections.abc import Sequence

from lintui.clean import clean_text
from lintui.sources import Found
from trainer.catalog import Entry
from tuiapp.app import LintuiApp, Start
from tuiapp.group import Group
from tuiapp.guard import Lifeline
from tuiapp.headless import follow
from tuiapp.launch import prepare
from tuiapp.logs import output_of
from tuiapp.ours import Ours
from tuiapp.plain import put_end, put_nothing, put_seen
from tuiapp.preferences import Preferences
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.picker import Chosen
from tuiapp.script import Script
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


def show_script(script: Script, preferences: Preferences, lifeline: Lifeline) -> int:
    """Watch somebody's own script, which is ready to start; returns the exit code."""
    monitor = MonitorScreen(
        *script.watched,
        output=script.directory.output,
        waiting="waiting for the first step of a torch optimizer; what is printed meanwhile: 5",
    )
    return _show(_defaults(preferences), None, monitor, preferences, lifeline, ours=script)


def show_runs(watched: Sequence[Watched], preferences: Preferences, lifeline: Lifeline) -> int:
    """Look at runs that are over or go on elsewhere, several over each other; returns the exit code."""
    monitor = MonitorScreen(*watched, output=output_of(watched))
    code = _show(_defaults(preferences), None, monitor, preferences, lifeline)
    if any(one.pulse is not None for one in watched):
        for one in watched:
            put_end(one)
    else:
        put_seen(watched)
    return code


def show_list(runs: Sequence[Found], preferences: Preferences, lifeline: Lifeline) -> int:
    """Choose among runs, and look at them; returns the exit code."""
    return _show(_defaults(preferences), None, None, preferences, lifeline, runs=runs)


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
    *,
    runs: Sequence[Found] = (),
    ours: Ours | None = None,
) -> int:
    with caught() as signals:
        terminal = Terminal()
        app = LintuiApp(
            start,
            entry,
            monitor,
            preferences,
            runs=runs,
            ours=ours,
            terminal=terminal,
            lifeline=lifeline,
            caught=signals,
        )
        try:
            app.run()
        except BaseException:
            terminal.give_back()  # or nobody would see why
            raise
        if app.ours is not None and app.trains and (app.detached or app.hung_up):
            return _go_on_alone(app.ours, terminal, lifeline, signals)
        terminal.give_back()
        if app.return_code and app.ours is not None and app.trains:
            return _go_on_without_screen(app, app.ours, signals)
        if app.return_code:
            print(clean_text(app.errors.getvalue()), file=sys.stderr)
        return leave_behind(app, signals)


def _go_on_alone(ours: Ours, terminal: Terminal, lifeline: Lifeline, signals: Caught) -> int:
    """Return the prompt, and train on where no terminal can reach us."""
    if not ours.has_begun:  # the terminal went before the first picture
        ours.start()
    terminal.close()
    with contextlib.suppress(PermissionError):  # whoever started us made us the leader of a group already
        os.setsid()
    directories = ours.directories
    lifeline.last_words = "\n".join(
        [
            f"training goes on without a screen, process {os.getpid()}",
            *(f"come back: lintui attach {directory.path.name}" for directory in directories),
            f"stop it:   kill {os.getpid()}",
            *(f"log:       {directory.log}" for directory in directories),
        ]
    )
    lifeline.let_go()
    follow(ours, signals, every=_INTERVAL, put=put_nothing)
    return ours.end_process(ours.exit_code(signals))


def _go_on_without_screen(app: LintuiApp, ours: Ours, signals: Caught) -> int:
    """A screen that breaks takes no training with it: go on in plain lines."""
    kept = ours.directories[0].output
    with contextlib.suppress(OSError), kept.open("a", encoding="utf-8", errors="replace") as file:
        file.write(app.errors.getvalue())
    with contextlib.suppress(OSError):
        print(f"lintui: the screen broke ({kept} says why); training goes on, ctrl+c stops it", file=sys.stderr)
    follow(ours, signals, every=_INTERVAL)
    ours.put_summaries()
    return ours.end_process(ours.exit_code(signals) or app.return_code or 1)


def leave_behind(app: LintuiApp, signals: Caught) -> int:
    """Close what the app had open, print the summary, and return the exit code."""
    if app.refusal:
        print(f"lintui: {app.refusal}", file=sys.stderr)
        return 2
    ours = app.ours
    if ours is None:
        return app.return_code or signals.exit_code
    ours.close(signals.name or "left before its end")
    for watched in ours.watched:
        watched.look()
    ours.put_summaries()
    # An app that broke has its own code, which must not be lost.
    return ours.end_process(app.return_code or ours.exit_code(signals))
