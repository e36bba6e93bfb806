"""From keys to commands: each is given once, shown as pending, and carried out by the run and nobody else."""

from collections.abc import Callable
from typing import Literal

from lintui.commands import Command, Scale, Set, Step, Stop, author, new_id
from lintui.events import Applied
from lintui.state import RunState
from tuiapp.figures import three, typed
from tuiapp.keymap import KEYS, View
from tuiapp.screens.ask import Choose, EnterNumber
from tuiapp.screens.keeping import Keeping

CHASE = 0.015
"""Seconds between two looks while an answer is awaited."""


class Steering(Keeping):
    """A screen from which a run can be told something, if `send` is given."""

    def __init__(
        self,
        send: Callable[[Command], None] | None,
        detach: Callable[[], None] | None,
        leave: Callable[[], None] | None,
    ) -> None:
        """`detach` leaves the screen alone, `leave` ends the training first, where it is ours."""
        super().__init__()
        self.send = send
        self.detach = detach
        self.leave = leave
        self.state = RunState()
        self.author = author()
        self.pending: dict[str, tuple[Command, str]] = {}
        """Commands that were given and are not answered yet, with how they are shown."""
        self.leaving = False

    @property
    def view(self) -> View:
        """What decides which keys have something to do."""
        raise NotImplementedError

    def look_for_answers(self) -> None:
        """Take what has come from the run."""
        raise NotImplementedError

    def draw_pending(self) -> None:
        """Show what was asked for and is not answered yet."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that has nothing to do does nothing."""
        called = f"{action}({', '.join(map(repr, parameters))})"
        for row in KEYS:
            if row.action in (action, called):
                return row.when(self.view)
        return True

    def _give(self, command: Command, shown: str) -> None:
        if self.send is not None:
            try:
                self.send(command)
            except OSError as error:
                reason = error.strerror or str(error)
                self.notice(f"the run can't be told anything: {reason}")
                return
            self.pending[command.id] = (command, shown)
            # Shown as pending at once, whatever the rhythm of drawing is.
            self.draw_pending()
            self.set_timer(CHASE, self._chase)

    def _chase(self) -> None:
        """Look for the answer more often than for other news: somebody is waiting for it."""
        self.look_for_answers()
        if self.pending:
            self.set_timer(CHASE, self._chase)

    def _set(self, knob: str, value: str | float | bool, shown: str) -> None:
        self._give(Set(id=new_id(), by=self.author, knob=knob, value=value), shown)

    def action_pause(self) -> None:
        """Pause, or go on; what is still on its way counts."""
        asked = [c.value for c, _ in self.pending.values() if isinstance(c, Set) and c.knob == "paused"]
        paused = bool(asked[-1]) if asked else self.state.paused
        self._set("paused", not paused, "go on" if paused else "pause")

    def action_step(self) -> None:
        """One step, then pause again."""
        self._give(Step(id=new_id(), by=self.author), "step")

    def action_scale_rate(self, factor: float) -> None:
        """Double or halve the learning rate."""
        self._give(Scale(id=new_id(), by=self.author, knob="lr", factor=factor), f"lr {_times(factor)}")

    def action_scale_speed(self, factor: float) -> None:
        """Double or halve the limit on the speed."""
        self._give(Scale(id=new_id(), by=self.author, knob="speed", factor=factor), f"speed {_times(factor)}")

    async def action_set_rate(self) -> None:
        """Ask for an exact learning rate."""

        def answer(rate: float | None) -> None:
            if rate is not None:
                self._set("lr", rate, f"lr {three(rate)}")

        knobs = self.state.knobs
        await self.app.push_screen(
            EnterNumber(knobs.get("lr") or knobs["lr.factor"], self.state.learning_rate()), answer
        )

    async def action_set_optimizer(self) -> None:
        """Ask which setting of the optimizer to change, and then for its value."""
        values = self.state.settings()
        options = {
            name: (str(i), f"{self.state.knobs[name].label} {typed(value)}")
            for i, (name, value) in enumerate(values.items(), 1)
        }

        def chosen(name: str | None) -> None:
            if name is None:
                return
            knob = self.state.knobs[name]

            def answer(value: float | None) -> None:
                if value is not None:
                    self._set(name, value, f"{knob.label} {typed(value)}")

            self.app.push_screen(EnterNumber(knob, values[name]), answer)

        await self.app.push_screen(Choose("optimizer setting from now on", options), chosen)

    async def action_choose_loss(self) -> None:
        """Ask which loss to use from now on."""
        choices = self.state.knobs["loss"].choices
        options = {name: (str(i), name) for i, name in enumerate(choices, 1)}

        def answer(loss: str | None) -> None:
            if loss is not None and loss != self.state.loss_name():
                self._set("loss", loss, f"loss {loss}")

        await self.app.push_screen(Choose("loss from now on", options, self.state.loss_name()), answer)

    def action_undo(self) -> None:
        """Set the newest intervention back."""
        self._set_back(self.state.undoable, "undoes", "back")

    def action_redo(self) -> None:
        """Set the newest setting-back forward again."""
        self._set_back(self.state.redoable, "redoes", "forward")

    def _set_back(self, done: list[Applied], by: Literal["undoes", "redoes"], shown: str) -> None:
        """Give the newest of these its old value, unless that is on its way already: then the one before."""
        on_their_way = {getattr(command, by) for command, _ in self.pending.values() if isinstance(command, Set)}
        for event in reversed(done):
            if event.id not in on_their_way:
                command = Set(id=new_id(), by=self.author, knob=event.knob, value=event.old, **{by: event.id})
                self._give(command, f"{event.knob} {shown}")
                return

    async def action_stop(self) -> None:
        """Ask, then stop cleanly and stay."""

        def answer(chosen: str | None) -> None:
            if chosen == "stop":
                self._give(Stop(id=new_id(), by=self.author), "stop")

        options = {"stop": ("y", "stop and keep the result"), "cancel": ("n", "go on training")}
        await self.app.push_screen(Choose(f"stop at step {self.state.at}?", options, "stop"), answer)

    def stop_and_leave(self, reason: str) -> None:
        """Ask the run to stop, and leave when it has ended."""
        self.leaving = True
        self._give(Stop(id=new_id(), by=self.author, reason=reason), "stop")

    async def action_leave(self) -> None:
        """Leave; while a training of ours goes on, ask first."""
        if not self.view.live or self.leaving or self.leave is None:
            self.app.exit()
            return
        leave, detach = self.leave, self.detach

        def answer(chosen: str | None) -> None:
            if chosen == "stop":
                leave()
            elif chosen == "detach" and detach is not None:
                detach()

        options = {"stop": ("s", "stop the training and leave"), "cancel": ("c", "cancel: stay and go on")}
        if detach is not None:
            options = {"detach": ("d", "detach: leave the screen, go on training"), **options}
        await self.app.push_screen(Choose("the training is going on", options, "stop"), answer)

    def action_detach(self) -> None:
        """Leave the screen, and let the training go on."""
        if self.detach is not None:
            self.detach()
        else:
            self.app.exit()


def _times(factor: float) -> str:
    return f"×{factor:g}" if factor >= 1 else f"÷{1 / factor:g}"
