"""What asks a terminal for its clipboard, read as terminals and multiplexers read it."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuiapp import clipboard

ENVIRONMENTS = {
    "plain": {},
    "tmux": {"TMUX": "/tmp/tmux-0/default,1,0"},
    "screen": {"STY": "1.pts-0.host"},
    "neither, though the names are there": {"TMUX": "", "STY": ""},
}


def terminal(sent: str) -> list[str]:
    """The texts that a terminal puts on its clipboard, one after the other; fails at whatever else it would see."""
    found = re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", sent)
    assert "".join(f"\x1b]52;c;{data}\x07" for data in found) == sent
    return [base64.b64decode(data, validate=True).decode() for data in found]


def tmux(sent: str) -> tuple[str, str]:
    """What tmux hands through as it is, and what it reads itself."""
    through = re.findall(r"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\", sent)
    own = re.sub(r"\x1bPtmux;(?:[^\x1b]|\x1b\x1b)*\x1b\\", "", sent)
    return "".join(through).replace("\x1b\x1b", "\x1b"), own


def screen(sent: str) -> str:
    """What GNU screen hands through: strings of at most 256 bytes, each up to the first string terminator."""
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", sent, flags=re.DOTALL)
    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == sent
    assert all(len(piece) <= 256 for piece in pieces)
    return "".join(pieces)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=2_000))
def test_a_terminal_gets_the_text_whatever_stands_between(text: str) -> None:
    assert terminal(clipboard.request(text, {})) == [text]
    assert [terminal(heard) for heard in tmux(clipboard.request(text, ENVIRONMENTS["tmux"]))] == [[text], [text]]
    assert terminal(screen(clipboard.request(text, ENVIRONMENTS["screen"]))) == [text]


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_what_is_sent_is_bounded_and_what_is_longer_is_not_cut_but_left_out(environment: dict[str, str]) -> None:
    longest = "x" * (clipboard.LIMIT // 4 * 3)
    assert clipboard.fits(longest) and not clipboard.fits(longest + "x")
    sent = clipboard.request(longest, environment)
    assert clipboard.LIMIT < len(sent) < 2.2 * clipboard.LIMIT
    assert clipboard.request(longest + "x", environment) == ""
    assert clipboard.request("ß" * (clipboard.LIMIT // 2), environment) == ""


def test_an_environment_that_names_neither_gets_the_plain_form() -> None:
    plain = clipboard.request("a", {})
    assert clipboard.request("a", ENVIRONMENTS["neither, though the names are there"]) == plain
    assert clipboard.request("a", ENVIRONMENTS["tmux"]).endswith(plain)


@given(st.lists(st.text(), max_size=20))
def test_text_that_is_taken_along_has_no_control_character_but_the_newline(rows: list[str]) -> None:
    text = clipboard.cleaned(rows)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", text)
    assert text.count("\n") == len(rows)
    text.encode()


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), max_size=30), max_size=20))
def test_rows_of_harmless_text_are_taken_as_they_are_without_what_fills_them_up(rows: list[str]) -> None:
    assert clipboard.cleaned([row + "   " for row in rows]) == "".join(f"{row}\n" for row in rows)


def test_rows_without_end_are_taken_up_to_a_bound() -> None:
    assert len(clipboard.cleaned("x" * 50_000 for _ in range(1_000))) <= clipboard.MOST_TEXT
    assert len(clipboard.cleaned(["x" * 10 * clipboard.MOST_TEXT])) <= clipboard.MOST_TEXT
