"""The chunks of one file as one compressed blob: the form in which they travel and are stored, as ``packed`` is for symbols.

Each distinct term of the file is written once; chunks refer to it by number. About 100 bytes a chunk. What vectors and
weights come of it is decided by whoever builds a segment, so another table of vectors needs no file to be read again.

Layout before compression, little-endian: the header (``_HEADER``), four columns of one entry a chunk, term numbers of all chunks, their weights, and the terms joined by newlines.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from lsp_search.languages.chunks import FILE, Chunk

_HEADER = struct.Struct("<III")
"""Count of chunks, count of term numbers, bytes of terms."""
_COLUMNS = 4
"""Arrays of ``I``, one entry a chunk: its symbol (:data:`NO_SYMBOL` for what is left of a file), its lines, how many terms."""
NO_SYMBOL = 0xFFFFFFFF


def pack(chunks: Sequence[Chunk]) -> bytes:
    """Empty for no chunks."""
    if not chunks:
        return b""
    numbers: dict[str, int] = {}
    columns = (
        array("I", [NO_SYMBOL if chunk.symbol == FILE else chunk.symbol for chunk in chunks]),
        array("I", [chunk.line for chunk in chunks]),
        array("I", [chunk.end_line for chunk in chunks]),
        array("I", [len(chunk.terms) for chunk in chunks]),
    )
    terms = array("I")
    weights = bytearray()
    for chunk in chunks:
        terms.extend([numbers.setdefault(term, len(numbers)) for term in chunk.terms])
        weights += bytes(chunk.terms.values())
    text = "\n".join(numbers).encode("utf-8", "replace")
    header = _HEADER.pack(len(chunks), len(terms), len(text))
    body = b"".join([header, *map(_little, columns), _little(terms), weights, text])
    return zlib.compress(body, 1)


def _little(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


@dataclass(frozen=True, slots=True)
class ChunkBlob:
    """One opened blob: raw little-endian columns (``<u4``; ``weight`` is bytes) and the distinct terms in UTF-8."""

    count: int
    names: tuple[bytes, ...] = ()
    symbol: bytes = b""
    line: bytes = b""
    end_line: bytes = b""
    terms: bytes = b""
    """How many terms each chunk has."""
    term: bytes = b""
    """Numbers into ``names``, of all chunks one after the other."""
    weight: bytes = b""


def open_blob(blob: bytes) -> ChunkBlob:
    """Opens what :func:`pack` made. Raises ValueError for anything else."""
    if not blob:
        return ChunkBlob(0)
    try:
        raw = zlib.decompress(blob)
        count, occurrences, text_bytes = _HEADER.unpack_from(raw)
    except (zlib.error, struct.error) as error:
        raise ValueError(f"not a packed table of chunks: {error}") from error
    if len(raw) != _HEADER.size + 4 * _COLUMNS * count + 5 * occurrences + text_bytes:
        raise ValueError("not a packed table of chunks: its length is wrong")
    at = _HEADER.size
    parts: list[bytes] = []
    for size in (*[4 * count] * _COLUMNS, 4 * occurrences, occurrences):
        parts.append(raw[at : at + size])
        at += size
    return ChunkBlob(count, tuple(raw[at:].split(b"\n")), *parts)
