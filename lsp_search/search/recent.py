"""The answer to an empty query: what the user picked last, then what changed last."""

from __future__ import annotations

from collections.abc import Sequence

from lsp_search.index.snapshot import Snapshot
from lsp_search.model import Hit
from lsp_search.search.symbols import in_file
from lsp_search.telemetry.spans import spanned

_FROM_A_FILE = 20
"""At most this many symbols of one changed file, so that one file does not fill the list."""
_SEARCHED = 5000
"""Symbols of a file among which a pick is looked for."""


@spanned("match")
def recent(snapshots: Sequence[Snapshot], picks: Sequence[tuple[str, str, int]], limit: int) -> list[Hit]:
    """At most *limit* hits: *picks* (relative path, name, kind) that still exist, then recently changed files'."""
    hits: list[Hit] = []
    seen: set[str] = set()

    def take(hit: Hit) -> None:
        if hit.path + hit.id not in seen and len(hits) < limit:
            seen.add(hit.path + hit.id)
            hits.append(hit)

    for path, name, kind in picks[:limit]:
        for snapshot in snapshots:
            for hit in _in(snapshot, path):
                if (hit.name, hit.kind) == (name, kind):
                    take(hit)
                    break
    for snapshot in snapshots:
        for file_id in snapshot.recent:
            for hit in in_file(snapshot, file_id, _FROM_A_FILE):
                take(hit)
    return hits


def _in(snapshot: Snapshot, path: str) -> list[Hit]:
    try:
        file_id = snapshot.catalog.paths.index(path)
    except ValueError:
        return []
    if int(snapshot.catalog.owner[file_id]) < 0:
        return []
    return in_file(snapshot, file_id, _SEARCHED)
