"""How a workspace answers: stores awaited, answers kept, the user's order learned, memory given back; and what is done ahead
of questions, in quiet moments."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import msgspec

from lsp_search.caching.answers import UNREADABLE, Ahead, Answers
from lsp_search.caching.disk import Disk
from lsp_search.caching.idle import Check, Idle, Interrupted
from lsp_search.caching.prediction import BUDGET, Foresight
from lsp_search.index.picks import Picks
from lsp_search.insight.meter import Meter, measured
from lsp_search.model import Cancelled, LspSearchError, SearchAnswer, SearchRequest
from lsp_search.reclaim import Reclaim
from lsp_search.roots import Roots
from lsp_search.search import ask
from lsp_search.search.continuations import next_letters
from lsp_search.search.kept import Keeper, Key, OnPart
from lsp_search.search.learner import Learner, Taught
from lsp_search.search.narrowing import Narrowing
from lsp_search.search.rerank import Model
from lsp_search.search.sources import Texts
from lsp_search.settings import Settings

_decode = msgspec.msgpack.Decoder(Key).decode

_OPENING_SECONDS = 5.0
"""How long a question waits for an index that is being opened."""
_LOOK_SECONDS = 0.1
"""How often whoever waits looks whether it still makes sense to."""
_REMEMBERED = 2000
"""Questions of earlier sessions that say which letter comes next,"""
_WARMED = 50
"""and those that are answered again before they are asked, if what is kept of them does not hold any more."""
_WRITTEN_EVERY = 30.0
"""Seconds after which answers are written down although there is no rest."""
_RIGHT_BEFORE_CLOSE = 0.3
"""Seconds that writing answers down may take at the end."""


@cache
def _model(folder: str) -> Model:
    return Model(Path(folder).expanduser())


class Answering:
    """All methods may be called from any thread; those that answer block."""

    def __init__(
        self,
        roots: Roots,
        texts: Texts,
        settings: Callable[[], Settings],
        meter: Meter,
        indexing: Callable[[], bool],
        clock: Callable[[], float],
        *,
        keeps: bool,
    ) -> None:
        """*keeps*: whether answers may outlive the process: not where nobody looks whether files change."""
        self.kept = Answers(roots.journal, clock)
        self.kept.enable(on=settings().search.cache)
        self._roots = roots
        self._texts = texts
        self._settings = settings
        self.meter = meter
        self._indexing = indexing
        self._clock = clock
        self._keeps = keeps
        self._narrowing = Narrowing()
        self._learner = Learner(clock)
        self.memory = Reclaim(lambda: roots.current()[0])
        self._idle = Idle(self._ahead, self._at_rest)
        self._foresight = Foresight()
        self._disk: Disk | None = None
        self._written = time.monotonic()
        self._opening = threading.Lock()
        self._last: tuple[SearchRequest, SearchAnswer] | None = None
        """The last question that may grow."""
        self._warm: list[SearchRequest] | None = None
        """What is still to be made warm; None: not known yet."""

    # -- answers ---------------------------------------------------------------------------------

    def search(
        self, request: SearchRequest, cancel: threading.Event | None, on_part: OnPart | None
    ) -> SearchAnswer:
        """Raises InvalidQuery, LspSearchError, Cancelled."""
        with self._idle.asking():
            answer = self._answered(lambda: ask.question(request, self._means(), on_part), cancel)
            self._last = (request, answer) if answer.mode == "symbol" and not request.explain else None
            return answer

    def similar(self, path: str, line: int, limit: int, cancel: threading.Event | None) -> SearchAnswer:
        """Raises LspSearchError, Cancelled."""
        with self._idle.asking():
            return self._answered(lambda: ask.like(path, line, limit, self._means()), cancel)

    @measured
    def _answered(self, asked: Callable[[], ask.Question], cancel: threading.Event | None) -> SearchAnswer:
        began = time.perf_counter()

        def check() -> None:
            if cancel is not None and cancel.is_set():
                raise Cancelled
            if indexing:
                self.memory.within_query()

        indexing = self._indexing()
        question = asked()
        self._await_stores(check)
        snapshots, generation = self._roots.current()
        listing = question.answer(snapshots, check)
        indexing = self._indexing()
        self.memory.queried(indexing=indexing)
        took = time.perf_counter() - began
        scanned = listing.scanned and all(one.grams for one in snapshots)
        self.meter.answered(took, question.mode, size=question.size, scanned=scanned)
        return SearchAnswer(
            hits=list(listing.hits),
            mode=question.mode,
            is_incomplete=listing.more,
            scanned=listing.scanned,
            lines=listing.lines,
            files=listing.files,
            indexing=indexing,
            generation=generation,
            took_ms=round(took * 1000, 3),
            cache=listing.cache,
        )

    def _means(self, kept: Keeper | None = None) -> ask.Means:
        settings = self._settings()
        model = settings.search.model
        return ask.Means(
            texts=self._texts,
            max_bytes=settings.index.max_file_bytes,
            taught=self._taught,
            narrowing=self._narrowing if settings.search.cache else Narrowing(),
            chunks=settings.index.semantic,
            model=partial(_model, model) if model else lambda: None,
            model_name=model,
            kept=kept or self.kept,
        )

    def _await_stores(self, check: Callable[[], None]) -> None:
        """A question that comes while an index is still being opened is worth answering from it."""
        deadline = time.monotonic() + _OPENING_SECONDS
        for indexer in self._roots.all() if self._roots.started else ():
            while not indexer.opened.wait(_LOOK_SECONDS) and time.monotonic() < deadline:
                check()
        self._open_disk()

    # -- what changes ----------------------------------------------------------------------------

    def published(self) -> None:
        """There are other snapshots to read."""
        self._narrowing.forget()
        self.look_at_picks()
        self._idle.poke()

    def indexed(self) -> None:
        """Something was indexed: no rest yet."""
        self.memory.changed()

    def configured(self) -> None:
        """There are other settings."""
        settings = self._settings()
        if not settings.search.learn:
            self._learner.forget_lists()
            self.kept.use_disk(None)
            self._disk = None
        self.kept.enable(on=settings.search.cache)
        self.look_at_picks()

    def clear(self) -> None:
        """Forgets all answers, in memory and on disk."""
        self._narrowing.forget()
        self._last = None
        self.kept.clear()
        folder = self._store_folder()
        if self._disk is None and folder is not None:  # what others have kept there
            disk = Disk(folder)
            disk.clear()
            disk.close()

    def close(self) -> None:
        """Blocks until what is worth it is written down."""
        self._idle.stop()
        self.memory.stop()
        deadline = time.monotonic() + _RIGHT_BEFORE_CLOSE

        def check() -> None:
            if time.monotonic() > deadline:
                raise Interrupted

        if not self._indexing():
            with contextlib.suppress(Interrupted):
                self._write(check)
        self.kept.use_disk(None)

    # -- picks -----------------------------------------------------------------------------------

    def picked(self, query: str, hit_id: str) -> None:
        told = self._learner.picked(query, hit_id) if self._settings().search.learn else None
        if told is not None:
            path, item, remember = told
            for indexer, inside in [] if path is None else self._roots.owning(path):
                indexer.picked(inside, remember, self.look_at_picks)
            for indexer in self._roots.all() if path is None else []:
                indexer.picked(item.path, remember, self.look_at_picks)

    def forget_picks(self) -> None:
        self._learner.forget_lists()
        self.clear()
        for indexer in self._roots.all():
            indexer.picked(None, Picks.reset, self.look_at_picks)

    def look_at_picks(self) -> None:
        """What was picked or which files there are has changed: what questions need of that is made before they come."""
        taught = self._taught()
        self._roots.journal.picked(taught.habits.picks if taught is not None else frozenset())
        if taught is not None:
            taught.habits.gone(self._roots.current()[0])

    def _taught(self) -> Taught | None:
        if not self._settings().search.learn:
            return None
        return self._learner.taught(
            [(indexer.snapshot.folder, indexer.picks) for indexer in self._roots.all()]
        )

    # -- in quiet moments ------------------------------------------------------------------------

    def _ahead(self, check: Check) -> None:
        """Takes apart what changed, and answers what is likely to be typed next."""
        self._roots.journal.prepare(check)
        if time.monotonic() - self._written > _WRITTEN_EVERY:  # somebody who never rests
            self._write(check)
        last, self._last = self._last, None
        if last is None:
            return
        request, answer = last
        self._foresight.typed(request.query)
        names = next_letters(self._roots.current()[0], request.query)
        for query in self._foresight.next(request.query, answer.hits, names):
            check()
            if self.kept.in_vain() <= BUDGET:
                self._answer_ahead(replace(request, query=query), check)

    def _at_rest(self, check: Check) -> None:
        self._open_disk()
        self._write(check)
        self._remember()
        while self._warm and not self._indexing():
            check()
            self._answer_ahead(self._warm[0], check, warms=True)
            del self._warm[0]

    def _answer_ahead(self, request: SearchRequest, check: Check, *, warms: bool = False) -> None:
        def taught() -> Taught | None:
            known = self._taught()
            return None if known is None else replace(known, show=lambda _query, _shown: None)

        means = replace(self._means(Ahead(self.kept, predicts=not warms)), taught=taught)
        with contextlib.suppress(LspSearchError):  # whoever asks will be told
            ask.question(request, means).answer(self._roots.current()[0], check)

    def _write(self, check: Check) -> None:
        """Brings the disk up to date, once the store has committed what answers are of."""
        if not any(indexer.depth for indexer in self._roots.all()):
            self._written = time.monotonic()
            self.kept.write(check)

    def _open_disk(self) -> None:
        """Beside the store of the first root, once that is open; nowhere when that is in memory, or nothing is to be recorded."""
        search = self._settings().search
        if self._disk is not None or not (self._keeps and search.cache and search.learn):
            return
        folder = self._store_folder()
        if folder is not None:
            with self._opening:
                if self._disk is None:
                    self._disk = Disk(folder)
                    self.kept.use_disk(self._disk)

    def _store_folder(self) -> Path | None:
        indexers = self._roots.all()
        if not indexers or not all(indexer.opened.is_set() for indexer in indexers):
            return None
        return indexers[0].store_folder

    def _remember(self) -> None:
        """What was asked in earlier sessions."""
        if self._disk is None or self._warm is not None:
            return
        asked = [
            request for _, raw in self._disk.latest(_REMEMBERED) if (request := _request(raw)) is not None
        ]
        for request in reversed(asked):
            self._foresight.typed(request.query)
        self._warm = asked[:_WARMED]


def _request(raw: bytes) -> SearchRequest | None:
    try:
        return _decode(raw).request
    except UNREADABLE:
        return None
