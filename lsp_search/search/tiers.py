"""The tiers of ``pattern``, for thousands of names at once.

Bit-parallel: for each character of the pattern, one machine word a name says at which of its first
64 bytes the character stands; matching then is shifts and ANDs over those words (the idea of Shift-And,
Baeza-Yates and Gonnet 1992, turned sideways: one automaton a name, all names in step). ``x ^ -x`` keeps the
bits above the lowest set one, which is "anywhere later". About 0.1 µs a name.

Names longer than 64 bytes are judged by their first 64; the caller looks at the rest where it matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from lsp_search.search import pattern as p
from lsp_search.search.pattern import Pattern
from lsp_search.search.pool import Names, Pool

Tiers = npt.NDArray[np.uint8]

_WIDTHS: tuple[tuple[int, Any], ...] = ((16, np.uint16), (32, np.uint32), (64, np.uint64))


def judge(pool: Pool, names: Names, pattern: Pattern, only: int = p.NONE) -> Tiers:
    """The tier of each of *names*; shape as *names*.

    *only*: what is asked for, which saves most of the work: LOOSE, INITIAL, HUMPS (all three), SCATTERED, ANYWHERE, or
    WORD for all that stand in one piece (EXACT, CASED, PREFIX, WORD, SUBSTRING).
    """
    tiers = np.zeros(len(names), np.uint8)
    for which, part, masks in by_width(pool, names):
        heads = pool.heads(part).astype(masks.valid.dtype) & masks.valid
        alive = _alive(pattern, masks, heads, only)
        if alive is None:
            tiers[which] = _tiers(pattern, masks, heads, part.lengths, only)
        elif len(alive):
            tiers[which[alive]] = _tiers(pattern, masks.take(alive), heads[alive], part.lengths[alive], only)
    return tiers


def _alive(pattern: Pattern, masks: Masks, heads: npt.NDArray[Any], only: int) -> npt.NDArray[np.intp] | None:
    """The names worth more than a few letters' work: most that got through the bitmaps fail by then. None: all."""
    if only not in (p.LOOSE, p.INITIAL, p.HUMPS, p.SCATTERED, p.ANYWHERE) or len(pattern.core) <= 2 * _PROBE:
        return None
    first = pattern.core[:_PROBE]
    if only in (p.SCATTERED, p.ANYWHERE):
        return np.flatnonzero(_subsequence(first, masks, heads if only == p.SCATTERED else masks.valid))
    return np.flatnonzero(_humps(first, masks, heads, _starts(heads, only)))


def by_width(pool: Pool, names: Names) -> Iterator[tuple[npt.NDArray[np.intp], Names, Masks]]:
    """Parts of *names* that fit a word of 16, 32 or 64 bits (longer ones with the last), sorted by segment:
    their places, themselves, and their position masks."""
    group = np.searchsorted(_BOUNDS, names.lengths)
    key = (group * len(pool.segments) + names.segment).astype(np.uint16)  # 16 bits are sorted by radix
    order = np.argsort(key, kind="stable")
    cuts = np.searchsorted(group[order], range(len(_WIDTHS) + 1))
    for place, (width, dtype) in enumerate(_WIDTHS):
        which = order[cuts[place] : cuts[place + 1]]
        if len(which):
            part = names.take(which)
            yield which, part, Masks(pool.windows(part, width), part.lengths, dtype)


def beginning_masks(pool: Pool, names: Names, length: int) -> Masks:
    """Position masks of the first *length* bytes (64 at most) of *names*, sorted by segment, and perhaps some more."""
    width, dtype = next(each for each in _WIDTHS if length <= each[0])
    return Masks(pool.windows(names, width), names.lengths, dtype)


_PROBE = 3
"""Letters that are tried on all names before the others."""
_BOUNDS = [width for width, _ in _WIDTHS[:-1]]


class Masks:
    """Position masks of one run of names, made for a character when first asked for."""

    def __init__(self, window: npt.NDArray[np.uint8], lengths: npt.NDArray[np.int64], dtype: Any) -> None:
        self.window = window
        self._lowered = window | np.uint8(32)
        self._dtype = np.dtype(dtype)
        self._known: dict[int, npt.NDArray[Any]] = {}
        bits = self._dtype.itemsize * 8
        whole = np.iinfo(dtype).max
        short = np.minimum(lengths, bits - 1).astype(dtype)
        self.valid = np.where(
            lengths >= bits, self._dtype.type(whole), (self._dtype.type(1) << short) - self._dtype.type(1)
        )

    def take(self, which: npt.NDArray[np.intp]) -> Masks:
        """Of some of the names."""
        taken = object.__new__(Masks)
        taken._dtype = self._dtype
        taken.window, taken._lowered = self.window[which], self._lowered[which]
        taken._known = {byte: mask[which] for byte, mask in self._known.items()}
        taken.valid = self.valid[which]
        return taken

    def at(self, byte: int) -> npt.NDArray[Any]:
        """One word a name: where *byte* (folded) stands."""
        known = self._known.get(byte)
        if known is None:
            letter = 97 <= byte <= 122
            equal = (self._lowered if letter else self.window) == byte
            packed = np.packbits(equal.ravel(), bitorder="little").view(self._dtype.newbyteorder("<"))
            known = self._known[byte] = packed.astype(self._dtype, copy=False) & self.valid
        return known


