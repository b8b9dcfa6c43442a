"""The alerts that stand: each appears when a judge finds something wrong, and is over when that has clearly ceased.

So that none flaps, what stands is judged by easier limits, and must be within them for a while (``JUDGES``). Judging takes
a millisecond or two; it happens when figures are read, never on a query's path, at most every few seconds, and what
takes weeks of history into account every ten minutes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from lsp_search.insight.history import Row
from lsp_search.insight.judges import JUDGES, Alert, Facts
from lsp_search.insight.trends import Hour, hours
from lsp_search.settings import ALERTS

EASE = 0.8
"""What stands is over below this share of its limit."""
_EVERY = 2.0
_MINUTES = 180.0
_WEEKS = 31 * 1440.0
"""Minutes."""
_WEEKS_EVERY = 600.0
_HOUR = 3600.0


class Alerts:
    """*rows*: the history of the last so many minutes, the oldest first. Thread-safe. *clock*: seconds since 1970."""

    def __init__(
        self,
        rows: Callable[[float], Sequence[Row]] = lambda _minutes: (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._rows = rows
        self._clock = clock
        self._lock = threading.Lock()
        self._set: Mapping[str, float] = {}
        self._limits: Mapping[str, float] = ALERTS
        self._standing: dict[str, Alert] = {}
        self._wrong: dict[str, float] = {}
        """When what stands was last found wrong."""
        self._overflows: list[tuple[float, int]] = []
        """The watchers' count since the start, whenever it was another."""
        self._looked = -_EVERY
        self._weeks: tuple[float, list[Hour]] = (-_WEEKS_EVERY, [])

    def told(self, stats: dict[str, Any], limits: Mapping[str, float]) -> dict[str, Any]:
        """*stats* with the alerts that stand now. *limits*: those of ``settings.ALERTS`` that are set. Blocks."""
        with self._lock:
            now = self._clock()
            if self._configured(limits) or abs(now - self._looked) >= _EVERY:
                self._looked = now
                if abs(now - self._weeks[0]) >= _WEEKS_EVERY:
                    self._weeks = now, hours(self._rows(_WEEKS))
                self._judge(stats, self._rows(_MINUTES), self._weeks[1], now)
            stats["alerts"] = [msgspec.structs.asdict(alert) for alert in self._standing.values()]
        return stats

    def judge(self, stats: Mapping[str, Any], history: Sequence[Row], now: float) -> list[Alert]:
        """Those that stand *now*, in the order in which they appeared; *history*: all that is known, the oldest first."""
        with self._lock:
            minutes = [row for row in history if row.at >= now - 60 * _MINUTES]
            self._judge(stats, minutes, hours(history), now)
            return list(self._standing.values())

    def configure(self, limits: Mapping[str, float]) -> None:
        """Thresholds of ``settings.ALERTS`` that are set. What stood by others is over."""
        with self._lock:
            self._configured(limits)

    def _configured(self, limits: Mapping[str, float]) -> bool:
        """Whether they are others than before."""
        if limits == self._set:
            return False
        self._set, self._limits = limits, {**ALERTS, **limits}
        self._standing.clear()
        return True

    def _judge(
        self, stats: Mapping[str, Any], minutes: Sequence[Row], weeks: Sequence[Hour], now: float
    ) -> None:
        facts = Facts(stats, minutes, weeks, self._limits, self._overflowed(stats, now), now)
        for judge, calm in JUDGES:
            eased = dict(judge(facts, EASE))
            for metric, alert in judge(facts, 1.0):
                still = alert or (eased.get(metric) if metric in self._standing else None)
                if still is not None:
                    self._standing[metric] = still
                    self._wrong[metric] = now
                elif metric in self._standing and now - self._wrong[metric] >= calm:
                    del self._standing[metric]

    def _overflowed(self, stats: Mapping[str, Any], now: float) -> int:
        """How often within the last hour."""
        count = int(stats.get("watcher", {}).get("overflows", 0))
        seen = self._overflows
        if not seen:
            seen.append((now - 2 * _HOUR, 0))
        if count < seen[-1][1]:  # watchers were replaced
            seen[:] = [(now - 2 * _HOUR, 0)]
        if count != seen[-1][1]:
            seen.append((now, count))
        while len(seen) > 1 and seen[1][0] <= now - _HOUR:
            seen.pop(0)
        return count - seen[0][1]
