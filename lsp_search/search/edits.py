"""Edit distances of one word to thousands of names at once.

Optimal string alignment (insert, delete, replace, swap neighbours), bit-parallel (Hyyrö 2003, "A bit-vector
algorithm for computing Levenshtein and Damerau edit distances"), with the name as the bit vector: one machine word a
name holds a whole column of the table, and each letter of the word is one step for all names.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lsp_search.search.pool import Names, Pool
from lsp_search.search.tiers import Masks, by_width

FAR = 255
"""Stands for the distance to names over 64 bytes."""


def distances(pool: Pool, names: Names, word: bytes) -> npt.NDArray[np.uint8]:
    """Edits between *word* (folded) and each of *names* (folded); shape as *names*."""
    found = np.full(len(names), FAR, np.uint8)
    for which, part, masks in by_width(pool, names):
        fits = part.lengths <= masks.valid.dtype.itemsize * 8
        column = _last_column(word, masks)
        found[which] = np.where(fits, np.minimum(_bottom(column, masks.valid, len(word)), FAR), FAR)
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
