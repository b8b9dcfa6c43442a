"""C and C++ before the parser: what cannot hold a definition becomes blanks, and plain headers never get there.

The parser's time goes into bodies of functions and tables of values, which define nothing that a search
is after, and half of its errors come from conditional lines that cut statements in two. Both are blanked,
byte for byte and keeping line ends, so every position stays true, and every branch of an ``#if`` is read
(only the first one where a branch opens a brace that another closes).
A block is blanked when it opens at the end of a line that starts in column 0 (``int f(void) {``) or alone
in column 0 after a line that ends in ``)``, and closes with ``}`` in column 0. Nearly all C is laid out
so; the rest is parsed as it stands. Blocks that define types or macros inside are left alone. ``extern``
declarations go too: they define nothing.

Headers that hold nothing but comments and preprocessor lines (register tables of some MB) are read by
two patterns, many times faster than by the parser and with the same result.

Cost: O(n), a few passes of ``bytes.find`` and of possessive patterns that never go back.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lsp_search.model import Symbol, SymbolKind

Preparation = Callable[[bytes], tuple[bytes, list[Symbol] | None]]
"""Text to (the text to parse, or the symbols when there is nothing left to parse)."""

_BLANK = bytes(byte if byte in b"\r\n" else 32 for byte in range(256))

_COMMENT = rb"/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/|//[^\n\\]*+(?:\\.?[^\n\\]*+)*+"
_REST = rb"(?:[^\n\\/]++|\\\r?\n|\\|" + _COMMENT + rb"|/)*+"
_PLAIN = re.compile(rb"(?:\s++|" + _COMMENT + rb"|\#" + _REST + rb")*+", re.S)
_DEFINE = re.compile(
    _COMMENT + rb"|(\#[ \t]*+(?:define[ \t]++([A-Za-z_]\w*+)(\()?)?)" + _REST + rb"\n?", re.S
)
_HOLDS_DEFINITIONS = re.compile(
    rb"^[ \t]*+\#[ \t]*+define\b|\b(?:struct|union|enum|class)\b[^;(){}=,]*+\{"
    rb"|\b(?:typedef|using[ \t]+\w+[ \t]*=)",
    re.M,
)
_MACRO_COMMENT = re.compile(rb"/\*[^*\n]*+(?:\*(?!/)[^*\n]*+)*+\*/(?=[^\n]*\\\r?\n)")
_CONDITIONAL = re.compile(
    rb"\#[ \t]*+(if|elif|else|endif)(?:(?<=if)n?def)?\b[^\n\\]*+(?:\\(?:\r?\n|.)?[^\n\\]*+)*+"
)
_EXTERN = re.compile(rb"^extern[ \t][^;{}\"=]*+;", re.M)
_NO_BODY = (b"typedef", b"struct", b"union", b"enum", b"class", b"namespace", b"extern", b"template")
_WORD_START = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
# Words between a type and what it declares, which the parser would take for a name. GCC's own
# __attribute__ it knows; these are what kernels and C libraries call it.
_ATTRIBUTE = re.compile(
    rb"(?<!define[ \t])\b__(?:packed|bitwise|init|exit|initdata|initconst|exitdata|read_mostly|ro_after_init|refdata|ref|sched|weak"
    rb"|maybe_unused|always_unused|used|unused|user|iomem|rcu|percpu|force|must_check|cold|pure|noreturn|nocast"
    rb"|net_init|net_exit|meminit|visible|private|aligned\([^()\n]*+\)|acquires\([^()\n]*+\)|releases\([^()\n]*+\))"
    rb"(?=[ \t\n;=,)])"
)
# typedef struct { … } name, POINTER pointer;
_SECOND_DECLARATOR = re.compile(rb",\s++([A-Z][A-Z0-9_]{3,}+)(?=[ \t]++\*?\w++[ \t]*+[,;])")

# Macros of C++ libraries, told by their capitals:
_MACROS = re.compile(
    # class API_EXPORT Name {
    rb"\b(?:class|struct|union)[ \t]+([A-Z][A-Z0-9_]{2,}+(?:\([^()\n]*+\))?(?:[ \t]+[A-Z][A-Z0-9_]{2,}+(?:\([^()\n]*+\))?)*)"
    rb"(?=[ \t\n]+[A-Za-z_]\w*+(?:<[^;(){}\n]*+)?\s*+(?:\{|:[^:]|final\b|[A-Z_]{4,}\s*+:))"
    # API_EXPORT void name(
    rb"|^[ \t]*+(?:(?:static|inline|extern|virtual|friend)[ \t]+)*+([A-Z][A-Z0-9_]{2,}+(?:\([^()\n]*+\))?)"
    rb"(?=[ \t]++[a-z:][\w:]*+(?:<[^;(){}\n]*+(?<=>))?[ \t*&]++[\w~:]|[ \t]++[A-Za-z_]\w*+::)"
    # class Name API_FINAL : public Base
    rb"|(?<=\w)[ \t]++([A-Z][A-Z0-9_]{4,}+)(?=\s*+:\s*+(?:public|private|protected|virtual)\b)"
    # : public ::base::Class, which the grammar does not know
    rb"|\b(?:public|private|protected|virtual)[ \t]+(::)(?=\w)"
    # explicit API_CONSTEXPR Name(
    rb"|\bexplicit[ \t]+([A-Z][A-Z0-9_]{2,}+)(?=[ \t]++\w)"
    # API_DEPRECATED("text"), alone on a line above a declaration
    rb"|^[ \t]++([A-Z][A-Z0-9_]{2,}+\([^()\n]*+\))[ \t]*+(?=\r?\n[ \t]*+[a-z])"
    # BEGIN_NAMESPACE, alone on an unindented line
    rb"|^([A-Z][A-Z0-9_]{2,}+(?:\([^()\n]*+\))?)[ \t]*+(?=\r?\n(?![ \t]*+[{=(]))",
    re.M,
)


def prepare_cpp(source: bytes) -> tuple[bytes, list[Symbol] | None]:
    """As for C, and macros in front of declarations and class names go as well."""
    text, found = prepare_c(source)
    return (text if found is not None else _MACROS.sub(_blank_group, text)), found


def _blank_group(found: re.Match[bytes]) -> bytes:
    start, end = found.span(found.lastindex or 0)
    before = start - found.start()
    whole = found[0]
    return whole[:before] + b" " * (end - start) + whole[before + end - start :]


def prepare_c(source: bytes) -> tuple[bytes, list[Symbol] | None]:
    """See the module's text."""
    plain = _PLAIN.match(source)
    if plain is not None and plain.end() == len(source):
        return source, _macros(source)
    text = _without_conditionals(_without_bodies(source))
    if b"\\\n" in text or b"\\\r\n" in text:
        text = _MACRO_COMMENT.sub(_blank, text)
    if b"\nextern" in text:
        text = _EXTERN.sub(_blank, text)
    if b"typedef" in text:
        text = _SECOND_DECLARATOR.sub(_blank_group, text)
    return _ATTRIBUTE.sub(_blank, text), None


