"""From matched names to ranked rows: which definitions of a name count, and in what order.

A row passes when its file is owned by its segment and the plan's filters and scopes hold. The order is total and
independent of how the index came to be: band; points, weighed by *priors*; length; untouched heads; the name;
path, line, column (for all but the last three see ``score``).

The priors are factors on the points, all near 1, so that they decide between like matches and never make a name that
matches badly outrank one that matches well; and none moves a row out of its band, so an exact name is always first:

- own code before tests, and both before vendored and generated code;
- the kinds people look for: types and functions before modules, constants, variables and the rest;
- a definition whose file is called like it;
- what stands in the file the user looks at, or in its folder;
- what the user picked, and files that changed, lately.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lsp_search.index.segment import NON_ASCII, Segment
from lsp_search.index.snapshot import Snapshot
from lsp_search.index.standing import FOREIGN, OWN, TEST
from lsp_search.model import SymbolKind
from lsp_search.search import filters
from lsp_search.search.names import Matched
from lsp_search.search.pattern import Pattern, fold, holds_in_order
from lsp_search.search.query import Plan
from lsp_search.search.score import BUT_SEPARATORS, Scores, score, typed_letters
from lsp_search.telemetry.spans import spanned

Rows = npt.NDArray[np.int64]

UNIT = 1000
"""Priors count in thousandths."""
STANDING = {OWN: 1000, TEST: 950, FOREIGN: 850}
KINDS = (
    (1000, (SymbolKind.CLASS, SymbolKind.STRUCT, SymbolKind.INTERFACE, SymbolKind.ENUM)),
    (1000, (SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.CONSTRUCTOR)),
    (990, (SymbolKind.MODULE, SymbolKind.NAMESPACE, SymbolKind.PACKAGE, SymbolKind.TYPE_PARAMETER)),
    (980, (SymbolKind.CONSTANT, SymbolKind.ENUM_MEMBER, SymbolKind.EVENT, SymbolKind.OPERATOR)),
    (970, (SymbolKind.VARIABLE, SymbolKind.PROPERTY, SymbolKind.FIELD)),
)
OTHER_KINDS = 960
"""Keys, headings, …"""
IN_FILE, IN_FOLDER = 50, 20
"""Added for the file the user looks at, and for its folder."""
NAMESAKE = 30
"""Added for a definition whose file is called like it: who asks for ``SqlMapper`` rather means the part of it that stands in
``SqlMapper.cs``. Looked for where names are what was typed, among so many rows:"""
_NAMESAKES = 5000
PICKED, CHANGED = 50, 20
"""Added for what the user picked lately, and for files that changed lately."""

_SEEN = 128
"""Characters of a name that VS Code's filter looks at (``_maxLen`` of its ``filters.ts``)."""

_STANDING = np.array([STANDING[standing] for standing in (OWN, TEST, FOREIGN)], np.int64)
_KIND = np.full(256, OTHER_KINDS, np.int64)
for _factor, _kinds in KINDS:
    for _kind in _kinds:
        _KIND[_kind] = _KIND[_kind | NON_ASCII] = _factor


def kind_factor(kind: int) -> int:
    """In thousandths; *kind* as a segment holds it."""
    return int(_KIND[kind])


@dataclass(frozen=True, slots=True)
class Row:
    """One ranked definition: where its columns are, and why it stands where it does."""

    snapshot: Snapshot
    segment: Segment
    name: int
    row: int
    band: int = 0
    points: int = 0
    prior: int = UNIT
    """In thousandths."""
    untouched: int = 0

    @property
    def weighed(self) -> int:
        return self.points * self.prior


@dataclass(frozen=True, slots=True)
class Group:
    """The names that match *patterns*, and what must enclose their rows: every one of these chains of scopes."""

    matched: Matched
    patterns: Sequence[Pattern]
    scopes: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Taste:
    """What is known of the user."""

    near: str | None = None
    """The file looked at."""
    picks: frozenset[tuple[str, str, int]] = frozenset()
    """(relative path, name, kind)"""
    changes: bool = False
    """Files that changed lately count more."""


