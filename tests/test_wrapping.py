"""Specifies how a line that is too long is broken: at words, into rows that fit, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from tuiapp.wrapping import wrapped

lines = st.text(st.characters(categories=("L", "N", "P", "So", "Mn"), include_characters="  "), max_size=200)


def broken(line: str, width: int, indent: int = 0) -> list[str]:
    return [row.plain for row in wrapped(Text(line), width, indent)]


def test_a_line_that_fits_stays_as_it_is() -> None:
    line = Text("step 120    paused", "dim")
    assert wrapped(line, 18, 12)[0] is line


def test_a_longer_one_goes_on_under_where_its_text_begins() -> None:
    assert broken("step 120    learning rate 0.03 → 0.015  you", 28, 12) == [
        "step 120    learning rate",
        "            0.03 → 0.015",
        "            you",
    ]


def test_a_word_that_is_longer_than_a_row_begins_where_it_stands_and_is_cut() -> None:
    assert broken("see /a/path/without/end for more", 10, 2) == ["see /a/pat", "  h/withou", "  t/end", "  for more"]


@given(line=lines, width=st.integers(4, 60), indent=st.integers(0, 70))
def test_no_row_is_too_wide_and_all_of_them_together_are_the_line(line: str, width: int, indent: int) -> None:
    rows = broken(line, width, indent)
    assert all(cell_len(row) <= width for row in rows)
    if len(rows) < 20:
        assert "".join("".join(rows).split(" ")) == "".join(line.split(" "))
    if all(cell_len(word) <= width // 2 for word in line.split(" ")):
        assert [word for row in rows for word in row.split()] == line.split() or len(rows) == 20


@pytest.mark.parametrize("line", ["many words " * 1_000, "x" * 20_000], ids=["words", "one word"])
def test_of_a_line_without_end_there_are_a_few_rows_and_it_is_seen_that_it_goes_on(line: str) -> None:
    rows = broken(line, 40, 4)
    assert len(rows) == 20
    assert rows[-1].endswith("…") and cell_len(rows[-1]) <= 40


def test_every_word_keeps_its_style() -> None:
    line = Text("step 7  ", "dim").append("something that was said at length", "bold")
    rows = wrapped(line, 20, 8)
    assert len(rows) > 1
    for row in rows:
        for place, character in enumerate(row.plain):
            if character != " ":
                styles = [span.style for span in row.spans if span.start <= place < span.end]
                assert styles[-1:] == ["bold"] if "bold" in styles else row.style == "dim"
