"""What a user starts: ``workspace/executeCommand`` (reindex, clear the cache, show figures) and ``lspSearch/reindex``."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import msgspec
from lsprotocol import types
from msgspec import Raw

from lsp_search.server import from_protocol
from lsp_search.server.capabilities import COMMANDS
from lsp_search.server.errors import invalid_params
from lsp_search.server.features.progress import work_done
from lsp_search.server.messages import REINDEX, ReindexParams, ReindexResult, Token, encoded

if TYPE_CHECKING:
    from lsp_search.server.app import Session
    from lsp_search.workspace import Workspace


class Commands:
    def __init__(self, session: Session) -> None:
        self._session = session
        session.on(types.WORKSPACE_EXECUTE_COMMAND, self.execute)
        session.on(REINDEX, self.reindex)

    async def execute(self, params: types.ExecuteCommandParams) -> Any:
        match params.command:
            case "lspSearch.reindex":
                return await self._reindex(_uris(params.arguments), params.work_done_token)
            case "lspSearch.clearCache":
                return await self._session.query(params.command, _clear_cache)
            case "lspSearch.showStats":
                return await self._show_stats()
        raise invalid_params(f"workspace/executeCommand: {params.command!r} is none of {', '.join(COMMANDS)}")

    async def reindex(self, params: ReindexParams) -> Raw:
        return await self._reindex(list(params.uris), params.work_done_token)

    async def _reindex(self, uris: list[str], token: Token | None) -> Raw:
        paths = from_protocol.paths(uris)
        if uris and not paths:
            raise invalid_params(f"{REINDEX}: `uris`: none of them is a file of this machine")
        with work_done(self._session, token, "Reindexing"):
            report = await self._session.wait(lambda workspace: workspace.reindex(paths or None))
        return encoded(ReindexResult(report.files, round(report.seconds, 3), report.generation))

    async def _show_stats(self) -> Raw:
        values, raw = await self._session.shared.stats()
        index = msgspec.convert(values.get("index", {}), dict[str, Any], strict=False)
        text = f"lsp-search: {index.get('files', 0)} files, {index.get('symbols', 0)} symbols"
        self._session.tell(types.WINDOW_SHOW_MESSAGE, {"type": types.MessageType.Info.value, "message": text})
        return raw


def _clear_cache(workspace: Workspace, _: threading.Event) -> None:
    workspace.clear_cache()


def _uris(arguments: Any) -> list[str]:
    """URIs given one an argument, as one list, or as ``{uris: […]}``; none mean everything."""
    found: list[str] = []
    for argument in arguments or []:
        match argument:
            case str():
                found.append(argument)
            case list():
                found += _uris(argument)
            case dict():
                found += _uris(argument.get("uris"))
            case None:
                pass
            case _:
                raise invalid_params(f"lspSearch.reindex: arguments must be URIs, got {argument!r}")
    return found
