"""The query language: what was typed, taken apart into clauses that know their places.

::

    query  = ws* (clause ws*)*
    clause = regex | excludes? (filter | phrase | word)

One grammar for the command and the protocol; ``query`` makes a plan for symbols of the clauses, ``auto`` chooses a mode by
them. Nothing that can be typed is wrong here: what is still being typed (an open quote, a filter without its value) must
not be an error while it grows. What clauses mean, and which of that is wrong, is said where they are used.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from parsy import Parser, eof, index, regex, seq, string, success

from lsp_search.model import InvalidQuery

T = TypeVar("T")
Kind = Literal["word", "phrase", "regex", "filter"]


@dataclass(frozen=True, slots=True)
class Clause:
    kind: Kind
    text: str
    """Without quotes, slashes and ``-``; of a filter its value."""
    name: str
    """Of a filter, in lower case."""
    excludes: bool
    start: int
    end: int
    """The characters of the query that it takes, ``-`` included; half-open."""
    inside: int
    """Where ``text`` begins."""


def _content(opening: str, characters: str, closing: str) -> Parser:
    """(where it begins, what stands inside)."""
    return regex(opening) >> seq(index, regex(characters)) << regex(closing)


_excludes = regex(r'-(?=[\w"])').result(True).optional(default=False)
_quoted = _content('"', '[^"]*', '"?')  # the last quote may still be missing
_name = regex(r"(?:(?i:kind|lang|path|in|case|file)|[a-z]{2,})(?=:(?!:|//))") << string(":")
# Not of std::map, http:// and Lua's Picker:find; what else has the shape of a filter is told to be unknown.
_filter = seq(_name, _quoted | seq(index, regex(r'[^\s"]*')))
_regex = _content("/", r"(?:[^/\\]|\\.)+", r"/(?=\s|$)")
_word = seq(index, regex(r'[^\s"]+'))


def _clause(kind: Kind, parser: Parser) -> Parser:
    """(kind, name, (where the text begins, the text))."""
    return parser.map(lambda found: (kind, *found) if kind == "filter" else (kind, "", found))


def _made(start: int, excludes: bool, found: tuple[Kind, str, tuple[int, str]], end: int) -> Clause:
    kind, name, (inside, text) = found
    return Clause(kind, text, name.lower(), excludes, start, end, inside)


_alone = seq(success(False), _clause("regex", _regex))
_other = seq(_excludes, _clause("filter", _filter) | _clause("phrase", _quoted) | _clause("word", _word))
_one = seq(index, _alone | _other, index).combine(
    lambda start, clause, end: _made(start, clause[0], clause[1], end)
)
_ws = regex(r"\s*")
_query = _ws >> (_one << _ws).many() << eof


@functools.lru_cache(512)
def clauses(typed: str) -> tuple[Clause, ...]:
    """In order. Together with the white space between them they are all of *typed*. (Asked for twice: by who chooses the
    mode, and by who makes the plan; and again with every answer that is kept.)"""
    return tuple(_query.parse(typed))


def in_place(clause: Clause, make: Callable[[str], T]) -> T:
    """What *make* makes of the clause's text; when that is wrong, with its place in the query."""
    try:
        return make(clause.text)
    except InvalidQuery as error:
        raise error.moved(clause.inside) from error


def check_characters(typed: str) -> None:
    """Raises InvalidQuery for what is no text: half a surrogate pair, as bytes of a command that are no UTF-8 become."""
    place = next((place for place, character in enumerate(typed) if 0xD800 <= ord(character) < 0xE000), None)
    if place is not None:
        raise InvalidQuery(f"the query holds half a surrogate pair at character {place + 1}", place)
