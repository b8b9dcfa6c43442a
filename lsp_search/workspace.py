"""The façade: one object that opens, watches, indexes and searches a set of root folders.

Everything outside (the server, the commands, the benchmarks) speaks to the rest through this page.
All methods may be called from any thread. Those marked *blocks* are to be called off the event loop.

Each root has an index and a writer of its own; they share one pool of workers. A query reads the tuple of
snapshots that was current when it began.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import platformdirs

from lsp_search.files.buffers import Buffers
from lsp_search.files.read import decode
from lsp_search.files.uris import relative
from lsp_search.index.packed import unpack
from lsp_search.index.segment import release, total_bytes
from lsp_search.index.snapshot import Snapshot
from lsp_search.indexing.desk import Events, Holdings
from lsp_search.indexing.indexer import Indexer
from lsp_search.indexing.pool import Pool
from lsp_search.indexing.wire import Outcome, Task
from lsp_search.model import (
    Cancelled,
    FileError,
    Hit,
    IndexReport,
    LspSearchError,
    SearchAnswer,
    SearchRequest,
    State,
    Status,
    Symbol,
)
from lsp_search.search import query, recent, symbols
from lsp_search.settings import PROJECT_FILE, Settings
from lsp_search.telemetry.heap import give_back
from lsp_search.telemetry.heap import resident_bytes as own_resident_bytes
from lsp_search.telemetry.latency import Latency
from lsp_search.telemetry.memory import resident_bytes
from lsp_search.telemetry.ticker import Ticker

_LINE_END = re.compile(r"\r\n|\n|\r")
"""As LSP splits lines."""
_STATUS_SECONDS = 0.1
_REST_SECONDS = 1.0
"""Without a query or change for so long, memory is given back."""
_MOST_RESIDENT = 640 << 20
_MOST_WHILE_INDEXING = 240 << 20
"""Resident bytes of this process beyond which touched index pages are let go at once, and not only at rest: faulting
them in again makes queries half as slow again, but while indexing the workers need the room."""
_OPENING_SECONDS = 5.0
"""How long a question waits for an index that is being opened."""
_LOOK_SECONDS = 0.1
"""How often whoever waits looks whether it still makes sense to."""
_FLUSH_SECONDS = 2.0
"""How long a watcher may take to pass on what it knows before everything is compared instead."""


def default_store() -> Path:
    """Where indexes live: ``LSP_SEARCH_STORE``, else the user's cache folder."""
    given = os.environ.get("LSP_SEARCH_STORE")
    return Path(given).expanduser() if given else Path(platformdirs.user_cache_path("lsp-search"))


