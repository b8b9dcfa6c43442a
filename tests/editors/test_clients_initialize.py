"""What editors that do not run here say and answer, in the first exchange: written down from their sources.

Each is a client as far as the server can tell them apart: what it says in ``initialize``, how it hands over settings, and
what it answers when it is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.conftest import FILES, Raw, write

LINE = FILES["web/greeting.js"]
NAME = "greetTheWorld"
SETTINGS = {"search": {"limit": 2}}

REFUSED = {"error": {"code": -32601, "message": "method not found"}}
SILENCE: dict[str, Any] = {}
ALL_KINDS = list(range(1, 27))


@dataclass(frozen=True)
class Editor:
    says: dict[str, Any]
    """Of ``initialize``, beside the roots."""
    encoding: str = "utf-16"
    roots: tuple[str, ...] = ("rootUri", "rootPath", "workspaceFolders")
    options: bool = True
    """Settings are given as ``initializationOptions``."""
    pushes: bool = False
    """Settings are given in ``didChangeConfiguration``, under the section's name."""
    answers: dict[str, Any] = field(default_factory=dict)
    """By method; a method that is not here is refused."""
    params_of_shutdown: dict[str, Any] = field(default_factory=dict)


ACCEPTS = {"client/registerCapability": {"result": None}, "window/workDoneProgress/create": {"result": None}}

