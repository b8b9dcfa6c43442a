"""The tiers of ``pattern``, for thousands of names at once.

Bit-parallel: for each character of the pattern, one machine word a name says at which of its first
64 bytes the character stands; matching then is shifts and ANDs over those words (the idea of Shift-And,
Baeza-Yates and Gonnet 1992, turned sideways: one automaton a name, all names in step). ``x ^ -x`` keeps the
bits above the lowest set one, which is "anywhere later". About 0.15 µs a name.

Names longer than 64 bytes are judged by their first 64; the caller looks at the rest where it matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from lsp_search.index import text
from lsp_search.index.segment import Segment
from lsp_search.search import pattern as p
from lsp_search.search.pattern import Pattern

Ids = npt.NDArray[np.int64]
Tiers = npt.NDArray[np.uint8]

_WIDTHS: tuple[tuple[int, Any], ...] = ((16, np.uint16), (32, np.uint32), (64, np.uint64))


def judge(segment: Segment, ids: Ids, pattern: Pattern, only: int = p.NONE) -> Tiers:
    """The tier of each name of *ids* (ascending, hence by length); shape as *ids*.

    *only*: HUMPS or SCATTERED where the caller knows that no better tier is possible (but LOOSE, which is a kind
    of HUMPS); that saves more than half.
    """
    tiers = np.zeros(len(ids), np.uint8)
    starts = segment.offsets[ids].astype(np.int64)
    lengths = segment.offsets[ids + 1].astype(np.int64) - starts
    for part, width, dtype in _by_width(lengths):
        window = _windows(segment.blob, width)[starts[part]]
        masks = _Masks(window, lengths[part], dtype)
        heads = segment.heads[ids[part]].astype(dtype) & masks.valid
        tiers[part] = _tiers(pattern, masks, heads, lengths[part], only)
    return tiers


def _by_width(lengths: npt.NDArray[np.int64]) -> Iterator[tuple[slice, int, Any]]:
    """Runs of names (lengths ascend) that fit a word of 16, 32 or 64 bits; longer names with the last."""
    start = 0
    for width, dtype in _WIDTHS:
        last = width == text.WINDOW
        end = len(lengths) if last else int(np.searchsorted(lengths, width, "right"))
        if end > start:
            yield slice(start, end), width, dtype
            start = end


def _windows(blob: npt.NDArray[np.uint8], width: int) -> npt.NDArray[np.uint8]:
    """Every window of *width* bytes of *blob*, as a view."""
    shape = (len(blob) - width + 1, width)
    return np.lib.stride_tricks.as_strided(blob, shape, (1, 1), writeable=False)


class _Masks:
    """Position masks of one run of names, made for a character when first asked for."""

    def __init__(self, window: npt.NDArray[np.uint8], lengths: npt.NDArray[np.int64], dtype: Any) -> None:
        self._window = window
        self._lowered = window | np.uint8(32)
        self._dtype = np.dtype(dtype)
        self._known: dict[int, npt.NDArray[Any]] = {}
        bits = self._dtype.itemsize * 8
        whole = np.iinfo(dtype).max
        short = np.minimum(lengths, bits - 1).astype(dtype)
        self.valid = np.where(
            lengths >= bits, self._dtype.type(whole), (self._dtype.type(1) << short) - self._dtype.type(1)
        )

    def at(self, byte: int) -> npt.NDArray[Any]:
        """One word a name: where *byte* (folded) stands."""
        known = self._known.get(byte)
        if known is None:
            letter = 97 <= byte <= 122
            equal = (self._lowered if letter else self._window) == byte
            packed = np.packbits(equal.ravel(), bitorder="little").view(self._dtype.newbyteorder("<"))
            known = self._known[byte] = packed.astype(self._dtype, copy=False) & self.valid
        return known


def _above(mask: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """All bits above the lowest set one; 0 stays 0."""
    one = mask.dtype.type(1)
    above: npt.NDArray[Any] = mask ^ (~mask + one)
    return above


def _tiers(
    pattern: Pattern, masks: _Masks, heads: npt.NDArray[Any], lengths: npt.NDArray[np.int64], only: int
) -> Tiers:
    tiers = np.zeros(len(heads), np.uint8)
    bits = heads.dtype.itemsize * 8
    fits = len(pattern.core) <= bits
    if fits and only in (p.NONE, p.SCATTERED) and len(pattern.core) >= p.SCATTERED_LENGTH:
        tiers[_scattered(pattern.core, masks, heads)] = p.SCATTERED
    if only == p.SCATTERED:
        return tiers
    humps = _humps(pattern.core, masks, heads) if fits else np.zeros(len(heads), np.bool_)
    if only == p.HUMPS:
        tiers[humps] = p.HUMPS
    elif len(pattern.folded) <= bits:
        piece = _one_piece(pattern.folded, masks)
        tiers[piece != 0] = p.SUBSTRING
        tiers[humps] = p.HUMPS
        if fits:
            tiers[_acronym(pattern.core, masks, heads)] = p.ACRONYM
        tiers[(piece & heads) != 0] = p.WORD
        prefix = (piece & heads.dtype.type(1)) != 0
        tiers[prefix] = p.PREFIX
    tiers[humps & (lengths - _separators(masks) == len(pattern.core))] = p.LOOSE
    if only == p.NONE and len(pattern.folded) <= bits:
        tiers[prefix & (lengths == len(pattern.folded))] = p.EXACT
    return tiers


def _scattered(core: bytes, masks: _Masks, heads: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    state = masks.at(core[0]) & heads
    for byte in core[1:]:
        state = masks.at(byte) & _above(state)
    found: npt.NDArray[np.bool_] = state != 0
    return found


def _humps(core: bytes, masks: _Masks, heads: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    one = heads.dtype.type(1)
    state = masks.at(core[0]) & heads
    for byte in core[1:]:
        state = masks.at(byte) & ((state << one) | (heads & _above(state)))
    found: npt.NDArray[np.bool_] = state != 0
    return found


def _acronym(core: bytes, masks: _Masks, heads: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    state = masks.at(core[0]) & heads
    for byte in core[1:]:
        state = masks.at(byte) & heads & _above(state)
    found: npt.NDArray[np.bool_] = state != 0
    return found


def _one_piece(word: bytes, masks: _Masks) -> npt.NDArray[Any]:
    """Bit i is set where the word stands in one piece from byte i on."""
    state = masks.at(word[-1])
    for byte in reversed(word[:-1]):
        state = masks.at(byte) & (state >> state.dtype.type(1))
    return state


def _separators(masks: _Masks) -> npt.NDArray[np.int64]:
    """How many separators each name holds."""
    count: npt.NDArray[np.int64] = np.bitwise_count(masks.at(p.SEPARATORS[0])).astype(np.int64)
    for byte in p.SEPARATORS[1:]:
        count += np.bitwise_count(masks.at(byte))
    return count
