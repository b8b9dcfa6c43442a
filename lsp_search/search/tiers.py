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


def judge(segment: Segment, ids: Ids, pattern: Pattern) -> Tiers:
    """The tier of each name of *ids* (ascending, hence by length); shape as *ids*."""
    tiers = np.zeros(len(ids), np.uint8)
    starts = segment.offsets[ids].astype(np.int64)
    lengths = segment.offsets[ids + 1].astype(np.int64) - starts
    for part, width, dtype in _by_width(lengths):
        window = _windows(segment.blob, width)[starts[part]]
        masks = _Masks(window, lengths[part], dtype)
        heads = segment.heads[ids[part]].astype(dtype) & masks.valid
        tiers[part] = _tiers(pattern, masks, heads, lengths[part])
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


def _tiers(pattern: Pattern, masks: _Masks, heads: npt.NDArray[Any], lengths: npt.NDArray[np.int64]) -> Tiers:
    tiers = np.zeros(len(heads), np.uint8)
    bits = heads.dtype.itemsize * 8
    word, core = pattern.folded, pattern.core
    one = heads.dtype.type(1)
    if len(core) <= bits:
        first = masks.at(core[0])
        humps = acronym = scattered = first & heads
        for byte in core[1:]:
            here = masks.at(byte)
            humps = here & ((humps << one) | (heads & _above(humps)))
            acronym = here & heads & _above(acronym)
            scattered = here & _above(scattered)
        if len(core) >= p.SCATTERED_LENGTH:
            tiers[scattered != 0] = p.SCATTERED
        hump = humps != 0
    if len(word) <= bits:
        # Bit i of `piece` is set where the word stands in one piece from byte i on.
        piece = masks.at(word[-1])
        for byte in reversed(word[:-1]):
            piece = masks.at(byte) & (piece >> one)
        tiers[piece != 0] = p.SUBSTRING
    if len(core) <= bits:
        tiers[hump] = p.HUMPS
        tiers[acronym != 0] = p.ACRONYM
    if len(word) <= bits:
        tiers[(piece & heads) != 0] = p.WORD
        prefix = (piece & one) != 0
        tiers[prefix] = p.PREFIX
    if len(core) <= bits:
        separators = np.zeros(len(heads), np.int64)
        for byte in p.SEPARATORS:
            separators += np.bitwise_count(masks.at(byte))
        tiers[hump & (lengths - separators == len(core))] = p.LOOSE
    if len(word) <= bits:
        tiers[prefix & (lengths == len(word))] = p.EXACT
    return tiers
