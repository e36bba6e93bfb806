"""Specifies what each front door loads and what it leaves alone, each seen in a fresh interpreter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lintui

HOME = Path(lintui.__file__).parents[1]
SCREEN = {"textual", "rich", "plotext"}
TRAIN = """
from dataclasses import replace
from clothes import few
from lintui import rundir
from lintui.run import Run
from trainer.catalog import CATALOG
from trainer.worker import Worker

for entry in CATALOG:
    needs = {"data": str(few()), "csv": "table.csv", "target": "y"}
    needs = {name: needs[name] for name in needs if name in entry.options}
    settings = replace(entry.defaults, epochs=1, **needs)
    worker = Worker(entry, settings, Run(entry.id, rundir.create(entry.id)))
    worker.start()
    worker.join()
    assert worker.error is None, worker.error
"""


def fresh(*arguments: str, folder: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A new interpreter in `folder`, with `path` before our own home on PYTHONPATH."""
    places = [str(place) for place in (path, HOME) if place is not None]
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def loaded(code: str, folder: Path) -> set[str]:
    """The top-level modules that are there after `code`."""
    say = "\nimport sys\nprint('loaded', *{name.partition('.')[0] for name in sys.modules})"
    done = fresh("-c", code + say, folder=folder)
    assert done.returncode == 0, done.stderr
    word, *names = done.stdout.splitlines()[-1].split()
    assert word == "loaded"
    return set(names)


def test_what_an_interpreter_has_loaded_is_seen(tmp_path: Path) -> None:
    assert {"sys", "numpy", "rich"} <= loaded("import numpy.linalg\nimport rich.text", tmp_path)
    assert not loaded("", tmp_path) & {*SCREEN, "torch", "orjson", "numpy", "lintui", "trainer", "tuiapp"}


def test_importing_lintui_is_instant_and_loads_nothing_but_itself(tmp_path: Path) -> None:
    names = loaded("import lintui\nassert lintui.__version__", tmp_path)
    assert "lintui" in names
    assert not names & {*SCREEN, "torch", "orjson", "numpy", "trainer", "tuiapp"}


def test_the_names_of_the_themes_are_known_without_a_screen(tmp_path: Path) -> None:
    assert not loaded("from tuiapp import theme\nassert theme.names()", tmp_path) & {*SCREEN, "torch"}


@pytest.mark.parametrize("name", ["Run", "init"])
def test_what_a_training_loop_needs_of_lintui_loads_neither_torch_nor_a_screen(tmp_path: Path, name: str) -> None:
    names = loaded(f"import lintui\nlintui.{name}", tmp_path)
    assert "orjson" in names
    assert not names & {*SCREEN, "torch", "numpy", "trainer", "tuiapp"}


def test_a_run_of_plain_numbers_needs_no_torch(tmp_path: Path) -> None:
    code = """
import lintui
run = lintui.init("plain")
rate = run.tune("lr", 0.1)
for step in range(100):
    run.step({"loss": rate.value / (step + 1)})
    run.safe_point()
run.finish()
"""
    assert not loaded(code, tmp_path) & {*SCREEN, "torch", "numpy", "trainer", "tuiapp"}


def test_the_catalogue_is_read_without_torch(tmp_path: Path) -> None:
    names = loaded("import trainer.catalog\nassert trainer.catalog.CATALOG", tmp_path)
    assert "trainer" in names
    assert not names & {*SCREEN, "torch", "numpy", "tuiapp"}


