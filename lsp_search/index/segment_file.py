"""A segment on disk: magic, header length, a JSON header that lists the arrays, then the arrays, each aligned to 64 bytes.

It is written under another name and renamed when complete, mapped when loaded. The header carries a checksum of the
whole body, which :func:`verify` compares in the background.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lsp_search.index.segment import COLUMNS, Segment

MAGIC = b"LSPSEG02"
"""Format name and version; another version is rebuilt, never guessed at."""


class BadSegment(Exception):
    """The file is not a whole segment of this version."""


def save(segment: Segment, path: Path) -> None:
    """Writes *segment* so that *path* is either whole or absent; mode 0600. Raises OSError (disk full, …)."""
    body: list[dict[str, Any]] = []
    at = 0
    checksum = 0
    for name in COLUMNS:
        values = getattr(segment, name)
        body.append({"name": name, "dtype": values.dtype.str, "shape": values.shape, "at": at})
        at += _padded(values.nbytes)
    partial = path.with_suffix(".partial")
    handle = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(handle, "wb") as out:
            header_room = 4096
            out.seek(header_room)
            for name in COLUMNS:
                values = np.ascontiguousarray(getattr(segment, name))
                data = values.reshape(-1).view(np.uint8).data
                checksum = zlib.crc32(data, checksum)
                out.write(data)
                out.write(bytes(_padded(values.nbytes) - values.nbytes))
            header = {"number": segment.number, "arrays": body, "bytes": at, "crc32": checksum}
            encoded = json.dumps(header).encode()
            if len(encoded) > header_room - 16:
                raise OSError("segment header too long")
            out.seek(0)
            out.write(MAGIC + len(encoded).to_bytes(8, "little") + encoded)
            out.flush()
            os.fsync(out.fileno())  # whole after a power cut, and clean pages for whoever maps them
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _padded(size: int) -> int:
    return (size + 63) // 64 * 64


def load(path: Path) -> Segment:
    """Maps the segment at *path*; reads nothing but its header. Raises BadSegment, OSError."""
    with open(path, "rb") as source:
        size = os.fstat(source.fileno()).st_size
        if size < 4096:
            raise BadSegment(f"{path.name}: too short")
        mapped = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
    header = _header(mapped, path.name)
    if size != 4096 + header["bytes"]:
        raise BadSegment(f"{path.name}: {size} bytes, expected {4096 + header['bytes']}")
    arrays: dict[str, npt.NDArray[Any]] = {}
    try:
        for entry in header["arrays"]:
            shape = tuple(entry["shape"])
            count = int(np.prod(shape, dtype=np.int64))
            flat = np.frombuffer(mapped, np.dtype(entry["dtype"]), count, 4096 + entry["at"])
            arrays[entry["name"]] = flat.reshape(shape)
        return Segment(number=int(header["number"]), mapping=mapped, **arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise BadSegment(f"{path.name}: {error}") from error


def _header(mapped: mmap.mmap, name: str) -> dict[str, Any]:
    if mapped[:8] != MAGIC:
        raise BadSegment(f"{name}: not a segment of this version")
    length = int.from_bytes(mapped[8:16], "little")
    try:
        header = json.loads(mapped[16 : 16 + length])
    except ValueError as error:
        raise BadSegment(f"{name}: unreadable header") from error
    if not isinstance(header, dict) or not {"number", "arrays", "bytes", "crc32"} <= header.keys():
        raise BadSegment(f"{name}: incomplete header")
    return header


def verify(path: Path) -> bool:
    """Whether the body still has the checksum it was written with. Reads the whole file (about 1 GB/s)."""
    try:
        with open(path, "rb") as source:
            prefix = source.read(4096)
            header = json.loads(prefix[16 : 16 + int.from_bytes(prefix[8:16], "little")])
            checksum = 0
            for entry in header["arrays"]:
                size = int(np.prod(entry["shape"], dtype=np.int64)) * np.dtype(entry["dtype"]).itemsize
                source.seek(4096 + entry["at"])
                while size > 0:
                    data = source.read(min(size, 1 << 20))
                    if not data:
                        return False
                    checksum = zlib.crc32(data, checksum)
                    size -= len(data)
            return bool(checksum == header["crc32"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
