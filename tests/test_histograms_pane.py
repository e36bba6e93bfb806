"""The pane of histograms in the monitor: what opens it, what keys do in it, and what of it can be kept."""

import csv
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from recorded import Recording, started
from strategies import HOSTILE
from textual.pilot import Pilot

from lintui.clean import clean_line
from lintui.events import Event, Histogram, Layers, Steps, Watching
from tuiapp.app import LintuiApp
from tuiapp.appearance import ASCII_CLASS
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.panes import PANES
from tuiapp.theme import LOOKS
from tuiapp.watched import Watched
from tuiapp.widgets.footer import Footer
from tuiapp.widgets.histograms import HistogramsPane
from tuiapp.widgets.layers import LayerTable

HEAD = started("deep", task="classification", steps=100, epochs=2)
HERE = PANES.index("histograms")


def growing(name: str, of: str, steps: range = range(0, 101, 10)) -> list[Event]:
    """Ever wider bells around 0."""
    counts = tuple(round(1_000 * math.exp(-(((i - 15.5) / 6) ** 2))) * 1.0 for i in range(32))
    return [
        Histogram(branch=0, name=name, of=of, at=at, t=0.01 * at, low=-1 - at / 50, high=1 + at / 50, counts=counts)
        for at in steps
    ]


BOTH = [*growing("hidden.weight", "weights"), *growing("hidden.weight", "gradients", range(10, 101, 10))]
SEVERAL = [*BOTH, *growing("out.weight", "weights"), *growing("out.weight", "gradients")]


