"""One file's text, cut into *chunks*: the units that a search by meaning finds, and what each is about.

A chunk is a function, a type, a heading's section or another definition of some lines, with the comment above it; what lies
within an inner chunk belongs to that one alone, so every line is in one chunk. What is left of a file (imports, statements,
prose, settings) is cut into windows. A chunk is described by the *terms* of its text, each with a weight: how often it
occurs, and more for those of its name, of what encloses it and of the file's path. A type also knows the names of what it
holds.

Cutting needs the symbols that extraction gave, and no second look at the syntax. Time is dominated by taking words apart:
about 20 MB/s.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from lsp_search.languages.terms import Terms, words
from lsp_search.model import Symbol, SymbolKind

CHUNKS = 1
"""Grows when the same text gives other chunks or terms."""

_K = SymbolKind
_ALWAYS = frozenset(
    (
        _K.FUNCTION,
        _K.METHOD,
        _K.CONSTRUCTOR,
        _K.CLASS,
        _K.STRUCT,
        _K.INTERFACE,
        _K.ENUM,
        _K.MODULE,
        _K.NAMESPACE,
        _K.OBJECT,
        _K.OPERATOR,
        _K.STRING,
    )
)
"""Kinds that are chunks whatever their size; ``STRING`` are headings."""
_LINES = 4
"""Other definitions are chunks when they have so many lines: a table of routes, a component in a constant."""
_HOLDS = frozenset((_K.CLASS, _K.STRUCT, _K.INTERFACE, _K.MODULE, _K.NAMESPACE, _K.OBJECT))
"""Kinds that are also described by the names of what they hold."""

NAME, CONTAINER, STEM, FOLDER = 2, 1, 3, 1
"""What a term's weight gains by standing in the chunk's own name, in its container's last part, in the file's name without
extension, in one of the last folders."""
_FOLDERS = 3
_FOR_FOLDER = frozenset(("__init__", "index", "init", "lib", "mod", "package-info"))
_NAMELESS = frozenset(("lib", "main", "src"))
_WINDOW = 60
"""Lines of what is left of a file that make one chunk,"""
_WINDOWS = 8
"""and how many of those one file has at most; one of these endings only one: it holds data, or another language's words."""
_DATA = (
    ".po",
    ".pot",
    ".csv",
    ".tsv",
    ".svg",
    ".lock",
    ".log",
    ".map",
    ".snap",
    ".patch",
    ".diff",
    ".sql",
    ".xlf",
    ".arb",
)
_MOST_TERMS = 400
"""Distinct terms of one chunk that are kept: those with the greatest weight."""
_HEAVIEST = 255
_COMMENT = re.compile(rb"\s*(?:#|//|/\*|\*|--|;|%|@|\"\"\"|'''|\[|<!--|\{-|\(\*)")
"""How a line begins that belongs to the definition below it: a comment, a decorator, an attribute."""
_COMMENT_LINES = 60
_LONE_CR = re.compile(rb"\r(?!\n)")

_EVER = 1 << 62

FILE = -1


class Chunk(NamedTuple):
    symbol: int
    """Its place among the symbols of the file; :data:`FILE` for what is left of it."""
    line: int
    """Of the name; the first line where there is none."""
    end_line: int
    terms: dict[str, int]
    """Weight (1–255) by term."""


class _Open:
    """A chunk whose text is being gathered."""

    __slots__ = ("end", "extra", "line", "number", "pieces", "symbol")

    def __init__(self, number: int, symbol: Symbol | None, line: int, end: int) -> None:
        self.number = number
        self.symbol = symbol
        self.line = line
        self.end = end
        self.pieces: list[tuple[int, int]] = []
        """Lines, half-open."""
        self.extra: list[str] = []
        """Names that describe it besides its text."""


def cut(symbols: Sequence[Symbol], source: bytes, path: str, terms: Terms) -> list[Chunk]:
    """The chunks of *source* (UTF-8), those of symbols in the order of their ends, then those of what is left. *symbols*: in
    file order; *path*: relative to the root."""
    source = with_line_feeds(source)
    lines = source.split(b"\n")
    place = _place(path, terms)
    whole = _Open(FILE, None, 0, len(lines))
    chunks = [
        chunk
        for one in _gathered(symbols, lines, whole)
        if (chunk := _described(one, lines, place, terms)) is not None
    ]
    for window in _windows(whole, 1 if path.endswith(_DATA) else _WINDOWS):
        chunk = _described(window, lines, place, terms)
        if chunk is not None and (len(chunk.terms) > len(place) or not chunks):
            chunks.append(chunk)
    return chunks


