"""Specifies the key that keeps a chart's curves: what stands in the files, and which part of the run."""

import csv
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from recorded import Recording, classification, regression, started
from textual.pilot import Pilot

from lintui.events import Event, Steps
from tuiapp.app import LintuiApp
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.watched import Watched
from tuiapp.widgets.footer import Footer

SVG = "{http://www.w3.org/2000/svg}"


async def kept(
    events: list[Event], folder: Path, monkeypatch: pytest.MonkeyPatch, *keys: str
) -> tuple[list[Path], str]:
    """The files that are there after these keys, by name, and the line of keys."""
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    monitor = MonitorScreen(Watched(Recording(events), None))
    app = LintuiApp(lambda _: pytest.fail("nothing is started"), monitor=monitor)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot, monitor)
        for key in keys:
            await pilot.press(key)
            await settled(pilot, monitor)
        return sorted(folder.iterdir()), monitor.query_one(Footer).text.plain


async def settled(pilot: Pilot[None], monitor: MonitorScreen) -> None:
    """Everything drawn."""
    await pilot.pause()
    monitor.redraw()
    await pilot.pause()


def rows(path: Path) -> list[dict[str, str]]:
    """A table as it was kept."""
    return list(csv.DictReader(path.open()))


def words(path: Path) -> list[str]:
    """What is written in a picture."""
    return [element.text or "" for element in ET.parse(path).iter(f"{SVG}text")]


async def test_the_loss_is_kept_as_a_table_with_every_digit_and_as_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (table, picture), said = await kept(regression(), tmp_path / "here", monkeypatch, "e")
    assert table.name == "lintui-linreg-scratch-step187-loss.csv" and table.name in said and picture.name in said
    measured = {at: value for e in regression() if isinstance(e, Steps) and e.split == "batch"
                for at, value in zip(e.at, e.values["loss"], strict=True)}  # fmt: skip
    found = {int(row["step"]): float(row["each batch"]) for row in rows(table) if row["each batch"]}
    assert found == measured
    assert {"loss · l1", "log y", "lr ×2", "all data"} <= {*words(picture)}


async def test_it_is_what_is_in_sight_that_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ("slash", *"all data", "enter", "z", "z", "w", "y", "e")
    (table, picture), _ = await kept(regression(), tmp_path / "here", monkeypatch, *keys)
    found = rows(table)
    assert [*found[0]] == ["step", "all data (raw)", "all data"]
    assert 130 < float(found[0]["step"]) < float(found[-1]["step"]) < 200
    said = words(picture)
    assert "zoom ×4 · smooth 0.6 · symlog y" in said and "each batch" not in said


async def test_the_second_chart_is_kept_by_its_own_axis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (table, picture), _ = await kept(classification(), tmp_path / "here", monkeypatch, "2", "e")
    assert table.name.endswith("-accuracy-and-loss.csv") and picture.name.endswith("-accuracy-and-loss.svg")
    found = rows(table)
    assert [*found[0]] == ["epoch", "train loss", "test", "train"]
    assert [row["epoch"] for row in found] == [str(epoch) for epoch in range(11)]


async def test_where_there_is_no_curve_yet_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, said = await kept([started("quiet", task="", steps=3, epochs=1)], tmp_path / "here", monkeypatch, "e")
    assert files == [] and "nothing here to be kept" in said


async def test_a_pane_that_has_no_numbers_to_be_kept_offers_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, said = await kept(regression(), tmp_path / "here", monkeypatch, "4", "e")
    assert files == [] and "kept" not in said
