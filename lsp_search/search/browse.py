"""Answers to queries without a word: all functions, all of a folder, all but something.

There is nothing to match, so every row is a candidate. The rows that pass the cheap tests are taken in the order of
files and lines, own code first, a few at a time, until enough of them pass the dear tests as well; after
``MOST_ROWS`` a segment's answer is incomplete. About 30 ms for a million rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from lsp_search.index.segment import Segment
from lsp_search.index.snapshot import Snapshot
from lsp_search.search import filters
from lsp_search.search.matcher import Matcher
from lsp_search.search.query import Plan
from lsp_search.search.rows import Row
from lsp_search.telemetry.spans import spanned

MOST_ROWS = 1 << 16
_FIRST = 2048

_Key = tuple[int, str, int, int]


@spanned("match")
def browse(
    snapshots: Sequence[Snapshot], plan: Plan, limit: int, check: Callable[[], None]
) -> tuple[list[Row], bool]:
    """The first *limit* rows that pass the plan's tests, and whether there may be more."""
    found: list[tuple[_Key, Row]] = []
    complete = True
    for snapshot in snapshots:
        files = filters.of_paths(snapshot.catalog, plan.filter) if plan.filter.paths else None
        for segment in snapshot.segments:
            check()
            rows, all_seen = _passing(snapshot, segment, plan, files, limit + 1, check)
            complete &= all_seen
            found += [_keyed(snapshot, segment, row) for row in rows]
    found.sort(key=lambda entry: entry[0])
    return [row for _, row in found[:limit]], not complete or len(found) > limit


def _keyed(snapshot: Snapshot, segment: Segment, row: int) -> tuple[_Key, Row]:
    file_id = int(segment.row_file[row])
    standing = int(snapshot.catalog.standing[file_id])
    name = int(np.searchsorted(segment.row_start, np.uint32(row), "right")) - 1
    key = (
        standing,
        snapshot.catalog.paths[file_id],
        int(segment.row_line[row]),
        int(segment.row_column[row]),
    )
    return key, Row(snapshot, segment, name, row)


def _passing(
    snapshot: Snapshot,
    segment: Segment,
    plan: Plan,
    files: filters.Flags | None,
    wanted: int,
    check: Callable[[], None],
) -> tuple[list[int], bool]:
    """The first *wanted* rows of one segment, and whether all that could pass were looked at. *files*: by id, which
    pass."""
    every = np.arange(segment.rows, dtype=np.int64)
    rows = every[filters.cheap(snapshot, segment, plan, every)]
    if files is not None:
        rows = rows[files[segment.row_file[rows]]]
    complete = True
    if plan.expressions:
        matching, complete = named(segment, plan.expressions, check)
        rows = rows[matching[np.searchsorted(segment.row_start, rows, "right") - 1]]
    dear = filters.Dear(snapshot, segment, plan, ())
    chosen: list[int] = []
    seen = 0
    for part in _in_order(snapshot, segment, rows):
        check()
        chosen += part[dear.passing(part)].tolist()
        seen += len(part)
        if len(chosen) >= wanted or seen >= MOST_ROWS:
            break
    return chosen[:wanted], complete and seen >= len(rows)


def named(
    segment: Segment, expressions: Sequence[Matcher], check: Callable[[], None]
) -> tuple[npt.NDArray[np.bool_], bool]:
    """Which names of *segment* match all *expressions*, and whether all were looked at. Names of one length stand
    together: with a column of line ends they are one text. 0.1 s for two million names, but for 2 us a match."""
    matching = np.zeros(segment.names, np.bool_)
    seen = 0
    lengths = np.diff(segment.offsets.astype(np.int64))
    starts = np.flatnonzero(np.diff(lengths, prepend=-1))
    for start, end in itertools.pairwise([*starts.tolist(), segment.names]):
        check()
        length = int(lengths[start])
        lines = np.full((end - start, length + 1), ord("\n"), np.uint8)
        first = int(segment.offsets[start])
        lines[:, :length] = segment.blob[first : first + (end - start) * length].reshape(-1, length)
        for number in expressions[0].among(
            lines.tobytes(), range(length + 1, (end - start + 1) * (length + 1), length + 1), ascii_only=False
        ):
            matching[start + number] = all(one.holds(segment.name(start + number)) for one in expressions)
            seen += 1
            if seen >= MOST_ROWS:
                return matching, False
    return matching, True


def _in_order(
    snapshot: Snapshot, segment: Segment, rows: npt.NDArray[np.int64]
) -> Iterator[npt.NDArray[np.int64]]:
    """*rows* by (standing, path, line), in parts that grow."""
    catalog = snapshot.catalog
    rank = np.empty(len(catalog.label), np.int64)
    rank[np.argsort(catalog.label, kind="stable")] = np.arange(len(catalog.label))
    file = segment.row_file[rows]
    key = (catalog.standing[file].astype(np.int64) << 56) + (rank[file] << 28)
    key += np.minimum(segment.row_line[rows], (1 << 28) - 1).astype(np.int64)
    size = _FIRST
    while len(rows) > size:
        near = np.argpartition(key, size)
        first = near[:size]
        yield rows[first[np.argsort(key[first], kind="stable")]]
        rows, key = rows[near[size:]], key[near[size:]]
        size *= 4
    yield rows[np.argsort(key, kind="stable")]
