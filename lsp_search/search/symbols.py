"""Symbol search over the snapshots of a workspace: plan in, hits out."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from rapidfuzz.distance import Indel

from lsp_search.index.segment import NON_ASCII
from lsp_search.index.snapshot import NOBODY, Snapshot
from lsp_search.model import Hit
from lsp_search.search import pattern as p
from lsp_search.search.browse import browse
from lsp_search.search.filters import alive
from lsp_search.search.names import best_names
from lsp_search.search.pattern import Pattern, fold
from lsp_search.search.query import Plan
from lsp_search.search.rows import Names, Row, ranked

_SCORE = {
    p.EXACT: 1.0,
    p.LOOSE: 0.95,
    p.PREFIX: 0.9,
    p.WORD: 0.8,
    p.ACRONYM: 0.75,
    p.HUMPS: 0.7,
    p.SUBSTRING: 0.55,
    p.SCATTERED: 0.4,
    p.TYPO: 0.3,
    p.NONE: 0.2,
}
"""What a tier is worth on the scale of the answers; only the order matters."""

_WIDEN = 8
_WIDEST = 1 << 14
"""When filters or dead rows leave too few, names are asked for again, this many times as many, up to here."""


def search(
    snapshots: Sequence[Snapshot],
    plan: Plan,
    limit: int,
    near: str | None,
    check: Callable[[], None],
    *,
    mark: bool = True,
) -> tuple[list[Hit], bool]:
    """The best *limit* hits, and whether more may exist. *mark*: with the matched characters."""
    if not plan.words:
        rows, more = browse(snapshots, plan, limit, check)
        return _hits(rows, plan, mark=mark), more
    wanted = (limit + 50) * (_WIDEN if plan.is_picky else 1)
    while True:
        groups, truncated, exhausted = _matched(snapshots, plan, wanted, check)
        rows = ranked(groups, plan, limit + 1, near, check)
        if len(rows) > limit or not truncated or wanted >= _WIDEST:
            return _hits(rows[:limit], plan, mark=mark), truncated or not exhausted or len(rows) > limit
        wanted *= _WIDEN


def _matched(
    snapshots: Sequence[Snapshot], plan: Plan, wanted: int, check: Callable[[], None]
) -> tuple[list[Names], bool, bool]:
    scopes = tuple(word.scopes for word in plan.words if word.scopes)
    alternatives: list[tuple[list[Pattern], tuple[tuple[str, ...], ...]]] = [
        ([word.pattern for word in plan.words], scopes)
    ]
    if scopes:
        alternatives.append(([word.whole or word.pattern for word in plan.words], ()))
    groups: list[Names] = []
    truncated, exhausted = False, True
    places = [(snapshot, segment) for snapshot in snapshots for segment in snapshot.segments]
    for patterns, chains in alternatives:
        matched = best_names([segment for _, segment in places], patterns, wanted, check)
        truncated |= matched.truncated
        exhausted &= matched.exhausted
        groups += [
            Names(snapshot, segment, ids, tiers, chains)
            for (snapshot, segment), ids, tiers in zip(places, matched.ids, matched.tiers, strict=True)
            if len(ids)
        ]
    return groups, truncated, exhausted


def in_file(snapshot: Snapshot, file_id: int, limit: int) -> list[Hit]:
    """The first *limit* symbols of one file, in file order."""
    number = int(snapshot.catalog.owner[file_id]) if file_id < len(snapshot.catalog.owner) else NOBODY
    for segment in snapshot.segments:
        if segment.number == number:
            rows = np.flatnonzero(segment.row_file == file_id)
            rows = rows[alive(snapshot, segment, rows)]
            rows = rows[np.lexsort((segment.row_column[rows], segment.row_line[rows]))][:limit]
            names = np.searchsorted(segment.row_start, rows, "right") - 1
            return _hits(
                [
                    Row(snapshot, segment, name, row, p.NONE, False)
                    for name, row in zip(names.tolist(), rows.tolist(), strict=True)
                ],
                Plan(),
            )
    return []


def _hits(rows: Sequence[Row], plan: Plan, *, mark: bool = True) -> list[Hit]:
    hits: list[Hit] = []
    score = 1.0
    for place, row in enumerate(rows):
        own = _SCORE[row.tier] * (0.9 if row.foreign else 1.0) - place * 1e-5
        score = max(min(score, own), 0.0)
        hits.append(_hit(row, plan, round(score, 5), mark))
    return hits


def _hit(row: Row, plan: Plan, score: float, mark: bool) -> Hit:
    segment, catalog = row.segment, row.snapshot.catalog
    raw = segment.name(row.name)
    file_id = int(segment.row_file[row.row])
    path = catalog.paths[file_id]
    folder = (row.snapshot.shown or row.snapshot.root).rstrip("/")
    kind = int(segment.row_kind[row.row])
    line, column = int(segment.row_line[row.row]), int(segment.row_column[row.row])
    name = raw.decode("utf-8", "replace")
    container = segment.container(int(segment.row_container[row.row]))
    return Hit(
        id=identity(path, kind & ~NON_ASCII, container, name),
        name=name,
        kind=kind & ~NON_ASCII,
        container=container,
        language=catalog.language_of(file_id),
        path=f"{folder}/{path}",
        relative_path=path,
        line=line,
        column=column,
        end_line=line,
        end_column=column + len(raw),
        score=score,
        matches=_spans(raw, [word.pattern for word in plan.words], row.tier) if mark else (),
        ascii_line=not kind & NON_ASCII,
    )


def identity(path: str, kind: int, container: str, name: str) -> str:
    """A symbol's id: stays while file, kind, container and name stay."""
    return f"{_quoted(path)}\t{kind}\t{container}\t{name}"


@lru_cache(1 << 12)
def _quoted(path: str) -> str:
    return urllib.parse.quote(os.fsencode(path))


def parse_identity(text: str) -> tuple[str, int, str, str] | None:
    """(path, kind, container, name) of an id; None for anything else."""
    parts = text.split("\t")
    if len(parts) != 4 or not parts[1].isdecimal():
        return None
    return os.fsdecode(urllib.parse.unquote_to_bytes(parts[0])), int(parts[1]), parts[2], parts[3]


def _spans(raw: bytes, words: Sequence[Pattern], tier: int) -> tuple[tuple[int, int], ...]:
    """Half-open runs of matched characters, in code points of the name."""
    matched: set[int] = set()
    for word in words:
        matched.update(p.align(word, raw)[1] or (_kept(word, raw) if tier == p.TYPO else ()))
    spans: list[tuple[int, int]] = []
    for position in sorted(len(raw[:byte].decode("utf-8", "ignore")) for byte in matched):
        if spans and position <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], position + 1))
        else:
            spans.append((position, position + 1))
    return tuple(spans)


def _kept(word: Pattern, raw: bytes) -> list[int]:
    """The bytes of the name that a mistyped word got right."""
    blocks = Indel.opcodes(word.folded, fold(raw))
    return [at for block in blocks if block.tag == "equal" for at in range(block.dest_start, block.dest_end)]


__all__ = ["identity", "in_file", "parse_identity", "search"]
