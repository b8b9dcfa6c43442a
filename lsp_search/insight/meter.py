"""What one workspace measures of itself: how long its queries take, by method, mode and stage; the last minutes in detail;
and a row of history a minute.

A piece of work (one query, with what the server makes of the answer) is traced on its thread and noted when it is over.
Names of latencies: a method's own (``workspace/symbol``); ``search``, and ``search.MODE`` by the mode that was used;
``stage.STAGE``, the own time of one stage in one query, so that stages add up; ``queue``, the wait for a thread.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from lsp_search.index.place import folder_for
from lsp_search.indexing.costs import Costs
from lsp_search.insight.findings import Evidence
from lsp_search.insight.history import History, Row
from lsp_search.insight.minutes import SEARCH, Minutes
from lsp_search.insight.profile import profile
from lsp_search.model import Mode
from lsp_search.telemetry.latency import Latency
from lsp_search.telemetry.spans import Trace, present, traced

F = TypeVar("F", bound=Callable[..., Any])

RECENT_SECONDS = 60.0
KEPT_SECONDS = 600.0
_AT_ONCE = 256
"""Pieces of work that are counted together."""
_KEPT = 4096
"""Pieces of work that are kept in detail, about a kilobyte each."""


def measured(method: F) -> F:
    """A method of an object with a ``meter`` is a query: a piece of work, or a part of the one under way."""

    @functools.wraps(method)
    def call(self: Any, *args: Any, **options: Any) -> Any:
        if present() is not None:
            return method(self, *args, **options)
        with self.meter.work(SEARCH):
            return method(self, *args, **options)

    return call  # type: ignore[return-value]


class _Work:
    """A context in which a piece of work is traced; noted when it ends well."""

    __slots__ = ("_meter", "_name", "_traced", "_waited")

    def __init__(self, meter: Meter, name: str, waited: float | None) -> None:
        self._meter = meter
        self._name = name
        self._waited = waited
        self._traced: traced | None = None

    def __enter__(self) -> None:
        if self._meter.on and present() is None:
            self._traced = traced(self._name)
            trace = self._traced.__enter__()
            if self._waited is not None:
                trace.facts["waited"] = self._waited

    def __exit__(self, kind: object, *_: object) -> None:
        if self._traced is not None:
            trace = self._traced.end()
            if kind is None:
                self._meter.note(trace)


class Meter:
    """*roots*: by real path, what indexing the open roots took, the first one first; *pulse*: differs whenever the index does;
    *stats*: reads the figures that rows of history are made of. All methods may be called from any thread."""

    def __init__(
        self,
        roots: Callable[[], Mapping[str, Costs]],
        pulse: Callable[[], object],
        stats: Callable[[], Mapping[str, Any]],
        store_dir: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.on = True
        """Whether queries are measured."""
        self._latency = Latency()
        self._uncounted: deque[Trace] = deque()
        self._counting = threading.Lock()
        self._roots = roots
        self._pulse = pulse
        self._stats = stats
        self._store_dir = store_dir
        self._clock = clock
        self._traces: deque[Trace] = deque(maxlen=_KEPT)
        self._began = time.perf_counter()
        self._minutes: Minutes | None = None

    # -- measuring -------------------------------------------------------------------------------

    def work(self, name: str, waited: float | None = None) -> _Work:
        """A context that times what happens inside, under *name*; *waited*: seconds that it had to wait for its thread.
        Inside another piece of work it is a part of that. What raises is not counted."""
        return _Work(self, name, waited)

    def note(self, trace: Trace) -> None:
        """A piece of work is over. It is counted with others later: the next query may be waiting."""
        self._traces.append(trace)
        self._uncounted.append(trace)
        if len(self._uncounted) >= _AT_ONCE:
            self._count()

    def _count(self) -> None:
        with self._counting:
            traces = [self._uncounted.popleft() for _ in range(len(self._uncounted))]
            self._latency.record_all(time for trace in traces for time in _times(trace))

    @property
    def latency(self) -> Latency:
        """Of all that was noted."""
        self._count()
        return self._latency

    def answered(self, took: float, mode: Mode, **facts: Any) -> None:
        """The piece of work under way is a query that was answered in *took* seconds (without its encoding)."""
        if (trace := present()) is not None:
            trace.facts.update(facts, took=took, mode=mode)

    # -- figures ---------------------------------------------------------------------------------

    def figures(self) -> dict[str, Any]:
        """The parts ``latency`` and ``recent`` of ``lspSearch/stats``."""
        latency = self.latency
        seconds, recent = latency.recent(RECENT_SECONDS)
        queries = int(recent[SEARCH]["count"]) if SEARCH in recent else 0
        return {
            "latency": latency.figures(),
            "recent": {
                "seconds": round(seconds, 1),
                "queries": queries,
                "queriesPerSecond": round(queries / max(seconds, 1e-3), 3),
                "latency": recent,
            },
        }

    def traces(self, seconds: float | None = None) -> tuple[list[Trace], float]:
        """What was done in the last *seconds* (None: all that is kept), the oldest first; and how many seconds that
        covers."""
        now = time.perf_counter()
        kept = list(self._traces)
        since = max(now - (KEPT_SECONDS if seconds is None else min(seconds, KEPT_SECONDS)), self._began)
        if len(kept) == _KEPT:
            since = max(since, kept[0].ended)
        return [trace for trace in kept if trace.ended >= since], now - since

    def evidence(self, seconds: float | None = None) -> tuple[Evidence, float]:
        """What happened in the last *seconds* (None: in all that is kept: ten minutes of queries, all indexing since the
        start); and how many seconds of queries that covers. Blocks."""
        traces, covered = self.traces(seconds)
        since = 0.0 if seconds is None else time.perf_counter() - seconds
        spent = {root: costs.since(since) for root, costs in self._roots().items()}
        return Evidence(self._stats(), traces, spent), covered

    def profile(self, seconds: float | None = None) -> dict[str, Any]:
        """The result of ``lspSearch/profile``. Blocks."""
        return profile(*self.evidence(seconds))

    # -- history ---------------------------------------------------------------------------------

    def keep_history(self) -> None:
        """From now on a row a minute is written down. For servers: what a command measures is no trend."""
        if self._minutes is None:
            self._minutes = Minutes(lambda: self.latency, self._stats, self._pulse, self._folder, self._clock)

    @property
    def past(self) -> History | None:
        """The history of the first root."""
        if self._minutes is not None:
            return self._minutes.history
        folder = self._folder()
        return None if folder is None else History(folder)

    def rows(self, minutes: float) -> list[Row]:
        """Of the last *minutes*, those of earlier runs too, the oldest first. Blocks."""
        past = self.past
        now = self._clock()
        return [] if past is None else past.rows(now - 60 * minutes, now)

    def close(self) -> None:
        """Writes down what is left. Blocks."""
        if self._minutes is not None:
            self._minutes.close()

    def _folder(self) -> Path | None:
        roots = self._roots()
        return folder_for(self._store_dir, next(iter(roots))) if roots else None


def _times(trace: Trace) -> Iterator[tuple[float, str, float]]:
    """The latencies that a piece of work is noted under."""
    at, facts = trace.ended, trace.facts
    for stage, seconds in trace.own.items():
        yield at, _STAGES[stage], seconds
    if trace.name != SEARCH:
        yield at, trace.name, trace.seconds
    if "waited" in facts:
        yield at, "queue", facts["waited"]
    if "took" in facts:
        yield at, SEARCH, facts["took"]
        yield at, _MODES[facts["mode"]], facts["took"]


class _Prefixed(dict[str, str]):
    """Names with a prefix, each made once."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def __missing__(self, name: str) -> str:
        made = self[name] = self._prefix + name
        return made


_STAGES, _MODES = _Prefixed("stage."), _Prefixed(SEARCH + ".")
