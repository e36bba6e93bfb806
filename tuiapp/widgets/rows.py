"""A list of prepared rows that scrolls, of which only those that can be seen are drawn."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBarRender
from textual.strip import Strip

_ASIDE = 8
"""Cells that rows go to the left or the right at once: about a column."""


class WholeCells(ScrollBarRender):
    """A bar that ends where cells end: their eighths have no stand-in in ASCII."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


class Rows(ScrollView, can_focus=True):
    """Rows of styled text under an optional header that stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "scroll_aside(-1)", show=False),
        Binding("right,l", "scroll_aside(1)", show=False),
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Start empty."""
        super().__init__(id=id, classes=classes)
        self.header: Text | None = None
        self.rows: list[Text] = []
        self._titles = ("", "")
        self._came_to_end = True
        """Whether the last row was in view when somebody or something last moved the rows."""

    def action_scroll_aside(self, by: int) -> None:
        """About so many columns on."""
        self.scroll_to(x=self.scroll_target_x + by * _ASIDE, animate=False)

    def on_mount(self) -> None:
        """Have plain scroll bars."""
        for bar in (self.vertical_scrollbar, self.horizontal_scrollbar):
            bar.renderer = WholeCells  # type: ignore[misc]

    def show(self, rows: list[Text], header: Text | None = None) -> None:
        """Replace the rows; whoever looks at the last one goes on looking at the last one."""
        if rows == self.rows and header == self.header:
            return
        at_end = self.is_at_end
        before, self.rows, self.header = self.rows, rows, header
        height = len(rows) + (header is not None)
        aside = rows[: len(rows) - self.beneath]
        width = max((row.cell_len for row in (*aside, header or Text())), default=0)
        if self.virtual_size != Size(width, height):
            self.virtual_size = Size(width, height)
            self.refresh()
        else:
            self._refresh_changed(before)
        if at_end and self.follows:
            self.scroll_end(animate=False)

    @property
    def room(self) -> Size:
        """Cells within the frame, those of scroll bars included."""
        return self.outer_size - self.gutter.totals

    @property
    def is_at_end(self) -> bool:
        """Whether the last row is in view, or was until there was less room."""
        return self._came_to_end or self.scroll_offset.y >= self.max_scroll_y

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Keep in mind whether this is the end."""
        super().watch_scroll_y(old_value, new_value)
        self._came_to_end = self.scroll_offset.y >= self.max_scroll_y

    def on_resize(self) -> None:
        """Go on looking at the last row."""
        if self.is_at_end and self.follows:
            self.scroll_end(animate=False)

    def count(self) -> int:
        """Rows that can be scrolled to."""
        return len(self.rows)

    def row(self, place: int) -> Text:
        """One row as it is shown."""
        return self.rows[place]

    @property
    def lines(self) -> list[str]:
        """All rows as plain text, under the header."""
        return [row.plain for row in ([self.header] if self.header is not None else []) + self.rows]

    stays = 0
    """Cells at the left that stay where they are while the others are scrolled sideways."""
    beneath = 0
    """Rows at the end that stay so too, all of them."""
    follows = False
    """Whether new rows at the end are followed while the end is in view."""
    filter = ""
    """Only rows that contain this are shown, by whoever prepares them."""

    def narrow(self, text: str) -> None:
        """Show only rows that contain this, from the next rows on."""
        self.filter = text

    def entitle(self, title: str, subtitle: str = "") -> None:
        """Say what the rows are, and which of them are shown; what stands there already isn't drawn again."""
        title = f"{title} · /{self.filter}" if self.filter else title
        if self._titles != (title, subtitle):
            self._titles = (title, subtitle)
            # Not as a str: what somebody types is never read as markup.
            self.border_title, self.border_subtitle = Content(title), Content(subtitle)

    def _refresh_changed(self, before: list[Text]) -> None:
        """Have only the rows drawn again that differ: over a slow link, every row counts."""
        top = self.header is not None
        for i, (old, new) in enumerate(zip(before, self.rows, strict=False)):
            if old != new:
                y = i + top - self.scroll_offset.y
                if top <= y < self.size.height:
                    self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One row of what can be seen."""
        width = self.scrollable_content_region.width
        if self.header is not None and y == 0:
            return self._strip(self.header, width, self.scroll_offset.x)
        row = y + self.scroll_offset.y - (self.header is not None)
        if 0 <= row < self.count():
            is_beneath = row >= self.count() - self.beneath
            return self._strip(self.row(row), width, 0 if is_beneath else self.scroll_offset.x)
        return Strip.blank(width, self.rich_style)

    def _strip(self, row: Text, width: int, left: int) -> Strip:
        # Rich leaves a text's own style out unless it is a span.
        styled = Text().append_text(row)
        strip = Strip(styled.render(self.app.console))
        if left and 0 < self.stays < width:
            here = strip.crop_extend(0, self.stays, self.rich_style)
            rest = strip.crop_extend(left + self.stays, left + width, self.rich_style)
            return Strip.join([here, rest]).apply_style(self.rich_style)
        return strip.crop_extend(left, left + width, self.rich_style).apply_style(self.rich_style)
