"""A single line of styled text, cut at the edge, which is sent to the terminal only when it has changed."""

from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget


class Line(Widget):
    """One row; `show` replaces what it says."""

    DEFAULT_CSS = "Line { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        """Start empty."""
        super().__init__(id=id)
        self.text = Text()

    def show(self, text: Text) -> None:
        """Say `text` from now on."""
        if text != self.text:
            self.text = text
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The one row, exactly as wide as the widget."""
        if y:
            return Strip.blank(self.size.width, self.rich_style)
        row = Text().append_text(self.text)  # Rich leaves a text's own style out unless it is a span
        row.truncate(self.size.width, overflow="ellipsis", pad=True)
        return Strip(row.render(self.app.console)).apply_style(self.rich_style)
