"""Specifies completion as a shell asks for it: the script that is printed, run by the shell it is for."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from strategies import SAMPLE, a_log, child_environment
from terminal import PATIENCE

from lintui import rundir
from trainer.catalog import CATALOG, find
from tuiapp import commands
from tuiapp.settings import THEMES

ASK = """
source <(lintui completion bash)
COMP_LINE={line} COMP_POINT={point} COMP_TYPE=9 COMPREPLY=()
$(complete -p lintui | sed 's/.*-F \\([^ ]*\\) .*/\\1/') lintui
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One in which `lintui` is a command."""
    command = tmp_path / "bin" / "lintui"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m lintui "$@"\n')
    command.chmod(0o755)
    there = child_environment()
    return {**there, "PATH": f"{command.parent}:{there['PATH']}"}


def shell(name: str, code: str, environment: dict[str, str]) -> list[str]:
    """The lines that a shell prints for this code."""
    done = subprocess.run(
        [name, "-c", code],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def bash(line: str, environment: dict[str, str]) -> set[str]:
    """What bash offers where the line ends."""
    code = ASK.format(line=shlex.quote(line), point=len(line))
    return {offered.strip() for offered in shell("bash", code, environment)} - {""}


COMMANDS = {
    *("pick", "demo", "run", "view", "attach", "completion"),
    *(command.name for command in commands.COMMANDS),
}
IDS = {entry.id for entry in CATALOG}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        pytest.param("lintui ", COMMANDS, id="commands"),
        pytest.param("lintui de", {"demo"}, id="a command begun"),
        pytest.param("lintui demo ", IDS, id="experiments"),
        pytest.param("lintui demo softmax-b", {"softmax-blobs"}, id="an experiment begun"),
        pytest.param("lintui demo --fa", {"--fail-on"}, id="flags"),
        pytest.param("lintui demo --loss ", set(CATALOG[0].losses), id="losses of the usual experiment"),
        pytest.param("lintui demo softmax-blobs --loss ", set(find("softmax-blobs").losses), id="losses of another"),
        pytest.param(
            "lintui demo softmax-blobs --optimizer ", set(find("softmax-blobs").optimizers), id="optimizers"
        ),
        pytest.param("lintui view x --theme ", set(THEMES), id="themes"),
        pytest.param("lintui pick --theme=", set(THEMES), id="themes behind an equals sign"),
        pytest.param("lintui demo --lr ", set(), id="nothing where any number fits"),
        pytest.param("lintui demo --lr abc --lo", {"--loss", "--log"}, id="on behind a mistake"),
        pytest.param("lintui completion ", {"bash", "zsh", "fish"}, id="shells"),
    ],
)
def test_bash_offers(line: str, offered: set[str], environment: dict[str, str]) -> None:
    found = bash(line, environment)
    assert offered <= found
    if not line.endswith(" ") or offered:
        assert found <= offered | {""}


def test_bash_offers_files_where_a_log_is_asked_for(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "run.jsonl").touch()
    for line in (f"lintui view {tmp_path}/ru", f"lintui demo --log {tmp_path}/ru"):
        assert bash(line, environment) == {f"{tmp_path}/run.jsonl"}


def test_bash_offers_runs_and_then_what_can_be_set_of_the_one_that_was_named(environment: dict[str, str]) -> None:
    runs = [rundir.create(name) for name in ("first-try", "second-try")]
    for run in runs:
        a_log(run.log, SAMPLE[:-1])
    names = {run.path.name for run in runs}
    for command in ("show", "tail -f", "set", "attach", f"attach {runs[0].path.name}"):
        assert bash(f"lintui {command} ", environment) == names
    assert bash(f"lintui show {runs[1].path.name[:-3]}", environment) == {runs[1].path.name}
    assert bash("lintui set first-try ", environment) == {"lr=", "loss=", "paused=", "stop"}
    assert bash("lintui set first-try lo", environment) == {"loss="}
    assert bash("lintui set first-try loss=", environment) == {"mse", "l1"}
    assert bash("lintui set nothing ", environment) == set()


@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_the_script_is_one_that_its_shell_takes(name: str, tmp_path: Path, environment: dict[str, str]) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed here")
    (tmp_path / "script").write_text("\n".join(shell("sh", f"lintui completion {name}", environment)))
    shell("sh", f"{name} -n {shlex.quote(str(tmp_path / 'script'))}", environment)


def test_a_start_that_completes_nothing_loads_nothing_for_it(environment: dict[str, str]) -> None:
    code = "import sys; from tuiapp.cli import run; run(['demo', '--list']); print(*sys.modules)"
    modules = shell("sh", f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}", environment)[-1].split()
    assert "tuiapp.completion" in modules
    assert "argcomplete" not in modules


def test_completing_loads_neither_torch_nor_a_screen(environment: dict[str, str]) -> None:
    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": "lintui demo --theme ", "COMP_POINT": "20"}
    command = f"{shlex.quote(sys.executable)} -X importtime -m lintui 8>/dev/null 2>&1"
    lines = shell("sh", command, {**environment, **asked})
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert "argcomplete" in imported
    assert not imported & {"torch", "textual", "rich", "plotext"}


def test_bash_offers_runs_and_formats_to_whoever_exports(environment: dict[str, str]) -> None:
    run = rundir.create("first-try")
    a_log(run.log, SAMPLE)
    assert run.path.name in bash("lintui export ", environment)
    assert bash("lintui export first-try --to ", environment) == {*commands.export.FORMATS}
    assert bash("lintui export first-try --to t", environment) == {"tensorboard"}
