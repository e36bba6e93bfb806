"""Hostile text inside a real tmux that lets everything through: title, name and clipboard stay as they were."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import hostile
import pytest
from strategies import child_environment, wait_until

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
KEPT = "kept"


class Tmux:
    """A server of our own with one pane, as trusting as it can be made."""

    def __init__(self, folder: Path) -> None:
        """Start it; nothing of the person's own configuration is read."""
        self.socket = folder / "socket"
        self("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "36", "env", "PS1=> ", "sh")
        for option in ("set-clipboard on", "allow-rename on", "set-titles on"):
            self("set-option", "-g", *option.split())
        self("set-option", "-g", "allow-passthrough", "on", check=False)  # from tmux 3.3 on
        self("set-option", "-g", "automatic-rename", "off")
        self("select-pane", "-T", KEPT)
        self("rename-window", KEPT)
        self("set-buffer", KEPT)
        for name, value in child_environment().items():
            if name in ("PYTHONPATH", "LINTUI_DIR"):
                self("set-environment", "-g", name, value)

    def __call__(self, *arguments: str, check: bool = True) -> str:
        """Tell the server something, and return what it says."""
        environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        environment.pop("TMUX", None)
        command = ["tmux", "-S", str(self.socket), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=check).stdout

    def run(self, *command: str, then: str = "") -> None:
        """Run a command in the pane; with `then`, wait until that stands there."""
        self("respawn-pane", "-k", *command)
        if then:
            wait_until(lambda: then in self.pane, then)

    @property
    def pane(self) -> str:
        """What stands in the pane."""
        return self("capture-pane", "-p")

    @property
    def kept(self) -> tuple[str, ...]:
        """All that a program could have changed."""
        return (
            self("display-message", "-p", "#{pane_title} #{window_name} #{buffer_name}").strip(),
            self("list-buffers", "-F", "#{buffer_sample}").strip(),
        )


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    server = Tmux(tmp_path)
    yield server
    server("kill-server")


def test_a_program_could_change_them(tmux: Tmux) -> None:
    before = tmux.kept
    tmux.run("sh", "-c", r"printf '\033]2;stolen\007\033]52;c;c3RvbGVu\007'; sleep 60")
    wait_until(lambda: "stolen" in tmux.kept[0] and "stolen" in tmux.kept[1], "a title and a buffer that were stolen")
    assert before[0] != tmux.kept[0]


@pytest.mark.parametrize("count", [3, pytest.param(40, marks=pytest.mark.long)])
def test_a_hostile_log_changes_none_of_them(tmux: Tmux, tmp_path: Path, count: int) -> None:
    random = Random(16)
    before = tmux.kept
    assert KEPT in before[0] and KEPT in before[1]
    for i in range(count):
        path = tmp_path / f"{i}.jsonl"
        hostile.write_raw(path, hostile.run(lambda: hostile.text(random)))
        tmux.run(sys.executable, "-m", "lintui", "view", str(path), then="q quit")
        for key in "1234":
            tmux("send-keys", key)
            tmux("send-keys", "Enter")
        tmux("send-keys", "?")
        wait_until(lambda: "next pane" in tmux.pane, "the help")
        tmux("send-keys", "Escape")
        wait_until(lambda: "next pane" not in tmux.pane, "the end of the help")
        assert tmux.kept == before
        # The same in plain lines, where the terminal reads what a program in a pipe has printed.
        printed = f"{sys.executable} -m lintui view {path} | cat; echo 'that is' all; sleep 60"
        tmux.run("sh", "-c", printed, then="that is all")
        assert tmux.kept == before
