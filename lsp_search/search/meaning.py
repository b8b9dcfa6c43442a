"""Search by meaning: which chunks of all segments are worth ranking for what is asked, by their words and by their vectors.

Words: BM25 over the posting lists, with the rarity of each term among the chunks that count now. Vectors: the codes of all
chunks are compared with that of the query by the bits that differ; only of the nearest, and of the best by words, the angle is
computed. Chunks whose name is what is asked are candidates whatever their words. What comes out are columns over a thousand
candidates; ``fusion`` puts them into order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from lsp_search.index.chunks import NO_ROW, VECTOR_SCALE, WEIGHT_SCALE, joined, signs
from lsp_search.index.segment import Segment
from lsp_search.index.snapshot import Catalog, Snapshot
from lsp_search.model import SymbolKind
from lsp_search.search import filters
from lsp_search.search.asked import Asked
from lsp_search.search.browse import named
from lsp_search.search.query import Plan
from lsp_search.telemetry.spans import spanned

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

_Item = TypeVar("_Item", bound=np.generic)

BY_WORDS, BY_CODES, BY_VECTORS = 400, 1000, 400
"""Candidates: the best by BM25; those by codes whose angle is computed; the best of these."""
LEAST_COSINE = 0.2
"""What has no word of the question must be at least so near to it: half of what a sentence and its function usually are."""
BY_NAME = 200
"""Those by name."""
_SHARES = (0.5, 0.25, 0.1, 0.0)
"""Of the greatest score: above which of these enough chunks lie is tried in turn, so that few are looked at closely."""
_FAR = 255
"""Bits in which codes differ that are out of the question."""
_LEAST = (72, 88, 100, 112, 128, _FAR)
"""The same of bits that differ."""


@dataclass(frozen=True, slots=True)
class Place:
    """One segment of one snapshot, and which of its chunks count."""

    snapshot: Snapshot
    segment: Segment
    passing: Flags


@dataclass(frozen=True, slots=True)
class Candidates:
    """Columns over candidates, by place, then chunk."""

    places: Sequence[Place]
    place: Numbers
    chunk: Numbers
    words: Scores
    """BM25."""
    vectors: Scores
    """Cosine with the query."""

    def __len__(self) -> int:
        return len(self.chunk)

    def number(self, place: int, chunk: int) -> int | None:
        """Where a chunk stands; None where it is no candidate."""
        start, end = np.searchsorted(self.place, [place, place + 1]).tolist()
        at = start + int(np.searchsorted(self.chunk[start:end], chunk))
        return at if at < end and self.chunk[at] == chunk else None

    def some(self, which: Numbers) -> Candidates:
        """Only those at these places, ascending."""
        return Candidates(
            self.places, self.place[which], self.chunk[which], self.words[which], self.vectors[which]
        )

    def column(
        self, read: Callable[[Place, Numbers], npt.NDArray[_Item]], kind: type[_Item]
    ) -> npt.NDArray[_Item]:
        """What *read* gives for the chunks of each place, in their order."""
        parts = [read(place, self.chunk[self.place == number]) for number, place in enumerate(self.places)]
        return joined(parts, kind)


_counting: WeakKeyDictionary[Catalog, dict[int, Flags]] = WeakKeyDictionary()


def alive(snapshot: Snapshot, segment: Segment) -> Flags:
    """Which chunks belong to files that *segment* owns."""
    known = _counting.setdefault(snapshot.catalog, {})
    found = known.get(segment.number)
    if found is None:
        found = known[segment.number] = snapshot.catalog.owner[segment.chunks.file] == segment.number
    return found


def places(
    snapshots: Sequence[Snapshot], plan: Plan, asked: Asked, check: Callable[[], None]
) -> Iterator[Place]:
    """The segments that have chunks, and which of these pass *plan*'s filters, and hold the terms that they must and none
    that they must not."""
    for snapshot in snapshots:
        catalog = snapshot.catalog
        spoken = filters.languages(catalog, plan.filter, plan.excluded_languages)
        named = None
        if plan.filter.paths or plan.filter.exclude_paths:
            named = filters.of_paths(catalog, plan.filter)
        for segment in snapshot.segments:
            if not len(segment.chunks):
                continue
            passing = alive(snapshot, segment)
            file = segment.chunks.file
            if spoken is not None:
                passing = passing & spoken[catalog.language[file]]
            if named is not None:
                passing = passing & named[file]
            if plan.filter.kinds or plan.excluded_kinds:
                passing = passing & _of_kinds(segment, plan)
            if plan.scopes or plan.excluded_scopes or plan.expressions:
                passing = passing & _of_symbols(snapshot, segment, plan, passing, check)
            for key in asked.required:
                passing = passing & _holding(segment, key)
            for key in asked.excluded:
                passing = passing & ~_holding(segment, key)
            yield Place(snapshot, segment, passing)


def _holding(segment: Segment, key: int) -> Flags:
    found = np.zeros(len(segment.chunks), np.bool_)
    for chunk, _ in segment.chunks.holding(key):
        found[chunk] = True
    return found


def _of_kinds(segment: Segment, plan: Plan) -> Flags:
    kinds = kinds_of(segment, np.arange(len(segment.chunks)))
    passing = np.isin(kinds, plan.filter.kinds) if plan.filter.kinds else np.ones(len(kinds), np.bool_)
    kept: Flags = passing & ~np.isin(kinds, plan.excluded_kinds)
    return kept


def _of_symbols(
    snapshot: Snapshot, segment: Segment, plan: Plan, where: Flags, check: Callable[[], None]
) -> Flags:
    """Which chunks among *where* have a symbol in the right container, with the right name."""
    found: Flags = where & (segment.chunks.row != NO_ROW)
    rows = segment.chunks.row[found].astype(np.int64)
    passing = filters.Dear(snapshot, segment, plan, ()).passing(rows)
    if plan.expressions:
        matching, _ = named(segment, plan.expressions, check)
        passing &= matching[np.searchsorted(segment.row_start, rows, "right") - 1]
    found[found] = passing
    return found


def kinds_of(segment: Segment, chunk: Numbers) -> npt.NDArray[np.uint8]:
    """The SymbolKind of each chunk; ``FILE`` for what is left of a file."""
    row = segment.chunks.row[chunk]
    has_row = row != NO_ROW
    kinds = np.full(len(chunk), int(SymbolKind.FILE), np.uint8)
    kinds[has_row] = segment.row_kind[row[has_row]] & 0x7F
    return kinds


def name_of(segment: Segment, chunk: int) -> tuple[str, int]:
    """The name and the SymbolKind of a chunk; an empty name for what is left of a file."""
    row = int(segment.chunks.row[chunk])
    if row == NO_ROW:
        return "", int(SymbolKind.FILE)
    return segment.name(segment.name_of_row(row)).decode("utf-8", "replace"), int(
        segment.row_kind[row]
    ) & 0x7F


def chunk_at(
    held: Sequence[Place], snapshot: Snapshot, file_id: int, line: int, *, nearest: bool = False
) -> tuple[int, int] | None:
    """Place and number of the innermost chunk at a line of a file, or of the *nearest* above, else the first; None where it
    does not pass."""
    owner = snapshot.catalog.owner[file_id]
    for number, place in enumerate(held):
        if place.snapshot is not snapshot or place.segment.number != owner:
            continue
        chunks = place.segment.chunks
        start, end = chunks.of_file(file_id)
        first = chunks.line[start:end].astype(np.int64)
        inside = np.flatnonzero((first <= line) & (line <= first + chunks.lines[start:end]))
        if not len(inside) and nearest and end > start:
            inside = np.flatnonzero(first == max(first[first <= line], default=first.min()))
        if not len(inside):
            return None
        best = start + int(inside[np.argmax(first[inside] * 2 + (chunks.row[start:end][inside] != NO_ROW))])
        return (number, best) if place.passing[best] else None
    return None


@spanned("match")
def candidates(asked: Asked, held: Sequence[Place], check: Callable[[], None]) -> Candidates:
    """Those worth ranking. Which they are does not depend on how chunks are spread over segments: the best are chosen among
    all, and of those that tie all or none."""
    scores = by_words(asked, held, check)
    chosen = (best_by_words(scores), _best_by_vectors(asked, held, check), _named(asked, held))
    each = [np.unique(np.concatenate(parts)) for parts in zip(*chosen, strict=True)]
    return Candidates(
        held,
        np.repeat(np.arange(len(held)), [len(chunk) for chunk in each]),
        joined(each, np.int64),
        joined([score[chunk] for score, chunk in zip(scores, each, strict=True)], np.float32),
        joined([_cosines(asked, place, chunk) for place, chunk in zip(held, each, strict=True)], np.float32),
    )


def by_words(asked: Asked, held: Sequence[Place], check: Callable[[], None]) -> list[Scores]:
    """Of each place the BM25 score of every chunk; 0 where it does not pass."""
    counting = [alive(place.snapshot, place.segment) for place in held]
    alive_in = [int(np.count_nonzero(flags)) for flags in counting]
    whole = [number == len(flags) for number, flags in zip(alive_in, counting, strict=True)]
    count = sum(alive_in)
    scores = [np.zeros(len(place.segment.chunks), np.float32) for place in held]
    for key in asked.keys.tolist():
        check()
        postings = [list(place.segment.chunks.holding(key)) for place in held]
        frequency = sum(
            len(chunk) if is_whole else int(np.count_nonzero(flags[chunk]))
            for flags, is_whole, pages in zip(counting, whole, postings, strict=True)
            for chunk, _ in pages
        )
        # Robertson and Sparck Jones, as Lucene smooths it: never below zero.
        rarity = np.float32(np.log(1 + (count - frequency + 0.5) / (frequency + 0.5)) / WEIGHT_SCALE)
        for score, pages in zip(scores, postings, strict=True):
            for chunk, weight in pages:
                score[chunk] += weight * rarity
    for place, score in zip(held, scores, strict=True):
        if not place.passing.all():
            score[~place.passing] = 0
    return scores


def best_by_words(scores: Sequence[Scores]) -> list[Numbers]:
    """Of each place the chunks that are among the best of all."""
    best = max((float(score.max(initial=0)) for score in scores), default=0.0)
    found: list[Numbers] = []
    for share in _SHARES:  # of very many only those that can be among the best
        found = [np.flatnonzero(score > share * best) for score in scores]
        if sum(map(len, found)) >= BY_WORDS:
            break
    cut = _cut([score[chunk] for score, chunk in zip(scores, found, strict=True)], BY_WORDS)
    return [chunk[score[chunk] >= cut] for score, chunk in zip(scores, found, strict=True)]


def _best_by_vectors(asked: Asked, held: Sequence[Place], check: Callable[[], None]) -> list[Numbers]:
    near = _nearest(asked, held, check)
    cosines = [_cosines(asked, place, chunk) for place, chunk in zip(held, near, strict=True)]
    cut = max(_cut(cosines, BY_VECTORS), LEAST_COSINE)
    return [chunk[cosine >= cut] for chunk, cosine in zip(near, cosines, strict=True)]


def _cut(values: Sequence[Scores], most: int) -> float:
    """What the *most* greatest of all reach."""
    # Of each place no more than these can be among them.
    best = joined(
        [np.partition(one, len(one) - most)[-most:] if len(one) > most else one for one in values], np.float32
    )
    return float(np.partition(best, len(best) - most)[-most]) if len(best) > most else -np.inf


def _nearest(asked: Asked, held: Sequence[Place], check: Callable[[], None]) -> list[Numbers]:
    """The chunks whose codes differ least from the query's."""
    if not asked.terms and not asked.vector.any():
        return [np.empty(0, np.int64) for _ in held]
    wanted = signs(np.sign(asked.vector).astype(np.int8)[None, :])[:, 0]
    differing: list[npt.NDArray[np.uint8]] = []
    for place in held:
        check()
        bits = _differing(place.segment.chunks.codes, wanted)
        if not place.passing.all():
            bits[~place.passing] = _FAR
        differing.append(bits)
    near = differing
    for least in _LEAST:  # of very many only those that can be among the nearest
        near = [bits[bits <= least] for bits in differing]
        if sum(map(len, near)) >= BY_CODES:
            break
    counts = np.bincount(np.concatenate([np.empty(0, np.uint8), *near]), minlength=_FAR + 1)
    cut = min(int(np.searchsorted(np.cumsum(counts), BY_CODES)), _FAR - 1)
    return [np.flatnonzero(bits <= cut) for bits in differing]


