"""What a running server says of itself, for the dashboard: a client of ``serve --tcp`` that only listens.

It joins a workspace that others have open (``initializationOptions.follow``), so that it sees their figures and changes nothing.
What comes by notification is passed on at once; figures are asked for too, because memory alone is no news to a server. A
connection that breaks or goes silent is made again, sooner at first.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from lsp_search import __version__
from lsp_search.server.messages import ALERT, HISTORY, METRICS, STATS, STATUS, STATUS_CHANGED
from lsp_search.server.transport import framed, messages

Publish = Callable[[str, Any], None]

FIGURES_SECONDS = 5.0
HISTORY_SECONDS = 60.0
SILENCE_SECONDS = 20.0
"""A server that says nothing for so long, not even what it is asked for, counts as gone."""
RETRY_SECONDS = (0.25, 5.0)
"""Between two attempts: at first, and at most."""
_HISTORY_MINUTES = 2 * 1440
_NEWS_MINUTES = 5

_NOTIFIED = {METRICS: "metrics", ALERT: "alert", STATUS_CHANGED: "status"}
_ANSWERED = {STATS: "metrics", STATUS: "status", HISTORY: "history"}


_ODD = (msgspec.MsgspecError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What taking a message of something else than our server may raise."""


class Refused(Exception):
    """The server does not want us, for the reason given."""


async def follow(address: tuple[str, int], root: Path | None, token: str | None, publish: Publish) -> None:
    """Publishes what the server at *address* says, until cancelled. *root*: of the workspace to follow (None: the one with
    most clients)."""
    name = f"{address[0]}:{address[1]}"
    wait, longest = RETRY_SECONDS

    def heard(kind: str, params: Any) -> None:
        nonlocal wait
        wait = RETRY_SECONDS[0]
        publish(kind, params)

    while True:
        try:
            await _listen(address, name, root, token, heard)
            detail = f"{name} has ended the connection."
        except TimeoutError:
            detail = f"{name} says nothing."
        except OSError as error:
            detail = f"{name} does not answer ({error.strerror or error})."
        except Refused as error:
            detail = f"{name}: {error}"
        publish("connection", {"state": "lost", "source": name, "detail": detail})
        await asyncio.sleep(wait)
        wait = min(2 * wait, longest)


async def _listen(
    address: tuple[str, int], name: str, root: Path | None, token: str | None, publish: Publish
) -> None:
    reader, writer = await asyncio.open_connection(*address)
    conversation = _Conversation(writer, publish)
    asking: asyncio.Task[None] | None = None
    try:
        conversation.ask("initialize", _introduction(root, token))
        bodies = messages(reader)
        while True:
            # Not by ``wait_for``: of Python 3.11 it may swallow a cancellation that comes with a message.
            async with asyncio.timeout(SILENCE_SECONDS):
                body = await anext(bodies, None)
            if body is None:
                return
            try:
                conversation.take(msgspec.json.decode(body, type=dict[str, Any]))
            except _ODD as error:
                raise Refused("it says what no lsp-search server would") from error
            if conversation.is_initialized and asking is None:
                publish("connection", {"state": "live", "source": name})
                asking = asyncio.create_task(_ask_on(conversation))
    finally:
        if asking is not None:
            asking.cancel()
        writer.close()


def _introduction(root: Path | None, token: str | None) -> dict[str, Any]:
    return {
        "processId": None,
        "clientInfo": {"name": "lsp-search dashboard", "version": __version__},
        "capabilities": {},
        "rootUri": root.resolve().as_uri() if root else None,
        "initializationOptions": {"follow": True, **({"token": token} if token else {})},
    }


async def _ask_on(conversation: _Conversation) -> None:
    """Asks for figures and history as long as the connection lives."""
    conversation.ask(STATUS)
    conversation.ask(HISTORY, {"minutes": _HISTORY_MINUTES})
    for beat in itertools.count(1):
        conversation.ask(STATS)
        await asyncio.sleep(FIGURES_SECONDS)
        if beat % (HISTORY_SECONDS // FIGURES_SECONDS) == 0:
            conversation.ask(HISTORY, {"minutes": _NEWS_MINUTES})


class _Conversation:
    """What was asked, and what becomes of what is said."""

    def __init__(self, writer: asyncio.StreamWriter, publish: Publish) -> None:
        self._writer = writer
        self._publish = publish
        self._numbers = itertools.count(1)
        self._asked: dict[int, str] = {}
        self.is_initialized = False

    def ask(self, method: str, params: Any = None) -> None:
        number = next(self._numbers)
        self._asked[number] = method
        self._send({"id": number, "method": method, "params": params or {}})

    def take(self, message: dict[str, Any]) -> None:
        """Raises Refused."""
        if "method" not in message:
            self._answered(self._asked.pop(message.get("id", 0), ""), message)
        elif "id" in message:
            refusal = {"code": -32601, "message": f"{message['method']} is nothing that a dashboard does"}
            self._send({"id": message["id"], "error": refusal})
        elif (kind := _NOTIFIED.get(message["method"])) is not None:
            self._publish(kind, message.get("params"))

    def _answered(self, method: str, message: dict[str, Any]) -> None:
        if method == "initialize":
            if "error" in message:
                raise Refused(message["error"].get("message", "refused"))
            self.is_initialized = True
            self._send({"method": "initialized", "params": {}})
        elif "error" not in message and method in _ANSWERED:  # an older server keeps no history
            self._publish(_ANSWERED[method], message["result"])

    def _send(self, message: dict[str, Any]) -> None:
        self._writer.write(framed(msgspec.json.encode({"jsonrpc": "2.0", **message})))
