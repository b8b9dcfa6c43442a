"""The table of vectors that ships with the package, and what it makes of a text: its *embedding*.

Every common term has a row of its own; a term that has none is the mean of the rows of its character n-grams, hashed into
buckets, so that new words and typos land near what they look like. A text is the sum of its terms' vectors, each times one
plus the logarithm of its weight, scaled to length 1. How the table came to be is told in ``embeddings.md``.

Rows are 8-bit integers with a scale each, mapped into memory: opening the table takes a millisecond.
"""

from __future__ import annotations

import itertools
import mmap
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lsp_search.index import array_file

MAGIC = b"LSPEMB01"
DIMENSIONS = 256
_GRAMS = (3, 4, 5)
"""Lengths of the character n-grams of an unknown term between ``<`` and ``>``."""
_TOGETHER = 256
"""Unknown terms that are composed at a time; each takes some 25 rows."""

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Embeddings:
    """v terms, b buckets."""

    number: int
    hashes: npt.NDArray[np.uint32]
    """(v): CRC-32 of each term, ascending."""
    rows: npt.NDArray[np.int8]
    """(v + b, DIMENSIONS): the terms' rows, then the buckets'."""
    scales: npt.NDArray[np.float32]
    """(v + b)"""
    mapping: mmap.mmap | None = None

    @cached_property
    def identity(self) -> int:
        """Another table has another one: vectors of two tables can't be compared."""
        return zlib.crc32(self.scales.tobytes())

    def of_terms(self, terms: Sequence[bytes]) -> Vectors:
        """(n, DIMENSIONS): the vector of each term (UTF-8)."""
        return self.of_hashed(terms, hashed(terms))

    def of_hashed(self, terms: Sequence[bytes], hashes: npt.NDArray[np.uint32]) -> Vectors:
        """As :meth:`of_terms`, with their hashes."""
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        vectors: Vectors = self.rows[at] * self.scales[at, None]
        unknown = np.flatnonzero(self.hashes[at] != hashes)
        for first in range(0, len(unknown), _TOGETHER):
            places = unknown[first : first + _TOGETHER]
            vectors[places] = self._of_unknown([terms[place] for place in places.tolist()])
        return vectors

    def _of_unknown(self, terms: Sequence[bytes]) -> Vectors:
        known = len(self.hashes)
        each = [buckets_of(term, len(self.rows) - known) for term in terms]
        counts = np.array([*map(len, each)])
        at = np.fromiter(itertools.chain.from_iterable(each), np.int64, counts.sum()) + known
        summed: Vectors = np.add.reduceat(
            self.rows[at] * self.scales[at, None], np.cumsum(counts) - counts, axis=0
        )
        summed /= counts[:, None].astype(np.float32)
        return summed

    def of_texts(
        self,
        vectors: Vectors,
        term: npt.NDArray[np.uint32],
        weight: npt.NDArray[np.uint8],
        counts: npt.NDArray[np.uint32],
    ) -> Vectors:
        """(texts, DIMENSIONS), of length 1 each. *vectors*: of the distinct terms; *term*: numbers into them, text after
        text, with their *weight*; *counts*: how many terms each text has. About 10 µs a text."""
        scaled = LOGARITHM[weight]
        ends = np.cumsum(counts).tolist()
        found = np.zeros((len(counts), DIMENSIONS), np.float32)
        start = 0
        for place, end in enumerate(ends):
            np.dot(scaled[start:end], vectors[term[start:end]], out=found[place])
            start = end
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
        return found


def hashed(terms: Sequence[bytes]) -> npt.NDArray[np.uint32]:
    """The CRC-32 of each term."""
    return np.array([*map(zlib.crc32, terms)], np.uint32)


LOGARITHM = np.concatenate([[0.0], 1 + np.log(np.arange(1, 256))]).astype(np.float32)
"""By weight: what it multiplies a term's vector with."""


def buckets_of(term: bytes, count: int) -> list[int]:
    """The buckets of the n-grams of *term* (UTF-8), each as often as it occurs; never none."""
    if term.isascii():
        raw = b"<%b>" % term
        pieces = [raw[at : at + size] for size in _GRAMS for at in range(len(raw) - size + 1)] or [raw]
    else:
        text = f"<{term.decode('utf-8', 'replace')}>"
        grams = [text[at : at + size] for size in _GRAMS for at in range(len(text) - size + 1)]
        pieces = [gram.encode() for gram in grams or [text]]
    return [zlib.crc32(piece) % count for piece in pieces]


def load(path: Path) -> Embeddings:
    """Raises BadFile, OSError."""
    return array_file.load(path, MAGIC, Embeddings)


@cache
def shipped() -> Embeddings:
    """The one that is part of the package."""
    with resources.as_file(resources.files("lsp_search.index") / "embeddings.bin") as path:
        return load(path)
