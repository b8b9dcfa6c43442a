"""What deserves an alert: each judge looks at the figures and says what is wrong, how that was found, and what to do.

A judge is a pure function of :class:`Facts`. It yields each metric it can say something of, with an :class:`Alert` or
None: nothing is wrong. Where what it needs to know is not there (too few queries, say) it yields nothing, and what stands
goes on standing. With *ease* below 1 limits are lower by that factor: what stands has to get that much better before it is over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np

from lsp_search.insight.history import Row
from lsp_search.insight.trends import (
    BUSY_FILES,
    LEVEL_Z,
    RECENT_HOURS,
    TREND_Z,
    Hour,
    Trend,
    shift,
    trend,
)

_QUERIES = 20
"""In a minute: with fewer, a percentile is no measurement."""
_SLOW_MINUTES = 5
_SLOW_SECONDS = 1800.0
_SLOT = 600.0
_SLOTS = 12
"""Of memory: two hours."""
_LEAST_RISE = 0.05
"""Of the limit: memory that rises by less is not extrapolated."""
_STILL = 0.75
"""The share of the whole slope that the second half must have: what warms up rises as well, but ever less."""
_MOST_HOURS = 24.0 * 365
"""That memory is extrapolated."""
_USUAL_HOURS = 16.0
"""Memory that was in use in an hour of use this long ago, or before, is no news; nor is a quarter more."""
_MORE = 1.25
_MUCH = 0.75
"""Of the limit: so much is news in any case."""
_QUEUE_SECONDS = 600.0
_QUEUE_MINUTES = 5


class Alert(msgspec.Struct, frozen=True):
    """As ``lspSearch/alert`` sends it. *metric* is unique among the alerts that stand."""

    level: Literal["info", "warning", "error"]
    metric: str
    value: float
    threshold: float
    message: str
    advice: str


@dataclass(frozen=True)
class Facts:
    stats: Mapping[str, Any]
    """As ``lspSearch/stats`` gives them."""
    minutes: Sequence[Row]
    """Of the last hours, the oldest first."""
    hours: Sequence[Hour]
    """Of the last weeks."""
    limits: Mapping[str, float]
    """Those of ``settings.ALERTS``, every one."""
    overflows: int
    """Of the watchers, within the last hour."""
    now: float


Finding = tuple[str, Alert | None]
Judge = Callable[[Facts, float], Iterator[Finding]]

_BUDGETS = {
    "symbol": "p95Ms",
    "text": "textP95Ms",
    "regex": "textP95Ms",
    "semantic": "semanticP95Ms",
    "hybrid": "semanticP95Ms",
}
"""The setting by the mode of a search."""


def over_budget(facts: Facts, ease: float) -> Iterator[Finding]:
    """The last minute's median is over the budget for p95; or p95 is, in half of the last minutes with enough queries."""
    recent = facts.stats.get("recent", {}).get("latency", {})
    for mode, name in _BUDGETS.items():
        limit = facts.limits[name]
        latest = recent.get(f"search.{mode}", {"count": 0})
        past = [
            row.modes[mode][2]
            for row in facts.minutes
            if mode in row.modes and row.modes[mode][0] >= _QUERIES and row.at > facts.now - _SLOW_SECONDS
        ][-2 * _SLOW_MINUTES :]
        metric = f"{name}.{mode}"
        enough = latest["count"] >= _QUERIES
        if enough and (latest["p50Ms"] > limit * ease or latest["p95Ms"] <= limit * ease):
            p95 = latest["p95Ms"]
        elif len(past) >= _SLOW_MINUTES:
            p95 = float(np.median(past))
        else:
            continue
        if p95 > limit * ease:
            message = f"searches ({mode}) are slow: p95 is {p95:.3g} ms, over the budget of {limit:.6g} ms"
            yield metric, Alert("warning", metric, p95, limit, message, _ADVICE_SLOW)
        else:
            yield metric, None


_ADVICE_SLOW = (
    "Run 'lsp-search profile' (or ask for lspSearch/profile) to see where the time goes; leave out what you do not search"
    " with index.exclude. Where the machine is busy with other work, it passes by itself; where that is fast enough for"
    " you, raise the budget in the settings under alerts."
)


