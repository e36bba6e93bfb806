"""A bell wakes who waits for it, once for however often it was rung."""

import signal
import threading
import time
from types import FrameType

from lintui.bell import Bell

LONG = 30.0


def test_nobody_rings_and_the_time_is_up() -> None:
    assert not Bell().wait(0.01)


def test_what_was_rung_before_ends_the_next_wait_and_no_other() -> None:
    bell = Bell()
    for _ in range(3):
        bell.ring()
    assert bell.wait(LONG)
    assert not bell.wait(0.01)


def test_a_wait_that_goes_on_is_ended_from_another_thread() -> None:
    bell = Bell()
    threading.Timer(0.05, bell.ring).start()
    assert bell.wait(LONG)


def test_each_ring_between_two_waits_is_heard_however_many_ring_at_once() -> None:
    bell, heard, rounds = Bell(), 0, 200
    for _ in range(rounds):
        ringing = [threading.Thread(target=bell.ring) for _ in range(4)]
        for thread in ringing:
            thread.start()
        heard += bell.wait(LONG)
        for thread in ringing:
            thread.join()
        bell.wait(0)
    assert heard == rounds


def test_a_handler_of_signals_may_ring_while_its_own_thread_rings() -> None:
    bell, times = Bell(), 0

    def handle(_: int, __: FrameType | None) -> None:
        nonlocal times
        times += 1
        bell.ring()

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 1e-3, 1e-3)
    try:
        end = time.monotonic() + LONG
        while times < 50 and time.monotonic() < end:
            bell.ring()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert times >= 50
    assert bell.wait(LONG)
