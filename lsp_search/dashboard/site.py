"""The dashboard's web server: one page and one stream of server-sent events, for whoever has the token.

The address that is printed holds the token once; it is changed for a cookie at once, so that it stays out of the page's address,
of the history of the browser and of what is sent along to others. Programs may send ``Authorization: Bearer TOKEN``. Requests
whose ``Host`` is not the loopback address that is listened on are refused before anything else: a foreign name that was
made to resolve to 127.0.0.1 (DNS rebinding) gets nothing, and no other origin may read an answer (no CORS).

Starlette and uvicorn are loaded with this module: 0.35 s and 2 MB, pure Python; aiohttp takes 0.55 s and 12 MB.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
import signal
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lsp_search.dashboard import page
from lsp_search.dashboard.feed import Feed

_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Site:
    """Listens on 127.0.0.1 from the start: who comes before :meth:`run` runs has to wait, no more."""

    def __init__(self, feed: Feed, port: int = 0) -> None:
        """*port*: 0 takes a free one. Raises OSError where the port is taken."""
        self._feed = feed
        self._token = secrets.token_urlsafe(32)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
            self._socket.listen()
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self._server = self._made()

    @property
    def url(self) -> str:
        """The address that lets a browser in."""
        return f"http://127.0.0.1:{self.port}/?token={self._token}"

    def stop(self) -> None:
        """From any thread: ends :meth:`run`, soon."""
        self._server.should_exit = True

    async def run(self) -> None:
        """Serves until the process is asked to end (SIGINT, SIGTERM)."""
        await self._server.serve(sockets=[self._socket])

    def _made(self) -> _Server:
        app = Starlette(
            routes=[Route("/", self._page), Route("/events", self._events)],
            middleware=[Middleware(_Gate, site=self)],
        )
        return _Server(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                access_log=False,
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=2,
            ),
            self._feed,
        )

    def refusal(self, headers: Headers, given: str | None) -> str | None:
        """Why a request is refused; None where it is not. *given*: the token in its address, if any."""
        if headers.get("host") not in (f"127.0.0.1:{self.port}", f"localhost:{self.port}"):
            return "this page is served under its own address only"
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        if given is None and kind.lower() == "bearer":
            given = bearer
        if given is None:
            given = Request({"type": "http", "headers": headers.raw}).cookies.get(self._cookie, "")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return "open the address that `lsp-search dashboard` printed"
        return None

    @property
    def _cookie(self) -> str:
        return f"lsp-search-{self.port}"  # cookies don't tell ports apart

    async def _page(self, request: Request) -> Response:
        if "token" in request.query_params:
            entered = RedirectResponse("/", status_code=303)
            entered.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
            return entered
        nonce = secrets.token_urlsafe(16)
        return HTMLResponse(page.html(nonce), headers={"Content-Security-Policy": page.policy(nonce)})

    async def _events(self, _request: Request) -> Response:
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        async for message in self._feed.listen():
            yield b"data: %b\n\n" % message if message else b": still here\n\n"


class _Gate:
    """Lets in who has the token, whatever is asked for, and puts the common headers on every answer."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        refusal = self._site.refusal(request.headers, request.query_params.get("token"))
        app = self._app if refusal is None else PlainTextResponse(f"403: {refusal}\n", status_code=403)

        async def marked(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                assert isinstance(headers, list)  # noqa: S101 - Starlette's own responses
                headers += [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
            await send(message)

        await app(scope, receive, marked)  # type: ignore[arg-type]


class _Server(uvicorn.Server):
    """Ends the streams, which would go on forever, before it waits for answers to be done; and returns when the process is
    asked to end, where uvicorn's own would raise the signal again before anything else is closed."""

    def __init__(self, config: uvicorn.Config, feed: Feed) -> None:
        super().__init__(config)
        self._feed = feed

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                with contextlib.suppress(NotImplementedError):  # on Windows Ctrl-C cancels instead
                    loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._feed.close()
        await super().shutdown(sockets)
