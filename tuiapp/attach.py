"""`lintui attach`: comes back to runs of other processes, to watch and steer them, a screen for all of them."""

from collections.abc import Callable, Sequence
from functools import partial

from lintui.commands import Command
from lintui.ends import glance
from lintui.inbox import leave
from lintui.liveness import Pulse, is_alive, stands
from lintui.rundir import RunDirectory
from lintui.sources import Found
from lintui.state import RunState
from tuiapp.commands.named import named, newest
from tuiapp.feed import LogFeed
from tuiapp.guard import Lifeline, guarded
from tuiapp.logs import MOST
from tuiapp.options import Mistake, NotThere
from tuiapp.preferences import Preferences
from tuiapp.watched import Watched
from tuiapp.words import died

_INTERVAL = 1.0


def attach(names: Sequence[str], preferences: Preferences, *, readonly: bool, on_screen: bool) -> int:
    """Watch the runs of these names, or the newest that goes on, and steer them unless `readonly`.

    Raises Mistake and NotThere. Without a screen it is the plain lines of one run. Returns the exit code.
    """
    named_runs = [named(name) for name in names] or [newest()]
    runs = [*{run.path.resolve(): run for run in named_runs}.values()]
    if len(runs) > MOST:
        raise Mistake(f"{MOST} runs at most stand side by side, not {len(runs)}; name fewer of them")
    if not on_screen:
        return _in_lines(runs)
    watched = [_watched(run, readonly) for run in runs]

    def watch(lifeline: Lifeline) -> int:
        from tuiapp.show import show_runs

        return show_runs(watched, preferences, lifeline)

    return guarded(watch)


def _in_lines(runs: Sequence[RunDirectory]) -> int:
    from tuiapp.transcript import replay

    if len(runs) > 1:
        raise Mistake("off a terminal one run is followed at a time; start a lintui tail -f for each of them")
    (run,) = runs
    state, feed = _known(run), _feed(run)
    # Of a process elsewhere nobody can know that it is gone.
    elsewhere = stands(run, run.is_written(), state).word == "elsewhere"
    going = partial(is_alive, run, state.started)
    code = replay(feed, str(run.log), goes_on=lambda: elsewhere or going(), every=_INTERVAL)
    if stands(run, run.is_written(), state := _known(run)).died and code == 0:
        print(died(state), flush=True)
    return code


def _watched(run: RunDirectory, readonly: bool) -> Watched:
    goes_on = stands(run, run.is_written(), _known(run)).goes_on
    send: Callable[[Command], None] | None = partial(leave, run.inbox) if goes_on and not readonly else None
    found = Found(run.log, run.path.name, "lintui")
    return Watched(_feed(run), send, run.path, found=found, pulse=Pulse(run))


def _feed(run: RunDirectory) -> LogFeed:
    try:
        return LogFeed(run.log)
    except OSError as error:
        raise _unreadable(run, error) from error


def _known(run: RunDirectory) -> RunState:
    try:
        return glance(run.log)
    except OSError as error:
        raise _unreadable(run, error) from error


def _unreadable(run: RunDirectory, error: OSError) -> NotThere:
    return NotThere(f"can't read {run.log}: {error.strerror or error}; name a log or a run's directory")
