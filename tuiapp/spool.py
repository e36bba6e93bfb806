"""Brings what a script prints from a pipe into a file, as a process of its own: a full disk is nothing to the script.

It needs the standard library alone, outlives the screen, and ends when nobody is left who could print.
"""

import os
import select
import signal

_CHUNK = 64 * 1024
_MOST = 1024 * 1024
"""Bytes that wait for room at most; of more, the last."""
_AGAIN = 0.5
"""Seconds after which a disk without room is tried again."""


def spool(source: int, target: int) -> None:
    """Write what comes from `source` to `target` until all who hold its other end are gone."""
    waiting, lost, goes_on = b"", 0, True
    while goes_on:
        # What is printed is taken whether there is room or not: whoever prints would wait for us else.
        if not waiting or select.select([source], [], [], _AGAIN)[0]:
            data = os.read(source, _CHUNK)
            goes_on = bool(data)
            waiting += data
        try:
            while waiting:
                told = b"\nlintui: here %d bytes found no room on the disk\n" % lost if lost else b""
                whole = told + waiting
                waiting, lost = whole[os.write(target, whole) :], 0
        except OSError:  # whatever it is, it is not the script's
            lost += max(len(waiting) - _MOST, 0)
            waiting = waiting[-_MOST:]


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    spool(0, 1)