def regression(facts: Facts, ease: float) -> Iterator[Finding]:
    """Hours of use against all earlier ones, by mode: see ``trends``."""
    limit = facts.limits["slowdown"]
    for mode in _BUDGETS:
        metric = f"slowdown.{mode}"
        used = [hour for hour in facts.hours if mode in hour.p50_ms]
        found = shift([float(np.log(hour.p50_ms[mode])) for hour in used])
        if found is None:
            continue
        slower = float(np.expm1(found.size))
        if found.z <= LEVEL_Z * ease or slower <= limit * ease:
            yield metric, None
            continue
        message = (
            f"searches ({mode}) are {slower:.0%} slower in the last {RECENT_HOURS} hours of use than in the"
            f" {len(used) - RECENT_HOURS} before (rank test, z = {found.z:.1f})"
        )
        yield metric, Alert("warning", metric, slower, limit, message, _why_slower(used))


def _why_slower(used: Sequence[Hour]) -> str:
    before, after = (
        float(np.median([hour.index_bytes for hour in part]))
        for part in (used[:-RECENT_HOURS], used[-RECENT_HOURS:])
    )
    if before and after > 1.1 * before:
        return (
            f"The index has grown by {after / before - 1:.0%} meanwhile: see with 'lsp-search stats' what was added, and leave"
            " out what you do not search with index.exclude."
        )
    return (
        "The index has not grown. Look for other programs that load the machine, and for what was updated; 'lsp-search"
        " profile' shows where the time goes, 'lsp-search bench --compare' whether a version is to blame."
    )


def memory(facts: Facts, ease: float) -> Iterator[Finding]:
    """Over the limit now; or rising towards it: the lowest values of ten minutes each, by Theil and Sen."""
    limit, used = facts.limits["memoryBytes"], float(facts.stats.get("memory", {}).get("rssBytes", 0))
    if used > limit * ease:
        message = f"{_size(used)} of memory are in use, over the limit of {_size(limit)}"
        yield "memoryBytes", Alert("error", "memoryBytes", used, limit, message, _ADVICE_MEMORY)
    else:
        yield "memoryBytes", None
    found = _rise(facts)
    if found is None or used >= limit:
        return
    most, slope = min(facts.limits["memoryHours"], _MOST_HOURS), found.slope * 3600
    left = (limit - used) / slope if slope > 0 else float("inf")
    if left * ease <= most and left < float("inf"):
        when = time.strftime("%H:%M", time.localtime(facts.now + left * 3600))
        message = (
            f"memory grows by {_size(slope)} an hour: {_size(used)} now, the limit of {_size(limit)} is reached"
            f" in about {left:.1f} hours (at {when})"
        )
        yield "memoryHours", Alert("warning", "memoryHours", left, most, message, _ADVICE_MEMORY)
    else:
        yield "memoryHours", None


_ADVICE_MEMORY = (
    "Restart the server to give the memory back; if it grows again, please report it with the output of"
    " 'lsp-search stats --json'. A smaller index needs less: index.exclude, or index.semantic off. The limit is"
    " alerts.memoryBytes."
)