@spanned("rank")
def ranked(
    groups: Sequence[Group],
    snapshots: Sequence[Snapshot],
    plan: Plan,
    limit: int,
    taste: Taste,
    check: Callable[[], None],
) -> list[Row]:
    """The best *limit* rows of all *groups*; *snapshots*: one for each segment of their pool."""
    tables: list[npt.NDArray[np.int64]] = []
    scores: list[Scores] = []
    for number, group in enumerate(groups):
        passing: list[tuple[Rows, Rows]] = []
        for place, snapshot in enumerate(snapshots):
            check()
            passing.append(_passing(place, group, snapshot, plan))
        scores.append(group.matched.scores or _scores(group, [index for _, index in passing]))
        tables += [
            _table(number, place, group, scores[-1], snapshot, taste, *passing[place])
            for place, snapshot in enumerate(snapshots)
        ]
    table = np.concatenate([np.empty((_COLUMNS, 0), np.int64), *tables], axis=1)
    wanted = limit * len(groups)  # a row can be found as a scoped and as a whole word
    table = table[:, _least([table[_KEY]], wanted)]
    table[_NAME_RANK] = _name_ranks(groups, table)
    table = table[
        :, _least([table[_KEY], table[_NAME_RANK], table[_LABEL], table[_LINE], table[_AT]], wanted)
    ]
    chosen: dict[tuple[int, int], Row] = {}
    for number, place, index, row, prior in table[[_GROUP, _PLACE, _INDEX, _ROW, _PRIOR]].T.tolist():
        matched = groups[number].matched
        found = Row(
            snapshots[place],
            matched.pool.segments[place],
            int(matched.names.ids[index]),
            row,
            int(scores[number].bands[index]),
            int(scores[number].points[index]),
            prior,
            int(scores[number].untouched[index]),
        )
        chosen.setdefault((place, row), found)
        if len(chosen) == limit:
            break
    return list(chosen.values())


_COLUMNS = 10
_KEY, _NAME_RANK, _LABEL, _LINE, _AT, _GROUP, _PLACE, _INDEX, _ROW, _PRIOR = range(_COLUMNS)


def _passing(place: int, group: Group, snapshot: Snapshot, plan: Plan) -> tuple[Rows, Rows]:
    """The rows of one segment that count, and which of the matched names each belongs to."""
    matched = group.matched
    segment = matched.pool.segments[place]
    at = np.flatnonzero(matched.names.segment == place)
    if plan.filter.case_sensitive or plan.spelled:
        at = at[[_is_spelled(segment.name(name), plan) for name in matched.names.ids[at].tolist()]]
    ids = matched.names.ids[at]
    starts = segment.row_start[ids].astype(np.int64)
    counts = segment.row_start[ids + 1].astype(np.int64) - starts
    rows = np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    index = np.repeat(at, counts)
    passing = filters.cheap(snapshot, segment, plan, rows)
    rows, index = rows[passing], index[passing]
    passing = filters.Dear(snapshot, segment, plan, group.scopes).passing(rows)
    rows, index = rows[passing], index[passing]
    return rows, index


def _scores(group: Group, used: Sequence[Rows]) -> Scores:
    """Scores of those names of *group* that have rows; of no meaning for the others."""
    matched = group.matched
    wanted = np.zeros(len(matched.names), np.bool_)
    for index in used:
        wanted[index] = True
    which = np.flatnonzero(wanted)
    some = score(matched.pool, matched.names.take(which), matched.tiers[which], group.patterns)
    place = np.zeros(len(matched.names), np.int64)
    place[which] = np.arange(len(which))
    return some.take(place) if len(which) else some


