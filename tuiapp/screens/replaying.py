"""The keys that play a recorded run again; where there is none, they steer the run that goes on."""

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from lintui.sources import Unreadable
from tuiapp.look import DIM, TEXT, strong
from tuiapp.replay import Replay
from tuiapp.screens.ask import ONE_CELL, Question
from tuiapp.screens.steering import Steering

_LONGEST = 20
"""Characters of a step that is typed: more than any has."""


class Replaying(Steering):
    """A screen on which a record can be played, held, and moved through step by step."""

    @property
    def replay(self) -> Replay | None:
        """What can be played again, if it is the only run that is seen."""
        return self.one if isinstance(self.one, Replay) and len(self.watched) == 1 else None

    def redraw(self) -> None:
        """Draw everything as it stands."""
        raise NotImplementedError

    def action_pause(self) -> None:
        """Play, or hold."""
        if self.replay is not None:
            self._move(self.replay.toggle)
        else:
            super().action_pause()

    def action_step(self) -> None:
        """One step on."""
        if self.replay is not None:
            self._move(self.replay.step)
        else:
            super().action_step()

    def action_step_back(self) -> None:
        """One step back."""
        if self.replay is not None:
            self._move(self.replay.step_back)

    def action_scale_speed(self, factor: float) -> None:
        """Play faster or slower."""
        if self.replay is not None:
            self.replay.scale(factor)
            self.redraw()
        else:
            super().action_scale_speed(factor)

    def action_to_beginning(self) -> None:
        """To the moment before the first step."""
        if self.replay is not None:
            self._move(self.replay.begin)

    def action_to_end(self) -> None:
        """To the newest that is known."""
        if self.replay is not None:
            self._move(self.replay.end)

    async def action_seek(self) -> None:
        """Ask for a step, and go there."""
        if (replay := self.replay) is None:
            return

        def answer(step: int | None) -> None:
            if step is not None:
                self._move(lambda: replay.seek(step))

        await self.app.push_screen(EnterStep(replay.state.at, replay.run.state.at), answer)

    def _move(self, to: Callable[[], None]) -> None:
        """Go somewhere in the record, and draw what was known there."""
        try:
            to()
        except OSError as error:
            self.notice(f"the log can't be read again: {error.strerror or error}")
        except Unreadable as error:
            self.notice(str(error))
        self.redraw()


class EnterStep(Question[int]):
    """A step to go to; what can't be one is said at once."""

    def __init__(self, present: int, last: int) -> None:
        """Ask for a step from 0 to `last`, showing the one that is seen."""
        super().__init__()
        self.present = present
        self.last = last

    def compose(self) -> ComposeResult:
        """The question, the field, and room for what is wrong."""
        with Vertical(id="box"):
            title = f"go to step, from 0 to {self.last} (now {self.present})"
            yield Static(Text.assemble((title, strong(TEXT))), markup=False)
            yield Input(placeholder="for example 0", id="number", max_length=_LONGEST, restrict=ONE_CELL)
            yield Static(Text.assemble(("enter goes there, esc stays here", DIM)), id="wrong", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with the step, or say why it is none."""
        text = event.value.strip()
        if text.isascii() and text.isdecimal() and int(text) <= self.last:
            self.dismiss(int(text))
        else:
            wrong = f"{text!r} is no step of this run; type a whole number from 0 to {self.last}"
            self.query_one("#wrong", Static).update(Text(wrong, "bold"))
