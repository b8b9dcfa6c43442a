"""Comparing the disk with the index: the audit behind every start, burst and doubt.

An audit is a generator that the indexer advances in small slices between more urgent things. Files whose size and
time are as known are taken as unchanged; all others are read again (and found unchanged by their digest, where
they are). A time within two seconds of the reading is not trusted the next time: the file may have been written
again within the clock's tick (the "racy git" problem).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lsp_search.files.rules import Rules
from lsp_search.files.walk import Found, Skipped, probe, walk
from lsp_search.index.store import Store
from lsp_search.model import SkipReason

RACY_NS = 2_000_000_000


@dataclass
class Audit:
    """One comparison at or below ``start`` (relative; empty: the whole root)."""

    root: str
    start: str
    epoch: int
    read_all: bool = False
    """Read every file again whatever its size and time say."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    """Files that are there but not indexed (yet)."""
    gone: list[int] = field(default_factory=list)
    """After the end: ids of files that are no longer there."""
    cancelled: bool = False
    begun: bool = False

    def run(self, store: Store, rules: Rules, changed: Callable[[Found, bytes], None]) -> Iterator[None]:
        """Calls *changed* (what was found, the known digest) for each file to read; yields once a file."""
        self.begun = True
        for found in walk(self.root, rules, self.start, lambda: self.cancelled):
            if isinstance(found, Skipped):
                self.skipped.append((found.path, found.reason.value))
                continue
            row = store.file(found.path)
            if row is not None:
                self.seen.add(row.id)
            if self.read_all:
                changed(found, b"")
            elif row is None:
                known = store.unindexed.unread(found.path)
                self.refused.add(found.path)
                if known != (SkipReason.BINARY.value, found.size, found.mtime_ns):
                    changed(found, b"")
            elif (row.size, row.mtime_ns) != (found.size, found.mtime_ns):
                changed(found, row.digest)
            yield
        if self.cancelled:
            return
        for file_id, path in [*store.ids_below(self.start), *_exactly(store, self.start)]:
            # What came into being behind the walk's back is there all the same.
            if file_id not in self.seen and not isinstance(probe(self.root, rules, path), Found):
                self.gone.append(file_id)
            yield
        unread = store.unindexed.unread_below(self.start)
        store.unindexed.forget_unread(path for path in unread if path not in self.refused)


def _exactly(store: Store, path: str) -> list[tuple[int, str]]:
    row = store.file(path) if path else None
    return [] if row is None else [(row.id, path)]


def trusted_time(mtime_ns: int, now_ns: int) -> int:
    """The modification time to remember: its negative (never equal) when it is too fresh to tell a second write."""
    return -mtime_ns if now_ns - mtime_ns < RACY_NS else mtime_ns
