"""The embedding table as the tools see it: from rows to a file, and from terms to vectors.

A term of the vocabulary has a row of its own. Any other term has the mean of the rows of the buckets that its character
n-grams hash to (``<term>`` with n = 3, 4, 5). A text is the sum of the vectors of its distinct terms, each times
``1 + ln(how often)``, at length one.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lsp_search.index import array_file

MAGIC = b"LSPEMB01"
Floats = npt.NDArray[np.float32]


def term_hash(term: str) -> int:
    """What stands for *term* in the file."""
    return zlib.crc32(term.encode())


def buckets_of(term: str, count: int) -> list[int]:
    """The buckets of the n-grams of *term*, each as often as it occurs."""
    text = f"<{term}>"
    return [
        zlib.crc32(text[at : at + length].encode()) % count
        for length in (3, 4, 5)
        for at in range(len(text) - length + 1)
    ]


def quantised(rows: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Rows as bytes, and what to multiply each with."""
    scales = (np.maximum(np.abs(rows).max(axis=1), 1e-9) / 127).astype(np.float32)
    return np.rint(rows / scales[:, None]).astype(np.int8), scales


def save(path: Path, terms: Sequence[str], rows: Floats) -> None:
    """Writes the table: *rows* are those of *terms* (no two of one hash), then those of the buckets."""
    hashes = np.array([term_hash(term) for term in terms], np.uint32)
    order = np.argsort(hashes, kind="stable")
    if len(np.unique(hashes)) != len(hashes):
        raise ValueError("two terms of one hash")
    whole, scales = quantised(np.concatenate([rows[: len(terms)][order], rows[len(terms) :]]))
    array_file.save(path, MAGIC, 1, {"hashes": hashes[order], "rows": whole, "scales": scales})


class Table:
    """A table that was read, for vectors of texts."""

    def __init__(self, hashes: npt.NDArray[np.uint32], rows: Floats) -> None:
        self._at = {int(value): index for index, value in enumerate(hashes)}
        self._rows = rows
        self._size = len(hashes)
        self._known: dict[str, Floats] = {}

    @classmethod
    def load(cls, path: Path) -> Table:
        """Raises BadFile, OSError."""

        def make(hashes: Any, rows: Any, scales: Any, **_: Any) -> Table:
            return cls(np.array(hashes), np.asarray(rows, np.float32) * np.asarray(scales)[:, None])

        return array_file.load(path, MAGIC, make)

    def of_term(self, term: str) -> Floats:
        """The vector of one term."""
        found = self._known.get(term)
        if found is None:
            index = self._at.get(term_hash(term))
            if index is not None:
                found = self._rows[index]
            else:
                buckets = buckets_of(term, len(self._rows) - self._size)
                picked = self._rows[[self._size + bucket for bucket in buckets]]
                found = picked.mean(axis=0) if buckets else np.zeros(self._rows.shape[1], np.float32)
            self._known[term] = found
        return found

    def of_texts(self, texts: Iterable[Sequence[str]]) -> Floats:
        """A row for each text, given as its terms."""
        vectors = []
        for terms in texts:
            total = np.zeros(self._rows.shape[1], np.float32)
            for term, times in Counter(terms).items():
                total += (1 + math.log(times)) * self.of_term(term)
            vectors.append(total / max(float(np.linalg.norm(total)), 1e-9))
        return np.array(vectors, np.float32)
