"""Arrays on disk: magic, header length, a JSON header that lists them, then the arrays, each aligned to 64 bytes.

A file is written under another name and renamed when complete, and mapped when loaded. The header carries a checksum
of the whole body, which :func:`verify` compares in the background.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

_Made = TypeVar("_Made")

_ROOM = 4096
"""Bytes before the first array."""


class BadFile(Exception):
    """The file is not whole, or not of this kind and version."""


def save(path: Path, magic: bytes, number: int, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Writes *arrays* so that *path* is either whole or absent; mode 0600. *magic*: 8 bytes, name and version of the
    format. Raises OSError (disk full, …)."""
    body: list[dict[str, Any]] = []
    at = 0
    checksum = 0
    for name, values in arrays.items():
        body.append({"name": name, "dtype": values.dtype.str, "shape": values.shape, "at": at})
        at += _padded(values.nbytes)
    partial = path.with_suffix(".partial")
    handle = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(handle, "wb") as out:
            out.seek(_ROOM)
            for values in arrays.values():
                data = np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
                checksum = zlib.crc32(data, checksum)
                out.write(data)
                out.write(bytes(_padded(values.nbytes) - values.nbytes))
            header = {"number": number, "arrays": body, "bytes": at, "crc32": checksum}
            encoded = json.dumps(header).encode()
            if len(encoded) > _ROOM - 16:
                raise OSError("the header of an index file is too long")
            out.seek(0)
            out.write(magic + len(encoded).to_bytes(8, "little") + encoded)
            out.flush()
            os.fsync(out.fileno())  # whole after a power cut, and clean pages for whoever maps them
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _padded(size: int) -> int:
    return (size + 63) // 64 * 64


def load(path: Path, magic: bytes, make: Callable[..., _Made]) -> _Made:
    """Maps the arrays at *path*, reading nothing but the header, and hands them to *make* by name, with ``number`` and
    ``mapping``. Raises BadFile, OSError."""
    with open(path, "rb") as source:
        size = os.fstat(source.fileno()).st_size
        if size < _ROOM:
            raise BadFile(f"{path.name}: too short")
        mapped = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
    header = _header(mapped, path.name, magic)
    if size != _ROOM + header["bytes"]:
        raise BadFile(f"{path.name}: {size} bytes, expected {_ROOM + header['bytes']}")
    arrays: dict[str, npt.NDArray[Any]] = {}
    try:
        for entry in header["arrays"]:
            shape = tuple(entry["shape"])
            count = int(np.prod(shape, dtype=np.int64))
            flat = np.frombuffer(mapped, np.dtype(entry["dtype"]), count, _ROOM + entry["at"])
            arrays[entry["name"]] = flat.reshape(shape)
        return make(number=int(header["number"]), mapping=mapped, **arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise BadFile(f"{path.name}: {error}") from error


def _header(mapped: mmap.mmap, name: str, magic: bytes) -> dict[str, Any]:
    if mapped[:8] != magic:
        raise BadFile(f"{name}: not a file of this kind and version")
    length = int.from_bytes(mapped[8:16], "little")
    try:
        header = json.loads(mapped[16 : 16 + length])
    except ValueError as error:
        raise BadFile(f"{name}: unreadable header") from error
    if not isinstance(header, dict) or not {"number", "arrays", "bytes", "crc32"} <= header.keys():
        raise BadFile(f"{name}: incomplete header")
    return header


def verify(path: Path) -> bool:
    """Whether the body still has the checksum it was written with. Reads the whole file (about 1 GB/s)."""
    try:
        with open(path, "rb") as source:
            prefix = source.read(_ROOM)
            header = json.loads(prefix[16 : 16 + int.from_bytes(prefix[8:16], "little")])
            checksum = 0
            for entry in header["arrays"]:
                size = int(np.prod(entry["shape"], dtype=np.int64)) * np.dtype(entry["dtype"]).itemsize
                source.seek(_ROOM + entry["at"])
                while size > 0:
                    data = source.read(min(size, 1 << 20))
                    if not data:
                        return False
                    checksum = zlib.crc32(data, checksum)
                    size -= len(data)
            return bool(checksum == header["crc32"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
