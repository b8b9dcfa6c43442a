"""A small client of the real server over its standard streams, with a clock on every answer.

A thread reads messages and notes the time at the last byte of each, before anything is decoded; a request's time runs
from just before its first byte is written. What the server asks is answered like an editor that has no opinions
(UTF-16, no progress, settings by ``initializationOptions``).
"""

from __future__ import annotations

import itertools
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self, cast

import msgspec
import psutil

import lsp_search
from lsp_search.model import LspSearchError

BUSY = ("starting", "indexing")
"""States in which not all is indexed yet."""


class Answer(NamedTuple):
    """What came back for one request."""

    result: Any
    seconds: float
    """From before the request's first byte to after the answer's last."""
    bytes: int
    at: float
    """``time.perf_counter()`` at the last byte."""


class _Message(msgspec.Struct):
    id: int | str | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"null")
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Any = None


class _Progress(msgspec.Struct):
    token: int | str


class _Arrived(NamedTuple):
    message: _Message
    at: float
    bytes: int


_UNSETTLED = 100
"""So many files may be read by every text search rather than be in its index."""


class Client:
    """A spawned server and an initialized conversation with it. Requests may come from several threads."""

    def __init__(self, root: Path, store: Path, settings: dict[str, Any], name: str = "benchmarks") -> None:
        """*name*: whom it says it is."""
        self.root = root
        self.messages: list[str] = []
        """What the server wanted its user to read."""
        self.first_parts: dict[int | str, float] = {}
        """When the first results for a token came."""
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue[_Arrived | None]] = {}
        self._sending = threading.Lock()
        package = str(Path(lsp_search.__file__).parent.parent)
        path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
        self.spawned = time.perf_counter()
        self._server = subprocess.Popen(
            [sys.executable, "-m", "lsp_search", "serve", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "LSP_SEARCH_STORE": str(store), "PYTHONPATH": path},
        )
        self._in = cast("BinaryIO", self._server.stdin)
        self._out = cast("BinaryIO", self._server.stdout)
        self._reader = threading.Thread(target=self._read, name="client", daemon=True)
        self._reader.start()
        self.initialized = self._initialize(settings, name)
        """Seconds from spawn to the answer of ``initialize``."""

    def _initialize(self, settings: dict[str, Any], name: str) -> float:
        folder = {"uri": self.root.as_uri(), "name": self.root.name}
        params = {
            "processId": os.getpid(),
            "clientInfo": {"name": name},
            "rootUri": None,
            "capabilities": {"workspace": {"workspaceFolders": True}},
            "workspaceFolders": [folder],
            "initializationOptions": settings,
        }
        answer = self.request("initialize", params)
        self.notify("initialized", {})
        return answer.at - self.spawned

    # -- talking ---------------------------------------------------------------------------------

    def request(self, method: str, params: Any = None, timeout: float = 600.0) -> Answer:
        """The answer, decoded after its time was taken. Raises LspSearchError for an error, and TimeoutError."""
        number = next(self._numbers)
        arrived = self._waiting[number] = queue.SimpleQueue()
        data = _framed({"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}})
        began = time.perf_counter()
        self._send(data)
        try:
            answer = arrived.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"{method} was not answered within {timeout:g} s") from None
        finally:
            self._waiting.pop(number, None)
        if answer is None:
            raise LspSearchError(f"the server ended before it answered {method}{self._last_words()}")
        if answer.message.error is not None:
            raise LspSearchError(f"{method}: {answer.message.error}")
        return Answer(msgspec.json.decode(answer.message.result), answer.at - began, answer.bytes, answer.at)

    def notify(self, method: str, params: Any) -> None:
        self._send(_framed({"jsonrpc": "2.0", "method": method, "params": params}))

    def symbols(self, query: str) -> Answer:
        return self.request("workspace/symbol", {"query": query})

    def finds(self, name: str) -> Answer | None:
        """The answer of ``workspace/symbol`` if it holds a symbol of exactly this name."""
        answer = self.symbols(name)
        return answer if any(symbol["name"] == name for symbol in answer.result or ()) else None

    def configure(self, settings: dict[str, Any]) -> None:
        """Pushes settings by dotted key, over those given at the start."""
        self.notify("workspace/didChangeConfiguration", {"settings": {"lspSearch": settings}})

    def sync(self) -> Answer:
        return self.request("lspSearch/sync")

    def stats(self) -> Any:
        return self.request("lspSearch/stats").result

    def status(self) -> Answer:
        return self.request("lspSearch/status")

    def until_ready(self, pause: float = 0.02) -> float:
        """Waits until everything is indexed; seconds from spawn. Raises LspSearchError when that fails."""
        while True:
            answer = self.status()
            if answer.result["state"] == "degraded":
                raise LspSearchError(f"indexing {self.root} ended degraded: {answer.result['message']}")
            if answer.result["state"] not in BUSY:
                return answer.at - self.spawned
            time.sleep(pause)

    # -- bytes -----------------------------------------------------------------------------------

    def until_settled(self, pause: float = 0.5) -> float:
        """Waits until the index of texts is made, too; returns the seconds that took."""
        began = time.monotonic()
        while (index := self.stats()["index"])["textFiles"] < index["files"] - _UNSETTLED:
            time.sleep(pause)
        return time.monotonic() - began

    def _send(self, data: bytes) -> None:
        try:
            with self._sending:
                self._in.write(data)
                self._in.flush()
        except OSError as error:
            raise LspSearchError(
                f"the server does not listen any more ({error}){self._last_words()}"
            ) from error

    def _read(self) -> None:
        while (body := self._body()) is not None:
            at = time.perf_counter()
            message = msgspec.json.decode(body, type=_Message)
            if message.method is not None:
                self._heard(message)
            elif isinstance(message.id, int) and (waiting := self._waiting.get(message.id)):
                waiting.put(_Arrived(message, at, len(body)))
        for waiting in list(self._waiting.values()):
            waiting.put(None)

    def _body(self) -> bytes | None:
        """The next message; None when the server has closed its stream."""
        length = None
        while line := self._out.readline():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif line == b"\r\n" and length is not None:
                body = self._out.read(length)
                return body if len(body) == length else None
        return None

    def _heard(self, message: _Message) -> None:
        if message.method == "$/progress":
            token = msgspec.json.decode(message.params, type=_Progress).token
            self.first_parts.setdefault(token, time.perf_counter())
        if message.id is not None:
            result: Any = [{}] if message.method == "workspace/configuration" else None
            self._send(_framed({"jsonrpc": "2.0", "id": message.id, "result": result}))
        elif message.method in ("window/showMessage", "window/logMessage"):
            self.messages.append(msgspec.json.decode(message.params)["message"])

    def _last_words(self) -> str:
        self._log.seek(0)
        said = self._log.read().decode(errors="replace").strip()
        return f"; it said: {said[-2000:]}" if said else ""

    # -- the process -----------------------------------------------------------------------------

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self._server.pid)

    def close(self) -> None:
        """Ends the conversation as an editor does, and the server if it lingers."""
        if self._server.poll() is None:
            try:
                self.request("shutdown", timeout=10)
                self.notify("exit", None)
                self._server.wait(10)
            except (LspSearchError, TimeoutError, subprocess.TimeoutExpired):
                self._server.kill()
                self._server.wait()
        self._reader.join()
        self._in.close()
        self._out.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _framed(message: dict[str, Any]) -> bytes:
    body = msgspec.json.encode(message)
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
