"""What the parts of one indexer share: the store, the layers, the work under way. Belongs to the indexer's thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lsp_search.files.rules import Rules
from lsp_search.index.grams import GramSegment
from lsp_search.index.store import Store
from lsp_search.indexing.costs import Costs
from lsp_search.indexing.layers import Layers
from lsp_search.indexing.ledger import Ledger
from lsp_search.indexing.reconcile import Audit
from lsp_search.indexing.work import Work
from lsp_search.model import State
from lsp_search.settings import IndexSettings


@dataclass
class Events:
    """What the indexer tells; called on its thread, must be quick."""

    published: Callable[[], None]
    """The indexer has another snapshot."""
    progress: Callable[[], None]
    message: Callable[[str, str], None]
    """(level, text for the user)"""
    project_file: Callable[[], None]
    """The project's settings file changed."""


@dataclass(frozen=True)
class Holdings:
    """What one root's index holds."""

    files: int
    symbols: int
    bytes: int
    languages: dict[str, int]
    skipped: list[tuple[str, str]]
    errors: list[tuple[str, str]]
    store_bytes: int
    updated: float
    """Seconds since the epoch; 0: never."""


def holdings(store: Store) -> Holdings:
    files, symbols, size = store.totals()
    return Holdings(
        files,
        symbols,
        size,
        store.languages(),
        store.unindexed.reasons(),
        store.errors(),
        store.nbytes(),
        store.updated,
    )


class Rate(NamedTuple):
    """What one run of indexing read so far."""

    files: int = 0
    bytes: int = 0
    seconds: float = 0.0


@dataclass
class Progress:
    """Where a run stands; read from any thread."""

    state: State = "starting"
    done: int = 0
    total: int = 0
    message: str = ""
    """What is wrong until a restart."""
    cancelled: bool = False
    """A run was given up: some files may be missing until everything is compared again."""
    files: int = 0
    """Files (and buffers) that workers looked at since the start."""

    rate: Rate = Rate()
    """Of the last run that read anything; replaced, never changed."""
    _began: float = 0.0
    _read: tuple[int, int] = (0, 0)

    def begin(self) -> None:
        """A run begins."""
        self.done = self.total = 0
        self._began, self._read = time.monotonic(), (0, 0)
        self.state = "indexing"

    def read(self, files: int, size: int) -> None:
        """So many *files* of *size* bytes were read, in a run or (a save) in none."""
        self.files += files
        if self.state == "indexing" and files:
            self._read = (self._read[0] + files, self._read[1] + size)
            self.rate = Rate(*self._read, max(time.monotonic() - self._began, 1e-3))

    def end(self) -> None:
        """What was to be done is done, as far as it can be."""
        self.state = "degraded" if self.trouble else "ready"

    @property
    def trouble(self) -> str:
        """All that is wrong, for the user; empty when nothing is."""
        cancelled = "indexing was cancelled; reindex to complete it" if self.cancelled else ""
        return "; ".join(part for part in (self.message, cancelled) if part)


@dataclass
class Desk:
    root: str
    settings: IndexSettings
    rules: Rules
    store: Store
    layers: Layers
    say: Callable[[str, str], None]
    """(level, text for the user)"""
    progress: Progress
    ledger: Ledger = field(default_factory=Ledger)
    costs: Costs = field(default_factory=Costs)
    work: Work = field(default_factory=Work)
    audits: list[tuple[Audit, Iterator[None]]] = field(default_factory=list)
    hot: list[int] = field(default_factory=list)
    """Files that someone just changed: their new symbols are published at once."""
    finished: list[int] = field(default_factory=list)
    """Epochs of work that is done once what is stored is published."""
    dirty: bool = False
    """There is something to publish."""

    def remove(self, file_ids: Iterable[int]) -> None:
        """Forgets files; one that an editor holds stays until its buffer closes."""
        ids = [number for number in file_ids if not self.layers.is_shadowed(number)]
        if ids:
            self.store.remove(ids)
            self.layers.removed(ids)
            self.dirty = True

    def drop_grams(self, segments: Sequence[GramSegment]) -> None:
        """Forgets gram segments; their files are read by every text search until others are made."""
        if segments:
            self.layers.drop_grams(segments)
            self.store.drop_grams([built.number for built in segments])
            self.dirty = True

    @property
    def bulk_is_over(self) -> bool:
        """Nothing is being compared or read any more."""
        return not self.audits and self.work.is_over
