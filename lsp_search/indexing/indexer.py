"""The one writer of one root: takes changes in, sends files to the workers, publishes generations.

An actor: one thread that owns the store, the layers and the ledger, and runs what others post to it. Between posts
it advances what is under way (audits in slices, jobs for the pool, segments to build), so that a save never waits
for more than a slice. It knows nothing of queries; what it publishes is a :class:`Snapshot`.

When the disk is full it goes on with a copy of the store in memory; when the store's pages turn out bad it starts
over; each is said once through ``on_message``.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from pathlib import Path

import msgspec

from lsp_search.files.rules import Rules
from lsp_search.files.walk import Found, Skipped, probe
from lsp_search.files.watch import Watcher
from lsp_search.index import segment
from lsp_search.index.segment import BadSegment, Segment
from lsp_search.index.snapshot import Snapshot
from lsp_search.index.store import Content, FileRow, Store, StoreError, folder_for
from lsp_search.indexing.layers import Layers
from lsp_search.indexing.ledger import Ledger
from lsp_search.indexing.pool import Pool
from lsp_search.indexing.reconcile import Audit, trusted_time
from lsp_search.indexing.wire import Build, Outcome, Task
from lsp_search.indexing.work import Item, Work
from lsp_search.model import SkipReason, State
from lsp_search.settings import IndexSettings

_SLICE = 0.01
"""Seconds an audit may run before posts are looked at again."""
_COMMIT_SECONDS = 0.5
_WAITING_JOBS = 3
"""Bulk jobs handed to the pool ahead, for each worker."""
_LARGE_RUN = 200
"""A run of more files than this is shown as indexing."""


@dataclass
class Events:
    """What the indexer tells; called on its thread, must be quick."""

    published: Callable[[Snapshot], None]
    progress: Callable[[], None]
    message: Callable[[str, str], None]
    """(level, text for the user)"""
    project_file: Callable[[], None] = lambda: None
    """The project's settings file changed."""


@dataclass(frozen=True)
class Holdings:
    """What one root's index holds."""

    files: int
    symbols: int
    bytes: int
    languages: dict[str, int]
    skipped: list[tuple[str, str]]
    errors: list[tuple[str, str]]
    store_bytes: int


@dataclass
class Progress:
    """Where a run stands; read from any thread."""

    state: State = "starting"
    done: int = 0
    total: int = 0
    message: str = ""
    files: int = 0
    failed: int = 0
    started: float = field(default_factory=time.monotonic)


