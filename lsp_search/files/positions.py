"""Byte columns ↔ the columns that a client counts, and incremental edits.

Inside, a column counts bytes of the line's UTF-8. A client counts UTF-8 bytes, UTF-16 code units or code points,
as negotiated. Lines end at ``\\n``, ``\\r\\n`` and ``\\r`` and nowhere else (``str.splitlines`` also splits at form
feeds and U+2028, which LSP does not). What points outside is clamped: columns to the line's end, lines to the
document's end. What points into the middle of a character means its start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]

Range = tuple[int, int, int, int]
"""Start line, start column, end line, end column; 0-based, the end exclusive, columns in the client's units."""

_LINE_END = re.compile(r"\r\n|\n|\r")


def lines(text: str) -> list[str]:
    """*text* split where LSP splits lines, and nowhere else (``str.splitlines`` knows seven more places); the ends are
    left out."""
    return _LINE_END.split(text)


def columns(line_text: str, byte_column: int, encoding: Encoding) -> int:
    """The client's column of *byte_column* in a line."""
    byte_column = max(byte_column, 0)
    if line_text.isascii():
        return min(byte_column, len(line_text))
    before = _bytes(line_text)[:byte_column].decode("utf-8", "ignore")
    return _width(before, encoding)


def byte_column(line_text: str, column: int, encoding: Encoding) -> int:
    """The byte column of a client's *column* in a line."""
    return len(_bytes(line_text[: _index(line_text, column, encoding)]))


def apply_edits(text: str, edits: Sequence[tuple[Range | None, str]], encoding: Encoding) -> str:
    """*text* after LSP's ``contentChanges``, each applied to the outcome of the one before; None replaces all."""
    for span, new in edits:
        if span is None:
            text = new
            continue
        start = _offset(text, span[0], span[1], encoding)
        end = _offset(text, span[2], span[3], encoding)
        start, end = min(start, end), max(start, end)
        text = f"{text[:start]}{new}{text[end:]}"
    return text


def _offset(text: str, line: int, column: int, encoding: Encoding) -> int:
    """The index into *text* of a client's position."""
    if line < 0:
        return 0
    start = 0
    if line > 0:
        before = next(islice(_LINE_END.finditer(text), line - 1, None), None)
        if before is None:
            return len(text)
        start = before.end()
    after = _LINE_END.search(text, start)
    return start + _index(text[start : after.start() if after else len(text)], column, encoding)


def _index(line_text: str, column: int, encoding: Encoding) -> int:
    """The index into *line_text* of a client's column."""
    column = max(column, 0)
    if encoding == "utf-32" or line_text.isascii():
        return min(column, len(line_text))
    if encoding == "utf-8":
        return len(_bytes(line_text)[:column].decode("utf-8", "ignore"))
    if not any(char > "\uffff" for char in line_text[:column]):
        return min(column, len(line_text))
    units = 0
    for index, char in enumerate(line_text):
        units += 2 if char > "\uffff" else 1
        if units > column:
            return index
    return len(line_text)


def _width(text: str, encoding: Encoding) -> int:
    if encoding == "utf-8":
        return len(_bytes(text))
    if encoding == "utf-16":
        return len(text) + sum(char > "\uffff" for char in text)
    return len(text)


def _bytes(text: str) -> bytes:
    # A client may send half a surrogate pair; three bytes stand for it, as U+FFFD has.
    return text.encode("utf-8", "surrogatepass")
