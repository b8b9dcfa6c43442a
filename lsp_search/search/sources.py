"""Which files can hold what is looked for, in the order in which they are worth reading; and their texts.

The gram segments rule files out; a file that they don't know as it is now is read. The texts are those that count now:
an editor's, else the disk's.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from lsp_search.files.read import contents, decode, read_into, read_pieces_into
from lsp_search.index import grams
from lsp_search.index.grams import GramSegment
from lsp_search.index.snapshot import Snapshot
from lsp_search.model import Filter
from lsp_search.search.filters import languages, path_passes
from lsp_search.search.required import AllOf, Literal, Need
from lsp_search.telemetry.spans import spanned

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MOST_GRAMS = 16
"""Grams of one literal that are asked for; more rule out hardly anything."""


class Texts(Protocol):
    """What editors hold (:class:`~lsp_search.files.buffers.Buffers`)."""

    def get(self, path: str) -> bytes | None: ...

    def paths(self) -> list[str]: ...


_LARGE = 1
"""Blocks of a file from which it is worth while to read only some."""

Starts = dict[int, list[int]]
"""By file id: where in the file, in bytes, the blocks begin that alone can hold what is needed."""


@spanned("match")
def possible(
    snapshot: Snapshot, need: Need, wanted: Filter, excluded_languages: Sequence[str] = ()
) -> tuple[Ids, Starts]:
    """Ids of the files that pass the filters and can hold what is needed; and of some large ones, where."""
    catalog = snapshot.catalog
    coverage = _coverage(snapshot)
    left = coverage.unknown.copy()
    starts: Starts = {}
    for segment, current, large in zip(snapshot.grams, coverage.current, coverage.large, strict=True):
        blocks = _blocks(segment, need)
        if blocks is None:
            left[segment.member[current & holding(segment, need)]] = True
            continue
        rows, begins = segment.places(blocks)
        left[segment.member[rows[current[rows]]]] = True
        most = (segment.last - segment.first) // 2  # else the whole is read as quickly
        parts = large[rows] & (np.bincount(rows, minlength=len(most)) <= most)[rows]
        for member, begin in zip(segment.member[rows[parts]].tolist(), begins[parts].tolist(), strict=True):
            starts.setdefault(member, []).append(begin)
    size = min(len(catalog.paths), len(left))
    for number in snapshot.shadowed:
        starts.pop(number, None)
        if number < size:
            left[number] = True
    left = left[:size]
    if (spoken := languages(catalog, wanted, excluded_languages)) is not None:
        left &= spoken[catalog.language[:size]]
    found = np.flatnonzero(left)
    if wanted.paths or wanted.exclude_paths:
        found = found[[path_passes(catalog.paths[number], wanted) for number in found.tolist()]]
    return found, starts


class _Coverage:
    """What the gram segments of one snapshot know."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.current = [segment.current(snapshot.version) for segment in snapshot.grams]
        """Of each segment, which members still have the content that they had."""
        self.large = [
            current & segment.plain & (segment.last - segment.first > _LARGE)
            for segment, current in zip(snapshot.grams, self.current, strict=True)
        ]
        """Of which of these it is worth while to read only some blocks."""
        self.unknown: Flags = (snapshot.version > 0) & ~grams.covered(snapshot.grams, snapshot.version)
        """By file id, which files no segment knows as they are."""


_coverages: WeakKeyDictionary[Snapshot, _Coverage] = WeakKeyDictionary()


def _coverage(snapshot: Snapshot) -> _Coverage:
    found = _coverages.get(snapshot)
    if found is None:
        found = _coverages[snapshot] = _Coverage(snapshot)
    return found


def can_look_up(need: Need) -> bool:
    """Whether the index can rule out files that lack what is needed."""
    if isinstance(need, Literal):
        return _codes(need).size > 0
    each = [can_look_up(part) for part in need.parts]
    return any(each) if isinstance(need, AllOf) else all(each)


def _blocks(segment: GramSegment, need: Need) -> Flags | None:
    """The blocks that can hold the whole of a literal; None where that cannot be said of single blocks."""
    if not isinstance(need, Literal) or len(need.text.encode()) > grams.OVERLAP // 2:
        return None
    codes = _codes(need)
    return segment.blocks_holding(codes) if len(codes) else None


