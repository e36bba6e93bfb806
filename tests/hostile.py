"""Text that means harm, the same for the same seed, and a run in which every field that can hold text holds some."""

from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

from strategies import sealed

from lintui import events
from lintui.log import LogWriter

_CLICK = "[@click=app.quit]press[/]"
_PIECES = (
    "\x1b]0;stolen\x07", "\x1b]2;stolen\x1b\\", "\x1b]52;c;c3RvbGVu\x07", "\x1b]8;;file:///etc\x07x\x1b]8;;\x07",
    "\x1b]22;wait\x07", "\x1b]1337;File=:AAAA\x07", "\x1bPtmux;\x1b\x1b]52;c;c3RvbGVu\x07\x1b\\", "\x1bkstolen\x1b\\",
    "\x1b_Gi=1\x1b\\", "\x1b[2J", "\x1b[?1049l", "\x1b[6n", "\x1b[c", "\x1bc", "\x1b[5i", "\x1b[21t", "\x1b(0",
    "\x0e", "\x9b2J", "\x9d0;stolen\x9c", "\x90q\x9c", "\x1b", "\x1b[", "\x07", "\x08\x08", "\x7f", "\x00", "\r",
    "\n", "\t", "\v\f", "\x85", "\u2028", "\u2029", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u00ad", "é",
    "\U000e0041", "\u0301" * 30, "\u20dd", "\u200d\U0001f468\u200d\U0001f469", "\ufe0f", "\U0001f1e9",
    "中", "\u115f", "\u3164",
    _CLICK, "[@click='app.quit']", "[@click=screen.leave()]x", "[link=file:///etc/passwd]x[/link]", "[bold", "[/]",
    "[/bold]", "[red on blue]", "\\[", "[[", "]", "[$accent]", "[x]", "{0}", "%s", "$x", ":skull:", "<b>", "'", '"',
    "\\", "/", "..", "-", "|", "…", "a", "loss", "nan", " ", "x" * 300, "y" * 5_000,
)  # fmt: skip
LONE = ("\ud800", "\udc80", "\udfff")
"""Half a character; no file can hold one, but a program can."""


def text(random: Random, pieces: Iterable[str] = _PIECES) -> str:
    """A few bad things one after the other."""
    return "".join(random.choices(tuple(pieces), k=random.randint(1, 6)))


def spoken_by(random: Random) -> str:
    """The same, with half characters among it."""
    return text(random, (*_PIECES, *LONE))


Draw = Callable[[], str]


def run(draw: Draw) -> list[events.Event]:
    """A run that has come to its end, every text in it a new one, except where a word decides what is shown."""
    loss = draw()
    name = draw()

    def some(*more: str) -> dict[str, events.Scalar]:
        return {draw(): draw(), draw(): 1.5, draw(): None, **{key: draw() for key in more}}

    summary = some("true loss", "test accuracy", "x")
    return [
        events.Started(
            name=draw(), task=draw(), created=draw(), pid=1, host=draw(), group=draw(), parent=draw(), steps=9,
            epochs=3, config=some("optimizer", "batch_size", "seed", "device"),
        ),
        events.Declared(knob="lr", label=draw(), shape=draw(), value=0.1),
        events.Declared(knob="loss", label=draw(), shape="choice", value=loss, choices=(loss, draw(), draw())),
        events.Declared(knob=draw(), label=draw(), shape="number", value=draw()),
        events.Level(split="train", name="loss", value=0.5, label=draw(), under=loss),
        events.Level(split=draw(), name=draw(), value=0.5, label=draw(), under=draw()),
        events.Watching(names=(draw(), draw()), shapes=(draw(), draw()), whole=(False, True)),
        *(
            events.Steps(branch=0, split=split, at=(1, 2, 3), t=(0.1, 0.2, 0.3), values=values)
            for split, values in (
                ("train", {"loss": (1.0, 0.9, 0.8), "mse": (1.0, 0.9, 0.8), draw(): (0.1, 0.2, float("nan"))}),
                (draw(), {"loss": (1.0, 2.0, 3.0), name: (1.0, 2.0, 3.0)}),
            )
        ),
        events.Values(branch=0, split=draw(), at=3, t=0.3, values={draw(): 0.5, "accuracy": 0.5}),
        events.Values(branch=0, split="test", at=3, t=0.3, values={draw(): 0.5, "accuracy": 0.5}),
        events.Layers(
            branch=0, at=(3,), t=(0.3,), lr=(0.1,),
            values=dict.fromkeys(("value", "gradient", "change"), ((1.0, None),)),
        ),
        events.Epoch(branch=0, number=1, at=3, t=0.3),
        events.Applied(id=draw(), by=draw(), branch=0, at=3, t=0.3, knob="loss", old=draw(), new=loss),
        events.Applied(id=draw(), by=draw(), branch=0, at=3, t=0.3, knob=draw(), old=draw(), new=draw(), note=draw()),
        events.Applied(id=draw(), by=draw(), branch=0, at=3, t=0.3, knob=draw(), old=draw(), new=draw()),
        events.Refused(id=draw(), by=draw(), branch=0, at=3, t=0.3, knob=draw(), reason=draw()),
        events.Array(branch=0, name=draw(), at=3, t=0.3, file=draw(), shape=(1,), dtype=draw(), crc32=draw()),
        events.Array(
            branch=0, name="loss surface", at=3, t=0.3, file=draw(), shape=(2, 2), dtype="float32", crc32=draw(),
            shows="surface", axes=(draw(), draw()), low=(0.0, 0.0), high=(1.0, 1.0), text=draw(),
        ),
        events.Said(t=0.3, level="warning", text=draw()),
        events.Said(t=0.3, level=draw(), text=draw()),
        events.Branched(branch=1, parent=0, from_step=3, why=draw(), t=0.4),
        events.Ended(
            branch=1, at=3, t=0.5, how=draw(), reason=draw(), traceback=f"{draw()}\n{draw()}", summary=summary
        ),
    ]  # fmt: skip


def write(path: Path, said: list[events.Event]) -> None:
    """Have our own writer write it."""
    writer = LogWriter.create(path)
    writer.append(said)
    writer.close()


def write_raw(path: Path, said: list[events.Event]) -> None:
    """Write it as somebody would who knows the format, with another tool and nothing made harmless."""
    path.write_bytes(b"".join(raw(n, event) for n, event in enumerate(said)))


def raw(n: int, event: events.Event) -> bytes:
    """The line of a record, its text as it is."""
    fields = {name: getattr(event, name) for name in type(event).__dataclass_fields__}
    nonfinite = []
    if isinstance(event, events.Steps):
        for name, column in event.values.items():
            nonfinite += [[name, i, "NaN"] for i, value in enumerate(column) if value != value]
    return sealed({"n": n, "kind": event.kind, **fields, "nonfinite": nonfinite}) + b"\n"
