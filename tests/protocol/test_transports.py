"""The same conversation over every transport, many clients of one index, and who may connect."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import InvalidStatus

from .conftest import SERVE, Client, Connect, Listen, frame

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("kind", ["stdio", "tcp", "ws"])
async def test_smoke(connect: Connect, listen: Listen, workspace: Path, kind: str) -> None:
    client = await connect(address=None if kind == "stdio" else listen(kind))
    before = await client.sync()
    assert await client.names("total_price") == ["total_price"]
    with pytest.raises(JsonRpcException, match="`mode`"):
        await client.search("x", mode="no such mode")
    item = types.TextDocumentItem((workspace / "new.py").as_uri(), "python", 1, "def é_unsaved(): pass\n")
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    assert await client.sync() > before
    assert await client.names("é_unsaved") == ["é_unsaved"]
    await client.until("lspSearch/statusChanged", lambda status: status["state"] == "ready")


@pytest.mark.parametrize("kind", ["tcp", "ws"])
async def test_clients_of_the_same_roots_share_an_index_and_leave_alone(
    connect: Connect, listen: Listen, workspace: Path, kind: str
) -> None:
    address = listen(kind)
    first, second = await connect(address=address), await connect(address=address)
    item = types.TextDocumentItem((workspace / "new.py").as_uri(), "python", 1, "def only_in_first(): pass\n")
    first.text_document_did_open(types.DidOpenTextDocumentParams(item))
    await first.sync()
    await second.sync()
    assert await second.names("only_in_first") == ["only_in_first"]
    await end(first)
    assert await second.names("total_price") == ["total_price"]
    third = await connect(address=address)
    await third.sync()
    assert "only_in_first" not in await third.names("only_in_first")


async def end(client: Client) -> None:
    await client.shutdown_session()
    client.capabilities = None  # the fixture has nothing left to shut down


async def test_clients_of_other_roots_have_their_own(
    connect: Connect, listen: Listen, tmp_path: Path
) -> None:
    address = listen("tcp")
    other = tmp_path / "other"
    other.mkdir()
    (other / "far.py").write_text("def far_away(): pass\n")
    here, there = await connect(address=address), await connect(other, address=address)
    await here.sync()
    await there.sync()
    assert (await here.names("far_away"), await there.names("far_away")) == ([], ["far_away"])
    event = types.WorkspaceFoldersChangeEvent([types.WorkspaceFolder(other.as_uri(), "other")], [])
    here.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    await here.sync()
    assert await here.names("far_away") == ["far_away"]
    assert "total_price" not in await there.names("total_price")


async def test_fifty_clients(connect: Connect, listen: Listen) -> None:
    address = listen("tcp")
    clients = [await connect(address=address) for _ in range(50)]
    await clients[0].sync()
    found = await asyncio.gather(*(client.names("total_price") for client in clients))
    assert found == [["total_price"]] * 50


@pytest.mark.parametrize("given", [None, "wrong", 5])
@pytest.mark.parametrize("kind", ["tcp", "ws"])
async def test_without_the_token_a_client_is_refused(
    connect: Connect, listen: Listen, tmp_path: Path, kind: str, given: Any
) -> None:
    file = tmp_path / "token"
    file.write_text("a long secret\n")
    address = listen(kind, "--token-file", str(file))
    client = Client()
    client.capabilities = types.ClientCapabilities()
    await (client.start_tcp if kind == "tcp" else client.start_ws)(*address[1:])
    params = types.InitializeParams(client.capabilities, initialization_options={"token": given})
    with pytest.raises(JsonRpcException, match="token"):
        await client.initialize_async(params)
    await client.stop()  # type: ignore[no-untyped-call]
    welcome = await connect(address=address, options={"token": "a long secret"})
    await welcome.sync()
    assert await welcome.names("total_price") == ["total_price"]
    assert welcome.heard(types.WINDOW_SHOW_MESSAGE) == []


async def test_the_connection_ends_after_a_refusal(listen: Listen) -> None:
    _, host, port = listen("tcp", env={"LSP_SEARCH_TOKEN": "secret"})
    reader, writer = await asyncio.open_connection(host, port)
    body = json.dumps(
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}
    ).encode()
    writer.write(frame(body))
    assert b"token" in await reader.read()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
async def test_pages_of_other_sites_may_not_connect(listen: Listen, origin: str) -> None:
    _, host, port = listen("ws")
    with pytest.raises(InvalidStatus, match="403"):
        await websocket(f"ws://{host}:{port}", origin=origin)  # type: ignore[arg-type]
    async with websocket(f"ws://{host}:{port}", origin="http://localhost:3000"):  # type: ignore[arg-type]
        pass


async def test_websocket_messages_are_text(listen: Listen) -> None:
    _, host, port = listen("ws")
    async with websocket(f"ws://{host}:{port}") as socket:
        await socket.send(
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}})
        )
        answer = await socket.recv()
        assert isinstance(answer, str)
        assert json.loads(answer)["result"]["serverInfo"]["name"] == "lsp-search"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--tcp", "0.0.0.0:0"], "token-file"),
        (["--ws", "[::]:0"], "token-file"),
        (["--tcp", "nonsense"], "nonsense"),
        (["--tcp", "127.0.0.1:99999"], "99999"),
        (["--tcp", "0", "--stdio"], "--stdio"),
        (["--tcp", "0", "--token-file", "/no/such/file"], "/no/such/file"),
        (["--log-level", "loud"], "loud"),
    ],
)
async def test_wrong_usage_is_one_line(arguments: list[str], named: str) -> None:
    done = subprocess.run([*SERVE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


async def test_a_taken_port_is_named(listen: Listen) -> None:
    _, host, port = listen("tcp")
    done = subprocess.run([*SERVE, "--tcp", f"{host}:{port}"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert len(done.stderr.splitlines()) == 1


async def test_serving_loads_only_what_it_needs() -> None:
    code = "import sys, lsp_search.cli.serve, lsp_search.server.transport; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "pygls.protocol" in loaded
    assert not loaded & {"rich", "sqlite_utils", "numpy", "websockets", "watchfiles", "lsp_search.workspace"}
