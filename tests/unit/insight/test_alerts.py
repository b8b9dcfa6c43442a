"""Each alert: what provokes it, and what looks like it and does not; shown until it is clearly over."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from benchmarks.alerts import MACHINES, Life, months, power
from lsp_search.insight.alerts import Alerts
from lsp_search.insight.history import Row
from lsp_search.insight.judges import Alert

GIB = float(1 << 30)
DAY = 86400
NOW = 40 * DAY
"""A round number of days, so that hours and slots begin here."""


def stats(**parts: Any) -> dict[str, Any]:
    """Figures of a server with which all is well, but for *parts*."""
    healthy: dict[str, Any] = {
        "recent": {"latency": {}},
        "memory": {"rssBytes": 200 << 20},
        "queue": {"depth": 0, "failed": 0},
        "watcher": {"mode": "native", "overflows": 0},
    }
    return {name: {**healthy[name], **parts.get(name, {})} for name in healthy}


def searched(mode: str, count: int, p50: float, p95: float) -> dict[str, Any]:
    latency = {f"search.{mode}": {"count": count, "p50Ms": p50, "p95Ms": p95}}
    return stats(recent={"latency": latency})


def judged(
    figures: dict[str, Any] | None = None, rows: Sequence[Row] = (), now: float = NOW, **limits: float
) -> dict[str, Alert]:
    alerts = Alerts()
    alerts.configure(limits)
    return {alert.metric: alert for alert in alerts.judge(figures or stats(), rows, now)}


def test_where_nothing_is_known_nothing_is_wrong() -> None:
    assert judged() == {}


# -- p95 over its budget -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "limit"),
    [
        ("symbol", "p95Ms"),
        ("text", "textP95Ms"),
        ("regex", "textP95Ms"),
        ("semantic", "semanticP95Ms"),
        ("hybrid", "semanticP95Ms"),
    ],
)
def test_a_median_over_the_budget_is_an_alert_at_once(mode: str, limit: str) -> None:
    found = judged(searched(mode, 20, 60, 90), (), NOW, **{limit: 50})
    assert set(found) == {f"{limit}.{mode}"}
    alert = found[f"{limit}.{mode}"]
    assert (alert.level, alert.value, alert.threshold) == ("warning", 90, 50)
    assert "90 ms" in alert.message
    assert "lsp-search profile" in alert.advice


def slow_minutes(count: int, p95: float, queries: int = 30) -> list[Row]:
    return [
        Row(NOW - 60 * (n + 1), queries, modes={"symbol": (queries, 20, p95)}) for n in reversed(range(count))
    ]


def test_p95_over_the_budget_for_minutes_is_an_alert() -> None:
    assert "p95Ms.symbol" in judged(searched("symbol", 30, 20, 120), slow_minutes(5, 120))


def test_one_slow_minute_is_none() -> None:
    assert judged(searched("symbol", 30, 20, 5000), [*slow_minutes(9, 60), *slow_minutes(1, 5000)]) == {}


def test_a_few_slow_queries_are_none() -> None:
    assert judged(searched("symbol", 19, 900, 5000), slow_minutes(10, 5000, queries=19)) == {}


# -- slower than before --------------------------------------------------------------------------------


def history(
    p50: Callable[[int], float],
    rate: Callable[[int], float] = lambda _: 0.7,
    index: Callable[[int], int] = lambda _: 9,
) -> list[Row]:
    """A hundred hours of use, five a day, up to now, with six minutes each; *p50* and the others by the hour's number."""
    found = []
    for hour in range(100):
        at = NOW - (20 - hour // 5) * DAY + hour % 5 * 3600
        for n in range(6):
            modes = {"symbol": (20, p50(hour), 3 * p50(hour))}
            found.append(Row(at + 60 * n, 20, modes=modes, hit_rate=rate(hour), index_bytes=index(hour)))
    return found


def noise(hour: int) -> float:
    return float(np.exp(np.random.default_rng(hour).normal(0, 0.05)))


def test_slower_than_before_by_more_than_its_noise() -> None:
    found = judged(rows=history(lambda hour: 10 * noise(hour) * (1.2 if hour >= 76 else 1)))
    assert set(found) == {"slowdown.symbol"}
    assert 0.15 < found["slowdown.symbol"].value < 0.25
    assert "has not grown" in found["slowdown.symbol"].advice


def test_a_grown_index_is_named_as_the_reason() -> None:
    rows = history(
        lambda hour: 10 * noise(hour) * (1.2 if hour >= 76 else 1),
        index=lambda hour: 3_000_000 if hour >= 76 else 2_000_000,
    )
    assert "grown by 50%" in judged(rows=rows)["slowdown.symbol"].advice


def test_slower_by_less_than_the_threshold_is_no_alert() -> None:
    rows = history(lambda hour: 10 * (1 + hour % 7 / 1000) * (1.04 if hour >= 76 else 1))
    assert judged(rows=rows) == {}
    assert set(judged(rows=rows, slowdown=0.03)) == {"slowdown.symbol"}


def test_a_few_very_slow_hours_are_no_slowdown() -> None:
    assert judged(rows=history(lambda hour: 10 * noise(hour) * (20 if hour in (80, 95, 96, 99) else 1))) == {}


def test_faster_is_no_slowdown() -> None:
    assert judged(rows=history(lambda hour: 10 * noise(hour) * (0.5 if hour >= 76 else 1))) == {}


# -- memory --------------------------------------------------------------------------------------------


def memory(at: Callable[[float], float], files: int = 0) -> list[Row]:
    """Three hours of use up to now; *at*: resident MiB by the hour."""
    return [
        Row(NOW - 60 * n, 1, rss_bytes=int(at(3 - n / 60) * 2**20), files=files) for n in range(180, 0, -1)
    ]


def held(mebibytes: float) -> dict[str, Any]:
    return stats(memory={"rssBytes": int(mebibytes * 2**20)})


def wobble(hour: float) -> float:
    return 10 * noise(int(hour * 60))


def test_memory_that_rises_towards_its_limit_and_when() -> None:
    found = judged(held(1600), memory(lambda hour: 1000 + 200 * hour + wobble(hour)))
    assert set(found) == {"memoryHours"}
    assert found["memoryHours"].value == pytest.approx((2048 - 1600) / 200, rel=0.1)
    assert "2.0 GiB is reached in about 2." in found["memoryHours"].message


@pytest.mark.parametrize(
    "at",
    [
        lambda hour: 1100 + wobble(hour),
        lambda hour: 1500 - 1000 * 0.4**hour + wobble(hour),  # warms up
        lambda hour: 1000 + 600 * (hour * 4 % 1),  # a saw
        lambda hour: 1000 + 600 * (hour > 2.5),  # a step
        lambda hour: 1100 + 20 * hour,  # so slowly that it takes days
    ],
)
def test_memory_that_only_looks_as_if(at: Callable[[float], float]) -> None:
    assert judged(held(at(3.0)), memory(at)) == {}


@pytest.mark.parametrize(("usual", "told"), [(1100, False), (800, True)])
def test_memory_as_on_other_days_is_no_news(usual: int, told: bool) -> None:
    before = [row._replace(at=row.at - 2 * DAY, queries=5, rss_bytes=usual << 20) for row in memory(wobble)]
    today = memory(lambda hour: 700 + 200 * hour)
    assert ("memoryHours" in judged(held(1300), [*before, *today])) == told


def test_memory_rises_while_much_is_indexed() -> None:
    assert judged(held(1600), memory(lambda hour: 1000 + 200 * hour, files=1000)) == {}


def test_memory_over_its_limit() -> None:
    found = judged(held(2100))
    assert (found["memoryBytes"].level, found["memoryBytes"].threshold) == ("error", 2 * GIB)
    assert judged(held(2100), memoryBytes=3 * GIB) == {}


# -- the cache -----------------------------------------------------------------------------------------


def test_a_hit_rate_that_falls() -> None:
    rows = history(lambda _: 5, rate=lambda hour: (0.4 if hour >= 76 else 0.8) * noise(hour))
    found = judged(rows=rows)
    assert set(found) == {"hitRateFall"}
    assert found["hitRateFall"].value == pytest.approx(0.4, abs=0.05)


def test_a_hit_rate_that_varies() -> None:
    assert judged(rows=history(lambda _: 5, rate=lambda hour: 0.5 + 0.3 * (noise(hour) > 1))) == {}


def test_a_hit_rate_below_what_was_asked_for() -> None:
    rows = history(lambda _: 5, rate=lambda _: 0.6)
    assert judged(rows=rows) == {}
    assert set(judged(rows=rows, hitRate=0.65)) == {"hitRate"}


# -- the queue -----------------------------------------------------------------------------------------


def waiting(depth: int, *minutes: int) -> dict[str, Alert]:
    rows = [Row(NOW - 60 * (len(minutes) - n), files=50, queue_depth=held) for n, held in enumerate(minutes)]
    return judged(stats(queue={"depth": depth}), rows)


def test_a_queue_that_grows() -> None:
    found = waiting(9000, 2000, 3000, 4500, 6000, 7000, 8000)
    assert set(found) == {"queueDepth"}
    assert found["queueDepth"].value == 9000


@pytest.mark.parametrize(
    ("depth", "minutes"),
    [
        (5000, (80000, 60000, 50000, 30000, 20000, 10000)),  # a first index
        (9000, (0, 0, 0, 0, 0, 0)),  # a checkout, just now
        (900, (100, 200, 300, 400, 500, 600)),  # few
        (9000, (2000, 9000, 100, 8000, 500, 3000)),
    ],
)
def test_a_queue_that_does_not(depth: int, minutes: tuple[int, ...]) -> None:
    assert waiting(depth, *minutes) == {}


# -- the watcher, and files that fail ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "wrong"), [("native", False), ("polling", True), ("mixed", True), ("off", False)]
)
def test_polling_is_said(mode: str, wrong: bool) -> None:
    assert set(judged(stats(watcher={"mode": mode}))) == ({"watcher"} if wrong else set())


