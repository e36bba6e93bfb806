"""Terminals of any size and of any kind, and none at all: nothing crashes, and a pipe gets plain lines."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from spoken import in_plain_lines, unknown
from strategies import SAMPLE, a_log, child_environment
from terminal import Terminal

DEMO = ["demo", "softmax-blobs", "--speed", "30", "--epochs", "1000"]
SHORT = ["demo", "linreg-scratch", "--speed", "0", "--epochs", "1"]
READABLE = 20_000
"""Cells up to which a screen is taken apart here, which takes longer than to draw it."""


class Resized(Terminal):
    """A terminal that is looked at closely only while it is small."""

    large = False

    def resize(self, columns: int, rows: int) -> None:
        """Another size."""
        self.large = columns * rows > READABLE
        if not self.large:
            super().resize(columns, rows)
        else:
            self.tell_size(columns, rows)

    def _draw(self, data: bytes) -> None:
        if self.large:
            self._held_back = b""  # half a sequence, the other half of which is not looked at
        else:
            super()._draw(data)


def sizes(random: Random, count: int) -> list[tuple[int, int]]:
    """From 1×1 to 1000×1000, the small ones, where there is least room, as likely as the large ones."""
    extreme = [(1, 1), (1000, 1), (1, 1000), (1000, 1000), (2, 2), (40, 12), (39, 12), (40, 11)]
    drawn = [(round(10 ** random.uniform(0, 3)), round(10 ** random.uniform(0, 3))) for _ in range(count)]
    return [*extreme, *drawn][:count]


@pytest.mark.parametrize("count", [30, pytest.param(500, marks=pytest.mark.long)])
def test_any_size_may_follow_any_other(runs: Path, count: int) -> None:
    random = Random(14)
    with Resized(DEMO, columns=80, rows=24, environment={"LINTUI_DIR": str(runs)}) as terminal:
        terminal.sees("step", "q quit")
        for columns, rows in sizes(random, count):
            before = len(terminal.output)
            terminal.resize(columns, rows)
            if random.random() < 0.3:
                continue  # another one before it has been drawn
            if terminal.large:
                terminal.until(lambda t, n=before: len(t.output) > n, f"anything at {columns}×{rows}")
            else:
                terminal.until(lambda t, w=columns, h=rows: is_whole(t, w, h), f"a picture at {columns}×{rows}")
            assert terminal.process.poll() is None
        terminal.resize(120, 36)
        terminal.sees("softmax-blobs", "q quit", "weights and gradients", "what happened")
        terminal.press("q")
        terminal.sees("the training is going on")
        terminal.press("s")
        assert terminal.leaves() == 0
        assert "Traceback" not in terminal.left_behind
        assert unknown(terminal.output) == []


def is_whole(terminal: Terminal, columns: int, rows: int) -> bool:
    """Whether the picture has been drawn for this size."""
    first, last = terminal.lines[0].rstrip(), terminal.lines[-1]
    if columns >= 40 and rows >= 12:
        return "softmax-blobs" in first and "q quit" in last
    whole = "lintui needs 40×12"
    return first == whole if columns >= len(whole) else bool(first) and whole.startswith(first.rstrip("…"))


@pytest.mark.parametrize(
    ("columns", "rows"),
    [(1, 1), (1000, 1000), *(pytest.param(*size, marks=pytest.mark.long) for size in ((3, 2), (40, 12), (0, 0)))],
)
@pytest.mark.parametrize("command", ["demo", "view", "pick"])
def test_it_may_begin_at_any_size(columns: int, rows: int, command: str, tmp_path: Path, runs: Path) -> None:
    a_log(tmp_path / "log.jsonl", SAMPLE)
    arguments = {"demo": DEMO, "view": ["view", str(tmp_path)], "pick": []}[command]
    with Resized(
        arguments, columns=columns or 80, rows=rows or 24, environment={"LINTUI_DIR": str(runs)}
    ) as terminal:
        if not columns:
            terminal.tell_size(0, 0)
        terminal.large = columns * rows > READABLE
        terminal.until(lambda t: b"lintui" in t.output or columns < 10, "anything")
        terminal.resize(80, 24)
        terminal.sees({"demo": "softmax-blobs", "view": "sample", "pick": "enter start"}[command])
        terminal.press("q")
        if command == "demo":
            terminal.sees("the training is going on")
            terminal.press("s")
        assert terminal.leaves() == 0


KINDS = {
    "without colours": {"NO_COLOR": "1"},
    "16 colours": {"TERM": "xterm", "COLORTERM": ""},
    "256 colours": {"TERM": "xterm-256color", "COLORTERM": ""},
    "the Linux console": {"TERM": "linux", "COLORTERM": ""},
    "no such terminal": {"TERM": "nobody-knows-it", "COLORTERM": ""},
    "latin-1": {"LC_ALL": "C", "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ASCII": {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_terminal_of_any_kind_is_drawn_on(kind: str, runs: Path) -> None:
    with Terminal(DEMO, columns=100, rows=30, environment={"LINTUI_DIR": str(runs), **KINDS[kind]}) as terminal:
        terminal.sees("softmax-blobs", "quit", "lr 0.1 ")
        for key, sees in (("?", "pause, and go on"), ("L", "learning rate, 0 or above (now")):
            terminal.press(key)
            terminal.sees(sees)
            terminal.press("\x1b")
            terminal.no_longer_sees(sees)
        terminal.press("+")
        terminal.sees("lr 0.2")
        terminal.resize(60, 20)
        terminal.sees("softmax-blobs", "quit")
        terminal.press("q")
        terminal.sees("the training is going on")
        terminal.press("s")
        assert terminal.leaves() == 0
        assert "Traceback" not in terminal.left_behind
        assert unknown(terminal.output) == []


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_can_not_be_drawn_on_gets_plain_lines(term: str, runs: Path, tmp_path: Path) -> None:
    a_log(tmp_path / "log.jsonl", SAMPLE)
    for arguments in (SHORT, ["view", str(tmp_path)]):
        with Terminal(
            arguments, columns=80, rows=24, environment={"TERM": term, "LINTUI_DIR": str(runs)}
        ) as terminal:
            assert terminal.leaves() == 0
            assert in_plain_lines(terminal.output.replace(b"\r\n", b"\n")) == []
            assert b"log: " in terminal.output


LATIN = {"LC_ALL": "C", "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    "environment",
    [
        LATIN,
        *(
            pytest.param(other, marks=pytest.mark.long)
            for other in ({}, {"TERM": "dumb"}, {"FORCE_COLOR": "1"}, {"NO_COLOR": "1"})
        ),
    ],
)
@pytest.mark.parametrize("where", ["pipe", "file"])
def test_where_there_is_no_terminal_there_are_plain_lines(
    environment: dict[str, str], where: str, runs: Path, tmp_path: Path
) -> None:
    a_log(tmp_path / "log.jsonl", SAMPLE)
    run: Callable[..., tuple[int, bytes, bytes]] = piped if where == "pipe" else filed(tmp_path)
    for arguments, code in (
        (SHORT, 0),
        ([*SHORT, "--json"], 0),
        (["demo", "--list"], 0),
        (["view", str(tmp_path)], 0),
        (["view", str(tmp_path / "none")], 4),
        (["attach"], 0),
        ([], 2),
        (["--help"], 0),
    ):
        ended, out, err = run(arguments, environment)
        assert ended == code, (arguments, out, err)
        assert b"\x1b" not in out + err, arguments
        assert b"Traceback" not in err
        encoding = "latin-1" if "PYTHONIOENCODING" in environment and "--json" not in arguments else "utf-8"
        assert in_plain_lines((out + err).decode(encoding).encode()) == [], arguments


def piped(arguments: list[str], environment: dict[str, str]) -> tuple[int, bytes, bytes]:
    """Exit code, output and errors of our command in a pipe."""
    ended = subprocess.run(
        [sys.executable, "-m", "lintui", *arguments],
        env={**child_environment(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


def filed(folder: Path) -> Callable[[list[str], dict[str, str]], tuple[int, bytes, bytes]]:
    """The same into files, with a terminal to read from: only where it goes to decides."""

    def run(arguments: list[str], environment: dict[str, str]) -> tuple[int, bytes, bytes]:
        ours, theirs = os.openpty()
        try:
            with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
                ended = subprocess.run(
                    [sys.executable, "-m", "lintui", *arguments],
                    env={**child_environment(), "TERM": "xterm-256color", **environment},
                    stdin=theirs,
                    stdout=out,
                    stderr=err,
                    timeout=120,
                    check=False,
                )
        finally:
            os.close(ours)
            os.close(theirs)
        return ended.returncode, (folder / "out").read_bytes(), (folder / "err").read_bytes()

    return run