def _table(
    number: int,
    place: int,
    group: Group,
    scores: Scores,
    snapshot: Snapshot,
    taste: Taste,
    rows: Rows,
    index: Rows,
) -> npt.NDArray[np.int64]:
    """What *rows* of one segment are ordered by: shape (_COLUMNS, rows)."""
    matched = group.matched
    segment, catalog = matched.pool.segments[place], snapshot.catalog
    file = segment.row_file[rows]
    priors = _STANDING[catalog.standing[file]] * _KIND[segment.row_kind[rows]] // UNIT
    priors += _namesakes(snapshot, segment, file, matched.names.ids[index], scores.bands[index])
    priors += _tastes(snapshot, segment, rows, file, matched.names.ids[index], taste)
    table = np.empty((_COLUMNS, len(rows)), np.int64)
    own = scores.take(index)
    weighed = replace(own, points=own.points * priors // 100)
    table[_KEY] = weighed.keys(matched.names.lengths[index])
    table[_LABEL], table[_LINE] = catalog.label[file], segment.row_line[rows]
    table[_AT] = segment.row_column[rows]
    table[_GROUP], table[_PLACE], table[_INDEX], table[_ROW], table[_PRIOR] = (
        number,
        place,
        index,
        rows,
        priors,
    )
    return table


def _least(keys: Sequence[npt.NDArray[np.int64]], wanted: int) -> npt.NDArray[np.intp]:
    """The places of the *wanted* least by *keys* (the most significant first), in order; with one key, and those
    that tie with the last."""
    sure: list[npt.NDArray[np.intp]] = []
    open_ = np.arange(len(keys[0]))
    left = wanted
    for key in keys:
        if len(open_) <= left:
            break
        values = key[open_]
        cut = np.partition(values, left - 1)[left - 1]
        sure.append(open_[values < cut])
        left -= len(sure[-1])
        open_ = open_[values == cut]
    places = np.concatenate([*sure, open_])
    return places[np.lexsort([key[places] for key in reversed(keys)])]


def _name_ranks(groups: Sequence[Group], table: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The place of each row's name among all of them, folded first. (A name can have a hundred thousand rows.)"""
    used: list[npt.NDArray[np.intp]] = []
    texts: list[list[bytes]] = []
    for number, group in enumerate(groups):
        has_rows = np.zeros(len(group.matched.names), np.bool_)
        has_rows[table[_INDEX, table[_GROUP] == number]] = True
        used.append(np.flatnonzero(has_rows))
        texts.append(group.matched.pool.texts(group.matched.names.take(used[-1])))
    every = {name for names in texts for name in names}
    rank = {name: place for place, name in enumerate(sorted(every, key=lambda name: (fold(name), name)))}
    found = np.empty(table.shape[1], np.int64)
    for number, group in enumerate(groups):
        of_name = np.zeros(len(group.matched.names), np.int64)
        of_name[used[number]] = [rank[name] for name in texts[number]]
        rows = table[_GROUP] == number
        found[rows] = of_name[table[_INDEX, rows]]
    return found


def _is_spelled(name: bytes, plan: Plan) -> bool:
    """Whether *name* holds every word as strictly as *plan* asks: its letters in order and in their case, its
    characters in order."""
    wanted = [(word.pattern.folded, fold(name[:_SEEN])) for word in plan.words if plan.spelled]
    wanted += [(typed_letters(word.pattern), name) for word in plan.words if plan.filter.case_sensitive]
    return all(holds_in_order(text, characters) for characters, text in wanted)


def _namesakes(
    snapshot: Snapshot,
    segment: Segment,
    file: npt.NDArray[np.uint32],
    names: Rows,
    bands: npt.NDArray[np.uint8],
) -> Rows:
    added = np.zeros(len(file), np.int64)
    exact = np.flatnonzero(bands <= BUT_SEPARATORS)
    if len(exact) > _NAMESAKES:
        return added
    paths = snapshot.catalog.paths
    for place, number, name in zip(exact.tolist(), file[exact].tolist(), names[exact].tolist(), strict=True):
        if _stem(paths[number]) == _bare(segment.name(name)):
            added[place] = NAMESAKE
    return added


@lru_cache(1 << 14)
def _stem(path: str) -> bytes:
    name = path.rpartition("/")[2]
    return _bare(os.fsencode(name.rpartition(".")[0] or name))


def _bare(name: bytes) -> bytes:
    return fold(name).replace(b"_", b"").replace(b"-", b"")


def _tastes(
    snapshot: Snapshot, segment: Segment, rows: Rows, file: npt.NDArray[np.uint32], names: Rows, taste: Taste
) -> Rows:
    """What is added to the priors of *rows* because of who asks."""
    added = np.zeros(len(rows), np.int64)
    paths = snapshot.catalog.paths
    prefix = snapshot.folder + "/"
    if taste.near is not None and taste.near.startswith(prefix):
        here = taste.near[len(prefix) :]
        folder = here.rpartition("/")[0]
        near = {
            number: IN_FILE if paths[number] == here else IN_FOLDER
            for number in np.unique(file).tolist()
            if paths[number].rpartition("/")[0] == folder
        }
        for number, more in near.items():
            added[file == number] += more
    if taste.changes and snapshot.recent:
        added[np.isin(file, snapshot.recent)] += CHANGED
    if taste.picks:
        picked = {path for path, _, _ in taste.picks}
        files = [number for number in np.unique(file).tolist() if paths[number] in picked]
        for place in np.flatnonzero(np.isin(file, files)).tolist():
            name = segment.name(int(names[place])).decode("utf-8", "replace")
            kind = int(segment.row_kind[rows[place]]) & ~NON_ASCII
            if (paths[int(file[place])], name, kind) in taste.picks:
                added[place] += PICKED
    return added
