"""Latency histograms by name (HdrHistogram: constant memory, two significant digits)."""

from __future__ import annotations

import threading
from typing import Any

_LONGEST_US = 3_600_000_000


class Latency:
    """Thread-safe. Recording costs about a microsecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._histograms: dict[str, Any] = {}

    def record(self, name: str, seconds: float) -> None:
        with self._lock:
            histogram = self._histograms.get(name)
            if histogram is None:
                from hdrh.histogram import HdrHistogram  # noqa: PLC0415 - not before there is something to record

                histogram = self._histograms[name] = HdrHistogram(1, _LONGEST_US, 2)
            histogram.record_value(max(1, min(int(seconds * 1e6), _LONGEST_US)))

    def figures(self) -> dict[str, dict[str, float]]:
        """``{name: {count, p50Ms, p95Ms, p99Ms, maxMs}}``."""
        with self._lock:
            return {
                name: {
                    "count": histogram.get_total_count(),
                    "p50Ms": histogram.get_value_at_percentile(50) / 1000,
                    "p95Ms": histogram.get_value_at_percentile(95) / 1000,
                    "p99Ms": histogram.get_value_at_percentile(99) / 1000,
                    "maxMs": histogram.get_max_value() / 1000,
                }
                for name, histogram in self._histograms.items()
            }
