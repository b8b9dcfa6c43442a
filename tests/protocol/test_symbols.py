"""``workspace/symbol``, its resolve, and ``textDocument/documentSymbol``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from .conftest import Client, Connect, capabilities, write

pytestmark = pytest.mark.asyncio(loop_scope="module")


def span(line: int, start: int, end_line: int, end: int) -> dict[str, Any]:
    return {"start": {"line": line, "character": start}, "end": {"line": end_line, "character": end}}


async def test_a_symbol_has_kind_container_and_the_range_of_its_name(shop: Client) -> None:
    (found,) = await shop.ask("workspace/symbol", {"query": "total_price"})
    assert found["location"].pop("uri").endswith("/workspace/shop/cart.py")
    assert found == {
        "name": "total_price",
        "kind": 6,
        "containerName": "ShoppingCart",
        "location": {"range": span(7, 8, 7, 19)},
    }


@pytest.mark.parametrize(
    ("query", "name"),
    [("ShoppingCart", "ShoppingCart"), ("shopcart", "ShoppingCart"), ("greetTheWorld", "greetTheWorld")],
)
async def test_the_best_match_comes_first(shop: Client, query: str, name: str) -> None:
    assert (await shop.names(query))[0] == name


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("ShoppingCart::total", "ShoppingCart::total_price"),
        ("shopcart.tp", "ShoppingCart.total_price"),
        ("cart.py/total", "cart.py/total_price"),
        ("shop/cart.py", "shop/cart.py/total_price"),
        ("total", "total_price"),
    ],
)
async def test_a_client_that_filters_names_gets_them_as_they_were_asked_for(
    connect: Connect, query: str, name: str
) -> None:
    plain, filtering = await connect(), await connect(client_info=types.ClientInfo("Visual Studio Code"))
    await filtering.sync()
    await plain.sync()
    assert name in await filtering.names(query)
    assert "total_price" in await plain.names(query)


@pytest.mark.parametrize("query", ["total__price", "total_prize"])
async def test_a_client_that_filters_names_gets_none_that_it_would_drop(connect: Connect, query: str) -> None:
    """It would not show them, and they would take the places of others."""
    plain, filtering = await connect(), await connect(client_info=types.ClientInfo("Visual Studio Code"))
    await filtering.sync()
    await plain.sync()
    assert await filtering.names(query) == []
    assert await plain.names(query) == ["total_price"]


async def test_an_empty_query_is_answered(shop: Client) -> None:
    assert isinstance(await shop.names(""), list)


async def test_a_query_without_match_gives_an_empty_list(shop: Client) -> None:
    assert await shop.ask("workspace/symbol", {"query": "zzzzqqqq"}) == []


@pytest.mark.parametrize("params", [None, {}, {"query": 5}, {"query": None}, []])
async def test_wrong_params_are_named(shop: Client, params: Any) -> None:
    with pytest.raises(JsonRpcException, match="query") as raised:
        await shop.ask("workspace/symbol", params)
    assert raised.value.code == -32602


async def test_an_unknown_filter_says_where(shop: Client) -> None:
    with pytest.raises(JsonRpcException, match="nope") as raised:
        await shop.ask("workspace/symbol", {"query": "cart nope:x"})
    assert raised.value.code == -32602


async def test_the_cap_is_applied_after_ranking(connect: Connect) -> None:
    client = await connect(options={"search": {"limit": 1}})
    await client.sync()
    assert await client.names("open_store") == ["open_store"]
    assert len(await client.names("o")) == 1


async def test_it_can_be_turned_off(connect: Connect) -> None:
    client = await connect(options={"workspaceSymbol": {"enabled": False}})
    await client.sync()
    assert await client.names("ShoppingCart") == []
    assert [item["name"] for item in await client.search("ShoppingCart")][:1] == ["ShoppingCart"]


async def test_partial_results_come_in_batches_and_leave_an_empty_answer(
    connect: Connect, tmp_path: Path
) -> None:
    many = write(tmp_path / "many", {"names.py": "".join(f"def handler_{n}(): pass\n" for n in range(250))})
    client = await connect(many, options={"search.limit": 240})
    await client.sync()
    assert await client.ask("workspace/symbol", {"query": "handler", "partialResultToken": "part"}) == []
    batches = [said.value for said in client.heard(types.PROGRESS) if said.token == "part"]
    assert [len(batch) for batch in batches] == [100, 100, 40]
    assert {symbol["kind"] for batch in batches for symbol in batch} == {12}


async def test_a_work_done_token_sees_begin_and_end(shop: Client) -> None:
    await shop.ask("workspace/symbol", {"query": "cart", "workDoneToken": 77})
    assert [said.value["kind"] for said in shop.heard(types.PROGRESS) if said.token == 77] == ["begin", "end"]


@pytest.mark.parametrize(("encoding", "start"), [("utf-8", 22), ("utf-16", 19), ("utf-32", 18)])
async def test_columns_count_what_was_negotiated(connect: Connect, encoding: str, start: int) -> None:
    client = await connect(said=capabilities(position_encodings=[encoding]))
    await client.sync()
    (found,) = await client.ask("workspace/symbol", {"query": "greetTheWorld"})
    assert found["location"]["range"] == span(0, start, 0, start + 13)


async def test_a_client_that_resolves_gets_the_range_when_it_asks(connect: Connect) -> None:
    resolve = types.ClientSymbolResolveOptions(properties=["location.range"])
    said = capabilities(
        workspace={"symbol": types.WorkspaceSymbolClientCapabilities(resolve_support=resolve)}
    )
    client = await connect(said=said)
    await client.sync()
    assert client.answer.capabilities.workspace_symbol_provider.resolve_provider is True  # type: ignore[attr-defined]
    (found,) = await client.workspace_symbol_async(types.WorkspaceSymbolParams("greetTheWorld")) or []
    assert isinstance(found, types.WorkspaceSymbol)
    resolved = await client.workspace_symbol_resolve_async(found)
    assert isinstance(resolved.location, types.Location)
    assert resolved.location.range == types.Range(types.Position(0, 19), types.Position(0, 32))


async def test_an_outline_is_a_tree(shop: Client) -> None:
    outline = await shop.ask(
        "textDocument/documentSymbol", {"textDocument": {"uri": await _uri(shop, "total_price")}}
    )
    assert [(one["name"], [child["name"] for child in one["children"]]) for one in outline] == [
        ("ShoppingCart", ["add_item", "total_price"]),
        ("checkout_everything", []),
    ]
    cart = outline[0]
    assert cart["kind"] == types.SymbolKind.Class
    assert cart["range"]["start"] == {"line": 3, "character": 0}
    assert cart["range"]["end"]["line"] == 8
    assert cart["selectionRange"] == span(3, 6, 3, 18)


async def test_an_outline_is_flat_where_the_client_draws_no_trees(connect: Connect) -> None:
    client = await connect(said=types.ClientCapabilities())
    await client.sync()
    outline = await client.ask(
        "textDocument/documentSymbol", {"textDocument": {"uri": await _uri(client, "total_price")}}
    )
    assert [(one["name"], one.get("containerName")) for one in outline] == [
        ("ShoppingCart", None),
        ("add_item", "ShoppingCart"),
        ("total_price", "ShoppingCart"),
        ("checkout_everything", None),
    ]


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "file:///no/such/file.py", "nonsense"])
async def test_the_outline_of_what_is_no_file_is_empty(shop: Client, uri: str) -> None:
    assert await shop.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}}) == []


async def _uri(client: Client, name: str) -> str:
    (found,) = await client.ask("workspace/symbol", {"query": name})
    uri = found["location"]["uri"]
    assert isinstance(uri, str)
    return uri
