"""Which names of a segment can match a pattern: AND over transposed bitmaps, cheap before dear.

Each stage names a superset of the names of its tiers, as one bitmap over all names (n / 64 words); an AND of
six bitmaps over a million names takes 0.1 ms. Survivors come out lazily, shortest names first, so that a
caller can stop when better hits fill its list. Small segments have no bitmaps: every stage is "all names".
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lsp_search.index import segment as columns
from lsp_search.index import text
from lsp_search.index.segment import Segment
from lsp_search.search.pattern import Pattern, fold

Ids = npt.NDArray[np.int64]
Bitmap = npt.NDArray[np.uint64]

BATCH = 4096
"""Names aligned at a time; the stopping rule is looked at between batches."""


def _bytes(word: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(word, np.uint8)


def _characters(word: bytes) -> npt.NDArray[np.intp]:
    return text.CHARACTER[_bytes(word)].astype(np.intp)


def _pairs(word: bytes) -> npt.NDArray[np.intp]:
    raw = _bytes(word)
    return text.bigram_class(raw[:-1], raw[1:]).astype(np.intp)


def prefix_range(segment: Segment, word: bytes) -> tuple[int, int]:
    """The half-open range of ``segment.lex`` whose names start with *word* (folded)."""

    def key(name: int) -> bytes:
        return fold(segment.name(name))[: len(word)]

    low = bisect.bisect_left(segment.lex, word, key=key)
    return low, bisect.bisect_right(segment.lex, word, lo=low, key=key)


def one_piece(segment: Segment, pattern: Pattern) -> Bitmap:
    """Names that hold every pair of neighbours of the word as typed."""
    word = pattern.folded
    rows = columns.CHARACTER_ROWS + np.unique(_characters(word))
    found: Bitmap = np.bitwise_and.reduce(segment.bitmaps[rows], axis=0)
    for pair in np.unique(_pairs(word)):
        found &= segment.bitmaps[columns.BIGRAM_ROWS + pair]
    return found


def humps(segment: Segment, pattern: Pattern) -> Bitmap:
    """Names where the first character heads a word and each other follows its predecessor or heads one."""
    core = pattern.core
    characters = _characters(core)
    found = scattered(segment, pattern)
    step = np.empty_like(found)
    for index, pair in enumerate(_pairs(core)):
        head = segment.bitmaps[columns.HEAD_ROWS + characters[index + 1]]
        np.bitwise_or(segment.bitmaps[columns.BIGRAM_ROWS + pair], head, out=step)
        found &= step
    return found


def acronyms(segment: Segment, pattern: Pattern) -> Bitmap:
    """Names where every character heads a word."""
    rows = columns.HEAD_ROWS + np.unique(_characters(pattern.core))
    found: Bitmap = np.bitwise_and.reduce(segment.bitmaps[rows], axis=0)
    return found


def scattered(segment: Segment, pattern: Pattern) -> Bitmap:
    """Names that hold every character, the first as a head."""
    characters = _characters(pattern.core)
    found: Bitmap = segment.bitmaps[columns.HEAD_ROWS + characters[0]].copy()
    for character in np.unique(characters):
        found &= segment.bitmaps[columns.CHARACTER_ROWS + character]
    return found


def nearby(segment: Segment, word: bytes, distance: int) -> Ids:
    """Names within *distance* in length that can be within *distance* edits of *word*.

    One edit (a transposition included) destroys at most three pairs of neighbours and one character, so at
    least the rest is there (the T-occurrence bound, Ukkonen 1992).
    """
    low, high = length_range(segment, len(word) - distance, len(word) + distance)
    if not segment.bitmaps.size:
        return np.arange(low, high, dtype=np.int64)
    first, last = low // 64, (high + 63) // 64
    pairs = columns.BIGRAM_ROWS + np.unique(_pairs(word))
    characters = columns.CHARACTER_ROWS + np.unique(_characters(word))
    close = _at_most_missing(segment.bitmaps[characters, first:last], distance)
    if len(pairs) > 3 * distance:
        close &= _at_most_missing(segment.bitmaps[pairs, first:last], 3 * distance)
    else:  # too short or too repetitive for the bound: ask for one pair at least
        close &= np.bitwise_or.reduce(segment.bitmaps[pairs, first:last], axis=0)
    ids = _set_bits(close) + 64 * first
    found: Ids = ids[(ids >= low) & (ids < high)]
    return found


def _at_most_missing(rows: Bitmap, allowed: int) -> Bitmap:
    """Names set in all but *allowed* of *rows*: a bit-sliced adder counts for 64 names at once."""
    planes = [np.zeros(rows.shape[1], np.uint64) for _ in range(allowed.bit_length() + 1)]
    overflow = np.zeros(rows.shape[1], np.uint64)
    for row in rows:
        carry = ~row
        for plane in planes:
            carried = plane & carry
            np.bitwise_xor(plane, carry, out=plane)
            carry = carried
        overflow |= carry
    above = overflow
    equal = np.full(rows.shape[1], ~np.uint64(0))
    for bit in reversed(range(len(planes))):
        limit = ~np.uint64(0) if allowed >> bit & 1 else np.uint64(0)
        above |= equal & planes[bit] & ~limit
        equal &= ~(planes[bit] ^ limit)
    return ~above


def length_range(segment: Segment, shortest: int, longest: int) -> tuple[int, int]:
    """Ids of the names of these lengths, by binary search (ids ascend by length)."""

    def key(name: int) -> int:
        return int(segment.offsets[name + 1]) - int(segment.offsets[name])

    names = range(segment.names)
    low = bisect.bisect_left(names, shortest, key=key)
    return low, bisect.bisect_right(names, longest, lo=low, key=key)


def _set_bits(bitmap: Bitmap) -> Ids:
    words = np.flatnonzero(bitmap)
    places = np.flatnonzero(np.unpackbits(bitmap[words].view(np.uint8), bitorder="little"))
    found: Ids = words[places >> 6] * 64 + (places & 63)
    return found


def batches(segment: Segment, bitmap: Bitmap | None) -> Iterator[Ids]:
    """The ids of *bitmap* (None: all names) in ascending order, about ``BATCH`` at a time."""
    if bitmap is None:
        for start in range(0, segment.names, BATCH):
            yield np.arange(start, min(segment.names, start + BATCH), dtype=np.int64)
        return
    words = np.flatnonzero(bitmap)
    cumulated = np.cumsum(np.bitwise_count(bitmap[words]), dtype=np.int64)
    start = 0
    while start < len(words):
        reached = int(cumulated[start - 1]) if start else 0
        end = max(int(np.searchsorted(cumulated, reached + BATCH, "right")), start + 1)
        part = words[start:end]
        places = np.flatnonzero(np.unpackbits(bitmap[part].view(np.uint8), bitorder="little"))
        yield part[places >> 6] * 64 + (places & 63)
        start = end
