"""The segments of one root in layers, and which of them owns each file.

*Disk* segments hold the bulk and are built by builder processes; *memory* segments hold what changed since, one
per published change, merged when there are many and moved to disk when they grow. A buffer that an editor holds
*shadows* its file: its symbols live in a memory segment, and whatever the disk does meanwhile waits below.

Nothing here parses files or takes part in queries; :meth:`Layers.snapshot` hands out what queries read.
Belongs to the writer's thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from lsp_search.index import segment
from lsp_search.index.chunks import Encoded
from lsp_search.index.grams import GramSegment
from lsp_search.index.segment import FileTable, Segment
from lsp_search.index.snapshot import CatalogEditor, Snapshot
from lsp_search.index.store import Store

_MEMORY_NUMBERS = 1 << 30
"""Memory segments are numbered from here, so that they never meet a number of the store's."""
_MEMORY_SEGMENTS = 6
_MEMORY_ROWS = 150_000
"""Rows (some 90 bytes each) that may be in memory while files are being read."""
_MEMORY_REST = 5_000
"""Above this many they move to disk when all is quiet, so that a restart need not encode their chunks again."""
_SEGMENT_ROWS = 800_000
"""The largest segment: bounds the memory of a builder (about 250 bytes a row while it sorts)."""
_FIRST_FLUSH = 150_000
_LARGEST_FLUSH = 700_000
_ENCODED = 20_000
"""Files whose encoded chunks are remembered at most, some 5 KB each."""
_FEW = 200
"""So many files are put into memory before the first question is answered."""
_RECENT = 50
"""Recently changed files that are remembered for the empty query."""


