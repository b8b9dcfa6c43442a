"""Several segments as one list of names, so that each step of the matcher runs once and not once a segment.

A name is known by its *number*: the count of names in the segments before its own, plus its id there.
:class:`Names` are columns; the bytes are gathered only when a batch is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsp_search.index.segment import Segment

Ids = npt.NDArray[np.int64]

NO_IDS = np.empty(0, np.int64)
_FIRST_BATCH = 8192
_BATCH = 16384
"""Names aligned at a time; whether enough were found is asked between batches."""


@dataclass(frozen=True, slots=True)
class Names:
    """Some names of a pool: which segment, which id there, where its bytes start, how many they are."""

    segment: npt.NDArray[np.uint16]
    ids: Ids
    starts: Ids
    lengths: Ids

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, which: npt.NDArray[Any] | slice) -> Names:
        return Names(self.segment[which], self.ids[which], self.starts[which], self.lengths[which])

    def batches(self) -> Iterator[Names]:
        """Parts of some ten thousand names; names of one length stay together, so that where a search stops does not
        depend on how names are spread over segments."""
        start, size = 0, _FIRST_BATCH
        while start < len(self):
            last = min(start + size, len(self)) - 1
            end = int(np.searchsorted(self.lengths, self.lengths[last], "right"))
            yield self.take(slice(start, end))
            start, size = end, _BATCH


class Pool:
    """The names of *segments*."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = list(segments)
        self.bases = np.zeros(len(self.segments) + 1, np.int64)
        np.cumsum([segment.names for segment in self.segments], out=self.bases[1:])

    @property
    def size(self) -> int:
        return int(self.bases[-1])

    def same(self, other: Pool) -> bool:
        """Whether the numbers of both mean the same names."""
        pairs = zip(self.segments, other.segments, strict=False)
        return len(self.segments) == len(other.segments) and all(mine is its for mine, its in pairs)

    def numbers(self, names: Names) -> Ids:
        return self.bases[names.segment] + names.ids

    def split(self, numbers: Ids) -> list[Ids]:
        """The ids of each segment among *numbers* (ascending)."""
        cuts = np.searchsorted(numbers, self.bases)
        return [
            numbers[cuts[place] : cuts[place + 1]] - self.bases[place] for place in range(len(self.segments))
        ]

    def names(self, ids: Sequence[Ids]) -> Names:
        """Names by their ids in each segment, in that order."""
        starts = [
            segment.offsets[part].astype(np.int64) for segment, part in zip(self.segments, ids, strict=True)
        ]
        ends = [
            segment.offsets[part + 1].astype(np.int64)
            for segment, part in zip(self.segments, ids, strict=True)
        ]
        origin = np.repeat(np.arange(len(ids), dtype=np.uint16), [len(part) for part in ids])
        start = np.concatenate([NO_IDS, *starts])
        return Names(origin, np.concatenate([NO_IDS, *ids]), start, np.concatenate([NO_IDS, *ends]) - start)

    def shortest_first(self, ids: Sequence[Ids]) -> Names:
        names = self.names(ids)
        return names.take(np.argsort(np.minimum(names.lengths, 0xFFFF).astype(np.uint16), kind="stable"))

    def by_segment(self, names: Names) -> Iterator[tuple[Segment, slice]]:
        """Runs of one segment in *names*, which are sorted by it."""
        cuts = np.searchsorted(names.segment, np.arange(len(self.segments) + 1))
        for place, segment in enumerate(self.segments):
            if cuts[place] < cuts[place + 1]:
                yield segment, slice(int(cuts[place]), int(cuts[place + 1]))

    @staticmethod
    def windows_of(segment: Segment, starts: npt.NDArray[Any], width: int) -> npt.NDArray[np.void]:
        """The *width* bytes from each of *starts* on, each as one opaque item."""
        every = np.ndarray((max(len(segment.blob) - width + 1, 0),), f"V{width}", segment.blob, strides=(1,))
        found: npt.NDArray[np.void] = every[starts]
        return found

    def windows(self, names: Names, width: int) -> npt.NDArray[np.uint8]:
        """The first *width* bytes from each name's start on: shape (n, width). *names*: sorted by segment."""
        found = np.empty(len(names), f"V{width}")
        for segment, run in self.by_segment(names):
            # Opaque items: copying those is twice as fast as copying rows of bytes.
            found[run] = self.windows_of(segment, names.starts[run], width)
        return found.view(np.uint8).reshape(-1, width)

    def heads(self, names: Names) -> npt.NDArray[np.uint64]:
        """Head masks, one a name. *names*: sorted by segment."""
        found = np.empty(len(names), np.uint64)
        for segment, run in self.by_segment(names):
            found[run] = segment.heads[names.ids[run]]
        return found

    def texts(self, names: Names) -> list[bytes]:
        """The names themselves."""
        return [
            self.segments[place].blob[start : start + length].tobytes()
            for place, start, length in zip(
                names.segment.tolist(), names.starts.tolist(), names.lengths.tolist(), strict=True
            )
        ]
