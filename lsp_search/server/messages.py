"""The shapes of messages that msgspec reads and writes: our own, and the standard ones that are hot.

A thousand symbols as attrs classes cost 12 ms to build and send; as these structs well under one.
Field names are camelCase on the wire. Optional fields may be missing, null or (from Lua, where an
empty table has no type) an empty list. What a list holds by the thousand is kept from the garbage
collector (``gc=False``; it can hold no cycle), whose pauses were the worst latencies measured.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from lsp_search.model import Explanation

Token = int | str
"""A progress token."""


class Position(Struct, gc=False, frozen=True):
    line: int
    character: int


class Range(Struct, gc=False):
    start: Position
    end: Position


class Location(Struct, gc=False):
    uri: str
    range: Range | UnsetType = UNSET
    """Left out only where the client resolves symbols itself."""


class SymbolItem(Struct, gc=False, rename="camel", omit_defaults=True):
    """``WorkspaceSymbol`` (and, with a range, ``SymbolInformation``)."""

    name: str
    kind: int
    location: Location
    container_name: str = ""
    data: list[int] | UnsetType = UNSET
    """For ``workspaceSymbol/resolve``: line and byte columns of start and end."""


class DocumentSymbolItem(Struct, gc=False, rename="camel"):
    """``DocumentSymbol``."""

    name: str
    kind: int
    range: Range
    selection_range: Range
    children: list[DocumentSymbolItem]


class Item(Struct, gc=False, rename="camel"):
    """One result of ``lspSearch/search``."""

    id: str
    sources: tuple[str, ...]
    name: str
    kind: int | None
    container_name: str
    language: str
    location: Location
    score: float
    matches: tuple[tuple[int, int], ...]
    snippet: str
    snippet_line: int | None
    explanation: Explanation | UnsetType = UNSET
    """Where ``explain`` was asked for."""


class SearchResult(Struct, gc=False, rename="camel"):
    items: list[Item]
    mode: str
    is_incomplete: bool
    indexing: bool
    generation: int
    took_ms: float
    cache: str
    scanned: bool | UnsetType = UNSET
    """Only where it is true."""
    lines: int | UnsetType = UNSET
    files: int | UnsetType = UNSET
    """Only of text."""


class StatusResult(Struct):
    state: str
    done: int
    total: int
    generation: int
    message: str


class ReindexResult(Struct):
    files: int
    seconds: float
    generation: int


class SyncResult(Struct):
    generation: int


class Progress(Struct):
    """Params of ``$/progress``."""

    token: Token
    value: Any


# Params of requests and notifications.


class NoParams(Struct, frozen=True):
    pass


class SymbolParams(Struct, frozen=True, rename="camel"):
    query: str
    work_done_token: Token | None = None
    partial_result_token: Token | None = None


class FilterParams(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    kinds: tuple[int | str, ...] = ()
    """Numbers of LSP's SymbolKind, or their names in any case."""
    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    exclude_paths: tuple[str, ...] = ()
    case_sensitive: bool | None = None
    whole_words: bool = False
    """Of text."""


class ContextParams(Struct, frozen=True):
    uri: str | None = None
    position: Position | None = None


class SearchParams(Struct, frozen=True, rename="camel"):
    query: str
    mode: str = "auto"
    limit: Annotated[int, Meta(ge=1)] = 50
    filter: FilterParams = FilterParams()
    context: ContextParams = ContextParams()
    explain: bool = False
    work_done_token: Token | None = None
    partial_result_token: Token | None = None


class SimilarParams(Struct, frozen=True, rename="camel"):
    uri: str
    position: Position
    limit: Annotated[int, Meta(ge=1)] = 20
    explain: bool = False
    work_done_token: Token | None = None
    partial_result_token: Token | None = None


class ReindexParams(Struct, frozen=True, rename="camel"):
    uris: tuple[str, ...] = ()
    work_done_token: Token | None = None


class HistoryParams(Struct, frozen=True):
    minutes: Annotated[float, Meta(ge=0)] = 1440.0


class ProfileParams(Struct, frozen=True):
    seconds: Annotated[float, Meta(ge=0)] | None = None
    """None: all that is kept."""


class PickedParams(Struct, frozen=True):
    query: str
    id: str
    rank: int = 0


SEARCH = "lspSearch/search"
SIMILAR = "lspSearch/similar"
STATS = "lspSearch/stats"
STATUS = "lspSearch/status"
SYNC = "lspSearch/sync"
REINDEX = "lspSearch/reindex"
PROFILE = "lspSearch/profile"
HISTORY = "lspSearch/history"
PICKED = "lspSearch/picked"
STATUS_CHANGED = "lspSearch/statusChanged"
METRICS = "lspSearch/metrics"
ALERT = "lspSearch/alert"

PARAMS: dict[str, type[Struct]] = {
    "workspace/symbol": SymbolParams,
    SEARCH: SearchParams,
    SIMILAR: SimilarParams,
    STATS: NoParams,
    STATUS: NoParams,
    SYNC: NoParams,
    REINDEX: ReindexParams,
    PROFILE: ProfileParams,
    HISTORY: HistoryParams,
    PICKED: PickedParams,
}
"""Methods whose params msgspec reads; all others are lsprotocol's."""


def encoded(result: Any) -> msgspec.Raw:
    """*result* as the bytes that go into a message as they are. Call it where the work is done, off the loop."""
    return msgspec.Raw(msgspec.json.encode(result))
