"""The store: one SQLite database and a folder of segments for one root folder.

It is a cache of the files and may be thrown away at any time; whatever is wrong with it ends in a
rebuild, never in a wrong answer. Symbols are kept as one packed blob a file (see ``packed``): a file's
update is two row writes (0.05 ms), and segments are always built from these blobs.

A *version* is a number the store gives a file each time its content changes; it never comes twice.
A segment remembers the versions it was built from, so which segment owns a file follows from
comparing the two, and no bookkeeping of membership can go wrong.

``place`` says where one lies, ``opening`` how it comes to be. The first write opens a transaction, which lasts until
:meth:`Store.commit`. All methods belong to the thread that opened the store, except :meth:`Store.reader`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar
from uuid import uuid4

from lsp_search.index import grams, schema, segment_file
from lsp_search.index.array_file import BadFile
from lsp_search.index.grams import GramSegment
from lsp_search.index.picks import Picks
from lsp_search.index.place import DATABASE, folder_bytes
from lsp_search.index.segment import Segment
from lsp_search.index.unindexed import Unindexed


class _HasNumber(Protocol):
    @property
    def number(self) -> int: ...


_Numbered = TypeVar("_Numbered", bound=_HasNumber)


_GAP = 1 << 30
"""Versions that may lie between two sessions."""


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


class Store:
    """An open store. ``folder`` is None when everything lives in memory."""

    def __init__(
        self, connection: sqlite3.Connection, folder: Path | None, release: Callable[[], None]
    ) -> None:
        self._db = connection
        self.folder = folder
        self._release = release
        self.unindexed = Unindexed(connection)
        self.picks = Picks(connection)
        self.notes: list[str] = []
        """What was wrong on opening and what was done about it, for the user."""
        row = self._db.execute("SELECT coalesce(max(version), 0) FROM files").fetchone()
        self._version = max(int(row[0]), int(self.meta("version") or 0))
        # Versions of a session that was killed may be lost; those of the next must not be the same.
        self._version += 1 + secrets.randbelow(_GAP)
        self.id = (self.meta("id") if folder is not None else None) or uuid4().hex
        """No other store has it: file ids and versions mean nothing outside of one."""

    @classmethod
    def in_memory(cls, source: Store | None = None) -> Store:
        """A store without a folder, holding what *source* holds (as far as it can still be read)."""
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        if source is not None:
            with contextlib.suppress(sqlite3.Error):
                source._db.rollback()
                source._db.backup(connection)
        try:
            schema.migrate(connection)
            connection.execute("SELECT count(*) FROM files JOIN packed ON file_id = id").fetchone()
            return cls(connection, None, lambda: None)
        except sqlite3.Error:  # a table is missing, or its pages are bad
            connection.close()
            if source is None:
                raise
            return cls.in_memory()

    def commit(self) -> None:
        self._db.commit()

    def recent(self) -> list[int]:
        """Ids of the files that changed last, as ``set_meta`` was told; the latest first."""
        return [int(number) for number in (self.meta("recent") or "").split() if number.isdecimal()]

    def keep_id(self) -> None:
        """The same id again when it is opened again, as far as that can be written."""
        if self.meta("id") != self.id:
            with contextlib.suppress(sqlite3.Error):
                self.set_meta("id", self.id)

    def flush_log(self) -> None:
        """Commits, and leaves nothing in the log of what was deleted."""
        self.commit()
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

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

    def bytes_of(self, file_ids: Iterable[int]) -> int:
        """Of some hundred files at most."""
        rows = (
            self._db.execute("SELECT size FROM files WHERE id = ?", (number,)).fetchone()
            for number in file_ids
        )
        return sum(row[0] for row in rows if row is not None)

    def touch(self, file_id: int, size: int, mtime_ns: int) -> None:
        """The file was written again with the same content."""
        self._db.execute("UPDATE files SET size = ?, mtime_ns = ? WHERE id = ?", (size, mtime_ns, file_id))

    def remove(self, file_ids: Iterable[int]) -> None:
        keys = [(file_id,) for file_id in file_ids]
        self._db.executemany("DELETE FROM files WHERE id = ?", keys)
        self._db.executemany("DELETE FROM packed WHERE file_id = ?", keys)

    def packed(self, file_id: int) -> bytes | None:
        row = self._db.execute("SELECT symbols FROM packed WHERE file_id = ?", (file_id,)).fetchone()
        return None if row is None else bytes(row[0])

    def clear(self) -> None:
        """Forgets all files; what users taught stays."""
        for table in ("files", "packed", "skipped", "unread", "segments", "grams"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above
        self.set_meta("version", str(self._version))

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
        return self._index_file(number, "seg")

    def gram_path(self, number: int) -> Path:
        return self._index_file(number, "grams")

    def _index_file(self, number: int, suffix: str) -> Path:
        if self.folder is None:
            raise StoreError("a store in memory has no segment files")
        return self.folder / "segments" / f"{number:08d}.{suffix}"

    def next_segment(self) -> int:
        """A number that no segment of either sort has had."""
        number = int(self.meta("segment") or 0) + 1
        self.set_meta("segment", str(number))
        return number

    def add_segment(self, built: Segment) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?)",
            (built.number, built.rows, built.names, len(built.member)),
        )

    def add_grams(self, built: GramSegment) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO grams VALUES (?, ?, ?)", (built.number, built.blocks, len(built.member))
        )

    def drop_segments(self, numbers: Iterable[int]) -> None:
        """Forgets segments and unlinks their files (a mapped file lives on until it is unmapped)."""
        self._drop("segments", numbers, self.segment_path)

    def drop_grams(self, numbers: Iterable[int]) -> None:
        self._drop("grams", numbers, self.gram_path)

    def _drop(self, table: str, numbers: Iterable[int], path: Callable[[int], Path]) -> None:
        numbers = list(numbers)
        self._db.executemany(f"DELETE FROM {table} WHERE number = ?", [(number,) for number in numbers])  # noqa: S608 - names from above
        self.commit()
        if self.folder is not None:
            for number in numbers:
                with contextlib.suppress(OSError):
                    path(number).unlink(missing_ok=True)

    def open_segments(self) -> list[Segment]:
        """Every segment that is whole; the others are forgotten (their files' blobs are still here)."""
        return self._open_all("segments", self.segment_path, segment_file.load)

    def open_grams(self) -> list[GramSegment]:
        """Every gram segment that is whole; the others are forgotten (they are made again from the files)."""
        return self._open_all("grams", self.gram_path, grams.load)

    def _open_all(
        self, table: str, path: Callable[[int], Path], load: Callable[[Path], _Numbered]
    ) -> list[_Numbered]:
        if self.folder is None:
            return []
        found: list[_Numbered] = []
        lost: list[int] = []
        for (number,) in self._db.execute(f"SELECT number FROM {table} ORDER BY number").fetchall():  # noqa: S608 - names from above
            try:
                loaded = load(path(number))
                if loaded.number != number:
                    raise BadFile(f"{number}: holds segment {loaded.number}")
                found.append(loaded)
            except (OSError, BadFile) as problem:
                lost.append(number)
                self.notes.append(f"segment {number} was unusable ({problem}) and is being rebuilt")
        if lost:
            self._drop(table, lost, path)
        return found

    def sweep(self) -> None:
        """Unlinks files of segments that the store does not know."""
        if self.folder is None:
            return
        known = {
            self.segment_path(number).name for (number,) in self._db.execute("SELECT number FROM segments")
        }
        known |= {self.gram_path(number).name for (number,) in self._db.execute("SELECT number FROM grams")}
        for path in (self.folder / "segments").glob("*"):
            if path.name not in known:
                with contextlib.suppress(OSError):
                    path.unlink()
