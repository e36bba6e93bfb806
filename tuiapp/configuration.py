"""Where settings come from: flags, the environment, the project's file and the person's, the stronger first."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lintui.regular import open_regular
from tuiapp import remapping
from tuiapp.options import Mistake, nearest
from tuiapp.preferences import Preferences
from tuiapp.settings import SETTINGS

_LARGEST = 1 << 20
"""Bytes of a file at most."""
_PLACE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)


def preferences(flags: Mapping[str, object], environment: Mapping[str, str] = os.environ) -> Preferences:
    """What the flags say (by attribute, None: nothing), and for the rest the other three; raises Mistake."""
    found: dict[str, Any] = {}
    keys: dict[str, str] = {}
    for file, table in _tables():
        bound = table.pop("keys", {})
        found |= _settings(file, table)
        keys |= _keys(file, bound, keys)
    for setting in SETTINGS:
        if text := environment.get(setting.variable, "").strip():
            found[setting.attribute] = setting.from_variable(text)
        if (value := flags.get(setting.attribute)) is not None:
            found[setting.attribute] = value
    return Preferences(**found, keys=keys)


def _tables() -> Iterator[tuple[str, dict[str, Any]]]:
    """What the files say with their names, the person's before the project's, which is the stronger."""
    import platformdirs

    person = platformdirs.user_config_path("lintui") / "config.toml"
    yield str(person), _read(person)
    project = _project()
    if project is not None:
        table = _read(project).get("tool")
        ours = table.get("lintui", {}) if isinstance(table, dict) else {}
        if not isinstance(ours, dict):
            raise Mistake(f"tool.lintui in {project} needs to be a table; write [tool.lintui]")
        yield f"[tool.lintui] of {project}", dict(ours)


def _project() -> Path | None:
    """The nearest pyproject.toml from the working folder upward."""
    try:
        folder = Path.cwd()
    except OSError:  # the folder has been removed under us
        return None
    places = (place / "pyproject.toml" for place in (folder, *folder.parents))
    return next((place for place in places if os.path.lexists(place)), None)


def _read(path: Path) -> dict[str, Any]:
    """What a TOML file says, nothing where there is none; raises Mistake."""
    if not os.path.lexists(path):  # or in a folder that is closed to us, such as another's home
        return {}
    try:
        with open_regular(path) as file:
            content = file.read(_LARGEST + 1) or b""
    except FileNotFoundError:  # a link to nothing
        return {}
    except OSError as error:
        raise Mistake(f"can't read {path}: {error.strerror or error}; mend it or move it away") from error
    if len(content) > _LARGEST:
        raise Mistake(f"{path} is larger than {_LARGEST >> 20} MiB; no settings are, so move it away")
    if not content.strip():
        return {}
    import tomllib

    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise Mistake(f"{path}, {_place(content[: error.start])}: this is no UTF-8; save the file as UTF-8") from None
    except RecursionError:
        raise Mistake(f"{path} is nested too deep; settings need no more than a table") from None
    except ValueError as error:
        match = _PLACE.fullmatch(str(error))
        place = f"line {match[2]}, column {match[3]}" if match else _place(content)
        words = (match[1] if match else str(error)).removesuffix(" (at end of document)")
        raise Mistake(f"{path}, {place}: this is no TOML: {words}") from None


def _place(before: bytes) -> str:
    """Line and column, from 1, of what comes after these bytes."""
    lines = before.decode(errors="replace").split("\n")
    return f"line {len(lines)}, column {len(lines[-1]) + 1}"


def _settings(file: str, table: Mapping[str, object]) -> dict[str, object]:
    """The settings in a table; raises Mistake for what is none."""
    known = {setting.name: setting for setting in SETTINGS}
    found = {}
    for name, value in table.items():
        setting = known.get(name.replace("_", "-"))
        if setting is None:
            raise Mistake(f"{file} has {name!r}, which is no setting; {nearest(name, [*known, 'keys'])}")
        found[setting.attribute] = setting.from_file(value, file)
    return found


def _keys(file: str, bound: object, before: Mapping[str, str]) -> dict[str, str]:
    """The keys in a file, checked together with those that hold so far; raises Mistake."""
    if not isinstance(bound, dict):
        raise Mistake(f'keys in {file} needs to be a table; write [keys] and below it pause = "p"')
    keys: dict[str, str] = {}
    for action, names in bound.items():
        if not isinstance(names, str):
            raise Mistake(f'keys in {file}: {action} needs keys in quotes, not {names!r}; try {action} = "f2,ctrl+s"')
        keys[action.replace("_", "-")] = names
    try:
        remapping.table({**before, **keys})
    except ValueError as error:
        raise Mistake(f"keys in {file}: {error}") from None
    return keys
