"""What is not indexed, and why: *skipped* by the walk's judgement of a path, or *unread*, refused once it was read.

The two are kept apart because they are found out in different ways: an audit replaces all that it skipped, while a
refused file is remembered with its size and time, so that it need not be read again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from typing import cast


class Unindexed:
    """A store's tables of what it leaves out; part of its transactions, and of its thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def set_skipped(self, skipped: Iterable[tuple[str, str]], below: str = "") -> None:
        """Replaces the skipped entries (relative path, reason) at or under *below* (empty: all)."""
        if not below:
            self._db.execute("DELETE FROM skipped")
        else:
            exact = os.fsencode(below)
            self._db.execute("DELETE FROM skipped WHERE path = ?", (exact,))
            self._db.execute("DELETE FROM skipped WHERE path >= ? AND path < ?", (exact + b"/", exact + b"0"))
        self._db.executemany(
            "INSERT OR REPLACE INTO skipped VALUES (?, ?)",
            [(os.fsencode(path), reason) for path, reason in skipped],
        )

    def set_unread(self, path: str, reason: str, size: int, mtime_ns: int) -> None:
        """The file was read and refused (binary, …); as long as size and time stay it need not be read again."""
        self._db.execute(
            "INSERT OR REPLACE INTO unread VALUES (?, ?, ?, ?)", (os.fsencode(path), reason, size, mtime_ns)
        )

    def unread(self, path: str) -> tuple[str, int, int] | None:
        """(reason, size, mtime_ns) of a file that was refused when read."""
        return cast(
            "tuple[str, int, int] | None",
            self._db.execute(
                "SELECT reason, size, mtime_ns FROM unread WHERE path = ?", (os.fsencode(path),)
            ).fetchone(),
        )

    def unread_below(self, folder: str) -> list[str]:
        """Refused files at or under *folder* (relative; empty: all)."""
        rows = self._db.execute("SELECT path FROM unread ORDER BY path")
        paths = [os.fsdecode(path) for (path,) in rows]
        return [path for path in paths if not folder or path == folder or path.startswith(folder + "/")]

    def forget_unread(self, paths: Iterable[str]) -> None:
        self._db.executemany("DELETE FROM unread WHERE path = ?", [(os.fsencode(path),) for path in paths])

    def reasons(self) -> list[tuple[str, str]]:
        """(relative path, reason) of all that is not indexed, whether by the walk's judgement or by reading."""
        rows = self._db.execute(
            "SELECT path, reason FROM skipped UNION SELECT path, reason FROM unread ORDER BY path"
        )
        return [(os.fsdecode(path), reason) for path, reason in rows]
