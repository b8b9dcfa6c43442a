"""One row of figures a minute."""

from __future__ import annotations

from typing import NamedTuple

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
    files: int = 0
    rss_bytes: int = 0
    index_bytes: int = 0
    queue_depth: int = 0
    failed: int = 0
    overflows: int = 0
