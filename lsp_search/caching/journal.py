"""What changed between one answer and the next question.

Each publication that makes a difference is a :class:`Change`: the files whose visible content differs, as they were before and
as they are after, each side a small snapshot of its own. A kept answer outlives a change if its question, asked of what was
taken away and of what came, finds nothing. So nothing here knows how names or lines are matched; the search itself is asked,
of a few files.

States are numbered. A journal reaches back some changes; what is older, or larger, may have changed everything.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from lsp_search.index import segment
from lsp_search.index.packed import pack
from lsp_search.index.segment import NON_ASCII, FileTable
from lsp_search.index.snapshot import CatalogEditor, Snapshot
from lsp_search.model import Symbol

KEPT = 64
"""Changes that are remembered."""
MOST_FILES = 40
"""Of one change; more are as good as everything."""

Ids = npt.NDArray[np.int64]
Item = tuple[str, str, int]
"""Relative path, name and kind of what the user picked."""


@dataclass(frozen=True, eq=False)
class Change:
    """What differs between two states of one root. Holds on to both until :attr:`sides` was asked for."""

    root: str
    files: frozenset[int]
    """Ids."""
    content: bool
    """Whether texts or symbols differ, or only what counts for the user: what was picked or changed lately."""
    _states: list[Snapshot]

    @cached_property
    def sides(self) -> tuple[Snapshot, ...]:
        """The files before and after, as snapshots of nothing else. Some milliseconds, once."""
        found = tuple(excerpt(snapshot, sorted(self.files)) for snapshot in list(self._states))
        self._states.clear()
        return found


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What questions are answered from."""

    number: int
    snapshots: tuple[Snapshot, ...]
    picks: frozenset[Item] = frozenset()
    stamp: bytes | None = None
    """See :func:`stamp`; of states that a journal begins with."""


class Journal:
    """All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = self._begun = State(0, ())
        self._first = 0
        self._changes: deque[tuple[int, tuple[Change, ...]]] = deque()
        """With the state that each led to."""

    @property
    def state(self) -> State:
        return self._state

    @property
    def begun(self) -> State:
        """What it begins with: when roots were opened, or after so much had changed that nothing outlived it."""
        return self._begun

    def published(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are read from now on. Under a millisecond for 100,000 files."""
        with self._lock:
            before = self._state.snapshots
            same = len(before) == len(snapshots) and all(map(_continues, before, snapshots))
            if not same:
                self._begin_anew(snapshots)
                return
            changes: list[Change] = []
            for old, new in zip(before, snapshots, strict=True):
                files, content = touched(old, new)
                if len(files) > MOST_FILES:
                    self._begin_anew(snapshots)
                    return
                if len(files):
                    changes.append(Change(new.root, frozenset(files.tolist()), content, [old, new]))
            self._go_on(changes, replace(self._state, snapshots=snapshots))

    def picked(self, picks: frozenset[Item]) -> None:
        """All that the user picked lately."""
        with self._lock:
            state = self._state
            if paths := {path for path, *_ in picks ^ state.picks}:
                changes: list[Change] = []
                for snapshot in state.snapshots:
                    files = [number for number, path in enumerate(snapshot.catalog.paths) if path in paths]
                    changes.append(Change(snapshot.root, frozenset(files), False, [snapshot]))
                self._go_on(changes, replace(state, picks=picks))

    def since(self, number: int) -> list[Change] | None:
        """All that happened after a state; None: more than is known."""
        with self._lock:
            if not self._first <= number <= self._state.number:
                return None
            return [change for state, changes in self._changes if state > number for change in changes]

    def prepare(self, check: Callable[[], None]) -> None:
        """Takes apart what changed, before a question waits for it. *check* raises to stop in between."""
        for change in self.since(self._first) or ():
            check()
            _ = change.sides

    def _begin_anew(self, snapshots: tuple[Snapshot, ...]) -> None:
        number, picks = self._state.number + 1, self._state.picks
        self._state = self._begun = State(number, snapshots, picks, stamp(snapshots, picks))
        self._first = number
        self._changes.clear()

    def _go_on(self, changes: Sequence[Change], state: State) -> None:
        if changes:
            state = replace(state, number=state.number + 1, stamp=None)
            self._changes.append((state.number, tuple(changes)))
        self._state = state
        while len(self._changes) > KEPT:
            self._first = self._changes.popleft()[0]


def _continues(old: Snapshot, new: Snapshot) -> bool:
    """Whether both are of one root and one store: only then do versions say what changed."""
    return old.generation > 0 and (old.root, old.shown, old.store) == (new.root, new.shown, new.store)


def touched(old: Snapshot, new: Snapshot) -> tuple[Ids, bool]:
    """Files of which answers may say something else, and whether it is for their content."""
    size = max(len(old.version), len(new.version), len(old.visible), len(new.visible))
    differs = _long(old.version, size) != _long(new.version, size)
    differs |= _long(old.visible, size) != _long(new.visible, size)
    content = np.union1d(np.flatnonzero(differs), sorted(new.looked_at)).astype(np.int64)
    recent = np.array(sorted(set(old.recent) ^ set(new.recent)), np.int64)
    return np.union1d(content, recent), len(content) > 0


def _long(column: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    return column if len(column) == size else np.pad(column, (0, size - len(column)))


def stamp(snapshots: Sequence[Snapshot], picks: frozenset[Item]) -> bytes:
    """16 bytes that are the same only where all that answers depend on is the same, after a restart too."""
    digest = blake2b(digest_size=16)
    for snapshot in snapshots:
        digest.update(f"{snapshot.folder}\0{snapshot.store}\0".encode("utf-8", "surrogateescape"))
        for column in (snapshot.version, snapshot.visible):
            used = np.flatnonzero(column)
            digest.update(used.tobytes() + b"\0" + column[used].tobytes() + b"\0")
        digest.update(repr(snapshot.recent).encode())
    digest.update(repr(sorted(picks)).encode("utf-8", "surrogateescape"))
    return digest.digest()


def excerpt(snapshot: Snapshot, files: Sequence[int]) -> Snapshot:
    """A snapshot of some *files* alone: their paths, symbols and versions, in a segment of their own."""
    editor = CatalogEditor()
    catalog = snapshot.catalog
    present = [number for number in files if number < len(catalog.paths) and catalog.paths[number]]
    held = _symbols(snapshot, present)
    tables: list[FileTable] = []
    for place, number in enumerate(present):
        editor.add([(place, catalog.paths[number], catalog.language_of(number))])
        tables.append((place, 1, pack(held[number], b"")))
    built = segment.build(1, tables)
    editor.own(np.arange(len(present)), built.number)
    versions = np.ones(len(present), np.int64)
    return Snapshot(
        snapshot.root, snapshot.shown, (built,), editor.publish(), 1, version=versions, visible=versions
    )


def _symbols(snapshot: Snapshot, files: Sequence[int]) -> dict[int, list[Symbol]]:
    """By file its symbols, as far as finding them takes."""
    found: dict[int, list[Symbol]] = {number: [] for number in files}
    owners = snapshot.catalog.owner
    for held in snapshot.segments:
        own = [number for number in files if number < len(owners) and owners[number] == held.number]
        for row in np.flatnonzero(np.isin(held.row_file, own)).tolist() if own else ():
            name = held.name(held.name_of_row(row)).decode("utf-8", "replace")
            kind = int(held.row_kind[row]) & ~NON_ASCII
            line = int(held.row_line[row])
            container = held.container(int(held.row_container[row]))
            symbol = Symbol(name, kind, container, line, 0, line, 0, line, 0)
            found[int(held.row_file[row])].append(symbol)
    return found
