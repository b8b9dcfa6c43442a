"""Has it changed, and where is it going: rank statistics that a few outliers don't move.

*Level.* Whether recent values lie above earlier ones is Mann and Whitney's U test (1947); by how much, the shift of Hodges
and Lehmann (1963), the median of all differences. Both take values for independent. Hours of use are not: a machine
that is slow now is likely to be slow in an hour. The variance of U is therefore multiplied by (1 + r) / (1 - r), with r the
rank correlation of each earlier hour with the one before: the factor by which an autoregressive series of order 1 has
fewer independent values than it has values (Bayley and Hammersley 1946; for rank tests Yue and Wang 2004).

*Trend.* The slope of Theil (1950) and Sen (1968), the median of the slopes through all pairs of points; that it is no
accident is Mann and Kendall's test (1945, 1975), which asks how many pairs rise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lsp_search.insight.history import Row

Values = npt.NDArray[np.float64]

RECENT_HOURS = 24
"""Hours of use, so some days: what was slow for an afternoon is no trend."""
EARLIER_HOURS = 48
"""At least, to be compared with."""
LEVEL_Z = 2.8
"""One-sided, p = 0.0026, because it is asked again with every hour; `benchmarks.alerts` shows what that gives."""
TREND_Z = 2.6
"""One-sided, p = 0.005."""
BUSY_FILES = 200
"""A minute in which so many files were indexed says nothing of queries or memory as they normally are."""
_HOUR = 3600
_MINUTES_AN_HOUR = 5
_QUERIES_A_MINUTE = 5
"""With fewer, a median is no measurement."""
_MOST_RELATED = 0.95


class Hour(NamedTuple):
    """Medians over the minutes of one hour of the clock."""

    at: int
    p50_ms: dict[str, float]
    """Of those modes that were used in enough minutes."""
    hit_rate: float | None
    index_bytes: float
    rss_bytes: float


class Shift(NamedTuple):
    """How recent values lie to earlier ones."""

    size: float
    """Hodges and Lehmann's, in the unit of the values."""
    z: float
    """Above 0: the recent ones are higher. A standard normal, where nothing has changed."""


class Trend(NamedTuple):
    slope: float
    """A second."""
    z: float


def hours(rows: Iterable[Row]) -> list[Hour]:
    """By the clock; hours with enough quiet minutes of use only. *rows*: oldest first."""
    minutes: dict[int, list[Row]] = {}
    for row in rows:
        if row.queries and row.files < BUSY_FILES:
            minutes.setdefault(row.at // _HOUR, []).append(row)
    return [_hour(number * _HOUR, held) for number, held in minutes.items() if len(held) >= _MINUTES_AN_HOUR]


def _hour(at: int, rows: Sequence[Row]) -> Hour:
    times: dict[str, list[float]] = {}
    for row in rows:
        for mode, (count, p50, _) in row.modes.items():
            if count >= _QUERIES_A_MINUTE and p50 > 0:
                times.setdefault(mode, []).append(p50)
    queries = sum(row.queries for row in rows)
    hits = sum(row.hit_rate * row.queries for row in rows)
    return Hour(
        at,
        {mode: median(held) for mode, held in times.items() if len(held) >= _MINUTES_AN_HOUR},
        hits / queries if queries >= _MINUTES_AN_HOUR * _QUERIES_A_MINUTE else None,
        median([row.index_bytes for row in rows]),
        median([row.rss_bytes for row in rows]),
    )


def shift(values: Sequence[float], now: int = RECENT_HOURS, before: int = EARLIER_HOURS) -> Shift | None:
    """Of the last *now* values to all before them; None where those are fewer than *before*. In order of time."""
    if len(values) < now + before:
        return None
    recent, earlier = np.array(values[-now:]), np.array(values[:-now])
    difference = recent[:, None] - earlier[None, :]
    wins = float((difference > 0).sum() + 0.5 * (difference == 0).sum())
    sizes = len(recent) * len(earlier)
    deviation = float(np.sqrt(sizes * (len(values) + 1) / 12 * _inflation(earlier)))
    return Shift(float(np.median(difference)), (wins - sizes / 2) / deviation)


def _inflation(values: Values) -> float:
    """How much less a series says than as many independent values; at least 1."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    ranks -= ranks.mean()
    related = float((ranks[1:] * ranks[:-1]).sum() / max((ranks * ranks).sum(), 1.0))
    related += 4 / len(values)  # such an estimate is too low by about (1 + 3r) / n (Kendall 1954)
    related = min(max(related, 0.0), _MOST_RELATED)
    return (1 + related) / (1 - related)


def trend(at: Sequence[float], values: Sequence[float]) -> Trend:
    """Of at least three values; *at*: seconds, all different, in order."""
    first, second = np.triu_indices(len(values), 1)
    x, y = np.asarray(at, np.float64), np.asarray(values, np.float64)
    rises = y[second] - y[first]
    score = float(np.sign(rises).sum())
    deviation = float(np.sqrt(len(y) * (len(y) - 1) * (2 * len(y) + 5) / 18))
    return Trend(float(np.median(rises / (x[second] - x[first]))), (score - np.sign(score)) / deviation)
