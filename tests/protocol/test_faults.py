"""A fault of the server's own: what the client is told, and that everything goes on."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from .conftest import Client, Connect, Raw, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "/home/somebody/secret"


def meddle(store: Path, statement: str) -> None:
    """Another process writes into the database what lsp-search never would."""
    (database,) = store.glob("*/index.sqlite3")
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(statement)


# A date that is none: reading it fails with a message that quotes it.
NO_DATE = f"UPDATE meta SET value = '{SECRET}' WHERE key = 'updated'"


async def test_the_answer_names_the_kind_of_a_fault_and_nothing_local(
    connect: Connect, workspace: Path, tmp_path: Path
) -> None:
    client = await connect(options={"metrics": {"enabled": False}})
    await client.sync()
    meddle(tmp_path / "store", NO_DATE)
    with pytest.raises(JsonRpcException) as raised:
        await client.ask("lspSearch/stats")
    assert raised.value.code == -32603
    assert "lspSearch/stats failed inside the server (ValueError)" in raised.value.message
    said = json.dumps([raised.value.message, raised.value.data])
    for local in ("Traceback", "lsp_search/", ".py", SECRET, str(workspace), str(tmp_path)):
        assert local not in said
    assert await client.names("open_store") == ["open_store"]
    assert client.heard("window/showMessage") == []
    (workspace / "shop/store.py").unlink()
    await client.sync()  # writes a date
    assert (await client.ask("lspSearch/stats"))["index"]["files"] == 2


async def test_a_table_that_is_gone_is_survived(connect: Connect, workspace: Path, tmp_path: Path) -> None:
    client = await connect(options={"metrics": {"enabled": False}})
    await client.sync()
    uri = (await client.search("total_price"))[0]["location"]["uri"]
    meddle(tmp_path / "store", "DROP TABLE files")
    with pytest.raises(JsonRpcException, match=r"\(OperationalError\)") as raised:
        await client.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert raised.value.code == -32603
    await survives(client, workspace)


async def test_a_table_that_is_gone_holds_no_barrier_up(
    connect: Connect, workspace: Path, tmp_path: Path
) -> None:
    client = await connect(options={"metrics": {"enabled": False}})
    await client.sync()
    meddle(tmp_path / "store", "DROP TABLE packed")
    await survives(client, workspace)


async def survives(client: Client, workspace: Path) -> None:
    write(workspace, {f"new/file_{n}.py": f"def new_{n}(): pass\n" for n in range(20)})
    await client.sync()
    assert await client.names("open_store") == ["open_store"]
    assert len(await client.search("^new_", mode="symbol")) == 20
    uri = (workspace / "new/file_7.py").as_uri()
    outline = await client.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert [symbol["name"] for symbol in outline] == ["new_7"]


@pytest.mark.timeout(30)
async def test_metrics_go_on_after_a_fault_and_the_log_has_it(
    raw: Callable[..., Raw], workspace: Path, tmp_path: Path
) -> None:
    def metrics(files: int) -> Callable[[dict[str, Any]], bool]:
        def wanted(message: dict[str, Any]) -> bool:
            return (
                message.get("method") == "lspSearch/metrics" and message["params"]["index"]["files"] == files
            )

        return wanted

    server = raw()
    server.initialize(workspace, initializationOptions={"metrics": {"intervalMs": 50}})
    server.receive(metrics(3))
    server.ask("lspSearch/sync")
    meddle(tmp_path / "store", NO_DATE)
    assert server.process.stderr is not None
    logged = b""
    while SECRET.encode() not in logged:
        logged += server.process.stderr.readline()
    assert b"Traceback" in logged
    (workspace / "shop/store.py").unlink()
    server.ask("lspSearch/sync")
    server.receive(metrics(2))
