"""The one writer of one root: takes changes in, sends files to the workers, publishes generations.

An actor: one thread that owns the desk (store, layers, ledger) and runs what others post to it. Between posts it
advances what is under way (audits in slices, jobs for the pool, segments to build), so that a save never waits for
more than a slice. It knows nothing of queries; what it publishes is a :class:`Snapshot`.

Its parts have one job each: ``watching`` hears of changes, ``intake`` turns them into work, ``outcomes`` writes down
what workers answer, ``building`` makes segments, ``recovery`` mends or replaces a store that fails.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from lsp_search.files.rules import Rules
from lsp_search.files.watch import Watcher
from lsp_search.index.picks import Kept, Picks
from lsp_search.index.place import folder_for
from lsp_search.index.snapshot import Snapshot
from lsp_search.index.store import Store, StoreError
from lsp_search.indexing import recovery
from lsp_search.indexing.building import Building
from lsp_search.indexing.costs import Costs
from lsp_search.indexing.desk import Desk, Events, Holdings, Progress, holdings
from lsp_search.indexing.gramming import Gramming
from lsp_search.indexing.inbox import Inbox
from lsp_search.indexing.intake import Intake
from lsp_search.indexing.layers import Layers
from lsp_search.indexing.outcomes import Outcomes
from lsp_search.indexing.pool import Pool
from lsp_search.indexing.watching import Watching
from lsp_search.indexing.wire import Outcome, Task
from lsp_search.indexing.work import Item
from lsp_search.languages.fingerprint import fingerprint
from lsp_search.settings import IndexSettings

_SLICE = 0.01
"""Seconds an audit may run before posts are looked at again."""
_COMMIT_SECONDS = 0.5
_WAITING_JOBS = 3
"""Bulk jobs handed to the pool ahead, for each worker."""
_FILES_A_JOB = 16
"""About how many; only bounds what is handed ahead."""


class Indexer:
    def __init__(
        self,
        root: str,
        shown: str,
        settings: IndexSettings,
        pool: Pool,
        events: Events,
        store_dir: Path,
        *,
        watch: bool = True,
        refresh: bool = True,
    ) -> None:
        """*root*: real path; *shown*: as its user spells it; *refresh*: False answers from what is stored."""
        self.root = root
        self.progress = Progress()
        self.snapshot = Snapshot(root, shown)
        self.opened = threading.Event()
        """Set once what the store holds is in the snapshot, or it is known that there is nothing."""
        self.picks = Kept()
        """What the user opened; replaced, never changed."""
        self._pool = pool
        self._events = events
        self._folder = folder_for(store_dir, root)
        self._watch = watch and refresh
        self._refresh = refresh
        self._inbox = Inbox(f"the indexer of {root}")
        self._thread = threading.Thread(target=self._run, name=f"lsp-search indexer {root}", daemon=True)
        self._closing = False
        self._committed = time.monotonic()
        self._trouble = ""
        store = Store.in_memory()  # until the thread has opened the one on disk
        layers = Layers(root, shown, store)
        self._desk = Desk(root, settings, Rules(root, settings), store, layers, self._say, self.progress)
        self._intake = Intake(self._desk)
        self._outcomes = Outcomes(self._desk, self._intake)
        self._building = Building(self._desk, pool, self._inbox.post)
        self._gramming = Gramming(self._desk, pool, self._inbox.post)
        self._watching = Watching(self._desk, self._intake, store_dir, self._inbox.post, events.project_file)
        self._verification = recovery.Verification(self._desk, self._inbox.post, self._replace_store)

    # -- from any thread -------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end; :meth:`join` waits for it."""
        self._closing = True
        self._verification.stop()
        self._inbox.post(lambda: None)

    def join(self) -> None:
        if self._thread.is_alive():
            self._thread.join(5.0)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive() and not self._closing

    @property
    def watcher(self) -> Watcher | None:
        return self._watching.watcher

    @property
    def store_folder(self) -> Path | None:
        """Where its store lies that nobody else writes; None: in memory."""
        return self._desk.store.folder

    @property
    def depth(self) -> int:
        """Pieces of work under way."""
        return self._desk.ledger.depth

    @property
    def costs(self) -> Costs:
        """What indexing took."""
        return self._desk.costs

    def changed(self, paths: Iterable[str]) -> None:
        """Relative paths that may have changed in whatever way."""
        self._watching.changed(paths)

    def audit(self, start: str = "", *, read_all: bool = False) -> None:
        """Compares everything at or below *start* with the disk."""
        self._inbox.post(lambda: self._intake.audit(start, read_all=read_all))

    def buffer(self, path: str, text: bytes | None) -> None:
        """An editor's text for a relative path; None: closed."""
        self._inbox.post(lambda: self._intake.buffer(path, text))

    def barrier(self, lifted: Callable[[], None]) -> None:
        """Calls *lifted* on the indexer's thread once all that is known to have changed by now is searchable."""
        self._inbox.post(lambda: self._desk.ledger.barrier(lifted))

    def cancel(self) -> None:
        """Drops what is under way and not urgent."""

        def drop() -> None:
            self._intake.cancel()
            self.progress.cancelled = True

        self._inbox.post(drop)

    def configure(self, settings: IndexSettings) -> None:
        def use() -> None:
            self._watching.configure(settings)
            if self.opened.is_set() and self._refresh:
                self._check_extractor()

        self._inbox.post(use)

    def packed(self, path: str) -> bytes | None:
        """The packed symbols of a relative path (a buffer's first); None when it is not indexed. Blocks."""

        def find() -> bytes | None:
            row = self._desk.store.file(path)
            return None if row is None else self._desk.layers.packed(row.id)

        return self._inbox.ask(find)

    def report(self) -> Holdings:
        """What the index holds now. Blocks."""

        def count() -> Holdings:
            self._desk.store.commit()
            return holdings(self._desk.store)

        return self._inbox.ask(count)

    def overview(self) -> Holdings:
        """As :meth:`report`, of what was committed last, without a claim on the writer's time. Blocks."""
        folder = self._desk.store.folder
        if folder is None:
            return self.report()
        try:
            with contextlib.closing(Store.reader(folder)) as connection:
                return holdings(Store(connection, folder, lambda: None))
        except sqlite3.Error:
            return self.report()

    @property
    def is_settled(self) -> bool:
        """Nothing is being built that searches could do without. Blocks."""
        if not (self.is_alive and self._refresh):
            return True
        return self._inbox.ask(lambda: self._building.is_settled and self._gramming.is_settled)

    def picked(
        self, path: str | None, write_down: Callable[[Picks], None], written: Callable[[], None]
    ) -> None:
        """The user opened something in a file; *write_down* does so, on the indexer's thread, when this root holds the file
        (None: in any case). *written* is called after that."""

        def write() -> None:
            store = self._desk.store
            if path is None or store.file(path) is not None:
                write_down(store.picks)
                self.picks = store.picks.kept()
                if path is None and not self.picks.picks:  # forgotten
                    store.flush_log()
                written()

        self._inbox.post(write)

    # -- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._open()
            while not self._closing:
                wait = 0.0 if self._desk.audits else 1.0
                for act in self._inbox.take(wait, _SLICE):
                    self._guarded(act)
                self._guarded(self._advance)
        except Exception as error:
            self.progress.state, self.progress.message = "degraded", f"indexing stopped: {error}"
            self._say("error", f"indexing {self.root} stopped: {type(error).__name__}: {error}")
        finally:
            self.opened.set()
            self._watching.stop()
            self._desk.store.close()

    def _guarded(self, act: Callable[[], None]) -> None:
        """Runs *act*; a broken store is replaced, anything else is said and survived."""
        try:
            act()
        except (sqlite3.Error, StoreError) as error:
            if not self._closing:
                self._replace_store(error)
        except OSError as error:
            self._say("error", f"{self.root}: {error}")
        except Exception as error:
            self._say("error", f"indexing {self.root}: {type(error).__name__}: {error}")

    def _say(self, level: str, text: str) -> None:
        if text != self._trouble and not self._closing:
            self._trouble = text
            self._events.message(level, text)

    def _advance(self) -> None:
        desk = self._desk
        self._open_run()
        self._intake.advance(time.monotonic() + _SLICE)
        room = _WAITING_JOBS * self._pool.size - len(desk.work.with_worker) // _FILES_A_JOB
        for batch in desk.work.batches(room):
            self._pool.submit(
                [self._task(key, item) for key, item in batch], desk.settings.max_file_bytes, self._answered
            )
        self._building.flush()
        if self._refresh:
            self._gramming.flush()
        self._publish()
        self._commit()
        self._close_run()
        desk.ledger.settle()

    def _task(self, key: int, item: Item) -> Task:
        full = os.fsencode(os.path.join(self.root, item.path))
        return Task(key, full, os.fsencode(item.path), item.digest, item.text, self._desk.settings.semantic)

    def _answered(self, outcomes: list[Outcome]) -> None:
        self._inbox.post(lambda: self._outcomes.take(outcomes))

    # -- the store -------------------------------------------------------------------------------

    def _open(self) -> None:
        self._desk.store.close()
        try:
            self._adopt(recovery.opened(self._desk, self._folder))
        except sqlite3.DatabaseError as error:  # what it holds of a file cannot be read
            self._adopt(recovery.replacement(self._desk, self._folder, error))
        self._publish()
        self.opened.set()
        self._guarded(partial(self._watching.start, watch=self._watch))
        if self._refresh:
            if not self._desk.store.totals()[0]:
                self._pool.warm_up()
            self._guarded(self._check_extractor)
            self._guarded(lambda: self._intake.audit(""))

    def _replace_store(self, error: Exception) -> None:
        self._adopt(recovery.replacement(self._desk, self._folder, error))
        self._intake.forget_audits()
        self._intake.buffers_again()
        if self._refresh:
            self._intake.audit("", epoch=0)  # barriers that waited for what is lost wait for this

    def _adopt(self, store: Store) -> None:
        """Goes on with *store* and what it holds."""
        desk = self._desk
        desk.store, desk.layers = store, Layers(self.root, self.snapshot.shown, store)
        desk.layers.load()
        desk.hot.clear()
        desk.dirty = True
        self._building.forget()
        self._gramming.forget()
        self.picks = store.picks.kept()
        self.snapshot = replace(self.snapshot, generation=max(self.snapshot.generation, store.generation))
        for note in store.notes:
            self._say("info", note)
        store.notes.clear()

    def _check_extractor(self) -> None:
        """Another version of the grammars or queries, or chunks are wanted that were not: all files are read again."""
        store, current = self._desk.store, fingerprint(chunks=self._desk.settings.semantic)
        if store.meta("extractor") != current:
            store.forget_contents()
            store.set_meta("extractor", current)

    # -- publishing ------------------------------------------------------------------------------

    def _publish(self) -> None:
        desk = self._desk
        if desk.dirty:
            desk.dirty = False
            self.snapshot = desk.layers.snapshot(self.snapshot.generation + 1)
            desk.store.set_generation(self.snapshot.generation)
            self._events.published()
        if not desk.layers.waiting:
            for epoch in desk.finished:
                desk.ledger.strike(epoch)
            desk.finished.clear()

    def _commit(self) -> None:
        now = time.monotonic()
        if not self._desk.work.depth or now - self._committed > _COMMIT_SECONDS:
            self._desk.store.commit()
            self._committed = now

    def _open_run(self) -> None:
        if self._desk.audits and self.progress.state != "indexing":
            self.progress.begin()
            self._events.progress()

    def _close_run(self) -> None:
        state = self.progress.state
        if state == "indexing" and self._run_is_over:
            self.progress.end()
            self._verification.begin()  # only now: at the start the first answers need the machine
        elif state == "starting":
            self.progress.end()
        if state in ("indexing", "starting"):
            self._events.progress()

    @property
    def _run_is_over(self) -> bool:
        desk = self._desk
        return desk.bulk_is_over and not desk.layers.waiting and not self._building.holds_run
