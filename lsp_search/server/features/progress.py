"""Work-done progress: for requests whose client sent a token, and for indexing, where the server asks for one.

Indexing is shown when it is the first of a workspace or a large refresh; cancelling it stops the run
and keeps what is indexed. Tokens are ours to remember: one at a time, dropped at its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from lsp_search.model import Status
from lsp_search.server.messages import Progress, Token

if TYPE_CHECKING:
    from lsp_search.server.app import Session

LARGE_REFRESH = 200
"""Files from which a refresh is worth a progress bar."""
INTERVAL = 0.1
"""Least seconds between two reports."""


def report(session: Session, token: Token, kind: str, **said: Any) -> None:
    session.tell(types.PROGRESS, Progress(token, {"kind": kind, **said}))


@contextlib.contextmanager
def work_done(session: Session, token: Token | None, title: str) -> Iterator[None]:
    """Begin and end around a request that came with a work-done token."""
    if token is None:
        yield
        return
    report(session, token, "begin", title=title)
    try:
        yield
    finally:
        report(session, token, "end")


class IndexingProgress:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._status = Status("starting")
        self._changed = asyncio.Event()
        self._token: str | None = None
        session.on(types.WINDOW_WORK_DONE_PROGRESS_CANCEL, self.cancel)
        if session.client.shows_progress:
            session.on_status(self.status_changed)

    def status_changed(self, status: Status) -> None:
        self._status = status
        self._changed.set()
        worth_it = status.generation == 0 or status.total >= LARGE_REFRESH
        if self._token is None and status.state == "indexing" and worth_it:
            self._token = f"lsp-search-{uuid.uuid4()}"
            self._session.spawn(self._show(self._token))

    async def _show(self, token: str) -> None:
        try:
            await self._session.ask(
                types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token)
            )
            report(self._session, token, "begin", title="Indexing", cancellable=True, percentage=0)
            while self._status.state == "indexing":
                self._changed.clear()
                report(self._session, token, "report", **_figures(self._status))
                await asyncio.sleep(INTERVAL)
                if self._status.state == "indexing":
                    await self._changed.wait()
            report(self._session, token, "end", message=self._status.message or f"{self._status.done} files")
        except JsonRpcException:
            pass  # the client wants no progress bar now
        finally:
            self._token = None

    def cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        if params.token == self._token:
            self._session.spawn(self._session.wait(lambda workspace: workspace.cancel_indexing()))


def _figures(status: Status) -> dict[str, Any]:
    figures: dict[str, Any] = {"message": f"{status.done} of {status.total} files"}
    if status.total > 0:
        figures["percentage"] = min(100, 100 * status.done // status.total)
    return figures
