"""What a run has recorded that is larger than a number, by name, with its numbers read when they are needed."""

from pathlib import Path

from lintui.events import Array, Profile
from lintui.state import RunState
from tuiapp import arrays
from tuiapp.arrays import Missing, Numbers, Unreadable
from tuiapp.pictures import profile
from tuiapp.pictures.drawn import Kept
from tuiapp.pictures.kinds import SAMPLES


class Album:
    """The pictures of one run as its state stands; of each name there is the newest array, or every profile kept."""

    def __init__(self, state: RunState, folder: Path | None) -> None:
        """Of a run whose files are in `folder`."""
        self.state = state
        self.folder = folder
        self._read: dict[str, tuple[Array, Numbers | Unreadable]] = {}
        """What has been read, of the few that are in use."""

    @property
    def names(self) -> list[str]:
        """What there is to be seen, in the order in which it came first."""
        return arrays.names(self.state)

    @property
    def newest(self) -> str:
        """The name of what was recorded after the newest step, of several the first; empty: there is nothing."""
        return max(self.names, key=self._at, default="")

    def _at(self, name: str) -> int:
        array = self.array(name)
        return self.profiles(name)[-1].at if array is None else array.at

    def array(self, name: str) -> Array | None:
        """The newest array of that name."""
        return self.state.arrays.get(name)

    def profiles(self, name: str) -> list[Profile]:
        """All profiles of that name which are kept, oldest first; none where an array has it."""
        return [] if name in self.state.arrays else [p for p in self.state.profiles if p.name == name]

    def version(self, name: str) -> object:
        """Something that is another as soon as there is something else to be seen under that name."""
        if (array := self.array(name)) is None:
            return self.profiles(name)[-1:]
        waits = isinstance(self._read.get(name, (None, None))[1], Missing)
        return array, self.array(SAMPLES), object() if waits else None

    def kept(self, name: str) -> Kept:
        """The newest array of that name with its numbers; raises Unreadable."""
        array = self.state.arrays[name]
        started = self.state.started
        classes = bool(array.labels) or (started is not None and started.task == "classification")
        self._read = {one: read for one, read in self._read.items() if one in (name, SAMPLES)}
        return Kept(array, self._numbers(array), classes, self._samples(array, classes=classes))

    def table(self, name: str) -> str:
        """All numbers under that name as comma-separated values; empty where they can't be read."""
        if (array := self.array(name)) is None:
            return profile.table(self.profiles(name))
        try:
            return arrays.table(array, self._numbers(array))
        except Unreadable:
            return ""

    def _samples(self, array: Array, *, classes: bool) -> Kept | None:
        """The samples that regions are drawn under, if they can be read."""
        table = self.array(SAMPLES)
        if array.shows != "regions" or table is None or table.shows != "table":
            return None
        try:
            return Kept(table, self._numbers(table), classes)
        except Unreadable:
            return None

    def _numbers(self, array: Array) -> Numbers:
        """Read once; but a file that was not there is looked for again. Raises Unreadable."""
        known = self._read.get(array.name)
        if known is None or known[0] != array or isinstance(known[1], Missing):
            try:
                known = array, arrays.read(self.folder, array)
            except Unreadable as problem:
                known = array, problem
            self._read[array.name] = known
        if isinstance(known[1], Unreadable):
            raise known[1]
        return known[1]
