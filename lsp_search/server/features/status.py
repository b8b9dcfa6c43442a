"""``lspSearch/status``, ``lspSearch/statusChanged`` (at most ten a second, the last one always) and ``lspSearch/sync``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Raw

from lsp_search.model import Status
from lsp_search.server.features.pace import Pace
from lsp_search.server.messages import STATUS, STATUS_CHANGED, SYNC, NoParams, SyncResult, encoded
from lsp_search.server.to_protocol import status_result

if TYPE_CHECKING:
    from lsp_search.server.app import Session

INTERVAL = 0.1
"""Least seconds between two notifications."""


class StatusFeature:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._said: Status | None = None
        self._pace = Pace(INTERVAL, self._say)
        session.on(STATUS, self.status)
        session.on(SYNC, self.sync)
        session.on_status(self._pace.offer)
        session.when_closed(self._pace.stop)

    def status(self, _: NoParams) -> Raw:
        workspace = self._session.shared.workspace
        return encoded(status_result(workspace.status() if workspace else self._session.shared.status))

    async def sync(self, _: NoParams) -> Raw:
        await self._session.configuration.settled()
        return encoded(SyncResult(await self._session.wait(lambda workspace: workspace.sync())))

    def _say(self, status: Status) -> None:
        if status != self._said:
            self._said = status
            self._session.tell(STATUS_CHANGED, status_result(status))
