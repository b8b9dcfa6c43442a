"""A language's parser and compiled query, loaded when first asked for.

A query file is a list of patterns. Each has one ``@definition.ROLE`` (the whole definition) or
``@scope.ROLE`` (only a container, such as Rust's ``impl``), one ``@name``, and at most one
``@qualifier``: the scope written at the definition itself (``Foo`` in C++'s ``void Foo::bar()``).
``ROLE`` is a row of ``kinds.ROLES``. Because a pattern's role is fixed, it is looked up by the number
of the pattern, and running a query never has to look at capture names.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files

import tree_sitter

from lsp_search.languages.kinds import ROLES, Role
from lsp_search.languages.registry import Language

_CAPTURE = re.compile(r"@((definition|scope)\.(\w+))")


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the matches of one pattern of a query stand for."""

    capture: str
    """The capture that holds the full range."""
    role: Role
    is_symbol: bool
    """False: only a container."""


@dataclass(frozen=True, slots=True)
class Grammar:
    parser: tree_sitter.Parser
    query: tree_sitter.Query
    patterns: tuple[Pattern, ...]


@cache
def grammar_of(language: Language) -> Grammar:
    """Imports the wheel and compiles the query: 1–30 ms, once a process."""
    capsule = getattr(import_module(language.module), language.function)()
    with warnings.catch_warnings():
        # A few wheels still hand out their grammar as a plain address.
        warnings.simplefilter("ignore", DeprecationWarning)
        compiled = tree_sitter.Language(capsule)
    folder = files(__package__) / "queries"
    text = "\n".join((folder / name).read_text("utf-8") for name in language.queries)
    query = tree_sitter.Query(compiled, text)
    source = text.encode()
    patterns = [
        _pattern(source[query.start_byte_for_pattern(index) : query.end_byte_for_pattern(index)].decode())
        for index in range(query.pattern_count)
    ]
    return Grammar(tree_sitter.Parser(compiled), query, tuple(patterns))


def _pattern(text: str) -> Pattern:
    code = re.sub(r'"(?:[^"\\]|\\.)*"|;[^\n]*', "", text)
    found = {match.groups() for match in _CAPTURE.finditer(code)}
    if len(found) != 1 or "@name" not in code:
        raise ValueError(f"a pattern needs @name and one @definition.* or @scope.*: {text.strip()}")
    capture, sort, role = found.pop()
    return Pattern(capture, ROLES[role], sort == "definition")
