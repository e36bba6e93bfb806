"""Text from outside after cleaning: nothing in it commands a terminal or deceives the eye, and it is bounded."""

import tracemalloc
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import HOSTILE

from lintui.clean import NAME_LIMIT, TEXT_LIMIT, clean_line, clean_text

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
WIDTHLESS = "\u00ad\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\U000e0001\U000e0041"
MARK = "\u0301"

anything = st.one_of(
    st.text(),
    st.text(st.characters(categories=("Cc", "Cf", "Cs", "Mn", "Me", "Zl", "Zp", "Lu", "Cn", "Co"))),
    st.text(st.sampled_from("ab \t\r\n\x1b\x9b\x7f" + BIDI + WIDTHLESS + MARK)),
    st.sampled_from(list(HOSTILE.values())),
)


def harmful(text: str) -> list[str]:
    return [ascii(c) for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]


def longest_pile(text: str) -> int:
    longest = pile = 0
    for character in text:
        pile = pile + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        longest = max(longest, pile)
    return longest


# Any text


@given(anything)
def test_a_cleaned_line_holds_no_control_bidirectional_or_zero_width_character(text: str) -> None:
    cleaned = clean_line(text)
    assert not harmful(cleaned)
    assert len(cleaned) <= NAME_LIMIT
    cleaned.encode()


@given(anything)
def test_a_cleaned_text_holds_none_but_line_ends(text: str) -> None:
    cleaned = clean_text(text)
    assert not harmful(cleaned.replace("\n", ""))
    assert len(cleaned) <= TEXT_LIMIT
    cleaned.encode()


@given(anything, st.integers(2, 300))
@example("a" + MARK * 3 + "\u200d" + MARK * 3, 300)
def test_cleaning_twice_is_cleaning_once(text: str, limit: int) -> None:
    assert clean_line(clean_line(text, limit), limit) == clean_line(text, limit)
    assert clean_text(clean_text(text, limit), limit) == clean_text(text, limit)


@given(anything)
@example("a" + (MARK * 3 + "\u200b") * 20)
def test_marks_never_pile_up(text: str) -> None:
    assert longest_pile(clean_line(text)) <= 3


FILLERS = "\u115f\u1160\u3164\uffa0"
SEEN = st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters=FILLERS)


@given(st.text(SEEN, max_size=NAME_LIMIT))
def test_plain_text_in_any_script_is_left_as_it_is(text: str) -> None:
    assert clean_line(text) == text
    assert clean_text(text) == text


# What becomes of each


def test_control_characters_are_made_visible() -> None:
    assert clean_line("\x00\x07\x08\x1b[2J\x7f") == "␀␇␈␛[2J␡"
    assert clean_line("".join(map(chr, range(0x20)))) == "".join(map(chr, range(0x2400, 0x2420)))
    assert clean_line("".join(map(chr, range(0x80, 0xA0)))) == "�" * 32


def test_bidirectional_and_zero_width_characters_are_dropped() -> None:
    assert clean_line(f"a{BIDI}b{WIDTHLESS}c") == "abc"


def test_letters_without_a_shape_are_dropped() -> None:
    assert clean_line("lo\u3164ss \u115f\u1160|\uffa0|") == "loss ||"


def test_half_surrogates_private_and_unassigned_characters_and_separators_of_lines_are_dropped() -> None:
    assert clean_line("a\ud800b\udfffc\ue000d\U0010ffffe\u0378f\u2028g\u2029h") == "abcdefgh"


def test_a_letter_keeps_its_marks_up_to_three() -> None:
    assert clean_line("e" + MARK * 2 + "x") == "e" + MARK * 2 + "x"
    assert clean_line("e" + MARK * 50 + "x") == "e" + MARK * 3 + "x"


def test_a_line_shows_its_line_ends_and_tabs_as_symbols_and_a_text_keeps_them() -> None:
    assert clean_line("a\r\nb\tc") == "a␍␊b␉c"
    assert clean_text("a\r\nb\tc\rd\n") == "a\nb    c␍d\n"


def test_what_is_too_long_is_seen_to_be_cut() -> None:
    assert clean_line("x" * NAME_LIMIT) == "x" * NAME_LIMIT
    assert clean_line("x" * (NAME_LIMIT + 1)) == "x" * (NAME_LIMIT - 1) + "…"
    assert clean_line("äöü", 2) == "ä…"
    assert clean_text("x\n" * TEXT_LIMIT) == ("x\n" * TEXT_LIMIT)[: TEXT_LIMIT - 1] + "…"


def test_a_text_that_ends_in_a_great_deal_of_nothing_is_seen_to_be_cut_too() -> None:
    assert clean_line("a" + "\u200b" * 2_000 + "b") in ("ab", "a…")


@pytest.mark.parametrize("clean", [clean_line, clean_text])
def test_of_many_long_texts_none_is_kept_in_memory(clean: Callable[[str], str]) -> None:
    tracemalloc.start()
    try:
        for i in range(6):
            clean(f"{i}" + "ж" * 200_000)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 512 * 1024
