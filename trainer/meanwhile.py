"""Does what takes long and has no steps on a thread of its own, while a run answers; without knowing what it is."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from lintui.run import Run
from trainer.trouble import Stopped

T = TypeVar("T")

_LOOK_EVERY = 0.02
EVERY = 1.0
"""Seconds after which it is told how far it is, and then again."""


def meanwhile(run: Run, work: Callable[[Callable[[str], None]], T]) -> T:
    """What `work` returns; raises what it raises, and Stopped as soon as somebody asks for the end.

    `work` gets a function that it calls often with how far it is, in a line, some of which the run says; after
    the end was asked for, that call ends the work too.
    """
    newest = ""
    returned: list[T] = []
    raised: list[BaseException] = []

    def tell(text: str) -> None:
        nonlocal newest
        newest = text
        if run.should_stop:
            raise Stopped

    def do() -> None:
        try:
            returned.append(work(tell))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            raised.append(error)

    # A daemon: a name server or a disk that hangs must not keep the process from ending.
    thread = threading.Thread(target=do, name="meanwhile", daemon=True)
    thread.start()
    said, say_at = "", time.monotonic() + EVERY
    while thread.is_alive():
        run.answer()
        if run.should_stop:
            raise Stopped
        if newest != said and time.monotonic() >= say_at:
            said, say_at = newest, time.monotonic() + EVERY
            run.report(said)
        thread.join(_LOOK_EVERY)
    if raised:
        raise raised[0]
    return returned[0]
