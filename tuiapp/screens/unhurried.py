"""Screens that wait for the terminal: nothing new is drawn before it has taken what was drawn last."""

from typing import Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen

Result = TypeVar("Result")


class Unhurried(Screen[Result], Generic[Result]):
    """What changes while the terminal is behind is drawn in one go when it has caught up."""

    def draw_anew(self) -> None:
        """Send the whole picture: the terminal may show anything."""
        getattr(self.app, "forget_picture", lambda: None)()
        self.refresh(layout=True)

    def _on_timer_update(self) -> None:
        # Left running, the timer asks again at once; what is to be drawn anew adds up meanwhile.
        if not getattr(self.app, "is_behind", False):
            super()._on_timer_update()

    def _compositor_refresh(self) -> None:
        # A change of the size draws without asking the timer, and a window that is dragged has many of them.
        if getattr(self.app, "is_behind", False):
            self.refresh()
        else:
            super()._compositor_refresh()

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Go, with an answer: not before it is there, and once, or a second key would take the next screen along."""
        if self.app.screen is self:
            if self.is_mounted:
                return super().dismiss(result)
            self.call_later(self.dismiss, result)
        return AwaitComplete()


class UnhurriedModal(Unhurried[Result], ModalScreen[Result], Generic[Result]):
    """The same over another screen."""