EDITORS = {
    "helix": Editor(
        says={
            "clientInfo": {"name": "helix", "version": "25.07.1"},
            "trace": None,
            "capabilities": {
                "workspace": {
                    "configuration": True,
                    "didChangeConfiguration": {"dynamicRegistration": False},
                    "workspaceFolders": True,
                    "applyEdit": True,
                    "symbol": {"dynamicRegistration": False},
                    "executeCommand": {"dynamicRegistration": False},
                    "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": False},
                    "fileOperations": {"willRename": True, "didRename": True},
                },
                "textDocument": {"publishDiagnostics": {"versionSupport": True}},
                "window": {"workDoneProgress": True},
                "general": {"positionEncodings": ["utf-8", "utf-32", "utf-16"]},
            },
        },
        encoding="utf-8",
        answers={**ACCEPTS, "workspace/configuration": {"result": [None]}},
    ),
    "kate": Editor(
        says={
            "capabilities": {
                "textDocument": {
                    "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
                    "synchronization": {"didSave": True},
                },
                "window": {"workDoneProgress": True, "showMessage": {"messageActionItem": {}}},
            },
        },
        roots=("rootUri", "rootPath"),
        answers=ACCEPTS,
        params_of_shutdown={"params": {}},
    ),
    "sublime": Editor(
        says={
            "clientInfo": {"name": "Sublime Text LSP", "version": "2.4.0"},
            "capabilities": {
                "general": {
                    "regularExpressions": {"engine": "ECMAScript"},
                    "markdown": {"parser": "Python-Markdown", "version": "3.2.2"},
                },
                "textDocument": {
                    "documentSymbol": {
                        "dynamicRegistration": True,
                        "hierarchicalDocumentSymbolSupport": True,
                        "symbolKind": {"valueSet": ALL_KINDS},
                        "tagSupport": {"valueSet": [1]},
                    },
                },
                "workspace": {
                    "configuration": True,
                    "didChangeConfiguration": {"dynamicRegistration": True},
                    "workspaceFolders": True,
                    "symbol": {
                        "dynamicRegistration": True,
                        "symbolKind": {"valueSet": ALL_KINDS},
                        "tagSupport": {"valueSet": [1]},
                        "resolveSupport": {"properties": ["location.range"]},
                    },
                },
                "window": {"workDoneProgress": True, "showDocument": {"support": True}},
            },
        },
        options=False,
        answers={**ACCEPTS, "workspace/configuration": {"result": [SETTINGS]}},
    ),
    "zed": Editor(
        says={
            "clientInfo": {"name": "Zed", "version": "0.200.0"},
            "capabilities": {
                "general": {"positionEncodings": ["utf-16"]},
                "workspace": {
                    "configuration": True,
                    "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
                    "didChangeConfiguration": {"dynamicRegistration": True},
                    "workspaceFolders": True,
                    "symbol": {"resolveSupport": None},
                },
                "textDocument": {"synchronization": {"didSave": True}},
                "window": {"workDoneProgress": True, "showMessage": {"messageActionItem": None}},
                "experimental": {"serverStatusNotification": True, "localDocs": True},
            },
        },
        roots=("rootUri", "workspaceFolders"),
        options=False,
        answers={**ACCEPTS, "workspace/configuration": {"result": [SETTINGS]}},
    ),
    "eglot": Editor(
        says={
            "clientInfo": {"name": "Eglot", "version": "1.17"},
            "capabilities": {
                "workspace": {
                    "applyEdit": True,
                    "executeCommand": {"dynamicRegistration": False},
                    "didChangeWatchedFiles": {"dynamicRegistration": True},
                    "symbol": {"dynamicRegistration": False},
                    "configuration": True,
                    "workspaceFolders": True,
                },
                "textDocument": {
                    "documentSymbol": {
                        "dynamicRegistration": False,
                        "hierarchicalDocumentSymbolSupport": True,
                        "symbolKind": {"valueSet": ALL_KINDS},
                    },
                },
                "window": {"showDocument": {"support": True}, "workDoneProgress": True},
                "general": {"positionEncodings": ["utf-32", "utf-8", "utf-16"]},
                "experimental": {},
            },
        },
        encoding="utf-32",
        options=False,
        answers={**ACCEPTS, "workspace/configuration": {"result": [SETTINGS]}},
    ),
    "lsp-mode": Editor(
        says={
            "clientInfo": {"name": "emacs", "version": "GNU Emacs 28.2"},
            "workDoneToken": "1",
            "capabilities": {
                "workspace": {
                    "applyEdit": True,
                    "symbol": {"symbolKind": {"valueSet": ALL_KINDS}},
                    "didChangeWatchedFiles": {"dynamicRegistration": True},
                    "workspaceFolders": True,
                    "configuration": True,
                    "fileOperations": {"didCreate": False, "didRename": False, "didDelete": False},
                },
                "textDocument": {
                    "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
                    "foldingRange": None,
                    "moniker": None,
                },
                "window": {"workDoneProgress": True, "showMessage": None, "showDocument": None},
            },
        },
        roots=("rootUri", "rootPath"),
        answers={**ACCEPTS, "workspace/configuration": {"result": [None]}},
    ),
    "coc": Editor(
        says={
            "clientInfo": {"name": "coc.nvim", "version": "0.0.82"},
            "locale": "en",
            "trace": "off",
            "capabilities": {
                "general": {"positionEncodings": ["utf-16"]},
                "workspace": {
                    "configuration": True,
                    "didChangeConfiguration": {"dynamicRegistration": True},
                    "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
                    "workspaceFolders": True,
                    "symbol": {
                        "dynamicRegistration": True,
                        "symbolKind": {"valueSet": ALL_KINDS},
                        "tagSupport": {"valueSet": [1]},
                        "resolveSupport": {"properties": ["location.range"]},
                    },
                    "fileOperations": {"dynamicRegistration": True, "didCreate": True, "didRename": True},
                },
                "window": {"workDoneProgress": True, "showDocument": {"support": True}},
            },
        },
        options=False,
        pushes=True,
        answers={**ACCEPTS, "workspace/configuration": {"result": [SETTINGS]}},
    ),
}


class Session:
    """The exchange of *editor* with a server on *root*: answers the server meanwhile as the editor does."""

    def __init__(self, server: Raw, editor: Editor, root: Path) -> None:
        self._server = server
        self._editor = editor
        self._asked = 0
        uri = root.as_uri()
        roots = {
            "rootUri": uri,
            "rootPath": str(root),
            "workspaceFolders": [{"uri": uri, "name": root.name}],
        }
        options = {"initializationOptions": SETTINGS} if editor.options else {}
        self.said = self.ask(
            "initialize",
            {"processId": os.getpid(), **editor.says, **{key: roots[key] for key in editor.roots}, **options},
        )
        server.send({"method": "initialized", "params": {}})
        if editor.pushes:
            settings = {"settings": {"lspSearch": SETTINGS}}
            server.send({"method": "workspace/didChangeConfiguration", "params": settings})

    def ask(self, method: str, params: Any) -> Any:
        """The result of a request."""
        self._asked += 1
        self._server.send({"id": self._asked, "method": method, "params": params})
        return self.answer(self._asked)

    def answer(self, number: int) -> Any:
        while True:
            message = self._server.receive()
            if "method" not in message and message["id"] == number:
                assert "error" not in message, message
                return message["result"]
            if "method" in message and "id" in message:
                answer = self._editor.answers.get(message["method"], REFUSED)
                if answer is not SILENCE:
                    self._server.send({"id": message["id"], **answer})

    def symbols(self, query: str) -> list[dict[str, Any]]:
        found = self.ask("workspace/symbol", {"query": query})
        assert isinstance(found, list)
        return found

    def end(self) -> int:
        """Leaves without waiting for an answer in between, as some do; the server's exit status."""
        farewell = {"id": 0, "method": "shutdown", **self._editor.params_of_shutdown}
        self._server.send(farewell, {"method": "exit", **self._editor.params_of_shutdown})
        assert self.answer(0) is None
        return self._server.process.wait(20)


