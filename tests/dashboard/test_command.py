"""``lsp-search dashboard`` as a user starts it, on a folder and beside a running server."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from lsp_search import cli
from lsp_search.server.follow import follow
from tests.protocol.conftest import FILES, Listen, frame, listen, session, write

__all__ = ["listen"]  # a fixture

COMMAND = (sys.executable, "-m", "lsp_search", "dashboard", "--no-open")


class Dashboard:
    """A dashboard in a process of its own, and its stream of messages."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        found = re.fullmatch(r"dashboard on (http://\S+)", self.process.stderr.readline().strip())
        assert found
        self.address = urlsplit(found[1])
        self._connection = http.client.HTTPConnection(self.address.netloc, timeout=60)
        token = self.address.query.removeprefix("token=")
        self._connection.request("GET", "/events", headers={"Authorization": f"Bearer {token}"})
        self._stream = self._connection.getresponse()

    def until(self, kind: str, wanted: Callable[[Any], bool] = lambda _: True) -> Any:
        """The params of the next message *kind* that are *wanted*."""
        while line := self._stream.readline():
            if line.startswith(b"data: "):
                message = json.loads(line.removeprefix(b"data: "))
                if message["type"] == kind and wanted(message["params"]):
                    return message["params"]
        raise AssertionError("the stream has ended")

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=30)
        self._connection.close()
        assert said == ""
        return self.process.returncode


@pytest.fixture
def dashboard() -> Iterator[Callable[..., Dashboard]]:
    started: list[Dashboard] = []

    def start(*arguments: object) -> Dashboard:
        started.append(Dashboard(*map(str, arguments)))
        return started[-1]

    yield start
    for one in started:
        with contextlib.suppress(ProcessLookupError):
            one.process.kill()
        one.process.communicate()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return write(tmp_path / "workspace", FILES)


def test_it_shows_a_folder_and_what_happens_in_it(
    dashboard: Callable[..., Dashboard], workspace: Path, tmp_path: Path
) -> None:
    shown = dashboard(workspace, "--store", tmp_path / "store")
    assert shown.until("connection") == {"state": "live", "source": str(workspace)}
    shown.until("status", lambda status: status["state"] == "ready")
    assert (
        shown.until("metrics", lambda stats: stats["index"]["files"] == len(FILES))["watcher"]["watched"] > 0
    )
    (workspace / "more.py").write_text("def more(): pass\n")
    shown.until("metrics", lambda stats: stats["index"]["files"] == len(FILES) + 1)
    assert shown.end() == 0


