"""What queries read: one immutable generation of one root, published by a pointer swap.

A snapshot is a tuple of segments plus a *catalog* of files. ``catalog.owner[f]`` is the number of the one
segment whose rows of file f count, or ``NOBODY``: replacing, deleting and shadowing a file are each one
number in that array, and a row is alive exactly when its segment's number stands there. Publishing
copies the small arrays of the catalog (4 bytes a file and column) and shares everything else, so readers
keep what they hold and never wait.

The order of files must be the same whether an index grew or was built at once, so it cannot be the order
of ids. Each file carries a *label*, an integer that sorts as its path does; a new file takes the middle
between its neighbours (order maintenance, Dietz and Sleator 1987, in its simplest form: when no room is
left all labels are dealt anew, which costs 50 ms for 80,000 files).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from lsp_search.index import grams, text
from lsp_search.index.grams import GramSegment
from lsp_search.index.segment import Segment
from lsp_search.index.standing import standing_of

NOBODY = -1
_LABEL_STEP = 1 << 32


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Catalog:
    """Columns over file ids (dense, small integers; gaps are files that are gone)."""

    paths: list[str]
    """Relative path by id; empty where no file has that id. Shared: never changed in place."""
    languages: list[str]
    """Distinct language ids; ``language`` indexes it."""
    language: npt.NDArray[np.uint8]
    standing: npt.NDArray[np.uint8]
    """How the path ranks: own code, tests, generated or vendored (see ``standing``)."""
    letters: npt.NDArray[np.uint32]
    """The character classes of each path, see ``text.letters``."""
    label: npt.NDArray[np.int64]
    """Sorts as the path does."""
    owner: npt.NDArray[np.int32]

    @classmethod
    def empty(cls) -> Catalog:
        return cls(
            paths=[],
            languages=["plaintext"],
            language=np.empty(0, np.uint8),
            standing=np.empty(0, np.uint8),
            letters=np.empty(0, np.uint32),
            label=np.empty(0, np.int64),
            owner=np.empty(0, np.int32),
        )

    def language_of(self, file_id: int) -> str:
        return self.languages[int(self.language[file_id])]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Snapshot:
    """One generation of one root."""

    root: str
    """The real path of the root folder."""
    shown: str = ""
    """The root as its user spells it (perhaps through a link): what answers begin with."""
    segments: tuple[Segment, ...] = ()
    catalog: Catalog = field(default_factory=Catalog.empty)
    generation: int = 0
    store: str = ""
    """Which store the files' ids and versions are of."""
    recent: tuple[int, ...] = ()
    """Ids of recently changed files, the latest first."""
    shadowed: tuple[int, ...] = ()
    """Ids of files whose text in an editor is not what is on disk."""
    grams: tuple[GramSegment, ...] = ()
    version: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """By file id, of its content; 0: no such file."""
    visible: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """By file id, the version of the content that answers speak of: behind ``version`` while new content waits for a
    segment; a negative number that follows from the text while an editor holds another one; 0: nothing."""

    looked_at: frozenset[int] = frozenset()
    """Ids of files that were read since the generation before, whether or not that changed anything: for a moment they may
    have held something else."""

    @property
    def folder(self) -> str:
        """The root as answers spell it, without a slash at the end."""
        return (self.shown or self.root).rstrip("/")

    def gram_files(self) -> int:
        """Files of which the gram segments say what they can hold."""
        return int(grams.covered(self.grams, self.version).sum())