def holding(segment: GramSegment, need: Need) -> Flags:
    """Which members of *segment* can hold what is needed."""
    if isinstance(need, Literal):
        codes = _codes(need)
        if not len(codes):
            return np.ones(len(segment.member), np.bool_)
        return segment.members_of(segment.blocks_holding(codes))
    start = np.full(len(segment.member), isinstance(need, AllOf))
    combine = np.logical_and if isinstance(need, AllOf) else np.logical_or
    for part in need.parts:
        start = combine(start, holding(segment, part))
    return start


@functools.lru_cache(64)
def _codes(literal: Literal) -> grams.Codes:
    """Hash classes that a text with *literal* must have; of a long one some that are spread over its beginning."""
    # A match can reach over the end of a block by OVERLAP bytes; in another case it can be half as long again.
    raw = grams.folded(literal.text.encode())[: grams.OVERLAP // 2 if literal.folded else grams.OVERLAP]
    codes = grams.codes(raw).reshape(2, -1)
    if codes.size and literal.folded and not raw.isascii():  # beyond ASCII, another case has other bytes
        high = np.frombuffer(raw, np.uint8) > 127
        windows = [high[at : len(high) - grams.WIDTH + 1 + at] for at in range(grams.WIDTH)]
        codes = codes[:, ~np.logical_or.reduce(windows)]
    return np.unique(codes[:, :: max(codes.shape[1] // _MOST_GRAMS, 1)])


@spanned("rank")
def likeliest_first(snapshot: Snapshot, ids: Ids, first: Iterable[int], near: str | None) -> Ids:
    """*ids* in the order in which to read them: those of *first*, what is near the file looked at, own code before
    tests before foreign code; then by path."""
    catalog = snapshot.catalog
    urgent = np.isin(ids, np.fromiter(first, np.int64))
    far = np.array([not is_near for is_near in _are_near(snapshot, ids, near)], np.bool_)
    order = np.lexsort((catalog.label[ids], catalog.standing[ids], far, ~urgent))
    found: Ids = ids[order]
    return found


def _are_near(snapshot: Snapshot, ids: Ids, near: str | None) -> list[bool]:
    """Which of *ids* are in the folder of the file *near*."""
    prefix = snapshot.folder + "/"
    if near is None or not near.startswith(prefix):
        return [False] * len(ids)
    folder = near[len(prefix) :].rpartition("/")[0]
    return [snapshot.catalog.paths[number].rpartition("/")[0] == folder for number in ids.tolist()]


class Reader:
    """Reads the texts of one snapshot's files as they count now. May be used by several threads."""

    def __init__(self, snapshot: Snapshot, texts: Texts, max_bytes: int, starts: Starts) -> None:
        """*max_bytes*: files that are larger are not read. *starts*: of some files the only blocks that can hold what is
        looked for."""
        self.max_bytes = max_bytes
        self._paths = snapshot.catalog.paths
        self._root = snapshot.root.rstrip("/") + "/"
        self._shown = snapshot.folder + "/"
        self._texts = texts
        self._open = set(texts.paths())
        self._starts = starts

    def text(self, file_id: int) -> bytes | None:
        """In UTF-8; None where there is none."""
        held = self._held(self._paths[file_id])
        if held is not None:
            return held
        raw = contents(self._root + self._paths[file_id], self.max_bytes, follow=False)
        decoded = None if raw is None else decode(raw)
        return None if decoded is None else decoded[0]

    def read_into(self, file_id: int, room: memoryview) -> int | None:
        """Puts what is on disk of the file, or the blocks of it that count, into *room*. Returns how many bytes they
        are; -1 where it cannot be read; None where an editor holds the text."""
        path = self._paths[file_id]
        if self._open and self._held(path) is not None:
            return None
        starts = self._starts.get(file_id)
        if starts is None:
            return read_into(self._root + path, room)
        return read_pieces_into(self._root + path, starts, grams.BLOCK + grams.OVERLAP, room)

    def in_part(self, file_id: int) -> bool:
        """Whether only some blocks of the file count."""
        return file_id in self._starts

    def _held(self, path: str) -> bytes | None:
        for full in (self._shown + path, self._root + path) if self._open else ():
            if full in self._open and (held := self._texts.get(full)) is not None:
                return held
        return None