def test_overflows_within_an_hour() -> None:
    alerts = Alerts()

    def seen(count: int, minutes: float) -> list[str]:
        figures = stats(watcher={"overflows": count})
        return [alert.metric for alert in alerts.judge(figures, (), NOW + 60 * minutes)]

    assert seen(1, 0) == []
    assert seen(2, 40) == []
    assert seen(3, 61) == []  # the first is longer ago
    assert seen(4, 62) == ["overflows"]
    assert seen(4, 90) == ["overflows"]
    assert seen(4, 123) == []
    assert seen(0, 130) == []  # other watchers
    assert seen(3, 140) == ["overflows"]


def test_files_that_fail() -> None:
    assert judged(stats(queue={"failed": 10})) == {}
    found = judged(stats(queue={"failed": 11}))
    assert "11 files" in found["failedFiles"].message
    assert "index.exclude" in found["failedFiles"].advice


# -- until it clears -----------------------------------------------------------------------------------


def test_what_stands_is_over_when_it_is_clearly_better_for_a_while() -> None:
    alerts = Alerts()

    def after(seconds: float, p95: float) -> list[str]:
        figures = searched("symbol", 50, p95 / 2, p95)
        rows = [
            row._replace(at=row.at + int(seconds), modes={"symbol": (30, p95 / 2, p95)})
            for row in slow_minutes(10, p95)
        ]
        return [alert.metric for alert in alerts.judge(figures, rows, NOW + seconds)]

    assert after(0, 99) == []
    assert after(5, 110) == ["p95Ms.symbol"]
    assert after(300, 85) == ["p95Ms.symbol"]  # better, but not clearly
    assert after(305, 70) == ["p95Ms.symbol"]  # not for long
    assert after(400, 85) == ["p95Ms.symbol"]
    assert after(510, 70) == ["p95Ms.symbol"]
    assert after(530, 70) == []
    assert after(535, 85) == []
    assert after(540, 110) == ["p95Ms.symbol"]


