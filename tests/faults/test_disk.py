"""A disk that fills or fails: training goes on, the person is told, what is lost is counted, nothing is glued."""

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from disk import Disk, assert_only_whole_lines
from strategies import PATIENCE, child_environment, read_log, wait_until

from lintui import rundir
from lintui.commands import Scale, new_id
from lintui.events import Applied, Ended, Said, Steps
from lintui.log import LogWriter
from lintui.mailbox import Mailbox
from lintui.run import Run

CODES = [errno.ENOSPC, errno.EIO, errno.EDQUOT]
AT_ONCE = 4
"""Writes in a row that fail."""
CANT = "the log can't be written"
AGAIN = "the log is written again"


class Training:
    """A loop that is steered after every step, so that every step has the log written at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        directory = rundir.create("full")
        self.disk = Disk(monkeypatch, directory.log)
        self.mailbox = Mailbox()
        self.run = Run("full", directory, mailbox=self.mailbox)
        self.run.tune("lr", 1.0)
        self.asked = 0
        self.told: list[tuple[float, str]] = []
        """What the person was told, and when."""

    def step(self) -> None:
        """One step, and what it has to say is written, or was tried to be."""
        before = self.disk.tries
        self.run.post(Scale(id=new_id(), by="a test", knob="lr", factor=2.0 if self.asked % 2 else 0.5))
        self.asked += 1
        self.run.step({"loss": 1.0 / self.asked})
        self.run.safe_point()
        wait_until(lambda: self.disk.tries > before, "a write")
        self.look()

    def look(self) -> None:
        """Take what has come to the screen."""
        for _, event in self.mailbox.drain():
            if isinstance(event, Said):
                self.told.append((time.monotonic(), event.text))

    def is_told(self, text: str) -> float:
        """Go on training until the person has been told this, and return when that was."""

        def heard() -> list[float]:
            self.step()
            return [moment for moment, said in self.told if text in said]

        return wait_until(heard, text)[0]

    def end(self) -> list[object]:
        """Finish, and return what is in the log."""
        self.run.finish()
        self.look()
        assert_only_whole_lines(self.run.directory.log)
        return [event for _, event in read_log(self.run.directory.log)[0]]


def is_whole(training: Training, said: list[object]) -> None:
    """Every step and every answer is in the log, once and in order."""
    assert [at for event in said if isinstance(event, Steps) for at in event.at] == list(
        range(1, training.run.at + 1)
    )
    assert len([event for event in said if isinstance(event, Applied)]) == training.asked
    assert isinstance(said[-1], Ended)


@pytest.mark.parametrize("nth", [*range(1, 6), *(pytest.param(n, marks=pytest.mark.long) for n in range(6, 60))])
@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
def test_training_goes_on_and_says_so_whichever_write_fails_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, code: int, nth: int
) -> None:
    training = Training(monkeypatch)
    first = training.disk.writes + nth
    training.disk.plan = lambda write, data: (
        OSError(code, os.strerror(code)) if first <= write < first + AT_ONCE else len(data)
    )
    while training.disk.writes < first:
        training.step()
    training.is_told(CANT)
    training.is_told(AGAIN)
    said = training.end()
    is_whole(training, said)
    banners = [text for _, text in training.told]
    assert banners == [
        f"{CANT} ({os.strerror(code)}); training goes on, and what is said waits in memory",
        f"{AGAIN}; 0 records were lost",
    ]
    # They wait their turn too, and so the log tells of its own trouble.
    assert [event.text for event in said if isinstance(event, Said)] == banners


def test_the_banner_comes_while_the_disk_is_still_full(
    monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    slowest = 0.0
    for code in CODES:
        training = Training(monkeypatch)
        training.step()
        began = time.monotonic()
        training.disk.plan = lambda _, __, code=code: OSError(code, os.strerror(code))  # type: ignore[misc]
        slowest = max(slowest, training.is_told(CANT) - began)
        training.disk.plan = lambda _, data: len(data)
        is_whole(training, training.end())
    figure(f"a disk that fails is told after {1e3 * slowest:.0f} ms at worst")
    assert slowest < 5 * 2


def test_a_line_that_is_torn_and_can_not_be_cut_off_is_not_glued_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(monkeypatch)
    training.step()
    training.disk.cuts_fail = True
    training.disk.plan = lambda _, data: len(data) // 2
    training.is_told(CANT)
    for _ in range(5):
        training.step()
    training.disk.plan = lambda _, data: len(data)
    for _ in range(5):
        training.step()
    training.disk.cuts_fail = False
    training.is_told(AGAIN)
    is_whole(training, training.end())


def test_a_disk_that_confirms_nothing_is_told_once_and_again_when_it_does(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    training = Training(monkeypatch)
    training.disk.syncs_fail = True
    training.is_told("does not confirm")
    for _ in range(20):
        training.step()
    training.disk.syncs_fail = False
    training.is_told("confirms again")
    is_whole(training, training.end())
    assert [text.partition(" (")[0] for _, text in training.told] == [
        "the disk does not confirm that the log is written",
        "the disk confirms again that the log is written",
    ]
    assert len(capfd.readouterr().err.splitlines()) == 2


def test_what_finds_no_room_until_the_end_is_counted_and_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    training = Training(monkeypatch)
    for _ in range(3):
        training.step()
    records = len(read_log(training.run.directory.log)[0])
    training.disk.plan = lambda _, __: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    training.is_told(CANT)
    assert len(training.end()) == records
    *_, last = capfd.readouterr().err.splitlines()
    # Each step with its answer, the banner, and the end.
    assert last == f"lintui: {2 * (training.run.at - 3) + 2} records could not be written and are lost"


def test_a_file_system_that_finds_no_room_when_the_log_is_closed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = LogWriter.create(tmp_path / "log.jsonl")
    close = os.close

    def refuse(fd: int) -> None:
        close(fd)
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with monkeypatch.context() as patched:
        patched.setattr(os, "close", refuse)
        writer.close()
    assert writer.unconfirmed == os.strerror(errno.EDQUOT)


ON_A_DISK_OF_64_KIB = """
import os, sys, time
from pathlib import Path
from lintui import rundir
from lintui.events import Said
from lintui.log import LogReader
from lintui.mailbox import Mailbox
from lintui.run import Run

