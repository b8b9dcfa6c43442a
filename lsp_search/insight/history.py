"""One row of figures a minute, kept for a month beside the store, for trends; and the latency histograms of each day.

An SQLite file of its own (``history.db``), so that rebuilding an index leaves it. It is written once a minute, off the
path of queries, and holds numbers only: no queries, no paths. Several servers on one workspace write into the same file:
what they did in one minute is added up, and percentiles, which cannot be added, are those of whoever answered more. Where
the file cannot be written (rights, space, a damaged file) rows stay in memory and are tried again with the next one.
"""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lsp_search.telemetry.latency import Figures, added, encoded, figures_of

FILE = "history.db"
MINUTE = 60
_DAY = 86400
_MOST_UNWRITTEN = 1440
_WAIT_SECONDS = 0.5
"""For another server that is writing."""

ModeFigures = tuple[int, float, float]
"""Queries, p50 and p95 in milliseconds."""


class Row(NamedTuple):
    """What happened in one minute; levels are those at its end."""

    at: int
    """Seconds since 1970 of the minute's start."""
    queries: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    modes: dict[str, ModeFigures] = {}  # noqa: RUF012 - never changed
    hit_rate: float = 0.0
    """Share of the minute's queries that a cache answered, or helped to; 0 where there were none."""
    files: int = 0
    """That workers looked at in this minute."""
    rss_bytes: int = 0
    index_bytes: int = 0
    queue_depth: int = 0
    failed: int = 0
    """Files without symbols because of an error."""
    overflows: int = 0
    """Of watchers, in this minute."""

    def joined(self, other: Row) -> Row:
        """This and *other*, which happened in the same minute."""
        more, less = (self, other) if self.queries >= other.queries else (other, self)
        modes = dict(less.modes)
        for mode, figures in more.modes.items():
            before = modes.get(mode, (0, 0.0, 0.0))
            count, p50, p95 = max(figures, before, key=lambda one: one[0])
            modes[mode] = (figures[0] + before[0], p50, p95) if before[0] else (count, p50, p95)
        queries = more.queries + less.queries
        hits = more.hit_rate * more.queries + less.hit_rate * less.queries
        return more._replace(
            queries=queries,
            modes=modes,
            hit_rate=round(hits / queries, 4) if queries else 0.0,
            files=more.files + less.files,
            rss_bytes=max(more.rss_bytes, less.rss_bytes),
            index_bytes=max(more.index_bytes, less.index_bytes),
            queue_depth=max(more.queue_depth, less.queue_depth),
            failed=max(more.failed, less.failed),
            overflows=more.overflows + less.overflows,
        )

    def as_json(self) -> dict[str, Any]:
        """As ``lspSearch/history`` has it: names in camelCase."""
        return {_camel(name): value for name, value in self._asdict().items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def typical(rows: Sequence[Row], what: Callable[[Row], float]) -> float:
    """The median over *rows*, each as often as it has queries: of percentiles, what a typical query met. 0 without any."""
    ranked = sorted((what(row), row.queries) for row in rows if row.queries)
    half = sum(queries for _, queries in ranked) / 2
    seen = 0
    for value, queries in ranked:
        seen += queries
        if seen >= half:
            return value
    return 0.0


_decode = msgspec.msgpack.Decoder(Row).decode
_UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError)
"""What decoding a damaged row may raise."""
_AHEAD = 86400.0
"""Rows that are more than a day ahead of the clock were written when it was wrong."""
_MOST_DAYS = 32
"""With the one that is not over."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS minutes (at INTEGER PRIMARY KEY, figures BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS latency (day INTEGER NOT NULL, name TEXT NOT NULL, histogram BLOB NOT NULL,"
    " PRIMARY KEY (day, name)) WITHOUT ROWID",
)


class History:
    """*folder*: the store's; it is never created here, so that a removed index stays removed. All methods may be called
    from any thread, block for some milliseconds, and never raise for what is wrong with the file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._unwritten: dict[int, Row] = {}

    def add(self, row: Row, latency: Mapping[str, Any] | None = None) -> None:
        """*latency*: by name, HdrHistograms (microseconds) of what the row is about."""
        with self._lock:
            before = self._unwritten.get(row.at)
            self._unwritten[row.at] = row if before is None else before.joined(row)
            for at in sorted(self._unwritten)[:-_MOST_UNWRITTEN]:
                del self._unwritten[at]
            with contextlib.suppress(sqlite3.Error, OSError):
                self._write(latency or {})
                self._unwritten.clear()

    def rows(self, since: float = 0.0, now: float = math.inf) -> list[Row]:
        """Those of the minutes that began at *since* (seconds since 1970) or later, the oldest first; without those of days
        that, by the clock (*now*), are still to come."""
        until = now + _AHEAD
        with self._lock:
            found = {at: row for at, row in self._unwritten.items() if since <= at <= until}
            with contextlib.suppress(sqlite3.Error, OSError), self._reading() as connection:
                written = connection.execute(
                    "SELECT figures FROM minutes WHERE at >= ? AND at <= ?", (since, min(until, 1e15))
                )
                for (figures,) in written:
                    with contextlib.suppress(*_UNREADABLE):
                        row = _decode(figures)
                        found[row.at] = row.joined(found[row.at]) if row.at in found else row
        return [found[at] for at in sorted(found)]

    def latency(self, since: float = 0.0) -> dict[str, Figures]:
        """By name, of the days since *since*."""
        histograms: dict[str, Any] = {}
        with contextlib.suppress(sqlite3.Error, OSError), self._reading() as connection:
            for name, kept in connection.execute(
                "SELECT name, histogram FROM latency WHERE day >= ? ORDER BY name", (since // _DAY,)
            ):
                histograms[name] = added(kept, histograms.get(name))
        return figures_of({name: one for name, one in histograms.items() if one.get_total_count()})

    def _write(self, latency: Mapping[str, Any]) -> None:
        newest = max(self._unwritten)
        with self._writing() as connection:
            for statement in _SCHEMA:
                connection.execute(statement)
            for at, row in self._unwritten.items():
                before = connection.execute("SELECT figures FROM minutes WHERE at = ?", (at,)).fetchone()
                if before is not None:
                    with contextlib.suppress(*_UNREADABLE):
                        row = _decode(before[0]).joined(row)  # noqa: PLW2901
                connection.execute(
                    "INSERT OR REPLACE INTO minutes VALUES (?, ?)", (at, msgspec.msgpack.encode(row))
                )
            for name, histogram in latency.items():
                key = (newest // _DAY, name)
                kept = connection.execute(
                    "SELECT histogram FROM latency WHERE (day, name) = (?, ?)", key
                ).fetchone()
                both = encoded(added(kept and kept[0], histogram))
                connection.execute("INSERT OR REPLACE INTO latency VALUES (?, ?, ?)", (*key, both))
            # By number of days, not by age: a clock that is wrong for a while must not make everything old.
            for table, day in (("minutes", f"at / {_DAY}"), ("latency", "day")):
                connection.execute(
                    f"DELETE FROM {table} WHERE {day} NOT IN"  # noqa: S608 - names from above
                    f" (SELECT DISTINCT {day} FROM {table} ORDER BY 1 DESC LIMIT ?)",
                    (_MOST_DAYS,),
                )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction. A file that is no database of ours is begun anew."""
        try:
            with self._transaction() as connection:
                yield connection
        except sqlite3.OperationalError:
            raise  # busy, full, not allowed: nothing is wrong with what the file holds
        except sqlite3.DatabaseError:
            self._path.unlink()
            raise

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with contextlib.suppress(FileExistsError):  # for this user alone, before SQLite makes it
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with contextlib.closing(
            sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)
        ) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS)) as connection:
            yield connection
