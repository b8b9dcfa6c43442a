"""How often is there an alert where nothing is wrong, and how surely one where searches have become slower?

    python -m benchmarks.alerts --months 20

Users are simulated for a month each, minute by minute, and everything that the server's judges see goes through them every
minute as it would in the server. Query times are log-normal (p95 2.7 times p50), p95 normally at 45% of the budget. The
machine's speed drifts from day to day and from hour to hour; in all but the quiet kind of machine by 13.5% (standard deviation),
as measured between runs of one program on a shared machine. One minute in fifty is three times slower, one hour in a hundred half slower again.
Memory grows over the first hours of a day and stays, at up to 70% of the limit; a checkout now and then fills the queue; the share
of cache hits varies from day to day. Nobody gets slower or leaks, so every alert is a false alarm ("A/A").

For the power of the test for regressions the same users' searches become slower from the 22nd day on; counted are users who
are told within the ten days left (eight of them with work), and the days that takes. "0%" are those told for nothing.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks import report
from benchmarks.report import Results
from lsp_search.insight.alerts import Alerts
from lsp_search.insight.history import Row
from lsp_search.insight.judges import Facts, regression
from lsp_search.insight.trends import Hour, hours
from lsp_search.settings import ALERTS

_DAY = 86400
_SPREAD = 0.6
"""Of a single query's time, as the standard deviation of its logarithm."""
_P95 = math.exp(1.645 * _SPREAD)
_NOMINAL = 0.45
"""The share of the budget that p95 takes."""
_CHANGE_DAY = 21
_DAYS = 31


class Machine(NamedTuple):
    """Standard deviations of the logarithm of its speed."""

    days: float
    hours: float


MACHINES = {
    "quiet": Machine(0.02, 0.03),
    "hours drift": Machine(0.03, 0.13),
    "both drift": Machine(0.09, 0.10),
    "days drift": Machine(0.13, 0.05),
}