place = Path(os.environ["LINTUI_DIR"])
mailbox, told = Mailbox(), []

def train_until(text):
    end = time.monotonic() + 60
    while not any(text in said for said in told):
        assert time.monotonic() < end, text
        run.step({"loss": 1.0})
        run.safe_point()
        time.sleep(0.001)
        told.extend(event.text for _, event in mailbox.drain() if isinstance(event, Said))

run = Run("full", rundir.create("full"), mailbox=mailbox)
ballast = place / "ballast"
ballast.write_bytes(b"x" * 40_000)
train_until("can't be written (No space left on device)")
full = run.directory.log.read_bytes()
assert full.endswith(b"\\n")
run.picture("regions", (9_000,), "uint8", b"x" * 9_000)
ballast.unlink()
train_until("written again; 0 records")
run.finish()
reader = LogReader(run.directory.log)
records = []
while more := reader.read():
    records += more
assert run.directory.log.read_bytes().startswith(full)
assert reader.problems == [], reader.problems
steps = [at for _, event in records if event.kind == "steps" for at in event.at]
assert steps == list(range(1, run.at + 1))
assert not [name for name in os.listdir(run.directory.artifacts) if name.startswith(".")]
print("trained on")
"""


def on_a_small_disk(folder: Path, size: str) -> list[str]:
    """What to put before a command so that `folder` is a disk of this size to it."""
    unshare = shutil.which("unshare")
    mount = f'mount -t tmpfs -o size={size} tmpfs "$1" && shift && exec "$@"'
    in_a_namespace = [unshare or "", "--mount", "sh", "-c", mount, "sh", str(folder)]
    if unshare is None or subprocess.run([*in_a_namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk here")
    return in_a_namespace


def test_a_real_disk_that_is_full_is_told_and_everything_is_written_when_there_is_room(tmp_path: Path) -> None:
    child = subprocess.run(
        [*on_a_small_disk(tmp_path, "64k"), sys.executable, "-c", ON_A_DISK_OF_64_KIB],
        env={**child_environment(), "LINTUI_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=3 * PATIENCE,
    )
    assert child.stdout == "trained on\n", child.stderr


THAT_PRINTS_MORE_THAN_THE_DISK_HOLDS = """
import torch

model, loss = torch.nn.Linear(3, 1), torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(600):
    optimizer.zero_grad()
    loss(model(torch.ones(8, 3)), torch.zeros(8, 1)).backward()
    optimizer.step()
    print(step, "x" * 4_000)
print("trained on")
"""


def test_a_script_that_prints_more_than_the_disk_holds_trains_on(tmp_path: Path) -> None:
    script, disk = tmp_path / "train.py", tmp_path / "disk"
    script.write_text(THAT_PRINTS_MORE_THAN_THE_DISK_HOLDS)
    disk.mkdir()
    line = [*on_a_small_disk(disk, "1m"), sys.executable, "-m", "lintui", "run", "--headless", str(script)]
    child = subprocess.run(
        line,
        env={**child_environment(), "LINTUI_DIR": str(disk)},
        capture_output=True,
        text=True,
        check=False,
        timeout=3 * PATIENCE,
    )
    assert child.returncode == 0, child.stdout[-1_000:] + child.stderr
    assert "Error" not in child.stdout
