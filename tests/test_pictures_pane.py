"""Specifies the pane of pictures: which one is seen, how it follows a run, and what its keys do."""

import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from recorded import Recording, classification, regression
from shelf import keep, profile
from textual.pilot import Pilot

from lintui.events import Array, Event
from tuiapp.app import LintuiApp
from tuiapp.preferences import Preferences
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.watched import Watched
from tuiapp.widgets.line import Line
from tuiapp.widgets.pictures import PicturesPane


class Seen:
    """The pane, and the run that it follows."""

    def __init__(self, app: LintuiApp, recording: Recording, pilot: Pilot[None]) -> None:
        """Look at the pane of `app`."""
        self.app, self.recording, self.pilot = app, recording, pilot
        assert app.monitor is not None
        self.monitor = app.monitor
        self.pane = app.monitor.query_one(PicturesPane)

    @property
    def text(self) -> str:
        """What the pane shows, with what stands around it."""
        return "\n".join([str(self.pane._border_title), *self.pane.lines[1:], str(self.pane._border_subtitle)])

    async def press(self, *keys: str) -> None:
        """Press keys, and wait for what comes of it."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def say(self, *events: Event) -> None:
        """Let the run say more, and draw it."""
        self.recording.add(*events)
        self.monitor._tick()
        self.monitor.redraw()


@asynccontextmanager
async def seen(
    events: list[Event], folder: Path | None, *, size: tuple[int, int] = (120, 36), **how: object
) -> AsyncIterator[Seen]:
    """The pane in front, over these events of a run that lives in `folder`."""
    recording = Recording(events)
    monitor = MonitorScreen(Watched(recording, None, folder))
    app = LintuiApp(
        lambda _: pytest.fail("nothing is started"),
        monitor=monitor,
        preferences=Preferences(**how),  # type: ignore[arg-type]
    )
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        monitor._tick()
        await pilot.press("8")
        await pilot.pause()
        yield Seen(app, recording, pilot)


def table(folder: Path, at: int = 0, rows: int = 50) -> Array:
    """Samples with two features and a label."""
    rng = np.random.default_rng(at)
    numbers = rng.normal(size=(rows, 3)).astype("float32")
    return keep(folder, "data", numbers, at, shows="table", axes=("area", "age", "price"), text=f"{rows} samples")


def regions(folder: Path, at: int = 0) -> Array:
    """A picture of two classes."""
    numbers = (np.mgrid[0:48, 0:96][1] > 48 + at).astype("uint8")
    return keep(folder, "decision regions", numbers, at, shows="regions", low=(4.0, -4.0), high=(-4.0, 4.0))


def matrix(folder: Path, at: int = 0) -> Array:
    """Counts of three classes, whose right ones are as many as the step."""
    counts = np.ones((3, 3), "int32") + at * np.eye(3, dtype="int32")
    return keep(folder, "confusion matrix", counts, at, shows="counts", labels=("cat", "dog", "bird"))


def circle(at: int, smallest: float) -> Event:
    """A profile whose smallest number is at that angle."""
    y = -np.cos(np.radians(np.arange(0, 360, 5) - smallest))
    return profile(tuple(y.tolist()), at, marks={"−gradient": smallest})


def everything(folder: Path) -> list[Event]:
    """A run with a picture of every kind."""
    images = np.random.default_rng(0).normal(size=(10, 28, 28)).astype("float32")
    pictures = keep(folder, "class weights", images, shows="images", labels=tuple("abcdefghij"))
    plain = keep(folder, "something", np.arange(24, dtype="float64").reshape(2, 3, 4))
    return [*classification()[:-1], table(folder), regions(folder), matrix(folder), pictures, plain, circle(3, 90.0)]


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
async def test_the_words_over_a_picture_go_on_in_another_row_where_they_do_not_fit(
    size: tuple[int, int], tmp_path: Path
) -> None:
    words = "test images by their label (rows) and by what they were taken for (columns), of all that there are"
    labels = ("T-shirt/top", "Pullover", "Ankle boot")
    counts = keep(tmp_path, "confusion matrix", np.ones((3, 3), "int32"), shows="counts", labels=labels, text=words)
    async with seen([*regression(), counts], tmp_path, size=size) as shown:
        text = " ".join(shown.text.split())
        assert f"(1×) {words} " in text, "behind what the picture says"
        assert "total 3 3 3 9 33 %" in text
        assert len(shown.pane.lines[1:]) == shown.pane.size.height


async def test_without_a_picture_there_is_no_pane_of_them() -> None:
    async with seen(regression(), None) as shown:
        assert shown.monitor.pane == 0
        assert "pictures" not in shown.monitor.query_one("#keys", Line).text.plain


async def test_the_names_of_all_are_shown_and_n_goes_from_one_to_the_next_and_around(tmp_path: Path) -> None:
    async with seen(everything(tmp_path), tmp_path) as shown:
        order = ["data", "decision regions", "confusion matrix", "class weights", "something", "which way is down"]
        assert all(name in shown.pane.lines[1] for name in order)
        assert f"› {order[-1]}" in shown.pane.lines[1], "what was recorded last is seen first"
        for name in order:
            await shown.press("n")
            assert f"› {name}" in shown.pane.lines[1]
        await shown.press("n", "N")
        assert f"› {order[-1]}" in shown.pane.lines[1]


async def test_where_all_are_of_the_same_step_the_first_is_seen_first(tmp_path: Path) -> None:
    two = [keep(tmp_path, name, np.ones((2, 2), "float32")) for name in ("one", "other")]
    async with seen([*classification()[:1], *two], tmp_path) as shown:
        assert "› one" in shown.pane.lines[1]


@pytest.mark.parametrize(("theme", "ascii"), [("dark", False), ("light", True), ("mono", False), ("16", False)])
async def test_every_picture_fills_a_small_terminal_in_any_look(tmp_path: Path, theme: str, ascii: bool) -> None:
    async with seen(everything(tmp_path), tmp_path, size=(40, 12), theme=theme, ascii=ascii) as shown:
        for _ in range(6):
            await shown.press("n", "right", "down")
            assert len(shown.pane.lines[1:]) == shown.pane.size.height
            strips = shown.app.screen._compositor.render_strips()
            assert all(strip.cell_length == 40 for strip in strips)
            assert not ascii or all(strip.text.isascii() for strip in strips)


async def test_the_newest_version_is_followed_and_its_step_said(tmp_path: Path) -> None:
    async with seen([*classification()[:-1], matrix(tmp_path, 1)], tmp_path) as shown:
        assert "step 1" in shown.text and "6 of 12 right" in shown.text
        shown.say(matrix(tmp_path, 5))
        assert "step 5" in shown.text and "18 of 24 right" in shown.text


async def test_what_is_new_elsewhere_draws_nothing_anew(tmp_path: Path) -> None:
    async with seen([*classification()[:-1], table(tmp_path), matrix(tmp_path)], tmp_path) as shown:
        before = shown.pane.redraws
        shown.say(matrix(tmp_path, 7))
        shown.say()
        assert shown.pane.redraws == before
        shown.say(table(tmp_path, 9))
        assert shown.pane.redraws == before + 1


async def test_a_file_is_read_once_however_often_its_picture_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tuiapp import arrays

    read: list[str] = []
    real = arrays.load
    monkeypatch.setattr(arrays, "load", lambda folder, array: (read.append(array.file), real(folder, array))[1])
    async with seen([*classification()[:-1], table(tmp_path)], tmp_path) as shown:
        await shown.press("right", "left", "p", "p")
        assert read == ["data-0.bin"]


async def test_a_file_that_is_not_there_is_said_and_shown_as_soon_as_it_comes(tmp_path: Path) -> None:
    array = matrix(tmp_path)
    path = tmp_path / "artifacts" / array.file
    data = path.read_bytes()
    path.unlink()
    async with seen([*classification()[:-1], array], tmp_path) as shown:
        assert "its file is not beside the log" in shown.text
        path.write_bytes(data)
        shown.say()
        assert "3 of 9 right" in shown.text


async def test_a_damaged_file_is_said_in_the_place_of_its_picture(tmp_path: Path) -> None:
    array = matrix(tmp_path)
    (tmp_path / "artifacts" / array.file).write_bytes(b"something else")
    async with seen([*classification()[:-1], array, table(tmp_path)], tmp_path) as shown:
        assert "damaged" in shown.text
        await shown.press("e", "n")
        assert "price over area" in shown.text


async def test_left_and_right_choose_the_feature(tmp_path: Path) -> None:
    async with seen([*regression(), table(tmp_path)], tmp_path) as shown:
        assert "price over area" in shown.text and "feature 1 of 2" in shown.text
        await shown.press("right", "right")
        assert "price over age" in shown.text and "feature 2 of 2" in shown.text
        await shown.press("h")
        assert "price over area" in shown.text


async def test_p_shows_the_numbers_and_the_picture_again(tmp_path: Path) -> None:
    async with seen([*regression(), table(tmp_path)], tmp_path) as shown:
        await shown.press("p")
        assert "50×3 float32" in shown.text and "p picture" in shown.text
        await shown.press("G")
        assert shown.pane.lines[-1].startswith("49")
        await shown.press("g", "down")
        assert shown.pane.lines[4].startswith("1 ")
        await shown.press("p")
        assert "price over area" in shown.text


async def test_profiles_are_followed_until_somebody_goes_back_through_them(tmp_path: Path) -> None:
    async with seen([*regression(), *(circle(at, 10.0 * at) for at in range(5))], tmp_path) as shown:
        assert "step 4" in shown.text and "smallest at 40°" in shown.text
        shown.say(circle(5, 50.0))
        assert "smallest at 50°" in shown.text and "step 6 of 6" in shown.text
        await shown.press("left", "left")
        assert "smallest at 30°" in shown.text
        shown.say(circle(6, 60.0))
        assert "smallest at 30°" in shown.text and "step 4 of 7" in shown.text
        await shown.press("g")
        assert "· step 0" in shown.text and "smallest at 0°" in shown.text
        await shown.press("G")
        shown.say(circle(7, 70.0))
        assert "smallest at 70°" in shown.text


async def test_the_numbers_of_what_is_seen_are_kept_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with seen([*regression(), matrix(tmp_path / "run", 4), circle(2, 90.0)], tmp_path / "run") as shown:
        await shown.press("e")
        await shown.press("n", "e")
        await shown.press("Y")
    (counts,) = tmp_path.glob("*-confusion-matrix.csv")
    kept = list(csv.reader(counts.open()))
    assert kept[1:] == [["cat", "5", "1", "1"], ["dog", "1", "5", "1"], ["bird", "1", "1", "5"]]
    (angles,) = tmp_path.glob("*-which-way-is-down.csv")
    assert len(angles.read_text().splitlines()) == 73
    (text,) = tmp_path.glob("*.txt")
    assert "smallest at 90°" in text.read_text()


async def test_names_and_words_that_look_like_markup_are_only_text(tmp_path: Path) -> None:
    name = "[@click=app.quit]x[/]"
    array = keep(
        tmp_path, name, np.ones((2, 2)), text="[/b]", axes=("[red]", "[/]"), labels=("[/]",) * 2, shows="counts"
    )
    async with seen([*regression(), array, profile((1.0, 2.0), name="[/i]", x_name="[u]")], tmp_path) as shown:
        assert name in shown.text and "[/b]" in shown.text
        await shown.press("n")
        assert "› [/i]" in shown.text


async def test_many_long_names_leave_the_one_that_is_seen_in_view(tmp_path: Path) -> None:
    arrays: list[Event] = [keep(tmp_path, f"picture number {i} " + 50 * "x", np.ones((2, 2))) for i in range(12)]
    async with seen([*regression(), *arrays], tmp_path, size=(40, 12)) as shown:
        for i in (*range(1, 12), 0):
            await shown.press("n")
            assert f"› picture number {i} x" in shown.pane.lines[1]


async def test_the_pane_stays_where_it_was_when_it_is_left_and_escape_leaves_it(tmp_path: Path) -> None:
    async with seen(everything(tmp_path), tmp_path) as shown:
        await shown.press("n", "n", "n", "escape")
        assert shown.monitor.pane == 0
        await shown.press("8")
        assert "› confusion matrix" in shown.text


@pytest.mark.parametrize("key", ["n", "N", "left", "right", "up", "down", "g", "G", "p", "e", "Y"])
async def test_a_key_that_comes_before_the_first_picture_was_drawn_does_no_harm(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monitor = MonitorScreen(Watched(Recording(everything(tmp_path)), None, tmp_path))
    app = LintuiApp(lambda _: pytest.fail("nothing is started"), monitor=monitor)
    async with app.run_test(size=(39, 11)) as pilot:  # too small for any pane
        await pilot.press("8", key)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert app._exception is None
        assert monitor.query_one(PicturesPane).name_seen in (
            "data",
            "decision regions",
            "downhill",
            "which way is down",
        )
