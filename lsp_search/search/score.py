"""How well a name answers a word: the scoring model, in prose and then in arrays.

A name matches a word when it holds the word's letters in order, case folded; separators in the word (``_``, ``-``,
space) are optional. Of all ways to lay the word over the name the best one counts, in *points*:

- Each letter that matches earns ``MATCH``.
- Where it stands earns more. The ladder: the start of the name, after a qualifier (``.``, ``:``, ``/``, space), after
  another separator, a hump (in a run of capitals the last one before a lower-case letter: XML|Http), a digit after
  letters. The bonus of the word's first letter counts twice: people begin at a beginning.
- Letters that follow each other go on earning what the head of their run earned, or ``RUN`` if that is more: ``Date``
  in getDateRange is one thing, found at a good place.
- A gap costs ``GAP``, and ``STRETCH`` for each letter it is longer than one.
- A letter typed in the name's own case earns ``CASE``. Case never excludes, unless asked to.

Names are ordered by *band* first: the name as typed; the name but for case; the name but for separators, unless it
spells the word letter by letter (n_s_w is no NSW); all others; and last those with a typo. Within a band the points
decide, weighed by what speaks for the place of the definition (see ``rows``); then the shorter name; then fewer heads
left untouched (JavaScript before JaVaScript for ``js``); then the alphabet.

Sources: the affine gaps, the double first bonus and the inheritance of a run's bonus are fzf's (``algo.go``, 2016);
the ladder is what fzf, fzy, clangd and gopls have in common; the untouched heads are Roslyn's CamelCaseExact. The
weights are fzf's, with one step of the ladder per point: they were not fitted to anything.

The arrays: one row a position, one column a name, so that each step is one operation over thousands of names. A name
of w bytes and a word of m letters cost about m * w / 1000 microseconds. Names count by their first 64 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsp_search.index import text
from lsp_search.search import edits
from lsp_search.search import pattern as p
from lsp_search.search.pattern import SEPARATORS, Pattern, head_positions
from lsp_search.search.pool import Names, Pool
from lsp_search.search.tiers import by_width

MATCH = 16
GAP = 3
STRETCH = 1
RUN = 4
CASE = 1
START, QUALIFIER, SEPARATOR, HUMP, DIGIT = 10, 9, 8, 7, 6

AS_TYPED, BUT_CASE, BUT_SEPARATORS, PART, TYPO = range(5)
"""The bands, best first."""

Values = npt.NDArray[np.int32]
"""Points times 64, plus the heads that are touched: of two ways that earn the same, the one with more heads counts."""
_UNIT = 64
_NEVER = -(1 << 24)


@dataclass(frozen=True, slots=True)
class Scores:
    """Columns over names."""

    bands: npt.NDArray[np.uint8]
    points: npt.NDArray[np.int64]
    untouched: npt.NDArray[np.int64]
    """Heads of the name that the best way leaves out."""


def score(pool: Pool, names: Names, tiers: npt.NDArray[np.uint8], patterns: Sequence[Pattern]) -> Scores:
    """Scores of *names*, whose *tiers* are known; of several words the points add up."""
    points = np.zeros(len(names), np.int64)
    untouched = np.full(len(names), text.WINDOW, np.int64)
    for pattern in patterns:
        earned, left = _aligned(pool, names, pattern)
        points += earned
        np.minimum(untouched, left, out=untouched)
    bands = np.full(len(names), PART, np.uint8)
    if len(patterns) == 1:
        pattern = patterns[0]
        bands[tiers == p.LOOSE] = BUT_SEPARATORS
        exact = np.flatnonzero(tiers == p.EXACT)
        same = np.array([name == pattern.raw for name in pool.texts(names.take(exact))], np.bool_)
        bands[exact] = np.where(same, AS_TYPED, BUT_CASE)
        mistyped = np.flatnonzero(tiers == p.TYPO)
        bands[mistyped] = TYPO
        wrong = edits.distances(pool, names.take(mistyped), pattern.folded).astype(np.int64)
        points[mistyped], untouched[mistyped] = MATCH * (len(pattern.folded) - wrong), 0
    beyond = (points == 0) & (bands == PART)  # in one piece beyond the first 64 bytes
    points[beyond] = MATCH * sum(len(pattern.core) for pattern in patterns)
    return Scores(bands, points, untouched)


def _aligned(
    pool: Pool, names: Names, pattern: Pattern
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Points (0 where the first 64 bytes don't hold the word), and heads that the best way leaves out."""
    points = np.zeros(len(names), np.int64)
    untouched = np.zeros(len(names), np.int64)
    for which, part, masks in by_width(pool, names):
        heads = pool.heads(part) & masks.valid
        best = np.maximum(Table(masks.window, part.lengths, heads, typed_letters(pattern)).best, 0)
        points[which] = best // _UNIT
        untouched[which] = np.bitwise_count(heads).astype(np.int64) - best % _UNIT
    return points, untouched