def _rise(facts: Facts) -> Trend | None:
    """A slope of 0 where memory does not clearly rise; None where too little is known."""
    floors: dict[int, int] = {}
    for row in facts.minutes:
        if row.rss_bytes and row.files < BUSY_FILES:
            slot = int(row.at // _SLOT)
            floors[slot] = min(floors.get(slot, row.rss_bytes), row.rss_bytes)
    if len(floors) < _SLOTS:
        return None
    at, values = [slot * _SLOT for slot in floors], list(floors.values())
    found = trend(at, values)
    half = len(at) // 2
    rise = found.slope * (at[-1] - at[0])
    lasting = trend(at[half:], values[half:]).slope >= _STILL * found.slope
    limit = facts.limits["memoryBytes"]
    usual = max((hour.rss_bytes for hour in _earlier(facts)), default=limit)
    unusual = values[-1] > min(_MORE * usual, _MUCH * limit)
    clear = found.z > TREND_Z and lasting and unusual and rise > _LEAST_RISE * limit
    return found if clear else Trend(0.0, found.z)


def _earlier(facts: Facts) -> Iterator[Hour]:
    return (hour for hour in facts.hours if hour.at < facts.now - _USUAL_HOURS * 3600)


def hit_rate(facts: Facts, ease: float) -> Iterator[Finding]:
    """Below what was asked for, over the last hours of use; or fallen against earlier ones (the test of ``trends``)."""
    rates = [hour.hit_rate for hour in facts.hours if hour.hit_rate is not None]
    least = facts.limits["hitRate"]
    if len(rates) < _SLOW_MINUTES:
        return
    if (rate := float(np.median(rates[-RECENT_HOURS:]))) < least / ease:
        message = f"the cache answers {rate:.0%} of the queries, less than the {least:.0%} asked for"
        yield "hitRate", Alert("info", "hitRate", rate, least, message, _ADVICE_CACHE)
    else:
        yield "hitRate", None
    found, most = shift([-rate for rate in rates]), facts.limits["hitRateFall"]
    if found is None:
        return
    if found.z > LEVEL_Z * ease and found.size > most * ease:
        now, before = float(np.median(rates[-RECENT_HOURS:])), float(np.median(rates[:-RECENT_HOURS]))
        message = (
            f"the cache answers {now:.0%} of the queries in the last {RECENT_HOURS} hours of use, {before:.0%} before"
            f" (rank test, z = {found.z:.1f})"
        )
        yield "hitRateFall", Alert("warning", "hitRateFall", found.size, most, message, _ADVICE_CACHE)
    else:
        yield "hitRateFall", None


_ADVICE_CACHE = (
    "Files that change all the time, such as logs and build output, make remembered answers worthless: leave them out"
    " with index.exclude ('lsp-search stats' shows how many events the watcher sees). Other habits of searching do the"
    " same, and are no fault."
)


def queue(facts: Facts, ease: float) -> Iterator[Finding]:
    """More waits than should, and it has become more for minutes (Mann and Kendall)."""
    depth, limit = float(facts.stats.get("queue", {}).get("depth", 0)), facts.limits["queueDepth"]
    if depth <= limit * ease:
        yield "queueDepth", None
        return
    rows = [row for row in facts.minutes if row.at > facts.now - _QUEUE_SECONDS]
    if len(rows) < _QUEUE_MINUTES:
        return
    at = [*(float(row.at) for row in rows), facts.now]
    found = trend(at, [*(float(row.queue_depth) for row in rows), depth])
    if found.slope > 0 and found.z > TREND_Z * ease:
        message = f"{depth:,.0f} files wait to be indexed, {found.slope * 60:,.0f} more with every minute"
        yield "queueDepth", Alert("warning", "queueDepth", depth, limit, message, _ADVICE_QUEUE)
    else:
        yield "queueDepth", None


_ADVICE_QUEUE = (
    "Something writes files faster than they can be indexed: leave generated files out with index.exclude, or allow more"
    " worker processes with index.workers."
)


def watching(facts: Facts, _ease: float) -> Iterator[Finding]:
    """Files are polled; or more events came than the system keeps, more than once in a while."""
    watcher = facts.stats.get("watcher", {})
    if watcher.get("mode") in ("polling", "mixed"):
        message = "changes of files are found by polling, some seconds late: the system gives no more watches"
        yield "watcher", Alert("warning", "watcher", 1.0, 0.0, message, _ADVICE_WATCHES)
    else:
        yield "watcher", None
    count, limit = facts.overflows, facts.limits["overflows"]
    if count >= max(limit, 1):
        message = (
            f"{count} times within an hour more files changed at once than the system remembers; everything was compared"
            " with the disk instead"
        )
        yield "overflows", Alert("warning", "overflows", float(count), limit, message, _ADVICE_OVERFLOWS)
    else:
        yield "overflows", None


_ADVICE_WATCHES = (
    "Raise the limits, e.g. 'sysctl fs.inotify.max_user_watches=1048576 fs.inotify.max_user_instances=1024', and restart"
    " the server; or leave folders out with index.exclude. 'lsp-search doctor' says which limit it is."
)
_ADVICE_OVERFLOWS = (
    "Leave out what is written all the time (build output, logs) with index.exclude, or raise the limit, e.g."
    " 'sysctl fs.inotify.max_queued_events=131072', and restart the server."
)


def failing(facts: Facts, ease: float) -> Iterator[Finding]:
    """Files without symbols because of an error."""
    failed, limit = float(facts.stats.get("queue", {}).get("failed", 0)), facts.limits["failedFiles"]
    if failed > limit * ease:
        message = f"the symbols of {failed:.0f} files could not be found because of errors"
        yield "failedFiles", Alert("warning", "failedFiles", failed, limit, message, _ADVICE_FAILED)
    else:
        yield "failedFiles", None


_ADVICE_FAILED = (
    "'lsp-search index --json' names the files and the errors. Leave them out with index.exclude (generated and minified"
    " files are the usual ones), or report the error; their text can be searched all the same."
)


def _size(count: float) -> str:
    return f"{count / 2**20:,.0f} MiB" if abs(count) < 2**30 else f"{count / 2**30:,.1f} GiB"


JUDGES: tuple[tuple[Judge, float], ...] = (
    (over_budget, 120.0),
    (regression, 0.0),
    (memory, 60.0),
    (hit_rate, 0.0),
    (queue, 60.0),
    (watching, 0.0),
    (failing, 0.0),
)
"""Each with the seconds for which nothing must be wrong before what stood is over."""
