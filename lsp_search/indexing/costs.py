"""Where the time of indexing goes: by language, by folder, the slowest files; of workers and of builders.

Summed up minute by minute, so that the last minutes can be told from all that was before, in memory that does not grow with
the number of files. Seconds are those that workers count, side by side: two workers spend two in one. Reading is timed by the
clock, extracting by the processor, which does not blame a file for what else the machine did.
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from lsp_search.indexing.wire import Outcome

_SLOWEST = 200
"""Files that are kept by name."""
_FOLDERS = 2000
"""More different ones count as one."""
_MINUTE = 60.0
_MINUTES = 15
"""Told apart; what was before is one sum."""
OTHERS = "…"


class Slow(NamedTuple):
    """A file that took long."""

    seconds: float
    """To extract."""
    path: str
    """Relative to its root."""
    language: str
    bytes: int


class Part(NamedTuple):
    """Of one language or folder."""

    files: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def plus(self, other: Part) -> Part:
        return Part(self.files + other.files, self.bytes + other.bytes, self.seconds + other.seconds)


class Spent:
    """Where the time of a while went."""

    def __init__(self, began: float) -> None:
        self.began = began
        """Seconds on ``time.perf_counter``."""
        self.files = 0
        self.read_seconds = self.extract_seconds = 0.0
        self.languages: dict[str, Part] = {}
        self.folders: dict[str, Part] = {}
        """By the first folder of the path; "" for files in none."""
        self.slowest: list[Slow] = []
        """A heap, the quickest of them first."""
        self.builds: dict[str, tuple[int, float]] = {}
        """How often something was built, and how long that took."""

    def add(self, path: str, outcome: Outcome) -> None:
        part = Part(1, outcome.size, outcome.extract_seconds)
        self.files += 1
        self.read_seconds += outcome.read_seconds
        self.extract_seconds += outcome.extract_seconds
        folder = path.partition("/")[0] if "/" in path else ""
        _count(self.languages, outcome.language, part)
        _count(self.folders, folder, part)
        slow = Slow(outcome.extract_seconds, path, outcome.language, outcome.size)
        if len(self.slowest) < _SLOWEST:
            heapq.heappush(self.slowest, slow)
        elif slow > self.slowest[0]:
            heapq.heapreplace(self.slowest, slow)

    def take(self, other: Spent) -> None:
        """This and what *other* holds."""
        self.began = min(self.began, other.began)
        self.files += other.files
        self.read_seconds += other.read_seconds
        self.extract_seconds += other.extract_seconds
        for mine, its in ((self.languages, other.languages), (self.folders, other.folders)):
            for name, part in its.items():
                _count(mine, name, part)
        self.slowest = heapq.nlargest(_SLOWEST, [*self.slowest, *other.slowest])
        heapq.heapify(self.slowest)
        for name, (count, seconds) in other.builds.items():
            before = self.builds.get(name, (0, 0.0))
            self.builds[name] = (before[0] + count, before[1] + seconds)


def _count(parts: dict[str, Part], name: str, part: Part) -> None:
    before = parts.get(name)
    if before is None and len(parts) >= _FOLDERS:
        name, before = OTHERS, parts.get(OTHERS)
    parts[name] = part if before is None else before.plus(part)


class Costs:
    """Since the start. Methods may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._minutes: list[Spent] = [Spent(clock())]

    def looked_at(self, path: str, outcome: Outcome) -> None:
        """A worker answered. Only new content is counted: what is known takes no time worth telling."""
        if outcome.status == "symbols":
            with self._lock:
                self._now().add(path, outcome)

    def built(self, what: str, seconds: float) -> None:
        with self._lock:
            builds = self._now().builds
            count, total = builds.get(what, (0, 0.0))
            builds[what] = (count + 1, total + seconds)

    def since(self, moment: float) -> Spent:
        """What was spent from *moment* (on the clock) on, in whole minutes: the present one in any case."""
        with self._lock:
            ends = [*(minute.began for minute in self._minutes[1:]), math.inf]
            return summed(
                minute for minute, end in zip(self._minutes, ends, strict=True) if end > moment
            ) or Spent(self._clock())

    def _now(self) -> Spent:
        now = self._clock()
        if now - self._minutes[-1].began >= _MINUTE:
            self._minutes.append(Spent(now))
            if len(self._minutes) > _MINUTES:
                self._minutes[1].take(self._minutes.pop(0))
        return self._minutes[-1]


def summed(spent: Iterable[Spent]) -> Spent | None:
    """All of them together; None of none."""
    found: Spent | None = None
    for one in spent:
        if found is None:
            found = Spent(one.began)
        found.take(one)
    return found
