"""Opening a root's store, whatever state it is in: new, old, foreign, corrupt, or in another process's hands.

An unusable database is set aside (what the user's picks taught is saved from it where it can still be read) and a
new one begun. One process writes a store, by a lock file; another gets a private copy of it, made through SQLite's
backup interface with the segments hard-linked, and removed when it ends.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from lsp_search.index import schema
from lsp_search.index.picks import Picks
from lsp_search.index.place import DATABASE, make_private
from lsp_search.index.store import Store, StoreError

_OTHER = "another lsp-search is already indexing this folder; this one works on a private copy of the index"


def open_store(folder: Path, root: str) -> Store:
    """The store in *folder*, a private copy of it, or a new one. Raises OSError, StoreError or sqlite3.Error when the
    folder cannot be used at all (rights, space)."""
    make_private(folder)
    _private_file(folder / "root")
    (folder / "root").write_bytes(os.fsencode(root) + b"\n")
    lock = _lock(folder)
    try:
        lock.acquire()
    except Timeout:
        return _copy(folder)
    _remove_dead_copies(folder)
    return _open_or_rebuild(folder, lock.release)


def discard(folder: Path | None) -> None:
    """Removes an unusable database with its segments; the folder stays."""
    if folder is None:
        return
    for name in (DATABASE, DATABASE + "-wal", DATABASE + "-shm"):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    shutil.rmtree(folder / "segments", ignore_errors=True)


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / "lock", timeout=0, mode=0o600)


def _open_or_rebuild(folder: Path, release: Callable[[], None]) -> Store:
    try:
        try:
            store = Store(_connect(folder / DATABASE), folder, release)
        except (sqlite3.DatabaseError, StoreError) as problem:
            if isinstance(problem, sqlite3.OperationalError) and _is_full(problem):
                raise
            picks = _saved_picks(folder / DATABASE)
            discard(folder)
            store = Store(_connect(folder / DATABASE), folder, release)
            store.picks.restore(picks)
            store.notes.append(f"the index in {folder} was unusable ({problem}) and is being rebuilt")
        store.keep_id()
        return store
    except BaseException:
        release()
        raise


def _saved_picks(database: Path) -> dict[str, list[Any]]:
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(database)) as connection:
        return Picks(connection).rows()
    return {}


def _connect(path: Path) -> sqlite3.Connection:
    make_private(path.parent / "segments")
    fresh = not path.exists() or path.stat().st_size == 0
    _private_file(path)
    connection = sqlite3.connect(path, check_same_thread=False, timeout=5)
    try:
        ours = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if not fresh and ours != schema.APPLICATION_ID:
            raise StoreError("not an lsp-search database")
        if version > schema.VERSION:
            raise StoreError(f"written by a newer lsp-search (schema {version}, known {schema.VERSION})")
        if fresh:
            connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -4096")
        schema.migrate(connection)
        connection.execute("SELECT id, path, version FROM files LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _copy(folder: Path) -> Store:
    copy = folder / f"copy-{os.getpid()}-{time.monotonic_ns()}"
    make_private(copy / "segments")
    lock = _lock(copy)
    lock.acquire()

    def release() -> None:
        lock.release()
        shutil.rmtree(copy, ignore_errors=True)

    with contextlib.suppress(OSError, sqlite3.Error):
        for path in (folder / "segments").iterdir():
            with contextlib.suppress(OSError):
                os.link(path, copy / "segments" / path.name)
        _private_file(copy / DATABASE)
        with (
            contextlib.closing(Store.reader(folder)) as source,
            contextlib.closing(sqlite3.connect(copy / DATABASE)) as target,
        ):
            source.backup(target)
    store = _open_or_rebuild(copy, release)
    store.notes.append(_OTHER)
    return store


def _remove_dead_copies(folder: Path) -> None:
    for copy in folder.glob("copy-*"):
        lock = _lock(copy)
        with contextlib.suppress(Timeout, OSError):
            lock.acquire()
            lock.release()
            shutil.rmtree(copy, ignore_errors=True)


def _private_file(path: Path) -> None:
    """An empty file for this user alone, before SQLite opens it (its side files take the same mode)."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _is_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or "full" in str(error)
