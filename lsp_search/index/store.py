"""The store: one SQLite database and a folder of segments for one root folder.

It is a cache of the files and may be thrown away at any time; whatever is wrong with it ends in a
rebuild, never in a wrong answer. Symbols are kept as one packed blob a file (see ``packed``): a file's
update is two row writes (0.05 ms), and segments are always built from these blobs.

A *version* is a number the store gives a file each time its content changes; it never comes twice.
A segment remembers the versions it was built from, so which segment owns a file follows from
comparing the two, and no bookkeeping of membership can go wrong.

``opening`` says how one comes to be. All methods belong to the thread that opened the store, except :meth:`Store.reader`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, cast

from lsp_search.index import schema, segment

DATABASE = "index.sqlite3"
PICKS_KEPT = 1000


class StoreError(Exception):
    """The store cannot be used; the message says why. The cure is a rebuild or memory."""


class FileRow(NamedTuple):
    """What the store knows of one file's content."""

    id: int
    size: int
    mtime_ns: int
    digest: bytes
    language: str
    version: int
    symbols: int


class Entry(NamedTuple):
    """One file as the index lists it at start."""

    id: int
    path: str
    language: str
    version: int


class Content(NamedTuple):
    """What is written for a file whose content is new."""

    size: int
    mtime_ns: int
    digest: bytes
    language: str
    encoding: str
    symbols: int
    packed: bytes
    error: str | None = None


def folder_for(base: Path, root: str) -> Path:
    """The folder of *root*'s store below *base*: readable name plus a hash of the real path."""
    digest = hashlib.blake2b(os.fsencode(root), digest_size=8).hexdigest()
    name = "".join(c if c.isalnum() or c in "-_." else "_" for c in os.path.basename(root))[:40]
    return base / f"{name or 'root'}-{digest}"


