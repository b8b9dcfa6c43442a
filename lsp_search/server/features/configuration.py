"""Settings of one client: the project's file below ``initializationOptions`` below what the client has now.

Each wrong value is named once in a message and replaced by its default. A client that lets itself be
asked is asked after ``initialized`` and at every ``didChangeConfiguration``; others push their settings.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from lsp_search.settings import PROJECT_FILE, Settings, parse, project_file

if TYPE_CHECKING:
    from lsp_search.server.app import Session

SECTION = "lspSearch"
PATIENCE = 5.0
"""Seconds that a barrier gives a client to answer; what comes later still counts."""


class Configuration:
    settings: Settings

    def __init__(self, session: Session, initial: Any, root: Path | None) -> None:
        """*initial*: ``initializationOptions``; *root*: where the project's file may be."""
        self._session = session
        self._initial = _section(initial)
        self._client: dict[str, Any] = {}
        self._root = root
        self._shown: set[str] = set()
        self._pulling: asyncio.Task[None] | None = None
        self._asked = 0.0
        self._compose()
        session.on(types.WORKSPACE_DID_CHANGE_CONFIGURATION, self.did_change)
        if session.client.pulls_configuration:
            session.when_ready(self._start_pull)
        if session.client.registers_configuration:
            session.when_ready(lambda: session.spawn(self._register()))

    def did_change(self, params: types.DidChangeConfigurationParams) -> None:
        if self._session.client.pulls_configuration:
            self._start_pull()
        else:
            self._set(_section(params.settings))

    def files_changed(self, paths: list[str]) -> None:
        """Reads the project's file again when it is among *paths*."""
        if self._root is not None and str(self._root / PROJECT_FILE) in paths:
            self.reload()

    def reload(self) -> None:
        """Reads the project's file again."""
        self._apply()

    async def settled(self) -> None:
        """Waits until the client has answered what it was asked, or does not, for barriers."""
        if self._pulling is not None:
            await asyncio.wait([self._pulling], timeout=max(0.0, self._asked + PATIENCE - time.monotonic()))

    def _start_pull(self) -> None:
        self._asked = time.monotonic()
        self._pulling = self._session.spawn(self._pull())

    async def _register(self) -> None:
        await self._session.register(types.WORKSPACE_DID_CHANGE_CONFIGURATION, {"section": SECTION})

    async def _pull(self) -> None:
        wanted = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
        try:
            answer = await self._session.ask(types.WORKSPACE_CONFIGURATION, wanted)
        except JsonRpcException:
            return  # it said that it can, and cannot: what is known stays
        found = answer[0] if isinstance(answer, list | tuple) and answer else None
        self._set(found if isinstance(found, dict) else {})

    def _set(self, client: dict[str, Any]) -> None:
        self._client = client
        self._apply()

    def _apply(self) -> None:
        self._compose()
        if not self._session.follows:
            self._session.shared.configure(self.settings)

    def _compose(self) -> None:
        project, problems = project_file(self._root) if self._root else ({}, [])
        self.settings, more = parse(project, self._initial, self._client)
        for problem in problems + more:
            if problem not in self._shown:
                self._shown.add(problem)
                self._session.show("warning", problem)


def _section(raw: Any) -> dict[str, Any]:
    """Our keys of what a client sent, alone or under the section's name; what is meant for the connection is none of them."""
    if not isinstance(raw, dict):
        return {}
    inner = raw.get(SECTION)
    found = inner if isinstance(inner, dict) else raw
    return {key: value for key, value in found.items() if key not in ("token", "follow")}
