"""Messages of a workspace that is opened here: what ``lsp-search dashboard`` shows where no server is named."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsp_search.dashboard.feed import HISTORY_MINUTES, Publish
from lsp_search.settings import Settings

if TYPE_CHECKING:
    from lsp_search.model import Status
    from lsp_search.workspace import Workspace

LOOK_SECONDS = 1.0
HISTORY_SECONDS = 60.0
_NEWS_MINUTES = 5
"""How much of the history is read again every minute."""


async def show_workspace(root: Path, settings: Settings, store: Path | None, publish: Publish) -> None:
    """Opens *root*, keeps its index up to date and publishes what it says of itself, until cancelled."""
    from lsp_search.workspace import Workspace  # noqa: PLC0415 - half a second that the page need not wait for

    def told(status: Status) -> None:
        publish("status", _status(status))

    workspace = Workspace([root], settings, store_dir=store, on_status=told)
    try:
        workspace.start()
        publish("connection", {"state": "live", "source": str(root.resolve())})
        told(workspace.status())
        await asyncio.gather(_figures(workspace, publish), _history(workspace, publish))
    finally:
        await asyncio.to_thread(workspace.close)


def _status(status: Status) -> dict[str, Any]:
    return {
        "state": status.state,
        "done": status.done,
        "total": status.total,
        "generation": status.generation,
        "message": status.message,
    }


async def _figures(workspace: Workspace, publish: Publish) -> None:
    while True:
        publish("metrics", await asyncio.to_thread(workspace.stats))
        await asyncio.sleep(LOOK_SECONDS)


async def _history(workspace: Workspace, publish: Publish) -> None:
    minutes = HISTORY_MINUTES
    while True:
        rows = await asyncio.to_thread(workspace.meter.rows, minutes)
        publish("history", {"rows": [row.as_json() for row in rows]})
        minutes = _NEWS_MINUTES
        await asyncio.sleep(HISTORY_SECONDS)
