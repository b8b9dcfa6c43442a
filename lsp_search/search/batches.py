"""Which of many files match, and their texts: looked through some megabytes at a time, while more are read.

To look at one file at a time costs more in Python than in RE2. So texts are joined, with a line's end between them, and
searched as one; a match tells its file by its place. RE2 works outside Python's lock, so it does so in other threads.
Reading stays in this one: two threads that read take longer than one, for they wait for the lock after each call.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from lsp_search.search import required
from lsp_search.search.matcher import Matcher
from lsp_search.search.sources import Reader

_FIRST_FILES = 256
"""Looked through at once, without other threads: most searches need no more."""
_BATCH_FILES = 256
_BATCH_BYTES = 2 << 20
_THREADS = 2
_WAITING = 4
"""Batches read ahead, at most."""

Found = list[tuple[int, bytes]]
"""(file id, text) of files that match."""


class _Member(NamedTuple):
    place: int
    file_id: int
    text: bytes
    is_part: bool


_Batch = list[_Member]


def matching(reader: Reader, matcher: Matcher, ids: Sequence[int]) -> Generator[Found, None, None]:
    """Those of *ids* that match, or nearly always do, in order, in parts."""
    batches = _batches(reader, matcher, ids)
    first = list(itertools.islice(batches, 2))
    for batch in first[:1]:
        yield _found(reader, _matching(matcher, batch))
    if len(first) < 2:
        return
    running: deque[Future[_Batch]] = deque()
    threads = ThreadPoolExecutor(_THREADS, "text")
    try:
        for batch in itertools.chain(first[1:], batches):
            running.append(threads.submit(_matching, matcher, batch))
            while running and (len(running) > _WAITING or running[0].done()):
                yield _found(reader, running.popleft().result())
        for future in running:
            yield _found(reader, future.result())
    finally:
        threads.shutdown(cancel_futures=True)


def _batches(reader: Reader, matcher: Matcher, ids: Sequence[int]) -> Iterator[_Batch]:
    batch: _Batch = []
    size, most = 0, _FIRST_FILES
    for place, file_id in enumerate(ids):
        member = _member(reader, matcher, place, file_id)
        if member is not None:
            batch.append(member)
            size += len(member.text)
        if place >= most or size > _BATCH_BYTES:
            yield batch
            batch, size, most = [], 0, place + _BATCH_FILES
    yield batch


def _member(reader: Reader, matcher: Matcher, place: int, file_id: int) -> _Member | None:
    text = reader.parts(file_id)
    is_part = text is not None
    if text is not None and not matcher.is_literal:  # an expression can match beyond what it needs
        if not required.met(matcher.need, text):
            return None
        is_part = False
    if not is_part:
        text = reader.text(file_id)
    return _Member(place, file_id, text, is_part) if text else None


def _found(reader: Reader, batch: _Batch) -> Found:
    texts = (
        (member.file_id, reader.text(member.file_id) if member.is_part else member.text) for member in batch
    )
    return [(file_id, text) for file_id, text in texts if text is not None]


def _matching(matcher: Matcher, batch: _Batch) -> _Batch:
    if not matcher.sees_lines_only:
        return batch
    found: _Batch = []
    for ascii_only in (True, False):  # apart: ASCII texts are looked through more quickly
        members = [member for member in batch if member.text.isascii() is ascii_only]
        numbers = matcher.among([member.text for member in members], ascii_only=ascii_only)
        found += [members[number] for number in numbers]
    return sorted(found)
