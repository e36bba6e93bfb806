"""Points of many series, gathered by column into numbered records, without knowing which format they come from.

Text is cleaned here, as the codec does it for our own logs: nothing that was read reaches an event in another way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lintui.clean import NAME_LIMIT, clean_line, clean_text
from lintui.codec import SENTENCE_LIMIT
from lintui.events import Branched, Ended, Event, Histogram, Record, Said, Scalar, Started, Steps
from lintui.known import MAX_SERIES
from lintui.log import MAX_PROBLEMS
from lintui.readers.bins import Bins
from lintui.readers.names import split_and_name, tensor_and_kind

MOST = 2_000
"""Numbers of a series in one event at most."""
MAX_BRANCHES = 1_000
"""Times that the steps of one run may begin again."""
LAST_STEP = 2**53
"""The largest step there may be."""
_LONGEST = 1e9
"""Seconds that a run may take; what is beyond them is no time."""


@dataclass(slots=True)
class Column:
    """The points of one series that are in no event yet."""

    split: str
    name: str
    last: int = 0
    """The step of its newest point."""
    at: list[int] = field(default_factory=list)
    t: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


class Gathered:
    """What was read and not yet taken."""

    def __init__(self) -> None:
        """Begin with nothing, on the first branch."""
        self.problems: list[str] = []
        self.more_problems = 0
        self.t = 0.0
        """Seconds since the start, of the newest point."""
        self.at = 0
        """The largest step so far."""
        self.branch = 0
        self._next_n = 0
        self._records: list[Record] = []
        self._columns: dict[tuple[str, str], Column] = {}
        """By the split that was given and the name as it stands in the file."""
        self._taken: set[tuple[str, str]] = set()
        self._filled: list[Column] = []
        """Those with points that are in no event yet."""

    def column(self, raw: str, split: str = "") -> Column | None:
        """Where the points of the series called `raw` go; None where there are too many series."""
        raw = clean_line(raw)
        if (column := self._columns.get((split, raw))) is not None:
            return column
        if len(self._columns) >= MAX_SERIES:
            self.tell_once(f"there are more than {MAX_SERIES:,} series; the others are left out")
            return None
        wanted = split_and_name(raw, split)
        # Two names may mean the same series; the second then keeps its own.
        if wanted in self._taken:
            wanted = wanted[0], raw
        if wanted in self._taken:
            wanted = wanted[0], f"{raw[: NAME_LIMIT - 8]} {len(self._columns)}"
        self._taken.add(wanted)
        column = self._columns[split, raw] = Column(*wanted)
        return column

    def add(self, column: Column, at: int, t: float, value: float) -> None:
        """One point, `t` seconds after the start."""
        if at < column.last and not self._may_begin_again(at):
            return
        if at > self.at:
            if at > LAST_STEP:
                self.tell_once("steps above 2^53 are left out")
                return
            self.at = at
        if 0.0 <= t < _LONGEST:
            self.t = t
        if not column.at:
            self._filled.append(column)
        column.last = at
        column.at.append(at)
        column.t.append(self.t)
        column.values.append(value)

    def spread(self, raw: str, at: int, t: float, bins: Bins) -> None:
        """How the numbers called `raw` are spread after step `at`, `t` seconds after the start."""
        if not 0 <= at <= LAST_STEP:
            self.tell_once("steps below 0 or above 2^53 are left out")
            return
        self.t = t if 0.0 <= t < _LONGEST else self.t
        self.at = max(self.at, at)
        name, of = tensor_and_kind(clean_line(raw))
        self.say(Histogram(branch=self.branch, name=name, of=of, at=at, t=self.t, **bins._asdict()))

    def say(self, event: Event) -> None:
        """An event that comes after the points that were added so far."""
        self._flush()
        self._record(event)

    def tell(self, problem: str) -> None:
        """Something that was passed over: kept among the problems, and said to whoever watches."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(clean_line(problem, SENTENCE_LIMIT))
            if self._next_n:
                self.say(Said(t=self.t, level="warning", text=problem))
        else:
            self.more_problems += 1

    def tell_once(self, problem: str) -> None:
        """The same for what would be told again and again."""
        if problem not in self.problems:
            self.tell(problem)

    def take(self) -> list[Record]:
        """Everything as records, and nothing left."""
        self._flush()
        records, self._records = self._records, []
        return records

    def _may_begin_again(self, at: int) -> bool:
        """Whether a step before the newest one of its series starts a new branch, as a resumed run does."""
        if at < 0:
            self.tell_once("steps below 0 are left out")
            return False
        if self.branch >= MAX_BRANCHES:
            self.tell_once(f"steps went back more than {MAX_BRANCHES:,} times; the others that do are left out")
            return False
        start = max(at - 1, 0)
        self.say(Branched(branch=self.branch + 1, parent=self.branch, from_step=start, why="resume", t=self.t))
        self.branch += 1
        # The other series will begin again as well, and that is no further branch.
        for column in self._columns.values():
            column.last = min(column.last, start)
        return True

    def _flush(self) -> None:
        """Series with the same steps and times share an event."""
        together: dict[tuple[Any, ...], dict[str, tuple[float, ...]]] = {}
        filled, self._filled = self._filled, []
        for column in filled:
            for i in range(0, len(column.at), MOST):
                piece = slice(i, i + MOST)
                key = column.split, tuple(column.at[piece]), tuple(column.t[piece])
                together.setdefault(key, {})[column.name] = tuple(column.values[piece])
            column.at, column.t, column.values = [], [], []
        for (split, at, t), values in together.items():
            for some in _in_pieces(values, max(MOST // len(at), 1)):
                self._record(Steps(branch=self.branch, split=split, at=at, t=t, values=some))

    def _record(self, event: Event) -> None:
        self._records.append(Record(self._next_n, _cleaned(event)))
        self._next_n += 1


def _in_pieces(values: dict[str, tuple[float, ...]], size: int) -> list[dict[str, tuple[float, ...]]]:
    names = list(values)
    return [{name: values[name] for name in names[i : i + size]} for i in range(0, len(names), size)]


def _cleaned(event: Event) -> Event:
    match event:
        case Started():
            return replace(event, name=clean_line(event.name), config=_settings(event.config))
        case Said():
            return replace(event, text=clean_text(event.text, SENTENCE_LIMIT))
        case Ended():
            return replace(event, reason=clean_text(event.reason, SENTENCE_LIMIT), summary=_settings(event.summary))
    return event


MAX_SETTINGS = 1_000
"""Settings of a run that are kept."""


def _settings(settings: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {
        clean_line(key): clean_line(value) if isinstance(value, str) else value
        for key, value in list(settings.items())[:MAX_SETTINGS]
    }


def settings_in(found: object, above: str = "") -> dict[str, Scalar]:
    """What a tool kept as configuration as plain settings; the names of nested ones are joined with /."""
    if not isinstance(found, dict):
        return {}
    settings: dict[str, Scalar] = {}
    for key, value in found.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            # Two levels are enough: deeper ones are seldom what somebody chose.
            if above.count("/") < 2:
                settings |= settings_in(value, f"{name}/")
        elif isinstance(value, bool | str | None) or (isinstance(value, int | float) and abs(value) < 2**62):
            settings[name] = value
        if len(settings) >= MAX_SETTINGS:
            break
    return settings
