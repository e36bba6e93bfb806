"""What differs between runs: their settings, as they began and as people changed them; and a label for each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from rich.cells import cell_len

from lintui.events import Applied, Scalar
from lintui.state import RunState
from tuiapp.figures import typed

MOST = 100
"""Settings of a run that are compared at most."""
_SHORT = 32
"""Cells that a label takes at most, unless it is the name of a directory."""
_BRIEF = 16
"""Cells of a setting that is part of a label, where not all of them fit."""
_FLEETING = frozenset({"paused", "step", "stop", "speed", "checkpoint"})
"""What is told to a run without being a setting of it."""
_COMMAND = "command"
"""The setting that says by itself what it is: how a script was started."""
_SEEN = frozenset({"experiment", "epochs", "steps"})
"""Settings that are seen without being told: the name says the one, and the length of its curve the others."""
_MISSING = "–"


class Setting(NamedTuple):
    """One setting of one run."""

    began: Scalar
    now: Scalar

    @property
    def is_changed(self) -> bool:
        """Whether it is no longer what it was."""
        return _compared(self.began) != _compared(self.now)

    def __str__(self) -> str:
        """As it began, and where it was changed, as it is now."""
        return f"{_said(self.began)} → {_said(self.now)}" if self.is_changed else _said(self.began)


def settings_of(state: RunState) -> dict[str, Setting]:
    """With what the run was started, and to what people have changed it since."""
    settings = begun_with(state)
    for event in set_since(state):
        known = settings.get(event.knob, Setting(event.old, event.old))
        settings[event.knob] = known._replace(now=event.new)
    return settings


def set_since(state: RunState) -> list[Applied]:
    """What people have set since the run began, oldest first."""
    return [event for event in state.happened if isinstance(event, Applied) and event.knob not in _FLEETING]


def differing(states: Sequence[RunState]) -> dict[str, list[str]]:
    """The settings in which the runs differ, and what each has there; "–" where it has no such setting."""
    return _columns([settings_of(state) for state in states])


def differ_in_rate_alone(states: Sequence[RunState]) -> bool:
    """Whether several began with different learning rates, and are alike in every other setting."""
    return [*_columns([begun_with(state) for state in states])] == ["lr"]


def begun_with(state: RunState) -> dict[str, Setting]:
    """With what the run was started."""
    config: Mapping[str, Scalar] = state.started.config if state.started is not None else {}
    return {name: Setting(value, value) for name, value in islice(config.items(), MOST)}


def _columns(each: Sequence[Mapping[str, Setting]]) -> dict[str, list[str]]:
    """What each has of the settings that are not the same for all."""
    names = dict.fromkeys(name for settings in each for name in settings)
    return {
        name: [str(settings[name]) if name in settings else _MISSING for settings in each]
        for name in names
        if len({tuple(map(_compared, settings[name])) if name in settings else None for settings in each}) > 1
    }


def labels(states: Sequence[RunState], directories: Sequence[str]) -> list[str]:
    """A label for each run, all different: what differs in their settings, else the name, else the directory.

    Of the settings, all that differ if that is short, else (and unless the names are all different) as many of
    the first as tell the runs apart.

    `directories` has the name of each run's directory or file. Only what a run began with counts: a label stays.
    """
    differ = _columns([begun_with(state) for state in states])
    told = {name: column for name, column in differ.items() if name not in _SEEN}
    names = [state.started.name if state.started is not None else "" for state in states]
    some = (_in_words(_fewest(settings), len(states)) for settings in (told, differ))
    for candidates in (_in_words(told, len(states)), names, *some):
        if len({*candidates}) == len(states) and all(0 < cell_len(label) <= _SHORT for label in candidates):
            return candidates
    return _apart(names, directories)


def _fewest(settings: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Of the short ones only those that tell apart what those before don't; one that does it alone, alone."""
    chosen: dict[str, Sequence[str]] = {}
    for name, column in settings.items():
        if any(cell_len(value) > _BRIEF for value in column):
            continue
        if len({*column}) == len(column):
            return {name: column}
        before, after = ({*zip(*columns, strict=True)} for columns in (chosen.values(), (*chosen.values(), column)))
        if len(after) > max(len(before), 1):
            chosen[name] = column
    return chosen


def _in_words(settings: Mapping[str, Sequence[str]], runs: int) -> list[str]:
    """Of each run, such as "lr 0.1, batch size 20"."""
    names = {name: "" if name == _COMMAND else f"{name.replace('_', ' ')} " for name in settings}
    return [", ".join(f"{names[name]}{column[i]}" for name, column in settings.items()) for i in range(runs)]


def _apart(names: Sequence[str], directories: Sequence[str]) -> list[str]:
    """The name where no other run has it, else the directory, else that with a number."""
    times = Counter(names)
    chosen = [name if name and times[name] == 1 else d for name, d in zip(names, directories, strict=True)]
    taken: dict[str, None] = {}
    for label in chosen:
        ways = (label, *(f"{label} ({number})" for number in range(2, len(chosen) + 2)))
        taken[next(way for way in ways if way not in taken)] = None
    return [*taken]


def _said(value: Scalar) -> str:
    return typed(value) if isinstance(value, float) else str(value)


def _compared(value: Scalar) -> object:
    """Equal for what is the same setting: 1 and 1.0 are, 1 and True are not, and NaN is itself."""
    return repr(value) if isinstance(value, bool | str) or value is None else repr(float(value))