def test_a_table_is_read_without_torch(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("x,y\n1,1\n2,3\n")
    names = loaded("from trainer.table import check\ncheck('table.csv', target='y')", tmp_path)
    assert "trainer" in names
    assert not names & {*SCREEN, "torch", "numpy", "tuiapp"}


def test_the_trainer_knows_no_screen(tmp_path: Path) -> None:
    names = loaded("import trainer.worker", tmp_path)
    assert {"torch", "trainer"} <= names
    assert not names & {*SCREEN, "tuiapp"}


def test_training_every_experiment_headless_loads_no_screen(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("x,y\n1,1\n2,3\n")
    names = loaded(f"import sys\nsys.path.append({str(HOME / 'tests')!r})\n" + TRAIN, tmp_path)
    assert "torch" in names
    assert not names & {*SCREEN, "tuiapp"}


def test_asking_for_the_version_loads_neither_torch_nor_a_screen(tmp_path: Path) -> None:
    done = fresh("-X", "importtime", "-m", "lintui", "--version", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"lintui {lintui.__version__}\n")
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "lintui" in imported
    assert not imported & {*SCREEN, "torch", "numpy", "orjson", "trainer", "tuiapp"}


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """A folder with modules of our packages' names that belong to somebody else."""
    folder = tmp_path / "a project of somebody else"
    folder.mkdir()
    for name in ("trainer.py", "tuiapp.py"):
        (folder / name).write_text(f"raise RuntimeError('a stranger: {name}')\n")
    return folder


def test_the_strangers_of_these_tests_would_be_taken_by_an_unwary_import(strangers: Path) -> None:
    for name in ("trainer", "tuiapp"):
        done = fresh("-c", f"import {name}", folder=strangers, path=strangers)
        assert f"a stranger: {name}.py" in done.stderr


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_strangers_trainer_and_tuiapp_are_never_taken(strangers: Path, option: str) -> None:
    done = fresh("-m", "lintui", option, folder=strangers, path=strangers)
    assert "stranger" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_behind_the_front_door_the_trainer_is_ours(strangers: Path) -> None:
    code = """
import contextlib, sys
from lintui.__main__ import main
with contextlib.suppress(SystemExit):
    main()
import trainer.catalog, tuiapp
print("taken", trainer.catalog.__file__, tuiapp.__file__, sep="\\n")
"""
    done = fresh("-c", code, "--help", folder=strangers, path=strangers)
    assert done.returncode == 0, done.stderr
    word, *places = done.stdout.splitlines()[-3:]
    assert word == "taken"
    assert [Path(place) for place in places] == [HOME / "trainer/catalog.py", HOME / "tuiapp/__init__.py"]


COMMAND = "import sys\nfrom lintui.__main__ import main\nsys.argv = {arguments!r}\nassert main() == 0\n"


def test_training_headless_from_the_command_line_loads_no_screen(tmp_path: Path) -> None:
    names = loaded(
        COMMAND.format(arguments=["lintui", "demo", "softmax-blobs", "--headless", "--epochs", "1"]), tmp_path
    )
    assert "torch" in names
    assert not names & {"textual", "plotext"}


def test_the_commands_for_scripts_load_neither_torch_nor_a_screen(tmp_path: Path) -> None:
    train = "import lintui\nrun = lintui.init('plain')\nrun.step({'loss': 1.0})\n"
    commands = [["ls"], ["show", "plain", "--json"], ["tail", "plain"], ["set", "plain", "stop", "--timeout", "9"]]
    answer = """
import threading, time

def answer():
    while not run.should_stop:
        run.safe_point()
        time.sleep(0.01)

threading.Thread(target=answer, daemon=True).start()
"""
    code = train + answer + "".join(COMMAND.format(arguments=["lintui", *command]) for command in commands)
    names = loaded(code + "run.finish()\n", tmp_path)
    assert "orjson" in names
    assert not names & {"textual", "plotext", "torch", "numpy"}
    listing = COMMAND.format(arguments=["lintui", "ls", "--json"])
    assert not loaded(train + listing, tmp_path) & {*SCREEN, "torch", "numpy"}


@pytest.mark.parametrize("format", ["csv", "jsonl", "tensorboard", "html"])
def test_an_export_loads_no_torch_and_what_draws_only_for_a_picture(tmp_path: Path, format: str) -> None:
    code = 'import lintui\nrun = lintui.init("plain")\nrun.step({"loss": 1.0})\nrun.finish()\n'
    made = fresh("-c", code, folder=tmp_path)
    assert made.returncode == 0, made.stderr
    names = loaded(COMMAND.format(arguments=["lintui", "export", "plain", "--to", format]), tmp_path)
    assert not names & {"torch", "numpy", "pyarrow"}
    assert bool(names & SCREEN) == (format == "html")


def test_looking_at_a_log_loads_no_torch_with_a_screen_or_without(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    made = fresh("-m", "lintui", "demo", "--headless", "--epochs", "1", "--log", str(log), folder=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "torch" not in loaded(COMMAND.format(arguments=["lintui", "view", str(log)]), tmp_path)
    on_the_screen = """
import asyncio
from pathlib import Path
from tuiapp.app import LintuiApp
from tuiapp.feed import LogFeed
from tuiapp.watched import Watched
from tuiapp.screens.monitor import MonitorScreen
import tuiapp.show

async def look():
    app = LintuiApp(None, monitor=MonitorScreen(Watched(LogFeed(Path("log.jsonl")), None)))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert app.state.ended is not None

asyncio.run(look())
"""
    names = loaded(on_the_screen, tmp_path)
    assert "textual" in names
    assert "torch" not in names
