"""The symbols of one file as one compressed blob, with its chunks behind them: the form in which they travel and are
stored.

A worker packs what extraction found; the writer stores the blob without looking inside; whoever
builds a segment reads the columns with numpy, and whoever needs symbols of one file unpacks them.
Packing costs about 2 µs a symbol and needs the standard library alone, because workers do not load
numpy. Columns of small integers behind zlib's fastest level take about a fifth of their raw size.

Layout before compression, little-endian: the header (``_HEADER``), then per symbol one column after
the other (``COLUMNS``), then the names and the distinct containers, each joined by newlines. Before it stands how many
bytes it takes, after it what ``chunk_blob`` packed.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from lsp_search.model import Symbol

_HEADER = struct.Struct("<III")
"""Count of symbols, bytes of names, bytes of containers."""

_LENGTH = struct.Struct("<I")

COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("kind", "B", 1),
    ("ascii", "B", 1),
    ("container", "I", 4),
    ("line", "I", 4),
    ("column", "I", 4),
    ("start_line", "I", 4),
    ("start_column", "I", 4),
    ("end_line", "I", 4),
    ("end_column", "I", 4),
)
"""Name, ``array`` type code and item size of each column, in order."""

EMPTY = b""
"""The blob of a file without symbols and chunks."""


def pack(symbols: Sequence[Symbol], source: bytes, chunks: bytes = b"") -> bytes:
    """The blob for *symbols* as found in *source* (UTF-8), and its packed *chunks*."""
    if not symbols and not chunks:
        return EMPTY
    packed = _pack(symbols, source) if symbols else b""
    return _LENGTH.pack(len(packed)) + packed + chunks


def _pack(symbols: Sequence[Symbol], source: bytes) -> bytes:
    names, kinds, containers, *positions = zip(*symbols, strict=True)
    distinct = {container: number for number, container in enumerate(dict.fromkeys(containers))}
    parts: list[bytes] = [
        bytes(kinds),
        _ascii_flags(symbols, source),
        _column(array("I", [distinct[container] for container in containers])),
        *(_column(array("I", values)) for values in positions),
    ]
    name_bytes = "\n".join(names).encode("utf-8", "replace")
    container_bytes = "\n".join(distinct).encode("utf-8", "replace")
    header = _HEADER.pack(len(symbols), len(name_bytes), len(container_bytes))
    return zlib.compress(b"".join([header, *parts, name_bytes, container_bytes]), 1)


def _column(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _ascii_flags(symbols: Sequence[Symbol], source: bytes) -> bytes:
    if source.isascii():
        return b"\x01" * len(symbols)
    lines = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    flags = bytearray(len(symbols))
    for number, symbol in enumerate(symbols):
        text = lines[symbol.line] if symbol.line < len(lines) else b""
        flags[number] = text[: symbol.column].isascii() and symbol.name.isascii()
    return bytes(flags)


@dataclass(frozen=True, slots=True)
class Packed:
    """One opened blob: raw column bytes, by name, and the two string lists as joined bytes."""

    count: int
    columns: dict[str, bytes]
    names: bytes
    containers: bytes
    chunks: bytes
    """See ``chunk_blob``."""


def open_blob(blob: bytes) -> Packed:
    """Opens what :func:`pack` made. Raises ValueError for anything else."""
    if not blob:
        return Packed(0, {name: b"" for name, _, _ in COLUMNS}, b"", b"", b"")
    try:
        end = _LENGTH.size + _LENGTH.unpack_from(blob)[0]
        packed, chunks = blob[_LENGTH.size : end], blob[end:]
        if not packed:
            return Packed(0, {name: b"" for name, _, _ in COLUMNS}, b"", b"", chunks)
        raw = zlib.decompress(packed)
        count, name_bytes, container_bytes = _HEADER.unpack_from(raw)
    except (zlib.error, struct.error) as error:
        raise ValueError(f"not a packed symbol table: {error}") from error
    if len(raw) != _HEADER.size + count * sum(size for *_, size in COLUMNS) + name_bytes + container_bytes:
        raise ValueError("not a packed symbol table: its length is wrong")
    columns: dict[str, bytes] = {}
    at = _HEADER.size
    for name, _, size in COLUMNS:
        columns[name] = raw[at : at + count * size]
        at += count * size
    return Packed(count, columns, raw[at : at + name_bytes], raw[at + name_bytes :], chunks)


def unpack(blob: bytes) -> list[Symbol]:
    """The symbols of one file, in file order."""
    packed = open_blob(blob)
    if not packed.count:
        return []
    columns: dict[str, Sequence[int]] = {}
    for name, code, _ in COLUMNS:
        values = array(code)
        values.frombytes(packed.columns[name])
        if sys.byteorder == "big":
            values.byteswap()
        columns[name] = values
    containers = packed.containers.decode("utf-8", "replace").split("\n")
    return [
        Symbol(name, kind, containers[container], *position)
        for name, kind, container, *position in zip(
            packed.names.decode("utf-8", "replace").split("\n"),
            columns["kind"],
            columns["container"],
            columns["line"],
            columns["column"],
            columns["start_line"],
            columns["start_column"],
            columns["end_line"],
            columns["end_column"],
            strict=True,
        )
    ]
