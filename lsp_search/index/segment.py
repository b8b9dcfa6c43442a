"""An immutable, columnar table of symbols: built once, mapped into memory, never changed.

Names and rows are kept apart. Every distinct name is stored once, in order of (length, folded name,
name), so that walking names upwards meets the shortest first. ``lex`` lists the same names in folded
alphabetical order: with binary search it is the trie's job (exact and prefix) at 4 bytes a name. Over
all names lie *transposed bitmaps*: one bit a name for each character it holds, each character that
heads a word in it, and each hash class of neighbouring pairs; the AND of a query's bitmaps leaves the
few names worth aligning. Small segments carry no bitmaps: all their names are candidates.

Rows (one a symbol) are ordered by name, then file; ``row_start[n]`` to ``row_start[n + 1]`` are the rows
of name n. A row counts only while this segment *owns* its file (see ``snapshot``).

``segment_file`` says how one is kept on disk.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lsp_search.index import chunks, text
from lsp_search.index.chunks import Chunks, Encoded
from lsp_search.index.packed import open_blob

BITMAP_THRESHOLD = 4096
"""Segments with fewer names are scanned whole, which costs under a millisecond."""

CHARACTER_ROWS = 0
HEAD_ROWS = text.CHARACTER_BITS
BIGRAM_ROWS = 2 * text.CHARACTER_BITS
BITMAP_ROWS = BIGRAM_ROWS + text.BIGRAM_BITS
"""First bitmap of each family, and how many there are in all."""

LONGEST = 255
"""Names over this many bytes are not told apart by their length."""


@dataclass(frozen=True, eq=False)
class Segment:
    """The columns. n names, m rows, c containers, f member files, w = ceil(n / 64) words a bitmap."""

    number: int
    """Unique in its store; owners refer to it."""
    blob: npt.NDArray[np.uint8]
    """All names, UTF-8, one after the other, then ``text.WINDOW`` zero bytes so that a window fits anywhere."""
    offsets: npt.NDArray[np.uint32]
    """(n + 1): where each name starts in ``blob``."""
    lex: npt.NDArray[np.uint32]
    """(n): names in folded alphabetical order."""
    heads: npt.NDArray[np.uint64]
    """(n): bit p is set where byte p (< 64) of the name heads a word."""
    bitmaps: npt.NDArray[np.uint64]
    """(BITMAP_ROWS, w), or (0, 0) in small segments."""
    row_start: npt.NDArray[np.uint32]
    """(n + 1)"""
    row_file: npt.NDArray[np.uint32]
    row_line: npt.NDArray[np.uint32]
    row_column: npt.NDArray[np.uint16]
    """(m), capped at 65535 like the other positions of absurdly long lines."""
    row_kind: npt.NDArray[np.uint8]
    """(m): SymbolKind; bit 7 is set where the line is not ASCII."""
    row_container: npt.NDArray[np.uint32]
    container_blob: npt.NDArray[np.uint8]
    container_offsets: npt.NDArray[np.uint32]
    """(c + 1)"""
    member: npt.NDArray[np.uint32]
    """(f): files this segment holds, ascending."""
    member_version: npt.NDArray[np.int64]
    """(f): the version of each file that was built in."""
    chunks: Chunks
    """What a search by meaning finds in those files."""
    mapping: mmap.mmap | None = None
    """The file the columns are mapped from; None in memory."""

    @property
    def names(self) -> int:
        return len(self.offsets) - 1

    @property
    def rows(self) -> int:
        return len(self.row_file)

    @property
    def nbytes(self) -> int:
        return self.chunks.nbytes + sum(int(getattr(self, name).nbytes) for name in COLUMNS)

    @cached_property
    def length_starts(self) -> npt.NDArray[np.int64]:
        """(LONGEST + 2): the first name of each length or more; the last entry is the number of names."""
        wanted = np.arange(LONGEST + 2)
        low, high = np.zeros(len(wanted), np.int64), np.full(len(wanted), self.names)
        while np.any(low < high):  # a binary search for all lengths in step; names ascend by length
            middle = (low + high) // 2
            inside = np.minimum(middle, max(self.names - 1, 0))
            shorter = self.offsets[inside + 1].astype(np.int64) - self.offsets[inside] < wanted
            shorter &= low < high
            low, high = np.where(shorter, middle + 1, low), np.where(shorter | (low >= high), high, middle)
        low[-1] = self.names
        return low

    @cached_property
    def container_letters(self) -> npt.NDArray[np.uint32]:
        """(c): the character classes of each container, see ``text.letters``."""
        return text.letters(self.container_blob, self.container_offsets.astype(np.int64))

    def of_length(self, length: int) -> int:
        """The first name that has *length* bytes or more."""
        return int(self.length_starts[min(max(length, 0), LONGEST + 1)])

    @cached_property
    def _bytes(self) -> tuple[memoryview, memoryview]:
        """``blob`` and ``offsets`` for one name at a time, where arrays are five times slower."""
        return self.blob.data, self.offsets.data

    def name(self, number: int) -> bytes:
        blob, offsets = self._bytes
        return bytes(blob[offsets[number] : offsets[number + 1]])

    def name_of_row(self, row: int) -> int:
        """The number of the name whose row it is."""
        return int(np.searchsorted(self.row_start, np.uint32(row), "right")) - 1

    def container(self, number: int) -> str:
        start, end = self.container_offsets[number], self.container_offsets[number + 1]
        return self.container_blob[start:end].tobytes().decode("utf-8", "replace")


COLUMNS = tuple(name for name in Segment.__annotations__ if name not in ("number", "chunks", "mapping"))
NON_ASCII = 0x80
"""The flag bit of ``row_kind``."""

FileTable = tuple[int, int, bytes]
"""(file id, version, packed symbols) of one file."""


def build(
    number: int, files: Iterable[FileTable], known: dict[bytes, Encoded | None] | None = None
) -> Segment:
    """A segment in memory over *files*. Time is dominated by sorting the distinct names (about 1 µs each) and by encoding
    chunks (40 µs each). *known*: by packed symbols, chunks that were encoded before; takes those that are encoded now."""
    rows = _Rows(known)
    for file_id, version, blob in sorted(files, key=lambda entry: entry[0]):
        rows.add(file_id, version, blob)
    return rows.segment(number)


class _Rows:
    """Gathers the rows of many files; turns them into columns at the end."""

    def __init__(self, known: dict[bytes, Encoded | None] | None) -> None:
        self._known = known
        self.members: list[tuple[int, int]] = []
        self.counts: list[int] = []
        self.names: dict[bytes, int] = {}
        """Distinct names in the order they came."""
        self.name: list[npt.NDArray[np.uint32]] = []
        self.columns: dict[str, list[bytes]] = {name: [] for name in ("kind", "ascii", "line", "column")}
        self.container: list[npt.NDArray[np.uint32]] = []
        self.containers: dict[bytes, int] = {b"": 0}
        self.chunks = chunks.Maker()
        self._rows = 0

    def add(self, file_id: int, version: int, blob: bytes) -> None:
        self.members.append((file_id, version))
        packed = open_blob(blob)
        self.counts.append(packed.count)
        own_names = packed.names.split(b"\n")
        self.chunks.add(file_id, self._rows, self._encoded(own_names, packed.chunks, blob))
        if not packed.count:
            return
        self._rows += packed.count
        names = self.names
        numbers = [names.setdefault(name, len(names)) for name in own_names]
        self.name.append(np.array(numbers, np.uint32))
        for name, parts in self.columns.items():
            parts.append(packed.columns[name])
        known = self.containers
        local = [known.setdefault(name, len(known)) for name in packed.containers.split(b"\n")]
        own = np.frombuffer(packed.columns["container"], "<u4")
        self.container.append(np.array(local, np.uint32)[own])

    def _encoded(self, names: Sequence[bytes], packed_chunks: bytes, blob: bytes) -> Encoded | None:
        known = self._known
        if known is None:
            return chunks.encoded(names, packed_chunks)
        if blob not in known:
            known[blob] = chunks.encoded(names, packed_chunks)
        return known[blob]

    def segment(self, number: int) -> Segment:
        name_of_row = np.concatenate(self.name) if self.name else np.empty(0, np.uint32)
        self.name.clear()
        arrival = list(self.names)
        # In their own order, then by folding, then by length; each sort keeps what the one before made.
        folded = sorted(range(len(arrival)), key=arrival.__getitem__)
        folded.sort(key=lambda number: arrival[number].lower())
        lengths = np.fromiter((len(arrival[number]) for number in folded), np.int64, len(folded))
        by_length = np.argsort(lengths, kind="stable")
        lex = np.empty(len(folded), np.uint32)
        lex[by_length] = np.arange(len(folded), dtype=np.uint32)
        ids = np.empty(len(folded), np.uint32)
        ids[np.array(folded, np.int64)[by_length]] = np.arange(len(folded), dtype=np.uint32)
        name_of_row = ids[name_of_row]
        blob = np.frombuffer(
            b"".join([arrival[folded[place]] for place in by_length.tolist()]) + bytes(text.WINDOW), np.uint8
        )
        offsets = np.zeros(len(folded) + 1, np.int64)
        np.cumsum(lengths[by_length], out=offsets[1:])
        self.names.clear()
        head_masks, bitmaps = _bitmaps(blob, offsets)
        return self._columns(number, blob, offsets, lex, head_masks, bitmaps, name_of_row)

    def _columns(
        self,
        number: int,
        blob: npt.NDArray[np.uint8],
        offsets: npt.NDArray[np.int64],
        lex: npt.NDArray[np.uint32],
        head_masks: npt.NDArray[np.uint64],
        bitmaps: npt.NDArray[np.uint64],
        name_of_row: npt.NDArray[np.uint32],
    ) -> Segment:
        order = np.argsort(name_of_row, kind="stable")
        row_start = np.searchsorted(name_of_row[order], np.arange(len(offsets))).astype(np.uint32)
        members = np.array(self.members, np.int64).reshape(-1, 2)
        file_of_row = np.repeat(members[:, 0].astype(np.uint32), self.counts)
        kind = np.frombuffer(b"".join(self.columns["kind"]), np.uint8).copy()
        kind[np.frombuffer(b"".join(self.columns["ascii"]), np.uint8) == 0] |= NON_ASCII
        column = np.frombuffer(b"".join(self.columns["column"]), "<u4")
        container = np.concatenate(self.container) if self.container else np.empty(0, np.uint32)
        containers = list(self.containers)
        container_offsets = np.zeros(len(containers) + 1, np.uint32)
        np.cumsum([len(name) for name in containers], out=container_offsets[1:])
        row_of = np.empty(len(order), np.int64)
        row_of[order] = np.arange(len(order))
        return Segment(
            number=number,
            blob=blob,
            offsets=offsets.astype(np.uint32),
            lex=lex,
            heads=head_masks,
            bitmaps=bitmaps,
            row_start=row_start,
            row_file=file_of_row[order],
            row_line=np.frombuffer(b"".join(self.columns["line"]), "<u4")[order],
            row_column=np.minimum(column, 65535).astype(np.uint16)[order],
            row_kind=kind[order],
            row_container=container[order],
            container_blob=np.frombuffer(b"".join(containers), np.uint8),
            container_offsets=container_offsets,
            member=members[:, 0].astype(np.uint32),
            member_version=members[:, 1].copy(),
            chunks=self.chunks.made(row_of),
        )


_CHUNK = 1 << 15
"""Names taken at a time while building bitmaps, a multiple of 64: bounds the temporaries."""


def _bitmaps(
    blob: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Head masks (n) and transposed bitmaps (BITMAP_ROWS, w) of all names."""
    count = len(offsets) - 1
    head_masks = np.zeros(count, np.uint64)
    wanted = count >= BITMAP_THRESHOLD
    words = (count + 63) // 64 if wanted else 0
    bitmaps = np.zeros((BITMAP_ROWS if wanted else 0, words), np.uint64)
    bitmap_bytes = bitmaps.view(np.uint8)
    for start in range(0, count, _CHUNK):
        end = min(count, start + _CHUNK)
        chunk = blob[offsets[start] : offsets[end]]
        starts = offsets[start:end] - offsets[start]
        lengths = np.diff(offsets[start : end + 1])
        head = text.heads(chunk, starts)
        position = np.arange(len(chunk)) - np.repeat(starts, lengths)
        in_window = position < text.WINDOW
        bit = np.where(
            head & in_window, np.uint64(1) << np.minimum(position, 63).astype(np.uint64), np.uint64(0)
        )
        head_masks[start:end] = np.bitwise_or.reduceat(bit, starts)
        if wanted:
            target = bitmap_bytes[:, start // 8 : start // 8 + (end - start + 7) // 8]
            _fill_bitmaps(target, chunk, starts, lengths, head)
    return head_masks, bitmaps


def _fill_bitmaps(
    target: npt.NDArray[np.uint8],
    chunk: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    head: npt.NDArray[np.bool_],
) -> None:
    folded = text.FOLD[chunk]
    character = text.CHARACTER[folded].astype(np.uint64)
    one = np.uint64(1)
    presence = one << character
    presence |= np.where(head, one << (character + np.uint64(text.CHARACTER_BITS)), np.uint64(0))
    _transpose(target[:BIGRAM_ROWS], np.bitwise_or.reduceat(presence, starts))
    following = np.zeros_like(folded)
    following[:-1] = folded[1:]
    pair = text.bigram_class(folded, following)
    bits = one << (pair & np.uint32(63)).astype(np.uint64)
    bits[starts + lengths - 1] = 0
    family = pair >> np.uint32(6)
    for group in range(text.BIGRAM_BITS // 64):
        masks = np.bitwise_or.reduceat(np.where(family == group, bits, np.uint64(0)), starts)
        first = BIGRAM_ROWS + 64 * group
        _transpose(target[first : first + 64], masks)


def _transpose(target: npt.NDArray[np.uint8], masks: npt.NDArray[np.uint64]) -> None:
    """Bit k of every mask becomes the packed row k of *target*."""
    for k in range(len(target)):
        target[k] = np.packbits(((masks >> np.uint64(k)) & np.uint64(1)).astype(np.bool_), bitorder="little")


class _Mapped(Protocol):
    @property
    def mapping(self) -> mmap.mmap | None: ...


def release(segments: Iterable[_Mapped]) -> None:
    """Lets go of the mapped pages that queries have touched; they stay in the system's cache and come back by a fault.

    Safe at any time, also while others read.
    """
    if hasattr(mmap, "MADV_DONTNEED"):
        for segment in segments:
            if segment.mapping is not None:
                segment.mapping.madvise(mmap.MADV_DONTNEED)


def total_bytes(segments: Sequence[Segment]) -> int:
    return sum(segment.nbytes for segment in segments)
