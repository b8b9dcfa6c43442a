"""A small workspace on disk, and clients of the real server: every test talks to a spawned process.

``connect`` starts a server on standard streams for one test; ``shop`` is one client a module for tests that
change nothing; ``raw`` sends bytes as they are, for clients that misbehave; ``listen`` starts a socket server.
Tests wait by ``lspSearch/sync`` or for a message, never by sleeping.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.protocol import JsonRPCNotification, JsonRPCResponseMessage, default_converter
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, LanguageClient, register_lsp_features

SERVE = (sys.executable, "-m", "lsp_search", "serve")
PATIENCE = 60.0
"""Seconds in which a server has ended that is asked to, on the slowest of machines."""

FILES = {
    "shop/cart.py": '''"""The shopping cart."""


class ShoppingCart:
    def add_item(self, item):
        self.items.append(item)

    def total_price(self):
        return sum(item.price for item in self.items)


def checkout_everything(cart):
    return cart.total_price()
''',
    "shop/store.py": "def open_store():\n    return 'open sesame'\n",
    "web/greeting.js": '/* \U0001f600é */ function greetTheWorld() { return "hello"; }\n',
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with a few sources in two languages."""
    return write(tmp_path / "workspace", FILES)


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")
    return root


def variables(store: Path) -> dict[str, str]:
    """A server's environment: its indexes lie in *store*, and SIGABRT has it tell where its threads are."""
    return {**os.environ, "LSP_SEARCH_STORE": str(store), "PYTHONFAULTHANDLER": "1"}


class Client(LanguageClient):
    """A test client that keeps what the server says, and answers what it asks."""

    def __init__(self) -> None:
        super().__init__(converter_factory=_plain_converter)
        self.said: list[tuple[str, Any]] = []
        """Notifications and requests of the server, in order, with their params."""
        self._heard = asyncio.Event()
        register_lsp_features(self, {**DEFAULT_CLIENT_FEATURES, **_features()})

    def hear(self, method: str, params: Any) -> None:
        self.said.append((method, params))
        self._heard.set()

    def heard(self, method: str) -> list[Any]:
        return [params for said, params in self.said if said == method]

    async def until(self, method: str, wanted: Callable[[Any], bool] = lambda _: True) -> Any:
        """The first message *method* whose params are *wanted*, said before or from now on."""
        while True:
            for params in self.heard(method):
                if wanted(params):
                    return params
            self._heard.clear()
            await self._heard.wait()

    async def ask(self, method: str, params: Any = None) -> Any:
        """The result as plain JSON values; *params* go out as they are, right or wrong. Raises JsonRpcException."""
        number = str(uuid.uuid4())
        future = self.protocol._request_futures[number] = Future()
        message = {"jsonrpc": "2.0", "id": number, "method": method}
        self.protocol._send_data(message if params is None else {**message, "params": params})
        return await asyncio.wrap_future(future)

    async def sync(self) -> int:
        generation = (await self.ask("lspSearch/sync"))["generation"]
        assert isinstance(generation, int)
        return generation

    async def search(self, query: str, **params: Any) -> list[dict[str, Any]]:
        result = await self.ask("lspSearch/search", {"query": query, **params})
        items = result["items"]
        assert isinstance(items, list)
        return items

    async def names(self, query: str) -> list[str]:
        """Names that ``workspace/symbol`` finds."""
        found = await self.workspace_symbol_async(types.WorkspaceSymbolParams(query=query)) or []
        return [symbol.name for symbol in found]


def _features() -> dict[str, Callable[..., Any]]:
    """pytest-lsp's own handlers know neither partial results nor registrations, nor our notifications."""

    def listener(method: str) -> Callable[[Client, Any], None]:
        def handler(client: Client, params: Any) -> None:
            client.hear(method, params)

        return handler

    return {
        method: listener(method)
        for method in (
            types.PROGRESS,
            types.WINDOW_SHOW_MESSAGE,
            types.WINDOW_LOG_MESSAGE,
            types.WINDOW_WORK_DONE_PROGRESS_CREATE,
            types.CLIENT_REGISTER_CAPABILITY,
            "lspSearch/statusChanged",
            "lspSearch/metrics",
            "lspSearch/alert",
        )
    }


def _plain_converter() -> Any:
    converter = default_converter()  # type: ignore[no-untyped-call]
    for message in (JsonRPCResponseMessage, JsonRPCNotification):
        converter.register_structure_hook(message, lambda raw, kind: kind(**raw))
    return converter


def capabilities(**general: Any) -> types.ClientCapabilities:
    """A client of today: trees, progress, watching, configuration, UTF-16."""
    return types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(
            workspace_folders=True,
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
            **general.pop("workspace", {}),
        ),
        text_document=types.TextDocumentClientCapabilities(
            document_symbol=types.DocumentSymbolClientCapabilities(hierarchical_document_symbol_support=True)
        ),
        window=types.WindowClientCapabilities(work_done_progress=True),
        general=types.GeneralClientCapabilities(**general),
    )


Connect = Callable[..., Awaitable[Client]]
Listen = Callable[..., tuple[str, str, int]]


