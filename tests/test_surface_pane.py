"""The pane of the loss surface: it grows with the run, keys turn it, and what is wrong it says in a line."""

import csv
import math
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recorded import Recording, started
from surfaces import LOW, bowl, descent, kept, numbers, watched
from textual.pilot import Pilot

from lintui.events import Event
from tuiapp.app import LintuiApp
from tuiapp.appearance import ASCII_CLASS
from tuiapp.keymap import KEYS
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.theme import LOOKS
from tuiapp.watched import Watched
from tuiapp.widgets.footer import Footer
from tuiapp.widgets.surface import SurfacePane

HEAD = started("bowl", task="regression", steps=40, epochs=1)


class Shown:
    """An app over recorded events, and its pane of the surface."""

    def __init__(self, app: LintuiApp, recording: Recording, pilot: Pilot[None]) -> None:
        self.app, self.recording, self.pilot = app, recording, pilot

    @property
    def monitor(self) -> MonitorScreen:
        assert self.app.monitor is not None
        return self.app.monitor

    @property
    def pane(self) -> SurfacePane:
        return self.monitor.query_one(SurfacePane)

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
        return "\n".join(self.pane.lines)


@asynccontextmanager
async def shown(folder: Path, *events: Event, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Shown]:
    """The monitor over a run whose files are in `folder`."""
    recording = Recording([HEAD, *events])
    app = LintuiApp(
        lambda _: pytest.fail("nothing is to be started"), monitor=MonitorScreen(Watched(recording, None, folder))
    )
    async with app.run_test(size=size) as pilot:
        at = Shown(app, recording, pilot)
        await at.draw()
        yield at


def cells(at: Shown) -> list[int]:
    """Cells in each row that is drawn."""
    return [strip.cell_length for strip in at.pane._strips]


async def test_a_run_without_a_surface_has_no_key_for_it(tmp_path: Path) -> None:
    async with shown(tmp_path, *watched(descent())) as at:
        await at.press("7")
        assert at.monitor.pane == 0
        assert "surface" not in at.monitor.query_one(Footer).text.plain


async def test_the_key_shows_the_surface_alone_and_says_which_plane_and_which_loss(tmp_path: Path) -> None:
    async with shown(tmp_path, kept(tmp_path, numbers()), *watched(descent())) as at:
        await at.press("7")
        assert [pane.id for pane in at.monitor.panes if pane.display] == ["surface"]
        assert at.pane.lines[0] == "loss surface · w[0] across, w[1] up  squared distance"
        assert "w[0] 0 → 1.97 (true 2) · w[1] 0 → -3.35 (true -3.4) · loss 15.6 → 0.0034 · 40 steps" in at.text
        assert all(sign in at.text for sign in "○●◆")
        await at.press("escape")
        assert at.monitor.pane == 0


async def test_the_way_grows_with_the_run_and_is_kept_while_nobody_looks(tmp_path: Path) -> None:
    *before, looks = watched(descent())

    def part(first: int, last: int) -> Event:
        columns = {name: column[first:last] for name, column in looks.values.items()}  # type: ignore[attr-defined]
        return replace(looks, at=looks.at[first:last], t=looks.t[first:last], lr=looks.lr[first:last], values=columns)  # type: ignore[attr-defined]

    async with shown(tmp_path, kept(tmp_path, numbers()), *before, part(0, 3)) as at:
        await at.press("7")
        assert "● step 3" in at.text
        dots = sum("⠀" < c <= "⣿" for c in at.text)
        await at.press("1")
        at.monitor.state.looks.clear()
        await at.add(part(3, 40))
        drawn = at.pane.redraws
        await at.draw()
        assert at.pane.redraws == drawn
        await at.press("7")
        assert "● step 40" in at.text
        assert "w[0] 0 → 1.97" in at.text
        assert sum("⠀" < c <= "⣿" for c in at.text) > dots


async def test_where_nothing_has_changed_nothing_is_drawn(tmp_path: Path) -> None:
    async with shown(tmp_path, kept(tmp_path, numbers()), *watched(descent())) as at:
        await at.press("7")
        drawn = at.pane.redraws
        await at.draw()
        await at.draw()
        assert at.pane.redraws == drawn


async def test_each_file_is_read_once_and_a_surface_that_was_widened_takes_its_place(tmp_path: Path) -> None:
    first = kept(tmp_path, numbers())
    async with shown(tmp_path, first, *watched(descent(10))) as at:
        await at.press("7")
        (tmp_path / "artifacts" / first.file).unlink()
        await at.press("D")
        await at.press("D")
        assert "● step 10" in at.text
        grid = numbers(lambda x, y: bowl(x, y) + 100)
        await at.add(kept(tmp_path, grid, at=10, low=(-5.0, LOW[1])))
        assert "121" in at.text
        assert "● step 10" in at.text
        assert at.pane._surface is not None
        assert at.pane._surface.low == (-5.0, -5.0)


@pytest.mark.parametrize("view", ["map", "relief"])
@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 36)])
async def test_it_fills_its_pane_at_every_size_in_every_theme(
    size: tuple[int, int], view: str, tmp_path: Path
) -> None:
    async with shown(tmp_path, kept(tmp_path, numbers()), *watched(descent()), size=size) as at:
        await at.press("7", *(["D"] if view == "relief" else []))
        for name in LOOKS:
            at.app.theme = name
            await at.draw()
            assert cells(at) == [at.pane.size.width] * at.pane.size.height
        at.app.add_class(ASCII_CLASS)
        at.pane._change_colors(None)
        await at.draw()
        assert cells(at) == [at.pane.size.width] * at.pane.size.height
        # What is left is in the table of stand-ins: signs of the map itself are ASCII already.
        assert not any("▀" <= c <= "▟" or "⠀" <= c <= "⣿" for c in at.text)


