"""From what was typed to a plan: words to match, scopes they must stand in, filters, exclusions.

``Foo::bar``, ``Foo.bar`` and ``foo/bar`` ask for the last part inside the parts before it. ``kind:``, ``lang:``,
``path:``, ``in:`` and ``case:`` filter; ``-`` before a filter or a word excludes; ``"…"`` is literal; ``^`` and ``$``
anchor the name. An unknown filter is an error with its place, never an empty list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from lsp_search.model import Filter, InvalidQuery, SymbolKind
from lsp_search.search.pattern import Pattern

KINDS = {kind.name.lower().replace("_", ""): int(kind) for kind in SymbolKind}
"""Filter words for kinds: ``function``, ``enummember``, …"""

_TOKEN = re.compile(
    r'(?P<no>-(?=[\w"]))?(?:(?P<filter>[A-Za-z]+):(?!:)(?P<value>"[^"]*"|[^\s"]*)|(?P<text>"[^"]*"?|[^\s"]+))'
)
_SCOPE = re.compile(r"::|->|[./#\\]")
_CONTAINER = re.compile(r"::| > |[./#\\:]")
_QUALIFIED = re.compile(rf"(\S*)({_SCOPE.pattern})[^\s:./#\\]*")
_FILE = re.compile(r"^[^\s\"^]*/[^\s/\"]+\.[A-Za-z]\w{0,5}$")
"""A word with the shape of a file's path asks for what that file holds."""
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
    excluded: tuple[Pattern, ...] = ()
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
        return replace(self, spelled=False, filter=replace(self.filter, case_sensitive=None))


@dataclass
class _Parts:
    words: list[Word] = field(default_factory=list)
    excluded: list[Pattern] = field(default_factory=list)
    lists: dict[str, list[str]] = field(default_factory=dict)
    kinds: list[int] = field(default_factory=list)
    excluded_kinds: list[int] = field(default_factory=list)
    case: bool | None = None
    minus: list[Pattern] = field(default_factory=list)
    """The excluded words as they stand, with their ``-``."""

    @property
    def holds_only_exclusions(self) -> bool:
        """There is nothing to exclude from: ``-moz`` alone is a name."""
        others = self.words or self.lists or self.kinds or self.excluded_kinds
        return bool(self.excluded) and not others


def parse(query: str, given: Filter) -> Plan:
    """The plan for *query* under the filter that came with the request. Raises InvalidQuery."""
    parts = _Parts(case=given.case_sensitive)
    at = 0
    while at < len(query):
        if query[at].isspace():
            at += 1
            continue
        token = _TOKEN.match(query, at)
        if token is None:  # a lone quote or dash
            at += 1
            continue
        _take(token, parts)
        at = token.end()
    if parts.holds_only_exclusions:
        parts.words, parts.excluded = [Word(pattern) for pattern in parts.minus], []
    lists = parts.lists
    return Plan(
        words=tuple(parts.words),
        excluded=tuple(parts.excluded),
        filter=replace(
            given,
            kinds=given.kinds + tuple(parts.kinds),
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


def _take(token: re.Match[str], parts: _Parts) -> None:
    negative = bool(token["no"])
    if token["filter"]:
        _take_filter(token["filter"].lower(), token["value"].strip('"'), negative, parts, token.start())
        return
    typed = token["text"]
    if not negative and _FILE.search(typed):
        parts.lists.setdefault("path", []).append(typed)
        return
    word = _word(typed)
    if word is None:
        return
    if negative:
        parts.excluded.append(word.pattern)
        parts.minus.append(Pattern(f"-{word.pattern.typed}"))
    else:
        parts.words.append(word)


def _take_filter(name: str, value: str, negative: bool, parts: _Parts, at: int) -> None:
    if name not in ("kind", "lang", "path", "in", "case"):
        raise InvalidQuery(
            f"unknown filter '{name}:' at character {at + 1}; known are kind:, lang:, path:, in:, case: "
            f'(put "{name}:{value}" in quotes to search for it)',
            at,
        )
    if not value:
        return  # still being typed
    if name == "kind":
        number = KINDS.get(value.lower().replace("_", "").replace("-", ""))
        if number is None:
            raise InvalidQuery(
                f"unknown kind '{value}' at character {at + 1}; known are {', '.join(KINDS)}", at
            )
        (parts.excluded_kinds if negative else parts.kinds).append(number)
    elif name == "case":
        if value.lower() not in ("yes", "no"):
            raise InvalidQuery(f"case: takes yes or no, not '{value}', at character {at + 1}", at)
        parts.case = value.lower() == "yes"
    else:
        parts.lists.setdefault(("-" if negative else "") + name, []).append(value)


def _word(typed: str) -> Word | None:
    if typed.startswith('"'):
        literal = typed.strip('"')
        return Word(Pattern(literal), literal=True) if literal else None
    starts, ends = typed.startswith("^"), typed.endswith("$")
    bare = typed[1:] if starts else typed
    bare = bare[:-1] if ends and len(bare) > 1 else bare
    if not bare:
        return None
    parts = [part for part in _SCOPE.split(bare) if part]
    if len(parts) > 1:
        return Word(Pattern(parts[-1]), tuple(parts[:-1]), Pattern(bare), starts=starts, ends=ends)
    if parts and _TYPEABLE.search(parts[0]):
        bare = parts[0]
    return Word(Pattern(bare), starts=starts, ends=ends)


def enclosing(container: str) -> list[str]:
    """The parts of a container, outermost first."""
    return [part for part in _CONTAINER.split(container) if part]


def qualified(typed: str, container: str, name: str) -> str:
    """*name* as the first word of a query asks for it: ``Cart::total`` for ``Cart::tot``, with the separator as typed.
    Without a qualifier there: *name*."""
    asked = _QUALIFIED.match(typed)
    if asked is None:
        return name
    separator = asked[2]
    ways = (
        separator.join([*enclosing(container), name]),
        f"{asked[1]}{separator}{name}",  # it stands in the right file or folder
        f"{asked[0]}/{name}",  # all of a file was asked for
    )
    return next((way for way in ways if _holds(way, asked[0])), name)


def _holds(name: str, letters: str) -> bool:
    """Whether *letters* stand in *name* in order, as clients that filter by name ask."""
    remaining = iter(name.lower())
    return all(letter in remaining for letter in letters.lower())