@dataclass(frozen=True, slots=True)
class Step:
    """One letter of the best way."""

    letter: str
    place: int
    """Its byte in the name."""
    bonus: int
    """Of the ladder; 0 inside a word."""
    follows: bool
    """It goes on from the letter before."""
    gap: int
    """Bytes left out since the letter before."""
    points: int


def steps(name: bytes, pattern: Pattern) -> list[Step]:
    """The best way to lay a word over one name, letter by letter; the points add up to its score."""
    for _, table in _tables([name], pattern):
        (way,) = table.ways()
        found: list[Step] = []
        total = 0
        for number, (place, letter) in enumerate(zip(way, typed_letters(pattern), strict=False)):
            value, bonus, follows = table.told(number, place, 0)
            gap = place - way[number - 1] - 1 if number else 0
            found.append(Step(chr(letter), place, bonus, follows, gap, value - total))
            total = value
    return found


def ways(names: Sequence[bytes], pattern: Pattern) -> list[list[int]]:
    """The bytes of each name that the best way matches, ascending; none without a match in the first 64."""
    found: list[list[int]] = [[] for _ in names]
    for places, table in _tables(names, pattern):
        for place, way in zip(places, table.ways(), strict=True):
            found[place] = way
    return found


def _tables(names: Sequence[bytes], pattern: Pattern) -> Iterator[tuple[list[int], Table]]:
    """Tables over *names*, by their width: the places of the names, and their table."""
    least = 0
    for width in (16, 32, text.WINDOW):
        last = width == text.WINDOW
        places = [
            place for place, name in enumerate(names) if least < len(name) and (last or len(name) <= width)
        ]
        least = width
        if places:
            cut = [names[place][:width] for place in places]
            window = np.frombuffer(b"".join(name.ljust(width, b"\0") for name in cut), np.uint8)
            heads = [sum(1 << head for head in head_positions(name)) for name in cut]
            lengths = np.array([len(name) for name in cut])
            letters = typed_letters(pattern)
            yield places, Table(window.reshape(-1, width), lengths, np.array(heads, np.uint64), letters)


def typed_letters(pattern: Pattern) -> bytes:
    """The word without separators (with them if it has nothing else), in the case it was typed in."""
    return pattern.raw.translate(None, SEPARATORS) or pattern.raw


