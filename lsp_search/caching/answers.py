"""Kept answers: found again in memory, then on disk, if nothing that happened since can have changed them.

An entry is an answer as bytes (so that its size is known, and to hold it costs nothing but that), the state that it is of, and
the question without its snapshots. Whether it still holds is asked when it is wanted, not when something changes: of each
change since, as the ``journal`` has it. An entry that outlived them is of the present state from then on.

Every request is one of these kinds: *exact* (asked before, in memory), *predicted* (computed ahead, and asked for the first time),
*disk* (asked before a restart, or so long ago that only the disk has it), *refined* (computed, all of it among what a shorter query had
found), *miss* (computed).
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Literal

import msgspec

from lsp_search.caching.disk import Disk, Row
from lsp_search.caching.journal import Change, Journal, State, stamp
from lsp_search.caching.sieve import Sieve
from lsp_search.index.snapshot import Snapshot
from lsp_search.model import Hit
from lsp_search.search.kept import Key, OnPart, Subject
from lsp_search.search.listing import Listing

MEMORY_BYTES = 32 << 20
_OVERHEAD = 1500
"""Bytes of an entry besides its answer: key, question, node."""
_KNOWN_STAMPS = 64
_OPEN = 64
"""Answers that are held as objects as well: about those of some words, typed and corrected; 200 KB each at most."""

Kind = Literal["exact", "predicted", "disk", "refined", "miss"]
KINDS: tuple[Kind, ...] = ("exact", "refined", "predicted", "disk", "miss")


class _Stored(msgspec.Struct, array_like=True):
    """An answer: what was handed over first, part by part, and the rest."""

    parts: list[list[Hit]]
    hits: list[Hit]
    more: bool
    scanned: bool
    lines: int | None
    files: int | None
    held: dict[str, list[int]] | None


class Entry:
    __slots__ = ("data", "held", "on_disk", "predicted", "state", "subject")

    def __init__(
        self, state: int, data: bytes, held: Mapping[str, Sequence[int]] | None, subject: Subject
    ) -> None:
        self.state = state
        """The number of the last state that it is known to be right for."""
        self.data = data
        self.held = held
        """Of text: by root the files with lines; None: not all are known."""
        self.subject = subject
        self.predicted = False
        """Nobody has asked for it yet."""
        self.on_disk: bytes = b""
        """The stamp that it has there."""


Find = Callable[[OnPart | None], Listing]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Stored).decode


UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError)
"""What decoding a damaged row may raise."""


class Answers:
    """A ``Keeper``. May be used from any thread. *clock*: seconds since 1970."""

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.time) -> None:
        self.journal = journal
        self.counts: Counter[Kind] = Counter()
        """Requests by kind."""
        self.predictions: Counter[str] = Counter()
        """``made``, ``used``."""
        self._clock = clock
        self._lock = threading.Lock()
        self._memory: Sieve[Key, Entry] = Sieve(MEMORY_BYTES)
        self._open: OrderedDict[Entry, _Stored] = OrderedDict()
        self._disk: Disk | None = None
        self._stamps: dict[bytes, int] = {}
        self._enabled = True

    # -- asking ----------------------------------------------------------------------------------

    def listing(
        self,
        subject: Subject,
        snapshots: Sequence[Snapshot],
        find: Find,
        on_part: OnPart | None,
    ) -> Listing:
        """See ``Keeper``."""
        state = self.current(subject, snapshots)
        if state is None:
            return self._counted(find(on_part))
        for way in [subject] if on_part is None else [subject, _in_parts(subject)]:
            found = self._found(way, state)
            if found is not None:
                stored, kind = found
                if on_part is not None:
                    for hits in stored.parts:
                        on_part(hits)
                self._count(kind)
                return _listing(stored, "hit-disk" if kind == "disk" else "hit-memory")
        return self._counted(self._computed(subject, state, find, on_part))

    def ahead(self, subject: Subject, state: State, find: Find, *, predicts: bool) -> Listing:
        """The same for a question that nobody has asked yet; see :class:`Ahead`."""
        found = self._found(subject, state, asked=False)
        if found is not None:
            return _listing(found[0], "hit-memory")
        listing = self._computed(subject, state, find, None)
        with self._lock:
            entry = self._memory.peek(subject.key) if subject.key else None
            if entry is not None and predicts:
                entry.predicted = True
                self.predictions["made"] += 1
        return listing

    def in_vain(self) -> float:
        """Answers computed ahead that nobody has asked for, by question."""
        with self._lock:
            return (self.predictions["made"] - self.predictions["used"]) / (sum(self.counts.values()) + 1)

    def current(self, subject: Subject, snapshots: Sequence[Snapshot]) -> State | None:
        """The state of *snapshots*; None where nothing is kept of it, or of such questions."""
        state = self.journal.state
        if subject.key is None or not self._enabled or state.snapshots is not snapshots:
            return None
        try:
            _encode(subject.key)
        except UnicodeEncodeError:  # a path that is not UTF-8
            return None
        return state

    def _counted(self, listing: Listing) -> Listing:
        self._count("refined" if listing.cache == "refined" else "miss")
        return listing

    def _count(self, kind: Kind) -> None:
        with self._lock:
            self.counts[kind] += self._enabled

    def _computed(self, subject: Subject, state: State, find: Find, on_part: OnPart | None) -> Listing:
        parts: list[list[Hit]] = []

        def part(hits: list[Hit]) -> None:
            parts.append(hits)
            if on_part is not None:
                on_part(hits)

        listing = find(None if on_part is None else part)
        if listing.unfinished:
            return listing
        if parts:
            subject = _in_parts(subject)
        held = None if listing.held is None else {root: list(ids) for root, ids in listing.held.items()}
        stored = _Stored(
            parts, listing.hits, listing.more, listing.scanned, listing.lines, listing.files, held
        )
        try:
            data = _encode(stored)
        except UnicodeEncodeError:  # a path that is not UTF-8
            return listing
        entry = Entry(state.number, data, held, subject)
        self._keep(entry)
        self._hold(entry, stored)
        return listing

    def _found(self, subject: Subject, state: State, *, asked: bool = True) -> tuple[_Stored, Kind] | None:
        key = subject.key
        assert key is not None  # noqa: S101 - whoever calls has looked
        with self._lock:
            entry = self._memory.get(key) if asked else self._memory.peek(key)
        kind: Kind = "exact"
        if entry is None:
            entry, kind = self._from_disk(subject), "disk"
        if entry is None:
            return None
        if not self.holds(entry, state):
            with self._lock:
                if self._memory.peek(key) is entry:
                    self._memory.drop(key)
            return None
        if kind == "disk" and asked:
            self._keep(entry)
        elif entry.predicted and asked:
            entry.predicted, kind = False, "predicted"
            with self._lock:
                self.predictions["used"] += 1
        return self._opened(entry), kind

    def _opened(self, entry: Entry) -> _Stored:
        """What is asked for again and again is decoded once."""
        with self._lock:
            stored = self._open.get(entry)
        if stored is None:
            stored = _decode(entry.data)
        self._hold(entry, stored)
        return stored

    def _hold(self, entry: Entry, stored: _Stored) -> None:
        with self._lock:
            self._open[entry] = stored
            self._open.move_to_end(entry)
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)

    def _keep(self, entry: Entry) -> None:
        key = entry.subject.key
        with self._lock:
            if key is not None and self._enabled:
                self._memory.put(key, entry, len(entry.data) + _OVERHEAD)

    # -- what still holds ------------------------------------------------------------------------

    def holds(self, entry: Entry, state: State) -> bool:
        """Whether nothing up to *state* can have changed the answer; it is of that state then."""
        if entry.state == state.number:
            return True
        changes = self.journal.since(entry.state)
        if changes is None or not _outlives(entry, changes):
            return False
        entry.state = max(entry.state, state.number)
        return True

    # -- the disk --------------------------------------------------------------------------------

    def use_disk(self, disk: Disk | None) -> None:
        """Where answers outlive the process; None: nowhere. Closes the one before."""
        before, self._disk = self._disk, disk
        if before is not None:
            before.close()

    def _from_disk(self, subject: Subject) -> Entry | None:
        disk = self._disk
        if disk is None or subject.key is None or (row := disk.get(digest(subject.key))) is None:
            return None
        begun = self.journal.begun
        number = begun.number if begun.stamp == row[0] else self._stamps.get(row[0])
        if number is None:
            return None
        try:
            stored = _decode(row[1])
        except UNREADABLE:
            return None
        entry = Entry(number, row[1], stored.held, subject)
        entry.on_disk = row[0]
        return entry

    def stamped(self, state: State) -> bytes:
        found = state.stamp or stamp(state.snapshots, state.picks)
        while len(self._stamps) >= _KNOWN_STAMPS:
            del self._stamps[next(iter(self._stamps))]
        self._stamps[found] = state.number
        return found

    def write(self, check: Callable[[], None]) -> int:
        """Brings the disk up to what memory holds and people asked for; returns how many rows it wrote. *check* raises to
        stop in between."""
        disk, state = self._disk, self.journal.state
        if disk is None or not state.snapshots:
            return 0
        with self._lock:
            entries = [(key, entry) for key, entry in self._memory if not entry.predicted]
        if not entries:
            return 0
        present, now = self.stamped(state), self._clock()
        rows: list[Row] = []
        for place, (key, entry) in enumerate(entries):
            check()
            if entry.on_disk != present and self.holds(entry, state):
                rows.append(Row(digest(key), present, entry.data, _encode(key), now - place * 1e-3))
                entry.on_disk = present
        if rows:
            disk.put(rows)
        return len(rows)

    # -- the whole -------------------------------------------------------------------------------

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._memory.clear()
            self._open.clear()
        if self._disk is not None:
            self._disk.clear()

    def enable(self, *, on: bool) -> None:
        """Off: every answer is computed."""
        self._enabled = on
        if not on:
            self.clear()

    def figures(self) -> dict[str, object]:
        """The part ``cache`` of ``lspSearch/stats``."""
        with self._lock:
            counts, made = Counter(self.counts), Counter(self.predictions)
            waiting = sum(entry.predicted for _, entry in self._memory)
            entries, size = len(self._memory), self._memory.bytes
        asked = sum(counts.values())
        in_memory = counts["exact"] + counts["predicted"]
        disk = self._disk
        kept = {"entries": disk.entries if disk else 0, "bytes": disk.bytes if disk else 0}
        return {
            "memory": {"hits": in_memory, "misses": asked - in_memory, "entries": entries, "bytes": size},
            "disk": {"hits": counts["disk"], "misses": asked - in_memory - counts["disk"], **kept},
            "hitRate": round((in_memory + counts["disk"]) / asked, 4) if asked else 0.0,
            "kinds": {kind: counts[kind] for kind in KINDS},
            "predictions": {
                "made": made["made"],
                "used": made["used"],
                "wasted": made["made"] - made["used"] - waiting,
                "waiting": waiting,
            },
        }


class Ahead:
    """A ``Keeper`` for questions that nobody has asked yet: computes what is not kept. *predicts*: an answer counts as
    predicted once it is asked for, as wasted if it never is; else it is one of earlier, made warm again."""

    def __init__(self, answers: Answers, *, predicts: bool) -> None:
        self._answers = answers
        self._predicts = predicts

    def listing(
        self,
        subject: Subject,
        snapshots: Sequence[Snapshot],
        find: Find,
        on_part: OnPart | None,  # noqa: ARG002
    ) -> Listing:
        state = self._answers.current(subject, snapshots)
        if state is None:
            return Listing([], False)
        return self._answers.ahead(subject, state, find, predicts=self._predicts)


def _in_parts(subject: Subject) -> Subject:
    """The same question, answered in parts."""
    return replace(subject, key=subject.key and replace(subject.key, in_parts=True))


def digest(key: Key) -> bytes:
    return blake2b(_encode(key), digest_size=16).digest()


def _listing(stored: _Stored, cache: Literal["hit-memory", "hit-disk"]) -> Listing:
    counts = stored.lines, stored.files
    return Listing(stored.hits, stored.more, stored.scanned, *counts, stored.held, cache=cache)


def _outlives(entry: Entry, changes: Sequence[Change]) -> bool:
    """Whether none of *changes* can have changed the answer."""
    few: list[Snapshot] = []
    for change in changes:
        match entry.subject.depends:
            case "all and user":
                return False
            case "all" if change.content:
                return False
            case "texts" if change.content:
                if entry.held is None or not change.files.isdisjoint(entry.held.get(change.root, ())):
                    return False
                few.append(change.sides[-1])
            case "symbols":
                few += change.sides
    return not (few and entry.subject.finds(few))
