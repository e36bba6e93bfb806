"""The loss surface with the way over it, as a map or in relief, and a line that sums it up."""

from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from lintui import artifacts
from lintui.events import Array
from lintui.state import RunState
from tuiapp import surface, track
from tuiapp.appearance import palette, shading
from tuiapp.arrays import Unreadable
from tuiapp.camera import View
from tuiapp.contour import ContourMap
from tuiapp.look import DIM
from tuiapp.raster import VIRIDIS
from tuiapp.relief import Relief
from tuiapp.scene import Scene
from tuiapp.surface import LEVELS, NAME, Surface
from tuiapp.surface_svg import svg
from tuiapp.track import Track

_TURN = 10
"""Degrees of one key."""


class SurfacePane(Widget, can_focus=True):
    """The newest surface of a run; `update` draws it if something has changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", f"turn({_TURN}, 0)", show=False),
        Binding("right,l", f"turn(-{_TURN}, 0)", show=False),
        Binding("up,k", f"turn(0, {_TURN})", show=False),
        Binding("down,j", f"turn(0, -{_TURN})", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Start empty, with the map."""
        super().__init__(id=id, classes=classes)
        self.view: View | None = None
        """From where the relief is seen; None: it is the map."""
        self.redraws = 0
        """Times that it was drawn, for measuring."""
        self._last_view = View()
        self._said: Array | None = None
        self._surface: Surface | None = None
        self._scene: Scene | None = None
        """What was drawn last."""
        self._problem = ""
        """Why there is nothing to be seen."""
        self._track: Track | None = None
        self._followed: RunState | None = None
        """Whose way it is."""
        self._picture: ContourMap | Relief | None = None
        self._made_for: tuple[object, ...] = ()
        self._state: RunState | None = None
        self._rows: list[list[Segment]] = []
        self._strips: list[Strip] = []
        self._titles = ("", "")
        self._drawn_for: tuple[object, ...] = ()

    def follow(self, state: RunState) -> None:
        """Take in where the weights are, also while nobody looks: a run keeps only the newest places."""
        said = surface.newest(state)
        if said is None or len(said.axes) != 2:
            return
        axes = said.axes[0], said.axes[1]
        if self._track is None or self._track.axes != axes or state is not self._followed:
            self._track, self._followed = Track(axes), state
        self._track.follow(state)

    def update(self, state: RunState, folder: Path | None) -> None:
        """Take in what is new, and draw it unless nothing has changed; `folder` is the run's own."""
        self._state = state
        said = surface.newest(state)
        if said is None:
            return
        self.follow(state)
        if said != self._said:
            self._said = said
            self._load(said, folder)
        self._draw(state)

    def _load(self, said: Array, folder: Path | None) -> None:
        self._surface, self._scene, self._problem, self._picture = None, None, "", None
        try:
            if folder is None:
                raise Unreadable("the surface's file isn't beside the log")
            self._surface = surface.read(said, artifacts.load(folder / "artifacts", said))
        except FileNotFoundError:
            self._problem = f"the surface's file isn't beside the log: {said.file}"
        except OSError as error:
            self._problem = f"the surface can't be read: {error.strerror or error}"
        except (Unreadable, ValueError) as problem:
            self._problem = str(problem)

    def _draw(self, state: RunState) -> None:
        width, height = self.size
        if width < 1 or height < 1 or not self.display:
            return
        drawn_for: tuple[object, ...] = (self._said, self.size, self.view)
        if self._surface is None or self._track is None:
            if drawn_for != self._drawn_for:
                self._drawn_for = drawn_for
                self._show([[Segment(self._problem, self.app.console.get_style(DIM))]])
                self._entitle()
            return
        axes = self._surface.axes
        step, true = track.next_step(state, axes), track.true_place(state, axes)
        said = track.summary(self._track, state)
        drawn_for += (self._track.begun, len(self._track.places), step, true, tuple(said))
        if drawn_for == self._drawn_for:
            return
        self._drawn_for = drawn_for
        self._scene = scene = Scene(self._surface, self._track.places, self._track.begun, true, step)
        lines = _in_lines(said, width)[: max(height // 8, 1)]
        picture = self._fitting_picture(self._surface, width, max(height - len(lines), 1))
        grid = picture.draw(scene) if isinstance(picture, ContourMap) else picture.draw(scene, self.view or View())
        style = self.app.console.get_style
        self._show([*grid.rows(style), *([Segment(line, style(DIM))] for line in lines)][:height])
        self._entitle()

    def _fitting_picture(self, surface: Surface, width: int, height: int) -> ContourMap | Relief:
        """The picture of the surface as it is looked at now, begun anew where surface or size have changed."""
        kind = ContourMap if self.view is None else Relief
        made_for = (surface, width, height, kind)
        if self._picture is None or self._made_for != made_for:
            self._made_for = made_for
            self._picture = kind(surface, width, height, shading(self.app, VIRIDIS, LEVELS), palette(self.app))
        return self._picture

    def _entitle(self) -> None:
        """Say which plane it is, and which loss."""
        if self._said is None:
            return
        plane = "" if self._surface is None else (" and " if self.view else " across, ").join(self._surface.axes)
        title = f"{NAME} · {plane}{'' if self.view else ' up'}" if plane else NAME
        titles = (title, self._said.text)
        if titles != self._titles:
            self._titles = titles
            # Not as a str: what a run says about itself is never read as markup.
            self.border_title, self.border_subtitle = map(Content, titles)

    def _show(self, rows: list[list[Segment]]) -> None:
        """Have only the rows drawn again that differ: over a slow link, every row counts."""
        self.redraws += 1
        before, self._rows = self._rows, rows
        style = self.rich_style
        self._strips = [Strip(row).adjust_cell_length(self.size.width).apply_style(style) for row in rows]
        if len(before) != len(rows):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, rows, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One row of cells."""
        if y < len(self._strips) and self._strips[y].cell_length == self.size.width:
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)

    def on_mount(self) -> None:
        """Draw anew when the theme changes."""
        self.app.theme_changed_signal.subscribe(self, self._change_colors)

    def _change_colors(self, _: object) -> None:
        self._drawn_for, self._picture, self._rows = (), None, []
        self.on_resize()

    def on_resize(self) -> None:
        """Draw for the new size."""
        if self._state is not None:
            self._draw(self._state)

    # How it is looked at

    def switch(self) -> None:
        """From the map to the relief, and back."""
        if self.view is None:
            self.view = self._last_view
        else:
            self._last_view, self.view = self.view, None
        self.on_resize()

    def action_turn(self, around: int, up: int) -> None:
        """See the relief from another side."""
        if self.view is not None:
            self.view = self.view.turned(around, up)
            self.on_resize()

    def exports(self) -> dict[str, str]:
        """The map as a picture, the way with all digits, and what sums it up."""
        if self._scene is None or self._track is None or self._state is None:
            return {}
        said = track.summary(self._track, self._state)
        title = f"{NAME}, {self._track.axes[0]} and {self._track.axes[1]}"
        text = "\n".join([title, self._scene.surface.text, *said, ""])
        return {
            "surface.svg": svg(self._scene, title, said),
            "way.csv": track.table(self._track, self._state),
            "surface.txt": text,
        }

    @property
    def lines(self) -> list[str]:
        """The picture as characters, under its title."""
        return ["  ".join(self._titles), *(strip.text for strip in self._strips)]


def _in_lines(said: list[str], width: int) -> list[str]:
    """A few words each, joined in as few lines of at most `width` cells as they fit into."""
    lines = said[:1]
    for words in said[1:]:
        if cell_len(joined := f"{lines[-1]} · {words}") <= width:
            lines[-1] = joined
        else:
            lines.append(words)
    return lines
