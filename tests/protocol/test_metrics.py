"""Figures of a running server: latencies by method, mode and stage, the last minute, and history over restarts."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from .conftest import FILES, Client, Connect, session, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERCENTILES = {"count", "p50Ms", "p95Ms", "p99Ms", "maxMs"}


async def test_latency_by_method_mode_and_stage(shop: Client) -> None:
    for mode, query in (
        ("symbol", "cart"),
        ("text", "sesame"),
        ("regex", "op.n"),
        ("semantic", "total price"),
    ):
        await shop.search(query, mode=mode)
    await shop.search("price of the cart", mode="hybrid")
    await shop.names("cart")
    latency = (await shop.ask("lspSearch/stats"))["latency"]
    methods = {"lspSearch/search", "workspace/symbol"}
    modes = {f"search.{mode}" for mode in ("symbol", "text", "regex", "semantic", "hybrid")}
    stages = {f"stage.{stage}" for stage in ("parse", "match", "rank", "fuse", "read", "encode")}
    assert set(latency) >= {"search", "queue", *methods, *modes, *stages}
    assert all(set(figures) == PERCENTILES for figures in latency.values())
    assert sum(latency[mode]["count"] for mode in modes) == latency["search"]["count"] >= 6
    assert latency["queue"]["count"] >= latency["search"]["count"]
    assert latency["stage.match"]["maxMs"] <= latency["search"]["maxMs"]


async def test_a_query_that_is_refused_counts_nothing(connect: Connect) -> None:
    client = await connect()
    await client.sync()
    with pytest.raises(Exception, match="character"):
        await client.search("(", mode="regex")
    assert "search" not in (await client.ask("lspSearch/stats"))["latency"]


async def test_the_last_minute(shop: Client) -> None:
    before = (await shop.ask("lspSearch/stats"))["recent"]["queries"]
    await shop.search("cart", mode="symbol")
    recent = (await shop.ask("lspSearch/stats"))["recent"]
    assert set(recent) == {"seconds", "queries", "queriesPerSecond", "latency"}
    assert (recent["queries"], recent["seconds"]) == (before + 1, 60.0)
    assert recent["queriesPerSecond"] == pytest.approx(recent["queries"] / 60, abs=0.001)
    assert set(recent["latency"]["search.symbol"]) == PERCENTILES


async def test_memory_rates_and_cache(shop: Client) -> None:
    stats = await shop.ask("lspSearch/stats")
    assert set(stats["memory"]["parts"]) >= {"segments", "grams", "texts", "workers", "cache"}
    assert stats["memory"]["limitBytes"] > stats["memory"]["rssBytes"] > stats["memory"]["parts"]["workers"]
    assert stats["memory"]["indexBytes"] == sum(
        stats["memory"]["parts"][part] for part in ("segments", "grams")
    )
    assert stats["rates"]["filesPerMinute"] > 0
    assert stats["rates"]["bytesPerSecond"] > 0
    assert set(stats["cache"]["kinds"]) == {"exact", "refined", "predicted", "disk", "miss"}
    assert set(stats["cache"]["predictions"]) == {"made", "used", "wasted", "waiting"}


async def test_history_outlives_the_server_and_its_index(tmp_path: Path) -> None:
    root, store = write(tmp_path / "workspace", FILES), tmp_path / "store"
    async with session([root], store) as client:
        await client.sync()
        await client.search("cart", mode="symbol")
        assert (await client.ask("lspSearch/history"))["rows"] == []
    _drop_index(store)
    async with session([root], store) as client:
        await client.sync()
        for params in (None, {"minutes": 60}):
            rows = (await client.ask("lspSearch/history", params))["rows"]
            assert sum(row["queries"] for row in rows) == 1
            assert sum(row["files"] for row in rows) == len(FILES)
        assert (await client.ask("lspSearch/history", {"minutes": 0}))["rows"] == []
    row: dict[str, Any] = next(row for row in rows if row["queries"])
    assert set(row) == {
        *("at", "queries", "p50Ms", "p95Ms", "p99Ms", "modes", "hitRate", "files", "rssBytes", "indexBytes"),
        *("queueDepth", "failed", "overflows"),
    }
    assert row["at"] % 60 == 0
    assert row["modes"]["symbol"][0] == 1
    assert row["rssBytes"] > 1 << 20


async def test_history_says_nothing_of_what_was_asked(tmp_path: Path) -> None:
    root, store = (
        write(tmp_path / "workspace", {"hidden/cellar.py": "def zanzibar(): pass\n"}),
        tmp_path / "store",
    )
    async with session([root], store) as client:
        await client.sync()
        await client.search("zanzibar")
        await client.search("kumquat", mode="text")
        stats = str(await client.ask("lspSearch/stats"))
    (database,) = store.glob("*/history.db")
    raw = database.read_bytes()
    for word in ("zanzibar", "kumquat", "hidden", "cellar"):
        assert word.encode() not in raw
        assert word not in stats


async def test_profile(shop: Client) -> None:
    await shop.search("cart", mode="symbol")
    profile = await shop.ask("lspSearch/profile")
    assert set(profile) == {"seconds", "spans", "queries", "files", "advice"}
    spans = {row["name"]: row for row in profile["spans"]}
    assert set(spans["match"]) == {"name", "count", "totalMs", "selfMs"}
    assert {"lspSearch/search", "match", "encode", "queue", "index.extract"} <= set(spans)
    assert spans["lspSearch/search"]["totalMs"] > spans["match"]["totalMs"]
    assert {row["path"] for row in profile["files"]} == set(FILES)
    assert "cart" not in str(profile["queries"]) + str(profile["spans"])
    assert (await shop.ask("lspSearch/profile", {"seconds": 0}))["queries"] == []


def _drop_index(store: Path) -> None:
    (database,) = store.glob("*/index.sqlite3")
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("DROP TABLE files")
