"""The newest messages, and whoever listens to them.

A listener that is slow (a page in a tab that sleeps) costs nothing: of each type only the newest message waits for it.
History is kept whole for those who come later; those who listen already get its news.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import msgspec

HISTORY_MINUTES = 2 * 1440
"""What the page looks at: a day, and the day before."""

_MOST_WAITING = 64

Publish = Callable[[str, Any], None]
"""``publish(type, params)``."""


class Feed:
    """Lives on one event loop; only :meth:`publish` may be called from elsewhere too."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._latest: dict[str, Any] = {}
        self._rows: dict[int, Any] = {}
        self._listeners: set[_Listener] = set()
        self._closed = False

    def publish(self, kind: str, params: Any) -> None:
        """From any thread. *params*: what msgspec can encode."""
        at = time.time() * 1000
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._take(kind, params, at)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take, kind, params, at)

    def close(self) -> None:
        """Ends every listener."""
        self._closed = True
        for listener in self._listeners:
            listener.news.set()

    async def listen(self, beat: float = 15.0) -> AsyncIterator[bytes]:
        """Messages as JSON ``{type, params, at}`` (*at*: epoch milliseconds), what is known first; empty bytes after
        *beat* seconds of silence, so that whoever writes them notices a reader that is gone."""
        listener = _Listener(self._known())
        self._listeners.add(listener)
        try:
            while not self._closed:
                try:
                    async with asyncio.timeout(beat):
                        await listener.news.wait()
                except TimeoutError:
                    yield b""
                    continue
                for message in listener.taken():
                    yield message
        finally:
            self._listeners.discard(listener)

    def _known(self) -> dict[str, bytes]:
        now = time.time() * 1000
        known = {kind: _encoded(kind, params, now) for kind, params in self._latest.items()}
        if self._rows:
            known["history"] = _encoded("history", {"rows": list(self._rows.values())}, now)
        return known

    def _take(self, kind: str, params: Any, at: float) -> None:
        if kind == "history":
            self._remember(params)
        elif kind != "alert":  # those that stand are in the figures
            self._latest[kind] = params
        # News of history and single alerts add to what waits; everything else replaces it.
        adds = kind in ("history", "alert")
        key = f"{kind} {at}" if adds else kind
        message = _encoded(kind, params, at)
        for listener in self._listeners:
            if len(listener.waiting) < _MOST_WAITING:
                listener.put(key, message)
            else:  # so far behind that it does better to start anew
                listener.waiting = self._known()

    def _remember(self, history: Mapping[str, Any]) -> None:
        for row in history.get("rows", ()):
            self._rows[row["at"]] = row
        oldest = time.time() - HISTORY_MINUTES * 60
        self._rows = {at: row for at, row in sorted(self._rows.items()) if at >= oldest}


def _encoded(kind: str, params: Any, at: float) -> bytes:
    return msgspec.json.encode({"type": kind, "params": params, "at": at})


class _Listener:
    def __init__(self, known: dict[str, bytes]) -> None:
        self.waiting = known
        self.news = asyncio.Event()
        if known:
            self.news.set()

    def put(self, key: str, message: bytes) -> None:
        self.waiting.pop(key, None)
        self.waiting[key] = message
        self.news.set()

    def taken(self) -> list[bytes]:
        self.news.clear()
        waiting, self.waiting = self.waiting, {}
        return list(waiting.values())
