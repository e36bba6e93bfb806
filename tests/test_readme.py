"""The README is a promise: every command and snippet in it runs, every picture and file it names is there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def shell_lines() -> list[str]:
    """Every command, without what is said about it."""
    lines = [line.split("#")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line]


def run_shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the README with this Python's lintui, off a terminal."""
    ours = f'"{sys.executable}" -m lintui'
    command = re.sub(r"^lintui\b", lambda _: ours, command)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


SCRIPT = """
import torch

weight = torch.nn.Parameter(torch.ones(2))
optimizer = torch.optim.SGD([weight], lr=0.1)
for step in range(1, 4):
    loss = weight.square().sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step} loss {loss.item()}")
"""
"""Somebody's training script."""


def test_every_lintui_command_runs_in_the_order_in_which_it_stands(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT, encoding="utf-8")
    commands = [line for line in shell_lines() if line.startswith("lintui")]
    assert len(commands) >= 5
    for command in commands:
        done = run_shell(command, tmp_path)
        told = re.sub(r"^lintui: recorded in .*\n", "", done.stderr)
        assert (command, done.returncode, told) == (command, 0, "")
    for name in ("run.jsonl", "softmax.jsonl"):
        first = json.loads((tmp_path / name).read_text().splitlines()[0])
        assert first["kind"] == "run"


def test_every_make_target_that_is_named_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", README + (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    assert {"demo", "test", "test-faults", "test-long", "check", "bench", "pictures"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_every_python_snippet_runs(tmp_path: Path) -> None:
    assert run_shell("lintui demo linreg-scratch --headless --log run.jsonl", tmp_path).returncode == 0
    snippets = blocks("python")
    assert len(snippets) >= 2
    for snippet in snippets:
        done = subprocess.run(
            [sys.executable, "-c", snippet],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout


@pytest.mark.parametrize("name", re.findall(r"\]\(([^)#:]+)\)|`python (bench/[a-z_]+\.py)`", README))
def test_every_file_that_is_named_is_there(name: tuple[str, str]) -> None:
    assert (ROOT / (name[0] or name[1])).is_file()


def test_every_dependency_is_named_with_its_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for requirement in project["dependencies"]:
        package = re.split(r"[<>=]", requirement)[0]
        assert re.search(rf"^\| {package} \| .+ \|$", README, flags=re.MULTILINE), package


def test_every_experiment_is_named() -> None:
    from trainer.catalog import CATALOG

    for entry in CATALOG:
        assert f"| `{entry.id}` | {entry.question} |" in README


def test_every_setting_and_every_action_that_can_have_another_key_is_named() -> None:
    from tuiapp.keymap import KEYS
    from tuiapp.settings import SETTINGS

    for setting in SETTINGS:
        assert f"`{setting.flag}" in README and f"`{setting.variable}=" in README and f"`{setting.name} = " in README
    for row in KEYS:
        assert f"`{row.name}`" in README
