"""Textual's driver on a terminal of ours: never waits for it, survives what it sends and that it goes.

Where Textual's own would raise on a byte that is no UTF-8, stop the process on ctrl+z, or wait for a
terminal that nobody reads, this one goes on.
"""

import contextlib
import os
import select
import signal
import termios
import tty
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from tuiapp.guard import RESET
from tuiapp.outlet import Outlet
from tuiapp.painter import Painter, Piece
from tuiapp.terminal import insist

if TYPE_CHECKING:
    from tuiapp.app import LintuiApp

_NAMES = {"standard": "STANDARD", "256": "EIGHT_BIT", "truecolor": "TRUECOLOR"}
"""Rich's words for what a terminal can do, and its names for the same."""
_FAREWELL = 1.0
"""Seconds that the last bytes may take, on a terminal that reads slowly or not at all."""


class TerminalDriver(LinuxDriver):
    """Reads keys from, and draws on, the terminal that the app was given."""

    def __init__(self, app: "LintuiApp", **options: Any) -> None:
        """Draw on `app.terminal`, within the bytes a second that `app.preferences` allow."""
        before = signal.getsignal(signal.SIGTSTP)
        super().__init__(app, **options)
        # Textual would stop the process, and the training with it.
        signal.signal(signal.SIGTSTP, before)
        signal.signal(signal.SIGCONT, lambda *_: self._loop.call_soon_threadsafe(self._come_back))
        assert app.terminal is not None
        self.lintui = app
        self.fileno = app.terminal.input
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
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            if select.select([self.fileno], [], [], 0.1)[0]:
                try:
                    data = os.read(self.fileno, 4096)
                except OSError:
                    data = b""
                if not data:
                    self.lintui.hung_up = True
                    return
                for event in parser.feed(decode(data)):
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            width, height = os.get_terminal_size(self.fileno)
        except OSError:
            width, height = 0, 0
        return width or 80, height or 25


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
