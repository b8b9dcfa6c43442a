"""From what was typed to a plan: words to match, scopes they must stand in, filters, exclusions.

``Foo::bar``, ``Foo.bar`` and ``foo/bar`` ask for the last part inside the parts before it. ``kind:``, ``lang:``,
``path:``, ``in:`` and ``case:`` filter; ``file:`` asks for files, and a word with the shape of a path for files too; ``-`` before a filter or a word excludes; ``"…"`` is literal; ``^`` and ``$``
anchor the name, ``/…/`` is an expression that it must match. An unknown filter is an error with its place, never an
empty list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from lsp_search.languages.filenames import EXTENSIONS
from lsp_search.model import Filter, InvalidQuery, SymbolKind
from lsp_search.search import matcher
from lsp_search.search.grammar import Clause, clauses, in_place
from lsp_search.search.matcher import Matcher
from lsp_search.search.pattern import Pattern
from lsp_search.search.qualifiers import SCOPE

KINDS = {kind.name.lower().replace("_", ""): int(kind) for kind in SymbolKind}
"""Filter words for kinds: ``function``, ``enummember``, …"""

FILTERS = ("kind", "lang", "path", "in", "case", "file")
"""What may stand before a colon."""
_FILE = re.compile(r"^[^\s\"^]*/[^\s/\"]+\.[A-Za-z]\w{0,5}$")
"""A word with the shape of a file's path asks for what that file holds."""
_NAMED = re.compile(r"[^\s/\\]+\.(\w+)")
_TYPEABLE = re.compile(r"\w", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: a pattern for the name, and what must enclose it."""

    pattern: Pattern
    scopes: tuple[str, ...] = ()
    """Enclosing parts as typed, outermost first."""
    whole: Pattern | None = None
    """With scopes: the word unsplit, for names that hold separators themselves."""
    literal: bool = False
    """Quoted: only one-piece matches count."""
    starts: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a symbol query asks for. Without words everything matches."""

    words: tuple[Word, ...] = ()
    expressions: tuple[Matcher, ...] = ()
    """What names must match besides."""
    excluded: tuple[Pattern, ...] = ()
    files: tuple[str, ...] = ()
    """What is looked for in paths, too or instead."""
    only_files: bool = False
    filter: Filter = Filter()
    excluded_kinds: tuple[int, ...] = ()
    excluded_languages: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    excluded_scopes: tuple[str, ...] = ()
    spelled: bool = False
    """Names must hold the characters of every word in order, separators included."""

    @property
    def is_picky(self) -> bool:
        """Only some of the rows of a matching name may pass."""
        return replace(self._leniently, words=()) != Plan() or any(
            word.scopes or word.starts or word.ends or word.literal for word in self.words
        )

    @property
    def is_empty(self) -> bool:
        """Nothing is asked: the answer is what is recent."""
        return self._leniently == Plan()

    @property
    def _leniently(self) -> Plan:
        """The same, however names are spelled."""
        return replace(self, spelled=False, files=(), filter=replace(self.filter, case_sensitive=None))


@dataclass
class _Parts:
    words: list[Word] = field(default_factory=list)
    expressions: list[Matcher] = field(default_factory=list)
    excluded: list[Pattern] = field(default_factory=list)
    lists: dict[str, list[str]] = field(default_factory=dict)
    kinds: list[int] = field(default_factory=list)
    excluded_kinds: list[int] = field(default_factory=list)
    case: bool | None = None
    typed: list[str] = field(default_factory=list)
    """The words as they stand."""
    minus: list[Pattern] = field(default_factory=list)
    """The excluded words as they stand, with their ``-``."""

    @property
    def asks_for_files(self) -> bool:
        return "file" in self.lists or self.kinds == [int(SymbolKind.FILE)]

    @property
    def files(self) -> tuple[str, ...]:
        """What paths are to hold; nothing where files are not asked for."""
        if self.asks_for_files:
            return tuple(self.lists.get("file", ())) + tuple(self.typed)
        one = self.typed[0] if len(self.typed) == 1 and not self.kinds and not self.expressions else ""
        return (one,) if has_shape_of_path(one) else ()

    @property
    def holds_only_exclusions(self) -> bool:
        """There is nothing to exclude from: ``-moz`` alone is a name."""
        others = self.words or self.expressions or self.lists or self.kinds or self.excluded_kinds
        return bool(self.excluded) and not others


def parse(query: str, given: Filter) -> Plan:
    """The plan for *query* under the filter that came with the request. Raises InvalidQuery."""
    return plan(clauses(query), given)


def plan(asked: Iterable[Clause], given: Filter) -> Plan:
    """The plan for the clauses of a query. Raises InvalidQuery."""
    parts = _Parts(case=given.case_sensitive, kinds=list(given.kinds))
    for clause in sorted(asked, key=lambda clause: clause.kind == "regex"):  # they mind case:
        _take(clause, parts)
    if parts.holds_only_exclusions:
        parts.words, parts.excluded = [Word(pattern) for pattern in parts.minus], []
    lists = parts.lists
    return Plan(
        words=tuple(parts.words),
        expressions=tuple(parts.expressions),
        excluded=tuple(parts.excluded),
        files=parts.files,
        only_files=parts.asks_for_files,
        filter=replace(
            given,
            kinds=tuple(parts.kinds),
            languages=given.languages + tuple(lists.get("lang", ())),
            paths=given.paths + tuple(lists.get("path", ())),
            exclude_paths=given.exclude_paths + tuple(lists.get("-path", ())),
            case_sensitive=parts.case,
        ),
        excluded_kinds=tuple(parts.excluded_kinds),
        excluded_languages=tuple(lists.get("-lang", ())),
        scopes=tuple(lists.get("in", ())),
        excluded_scopes=tuple(lists.get("-in", ())),
    )


def _take(clause: Clause, parts: _Parts) -> None:
    typed = clause.text
    if clause.kind == "filter" and (typed or clause.name in FILTERS):
        _take_filter(clause, parts)
    elif clause.kind == "regex":
        make = partial(matcher.regex, case_sensitive=parts.case)
        parts.expressions.append(in_place(clause, make))
    elif clause.kind == "word" and not clause.excludes and _FILE.search(typed):
        parts.lists.setdefault("path", []).append(typed)
        parts.typed.append(typed)
    elif clause.kind == "phrase":
        _take_word(clause, Word(Pattern(typed), literal=True) if typed else None, parts)
    else:
        _take_word(clause, _word(typed or f"{clause.name}:"), parts)


def _take_word(clause: Clause, word: Word | None, parts: _Parts) -> None:
    if word is None:
        return
    if clause.excludes:
        parts.excluded.append(word.pattern)
        parts.minus.append(Pattern(f"-{word.pattern.typed}"))
    else:
        parts.words.append(word)
        parts.typed.append(clause.text)


def _take_filter(clause: Clause, parts: _Parts) -> None:
    name, value, at = clause.name, clause.text, clause.start
    if name not in FILTERS:
        known = ", ".join(f"{one}:" for one in FILTERS)
        raise InvalidQuery(
            f"unknown filter '{name}:' at character {at + 1}; known are {known} "
            f'(put "{name}:{value}" in quotes to search for it)',
            at,
        )
    if not value:
        return  # still being typed
    if name == "kind":
        number = KINDS.get(value.lower().replace("_", "").replace("-", ""))
        if number is None:
            raise InvalidQuery(
                f"unknown kind '{value}' at character {clause.inside + 1}; known are {', '.join(KINDS)}",
                clause.inside,
            )
        (parts.excluded_kinds if clause.excludes else parts.kinds).append(number)
    elif name == "case":
        if value.lower() not in ("yes", "no"):
            raise InvalidQuery(
                f"case: takes yes or no, not '{value}', at character {clause.inside + 1}", clause.inside
            )
        parts.case = value.lower() == "yes"
    elif name == "file" and clause.excludes:
        raise InvalidQuery(f"-file: at character {at + 1} excludes nothing; -path: leaves files out", at)
    else:
        parts.lists.setdefault(("-" if clause.excludes else "") + name, []).append(value)


def has_shape_of_path(word: str) -> bool:
    """Whether *word* may be meant as a path: it has a slash, or ends like a file of a known language."""
    if "//" in word or "::" in word:
        return False
    if "/" in word.strip("^$"):
        return True
    named = _NAMED.fullmatch(word)
    return named is not None and named[1].lower() in EXTENSIONS


def _word(typed: str) -> Word | None:
    starts, ends = typed.startswith("^"), typed.endswith("$")
    bare = typed[1:] if starts else typed
    bare = bare[:-1] if ends and len(bare) > 1 else bare
    if not bare:
        return None
    parts = [part for part in SCOPE.split(bare) if part]
    if len(parts) > 1:
        return Word(Pattern(parts[-1]), tuple(parts[:-1]), Pattern(bare), starts=starts, ends=ends)
    if parts and _TYPEABLE.search(parts[0]):
        bare = parts[0]
    return Word(Pattern(bare), starts=starts, ends=ends)
