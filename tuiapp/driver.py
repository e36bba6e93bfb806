"""Textual's driver on a terminal of ours: never waits for it, survives what it sends and that it goes.

Where Textual's own would raise on a byte that is no UTF-8, stop the process on ctrl+z, or wait for a
terminal that nobody reads, this one goes on.
"""

import contextlib
import os
import select
import signal
import termios
import time
import tty
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from tuiapp.guard import RESET
from tuiapp.outlet import Outlet
from tuiapp.painter import Painter, Piece
from tuiapp.terminal import insist
from tuiapp.typed import Typed

if TYPE_CHECKING:
    from tuiapp.terminal_app import TerminalApp

_NAMES = {"standard": "STANDARD", "256": "EIGHT_BIT", "truecolor": "TRUECOLOR"}
"""Rich's words for what a terminal can do, and its names for the same."""
_FAREWELL = 1.0
"""Seconds that the last bytes may take, on a terminal that reads slowly or not at all."""
_LONGEST_BREAK = 3.0
"""Seconds without a byte after which a paste that has begun is taken to be over."""
_MOST_WAITING = 200
"""Keys and movements that may wait for the app; whatever is typed faster waits in the terminal."""
_LARGEST = 1_000
"""Columns and rows at most: more than any screen has, and as many as there is time to draw."""


class TerminalDriver(LinuxDriver):
    """Reads keys from, and draws on, the terminal that the app was given."""

    def __init__(self, app: "TerminalApp", **options: Any) -> None:
        """Draw on `app.terminal`, within the bytes a second that `app.preferences` allow."""
        before = signal.getsignal(signal.SIGTSTP)
        super().__init__(app, **options)
        # Textual would stop the process, and the training with it.
        signal.signal(signal.SIGTSTP, before)
        signal.signal(signal.SIGCONT, lambda *_: self._loop.call_soon_threadsafe(self._come_back))
        assert app.terminal is not None
        self.lintui = app
        self.fileno = app.terminal.input
        self.input_tty = os.isatty(self.fileno)
        self.painter = Painter(ColorSystem.__members__.get(_NAMES.get(app.console.color_system or "", "")))
        self.outlet = Outlet(app.terminal.output, app.preferences.bandwidth)

    @property
    def can_suspend(self) -> bool:
        """Never: whoever stops the screen would stop the training."""
        return False

    def write(self, data: str) -> None:
        """Send it when the terminal reads; never waits."""
        self.outlet.write(data)

    def changes(self, update: LayoutUpdate | ChopsUpdate, size: tuple[int, int]) -> str:
        """What to send for the terminal to show the update; empty: it does already."""
        return self.painter.paint(_pieces(update), size)

    @property
    def size(self) -> Size:
        """Columns and rows of the terminal as they are now."""
        return Size(*self._get_terminal_size())

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self.lintui.lifeline_on_screen(True)
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        """Give the terminal back; if it does not take that, the process that waits for us tries once more."""
        if self._mouse_pixels:  # which Textual forgets
            self.write("\x1b[?1016l")
        super().stop_application_mode()
        # There is no screen any more to come back to, but perhaps a training.
        signal.signal(signal.SIGCONT, signal.SIG_DFL)
        assert self.lintui.terminal is not None
        with contextlib.suppress(OSError):
            if not self.outlet.close(_FAREWELL):
                insist(self.lintui.terminal.output, RESET)
            self.lintui.lifeline_on_screen(False)

    def _query_in_band_window_resize(self) -> None:
        pass  # the kernel says how large the terminal is, and what is typed must not

    def _come_back(self) -> None:
        """Take the terminal again after the whole process was stopped and a shell has used it meanwhile."""
        with contextlib.suppress(termios.error):
            modes = termios.tcgetattr(self.fileno)
            modes[tty.LFLAG] = self._patch_lflag(modes[tty.LFLAG])
            modes[tty.IFLAG] = self._patch_iflag(modes[tty.IFLAG])
            termios.tcsetattr(self.fileno, termios.TCSANOW, modes)
        self.write("\x1b[?1049h\x1b[?25l")
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        self.painter.forget()
        self.lintui.refresh(layout=True)

    def run_input_thread(self) -> None:
        """Hand on what is typed until the screen closes or the terminal goes."""
        typed = Typed()
        silent_since: float | None = None
        while not self.exit_event.is_set():
            if select.select([self.fileno], [], [], 0.1)[0]:
                try:
                    data = os.read(self.fileno, 4096)
                except OSError:
                    data = b""
                if not data:
                    self.lintui.hung_up = True
                    return
                silent_since = time.monotonic()
                self._hand_on(typed.take(data))
            self._hand_on(typed.wait())
            if silent_since is not None and time.monotonic() - silent_since > _LONGEST_BREAK:
                silent_since = None
                self._hand_on(typed.give_up())

    def _hand_on(self, messages: Iterable[Message]) -> None:
        """Give these to the app, but no more than it keeps up with: the terminal holds the rest back."""
        for message in messages:
            while self.lintui.waiting > _MOST_WAITING and not self.exit_event.wait(0.01):
                pass
            self.process_message(message)

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            width, height = os.get_terminal_size(self.fileno)
        except OSError:
            width, height = 0, 0
        return min(width or 80, _LARGEST), min(height or 25, _LARGEST)


def _pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[Piece]:
    """What Textual has drawn anew, and where."""
    if isinstance(update, LayoutUpdate):
        for y, row in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in row:
                yield x, y, strip
                x += strip.cell_length
        return
    for y, x1, x2 in update.spans:
        for end, (x, part) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if part is not None and x <= x2 and end > x1:
                yield x, y, part if x >= x1 and end <= x2 else part.crop(0, min(end, x2) - x)
