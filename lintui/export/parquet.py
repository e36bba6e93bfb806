"""A run as a Parquet file: a row for each step, null where nothing was measured; what needs pyarrow is only here."""

from itertools import islice
from typing import BinaryIO

import orjson

from lintui.export.naming import named
from lintui.export.recording import Recording

_ROWS = 65_536
"""Rows of one group, which are held at once."""
_CELLS = 4 * 1024 * 1024
"""Cells of one group at most."""


class NoPyarrow(Exception):
    """The package that writes Parquet is missing; the text is one line that says how to get it."""


def write(recording: Recording, file: BinaryIO) -> None:
    """Write it group by group, the run's name and settings beside the columns.

    Raises NoPyarrow, and what the file raises.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise NoPyarrow("Parquet needs the package pyarrow: pip install 'lintui[parquet]'") from error
    names = [*named(recording.keys, ("step", "epoch", "time")).values()]
    fields = [("step", pyarrow.int64()), ("epoch", pyarrow.int64()), ("time", pyarrow.float64())]
    schema = pyarrow.schema([*fields, *((name, pyarrow.float64()) for name in names)], _about(recording))
    rows = recording.rows()
    many = max(min(_ROWS, _CELLS // (len(names) + 1)), 1)
    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        while group := [*islice(rows, many)]:
            epochs = [row.epoch if recording.has_epochs else None for row in group]
            columns = [[row.step for row in group], epochs, [row.time for row in group]]
            columns += [[row.values.get(i) for row in group] for i in range(len(names))]
            arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _about(recording: Recording) -> dict[str, str]:
    if (started := recording.started) is None:
        return {}
    settings = orjson.dumps(dict(started.config)).decode()
    return {"lintui.run": started.name, "lintui.created": started.created, "lintui.settings": settings}
