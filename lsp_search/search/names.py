"""The matcher: the best names of several segments for one query's words.

The only interface the rest of the search knows is :func:`best_names`. Stages run from cheap to dear (prefix
by binary search; one piece, humps, typos and scattered letters through bitmaps) and stop as soon as enough
names of a tier that later stages cannot beat are found. ``score`` orders them.

A name's tier says only roughly what it will score, so more names are kept than are wanted (``SCORED`` of each tier)
until they are scored.

What it leaves out: beyond ``SCAN_LIMIT`` survivors a stage looks at the shortest names only (at the likeliest too, for
the weak tiers), and names over 64 bytes are found by their first 64 bytes, as a prefix, in one piece, or
scattered.
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
from lsp_search.search.found import FEW, Found, least
from lsp_search.search.narrowing import Find, Narrowing, View
from lsp_search.search.pattern import Pattern, holds_in_order
from lsp_search.search.pool import NO_IDS, Ids, Names, Pool
from lsp_search.search.score import Scores, score
from lsp_search.search.tiers import Tiers, judge
from lsp_search.telemetry.spans import spanned

Check = Callable[[], None]
"""Called between batches; raises to stop the work."""

SCAN_LIMIT = 32768
TYPO_LIMIT = 24576
"""The most survivors aligned in one stage."""
AT_ONCE = 8192
"""So few survivors are judged by all tiers of humps in one go."""
LONG_LIMIT = 4096
FAR_LIMIT = 1024
"""So many names over 64 bytes are looked at one by one, for the word in one piece and scattered; more are not."""
MOST_SCORED = 4096
SCORED = 200
"""Names of each tier that are scored before the best are chosen: the shortest."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The best names of a pool, as columns; not in order of rank."""

    pool: Pool
    names: Names
    tiers: Tiers
    scores: Scores | None
    """Where they were needed to choose."""
    truncated: bool
    """More names matched than were kept: asking for more would give more."""
    exhausted: bool
    """Every name that could match was looked at."""


@spanned("match")
def best_names(
    segments: Sequence[Segment],
    patterns: Sequence[Pattern],
    wanted: int,
    check: Check,
    narrowing: Narrowing | View | None = None,
    *,
    deep: bool = False,
) -> Matched:
    """The *wanted* best names of all segments together that match every pattern. *narrowing*: what earlier queries
    found, and where this one is added. *deep*: most will be dropped, so look for weak matches whatever else there is."""
    pool = Pool(segments)
    found = Found(pool, wanted, deep=deep)
    if pool.size and patterns and all(pattern.folded for pattern in patterns):
        if len(patterns) > 1:
            stages = _all_words(pool, patterns, found, check)
        else:
            known = narrowing.narrowest(pool, patterns[0], wanted) if narrowing else None
            stages = _stages(pool, patterns[0], found, check, known)
        for possible in stages:
            check()
            if found.counts[p.EXACT] and possible <= p.SLIP:
                break
            if found.enough(possible + 1):
                found.truncated = True
                break
    numbers = found.numbers()
    if narrowing and len(patterns) == 1 and found.floor <= p.SUBSTRING:
        find = Find(patterns[0], found.floor, wanted, numbers[found.best[numbers] >= found.floor])
        narrowing.keep(pool, find)
    if isinstance(narrowing, View):
        narrowing.sufficed = len(patterns) == 1 and not found.widened
    names, tiers = found.shortlist(numbers, max(SCORED, wanted))
    scores = None
    if len(names) > wanted:
        found.truncated = True
        if len(names) <= MOST_SCORED:
            scores = score(pool, names, tiers, patterns)
        key = (
            scores.keys(names.lengths) if scores else (p.EXACT - tiers.astype(np.int64) << 32) + names.lengths
        )
        kept = least(pool, names, key, wanted)
        names, tiers, scores = names.take(kept), tiers[kept], scores.take(kept) if scores else None
    return Matched(pool, names, tiers, scores, found.truncated, found.exhausted)


