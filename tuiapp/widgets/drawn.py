"""A pane of cells that its own kind draws: when to draw, which rows to send again, and titles around it."""

from rich.segment import Segment
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class DrawnPane(Widget, can_focus=True):
    """What all panes that draw have in common."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Start empty."""
        super().__init__(id=id, classes=classes)
        self.redraws = 0
        """Times that it was drawn, for measuring."""
        self._rows: list[list[Segment]] = []
        self._strips: list[Strip] = []
        self._titles = ("", "")
        self._drawn_for: tuple[object, ...] = ()

    def draw(self) -> None:
        """Draw what is seen at the size that there is, unless nothing of it has changed."""
        raise NotImplementedError

    def forget(self) -> None:
        """Draw all of it the next time, whatever has changed."""
        self._drawn_for, self._rows = (), []

    @property
    def has_room(self) -> bool:
        """Whether anything that is drawn would be seen."""
        return self.display and self.size.width > 0 and self.size.height > 0

    def is_drawn_for(self, *what: object) -> bool:
        """Whether the last picture was drawn for the same; from now on, it is this that one is drawn for."""
        before, self._drawn_for = self._drawn_for, what
        return before == what

    def put(self, rows: list[list[Segment]]) -> None:
        """Show these, and have only those sent that differ: over a slow link, every row counts."""
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

    def entitle(self, title: str, subtitle: str = "") -> None:
        """Say around it what it is, and how it is seen."""
        if (title, subtitle) != self._titles:
            self._titles = title, subtitle
            # Not as a str: what a run says about itself is never read as markup.
            self.border_title, self.border_subtitle = Content(title), Content(subtitle)

    @property
    def lines(self) -> list[str]:
        """The picture as characters, under its titles."""
        return ["  ".join(self._titles), *(strip.text for strip in self._strips)]

    def on_mount(self) -> None:
        """Draw anew when the theme changes."""
        self.app.theme_changed_signal.subscribe(self, self._change_colors)

    def _change_colors(self, _: object) -> None:
        self.forget()
        self.draw()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.draw()

    def render_line(self, y: int) -> Strip:
        """One row of cells."""
        if y < len(self._strips) and self._strips[y].cell_length == self.size.width:
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)
