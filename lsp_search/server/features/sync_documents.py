"""Open documents: our own texts, kept in step by ``didOpen``, ``didChange`` and ``didClose``.

The handlers are synchronous on purpose: a change is applied before the next message is read, so that
no query overtakes it. pygls' own documents are not used (they split lines at form feeds and the like).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types

from lsp_search.files import positions, uris
from lsp_search.server import from_protocol

if TYPE_CHECKING:
    from lsp_search.server.app import Session


@dataclass(slots=True)
class Document:
    path: str
    text: str


class Documents:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: dict[str, Document] = {}
        """By URI as the client writes it."""
        session.on(types.TEXT_DOCUMENT_DID_OPEN, self.did_open)
        session.on(types.TEXT_DOCUMENT_DID_CHANGE, self.did_change)
        session.on(types.TEXT_DOCUMENT_DID_CLOSE, self.did_close)
        session.on(types.TEXT_DOCUMENT_DID_SAVE, self.did_save)
        session.when_closed(self.close_all)

    def text(self, uri: str) -> str | None:
        """The text of an open document."""
        document = self._open.get(uri)
        return document.text if document else None

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        uri = params.text_document.uri
        path = uris.to_path(uri)
        if path is None:  # untitled:, git: and the like are no files that a search could open
            return
        document = self._open[uri] = Document(path, params.text_document.text)
        self._tell(document)

    def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        document = self._open.get(params.text_document.uri)
        if document is None:
            return
        edits = from_protocol.edits(params.content_changes)
        document.text = positions.apply_edits(document.text, edits, self._session.client.encoding)
        self._tell(document)

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        document = self._open.pop(params.text_document.uri, None)
        if document is not None:
            self._forget(document)

    def did_save(self, params: types.DidSaveTextDocumentParams) -> None:
        path = uris.to_path(params.text_document.uri)
        if path is not None:
            self._session.files_changed([path])

    def tell_all(self) -> None:
        """Says every open document again, to a workspace that was joined later."""
        for document in self._open.values():
            self._tell(document)

    def close_all(self) -> None:
        for document in self._open.values():
            self._forget(document)

    def _tell(self, document: Document) -> None:
        path, text = document.path, document.text
        self._session.shared.tell(lambda workspace: workspace.buffer_changed(path, text))

    def _forget(self, document: Document) -> None:
        path = document.path
        self._session.shared.tell(lambda workspace: workspace.buffer_closed(path))
