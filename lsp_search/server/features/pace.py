"""A brake for notifications: not more often than every so many seconds, and the last value is never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Pace(Generic[T]):
    def __init__(self, interval: float, send: Callable[[T], None]) -> None:
        """*interval* in seconds between two calls of *send*."""
        self._interval = interval
        self._send = send
        self._next = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._latest: T

    def offer(self, value: T) -> None:
        """Sends *value* now, or later unless a newer one replaces it before."""
        loop = asyncio.get_running_loop()
        self._latest = value
        if self._timer is None:
            if loop.time() >= self._next:
                self._now()
            else:
                self._timer = loop.call_at(self._next, self._now)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _now(self) -> None:
        self._timer = None
        self._next = asyncio.get_running_loop().time() + self._interval
        self._send(self._latest)