async def test_the_relief_is_turned_by_arrows_and_letters_and_the_map_is_not(tmp_path: Path) -> None:
    async with shown(tmp_path, kept(tmp_path, numbers()), *watched(descent())) as at:
        await at.press("7")
        flat = at.text
        await at.press("left", "up", "h", "k")
        assert at.text == flat
        await at.press("D")
        first = at.text
        assert at.pane.lines[0].startswith("loss surface · w[0] and w[1]")
        for there, back in (("left", "right"), ("h", "l"), ("up", "down"), ("k", "j")):
            await at.press(there)
            assert at.text != first
            await at.press(back)
            assert at.text == first
        await at.press("left")
        turned = at.text
        await at.press("D")
        assert at.text == flat
        await at.press("D")
        assert at.text == turned


async def test_the_key_to_turn_it_into_a_relief_is_there_only_with_the_surface_in_focus(tmp_path: Path) -> None:
    (row,) = [row for row in KEYS if row.shown == "D"]
    async with shown(tmp_path, kept(tmp_path, numbers()), *watched(descent())) as at:
        assert not row.when(at.monitor.view)
        await at.press("D", "7")
        assert row.when(at.monitor.view)
        assert at.pane.view is None


@pytest.mark.parametrize("wrong", ["missing", "damaged", "cut", "a folder", "elsewhere"])
async def test_what_is_wrong_with_the_file_is_said_in_a_line(wrong: str, tmp_path: Path) -> None:
    surface = kept(tmp_path, numbers())
    path = tmp_path / "artifacts" / surface.file
    if wrong == "elsewhere":
        surface = replace(surface, file="../log.jsonl")
    elif wrong == "damaged":
        path.write_bytes(bytes(len(path.read_bytes())))
    elif wrong == "cut":
        path.write_bytes(path.read_bytes()[:-4])
    else:
        path.unlink()
        if wrong == "a folder":
            path.mkdir()
    says = {"missing": "isn't beside the log", "damaged": "checksum", "cut": "checksum", "a folder": "can't be read"}
    async with shown(tmp_path, surface, *watched(descent())) as at:
        await at.press("7", "D", "left")
        assert says.get(wrong, "is no name of an artifact") in at.text
        await at.press("e")
        assert "nothing here to be kept" in at.monitor.query_one(Footer).text.plain


HOSTILE = [
    {"axes": ("\x1b]0;title\x07", "[@click=app.quit]press[/]"), "text": "[bold\x1b[2J"},
    {"axes": ()},
    {"axes": ("w[0]", "w[0]")},
    {"shape": ()},
    {"shape": (-1, 2500)},
    {"shape": (2, 10**18)},
    {"dtype": "object"},
    {"low": (math.nan, math.inf), "high": (0.0, 1.0)},
    {"low": (5.0, 0.0), "high": (0.0, -5.0)},
    {"low": (-1e308, -1e308), "high": (1e308, 1e308)},
    {"low": (), "high": ()},
]


@pytest.mark.parametrize("changes", HOSTILE)
async def test_whatever_a_log_says_of_a_surface_the_keys_go_on_working(
    changes: dict[str, object], tmp_path: Path
) -> None:
    surface = kept(tmp_path, numbers(), **changes)
    async with shown(tmp_path, surface, *watched(descent()), size=(80, 24)) as at:
        await at.press("7", "D", "left", "D", "e")
        assert all(length == at.pane.size.width for length in cells(at))
        await at.press("1")
        assert at.monitor.pane == 0


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
async def test_a_way_that_diverges_is_said_to_and_a_surface_of_nothing_finite_is_blank(
    size: tuple[int, int], tmp_path: Path
) -> None:
    places = np.vstack([descent(3), [[1e300, -1e300]], [[math.inf, math.nan]]])
    nothing = np.full((50, 50), math.nan, dtype="<f4")
    async with shown(tmp_path, kept(tmp_path, nothing), *watched(places), size=size) as at:
        for key in ("7", "D"):
            await at.press(key)
            assert "→ inf" in at.text
            assert all(length == at.pane.size.width for length in cells(at))
        await at.add(kept(tmp_path, numbers(), at=4))
        assert size == (40, 12) or "● step 5: not finite" in at.text


async def test_what_is_kept_is_a_picture_the_way_and_what_sums_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with shown(tmp_path, kept(tmp_path, numbers()), *watched(descent())) as at:
        await at.press("7", "e")
    svg, way, text = (tmp_path / f"lintui-bowl-step40-{name}" for name in ("surface.svg", "way.csv", "surface.txt"))
    assert ET.fromstring(svg.read_text()).tag.endswith("svg")
    rows = list(csv.DictReader(way.open()))
    assert [(float(row["w[0]"]), float(row["w[1]"])) for row in rows] == [tuple(map(float, p)) for p in descent()]
    assert text.read_text().splitlines() == [
        "loss surface, w[0] and w[1]",
        "squared distance",
        "w[0] 0 → 1.97 (true 2)",
        "w[1] 0 → -3.35 (true -3.4)",
        "loss 15.6 → 0.0034",
        "40 steps",
    ]
