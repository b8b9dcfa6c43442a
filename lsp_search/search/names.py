"""The matcher: the best names of several segments for one query's words.

The only interface the rest of the search knows is :func:`best_names`. Stages run from cheap to dear (prefix
by binary search; one piece, humps and scattered through bitmaps; typos last) and stop as soon as enough
names of a tier that later stages cannot beat are found. ``score`` orders them.

What it leaves out: beyond ``SCAN_LIMIT`` survivors (``SCATTERED_LIMIT`` for the weak tiers) a stage looks at the
shortest names only, and names over 64 bytes are found by their first 64 bytes, as a prefix, or in one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lsp_search.index import text
from lsp_search.index.segment import Segment
from lsp_search.search import candidates, edits
from lsp_search.search import pattern as p
from lsp_search.search.candidates import Bitmap
from lsp_search.search.pattern import Pattern, fold
from lsp_search.search.pool import NO_IDS, Ids, Names, Pool
from lsp_search.search.tiers import Tiers, judge

Check = Callable[[], None]
"""Called between batches; raises to stop the work."""

SCAN_LIMIT = 32768
SCATTERED_LIMIT = 16384
TYPO_LIMIT = 24576
"""The most survivors aligned in one stage; the weaker the tier, the less it is worth."""
LONG_LIMIT = 4096
"""The most names over 64 bytes that are looked at one by one."""
FEW = 20
"""The weakest tiers are looked for when there are fewer better hits than this."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The best names of a pool, as columns; not in order of rank."""

    pool: Pool
    names: Names
    tiers: Tiers
    truncated: bool
    """More names matched than were kept: asking for more would give more."""
    exhausted: bool
    """Every name that could match was looked at."""


class _Found:
    """The best tier of every name seen so far."""

    def __init__(self, pool: Pool, wanted: int) -> None:
        self.pool = pool
        self.wanted = wanted
        self.best = np.zeros(pool.size, np.uint8)
        self.hits: list[Ids] = []
        """The numbers of all names of any tier."""
        self.counts = np.zeros(p.EXACT + 1, np.int64)
        """Names of each tier."""
        self.truncated = False
        self.exhausted = True

    def add(self, names: Names, tiers: Tiers) -> None:
        """*names* are distinct."""
        self.add_numbers(self.pool.numbers(names), tiers)

    def add_numbers(self, numbers: Ids, tiers: Tiers) -> None:
        before = self.best[numbers]
        after = np.maximum(before, tiers)
        self.best[numbers] = after
        self.hits.append(numbers[(before == p.NONE) & (after > p.NONE)])
        size = len(self.counts)
        self.counts += np.bincount(after, minlength=size) - np.bincount(before, minlength=size)

    def count(self, least: int) -> int:
        """Names of tier *least* or better."""
        return int(self.counts[max(least, p.TYPO) :].sum())

    def enough(self, least: int) -> bool:
        return self.count(least) >= self.wanted

    def shortlist(self) -> tuple[Names, Tiers]:
        """The wanted number of names by (tier, length, name)."""
        numbers = np.sort(np.concatenate([NO_IDS, *self.hits]))
        if self.counts[p.EXACT]:
            # Who typed a whole name that exists does not mean names that merely hold its letters.
            numbers = numbers[self.best[numbers] > p.SCATTERED]
        elif self.count(p.SCATTERED) >= FEW:  # not looked for everywhere
            numbers = numbers[self.best[numbers] != p.ANYWHERE]
        names, tiers = self.pool.names(self.pool.split(numbers)), self.best[numbers]
        excess = len(numbers) - self.wanted
        if excess <= 0:
            return names, tiers
        self.truncated = True
        key = (p.EXACT - tiers.astype(np.int64) << 32) + names.lengths
        cut = np.partition(key, self.wanted - 1)[self.wanted - 1]
        ties = np.flatnonzero(key == cut)
        excess = int((key <= cut).sum()) - self.wanted
        if excess:  # which of them stay must not depend on how names are spread over segments
            texts = self.pool.texts(names.take(ties))
            ties = ties[sorted(range(len(ties)), key=lambda place: (fold(texts[place]), texts[place]))]
        kept = np.sort(np.concatenate([np.flatnonzero(key < cut), ties[: len(ties) - excess]]))
        return names.take(kept), tiers[kept]


