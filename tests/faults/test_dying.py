"""A run that is killed while a terminal shows it: the screen says so, stays, and tells it again when it is left."""

from collections.abc import Iterator

import pytest
from children import Training
from terminal import Terminal


@pytest.fixture
def trainings() -> Iterator[list[Training]]:
    """Two trainings that go on by themselves."""
    found = [Training(lr=0.5), Training(lr=0.25)]
    yield found
    for training in found:
        training.is_killed()


def test_of_two_runs_side_by_side_the_one_that_is_killed_is_dead_and_the_other_one_is_steered_on(
    trainings: list[Training],
) -> None:
    one, other = trainings
    names = [training.directory.path.name for training in trainings]
    with Terminal(("attach", *names), columns=120, rows=36) as terminal:
        terminal.until(lambda _: "child lr 0.5" in terminal.lines[0], "the first of them")
        one.is_killed()
        terminal.until(lambda _: "died" in terminal.lines[0], "that it died")
        terminal.sees(f"died after {one.state.at} steps: its process is gone")
        terminal.no_longer_sees("pause")
        terminal.press("]")
        terminal.until(lambda _: "died" not in terminal.lines[0] and "lr 0.25" in terminal.lines[0], "the other run")
        terminal.press("+")
        terminal.sees("learning rate 0.25 → 0.5")
        terminal.press("q")
        assert terminal.leaves() == 0
        assert "its process is gone, and has not said why" in terminal.left_behind
        assert f"come back: lintui attach {names[1]}" in terminal.left_behind
    assert other.life.goes_on
