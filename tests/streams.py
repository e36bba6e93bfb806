"""Bytes that a terminal may send, or a broken one, or a cat on the keyboard: the same for the same seed."""

from random import Random

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

from tuiapp.keymap import KEYS

_KNOWN = sorted(sequence.encode() for sequence in ANSI_SEQUENCES_KEYS)
_ABSURD = (
    "",
    "0",
    "-1",
    "1",
    "00000000000001",
    "65536",
    "99999999999999999999",
    "-99999999",
    "1:2",
    ":",
    "٣",
    "55296",
)
_INTRODUCERS = (
    b"\x1b",
    b"\x1b[",
    b"\x1bO",
    b"\x1b]",
    b"\x1bP",
    b"\x1b[<",
    b"\x1b[?",
    b"\x1b[M",
    b"\x9b",
    b"\x1b\x1b",
)
_FINALS = "mMuRtc~AHzyIO$"
PASTE, PASTED = b"\x1b[200~", b"\x1b[201~"


def noise(random: Random) -> bytes:
    """Any bytes, all of them as likely."""
    return random.randbytes(random.randint(1, 60))


def high(random: Random) -> bytes:
    """Bytes that no ASCII has, and that make no UTF-8."""
    return bytes(random.randint(0x80, 0xFF) for _ in range(random.randint(1, 40)))


def sequence(random: Random) -> bytes:
    """An escape sequence with absurd parameters: a key, a mouse, a report of the size, the cursor, a mode."""
    count = random.choice((1, 2, 2, 3, 3, 5))
    numbers = ";".join(random.choice((*_ABSURD, str(random.randint(0, 300)))) for _ in range(count))
    lead = random.choice(("", "", "<", "?", ">", "48;"))
    return f"\x1b[{lead}{numbers}{random.choice(_FINALS)}".encode()


def report(random: Random) -> bytes:
    """What a terminal says of itself, whether it was asked or not."""
    size = ";".join(str(random.choice((0, 1, 24, 80, 9_999, 999_999))) for _ in range(4))
    modes = random.choice((2026, 2048, 1016, 1))
    options = (
        f"\x1b[48;{size}t",
        f"\x1b[?{modes};{random.randint(0, 4)}$y",
        "\x1b[5;7R",
        "\x1b[?62;c",
        "\x1b[I",
        "\x1b[O",
    )
    return random.choice(options).encode()


def mouse(random: Random, columns: int = 200, rows: int = 60) -> bytes:
    """A button, a movement or a wheel, mostly on the screen."""
    button = random.choice((0, 0, 1, 2, 3, 32, 35, 64, 65, 66, 67, 128, random.randint(0, 2**20)))
    x, y = random.randint(0, columns + 2), random.randint(0, rows + 2)
    return f"\x1b[<{button};{x};{y}{random.choice('Mm')}".encode()


def torn(random: Random) -> bytes:
    """The beginning of a sequence that never ends."""
    return random.choice(_INTRODUCERS) + random.choice(_KNOWN)[: random.randint(0, 4)]


def known(random: Random) -> bytes:
    """What some terminal sends for some key."""
    return random.choice(_KNOWN)


def text(random: Random) -> bytes:
    """Text of any script, with NUL and other controls."""
    return "".join(chr(random.choice((0, 9, 0x41, 0xE9, 0x301, 0x200D, 0x4E2D, 0x1F600))) for _ in range(9)).encode()


def paste(random: Random) -> bytes:
    """A paste with anything in it, which ends most of the time."""
    inside = random.choice((noise, high, text, sequence, torn))(random) * random.choice((1, 1, 3, 200))
    return PASTE + inside + (PASTED if random.random() < 0.8 else b"")


ANYTHING = (noise, high, sequence, report, mouse, torn, known, text, paste)


def stream(random: Random) -> bytes:
    """Some of all that one after the other, maybe cut short."""
    pieces = b"".join(random.choice(ANYTHING)(random) for _ in range(random.randint(1, 12)))
    return pieces[: random.randint(1, len(pieces))] if random.random() < 0.3 else pieces


def cut(random: Random, data: bytes) -> list[bytes]:
    """The same bytes as a terminal may hand them on: in pieces of any size, one byte each at the extreme."""
    if random.random() < 0.2:
        return [data[i : i + 1] for i in range(len(data))]
    places = sorted(random.randint(0, len(data)) for _ in range(random.randint(0, 4)))
    return [data[i:j] for i, j in zip([0, *places], [*places, len(data)], strict=True) if i < j]


def keys() -> list[bytes]:
    """Each key of the table as a terminal sends it."""
    names = {
        "space": b" ", "plus": b"+", "minus": b"-", "equals_sign": b"=", "greater_than_sign": b">",
        "less_than_sign": b"<", "tab": b"\t", "shift+tab": b"\x1b[Z", "enter": b"\r", "escape": b"\x1b",
        "question_mark": b"?", "up": b"\x1b[A", "down": b"\x1b[B",
    }  # fmt: skip
    sent = []
    for name in (name for row in KEYS for name in row.keys.split(",")):
        if name.startswith("ctrl+"):
            sent.append(bytes([ord(name[-1]) & 0x1F]))
        else:
            sent.append(names.get(name, name.encode()))
    return sent
