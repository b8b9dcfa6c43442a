"""``lspSearch/search``: the shape of its answer, its modes, its filters and its errors."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from .conftest import Client, Connect

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_answer_has_all_members(shop: Client) -> None:
    answer = await shop.ask("lspSearch/search", {"query": "total_price", "mode": "symbol"})
    assert set(answer) == {"items", "mode", "isIncomplete", "indexing", "generation", "tookMs", "cache"}
    assert answer["mode"] == "symbol"
    assert answer["indexing"] is False
    assert answer["cache"] in ("miss", "refined", "hit-memory", "hit-disk")
    item = answer["items"][0]
    location = item.pop("location")
    assert location["uri"].endswith("/shop/cart.py")
    assert location["range"] == {"start": {"line": 7, "character": 8}, "end": {"line": 7, "character": 19}}
    assert item.pop("id")
    assert 0 < item.pop("score") <= 1
    assert item == {
        "sources": ["symbol"],
        "name": "total_price",
        "kind": 6,
        "containerName": "ShoppingCart",
        "language": "python",
        "matches": [[0, 11]],
        "snippet": item["snippet"],
        "snippetLine": item["snippetLine"],
    }


async def test_an_answer_explains_itself_when_asked(shop: Client) -> None:
    answer = await shop.ask("lspSearch/search", {"query": "tprice", "mode": "symbol", "explain": True})
    why = answer["items"][0]["explanation"]
    assert set(why) == {"band", "points", "parts", "untouched", "prior", "factors"}
    assert sum(points for _, points in why["parts"]) == why["points"]


@pytest.mark.parametrize("mode", ["semantic", "hybrid", "auto"])
async def test_a_question_finds_the_code(shop: Client, mode: str) -> None:
    answer = await shop.ask("lspSearch/search", {"query": "what is the sum of all items?", "mode": mode})
    assert answer["mode"] == ("hybrid" if mode == "auto" else mode)
    item = answer["items"][0]
    assert (item["name"], item["containerName"], item["kind"]) == ("total_price", "ShoppingCart", 6)
    assert item["location"]["uri"].endswith("/shop/cart.py")
    assert item["location"]["range"]["start"] == {"line": 7, "character": 8}
    assert (item["snippet"], item["snippetLine"]) == (
        "        return sum(item.price for item in self.items)",
        8,
    )
    assert "semantic" in item["sources"]
    assert item["matches"] == []
    scores = [item["score"] for item in answer["items"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


async def test_definitions_are_sent_first_and_stay_above(shop: Client) -> None:
    query = "shopping cart"
    whole = [item["id"] for item in await shop.search(query, mode="hybrid")]
    await shop.workspace_execute_command_async(types.ExecuteCommandParams("lspSearch.clearCache"))
    before = len(shop.heard(types.PROGRESS))
    params = {"query": query, "mode": "hybrid", "partialResultToken": "first"}
    answer = await shop.ask("lspSearch/search", params)
    assert answer["items"] == []
    parts = [one.value["items"] for one in shop.heard(types.PROGRESS)[before:] if one.token == "first"]
    assert [item["name"] for item in parts[0]] == ["ShoppingCart"]
    assert len(parts) > 1
    assert [item["id"] for part in parts for item in part] == whole


async def test_code_like_the_code_under_the_cursor(shop: Client) -> None:
    found = await shop.search("total_price", mode="symbol")
    uri = found[0]["location"]["uri"]
    answer = await shop.ask(
        "lspSearch/similar", {"uri": uri, "position": {"line": 8, "character": 3}, "limit": 3}
    )
    assert set(answer) == {"items", "mode", "isIncomplete", "indexing", "generation", "tookMs", "cache"}
    assert 0 < len(answer["items"]) <= 3
    assert "total_price" not in [item["name"] for item in answer["items"]]
    assert all(item["sources"] == ["semantic"] for item in answer["items"])


@pytest.mark.parametrize(
    ("params", "code", "why"),
    [
        (
            {"uri": "file:///nowhere/at/all.py", "position": {"line": 0, "character": 0}},
            -32803,
            "no indexed code",
        ),
        ({"uri": "untitled:1", "position": {"line": 0, "character": 0}}, -32602, "`uri`"),
        ({"position": {"line": 0, "character": 0}}, -32602, "`uri`"),
        ({"uri": "file:///x.py"}, -32602, "`position`"),
    ],
)
async def test_what_nothing_can_be_like_is_told(shop: Client, params: Any, code: int, why: str) -> None:
    with pytest.raises(JsonRpcException, match=why) as raised:
        await shop.ask("lspSearch/similar", params)
    assert raised.value.code == code


@pytest.mark.parametrize(("mode", "query"), [("text", "total_price()"), ("regex", r"total_\w+\(\)")])
async def test_lines_of_text(shop: Client, mode: str, query: str) -> None:
    answer = await shop.ask("lspSearch/search", {"query": query, "mode": mode})
    assert (answer["mode"], answer["isIncomplete"]) == (mode, False)
    [item] = answer["items"]
    location = item.pop("location")
    assert location["uri"].endswith("/shop/cart.py")
    assert location["range"] == {"start": {"line": 12, "character": 16}, "end": {"line": 12, "character": 29}}
    assert item.pop("id")
    assert 0 < item.pop("score") <= 1
    assert item == {
        "sources": ["text"],
        "name": "total_price()",
        "kind": None,
        "containerName": "",
        "language": "python",
        "matches": [[16, 29]],
        "snippet": "    return cart.total_price()",
        "snippetLine": 12,
    }


@pytest.mark.parametrize(
    ("query", "mode", "found"),
    [
        ("total_price", "symbol", 1),
        ('"sum(item"', "text", 1),
        ("return cart.total_price()", "text", 1),
        (r"/def \w+_price/", "regex", 1),
        (r"/def \w+/ -path:shop/", "regex", 0),
    ],
)
async def test_auto_says_which_mode_it_took(shop: Client, query: str, mode: str, found: int) -> None:
    answer = await shop.ask("lspSearch/search", {"query": query})
    assert (answer["mode"], len(answer["items"])) == (mode, found)


async def test_text_takes_filters_and_whole_words(shop: Client) -> None:
    lines = await shop.search("price", mode="text")
    assert len(lines) == 3
    assert await shop.search("price", mode="text", filter={"wholeWords": True}) != lines
    assert await shop.search("PRICE", mode="text") == []
    assert len(await shop.search("PRICE", mode="text", filter={"caseSensitive": False})) == 3
    assert await shop.search("price", mode="text", filter={"languages": ["c"]}) == []
    assert len(await shop.search("price", mode="text", limit=1)) == 1


@pytest.mark.parametrize(
    ("query", "position", "why"), [("a(b", 1, "missing"), ("(?<=a)b", 0, "look-behind"), ("", 0, "nothing")]
)
async def test_a_wrong_expression_is_an_error_with_its_place(
    shop: Client, query: str, position: int, why: str
) -> None:
    with pytest.raises(JsonRpcException, match=why) as raised:
        await shop.search(query, mode="regex")
    assert raised.value.code == -32602
    assert raised.value.data == {"position": position}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["total_price"]),
        ({"kinds": [6]}, ["total_price"]),
        ({"kinds": ["Method"]}, ["total_price"]),
        ({"kinds": [5]}, []),
        ({"languages": ["python"]}, ["total_price"]),
        ({"excludePaths": ["shop/"]}, []),
        ({"kinds": None, "paths": []}, ["total_price"]),
        ([], ["total_price"]),
    ],
)
async def test_filters(shop: Client, filters: Any, names: list[str]) -> None:
    assert [item["name"] for item in await shop.search("total_price", mode="symbol", filter=filters)] == names


async def test_context_may_name_the_open_file(shop: Client) -> None:
    context = {"uri": "file:///somewhere/else.py", "position": {"line": 1, "character": 2}}
    assert (await shop.search("total_price", context=context))[0]["name"] == "total_price"


async def test_the_limit_is_kept(shop: Client) -> None:
    assert len(await shop.search("o", mode="symbol", limit=2)) == 2


@pytest.mark.parametrize(("mode", "query"), [("symbol", "total_price"), ("text", "def total_price")])
async def test_partial_results(shop: Client, mode: str, query: str) -> None:
    before = len(shop.heard(types.PROGRESS))
    params = {"query": query, "mode": mode, "partialResultToken": "p", "workDoneToken": "w"}
    answer = await shop.ask("lspSearch/search", params)
    assert answer["items"] == []
    assert answer["mode"] == mode
    said = {
        token: [one.value for one in shop.heard(types.PROGRESS)[before:] if one.token == token]
        for token in ("p", "w")
    }
    assert [item["name"] for batch in said["p"] for item in batch["items"]] == [query]
    assert [value["kind"] for value in said["w"]] == ["begin", "end"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        (None, "query"),
        ({}, "query"),
        ({"query": 3}, "query"),
        ({"query": "x", "mode": "fast"}, "mode"),
        ({"query": "x", "mode": 1}, "mode"),
        ({"query": "x", "limit": "ten"}, "limit"),
        ({"query": "x", "limit": 0}, "limit"),
        ({"query": "x", "limit": 1.5}, "limit"),
        ({"query": "x", "filter": {"kinds": [99]}}, "filter.kinds"),
        ({"query": "x", "filter": {"kinds": ["klass"]}}, "filter.kinds"),
        ({"query": "x", "filter": {"paths": "src"}}, "filter.paths"),
        ({"query": "x", "filter": {"pahts": ["src"]}}, "pahts"),
        ({"query": "x", "filter": 5}, "filter"),
        ({"query": "x", "context": {"uri": 5}}, "context.uri"),
    ],
)
async def test_wrong_params_name_the_field(shop: Client, params: Any, field: str) -> None:
    with pytest.raises(JsonRpcException) as raised:
        await shop.ask("lspSearch/search", params)
    assert raised.value.code == -32602
    assert f"`{field}`" in raised.value.message


@pytest.mark.parametrize(("query", "mode"), [("cart nope:x", "symbol"), ("kind:nope", "auto")])
async def test_an_invalid_query_says_where_and_why(shop: Client, query: str, mode: str) -> None:
    with pytest.raises(JsonRpcException) as raised:
        await shop.ask("lspSearch/search", {"query": query, "mode": mode})
    assert raised.value.code == -32602
    assert raised.value.message
    assert raised.value.data is not None
    assert 0 <= raised.value.data["position"] <= len(query)


async def test_picking_is_taken_without_an_answer(connect: Connect) -> None:
    client = await connect()
    await client.sync()
    item = (await client.search("total_price"))[0]
    client.protocol.notify("lspSearch/picked", {"query": "total_price", "id": item["id"], "rank": 0})
    client.protocol.notify("lspSearch/picked", {"query": "nothing", "id": "no such id", "rank": 5})
    assert (await client.search("total_price"))[0]["name"] == "total_price"


async def test_what_was_picked_comes_first_where_learning_is_on(connect: Connect) -> None:
    client = await connect()
    await client.sync()
    before = [item["id"] for item in await client.search("a", mode="symbol")]
    assert len(before) > 2
    client.protocol.notify("lspSearch/picked", {"query": "a", "id": before[-1], "rank": len(before) - 1})
    await client.sync()
    after = [item["id"] for item in await client.search("a", mode="symbol")]
    assert after.index(before[-1]) < len(before) - 1
    assert sorted(after) == sorted(before)
    scores = [item["score"] for item in await client.search("a", mode="symbol")]
    assert scores == sorted(scores, reverse=True)
