"""What the server says it can do: the ``capabilities`` of the answer to ``initialize``, in one place."""

from __future__ import annotations

from lsprotocol import types

from lsp_search.server.client import Client

COMMANDS = ("lspSearch.reindex", "lspSearch.clearCache", "lspSearch.showStats")

_EVERYTHING = types.FileOperationRegistrationOptions(
    filters=[types.FileOperationFilter(pattern=types.FileOperationPattern(glob="**/*"), scheme="file")]
)


def server_capabilities(client: Client) -> types.ServerCapabilities:
    return types.ServerCapabilities(
        position_encoding=types.PositionEncodingKind(client.encoding),
        text_document_sync=types.TextDocumentSyncOptions(
            open_close=True,
            change=types.TextDocumentSyncKind.Incremental,
            save=types.SaveOptions(include_text=False),
        ),
        workspace_symbol_provider=types.WorkspaceSymbolOptions(
            resolve_provider=client.resolves_symbols, work_done_progress=True
        ),
        document_symbol_provider=types.DocumentSymbolOptions(label="lsp-search"),
        execute_command_provider=types.ExecuteCommandOptions(commands=list(COMMANDS)),
        workspace=types.WorkspaceOptions(
            workspace_folders=types.WorkspaceFoldersServerCapabilities(
                supported=True, change_notifications=True
            ),
            file_operations=types.FileOperationOptions(
                did_create=_EVERYTHING, did_rename=_EVERYTHING, did_delete=_EVERYTHING
            ),
        ),
        experimental={"lspSearch": {"version": 1}},
    )
