"""From what a grammar calls a name to the name itself: quotes, colons and blanks off, written scopes apart."""

from __future__ import annotations

import re

from lsp_search.languages.kinds import Role

ODD_ENDS = frozenset(b" \t\r\n\f\v\"'`:\x00")
"""A name that starts or ends with one of these bytes needs a look."""

_QUOTES = frozenset(b"\"'`")
_MARKS = re.compile(rb"::|[<>]|\boperator\b")
_SPACE = re.compile(r"\s+")
_TEMPLATE_ARGUMENTS = re.compile(r"<[^<>]*>")


def bare_name(raw: bytes, role: Role) -> tuple[bytes, int]:
    """The name in *raw*, and how many bytes were taken off its front."""
    bare = raw.lstrip()
    front = len(raw) - len(bare)
    bare = bare.rstrip()
    if len(bare) >= 2 and bare[0] in _QUOTES and bare[-1] == bare[0]:
        bare = bare[1:-1]
        front += 1
    elif bare[:1] == b":" and bare[1:2] not in b":=":
        bare = bare[1:]  # a symbol or an atom
        front += 1
    if role.until:
        bare = bare.partition(role.until)[0].rstrip()
    return (bare.rstrip(role.trim) or bare) if role.trim else bare, front


def split_scope(raw: bytes) -> tuple[bytes, bytes]:
    """``a::B<x::T>::c<U>`` to (``a::B<x::T>``, ``c``), with what follows the name cut off."""
    depth = last = 0
    for mark in _MARKS.finditer(raw):
        text = mark[0]
        if text == b"::":
            last = last if depth else mark.end()
        elif text == b"<":
            depth += 1
        elif text == b">":
            depth -= 1
        elif not depth:
            last, depth = mark.start(), 1
            break
    name = raw[last:].lstrip()
    if not name.startswith(b"operator"):
        name = name.partition(b"<")[0].rstrip()
    return raw[: max(last - 2, 0)], name


def written_scope(written: bytes) -> str:
    """A scope as written at a definition, without template arguments, blanks and outer separators."""
    text = _SPACE.sub("", written.decode("utf-8", "replace"))
    removed = 1
    while removed and "<" in text:
        text, removed = _TEMPLATE_ARGUMENTS.subn("", text)
    text = text.strip(":.#\\*&")
    return text if text.isprintable() else ""
