"""What stands on a surface besides its colours: the way, its ends, the goal, the next step; in which signs."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from tuiapp.figures import three
from tuiapp.grid import Grid
from tuiapp.raster import Cell, contrast
from tuiapp.surface import Surface
from tuiapp.track import Goal, Place

PLAIN = {"black": "#000000", "white": "#ffffff"}
"""Inks for where black can be read, and for where white."""
PINK = {"black": "#a8005a", "white": "#ff8ad8"}
"""The same for the next step: a colour that the ramp has not."""
ARROW = "#e6399b"
"""Of the next step in a legend."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters for what stands on a surface."""

    start: str
    now: str
    goal: str
    heads: str
    """Of an arrow: to the right, and on around, counterclockwise."""
    dot: str = ""
    """Of the way; empty: braille."""


IN_BRAILLE = Signs("○", "●", "◆", "→↗↑↖←↙↓↘")
IN_ASCII = Signs("S", "N", "T", ">>^<<<v>", "o")


@dataclass(frozen=True, slots=True)
class Scene:
    """A surface with what stands on it, all of it measured on the surface's axes."""

    surface: Surface
    places: list[Place]
    """Where the weights were; it only grows as long as `begun` stays the same."""
    begun: int
    goal: Goal | None
    step: tuple[float, float] | None
    """The way of the next step on average, from the newest place."""

    @property
    def now(self) -> tuple[float, float] | None:
        """The newest place, if it is one."""
        return _finite(self.places[-1]) if self.places else None

    @property
    def start(self) -> tuple[float, float] | None:
        """The first place, if it is one."""
        return _finite(self.places[0]) if self.places else None

    @property
    def end(self) -> tuple[float, float] | None:
        """Where the way should end, as far as that is known."""
        return None if self.goal is None else (self.goal.x, self.goal.y)

    @property
    def ahead(self) -> tuple[float, float] | None:
        """Where the next step would end."""
        if self.now is None or self.step is None:
            return None
        return self.now[0] + self.step[0], self.now[1] + self.step[1]

    def shares(self, place: tuple[float, float]) -> tuple[float, float]:
        """A place as shares of the two axes, from 0 to 1 where it lies on the surface."""
        return self.surface.share(0, place[0]), self.surface.share(1, place[1])

    def way(self, since: int) -> Iterator[tuple[float, float]]:
        """The places from that number on and the one before, as shares; NaN where somebody went back in between."""
        surface = self.surface
        (left, bottom), (right, top) = surface.low, surface.high
        across, up = right - left, top - bottom
        before = -math.inf
        for at, x, y in islice(self.places, max(since - 1, 0), None):
            if at <= before:
                yield math.nan, math.nan
            yield (x - left) / across, (y - bottom) / up
            before = at

    def marks(self, signs: Signs) -> list[tuple[tuple[float, float], str]]:
        """Places that bear a sign, the most important last."""
        found = ((self.start, signs.start), (self.end, signs.goal), (self.now, signs.now))
        return [(place, sign) for place, sign in found if place is not None]

    def legend(self, signs: Signs, *, too_short: bool) -> list[tuple[str, str]]:
        """Signs and what they stand for; `too_short` says that the next step ends in the cell where it begins."""
        said = [(signs.start, "start")] if self.start is not None else []
        if self.places:
            at = self.places[-1].at
            where = "" if self.now is not None else ": not finite"
            if self.now is not None and not is_inside(self.shares(self.now)):
                where = f": outside, at {three(self.now[0])}, {three(self.now[1])}"
            said.append((signs.now, f"step {at}{where}"))
        if self.goal is not None and self.end is not None:
            outside = "" if is_inside(self.shares(self.end)) else ", outside"
            said.append((signs.goal, f"{self.goal.title}{outside}"))
        if self.step is not None:
            unseen = ", too short to be seen" if too_short else ""
            said.append((signs.heads[0], f"−lr·mean gradient, {three(math.hypot(*self.step))} long{unseen}"))
        return said


def is_inside(shares: tuple[float, float]) -> bool:
    """Whether shares of both axes are those of a place on the surface."""
    return all(0 <= share <= 1 for share in shares)


def head(signs: Signs, dx: float, dy: float) -> str:
    """The head of an arrow that goes `dx` to the right and `dy` up on the screen."""
    return signs.heads[round(math.atan2(dy, dx) / (math.pi / 4)) % 8]


def draw_over(grid: Grid, x: int, y: int, sign: str, ground: Cell, *, inks: Mapping[str, str] = PLAIN) -> None:
    """A sign in a cell of a map, in the one of the inks that can be read on what is there."""
    paper = ground.paper or (ground.ink if ground.character in "▀▄" else "")
    ink = inks[contrast(paper)] if paper else ""
    grid.put(x, y, sign, f"bold {Cell(sign, ink, paper).look}".strip())


def _finite(place: Place) -> tuple[float, float] | None:
    return (place.x, place.y) if math.isfinite(place.x) and math.isfinite(place.y) else None