def best_names(
    segments: Sequence[Segment], patterns: Sequence[Pattern], wanted: int, check: Check
) -> Matched:
    """The *wanted* best names of all segments together that match every pattern."""
    pool = Pool(segments)
    found = _Found(pool, wanted)
    if pool.size and patterns and all(pattern.folded for pattern in patterns):
        several = len(patterns) > 1
        stages = (
            _all_words(pool, patterns, found, check) if several else _stages(pool, patterns[0], found, check)
        )
        for possible in stages:
            check()
            if found.counts[p.EXACT] and possible <= p.SCATTERED:
                break
            if found.enough(possible + 1):
                found.truncated = True
                break
    names, tiers = found.shortlist()
    return Matched(pool, names, tiers, found.truncated, found.exhausted)


def _stages(pool: Pool, pattern: Pattern, found: _Found, check: Check) -> Iterator[int]:
    """Runs one stage at a time; yields the best tier that the stages to come can still add."""
    _small_segments(pool, [pattern], found)
    _prefixes(pool, pattern, found)

    def sieve(make: Callable[[Segment, Pattern], Bitmap]) -> list[Bitmap | None]:
        return _sieve(pool, lambda segment: make(segment, pattern))

    if len(pattern.core) > 1:
        # A loose hit outranks every prefix: look among the names hardly longer than the core at any rate.
        _scan(pool, pattern, sieve(candidates.loose), found, check, p.LOOSE)
    yield p.WORD
    one_piece = sieve(candidates.one_piece)
    _scan(pool, pattern, one_piece, found, check, p.WORD)
    yield p.ACRONYM
    _scan(pool, pattern, sieve(candidates.humps), found, check, p.HUMPS)
    yield p.SUBSTRING
    _long_names(pool, pattern, one_piece, found)
    if len(pattern.core) in p.SCATTERED_LENGTHS:
        yield p.SCATTERED
        _scan(pool, pattern, sieve(candidates.scattered), found, check, p.SCATTERED)
        yield p.ANYWHERE
        if found.count(p.SCATTERED) < FEW:
            _scan(pool, pattern, sieve(candidates.anywhere), found, check, p.ANYWHERE)
    if pattern.distance:
        yield p.TYPO
        if found.count(p.SUBSTRING) < FEW:
            _typos(pool, pattern, found, check)


def _sieve(pool: Pool, make: Callable[[Segment], Bitmap]) -> list[Bitmap | None]:
    """One bitmap for every segment that has bitmaps (None for the others)."""
    return [make(segment) if segment.bitmaps.size else None for segment in pool.segments]


def _survivors(pool: Pool, bitmaps: Sequence[Bitmap | None], limit: int) -> tuple[Names, bool]:
    """The *limit* shortest names of *bitmaps*, shortest first, and whether there are more."""
    ids, more = candidates.shortest(pool.segments, bitmaps, limit)
    return pool.shortest_first(ids), more


def _scan(
    pool: Pool, pattern: Pattern, bitmaps: Sequence[Bitmap | None], found: _Found, check: Check, tier: int
) -> None:
    """Judges survivors by *tier*, shortest first, until enough names of it or better are there."""
    limit = SCATTERED_LIMIT if tier <= p.SCATTERED else SCAN_LIMIT
    names, left_out = _survivors(pool, bitmaps, limit)
    for batch in names.batches():
        check()
        found.add(batch, judge(pool, batch, pattern, tier))
        if tier < p.LOOSE and found.enough(tier):
            found.truncated = True
            return
    found.exhausted &= not left_out