class Life:
    """A user's month on one machine."""

    def __init__(self, seed: int, machine: Machine) -> None:
        self._rng = np.random.default_rng(seed)
        self._machine = machine
        self._most_memory = self._rng.uniform(0.1, 0.7) * ALERTS["memoryBytes"]
        self._hit_rate = self._rng.uniform(0.5, 0.9)
        self._failed = int(self._rng.integers(0, 9))
        self._waiting = 80_000

    def rows(self) -> Iterator[Row]:
        """A row for each minute of use."""
        for day in range(_DAYS):
            if day % 7 < 5:
                yield from self._day(day)

    def _day(self, day: int) -> Iterator[Row]:
        rng, machine = self._rng, self._machine
        speed = rng.normal(0, machine.days)
        hits = self._hit_rate + rng.normal(0, 0.05)
        drift, used = 0.0, 0
        for hour in range(9, 9 + int(rng.integers(3, 9))):
            drift = 0.3 * drift + rng.normal(0, machine.hours * math.sqrt(1 - 0.3**2))
            slow = 0.4 if rng.random() < 0.01 else 0.0
            for minute in sorted(rng.choice(60, int(rng.integers(10, 60)), replace=False).tolist()):
                used += 1
                yield self._minute(
                    day * _DAY + hour * 3600 + minute * 60,
                    speed + drift + slow,
                    min(max(hits, 0.05), 0.98),
                    used,
                )

    def _minute(self, at: int, speed: float, hits: float, used: int) -> Row:
        rng = self._rng
        speed += 1.1 if rng.random() < 0.02 else 0.0
        modes = {"symbol": self._mode(int(rng.integers(5, 60)), ALERTS["p95Ms"], speed)}
        if rng.random() < 0.3:
            modes["text"] = self._mode(int(rng.integers(5, 30)), ALERTS["textP95Ms"], speed)
        queries = sum(count for count, _, _ in modes.values())
        if rng.random() < 0.01:
            self._waiting += int(rng.integers(200, 8000))  # a checkout
        files = min(self._waiting, int(rng.integers(4000, 20_000)))
        self._waiting -= files
        memory = 120e6 + (self._most_memory - 120e6) * (1 - math.exp(-used / 40)) * rng.uniform(0.85, 1.0)
        return Row(
            at,
            queries,
            modes["symbol"][1],
            modes["symbol"][2],
            0.0,
            modes,
            rng.binomial(queries, hits) / queries,
            files,
            int(memory),
            50_000_000,
            self._waiting,
            self._failed,
            int(rng.random() < 0.002),
        )

    def _mode(self, count: int, budget: float, speed: float) -> tuple[int, float, float]:
        times = self._rng.lognormal(math.log(budget * _NOMINAL / _P95) + speed, _SPREAD, count)
        times.sort()
        return count, float(times[(count + 1) // 2 - 1]), float(times[math.ceil(count * 0.95) - 1])


def stats(row: Row, overflows: int) -> dict[str, Any]:
    """``lspSearch/stats`` at the end of a minute, as far as judges look at them."""
    latency = {
        f"search.{mode}": {"count": count, "p50Ms": p50, "p95Ms": p95}
        for mode, (count, p50, p95) in row.modes.items()
    }
    return {
        "recent": {"latency": latency},
        "memory": {"rssBytes": row.rss_bytes},
        "queue": {"depth": row.queue_depth, "failed": row.failed},
        "watcher": {"mode": "native", "overflows": overflows},
    }


def months(lives: Iterable[Life]) -> tuple[int, Counter[str]]:
    """Days of use, and days with an alert that was not there before, by metric; "any": with any."""
    days, alarms = 0, Counter[str]()
    for life in lives:
        seen, news = set[int](), set[tuple[int, str]]()
        for day, metric in _told(life):
            seen.add(day)
            if metric:
                news |= {(day, metric), (day, "any")}
        days += len(seen)
        alarms.update(metric for _, metric in news)
    return days, alarms


def _told(life: Life) -> Iterator[tuple[int, str]]:
    """(day, metric) of each alert as it appears; (day, "") for minutes without."""
    known: list[Row] = []
    now, overflows = 0.0, 0
    alerts = Alerts(lambda minutes: _last(known, now - 60 * minutes), lambda: now)
    standing: set[str] = set()
    for row in life.rows():
        known.append(row)
        now, overflows = row.at + 60.0, overflows + row.overflows
        told = {alert["metric"] for alert in alerts.told(stats(row, overflows), {})["alerts"]}
        for metric in (told - standing) or {""}:
            yield row.at // _DAY, metric
        standing = told


def _last(rows: Sequence[Row], since: float) -> Sequence[Row]:
    first = len(rows)
    while first and rows[first - 1].at >= since:
        first -= 1
    return rows[first:]


def power(lives: Iterable[Life], sizes: Sequence[float]) -> dict[float, list[int | None]]:
    """By how much slower searches become: days after the change on which each user was told; None: never."""
    told: dict[float, list[int | None]] = {size: [] for size in sizes}
    for life in lives:
        used = hours(life.rows())
        for size in sizes:
            told[size].append(next(_days_when_told(used, size), None))
    return told


def _days_when_told(used: Sequence[Hour], slower: float) -> Iterator[int]:
    """Days, counted from the change on, with an hour after which there is an alert."""
    changed = [
        hour._replace(p50_ms={"symbol": hour.p50_ms["symbol"] * (1 + slower)})
        if hour.at >= _CHANGE_DAY * _DAY
        else hour
        for hour in used
        if "symbol" in hour.p50_ms
    ]
    for count, hour in enumerate(changed, 1):
        if (day := hour.at // _DAY - _CHANGE_DAY) >= 0:
            found = dict(regression(Facts({}, (), changed[:count], ALERTS, 0, hour.at), 1.0))
            if found.get("slowdown.symbol"):
                yield day


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--months", type=int, default=10, help="simulated for each kind of machine (default: 10)"
    )
    parser.add_argument(
        "--changes",
        type=int,
        default=200,
        help="simulated for the power, for each kind of machine (default: 200)",
    )
    parser.add_argument("--slower", type=float, nargs="*", default=[0.05, 0.10, 0.20, 0.50])
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    results: Results = {"machines": {}}
    for name, machine in MACHINES.items():
        seeds = range(options.seed, options.seed + options.months)
        days, alarms = months(Life(seed, machine) for seed in seeds)
        found: Results = {"days": days, "daysWithAlarm": dict(alarms), "power": {}}
        seeds = range(options.seed, options.seed + options.changes)
        for size, told in power((Life(seed, machine) for seed in seeds), (0.0, *options.slower)).items():
            after = sorted(day for day in told if day is not None)
            found["power"][f"{size:.0%}"] = {
                "told": round(len(after) / len(told), 3),
                "medianDays": after[len(after) // 2] if after else None,
            }
        results["machines"][name] = found
    return results


def lines(results: Results) -> Iterable[str]:
    for name, found in results["machines"].items():
        any_alarm = found["daysWithAlarm"].get("any", 0)
        yield f"{name}: {found['days']} days of use, {any_alarm} with a false alarm ({any_alarm / found['days']:.2%})"
        yield f"  by metric: {found['daysWithAlarm']}"
        yield from report.table(
            ("  slower by", "told", "days"),
            [(f"  {size}", one["told"], one["medianDays"]) for size, one in found["power"].items()],
        )


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
