"""From params to requests of the core. Wrong values are named in an InvalidParams error."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import cast, get_args

from lsprotocol import types

from lsp_search.files import uris
from lsp_search.files.positions import Range
from lsp_search.model import Filter, Mode, SearchRequest, SymbolKind
from lsp_search.server.errors import invalid_params
from lsp_search.server.messages import SEARCH, FilterParams, SearchParams

MODES = get_args(Mode)
MOST_RESULTS = 10_000
LONGEST_SECONDS = 10.0
"""What is not found by then is left out, and the answer says so."""


def search_request(params: SearchParams) -> SearchRequest:
    if params.mode not in MODES:
        raise invalid_params(f"{SEARCH}: `mode`: {params.mode!r} is none of {', '.join(MODES)}")
    uri = params.context.uri
    return SearchRequest(
        query=params.query,
        mode=cast(Mode, params.mode),
        limit=min(params.limit, MOST_RESULTS),
        filter=_filter(params.filter),
        near=uris.to_path(uri) if uri else None,
        explain=params.explain,
        seconds=LONGEST_SECONDS,
    )


def _filter(params: FilterParams) -> Filter:
    return Filter(
        kinds=tuple(_kind(kind) for kind in params.kinds),
        languages=params.languages,
        paths=params.paths,
        exclude_paths=params.exclude_paths,
        case_sensitive=params.case_sensitive,
        whole_words=params.whole_words,
    )


_KINDS = {kind.name.replace("_", "").lower(): int(kind) for kind in SymbolKind}


def _kind(kind: int | str) -> int:
    if isinstance(kind, int):
        if kind in _KINDS.values():
            return kind
        raise invalid_params(f"{SEARCH}: `filter.kinds`: {kind} is no SymbolKind (1 to 26)")
    number = _KINDS.get(kind.replace("_", "").replace("-", "").lower())
    if number is None:
        raise invalid_params(
            f"{SEARCH}: `filter.kinds`: {kind!r} is no SymbolKind, such as function or class"
        )
    return number


def roots(params: types.InitializeParams) -> tuple[list[Path], list[str]]:
    """The root folders of an ``initialize``, and the URIs among them that are no files of this machine."""
    if params.workspace_folders:
        return folders(folder.uri for folder in params.workspace_folders)
    if params.root_uri:
        return folders([params.root_uri])
    if params.root_path:
        return [Path(params.root_path)], []
    return [], []


def folders(of: Iterable[str]) -> tuple[list[Path], list[str]]:
    """Folders of URIs, in order and without repeats, and the URIs that are no files."""
    found: dict[Path, None] = {}
    foreign: list[str] = []
    for uri in of:
        path = uris.to_path(uri)
        if path is None:
            foreign.append(uri)
        else:
            found[Path(path)] = None
    return list(found), foreign


def paths(of: Iterable[str]) -> list[str]:
    """Paths of URIs; those that are no files (``untitled:``, ``git:``) are left out."""
    return [path for uri in of if (path := uris.to_path(uri)) is not None]


def edits(changes: Iterable[types.TextDocumentContentChangeEvent]) -> list[tuple[Range | None, str]]:
    """What :func:`~lsp_search.files.positions.apply_edits` takes, in the client's units."""
    found: list[tuple[Range | None, str]] = []
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            start, end = change.range.start, change.range.end
            found.append(((start.line, start.character, end.line, end.character), change.text))
        else:
            found.append((None, change.text))
    return found
