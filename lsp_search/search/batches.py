"""Which of many files match, and their texts: read into buffers of some megabytes, and looked through in other threads.

To look at one file at a time costs more in Python than in RE2. So files are read into one buffer, with a line's end
between them, and searched as one text; a match tells its file by its place. RE2 and numpy work outside Python's lock, so
they do in other threads. Reading stays in one: two threads that read take longer, for they wait for the lock after each
call. Texts that are not ASCII go a slower way: decoded each, then searched together.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from lsp_search.files.read import decode
from lsp_search.search import required
from lsp_search.search.matcher import Matcher
from lsp_search.search.sources import Reader
from lsp_search.telemetry.spans import span, spanned

_AT_ONCE = 256
"""Files that are looked through without other threads: most searches need no more."""
_BATCH_FILES = 512
_BATCH_BYTES = 2 << 20
_THREADS = 2
_BUFFERS = 4
_LINE_END = ord("\n")

Found = list[tuple[int, bytes]]
"""(file id, text) of files that match."""


def matching(reader: Reader, matcher: Matcher, ids: Sequence[int]) -> Generator[Found, None, None]:
    """Those of *ids* that match, or nearly always do, in order, in parts."""
    few, rest = iter(ids[:_AT_ONCE]), iter(ids[_AT_ONCE:])
    first = _Buffer(reader, matcher)
    while first.fill(few):
        with span("match"):
            part = first.matching()
        yield part
    if len(ids) <= _AT_ONCE:
        return
    idle = deque([first, *(_Buffer(reader, matcher) for _ in range(_BUFFERS - 1))])
    busy: deque[tuple[_Buffer, Future[Found]]] = deque()
    threads = ThreadPoolExecutor(_THREADS, "text")
    try:
        filling = idle.popleft()
        while filling.fill(rest):
            busy.append((filling, threads.submit(filling.matching)))
            while busy and (not idle or busy[0][1].done()):
                done, future = busy.popleft()
                yield _result(future)
                idle.append(done)
            filling = idle.popleft()
        for _, future in busy:
            yield _result(future)
    finally:
        threads.shutdown(cancel_futures=True)


@spanned("match")
def _result(future: Future[Found]) -> Found:
    """What another thread found; what is waited for it counts as matching."""
    return future.result()


class _Member(NamedTuple):
    place: int
    """In the order in which they were added."""
    file_id: int
    is_part: bool
    """Only some blocks of the file were read."""


class _Buffer:
    """Texts that are searched as one. Belongs to one thread at a time."""

    def __init__(self, reader: Reader, matcher: Matcher) -> None:
        self._reader = reader
        self._matcher = matcher
        self._bytes = np.empty(_BATCH_BYTES + reader.max_bytes + 2, np.uint8)
        self._room = self._bytes.data
        self._clear()

    def _clear(self) -> None:
        self._size = self._added = self._others_size = 0
        self._members: list[_Member] = []
        """Whose texts are in the buffer,"""
        self._ends: list[int] = []
        """and where each ends, its line's end included."""
        self._others: list[tuple[_Member, bytes]] = []
        """Texts that are not in the buffer."""
        self._blank: set[int] = set()
        """Of the members, whose texts were taken out."""

    @property
    def is_full(self) -> bool:
        return self._size + self._others_size > _BATCH_BYTES or self._added >= _BATCH_FILES

    @spanned("read")
    def fill(self, ids: Iterator[int]) -> bool:
        """Reads files until it is full or there are no more; False where there were none at all."""
        before = self._added
        while not self.is_full and (file_id := next(ids, None)) is not None:
            self._add(file_id)
        return self._added > before

    def _add(self, file_id: int) -> None:
        """Reads a file; nothing where it can't be."""
        self._added += 1
        room = self._room[self._size :]
        size = self._reader.read_into(file_id, room)
        is_part = self._reader.in_part(file_id)
        if size is None or (is_part and size > self._reader.max_bytes):  # blocks overlap: they may not fit
            self._add_apart(file_id)
        elif is_part and not self._matcher.is_literal:  # an expression can match beyond what it needs
            if size > 0 and required.met(self._matcher.need, bytes(room[:size])):
                self._add_apart(file_id)
        elif 0 < size <= self._reader.max_bytes:
            self._size += size + 1
            self._bytes[self._size - 1] = _LINE_END
            self._members.append(_Member(self._added, file_id, is_part))
            self._ends.append(self._size)

    def _add_apart(self, file_id: int) -> None:
        """The whole text, as an editor holds it if one does."""
        text = self._reader.text(file_id)
        if text:
            self._others.append((_Member(self._added, file_id, is_part=False), text))
            self._others_size += len(text)

    def matching(self) -> Found:
        """Those that match, in order; the buffer is empty then."""
        self._set_apart()
        text = self._room[: self._size]
        found = [
            (self._members[number], bytes(text[self._begin(number) : self._ends[number] - 1]))
            for number in self._matcher.among(text, self._ends, ascii_only=True)
            if number not in self._blank
        ]
        others = [text for _, text in self._others]
        ends = list(itertools.accumulate(len(text) + 1 for text in others))
        numbers = self._matcher.among(b"\n".join(others), ends, ascii_only=False)
        found += [self._others[number] for number in numbers]
        self._clear()
        texts = (
            (member.file_id, self._reader.text(member.file_id) if member.is_part else text)
            for member, text in sorted(found)
        )
        return [(file_id, text) for file_id, text in texts if text is not None]

    def _set_apart(self) -> None:
        """Takes what is not ASCII, or binary, out of the buffer."""
        odd = np.flatnonzero(self._bytes[: self._size].view(np.int8) <= 0)
        for number in np.unique(np.searchsorted(self._ends, odd, "right")).tolist():
            start, end = self._begin(number), self._ends[number] - 1
            raw = bytes(self._room[start:end])
            self._bytes[start:end] = _LINE_END
            self._blank.add(number)
            decoded = (raw, "") if self._members[number].is_part else decode(raw)
            if decoded is not None:
                self._others.append((self._members[number], decoded[0]))

    def _begin(self, number: int) -> int:
        return self._ends[number - 1] if number else 0