def _small_segments(pool: Pool, patterns: Sequence[Pattern], found: _Found) -> None:
    """All names of the segments without bitmaps, by all tiers."""
    ids = [
        NO_IDS if segment.bitmaps.size else np.arange(segment.names, dtype=np.int64)
        for segment in pool.segments
    ]
    names = pool.shortest_first(ids)
    found.add(names, _worst(pool, names, patterns) if len(patterns) > 1 else judge(pool, names, patterns[0]))


def _worst(pool: Pool, names: Names, patterns: Sequence[Pattern]) -> Tiers:
    """A name is as good as its worst word; of several words none may be scattered."""
    tiers: Tiers = np.minimum.reduce([judge(pool, names, pattern) for pattern in patterns])
    tiers[tiers < p.SUBSTRING] = p.NONE
    return tiers


def _all_words(pool: Pool, patterns: Sequence[Pattern], found: _Found, check: Check) -> Iterator[int]:
    """Names that match several words, in any order."""
    _small_segments(pool, patterns, found)

    def every_word(segment: Segment) -> Bitmap:
        each = [candidates.humps(segment, word) | candidates.one_piece(segment, word) for word in patterns]
        bitmap: Bitmap = np.bitwise_and.reduce(each)
        return bitmap

    names, left_out = _survivors(pool, _sieve(pool, every_word), SCAN_LIMIT)
    for batch in names.batches():
        check()
        found.add(batch, _worst(pool, batch, patterns))
    found.exhausted &= not left_out
    yield p.NONE


def _prefixes(pool: Pool, pattern: Pattern, found: _Found) -> None:
    """The shortest names with the prefix, and the shortest with the prefix in the case it was typed in."""
    width = len(pattern.raw)
    for segment, base in zip(pool.segments, pool.bases.tolist(), strict=False):
        low, high = candidates.prefix_range(segment, pattern.folded)
        ids = segment.lex[low:high].astype(np.int64)
        cased = ids[pool.windows_of(segment, segment.offsets[ids], width) == np.void(pattern.raw)]
        if len(ids) > found.wanted:
            found.truncated = True
            cased = _least(cased, found.wanted)
            ids = np.union1d(_least(ids, found.wanted), cased)
        lengths = segment.offsets[ids + 1] - segment.offsets[ids]
        tiers = np.where(lengths == width, p.EXACT, np.where(np.isin(ids, cased), p.CASED, p.PREFIX))
        found.add_numbers(ids + base, tiers.astype(np.uint8))


def _least(ids: Ids, count: int) -> Ids:
    return ids if len(ids) <= count else np.partition(ids, count - 1)[:count]


def _long_names(pool: Pool, pattern: Pattern, bitmaps: Sequence[Bitmap | None], found: _Found) -> None:
    """One-piece matches beyond the first 64 bytes of long names."""
    tails = [
        None if bitmap is None else candidates.of_lengths(segment, bitmap, text.WINDOW + 1, 1 << 30)
        for segment, bitmap in zip(pool.segments, bitmaps, strict=True)
    ]
    ids, left_out = candidates.shortest(pool.segments, tails, LONG_LIMIT)
    for place, segment in enumerate(pool.segments):
        if tails[place] is None:
            ids[place] = np.arange(segment.of_length(text.WINDOW + 1), segment.names)
    names = pool.shortest_first(ids)
    found.exhausted &= not left_out
    word = pattern.folded
    holds = [word in fold(name) for name in pool.texts(names)]
    found.add(names, np.where(holds, p.SUBSTRING, p.NONE).astype(np.uint8))


def _typos(pool: Pool, pattern: Pattern, found: _Found, check: Check) -> None:
    """Names within a few edits."""
    near = [candidates.nearby(segment, pattern.folded, pattern.distance) for segment in pool.segments]
    seen = 0
    for batch in pool.shortest_first(near).batches():
        check()
        if seen > TYPO_LIMIT:
            found.exhausted = False
            return
        seen += len(batch)
        # One tier holds both distances; nearer names are simply preferred when two are forgiven.
        forgiven = edits.distances(pool, batch, pattern.folded) <= pattern.distance
        found.add(batch, np.where(forgiven, p.TYPO, p.NONE).astype(np.uint8))
