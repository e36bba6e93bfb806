"""What tests stand on: a root for their runs, nobody's settings, one terminal, and a place for what they measure."""

import locale
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The machine may be busy: an example that takes long, or long to draw, is no failure.
settings.register_profile("lintui", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lintui")

BESIDE = 60
"""Characters that name a test beside what it measured."""


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which this test's runs live."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("LINTUI_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def somewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is nobody's."""
    return tmp_path_factory.mktemp("somewhere")


@pytest.fixture(autouse=True)
def working_folder(somewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the one that the tests were started in: what a screen keeps goes where it was started."""
    monkeypatch.chdir(somewhere)


@pytest.fixture(autouse=True)
def settings_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's person for settings, empty."""
    for name in [name for name in os.environ if name.startswith("LINTUI_") and name != "LINTUI_DIR"]:
        monkeypatch.delenv(name)
    folder = tmp_path / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder / "lintui"


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's person for what can be fetched again, empty, and no way out to fetch it."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nobody listens
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return folder / "lintui"


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of all colours that wishes for nothing, whatever the one at hand is like."""
    for name, value in {"TERM": "xterm-256color", "COLORTERM": "truecolor"}.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "COLORFGBG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(locale, "getencoding", lambda: "utf-8")


# What is measured


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Take a line that says what this test has measured, to be told at the end whether the test passes or not."""
    # What a test prints stays with the process that ran it; its properties come along with its report.
    return lambda text: request.node.user_properties.append(("figure", text))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell every figure beside the test that measured it, file by file."""
    # The last report of a test has all that was measured, however the test went.
    ends = [
        report
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "teardown"
    ]
    figures = [
        (in_short(report), text)
        for report in sorted(ends, key=lambda report: report.location[0])
        for name, text in report.user_properties
        if name == "figure"
    ]
    if figures:
        terminalreporter.write_sep("=", "figures")
        width = max(len(test) for test, _ in figures)
        for test, text in figures:
            terminalreporter.write_line(f"{test:{width}}  {text}")


def in_short(report: pytest.TestReport) -> str:
    """Which test it was: a long name is cut, its parameters are not."""
    path, _, test = report.location
    name, bracket, parameters = f"{Path(path).name}::{test}".partition("[")
    room = max(BESIDE - len(bracket + parameters), 1)
    return (name if len(name) <= room else f"{name[: room - 1]}…") + bracket + parameters
