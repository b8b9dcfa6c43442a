"""The open root folders: one indexer each, and the snapshots that they publish together.

A query reads the tuple of snapshots that was current when it began; the generation grows with every publication of
any root, and when roots come or go.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from lsp_search.caching.journal import Journal
from lsp_search.files.uris import relative
from lsp_search.index.snapshot import Snapshot
from lsp_search.indexing.costs import Costs
from lsp_search.indexing.indexer import Indexer


class Roots:
    """*make*: the indexer of a root (its real path, the path as its user spells it), not started yet. All methods may
    be called from any thread."""

    def __init__(self, make: Callable[[str, str], Indexer]) -> None:
        self.started = False
        self.journal = Journal()
        """What changed from one publication to the next."""
        self._make = make
        self._lock = threading.Lock()
        self._indexers: dict[str, Indexer] = {}
        self._snapshots: tuple[Snapshot, ...] = ()
        self._generation = 0

    def start(self) -> None:
        """Starts the indexers, and from here on those of new roots."""
        with self._lock:
            self.started = True
            for indexer in self._indexers.values():
                indexer.start()

    def add(self, folder: Path) -> None:
        """Opens *folder*; nothing happens where it is open already."""
        root = os.path.realpath(folder)
        with self._lock:
            if root not in self._indexers:
                indexer = self._indexers[root] = self._make(root, os.path.abspath(folder))
                if self.started:
                    indexer.start()

    def change(self, added: Iterable[Path], removed: Iterable[Path]) -> None:
        """Closes and opens roots, and publishes what is left."""
        for folder in removed:
            with self._lock:
                indexer = self._indexers.pop(os.path.realpath(folder), None)
            if indexer is not None:
                indexer.stop()
        for folder in added:
            self.add(folder)
        self.published()

    def remove_all(self) -> list[Indexer]:
        """The indexers, which nobody is given any more; to be stopped by the caller."""
        with self._lock:
            indexers = list(self._indexers.values())
            self._indexers = {}
        return indexers

    def all(self) -> list[Indexer]:
        with self._lock:
            return list(self._indexers.values())

    def costs(self) -> dict[str, Costs]:
        """By real path what indexing took, first opened first."""
        return {indexer.root: indexer.costs for indexer in self.all()}

    def owning(self, path: str) -> list[tuple[Indexer, str]]:
        """The roots that hold *path* (real or as the client spells it), each with its relative path."""
        found: list[tuple[Indexer, str]] = []
        for indexer in self.all():
            inside = relative(indexer.snapshot.shown, path)
            if inside is None:
                inside = relative(indexer.root, path)
            if inside is not None:
                found.append((indexer, inside))
        return found

    def published(self) -> None:
        """A root has another snapshot."""
        with self._lock:
            self._snapshots = tuple(indexer.snapshot for indexer in self._indexers.values())
            self.journal.published(self._snapshots)
            published = sum(snapshot.generation for snapshot in self._snapshots)
            self._generation = max(self._generation + 1, published)

    def current(self) -> tuple[tuple[Snapshot, ...], int]:
        """The snapshots to read now, and their generation."""
        with self._lock:
            return self._snapshots, self._generation

    @property
    def generation(self) -> int:
        return self._generation