@contextlib.asynccontextmanager
async def session(
    folders: Sequence[Path | str],
    store: Path,
    *,
    options: Any = None,
    said: types.ClientCapabilities | None = None,
    configuration: dict[str, Any] | None = None,
    address: tuple[str, str, int] | None = None,
    inside: Sequence[str] = (),
    **more: Any,
) -> AsyncIterator[Client]:
    """An initialized client of a server of its own (*inside*: the command that starts it, such as ``nsenter``), or of
    the one that listens at *address*."""
    client = Client()
    client.set_configuration(configuration or {})
    match address:
        case None:
            await client.start_io(*inside, *SERVE, "--stdio", env=variables(store))
        case ("tcp", host, port):
            await client.start_tcp(host, port)
        case ("ws", host, port):
            await client.start_ws(host, port)
    uris = [folder if isinstance(folder, str) else folder.as_uri() for folder in folders]
    more.setdefault("workspace_folders", [types.WorkspaceFolder(uri, uri) for uri in uris] or None)
    params = types.InitializeParams(
        capabilities=said or capabilities(), process_id=os.getpid(), initialization_options=options, **more
    )
    try:
        client.answer = await client.initialize_session(params)  # type: ignore[attr-defined]
        yield client
        await _shut_down(client)
    except BaseException:
        if client._server is not None and client._server.returncode is None:
            client._server.kill()  # the test has failed; ``stop`` would wait for an end that nobody asked for
        raise
    finally:
        await client.stop()  # type: ignore[no-untyped-call]


async def _shut_down(client: Client) -> None:
    """As editors do. A server that hangs fails the test, and tells on its standard error, which the report shows, where it
    does."""
    try:
        async with asyncio.timeout(PATIENCE):
            await client.shutdown_session()
    except TimeoutError:
        if client._server is not None and client._stderr_forwarder is not None:
            client._stop_event.set()  # its end is no surprise
            client._server.send_signal(signal.SIGABRT)
            client._server.send_signal(signal.SIGCONT)
            await client._stderr_forwarder
        raise AssertionError("asked to shut down, the server hangs") from None


@pytest_asyncio.fixture(loop_scope="module")
async def connect(
    tmp_path: Path,
    workspace: Path,
    listen: Listen,
) -> AsyncIterator[Connect]:
    """Connects to servers on *workspace* (or other *folders*); options as :func:`session` takes them."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(*folders: Path | str, **how: Any) -> Client:
            where = folders or (() if how.pop("rootless", False) else (workspace,))
            return await stack.enter_async_context(session(where, tmp_path / "store", **how))

        yield start


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of an indexed workspace, for tests that only ask."""
    root = tmp_path_factory.mktemp("shop")
    async with session([write(root / "workspace", FILES)], root / "store") as client:
        await client.sync()
        yield client


class Raw:
    """A server on standard streams and the bytes between."""

    def __init__(self, *arguments: str, store: Path) -> None:
        self.process = subprocess.Popen(
            [*SERVE, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables(store),
        )

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, *messages: dict[str, Any]) -> None:
        """All *messages* in one write."""
        self.send_bytes(
            b"".join(frame(json.dumps({"jsonrpc": "2.0", **message}).encode()) for message in messages)
        )

    def receive(self, wanted: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The next message that is *wanted*."""
        assert self.process.stdout is not None
        while True:
            header = self.process.stdout.readline()
            assert header.startswith(b"Content-Length: "), header or f"it ended: {self.process.wait(10)}"
            self.process.stdout.readline()
            message = json.loads(self.process.stdout.read(int(header.split(b":")[1])))
            if wanted(message):
                assert isinstance(message, dict)
                return message

    def answer(self, number: int | str | None) -> dict[str, Any]:
        return self.receive(lambda message: "method" not in message and message.get("id") == number)

    def ask(self, method: str, **more: Any) -> dict[str, Any]:
        self.send({"id": method, "method": method, **more})
        return self.answer(method)

    def initialize(self, root: Path | None = None, **params: Any) -> dict[str, Any]:
        params = {"processId": None, "rootUri": root.as_uri() if root else None, "capabilities": {}, **params}
        result = self.ask("initialize", params=params)
        self.send({"method": "initialized", "params": {}})
        return result

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def end_of_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()


def frame(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[Callable[..., Raw]]:
    """Starts servers to be spoken to in bytes."""
    started: list[Raw] = []

    def start(*arguments: str) -> Raw:
        started.append(Raw(*(arguments or ("--stdio",)), store=tmp_path / "store"))
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Listen]:
    """Starts socket servers; gives (kind, host, port)."""
    started: list[subprocess.Popen[str]] = []

    def start(kind: str, *arguments: str, env: dict[str, str] | None = None) -> tuple[str, str, int]:
        process = subprocess.Popen(
            [*SERVE, f"--{kind}", "127.0.0.1:0", *arguments],
            stderr=subprocess.PIPE,
            text=True,
            env={**variables(tmp_path / "store"), **(env or {})},
        )
        started.append(process)
        assert process.stderr is not None
        found = re.fullmatch(r"listening on (\S+):(\d+)", process.stderr.readline().strip())
        assert found
        return kind, found[1], int(found[2])

    yield start
    for process in started:
        process.terminate()
        try:
            _, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            _, errors = process.communicate()
        assert process.returncode == 0, errors
