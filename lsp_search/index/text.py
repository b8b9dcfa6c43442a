"""Byte classes that indexing and matching must agree on: folding, character bits, word heads.

A *head* is a byte that starts a word inside an identifier: the first letter or digit of a run, an
upper-case letter after a lower-case one or a digit, the last capital of a run before a lower-case
letter (``XMLHttp``: X, H), and the first digit after letters. Bytes of multi-byte characters count as
letters without case.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Bits = npt.NDArray[np.uint64]

FOLD = np.arange(256, dtype=np.uint8)
"""Lower-cases ASCII; every other byte stands for itself."""
FOLD[65:91] += 32

CHARACTER_BITS = 28
"""Distinct character classes: a–z, digits, all else."""
CHARACTER = np.full(256, 27, np.uint8)
CHARACTER[97:123] = np.arange(26)
CHARACTER[65:91] = np.arange(26)
CHARACTER[48:58] = 26

BIGRAM_BITS = 256
"""Hash classes for pairs of neighbouring bytes."""

WINDOW = 64
"""Bytes of a name that position masks cover; longer names are aligned one by one."""


def bigram_class(first: Bytes, second: Bytes) -> npt.NDArray[np.uint32]:
    """The hash class (0–255) of each pair of folded bytes."""
    a = first.astype(np.uint32)
    b = second.astype(np.uint32)
    mixed = a * np.uint32(31) + b * np.uint32(113)
    classes: npt.NDArray[np.uint32] = (mixed ^ (b >> np.uint32(2))) & np.uint32(BIGRAM_BITS - 1)
    return classes


def letters(blob: Bytes, offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """The character classes that each string of *blob* holds, one bit a class; *offsets*: where they begin, and the
    end of the last."""
    found = np.zeros(len(offsets) - 1, np.uint32)
    filled = np.flatnonzero(np.diff(offsets))  # reduceat would give an empty string its neighbour's
    if len(filled):
        bits = np.uint32(1) << CHARACTER[blob[: offsets[-1]]].astype(np.uint32)
        found[filled] = np.bitwise_or.reduceat(bits, offsets[:-1][filled])
    return found


def heads(text: Bytes, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which bytes of *text* are heads, where the names in it begin at *starts*; shape as *text*."""
    upper = (text >= 65) & (text <= 90)
    lower = ((text >= 97) & (text <= 122)) | (text >= 128)
    digit = (text >= 48) & (text <= 57)
    word = upper | lower | digit
    first = np.zeros(len(text), np.bool_)
    first[starts] = True

    def before(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        shifted = np.zeros_like(flags)
        shifted[1:] = flags[:-1]
        shifted[first] = False
        return shifted

    next_lower = np.zeros_like(lower)
    next_lower[:-1] = lower[1:] & ~first[1:]
    head: npt.NDArray[np.bool_] = word & (
        first
        | ~before(word)
        | (upper & before(lower | digit))
        | (upper & before(upper) & next_lower)
        | (digit & ~before(digit))
    )
    return head