class Layers:
    def __init__(self, root: str, shown: str, store: Store) -> None:
        self.root = root
        self.shown = shown
        self.catalog = CatalogEditor()
        self.disk: list[Segment] = []
        self.memory: list[Segment] = []
        self.grams: list[GramSegment] = []
        """They say which files can hold a text; of files that they say nothing of, the content has to be looked at."""
        self.waiting: dict[int, int] = {}
        """Files (id: rows) whose new content is stored but in no segment yet."""
        self.waiting_rows = 0
        self.changes = 0
        """How often a file's content changed, or what the gram segments know."""
        self._store = store
        self._versions = np.zeros(0, np.int64)
        self._visible = np.zeros(0, np.int64)
        self._shadowed: dict[int, tuple[int, bytes]] = {}
        """By file id: what stands for the text's version, and its packed symbols."""
        self._recent: list[int] = []
        self._looked_at: set[int] = set()
        self._next_memory = _MEMORY_NUMBERS
        self._encoded: dict[bytes, Encoded | None] = {}
        """By packed symbols: what memory segments were built from, for they are merged again and again."""

    # -- opening ---------------------------------------------------------------------------------

    def load(self) -> None:
        """Takes over what the store holds; files that no segment covers go to memory when they are few, else wait
        to be built."""
        entries = list(self._store.files())
        if entries:
            ids, paths, languages, versions = zip(*entries, strict=True)
            self._set_version(max(ids), 0)
            self._versions[list(ids)] = versions
            self.catalog.fill(ids, paths, languages)
        self._recent = [number for number in self._store.recent() if self._version(number)]
        self.disk = self._store.open_segments()
        self.grams = self._store.open_grams()
        self._store.sweep()
        for built in self.disk:
            self._claim(built)
        uncovered = [
            number
            for number in np.flatnonzero((self._versions > 0) & (self._owners() < 0)).tolist()
            if self.catalog.path(number)
        ]
        if len(uncovered) <= _FEW:
            self._add_memory([table for number in uncovered if (table := self._table(number)) is not None])
            return
        for number in uncovered:
            self.wait_for_segment(number, 100)

    def _owners(self) -> npt.NDArray[np.int32]:
        owners = self.catalog.owners
        missing = len(self._versions) - len(owners)
        return np.concatenate([owners, np.full(max(missing, 0), -1, np.int32)])[: len(self._versions)]

    # -- changes ---------------------------------------------------------------------------------

    def wrote(self, file_id: int, version: int, path: str, language: str) -> None:
        """The store holds new content of a file; its old symbols count until the new are in a segment."""
        self._set_version(file_id, version)
        self.catalog.add([(file_id, path, language)])

    def looked_at(self, file_id: int) -> None:
        """A file was read, or its text taken from an editor."""
        self._looked_at.add(file_id)

    def wait_for_segment(self, file_id: int, rows: int) -> None:
        self.waiting_rows += rows - self.waiting.get(file_id, 0)
        self.waiting[file_id] = rows

    def removed(self, file_ids: Iterable[int]) -> None:
        for file_id in file_ids:
            self._set_version(file_id, 0)
            self._shadowed.pop(file_id, None)
            self._forget_waiting(file_id)
            if file_id in self._recent:
                self._recent.remove(file_id)
            self.catalog.remove([file_id])
            self._visible[file_id] = 0

    def shadow(self, file_id: int, packed: bytes, digest: bytes) -> None:
        """A buffer's symbols count instead of the disk's. *digest*: of its text."""
        version = -1 - (int.from_bytes(digest[:8], "big") >> 1)
        self._shadowed[file_id] = version, packed
        self._add_memory([(file_id, version, packed)])
        self.looked_at(file_id)
        self.touched([file_id])

    def unshadow(self, file_id: int) -> None:
        """The disk's symbols count again."""
        self.looked_at(file_id)
        if self._shadowed.pop(file_id, None) is None:
            return
        version = self._version(file_id)
        for built in (*self.memory, *self.disk):
            place = int(np.searchsorted(built.member, file_id))
            if (
                place < len(built.member)
                and built.member[place] == file_id
                and built.member_version[place] == version
            ):
                self.catalog.own([file_id], built.number)
                self._visible[file_id] = version
                return
        self.publish_now([file_id])

    def packed(self, file_id: int) -> bytes | None:
        """A file's symbols as they count now."""
        held = self._shadowed.get(file_id)
        return self._store.packed(file_id) if held is None else held[1]

    def is_shadowed(self, file_id: int) -> bool:
        return file_id in self._shadowed

    def touched(self, file_ids: Iterable[int]) -> None:
        """Someone has just changed these files. (Files that are merely new to the index are not among them.)"""
        for file_id in file_ids:
            if file_id in self._recent:
                self._recent.remove(file_id)
            self._recent.insert(0, file_id)
        del self._recent[_RECENT:]
        self._store.set_meta("recent", " ".join(map(str, self._recent)))

    def publish_now(self, file_ids: Iterable[int]) -> None:
        """Puts these files' stored symbols into a memory segment."""
        file_ids = list(dict.fromkeys(file_ids))
        tables = [table for file_id in file_ids if (table := self._table(file_id)) is not None]
        for file_id in file_ids:
            self._forget_waiting(file_id)
        self._add_memory([table for table in tables if table[0] not in self._shadowed])

    def _add_memory(self, tables: Sequence[FileTable]) -> None:
        if not tables:
            return
        self._next_memory += 1
        if len(self._encoded) > _ENCODED:
            self._encoded.clear()
        try:
            built = segment.build(self._next_memory, tables, self._encoded)
        except ValueError as error:
            raise sqlite3.DatabaseError(f"what it holds of a file cannot be read: {error}") from error
        self.memory.append(built)
        self.catalog.own(built.member, built.number)
        self._visible[built.member] = built.member_version
        self._drop_dead_memory()
        if len(self.memory) > _MEMORY_SEGMENTS:
            self._merge_memory()

    def _drop_dead_memory(self) -> None:
        owners = self.catalog.owners
        self.memory = [built for built in self.memory if np.any(owners[built.member] == built.number)]
        if not self.memory:
            self._encoded.clear()

    def _merge_memory(self) -> None:
        """The smaller half becomes one, so that a row is merged a few times at most."""
        by_size = sorted(self.memory, key=lambda built: built.rows)
        small = by_size[: len(by_size) // 2 + 1]
        ids = [number for built in small for number in self._owned(built).tolist()]
        gone = {built.number for built in small}
        self.memory = [built for built in self.memory if built.number not in gone]
        self._add_memory([table for number in ids if (table := self._table(number)) is not None])

    def _table(self, file_id: int) -> FileTable | None:
        if file_id in self._shadowed:
            return file_id, *self._shadowed[file_id]
        packed = self._store.packed(file_id)
        return None if packed is None else (file_id, self._version(file_id), packed)

    def _forget_waiting(self, file_id: int) -> None:
        self.waiting_rows -= self.waiting.pop(file_id, 0)

    # -- building on disk ------------------------------------------------------------------------

    def due(self, last: bool) -> list[int]:
        """Files to be built into a disk segment now: when enough wait (the more there is, the more it takes), or at
        the *last* of a run. At most ``_SEGMENT_ROWS`` rows."""
        rows = sum(built.rows for built in self.disk)
        threshold = min(max(rows // 3, _FIRST_FLUSH), _LARGEST_FLUSH)
        if not self.waiting or (self.waiting_rows < threshold and not last):
            return []
        chosen: list[int] = []
        total = 0
        for file_id, count in self.waiting.items():
            chosen.append(file_id)
            total += count
            if total >= _SEGMENT_ROWS:
                break
        return chosen

    def is_small(self) -> bool:
        """Whether what waits is little enough for a memory segment."""
        return self.waiting_rows + sum(built.rows for built in self.memory) <= _MEMORY_ROWS

    def memory_overflow(self) -> list[int]:
        """Files of the memory segments, when they have grown too large; buffers stay."""
        if sum(built.rows for built in self.memory) <= _MEMORY_REST:
            return []
        ids = [number for built in self.memory for number in self._owned(built).tolist()]
        return [number for number in ids if number not in self._shadowed]

    def compaction(self) -> tuple[list[int], list[Segment]]:
        """Files to build anew and the segments that go then: small ones of like size, or mostly dead ones."""
        live = sorted(((self._live_rows(built), built) for built in self.disk), key=lambda pair: pair[0])
        group: list[Segment] = []
        total = 0
        for rows, built in live:
            if total + rows > _SEGMENT_ROWS or (group and rows > 2 * total and len(live) <= 8):
                break
            group.append(built)
            total += rows
        mostly_dead = [built for rows, built in live if rows < built.rows // 2]
        if len(group) < 2:
            group = mostly_dead[:1]
        ids = [number for built in group for number in self._owned(built).tolist()]
        return ids, group

    def dead(self) -> list[Segment]:
        """Disk segments that own nothing any more."""
        return [built for built in self.disk if built.rows and not len(self._owned(built))]

    def add_disk(self, built: Segment, replaced: Sequence[Segment] = ()) -> None:
        """A segment was built: it owns the files whose content is still what it holds."""
        gone = {old.number for old in replaced}
        self.disk = [old for old in self.disk if old.number not in gone] + [built]
        for file_id in self._current(built).tolist():
            self._forget_waiting(file_id)
        self._claim(built)
        self._drop_dead_memory()

    def drop(self, segments: Sequence[Segment]) -> None:
        gone = {built.number for built in segments}
        self.disk = [built for built in self.disk if built.number not in gone]

    def drop_grams(self, segments: Sequence[GramSegment]) -> None:
        gone = {built.number for built in segments}
        self.grams = [built for built in self.grams if built.number not in gone]
        self.changes += 1

    def lose(self, built: Segment) -> None:
        """The segment turned out bad: what it owned waits to be built again."""
        ids = self._owned(built)
        self.catalog.disown(ids)
        self._visible[ids] = 0
        for number in ids.tolist():
            self.wait_for_segment(number, 100)
        self.drop([built])

    def _current(self, built: Segment) -> npt.NDArray[np.int64]:
        """Members whose content is still what the segment holds."""
        members = built.member[built.member < len(self._versions)].astype(np.int64)
        found: npt.NDArray[np.int64] = members[
            self._versions[members] == built.member_version[: len(members)]
        ]
        return found

    def _claim(self, built: Segment) -> None:
        members = self._current(built)
        if self._shadowed:
            members = members[~np.isin(members, list(self._shadowed))]
        self.catalog.make_room(int(built.member.max(initial=0)) + 1)
        self.catalog.own(members, built.number)
        self._visible[members] = self._versions[members]

    def _owned(self, built: Segment) -> npt.NDArray[np.uint32]:
        owned: npt.NDArray[np.uint32] = built.member[self.catalog.owners[built.member] == built.number]
        return owned

    def _live_rows(self, built: Segment) -> int:
        owned = len(self._owned(built))
        return built.rows * owned // max(len(built.member), 1)

    # -- versions and the snapshot ---------------------------------------------------------------

    def _set_version(self, file_id: int, version: int) -> None:
        if file_id >= len(self._versions):
            room = max(file_id + 1, len(self._versions) * 3 // 2, 256)
            more = np.zeros(room - len(self._versions), np.int64)
            self._versions = np.concatenate([self._versions, more])
            self._visible = np.concatenate([self._visible, more])
        self._versions[file_id] = version
        self.changes += 1

    def _version(self, file_id: int) -> int:
        return int(self._versions[file_id]) if file_id < len(self._versions) else 0

    def snapshot(self, generation: int) -> Snapshot:
        looked_at = frozenset(self._looked_at)
        self._looked_at.clear()
        return Snapshot(
            root=self.root,
            shown=self.shown,
            segments=(*self.disk, *self.memory),
            catalog=self.catalog.publish(),
            generation=generation,
            store=self._store.id,
            recent=tuple(self._recent),
            shadowed=tuple(self._shadowed),
            grams=tuple(self.grams),
            version=self.versions.copy(),
            visible=self._visible.copy(),
            looked_at=looked_at,
        )

    @property
    def versions(self) -> npt.NDArray[np.int64]:
        """By file id; 0: no such file. The writer's own array: read it, don't keep it."""
        return self._versions