class CatalogEditor:
    """The writer's side of the catalog: takes changes, hands out immutable copies.

    Belongs to the writer's thread. ``publish`` shares arrays with what it returned before where nothing
    changed.
    """

    def __init__(self) -> None:
        self._catalog = Catalog.empty()
        self._paths: list[str] = []
        self._language = np.empty(0, np.uint8)
        self._numbers: dict[str, int] = {"plaintext": 0}
        self._sorted: list[tuple[str, int]] | None = None
        self._owner = np.empty(0, np.int32)
        self._label = np.empty(0, np.int64)
        self._standing = np.empty(0, np.uint8)
        self._letters = np.empty(0, np.uint32)
        self._unlettered: list[int] = []
        """Files whose letters are found when published: one by one that costs ten times as much."""
        self._files_changed = False
        self._owner_changed = False

    def add(self, entries: Iterable[tuple[int, str, str]]) -> None:
        """(id, path, language) of files that are new or whose language changed."""
        fresh: list[tuple[str, int]] = []
        for file_id, path, language in entries:
            self._grow(file_id + 1)
            number = self._numbers.setdefault(language, len(self._numbers)) & 0xFF
            if self._language[file_id] != number:
                self._language[file_id] = number
                self._files_changed = True
            if self._paths[file_id] != path:
                self._forget_order(file_id)
                self._paths[file_id] = path
                self._standing[file_id] = standing_of(path)
                self._unlettered.append(file_id)
                fresh.append((path, file_id))
        if not fresh:
            return
        self._files_changed = True
        if len(fresh) > 64 or self._sorted is None:
            self._sorted = None
        else:
            for path, file_id in fresh:
                self._insert(path, file_id)

    def fill(self, ids: Sequence[int], paths: Sequence[str], languages: Sequence[str]) -> None:
        """What an empty catalog begins with; columns of one length. Quickest in the order of paths."""
        if not ids:
            return
        self._grow(max(ids) + 1)
        for file_id, path in zip(ids, paths, strict=True):
            self._paths[file_id] = path
        numbers, at = self._numbers, np.array(ids)
        self._language[at] = [numbers.setdefault(language, len(numbers)) & 0xFF for language in languages]
        self._standing[at] = [standing_of(path) for path in paths]
        self._unlettered += ids
        self._sorted = sorted(zip(paths, ids, strict=True))
        self._label_all()
        self._files_changed = True

    def remove(self, file_ids: Iterable[int]) -> None:
        for file_id in file_ids:
            if file_id < len(self._paths):
                self._forget_order(file_id)
                self._paths[file_id] = ""
                self._owner[file_id] = NOBODY
                self._files_changed = self._owner_changed = True

    def make_room(self, size: int) -> None:
        """Ids below *size* have a place, if only for segments that still hold rows of files that are gone."""
        if size > len(self._paths):
            self._grow(size)
            self._files_changed = True

    def own(self, file_ids: npt.ArrayLike, segment_number: int) -> None:
        """From now on the rows of *segment_number* count for these files."""
        self._owner[np.asarray(file_ids, np.int64)] = segment_number
        self._owner_changed = True

    def disown(self, file_ids: npt.ArrayLike) -> None:
        self.own(file_ids, NOBODY)

    def owner(self, file_id: int) -> int:
        return int(self._owner[file_id]) if file_id < len(self._owner) else NOBODY

    @property
    def owners(self) -> npt.NDArray[np.int32]:
        """The writer's own array: read it, don't keep it."""
        return self._owner

    def path(self, file_id: int) -> str:
        return self._paths[file_id] if file_id < len(self._paths) else ""

    def publish(self) -> Catalog:
        if self._files_changed:
            if self._sorted is None:
                self._relabel()
            if self._unlettered:
                self._letters[self._unlettered] = _letters(
                    [self._paths[number] for number in self._unlettered]
                )
                self._unlettered.clear()
            self._catalog = Catalog(
                paths=list(self._paths),
                languages=list(self._numbers),
                language=self._language.copy(),
                standing=self._standing.copy(),
                letters=self._letters.copy(),
                label=self._label.copy(),
                owner=self._owner.copy(),
            )
        elif self._owner_changed:
            self._catalog = replace(self._catalog, owner=self._owner.copy())
        self._files_changed = self._owner_changed = False
        return self._catalog

    def _grow(self, size: int) -> None:
        extra = size - len(self._paths)
        if extra <= 0:
            return
        self._paths += [""] * extra
        if size > len(self._owner):
            room = max(size, len(self._owner) * 3 // 2, 64)
            self._owner = _grown(self._owner, room, NOBODY)
            self._label = _grown(self._label, room, 0)
            self._standing = _grown(self._standing, room, 0)
            self._letters = _grown(self._letters, room, 0)
            self._language = _grown(self._language, room, 0)

    def _relabel(self) -> None:
        self._sorted = sorted((path, file_id) for file_id, path in enumerate(self._paths) if path)
        self._label_all()

    def _label_all(self) -> None:
        ids = np.array([file_id for _, file_id in self._sorted or ()], np.int64)
        self._label[ids] = np.arange(1, len(ids) + 1, dtype=np.int64) * _LABEL_STEP

    def _insert(self, path: str, file_id: int) -> None:
        order = self._sorted
        if order is None:
            return
        place = bisect_left(order, (path, file_id))
        below = int(self._label[order[place - 1][1]]) if place else 0
        above = int(self._label[order[place][1]]) if place < len(order) else below + 2 * _LABEL_STEP
        if above - below < 2:
            self._sorted = None
            return
        order.insert(place, (path, file_id))
        self._label[file_id] = (below + above) // 2

    def _forget_order(self, file_id: int) -> None:
        if self._sorted is not None and self._paths[file_id]:
            place = bisect_left(self._sorted, (self._paths[file_id], file_id))
            if place < len(self._sorted) and self._sorted[place][1] == file_id:
                del self._sorted[place]


def _letters(paths: Sequence[str]) -> npt.NDArray[np.uint32]:
    raw = [path.encode("utf-8", "surrogateescape") for path in paths]
    offsets = np.zeros(len(raw) + 1, np.int64)
    np.cumsum([len(path) for path in raw], out=offsets[1:])
    return text.letters(np.frombuffer(b"".join(raw), np.uint8), offsets)


_COLUMN = TypeVar("_COLUMN", bound=np.generic)


def _grown(column: npt.NDArray[_COLUMN], size: int, fill: int) -> npt.NDArray[_COLUMN]:
    longer = np.full(size, fill, column.dtype)
    longer[: len(column)] = column
    return longer
