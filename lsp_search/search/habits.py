"""What the user opens again: of items, of files, and for which queries. An immutable view of what stores keep (``index/picks``).

*Items* are symbols and files; a line of text and a part of a file without a symbol count as their file, because lines move.

*A query is remembered* for itself and for its beginnings of two characters and more, which are worth less the shorter
they are. What it gives to each of its targets is a share: the target's worth by the worth of all, and one more that
stands for what was not picked yet, so that one pick long ago says little and many lately say nearly everything.

*What is renamed or moved inherits*: an item whose file is gone lives on in a hit of the same name, kind and container, when
a list holds just one. That is found while answering; nothing has to be told when a file moves.
"""

from __future__ import annotations

import math
import os
import urllib.parse
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lsp_search.index.picks import HALF_LIFE, MOST_HALVES, Item, Kept, together, worth
from lsp_search.index.snapshot import Snapshot
from lsp_search.model import Hit, SymbolKind

Vector = npt.NDArray[np.float32]
Key = tuple[str, int, str, str]
"""An item with its absolute path."""

_FILE = int(SymbolKind.FILE)
_SHORTEST = 2
"""Characters of a beginning that is remembered."""
_LONGEST = 64
"""Characters of a query that is remembered: what is longer was pasted."""
_SHORTER = 1.0
"""A beginning is worth its share of the query's length to this power."""
_BEYOND = "\U0010ffff"
_NEVER = -math.inf


def folded(query: str) -> str:
    """As queries are remembered: case and spaces don't count. Empty: not worth it."""
    text = " ".join(query.encode("utf-8", "replace").decode().casefold().split())
    return text if len(text) <= _LONGEST else ""


def item_of(hit_id: str) -> Item | None:
    """What an id names; None where it is no id."""
    parts = hit_id.encode("utf-8", "replace").decode().split("\t")
    path = os.fsdecode(urllib.parse.unquote_to_bytes(parts[0]))
    if len(parts) == 4 and parts[1].isdecimal() and len(parts[1]) <= 3:
        return Item(path, int(parts[1]) % 256, parts[2], parts[3])
    return Item.file(path) if len(parts) > 1 and parts[1] in ("file", "part", "line") else None


def key_of(hit: Hit) -> Key:
    if hit.kind is None or hit.kind == _FILE:
        return (hit.path, _FILE, "", "")
    return (hit.path, hit.kind, hit.container, hit.name)


