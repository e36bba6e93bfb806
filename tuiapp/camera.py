"""Where the places of a relief are in its picture, from any side and height; without drawing anything.

It is seen from infinitely far away, so that what is equally long looks so wherever it stands.
"""

import math
from dataclasses import dataclass, replace

NEAR = -math.sqrt(0.5)
"""Depth of the corner of the ground that is nearest when it points to whoever looks."""
_TALL = 0.6
"""Height of the highest place, where both axes are 1 long."""
_MARGIN = 9
"""Cells at both sides for what is written at the corners."""


@dataclass(frozen=True, slots=True)
class View:
    """From where the relief is seen: degrees around the vertical, and above the ground."""

    azimuth: int = 30
    elevation: int = 40

    def turned(self, around: int, up: int) -> "View":
        """From so many degrees further around and up, never from below or straight above."""
        return replace(self, azimuth=(self.azimuth + around) % 360, elevation=min(max(self.elevation + up, 10), 80))


class Camera:
    """Where a place in relief is in the picture; the ground reaches from -½ to ½ along both axes."""

    def __init__(self, view: View, width: int, height: int) -> None:
        """Look from there, into a picture of so many cells."""
        azimuth, elevation = math.radians(view.azimuth), math.radians(view.elevation)
        self.cos, self.sin = math.cos(azimuth), math.sin(azimuth)
        """Of the angle by which the ground is turned."""
        self.rise, self.lift = math.sin(elevation), _TALL * math.cos(elevation)
        """How far up the picture goes what lies behind by 1, and what is as high as can be."""
        # As large as it can be from every side, so that it keeps its size while it turns.
        tall = -2 * NEAR * self.rise + self.lift
        self.unit = max(min((width - 2 * _MARGIN) / (-2 * NEAR), 2 * (height - 2) / tall), 1.0)
        """Columns for a length of 1."""
        self.middle = width / 2
        self.bottom = height - 1 - max(height - 2 - self.unit * tall / 2, 0) / 2

    def place(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Column and row in cells, and depth, of a place from 0 to 1 in each direction."""
        u, v = x - 0.5, y - 0.5
        depth = u * self.sin + v * self.cos
        across = u * self.cos - v * self.sin
        above = (depth - NEAR) * self.rise + z * self.lift
        return self.middle + across * self.unit, self.bottom - above * self.unit / 2, depth

    def chord(self, column: int) -> tuple[float, float, float] | None:
        """Where a column of cells cuts the ground: how far to the right, and its depths; None: nowhere."""
        across = (column + 0.5 - self.middle) / self.unit
        ends = _chord(across * self.cos, -across * self.sin, self.sin, self.cos)
        return None if ends is None else (across, *ends)


def _chord(x: float, y: float, dx: float, dy: float) -> tuple[float, float] | None:
    """From where to where (x, y) + t·(dx, dy) lies within ½ of the origin along both axes; None: nowhere."""
    start, end = -math.inf, math.inf
    for at, way in ((x, dx), (y, dy)):
        if abs(way) < 1e-12:
            if abs(at) > 0.5:
                return None
            continue
        one, other = sorted(((-0.5 - at) / way, (0.5 - at) / way))
        start, end = max(start, one), min(end, other)
    return (start, end) if start < end else None