def _macros(source: bytes) -> list[Symbol]:
    """The macros of a header without anything else, as the parser would give them."""
    symbols: list[Symbol] = []
    line = line_start = 0
    for found in _DEFINE.finditer(source):
        raw = found[2]
        if raw is None:
            continue
        start = found.start()
        line += source.count(b"\n", line_start, start)
        line_start = source.rfind(b"\n", 0, start) + 1
        end = found.end()
        end_line = line + source.count(b"\n", start, end)
        end_column = end - (source.rfind(b"\n", 0, end) + 1)
        kind = SymbolKind.FUNCTION if found[3] else SymbolKind.CONSTANT
        column = found.start(2) - line_start
        symbols.append(
            Symbol(raw.decode(), kind, "", line, column, line, start - line_start, end_line, end_column)
        )
    return symbols


def _blank(found: re.Match[bytes]) -> bytes:
    return found[0].translate(_BLANK)


class _Conditional:
    """An open ``#if``: its branches so far as (start, end, opened braces minus closed ones)."""

    __slots__ = ("braces", "branches", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.braces = 0
        self.branches: list[tuple[int, int, int]] = []

    def close_branch(self, end: int, next_start: int) -> None:
        self.branches.append((self.start, end, self.braces))
        self.start, self.braces = next_start, 0


def _without_conditionals(source: bytes) -> bytes:
    """Blanks the lines of conditionals, and all branches but the first where a branch is not closed in itself."""
    spans: list[tuple[int, int]] = []
    open_ = [_Conditional(0)]
    at = 0
    for found in _CONDITIONAL.finditer(source):
        start, end = found.span()
        spans.append((start, end))
        open_[-1].braces += source.count(b"{", at, start) - source.count(b"}", at, start)
        at = end
        word = found[1]
        if word == b"if":
            open_.append(_Conditional(end))
        elif len(open_) > 1:
            open_[-1].close_branch(start, end)
            if word == b"endif":
                branches = open_.pop().branches
                open_[-1].braces += branches[0][2]
                if len(branches) > 1 and any(braces for _, _, braces in branches):
                    spans += [(start, end) for start, end, _ in branches[1:]]
    if not spans:
        return source
    text = bytearray(source)
    for start, end in spans:
        text[start:end] = source[start:end].translate(_BLANK)
    return bytes(text)


def _without_bodies(source: bytes) -> bytes:
    pieces: list[bytes] = []
    done = at = 0
    find, holds = source.find, _HOLDS_DEFINITIONS.search
    while (at := find(b"{", at)) >= 0:
        at += 1
        if source[at : at + 1] not in b"\r\n" or not _opens_body(source, at - 1):
            continue
        end = find(b"\n}", at)
        if end < 0:
            break
        if not holds(source, at, end + 1):
            pieces += source[done:at], source[at:end].translate(_BLANK)
            done = end
        at = end
    pieces.append(source[done:])
    return b"".join(pieces)


def _opens_body(source: bytes, brace: int) -> bool:
    """Whether the brace at *brace*, the last of its line, opens a function or a table of values."""
    line = source.rfind(b"\n", 0, brace) + 1
    if line == brace:
        return source[max(line - 4, 0) : line].rstrip().endswith(b")")
    before = source[line:brace].rstrip()
    if not before.endswith((b")", b"=")) or before[0] not in _WORD_START:
        return False
    return before.endswith(b"=") or not before.startswith(_NO_BODY) or b"__" not in before


PREPARATIONS: dict[str, Preparation] = {"c": prepare_c, "cpp": prepare_cpp}
"""By the name that a language's row says."""
