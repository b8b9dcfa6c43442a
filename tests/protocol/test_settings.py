"""Settings: from ``initializationOptions``, ``.lsp-search.toml``, and the client at run time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from .conftest import Client, Connect, capabilities

pytestmark = pytest.mark.asyncio(loop_scope="module")

PULLS = {"configuration": True}


async def count(client: Client) -> int:
    """How many symbols the present ``search.limit`` lets through (the workspace has five)."""
    await client.sync()
    return len(await client.names("e"))


@pytest.mark.parametrize(
    "options",
    [{"search": {"limit": 2}}, {"search.limit": 2}, {"lspSearch": {"search": {"limit": 2}}}],
)
async def test_initialization_options(connect: Connect, options: Any) -> None:
    assert await count(await connect(options=options)) == 2


@pytest.mark.parametrize(
    "options", [None, {}, [], "nonsense", {"unknown": 1, "search": 3}, {"search": {"limit": "many"}}]
)
async def test_nonsense_falls_back_to_defaults(connect: Connect, options: Any) -> None:
    assert await count(await connect(options=options)) > 2


async def test_a_wrong_value_is_named_once(connect: Connect) -> None:
    client = await connect(options={"search": {"limit": "many"}}, said=capabilities(workspace=PULLS))
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await client.sync()
    said = [one.message for one in client.heard(types.WINDOW_SHOW_MESSAGE)]
    assert len([message for message in said if "lspSearch.search.limit" in message]) == 1


async def test_the_projects_file_counts_below_the_client(connect: Connect, workspace: Path) -> None:
    (workspace / ".lsp-search.toml").write_text("[search]\nlimit = 1\n")
    assert await count(await connect()) == 1
    assert await count(await connect(options={"search": {"limit": 2}})) == 2


async def test_a_broken_projects_file_is_named(connect: Connect, workspace: Path) -> None:
    (workspace / ".lsp-search.toml").write_text("[search\n")
    client = await connect()
    said = await client.until(types.WINDOW_SHOW_MESSAGE)
    assert ".lsp-search.toml" in said.message
    assert said.type == types.MessageType.Warning


async def test_the_projects_file_is_read_again_when_it_is_saved(connect: Connect, workspace: Path) -> None:
    client = await connect()
    assert await count(client) > 1
    file = workspace / ".lsp-search.toml"
    file.write_text("[search]\nlimit = 1\n")
    client.text_document_did_save(
        types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(file.as_uri()))
    )
    assert await count(client) == 1


async def test_a_client_that_can_be_asked_is_asked(connect: Connect) -> None:
    client = await connect(
        said=capabilities(workspace=PULLS), configuration={"lspSearch": {"search": {"limit": 2}}}
    )
    assert await count(client) == 2
    client.set_configuration({"search": {"limit": 1}}, section="lspSearch")
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    assert await count(client) == 1


async def test_a_client_that_pushes(connect: Connect) -> None:
    client = await connect()
    assert await count(client) > 2
    client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams(
            settings={"lspSearch": {"search": {"limit": 2}}, "other": {"x": 1}}
        )
    )
    assert await count(client) == 2


async def test_what_is_indexed_follows_at_run_time(connect: Connect) -> None:
    client = await connect()
    await client.sync()
    client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams(settings={"lspSearch": {"index": {"exclude": ["shop/"]}}})
    )
    await client.sync()
    assert "ShoppingCart" not in await client.names("ShoppingCart")
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings={"lspSearch": {}}))
    await client.sync()
    assert await client.names("ShoppingCart") == ["ShoppingCart"]