class Workspace:
    def __init__(
        self,
        folders: Sequence[Path] = (),
        settings: Settings | None = None,
        *,
        store_dir: Path | None = None,
        watch: bool = True,
        refresh: bool = True,
        on_status: Callable[[Status], None] | None = None,
        on_message: Callable[[str, str], None] | None = None,
        on_project_file: Callable[[], None] | None = None,
    ) -> None:
        """*store_dir*: where indexes live (default: LSP_SEARCH_STORE, then the user's cache folder).
        *refresh*: False answers from what is stored, without a look at the files.
        *on_status*: called from a worker thread whenever the status changes (at most 10 times a second).
        *on_message*: called with (level "info"|"warning"|"error", text) for what a user should know,
        e.g. "the store was corrupt and is being rebuilt". *on_project_file*: a root's settings file changed;
        whoever opened the workspace reads it and calls :meth:`configure`."""
        self._settings = settings or Settings()
        self._store_dir = store_dir or default_store()
        self._watch = watch
        self._refresh = refresh
        self._on_status = on_status or (lambda _status: None)
        self._on_message = on_message or (lambda _level, _text: None)
        self._on_project_file = on_project_file or (lambda: None)
        self._pool = Pool(worker_count(self._settings))
        self._lock = threading.RLock()
        self._indexers: dict[str, Indexer] = {}
        self._snapshots: tuple[Snapshot, ...] = ()
        self._generation = 0
        self._buffers = Buffers()
        self._latency = Latency()
        self._ticker = Ticker(_STATUS_SECONDS, self._report_status)
        self._rest = Ticker(_REST_SECONDS, self._release, after=True)
        self._started = False
        self._closed = threading.Event()
        for folder in folders:
            self._add(folder)

    # -- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Opens stores (a warm index answers from here on) and starts indexing in the background. Returns within
        milliseconds; never raises for a broken store or an unreadable folder."""
        with self._lock:
            self._started = True
            for indexer in self._indexers.values():
                indexer.start()

    def close(self) -> None:
        """Stops all threads and processes; what is indexed so far is kept. Blocks, at most about a second."""
        with self._lock:
            indexers = list(self._indexers.values())
            self._indexers = {}
        self._closed.set()
        self._ticker.stop()
        self._rest.stop()
        for indexer in indexers:
            indexer.stop()
        self._pool.close()
        for indexer in indexers:
            indexer.join()

    def set_folders(self, added: Iterable[Path], removed: Iterable[Path]) -> None:
        with self._lock:
            for folder in removed:
                indexer = self._indexers.pop(os.path.realpath(folder), None)
                if indexer is not None:
                    indexer.stop()
            for folder in added:
                new = self._add(folder)
                if new is not None and self._started:
                    new.start()
        self._published()

    def _add(self, folder: Path) -> Indexer | None:
        root = os.path.realpath(folder)
        if root in self._indexers:
            return None
        shown = os.path.abspath(folder)
        events = Events(
            published=lambda _snapshot: self._published(),
            progress=self._ticker.poke,
            message=self._on_message,
            project_file=self._on_project_file,
        )
        indexer = Indexer(
            root,
            self._settings.index,
            self._pool,
            events,
            self._store_dir,
            watch=self._watch,
            refresh=self._refresh,
            project_file=PROJECT_FILE,
            shown=shown,
        )
        self._indexers[root] = indexer
        return indexer

    def _published(self) -> None:
        with self._lock:
            self._snapshots = tuple(indexer.snapshot for indexer in self._indexers.values())
            published = sum(snapshot.generation for snapshot in self._snapshots)
            self._generation = max(self._generation + 1, published)

    def configure(self, settings: Settings) -> None:
        """New settings at run time; re-checks what is indexed where they differ."""
        with self._lock:
            self._settings = settings
            self._pool.size = worker_count(settings)
            indexers = list(self._indexers.values())
        for indexer in indexers:
            indexer.configure(settings.index)

    # -- questions -------------------------------------------------------------------------------

    def search(self, request: SearchRequest, cancel: threading.Event | None = None) -> SearchAnswer:
        """Blocks. Raises InvalidQuery (wrong query), Cancelled (when *cancel* gets set)."""
        began = time.perf_counter()

        def check() -> None:
            if cancel is not None and cancel.is_set():
                raise Cancelled

        if request.mode not in ("auto", "symbol"):
            raise LspSearchError(
                f"mode '{request.mode}' is not available in this version; known are 'auto' and 'symbol'"
            )
        plan = query.parse(request.query, request.filter)
        self._await_stores(check)
        with self._lock:
            snapshots, generation = self._snapshots, self._generation
        if plan.is_empty:
            picks = [pick for indexer in self._all() for pick in indexer.picks]
            hits, incomplete = recent.recent(snapshots, picks, request.limit), False
        else:
            hits, incomplete = symbols.search(
                snapshots, plan, request.limit, request.near, check, mark=request.mark
            )
        self._rest.poke()
        indexing = self.status().state in ("starting", "indexing")
        if own_resident_bytes() > (_MOST_WHILE_INDEXING if indexing else _MOST_RESIDENT):
            self._release()
        took = time.perf_counter() - began
        self._latency.record("search", took)
        return SearchAnswer(
            hits=hits,
            mode="symbol",
            is_incomplete=incomplete,
            indexing=indexing,
            generation=generation,
            took_ms=round(took * 1000, 3),
        )

    def _await_stores(self, check: Callable[[], None]) -> None:
        """A question that comes while an index is still being opened is worth answering from it."""
        deadline = time.monotonic() + _OPENING_SECONDS
        for indexer in self._all() if self._started else ():
            while not indexer.opened.wait(_LOOK_SECONDS) and time.monotonic() < deadline:
                check()

    def document_symbols(self, path: str) -> list[Symbol]:
        """Blocks. The symbols of one file (unsaved text wins), in file order; any file of a known language,
        also one that is not indexed."""
        path = os.path.abspath(path)
        text = self._buffers.get(path)
        if text is None:
            for indexer, inside in self._owning(path):
                packed = indexer.packed(inside)
                if packed is not None:
                    return unpack(packed)
        return self._extract(path, text)

    def _extract(self, path: str, text: bytes | None) -> list[Symbol]:
        answered: list[Outcome] = []
        done = threading.Event()

        def take(outcomes: list[Outcome]) -> None:
            answered.extend(outcomes)
            done.set()

        name = os.fsencode(path)
        self._pool.submit([Task(0, name, name, b"", text)], self._settings.index.max_file_bytes, take)
        if not done.wait(10.0) or not answered:
            return []
        return unpack(answered[0].packed)

    def line_text(self, path: str, line: int) -> str | None:
        """One line's text (unsaved text wins) for turning byte columns into code units; None where there is none."""
        held = self._buffers.buffer(path)
        text = None if held is None else held.text
        if text is None:
            try:
                with open(path, "rb") as source:
                    decoded = decode(source.read(self._settings.index.max_file_bytes))
            except OSError:
                return None
            if decoded is None:
                return None
            text = decoded[0].decode("utf-8", "replace")
        lines = _LINE_END.split(text)
        return lines[line] if line < len(lines) else None

    # -- keeping in step -------------------------------------------------------------------------

    def sync(self, timeout: float | None = None) -> int:
        """Blocks until every change that happened before the call (disk, buffers, folders, settings) is
        searchable; returns the generation. Raises TimeoutError."""
        deadline = None if timeout is None else time.monotonic() + timeout
        lifted: list[tuple[Indexer, threading.Event]] = []
        for indexer in self._all():
            watcher = indexer.watcher
            if not (watcher is not None and watcher.flush(_FLUSH_SECONDS)):
                indexer.audit()
            event = threading.Event()
            indexer.barrier(event.set)
            lifted.append((indexer, event))
        for indexer, event in lifted:
            while not event.wait(_LOOK_SECONDS):
                if self._closed.is_set():
                    raise Cancelled
                if not indexer.is_alive:
                    break  # its folder was removed, or it has stopped and said why
                if deadline is not None and time.monotonic() > deadline:
                    raise TimeoutError("not everything is indexed yet")
        return self._generation

    def buffer_changed(self, path: str, text: str) -> None:
        """An editor holds *text*, perhaps unsaved, for *path*; it wins over the disk until closed. Cheap and
        ordered: later calls win."""
        self._buffers.set(path, text)
        source = self._buffers.get(path)
        for indexer, inside in self._owning(path):
            indexer.buffer(inside, source)

    def buffer_closed(self, path: str) -> None:
        """The disk's content counts again."""
        self._buffers.close(path)
        for indexer, inside in self._owning(path):
            indexer.buffer(inside, None)

    def files_changed(self, paths: Iterable[str]) -> None:
        """Files or folders that a client says were created, changed, deleted or renamed (both names). Cheap."""
        changed: dict[str, list[str]] = {}
        for path in paths:
            for indexer, inside in self._owning(path):
                changed.setdefault(indexer.root, []).append(inside)
        for indexer in self._all():
            if indexer.root in changed:
                indexer.changed(changed[indexer.root])

    def reindex(self, paths: Iterable[str] | None = None) -> IndexReport:
        """Blocks. Reads the named files or folders again (None: everything, from nothing)."""
        began = time.monotonic()
        if paths is None:
            for indexer in self._all():
                indexer.audit(read_all=True)
        else:
            for path in paths:
                for indexer, inside in self._owning(path):
                    indexer.audit(inside, read_all=True)
        self.sync()
        return self.report(time.monotonic() - began)

    def cancel_indexing(self) -> None:
        """Stops the present indexing run (what is indexed stays; status says 'degraded: cancelled')."""
        for indexer in self._all():
            indexer.cancel()

    def picked(self, query: str, hit_id: str, rank: int) -> None:  # noqa: ARG002 - learned from later
        """The user opened this result."""
        identity = symbols.parse_identity(hit_id)
        if identity is not None and self._settings.search.learn:
            path, kind, _, name = identity
            for indexer in self._all():
                indexer.picked(path, name, kind)

    # -- figures ---------------------------------------------------------------------------------

    def status(self) -> Status:
        with self._lock:
            parts = [indexer.progress for indexer in self._indexers.values()]
            generation = self._generation
        order: tuple[State, ...] = ("indexing", "starting", "degraded", "ready")
        present = {part.state for part in parts}
        state: State = next((state for state in order if state in present), "ready")
        return Status(
            state=state if self._started else "starting",
            done=sum(part.done for part in parts),
            total=sum(part.total for part in parts),
            generation=generation,
            message="; ".join(part.message for part in parts if part.message),
        )

    def _report_status(self) -> None:
        self._rest.poke()
        self._on_status(self.status())

    def _release(self) -> None:
        """Gives back memory that is not needed now: freed heap, and index pages that queries touched."""
        give_back()
        with self._lock:
            snapshots = self._snapshots
        for snapshot in snapshots:
            release(snapshot.segments)

    def report(self, seconds: float = 0.0) -> IndexReport:
        """What the index holds now. Blocks."""
        return self._summed(self._totals(), seconds)

    def _totals(self) -> list[Holdings]:
        return [indexer.report() for indexer in self._all()]

    def _summed(self, totals: Sequence[Holdings], seconds: float) -> IndexReport:
        languages: dict[str, int] = {}
        skipped: dict[str, int] = {}
        for total in totals:
            for name, count in total.languages.items():
                languages[name] = languages.get(name, 0) + count
            for _, reason in total.skipped:
                skipped[reason] = skipped.get(reason, 0) + 1
        return IndexReport(
            root=os.pathsep.join(indexer.root for indexer in self._all()),
            files=sum(total.files for total in totals),
            symbols=sum(total.symbols for total in totals),
            bytes=sum(total.bytes for total in totals),
            seconds=seconds,
            languages=dict(sorted(languages.items(), key=lambda entry: (-entry[1], entry[0]))),
            skipped=dict(sorted(skipped.items())),
            errors=[FileError(*error) for total in totals for error in total.errors],
            store_bytes=sum(total.store_bytes for total in totals),
            generation=self._generation,
            skipped_paths=[entry for total in totals for entry in total.skipped],
        )

    def stats(self) -> dict[str, object]:
        """The result of ``lspSearch/stats`` as the contract shapes it (JSON-ready). Blocks."""
        totals = [indexer.overview() for indexer in self._all()]
        report = self._summed(totals, 0.0)
        indexers = self._all()
        watchers = [indexer.watcher for indexer in indexers if indexer.watcher is not None]
        modes = {watcher.mode for watcher in watchers} or {"off"}
        with self._lock:
            snapshots = self._snapshots
        nothing = {"hits": 0, "misses": 0, "entries": 0, "bytes": 0}
        return {
            "index": {
                "files": report.files,
                "symbols": report.symbols,
                "languages": report.languages,
                "storeBytes": report.store_bytes,
                "generation": report.generation,
                "lastUpdate": max((total.updated for total in totals), default=0.0),
            },
            "latency": self._latency.figures(),
            "cache": {"memory": dict(nothing), "disk": dict(nothing), "hitRate": 0.0},
            "memory": {
                "rssBytes": resident_bytes(self._pool.pids()),
                "indexBytes": sum(total_bytes(snapshot.segments) for snapshot in snapshots),
            },
            "watcher": {
                "mode": modes.pop() if len(modes) == 1 else "mixed",
                "watched": sum(watcher.watched for watcher in watchers),
                "events": sum(watcher.events for watcher in watchers),
                "overflows": sum(watcher.overflows for watcher in watchers),
            },
            "queue": {
                "depth": sum(indexer.depth for indexer in indexers),
                "done": sum(indexer.progress.files for indexer in indexers),
                "failed": len(report.errors),
            },
            "alerts": [],
        }

    def record_latency(self, name: str, seconds: float) -> None:
        """Adds to the latency histogram *name* (the server calls it with a method's name)."""
        self._latency.record(name, seconds)

    def clear_cache(self) -> None:
        """Forgets remembered answers (there are none yet: every answer is computed)."""

    def _all(self) -> list[Indexer]:
        with self._lock:
            return list(self._indexers.values())

    def _owning(self, path: str) -> list[tuple[Indexer, str]]:
        """The roots that hold *path* (real or as the client spells it), each with its relative path."""
        found: list[tuple[Indexer, str]] = []
        for indexer in self._all():
            inside = relative(indexer.snapshot.shown, path)
            if inside is None:
                inside = relative(indexer.root, path)
            if inside is not None:
                found.append((indexer, inside))
        return found


def worker_count(settings: Settings) -> int:
    """Worker processes: as set, else one a core, at most eight."""
    if isinstance(settings.index.workers, int):
        return settings.index.workers
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, 8))


__all__ = ["Hit", "Workspace", "default_store"]
