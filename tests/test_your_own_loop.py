"""The page about a person's own loop is a promise: its snippets run, in the order in which they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

from strategies import read_log

from lintui import rundir
from lintui.events import Ended, Started, Steps

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "your-own-loop.md").read_text(encoding="utf-8")


def test_every_snippet_runs_and_leaves_a_log_that_is_complete(tmp_path: Path) -> None:
    snippets = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(snippets) >= 4
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(snippets)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    steps = {}
    for directory in rundir.listing():
        records, problems = read_log(directory.log)
        (started,) = [event for _, event in records if isinstance(event, Started)]
        assert problems == []
        assert isinstance(records[-1].event, Ended)
        assert records[-1].event.how == "done"
        assert any(isinstance(event, Steps) for _, event in records)
        steps[started.name] = records[-1].event.at
    assert steps == {"my-model": 60, "steered": 1, "scaled": 2, "gan": 1}


def test_every_setting_that_is_named_is_offered_by_some_optimizer() -> None:
    from lintui.optimizer import SETTINGS

    assert all(f"`{name}`" in PAGE for name in SETTINGS)
