"""Draws every picture of the README and of docs/screens.md, from runs that are trained for them: `make pictures`."""

import asyncio
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import runs
from runs import AUTHOR

from lintui.sources import Found
from tuiapp.app import LintuiApp
from tuiapp.logs import looked_up, opened, output_of, played
from tuiapp.picture import svg
from tuiapp.preferences import Preferences
from tuiapp.screens.monitor import MonitorScreen

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
WIDE, NARROW, LARGE = (120, 36), (80, 24), (200, 60)

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, at one or more sizes."""

    name: str
    caption: str
    run: str = ""
    """Of which run, by its name below; empty: of the picker."""
    keys: tuple[str, ...] = ()
    """What is pressed first."""
    sizes: tuple[Size, ...] = (WIDE, NARROW)
    preferences: Preferences = Preferences()  # noqa: RUF009 - frozen


RUNS: dict[str, Callable[[], Path | list[Path]]] = {
    "mixed": runs.mixed,
    "script": runs.script,
    "swept": runs.swept,
    "wide": runs.wide,
    "steered": runs.steered,
    "diverged": runs.diverged,
    "accurate": runs.accurate,
    "deep": runs.deep,
    "downhill": runs.downhill,
    "turning": runs.turning,
    "coarse": runs.coarse,
    "clothes": runs.clothes,
}
GALLERY = (
    Picture("picker", "The picker: what can be watched, what each experiment teaches, and the newest runs."),
    Picture("script", "A script of one's own under `lintui run`: its losses are read from what it prints.", "script"),
    Picture(
        "steered",
        "A run with six interventions, each marked where it took effect.",
        "steered",
        sizes=(WIDE, NARROW, LARGE),
    ),
    Picture(
        "diverged", "A learning rate that is far too large: infinite, then not a number, each in red.", "diverged"
    ),
    Picture("accuracy", "Accuracy by epoch.", "accurate", ("2",)),
    Picture(
        "layers", "Two hundred layers, and how far the last step moved each.", "deep", ("3",), (WIDE, NARROW, LARGE)
    ),
    Picture("happened", "What happened, by whom, and what came of it.", "steered", ("4", "enter")),
    Picture("ledger", "Every step: whether one follows from the other, bit for bit.", "downhill", ("6",)),
    Picture("surface", "The loss surface, and the way over it.", "downhill", ("7",)),
    Picture("relief", "The same surface in relief, which arrows turn.", "downhill", ("7", "D")),
    Picture("data", "The data first: one feature against the label.", "downhill", ("8",)),
    Picture("minibatch", "One minibatch, with its shapes.", "downhill", ("8", "n")),
    Picture("regions", "Which class is predicted where.", "accurate", ("8",)),
    Picture("downwards", "Which way is down: of 72 directions, −gradient.", "turning", ("8",)),
    Picture("rates", "One loss at three learning rates: the plateau is proportional to the rate.", "coarse"),
    Picture("runs", "The three side by side.", "coarse", ("9",)),
    Picture("overlaid", "Four runs over each other, told apart by what differs in their settings.", "swept"),
    Picture("table", "The four as a table: what each came to, and how it was set.", "swept", ("9",)),
    Picture("folder", "A folder with runs of several tools, two of them marked.", "mixed", ("m", "m")),
    Picture("replay", "A run played again, held at step 140.", "steered", ("J", "1", "4", "0", "enter")),
    Picture("spread", "How the weights are spread, over the steps: a heat map.", "wide", ("H",)),
    Picture("bands", "The same as bands: the median, the middle half, nine tenths, all.", "wide", ("H", "p")),
    Picture("counts", "What is taken for what, on pictures that were never seen.", "clothes", ("8",)),
    Picture("weights", "What each class looks for: its weights.", "clothes", ("8", "n")),
    Picture("output", "What was printed while the screen was up.", "deep", ("5",)),
    Picture(
        "looked-at",
        "A part of a run by time, smoothed, with a cursor that reads every curve.",
        "steered",
        ("a", "a", "w", "w", "z", "v", "left", "left", "left", "left"),
    ),
    Picture("help", "Every key that has something to do.", "steered", ("question_mark",)),
    Picture("light", "The light theme.", "steered", preferences=Preferences(theme="light")),
    Picture(
        "colorblind",
        "For every colour vision: curves are told apart by signs as well.",
        "steered",
        preferences=Preferences(theme="colorblind"),
    ),
    Picture("16", "The sixteen colours of the terminal itself.", "steered", preferences=Preferences(theme="16")),
    Picture("mono", "Without any colour, as under NO_COLOR.", "steered", preferences=Preferences(theme="mono")),
    Picture("ascii", "Nothing but ASCII.", "steered", preferences=Preferences(ascii=True)),
)


async def draw(app: LintuiApp, picture: Picture, size: Size) -> None:
    """Save what the app shows after the picture's keys."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.2)
        while isinstance(app.screen, MonitorScreen) and any(run.reading is not None for run in app.screen.watched):
            app.screen.redraw()
            await pilot.pause(0.05)
        for key in picture.keys:
            await pilot.press(key)
            if isinstance(app.screen, MonitorScreen):
                app.screen.redraw()
        if isinstance(app.screen, MonitorScreen):
            app.screen.redraw()
        await pilot.pause(0.2)
        drawn = svg(app)
    file(picture, size).write_text(drawn, encoding="utf-8")


def file(picture: Picture, size: Size) -> Path:
    """Where a picture is kept."""
    return PICTURES / f"{picture.name}-{size[0]}x{size[1]}.svg"


def over(paths: list[Path], preferences: Preferences) -> LintuiApp:
    """The app over a log, over several in one picture, or over the list of a folder."""
    found = looked_up([*map(str, paths)])
    if paths[0].is_dir():
        return LintuiApp(_starts_nothing, runs=found, preferences=preferences)
    # By the directory's name, as the file is called the same in each.
    watched = opened([Found(run.path, run.path.parent.name, "lintui") for run in found])
    monitor = MonitorScreen(*played(watched), output=output_of(watched))
    monitor.author = AUTHOR
    return LintuiApp(_starts_nothing, monitor=monitor, preferences=preferences)


def _starts_nothing(_: object) -> object:
    raise AssertionError("nothing is to be started")


def _listed(logs: Path | list[Path]) -> list[Path]:
    return [logs] if isinstance(logs, Path) else logs


def page() -> str:
    """The page that shows them all."""
    parts = ["# The screens\n\nEach picture is drawn by `make pictures`, from runs that are trained for it.\n"]
    for picture in GALLERY:
        parts.append(f"## {picture.caption}\n")
        parts += [f"![{picture.caption}]({file(picture, size).relative_to(HERE)})\n" for size in picture.sizes]
    return "\n".join(parts)


async def main() -> None:
    """Train, draw, save."""
    with tempfile.TemporaryDirectory() as folder:
        # Whoever draws may have another terminal, and wishes of their own.
        os.environ.update(LINTUI_DIR=f"{folder}/runs", TERM="xterm-256color", COLORTERM="truecolor")
        os.environ.pop("NO_COLOR", None)
        logs = {name: _listed(record()) for name, record in RUNS.items()}
        # Only now: what can't be trained here, for want of data, must not cost the pictures that there are.
        PICTURES.mkdir(exist_ok=True)
        for old in PICTURES.glob("*.svg"):
            old.unlink()
        for picture in GALLERY:
            for size in picture.sizes:
                app = (
                    over(logs[picture.run], picture.preferences)
                    if picture.run
                    else LintuiApp(_starts_nothing, preferences=picture.preferences)
                )
                await draw(app, picture, size)
    (HERE / "screens.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
