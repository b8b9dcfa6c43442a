"""``lspSearch/alert``: said when it appears, again only after it was over, and what settings do to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from .conftest import Client, Connect, session, write
from .test_machine_limits import Namespace, allowing, flood, halted_server, namespace, on_linux

__all__ = ["namespace"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHAPE = {"level", "metric", "value", "threshold", "message", "advice"}
HANGS = {"shop/hangs.rb": "[" * 50_000}
"""A file whose parser takes too long."""


def options(**alerts: float) -> dict[str, Any]:
    return {"metrics": {"intervalMs": 50}, "alerts": alerts}


def change(client: Client, **alerts: float) -> None:
    """Other settings at run time."""
    settings = {"lspSearch": options(**alerts)}
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=settings))


async def standing(client: Client) -> set[str]:
    return {alert["metric"] for alert in (await client.ask("lspSearch/stats"))["alerts"]}


async def alert(client: Client, metric: str, number: int = 1) -> Any:
    """The alert of *metric*, said for the time *number*."""

    def said() -> list[Any]:
        return [one for one in client.heard("lspSearch/alert") if one["metric"] == metric]

    await client.until("lspSearch/alert", lambda _: len(said()) >= number)
    return said()[number - 1]


async def until_over(client: Client, metric: str) -> None:
    before = len(client.heard("lspSearch/metrics"))

    def is_over(stats: Any) -> bool:
        fresh = any(stats is one for one in client.heard("lspSearch/metrics")[before:])
        return fresh and metric not in {one["metric"] for one in stats["alerts"]}

    await client.until("lspSearch/metrics", is_over)


async def test_p95_over_the_budget(connect: Connect) -> None:
    client = await connect(options=options(p95Ms=0.0001))
    await client.sync()
    for _ in range(20):
        await client.names("cart")
    said = await alert(client, "p95Ms.symbol")
    assert set(said) == SHAPE
    assert (said["level"], said["threshold"]) == ("warning", 0.0001)
    assert said["value"] > 0.0001
    assert "lsp-search profile" in said["advice"]
    assert await standing(client) == {"p95Ms.symbol"}
    change(client, p95Ms=1e9)
    await until_over(client, "p95Ms.symbol")
    change(client, p95Ms=0.0002)
    assert (await alert(client, "p95Ms.symbol", 2))["threshold"] == 0.0002


async def test_files_that_fail_are_said_once_until_they_are_mended(connect: Connect, workspace: Path) -> None:
    write(workspace, HANGS)
    client = await connect(options=options(failedFiles=0))
    assert (await alert(client, "failedFiles"))["value"] == 1
    write(workspace, {"shop/more.rb": "class More; end\n"})  # news, and the alert still stands
    await client.until("lspSearch/metrics", lambda stats: stats["index"]["files"] == 5 and stats["alerts"])
    (workspace / "shop/hangs.rb").write_text("class Mended; end\n")
    await until_over(client, "failedFiles")
    assert len(client.heard("lspSearch/alert")) == 1
    write(workspace, HANGS)
    await alert(client, "failedFiles", 2)


async def test_every_client_is_told(connect: Connect, listen: Any, workspace: Path) -> None:
    write(workspace, HANGS)
    address = listen("tcp")
    first = await connect(address=address, options=options(failedFiles=0))
    await alert(first, "failedFiles")
    second = await connect(address=address, options=options(failedFiles=0))
    await alert(second, "failedFiles")
    assert len(first.heard("lspSearch/alert")) == 1


@on_linux
async def test_too_few_watches(connect: Connect, namespace: Namespace) -> None:
    client = await connect(options=options(), inside=namespace(allowing(2)))
    said = await alert(client, "watcher")
    assert "polling" in said["message"]
    assert "fs.inotify.max_user_watches" in said["advice"]


@on_linux
async def test_more_events_than_the_kernel_keeps(connect: Connect, workspace: Path) -> None:
    client = await connect(options=options(overflows=1))
    await client.sync()
    with halted_server():
        flood(workspace / "shop/cart.py", workspace / "shop/store.py")
    said = await alert(client, "overflows")
    assert said["value"] >= 1
    assert "fs.inotify.max_queued_events" in said["advice"]


async def test_where_all_is_well_nothing_is_said(connect: Connect) -> None:
    client = await connect(options={"metrics": {"intervalMs": 50}})
    await client.sync()
    for _ in range(25):
        await client.names("cart")
    await client.until(
        "lspSearch/metrics", lambda stats: stats["latency"].get("workspace/symbol", {}).get("count") == 25
    )
    assert await standing(client) == set()
    assert client.heard("lspSearch/alert") == []


@pytest.mark.parametrize(
    ("alerts", "named"),
    [
        ({"p95": 3}, "alerts.p95 is not an alert"),
        ({"p95Ms": "fast"}, "alerts.p95Ms"),
        ({"p95Ms": -1}, "alerts.p95Ms"),
    ],
)
async def test_a_wrong_threshold_is_named(workspace: Path, tmp_path: Path, alerts: Any, named: str) -> None:
    async with session([workspace], tmp_path / "store", options={"alerts": alerts}) as client:
        await client.until(types.WINDOW_SHOW_MESSAGE, lambda said: named in said.message)
