"""A bounded map of byte strings: SIEVE.

New entries come in at the head of a queue; a hit marks an entry and moves nothing. What has to go is looked for by a hand that
walks from the oldest to the newest, takes the mark from those that have one, and stops at the first without. Entries that are
never asked for again (most predictions, most letters of a word half typed) go in one round, those asked for stay: with zipfian
requests fewer misses than LRU, at less work (Zhang et al., "SIEVE is Simpler than LRU", NSDI 2024).

Of our own, since libraries with such a policy (theine, cacheout, cachetools has LRU and LFU) bound the number of entries, not
their bytes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class _Node(Generic[Key, Value]):
    __slots__ = ("asked", "key", "newer", "older", "size", "value")

    def __init__(self, key: Key, value: Value, size: int) -> None:
        self.key, self.value, self.size = key, value, size
        self.asked = False
        self.newer: _Node[Key, Value] | None = None
        self.older: _Node[Key, Value] | None = None


class Sieve(Generic[Key, Value]):
    """Not for several threads at once: whoever shares it locks."""

    def __init__(self, most: int) -> None:
        """*most*: the sum of the sizes of what is kept."""
        self.bytes = 0
        self.most = most
        self.evicted = 0
        self._nodes: dict[Key, _Node[Key, Value]] = {}
        self._newest: _Node[Key, Value] | None = None
        self._oldest: _Node[Key, Value] | None = None
        self._hand: _Node[Key, Value] | None = None

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, key: Key) -> bool:
        return key in self._nodes

    def __iter__(self) -> Iterator[tuple[Key, Value]]:
        """The newest first; of what is there when it begins."""
        node, found = self._newest, []
        while node is not None:
            found.append((node.key, node.value))
            node = node.older
        return iter(found)

    def get(self, key: Key) -> Value | None:
        """Marks what it finds."""
        node = self._nodes.get(key)
        if node is None:
            return None
        node.asked = True
        return node.value

    def peek(self, key: Key) -> Value | None:
        node = self._nodes.get(key)
        return None if node is None else node.value

    def put(self, key: Key, value: Value, size: int) -> None:
        """Instead of what *key* had. What is larger than a quarter of the room is not kept."""
        self.drop(key)
        if size > self.most // 4:
            return
        while self.bytes + size > self.most:
            self._evict()
        node = _Node(key, value, size)
        node.older = self._newest
        if self._newest is not None:
            self._newest.newer = node
        self._newest = node
        self._oldest = self._oldest or node
        self._nodes[key] = node
        self.bytes += size

    def drop(self, key: Key) -> None:
        node = self._nodes.pop(key, None)
        if node is not None:
            self._unlink(node)

    def shrink(self, most: int) -> None:
        """Less room, or more."""
        self.most = most
        while self.bytes > most:
            self._evict()

    def clear(self) -> None:
        self._nodes.clear()
        self._newest = self._oldest = self._hand = None
        self.bytes = 0

    def _evict(self) -> None:
        node = self._hand or self._oldest
        assert node is not None  # noqa: S101 - there is something as long as there are bytes
        while node.asked:
            node.asked = False
            node = node.newer or self._oldest
            assert node is not None  # noqa: S101
        self._hand = node.newer
        del self._nodes[node.key]
        self._unlink(node)
        self.evicted += 1

    def _unlink(self, node: _Node[Key, Value]) -> None:
        if self._hand is node:
            self._hand = node.newer
        if node.newer is not None:
            node.newer.older = node.older
        else:
            self._newest = node.older
        if node.older is not None:
            node.older.newer = node.newer
        else:
            self._oldest = node.newer
        self.bytes -= node.size
