"""Checks IDX files, gzipped or plain, and takes the bytes out of them; without torch.

The format is that of MNIST (LeCun, Cortes and Burges, "The MNIST database"): two zero bytes, a byte for the
type of the numbers, a byte for the number of dimensions, the size of each as four bytes (big-endian), then the
numbers.
"""

import contextlib
import gzip
import io
import math
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from lintui.regular import open_regular
from trainer.trouble import BadData

_UNSIGNED_BYTE = 0x08
_GZIP = b"\x1f\x8b"
_MOST = 1 << 30
"""Bytes in a file at most, so that a size that was made up fills no memory."""
_KINDS = {1: "labels", 3: "images"}
"""What a file holds, by its number of dimensions."""


def read_shape(path: Path, *, dimensions: int) -> tuple[int, ...]:
    """The sizes in a file of 1 or 3 `dimensions`, from its beginning and its length; raises BadData.

    Damage between the two is not seen.
    """
    with _opened(path) as (file, stream):
        shape = _shape(path, stream, dimensions)
        wanted = 4 + 4 * dimensions + math.prod(shape)
        if stream is file:
            length = os.fstat(file.fileno()).st_size
        else:
            # How long it was before it was packed, modulo 2³², is what a gzip file ends with.
            file.seek(-4, os.SEEK_END)
            (length,) = struct.unpack("<I", file.read(4))
    if length != wanted:
        # To say what is wrong, or that a gzip file of several parts is right, takes all of it.
        read_bytes(path, dimensions=dimensions)
    return shape


def read_bytes(path: Path, *, dimensions: int) -> tuple[tuple[int, ...], bytearray]:
    """The sizes in a file of 1 or 3 `dimensions` and all its numbers, checked to the last byte; raises BadData."""
    with _opened(path) as (_, stream):
        shape = _shape(path, stream, dimensions)
        data = _exactly(path, stream, math.prod(shape))
        if stream.read(1):
            what = f"{len(data)} bytes of {_KINDS[dimensions]}"
            raise BadData(f"{path} goes on behind its {what}; replace it by a whole one")
        return shape, data


def check_pair(images: Path, count: int, labels: Path, values: bytes | bytearray, *, classes: int) -> None:
    """Raise BadData unless so many images have as many labels, each from 0 below `classes`."""
    if count != len(values):
        raise BadData(
            f"{images} holds {count} images and {labels} {len(values)} labels; give two that belong together"
        )
    if max(values) >= classes:
        raise BadData(
            f"{labels} has the label {max(values)}, which is above {classes - 1}; give the labels of {images}"
        )


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[io.FileIO, io.FileIO | gzip.GzipFile]]:
    """The file, and what is in it once unpacked; raises BadData where reading it fails."""
    try:
        with open_regular(path) as file:
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            yield file, gzip.GzipFile(fileobj=file) if packed else file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadData(f"{path} is damaged ({error}); replace it by a whole one") from error
    except OSError as error:
        raise BadData(f"can't read {path}: {error.strerror or error}; give a file that can be read") from error


def _shape(path: Path, file: io.FileIO | gzip.GzipFile, dimensions: int) -> tuple[int, ...]:
    header = _read(file, 4)
    if len(header) < 4 or header[:2] != b"\0\0":
        raise BadData(f"{path} is no IDX file: it begins with {header.hex(' ') or 'nothing'}; give one that is")
    kind, found = header[2:]
    if kind != _UNSIGNED_BYTE:
        raise BadData(f"{path} holds numbers of type 0x{kind:02x}, and bytes (0x08) are needed; convert it")
    if found != dimensions:
        holds = _KINDS.get(found, f"arrays of {found} dimensions")
        raise BadData(
            f"{path} holds {holds} where {_KINDS[dimensions]} should be; put the {_KINDS[dimensions]} there"
        )
    shape: tuple[int, ...] = struct.unpack(f">{dimensions}I", _exactly(path, file, 4 * dimensions))
    if not 0 < math.prod(shape) <= _MOST:
        raise BadData(f"{path} says that it holds {'×'.join(map(str, shape))} bytes; give one with 1 to {_MOST}")
    return shape


def _exactly(path: Path, file: io.FileIO | gzip.GzipFile, count: int) -> bytearray:
    data = _read(file, count)
    if len(data) < count:
        raise BadData(f"{path} ends {count - len(data)} bytes too early; replace it by a whole one")
    return data


def _read(file: io.FileIO | gzip.GzipFile, count: int) -> bytearray:
    """So many bytes, or fewer where the file ends; an unbuffered file may give them piece by piece."""
    data = bytearray()
    while len(data) < count and (piece := file.read(count - len(data))):
        data += piece
    return data
