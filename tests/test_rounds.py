"""What is done beside a training is done by whoever comes by, and where nobody does by a thread of its own."""

import threading
import time
from collections.abc import Iterator

import pytest
from strategies import wait_until

from lintui.rounds import Rounds


class Beside:
    """Rounds, with the threads that made them and what was complained of."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.told: list[str] = []
        self.rounds = Rounds([lambda: self.made.append(threading.current_thread().name)], self.told.append)


@pytest.fixture
def beside() -> Iterator[Beside]:
    one = Beside()
    yield one
    one.rounds.stop()


def test_the_first_round_is_made_at_once(beside: Beside) -> None:
    beside.rounds.begin()
    wait_until(lambda: beside.made, "a round")


def test_where_nobody_comes_by_rounds_are_made_all_the_same_until_it_is_stopped(beside: Beside) -> None:
    beside.rounds.begin()
    wait_until(lambda: len(beside.made) > 5, "rounds")
    assert set(beside.made) == {"lintui-rounds"}
    beside.rounds.stop()
    wait_until(lambda: "lintui-rounds" not in [thread.name for thread in threading.enumerate()], "the end")


def test_while_somebody_comes_by_nobody_else_makes_them(beside: Beside) -> None:
    beside.rounds.begin()
    wait_until(lambda: beside.made, "the first round")
    came = 0
    for _ in range(40):
        time.sleep(0.02)
        came += 1
        beside.rounds.go()
    ours = beside.made.count("MainThread")
    assert 0 < ours < came  # never two at once
    # Who comes late, on a busy machine, may find one made.
    assert beside.made.count("lintui-rounds") < ours


def test_a_round_that_takes_its_time_is_not_begun_by_another(beside: Beside) -> None:
    goes_on, may_end = threading.Event(), threading.Event()

    def take_time() -> None:
        beside.made.append("long")
        goes_on.set()
        may_end.wait(30)

    rounds = Rounds([take_time], beside.told.append)
    one = threading.Thread(target=rounds.go)
    one.start()
    goes_on.wait(30)
    rounds.go()
    may_end.set()
    one.join()
    assert beside.made == ["long"]


def test_what_raises_is_told_and_given_up_and_the_others_go_on(beside: Beside) -> None:
    rounds = Rounds([lambda: 1 / 0, lambda: beside.made.append("well")], beside.told.append)  # type: ignore[list-item, return-value]
    rounds.begin()
    wait_until(lambda: len(beside.made) > 2, "rounds")
    rounds.stop()
    (told,) = beside.told
    assert "ZeroDivisionError" in told
