"""Edit distances of one word to thousands of names at once.

Optimal string alignment (insert, delete, replace, swap neighbours), bit-parallel (Hyyrö 2003, "A bit-vector
algorithm for computing Levenshtein and Damerau edit distances"), with the name as the bit vector: one machine word a
name holds a whole column of the table, and each letter of the word is one step for all names.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA

from lsp_search.index import text
from lsp_search.search.pattern import fold
from lsp_search.search.pool import Names, Pool
from lsp_search.search.tiers import Masks, beginning_masks, by_width

FAR = 255
"""Stands for all distances from it on."""


def distances(pool: Pool, names: Names, word: bytes) -> npt.NDArray[np.uint8]:
    """Edits between *word* (folded) and each of *names* (folded); shape as *names*. Names over 64 bytes are compared
    one by one (1 µs each)."""
    found = np.full(len(names), FAR, np.uint8)
    for which, _, masks in by_width(pool, names):
        column = _last_column(word, masks)
        found[which] = np.minimum(_bottom(column, masks.valid, len(word)), FAR)
    long = np.flatnonzero(names.lengths > text.WINDOW)
    for place, name in zip(long.tolist(), pool.texts(names.take(long)), strict=True):
        found[place] = min(OSA.distance(word, fold(name)), FAR)
    return found


def beginnings(pool: Pool, names: Names, word: bytes) -> npt.NDArray[np.uint8]:
    """Edits between *word* (folded) and that beginning of each name, about as long, that is the nearest. A word that
    fills the first 64 bytes is ``FAR`` from all."""
    found = np.full(len(names), FAR, np.uint8)
    if len(word) < text.WINDOW:
        order = np.argsort(names.segment, kind="stable")
        masks = beginning_masks(pool, names.take(order), len(word) + 1)
        column = _last_column(word, masks)
        for length in range(len(word) - 1, len(word) + 2):
            rows = masks.valid & masks.valid.dtype.type((1 << length) - 1)
            found[order] = np.minimum(found[order], _bottom(column, rows, len(word)))
    return found


def _last_column(word: bytes, masks: Masks) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Where the table's last column steps up and down: bit i between rows i and i + 1."""
    one = masks.valid.dtype.type(1)
    up = np.full_like(masks.valid, ~masks.valid.dtype.type(0))
    down = np.zeros_like(up)
    diagonal = np.zeros_like(up)
    before = np.zeros_like(up)
    for byte in word:
        here = masks.at(byte)
        swapped = ((~diagonal & here) << one) & before
        diagonal = (((here & up) + up) ^ up) | here | down | swapped
        right = down | ~(diagonal | up)
        left = (diagonal & up) << one
        right = (right << one) | one
        up = left | ~(diagonal | right)
        down = right & diagonal
        before = here
    return up, down


def _bottom(
    column: tuple[npt.NDArray[Any], npt.NDArray[Any]], rows: npt.NDArray[Any], top: int
) -> npt.NDArray[np.int64]:
    """The value in the last of *rows*, counted down from the *top*."""
    up, down = column
    value: npt.NDArray[np.int64] = top + np.bitwise_count(up & rows).astype(np.int64)
    value -= np.bitwise_count(down & rows)
    return value
