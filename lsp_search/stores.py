"""The stores on this machine: which there are, how big they are, who uses them; emptying and removing them.

A folder counts as a store only when it holds both the file ``root`` and a database, so that nothing that somebody
else put there is ever removed. A store is in use while a process holds its lock, or that of a private copy within.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from lsp_search.index.opening import discard, open_store
from lsp_search.index.picks import Picks
from lsp_search.index.place import DATABASE, default_store, folder_bytes, folder_for
from lsp_search.index.store import Store
from lsp_search.model import LspSearchError


class InUse(LspSearchError):
    """Another process is using the store."""

    def __init__(self, stored: StoredIndex) -> None:
        super().__init__(
            f"the index of {stored.root} is in use by another lsp-search (an editor's server?); stop that first"
        )


class StoredIndex(NamedTuple):
    """One root's store on disk."""

    folder: Path
    root: str
    bytes: int

    @property
    def updated(self) -> float:
        """When something was last written to it; seconds since 1970."""
        times = [0.0]
        for name in (DATABASE, DATABASE + "-wal"):
            with contextlib.suppress(OSError):
                times.append((self.folder / name).stat().st_mtime)
        return max(times)

    @property
    def in_use(self) -> bool:
        for path in (self.folder / "lock", *self.folder.glob("copy-*/lock")):
            if not path.exists():
                continue
            lock = FileLock(path, timeout=0)
            try:
                lock.acquire()
            except Timeout:
                return True
            lock.release()
        return False


def find(base: Path | None, root: Path) -> StoredIndex | None:
    """The store of *root* below *base* (None: the default place)."""
    return _stored(folder_for(base or default_store(), os.path.realpath(root)))


def listed(base: Path | None) -> list[StoredIndex]:
    """All stores below *base*, by root."""
    try:
        folders = sorted((base or default_store()).iterdir())
    except FileNotFoundError:
        return []
    return sorted((found for folder in folders if (found := _stored(folder))), key=lambda stored: stored.root)


def _stored(folder: Path) -> StoredIndex | None:
    if folder.is_symlink() or not (folder / DATABASE).exists():
        return None
    try:
        root = os.fsdecode((folder / "root").read_bytes().removesuffix(b"\n"))
    except OSError:
        return None
    return StoredIndex(folder, root, folder_bytes(folder))


def remove(stored: StoredIndex, *, force: bool = False) -> None:
    """Deletes the store with all that users taught it. Raises InUse (unless *force*) and OSError."""
    if not force and stored.in_use:
        raise InUse(stored)
    shutil.rmtree(stored.folder)


def empty(base: Path | None, root: Path) -> None:
    """Takes everything but what users taught and the history of figures out of *root*'s store, if there is one; of a
    damaged one only the history is left. Raises InUse and OSError."""
    stored = find(base, root)
    if stored is None:
        return
    if stored.in_use:
        raise InUse(stored)
    try:
        store = open_store(stored.folder, stored.root)
        try:
            store.clear()
        finally:
            store.close()
        with contextlib.closing(sqlite3.connect(stored.folder / DATABASE)) as connection:
            connection.execute("VACUUM")
        shutil.rmtree(stored.folder / "segments", ignore_errors=True)
    except sqlite3.DatabaseError:
        discard(stored.folder)


def learned(base: Path | None, root: Path) -> dict[str, list[Any]]:
    """By table what users taught *root*'s store (see ``index/picks``); nothing where there is none. The store may be in use."""
    stored = find(base, root)
    if stored is None:
        return {}
    with contextlib.suppress(sqlite3.Error), contextlib.closing(Store.reader(stored.folder)) as connection:
        return Picks(connection).rows()
    return {}


def forget_learned(base: Path | None, root: Path) -> None:
    """Takes what users taught out of *root*'s store, if there is one. Raises InUse and OSError."""
    stored = find(base, root)
    if stored is None:
        return
    if stored.in_use:
        raise InUse(stored)
    store = open_store(stored.folder, stored.root)
    try:
        store.picks.reset()
    finally:
        store.close()
