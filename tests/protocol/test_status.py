"""Status, progress, figures and what a user can start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from .conftest import Client, Connect, write

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_status(shop: Client) -> None:
    status = await shop.ask("lspSearch/status")
    assert set(status) == {"state", "done", "total", "generation", "message"}
    assert status["state"] == "ready"


async def test_the_last_change_of_the_status_is_always_told(connect: Connect) -> None:
    client = await connect()
    await client.until("lspSearch/statusChanged", lambda status: status["state"] == "ready")


async def test_a_change_is_a_newer_generation(connect: Connect, workspace: Path) -> None:
    client = await connect()
    before = await client.sync()
    (workspace / "shop/store.py").write_text("def another(): pass\n")
    assert await client.sync() > before


@pytest.mark.parametrize("params", [None, {}, []])
async def test_requests_without_params_are_legal(shop: Client, params: Any) -> None:
    assert set(await shop.ask("lspSearch/sync", params)) == {"generation"}
    assert (await shop.ask("lspSearch/status", params))["state"] == "ready"
    assert (await shop.ask("lspSearch/stats", params))["index"]["files"] == 3
    assert set(await shop.ask("lspSearch/profile", params)) >= {"spans", "advice"}
    assert set(await shop.ask("lspSearch/reindex", params)) == {"files", "seconds", "generation"}


async def test_stats_have_the_contracts_shape(shop: Client) -> None:
    await shop.names("cart")
    stats = await shop.ask("lspSearch/stats")
    assert set(stats) >= {"index", "latency", "cache", "memory", "watcher", "queue", "alerts"}
    assert set(stats["index"]) >= {"files", "symbols", "languages", "storeBytes", "generation", "lastUpdate"}
    assert stats["index"]["symbols"] == 6
    assert set(stats["latency"]["workspace/symbol"]) == {"count", "p50Ms", "p95Ms", "p99Ms", "maxMs"}
    assert set(stats["cache"]) >= {"memory", "disk", "hitRate"}
    assert set(stats["memory"]) >= {"rssBytes", "indexBytes"}
    assert set(stats["watcher"]) >= {"mode", "watched", "events", "overflows"}
    assert set(stats["queue"]) >= {"depth", "done", "failed"}


async def test_metrics_come_when_something_changed(connect: Connect, workspace: Path) -> None:
    client = await connect(options={"metrics": {"intervalMs": 50}})
    await client.until("lspSearch/metrics", lambda stats: stats["index"]["files"] == 3)
    (workspace / "shop/store.py").unlink()
    await client.sync()
    await client.until("lspSearch/metrics", lambda stats: stats["index"]["files"] == 2)


async def test_metrics_can_be_turned_off(connect: Connect, workspace: Path) -> None:
    quiet = await connect(options={"metrics": {"intervalMs": 50, "enabled": False}})
    loud = await connect(options={"metrics": {"intervalMs": 50}})
    await quiet.sync()
    await loud.until("lspSearch/metrics", lambda stats: stats["index"]["files"] == 3)
    assert quiet.heard("lspSearch/metrics") == []


async def test_the_first_index_shows_progress(connect: Connect, tmp_path: Path) -> None:
    many = write(tmp_path / "many", {f"file_{n}.py": f"def handler_{n}(): pass\n" for n in range(1500)})
    client = await connect(many)
    token = (await client.until(types.WINDOW_WORK_DONE_PROGRESS_CREATE)).token
    await client.until(types.PROGRESS, lambda said: said.token == token and said.value["kind"] == "end")
    kinds = [said.value["kind"] for said in client.heard(types.PROGRESS) if said.token == token]
    assert (kinds[0], kinds[-1]) == ("begin", "end")
    assert set(kinds[1:-1]) <= {"report"}
    begin = next(said.value for said in client.heard(types.PROGRESS) if said.token == token)
    assert begin["cancellable"] is True


async def test_reindexing_one_file(shop: Client) -> None:
    (found,) = await shop.ask("workspace/symbol", {"query": "open_store"})
    answer = await shop.ask("lspSearch/reindex", {"uris": [found["location"]["uri"]]})
    assert answer["generation"] >= 1
    assert await shop.names("open_store") == ["open_store"]


@pytest.mark.parametrize("uris", [["untitled:x"], [5], "file:///x"])
async def test_reindexing_what_is_no_file_is_refused(shop: Client, uris: Any) -> None:
    with pytest.raises(JsonRpcException, match="uris") as raised:
        await shop.ask("lspSearch/reindex", {"uris": uris})
    assert raised.value.code == -32602


async def test_commands(shop: Client) -> None:
    async def run(command: str, *arguments: Any) -> Any:
        return await shop.ask("workspace/executeCommand", {"command": command, "arguments": list(arguments)})

    assert (await run("lspSearch.showStats"))["index"]["files"] == 3
    assert "3 files" in (await shop.until(types.WINDOW_SHOW_MESSAGE)).message
    assert await run("lspSearch.clearCache") is None
    assert (await run("lspSearch.reindex"))["files"] == 3
    assert await shop.names("open_store") == ["open_store"]


@pytest.mark.parametrize(
    ("command", "arguments", "named"),
    [("lspSearch.nothing", [], "lspSearch.nothing"), ("lspSearch.reindex", [5], "5")],
)
async def test_wrong_commands_are_named(shop: Client, command: str, arguments: list[Any], named: str) -> None:
    with pytest.raises(JsonRpcException, match=named) as raised:
        await shop.ask("workspace/executeCommand", {"command": command, "arguments": arguments})
    assert raised.value.code == -32602
