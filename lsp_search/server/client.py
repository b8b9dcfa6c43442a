"""What the client can do, read once from its capabilities into plain flags.

The rest of the server never looks into ``ClientCapabilities``: what a flag stands for, and which
client lies about it, is known here alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import psutil
from lsprotocol import types

from lsp_search.files.positions import Encoding

_FILTERING = re.compile(r"code|codium|cursor|windsurf|zed|sublime", re.IGNORECASE)
"""Names of editors that are VS Code underneath, and of others that filter as it does; no capability tells."""


@dataclass(frozen=True, slots=True)
class Client:
    name: str
    encoding: Encoding
    """What a position's ``character`` counts."""
    filters_names: bool
    """It drops symbols whose name does not hold the letters of the query (VS Code and its kin, Zed, Sublime Text)."""
    resolves_symbols: bool
    """``workspaceSymbol/resolve`` may fill in a range later."""
    hierarchical_symbols: bool
    """``documentSymbol`` may answer a tree."""
    pulls_configuration: bool
    registers_configuration: bool
    """``didChangeConfiguration`` comes only once it is registered (VS Code)."""
    registers_watchers: bool
    """``didChangeWatchedFiles`` can be registered (Neovim on Linux says no)."""
    shows_progress: bool
    """The server may create work-done progress."""
    file_operations: frozenset[str]
    """Of ``did_create``, ``did_rename``, ``did_delete``: what the client reports."""
    process_id: int | None
    """The editor's process; None too where it is none of this machine (a client in another container)."""


def read(params: types.InitializeParams) -> Client:
    """The flags of a client from what it says in ``initialize``."""
    said = params.capabilities

    def has(path: str) -> bool:
        return bool(_at(said, path))

    operations = ("did_create", "did_rename", "did_delete")
    return Client(
        name=params.client_info.name if params.client_info else "",
        encoding=_encoding(said),
        filters_names=bool(params.client_info and _FILTERING.search(params.client_info.name)),
        resolves_symbols="location.range" in (_at(said, "workspace.symbol.resolve_support.properties") or ()),
        hierarchical_symbols=has("text_document.document_symbol.hierarchical_document_symbol_support"),
        pulls_configuration=has("workspace.configuration"),
        registers_configuration=has("workspace.did_change_configuration.dynamic_registration"),
        registers_watchers=has("workspace.did_change_watched_files.dynamic_registration"),
        shows_progress=has("window.work_done_progress"),
        file_operations=frozenset(name for name in operations if has(f"workspace.file_operations.{name}")),
        process_id=params.process_id if params.process_id and psutil.pid_exists(params.process_id) else None,
    )


def _encoding(said: types.ClientCapabilities) -> Encoding:
    """The first of the client's encodings that we know, which are all of LSP's."""
    for offered in _at(said, "general.position_encodings") or ():
        match str(getattr(offered, "value", offered)):
            case "utf-8":
                return "utf-8"
            case "utf-16":
                return "utf-16"
            case "utf-32":
                return "utf-32"
    return "utf-16"


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        if value is None:
            return None
        value = getattr(value, name, None)
    return value
