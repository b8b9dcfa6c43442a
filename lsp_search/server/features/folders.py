"""Workspace folders that come and go at run time. Folders that are no files of this machine are left aside, with a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from lsp_search.server import from_protocol
from lsp_search.server.features.sync_documents import Documents

if TYPE_CHECKING:
    from lsp_search.server.app import Session


class Folders:
    def __init__(self, session: Session, documents: Documents) -> None:
        self._session = session
        self._documents = documents
        session.on(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, self.did_change)

    def did_change(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        added, foreign = from_protocol.folders(folder.uri for folder in params.event.added)
        removed, _ = from_protocol.folders(folder.uri for folder in params.event.removed)
        self.leave_aside(foreign)
        if self._session.change_roots(added, removed):
            self._documents.tell_all()

    def leave_aside(self, foreign: list[str]) -> None:
        for uri in foreign:
            self._session.show(
                "warning", f"lsp-search indexes folders of this machine only; {uri} is left aside"
            )
