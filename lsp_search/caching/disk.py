"""Kept answers on disk: one small SQLite database beside a store, so that a restart begins with what was asked before.

A row is an answer and the *stamp* of the state that it is of (``journal.stamp``). Losing the file costs nothing; whatever is
wrong with it ends in an empty one, or in none.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from lsp_search.index.schema import APPLICATION_ID
from lsp_search.model import LspSearchError

DATABASE = "answers.db"
MOST_BYTES = 64 << 20
MOST_ROWS = 4000
_VERSION = 1
"""Of the rows' format; a file of another one is begun anew."""
_WAIT_SECONDS = 0.2
"""For whoever else has the file."""
_ROOM = 0.8
"""What is left of both when there was too much."""

T = TypeVar("T")


class Row(NamedTuple):
    key: bytes
    """16 bytes."""
    stamp: bytes
    value: bytes
    request: bytes
    """What was asked, so that it can be asked again."""
    used: float
    """Seconds since 1970."""


class Disk:
    """All methods may be called from any thread; but for :meth:`clear` none raises for what may be wrong with a disk. A file
    that turns out damaged is begun anew."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / DATABASE
        self._lock = threading.Lock()
        self._closed = False
        self._db = _opened(self._path)
        self.entries, self.bytes = self._run(_measured, (0, 0))

    def get(self, key: bytes) -> tuple[bytes, bytes] | None:
        """(stamp, value)"""

        def find(db: sqlite3.Connection) -> tuple[bytes, bytes] | None:
            row = db.execute("SELECT stamp, value FROM answers WHERE key = ?", (key,)).fetchone()
            return None if row is None else (row[0], row[1])

        return self._run(find, None)

    def put(self, rows: Sequence[Row]) -> None:
        """Instead of what their keys had; those used longest ago go when there are too many."""

        def write(db: sqlite3.Connection) -> tuple[int, int]:
            with db:
                db.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", rows)
                entries, size = _measured(db)
                if entries > MOST_ROWS or size > MOST_BYTES:
                    kept = int(_ROOM * entries * min(1.0, MOST_ROWS / entries, MOST_BYTES / size))
                    db.execute(
                        "DELETE FROM answers WHERE key NOT IN (SELECT key FROM answers ORDER BY used DESC LIMIT ?)",
                        (kept,),
                    )
                return _measured(db)

        self.entries, self.bytes = self._run(write, (self.entries, self.bytes))

    def latest(self, count: int) -> Sequence[tuple[bytes, bytes]]:
        """(key, request) of the answers used last, the latest first."""

        def find(db: sqlite3.Connection) -> Sequence[tuple[bytes, bytes]]:
            return db.execute(
                "SELECT key, request FROM answers ORDER BY used DESC LIMIT ?", (count,)
            ).fetchall()

        return self._run(find, [])

    def clear(self) -> None:
        """The file goes, with all that it was asked to forget. Raises LspSearchError where it cannot be removed."""
        with self._lock:
            self._shut()
            try:
                _remove(self._path)
            except OSError as error:
                raise LspSearchError(
                    f"what was asked is still in {self._path}: it cannot be removed ({error}); remove it by hand"
                ) from error
            finally:
                self._db = None if self._closed else _opened(self._path)
            self.entries = self.bytes = 0

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._shut()

    def _run(self, act: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        with self._lock:
            if self._db is not None:
                try:
                    return act(self._db)
                except (
                    sqlite3.OperationalError
                ):  # busy, full, not allowed: nothing is wrong with what it holds
                    pass
                except sqlite3.Error:
                    self._shut()
                    with contextlib.suppress(OSError):
                        _remove(self._path)
                    self._db = _opened(self._path)
        return otherwise

    def _shut(self) -> None:
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
        self._db = None


def _measured(db: sqlite3.Connection) -> tuple[int, int]:
    """Answers, and their bytes."""
    entries, size = db.execute("SELECT count(*), coalesce(sum(length(value)), 0) FROM answers").fetchone()
    return int(entries), int(size)


def _opened(path: Path) -> sqlite3.Connection | None:
    """None where there can be no such file. One that is none of ours, or of another version, is begun anew."""
    for _ in range(2):
        try:
            path.touch(mode=0o600)
            db = sqlite3.connect(path, check_same_thread=False, timeout=_WAIT_SECONDS)
            try:
                _prepare(db)
                _measured(db)
                return db
            except sqlite3.Error:
                db.close()
                raise
        except (OSError, sqlite3.OperationalError):
            return None
        except sqlite3.Error:
            with contextlib.suppress(OSError):
                _remove(path)
    return None


def _remove(path: Path) -> None:
    """Raises OSError."""
    for end in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _prepare(db: sqlite3.Connection) -> None:
    """Raises sqlite3.Error for what is not ours, or not of this version."""
    held = tuple(db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if held == (0, 0) and not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {_VERSION}")
        db.execute(
            "CREATE TABLE answers (key BLOB PRIMARY KEY, stamp BLOB NOT NULL, value BLOB NOT NULL,"
            " request BLOB NOT NULL, used REAL NOT NULL) WITHOUT ROWID"
        )
        db.execute("CREATE INDEX by_use ON answers (used)")
    elif held != (APPLICATION_ID, _VERSION):
        raise sqlite3.DatabaseError(f"another format: {held}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
