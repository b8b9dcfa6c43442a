"""The plain values that cross the borders between the rooms of the house.

Nothing here does anything: a reader learns the words of the project from this page. All positions
are 0-based; a *column* counts bytes of the line's UTF-8 text (the edge converts to what a client
negotiated). A *path* is a ``str`` as ``os.fsdecode`` gives it (names that are not UTF-8 carry
surrogate escapes); a *relative path* uses ``/`` and is relative to its root folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Literal, NamedTuple


class SymbolKind(IntEnum):
    """The kinds of LSP 3.17, same numbers."""

    FILE = 1
    MODULE = 2
    NAMESPACE = 3
    PACKAGE = 4
    CLASS = 5
    METHOD = 6
    PROPERTY = 7
    FIELD = 8
    CONSTRUCTOR = 9
    ENUM = 10
    INTERFACE = 11
    FUNCTION = 12
    VARIABLE = 13
    CONSTANT = 14
    STRING = 15
    NUMBER = 16
    BOOLEAN = 17
    ARRAY = 18
    OBJECT = 19
    KEY = 20
    NULL = 21
    ENUM_MEMBER = 22
    STRUCT = 23
    EVENT = 24
    OPERATOR = 25
    TYPE_PARAMETER = 26


class Symbol(NamedTuple):
    """One definition in one file, as extraction gives it."""

    name: str
    kind: int
    """A :class:`SymbolKind` number."""
    container: str
    """Qualified name of what encloses it, joined as its language writes it (``Foo::Bar``, ``a.b``); empty at top level."""
    line: int
    """Where the name starts; the name ends on the same line, ``len(name in UTF-8)`` bytes on."""
    column: int
    start_line: int
    """The full range: the whole definition with its body."""
    start_column: int
    end_line: int
    end_column: int


class SkipReason(StrEnum):
    """Why something under a root is not indexed; counted, and listed on request."""

    IGNORED = "ignored"
    """An ignore file (``.gitignore``, ``.ignore``, git's excludes) names it."""
    EXCLUDED = "excluded"
    """A built-in exclude or the setting ``index.exclude`` names it."""
    NOT_INCLUDED = "not-included"
    """``index.include`` is set and does not name it."""
    BINARY = "binary"
    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"
    """Permission or input/output error."""
    OUTSIDE = "outside"
    """A symbolic link that leads out of the root, or in a circle."""
    SPECIAL = "special"
    """Neither a file nor a folder (socket, pipe, device)."""


class FileError(NamedTuple):
    """One file that could not be indexed as it should, and why; never stops the others."""

    path: str
    message: str


Mode = Literal["auto", "symbol", "text", "regex", "semantic", "hybrid"]
State = Literal["starting", "indexing", "ready", "degraded"]
CacheKind = Literal["miss", "refined", "hit-memory", "hit-disk"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Hard limits on what may be found; empty tuples limit nothing."""

    kinds: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Globs (when they hold ``*?[``) or substrings over relative paths; any one suffices."""
    exclude_paths: tuple[str, ...] = ()
    case_sensitive: bool | None = None
    """None: smart case."""
    whole_words: bool = False
    """Of text: no letter, digit or underscore may go on where a match ends."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    query: str
    mode: Mode = "auto"
    limit: int = 50
    filter: Filter = Filter()
    near: str | None = None
    """Absolute path of the file the user looks at, where known."""
    mark: bool = True
    """Whether the matched characters are wanted; marking them costs some 10 µs a hit."""
    explain: bool = False
    """Whether every hit is to say why it stands where it does."""
    spelled: bool = False
    """Only names that hold every character of the query's words in order: a client would drop the others."""
    seconds: float | None = None
    """After so long a search of text ends with what it has found."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a hit stands where it does: band first, then points times prior, then the length of the name, then heads left
    untouched. A line of text has points only."""

    band: str
    points: int
    parts: tuple[tuple[str, int], ...]
    """What earned points, and how many; they add up."""
    untouched: int
    """Words of the name that the query leaves out."""
    prior: float
    factors: tuple[tuple[str, float], ...]
    """What the prior is made of."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of a search."""

    id: str
    """Stable over generations while file, name and kind stay."""
    name: str
    kind: int | None
    container: str
    language: str
    path: str
    """Absolute."""
    relative_path: str
    line: int
    column: int
    end_line: int
    end_column: int
    score: float
    """0–1, falling down the list."""
    matches: tuple[tuple[int, int], ...] = ()
    """Half-open spans of matched characters, in code points of ``name``."""
    sources: tuple[str, ...] = ("symbol",)
    snippet: str = ""
    snippet_line: int | None = None
    ascii_line: bool = True
    """True where the line up to the name's end is ASCII, so that byte columns are right in every encoding."""
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    hits: list[Hit]
    mode: Mode
    is_incomplete: bool
    indexing: bool
    generation: int
    took_ms: float
    cache: CacheKind = "miss"
    scanned: bool = False
    """Every file had to be looked at: nothing that a match must hold could be looked up."""
    lines: int | None = None
    """Of text: the lines that were found, those beyond the limit too,"""
    files: int | None = None
    """and the files that they are in."""


@dataclass(frozen=True, slots=True)
class Status:
    state: State
    done: int = 0
    total: int = 0
    generation: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one run of indexing did; the command ``index --json`` prints it."""

    root: str
    files: int
    symbols: int
    bytes: int
    seconds: float
    languages: dict[str, int]
    skipped: dict[str, int]
    errors: list[FileError]
    store_bytes: int
    generation: int
    skipped_paths: list[tuple[str, str]] = field(default_factory=list)
    """(relative path, reason); folders count once and end with ``/``."""


class LspSearchError(Exception):
    """Base of the errors that a user can mend; the message says what, where, and what to do."""


class InvalidQuery(LspSearchError):
    """The query itself is wrong; ``position`` is a character offset into it."""

    def __init__(self, message: str, position: int = 0) -> None:
        """*message* may name the place as ``character N``, counted from 1."""
        super().__init__(message)
        self.position = position

    def moved(self, by: int) -> InvalidQuery:
        """The same, where what is wrong stands *by* characters further on."""
        named, there = f"character {self.position + 1}", f"character {self.position + by + 1}"
        return InvalidQuery(str(self).replace(named, there, 1), self.position + by)


class Cancelled(Exception):
    """The caller asked for the work to stop."""
