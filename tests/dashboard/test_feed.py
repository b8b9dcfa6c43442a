"""What waits for a listener: the newest message of each type, and every single alert and row of history."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lsp_search.dashboard.feed import Feed

pytestmark = pytest.mark.asyncio


async def taken(stream: AsyncIterator[bytes], count: int) -> list[tuple[str, Any]]:
    messages = [json.loads(await anext(stream)) for _ in range(count)]
    return [(message["type"], message["params"]) for message in messages]


async def test_a_slow_listener_gets_the_newest_of_each_type() -> None:
    feed = Feed()
    feed.publish("status", 0)
    stream = feed.listen()
    assert await taken(stream, 1) == [("status", 0)]
    for number in range(1000):
        feed.publish("metrics", number)
    feed.publish("alert", {"metric": "one"})
    feed.publish("alert", {"metric": "two"})
    feed.publish("metrics", "last")
    assert await taken(stream, 3) == [
        ("alert", {"metric": "one"}),
        ("alert", {"metric": "two"}),
        ("metrics", "last"),
    ]


async def test_a_listener_far_behind_starts_anew() -> None:
    feed = Feed()
    feed.publish("status", "ready")
    stream = feed.listen()
    await taken(stream, 1)
    rows = [{"at": int(time.time()) - 60 * age} for age in range(500, 0, -1)]
    for row in rows:
        feed.publish("history", {"rows": [row]})
    assert await taken(stream, 1) == [("status", "ready")]
    seen: list[Any] = []
    while len(seen) < len(rows):
        seen += (await taken(stream, 1))[0][1]["rows"]
    assert seen == rows


async def test_old_rows_are_dropped() -> None:
    feed = Feed()
    fresh = {"at": int(time.time()) - 60}
    feed.publish("history", {"rows": [{"at": int(time.time()) - 3 * 86400}, fresh]})
    assert await taken(feed.listen(), 1) == [("history", {"rows": [fresh]})]


async def test_closing_ends_listeners() -> None:
    feed = Feed()
    stream = feed.listen()
    waiting = asyncio.ensure_future(anext(stream, None))
    await asyncio.sleep(0)
    feed.close()
    assert await waiting is None


async def test_silence_is_noticed() -> None:
    assert await anext(Feed().listen(beat=0.001)) == b""
