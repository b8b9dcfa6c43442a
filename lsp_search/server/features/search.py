"""``lspSearch/search``: every mode of searching, filters and all; ``lspSearch/similar``: code like that under the cursor; and
``lspSearch/picked``, which ranking learns from."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from lsprotocol import types
from msgspec import Raw

from lsp_search.files import uris
from lsp_search.model import Hit, SearchAnswer
from lsp_search.server import from_protocol
from lsp_search.server.errors import invalid_params
from lsp_search.server.features.progress import work_done
from lsp_search.server.messages import (
    PICKED,
    SEARCH,
    SIMILAR,
    PickedParams,
    Progress,
    SearchParams,
    SimilarParams,
    encoded,
)
from lsp_search.server.to_protocol import Encoder, search_result
from lsp_search.telemetry.spans import spanned

if TYPE_CHECKING:
    from lsp_search.server.app import Session
    from lsp_search.workspace import Workspace

BATCH = 100
"""Results in one partial answer."""


class Search:
    def __init__(self, session: Session) -> None:
        self._session = session
        session.on(SEARCH, self.search)
        session.on(SIMILAR, self.similar)
        session.on(PICKED, self.picked)

    async def search(self, params: SearchParams) -> Raw:
        session = self._session
        request = from_protocol.search_request(params)
        encoding, token = session.client.encoding, params.partial_result_token
        loop = asyncio.get_running_loop()

        def search(workspace: Workspace, cancel: threading.Event) -> Raw:
            encoder = Encoder(encoding, workspace.line_text)

            @spanned("encode")
            def send(hits: list[Hit]) -> None:
                for at in range(0, len(hits), BATCH):
                    if not cancel.is_set():
                        part = encoded({"items": [encoder.item(hit) for hit in hits[at : at + BATCH]]})
                        loop.call_soon_threadsafe(session.tell, types.PROGRESS, Progress(token or "", part))

            if token is None:
                answer = workspace.search(request, cancel)
                return _encoded(answer, encoder)
            answer = workspace.search(request, cancel, send)
            send(answer.hits)
            return encoded(search_result(answer, []))

        with work_done(session, params.work_done_token, "Searching"):
            return await session.query(SEARCH, search)

    async def similar(self, params: SimilarParams) -> Raw:
        session = self._session
        path = uris.to_path(params.uri)
        if path is None:
            raise invalid_params(f"{SIMILAR}: `uri`: {params.uri!r} is no file of this machine")
        encoding, limit = session.client.encoding, min(params.limit, from_protocol.MOST_RESULTS)

        def search(workspace: Workspace, cancel: threading.Event) -> Raw:
            encoder = Encoder(encoding, workspace.line_text)
            answer = workspace.similar(path, params.position.line, limit, cancel)
            return _encoded(answer, encoder)

        with work_done(session, params.work_done_token, "Searching"):
            return await session.query(SIMILAR, search)

    def picked(self, params: PickedParams) -> None:
        if not self._session.settings.search.learn:
            return
        workspace = self._session.shared.workspace
        if (
            workspace is not None
        ):  # at once, so that a barrier asked for next waits for it; writing it down is left to others
            workspace.picked(params.query, params.id, params.rank)
        else:
            self._session.spawn(
                self._session.wait(lambda workspace: workspace.picked(params.query, params.id, params.rank))
            )


@spanned("encode")
def _encoded(answer: SearchAnswer, encoder: Encoder) -> Raw:
    return encoded(search_result(answer, [encoder.item(hit) for hit in answer.hits]))
