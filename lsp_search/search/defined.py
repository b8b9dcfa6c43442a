"""Where the symbols stand that have just one name."""

from __future__ import annotations

import numpy as np

from lsp_search.index.segment import Segment
from lsp_search.index.snapshot import Snapshot
from lsp_search.search.candidates import prefix_range
from lsp_search.search.filters import alive
from lsp_search.search.pattern import fold

_DEFINITIONS = 1000
"""Places of definition that are looked up."""


def definitions(snapshot: Snapshot, name: bytes) -> set[tuple[int, int]]:
    """(file id, line) of the symbols that have just this *name*, case aside."""
    found: set[tuple[int, int]] = set()
    for segment in snapshot.segments if name else ():
        rows = _rows_named(segment, fold(name))
        rows = rows[alive(snapshot, segment, rows)]
        found.update(zip(segment.row_file[rows].tolist(), segment.row_line[rows].tolist(), strict=True))
        if len(found) > _DEFINITIONS:
            break
    return found


def _rows_named(segment: Segment, name: bytes) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    low, high = prefix_range(segment, name)
    rows: list[int] = []
    for place in range(low, high):
        number = int(segment.lex[place])
        if int(segment.offsets[number + 1]) - int(segment.offsets[number]) != len(name):
            break  # names that are longer come after
        rows += range(int(segment.row_start[number]), int(segment.row_start[number + 1]))
        if len(rows) > _DEFINITIONS:
            break
    return np.array(rows, np.int64)
