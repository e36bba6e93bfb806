"""Reads images and labels from IDX files, gzipped or plain, checked to the last byte; without knowing what they show.

The format is that of MNIST (LeCun, Cortes and Burges, "The MNIST database"): two zero bytes, a byte for the
type of the numbers, a byte for the number of dimensions, the size of each as four bytes (big-endian), then the
numbers.
"""

import gzip
import io
import math
import struct
import zlib
from pathlib import Path

import torch
from torch import Tensor

from lintui.regular import open_regular
from trainer.trouble import BadData

_UNSIGNED_BYTE = 0x08
_GZIP = b"\x1f\x8b"
_MOST = 1 << 30
"""Bytes in a file at most, so that a size that was made up fills no memory."""
_KINDS = {1: "labels", 3: "images"}
"""What a file holds, by its number of dimensions."""


def read_labelled(images: Path, labels: Path, *, classes: int) -> tuple[Tensor, Tensor]:
    """Images of shape (n, rows, columns) and their labels of shape (n,), from 0 below `classes`, both uint8.

    Raises BadData where one of the files is not what it should be, or the two don't belong together.
    """
    X, y = read(images, dimensions=3), read(labels, dimensions=1)
    if len(X) != len(y):
        raise BadData(f"{images} holds {len(X)} images and {labels} {len(y)} labels; give two that belong together")
    if int(y.max()) >= classes:
        raise BadData(
            f"{labels} has the label {int(y.max())}, which is above {classes - 1}; give the labels of {images}"
        )
    return X, y


def read(path: Path, *, dimensions: int) -> Tensor:
    """The numbers of a file of 1 or 3 `dimensions`, as uint8; raises BadData, also where there is not one."""
    try:
        with open_regular(path) as file:
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            return _parse(path, gzip.GzipFile(fileobj=file) if packed else io.BufferedReader(file), dimensions)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadData(f"{path} is damaged ({error}); replace it by a whole one") from error
    except OSError as error:
        raise BadData(f"can't read {path}: {error.strerror or error}; give a file that can be read") from error


def _parse(path: Path, file: io.BufferedIOBase, dimensions: int) -> Tensor:
    header = file.read(4)
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
    shape = struct.unpack(f">{dimensions}I", _exactly(path, file, 4 * dimensions))
    wanted = math.prod(shape)
    if not 0 < wanted <= _MOST:
        raise BadData(f"{path} says that it holds {'×'.join(map(str, shape))} bytes; give one with 1 to {_MOST}")
    data = _exactly(path, file, wanted)
    if file.read(1):
        raise BadData(f"{path} goes on behind its {wanted} bytes of {_KINDS[dimensions]}; replace it by a whole one")
    return torch.frombuffer(data, dtype=torch.uint8).reshape(shape)


def _exactly(path: Path, file: io.BufferedIOBase, count: int) -> bytearray:
    data = bytearray(file.read(count))
    if len(data) < count:
        raise BadData(f"{path} ends {count - len(data)} bytes too early; replace it by a whole one")
    return data