def _stages(pool: Pool, pattern: Pattern, found: Found, check: Check, known: Find | None) -> Iterator[int]:
    """Runs one stage at a time; yields the best tier that the stages to come can still add."""
    _small_segments(pool, [pattern], found)
    if known is None:
        found.widened = True
        yield from _strong(pool, pattern, found, check)
        found.complete(p.SUBSTRING)
    else:
        _among(pool, pattern, known, found, check)
        found.complete(known.floor)
    # Who typed the beginning of a name has not slipped; nor who typed a part, but for separators that it begins with.
    mistyped = (found.count(p.SUBSTRING) < FEW or bool(pattern.leading)) and not found.count(p.PREFIX)
    if pattern.slips:
        yield p.SLIP
        if mistyped:
            found.widened = True
            _slips(pool, pattern, found, check)
    if pattern.scatters:
        yield p.SCATTERED
        if found.floor > p.SCATTERED and found.shows_scattered():
            found.widened = True
            scattered = _sieve(pool, candidates.scattered, pattern)
            _scan_likeliest(pool, pattern, scattered, found, check, p.SCATTERED)
            found.complete(p.SCATTERED)
        yield p.ANYWHERE
        if found.floor > p.ANYWHERE and found.shows_anywhere():
            found.widened = True
            anywhere = _sieve(pool, candidates.anywhere, pattern)
            _scan_likeliest(pool, pattern, anywhere, found, check, p.ANYWHERE)
            _in_order(pool, pattern, _long(pool, anywhere, FAR_LIMIT, found), found)
            found.complete(p.ANYWHERE)
    if pattern.distance:
        yield p.TYPO
        if mistyped and not found.counts[p.SLIP]:
            found.widened = True
            _typos(pool, pattern, found, check)


def _strong(pool: Pool, pattern: Pattern, found: Found, check: Check) -> Iterator[int]:
    """The stages of all tiers from SUBSTRING up."""
    _prefixes(pool, pattern, found)
    humps = _sieve(pool, candidates.humps, pattern)
    few = candidates.count(humps) <= AT_ONCE
    if few:
        _scan(pool, pattern, humps, found, check, p.HUMPS)
    elif len(pattern.core) > 1:
        # A loose hit outranks every prefix: look among the names hardly longer than the core at any rate.
        loose = [
            None if bitmap is None else candidates.loose(segment, bitmap, pattern)
            for segment, bitmap in zip(pool.segments, humps, strict=True)
        ]
        _scan(pool, pattern, loose, found, check, p.LOOSE)
    yield p.WORD
    one_piece = _sieve(pool, candidates.one_piece, pattern)
    _scan(pool, pattern, one_piece, found, check, p.WORD)
    if not few:
        _initials(pool, pattern, humps, found, check)
        yield p.HUMPS
        _scan(pool, pattern, humps, found, check, p.HUMPS)
    yield p.SUBSTRING
    _long_names(pool, pattern, one_piece, found)


def _among(pool: Pool, pattern: Pattern, known: Find, found: Found, check: Check) -> None:
    """All tiers, of names that the beginning of the word was found in."""
    names = pool.shortest_first(pool.split(known.numbers))
    for batch in names.batches():
        check()
        found.add(batch, judge(pool, batch, pattern))
    long = names.take(names.lengths > text.WINDOW)
    _in_one_piece(pool, pattern, long, found)
    if known.floor <= p.ANYWHERE:
        _in_order(pool, pattern, long, found)


def _sieve(pool: Pool, make: Callable[..., Bitmap], *words: Pattern) -> list[Bitmap | None]:
    """What *make* makes of each segment that has bitmaps and the *words* (None for the other segments)."""
    return [make(segment, *words) if segment.bitmaps.size else None for segment in pool.segments]


def _unsieved(pool: Pool, shortest: int = 0) -> list[Ids]:
    """The names of the segments without bitmaps, from a length on."""
    return [
        NO_IDS
        if segment.bitmaps.size
        else np.arange(segment.of_length(shortest), segment.names, dtype=np.int64)
        for segment in pool.segments
    ]


def _together(pool: Pool, sieved: Sequence[Ids], unsieved: Sequence[Ids]) -> Names:
    return pool.shortest_first([np.concatenate(pair) for pair in zip(sieved, unsieved, strict=True)])


def _survivors(pool: Pool, bitmaps: Sequence[Bitmap | None], limit: int) -> tuple[Names, bool]:
    """The *limit* shortest names of *bitmaps*, shortest first, and whether there are more."""
    ids, more = candidates.shortest(pool.segments, bitmaps, limit)
    return pool.shortest_first(ids), more


def _scan(
    pool: Pool, pattern: Pattern, bitmaps: Sequence[Bitmap | None], found: Found, check: Check, tier: int
) -> None:
    """Judges survivors by *tier*, shortest first, until enough names of it or better are there."""
    names, left_out = _survivors(pool, bitmaps, SCAN_LIMIT)
    for batch in names.batches():
        check()
        found.add(batch, judge(pool, batch, pattern, tier))
        if tier < p.LOOSE and found.enough(tier):
            found.truncated, found.exhausted = True, False
            return
    found.exhausted &= not left_out


def _scan_likeliest(
    pool: Pool,
    pattern: Pattern,
    bitmaps: Sequence[Bitmap | None],
    found: Found,
    check: Check,
    tier: int,
) -> None:
    """The same for scattered letters: where there are too many survivors, first those whose letters are hardly
    scattered, which score best and can be long."""
    if candidates.count(bitmaps) > SCAN_LIMIT:
        likeliest = [
            None if bitmap is None else candidates.hardly_scattered(segment, bitmap, pattern)
            for segment, bitmap in zip(pool.segments, bitmaps, strict=True)
        ]
        _scan(pool, pattern, likeliest, found, check, tier)
    _scan(pool, pattern, bitmaps, found, check, tier)


