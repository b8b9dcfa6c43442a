"""Latencies: percentiles that are right, a minute that passes, and nothing lost when much is noted."""

from __future__ import annotations

import random
import threading

import pytest

from lsp_search.telemetry.latency import Latency, added, encoded, figures_of

_BUCKET = 0.01
"""Two significant digits."""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_percentiles_are_those_of_the_times() -> None:
    latency, choose = Latency(), random.Random(1)
    times = [choose.lognormvariate(-6, 1.5) for _ in range(5000)]
    for seconds in times:
        latency.record("search", seconds)
    found, exact = latency.figures()["search"], sorted(times)
    assert found["count"] == 5000
    for name, place in (("p50Ms", 2499), ("p95Ms", 4749), ("p99Ms", 4949), ("maxMs", 4999)):
        assert found[name] == pytest.approx(exact[place] * 1000, rel=_BUCKET), name
    recent = latency.recent(60)[1]["search"]
    assert recent["p95Ms"] == pytest.approx(exact[4749] * 1000, abs=0.001)


def test_the_last_minute_passes() -> None:
    clock = Clock()
    latency = Latency(clock)
    latency.record("search", 0.5)
    clock.now += 30
    latency.record_all([(clock.now, "search", 0.001), (clock.now, "queue", 0.002)])
    assert latency.recent(60)[1]["search"]["count"] == 2
    clock.now += 31
    seconds, found = latency.recent(60)
    assert (seconds, found["search"]["count"], found["search"]["maxMs"]) == (60, 1, 1.0)
    clock.now += 60
    assert latency.recent(60) == (60, {})
    assert latency.figures()["search"]["count"] == 2


def test_more_than_is_kept_singly() -> None:
    clock = Clock()
    latency = Latency(clock)
    for _ in range(1000):
        latency.record_all([(clock.now, "search", 0.001)] * 100)
        clock.now += 0.05
    assert latency.figures()["search"]["count"] == 100_000
    seconds, found = latency.recent(60)
    assert seconds < 60
    assert found["search"]["count"] == pytest.approx(2000 * seconds, rel=0.01)


def test_what_was_taken_is_told_once_and_can_be_kept() -> None:
    latency = Latency()
    latency.record("search", 0.01)
    kept = encoded(latency.taken()["search"])
    assert latency.taken() == {}
    latency.record("search", 0.02)
    both = added(kept, latency.taken()["search"])
    found = figures_of({"search": both})["search"]
    assert found["count"] == 2
    assert found["maxMs"] == pytest.approx(20, rel=_BUCKET)
    assert latency.figures()["search"]["count"] == 2
    assert added(b"no histogram", None).get_total_count() == 0


def test_threads_lose_nothing() -> None:
    latency = Latency()

    def work() -> None:
        for _ in range(5000):
            latency.record_all([(0.0, "search", 0.001), (0.0, "queue", 0.0)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        latency.figures()
    assert {name: one["count"] for name, one in latency.figures().items()} == {
        "search": 20_000,
        "queue": 20_000,
    }


def test_sums_are_exact() -> None:
    latency = Latency()
    latency.record_all([(0.0, "search", 0.25), (0.0, "search", 0.5)])
    histogram, total = latency.histograms()["search"]
    assert (histogram.get_total_count(), total) == (2, 0.75)
