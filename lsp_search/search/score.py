"""How well a name answers a word: the scoring model, in prose and then in arrays.

A name matches a word when it holds the word's letters in order, case folded; separators in the word (``_``, ``-``,
``*``, space) are optional. Of all ways to lay the word over the name the best one counts, in *points*:

- Each letter that matches earns ``MATCH``.
- Where it stands earns more. The ladder: the start of the name, after a qualifier (``.``, ``:``, ``/``, space), after
  another separator, a hump (in a run of capitals the last one before a lower-case letter: XML|Http), a digit after
  letters. The bonus of the word's first letter counts twice: people begin at a beginning.
- Letters that follow each other go on earning what the head of their run earned, or ``RUN`` if that is more: ``Date``
  in getDateRange is one thing, found at a good place.
- A gap costs ``GAP``, and ``STRETCH`` for each letter it is longer than one.
- A letter typed in the name's own case earns ``CASE``. Case never excludes, unless asked to.
- With typos each letter that is right earns ``MATCH``; a beginning of a longer name is one letter less right than a
  whole name.
- Separators that were typed earn ``MATCH`` each where the name has the word in one piece with them in it (DC_ in
  DC_WRITE, but not in DCE).

Names are ordered by *band* first: the name as typed; the name but for case; the name but for separators that were not
typed, unless it spells the word letter by letter (n_s_w is no NSW); names with the word in one piece or along their
words; a beginning but for one edit; letters that are scattered, or separators missing that the word begins with; and last
names with more typos. Within a band the points decide, weighed by what speaks for the place of the definition (see
``rows``); then the shorter name; then fewer heads left untouched (JavaScript before JaVaScript for ``js``); then the
alphabet.

Sources: the affine gaps, the double first bonus and the inheritance of a run's bonus are fzf's (``algo.go``, 2016);
the ladder is what fzf, fzy, clangd and gopls have in common; the untouched heads are Roslyn's CamelCaseExact. The
weights are fzf's, with one step of the ladder per point: they were not fitted to anything.

The arrays: for each letter of the word all its places in all names, in one column, so that each step is one operation
over thousands of names, and bytes that match nothing cost nothing. Names count by their first 64 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lsp_search.index import text
from lsp_search.search import edits
from lsp_search.search import pattern as p
from lsp_search.search.pattern import SEPARATORS, Pattern, fold, head_positions
from lsp_search.search.pool import Names, Pool

MATCH = 16
GAP = 3
STRETCH = 1
RUN = 4
CASE = 1
START, QUALIFIER, SEPARATOR, HUMP, DIGIT = 10, 9, 8, 7, 6

AS_TYPED, BUT_CASE, BUT_SEPARATORS, PART, SLIP, SCATTERED, TYPO = range(7)
"""The bands, best first."""

Values = npt.NDArray[np.int64]
"""Points times 64, plus the heads that are touched: of two ways that earn the same, the one with more heads counts."""
_UNIT = 64
_AT_ONCE = 1 << 14
"""Names in one table."""
_NEVER = -(1 << 24)


@dataclass(frozen=True, slots=True)
class Scores:
    """Columns over names."""

    bands: npt.NDArray[np.uint8]
    points: npt.NDArray[np.int64]
    untouched: npt.NDArray[np.int64]
    """Heads of the name that the best way leaves out."""

    def take(self, which: npt.NDArray[np.intp]) -> Scores:
        return Scores(self.bands[which], self.points[which], self.untouched[which])

    def keys(self, lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """What names of these *lengths* are ordered by, the least first: band, points, length, untouched heads. The
        points may be weighed before."""
        points = (1 << 24) - 1 - np.minimum(self.points, (1 << 24) - 1)
        key = self.bands.astype(np.int64) << 24 | points
        key = key << 16 | np.minimum(lengths, 0xFFFF)
        found: npt.NDArray[np.int64] = key << 8 | np.clip(self.untouched, 0, 255)
        return found


def score(pool: Pool, names: Names, tiers: npt.NDArray[np.uint8], patterns: Sequence[Pattern]) -> Scores:
    """Scores of *names* (sorted by segment), whose *tiers* are known; of several words the points add up."""
    points = np.zeros(len(names), np.int64)
    untouched = np.full(len(names), text.WINDOW, np.int64)
    mistyped = (tiers == p.SLIP) | (tiers == p.TYPO)
    right = np.flatnonzero(~mistyped) if mistyped.any() else slice(None)
    for pattern in patterns:
        earned, left = _aligned(pool, names.take(right), pattern)
        points[right] += earned
        untouched[right] = np.minimum(untouched[right], left)
    bands = _BANDS[tiers]
    if len(patterns) == 1:
        pattern = patterns[0]
        if len(typed_letters(pattern)) < len(pattern.raw):
            bands[tiers == p.LOOSE] = PART
        lead = pattern.leading
        if lead:
            weak = np.flatnonzero((bands == PART) & (tiers < p.PREFIX))
            lacking = [lead not in fold(name) for name in pool.texts(names.take(weak))]
            bands[weak[np.array(lacking, np.bool_)]] = SCATTERED
        exact = np.flatnonzero(tiers == p.EXACT)
        same = np.array([name == pattern.raw for name in pool.texts(names.take(exact))], np.bool_)
        bands[exact] = np.where(same, AS_TYPED, BUT_CASE)
        wrong = edits.distances(pool, names.take(mistyped), pattern.folded).astype(np.int64)
        beginning = (tiers[mistyped] == p.SLIP) & (wrong > 1)
        points[mistyped] = MATCH * (len(pattern.folded) - np.where(beginning, 2, wrong))
        untouched[mistyped] = 0
    else:
        bands[:] = PART
    beyond = points == 0  # in one piece or scattered, and beyond the first 64 bytes
    points[beyond] = MATCH * sum(len(pattern.core) for pattern in patterns)
    return Scores(bands, points, untouched)


_BANDS = np.full(p.EXACT + 1, PART, np.uint8)
"""By tier."""
_BANDS[[p.LOOSE, p.SLIP, p.TYPO]] = BUT_SEPARATORS, SLIP, TYPO
_BANDS[[p.SCATTERED, p.ANYWHERE]] = SCATTERED


def _aligned(
    pool: Pool, names: Names, pattern: Pattern
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Points (0 where the first 64 bytes don't hold the word), and heads that the best way leaves out."""
    points = np.zeros(len(names), np.int64)
    untouched = np.zeros(len(names), np.int64)
    letters = typed_letters(pattern)
    separators = len(pattern.raw) - len(letters)
    for start in range(0, len(names), _AT_ONCE):
        which = slice(start, start + _AT_ONCE)
        part = names.take(which)
        heads = pool.heads(part)
        # The whole window whatever the names' lengths: bytes that match nothing cost nothing, every array call does.
        best = Table(pool.windows(part, text.WINDOW), part.lengths, heads, letters).best
        matching = best > 0
        points[which] = np.where(matching, best // _UNIT, 0)
        untouched[which] = np.bitwise_count(heads).astype(np.int64) - np.where(matching, best % _UNIT, 0)
        if separators:
            spelt = [pattern.folded in fold(name[: text.WINDOW]) for name in pool.texts(part)]
            points[which] += np.where(spelt, MATCH * separators, 0)
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
    found: list[Step] = []
    total, before = 0, -1
    told = reversed(list(_table([name], pattern).told(0)))
    for letter, (place, points, bonus, follows) in zip(typed_letters(pattern), told, strict=False):
        gap = place - before - 1 if found else 0
        found.append(Step(chr(letter), place, bonus, follows, gap, points - total))
        total, before = points, place
    return found


def ways(names: Sequence[bytes], pattern: Pattern) -> list[list[int]]:
    """The bytes of each name that the best way matches, ascending; none without a match in the first 64."""
    return _table(names, pattern).ways()


def _table(names: Sequence[bytes], pattern: Pattern) -> Table:
    cut = [name[: text.WINDOW] for name in names]
    window = np.frombuffer(b"".join(name.ljust(text.WINDOW, b"\0") for name in cut), np.uint8)
    heads = np.array([sum(1 << head for head in head_positions(name)) for name in cut], np.uint64)
    lengths = np.array([len(name) for name in cut], np.int64)
    return Table(window.reshape(-1, text.WINDOW), lengths, heads, typed_letters(pattern))


def typed_letters(pattern: Pattern) -> bytes:
    """The word without separators (with them if it has nothing else), in the case it was typed in."""
    return pattern.raw.translate(None, SEPARATORS) or pattern.raw


class Table:
    """The best ways to lay one word over several names.

    For each letter of the word, one column an occurrence of it in a name that the letters before can lead to.
    *window*: (names, width) bytes, the width a power of two; *heads*: their head masks; *typed*: the letters.
    """

    def __init__(
        self,
        window: npt.NDArray[np.uint8],
        lengths: npt.NDArray[np.int64],
        heads: npt.NDArray[Any],
        typed: bytes,
    ) -> None:
        self._raw = window.ravel()
        self._lowered = self._raw | np.uint8(32)
        self._shift = window.shape[1].bit_length() - 1
        self._mask = window.shape[1] - 1
        self._lengths = lengths
        self._heads = heads.astype(np.uint64)
        self._letters = [self._first(typed[0])]
        for byte in typed[1:]:
            self._letters.append(self._next(self._letters[-1], byte))
        last = self._letters[-1]
        names = last.keys >> self._shift
        self.best = np.full(len(window), _NEVER, np.int64)
        """One value a name; ``_NEVER`` without a match."""
        np.maximum.at(self.best, names, last.values)
        self._ends = np.full(len(window), -1)
        ends = np.flatnonzero(last.values == self.best[names])[::-1]
        self._ends[names[ends]] = ends  # of several the earliest, which is written last

    def ways(self) -> list[list[int]]:
        """For each name the positions of the letters in the best way; none without a match."""
        names = np.flatnonzero(self._ends >= 0)
        entries = self._ends[names]
        columns = []
        for letter in reversed(self._letters):
            columns.append(letter.keys[entries] & self._mask)
            entries = letter.before[entries]
        found: list[list[int]] = [[] for _ in self._ends]
        for name, way in zip(names.tolist(), np.stack(columns[::-1], axis=1).tolist(), strict=True):
            found[name] = way
        return found

    def told(self, name: int) -> Iterator[tuple[int, int, int, bool]]:
        """The best way, from its end: each letter's place, the points up to it, its place's bonus, and whether it
        follows the letter before."""
        entry = int(self._ends[name])
        for letter in reversed(self._letters if entry >= 0 else ()):
            place = int(letter.keys[entry]) & self._mask
            points, bonus = int(letter.values[entry]) // _UNIT, int(letter.bonus[entry]) // _UNIT
            yield place, points, bonus, bool(letter.follows[entry])
            entry = int(letter.before[entry])

    def _occurrences(self, byte: int) -> tuple[Values, Values, Values]:
        """The places of a letter in all names, what it earns there for itself, and the bonus there."""
        small = byte + 32 * (65 <= byte <= 90)
        keys = np.flatnonzero((self._lowered if 97 <= small <= 122 else self._raw) == small)
        names, places = keys >> self._shift, keys & self._mask
        inside = places < self._lengths[names]
        keys, names, places = keys[inside], names[inside], places[inside]
        raw = self._raw[keys]
        bonus = np.maximum(_AFTER[self._raw[keys - 1]], _AT[raw])
        bonus[places == 0] = START
        head = (self._heads[names] >> places.astype(np.uint64)) & np.uint64(1) != 0
        earned = MATCH * _UNIT + np.where(raw == byte, CASE * _UNIT, 0)
        return keys, earned, np.where(head, bonus * _UNIT + 1, 0)

    def _first(self, byte: int) -> _Letter:
        keys, earned, bonus = self._occurrences(byte)
        values = earned + bonus + (bonus & -_UNIT)
        return _Letter(keys, values, bonus, bonus, np.zeros(len(keys), np.bool_), np.zeros_like(keys))

    def _next(self, last: _Letter, byte: int) -> _Letter:
        if not len(last.keys):
            return last
        keys, earned, bonus = self._occurrences(byte)
        # The best of all places at least two before, less the gap: with its place added to each value, the stretch
        # of a gap is a difference of places, and the best so far a running maximum, here of all names in one.
        places = (keys & self._mask) * (STRETCH * _UNIT)
        names = keys >> self._shift
        reach = last.values + (last.keys & self._mask) * (STRETCH * _UNIT) + _RAISED
        reach = ((last.keys >> self._shift << _NAME) + reach << _ENTRY) + (_ENTRIES - np.arange(len(reach)))
        right_before = np.searchsorted(last.keys, keys - 1)
        reach = np.maximum.accumulate(reach)[np.maximum(right_before - 1, 0)]
        source = _ENTRIES - (reach & _ENTRIES)
        reach >>= _ENTRY
        reached = (last.keys[source] < keys - 1) & (reach >> _NAME == names)
        jumped = (reach & (1 << _NAME) - 1) - _RAISED - places + bonus + (2 * STRETCH - GAP) * _UNIT
        jumped[~reached] = _NEVER
        np.minimum(right_before, len(last.keys) - 1, out=right_before)
        adjoins = (last.keys[right_before] == keys - 1) & (keys & self._mask != 0)
        inherited = np.maximum(last.run[right_before], bonus)
        touched = bonus & _UNIT - 1
        continued = last.values[right_before] + np.maximum(inherited & -_UNIT, RUN * _UNIT) + touched
        continued[~adjoins] = _NEVER
        follows = adjoins & (continued >= jumped)
        made = _Letter(
            keys,
            earned + np.maximum(continued, jumped),
            bonus,
            np.where(follows, inherited, bonus),
            follows,
            np.where(follows, right_before, source),
        )
        return made.take(np.flatnonzero(adjoins | reached))


class _Letter(NamedTuple):
    """One letter of the word wherever it can stand, ordered by name and place."""

    keys: Values
    """The name times the width, plus the place."""
    values: Values
    """The best up to here."""
    bonus: Values
    run: Values
    """The bonus of the run that the best way is in."""
    follows: npt.NDArray[np.bool_]
    """The best way has the letter before right before it."""
    before: npt.NDArray[np.int64]
    """Where in the columns of the letter before it comes from."""

    def take(self, which: npt.NDArray[np.intp]) -> _Letter:
        return _Letter(
            self.keys[which],
            self.values[which],
            self.bonus[which],
            self.run[which],
            self.follows[which],
            self.before[which],
        )


_RAISED = 1 << 14
"""More than gaps can cost."""
_NAME, _ENTRY = 18, 21
"""Bits of a value, and of a place in a letter's columns."""
_ENTRIES = (1 << _ENTRY) - 1

_LETTERS = [*range(48, 58), *range(65, 91), *range(97, 123), *range(128, 256)]
_AFTER = np.full(256, SEPARATOR, np.int64)
"""The least that a head earns after each byte."""
_AFTER[_LETTERS] = 0
_AFTER[list(b".:/\\ ")] = QUALIFIER
_AT = np.full(256, HUMP, np.int64)
"""The least that a head earns for being this byte."""
_AT[list(b"0123456789")] = DIGIT
