"""``textDocument/documentSymbol``: a file's outline, as a tree where the client draws trees."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from msgspec import Raw

from lsp_search.files import uris
from lsp_search.files.positions import lines
from lsp_search.server.features.sync_documents import Documents
from lsp_search.server.messages import encoded
from lsp_search.server.to_protocol import Encoder, LineText

if TYPE_CHECKING:
    from lsp_search.server.app import Session
    from lsp_search.workspace import Workspace


class DocumentSymbols:
    def __init__(self, session: Session, documents: Documents) -> None:
        self._session = session
        self._documents = documents
        session.on(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, self.symbols)

    async def symbols(self, params: types.DocumentSymbolParams) -> Raw | list[Any]:
        path = uris.to_path(params.text_document.uri)
        if path is None:
            return []
        client = self._session.client
        text = self._documents.text(params.text_document.uri)

        def read(workspace: Workspace, _: threading.Event) -> Raw:
            found = workspace.document_symbols(path)
            line_text = workspace.line_text if text is None else _lines_of(text)
            encoder = Encoder(client.encoding, line_text)
            tree = client.hierarchical_symbols
            return encoded(
                encoder.document_symbols(path, found) if tree else encoder.flat_symbols(path, found)
            )

        return await self._session.query(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, read)


def _lines_of(text: str) -> LineText:
    """Lines of an open document without asking for each: an outline needs three a symbol."""
    of = lines(text)
    return lambda _, line: of[line] if line < len(of) else None
