"""The pane of pictures: one at a time of what a run has recorded, the newest of its name, under a line of names."""

from pathlib import Path
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.binding import Binding, BindingType

from lintui.events import Array, Profile
from lintui.rundir import safe_name
from lintui.state import RunState
from tuiapp.appearance import palette
from tuiapp.arrays import Unreadable
from tuiapp.look import ACCENT, DIM, TEXT, strong
from tuiapp.pictures.album import Album
from tuiapp.pictures.drawn import Drawn, Glance, told
from tuiapp.pictures.kinds import draws, rows_first
from tuiapp.pictures.profile import draw_profiles
from tuiapp.pictures.rows import draw_rows
from tuiapp.widgets.drawn import DrawnPane
from tuiapp.wrapping import wrapped

_NAME = 24
"""Characters of a name in the line of names at most."""
_WITH_TEXT = 8
"""Rows from which on there is one for what the picture says,"""
_A_ROW_OF = 6
"""and for so many rows one more at most."""
_INDENT = "   "


class PicturesPane(DrawnPane):
    """One picture; `update` follows a run, keys choose which one and how it is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "go(1)", show=False),
        Binding("N", "go(-1)", show=False),
        Binding("p", "switch", show=False),
        Binding("left,h", "turn(-1)", show=False),
        Binding("right,l", "turn(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "begin", show=False),
        Binding("end,G", "end", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Start empty."""
        super().__init__(id=id, classes=classes)
        self.album = Album(RunState(), None)
        self.name_seen = ""
        self._glances: dict[str, Glance] = {}
        """How each is looked at, by name."""
        self._switched: set[str] = set()
        """Names whose numbers are looked at instead of the picture, or the other way round."""
        self._held: Profile | None = None
        """The profile that is looked at; None: always the newest."""
        self._drawn = Drawn([])

    # From the run to the screen

    def update(self, state: RunState, folder: Path | None) -> None:
        """Draw what is chosen of a run that lives in `folder`, unless nothing about it has changed."""
        if state is not self.album.state or folder != self.album.folder:
            self.album = Album(state, folder)
        self.draw()

    def draw(self) -> None:
        """Draw what is seen at the size that there is, unless nothing of it has changed."""
        if not self.has_room:
            return
        width, height = self.size
        names = self.album.names
        if self.name_seen not in names:
            self.name_seen = self.album.newest
        how = (self._glance, self._held, self._shows_rows, self.size, self.app.theme)
        if self.is_drawn_for(names, self.album.version(self.name_seen), how):
            return
        above = [self._names(names, width), *self._draw_with_words(width, height)]
        rows = [*(self._row(text, width) for text in above), *self._drawn.cells][:height]
        self.put(rows)
        self._entitle()

    def _draw_with_words(self, width: int, height: int) -> list[Text]:
        """The picture under the rows that its words take, of which it says some itself."""
        most = height // _A_ROW_OF if height >= _WITH_TEXT else 0
        rows = min(most, 1)
        self._drawn = self._picture(width, max(height - 1 - rows, 1))
        if most and (rows := len(self._said(width, most))) > 1:
            self._drawn = self._picture(width, height - 1 - rows)
        said = self._said(width, rows) if most else []
        return said + [Text()] * (rows - len(said))

    def _picture(self, width: int, height: int) -> Drawn:
        colors = palette(self.app)
        if self._array is None:
            profiles = self.album.profiles(self.name_seen)
            if not profiles:
                return Drawn(told("nothing was recorded yet", width, height, colors))
            return draw_profiles(profiles, self._turn(profiles), width, height, colors)
        try:
            kept = self.album.kept(self.name_seen)
        except Unreadable as problem:
            return Drawn(told(str(problem), width, height, colors))
        draw = draw_rows if self._shows_rows else draws(kept.array)
        return draw(kept, self._glance, width, height, colors)

    @property
    def _array(self) -> Array | None:
        return self.album.array(self.name_seen)

    @property
    def _glance(self) -> Glance:
        return self._glances.get(self.name_seen, Glance())

    @property
    def _shows_rows(self) -> bool:
        array = self._array
        return array is not None and rows_first(array) != (self.name_seen in self._switched)

    def _turn(self, profiles: list[Profile]) -> int:
        """Which of them is looked at; where that is no longer kept, the oldest."""
        if self._held is None:
            return len(profiles) - 1
        return next((i for i, profile in enumerate(profiles) if profile is self._held), 0)

    # Words around it

    def _names(self, names: list[str], width: int) -> Text:
        """What there is, from the first on that leaves what is seen in view."""
        parts = [
            Text(f" › {name[:_NAME]}", strong(ACCENT)) if name == self.name_seen else Text(f"   {name[:_NAME]}", DIM)
            for name in names
        ]
        seen = names.index(self.name_seen) + 1 if names else 0
        first = 0
        while first < seen - 1 and sum(part.cell_len for part in parts[first:seen]) > width:
            first += 1
        return Text().join(parts[first:])

    def _said(self, width: int, most: int) -> list[Text]:
        """What is seen, in a line where it fits, else in at most so many."""
        text = self._array.text if self._array is not None else ""
        parts = [part for part in (Text("", TEXT).append_text(self._drawn.says), Text(text, DIM)) if part]
        line = Text(" · ", DIM).join(parts)
        room = width - len(_INDENT)
        rows = [line]
        if most > 1 and line.cell_len > room:
            rows = [row for part in parts for row in wrapped(part, room, 0)]
            rows[most - 1 :] = [Text(" ").join(rows[most - 1 :])] if len(rows) >= most else []
        return [Text(_INDENT).append_text(row) for row in rows]

    def _row(self, text: Text, width: int) -> list[Segment]:
        row = Text().append_text(text)  # Rich leaves a text's own style out unless it is a span
        row.truncate(width, overflow="ellipsis", pad=True)
        return list(row.render(self.app.console))

    def _entitle(self) -> None:
        """Say around it what it is, when it was made, and which keys there are for it."""
        title, keys = ["pictures"], []
        profiles = self.album.profiles(self.name_seen)
        seen = self._turn(profiles) if profiles else self._glance.turn
        if (event := profiles[seen] if profiles else self._array) is not None:
            title.append(f"step {event.at}")
        if len(self.album.names) > 1:
            keys.append("n N others")
        if self._drawn.turns > 1:
            keys.append(f"← → {self._drawn.turned} {seen + 1} of {self._drawn.turns}")
        elif self._drawn.right:
            keys.append("← →")
        if self._drawn.down:
            keys.append("↑ ↓")
        if self._array is not None and draws(self._array) is not draw_rows:
            keys.append("p picture" if self._shows_rows else "p numbers")
        self.entitle(" · ".join(title), " · ".join(keys))

    def exports(self) -> dict[str, str]:
        """The numbers of what is seen, with all their digits."""
        table = self.album.table(self.name_seen) if self.name_seen else ""
        return {f"{safe_name(self.name_seen)}.csv": table} if table else {}

    # What keys do

    def _look(self, glance: Glance) -> None:
        """Look at it in this way from now on."""
        self._glances[self.name_seen] = glance
        self.draw()

    def action_go(self, by: int) -> None:
        """To the next picture, or the one before."""
        if names := self.album.names:
            # A key may come before the first picture was drawn.
            here = names.index(self.name_seen) if self.name_seen in names else 0
            self.name_seen = names[(here + by) % len(names)]
            self._held = None
            self.draw()

    def action_switch(self) -> None:
        """The numbers instead of the picture, or the picture again."""
        self._switched ^= {self.name_seen}
        self._look(Glance())

    def action_turn(self, by: int) -> None:
        """To the next of several (features, steps), or a column on."""
        if profiles := self.album.profiles(self.name_seen):
            self._hold(profiles, self._turn(profiles) + by)
        elif self._drawn.turns > 1:
            turn = min(max(self._glance.turn + by, 0), self._drawn.turns - 1)
            self._look(self._glance._replace(turn=turn))
        else:
            right = min(max(self._glance.right + by, 0), self._drawn.right)
            self._look(self._glance._replace(right=right))

    def _hold(self, profiles: list[Profile], turn: int) -> None:
        """Look at one of them; at the newest, whatever comes to be that."""
        self._held = profiles[max(turn, 0)] if turn < len(profiles) - 1 else None
        self.draw()

    def action_scroll(self, by: int) -> None:
        """So many rows on."""
        self._look(self._glance._replace(down=min(max(self._glance.down + by, 0), self._drawn.down)))

    def action_page(self, by: int) -> None:
        """Nearly a whole pane on."""
        self.action_scroll(by * max(len(self._drawn.cells) - 2, 1))

    def action_begin(self) -> None:
        """To the first: of the steps that are kept, or else the first row."""
        if profiles := self.album.profiles(self.name_seen):
            self._hold(profiles, 0)
        else:
            self._look(self._glance._replace(turn=0, down=0, right=0))

    def action_end(self) -> None:
        """To the last: of the steps that are kept, or else the last row."""
        self._held = None
        self.action_scroll(self._drawn.down)

    def on_mouse_scroll_down(self) -> None:
        """A row on."""
        self.action_scroll(1)

    def on_mouse_scroll_up(self) -> None:
        """A row back."""
        self.action_scroll(-1)