def test_a_port_that_is_taken_is_said(
    dashboard: Callable[..., Dashboard], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = dashboard(tmp_path, "--store", tmp_path / "store")
    assert cli.run(["dashboard", str(tmp_path), "--no-open", "--port", str(shown.address.port)]) == 1
    assert f"port {shown.address.port} cannot be listened on" in capsys.readouterr().err


class Heard:
    """What a follower publishes."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, Any]] = []
        self._news = asyncio.Event()

    def publish(self, kind: str, params: Any) -> None:
        self.messages.append((kind, params))
        self._news.set()

    async def until(self, kind: str, wanted: Callable[[Any], bool] = lambda _: True) -> Any:
        """Takes messages away up to the one that is *wanted*."""
        while True:
            while self.messages:
                said, params = self.messages.pop(0)
                if said == kind and wanted(params):
                    return params
            self._news.clear()
            await self._news.wait()


@contextlib.asynccontextmanager
async def following(address: tuple[str, str, int], root: Path | None = None, token: str | None = None) -> Any:
    heard = Heard()
    task = asyncio.create_task(follow(address[1:], root, token, heard.publish))
    try:
        yield heard
    finally:
        task.cancel()
        ended, _ = await asyncio.wait([task], timeout=30)
        assert ended, "it goes on"


def is_lost(connection: dict[str, Any]) -> bool:
    return bool(connection["state"] == "lost")


@pytest.mark.asyncio
async def test_it_follows_what_others_have_open(listen: Listen, workspace: Path, tmp_path: Path) -> None:
    address = listen("tcp")
    async with following(address) as heard:
        assert "no folder is open in this server yet" in (await heard.until("connection", is_lost))["detail"]
        async with session([workspace], tmp_path / "store", address=address) as client:
            await client.sync()
            connection = await heard.until("connection", lambda one: one["state"] == "live")
            assert connection["source"] == f"{address[1]}:{address[2]}"
            await heard.until("status", lambda status: status["state"] == "ready")
            await heard.until("metrics", lambda stats: stats["index"]["files"] == len(FILES))
            await client.search("total")
            await heard.until("metrics", lambda stats: "lspSearch/search" in stats["latency"])


@pytest.mark.asyncio
async def test_a_folder_can_be_named(listen: Listen, workspace: Path, tmp_path: Path) -> None:
    address = listen("tcp")
    other = write(tmp_path / "other", {"one.py": "x = 1\n"})
    async with session([workspace], tmp_path / "store", address=address) as client:
        await client.sync()
        async with following(address, other) as heard:
            assert "this folder is not open" in (await heard.until("connection", is_lost))["detail"]
        async with following(address, workspace / "shop") as heard:
            await heard.until("metrics", lambda stats: stats["index"]["files"] == len(FILES))


@pytest.mark.asyncio
async def test_following_changes_no_settings(listen: Listen, workspace: Path, tmp_path: Path) -> None:
    address = listen("tcp")
    options = {"index": {"exclude": ["web/"]}}
    async with session([workspace], tmp_path / "store", address=address, options=options) as client:
        await client.sync()
        assert await client.names("greetTheWorld") == []
        async with following(address) as heard:
            await heard.until("metrics")
            (workspace / ".lsp-search.toml").write_text('[index]\nexclude = ["shop/"]\n')
            await client.sync()
            assert await client.names("greetTheWorld") == []
            assert await client.names("ShoppingCart") == ["ShoppingCart"]


@pytest.mark.asyncio
async def test_a_server_that_wants_a_token(listen: Listen, workspace: Path, tmp_path: Path) -> None:
    address = listen("tcp", env={"LSP_SEARCH_TOKEN": "open sesame"})
    options = {"token": "open sesame"}
    async with session([workspace], tmp_path / "store", address=address, options=options) as client:
        await client.sync()
        async with following(address, token="wrong") as heard:
            assert "wants a token" in (await heard.until("connection", is_lost))["detail"]
        async with following(address, token="open sesame") as heard:
            await heard.until("metrics")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "said",
    [
        b"{{{",
        b"[1, 2]",
        b"null",
        b'"\xff"',
        b'{"id": 1, "error": "no"}',
        b'{"id": [1], "result": 3}',
        b"[" * 99_999,
    ],
    ids=["no JSON", "list", "null", "no UTF-8", "odd error", "odd id", "deep"],
)
async def test_what_is_no_server_of_ours_is_lost_and_tried_again(said: bytes) -> None:
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(said))
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with following(("tcp", "127.0.0.1", server.sockets[0].getsockname()[1])) as heard:
        for _ in range(2):
            assert "no lsp-search server" in (await heard.until("connection", is_lost))["detail"]
    assert asked == 2
    server.close()


@pytest.mark.asyncio
async def test_a_server_that_goes_away_is_found_again() -> None:
    """By a stand-in that speaks just enough, so that it can leave and come back at the same address."""
    ends: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)
        while line := await reader.readline():
            await reader.readline()
            request = json.loads(await reader.readexactly(int(line.split(b":")[1])))
            if "id" in request:
                result = {"index": {"files": len(ends)}} if request["method"] == "lspSearch/stats" else {}
                known = request["method"] != "lspSearch/history"
                answer = {"result": result} if known else {"error": {"code": -32601, "message": "no"}}
                writer.write(frame(json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer}).encode()))

    first = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = first.sockets[0].getsockname()[1]
    async with following(("tcp", "127.0.0.1", port)) as heard:
        await heard.until("metrics", lambda stats: stats["index"]["files"] == 1)
        first.close()
        ends[0].close()
        await heard.until("connection", is_lost)
        second = await asyncio.start_server(serve, "127.0.0.1", port)
        assert (await heard.until("connection", lambda one: one["state"] == "live"))["source"].endswith(
            str(port)
        )
        await heard.until("metrics", lambda stats: stats["index"]["files"] == 2)
        assert "history" not in [kind for kind, _ in heard.messages], "an older server keeps none"
    second.close()
    for end in ends:
        end.close()


@pytest.mark.asyncio
async def test_it_ends_when_it_is_to_also_in_the_middle_of_a_message() -> None:
    said = frame(b'{"method": "lspSearch/metrics", "params": {}}')

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(said)
                await writer.drain()
                await asyncio.sleep(0)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    for steps in range(20):
        async with following(("tcp", *address)) as heard:
            await heard.until("metrics")
            for _ in range(steps):
                await asyncio.sleep(0)
    server.close()


@pytest.mark.asyncio
async def test_the_command_follows_a_server(
    listen: Listen, dashboard: Callable[..., Dashboard], workspace: Path, tmp_path: Path
) -> None:
    address = listen("tcp")
    async with session([workspace], tmp_path / "store", address=address) as client:
        await client.sync()
        shown = await asyncio.to_thread(dashboard, "--connect", f"{address[1]}:{address[2]}")
        stats = await asyncio.to_thread(shown.until, "metrics", lambda stats: stats["index"]["files"])
        assert stats["index"]["files"] == len(FILES)
        assert await asyncio.to_thread(shown.end) == 0
