"""The façade: one object that opens, watches, indexes and searches a set of root folders.

Everything outside (the server, the commands, the benchmarks) speaks to the rest through this page.
All methods may be called from any thread. Those marked *blocks* are to be called off the event loop.

Each root has an index and a writer of its own (see ``roots``); they share one pool of workers, one set of editors'
buffers and one policy on memory (see ``reclaim``). ``figures`` sums up what they hold and do.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsp_search import figures
from lsp_search.answering import Answering
from lsp_search.files import positions
from lsp_search.files.buffers import Buffers
from lsp_search.files.read import contents, decode
from lsp_search.index.packed import unpack
from lsp_search.index.place import default_store
from lsp_search.index.snapshot import Snapshot
from lsp_search.indexing.desk import Events
from lsp_search.indexing.indexer import Indexer
from lsp_search.indexing.pool import Pool, worker_count
from lsp_search.indexing.wire import Task
from lsp_search.insight.alerts import Alerts
from lsp_search.insight.meter import Meter
from lsp_search.model import (
    Cancelled,
    IndexReport,
    SearchAnswer,
    SearchRequest,
    Status,
    Symbol,
)
from lsp_search.roots import Roots
from lsp_search.search.kept import OnPart
from lsp_search.settings import Settings
from lsp_search.telemetry.ticker import Ticker

_STATUS_SECONDS = 0.1
_EXTRACT_SECONDS = 10.0
"""How long the symbols of a file that is not indexed may take."""
_OPENING_SECONDS = 5.0
"""How long a question waits for an index that is being opened."""
_LOOK_SECONDS = 0.1
"""How often whoever waits looks whether it still makes sense to."""
_FLUSH_SECONDS = 2.0
"""How long a watcher may take to pass on what it knows before everything is compared instead."""


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
        clock: Callable[[], float] = time.time,
    ) -> None:
        """*store_dir*: where indexes live (default: LSP_SEARCH_STORE, then the user's cache folder).
        *refresh*: False answers from what is stored, without a look at the files.
        *on_status*: called from a worker thread whenever the status changes (at most 10 times a second).
        *on_message*: called with (level "info"|"warning"|"error", text) for what a user should know,
        e.g. "the store was corrupt and is being rebuilt". *on_project_file*: a root's settings file changed;
        whoever opened the workspace reads it and calls :meth:`configure`. *clock*: what dates picks, in seconds since
        1970."""
        self._settings = settings or Settings()
        self._store_dir = store_dir or default_store()
        self._watch = watch
        self._refresh = refresh
        self._on_status = on_status or (lambda _status: None)
        self._on_message = on_message or (lambda _level, _text: None)
        self._on_project_file = on_project_file or (lambda: None)
        self._pool = Pool(worker_count(self._settings.index.workers))
        self._roots = Roots(self._indexer)
        self._buffers = Buffers()
        self._ticker = Ticker(_STATUS_SECONDS, self._report_status)
        self.meter = Meter(
            self._roots.costs, lambda: self._roots.generation, self.stats, self._store_dir, clock
        )
        self._alerts = Alerts(self.meter.rows, clock)
        self._answering = Answering(
            self._roots,
            self._buffers,
            lambda: self._settings,
            self.meter,
            lambda: self.status().state in ("starting", "indexing"),
            clock,
            keeps=refresh,
        )
        self._closed = threading.Event()
        for folder in folders:
            self._roots.add(folder)

    # -- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Opens stores (a warm index answers from here on) and starts indexing in the background. Returns within
        milliseconds; never raises for a broken store or an unreadable folder."""
        self._roots.start()

    def close(self) -> None:
        """Stops all threads and processes; what is indexed so far is kept. Blocks, at most about a second."""
        self.meter.close()
        self._closed.set()
        self._answering.close()
        indexers = self._roots.remove_all()
        self._ticker.stop()
        for indexer in indexers:
            indexer.stop()
        self._pool.close()
        for indexer in indexers:
            indexer.join()

    def set_folders(self, added: Iterable[Path], removed: Iterable[Path]) -> None:
        self._roots.change(added, removed)

    def _indexer(self, root: str, shown: str) -> Indexer:
        events = Events(self._published, self._ticker.poke, self._on_message, self._on_project_file)
        return Indexer(
            root,
            shown,
            self._settings.index,
            self._pool,
            events,
            self._store_dir,
            watch=self._watch,
            refresh=self._refresh,
        )

    def _published(self) -> None:
        self._roots.published()
        self._answering.published()
        self._ticker.poke()

    def configure(self, settings: Settings) -> None:
        """New settings at run time; re-checks what is indexed where they differ."""
        self._settings = settings
        self._answering.configured()
        self._pool.size = worker_count(settings.index.workers)
        for indexer in self._roots.all():
            indexer.configure(settings.index)

    # -- questions -------------------------------------------------------------------------------

    def search(
        self,
        request: SearchRequest,
        cancel: threading.Event | None = None,
        on_part: OnPart | None = None,
    ) -> SearchAnswer:
        """Blocks. Raises InvalidQuery (wrong query), Cancelled (when *cancel* gets set). *on_part*: takes hits as they
        are found, where that takes a while; the answer then holds the others."""
        return self._answering.search(request, cancel, on_part)

    def similar(
        self, path: str, line: int, limit: int, cancel: threading.Event | None = None
    ) -> SearchAnswer:
        """Blocks. Code like the code at *line* (0-based) of the file *path*. Raises LspSearchError (nothing is indexed there,
        or ``index.semantic`` is off), Cancelled."""
        return self._answering.similar(os.path.abspath(path), line, limit, cancel)

    @property
    def snapshots(self) -> Sequence[Snapshot]:
        """What questions are answered from now."""
        return self._roots.current()[0]

    def document_symbols(self, path: str) -> list[Symbol]:
        """Blocks. The symbols of one file (unsaved text wins), in file order; any file of a known language,
        also one that is not indexed."""
        path = os.path.abspath(path)
        text = self._buffers.get(path)
        if text is None:
            for indexer, inside in self._roots.owning(path):
                packed = indexer.packed(inside)
                if packed is not None:
                    return unpack(packed)
        name = os.fsencode(path)
        task = Task(0, name, name, text=text)
        outcome = self._pool.ask(task, self._settings.index.max_file_bytes, _EXTRACT_SECONDS)
        return [] if outcome is None else unpack(outcome.packed)

    def line_text(self, path: str, line: int) -> str | None:
        """One line's text (unsaved text wins) for turning byte columns into code units; None where there is none."""
        held = self._buffers.buffer(path)
        if held is not None:
            text = held.text
        else:
            raw = contents(path, self._settings.index.max_file_bytes)
            decoded = None if raw is None else decode(raw)
            if decoded is None:
                return None
            text = decoded[0].decode("utf-8", "replace")
        found = positions.lines(text)
        return found[line] if line < len(found) else None

    # -- keeping in step -------------------------------------------------------------------------

    def sync(self, timeout: float | None = None) -> int:
        """Blocks until every change that happened before the call (disk, buffers, folders, settings) is
        searchable; returns the generation. Raises TimeoutError."""
        deadline = None if timeout is None else time.monotonic() + timeout
        lifted: list[tuple[Indexer, threading.Event]] = []
        for indexer in self._roots.all():
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
        return self._roots.generation

    def settle(self, look: Callable[[], None] = lambda: None) -> None:
        """Blocks until what is built in the background, once all is searchable, is built: what makes text searches
        quick. *look* is called now and then."""
        while not all(indexer.is_settled for indexer in self._roots.all()):
            look()
            if self._closed.wait(_LOOK_SECONDS):
                return

    def buffer_changed(self, path: str, text: str) -> None:
        """An editor holds *text*, perhaps unsaved, for *path*; it wins over the disk until closed. Cheap and
        ordered: later calls win."""
        self._buffers.set(path, text)
        source = self._buffers.get(path)
        for indexer, inside in self._roots.owning(path):
            indexer.buffer(inside, source)

    def buffer_closed(self, path: str) -> None:
        """The disk's content counts again."""
        self._buffers.close(path)
        for indexer, inside in self._roots.owning(path):
            indexer.buffer(inside, None)

    def files_changed(self, paths: Iterable[str]) -> None:
        """Files or folders that a client says were created, changed, deleted or renamed (both names). Cheap."""
        changed: dict[str, list[str]] = {}
        for path in paths:
            for indexer, inside in self._roots.owning(path):
                changed.setdefault(indexer.root, []).append(inside)
        for indexer in self._roots.all():
            if indexer.root in changed:
                indexer.changed(changed[indexer.root])

    def reindex(self, paths: Iterable[str] | None = None) -> IndexReport:
        """Blocks. Reads the named files or folders again (None: everything, from nothing)."""
        began = time.monotonic()
        if paths is None:
            for indexer in self._roots.all():
                indexer.audit(read_all=True)
        else:
            for path in paths:
                for indexer, inside in self._roots.owning(path):
                    indexer.audit(inside, read_all=True)
        self.sync()
        return self.report(time.monotonic() - began)

    def cancel_indexing(self) -> None:
        """Stops the present indexing run (what is indexed stays; status says 'degraded: cancelled')."""
        for indexer in self._roots.all():
            indexer.cancel()

    def picked(self, query: str, hit_id: str, rank: int) -> None:  # noqa: ARG002 - the list itself is known
        """The user opened this result."""
        self._answering.picked(query, hit_id)

    def forget_picks(self) -> None:
        """All that was learned from the user is forgotten, with the answers that are kept."""
        self._answering.forget_picks()

    # -- figures ---------------------------------------------------------------------------------

    def status(self) -> Status:
        parts = [indexer.progress for indexer in self._roots.all()]
        summed = figures.status(parts, self._roots.generation)
        return summed if self._roots.started else replace(summed, state="starting")

    def _report_status(self) -> None:
        self._answering.indexed()
        self._on_status(self.status())

    def report(self, seconds: float = 0.0) -> IndexReport:
        """What the index holds now. Blocks."""
        held = {indexer.root: indexer.report() for indexer in self._roots.all()}
        return figures.report(held, self._roots.generation, seconds)

    def stats(self) -> dict[str, object]:
        """The result of ``lspSearch/stats`` as the contract shapes it (JSON-ready). Blocks."""
        memory = self._answering.memory.figures(self._pool.pids(), self.status().state, self._buffers.nbytes)
        measured, cache = self.meter.figures(), self.cache_figures()
        read = figures.stats(self._roots.all(), self._roots.generation, measured, cache, memory)
        return self._alerts.told(read, self._settings.alerts)

    def cache_figures(self) -> dict[str, Any]:
        """The part ``cache`` of :meth:`stats`: requests by kind, and what is kept."""
        return self._answering.kept.figures()

    def clear_cache(self) -> None:
        """Forgets all answers that are kept, in memory and on disk."""
        self._answering.clear()
