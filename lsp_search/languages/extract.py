"""One file's text to its symbols: parse, run the language's query, put the finds into their containers.

The idea: a query gives definitions in any order, each with a byte range. Sorted by where they start,
with wider ones first, a single sweep with a stack of open definitions gives each its container, so the
cost is O(n log n) in the number of definitions and no tree is ever climbed (``Node.parent`` starts at
the root each time). What is left out: anything that needs more than one file or a compiler's knowledge.

Broken text gives what can be found around the fault. Lines end at LF, CR LF or CR, as in LSP; the
parser counts only LF, so a lone CR is handed to it as LF.

Time: the parser looks at the clock between its steps. The query does not (the binding's progress
callback crashes the interpreter in tree-sitter 0.26), but its cost is linear in a tree that was made in
time. A grammar that is stuck in one step (an external scanner in a loop), or that crashes, is a matter
for whoever runs this in a process of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf
from operator import attrgetter
from time import monotonic

from tree_sitter import Node, QueryCursor, Tree

from lsp_search.languages.grammar import Grammar, Pattern, grammar_of
from lsp_search.languages.line_rules import LINE_RULES, extract_lines
from lsp_search.languages.names import ODD_ENDS, bare_name, split_scope, written_scope
from lsp_search.languages.prepare import PREPARATIONS
from lsp_search.languages.registry import LANGUAGES, SAME_NAME, Language
from lsp_search.model import Symbol, SymbolKind

MAX_NAME_BYTES = 1000
_MAX_CONTAINER = 1000
_INVALID = re.compile("[\udc80-\udcff]")
_LONE_CR = re.compile(rb"\r(?!\n)")
_METHOD, _CONSTRUCTOR = SymbolKind.METHOD, SymbolKind.CONSTRUCTOR
_CLAUSES = (SymbolKind.FUNCTION, SymbolKind.METHOD)
_POSITION = attrgetter("line", "column")
_CHUNK = 1 << 16
_SMALL = 1 << 15
"""Below so many bytes the parser is not watched: it has ended before the first look at the clock."""


class ExtractionTimeout(Exception):
    """The file took longer than its deadline."""


def extract(language: str, source: bytes, deadline_seconds: float = 2.0) -> list[Symbol]:
    """The symbols of *source* (UTF-8; anything else in it is stepped over), in the order of their names.

    Languages that give no symbols, known or not, give ``[]``. Raises :class:`ExtractionTimeout` when
    parsing and querying take longer than *deadline_seconds* together.
    """
    row = LANGUAGES.get(language)
    if row is None or not source:
        return []
    source = _clean(source)
    if not row.module:
        return extract_lines(LINE_RULES[language], source)
    prepared = source
    if row.prepare:
        prepared, found = PREPARATIONS[row.prepare](source)
        if found is not None:
            return found
    grammar = grammar_of(row)  # the first file of a language waits for it: no fault of the file's
    over = _clock(deadline_seconds)
    tree = _parse(grammar, prepared, over)
    finds = _run(grammar, tree.root_node, prepared, over)
    return _place(finds, row)


def load(language: str) -> None:
    """Loads what :func:`extract` needs for *language*: once a process, some milliseconds."""
    row = LANGUAGES.get(language)
    if row is not None and row.module:
        grammar_of(row)


def _clean(source: bytes) -> bytes:
    """The same text, byte for byte, with lone CRs as LF and bytes that are not UTF-8 as blanks.

    Some scanners take minutes over a run of invalid bytes.
    """
    if b"\r" in source:
        source = _LONE_CR.sub(b"\n", source)
    try:
        source.decode()
    except UnicodeDecodeError:
        return _INVALID.sub(" ", source.decode("utf-8", "surrogateescape")).encode()
    return source


def _clock(seconds: float) -> Callable[..., bool]:
    end = monotonic() + seconds

    def over(*_: object) -> bool:
        return monotonic() > end

    return over


def _parse(grammar: Grammar, source: bytes, over: Callable[..., bool]) -> Tree:
    if len(source) < _SMALL:
        return grammar.parser.parse(source)
    try:
        return grammar.parser.parse(
            lambda offset, _: source[offset : offset + _CHUNK], progress_callback=over
        )
    except ValueError:
        # The only way the parser says that it was told to stop. Without a reset it would go on there.
        grammar.parser.reset()
        raise ExtractionTimeout from None


_Find = tuple[int, int, int, int, Pattern, str, str, int, int, tuple[int, int], tuple[int, int]]
"""(start, -end, name start, serial, pattern, name, qualifier, line, column, start point, end point).
Plain tuples whose first four numbers order the sweep: outer before inner, then by name."""


def _run(grammar: Grammar, root: Node, source: bytes, over: Callable[..., bool]) -> list[_Find]:
    """The matches of the query with a usable name; where patterns find the same name, the earlier one counts."""
    patterns = grammar.patterns
    matches = QueryCursor(grammar.query).matches(root)
    if over():
        raise ExtractionTimeout
    best: dict[int, int] = {}
    finds: list[_Find] = []
    for index, captures in matches:
        pattern = patterns[index]
        node = captures["name"][0]
        name_start = node.start_byte
        if pattern.is_symbol:
            if best.get(name_start, index + 1) <= index:
                continue
            best[name_start] = index
        raw = source[name_start : node.end_byte]
        if not raw:
            continue
        line, column = node.start_point
        role = pattern.role
        qualifier = captures.get("qualifier")
        scope = written_scope(source[qualifier[0].start_byte : qualifier[-1].end_byte]) if qualifier else ""
        if role.reshaped or raw[0] in ODD_ENDS or raw[-1] in ODD_ENDS:
            if role.split:
                scope_bytes, rest = split_scope(raw)
                scope = written_scope(scope_bytes)
                if b"\n" in scope_bytes:
                    continue
                column += raw.index(rest, len(scope_bytes)) if rest else 0
                raw = rest
            raw, moved = bare_name(raw, role)
            column += moved
        if not raw or len(raw) > MAX_NAME_BYTES:
            continue
        name = raw.decode("utf-8", "replace")
        if not name.isprintable() or "\ufffd" in name:
            continue
        whole = captures[pattern.capture][0]
        finds.append(
            (
                whole.start_byte,
                -whole.end_byte,
                name_start,
                index,
                pattern,
                name,
                scope,
                line,
                column,
                whole.start_point,
                whole.end_point,
            )
        )
    finds = [find for find in finds if not find[4].is_symbol or best[find[2]] == find[3]]
    finds.sort()
    return finds


def _place(finds: list[_Find], row: Language) -> list[Symbol]:
    """Symbols from finds in sweep order: containers by a stack of what is open, kinds by what encloses them."""
    separator, constructors = row.separator, row.constructors
    symbols: list[Symbol] = []
    # (end, container chain, its last part, what lies within are members)
    stack: list[tuple[float, str, str, bool]] = [(inf, "", "", False)]
    for start, minus_end, _, _, pattern, name, qualifier, line, column, first, last in finds:
        role = pattern.role
        while stack[-1][0] <= start:
            stack.pop()
        _, container, owner, within_type = stack[-2 if role.hoisted and len(stack) > 1 else -1]
        if role.to_end:
            del stack[1:]
            container = ""
        if qualifier:
            container = f"{container}{separator}{qualifier}" if container else qualifier
            owner = qualifier.rpartition(separator)[2]
        if pattern.is_symbol:
            kind = role.kind
            if role.upper and name.isupper():
                kind = role.upper
            elif role.member and (within_type or qualifier):
                kind = role.member
            if kind == _METHOD and (name in constructors or (name == owner and SAME_NAME in constructors)):
                kind = _CONSTRUCTOR
            symbols.append(Symbol(name, kind, "" if role.global_ else container, line, column, *first, *last))
        if role.opens:
            part = name if pattern.is_symbol else written_scope(name.encode())
            chain = f"{container}{separator}{part}" if container else part
            if len(chain) <= _MAX_CONTAINER:
                stack.append((inf if role.to_end else -minus_end, chain, part, role.type))
    symbols.sort(key=_POSITION)
    if row.clauses:
        symbols = _joined(symbols)
    return symbols[: row.max_symbols] if row.max_symbols else symbols


def _joined(symbols: list[Symbol]) -> list[Symbol]:
    """Clauses of one function in a row (``f 0 = 1``, ``f n = …``) and the signature above them, as one."""
    joined: list[Symbol] = []
    for symbol in symbols:
        last = joined[-1] if joined else None
        if last and symbol.kind in _CLAUSES and symbol[:3] == last[:3]:
            joined[-1] = last._replace(end_line=symbol.end_line, end_column=symbol.end_column)
        else:
            joined.append(symbol)
    return joined
