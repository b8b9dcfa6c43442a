"""The chunks of a segment's files as columns: what they are, their vectors, and which terms they hold.

*Vectors* are embeddings (see ``embeddings``) as 8-bit integers, and their signs alone as *codes* of 256 bits, stored word by
word: the bits that differ between two codes estimate the angle between two vectors, at an eighth of the memory traffic.

*Posting lists* say which chunks hold a term, with what it adds to their BM25 score there but for how rare the term is, which
is only known when a question is asked (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009). What is stored
of a chunk depends on that chunk alone, never on the others, so an index that grew answers like one that was made at once:
in particular the usual length of a text is a constant. Chunks are numbered in pages of 65,536, so that a posting takes three
bytes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from lsp_search.index import chunk_blob, embeddings
from lsp_search.languages.terms import shared

K1, B = 1.2, 0.6
"""BM25's: how soon more of the same term counts for little, how far long texts are held back."""
USUAL_LENGTH = 70.0
"""Of a chunk, in weights of its terms: the mean over the kernel's C, Django and a dozen small projects."""
WEIGHT_SCALE = 100
"""Stored weights are hundredths; (K1 + 1) is the most."""
VECTOR_SCALE = 300.0
"""What 1 is in a stored vector. Components of unit vectors of 256 dimensions are about 1/16; beyond 127/300 they are cut."""
PAGE = 1 << 16
NO_ROW = 0xFFFFFFFF
_Item = TypeVar("_Item", bound=np.generic)
_SCOPE = re.compile(r"\.|::?|->|#|\\")
_SCOPES = re.compile(rb"[.:>#\\]")


@dataclass(frozen=True, eq=False)
class Chunks:
    """The columns. c chunks, ordered by file; k pairs of a page and a term, p postings."""

    file: npt.NDArray[np.uint32]
    row: npt.NDArray[np.uint32]
    """(c): the segment's row of the symbol; :data:`NO_ROW` for what is left of a file."""
    line: npt.NDArray[np.uint32]
    lines: npt.NDArray[np.uint16]
    """(c): how many lines follow ``line`` to the end, at most 65535."""
    name: npt.NDArray[np.uint32]
    """(c): see :func:`name_key`."""
    vectors: npt.NDArray[np.int8]
    """(c, DIMENSIONS)"""
    codes: npt.NDArray[np.uint64]
    """(DIMENSIONS / 64, c)"""
    posting_key: npt.NDArray[np.uint64]
    """(k): page << 32 | term, ascending. A term is its CRC-32: of 300,000 terms ten share one with another."""
    posting_start: npt.NDArray[np.uint32]
    """(k + 1)"""
    posting_chunk: npt.NDArray[np.uint16]
    """(p): within the page, ascending for each key."""
    posting_weight: npt.NDArray[np.uint8]
    table: npt.NDArray[np.uint32]
    """(1): the identity of the table that the vectors were made with."""

    def __len__(self) -> int:
        return len(self.file)

    @property
    def nbytes(self) -> int:
        return sum(getattr(self, name).nbytes for name in COLUMNS)

    def of_file(self, file_id: int) -> tuple[int, int]:
        """The range of a file's chunks, half-open."""
        start, end = np.searchsorted(self.file, np.array([file_id, file_id + 1], np.uint32)).tolist()
        return start, end

    def holding(self, term: int) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]]:
        """Page by page the chunks that hold *term* (its CRC-32), and its weight in each."""
        pages = (len(self) + PAGE - 1) // PAGE
        for page in range(pages):
            key = np.uint64((page << 32) | term)
            at = int(np.searchsorted(self.posting_key, key))
            if at < len(self.posting_key) and self.posting_key[at] == key:
                start, end = int(self.posting_start[at]), int(self.posting_start[at + 1])
                yield (
                    self.posting_chunk[start:end].astype(np.int64) + page * PAGE,
                    self.posting_weight[start:end],
                )


COLUMNS = tuple(Chunks.__annotations__)


def term_key(term: str | bytes) -> int:
    """By which posting lists know a term."""
    return zlib.crc32(term if isinstance(term, bytes) else term.encode())


def name_key(terms: Iterable[str]) -> int:
    """Of a name by its terms, the same for all ways to write it: ``HTTPServer``, ``http_server``, ``http server``. 0: it has
    none."""
    joined = " ".join(terms)
    return zlib.crc32(joined.encode()) if joined else 0


def last_part(name: str) -> str:
    """Of a name that holds its scope: ``Plug.Conn``, ``Session::send``."""
    return _SCOPE.split(name)[-1]


def signs(vectors: npt.NDArray[np.int8]) -> npt.NDArray[np.uint64]:
    """(DIMENSIONS / 64, n): a bit a component, set where it is above zero."""
    packed = np.packbits(vectors > 0, axis=1).view(np.uint64)
    return np.ascontiguousarray(packed.T)


def _key_of(name: bytes) -> int:
    if _SCOPES.search(name):
        name = last_part(name.decode("utf-8", "replace")).encode()
    return name_key(shared()[name] if name.isalnum() else shared().of_text(name))


