"""Which results the user opened: the only thing in a store that cannot be found again in the files."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable

KEPT = 1000


class Picks:
    """A store's table of picks; part of its transactions, and of its thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def add(self, path: str, name: str, kind: int) -> None:
        """The user opened this symbol; the oldest beyond ``KEPT`` are forgotten."""
        self._db.execute(
            "INSERT INTO picks VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET"
            " picked_at = excluded.picked_at, count = count + 1",
            (os.fsencode(path), name, kind, time.time()),
        )
        self._db.execute(
            "DELETE FROM picks WHERE rowid IN (SELECT rowid FROM picks ORDER BY picked_at DESC LIMIT -1 OFFSET ?)",
            (KEPT,),
        )

    def latest(self) -> list[tuple[str, str, int]]:
        """(path, name, kind), the latest first."""
        rows = self._db.execute("SELECT path, name, kind FROM picks ORDER BY picked_at DESC, rowid DESC")
        return [(os.fsdecode(path), name, kind) for path, name, kind in rows]

    def rows(self) -> list[tuple[bytes, str, int, float, int]]:
        """(path, name, kind, picked at, count) as stored, for :meth:`restore` into another store."""
        return self._db.execute("SELECT path, name, kind, picked_at, count FROM picks").fetchall()

    def restore(self, rows: Iterable[tuple[bytes, str, int, float, int]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO picks VALUES (?, ?, ?, ?, ?)", rows)
