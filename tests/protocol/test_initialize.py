"""The first exchange: what the server says it can do, and which roots and encodings it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from .conftest import Client, Connect, capabilities

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_capabilities_are_those_of_the_contract(shop: Client) -> None:
    said = shop.answer.capabilities  # type: ignore[attr-defined]
    assert said.workspace_symbol_provider.work_done_progress is True
    assert said.workspace_symbol_provider.resolve_provider is False
    assert said.text_document_sync.open_close is True
    assert said.text_document_sync.change == types.TextDocumentSyncKind.Incremental
    assert said.text_document_sync.save is not None
    assert said.document_symbol_provider
    assert said.workspace.workspace_folders.supported is True
    assert said.workspace.workspace_folders.change_notifications is True
    assert said.workspace.file_operations.did_rename.filters[0].pattern.glob == "**/*"
    assert set(said.execute_command_provider.commands) == {
        "lspSearch.reindex",
        "lspSearch.clearCache",
        "lspSearch.showStats",
    }
    assert said.experimental == {"lspSearch": {"version": 1}}


async def test_server_says_its_name_and_version(shop: Client) -> None:
    info = shop.answer.server_info  # type: ignore[attr-defined]
    assert info.name == "lsp-search"
    assert info.version


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, "utf-16"),
        (["utf-16"], "utf-16"),
        (["utf-8", "utf-16"], "utf-8"),
        (["utf-32", "utf-8"], "utf-32"),
        (["latin-1", "utf-8"], "utf-8"),
        (["latin-1"], "utf-16"),
    ],
)
async def test_position_encoding_is_the_clients_first_known_one(
    connect: Connect, offered: Any, chosen: str
) -> None:
    client = await connect(rootless=True, said=capabilities(position_encodings=offered))
    assert client.answer.capabilities.position_encoding == chosen  # type: ignore[attr-defined]


async def test_without_any_root_everything_works_and_is_empty(connect: Connect) -> None:
    client = await connect(rootless=True)
    await client.sync()
    assert await client.names("cart") == []
    assert await client.search("cart") == []


@pytest.mark.parametrize("kind", ["root_uri", "root_path"])
async def test_older_clients_name_one_root(connect: Connect, workspace: Path, kind: str) -> None:
    root = workspace.as_uri() if kind == "root_uri" else str(workspace)
    client = await connect(rootless=True, **{kind: root})
    await client.sync()
    assert "ShoppingCart" in await client.names("ShoppingCart")


async def test_a_folder_of_another_machine_is_named_and_left_aside(connect: Connect, workspace: Path) -> None:
    client = await connect(workspace, "vscode-vfs://github/some/where")
    said = await client.until(types.WINDOW_SHOW_MESSAGE)
    assert "vscode-vfs://github/some/where" in said.message
    await client.sync()
    assert "ShoppingCart" in await client.names("ShoppingCart")


async def test_a_folder_that_does_not_exist_stops_nothing(connect: Connect, workspace: Path) -> None:
    client = await connect(workspace, workspace / "nowhere")
    await client.sync()
    assert "ShoppingCart" in await client.names("ShoppingCart")


@pytest.mark.parametrize("editor", ["neovim", "visual-studio-code", "emacs"])
async def test_editors_as_they_are(connect: Connect, editor: str) -> None:
    client = await connect(said=client_capabilities(editor))
    await client.sync()
    found = await client.workspace_symbol_async(types.WorkspaceSymbolParams("greetTheWorld"))
    assert found
    assert isinstance(found[0].location, types.Location), "Neovim drops symbols without a range"


async def test_watching_is_registered_where_the_client_can(connect: Connect) -> None:
    client = await connect()
    asked = await client.until(types.CLIENT_REGISTER_CAPABILITY)
    assert asked.registrations[0].method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
