"""Search over the lines of all files: literals and regular expressions, as they stand in the files now.

The index only says which files to read (``sources``); what matches is decided by their text, so no answer is ever
stale. Files are read likeliest first, until ``_ENOUGH`` lines were found (or the limit, if that is more): who types a
word that stands in ten thousand lines wants the best of some, at once, and learns that there are more.

The order is that of points; then path, then line. A line earns

- ``DEFINED`` where a symbol of just that name is defined on it;
- ``WHOLE`` where a match is a whole word, ``BEGINS`` where it begins one; ``AS_TYPED`` where it has the case as typed;
- ``NAMED`` where the file's name holds the text too;
- ``NEAR`` in the file the user looks at, half of it in the same folder;
- up to ``DENSE`` for how many lines of its file match: a point each time their number doubles;
- of several texts ``TOGETHER`` for each but one that it holds, ``CLOSE`` for each that stands a few lines away;
- and loses ``TEST`` in tests, ``FOREIGN`` in vendored or generated code.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from lsp_search.index.snapshot import Snapshot
from lsp_search.index.standing import FOREIGN as STANDS_FOREIGN
from lsp_search.index.standing import TEST as STANDS_TEST
from lsp_search.model import Explanation, Filter, Hit
from lsp_search.search.batches import matching
from lsp_search.search.defined import definitions
from lsp_search.search.listing import Listing
from lsp_search.search.matcher import Matcher, Span, begins_word, is_whole_word
from lsp_search.search.pattern import fold
from lsp_search.search.sources import Reader, Texts, can_look_up, likeliest_first, possible
from lsp_search.search.symbols import quoted
from lsp_search.telemetry.spans import span, spanned

DEFINED, WHOLE, BEGINS, AS_TYPED, NAMED, NEAR, DENSE, TEST, FOREIGN = 16, 8, 4, 1, 3, 4, 4, 2, 6
TOGETHER, CLOSE = 6, 3
_CLOSE = 3
"""Lines between what stands close together."""

_ENOUGH = 1000
"""Lines that are ranked."""
_PART_SECONDS = 0.03
"""How long results wait for better ones before they are handed over."""
_SHOWN = 240
"""Characters of a line that an answer carries, and of these"""
_BEFORE = 60
"""so many before the first match, when the line is longer."""
_MANY = 2000
"""Bytes from which line ends are counted more quickly by numpy."""
_LINE_END = ord("\n")


@dataclass(frozen=True, slots=True)
class Request:
    matcher: Matcher
    typed: str
    word: bytes
    """What a definition's name would be; empty for an expression."""
    limit: int
    filter: Filter
    excluded_languages: tuple[str, ...]
    near: str | None
    max_bytes: int
    explain: bool = False
    seconds: float | None = None
    """After so long what was found is enough."""


@dataclass(slots=True)
class Line:
    """A line that was found."""

    snapshot: Snapshot
    file_id: int
    number: int
    text: bytes
    spans: list[Span]
    """Bytes of the line."""
    parts: list[tuple[str, int]] = field(default_factory=list)

    @property
    def points(self) -> int:
        return sum(points for _, points in self.parts)


OnPart = Callable[[list[Hit]], None]
"""Takes hits as they are found. What it got stays above what comes later."""


def search(
    request: Request,
    texts: Texts,
    on_part: OnPart | None,
    snapshots: Sequence[Snapshot],
    check: Callable[[], None],
) -> Listing:
    """The best *limit* lines (but for those that *on_part* got)."""
    found = _Found(request, on_part)
    scanned = not all(snapshot.grams for snapshot in snapshots) or not can_look_up(request.matcher.need)
    return found.listing(scanned, more=_fill(found, request, texts, snapshots, check))


def best(
    request: Request, texts: Texts, snapshots: Sequence[Snapshot], check: Callable[[], None]
) -> list[Line]:
    """As :func:`search`, before hits are made of them."""
    found = _Found(request, None)
    _fill(found, request, texts, snapshots, check)
    return found.in_order()[: request.limit]


def _fill(
    found: _Found,
    request: Request,
    texts: Texts,
    snapshots: Sequence[Snapshot],
    check: Callable[[], None],
) -> bool:
    """Finds lines until there are enough. Whether there may be more."""
    deadline = None if request.seconds is None else time.monotonic() + request.seconds

    def tick() -> None:
        check()
        found.hand_over()

    for snapshot in snapshots:
        defined = definitions(snapshot, request.word)
        need = request.matcher.need
        ids, starts = possible(snapshot, need, request.filter, request.excluded_languages)
        ids = likeliest_first(snapshot, ids, {file_id for file_id, _ in defined}, request.near)
        reader = Reader(snapshot, texts, request.max_bytes, starts)
        with contextlib.closing(matching(reader, request.matcher, ids.tolist())) as parts:
            for part in parts:
                tick()
                with span("match"):
                    for file_id, text in part:
                        found.add(_of_text(request, snapshot, file_id, text, found.room + 1, defined))
                        tick()
                        if found.room < 0:
                            return True
                if deadline is not None and time.monotonic() > deadline:
                    found.unfinished = True
                    return True
    return False


