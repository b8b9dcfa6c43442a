"""A segment on disk (see ``array_file``)."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy.typing as npt

from lsp_search.index import array_file, chunks, embeddings
from lsp_search.index.array_file import BadFile as BadSegment
from lsp_search.index.array_file import verify
from lsp_search.index.segment import COLUMNS, Segment

MAGIC = b"LSPSEG03"
"""Format name and version; another version is rebuilt, never guessed at."""


_OF_CHUNKS = "chunks."


def save(segment: Segment, path: Path) -> None:
    """Writes *segment* so that *path* is either whole or absent. Raises OSError (disk full, …)."""
    columns = {name: getattr(segment, name) for name in COLUMNS}
    columns |= {_OF_CHUNKS + name: getattr(segment.chunks, name) for name in chunks.COLUMNS}
    array_file.save(path, MAGIC, segment.number, columns)


def load(path: Path) -> Segment:
    """Maps the segment at *path*; reads nothing but its header. Raises BadSegment, OSError."""
    return array_file.load(path, MAGIC, _made)


def _made(number: int, mapping: mmap.mmap, **columns: npt.NDArray[Any]) -> Segment:
    own = {name: column for name, column in columns.items() if not name.startswith(_OF_CHUNKS)}
    inner = {
        name.removeprefix(_OF_CHUNKS): column
        for name, column in columns.items()
        if name.startswith(_OF_CHUNKS)
    }
    if inner["table"][0] != embeddings.shipped().identity:
        raise ValueError("made with another table of vectors")
    return Segment(number=number, mapping=mapping, chunks=chunks.Chunks(**inner), **own)


__all__ = ["MAGIC", "BadSegment", "load", "save", "verify"]
