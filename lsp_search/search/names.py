"""The matcher: the best names of one segment for one pattern.

The only interface the rest of the search knows is :func:`best_names`. Stages run from cheap to dear (prefix
by binary search; one piece, humps and scattered through bitmaps; typos last) and stop as soon as enough
names of a tier that later stages cannot beat are found.

What it leaves out: beyond ``SCAN_LIMIT`` survivors (``SCATTERED_LIMIT`` for the weak tiers) a stage looks at the shortest names only, and names
over 64 bytes are found by their first 64 bytes, as a prefix, or in one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from lsp_search.index import text
from lsp_search.index.segment import Segment
from lsp_search.search import candidates
from lsp_search.search import pattern as p
from lsp_search.search.pattern import Pattern, fold
from lsp_search.search.tiers import judge

Ids = npt.NDArray[np.int64]
Tiers = npt.NDArray[np.uint8]
Check = Callable[[], None]
"""Called between batches; raises to stop the work."""

SCAN_LIMIT = 49152
SCATTERED_LIMIT = 24576
TYPO_LIMIT = 8192
"""The most survivors aligned in one stage, over all segments; the weaker the tier, the less it is worth."""
LONG_LIMIT = 4096
"""The most names over 64 bytes that are looked at one by one, over all segments."""
FEW = 20
"""Typos are looked for when there are fewer better hits than this."""


@dataclass
class Found:
    """Names of one segment found so far; a name keeps its best tier."""

    wanted: int
    share: int = 1
    """How many segments share the limits."""
    ids: list[Ids] = field(default_factory=list)
    tiers: list[Tiers] = field(default_factory=list)
    truncated: bool = False
    """More names matched than were kept: asking for more would give more."""
    exhausted: bool = True
    """Every name that could match was looked at."""

    def add(self, ids: Ids, tiers: Tiers) -> None:
        hit = tiers > p.NONE
        self.ids.append(ids[hit])
        self.tiers.append(tiers[hit])

    def count(self, least: int) -> int:
        """Distinct names of tier *least* or better."""
        found = [ids[tiers >= least] for ids, tiers in zip(self.ids, self.tiers, strict=True)]
        total = sum(map(len, found))
        return len(np.unique(np.concatenate(found))) if total >= self.wanted else total

    @property
    def has_exact(self) -> bool:
        return any(bool(np.any(tiers == p.EXACT)) for tiers in self.tiers)

    def drop_weak(self) -> None:
        """Who typed a whole name that exists does not mean names that merely hold its letters."""
        strong = [tiers > p.SCATTERED for tiers in self.tiers]
        self.ids = [ids[keep] for ids, keep in zip(self.ids, strong, strict=True)]
        self.tiers = [tiers[keep] for tiers, keep in zip(self.tiers, strong, strict=True)]

    def best(self) -> tuple[Ids, Tiers]:
        """The wanted number of names by (tier, length), without repetition."""
        if not self.ids:
            return np.empty(0, np.int64), np.empty(0, np.uint8)
        ids, tiers = np.concatenate(self.ids), np.concatenate(self.tiers)
        order = np.lexsort((ids, -tiers.astype(np.int64)))
        ids, tiers = ids[order], tiers[order]
        _, first = np.unique(ids, return_index=True)
        first.sort()
        if len(first) > self.wanted:
            self.truncated = True
            first = first[: self.wanted]
        return ids[first], tiers[first]


def best_names(
    segments: Sequence[Segment], patterns: Sequence[Pattern], wanted: int, check: Check
) -> list[Found]:
    """The *wanted* best names of each segment that match every pattern (ids and tiers by ``Found.best``).

    All segments go through a stage before any goes on to the next, and none goes on once the segments
    together hold enough names of tiers that later stages cannot give.
    """
    results = [Found(wanted, max(len(segments), 1)) for _ in segments]
    if not all(pattern.folded for pattern in patterns):
        return results
    runs = [
        _stages(segment, patterns, found, check)
        for segment, found in zip(segments, results, strict=True)
        if segment.names
    ]
    while runs:
        still: list[Iterator[int]] = []
        possible = p.NONE
        for run in runs:
            check()
            weaker = next(run, None)
            if weaker is not None:
                still.append(run)
                possible = max(possible, weaker)
        exact = any(found.has_exact for found in results)
        if exact and possible <= p.SCATTERED:
            break
        if still and sum(found.count(possible + 1) for found in results) >= wanted:
            for found in results:
                found.truncated = True
            break
        runs = still
    if any(found.has_exact for found in results):
        for found in results:
            found.drop_weak()
    return results


def _stages(segment: Segment, patterns: Sequence[Pattern], found: Found, check: Check) -> Iterator[int]:
    """Runs one stage at a time; yields the best tier that the stages to come can still add."""
    if len(patterns) > 1:
        _all_words(segment, patterns, found, check)
        return
    pattern = patterns[0]
    _prefixes(segment, pattern, found)
    if segment.bitmaps.size:
        yield from _bitmap_stages(segment, pattern, found, check)
    else:
        _scan(segment, pattern, None, found, check, enough=p.EXACT)
        yield from (p.WORD, p.ACRONYM, p.HUMPS, p.SUBSTRING, p.SCATTERED)
    if pattern.distance:
        yield p.TYPO
        if found.count(p.SUBSTRING) < FEW:
            _typos(segment, pattern, found, check)


def _all_words(segment: Segment, patterns: Sequence[Pattern], found: Found, check: Check) -> None:
    """Names that match several words, in any order; a name is as good as its worst word."""
    bitmap: npt.NDArray[np.uint64] | None = None
    if segment.bitmaps.size:
        each = [candidates.humps(segment, word) | candidates.one_piece(segment, word) for word in patterns]
        bitmap = np.bitwise_and.reduce(each)
    seen = 0
    for ids in candidates.batches(segment, bitmap):
        check()
        found.add(ids, np.minimum.reduce([judge(segment, ids, word) for word in patterns]))
        seen += len(ids)
        if seen >= SCAN_LIMIT // found.share and bitmap is not None:
            found.exhausted = False
            return


def _prefixes(segment: Segment, pattern: Pattern, found: Found) -> None:
    low, high = candidates.prefix_range(segment, pattern.folded)
    ids = segment.lex[low:high].astype(np.int64)
    if len(ids) > found.wanted:
        found.truncated = True
        ids = np.partition(ids, found.wanted - 1)[: found.wanted]
    ids = np.sort(ids)
    lengths = segment.offsets[ids + 1] - segment.offsets[ids]
    found.add(ids, np.where(lengths == len(pattern.folded), p.EXACT, p.PREFIX).astype(np.uint8))


def _bitmap_stages(segment: Segment, pattern: Pattern, found: Found, check: Check) -> Iterator[int]:
    core = len(pattern.core)
    humps = candidates.humps(segment, pattern)
    if core > 1:
        # A loose hit outranks every prefix: look among the names hardly longer than the core at any rate.
        low, high = candidates.length_range(segment, core, 2 * core)
        near = humps.copy()
        near[: low // 64] = 0
        near[(high + 63) // 64 :] = 0
        _scan(segment, pattern, near, found, check, enough=p.EXACT)
    yield p.WORD
    one_piece = candidates.one_piece(segment, pattern)
    _scan(segment, pattern, one_piece, found, check, enough=p.WORD)
    yield p.ACRONYM
    acronyms = candidates.acronyms(segment, pattern)
    _scan(segment, pattern, acronyms, found, check, enough=p.ACRONYM)
    yield p.HUMPS
    others = humps & ~acronyms & ~one_piece
    _scan(segment, pattern, others, found, check, enough=p.HUMPS, only=p.HUMPS)
    yield p.SUBSTRING
    _long_names(segment, pattern, one_piece, found)
    if core >= p.SCATTERED_LENGTH:
        yield p.SCATTERED
        weak = candidates.scattered(segment, pattern) & ~humps & ~one_piece
        _scan(segment, pattern, weak, found, check, enough=p.SCATTERED, only=p.SCATTERED)


def _scan(
    segment: Segment,
    pattern: Pattern,
    bitmap: npt.NDArray[np.uint64] | None,
    found: Found,
    check: Check,
    enough: int,
    only: int = p.NONE,
) -> None:
    """Aligns survivors, shortest first, until *wanted* names of tier *enough* or better are there."""
    seen = 0
    limit = SCATTERED_LIMIT if only == p.SCATTERED else SCAN_LIMIT
    for ids in candidates.batches(segment, bitmap):
        check()
        if seen >= limit // found.share and bitmap is not None:
            found.exhausted = False
            return
        found.add(ids, judge(segment, ids, pattern, only))
        seen += len(ids)
        if found.count(enough) >= found.wanted:
            found.truncated = True
            return


def _long_names(segment: Segment, pattern: Pattern, bitmap: npt.NDArray[np.uint64], found: Found) -> None:
    """One-piece matches beyond the first 64 bytes of long names."""
    low, _ = candidates.length_range(segment, text.WINDOW + 1, 1 << 30)
    tail = bitmap.copy()
    tail[: low // 64] = 0
    ids = next(candidates.batches(segment, tail), np.empty(0, np.int64))
    ids = ids[ids >= low]
    limit = LONG_LIMIT // found.share
    if len(ids) > limit:
        found.exhausted = False
        ids = ids[:limit]
    word = pattern.folded
    tiers = [p.SUBSTRING if word in fold(segment.name(name)) else p.NONE for name in ids.tolist()]
    found.add(ids, np.array(tiers, np.uint8))


def _typos(segment: Segment, pattern: Pattern, found: Found, check: Check) -> None:
    """Names within a few edits (optimal string alignment: insert, delete, replace, swap)."""
    ids = candidates.nearby(segment, pattern.folded, pattern.distance)
    limit = TYPO_LIMIT // found.share
    if len(ids) > limit:
        found.exhausted = False
        ids = ids[:limit]
    for start in range(0, len(ids), candidates.BATCH):
        check()
        part = ids[start : start + candidates.BATCH]
        names = [fold(segment.name(name)) for name in part.tolist()]
        distances = process.cdist(
            [pattern.folded], names, scorer=OSA.distance, score_cutoff=pattern.distance, dtype=np.uint8
        )[0]
        # One tier holds both distances; nearer names are simply preferred when two are forgiven.
        near = distances <= pattern.distance
        found.add(part[near], np.full(int(near.sum()), p.TYPO, np.uint8))
