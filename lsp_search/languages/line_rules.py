"""Symbols by lines, for languages whose grammar has no wheel: rules written as data.

A rule is one pattern, tried at the start of each line, that names what it finds. Braces are counted to
know what encloses what, comments and strings are taken out first. Every pattern is bounded to its line,
so the cost is O(lines x rules).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lsp_search.languages.kinds import ROLES
from lsp_search.model import Symbol


@dataclass(frozen=True, slots=True)
class LineRule:
    """One sort of definition: *pattern* has a group ``name``; *role* is a row of ``kinds.ROLES``."""

    role: str
    pattern: re.Pattern[bytes]
    within: frozenset[str] = frozenset()
    """Roles of which one must enclose the line directly; empty: any or none."""


@dataclass(frozen=True, slots=True)
class LineRules:
    skip: re.Pattern[bytes]
    """Comments and strings: blanked before anything else."""
    rules: tuple[LineRule, ...]
    separator: str = "."


def _rule(role: str, pattern: bytes, within: str = "") -> LineRule:
    return LineRule(role, re.compile(rb"[ \t]*" + pattern), frozenset(within.split()))


LINE_RULES = {
    "proto": LineRules(
        skip=re.compile(
            rb"//[^\n]*|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?|\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'"
        ),
        rules=(
            _rule("package", rb"package\s+(?P<name>[\w.]+)\s*;"),
            _rule("struct", rb"(?:export\s+|local\s+)?message\s+(?P<name>\w+)"),
            _rule("enum", rb"(?:export\s+|local\s+)?enum\s+(?P<name>\w+)"),
            _rule("interface", rb"service\s+(?P<name>\w+)"),
            _rule("method", rb"rpc\s+(?P<name>\w+)", "interface"),
            _rule("object", rb"oneof\s+(?P<name>\w+)", "struct"),
            _rule(
                "field",
                rb"(?:(?:optional|required|repeated)\s+)?(?:group|map\s*<[^<>\n]*>|\.?[A-Za-z_][\w.]*)\s+(?P<name>\w+)\s*=\s*\d",
                "struct object",
            ),
            _rule("member", rb"(?P<name>\w+)\s*=\s*-?\w+\s*[;\[]", "enum"),
        ),
    ),
}
"""The rules by language id."""

_BLANK = bytes(byte if byte in b"\r\n" else 32 for byte in range(256))
_DEPTH = 200
"""Braces nested deeper than this enclose nothing that is told apart."""


def extract_lines(rules: LineRules, source: bytes) -> list[Symbol]:
    """The symbols of *source* in the order of their names."""
    text = rules.skip.sub(lambda found: found[0].translate(_BLANK), source)
    symbols: list[Symbol] = []
    # What each open brace belongs to: (role, container chain within, number of the symbol or -1).
    open_: list[tuple[str, str, int]] = [("", "", -1)]
    pending: tuple[str, str, int] | None = None
    for number, line in enumerate(text.split(b"\n")):
        at = 0
        while at < len(line):
            found, role = _first_rule(rules, line, at, open_[-1][0])
            if found is not None:
                start, end = found.span("name")
                name = found["name"].decode("ascii", "replace")
                container = open_[-1][1]
                begin = found.start() + len(found[0]) - len(found[0].lstrip())
                symbols.append(
                    Symbol(
                        name,
                        ROLES[role].kind,
                        container,
                        number,
                        start,
                        number,
                        begin,
                        number,
                        len(line.rstrip()),
                    )
                )
                chain = f"{container}{rules.separator}{name}" if container else name
                pending = (role, chain, len(symbols) - 1)
                at = end
            at, pending = _to_next_statement(line, at, number, open_, pending, symbols)
    return symbols


def _first_rule(rules: LineRules, line: bytes, at: int, enclosing: str) -> tuple[re.Match[bytes] | None, str]:
    for rule in rules.rules:
        if not rule.within or enclosing in rule.within:
            found = rule.pattern.match(line, at)
            if found is not None:
                return found, rule.role
    return None, ""


def _to_next_statement(
    line: bytes,
    at: int,
    number: int,
    open_: list[tuple[str, str, int]],
    pending: tuple[str, str, int] | None,
    symbols: list[Symbol],
) -> tuple[int, tuple[str, str, int] | None]:
    """Steps over the line up to behind the next ``{``, ``}`` or ``;``, keeping count of what is open."""
    found = _MARK.search(line, at)
    if found is None:
        return len(line), pending
    mark, after = found[0], found.end()
    if mark == b"{":
        if len(open_) < _DEPTH:
            open_.append(pending or ("", open_[-1][1], -1))
    elif mark == b"}" and len(open_) > 1:
        index = open_.pop()[2]
        if index >= 0:
            symbols[index] = symbols[index]._replace(end_line=number, end_column=after)
    return after, None


_MARK = re.compile(rb"[{};]")
