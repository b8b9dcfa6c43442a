"""Chunks as hits: what stands where, and the line of it that answers best.

The line shown is the one that holds most of the query's terms, found without taking its words apart: the first letters of a
term (its stem but for a changed end) must stand in it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from lsp_search.index.chunks import NO_ROW
from lsp_search.index.snapshot import Snapshot
from lsp_search.languages.chunks import with_line_feeds
from lsp_search.model import Hit, SymbolKind
from lsp_search.search import lines, symbols
from lsp_search.search.meaning import Place
from lsp_search.search.rows import Row
from lsp_search.search.sources import Reader, Texts

_SHOWN = 240
"""Characters of a line that an answer carries."""
_LOOKED_AT = 16_384
"""Bytes of a chunk that are looked at."""
_OFTEN = 50
"""So many places of one term are looked at."""


class _Text:
    """A file's text, and where its lines end."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._ends = np.flatnonzero(np.frombuffer(raw, np.uint8) == ord("\n"))

    def lines(self, first: int, last: int) -> tuple[int, int]:
        """Where lines *first* to *last* lie, without the last one's end."""
        return self._start(first), max(self._start(last + 1) - 1, 0)

    def _start(self, line: int) -> int:
        if line == 0:
            return 0
        return int(self._ends[line - 1]) + 1 if line <= len(self._ends) else len(self.raw) + 1


class Shown:
    """Reads each file once."""

    def __init__(self, texts: Texts, max_bytes: int, terms: Sequence[str]) -> None:
        self._texts = texts
        self._max_bytes = max_bytes
        self._stems = [term[: max(len(term) - 1, 3)].encode() for term in terms]
        self._readers: WeakKeyDictionary[Snapshot, Reader] = WeakKeyDictionary()
        self._read: dict[tuple[int, int], _Text] = {}

    def hit(self, place: Place, chunk: int, line: lines.Line | None = None) -> Hit:
        """*line*: the one to show, where it is known."""
        snapshot, segment = place.snapshot, place.segment
        chunks = segment.chunks
        file_id, row = int(chunks.file[chunk]), int(chunks.row[chunk])
        text = self._text(snapshot, file_id)
        best = line.number if line is not None else self._best(text, place, chunk)
        start, end = text.lines(best, best)
        snippet = text.raw[start:end].decode("utf-8", "replace").rstrip("\r")[:_SHOWN]
        if row != NO_ROW:
            number = segment.name_of_row(row)
            found = symbols.hit(Row(snapshot, segment, number, row), segment.name(number), 0.0, ())
        else:
            found = self._part(snapshot, file_id, best)
        return replace(found, snippet=snippet, snippet_line=best)

    def text_of(self, place: Place, chunk: int) -> bytes:
        """The lines of a chunk, those of chunks within it too."""
        text = self._text(place.snapshot, int(place.segment.chunks.file[chunk]))
        start, end = text.lines(*_lines_of(place, chunk))
        return text.raw[start:end]

    def _text(self, snapshot: Snapshot, file_id: int) -> _Text:
        key = (id(snapshot), file_id)
        found = self._read.get(key)
        if found is None:
            reader = self._readers.get(snapshot)
            if reader is None:
                reader = self._readers[snapshot] = Reader(snapshot, self._texts, self._max_bytes, {})
            found = self._read[key] = _Text(with_line_feeds(reader.text(file_id) or b""))
        return found

    def _best(self, text: _Text, place: Place, chunk: int) -> int:
        """The first of the chunk's own lines that hold most terms."""
        first, last = _lines_of(place, chunk)
        start, end = text.lines(first, last)
        region = text.raw[start : min(end, start + _LOOKED_AT)].lower()
        held: Counter[int] = Counter()
        for stem in self._stems:
            found = itertools.islice(_places(region, stem), _OFTEN)
            held.update({first + region.count(b"\n", 0, at) for at in found})
        for inner_first, inner_last in _within(place, chunk) if held else ():
            for number in [number for number in held if inner_first <= number <= inner_last]:
                del held[number]
        return min(held, key=lambda number: (-held[number], number), default=first)

    @staticmethod
    def _part(snapshot: Snapshot, file_id: int, line: int) -> Hit:
        """Of what is left of a file: the file, at a line."""
        path = snapshot.catalog.paths[file_id]
        folder, _, name = path.rpartition("/")
        return Hit(
            id=f"{symbols.quoted(path)}\tpart\t{line}",
            name=name,
            kind=int(SymbolKind.FILE),
            container=folder,
            language=snapshot.catalog.language_of(file_id),
            path=f"{snapshot.folder}/{path}",
            relative_path=path,
            line=line,
            column=0,
            end_line=line,
            end_column=0,
            score=0.0,
        )


def _lines_of(place: Place, chunk: int) -> tuple[int, int]:
    """The first and the last line of a chunk."""
    first = int(place.segment.chunks.line[chunk])
    return first, first + int(place.segment.chunks.lines[chunk])


def _within(place: Place, chunk: int) -> Iterator[tuple[int, int]]:
    """The lines of the symbols' chunks that lie in those of *chunk*."""
    chunks = place.segment.chunks
    first, last = _lines_of(place, chunk)
    start, end = chunks.of_file(int(chunks.file[chunk]))
    line = chunks.line[start:end]
    inner = (chunks.row[start:end] != NO_ROW) & (line >= first) & (line <= last)
    inner[chunk - start] = False
    if chunks.row[chunk] != NO_ROW:
        inner &= line > first
    for number in np.flatnonzero(inner).tolist():
        yield _lines_of(place, start + number)


def _places(text: bytes, wanted: bytes) -> Iterator[int]:
    place = text.find(wanted)
    while place >= 0:
        yield place
        place = text.find(wanted, place + len(wanted))
