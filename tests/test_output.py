"""Specifies the last lines of what was printed: as a terminal would have shown them, never more than can be read."""

from pathlib import Path

import pytest

from tuiapp.output import KEPT, OutputTail


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "output.txt"


def add(path: Path, text: str) -> None:
    with path.open("a", newline="") as file:
        file.write(text)


def test_lines_come_as_they_are_printed_the_last_while_it_grows(path: Path) -> None:
    tail = OutputTail(path)
    assert not tail.look() and tail.shown == []
    add(path, "one\ntw")
    assert tail.look() and tail.shown == ["one", "tw"]
    assert not tail.look()
    add(path, "o\r\n10 %\r20 %\r")
    assert tail.look() and tail.shown == ["one", "two", "20 %"]


def test_colours_and_moves_are_left_out_and_what_else_is_hostile_is_harmless(path: Path) -> None:
    add(path, "\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b[2Jand \x1b] the rest\x9b\n")
    tail = OutputTail(path)
    tail.look()
    (line,) = tail.shown
    assert line.startswith("red and ")
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in line)


def test_of_much_that_came_at_once_the_end_is_read(path: Path) -> None:
    tail = OutputTail(path)
    add(path, "first\n")
    tail.look()
    add(path, "".join(f"line {i}\n" for i in range(1_000_000)))
    read: list[str] = []
    tail._take = read.append  # type: ignore[method-assign]
    assert tail.look()
    assert sum(map(len, read)) < 1_000_000
    assert "".join(read).endswith("line 999999\n")
    del tail._take
    add(path, "last\n")
    assert tail.look()
    assert tail.shown[-1] == "last" and len(tail.shown) <= KEPT


def test_a_file_that_was_emptied_is_read_from_its_new_beginning(path: Path) -> None:
    tail = OutputTail(path)
    add(path, "old\n" * 100)
    tail.look()
    path.write_text("")
    tail.look()
    add(path, "new\n")
    assert tail.look()
    assert tail.shown[-1] == "new"
    assert not tail.look()