def make_private(folder: Path) -> None:
    """Creates *folder* (and its parents) for this user alone. Raises OSError."""
    missing = [folder, *folder.parents]
    for path in reversed(missing[: next((n for n, path in enumerate(missing) if path.is_dir()), 0)]):
        path.mkdir(mode=0o700, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder")
    if os.name == "posix":
        folder.chmod(0o700)


class Store:
    """An open store. ``folder`` is None when everything lives in memory."""

    def __init__(
        self, connection: sqlite3.Connection, folder: Path | None, release: Callable[[], None]
    ) -> None:
        self._db = connection
        self.folder = folder
        self._release = release
        self.notes: list[str] = []
        """What was wrong on opening and what was done about it, for the user."""
        row = self._db.execute("SELECT coalesce(max(version), 0) FROM files").fetchone()
        self._version = max(int(row[0]), int(self.meta("version") or 0))

    @classmethod
    def in_memory(cls, source: Store | None = None) -> Store:
        """A store without a folder, holding what *source* holds (as far as it can still be read)."""
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        if source is not None:
            with contextlib.suppress(sqlite3.Error):
                source._db.rollback()
                source._db.backup(connection)
        try:
            schema.migrate(connection)
        except sqlite3.Error:
            connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
            schema.migrate(connection)
        return cls(connection, None, lambda: None)

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.commit()
        with contextlib.suppress(sqlite3.Error):
            self._db.close()
        self._release()

    def abandon(self) -> None:
        """Closes without writing: for a store whose disk is full or whose pages are bad."""
        with contextlib.suppress(sqlite3.Error):
            self._db.rollback()
        with contextlib.suppress(sqlite3.Error):
            self._db.close()
        self._release()

    # -- facts -----------------------------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        self._begin()
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def generation(self) -> int:
        """The last generation that was published from this store."""
        return int(self.meta("generation") or 0)

    def set_generation(self, generation: int) -> None:
        self.set_meta("generation", str(generation))
        self.set_meta("updated", str(time.time()))

    @property
    def updated(self) -> float:
        """When that was, in seconds since the epoch; 0: never."""
        return float(self.meta("updated") or 0)

    def forget_contents(self) -> None:
        """Every file counts as changed: the same text may now give other symbols."""
        self._begin()
        self._db.execute("UPDATE files SET mtime_ns = 0, digest = x''")

    def nbytes(self) -> int:
        """Bytes on disk; 0 in memory."""
        return folder_bytes(self.folder) if self.folder is not None else 0

    def is_sound(self) -> bool:
        """A structural check of every page by a connection of its own (about 1 s a GB). Any thread."""
        if self.folder is None:
            return True
        try:
            with contextlib.closing(self.reader(self.folder)) as connection:
                return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        except sqlite3.OperationalError:
            return True  # busy or gone: says nothing of the pages
        except sqlite3.DatabaseError:
            return False

    @staticmethod
    def reader(folder: Path) -> sqlite3.Connection:
        """A read-only connection for another thread or process."""
        uri = f"{(folder / DATABASE).absolute().as_uri()}?mode=ro"
        return sqlite3.connect(uri, uri=True, check_same_thread=False)

    # -- files -----------------------------------------------------------------------------------

    def file(self, path: str) -> FileRow | None:
        row = self._db.execute(
            "SELECT id, size, mtime_ns, digest, language, version, symbols FROM files WHERE path = ?",
            (os.fsencode(path),),
        ).fetchone()
        return None if row is None else FileRow._make(row)

    def files(self) -> Iterator[Entry]:
        for number, path, language, version in self._db.execute(
            "SELECT id, path, language, version FROM files"
        ):
            yield Entry(number, os.fsdecode(path), sys.intern(language), version)

    def ids_below(self, folder: str) -> list[tuple[int, str]]:
        """(id, path) of every file under *folder* (relative; empty: all)."""
        if not folder:
            rows = self._db.execute("SELECT id, path FROM files")
        else:
            low = os.fsencode(folder) + b"/"
            rows = self._db.execute(
                "SELECT id, path FROM files WHERE path > ? AND path < ?", (low, low[:-1] + b"0")
            )
        return [(number, os.fsdecode(path)) for number, path in rows]

    def write(self, path: str, content: Content) -> tuple[int, int]:
        """Puts a file's new content; returns (file id, version). Raises sqlite3.Error (disk full, …)."""
        self._begin()
        self._version += 1
        row = self._db.execute(
            "INSERT INTO files(path, size, mtime_ns, digest, language, encoding, version, symbols, error)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(path) DO UPDATE SET size = excluded.size,"
            " mtime_ns = excluded.mtime_ns, digest = excluded.digest, language = excluded.language,"
            " encoding = excluded.encoding, version = excluded.version, symbols = excluded.symbols,"
            " error = excluded.error RETURNING id",
            (
                os.fsencode(path),
                content.size,
                content.mtime_ns,
                content.digest,
                content.language,
                content.encoding,
                self._version,
                content.symbols,
                content.error,
            ),
        ).fetchone()
        self._db.execute("INSERT OR REPLACE INTO packed VALUES (?, ?)", (row[0], content.packed))
        return int(row[0]), self._version

    def touch(self, file_id: int, size: int, mtime_ns: int) -> None:
        """The file was written again with the same content."""
        self._begin()
        self._db.execute("UPDATE files SET size = ?, mtime_ns = ? WHERE id = ?", (size, mtime_ns, file_id))

    def remove(self, file_ids: Iterable[int]) -> None:
        self._begin()
        keys = [(file_id,) for file_id in file_ids]
        self._db.executemany("DELETE FROM files WHERE id = ?", keys)
        self._db.executemany("DELETE FROM packed WHERE file_id = ?", keys)

    def packed(self, file_id: int) -> bytes | None:
        row = self._db.execute("SELECT symbols FROM packed WHERE file_id = ?", (file_id,)).fetchone()
        return None if row is None else bytes(row[0])

    def clear(self) -> None:
        """Forgets all files; what users taught stays."""
        self._begin()
        for table in ("files", "packed", "skipped", "unread", "segments"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above
        self.set_meta("version", str(self._version))

    # -- what was not indexed --------------------------------------------------------------------

    def set_skipped(self, skipped: Iterable[tuple[str, str]], below: str | None = None) -> None:
        """Replaces the skipped entries (relative path, reason); with *below*, only those at or under it."""
        self._begin()
        if below is None or below == "":
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
        self._begin()
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
        rows = self._db.execute("SELECT path FROM unread ORDER BY path")
        paths = [os.fsdecode(path) for (path,) in rows]
        return [path for path in paths if not folder or path == folder or path.startswith(folder + "/")]

    def forget_unread(self, paths: Iterable[str]) -> None:
        self._begin()
        self._db.executemany("DELETE FROM unread WHERE path = ?", [(os.fsencode(path),) for path in paths])

    def skipped(self) -> list[tuple[str, str]]:
        """(relative path, reason) of all that is not indexed, whether by the walk's judgement or by reading."""
        rows = self._db.execute(
            "SELECT path, reason FROM skipped UNION SELECT path, reason FROM unread ORDER BY path"
        )
        return [(os.fsdecode(path), reason) for path, reason in rows]

    def errors(self) -> list[tuple[str, str]]:
        """(relative path, message) of every file that is indexed without its symbols."""
        rows = self._db.execute("SELECT path, error FROM files WHERE error IS NOT NULL ORDER BY path")
        return [(os.fsdecode(path), error) for path, error in rows]

    def totals(self) -> tuple[int, int, int]:
        """Files, symbols, bytes of text."""
        row = self._db.execute(
            "SELECT count(*), coalesce(sum(symbols), 0), coalesce(sum(size), 0) FROM files"
        )
        files, symbols, size = row.fetchone()
        return files, symbols, size

    def languages(self) -> dict[str, int]:
        """Files by language."""
        return dict(self._db.execute("SELECT language, count(*) FROM files GROUP BY language"))

    # -- segments --------------------------------------------------------------------------------

    def segment_path(self, number: int) -> Path:
        if self.folder is None:
            raise StoreError("a store in memory has no segment files")
        return self.folder / "segments" / f"{number:08d}.seg"

    def next_segment(self) -> int:
        number = int(self.meta("segment") or 0) + 1
        self.set_meta("segment", str(number))
        return number

    def add_segment(self, built: segment.Segment) -> None:
        self._begin()
        self._db.execute(
            "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?)",
            (built.number, built.rows, built.names, len(built.member)),
        )

    def drop_segments(self, numbers: Iterable[int]) -> None:
        """Forgets segments and unlinks their files (a mapped file lives on until it is unmapped)."""
        self._begin()
        numbers = list(numbers)
        self._db.executemany("DELETE FROM segments WHERE number = ?", [(number,) for number in numbers])
        self.commit()
        if self.folder is not None:
            for number in numbers:
                with contextlib.suppress(OSError):
                    self.segment_path(number).unlink(missing_ok=True)

    def open_segments(self) -> list[segment.Segment]:
        """Every segment that is whole; the others are forgotten (their files' blobs are still here)."""
        if self.folder is None:
            return []
        found: list[segment.Segment] = []
        lost: list[int] = []
        for (number,) in self._db.execute("SELECT number FROM segments ORDER BY number").fetchall():
            try:
                loaded = segment.load(self.segment_path(number))
                if loaded.number != number:
                    raise segment.BadSegment(f"{number}: holds segment {loaded.number}")
                found.append(loaded)
            except (OSError, segment.BadSegment) as problem:
                lost.append(number)
                self.notes.append(f"segment {number} was unusable ({problem}) and is being rebuilt")
        if lost:
            self.drop_segments(lost)
        known = {built.number for built in found}
        for path in (self.folder / "segments").glob("*"):
            if path.suffix != ".seg" or not path.stem.isdigit() or int(path.stem) not in known:
                with contextlib.suppress(OSError):
                    path.unlink()
        return found

    # -- what users taught -----------------------------------------------------------------------

    def pick(self, path: str, name: str, kind: int) -> None:
        """The user opened this symbol; the oldest beyond ``PICKS_KEPT`` are forgotten."""
        self._begin()
        self._db.execute(
            "INSERT INTO picks VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET"
            " picked_at = excluded.picked_at, count = count + 1",
            (os.fsencode(path), name, kind, time.time()),
        )
        self._db.execute(
            "DELETE FROM picks WHERE rowid IN (SELECT rowid FROM picks ORDER BY picked_at DESC LIMIT -1 OFFSET ?)",
            (PICKS_KEPT,),
        )

    def restore_picks(self, picks: Iterable[tuple[bytes, str, int, float, int]]) -> None:
        """Takes over picks as another database held them."""
        self._begin()
        self._db.executemany("INSERT OR REPLACE INTO picks VALUES (?, ?, ?, ?, ?)", picks)

    def picks(self) -> list[tuple[str, str, int]]:
        """(path, name, kind), the latest first."""
        rows = self._db.execute("SELECT path, name, kind FROM picks ORDER BY picked_at DESC, rowid DESC")
        return [(os.fsdecode(path), name, kind) for path, name, kind in rows]

    # -- transactions ----------------------------------------------------------------------------

    def _begin(self) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")

    def commit(self) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")


def folder_bytes(folder: Path) -> int:
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(base, name)).st_size
    return total


__all__ = ["Content", "Entry", "FileRow", "Store", "StoreError", "folder_bytes", "folder_for"]
