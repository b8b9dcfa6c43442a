"""Messages as a busy server sends them, the same in every run: two days of history, and figures of one moment."""

from __future__ import annotations

import math
import random
from typing import Any

LANGUAGES = {
    "python": 2914,
    "typescript": 1870,
    "c": 803,
    "markdown": 412,
    "javascript": 331,
    "json": 210,
    "yaml": 96,
    "rust": 61,
    "bash": 40,
    "toml": 22,
    "dockerfile": 4,
}

STATUS = {"state": "ready", "done": 6763, "total": 6763, "generation": 128, "message": ""}

ALERTS = [
    {
        "level": "warning",
        "metric": "latency.search.p95",
        "value": 31.2,
        "threshold": 20,
        "message": "Searches take longer than usual: p95 is 31.2 ms, the budget is 20 ms.",
        "advice": "38% of the time goes into reading 14 minified files: exclude dist/** in .lsp-search.toml.",
    },
    {
        "level": "error",
        "metric": "watcher.limit",
        "value": 8192,
        "threshold": 8192,
        "message": "Only 8,192 of 21,480 folders can be watched; changes in the others are found late, by polling.",
        "advice": "Raise the limit: sysctl fs.inotify.max_user_watches=1048576",
    },
]


def percentiles(count: int, p50: float) -> dict[str, float]:
    return {
        "count": count,
        "p50Ms": round(p50, 3),
        "p95Ms": round(p50 * 2.9, 3),
        "p99Ms": round(p50 * 4.6, 3),
        "maxMs": round(p50 * 7, 3),
    }


def metrics(beat: int = 0, *, alerts: bool = False) -> dict[str, Any]:
    """The figures at second *beat* of a day's work."""
    chance = random.Random(beat)
    pace = 2.4 + 1.2 * math.sin(beat / 60) + chance.random() / 8
    typical = 1.6 + 0.5 * math.sin(beat / 90) + chance.random() / 16
    return {
        "index": {
            "files": 6763,
            "symbols": 148_210,
            "textFiles": 6763,
            "languages": LANGUAGES,
            "storeBytes": 22_439_526,
            "generation": 128 + beat,
            "lastUpdate": 1_790_000_000.0 + beat,
        },
        "latency": {
            "search": percentiles(8214 + beat, 1.7),
            "search.symbol": percentiles(6120 + beat, 1.4),
            "search.text": percentiles(1604, 6.2),
            "search.regex": percentiles(221, 9.8),
            "search.semantic": percentiles(94, 14.2),
            "search.hybrid": percentiles(175, 17.5),
            "workspace/symbol": percentiles(5210 + beat, 1.9),
            "lspSearch/search": percentiles(3004, 2.2),
            "stage.parse": percentiles(8214, 0.04),
            "stage.match": percentiles(8214, 0.9),
            "stage.rank": percentiles(8214, 0.3),
            "stage.encode": percentiles(8214, 0.2),
            "queue": percentiles(8214, 0.03),
        },
        "recent": {
            "seconds": 60,
            "queries": round(60 * pace),
            "queriesPerSecond": round(pace, 2),
            "latency": {
                "search": percentiles(round(60 * pace), typical),
                "search.symbol": percentiles(round(50 * pace), typical * 0.8),
                "search.text": percentiles(round(10 * pace), typical * 3),
            },
        },
        "cache": {
            "memory": {"hits": 6204, "misses": 2010, "entries": 812, "bytes": 3_910_000},
            "disk": {"hits": 310, "misses": 1700, "entries": 4021, "bytes": 9_100_000},
            "hitRate": 0.853,
            "kinds": {
                "exact": 3120 + beat,
                "refined": 2644,
                "predicted": 932,
                "disk": 310,
                "miss": 1208,
            },
            "predictions": {"made": 1290, "used": 932, "wasted": 358},
        },
        "memory": {
            "rssBytes": 241_000_000 + beat * 9000,
            "indexBytes": 64_000_000,
            "limitBytes": 1 << 30,
            "parts": {"segments": 64_000_000, "texts": 21_000_000, "cache": 3_910_000, "learned": 420_000},
        },
        "rates": {"filesPerMinute": 23_383, "bytesPerSecond": 2_310_000},
        "queue": {"depth": max(0, round(9 * math.sin(beat / 25))), "done": 6763, "failed": 3},
        "watcher": {"mode": "native", "watched": 1312, "events": 902 + beat, "overflows": 0},
        "alerts": ALERTS if alerts else [],
    }


FIRST: dict[str, Any] = {
    "index": {
        "files": 2140,
        "symbols": 51_002,
        "languages": {"python": 1204, "c": 803, "markdown": 133},
        "storeBytes": 7_340_032,
        "generation": 3,
        "lastUpdate": 1_790_000_000.0,
    },
    "latency": {},
    "recent": {"seconds": 60, "queries": 0, "queriesPerSecond": 0.0, "latency": {}},
    "cache": {
        "memory": {"hits": 0, "misses": 0, "entries": 0, "bytes": 0},
        "disk": {"hits": 0, "misses": 0, "entries": 0, "bytes": 0},
        "hitRate": 0.0,
        "kinds": {"exact": 0, "refined": 0, "predicted": 0, "disk": 0, "miss": 0},
    },
    "memory": {"rssBytes": 188_000_000, "indexBytes": 21_000_000},
    "rates": {"filesPerMinute": 21_904, "bytesPerSecond": 2_150_000},
    "queue": {"depth": 4623, "done": 2140, "failed": 0},
    "watcher": {"mode": "native", "watched": 1312, "events": 0, "overflows": 0},
    "alerts": [],
}
"""A server's figures in the middle of its first index, before anybody asked anything."""


def history(until: float, minutes: int = 2 * 1440) -> dict[str, Any]:
    """A row for each minute before *until* in which somebody worked; today is a little slower than yesterday."""
    chance = random.Random(7)
    last = int(until) // 60 * 60
    rows = []
    for age in range(minutes, 0, -1):
        at = last - 60 * age
        share = max(0.0, math.sin((age % 1440) / 1440 * 2 * math.pi + 0.9)) * (0.5 + chance.random())
        if age > 2 and share < 0.15:
            continue
        typical = (1.7 if age <= 1440 else 1.45) + chance.random() * 0.7
        count = max(1, round(140 * share))
        rows.append(
            {
                "at": at,
                "queries": count,
                "p50Ms": round(typical, 3),
                "p95Ms": round(typical * (2.6 + chance.random()), 3),
                "p99Ms": round(typical * (4 + 2 * chance.random()), 3),
                "modes": {"symbol": [count, typical * 0.8, typical * 2.2], "text": [count // 8, 6.0, 18.0]},
                "hitRate": round(0.82 + 0.06 * chance.random(), 3),
                "files": chance.randrange(12),
                "rssBytes": 232_000_000 + round(9_000_000 * share),
                "indexBytes": 64_000_000,
                "queueDepth": chance.randrange(4),
                "failed": 0,
                "overflows": 0,
            }
        )
    return {"rows": rows}
