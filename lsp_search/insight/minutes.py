"""The thread that makes a row of history of every minute in which something happened."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lsp_search.insight.history import MINUTE, History, Row
from lsp_search.telemetry.latency import Figures, Latency

log = logging.getLogger(__name__)

SEARCH = "search"
_OF_MODE = SEARCH + "."


class Minutes:
    """*stats*: ``lspSearch/stats`` as it is now; *pulse*: differs whenever the index does; *folder*: where the file is kept
    (None: nowhere yet); *clock*: seconds since 1970."""

    def __init__(
        self,
        latency: Callable[[], Latency],
        stats: Callable[[], Mapping[str, Any]],
        pulse: Callable[[], object],
        folder: Callable[[], Path | None],
        clock: Callable[[], float],
    ) -> None:
        self._latency = latency
        self._stats = stats
        self._pulse = pulse
        self._folder = folder
        self._clock = clock
        self._histories: dict[Path, History] = {}
        self._before: Mapping[str, Any] = {}
        self._seen: tuple[int, object] = (0, None)
        self._began, self._mark = clock(), time.monotonic()
        self._stopped = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="lsp-search history", daemon=True)
        self._thread.start()

    @property
    def history(self) -> History | None:
        folder = self._folder()
        return None if folder is None else self._histories.setdefault(folder, History(folder))

    def close(self) -> None:
        """Ends the thread and writes down what is left of this minute. Blocks."""
        self._stopped.set()
        self._write()

    def _run(self) -> None:
        while not self._stopped.wait(MINUTE - self._clock() % MINUTE):
            try:
                self._write()
            except Exception:  # one minute that cannot be told must not be the last
                log.exception("no row of history")

    def _write(self) -> None:
        """A row of what happened since the last call."""
        with self._turn:
            began, mark = self._began, self._mark
            self._began, self._mark = self._clock(), time.monotonic()
            latency = self._latency()
            seen = (latency.noted, self._pulse())
            if seen == self._seen:
                return
            self._seen = seen
            try:
                stats = self._stats()
            except (OSError, RuntimeError, sqlite3.Error) as error:  # closing, or a store that fails
                log.warning("no row of history: %s", error)
                return
            before, self._before = self._before, stats
            recent = latency.recent(self._mark - mark)[1]
            row = row_of(before, stats, int(began) // MINUTE * MINUTE, recent)
            if (history := self.history) is not None and (row.queries or row.files or row.overflows):
                history.add(row, latency.taken())


def row_of(
    before: Mapping[str, Any], stats: Mapping[str, Any], at: int, recent: Mapping[str, Figures]
) -> Row:
    """What happened between two readings of the figures (the first may be empty); *recent*: latencies in between."""

    def grown(group: str, name: str) -> int:
        return int(stats[group][name]) - int(before[group][name] if before else 0)

    kinds = stats["cache"].get("kinds", {})
    known = before["cache"].get("kinds", {}) if before else {}
    answered = {kind: count - known.get(kind, 0) for kind, count in kinds.items()}
    asked = sum(answered.values())
    hits = sum(answered.get(kind, 0) for kind in ("exact", "predicted", "disk"))
    search = recent.get(SEARCH, {})
    # Counted since the start, because what is kept of a very busy minute may not be all of it.
    queries = _count(stats) - _count(before)
    return Row(
        at=at,
        queries=queries,
        p50_ms=search.get("p50Ms", 0.0),
        p95_ms=search.get("p95Ms", 0.0),
        p99_ms=search.get("p99Ms", 0.0),
        modes={
            name.removeprefix(_OF_MODE): (int(one["count"]), one["p50Ms"], one["p95Ms"])
            for name, one in recent.items()
            if name.startswith(_OF_MODE)
        },
        hit_rate=round(hits / asked, 4) if asked else 0.0,
        files=grown("queue", "done"),
        rss_bytes=stats["memory"]["rssBytes"],
        index_bytes=stats["memory"]["indexBytes"],
        queue_depth=stats["queue"]["depth"],
        failed=stats["queue"]["failed"],
        overflows=grown("watcher", "overflows"),
    )


def _count(stats: Mapping[str, Any]) -> int:
    latency = stats.get("latency", {})
    return int(latency[SEARCH]["count"]) if SEARCH in latency else 0
