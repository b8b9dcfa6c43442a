"""What the user opened, and for which queries: the only thing in a store that cannot be found again in the files.

Four small tables, all bounded:

- ``picks``: by item (a symbol, or a file) how often and how lately it was opened, as one number (below);
- ``picked_queries``: which query led to which item;
- ``picked_lists``: of the last picks, what ranking knew of the hits that were shown (numbers only, no texts);
- ``learned``: what ranking made of those (see ``search/learning``).

*Frecency*: a pick is worth 1 and loses half of that in :data:`HALF_LIFE`; an item's worth is the sum. As all picks decay
alike, the sum is known for all times by the one moment at which it is exactly 1, ``one_at``: it lies ahead of what was picked
often, and moves on with each pick, but never by reading. (The order of items by it is the same at any time.) The trick is that
of forward decay, Cormode et al., ICDE 2009; of "frecency" as one date, Mozilla's wiki, *User:Jesse/NewFrecency*.
"""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from lsp_search.model import SymbolKind

HALF_LIFE = 14 * 86400.0
"""Seconds after which a pick counts half."""
KEPT = 1000
"""Items."""
KEPT_QUERIES = 2000
"""Pairs of query and item."""
KEPT_LISTS = 500
MOST_HALVES = 60.0
"""A clock that was wrong must not make numbers that are none."""
WEIGHTS = "weights"
"""The key in ``learned`` under which ranking keeps its weights."""

_COLUMNS = {
    "picks": "path, kind, container, name, one_at, picked_at, count",
    "picked_queries": "query, path, kind, container, name, one_at",
    "picked_lists": "number, picked_at, place, features",
    "learned": "key, value",
}
_UNTIL_SCHEMA_2 = (
    "SELECT path, kind, '', name, picked_at + 1209600.0 * ((count >= 2) + (count >= 4) + (count >= 8)"
    " + (count >= 16) + (count >= 32) + (count >= 64)), picked_at, count FROM picks"
)
"""Picks as older stores have them (their migration reads them so, too): as if all had happened at the last one."""


class Item(NamedTuple):
    """What can be picked, named so that it stays the same while the index changes."""

    path: str
    """Relative."""
    kind: int
    container: str
    name: str
    """A file has no container and no name of its own: both follow from the path."""

    @classmethod
    def file(cls, path: str) -> Item:
        return cls(path, int(SymbolKind.FILE), "", "")


class Pick(NamedTuple):
    item: Item
    one_at: float
    picked_at: float
    """The last time."""
    times: int


class Memory(NamedTuple):
    """A query, and where it led."""

    query: str
    item: Item
    one_at: float


