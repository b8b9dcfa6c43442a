"""What a client says about files: ``didChangeWatchedFiles``, and creating, renaming and deleting in its explorer.

The workspace looks at each path itself and believes no kind of change: after a checkout clients report
the same file as deleted and created. A rename is both of its names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from lsp_search.server import from_protocol

if TYPE_CHECKING:
    from lsp_search.server.app import Session


class WatchedFiles:
    def __init__(self, session: Session) -> None:
        self._session = session
        session.on(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, self.did_change)
        session.on(types.WORKSPACE_DID_CREATE_FILES, self.did_create_or_delete)
        session.on(types.WORKSPACE_DID_DELETE_FILES, self.did_create_or_delete)
        session.on(types.WORKSPACE_DID_RENAME_FILES, self.did_rename)
        if session.client.registers_watchers:
            session.when_ready(lambda: session.spawn(self._register()))

    async def _register(self) -> None:
        watcher = types.FileSystemWatcher(glob_pattern="**/*")
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers=[watcher])
        await self._session.register(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)

    def did_change(self, params: types.DidChangeWatchedFilesParams) -> None:
        self._changed([event.uri for event in params.changes])

    def did_create_or_delete(self, params: types.CreateFilesParams | types.DeleteFilesParams) -> None:
        self._changed([file.uri for file in params.files])

    def did_rename(self, params: types.RenameFilesParams) -> None:
        self._changed([uri for file in params.files for uri in (file.old_uri, file.new_uri)])

    def _changed(self, uris: list[str]) -> None:
        self._session.files_changed(from_protocol.paths(uris))