@dataclass(frozen=True, eq=False)
class Encoded:
    """One file's chunks before they are columns of a segment. c chunks, o occurrences of terms in all."""

    symbol: npt.NDArray[np.uint32]
    """(c): see ``chunk_blob``, like the next."""
    line: npt.NDArray[np.uint32]
    lines: npt.NDArray[np.uint16]
    name: npt.NDArray[np.uint32]
    vectors: npt.NDArray[np.int8]
    counts: npt.NDArray[np.uint32]
    term: npt.NDArray[np.uint32]
    """(o): CRC-32s, chunk after chunk."""
    weight: npt.NDArray[np.uint8]


def encoded(names: Sequence[bytes], blob: bytes) -> Encoded | None:
    """The chunks of a file whose symbols have these *names*; None where it has none. About 40 µs a chunk."""
    opened = chunk_blob.open_blob(blob)
    if not opened.count:
        return None
    table = embeddings.shipped()
    symbol = np.frombuffer(opened.symbol, "<u4")
    line, end = np.frombuffer(opened.line, "<u4"), np.frombuffer(opened.end_line, "<u4")
    number = np.frombuffer(opened.term, "<u4")
    weight = np.frombuffer(opened.weight, np.uint8)
    counts = np.frombuffer(opened.terms, "<u4")
    keys = embeddings.hashed(opened.names)
    vectors = table.of_texts(table.of_hashed(opened.names, keys), number, weight, counts)
    own_names = [names[one] if one != chunk_blob.NO_SYMBOL else b"" for one in symbol.tolist()]
    return Encoded(
        symbol=symbol,
        line=line,
        lines=np.clip(end.astype(np.int64) - line, 0, 0xFFFF).astype(np.uint16),
        name=np.array([_key_of(name) for name in own_names], np.uint32),
        vectors=np.clip(np.rint(vectors * np.float32(VECTOR_SCALE)), -127, 127).astype(np.int8),
        counts=counts,
        term=keys[number],
        weight=_impact(weight, counts),
    )


class Maker:
    """Gathers the chunks of files, in the order of their ids; turns them into columns at the end."""

    def __init__(self) -> None:
        self._files: list[tuple[int, int]] = []
        """(file, number of its first symbol among all)"""
        self._encoded: list[Encoded] = []

    def add(self, file_id: int, first_row: int, chunks: Encoded | None) -> None:
        """*first_row*: the number of the file's first symbol among all."""
        if chunks is not None:
            self._files.append((file_id, first_row))
            self._encoded.append(chunks)

    def made(self, row_of: npt.NDArray[np.int64]) -> Chunks:
        """*row_of*: by the number of a symbol as it came, its row."""
        each = self._encoded
        ids, first_rows = np.array(self._files, np.int64).reshape(-1, 2).T
        sizes = [len(one.symbol) for one in each]
        symbol = joined([one.symbol for one in each], np.uint32)
        row = np.full(len(symbol), NO_ROW, np.uint32)
        has_symbol = symbol != chunk_blob.NO_SYMBOL
        row[has_symbol] = row_of[(symbol + np.repeat(first_rows, sizes))[has_symbol]]
        vectors = np.concatenate(
            [np.empty((0, embeddings.DIMENSIONS), np.int8), *(one.vectors for one in each)]
        )
        key, start, chunk, weight = _postings(each)
        return Chunks(
            file=np.repeat(ids, sizes).astype(np.uint32),
            row=row,
            line=joined([one.line for one in each], np.uint32),
            lines=joined([one.lines for one in each], np.uint16),
            name=joined([one.name for one in each], np.uint32),
            vectors=vectors,
            codes=signs(vectors),
            posting_key=key,
            posting_start=start,
            posting_chunk=chunk,
            posting_weight=weight,
            table=np.array([embeddings.shipped().identity], np.uint32),
        )


def _postings(
    each: Sequence[Encoded],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32], npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    counts = joined([one.counts for one in each], np.uint32)
    chunk = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
    key = joined([one.term for one in each], np.uint32).astype(np.uint64)
    key |= (chunk // PAGE).astype(np.uint64) << np.uint64(32)
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=~key[:1])) if len(key) else np.empty(0, np.int64)
    return (
        key[first],
        np.append(first, len(key)).astype(np.uint32),
        (chunk[order] % PAGE).astype(np.uint16),
        joined([one.weight for one in each], np.uint8)[order],
    )


def _impact(weight: npt.NDArray[np.uint8], counts: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """What each term adds to its text's BM25 score, but for its rarity."""
    starts = np.cumsum(counts, dtype=np.int64) - counts
    length = np.add.reduceat(weight.astype(np.float32), np.minimum(starts, len(weight) - 1))
    held_back = np.repeat(K1 * (1 - B + B * length / USUAL_LENGTH), counts).astype(np.float32)
    value = weight * np.float32(K1 + 1) / (weight + held_back)
    stored: npt.NDArray[np.uint8] = np.maximum(np.rint(value * WEIGHT_SCALE), 1).astype(np.uint8)
    return stored


def joined(parts: Sequence[npt.NDArray[_Item]], kind: type[_Item]) -> npt.NDArray[_Item]:
    """One after the other; of *kind* also when there are none."""
    return np.concatenate([np.empty(0, kind), *parts])
