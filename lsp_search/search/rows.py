"""From matched names to ranked rows: which definitions of a name count, and in what order.

A row passes when its file is owned by its segment and the plan's filters and scopes hold. The order is
total and independent of how the index came to be: tier, letter case, foreign code last, length of the
name, the name, own code before tests, kind, nearness, path, line. All keys are integers, sorted by one
``lexsort``; names get theirs from one small Python sort.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lsp_search.index.segment import NON_ASCII, Segment
from lsp_search.index.snapshot import Snapshot
from lsp_search.index.standing import FOREIGN
from lsp_search.model import SymbolKind
from lsp_search.search import filters
from lsp_search.search import pattern as p
from lsp_search.search.pattern import Pattern, fold
from lsp_search.search.query import Plan

Rows = npt.NDArray[np.int64]

_KIND_ORDER = (
    (SymbolKind.CLASS, SymbolKind.STRUCT, SymbolKind.INTERFACE, SymbolKind.ENUM),
    (SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.CONSTRUCTOR),
    (SymbolKind.MODULE, SymbolKind.NAMESPACE, SymbolKind.PACKAGE, SymbolKind.TYPE_PARAMETER),
    (SymbolKind.CONSTANT, SymbolKind.ENUM_MEMBER, SymbolKind.EVENT, SymbolKind.OPERATOR),
    (SymbolKind.VARIABLE, SymbolKind.PROPERTY, SymbolKind.FIELD),
)
"""Kinds people look for first; the rest (keys, headings) last."""
_KIND_RANK = np.full(256, len(_KIND_ORDER), np.uint8)
for _rank, _kinds in enumerate(_KIND_ORDER):
    for _kind in _kinds:
        _KIND_RANK[_kind] = _KIND_RANK[_kind | NON_ASCII] = _rank


@dataclass(frozen=True, slots=True)
class Row:
    """One ranked definition: where its columns are."""

    snapshot: Snapshot
    segment: Segment
    name: int
    row: int
    tier: int
    foreign: bool


@dataclass(frozen=True, slots=True)
class Names:
    """The matched names of one segment."""

    snapshot: Snapshot
    segment: Segment
    ids: npt.NDArray[np.int64]
    tiers: npt.NDArray[np.uint8]
    scopes: tuple[tuple[str, ...], ...] = ()
    """What must enclose a row: every one of these chains of scopes."""


def ranked(
    groups: Sequence[Names], plan: Plan, limit: int, near: str | None, check: Callable[[], None]
) -> list[Row]:
    """The best *limit* rows of all groups."""
    name_ranks, case_misses = _name_keys(groups, plan)
    parts: list[npt.NDArray[np.int64]] = []
    for number, group in enumerate(groups):
        check()
        keep = case_misses[number] >= 0
        part = _keys(number, group, plan, name_ranks[number], case_misses[number], near, keep)
        if part.size:
            parts.append(part)
    if not parts:
        return []
    keys = np.concatenate(parts, axis=1)
    order = np.lexsort(keys[::-1])
    chosen: list[Row] = []
    seen: set[tuple[int, ...]] = set()
    for column in order.tolist():
        *_, number, name, row = keys[:, column].tolist()
        group = groups[number]
        identity = (id(group.segment), row)
        if identity in seen:  # found as a scoped and as a whole word
            continue
        seen.add(identity)
        tier, foreign = -int(keys[0, column]), bool(keys[2, column])
        chosen.append(Row(group.snapshot, group.segment, name, row, tier, foreign))
        if len(chosen) == limit:
            break
    return chosen


def _name_keys(groups: Sequence[Names], plan: Plan) -> tuple[list[Rows], list[Rows]]:
    """For each name of each group: its place in (folded, raw) order, and its letter-case penalty (−1: out)."""
    raw = [[group.segment.name(name) for name in group.ids.tolist()] for group in groups]
    distinct = sorted({name for names in raw for name in names}, key=lambda name: (fold(name), name))
    place = {name: rank for rank, name in enumerate(distinct)}
    words = [word.pattern for word in plan.words]
    strict = bool(plan.filter.case_sensitive)
    asks = plan.filter.case_sensitive is not False and any(word.asks_for_case for word in words)
    ranks = [np.array([place[name] for name in names], np.int64) for names in raw]
    if not (strict or asks):
        return ranks, [np.zeros(len(names), np.int64) for names in raw]
    misses = {name: _case_miss(name, words, strict) for name in distinct}
    return ranks, [np.array([misses[name] for name in names], np.int64) for names in raw]


def _case_miss(name: bytes, words: Sequence[Pattern], strict: bool) -> int:
    for word in words:
        typed = word.typed.encode("utf-8", "surrogateescape").translate(None, p.SEPARATORS)
        wanted = typed if strict else bytes(byte for byte in typed if 65 <= byte <= 90)
        at = -1
        for byte in wanted:
            at = name.find(byte, at + 1)
            if at < 0:
                return -1 if strict else 1
    return 0


def _keys(
    number: int,
    group: Names,
    plan: Plan,
    ranks: Rows,
    misses: Rows,
    near: str | None,
    keep: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int64]:
    """Sort keys of a group's rows, most significant first: shape (keys, rows); the last three say which row."""
    segment, catalog = group.segment, group.snapshot.catalog
    at = np.flatnonzero(keep)
    starts = segment.row_start[group.ids[at]].astype(np.int64)
    counts = segment.row_start[group.ids[at] + 1].astype(np.int64) - starts
    rows = np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    owner = np.repeat(at, counts)
    passing = filters.cheap(group.snapshot, segment, plan, rows)
    rows, owner = rows[passing], owner[passing]
    passing = filters.Dear(group.snapshot, segment, plan, group.scopes).passing(rows)
    rows, owner = rows[passing], owner[passing]
    file = segment.row_file[rows]
    standing = catalog.standing[file].astype(np.int64)
    ids = group.ids[owner]
    lengths = segment.offsets[ids + 1].astype(np.int64) - segment.offsets[ids]
    return np.stack(
        [
            -group.tiers[owner].astype(np.int64),
            misses[owner],
            (standing == FOREIGN).astype(np.int64),
            lengths,
            ranks[owner],
            standing,
            _KIND_RANK[segment.row_kind[rows]].astype(np.int64),
            _distance(group.snapshot, file, near),
            catalog.label[file],
            segment.row_line[rows].astype(np.int64),
            segment.row_column[rows].astype(np.int64),
            np.full(len(rows), number, np.int64),
            ids,
            rows,
        ]
    )


def _distance(snapshot: Snapshot, file: npt.NDArray[np.uint32], near: str | None) -> Rows:
    """0 in the file the user looks at, 1 in its folder, 2 elsewhere."""
    distance = np.full(len(file), 2, np.int64)
    prefix = (snapshot.shown or snapshot.root).rstrip("/") + "/"
    if near is None or not near.startswith(prefix):
        return distance
    here = near[len(prefix) :]
    folder = here.rpartition("/")[0]
    paths = snapshot.catalog.paths
    for place, number in enumerate(file.tolist()):
        path = paths[number]
        if path == here:
            distance[place] = 0
        elif path.rpartition("/")[0] == folder:
            distance[place] = 1
    return distance
