"""Specifies that any bytes may be typed: what they say is heard, and the next key is a key."""

from random import Random

import pytest
import streams
from textual.events import Key, MouseDown, MouseEvent, Paste, Resize
from textual.message import Message

from tuiapp.typed import Typed


def heard(*pieces: bytes) -> list[Message]:
    """What these pieces say, and what is certain once nothing has followed for long."""
    typed = Typed()
    return [*(message for piece in pieces for message in typed.take(piece)), *typed.give_up()]


def keys(*pieces: bytes) -> list[str]:
    return [message.key for message in heard(*pieces) if isinstance(message, Key)]


def test_keys_text_and_pastes_are_heard() -> None:
    assert keys(b"q+", b"\x1b[A", "é中".encode()) == ["q", "plus", "up", "é", "中"]
    (paste,) = heard(b"\x1b[200~two\x00\nlines\x1b[201~")
    assert isinstance(paste, Paste) and paste.text == "two\nlines"


@pytest.mark.parametrize("character", ["é", "中", "😀"])
def test_a_character_that_comes_byte_by_byte_is_one_key(character: str) -> None:
    said = heard(*(bytes([byte]) for byte in character.encode()), b"q")
    assert [message.character for message in said if isinstance(message, Key)] == [character, "q"]


@pytest.mark.parametrize("byte", range(0x80, 0x100))
def test_a_byte_that_is_no_utf_8_is_no_end(byte: int) -> None:
    assert keys(bytes([byte]), b"q", b"q")[-1] == "q"


@pytest.mark.parametrize("size", [b"0;0;0;0", b"999999;999999;0;0", b"0;1;1;1", b"24;80;1;1"])
def test_what_is_typed_does_not_say_how_large_the_screen_is_nor_where_the_mouse_counts_from(size: bytes) -> None:
    said = heard(b"\x1b[48;" + size + b"t", b"\x1b[?2048;1$y", b"\x1b[5;7R", b"\x1b[<0;11;6M")
    assert not any(isinstance(message, Resize) for message in said)
    (click,) = said
    assert isinstance(click, MouseDown) and (click.x, click.y) == (10, 5)


@pytest.mark.parametrize(
    "sequence",
    [b"\x1b[1:2;3u", b"\x1b[:R", b"\x1b[0;138;-99999999u", b"\x1b[9999999999;1u", b"\x1b[1;1;99999999999u"],
)
def test_a_key_with_a_number_that_is_none_is_passed_over(sequence: bytes) -> None:
    assert keys(sequence, b"q", b"q")[-2:] == ["q", "q"]


def test_after_a_paste_that_lost_its_end_keys_are_keys_again() -> None:
    typed = Typed()
    assert list(typed.take(b"\x1b[200~lost")) == []
    (paste,) = typed.give_up()
    assert isinstance(paste, Paste) and paste.text == "lost"
    (key,) = typed.take(b"q")
    assert isinstance(key, Key) and key.key == "q"


@pytest.mark.parametrize(
    "inside", [b"\x1bx\x1by", b"\x1b[A", b"q\x1bO", b"\x1b[?\x1b[<0;1;1M", b"\xc3\x1b[48;1;1;1;1t"]
)
def test_nothing_in_a_paste_is_a_key(inside: bytes) -> None:
    (paste,) = heard(b"\x1b[200~" + inside + b"\x1b[201~")
    assert isinstance(paste, Paste) and paste.text == inside.decode(errors="replace")


def test_of_a_huge_paste_the_beginning_is_kept_and_its_end_is_seen() -> None:
    typed = Typed()
    (paste,) = typed.take(b"\x1b[200~" + b"x" * 1_500_000 + b"\x1b[201~")
    assert isinstance(paste, Paste) and paste.text == "x" * 1_000_000
    (key,) = typed.take(b"q")
    assert isinstance(key, Key)


def test_giving_up_says_nothing_where_nothing_was_begun() -> None:
    assert heard() == []
    assert keys(b"q") == ["q"]


@pytest.mark.parametrize("seed", range(10))
def test_any_stream_in_any_pieces_is_survived_and_the_next_key_is_a_key(seed: int) -> None:
    random = Random(seed)
    for _ in range(50):
        data = streams.stream(random)
        typed = Typed()
        for piece in streams.cut(random, data):
            for message in typed.take(piece):
                assert not isinstance(message, MouseEvent) or (message.x >= 0 and message.y >= 0)
        *_, last = *typed.give_up(), *typed.take(b"q")
        assert isinstance(last, Key) and last.key == "q", data
