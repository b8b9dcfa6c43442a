"""``workspace/symbol`` and its resolve: ranked best first, ranges of names.

A client that sends a partial-result token gets the list in batches and an empty answer, as LSP wants it.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from msgspec import Raw

from lsp_search.files import uris
from lsp_search.model import Hit, SearchRequest
from lsp_search.search.qualifiers import qualified
from lsp_search.server.features.progress import work_done
from lsp_search.server.messages import Progress, SymbolParams, encoded
from lsp_search.server.to_protocol import Encoder
from lsp_search.telemetry.spans import span

if TYPE_CHECKING:
    from lsp_search.server.app import Session
    from lsp_search.workspace import Workspace

BATCH = 100
"""Results in one partial answer."""


class Symbols:
    def __init__(self, session: Session) -> None:
        self._session = session
        session.on(types.WORKSPACE_SYMBOL, self.symbols)
        if session.client.resolves_symbols:
            session.on(types.WORKSPACE_SYMBOL_RESOLVE, self.resolve)

    async def symbols(self, params: SymbolParams) -> Raw | list[Any]:
        session = self._session
        if not session.settings.workspace_symbol.enabled:
            return []
        client, in_parts = session.client, params.partial_result_token is not None
        limit, spelled = session.settings.search.limit, client.filters_names
        request = SearchRequest(params.query, "symbol", limit, mark=False, spelled=spelled)

        def search(workspace: Workspace, cancel: threading.Event) -> list[Raw]:
            hits = workspace.search(request, cancel).hits
            with span("encode"):
                encoder = Encoder(client.encoding, workspace.line_text)
                if client.filters_names:
                    hits = [replace(hit, name=_filterable(hit, params.query)) for hit in hits]
                found = [encoder.symbol(hit, client.resolves_symbols) for hit in hits]
                if not in_parts:
                    return [encoded(found)]
                return [encoded(found[at : at + BATCH]) for at in range(0, len(found), BATCH)]

        with work_done(session, params.work_done_token, "Searching symbols"):
            parts = await session.query(types.WORKSPACE_SYMBOL, search)
        if params.partial_result_token is None:
            return parts[0]
        for part in parts:
            session.tell(types.PROGRESS, Progress(params.partial_result_token, part))
        return []

    async def resolve(self, symbol: types.WorkspaceSymbol) -> types.WorkspaceSymbol:
        """Fills in the range of a symbol whose line had to be read for it."""
        if not isinstance(symbol.data, list) or isinstance(symbol.location, types.Location):
            return symbol
        uri, where = symbol.location.uri, symbol.data
        encoding = self._session.client.encoding

        def convert(workspace: Workspace, _: threading.Event) -> types.Range:
            path = uris.to_path(uri)
            found = Encoder(encoding, workspace.line_text).range(path or "", *where)
            return types.Range(
                types.Position(found.start.line, found.start.character),
                types.Position(found.end.line, found.end.character),
            )

        symbol.location = types.Location(
            uri, await self._session.query(types.WORKSPACE_SYMBOL_RESOLVE, convert)
        )
        return symbol


def _filterable(hit: Hit, query: str) -> str:
    """A name that clients which filter by name let pass, as far as there is one."""
    if hit.kind == types.SymbolKind.File:
        return hit.relative_path if "/" in query else hit.name
    return qualified(query, hit.container, hit.name)