def _initials(
    pool: Pool, pattern: Pattern, humps: Sequence[Bitmap | None], found: Found, check: Check
) -> None:
    """Of the survivors those that begin with the word's first letter."""
    names = pool.shortest_first(
        [
            NO_IDS if bitmap is None else candidates.beginning(segment, bitmap, pattern.core[0])
            for segment, bitmap in zip(pool.segments, humps, strict=True)
        ]
    )
    for batch in names.batches():
        check()
        found.add(batch, judge(pool, batch, pattern, p.INITIAL))
        if found.counts[p.INITIAL] >= SCORED:
            found.truncated = True
            return


def _small_segments(pool: Pool, patterns: Sequence[Pattern], found: Found) -> None:
    """All names of the segments without bitmaps, by all tiers."""
    names = pool.shortest_first(_unsieved(pool))
    found.add(names, _worst(pool, names, patterns) if len(patterns) > 1 else judge(pool, names, patterns[0]))


def _worst(pool: Pool, names: Names, patterns: Sequence[Pattern]) -> Tiers:
    """A name is as good as its worst word; of several words none may be scattered."""
    tiers: Tiers = np.minimum.reduce([judge(pool, names, pattern) for pattern in patterns])
    tiers[tiers < p.SUBSTRING] = p.NONE
    return tiers


def _all_words(pool: Pool, patterns: Sequence[Pattern], found: Found, check: Check) -> Iterator[int]:
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


def _prefixes(pool: Pool, pattern: Pattern, found: Found) -> None:
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


def _long_names(pool: Pool, pattern: Pattern, bitmaps: Sequence[Bitmap | None], found: Found) -> None:
    """One-piece matches beyond the first 64 bytes of long names."""
    _in_one_piece(pool, pattern, _long(pool, bitmaps, LONG_LIMIT, found), found)


def _long(pool: Pool, bitmaps: Sequence[Bitmap | None], limit: int, found: Found) -> Names:
    """The names of *bitmaps* that are over 64 bytes, where they are few, and all of the segments without bitmaps."""
    tails = [
        None if bitmap is None else candidates.of_lengths(segment, bitmap, text.WINDOW + 1, 1 << 30)
        for segment, bitmap in zip(pool.segments, bitmaps, strict=True)
    ]
    if candidates.count(tails) > limit:
        tails, found.exhausted = [None] * len(tails), False
    ids, _ = candidates.shortest(pool.segments, tails, limit)
    return _together(pool, ids, _unsieved(pool, text.WINDOW + 1))


def _in_one_piece(pool: Pool, pattern: Pattern, names: Names, found: Found) -> None:
    """Names that hold the word anywhere, beyond their first 64 bytes too."""
    word = pattern.folded
    holds = [word in name.lower() for name in pool.texts(names)]
    found.add(names, np.where(holds, p.SUBSTRING, p.NONE).astype(np.uint8))


def _in_order(pool: Pool, pattern: Pattern, names: Names, found: Found) -> None:
    """Names that hold the word's letters in order anywhere, beyond their first 64 bytes too."""
    holds = [holds_in_order(name.lower(), pattern.core) for name in pool.texts(names)]
    found.add(names, np.where(holds, p.ANYWHERE, p.NONE).astype(np.uint8))


def _slips(pool: Pool, pattern: Pattern, found: Found, check: Check) -> None:
    """Names of which a beginning is one edit away."""
    near = _sieve(pool, candidates.nearly_beginning, pattern)
    ids, left_out = candidates.shortest(pool.segments, near, TYPO_LIMIT)
    for batch in _together(pool, ids, _unsieved(pool)).batches():
        check()
        forgiven = edits.beginnings(pool, batch, pattern.folded) <= 1
        found.add(batch, np.where(forgiven, p.SLIP, p.NONE).astype(np.uint8))
    found.exhausted &= not left_out


def _typos(pool: Pool, pattern: Pattern, found: Found, check: Check) -> None:
    """Names within a few edits."""
    near = [candidates.nearby(segment, pattern.folded, pattern.distance) for segment in pool.segments]
    seen = 0
    for batch in pool.shortest_first(near).batches():
        check()
        if seen > TYPO_LIMIT:
            found.exhausted = False
            return
        seen += len(batch)
        distances = edits.distances(pool, batch, pattern.folded)
        tiers = np.where(distances <= pattern.distance, p.TYPO, p.NONE)
        if pattern.slips:
            tiers[distances <= 1] = p.SLIP
        found.add(batch, tiers.astype(np.uint8))
