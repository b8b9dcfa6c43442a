"""Giving memory back: freed heap, and the index pages that queries have touched.

A fault on an index page costs far more than reading it, so pages that queries touched stay, up to a bound: the lowest
at rest, a generous one while queries come, and one between while indexing, because the workers need the room.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from lsp_search.index.segment import release
from lsp_search.index.snapshot import Snapshot
from lsp_search.model import State
from lsp_search.telemetry import memory
from lsp_search.telemetry.heap import give_back, resident_bytes
from lsp_search.telemetry.ticker import Ticker

_REST_SECONDS = 1.0
"""Without a query or change for so long, memory is given back."""
_MOST_AT_REST = 256 << 20
_MOST_RESIDENT = 1 << 30
_MOST_WHILE_INDEXING = 160 << 20
_MOST_IN_A_QUERY = 280 << 20
"""Resident bytes of this process beyond which memory is given back at once: after a query, and within one while
indexing."""


class Reclaim:
    """*snapshots*: gives those that queries read now. All methods may be called from any thread."""

    def __init__(self, snapshots: Callable[[], Iterable[Snapshot]]) -> None:
        self._snapshots = snapshots
        self._rest = Ticker(_REST_SECONDS, self._at_rest, after=True)

    def changed(self) -> None:
        """Something was indexed: no rest yet."""
        self._rest.poke()

    def queried(self, *, indexing: bool) -> None:
        """A query was answered."""
        self._rest.poke()
        if resident_bytes() > _limit(indexing=indexing):
            self._give_back()

    def within_query(self) -> None:
        """A query has touched more pages; it may need them all, but the machine has other users."""
        if resident_bytes() > _MOST_IN_A_QUERY:
            self._give_back()

    def figures(self, workers: Collection[int], state: State, texts: int) -> dict[str, Any]:
        """Of the part ``memory`` of ``lspSearch/stats``: what this process and its *workers* (process ids) hold, what that
        is kept below, and what is known of its parts. *texts*: bytes of editors' texts."""
        own, all_ = memory.resident_bytes(), memory.resident_bytes(workers)
        limit = _limit(indexing=state in ("starting", "indexing"))
        return {
            "rssBytes": all_,
            "limitBytes": limit + all_ - own,
            "parts": {"workers": all_ - own, "texts": texts},
        }

    def stop(self) -> None:
        self._rest.stop()

    def _at_rest(self) -> None:
        give_back()
        if resident_bytes() > _MOST_AT_REST:
            self._release()

    def _give_back(self) -> None:
        give_back()
        self._release()

    def _release(self) -> None:
        for snapshot in self._snapshots():
            release(snapshot.segments)
            release(snapshot.grams)


def _limit(*, indexing: bool) -> int:
    """Resident bytes of this process beyond which a query gives memory back."""
    return _MOST_WHILE_INDEXING if indexing else _MOST_RESIDENT
