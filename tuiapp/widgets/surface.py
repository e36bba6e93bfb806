"""The loss surface with the way over it, as a map or in relief, and a line that sums it up."""

from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType

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
from tuiapp.widgets.drawn import DrawnPane

_TURN = 10
"""Degrees of one key."""


class SurfacePane(DrawnPane):
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

    def follow(self, state: RunState) -> None:
        """Take in where the weights are, also while nobody looks: a run keeps only the newest places."""
        said = surface.newest(state)
        if said is None or len(said.axes) != 2:
            return
        axes = said.axes[0], said.axes[1]
        if self._track is None or self._track.axes != axes or state is not self._followed:
            self._track, self._followed = Track(axes), state
            self._picture = None  # it has drawn another way
        self._track.follow(state)

    def update(self, state: RunState, folder: Path | None) -> None:
        """Take in what is new, and draw it unless nothing has changed; `folder` is the run's own."""
        self._state = state
        said = surface.newest(state)
        if said is None:
            self._said = self._surface = self._scene = self._track = None
            self._problem = "the surface was not measured yet"
            self.draw()
            return
        self.follow(state)
        if said != self._said:
            self._said = said
            self._load(said, folder)
        self.draw()

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

    def draw(self) -> None:
        """Draw what is seen at the size that there is, unless nothing of it has changed."""
        state = self._state
        if state is None or not self.has_room:
            return
        width, height = self.size
        style = self.app.console.get_style
        if self._surface is None or self._track is None:
            if not self.is_drawn_for(self._said, self._problem, self.size, self.view):
                self.put([[Segment(self._problem, style(DIM))]])
                self._entitle()
            return
        axes = self._surface.axes
        step, goal = track.next_step(state, axes), track.goal(state, axes)
        said = track.summary(self._track, state)
        way = self._track.begun, len(self._track.places)
        if self.is_drawn_for(self._said, self.size, self.view, way, step, goal, tuple(said)):
            return
        self._scene = scene = Scene(self._surface, self._track.places, self._track.begun, goal, step)
        lines = _in_lines(said, width)[: max(height // 8, 1)]
        picture = self._fitting_picture(self._surface, width, max(height - len(lines), 1))
        grid = picture.draw(scene) if isinstance(picture, ContourMap) else picture.draw(scene, self.view or View())
        self.put([*grid.rows(style), *([Segment(line, style(DIM))] for line in lines)][:height])
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
        self.entitle(title, self._said.text)

    def forget(self) -> None:
        """Draw all of it the next time, the surface itself in other colours."""
        super().forget()
        self._picture = None

    # How it is looked at

    def switch(self) -> None:
        """From the map to the relief, and back."""
        if self.view is None:
            self.view = self._last_view
        else:
            self._last_view, self.view = self.view, None
        self.draw()

    def action_turn(self, around: int, up: int) -> None:
        """See the relief from another side."""
        if self.view is not None:
            self.view = self.view.turned(around, up)
            self.draw()

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


def _in_lines(said: list[str], width: int) -> list[str]:
    """A few words each, joined in as few lines of at most `width` cells as they fit into."""
    lines = said[:1]
    for words in said[1:]:
        if cell_len(joined := f"{lines[-1]} · {words}") <= width:
            lines[-1] = joined
        else:
            lines.append(words)
    return lines