Start = Callable[[Editor], Session]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server on a small workspace for an editor."""
    servers: list[Raw] = []
    root = write(tmp_path / "work space", FILES)

    def started(editor: Editor) -> Session:
        servers.append(Raw("--stdio", store=tmp_path / "store"))
        return Session(servers[-1], editor, root)

    yield started
    for server in servers:
        server.kill()


def units(text: str, encoding: str) -> int:
    """The length of *text* as positions count it."""
    if encoding == "utf-8":
        return len(text.encode())
    return len(text.encode("utf-16-le")) // 2 if encoding == "utf-16" else len(text)


@pytest.mark.parametrize("name", EDITORS)
def test_an_editor_finds_symbols_with_their_places(name: str, start: Start) -> None:
    editor = EDITORS[name]
    session = start(editor)
    assert session.said["serverInfo"]["name"] == "lsp-search"
    assert session.said["capabilities"]["positionEncoding"] == editor.encoding
    session.ask("lspSearch/sync", {})
    (symbol,) = session.symbols(NAME)
    assert symbol["name"] == NAME
    assert symbol["location"]["uri"].endswith("/work%20space/web/greeting.js")
    if "range" not in symbol["location"]:  # only for those that said that they ask for it
        assert session.said["capabilities"]["workspaceSymbolProvider"]["resolveProvider"]
        symbol = session.ask("workspaceSymbol/resolve", symbol)
    begin = units(LINE[: LINE.index(NAME)], editor.encoding)
    assert symbol["location"]["range"] == {
        "start": {"line": 0, "character": begin},
        "end": {"line": 0, "character": begin + len(NAME)},
    }
    assert session.end() == 0


@pytest.mark.parametrize("name", EDITORS)
def test_an_editor_that_filters_by_name_gets_a_name_that_it_shows(name: str, start: Start) -> None:
    session = start(EDITORS[name])
    session.ask("lspSearch/sync", {})
    (symbol,) = session.symbols("ShoppingCart.total")
    shown = {"zed", "sublime"}
    assert symbol["name"] == ("ShoppingCart.total_price" if name in shown else "total_price")
    assert session.end() == 0


@pytest.mark.parametrize("name", EDITORS)
def test_settings_count_the_way_an_editor_gives_them(name: str, start: Start) -> None:
    session = start(EDITORS[name])
    session.ask("lspSearch/sync", {})
    assert len(session.symbols("e")) == 2
    assert session.end() == 0


@pytest.mark.parametrize(
    "answer",
    [
        SILENCE,
        REFUSED,
        {"result": None},
        {"result": []},
        {"result": {}},
        {"result": "no"},
        {"result": [[1]]},
        {"error": {"code": 1, "message": "?", "data": {"stack": ["…"]}}},
    ],
    ids=["silence", "refusal", "null", "nothing", "object", "text", "list", "error"],
)
def test_an_editor_that_answers_nonsense_loses_nothing(answer: dict[str, Any], start: Start) -> None:
    asked = ("client/registerCapability", "window/workDoneProgress/create", "workspace/configuration")
    editor = Editor(EDITORS["coc"].says, answers=dict.fromkeys(asked, answer))
    session = start(editor)
    session.ask("lspSearch/sync", {})
    assert [symbol["name"] for symbol in session.symbols(NAME)] == [NAME]
    assert len(session.symbols("e")) == 2, "what initializationOptions say stays"
    assert session.end() == 0
