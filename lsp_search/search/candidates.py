"""Which names of a segment can match a pattern: AND over transposed bitmaps, cheap before dear.

Each stage names a superset of the names of its tiers, as one bitmap over all names (n / 64 words); an AND of
six bitmaps over a million names takes 0.1 ms. Survivors come out shortest names first. Small segments have no
bitmaps: all their names are looked at.
"""

from __future__ import annotations

import bisect
import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lsp_search.index import segment as columns
from lsp_search.index import text
from lsp_search.index.segment import Segment
from lsp_search.search import pattern as p
from lsp_search.search.pattern import Pattern, fold
from lsp_search.search.pool import NO_IDS, Ids

Bitmap = npt.NDArray[np.uint64]
Condition = tuple[int, ...]
"""Rows of the bitmaps of which one at least must be set."""
_RARITY = {int(text.CHARACTER[byte]): place for place, byte in enumerate(b"jzqwykxvuhbgfolnm0pdicratse_")}
"""Character classes, the rarest first: their order over the names of the Linux kernel."""
_LOOK = 2
"""After so many conditions it is worth looking how few words are left."""


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
        return fold(segment.name(name)[:length])

    length = len(word)
    low = bisect.bisect_left(segment.lex, word, key=key)
    if low == segment.names or key(int(segment.lex[low])) != word:
        return low, low
    return low, bisect.bisect_right(segment.lex, word, lo=low, key=key)


def beginning(segment: Segment, bitmap: Bitmap, byte: int) -> Ids:
    """The names of *bitmap* that begin with *byte* (folded)."""
    low, high = prefix_range(segment, bytes([byte]))
    names = segment.lex[low:high].astype(np.int64)
    return names[_among(bitmap, names)]


def one_piece(segment: Segment, pattern: Pattern) -> Bitmap:
    """Names that hold every pair of neighbours of the word as typed."""
    word = pattern.folded
    if len(word) == 1:
        return _meeting(segment, [(columns.CHARACTER_ROWS + int(_characters(word)[0]),)])
    return _meeting(segment, [(columns.BIGRAM_ROWS + pair,) for pair in _distinct(_pairs(word))])


def humps(segment: Segment, pattern: Pattern) -> Bitmap:
    """Names where the first character heads a word and each other follows its predecessor or heads one."""
    core = pattern.core
    conditions: list[Condition] = [(columns.HEAD_ROWS + int(_characters(core)[0]),)]
    conditions += [
        (columns.BIGRAM_ROWS + pair, columns.HEAD_ROWS + character) for pair, character in _steps(core)
    ]
    return _meeting(segment, conditions)


def scattered(segment: Segment, pattern: Pattern) -> Bitmap:
    """Names that hold every character, the first as a head."""
    return _meeting(segment, _scattered(pattern))


def anywhere(segment: Segment, pattern: Pattern) -> Bitmap:
    """Names that hold every character."""
    return _meeting(segment, _scattered(pattern)[1:])


def hardly_scattered(segment: Segment, among: Bitmap, pattern: Pattern) -> Bitmap:
    """Names of *among* where each character but one can follow its predecessor or head a word."""
    words = np.flatnonzero(among)
    rows = [
        segment.bitmaps[columns.BIGRAM_ROWS + pair].take(words)
        | segment.bitmaps[columns.HEAD_ROWS + character].take(words)
        for pair, character in _steps(pattern.core)
    ]
    found = np.zeros_like(among)
    found[words] = among[words] & _at_most_missing(np.array(rows), 1)
    return found


def _steps(core: bytes) -> list[tuple[int, int]]:
    """The distinct pairs of neighbours, each with its second character, the rarest of these first."""
    steps = dict.fromkeys(zip(_pairs(core).tolist(), _characters(core)[1:].tolist(), strict=True))
    return sorted(steps, key=lambda step: _RARITY[step[1]])


def _scattered(pattern: Pattern) -> list[Condition]:
    characters = _characters(pattern.core)
    first = (columns.HEAD_ROWS + int(characters[0]),)
    others = sorted(_distinct(characters), key=_RARITY.__getitem__)
    return [first, *((columns.CHARACTER_ROWS + character,) for character in others)]


def _distinct(values: npt.NDArray[np.intp]) -> list[int]:
    return list(dict.fromkeys(values.tolist()))


def _meeting(segment: Segment, conditions: Sequence[Condition]) -> Bitmap:
    """Names that meet every condition. Once few words of the bitmap have bits left, only those are read."""
    bitmaps = segment.bitmaps
    where: npt.NDArray[np.intp] | None = None
    left: Bitmap = np.bitwise_or.reduce([bitmaps[row] for row in conditions[0]])
    for number, condition in enumerate(conditions[1:], 1):
        there = [bitmaps[row] if where is None else bitmaps[row].take(where) for row in condition]
        left = left & functools.reduce(np.bitwise_or, there)
        if number % _LOOK == 0:
            words = np.flatnonzero(left)
            if len(words) < len(left) // 4:
                left, where = left[words], words if where is None else where[words]
                if not len(words):
                    break
    if where is None:
        return left
    found = np.zeros(bitmaps.shape[1], np.uint64)
    found[where] = left
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
    words = np.flatnonzero(close)
    rows = segment.bitmaps[pairs[:, None], first + words]
    if len(pairs) > 3 * distance:
        close[words] &= _at_most_missing(rows, 3 * distance)
    else:  # too short or too repetitive for the bound: ask for one pair at least
        close[words] &= np.bitwise_or.reduce(rows, axis=0)
    near = _first(close, segment.names) + 64 * first
    found: Ids = near[(near >= low) & (near < high)]
    return found


