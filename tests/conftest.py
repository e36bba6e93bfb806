"""What every test stands on: a root of its own for the runs that it makes."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The machine may be busy: an example that takes long, or long to draw, is no failure.
settings.register_profile("lintui", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lintui")


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which this test's runs live."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("LINTUI_DIR", str(folder))
    return folder