class Indexer:
    def __init__(
        self,
        root: str,
        settings: IndexSettings,
        pool: Pool,
        events: Events,
        store_dir: Path | None,
        *,
        watch: bool = True,
        project_file: str = "",
        shown: str = "",
    ) -> None:
        self.root = root
        self.progress = Progress()
        self.watcher: Watcher | None = None
        self.snapshot = Snapshot(root, shown or root)
        self.picks: list[tuple[str, str, int]] = []
        """(relative path, name, kind) of what the user opened, the latest first."""
        self._settings = settings
        self._pool = pool
        self._events = events
        self._store_dir = store_dir
        self._wants_watch = watch
        self._project_file = project_file
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"lsp-search indexer {root}", daemon=True)
        self._closing = False
        self._ledger = Ledger()
        self._work = Work()
        self._audits: list[tuple[Audit, Iterator[None]]] = []
        self._buffers: dict[str, bytes] = {}
        self._buffer_waits: dict[str, int] = {}
        self._unpublished: list[int] = []
        self._hot: list[int] = []
        self._building: tuple[Segment, ...] | None = None
        self._dirty = False
        self._committed = time.monotonic()
        self._run_open = False
        self._read_all = False
        self._trouble = ""

    # -- from any thread -------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        for audit, _ in list(self._audits):
            audit.cancelled = True
        self._inbox.put(lambda: None)
        if self._thread.is_alive():
            self._thread.join(5.0)

    def post(self, act: Callable[[], None]) -> None:
        """Runs *act* on the indexer's thread, soon."""
        self._inbox.put(act)

    def ask(self, act: Callable[[], object], timeout: float = 10.0) -> object:
        """Runs *act* on the indexer's thread and returns its result. Raises what it raises, and TimeoutError."""
        answer: queue.SimpleQueue[tuple[object, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answer.put((act(), None))
            except BaseException as error:
                answer.put((None, error))
                if isinstance(error, sqlite3.Error):
                    raise

        self.post(run)
        try:
            result, error = answer.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"the indexer of {self.root} did not answer within {timeout:g} s") from None
        if error is not None:
            raise error
        return result

    def changed(self, paths: Iterable[str]) -> None:
        """Relative paths that may have changed in whatever way."""
        self.post(partial(self._look_all, list(paths)))

    def audit(self, start: str = "", *, read_all: bool = False) -> None:
        self.post(partial(self._begin_audit, start, read_all))

    def buffer(self, path: str, text: bytes | None) -> None:
        """An editor's text for a relative path; None: closed."""
        self.post(partial(self._buffer, path, text))

    def barrier(self, lifted: Callable[[], None]) -> None:
        """Calls *lifted* on the indexer's thread once all that is known to have changed by now is searchable."""
        self.post(partial(self._ledger.barrier, lifted))

    def cancel(self) -> None:
        self.post(self._cancel)

    def configure(self, settings: IndexSettings) -> None:
        self.post(partial(self._configure, settings))

    @property
    def depth(self) -> int:
        return self._ledger.depth

    @property
    def store(self) -> Store:
        """For acts that are posted; not to be kept."""
        return self._store

    def packed(self, path: str) -> bytes | None:
        """The packed symbols of a relative path (a buffer's first); None when it is not indexed. Blocks."""

        def find() -> bytes | None:
            row = self._store.file(path)
            return None if row is None else self._layers.packed(row.id)

        found = self.ask(find)
        return found if isinstance(found, bytes) else None

    def report(self) -> Holdings:
        """What the index holds now. Blocks."""

        def count() -> Holdings:
            store = self._store
            store.commit()
            files, symbols, size = store.totals()
            return Holdings(
                files, symbols, size, store.languages(), store.skipped(), store.errors(), store.nbytes()
            )

        found = self.ask(count, 60.0)
        if not isinstance(found, Holdings):
            raise TypeError(found)
        return found

    def picked(self, path: str, name: str, kind: int) -> None:
        """The user opened this symbol; remembered when this root holds it."""

        def remember() -> None:
            if self._store.file(path) is not None:
                self._store.pick(path, name, kind)
                self.picks = self._store.picks()

        self.post(remember)

    # -- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._open()
            while not self._closing:
                for act in self._next_acts():
                    self._guarded(act)
                self._guarded(self._advance)
        finally:
            if self.watcher is not None:
                self.watcher.stop()
            self._store.close()

    def _next_acts(self) -> Iterator[Callable[[], None]]:
        """Waits for a post (not while an audit is under way), then gives what has come, for one slice at most."""
        deadline = time.monotonic() + _SLICE
        timeout = 0.0 if self._audits else 1.0
        with contextlib.suppress(queue.Empty):
            yield self._inbox.get(timeout=timeout)
            while time.monotonic() < deadline:
                yield self._inbox.get_nowait()

    def _guarded(self, act: Callable[[], None]) -> None:
        """Runs *act*; a broken store is replaced, anything else is said and survived."""
        try:
            act()
        except (sqlite3.Error, StoreError) as error:
            self._replace_store(error)
        except OSError as error:
            self._say("error", f"{self.root}: {error}")
        except Exception as error:
            self._say("error", f"indexing {self.root}: {type(error).__name__}: {error}")

    def _say(self, level: str, text: str) -> None:
        if text != self._trouble and not self._closing:
            self._trouble = text
            self._events.message(level, text)

    # -- opening and replacing the store ---------------------------------------------------------

    def _open(self) -> None:
        self._rules = self._chosen_rules()
        self._use_store(self._opened_store())
        self._publish(force=True)
        if self._wants_watch:
            self._guarded(self._watch)
        self._guarded(partial(self._begin_audit, "", False))
        if self._store.folder is not None and self._layers.disk:
            threading.Thread(target=self._verify, name="lsp-search verify", daemon=True).start()

    def _opened_store(self) -> Store:
        if self._store_dir is None:
            return Store.in_memory()
        folder = folder_for(self._store_dir, self.root)
        try:
            return Store.open(folder, self.root)
        except (OSError, StoreError, sqlite3.Error) as error:
            self.progress.message = f"the index cannot be kept on disk ({error})"
            self._say(
                "warning",
                f"{self.progress.message}; going on in memory. Check the space and rights of {folder}",
            )
            return Store.in_memory()

    def _use_store(self, store: Store) -> None:
        self._store = store
        self._layers = Layers(self.root, self.snapshot.shown, store)
        self._layers.load()
        self.picks = store.picks()
        for note in store.notes:
            self._say("info", note)
        store.notes.clear()

    def _replace_store(self, error: Exception) -> None:
        """A full disk: on in memory with what is there. Bad pages: from nothing."""
        old = self._store
        full = isinstance(error, (sqlite3.OperationalError, StoreError))
        if full:
            self.progress.message = f"the index cannot be written ({error})"
            self._say("warning", f"{self.progress.message}; going on in memory. Free space, then restart")
            replacement = Store.in_memory(old)
            old.abandon()
        else:
            self._say("warning", f"the index of {self.root} is damaged ({error}) and is being rebuilt")
            old.abandon()
            folder = old.folder
            if folder is not None:
                with contextlib.suppress(OSError):
                    (folder / "index.sqlite3").unlink(missing_ok=True)
            replacement = self._opened_store()
        self._hot, self._building = [], None
        self._use_store(replacement)
        for path, text in self._buffers.items():
            self._buffer(path, text)
        self._dirty = True
        self._begin_audit("", False)

    def _verify(self) -> None:
        """Compares segments with their checksums and the database with itself, once a start, in the background."""
        store, sound = self._store, True
        for built in list(self._layers.disk):
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
        self._layers.lose(built)
        self._store.drop_segments([built.number])
        self._dirty = True

    # -- watching --------------------------------------------------------------------------------

    def _watch(self) -> None:
        base = self._store.folder or self._store_dir
        if base is None:
            return
        cookies = base / "cookies"
        cookies.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.watcher = Watcher(self.root, self._rules, str(cookies), self.changed, self._lost)
        self.watcher.start()

    def _lost(self, reason: str) -> None:
        """The watcher may have missed something: compare everything."""
        self.post(partial(self._begin_audit, "", False))
        if self.watcher is not None and self.watcher.mode == "off":
            self.progress.message = reason
            self._say("warning", reason)

    # -- changes ---------------------------------------------------------------------------------

    def _look_all(self, paths: list[str]) -> None:
        for path in paths:
            self._look(path)

    def _look(self, path: str) -> None:
        if path == self._project_file:
            self._events.project_file()
        if "/" not in path and (rules := self._chosen_rules()).settings != self._rules.settings:
            self._use_rules(rules)
        if self._rules.is_rule_file(path):
            scope = self._rules.scope(path)
            self._rules.invalidate(scope)
            self._begin_audit(scope, False)
        full = os.path.join(self.root, path)
        if os.path.isdir(full) and not os.path.islink(full):
            self._begin_audit(path, False)
            return
        found = probe(self.root, self._rules, path)
        if isinstance(found, Found):
            row = self._store.file(path)
            self._enqueue(found, row.digest if row else b"", urgent=True, epoch=None)
            return
        self._store.forget_unread(self._store.unread_below(path))
        below = [number for number, _ in self._store.ids_below(path)]
        row = self._store.file(path)
        self._remove([*below, *([row.id] if row else [])])
        self._store.set_skipped(
            [(found.path, found.reason.value)] if isinstance(found, Skipped) else [], path
        )

    def _enqueue(self, found: Found, digest: bytes, *, urgent: bool, epoch: int | None) -> None:
        waiting = self._work.waiting(found.path)
        if waiting is not None and (waiting.urgent or not urgent):
            waiting.size, waiting.mtime_ns = found.size, found.mtime_ns
            return
        item = Item(found.path, found.size, found.mtime_ns, urgent, self._ledger.enter(epoch), digest)
        self._work.add(item)
        if not urgent:
            self.progress.total += 1

    def _remove(self, file_ids: Iterable[int]) -> None:
        ids = [number for number in file_ids if not self._layers.is_shadowed(number)]
        if ids:
            self._store.remove(ids)
            self._layers.removed(ids)
            self._dirty = True

    def _begin_audit(self, start: str, read_all: bool) -> None:
        for waiting, _ in self._audits:
            if not waiting.begun and waiting.start == start and waiting.read_all >= read_all:
                return  # it will see everything up to when it begins
        epoch = self._ledger.enter()
        audit = Audit(self.root, start, epoch, read_all)

        def changed(found: Found, digest: bytes) -> None:
            self._enqueue(found, digest, urgent=False, epoch=epoch)

        self._audits.append((audit, audit.run(self._store, self._rules, changed)))
        self._open_run()

    def _cancel(self) -> None:
        for audit, _ in self._audits:
            audit.cancelled = True
        for item in self._work.clear_bulk():
            self._ledger.strike(item.epoch)
        self.progress.message = "indexing was cancelled; reindex to complete it"

    def _configure(self, settings: IndexSettings) -> None:
        if settings != self._settings:
            self._settings = settings
            self._use_rules(self._chosen_rules())

    def _chosen_rules(self) -> Rules:
        """The rules as set; without ``.gitignore`` where that would leave nothing at all.

        Packagers' trees and repositories of dotfiles ignore ``/*`` and track what they want by force. Whoever opens
        such a folder wants to search it.
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
        self._rules = rules
        if self.watcher is not None:
            self.watcher.stop()
            self._watch()
        self._begin_audit("", False)

    # -- buffers ---------------------------------------------------------------------------------

    def _buffer(self, path: str, text: bytes | None, epoch: int | None = None) -> None:
        if text is None:
            self._buffers.pop(path, None)
            row = self._store.file(path)
            if row is not None:
                self._layers.unshadow(row.id)
                self._dirty = True
            self._look(path)
            return
        if self._rules.verdict(path, False) is not None:
            return
        self._buffers[path] = text
        row = self._store.file(path)
        if row is not None and row.digest and blake2b(text, digest_size=16).digest() == row.digest:
            self._layers.unshadow(row.id)
            self._dirty = True
            return
        if path in self._buffer_waits:  # one at a time; the latest text goes when the worker answers
            self._buffer_waits[path] += 1
            return
        self._buffer_waits[path] = 0
        self._work.add(Item(path, len(text), 0, True, self._ledger.enter(epoch), text=text))

    def _buffer_outcome(self, item: Item, outcome: Outcome) -> None:
        waits = self._buffer_waits.pop(item.path, 0)
        text = self._buffers.get(item.path)
        if text is not None and text == item.text:
            row = self._store.file(item.path)
            file_id = row.id if row else self._ghost(item.path, outcome.language)
            self._layers.shadow(file_id, outcome.packed)
            self._dirty = True
        elif text is not None and waits:
            self._buffer(item.path, text, item.epoch)  # a barrier that saw the first text waits for the last
        self._unpublished.append(item.epoch)

    def _ghost(self, path: str, language: str) -> int:
        """A row for a file that exists in an editor only; the next look at the disk removes it."""
        content = Content(-1, 0, b"", language, "utf-8", 0, b"")
        file_id, version = self._store.write(path, content)
        self._layers.wrote(file_id, version, path, language)
        return file_id

    # -- outcomes --------------------------------------------------------------------------------

    def _outcomes(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            item = self._work.done(outcome.key)
            if item is None:
                continue
            if item.text is not None:
                self._buffer_outcome(item, outcome)
            else:
                self._outcome(item, outcome)
            self.progress.files += 1
            if not item.urgent:
                self.progress.done += 1

    def _outcome(self, item: Item, outcome: Outcome) -> None:
        row = self._store.file(item.path)
        if outcome.status in ("symbols", "failed"):
            self._write(item, outcome, row)
            return
        if outcome.status == "unavailable":
            self.progress.message = outcome.error or ""
            self._say("error", f"{self.progress.message}; nothing new is indexed. Run 'lsp-search doctor'")
        elif outcome.status == "same":
            if row is not None:
                self._store.touch(row.id, outcome.size, trusted_time(outcome.mtime_ns, time.time_ns()))
        else:
            if row is not None:
                self._remove([row.id])
            if outcome.status != "gone":
                trusted = trusted_time(item.mtime_ns, time.time_ns())
                self._store.set_unread(item.path, SkipReason(outcome.status).value, item.size, trusted)
        self._unpublished.append(item.epoch)

    def _write(self, item: Item, outcome: Outcome, row: FileRow | None) -> None:
        failed = outcome.status == "failed"
        if row is None:
            self._store.forget_unread([item.path])
        content = Content(
            size=item.size if failed else outcome.size,
            mtime_ns=trusted_time(item.mtime_ns if failed else outcome.mtime_ns, time.time_ns()),
            digest=outcome.digest,
            language=outcome.language or (row.language if row else "plaintext"),
            encoding=outcome.encoding,
            symbols=outcome.symbols,
            packed=outcome.packed,
            error=outcome.error,
        )
        file_id, version = self._store.write(item.path, content)
        self._layers.wrote(file_id, version, item.path, content.language)
        if item.urgent:
            self._hot.append(file_id)
        self._layers.wait_for_segment(file_id, outcome.symbols)
        self._unpublished.append(item.epoch)

    # -- going on --------------------------------------------------------------------------------

    def _advance(self) -> None:
        self._advance_audits()
        room = _WAITING_JOBS * self._pool.size - len(self._work.with_worker) // 16
        for batch in self._work.batches(room):
            tasks = [self._task(key, item) for key, item in batch]
            self._pool.submit(tasks, self._settings.max_file_bytes, self._answered)
        self._flush()
        self._publish()
        self._commit(idle=not self._work.depth)
        self._close_run()
        self._ledger.settle()

    def _answered(self, outcomes: list[Outcome]) -> None:
        self.post(partial(self._outcomes, outcomes))

    def _task(self, key: int, item: Item) -> Task:
        full = os.fsencode(os.path.join(self.root, item.path))
        return Task(key, full, os.fsencode(item.path), item.digest, item.text)

    def _advance_audits(self) -> None:
        deadline = time.monotonic() + _SLICE
        while self._audits:
            audit, steps = self._audits[0]
            for _ in steps:
                if time.monotonic() > deadline:
                    return
            self._audits.pop(0)
            self._unpublished.append(audit.epoch)
            if not audit.cancelled:
                self._remove(audit.gone)
                self._store.set_skipped(audit.skipped, audit.start)

    def _flush(self) -> None:
        """Turns stored files into segments: what is hot at once, the bulk when enough waits or the run ends."""
        layers = self._layers
        if self._hot:
            hot, self._hot = [number for number in self._hot if number in layers.waiting], []
            layers.publish_now(hot)
            self._dirty = True
        if self._building is not None:
            return
        last = not (self._audits or self._work.bulk or self._work.with_worker)
        if layers.waiting and last and layers.is_small():
            layers.publish_now(list(layers.waiting))
            self._dirty = True
        elif chosen := layers.due(last):
            self._build(chosen, ())
        elif last and (overflow := layers.memory_overflow()):
            self._build(overflow, ())
        elif last:
            self._compact()

    def _compact(self) -> None:
        if dead := self._layers.dead():
            self._layers.drop(dead)
            self._store.drop_segments([built.number for built in dead])
            self._dirty = True
        ids, replaced = self._layers.compaction()
        if replaced:
            self._build(ids, tuple(replaced))

    def _build(self, file_ids: list[int], replaced: tuple[Segment, ...]) -> None:
        if self._store.folder is None:
            self._layers.publish_now(file_ids)
            self._layers.drop(replaced)
            self._dirty = True
            return
        number = self._store.next_segment()
        self._store.commit()
        self._building = replaced
        target = self._store.segment_path(number)
        job = Build(str(self._store.folder), number, file_ids, str(target))
        layers = self._layers
        self._pool.build(job, lambda error: self.post(partial(self._built, layers, target, error)))

    def _built(self, layers: Layers, path: Path, error: str | None) -> None:
        if layers is not self._layers or self._closing:
            return  # asked for by a store that was replaced, or the builder was ended
        replaced, self._building = self._building or (), None
        if error is None:
            try:
                built = segment.load(path)
            except (OSError, BadSegment) as problem:
                error = str(problem)
        if error is not None:
            raise StoreError(f"a segment could not be built: {error}")
        self._layers.add_disk(built, replaced)
        self._store.add_segment(built)
        self._store.drop_segments([old.number for old in replaced])
        self._dirty = True

    def _publish(self, force: bool = False) -> None:
        if not (self._dirty or force):
            if not self._layers.waiting:
                self._strike()
            return
        self._dirty = False
        self.snapshot = self._layers.snapshot(self.snapshot.generation + 1)
        self._events.published(self.snapshot)
        if not self._layers.waiting:
            self._strike()

    def _strike(self) -> None:
        for epoch in self._unpublished:
            self._ledger.strike(epoch)
        self._unpublished.clear()

    def _commit(self, idle: bool) -> None:
        now = time.monotonic()
        if idle or now - self._committed > _COMMIT_SECONDS:
            self._store.commit()
            self._committed = now

    # -- runs ------------------------------------------------------------------------------------

    def _open_run(self) -> None:
        if not self._run_open:
            self._run_open = True
            self.progress.done = self.progress.total = 0
            self.progress.started = time.monotonic()
            self.progress.state = "indexing"
            self._events.progress()

    def _close_run(self) -> None:
        if not self._run_open:
            return
        if (
            self._audits
            or self._work.bulk
            or self._work.with_worker
            or self._layers.waiting
            or self._building is not None
        ):
            self._events.progress()
            return
        self._run_open = False
        self.progress.state = "degraded" if self.progress.message else "ready"
        self._events.progress()
