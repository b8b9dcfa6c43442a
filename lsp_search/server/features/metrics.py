"""``lspSearch/stats`` and ``lspSearch/history`` on request, ``lspSearch/metrics`` and ``lspSearch/alert`` by themselves, and
``lspSearch/profile``.

Metrics are read at most every ``metrics.intervalMs`` and sent only when something but the process's
memory changed, so an idle editor hears nothing. Clients of one workspace share a reading.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from msgspec import Raw

from lsp_search.server.messages import (
    ALERT,
    HISTORY,
    METRICS,
    PROFILE,
    STATS,
    HistoryParams,
    NoParams,
    ProfileParams,
    encoded,
)

if TYPE_CHECKING:
    from lsp_search.server.app import Session
    from lsp_search.workspace import Workspace


class Metrics:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._alerts: set[str] = set()
        """The metrics of the alerts that the client was told of, and that stand."""
        session.on(STATS, self.stats)
        session.on(PROFILE, self.profile)
        session.on(HISTORY, self.history)
        session.when_ready(lambda: session.spawn(self._run()))

    async def stats(self, _: NoParams) -> Raw:
        return (await self._session.shared.stats())[1]

    async def profile(self, params: ProfileParams) -> Raw:
        return await self._session.wait(lambda workspace: encoded(workspace.meter.profile(params.seconds)))

    async def history(self, params: HistoryParams) -> Raw:
        def read(workspace: Workspace) -> Raw:
            return encoded({"rows": [row.as_json() for row in workspace.meter.rows(params.minutes)]})

        return await self._session.wait(read)

    async def _run(self) -> None:
        last: dict[str, object] = {}
        while True:
            settings = self._session.settings.metrics
            interval = settings.interval_ms / 1000
            await asyncio.sleep(interval)
            if not settings.enabled:
                continue
            try:
                values, raw = await self._session.shared.stats(max_age=interval / 2)
            except Exception as error:  # one reading that fails must not be the last
                self._session.report_server_error(error, self._run)
                continue
            self._alert(cast("list[dict[str, Any]]", values["alerts"]))
            news = {key: value for key, value in values.items() if key != "memory"}
            if news != last:
                last = news
                self._session.tell(METRICS, raw)

    def _alert(self, alerts: list[dict[str, Any]]) -> None:
        """Says each alert once, when it appears; again only after it was over."""
        for alert in alerts:
            if alert["metric"] not in self._alerts:
                self._session.tell(ALERT, alert)
        self._alerts = {alert["metric"] for alert in alerts}
