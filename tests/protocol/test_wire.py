"""The wire itself: what clients that misbehave are told, cancelling, and how the process ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from .conftest import Raw, frame

Start = Callable[..., Raw]


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Raw]:
    """One server that hears all the noise."""
    server = Raw("--stdio", store=tmp_path_factory.mktemp("store"))
    server.initialize()
    yield server
    server.kill()


@pytest.mark.parametrize("method", ["workspace/symbol", "lspSearch/search", "shutdown", "no/such"])
def test_requests_before_initialize_are_refused(raw: Start, method: str) -> None:
    server = raw()
    assert server.ask(method, params={"query": "x"})["error"]["code"] == -32002
    assert "capabilities" in server.initialize()["result"]


def test_a_second_initialize_is_refused(raw: Start) -> None:
    server = raw()
    server.initialize()
    assert server.ask("initialize", params={"capabilities": {}})["error"]["code"] == -32600


def test_requests_after_shutdown_are_refused(raw: Start) -> None:
    server = raw()
    server.initialize()
    assert server.ask("shutdown")["result"] is None
    assert server.ask("lspSearch/status")["error"]["code"] == -32600


@pytest.mark.parametrize(
    "noise",
    [
        b"hello\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"\x00\xff" * 1000 + b"\n",
        b"x" * 200_000 + b"\r\n",
        b"Content-Length: nonsense\r\n\r\n",
        b"Content-Type: x\r\ncontent-length: 2\r\n\r\n{}",
        frame(b"not json"),
        frame(b'"\xff\xfe"'),
        frame(b"[]"),
        frame(b"null"),
        frame(b"[" * 100_000),
        frame(b'{"jsonrpc": "1.0", "id": 1, "method": "lspSearch/status"}'),
        frame(b'{"jsonrpc": "2.0", "id": {}, "method": "lspSearch/status"}'),
        frame(b'{"jsonrpc": "2.0", "id": 7, "method": 5}'),
        frame(b'{"jsonrpc": "2.0", "id": 7, "result": "nobody asked"}'),
        frame(b'{"jsonrpc": "2.0", "id": 7, "error": {"code": 1, "message": "x"}}'),
        frame(b'{"jsonrpc": "2.0", "id": 7, "error": "x"}'),
        frame(b'{"jsonrpc": "2.0", "method": "$/unknown", "params": {"x": 1}}'),
        frame(b'{"jsonrpc": "2.0", "method": "unknown/notification"}'),
        frame(b'{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "never heard of"}}'),
        frame(b'{"jsonrpc": "2.0", "method": "$/cancelRequest"}'),
        frame(b'{"jsonrpc": "2.0", "method": "$/setTrace", "params": {"value": "verbose"}}'),
        frame(b'{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": 5}}'),
        frame(b'{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {"textDocument": {"uri": "file:///x", "version": 1}, "contentChanges": []}}'),
        frame(b'{"jsonrpc": "2.0", "method": "lspSearch/picked", "params": {"rank": "high"}}'),
        frame(b'{"jsonrpc": "2.0", "method": "window/workDoneProgress/cancel", "params": {"token": 5}}'),
    ],
)  # fmt: skip
def test_noise_is_survived(patient: Raw, noise: bytes) -> None:
    patient.send_bytes(noise)
    assert "state" in patient.ask("lspSearch/status")["result"]


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"not json", -32700), (b"[]", -32600), (b'{"id": 1, "method": "lspSearch/status"}', -32600)],
)
def test_what_is_no_message_is_answered_without_an_id(raw: Start, body: bytes, code: int) -> None:
    server = raw()
    server.send_bytes(frame(body))
    answer = server.receive()
    assert answer["id"] is None
    assert answer["error"]["code"] == code


def test_unknown_methods_are_named(raw: Start) -> None:
    server = raw()
    server.initialize()
    error = server.ask("no/such", params={"jsonrpc": "2.0"})["error"]
    assert error["code"] == -32601
    assert "no/such" in error["message"]


def test_half_a_surrogate_pair_is_text_like_any_other(raw: Start, workspace: Path) -> None:
    server = raw()
    server.initialize(workspace)
    uri = (workspace / "web/half.js").as_uri()
    item = {
        "uri": uri,
        "languageId": "javascript",
        "version": 1,
        "text": "/* \ud83d */ function halfPair() {}\n",
    }
    server.send({"method": "textDocument/didOpen", "params": {"textDocument": item}})
    server.ask("lspSearch/sync")
    (found,) = server.ask("workspace/symbol", params={"query": "halfPair"})["result"]
    assert found["location"]["range"]["start"] == {"line": 0, "character": 17}


def test_errors_tell_no_local_paths(raw: Start, workspace: Path) -> None:
    server = raw()
    server.initialize(workspace)
    server.ask("lspSearch/sync")
    for query, mode in (("(", "regex"), ("nope:x", "symbol"), ("x", "no such mode")):
        error = server.ask("lspSearch/search", params={"query": query, "mode": mode})["error"]
        assert "Traceback" not in json.dumps(error)
        assert "/lsp_search/" not in json.dumps(error)


@pytest.mark.parametrize(
    "method", ["workspace/symbol", "lspSearch/search", "lspSearch/sync", "lspSearch/reindex"]
)
def test_a_cancelled_request_is_answered_as_cancelled(raw: Start, workspace: Path, method: str) -> None:
    server = raw()
    server.initialize(workspace)
    server.ask("lspSearch/sync")
    server.send(
        {"id": 1, "method": method, "params": {"query": "cart"}},
        {"method": "$/cancelRequest", "params": {"id": 1}},
        {"id": 2, "method": "lspSearch/status"},
    )
    assert server.answer(1)["error"]["code"] == -32800
    assert server.ask(method, params={"query": "cart"})["result"] is not None


def test_exit_after_shutdown_is_success(raw: Start, workspace: Path) -> None:
    server = raw()
    server.initialize(workspace)
    server.ask("lspSearch/sync")
    server.ask("shutdown")
    server.send({"method": "exit"})
    assert server.process.wait(20) == 0


@pytest.mark.parametrize("initialized", [True, False])
def test_exit_without_shutdown_is_failure(raw: Start, initialized: bool) -> None:
    server = raw()
    if initialized:
        server.initialize()
    server.send({"method": "exit"})
    assert server.process.wait(20) == 1


def test_the_end_of_input_ends_the_server_and_its_processes(raw: Start, workspace: Path) -> None:
    server = raw()
    server.initialize(workspace)
    server.ask("lspSearch/sync")
    children = psutil.Process(server.process.pid).children(recursive=True)
    server.end_of_input()
    assert server.process.wait(20) == 1
    gone, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []
    assert len(gone) == len(children)


def test_input_may_end_in_the_middle_of_a_message(raw: Start) -> None:
    server = raw()
    server.initialize()
    server.send_bytes(b"Content-Length: 500\r\n\r\n{")
    server.end_of_input()
    assert server.process.wait(20) == 1


def test_the_server_ends_with_the_editors_process(raw: Start) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as editor:
        server = raw()
        server.initialize(processId=editor.pid)
        server.ask("lspSearch/sync")
        assert server.process.poll() is None
        editor.kill()
    assert server.process.wait(20) == 1


def test_a_signal_ends_the_server(raw: Start, workspace: Path) -> None:
    server = raw()
    server.initialize(workspace)
    server.ask("lspSearch/sync")
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 1


@pytest.mark.parametrize("arguments", [("--stdio",), ()])
def test_bare_serve_speaks_on_standard_streams(raw: Start, arguments: tuple[str, ...]) -> None:
    assert "capabilities" in raw(*arguments, "--log-level", "error").initialize()["result"]


def test_nothing_but_the_protocol_is_on_standard_output(raw: Start, workspace: Path) -> None:
    server = raw("--log-level", "debug")
    server.initialize(workspace)
    server.ask("lspSearch/sync")
    server.ask("shutdown")
    server.send({"method": "exit"})
    assert server.process.stdout is not None
    rest = server.process.stdout.read()
    while rest:
        header, _, rest = rest.partition(b"\r\n\r\n")
        assert header.startswith(b"Content-Length: "), header
        length = int(header.split(b":")[1])
        json.loads(rest[:length])
        rest = rest[length:]
