"""A segment on disk (see ``array_file``)."""

from __future__ import annotations

from pathlib import Path

from lsp_search.index import array_file
from lsp_search.index.array_file import BadFile as BadSegment
from lsp_search.index.array_file import verify
from lsp_search.index.segment import COLUMNS, Segment

MAGIC = b"LSPSEG02"
"""Format name and version; another version is rebuilt, never guessed at."""


def save(segment: Segment, path: Path) -> None:
    """Writes *segment* so that *path* is either whole or absent. Raises OSError (disk full, …)."""
    array_file.save(path, MAGIC, segment.number, {name: getattr(segment, name) for name in COLUMNS})


def load(path: Path) -> Segment:
    """Maps the segment at *path*; reads nothing but its header. Raises BadSegment, OSError."""
    return array_file.load(path, MAGIC, Segment)


__all__ = ["MAGIC", "BadSegment", "load", "save", "verify"]