def with_line_feeds(source: bytes) -> bytes:
    """The same, byte for byte, with lone CRs as LF."""
    return _LONE_CR.sub(b"\n", source) if b"\r" in source else source


def _place(path: str, terms: Terms) -> Counter[str]:
    """What the path says of every chunk of a file."""
    stem, folders = place_terms(path, terms)
    found: Counter[str] = Counter()
    for those, weight in ((stem, STEM), (folders, FOLDER)):
        for term in those:
            found[term] += weight
    return found


def place_terms(path: str, terms: Terms) -> tuple[list[str], list[str]]:
    """The terms of a file's name without extension, and of the last folders. A file whose name only says that it stands for
    its folder (``mod.rs``, ``index.ts``) is called like that."""
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0] or name
    if stem in _FOR_FOLDER and folders:
        named = [folder for folder in folders if folder not in _NAMELESS]
        stem = named[-1] if named else stem
    return (
        terms.of_text(stem.encode("utf-8", "ignore")),
        terms.of_text(" ".join(folders[-_FOLDERS:]).encode("utf-8", "ignore")),
    )


def _gathered(symbols: Sequence[Symbol], lines: Sequence[bytes], whole: _Open) -> list[_Open]:
    """The chunks of symbols, closed, each with its own lines; the rest goes to *whole*."""
    last = len(lines)
    wanted = [
        (symbol.start_line, -symbol.end_line, number, symbol)
        for number, symbol in enumerate(symbols)
        if symbol.kind in _ALWAYS or symbol.end_line - symbol.start_line + 1 >= _LINES
    ]
    wanted.sort(key=lambda entry: entry[:3])
    done: list[_Open] = []
    stack = [whole]
    at = 0

    def give(until: int) -> None:
        nonlocal at
        if until > at:
            stack[-1].pieces.append((at, until))
            at = until

    def close(before: int) -> None:
        while len(stack) > 1 and stack[-1].end <= before:
            give(min(stack[-1].end, last))
            done.append(stack.pop())

    for start, minus_end, number, symbol in wanted:
        if start >= last:
            break
        end = 1 - minus_end
        close(start)
        give(_with_comment(lines, start, at))
        holder = stack[-1].symbol
        if holder is not None and holder.kind in _HOLDS:
            stack[-1].extra.append(symbol.name)
        if len(stack) > 1:
            end = min(end, stack[-1].end)
        stack.append(_Open(number, symbol, symbol.line, end))
        if end <= at:  # beside another on one line, which has taken it
            stack[-1].pieces.append((start, end))
    close(_EVER)
    give(last)
    return done


def _with_comment(lines: Sequence[bytes], start: int, least: int) -> int:
    """Where the comment right above line *start* begins, not before line *least*."""
    least = max(least, start - _COMMENT_LINES)
    first = start
    while first > least and _COMMENT.match(lines[first - 1]):
        first -= 1
    return first


def _windows(whole: _Open, most: int) -> list[_Open]:
    windows: list[_Open] = []
    room = 0
    for start, end in whole.pieces:
        at = start
        while at < end:
            if not room:
                if len(windows) == most:
                    return windows
                windows.append(_Open(FILE, None, at, end))
                room = _WINDOW
            upto = min(end, at + room)
            windows[-1].pieces.append((at, upto))
            windows[-1].end = upto
            room -= upto - at
            at = upto
    return windows


def _described(one: _Open, lines: Sequence[bytes], place: Counter[str], terms: Terms) -> Chunk | None:
    """None where its text says nothing."""
    weights: dict[str, int] = {}
    weight_of = weights.get
    text = b"\n".join([b"\n".join(lines[start:end]) for start, end in one.pieces])
    for word, count in Counter(words(text)).items():
        for term in terms[word]:
            weights[term] = weight_of(term, 0) + count
    if one.symbol is not None:
        named = ((one.symbol.name, NAME), (one.symbol.container, CONTAINER), (" ".join(one.extra), 1))
        for name, weight in named:
            for term in terms.of_text(name.encode("utf-8", "ignore")) if name else ():
                weights[term] = weight_of(term, 0) + weight
    if not weights:
        return None
    for term, weight in place.items():
        weights[term] = weight_of(term, 0) + weight
    if len(weights) > _MOST_TERMS:
        heaviest = sorted(weights.items(), key=lambda entry: -entry[1])
        weights = dict(heaviest[:_MOST_TERMS])
    if max(weights.values()) > _HEAVIEST:
        weights = {term: min(weight, _HEAVIEST) for term, weight in weights.items()}
    return Chunk(one.number, one.line, one.end - 1, weights)
