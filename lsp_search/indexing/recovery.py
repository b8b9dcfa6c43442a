"""What becomes of a store that cannot be opened, cannot be written, or turns out damaged.

A store that cannot be opened at all, or written any more (a full disk): on in memory, with what is there. Bad pages:
from nothing (but picks, as far as they can be read). A bad segment: built again from the store's blobs. Each is said once; no query ever fails for it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lsp_search.index import array_file, segment_file
from lsp_search.index.grams import GramSegment
from lsp_search.index.opening import discard, open_store
from lsp_search.index.segment import Segment
from lsp_search.index.store import Store, StoreError
from lsp_search.indexing.desk import Desk


def opened(desk: Desk, folder: Path) -> Store:
    """The store in *folder*; one in memory where there can be none."""
    try:
        return open_store(folder, desk.root)
    except (OSError, StoreError, sqlite3.Error) as error:
        desk.progress.message = f"the index cannot be kept on disk ({error})"
        desk.say(
            "warning", f"{desk.progress.message}; going on in memory. Check the space and rights of {folder}"
        )
        return Store.in_memory()


def replacement(desk: Desk, folder: Path, error: Exception) -> Store:
    """Another store instead of the desk's, which failed with *error*."""
    old = desk.store
    if isinstance(error, (sqlite3.OperationalError, StoreError)):
        desk.progress.message = f"the index cannot be written ({error})"
        desk.say("warning", f"{desk.progress.message}; going on in memory. Free space, then restart")
        copy = Store.in_memory(old)
        old.abandon()
        return copy
    desk.say("warning", f"the index of {desk.root} is damaged ({error}) and is being rebuilt")
    picks = old.picks.rows()
    old.abandon()
    discard(old.folder)
    new = opened(desk, folder)
    new.picks.restore(picks)
    return new


class Verification:
    """Compares segments with their checksums and the database with itself, once, in a thread of its own.

    *post* runs its argument on the indexer's thread; *damaged* is called there with what is wrong with the database.
    """

    def __init__(
        self,
        desk: Desk,
        post: Callable[[Callable[[], None]], None],
        damaged: Callable[[Exception], None],
    ) -> None:
        self._desk = desk
        self._post = post
        self._damaged = damaged
        self._begun = False
        self._stopped = False

    def begin(self) -> None:
        """Does nothing the second time, nor for a store in memory."""
        if not self._begun and self._desk.store.folder is not None:
            self._begun = True
            threading.Thread(target=self._run, name="lsp-search verify", daemon=True).start()

    def stop(self) -> None:
        self._stopped = True

    def _run(self) -> None:
        store, sound = self._desk.store, True
        for built in list(self._desk.layers.disk):
            if self._stopped:
                return
            path = store.segment_path(built.number)
            if path.exists() and not segment_file.verify(path):
                sound = False
                self._post(partial(self._drop, built))
        for grams in list(self._desk.layers.grams):
            path = store.gram_path(grams.number)
            if path.exists() and not array_file.verify(path):
                self._post(partial(self._drop_grams, grams))
        if sound and not store.is_sound():
            self._post(partial(self._damaged, sqlite3.DatabaseError("its pages are damaged")))

    def _drop_grams(self, built: GramSegment) -> None:
        desk = self._desk
        desk.say("warning", f"text segment {built.number} of {desk.root} is damaged and is being rebuilt")
        desk.drop_grams([built])

    def _drop(self, built: Segment) -> None:
        desk = self._desk
        desk.say("warning", f"segment {built.number} of {desk.root} is damaged and is being rebuilt")
        desk.layers.lose(built)
        desk.store.drop_segments([built.number])
        desk.dirty = True
