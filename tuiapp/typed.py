"""From the bytes that a terminal sends to what was typed; survives any bytes, without reading or sending one.

Textual's parser stops for good at half a character or at a number that is none, believes whatever is
said about the size of the screen, and takes an escape inside a paste for the beginning of a key. What
was typed on a bad line, or copied from anywhere, may be any of these.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator

from textual._xterm_parser import XTermParser
from textual.events import AppBlur, AppFocus, Key, MouseEvent, Paste
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

# The size comes from the kernel, and nobody has asked where the cursor is.
_HEARD = (Key, MouseEvent, Paste, AppFocus, AppBlur, TerminalSupportsSynchronizedOutput)
_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"
_LONGEST_PASTE = 1_000_000
"""Characters of a paste at most; the rest is dropped."""


class Typed:
    """Takes bytes as they come, cut anywhere."""

    def __init__(self) -> None:
        """Nothing was typed yet."""
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._parser = XTermParser()
        self._last = ""
        """As many characters as a mark around a paste has."""
        self._paste: list[str] | None = None
        """What was pasted so far; None: nothing is being pasted."""

    def take(self, data: bytes) -> Iterator[Message]:
        """What these bytes say, with those before them."""
        for character in self._decode(data):
            self._last = (self._last + character)[-len(_PASTE) :]
            if self._paste is not None:
                if len(self._paste) < _LONGEST_PASTE:
                    self._paste.append(character)
                if self._last == _PASTED:
                    yield from self._pasted()
            elif self._last == _PASTE:
                self._parser = XTermParser()
                self._paste = []
            else:
                yield from self._heard(self._parser.feed(character))

    def wait(self) -> Iterator[Message]:
        """What is certain once nothing has followed for a moment: that escape was a key, for one."""
        return self._heard(self._parser.tick())

    def give_up(self) -> Iterator[Message]:
        """What is certain after seconds: what has not ended lost its end, and the next key is a key."""
        yield from self._pasted()
        for character in _PASTED:
            yield from self._heard(self._parser.feed(character))

    def _pasted(self) -> Iterator[Message]:
        if self._paste is not None:
            text = "".join(self._paste).removesuffix(_PASTED).replace("\0", "")
            self._paste = None
            yield Paste(text)

    def _heard(self, said: Iterable[Message]) -> Iterator[Message]:
        try:
            messages = [*said]
        except Exception:  # noqa: BLE001 - a parser that raised has ended; what it stumbled over is dropped
            self._parser = XTermParser()
            return
        # An unasked word on the size would have it take cells for pixels from now on.
        self._parser.mouse_pixels = False
        yield from (message for message in messages if isinstance(message, _HEARD))