def test_what_stands_goes_on_while_nobody_searches() -> None:
    alerts = Alerts()
    assert alerts.judge(searched("symbol", 20, 200, 300), (), NOW)
    assert alerts.judge(stats(), (), NOW + 3600)
    assert not alerts.judge(searched("symbol", 20, 2, 3), (), NOW + 3700)


def test_other_settings_count_at_once() -> None:
    now = float(NOW)
    alerts = Alerts(clock=lambda: now)

    def told(**limits: float) -> list[str]:
        return [alert["metric"] for alert in alerts.told(searched("symbol", 20, 20, 30), limits)["alerts"]]

    assert told() == []
    assert told(p95Ms=10) == ["p95Ms.symbol"]
    assert told(p95Ms=10, failedFiles=3) == ["p95Ms.symbol"]
    assert told(p95Ms=25) == []
    assert told(p95Ms=10) == ["p95Ms.symbol"]


def test_figures_are_judged_every_few_seconds_and_weeks_every_few_minutes() -> None:
    now = float(NOW)
    asked: list[float] = []

    def rows(minutes: float) -> list[Row]:
        asked.append(minutes)
        return []

    alerts = Alerts(rows, lambda: now)
    bad, good = stats(queue={"failed": 50}), stats()
    assert alerts.told(copy.deepcopy(good), {})["alerts"] == []
    assert alerts.told(copy.deepcopy(bad), {})["alerts"] == []
    now += 3
    told = alerts.told(copy.deepcopy(bad), {})
    assert [alert["metric"] for alert in told["alerts"]] == ["failedFiles"]
    assert len(asked) == 3
    assert max(asked) > 20 * 1440
    now += 601
    alerts.told(copy.deepcopy(bad), {})
    assert len(asked) == 5


# -- noise as on real machines (`benchmarks.alerts` has more of it) -------------------------------------


def test_a_month_without_change_is_a_month_without_alerts() -> None:
    days, alarms = months([Life(1, MACHINES["both drift"])])
    assert days == 23
    assert alarms["any"] == 0


def test_a_month_in_which_searches_become_slower_is_told() -> None:
    assert power([Life(1, MACHINES["hours drift"])], [0.5])[0.5] != [None]