class ShownList(NamedTuple):
    """What ranking knew of some hits, one of which was opened."""

    picked_at: float
    place: int
    """Which of them."""
    features: bytes
    """As ``search/learning`` packs them."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """All that ranking reads: immutable, so that queries may hold it while picks go on."""

    picks: tuple[Pick, ...] = ()
    """The latest first."""
    memories: tuple[Memory, ...] = ()
    """By query."""
    weights: str = ""
    """As ``search/learning`` wrote them; empty: none."""


def worth(one_at: float, now: float) -> float:
    """How much is left at *now* of what is worth 1 at *one_at*."""
    return math.exp2(min((one_at - now) / HALF_LIFE, MOST_HALVES))


def together(one: float, other: float) -> float:
    """The moment at which two such sums are worth 1 together."""
    early, late = sorted((one, other))
    return late + HALF_LIFE * math.log2(1.0 + worth(early, late))


def kept_of(found: Mapping[str, Iterable[Any]]) -> Kept:
    """*found*: as :meth:`Picks.rows` gives it."""
    picks = [
        Pick(Item(os.fsdecode(path), *rest), one_at, picked_at, count)
        for path, *rest, one_at, picked_at, count in found.get("picks", ())
    ]
    memories = [
        Memory(query, Item(os.fsdecode(path), *rest), one_at)
        for query, path, *rest, one_at in found.get("picked_queries", ())
    ]
    learned: dict[str, str] = dict(found.get("learned", ()))
    return Kept(
        tuple(sorted(picks, key=lambda pick: (-pick.picked_at, pick.item))),
        tuple(sorted(memories)),
        learned.get(WEIGHTS, ""),
    )


class Picks:
    """A store's tables of picks; part of its transactions, and of its thread. Times are seconds since 1970."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def add(self, item: Item, now: float) -> None:
        """The user opened *item*; those that are worth least beyond ``KEPT`` are forgotten."""
        key = (os.fsencode(item.path), item.kind, item.container, item.name)
        row = self._db.execute(
            "SELECT one_at, count FROM picks WHERE (path, kind, container, name) = (?, ?, ?, ?)", key
        ).fetchone()
        one_at, count = (now, 1) if row is None else (together(row[0], now), row[1] + 1)
        self._db.execute(
            "INSERT OR REPLACE INTO picks VALUES (?, ?, ?, ?, ?, ?, ?)", (*key, one_at, now, count)
        )
        self._forget("picks", "path, kind, container, name", "one_at", KEPT)

    def remember(self, query: str, item: Item, now: float) -> None:
        """*query* led to *item*."""
        key = (query, os.fsencode(item.path), item.kind, item.container, item.name)
        row = self._db.execute(
            "SELECT one_at FROM picked_queries WHERE (query, path, kind, container, name) = (?, ?, ?, ?, ?)",
            key,
        ).fetchone()
        one_at = now if row is None else together(row[0], now)
        self._db.execute("INSERT OR REPLACE INTO picked_queries VALUES (?, ?, ?, ?, ?, ?)", (*key, one_at))
        self._forget("picked_queries", "query, path, kind, container, name", "one_at", KEPT_QUERIES)

    def add_list(self, shown: ShownList) -> int:
        """Keeps it; returns its number: how many there have been."""
        number = self._db.execute(
            "INSERT INTO picked_lists (picked_at, place, features) VALUES (?, ?, ?)", shown
        ).lastrowid
        self._forget("picked_lists", "number", "number", KEPT_LISTS)
        return int(number or 0)

    def lists(self) -> list[ShownList]:
        """The oldest first."""
        rows = self._db.execute("SELECT picked_at, place, features FROM picked_lists ORDER BY number")
        return [ShownList._make(row) for row in rows]

    def set_weights(self, weights: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO learned VALUES (?, ?)", (WEIGHTS, weights))

    def kept(self) -> Kept:
        return kept_of(self.rows("picks", "picked_queries", "learned"))

    def rows(self, *tables: str) -> dict[str, list[Any]]:
        """By table (none named: all) what can be read, for :meth:`restore` into another store; also from older stores."""
        found: dict[str, list[Any]] = {}
        for table in tables or _COLUMNS:
            with contextlib.suppress(sqlite3.Error):
                found[table] = self._db.execute(f"SELECT {_COLUMNS[table]} FROM {table}").fetchall()  # noqa: S608 - names from above
        if "picks" not in found:
            with contextlib.suppress(sqlite3.Error):
                found["picks"] = self._db.execute(_UNTIL_SCHEMA_2).fetchall()
        return found

    def restore(self, rows: Mapping[str, Iterable[Any]]) -> None:
        for table, columns in _COLUMNS.items():
            places = ", ".join("?" * len(columns.split(",")))
            self._db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({places})", rows.get(table, ()))  # noqa: S608 - names from above

    def reset(self) -> None:
        """Forgets everything; what is freed on disk is overwritten."""
        self._db.execute("PRAGMA secure_delete = ON")
        for table in _COLUMNS:
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from above

    def _forget(self, table: str, key: str, order: str, kept: int) -> None:
        """Drops the least by *order* beyond *kept*."""
        (count,) = self._db.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names from above
        if count <= kept:
            return
        self._db.execute(
            f"DELETE FROM {table} WHERE ({key}) IN"  # noqa: S608 - names from above
            f" (SELECT {key} FROM {table} ORDER BY {order} DESC LIMIT -1 OFFSET ?)",
            (kept,),
        )
