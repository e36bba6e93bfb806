"""The panes of a screen: which there are, which of them a size has room for, and which is in focus."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.events import Resize
from textual.widget import Widget

from tuiapp.look import DIM
from tuiapp.plans import LOSS, SECONDS
from tuiapp.screens.unhurried import Unhurried
from tuiapp.widgets.chart import ChartView
from tuiapp.widgets.footer import Footer
from tuiapp.widgets.happened import Happened
from tuiapp.widgets.histograms import HistogramsPane
from tuiapp.widgets.layers import LayerTable
from tuiapp.widgets.ledger import LedgerPane
from tuiapp.widgets.line import Line
from tuiapp.widgets.output import OutputPane
from tuiapp.widgets.pictures import PicturesPane
from tuiapp.widgets.runs import RunsPane
from tuiapp.widgets.surface import SurfacePane

PANES = ("loss", "second", "layers", "happened", "output", "ledger", "surface", "pictures", "runs", "histograms")
"""The panes in the order of their keys."""
TOGETHER = 4
"""So many of them are seen at once where there is room; each of the others is only ever seen alone."""
WIDE, HIGH = 100, 28
"""From this size on, the first four panes are seen at once."""
LEAST_WIDE, LEAST_HIGH = 40, 12


class Panes(Unhurried[None]):
    """A screen of panes, of which one is in focus, between a line of status and lines of steering and keys."""

    pane = 0
    """Which pane is in focus."""
    maximised = False
    """Whether it is seen alone where there is room for several."""

    @property
    def panes(self) -> list[Widget]:
        """The panes in the order of their keys."""
        return [self.query_one(f"#{name}") for name in PANES]

    def redraw(self) -> None:
        """Draw everything as it stands."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Status, four panes, steering line and keys."""
        yield Line(id="status")
        with Container(id="body"):
            yield ChartView(LOSS, id="loss")
            yield LayerTable(id="layers", classes="pane")
            yield ChartView(SECONDS[0], id="second")
            yield Happened(id="happened", classes="pane")
            yield OutputPane(id="output", classes="pane")
            yield LedgerPane(id="ledger", classes="pane")
            yield SurfacePane(id="surface", classes="pane")
            yield PicturesPane(id="pictures", classes="pane")
            yield RunsPane(id="runs", classes="pane")
            yield HistogramsPane(id="histograms", classes="pane")
        yield Line(id="steering")
        yield Footer(id="keys")
        yield Line(id="small")

    def on_resize(self, event: Resize) -> None:
        """Rearrange for the new size."""
        self._arrange()
        self.call_after_refresh(self.redraw)

    def _arrange(self) -> None:
        width, height = self.size
        small = width < LEAST_WIDE or height < LEAST_HIGH
        single = self.maximised or self.pane >= TOGETHER or width < WIDE or height < HIGH
        for i, pane in enumerate(self.panes):
            pane.display = not small and (i == self.pane or (not single and i < TOGETHER))
        self.query_one("#body").set_class(single, "single")
        for name in ("#status", "#body", "#steering", "#keys"):
            self.query_one(name).display = not small
        line = self.query_one("#small", Line)
        line.display = small
        line.show(Text(f"lintui needs {LEAST_WIDE}×{LEAST_HIGH}", DIM))

    def action_pane(self, number: int) -> None:
        """Go to a pane."""
        self.pane = number
        self._arrange()
        self.panes[self.pane].focus()
        self.call_after_refresh(self.redraw)

    def action_next_pane(self) -> None:
        """To the next pane."""
        self._go(1)

    def action_previous_pane(self) -> None:
        """To the pane before."""
        self._go(-1)

    def _go(self, by: int) -> None:
        """To the next pane in that direction that has something to show."""
        number = self.pane
        while not self.check_action("pane", (number := (number + by) % len(PANES),)):
            pass
        self.action_pane(number)

    def action_maximise(self) -> None:
        """This pane over the whole screen, or all of them again."""
        self.maximised = not self.maximised
        self.action_pane(self.pane)

    def on_descendant_focus(self) -> None:
        """Keep in mind which pane was chosen with the mouse."""
        for i, pane in enumerate(self.panes):
            if pane.has_focus and pane.display:
                self.pane = i