def _of_text(
    request: Request,
    snapshot: Snapshot,
    file_id: int,
    text: bytes,
    most: int,
    defined: set[tuple[int, int]],
) -> list[Line]:
    """The lines of one file that are found, with their points."""
    matcher = request.matcher
    if not all(part.holds(text) for part in matcher.parts):
        return []
    found = _lines(snapshot, file_id, text, matcher, len(text) + 1 if matcher.without else most)
    wanted = (line for line in found if not any(one.holds(line.text) for one in matcher.without))
    lines = list(itertools.islice(wanted, most))
    _judge(lines, request, defined)
    if matcher.parts:
        _judge_together(lines, matcher.parts)
    return lines


class _Found:
    """The lines found so far, and those that were handed over already."""

    def __init__(self, request: Request, on_part: OnPart | None) -> None:
        self.room = max(request.limit, _ENOUGH)
        """So many more are worth finding."""
        self.left_out = False
        self._request = request
        self._on_part = on_part
        self._lines: list[Line] = []
        self._shown = 0
        self._lines_found = self._files_found = 0
        self.unfinished = False
        self._held: dict[str, list[int]] = {}
        self._ceiling = 1.0
        self._due = time.monotonic() + _PART_SECONDS

    def add(self, lines: Sequence[Line]) -> None:
        """The lines of one file."""
        self._lines += lines
        self.room -= len(lines)
        self._lines_found += len(lines)
        self._files_found += bool(lines)
        if lines:
            self._held.setdefault(lines[0].snapshot.root, []).append(lines[0].file_id)

    def hand_over(self) -> None:
        """Passes on what there is, every now and then."""
        if self._on_part is not None and self._lines and time.monotonic() > self._due:
            self._on_part(self.rest())
            self._due = time.monotonic() + _PART_SECONDS

    def listing(self, scanned: bool, *, more: bool = False) -> Listing:
        hits = self.rest()
        held = None if more else self._held
        counts = self._lines_found, self._files_found
        return Listing(hits, more or self.left_out, scanned, *counts, held, self.unfinished)

    @spanned("rank")
    def in_order(self) -> list[Line]:
        return sorted(self._lines, key=_order)

    def rest(self) -> list[Hit]:
        """What was not handed over yet, best first, up to the limit."""
        lines = self.in_order()
        self._lines = []
        shown = lines[: self._request.limit - self._shown]
        self.left_out |= len(shown) < len(lines)
        hits = _hits(shown, self._request, self._ceiling)
        self._shown += len(hits)
        self._ceiling = hits[-1].score if hits else self._ceiling
        if self._shown == self._request.limit and self._on_part is not None:
            self.room = min(self.room, 0)  # one more would say that there are more
        return hits


def _order(line: Line) -> tuple[int, str, int, int]:
    catalog = line.snapshot.catalog
    return (-line.points, line.snapshot.root, int(catalog.label[line.file_id]), line.number)


def _lines(snapshot: Snapshot, file_id: int, text: bytes, matcher: Matcher, most: int) -> Iterator[Line]:
    """The lines of one file that hold matches; at most *most* of them."""
    line: Line | None = None
    number, counted, begin, end = 0, 0, 0, -1
    for start, stop in matcher.spans(text):
        if start == len(text) and (not text or text.endswith(b"\n")):
            break  # after the last line's end there is no line
        if line is not None and start <= end:
            line.spans.append((start - begin, stop - begin))
            continue
        if line is not None:
            yield line
            most -= 1
            if most <= 0:
                return
        begin = text.rfind(b"\n", 0, start) + 1
        end = text.find(b"\n", start)
        end = len(text) if end < 0 else end
        number += _line_ends(text, counted, begin)
        counted = begin
        line = Line(snapshot, file_id, number, text[begin:end], [(start - begin, stop - begin)])
    if line is not None and most > 0:
        yield line


def _line_ends(text: bytes, start: int, end: int) -> int:
    if end - start < _MANY:
        return text.count(b"\n", start, end)
    return int(np.count_nonzero(np.frombuffer(text, np.uint8, end - start, start) == _LINE_END))