def _name_of(key: Key) -> tuple[int, str, str]:
    """What stays when the file is renamed or moved; of a file when it is moved."""
    path, kind, container, name = key
    return (kind, container, name or path.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the hits of a list, 0–1 each; shape (hits,)."""

    item: Vector
    """Frecency f of the item, as f / (f + 1),"""
    file: Vector
    """and of all that was picked in its file."""
    remembered: Vector
    """The share of this query that led there."""


@dataclass(frozen=True, slots=True, eq=False)
class Gone:
    """Items whose files are gone, by what names them anywhere."""

    names: Mapping[tuple[int, str, str], list[Key]]

    def heirs(self, keys: Sequence[Key]) -> dict[Key, Key]:
        """Which of *keys* takes the place of which item."""
        if not self.names:
            return {}
        living: dict[tuple[int, str, str], set[Key]] = defaultdict(set)
        for key in keys:
            if (name := _name_of(key)) in self.names:
                living[name].add(key)
        return {
            old: next(iter(new)) for name, new in living.items() if len(new) == 1 for old in self.names[name]
        }


class Habits:
    def __init__(self, kept: Sequence[tuple[str, Kept]]) -> None:
        """*kept*: with the folder of each root, as hits spell it."""
        self._kept = kept
        self._items: dict[Key, float] = {}
        self._files: dict[str, float] = {}
        memories: list[tuple[str, Key, float]] = []
        self._numbers: dict[Key, int] = {}
        """Of what queries led to."""
        for folder, one in kept:
            for pick in one.picks:
                key = (f"{folder}/{pick.item.path}", *pick.item[1:])
                self._items[key] = pick.one_at
                before = self._files.get(key[0])
                self._files[key[0]] = pick.one_at if before is None else together(before, pick.one_at)
            memories += [
                (memory.query, (f"{folder}/{memory.item.path}", *memory.item[1:]), memory.one_at)
                for memory in one.memories
            ]
        memories.sort(key=lambda memory: memory[0])
        self._queries = [query for query, _, _ in memories]
        self._lengths = np.array([len(query) for query in self._queries], np.float64)
        self._dates = np.array([one_at for _, _, one_at in memories], np.float64)
        numbers = self._numbers
        self._targets = np.array([numbers.setdefault(key, len(numbers)) for _, key, _ in memories], np.int64)
        self._gone: tuple[list[list[str]], Gone] | None = None

    @property
    def is_empty(self) -> bool:
        return not self._items

    @cached_property
    def latest(self) -> list[tuple[str, str, int]]:
        """(relative path, name, kind), the latest first in each root."""
        return [
            (pick.item.path, pick.item.name, pick.item.kind) for _, one in self._kept for pick in one.picks
        ]

    @cached_property
    def picks(self) -> frozenset[tuple[str, str, int]]:
        """As :attr:`latest`."""
        return frozenset(self.latest)

    def remembers(self, query: str) -> bool:
        """Whether *query* led somewhere, or begins one that did."""
        start, end = self._range(folded(query))
        return start < end

    def known(self, hits: Sequence[Hit], query: str, snapshots: Sequence[Snapshot], now: float) -> Known:
        """*query*: as typed; *now*: in seconds since 1970."""
        if self.is_empty:
            nothing = np.zeros(len(hits), np.float32)
            return Known(nothing, nothing, nothing)
        keys = [key_of(hit) for hit in hits]
        items, files = self._items, self._files
        item = _worths([items.get(key, _NEVER) for key in keys], now)
        file = _worths([files.get(key[0], _NEVER) for key in keys], now)
        shares = np.append(self._shares(folded(query), now), 0.0)
        remembered = shares[[self._numbers.get(key, -1) for key in keys]]
        if heirs := self.gone(snapshots).heirs(keys):
            left, told = np.zeros((2, len(keys)))
            first: dict[Key, int] = {}
            same = [first.setdefault(key, place) for place, key in enumerate(keys)]
            for old, new in heirs.items():
                left[first[new]] += worth(items[old], now)
                told[first[new]] += shares[self._numbers.get(old, -1)]
            item, remembered = item + left[same], remembered + told[same]
        return Known(_saturated(item), _saturated(file), remembered.astype(np.float32))

    def gone(self, snapshots: Sequence[Snapshot]) -> Gone:
        """Found again when files come or go: some milliseconds for 100,000 files."""
        lists = [snapshot.catalog.paths for snapshot in snapshots]
        held = self._gone
        if held is not None and len(held[0]) == len(lists) and all(map(_same, held[0], lists)):
            return held[1]
        names: dict[tuple[int, str, str], list[Key]] = defaultdict(list)
        for folder, one in self._kept:
            picked = {pick.item.path for pick in one.picks}
            for snapshot in snapshots:
                if snapshot.folder == folder and picked:
                    lost = picked.difference(picked.intersection(snapshot.catalog.paths))
                    for pick in one.picks:
                        if pick.item.path in lost:
                            key = (f"{folder}/{pick.item.path}", *pick.item[1:])
                            names[_name_of(key)].append(key)
        found = Gone(dict(names))
        self._gone = (lists, found)
        return found

    def _shares(self, query: str, now: float) -> npt.NDArray[np.float64]:
        """By number of the target what *query* is worth to it."""
        start, end = self._range(query)
        shorter = (len(query) / self._lengths[start:end]) ** _SHORTER
        worths = _worths(self._dates[start:end], now) * shorter
        found = np.bincount(self._targets[start:end], worths, len(self._numbers))
        shares: npt.NDArray[np.float64] = found / (1.0 + found.sum())
        return shares

    def _range(self, query: str) -> tuple[int, int]:
        """Where the remembered queries stand that *query* begins; half-open."""
        if not query:
            return 0, 0
        last = query + _BEYOND if len(query) >= _SHORTEST else query
        return bisect_left(self._queries, query), bisect_right(self._queries, last)


def _same(one: object, other: object) -> bool:
    return one is other


def _worths(dates: npt.ArrayLike, now: float) -> npt.NDArray[np.float64]:
    """As ``picks.worth``, of many."""
    halves = (np.asarray(dates, np.float64) - now) / HALF_LIFE
    found: npt.NDArray[np.float64] = np.exp2(np.minimum(halves, MOST_HALVES))
    return found


def _saturated(values: npt.NDArray[np.float64]) -> Vector:
    return (values / (values + 1)).astype(np.float32)
