"""Symbol search over the snapshots of a workspace: plan in, hits out."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from lsp_search.index.segment import NON_ASCII
from lsp_search.index.snapshot import NOBODY, Snapshot
from lsp_search.model import Hit
from lsp_search.search import score
from lsp_search.search.browse import browse
from lsp_search.search.explain import explain
from lsp_search.search.filters import alive
from lsp_search.search.marks import Spans, marks
from lsp_search.search.names import best_names
from lsp_search.search.narrowing import Narrowing, View
from lsp_search.search.pattern import Pattern
from lsp_search.search.query import Plan
from lsp_search.search.rows import Group, Row, Taste, ranked
from lsp_search.telemetry.spans import spanned

_SCORE = {
    score.AS_TYPED: 1.0,
    score.BUT_CASE: 0.98,
    score.BUT_SEPARATORS: 0.95,
    score.PART: 0.9,
    score.SLIP: 0.6,
    score.SCATTERED: 0.5,
    score.TYPO: 0.3,
}
"""What a band is worth at most on the scale of the answers; only the order matters."""

_SPARE = 50
"""Names asked for beyond the limit: some have no living rows."""
_WIDEN = 8
_WIDEST = 1 << 14
"""When dead rows leave too few, names are asked for again, this many times as many, up to here; with filters, so many
at once."""


def search(
    snapshots: Sequence[Snapshot],
    plan: Plan,
    limit: int,
    taste: Taste,
    check: Callable[[], None],
    *,
    narrowing: Narrowing | View | None = None,
    mark: bool = True,
    explained: bool = False,
) -> tuple[list[Hit], bool]:
    """The best *limit* hits, and whether more may exist. *mark*: with the matched characters. *explained*: with an
    explanation each."""
    rows, more = best_rows(snapshots, plan, limit, taste, check, narrowing=narrowing)
    found = hits(rows, plan, mark=mark)
    if explained and plan.words:
        words = [word.pattern for word in plan.words]
        found = [replace(hit, explanation=explain(row, words)) for hit, row in zip(found, rows, strict=True)]
    return found, more


def best_rows(
    snapshots: Sequence[Snapshot],
    plan: Plan,
    limit: int,
    taste: Taste,
    check: Callable[[], None],
    *,
    narrowing: Narrowing | View | None = None,
) -> tuple[list[Row], bool]:
    """As :func:`search`, before hits are made of them."""
    if not plan.words:
        return browse(snapshots, plan, limit, check)
    wanted = _WIDEST if plan.is_picky else limit + _SPARE
    places = [(snapshot, segment) for snapshot in snapshots for segment in snapshot.segments]
    segments = [segment for _, segment in places]
    while True:
        groups = [
            Group(
                best_names(segments, patterns, wanted, check, narrowing, deep=plan.is_picky), patterns, chains
            )
            for patterns, chains in _alternatives(plan)
        ]
        rows = ranked(groups, [snapshot for snapshot, _ in places], plan, limit + 1, taste, check)
        truncated = any(group.matched.truncated for group in groups)
        if len(rows) > limit or not truncated or wanted >= _WIDEST:
            exhausted = all(group.matched.exhausted for group in groups)
            return rows[:limit], truncated or not exhausted or len(rows) > limit
        wanted *= _WIDEN


def _alternatives(plan: Plan) -> list[tuple[list[Pattern], tuple[tuple[str, ...], ...]]]:
    """Words to match and scopes to stand in: ``a.b`` is b inside a, or a name that holds ``a.b`` itself."""
    scopes = tuple(word.scopes for word in plan.words if word.scopes)
    ways: list[tuple[list[Pattern], tuple[tuple[str, ...], ...]]] = [
        ([word.pattern for word in plan.words], scopes)
    ]
    if scopes:
        ways.append(([word.whole or word.pattern for word in plan.words], ()))
    return ways


def in_file(snapshot: Snapshot, file_id: int, limit: int) -> list[Hit]:
    """The first *limit* symbols of one file, in file order."""
    number = int(snapshot.catalog.owner[file_id]) if file_id < len(snapshot.catalog.owner) else NOBODY
    for segment in snapshot.segments:
        if segment.number == number:
            rows = np.flatnonzero(segment.row_file == file_id)
            rows = rows[alive(snapshot, segment, rows)]
            rows = rows[np.lexsort((segment.row_column[rows], segment.row_line[rows]))][:limit]
            names = np.searchsorted(segment.row_start, rows, "right") - 1
            return hits(
                [
                    Row(snapshot, segment, name, row)
                    for name, row in zip(names.tolist(), rows.tolist(), strict=True)
                ],
                Plan(),
            )
    return []


@spanned("show")
def hits(rows: Sequence[Row], plan: Plan, *, mark: bool = True) -> list[Hit]:
    """One for each of *rows*, with falling scores."""
    found: list[Hit] = []
    most = max((row.weighed for row in rows), default=0) or 1
    least = 1.0
    words = [word.pattern for word in plan.words]
    names = [row.segment.name(row.name) for row in rows]
    spans = marks(names, words, [row.band for row in rows]) if mark and words else [()] * len(rows)
    for place, row in enumerate(rows):
        own = _SCORE[row.band] * (0.5 + 0.5 * row.weighed / most) - place * 1e-5
        least = max(min(least, own), 0.0)
        found.append(hit(row, names[place], round(least, 5), spans[place]))
    return found


def hit(row: Row, raw: bytes, worth: float, spans: Spans) -> Hit:
    segment, catalog = row.segment, row.snapshot.catalog
    file_id = int(segment.row_file[row.row])
    path = catalog.paths[file_id]
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
        path=f"{row.snapshot.folder}/{path}",
        relative_path=path,
        line=line,
        column=column,
        end_line=line,
        end_column=column + len(raw),
        score=worth,
        matches=spans,
        ascii_line=not kind & NON_ASCII,
    )


def identity(path: str, kind: int, container: str, name: str) -> str:
    """A symbol's id: stays while file, kind, container and name stay."""
    return f"{quoted(path)}\t{kind}\t{container}\t{name}"


@lru_cache(1 << 12)
def quoted(path: str) -> str:
    """As ids carry it: percent-encoded."""
    return urllib.parse.quote(os.fsencode(path))


def parse_identity(text: str) -> tuple[str, int, str, str] | None:
    """(path, kind, container, name) of an id; None for anything else."""
    parts = text.split("\t")
    if len(parts) != 4 or not parts[1].isdecimal() or len(parts[1]) > 3:
        return None
    return os.fsdecode(urllib.parse.unquote_to_bytes(parts[0])), int(parts[1]), parts[2], parts[3]


__all__ = ["best_rows", "hit", "hits", "identity", "in_file", "parse_identity", "quoted", "search"]