class Table:
    """The best ways to lay one word over several names.

    *window*: (names, width) bytes; *heads*: their head masks; *typed*: the letters of the word.
    """

    def __init__(
        self,
        window: npt.NDArray[np.uint8],
        lengths: npt.NDArray[np.int64],
        heads: npt.NDArray[Any],
        typed: bytes,
    ) -> None:
        raw = np.ascontiguousarray(window.T)
        width = len(raw)
        folded = np.where((raw >= 65) & (raw <= 90), raw | np.uint8(32), raw)
        folded[np.arange(width)[:, None] >= lengths[None, :]] = 0
        self._bonus = _ladder(raw, heads)
        self._stretch = np.arange(width, dtype=np.int32)[:, None] * (STRETCH * _UNIT)
        self._values: list[Values] = []
        """For each letter: the best value with that letter at each position."""
        self._follows: list[npt.NDArray[np.bool_]] = []
        """For each letter but the first: where the best way has the one before right before it."""
        values = run = self._bonus
        for number, byte in enumerate(typed):
            small = byte + 32 * (65 <= byte <= 90)
            here = folded == small
            if number == 0:
                values = self._bonus + (self._bonus & ~(_UNIT - 1))
            else:
                values, run = self._step(values, run)
            values = values + MATCH * _UNIT + np.where(raw == byte, np.int32(CASE * _UNIT), np.int32(0))
            values[~here] = _NEVER
            self._values.append(values)
        self.best = values.max(axis=0).astype(np.int64)

    def _step(self, before: Values, run: Values) -> tuple[Values, Values]:
        """The next letter at each position, before it earns anything for itself; and the bonus of its run."""
        bonus = self._bonus
        # The best of all positions at least two before, less the gap: with i added to the values at i, the stretch
        # of a gap is a difference of positions, and the best so far a running maximum.
        jumped = np.full_like(before, _NEVER)
        reach = np.maximum.accumulate(before[:-2] + self._stretch[:-2], axis=0)
        jumped[2:] = reach - self._stretch[2:] + bonus[2:] + (2 * STRETCH - GAP) * _UNIT
        inherited = np.maximum(run[:-1], bonus[1:])
        continued = np.full_like(before, _NEVER)
        touched = bonus[1:] & (_UNIT - 1)
        continued[1:] = before[:-1] + np.maximum(inherited & ~(_UNIT - 1), RUN * _UNIT) + touched
        follows = continued >= jumped
        self._follows.append(follows)
        longer = bonus.copy()
        np.copyto(longer[1:], inherited, where=follows[1:])
        return np.maximum(continued, jumped), longer

    def ways(self) -> list[list[int]]:
        """For each name the positions of the letters in the best way; none without a match."""
        names = np.arange(self._bonus.shape[1])
        positions = np.arange(len(self._bonus))[:, None]
        place = self._values[-1].argmax(axis=0)
        found = [place]
        for follows, before in zip(reversed(self._follows), reversed(self._values[:-1]), strict=True):
            reach = np.where(positions <= place - 2, before + self._stretch, 2 * _NEVER)
            place = np.maximum(np.where(follows[place, names], place - 1, reach.argmax(axis=0)), 0)
            found.append(place)
        matching = (self.best >= 0).tolist()
        every = np.stack(found[::-1], axis=1).tolist()
        return [way if matches else [] for way, matches in zip(every, matching, strict=True)]

    def told(self, letter: int, place: int, name: int) -> tuple[int, int, bool]:
        """Points up to this letter at this place, the place's bonus, and whether the letter follows the one before."""
        follows = bool(letter and self._follows[letter - 1][place, name])
        return (
            int(self._values[letter][place, name]) // _UNIT,
            int(self._bonus[place, name]) // _UNIT,
            follows,
        )


def _ladder(raw: npt.NDArray[np.uint8], heads: npt.NDArray[Any]) -> Values:
    """What matching each byte earns beyond ``MATCH``, as values; shape as *raw* (positions, names)."""
    shifts = np.arange(len(raw), dtype=np.uint64)[:, None]
    head = ((heads.astype(np.uint64)[None, :] >> shifts) & np.uint64(1)).astype(np.bool_)
    before = np.zeros_like(raw)
    before[1:] = raw[:-1]
    bonus = np.maximum(_AFTER[before], _AT[raw])
    bonus[0] = START
    return np.where(head, bonus * _UNIT + 1, np.int32(0))


_LETTERS = [*range(48, 58), *range(65, 91), *range(97, 123), *range(128, 256)]
_AFTER = np.full(256, SEPARATOR, np.int32)
"""The least that a head earns after each byte."""
_AFTER[_LETTERS] = 0
_AFTER[list(b".:/\\ ")] = QUALIFIER
_AT = np.full(256, HUMP, np.int32)
"""The least that a head earns for being this byte."""
_AT[list(b"0123456789")] = DIGIT