def nearly_beginning(segment: Segment, pattern: Pattern) -> Bitmap:
    """Names of which a beginning can be one edit away from *word*: one of its halves is intact, the first as a prefix,
    the second somewhere; or the edit swaps the two letters where the halves meet."""
    word = pattern.folded
    half = (len(word) + 1) // 2
    low, high = prefix_range(segment, word[:half])
    first = segment.lex[low:high].astype(np.int64)
    meeting = word[: half - 1] + word[half : half + 1] + word[half - 1 : half] + word[half + 1 :]
    low, high = prefix_range(segment, meeting)
    swapped = segment.lex[low:high].astype(np.int64)
    second = _meeting(segment, [(columns.BIGRAM_ROWS + pair,) for pair in _distinct(_pairs(word[half:]))])
    _set(second, first)
    words = np.flatnonzero(second)
    rows = columns.CHARACTER_ROWS + np.unique(_characters(word))
    second[words] &= _at_most_missing(segment.bitmaps[rows[:, None], words], 1)
    _set(second, swapped)
    return second


def _set(bitmap: Bitmap, names: Ids) -> None:
    np.bitwise_or.at(bitmap, names >> 6, np.uint64(1) << (names & 63).astype(np.uint64))


def _among(bitmap: Bitmap, names: Ids) -> npt.NDArray[np.bool_]:
    """Which of *names* are set."""
    held: npt.NDArray[np.bool_] = bitmap[names >> 6] >> (names & 63).astype(np.uint64) & np.uint64(1) != 0
    return held


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
    """Ids of the names of these lengths (ids ascend by length)."""
    return segment.of_length(shortest), segment.of_length(longest + 1)


def _clear_outside(bitmap: Bitmap, low: int, high: int) -> None:
    """Clears the bits below *low* and from *high* on."""
    bitmap[: low // 64] = 0
    bitmap[(high + 63) // 64 :] = 0
    if low % 64 and low // 64 < len(bitmap):
        bitmap[low // 64] &= ~np.uint64(0) << np.uint64(low % 64)
    if high % 64 and high // 64 < len(bitmap):
        bitmap[high // 64] &= (np.uint64(1) << np.uint64(high % 64)) - np.uint64(1)


def of_lengths(segment: Segment, bitmap: Bitmap, shortest: int, longest: int) -> Bitmap:
    """*bitmap* without the names of other lengths."""
    kept = bitmap.copy()
    _clear_outside(kept, *length_range(segment, shortest, longest))
    return kept


def loose(segment: Segment, humps: Bitmap, pattern: Pattern) -> Bitmap:
    """Names of *humps* that can be the word but for separators: hardly longer than it."""
    core = len(pattern.core)
    return of_lengths(segment, humps, core, p.longest_loose(core))


def count(bitmaps: Sequence[Bitmap | None]) -> int:
    """Names of all *bitmaps* together."""
    return sum(0 if bitmap is None else int(np.bitwise_count(bitmap).sum()) for bitmap in bitmaps)


def shortest(
    segments: Sequence[Segment], bitmaps: Sequence[Bitmap | None], limit: int
) -> tuple[list[Ids], bool]:
    """The shortest names of all *bitmaps* together, about *limit* of them: all up to some length; and whether any are
    longer than that."""
    every = range(len(bitmaps))
    held = [0 if bitmap is None else int(np.bitwise_count(bitmap).sum()) for bitmap in bitmaps]
    if sum(held) <= limit:
        return [
            NO_IDS if bitmap is None or not count else _first(bitmap, count)
            for bitmap, count in zip(bitmaps, held, strict=True)
        ], False
    counts = np.zeros((len(bitmaps), columns.LONGEST + 1), np.int64)
    """(segments, lengths): names of a bitmap up to each length."""
    for place, segment, bitmap in zip(every, segments, bitmaps, strict=True):
        if bitmap is not None:
            total = np.concatenate([[0], np.cumsum(np.bitwise_count(bitmap), dtype=np.int64)])
            ends = segment.length_starts[1:]
            inside = bitmap[np.minimum(ends // 64, len(bitmap) - 1)]
            below = (np.uint64(1) << (ends % 64).astype(np.uint64)) - np.uint64(1)
            counts[place] = total[ends // 64] + np.bitwise_count(inside & below)
    up_to = counts.sum(axis=0)
    length = max(int(np.searchsorted(up_to, limit, "right")) - 1, int(np.searchsorted(up_to, 1)), 0)
    length = min(length, columns.LONGEST)
    found = [
        NO_IDS if bitmap is None else _first(bitmap, int(counts[place, length]))
        for place, bitmap in zip(every, bitmaps, strict=True)
    ]
    return found, bool(up_to[-1] > up_to[length])


def _first(bitmap: Bitmap, count: int) -> Ids:
    """The first *count* names of *bitmap*."""
    words = np.flatnonzero(bitmap)
    if len(words) > count // 64:  # may hold more than are wanted
        reached = np.cumsum(np.bitwise_count(bitmap[words]), dtype=np.int64)
        words = words[: int(np.searchsorted(reached, count)) + 1]
    places = np.flatnonzero(np.unpackbits(bitmap[words].view(np.uint8), bitorder="little").view(np.bool_))
    places = places[:count]
    found: Ids = words[places >> 6] * 64 + (places & 63)
    return found
