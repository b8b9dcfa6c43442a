"""Which files can hold a piece of text: hashed grams over blocks, bit-sliced.

A file is cut into *blocks* of ``BLOCK`` bytes, which overlap by ``OVERLAP``. Each ``WIDTH`` neighbouring bytes of a block
(case folded), a *gram*, belong to two of ``CLASSES`` hash classes, and for each class there is one bitmap over all blocks;
the AND of those of a literal's grams leaves the blocks that can hold it. (The idea of codesearch's trigram index, Cox
2012, with Bloom filters, bit-sliced as in a signature file, Faloutsos 1985, instead of posting lists: nothing is decoded,
and a query touches two rows a gram.)

Chosen by counting false candidates of 200 random pieces of 4 to 25 bytes among 5,000 files of the Linux kernel, at 0.28 to
0.30 of the text's size: four bytes left a third of what three did; two classes a gram two thirds of what one did; and
blocks of one file each a fifth of what larger blocks of several files did. What has three bytes or less is looked for
everywhere.

A segment remembers the version of each file that it was made from; for another version it says nothing, and whoever
asks has to read the file.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lsp_search.index import array_file

MAGIC = b"LSPTXT02"
CLASSES = 1 << 14
WIDTH = 4
BLOCK = 12 << 10
OVERLAP = 128
"""Bytes of a literal that are asked for."""
MOST_BLOCKS = 16384
"""Of one segment: bounds the memory of whoever makes it (5 KiB a block)."""
_TILE = 256
"""Blocks transposed at a time."""

_COLUMNS = ("member", "member_version", "first", "last", "plain", "bits")

Codes = npt.NDArray[np.uint16]

_SPREAD = (2654435761, 2246822519, 3266489917)
"""2^32 over the golden ratio (Knuth, The Art of Computer Programming 3, 6.4), and two primes of xxHash."""
_HASH = [
    ((np.arange(1 << 16, dtype=np.uint32) * np.uint32(factor)) >> np.uint32(18)).astype(np.uint16)
    for factor in _SPREAD
]
"""Of two bytes; 14 bits."""
_ALIKE = ((b"\xc5\xbf", b"s"), (b"\xe2\x84\xaa", b"k"))
"""The letters beyond ASCII that are ASCII letters but for case: long s and the Kelvin sign."""


def folded(text: bytes) -> bytes:
    """UTF-8 text as it is indexed: ASCII in lower case, and what folds to ASCII."""
    if not text.isascii():
        for letter, plain in _ALIKE:
            text = text.replace(letter, plain)
    return text.lower()


def codes(text: bytes) -> Codes:
    """The hash classes of all grams of *text* (folded): two for each, first all the one, then all the other; none for
    less than ``WIDTH`` bytes."""
    raw = np.frombuffer(text, np.uint8)
    if len(raw) < WIDTH:
        return np.empty(0, np.uint16)
    pairs = raw[:-1].astype(np.uint16)
    pairs <<= np.uint16(8)
    pairs |= raw[1:]
    left, right = pairs[:-2], pairs[2:]
    grams = len(left)
    found = np.empty(2 * grams, np.uint16)
    second = _HASH[1].take(right)
    np.bitwise_xor(_HASH[0].take(left), second, out=found[:grams])
    np.bitwise_xor(_HASH[1].take(left), _HASH[2].take(right), out=found[grams:])
    return found


@dataclass(frozen=True, slots=True, eq=False)
class GramSegment:
    number: int
    member: npt.NDArray[np.uint32]
    """File ids, ascending."""
    member_version: npt.NDArray[np.int64]
    first: npt.NDArray[np.uint32]
    last: npt.NDArray[np.uint32]
    """The blocks of each member, half-open."""
    plain: npt.NDArray[np.bool_]
    """Of each member, whether block b (counted from its first) begins at byte b times ``BLOCK`` of the file as it is."""
    bits: npt.NDArray[np.uint64]
    """(CLASSES, words): bit b of a row is set where block b holds a gram of that class."""
    mapping: mmap.mmap | None = None

    @property
    def nbytes(self) -> int:
        return sum(getattr(self, name).nbytes for name in _COLUMNS)

    @property
    def blocks(self) -> int:
        return int(self.last.max(initial=0))

    def current(self, versions: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which members still have the content that they had. *versions*: by file id; 0: no such file."""
        known = self.member < len(versions)
        if not len(versions):
            return known
        found: npt.NDArray[np.bool_] = known & (
            versions[np.where(known, self.member, 0)] == self.member_version
        )
        return found

    def blocks_holding(self, wanted: Codes) -> npt.NDArray[np.bool_]:
        """Which blocks hold all of these grams."""
        left = np.bitwise_and.reduce(self.bits[wanted], axis=0)
        return np.unpackbits(left.view(np.uint8), bitorder="little").view(np.bool_)

    def members_of(self, blocks: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Which members have one of these blocks."""
        before = np.zeros(len(blocks) + 1, np.uint32)
        np.cumsum(blocks, out=before[1:])
        found: npt.NDArray[np.bool_] = before[self.last] > before[self.first]
        return found

    def places(self, blocks: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
        """The rows of *blocks* in the columns of members, and where in the file's bytes the blocks begin."""
        held = np.flatnonzero(blocks[: self.blocks])
        rows = np.searchsorted(self.first, held, "right") - 1
        return rows, (held - self.first[rows]) * BLOCK


class Maker:
    """Makes one segment from texts, one after the other."""

    def __init__(self) -> None:
        self.blocks = 0
        self._tile = np.zeros((_TILE, CLASSES), np.bool_)
        self._tiles: list[npt.NDArray[np.uint8]] = []
        self._members: list[tuple[int, int, int, int, bool]] = []

    @property
    def is_full(self) -> bool:
        return self.blocks >= MOST_BLOCKS

    def add(self, file_id: int, version: int, text: bytes, size: int) -> None:
        """Files in ascending order: blocks of a segment follow its members. *size*: bytes of the file itself. Raises ValueError."""
        if self._members and file_id <= self._members[-1][0]:
            raise ValueError(f"file {file_id} comes after file {self._members[-1][0]}")
        plain = size == len(text)
        text = folded(text)
        plain &= size == len(text)
        first = self.blocks
        for start in range(0, max(len(text), 1), BLOCK):
            if self.blocks and self.blocks % _TILE == 0:
                self._turn()
            self._tile[self.blocks % _TILE, codes(text[start : start + BLOCK + OVERLAP])] = True
            self.blocks += 1
        self._members.append((file_id, version, first, self.blocks, plain))

    def _turn(self) -> None:
        self._tiles.append(np.packbits(np.ascontiguousarray(self._tile.T), axis=1, bitorder="little"))
        self._tile[:] = False

    def made(self, number: int) -> GramSegment:
        self._turn()
        words = (self.blocks + 63) // 64
        packed = np.concatenate(self._tiles, axis=1)[:, : 8 * words]
        self._tiles.clear()
        members = np.array(self._members, np.int64).reshape(-1, 5)
        return GramSegment(
            number=number,
            member=members[:, 0].astype(np.uint32),
            member_version=members[:, 1].copy(),
            first=members[:, 2].astype(np.uint32),
            last=members[:, 3].astype(np.uint32),
            plain=members[:, 4].astype(np.bool_),
            bits=np.ascontiguousarray(packed).view(np.uint64),
        )


def covered(segments: Iterable[GramSegment], versions: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """By file id, whether one of *segments* knows the file as it is."""
    known = np.zeros(len(versions), np.bool_)
    for segment in segments:
        known[segment.member[segment.current(versions)]] = True
    return known & (versions > 0)


def save(segment: GramSegment, path: Path) -> None:
    """Raises OSError (disk full, …)."""
    array_file.save(path, MAGIC, segment.number, {name: getattr(segment, name) for name in _COLUMNS})


def load(path: Path) -> GramSegment:
    """Maps the segment at *path*. Raises BadFile, OSError."""
    return array_file.load(path, MAGIC, GramSegment)
