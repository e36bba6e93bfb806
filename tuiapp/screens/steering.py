"""From keys to commands, asking first where a number or a choice is needed; what becomes of them the run says."""

from collections.abc import Callable, Sequence
from typing import Literal

from lintui.commands import Checkpoint, Scale, Set, Step, Stop, new_id
from lintui.events import Applied
from tuiapp.conditions import View
from tuiapp.figures import three, typed
from tuiapp.keymap import KEYS
from tuiapp.screens.ask import Choose, EnterNumber
from tuiapp.screens.option import ChooseOption
from tuiapp.screens.telling import Telling
from tuiapp.watched import Watched


class Steering(Telling):
    """The keys that steer.

    What changes how a run learns goes to the one in focus; what stops, pauses or hurries it, to all of them.
    """

    def __init__(
        self,
        watched: Sequence[Watched],
        detach: Callable[[], None] | None,
        leave: Callable[[], None] | None,
    ) -> None:
        """Watch these, at least one; `detach` leaves the screen alone, `leave` ends what is ours first."""
        super().__init__(watched)
        self.detach = detach
        self.leave = leave
        self.leaving = False
        self.back: Callable[[], None] | None = None
        """Goes back to the list from which the runs were opened; None: they were not."""

    @property
    def view(self) -> View:
        """What decides which keys have something to do."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that has nothing to do does nothing."""
        called = f"{action}({', '.join(map(repr, parameters))})"
        for row in KEYS:
            if row.action in (action, called):
                return row.when(self.view)
        return True

    def action_pause(self) -> None:
        """Pause, or go on; what is still on its way counts."""
        asked = [c.value for c, _, to in self.pending.values() if isinstance(c, Set) and c.knob == "paused"]
        paused = bool(asked[-1]) if asked else self.state.paused
        by = self.author
        self._give_all(lambda id: Set(id=id, by=by, knob="paused", value=not paused), "go on" if paused else "pause")

    def action_step(self) -> None:
        """One step, then pause again."""
        self._give_all(lambda id: Step(id=id, by=self.author), "step")

    def action_scale_rate(self, factor: float) -> None:
        """Double or halve the learning rate."""
        self._give(Scale(id=new_id(), by=self.author, knob="lr", factor=factor), f"lr {_times(factor)}")

    def action_scale_speed(self, factor: float) -> None:
        """Double or halve the limit on the speed."""
        by = self.author
        self._give_all(lambda id: Scale(id=id, by=by, knob="speed", factor=factor), f"speed {_times(factor)}")

    def action_checkpoint(self) -> None:
        """Keep the training as it stands."""
        self._give(Checkpoint(id=new_id(), by=self.author), "checkpoint")

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
        """Ask which number to change, of the optimizer or of the loop, and then for its value."""
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

        await self.app.push_screen(Choose("setting from now on", options), chosen)

    async def action_choose_loss(self) -> None:
        """Ask which loss to use from now on."""

        def answer(loss: str | None) -> None:
            if loss is not None and loss != self.state.loss_name():
                self._set("loss", loss, f"loss {loss}")

        await self.app.push_screen(ChooseOption(self.state.knobs["loss"]), answer)

    def action_undo(self) -> None:
        """Set the newest intervention back."""
        self._set_back(self.state.undoable, "undoes", "back")

    def action_redo(self) -> None:
        """Set the newest setting-back forward again."""
        self._set_back(self.state.redoable, "redoes", "forward")

    def _set_back(self, done: list[Applied], by: Literal["undoes", "redoes"], shown: str) -> None:
        """Give the newest of these its old value, unless that is on its way already: then the one before."""
        on_their_way = {getattr(command, by) for command, *_ in self.pending.values() if isinstance(command, Set)}
        for event in reversed(done):
            if event.id not in on_their_way:
                command = Set(id=new_id(), by=self.author, knob=event.knob, value=event.old, **{by: event.id})
                self._give(command, f"{event.knob} {shown}")
                return

    async def action_stop(self) -> None:
        """Ask, then stop cleanly and stay."""

        def answer(chosen: str | None) -> None:
            if chosen == "stop":
                self._give_all(lambda id: Stop(id=id, by=self.author), "stop")

        options = {"stop": ("y", "stop and keep the result"), "cancel": ("n", "go on training")}
        await self.app.push_screen(Choose(f"stop at step {self.state.at}?", options, "stop"), answer)

    def stop_and_leave(self, reason: str) -> None:
        """Ask the run to stop, and leave when it has ended."""
        self.leaving = True
        self._give_all(lambda id: Stop(id=id, by=self.author, reason=reason), "stop")

    async def action_leave(self) -> None:
        """Leave; while a training of ours goes on, ask first."""
        if not any(watched.goes_on for watched in self.watched) or self.leaving or self.leave is None:
            (self.back or self.app.exit)()
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
