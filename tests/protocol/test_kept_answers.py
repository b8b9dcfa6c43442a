"""Kept answers as clients see them: ``cache`` in answers, figures, the command that forgets, and a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from .conftest import Client, Connect, session

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUERY = {"query": "total_price", "mode": "symbol"}
WORDS = {"query": "what is the sum of all items?", "mode": "hybrid"}


async def ask(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    answer = await client.ask("lspSearch/search", params)
    assert isinstance(answer, dict)
    return answer


async def test_an_answer_is_kept_until_it_is_told_to_forget(connect: Connect) -> None:
    client = await connect()
    await client.sync()
    first, second = await ask(client, QUERY), await ask(client, QUERY)
    assert (first["cache"], second["cache"]) == ("miss", "hit-memory")
    assert second["items"] == first["items"]
    cache = (await client.ask("lspSearch/stats", {}))["cache"]
    assert cache["kinds"] == {"exact": 1, "refined": 0, "predicted": 0, "disk": 0, "miss": 1}
    assert (cache["hitRate"], cache["memory"]["hits"], cache["memory"]["misses"]) == (0.5, 1, 1)
    await client.workspace_execute_command_async(types.ExecuteCommandParams("lspSearch.clearCache"))
    assert (await ask(client, QUERY))["cache"] == "miss"


async def test_a_kept_answer_in_parts_is_the_same(connect: Connect) -> None:
    client = await connect()
    await client.sync()
    whole = await ask(client, WORDS)
    again = await ask(client, {**WORDS, "partialResultToken": "parts"})
    assert again["cache"] == "hit-memory"
    assert again["items"] == []  # all of them were in the parts
    parts = [one.value["items"] for one in client.heard(types.PROGRESS) if one.token == "parts"]
    assert [item for part in parts for item in part] == whole["items"]


async def test_after_a_restart_the_disk_answers(tmp_path: Path, workspace: Path) -> None:
    found = []
    for _ in range(2):
        async with session([workspace], tmp_path / "store") as client:
            await client.sync()
            found.append(await ask(client, QUERY))
    assert [answer["cache"] for answer in found] == ["miss", "hit-disk"]
    assert found[0]["items"] == found[1]["items"]


async def test_the_setting_turns_it_off(connect: Connect) -> None:
    client = await connect(options={"search": {"cache": False}})
    await client.sync()
    assert [(await ask(client, QUERY))["cache"] for _ in range(2)] == ["miss", "miss"]