class Shown:
    """An app over recorded events, and its pane of histograms."""

    def __init__(self, app: LintuiApp, recording: Recording, pilot: Pilot[None]) -> None:
        self.app, self.recording, self.pilot = app, recording, pilot

    @property
    def monitor(self) -> MonitorScreen:
        assert self.app.monitor is not None
        return self.app.monitor

    @property
    def pane(self) -> HistogramsPane:
        return self.monitor.query_one(HistogramsPane)

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until all is drawn."""
        await self.pilot.press(*keys)
        await self.draw()

    async def add(self, *events: Event) -> None:
        """Let more come from the run, and wait until it is drawn."""
        self.recording.add(*events)
        await self.draw()

    async def draw(self) -> None:
        """Everything that has come, drawn."""
        await self.pilot.pause()
        self.monitor._tick()
        self.monitor.redraw()
        await self.pilot.pause()

    @property
    def text(self) -> str:
        return "\n".join(self.pane.lines[1:])


@asynccontextmanager
async def shown(*events: Event, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Shown]:
    """The monitor over a run."""
    recording = Recording([HEAD, *events])
    app = LintuiApp(
        lambda _: pytest.fail("nothing is to be started"), monitor=MonitorScreen(Watched(recording, None, None))
    )
    async with app.run_test(size=size) as pilot:
        at = Shown(app, recording, pilot)
        await at.draw()
        yield at


async def test_a_run_without_histograms_has_no_key_for_them() -> None:
    async with shown() as at:
        await at.press("H")
        assert at.monitor.pane == 0
        assert "spread" not in at.monitor.query_one(Footer).text.plain
        await at.add(*BOTH)
        await at.press("H")
        assert [pane.id for pane in at.monitor.panes if pane.display] == ["histograms"]
        await at.press("escape")
        assert at.monitor.pane == 0


async def test_it_says_what_it_shows_and_sums_the_newest_up() -> None:
    async with shown(*BOTH) as at:
        await at.press("H")
        assert at.pane.lines[1].startswith("hidden.weight weights   step 100: median ")
        assert "all from -3 to 3 · 10,634 numbers" in at.pane.lines[1]
        assert "heat map" in str(at.pane.border_title)
        await at.press("p")
        assert "bands" in str(at.pane.border_title)
        assert "median" in at.pane.lines[2]


async def test_arrows_lead_to_the_gradients_and_letters_to_other_parameters() -> None:
    async with shown(*SEVERAL) as at:
        await at.press("H")
        seen = [tuple(at.pane.seen)]
        for key in ("right", "n", "left", "n", "N"):
            await at.press(key)
            seen.append(tuple(at.pane.seen))
        assert seen == [
            ("hidden.weight", "weights"),
            ("hidden.weight", "gradients"),
            ("out.weight", "gradients"),
            ("out.weight", "weights"),
            ("hidden.weight", "weights"),
            ("out.weight", "weights"),
        ]


async def test_a_filter_leaves_the_parameters_that_contain_it() -> None:
    losses = Steps(branch=0, split="batch", at=(1,), t=(0.1,), values={"loss": (1.0,)})
    async with shown(losses, *SEVERAL) as at:
        await at.press("H", "slash", "o", "u", "t", "enter")
        assert at.pane.seen.name == "out.weight"
        await at.press("n")
        assert at.pane.seen.name == "out.weight"
        await at.press("slash", *"nothing", "enter")
        assert "no histogram" in at.text
        await at.press("n", "right", "p", "escape")
        assert at.monitor.pane == HERE
        assert at.pane.lines[1].startswith("hidden.weight")


async def test_a_click_on_a_large_parameter_in_the_table_shows_how_it_is_spread() -> None:
    watching = Watching(names=("b", "out.weight"), shapes=("1", "20×3"), whole=(False, True))
    columns = dict.fromkeys(("value", "gradient", "change"), ((0.5, 0.5),))
    look = Layers(branch=0, at=(10,), t=(0.1,), lr=(0.1,), values=columns)
    async with shown(watching, look, *SEVERAL) as at:
        for row in (1, 2, 4, 7):  # the header, an entry, below the last row
            await at.pilot.click(LayerTable, offset=(5, row))
            assert at.monitor.pane == 2
        await at.pilot.click(LayerTable, offset=(5, 3))
        await at.draw()
        assert at.monitor.pane == HERE
        assert at.pane.lines[1].startswith("out.weight weights")


async def test_what_comes_is_drawn_and_what_has_not_changed_is_not() -> None:
    async with shown(*BOTH) as at:
        await at.press("H")
        drawn = at.pane.redraws
        await at.draw()
        assert at.pane.redraws == drawn
        await at.add(*growing("hidden.weight", "weights", range(110, 111)))
        assert at.pane.redraws == drawn + 1
        assert "step 110" in at.text
        await at.press("1")
        await at.add(*growing("hidden.weight", "weights", range(120, 121)))
        assert at.pane.redraws == drawn + 1


@pytest.mark.parametrize("view", ["heat map", "bands"])
@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 36)])
async def test_it_fills_its_pane_at_every_size_in_every_theme(size: tuple[int, int], view: str) -> None:
    async with shown(*BOTH, size=size) as at:
        await at.press("H", *(["p"] if view == "bands" else []))
        for name in LOOKS:
            at.app.theme = name
            await at.draw()
            assert [strip.cell_length for strip in at.pane._strips] == [at.pane.size.width] * at.pane.size.height
        at.app.add_class(ASCII_CLASS)
        await at.draw()
        assert not any("▀" <= c <= "▄" for c in at.text)


async def test_what_is_kept_is_what_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with shown(*BOTH) as at:
        await at.press("H", "e", "p", "right", "e", "Y")
    counts, quantiles = (
        list(csv.DictReader((tmp_path / f"lintui-deep-step100-hidden.weight-{name}.csv").open()))
        for name in ("weights-counts", "gradients-quantiles")
    )
    assert [int(row["step"]) for row in counts] == [at for at in range(0, 101, 10) for _ in range(32)]
    assert [(row["smallest"], row["largest"]) for row in quantiles] == [
        (str(-1 - at / 50), str(1 + at / 50)) for at in range(10, 101, 10)
    ]
    assert "hidden.weight gradients" in (tmp_path / "lintui-deep-step100.txt").read_text()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_a_name_that_means_harm_does_none(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = clean_line(text)  # as it comes out of a log
    async with shown(*growing(name, name), *growing("w", "weights"), size=(80, 24)) as at:
        await at.press("H", "p", "e", "n", "right", "p", "N")
        assert [strip.cell_length for strip in at.pane._strips] == [at.pane.size.width] * at.pane.size.height
        await at.press("1")
        assert at.monitor.pane == 0
    assert len(list(tmp_path.iterdir())) == 1
