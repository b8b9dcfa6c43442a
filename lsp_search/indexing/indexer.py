"""The one writer of one root: takes changes in, sends files to the workers, publishes generations.

An actor: one thread that owns the desk (store, layers, ledger) and runs what others post to it. Between posts it
advances what is under way (audits in slices, jobs for the pool, segments to build), so that a save never waits for
more than a slice. It knows nothing of queries; what it publishes is a :class:`Snapshot`.

When the disk is full it goes on with a copy of the store in memory; when the store's pages turn out bad it starts
over; each is said once through ``Events.message``.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from lsp_search.files.rules import Rules
from lsp_search.files.watch import Watcher
from lsp_search.index import segment
from lsp_search.index.opening import discard, open_store
from lsp_search.index.segment import Segment
from lsp_search.index.snapshot import Snapshot
from lsp_search.index.store import Store, StoreError, folder_for, make_private
from lsp_search.indexing.building import Building
from lsp_search.indexing.desk import Desk, Events, Holdings, Progress, holdings
from lsp_search.indexing.intake import Intake
from lsp_search.indexing.layers import Layers
from lsp_search.indexing.outcomes import Outcomes
from lsp_search.indexing.pool import Pool
from lsp_search.indexing.wire import Outcome, Task
from lsp_search.indexing.work import Item
from lsp_search.languages.fingerprint import fingerprint
from lsp_search.settings import IndexSettings

_RESULT = TypeVar("_RESULT")
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
        settings: IndexSettings,
        pool: Pool,
        events: Events,
        store_dir: Path,
        *,
        shown: str = "",
        project_file: str = "",
        watch: bool = True,
        refresh: bool = True,
    ) -> None:
        """*root*: real path; *shown*: as its user spells it; *refresh*: False answers from what is stored."""
        self.root = root
        self.progress = Progress()
        self.watcher: Watcher | None = None
        self.snapshot = Snapshot(root, shown or root)
        self.opened = threading.Event()
        """Set once what the store holds is in the snapshot, or it is known that there is nothing."""
        self.picks: list[tuple[str, str, int]] = []
        """(relative path, name, kind) of what the user opened, the latest first."""
        self._settings = settings
        self._pool = pool
        self._events = events
        self._store_dir = store_dir
        self._project_file = project_file
        self._wants_watch = watch and refresh
        self._refresh = refresh
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"lsp-search indexer {root}", daemon=True)
        self._closing = False
        self._committed = time.monotonic()
        self._in_run = False
        self._verified = False
        self._trouble = ""
        self._desk: Desk
        self._intake: Intake
        self._outcomes: Outcomes
        self._building: Building

    # -- from any thread -------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end; :meth:`join` waits for it."""
        self._closing = True
        self._inbox.put(lambda: None)

    def join(self) -> None:
        if self._thread.is_alive():
            self._thread.join(5.0)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive() and not self._closing

    def post(self, act: Callable[[], None]) -> None:
        """Runs *act* on the indexer's thread, soon."""
        self._inbox.put(act)

    def ask(self, act: Callable[[], _RESULT], timeout: float = 60.0) -> _RESULT:
        """Runs *act* on the indexer's thread and returns its result. Raises what it raises, and TimeoutError."""
        answer: queue.SimpleQueue[tuple[_RESULT | None, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answer.put((act(), None))
            except BaseException as error:
                answer.put((None, error))
                raise

        self.post(run)
        try:
            result, error = answer.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"the indexer of {self.root} did not answer within {timeout:g} s") from None
        if error is not None:
            raise error
        return result  # type: ignore[return-value]

    def changed(self, paths: Iterable[str]) -> None:
        """Relative paths that may have changed in whatever way."""
        self.post(partial(self._look_all, list(paths)))

    def audit(self, start: str = "", *, read_all: bool = False) -> None:
        """Compares everything at or below *start* with the disk."""
        self.post(lambda: self._intake.audit(start, read_all=read_all))

    def buffer(self, path: str, text: bytes | None) -> None:
        """An editor's text for a relative path; None: closed."""
        self.post(lambda: self._intake.buffer(path, text))

    def barrier(self, lifted: Callable[[], None]) -> None:
        """Calls *lifted* on the indexer's thread once all that is known to have changed by now is searchable."""
        self.post(lambda: self._desk.ledger.barrier(lifted))

    def cancel(self) -> None:
        self.post(self._cancel)

    def configure(self, settings: IndexSettings) -> None:
        self.post(partial(self._configure, settings))

    @property
    def depth(self) -> int:
        """Pieces of work under way."""
        return self._desk.ledger.depth if hasattr(self, "_desk") else 0

    def packed(self, path: str) -> bytes | None:
        """The packed symbols of a relative path (a buffer's first); None when it is not indexed. Blocks."""

        def find() -> bytes | None:
            row = self._desk.store.file(path)
            return None if row is None else self._desk.layers.packed(row.id)

        return self.ask(find)

    def report(self) -> Holdings:
        """What the index holds now. Blocks."""

        def count() -> Holdings:
            self._desk.store.commit()
            return holdings(self._desk.store)

        return self.ask(count)

    def overview(self) -> Holdings:
        """As :meth:`report`, of what was committed last, without a claim on the writer's time. Blocks."""
        folder = self._desk.store.folder if hasattr(self, "_desk") else None
        if folder is None:
            return self.report()
        try:
            with contextlib.closing(Store.reader(folder)) as connection:
                return holdings(Store(connection, folder, lambda: None))
        except sqlite3.Error:
            return self.report()

    def picked(self, path: str, name: str, kind: int) -> None:
        """The user opened this symbol; remembered when this root holds it."""

        def remember() -> None:
            store = self._desk.store
            if store.file(path) is not None:
                store.pick(path, name, kind)
                self.picks = store.picks()

        self.post(remember)

    # -- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._open()
            while not self._closing:
                for act in self._next_acts():
                    self._guarded(act)
                self._guarded(self._advance)
        except Exception as error:
            self.progress.state, self.progress.message = "degraded", f"indexing stopped: {error}"
            self._say("error", f"indexing {self.root} stopped: {type(error).__name__}: {error}")
        finally:
            self.opened.set()
            if self.watcher is not None:
                self.watcher.stop()
            if hasattr(self, "_desk"):
                self._desk.store.close()

    def _next_acts(self) -> Iterator[Callable[[], None]]:
        """Waits for a post (not while an audit is under way), then gives what has come, for one slice at most."""
        deadline = time.monotonic() + _SLICE
        with contextlib.suppress(queue.Empty):
            yield self._inbox.get(timeout=0.0 if self._desk.audits else 1.0)
            while time.monotonic() < deadline:
                yield self._inbox.get_nowait()

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
        self._publish()
        self._commit()
        self._close_run()
        desk.ledger.settle()

    def _task(self, key: int, item: Item) -> Task:
        full = os.fsencode(os.path.join(self.root, item.path))
        return Task(key, full, os.fsencode(item.path), item.digest, item.text)

    def _answered(self, outcomes: list[Outcome]) -> None:
        self.post(lambda: self._outcomes.take(outcomes))

    # -- opening and replacing the store ---------------------------------------------------------

    def _open(self) -> None:
        store = self._opened_store()
        self._desk = Desk(
            self.root,
            self._settings,
            self._chosen_rules(),
            store,
            Layers(self.root, self.snapshot.shown, store),
            self._say,
            self.progress,
        )
        self._intake = Intake(self._desk)
        self._outcomes = Outcomes(self._desk, self._intake)
        self._building = Building(self._desk, self._pool, self.post)
        self._take_over(store)
        self._publish(force=True)
        self.opened.set()
        if self._wants_watch:
            self._guarded(self._watch)
        if self._refresh:
            if not store.totals()[0]:
                self._pool.warm_up()
            self._guarded(self._check_extractor)
            self._guarded(lambda: self._intake.audit(""))

    def _check_extractor(self) -> None:
        """Another version of the grammars or queries: all files are read again."""
        store, current = self._desk.store, fingerprint()
        if store.meta("extractor") != current:
            store.forget_contents()
            store.set_meta("extractor", current)

    def _opened_store(self) -> Store:
        folder = folder_for(self._store_dir, self.root)
        try:
            return open_store(folder, self.root)
        except (OSError, StoreError, sqlite3.Error) as error:
            self.progress.message = f"the index cannot be kept on disk ({error})"
            self._say(
                "warning",
                f"{self.progress.message}; going on in memory. Check the space and rights of {folder}",
            )
            return Store.in_memory()

    def _take_over(self, store: Store) -> None:
        self._desk.layers.load()
        self.picks = store.picks()
        self.snapshot = replace(self.snapshot, generation=max(self.snapshot.generation, store.generation))
        for note in store.notes:
            self._say("info", note)
        store.notes.clear()

    def _replace_store(self, error: Exception) -> None:
        """A full disk: on in memory with what is there. Bad pages: from nothing."""
        desk = self._desk
        old = desk.store
        if isinstance(error, (sqlite3.OperationalError, StoreError)):
            self.progress.message = f"the index cannot be written ({error})"
            self._say("warning", f"{self.progress.message}; going on in memory. Free space, then restart")
            replacement = Store.in_memory(old)
            old.abandon()
        else:
            self._say("warning", f"the index of {self.root} is damaged ({error}) and is being rebuilt")
            old.abandon()
            discard(old.folder)
            replacement = self._opened_store()
        desk.store, desk.layers = replacement, Layers(self.root, self.snapshot.shown, replacement)
        desk.hot.clear()
        self._building.forget()
        self._take_over(replacement)
        self._intake.buffers_again()
        if self._refresh:
            self._intake.audit("")
        desk.dirty = True

    def _verify(self) -> None:
        """Compares segments with their checksums and the database with itself, once a start, in the background."""
        store, sound = self._desk.store, True
        for built in list(self._desk.layers.disk):
            if self._closing:
                return
            path = store.segment_path(built.number)
            if path.exists() and not segment.verify(path):
                sound = False
                self.post(partial(self._drop_bad, built))
        if sound and not store.is_sound():
            self.post(partial(self._replace_store, sqlite3.DatabaseError("its pages are damaged")))

    def _drop_bad(self, built: Segment) -> None:
        self._say("warning", f"segment {built.number} of {self.root} is damaged and is being rebuilt")
        self._desk.layers.lose(built)
        self._desk.store.drop_segments([built.number])
        self._desk.dirty = True

    # -- watching and rules ----------------------------------------------------------------------

    def _watch(self) -> None:
        cookies = (self._desk.store.folder or self._store_dir) / "cookies"
        make_private(cookies)
        self.watcher = Watcher(self.root, self._desk.rules, str(cookies), self.changed, self._lost)
        self.watcher.start()

    def _lost(self, reason: str) -> None:
        """The watcher may have missed something: compare everything."""
        self.audit()
        if self.watcher is not None and self.watcher.mode != "native":
            self.progress.message = reason
            self._say("warning", reason)

    def _look_all(self, paths: list[str]) -> None:
        for path in paths:
            if path == self._project_file:
                self._events.project_file()
            if "/" not in path and (rules := self._chosen_rules()).settings != self._desk.rules.settings:
                self._use_rules(rules)
        self._intake.look_all(paths)

    def _chosen_rules(self) -> Rules:
        """The rules as set; without ``.gitignore`` where that would leave nothing at all.

        Packagers' trees and repositories of dotfiles ignore ``/*`` and track what they want by force. Whoever
        opens such a folder wants to search it.
        """
        rules = Rules(self.root, self._settings)
        if self._settings.respect_gitignore and rules.hide_everything():
            self._say(
                "info",
                f"the ignore files of {self.root} leave nothing to index; .gitignore is not obeyed there",
            )
            return Rules(self.root, msgspec.structs.replace(self._settings, respect_gitignore=False))
        return rules

    def _use_rules(self, rules: Rules) -> None:
        self._desk.rules = rules
        if self.watcher is not None:
            self.watcher.stop()
            self._watch()
        self._intake.rules_changed("")

    def _configure(self, settings: IndexSettings) -> None:
        if settings != self._settings:
            self._settings = self._desk.settings = settings
            self._use_rules(self._chosen_rules())

    # -- publishing ------------------------------------------------------------------------------

    def _publish(self, force: bool = False) -> None:
        desk = self._desk
        if desk.dirty or force:
            desk.dirty = False
            self.snapshot = desk.layers.snapshot(self.snapshot.generation + 1)
            desk.store.set_generation(self.snapshot.generation)
            self._events.published(self.snapshot)
        if not desk.layers.waiting:
            for epoch in desk.finished:
                desk.ledger.strike(epoch)
            desk.finished.clear()

    def _commit(self) -> None:
        now = time.monotonic()
        if not self._desk.work.depth or now - self._committed > _COMMIT_SECONDS:
            self._desk.store.commit()
            self._committed = now

    def _cancel(self) -> None:
        self._intake.cancel()
        self.progress.message = "indexing was cancelled; reindex to complete it"

    def _open_run(self) -> None:
        if self._desk.audits and not self._in_run:
            self._in_run = True
            self.progress.done = self.progress.total = 0
            self.progress.started = time.monotonic()
            self.progress.state = "indexing"
            self._events.progress()

    def _close_run(self) -> None:
        if not self._in_run:
            if self.progress.state == "starting":
                self.progress.state = "degraded" if self.progress.message else "ready"
                self._events.progress()
            return
        if self._desk.bulk_is_over and not self._desk.layers.waiting and not self._building.holds_run:
            self._in_run = False
            if not self._verified and self._desk.store.folder is not None:
                self._verified = True  # only now: at the start the first answers need the machine
                threading.Thread(target=self._verify, name="lsp-search verify", daemon=True).start()
            self.progress.state = "degraded" if self.progress.message else "ready"
        self._events.progress()
