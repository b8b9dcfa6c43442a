"""How other threads reach the one that owns an index: they hand it functions, which it runs one after the other."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

_RESULT = TypeVar("_RESULT")


class Inbox:
    """*owner*: how messages name the thread that reads it."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._posts: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def post(self, act: Callable[[], None]) -> None:
        """Runs *act* on the owner's thread, soon."""
        self._posts.put(act)

    def ask(self, act: Callable[[], _RESULT], timeout: float = 60.0) -> _RESULT:
        """Runs *act* on the owner's thread and returns its result. Raises what it raises, and TimeoutError."""
        answer: queue.SimpleQueue[tuple[_RESULT | None, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answer.put((act(), None))
            except BaseException as error:
                answer.put((None, error))
                raise

        self.post(run)
        try:
            result, error = answer.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"{self._owner} did not answer within {timeout:g} s") from None
        if error is not None:
            raise error
        return result  # type: ignore[return-value]

    def take(self, wait: float, seconds: float) -> Iterator[Callable[[], None]]:
        """The owner's: waits up to *wait* seconds for a post, then gives what has come, for *seconds* at most."""
        deadline = time.monotonic() + seconds
        with contextlib.suppress(queue.Empty):
            yield self._posts.get(timeout=wait)
            while time.monotonic() < deadline:
                yield self._posts.get_nowait()