def _differing(codes: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    """Bits in which each code differs, at most one below ``_FAR``. 4 ns a code."""
    bits = np.bitwise_count(codes[0] ^ wanted[0])
    for word in range(1, len(codes) - 1):
        bits += np.bitwise_count(codes[word] ^ wanted[word])  # 192 at most
    last = np.bitwise_count(codes[-1] ^ wanted[-1])
    summed: npt.NDArray[np.uint8] = np.minimum(bits, _FAR - 1 - last) + last
    return summed


def _cosines(asked: Asked, place: Place, chunk: Numbers) -> Scores:
    if not len(chunk):
        return np.empty(0, np.float32)
    vectors = place.segment.chunks.vectors[chunk].astype(np.float32)
    found: Scores = vectors @ (asked.vector / np.float32(VECTOR_SCALE))
    return found


def _named(asked: Asked, held: Sequence[Place]) -> list[Numbers]:
    """The chunks that are called what is asked; of very many those of own code first, then by path."""
    keys = [name.key for name in asked.names]
    found: list[Numbers] = []
    for place in held:
        name = place.segment.chunks.name
        called = np.zeros(len(name), np.bool_)
        for key in keys:
            called |= name == key
        found.append(np.flatnonzero(called & place.passing))
    if sum(map(len, found)) <= BY_NAME:
        return found
    ranks = [_file_ranks(place, chunk) for place, chunk in zip(held, found, strict=True)]
    cut = np.partition(np.concatenate(ranks), BY_NAME)[BY_NAME]
    return [chunk[rank < cut] for chunk, rank in zip(found, ranks, strict=True)]


def _file_ranks(place: Place, chunk: Numbers) -> Numbers:
    """Ascending with standing, then path."""
    catalog, file = place.snapshot.catalog, place.segment.chunks.file[chunk]
    return catalog.label[file] + (catalog.standing[file].astype(np.int64) << 61)