def _above(mask: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """All bits above the lowest set one; 0 stays 0."""
    one = mask.dtype.type(1)
    above: npt.NDArray[Any] = mask ^ (~mask + one)
    return above


def _tiers(
    pattern: Pattern, masks: Masks, heads: npt.NDArray[Any], lengths: npt.NDArray[np.int64], only: int
) -> Tiers:
    """Weakest first, so that better tiers overwrite."""
    tiers = np.zeros(len(heads), np.uint8)
    bits = heads.dtype.itemsize * 8
    core, word = pattern.core, pattern.folded
    fits = len(core) <= bits
    if fits and pattern.scatters:
        if only in (p.NONE, p.ANYWHERE):
            tiers[_subsequence(core, masks, masks.valid)] = p.ANYWHERE
        if only in (p.NONE, p.SCATTERED):
            tiers[_subsequence(core, masks, heads)] = p.SCATTERED
    piece = (
        _one_piece(word, masks) if only in (p.NONE, p.WORD) and len(word) <= bits else np.zeros_like(heads)
    )
    tiers[piece != 0] = p.SUBSTRING
    humps = np.zeros(len(heads), np.bool_)
    if only in (p.NONE, p.HUMPS, p.LOOSE) and fits:
        humps = _humps(core, masks, heads, heads)
        tiers[humps] = p.HUMPS
    if only in (p.NONE, p.INITIAL, p.HUMPS) and fits:
        tiers[_humps(core, masks, heads, _starts(heads, p.INITIAL))] = p.INITIAL
    tiers[(piece & heads) != 0] = p.WORD
    prefix = (piece & heads.dtype.type(1)) != 0
    tiers[prefix] = p.PREFIX
    if len(word) <= bits:
        places = np.flatnonzero(prefix)
        typed = np.frombuffer(pattern.raw, np.uint8)
        tiers[places[(masks.window[places, : len(word)] == typed).all(axis=1)]] = p.CASED
    if only in (p.NONE, p.LOOSE, p.HUMPS):
        near = humps & (2 * np.bitwise_count(heads) <= len(core)) & (lengths <= p.longest_loose(len(core)))
        tiers[near & (lengths - _separators(masks) == len(core))] = p.LOOSE
    if len(word) <= bits:
        tiers[prefix & (lengths == len(word))] = p.EXACT
    return tiers


def _subsequence(core: bytes, masks: Masks, starts: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    state = masks.at(core[0]) & starts
    for byte in core[1:]:
        state = masks.at(byte) & _above(state)
    found: npt.NDArray[np.bool_] = state != 0
    return found


def _starts(heads: npt.NDArray[Any], tier: int) -> npt.NDArray[Any]:
    """Where the first letter of humps may stand."""
    return heads & heads.dtype.type(1) if tier == p.INITIAL else heads


def _humps(
    core: bytes, masks: Masks, heads: npt.NDArray[Any], starts: npt.NDArray[Any]
) -> npt.NDArray[np.bool_]:
    one = heads.dtype.type(1)
    state = masks.at(core[0]) & starts
    for byte in core[1:]:
        state = masks.at(byte) & ((state << one) | (heads & _above(state)))
    found: npt.NDArray[np.bool_] = state != 0
    return found


def _one_piece(word: bytes, masks: Masks) -> npt.NDArray[Any]:
    """Bit i is set where the word stands in one piece from byte i on."""
    state = masks.at(word[-1])
    for byte in reversed(word[:-1]):
        state = masks.at(byte) & (state >> state.dtype.type(1))
    return state


def _separators(masks: Masks) -> npt.NDArray[np.int64]:
    """How many separators each name holds."""
    count: npt.NDArray[np.int64] = np.bitwise_count(masks.at(p.SEPARATORS[0])).astype(np.int64)
    for byte in p.SEPARATORS[1:]:
        count += np.bitwise_count(masks.at(byte))
    return count
