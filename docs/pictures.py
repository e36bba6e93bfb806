"""Draws every picture that the README shows, from runs that are trained for it: `make pictures`."""

import asyncio
import dataclasses
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from lintui import rundir
from lintui.commands import Command, Scale, Set
from lintui.run import Run
from trainer.catalog import find
from trainer.loop import build, train
from tuiapp.app import LintuiApp
from tuiapp.feed import LogFeed
from tuiapp.picture import svg
from tuiapp.screens.monitor import MonitorScreen

PICTURES = Path(__file__).parent / "pictures"
SIZES = ((120, 36), (80, 24))
AUTHOR = "you"

Script = Mapping[int, Command]


class ScriptedRun(Run):
    """A run whose commands come after known steps, as if somebody had pressed a key just then."""

    script: Script = MappingProxyType({})

    def safe_point(self) -> None:
        """Pass the safe point with the commands that are due."""
        if self.at in self.script:
            self.post(self.script[self.at])
        super().safe_point()


def trained(name: str, script: Script) -> Path:
    """The log of one training of a built-in experiment."""
    entry = find(name)
    settings = entry.defaults
    experiment = build(entry, settings)
    run = ScriptedRun(
        name,
        rundir.create(name),
        task=entry.task,
        config=dataclasses.asdict(settings),
        steps=entry.steps(settings),
        epochs=settings.epochs,
        speed=400.0,
    )
    run.script = script
    train(experiment, run, settings)
    run.finish(summary=experiment.summary())
    return run.directory.log


async def draw(app: LintuiApp, keys: tuple[str, ...], size: tuple[int, int], name: str) -> None:
    """Save what the app shows after some keys."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.2)
        await pilot.press(*keys)
        if isinstance(app.screen, MonitorScreen):
            app.screen.redraw()
        await pilot.pause(0.2)
        picture = svg(app)
    (PICTURES / f"{name}-{size[0]}x{size[1]}.svg").write_text(picture, encoding="utf-8")


def over(log: Path) -> LintuiApp:
    """The app over a log."""
    monitor = MonitorScreen(LogFeed(log), None)
    monitor.author = AUTHOR
    return LintuiApp(_starts_nothing, monitor=monitor)


def _starts_nothing(_: object) -> object:
    raise AssertionError("nothing is to be started")


async def main() -> None:
    """Train, draw, save."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LINTUI_DIR"] = folder
        faster = Scale(id="1", by=AUTHOR, knob="lr", factor=2.0)
        other_loss = Set(id="2", by=AUTHOR, knob="loss", value="l1")
        slower = Set(id="3", by=AUTHOR, knob="lr", value=0.003)
        regression = trained("linreg-scratch", {80: faster, 140: other_loss, 210: slower})
        softmax = trained("softmax-blobs", {})
        for size in SIZES:
            await draw(LintuiApp(_starts_nothing), (), size, "picker")
            await draw(over(regression), (), size, "steered")
            await draw(over(softmax), ("2",), size, "accuracy")
            await draw(over(regression), ("question_mark",), size, "help")
        await draw(over(softmax), ("3",), (80, 24), "layers")
        await draw(over(regression), ("4",), (80, 24), "happened")


if __name__ == "__main__":
    asyncio.run(main())
