"""A map of a surface with the way over it as an SVG of its own, without a terminal and its colours."""

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby, pairwise

from tuiapp.figures import three
from tuiapp.raster import VIRIDIS, in_colors
from tuiapp.scale import round_numbers, told_apart
from tuiapp.scene import Scene, is_inside
from tuiapp.surface import LEVELS, Surface

_SIDE = 480
"""Of the longer axis, in pixels."""
_FINE = 160
"""Coloured squares along each axis."""
_LEFT, _TOP, _RIGHT, _BELOW = 70, 50, 130, 70
_FOOT, _LINE = 50, 18
"""From the map down to the first line under it, and from there to the next."""
_LEGEND = 420
"""Where under the map its signs are explained."""
_FAR = 1e6
"""What is further away than so many pictures of the map is not drawn."""
_SHADING = in_colors(VIRIDIS, LEVELS)


def svg(scene: Scene, title: str, said: Iterable[str]) -> str:
    """The picture, under a title and over lines that sum it up."""
    drawing = _Drawing(scene.surface)
    lines = [f'<text x="{_LEFT}" y="20" font-weight="bold">{escape(title)}</text>']
    lines += [f'<text x="{_LEFT}" y="38" fill="#555">{escape(scene.surface.text)}</text>']
    lines += [*drawing.map(), *drawing.axes(), *drawing.bar(), *drawing.way(scene), *drawing.marks(scene)]
    foot = _TOP + drawing.height + _FOOT
    lines += [f'<text x="{_LEFT}" y="{foot + _LINE * i:g}">{escape(words)}</text>' for i, words in enumerate(said)]
    width, height = _LEFT + drawing.width + _RIGHT, foot + _BELOW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        'font-family="sans-serif" font-size="13">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
        + "\n".join(lines)
        + "\n</svg>\n"
    )


class _Drawing:
    """Where things are in the picture: axes in true proportions, unless one is much longer than the other."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        across, up = (high - low for low, high in zip(surface.low, surface.high, strict=True))
        ratio = min(max(across / up, 0.5), 2.0)
        self.width, self.height = _SIDE * min(ratio, 1.0), _SIDE / max(ratio, 1.0)

    def place(self, shares: tuple[float, float]) -> tuple[float, float]:
        """In pixels from the upper left corner."""
        return _LEFT + shares[0] * self.width, _TOP + (1 - shares[1]) * self.height

    def map(self) -> Iterator[str]:
        """Rows of the surface, neighbours of one colour joined."""
        yield '<g shape-rendering="crispEdges">'
        middles = [(i + 0.5) / _FINE for i in range(_FINE)]
        sampled = self.surface.sampled(middles, middles)
        for j in range(_FINE):
            losses = (row[j] for row in sampled)
            i = 0
            for shade, run in groupby(_SHADING.shade(map(self.surface.level, losses), 0, LEVELS - 1)):
                long = len([*run])
                left, top = self.place((i / _FINE, (j + 1) / _FINE))
                size = f'width="{long / _FINE * self.width:.2f}" height="{self.height / _FINE:.2f}"'
                if shade:
                    yield f'<rect x="{left:.2f}" y="{top:.2f}" {size} fill="{shade}"/>'
                i += long
        yield "</g>"

    def axes(self) -> Iterator[str]:
        """Round places along both axes, and their names."""
        surface = self.surface
        for axis in (0, 1):
            low, high = surface.low[axis], surface.high[axis]
            places = [place for place in round_numbers(low, high, 6) if low <= place <= high]
            for place, label in zip(places, told_apart(places), strict=True):
                share = surface.share(axis, place)
                x, y = self.place((share, 0) if axis == 0 else (0, share))
                where = f'x="{x:.1f}" y="{y + 17:.1f}" text-anchor="middle"'
                beside = f'x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end"'
                yield f"<text {beside if axis else where}>{escape(label)}</text>"
        x, y = self.place((0.5, 0))
        yield f'<text x="{x:.1f}" y="{y + 32:.1f}" text-anchor="middle">{escape(surface.axes[0])}</text>'
        x, y = self.place((0, 0.5))
        turned = f'transform="rotate(-90 {x - 48:.1f} {y:.1f})"'
        yield f'<text x="{x - 48:.1f}" y="{y:.1f}" text-anchor="middle" {turned}>{escape(surface.axes[1])}</text>'

    def bar(self) -> Iterator[str]:
        """The levels, the lowest at the bottom, and the losses at their borders."""
        x, bottom = self.place((1, 0))
        tall = self.height / LEVELS
        for i, shade in enumerate(_SHADING.shades if self.surface.borders else ()):
            top = bottom - (i + 1) * tall
            yield f'<rect x="{x + 20:.1f}" y="{top:.2f}" width="16" height="{tall:.2f}" fill="{shade}"/>'
        for i, border in enumerate(self.surface.borders):
            if i % 2 == 0:
                yield f'<text x="{x + 42:.1f}" y="{bottom - i * tall + 4:.2f}">{three(border)}</text>'

    def way(self, scene: Scene) -> Iterator[str]:
        """The way as lines, broken where it is no finite number or somebody went back."""
        x, y = self.place((0, 1))
        frame = f'x="{x:.1f}" y="{y:.1f}" width="{self.width:.1f}" height="{self.height:.1f}"'
        yield f'<clipPath id="map"><rect {frame}/></clipPath>'
        pieces: list[list[str]] = [[]]
        for shares in scene.way(0):
            if all(abs(share) < _FAR for share in shares):
                x, y = self.place(shares)
                pieces[-1].append(f"{x:.1f},{y:.1f}")
            else:
                pieces.append([])
        for piece in pieces:
            if len(piece) > 1:
                thinned = [piece[0], *(other for one, other in pairwise(piece) if one != other)]
                for width, color in ((3, "#ffffff"), (1.2, "#000000")):
                    line = f'fill="none" stroke="{color}" stroke-width="{width}" stroke-linejoin="round"'
                    yield f'<polyline clip-path="url(#map)" points="{" ".join(thinned)}" {line}/>'

    def marks(self, scene: Scene) -> Iterator[str]:
        """Start, true place and end, with what they are called under the map, and the next step."""
        if scene.now is not None and scene.ahead is not None:
            (x0, y0), (x1, y1) = (self.place(scene.shares(place)) for place in (scene.now, scene.ahead))
            if all(abs(z) < _FAR for z in (x0, y0, x1, y1)):
                line = f'x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"'
                yield f'<line clip-path="url(#map)" {line} stroke="#ff5fd7" stroke-width="2.5"/>'
        foot = _TOP + self.height + _FOOT
        found = (
            (scene.start, "start", "#ffffff"),
            (scene.end, scene.goal.title if scene.goal else "", "#e0b050"),
            (scene.now, "end", "#000000"),
        )
        for i, (place, name, fill) in enumerate(found):
            if place is not None and is_inside(scene.shares(place)):
                yield _dot(*self.place(scene.shares(place)), fill)
                yield _dot(_LEGEND, foot + _LINE * i - 4, fill)
                yield f'<text x="{_LEGEND + 12}" y="{foot + _LINE * i:g}">{name}</text>'


def _dot(x: float, y: float, fill: str) -> str:
    edge = "#ffffff" if fill == "#000000" else "#000000"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{fill}" stroke="{edge}" stroke-width="1.2"/>'