@spanned("match")
def _judge(lines: Sequence[Line], request: Request, defined: set[tuple[int, int]]) -> None:
    """Gives the lines of one file their points."""
    if not lines:
        return
    snapshot, file_id = lines[0].snapshot, lines[0].file_id
    shared = list(_of_file(snapshot, file_id, request))
    if dense := min(len(lines).bit_length() - 1, DENSE):
        shared.append((f"{len(lines)} lines of the file match", dense))
    typed = request.typed.encode("utf-8", "surrogateescape")
    for line in lines:
        line.parts += shared
        if (file_id, line.number) in defined:
            line.parts.append(("a definition", DEFINED))
        if any(is_whole_word(line.text, *span) for span in line.spans):
            line.parts.append(("a whole word", WHOLE))
        elif any(begins_word(line.text, start) for start, _ in line.spans):
            line.parts.append(("begins a word", BEGINS))
        if request.word and any(line.text[start:end] == typed for start, end in line.spans):
            line.parts.append(("as typed", AS_TYPED))


def _judge_together(lines: Sequence[Line], parts: Sequence[Matcher]) -> None:
    """Points for lines that hold several of the texts, or stand close to lines with others."""
    held = [frozenset(place for place, part in enumerate(parts) if part.holds(line.text)) for line in lines]
    for place, line in enumerate(lines):
        if len(held[place]) > 1:
            line.parts.append((f"{len(held[place])} of the texts", TOGETHER * (len(held[place]) - 1)))
        near: set[int] = set()
        for way in (-1, 1):
            other = place + way
            while 0 <= other < len(lines) and abs(lines[other].number - line.number) <= _CLOSE:
                near |= held[other]
                other += way
        if others := len(near - held[place]):
            line.parts.append((f"{others} more within {_CLOSE} lines", CLOSE * others))


def _of_file(snapshot: Snapshot, file_id: int, request: Request) -> Iterator[tuple[str, int]]:
    path = snapshot.catalog.paths[file_id]
    if request.word and fold(request.word) in fold(os.fsencode(path.rpartition("/")[2])):
        yield "in the file's name", NAMED
    standing = int(snapshot.catalog.standing[file_id])
    if standing == STANDS_TEST:
        yield "tests", -TEST
    elif standing == STANDS_FOREIGN:
        yield "vendored or generated code", -FOREIGN
    if request.near is not None:
        full = f"{snapshot.folder}/{path}"
        if full == request.near:
            yield "the file looked at", NEAR
        elif full.rpartition("/")[0] == request.near.rpartition("/")[0]:
            yield "its folder", NEAR // 2


@spanned("show")
def _hits(lines: Sequence[Line], request: Request, ceiling: float) -> list[Hit]:
    """*ceiling*: no score is above it."""
    hits: list[Hit] = []
    best = max((line.points for line in lines), default=0)
    top = min(ceiling, 0.9)
    for place, line in enumerate(lines):
        fallen = top - 0.02 * (best - line.points) - place * 1e-5
        score = max(fallen, min(top, 0.01) * (1 - place / (len(lines) + 1)))
        hits.append(hit(line, round(score, 7), explain=request.explain))
    return hits


def hit(line: Line, score: float, *, explain: bool = False) -> Hit:
    snapshot, catalog = line.snapshot, line.snapshot.catalog
    path = catalog.paths[line.file_id]
    shown = f"{snapshot.folder}/{path}"
    start, end = line.spans[0]
    snippet, matches = _snippet(line)
    return Hit(
        id=f"{quoted(path)}\tline\t{line.number}\t{quoted(snippet[:40])}",
        name=line.text[start:end].decode("utf-8", "replace") or snippet.strip(),
        kind=None,
        container="",
        language=catalog.language_of(line.file_id),
        path=shown,
        relative_path=path,
        line=line.number,
        column=start,
        end_line=line.number,
        end_column=end,
        score=score,
        matches=matches,
        sources=("text",),
        snippet=snippet,
        snippet_line=line.number,
        ascii_line=line.text[:end].isascii(),
        explanation=Explanation("text", line.points, tuple(line.parts), 0, 1.0, ()) if explain else None,
    )


def _snippet(line: Line) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The line, or the part of a long one around its first match; and where it matches, in characters."""
    text = line.text.decode("utf-8", "replace").rstrip("\r")

    def characters(byte: int) -> int:
        return byte if text.isascii() else len(line.text[:byte].decode("utf-8", "ignore"))

    spans = [(characters(start), characters(end)) for start, end in line.spans]
    first = max(spans[0][0] - _BEFORE, 0) if len(text) > _SHOWN else 0
    shown = text[first : first + _SHOWN]
    inside = ((max(start - first, 0), min(end - first, len(shown))) for start, end in spans)
    return shown, tuple((start, end) for start, end in inside if start < end)
