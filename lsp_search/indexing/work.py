"""Files waiting to be looked at: urgent ones (someone just changed them) before the bulk of an audit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

_BATCH_FILES = 48
_BATCH_BYTES = 1 << 19
"""A job for a worker: large enough to hide the pipe, small enough that a save waits a fraction of a second."""


@dataclass(slots=True)
class Item:
    """One file on its way through a worker."""

    path: str
    size: int
    mtime_ns: int
    urgent: bool
    epoch: int
    digest: bytes = b""
    text: bytes | None = None
    """Set for an editor's buffer."""
    code: bool = True
    """Its name promises symbols."""
    overtaken: bool = False
    """A later look at the same file was answered already."""


@dataclass
class Work:
    """The waiting items and those with a worker. Belongs to one thread."""

    urgent: deque[Item] = field(default_factory=deque)
    bulk: deque[Item] = field(default_factory=deque)
    later: deque[Item] = field(default_factory=deque)
    """Bulk that gives no symbols: it only has to be known."""
    with_worker: dict[int, Item] = field(default_factory=dict)
    _waiting: dict[str, Item] = field(default_factory=dict)
    _looks: dict[str, list[int]] = field(default_factory=dict)
    """Keys of the items that workers have, by path, in the order they were handed out. Buffers aside."""
    _key: int = 0

    def waiting(self, path: str) -> Item | None:
        """The item of *path* that no worker has taken yet: it will see whatever the file holds by then."""
        return self._waiting.get(path)

    def add(self, item: Item) -> None:
        (self.urgent if item.urgent else self.bulk if item.code else self.later).append(item)
        if item.text is None:
            self._waiting[item.path] = item

    def clear_bulk(self) -> list[Item]:
        """Takes all bulk items off."""
        dropped = [*self.bulk, *self.later]
        self.bulk.clear()
        self.later.clear()
        for item in dropped:
            self._waiting.pop(item.path, None)
        return dropped

    def batches(self, bulk_room: int) -> Iterator[list[tuple[int, Item]]]:
        """Takes jobs off: all that is urgent, and at most *bulk_room* jobs of the bulk."""
        while self.urgent:
            yield self._take(self.urgent)
        while (self.bulk or self.later) and bulk_room > 0:
            bulk_room -= 1
            yield self._take(self.bulk or self.later)

    @property
    def is_over(self) -> bool:
        """Nothing waits but what is urgent, and no worker has anything."""
        return not (self.bulk or self.later or self.with_worker)

    def _take(self, waiting: deque[Item]) -> list[tuple[int, Item]]:
        batch: list[tuple[int, Item]] = []
        size = 0
        while waiting and len(batch) < _BATCH_FILES and size < _BATCH_BYTES:
            item = waiting.popleft()
            size += item.size
            self._key += 1
            self.with_worker[self._key] = item
            if item.text is None:
                self._waiting.pop(item.path, None)
                self._looks.setdefault(item.path, []).append(self._key)
            batch.append((self._key, item))
        return batch

    def done(self, key: int) -> Item | None:
        """The item of an answer; those handed out before it for the same file are overtaken from now on."""
        item = self.with_worker.pop(key, None)
        if item is not None and item.text is None:
            looks = self._looks[item.path]
            for earlier in looks[: looks.index(key)]:
                self.with_worker[earlier].overtaken = True
            looks.remove(key)
            if not looks:
                del self._looks[item.path]
        return item

    @property
    def depth(self) -> int:
        return len(self.urgent) + len(self.bulk) + len(self.later) + len(self.with_worker)
