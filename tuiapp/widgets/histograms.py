"""The pane of histograms: how one parameter or its gradient is spread over the steps, under a line of numbers."""

from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.binding import Binding, BindingType

from lintui.events import Histogram
from lintui.histograms import Spread
from lintui.rundir import safe_name
from lintui.state import RunState
from tuiapp import distribution
from tuiapp.appearance import ASCII_CLASS, palette, shading
from tuiapp.axis import axis_of
from tuiapp.figures import three
from tuiapp.look import ACCENT, DIM, TEXT, TROUBLE, strong
from tuiapp.palette import Palette
from tuiapp.raster import Ramp, Shading
from tuiapp.sight import sees
from tuiapp.spreading import BANDS, HEAT, Spreading, draw
from tuiapp.widgets.drawn import DrawnPane

_SIXTEEN_BANDS = ("black", "bright_black", "blue", "cyan", "bright_white")
_SIXTEEN_HEAT = ("black", "blue", "cyan", "bright_cyan", "bright_white")
_NAME = 40
"""Characters of a name at most."""


class HistogramsPane(DrawnPane):
    """One history of histograms; `update` follows a run, keys choose which one and how it is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,down,j", "go(1)", show=False),
        Binding("N,up,k", "go(-1)", show=False),
        Binding("left,right,h,l", "turn", show=False),
        Binding("p", "switch", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Start empty, with the heat map."""
        super().__init__(id=id, classes=classes)
        self.seen = Spread("", "")
        """What is looked at."""
        self.view = HEAT
        self.filter = ""
        """Only names that contain this are gone through."""
        self._state = RunState()

    # From the run to the screen

    def update(self, state: RunState) -> None:
        """Draw what is chosen of a run, unless nothing about it has changed."""
        self._state = state
        self.draw()

    @property
    def _spreads(self) -> list[Spread]:
        return [spread for spread in self._state.histograms.by if sees(self.filter, spread.name)]

    @property
    def _histograms(self) -> list[Histogram]:
        return self._state.histograms.of(self.seen)

    def draw(self) -> None:
        """Draw what is seen at the size that there is, unless nothing of it has changed."""
        if not self.has_room:
            return
        width, height = self.size
        spreads = self._spreads
        if self.seen not in spreads:
            self.seen = spreads[0] if spreads else Spread("", "")
        histograms = self._histograms
        end = max(axis_of("step", self._state).end, histograms[-1].at if histograms else 0, 1)
        newest = histograms[-1] if histograms else None
        how = self.view, self.filter, self.size, self.app.theme, self.app.has_class(ASCII_CLASS)
        if self.is_drawn_for(self.seen, how, len(spreads), len(histograms), newest, end):
            return
        colors = palette(self.app)
        if newest is None:
            rows = [[*Text("no histogram was recorded", DIM).render(self.app.console)]]
        else:
            picture = Spreading(histograms, end, self.view)
            grid = draw(picture, width, max(height - 1, 1), self._shading(colors), colors)
            rows = [self._said(newest, width), *grid.rows(colors.style)][:height]
        self.put(rows)
        self._entitle()

    def _shading(self, colors: Palette) -> Shading:
        """From the ground over the accent to the ink of words: so much is as far to see on light as on dark."""
        if self.view == BANDS:
            anchors = [colors.ground, *(colors.mixed(ACCENT, share) for share in (0.2, 0.4, 0.7)), colors.color(TEXT)]
            return shading(self.app, Ramp(tuple(anchors), _SIXTEEN_BANDS), len(anchors))
        anchors = [colors.ground, colors.color(ACCENT), colors.color(TEXT)]
        return shading(self.app, Ramp(tuple(anchors), _SIXTEEN_HEAT))

    def _said(self, newest: Histogram, width: int) -> list[Segment]:
        """The newest in a line."""
        said = Text().append(self.seen.name[:_NAME], strong(ACCENT)).append(f" {self.seen.of}".rstrip(), TEXT)
        smallest, low, _, median, _, high, largest = map(three, distribution.quantiles(newest))
        said.append(f"   step {newest.at}: median {median} · 90 % from {low} to {high}", DIM)
        said.append(f" · all from {smallest} to {largest} · {_count(sum(newest.counts))} numbers", DIM)
        if newest.nonfinite:
            said.append(f" · {newest.nonfinite} not finite", TROUBLE)
        said.truncate(width, overflow="ellipsis", pad=True)
        return list(said.render(self.app.console))

    def _entitle(self) -> None:
        """Say around it what it is, and which keys there are for it."""
        title, keys = f"how they are spread · {self.view}", []
        if self.filter:
            title += f" · /{self.filter}"
        spreads = self._spreads
        names = [*dict.fromkeys(spread.name for spread in spreads)]
        if len(names) > 1 and self.seen.name in names:
            keys.append(f"n N {names.index(self.seen.name) + 1} of {len(names)}")
        if (other := self._other()) is not None:
            keys.append(f"← → {other.of or 'the other'}")
        if spreads:
            keys.append(f"p {HEAT if self.view == BANDS else BANDS}")
        self.entitle(title, " · ".join(keys))

    def exports(self) -> dict[str, str]:
        """The numbers of what is seen, with all their digits."""
        histograms = self._histograms
        if not histograms:
            return {}
        name = safe_name("-".join(part for part in self.seen if part))
        if self.view == BANDS:
            return {f"{name}-quantiles.csv": distribution.table_of_quantiles(histograms)}
        return {f"{name}-counts.csv": distribution.table_of_counts(histograms)}

    # What keys do

    def choose(self, state: RunState, name: str) -> bool:
        """Look at this parameter of a run from now on; returns whether there is anything of it."""
        found = [spread for spread in state.histograms.by if spread.name == name]
        if found:
            self.seen, self.filter = found[0], ""
        return bool(found)

    def narrow(self, text: str) -> None:
        """Go through only what contains this."""
        self.filter = text
        self.draw()

    def _other(self) -> Spread | None:
        """The gradients of the weights that are looked at, or the other way round."""
        here = [spread for spread in self._state.histograms.by if spread.name == self.seen.name]
        return here[(here.index(self.seen) + 1) % len(here)] if len(here) > 1 and self.seen in here else None

    def action_go(self, by: int) -> None:
        """To the next parameter, or the one before; gradients to gradients."""
        names = [*dict.fromkeys(spread.name for spread in self._spreads)]
        if not names:
            return
        here = names.index(self.seen.name) if self.seen.name in names else 0
        name = names[(here + by) % len(names)]
        found = [spread for spread in self._spreads if spread.name == name]
        self.seen = next((spread for spread in found if spread.of == self.seen.of), found[0])
        self.draw()

    def action_turn(self) -> None:
        """From weights to gradients, and back."""
        self.seen = self._other() or self.seen
        self.draw()

    def action_switch(self) -> None:
        """From the heat map to the bands, and back."""
        self.view = HEAT if self.view == BANDS else BANDS
        self.draw()


def _count(x: float) -> str:
    return f"{x:,.0f}" if x < 1e9 else three(x)
