"""One connection: the client's flags and settings, the workspace it uses, and the features in between.

A :class:`Session` is a pygls ``LanguageServer`` of its own (1.7 ms, its converter is shared): pygls'
``start_tcp`` would give all clients one protocol object. Features are objects of ``features/`` that get
the session handed in and register what they answer; nothing else in here knows a method's meaning.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hmac
import logging
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import cattrs
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from lsp_search import __version__
from lsp_search.model import Status
from lsp_search.server import client, errors, from_protocol
from lsp_search.server.capabilities import server_capabilities
from lsp_search.server.features.commands import Commands
from lsp_search.server.features.configuration import Configuration
from lsp_search.server.features.document_symbols import DocumentSymbols
from lsp_search.server.features.folders import Folders
from lsp_search.server.features.metrics import Metrics
from lsp_search.server.features.progress import IndexingProgress
from lsp_search.server.features.search import Search
from lsp_search.server.features.status import StatusFeature
from lsp_search.server.features.symbols import Symbols
from lsp_search.server.features.sync_documents import Documents
from lsp_search.server.features.watched_files import WatchedFiles
from lsp_search.server.host import Host, Shared
from lsp_search.server.protocol import SearchProtocol, Writer

if TYPE_CHECKING:
    from lsp_search.settings import Settings
    from lsp_search.workspace import Workspace

T = TypeVar("T")
log = logging.getLogger(__name__)

_MESSAGE_TYPES = {
    "error": types.MessageType.Error,
    "warning": types.MessageType.Warning,
    "info": types.MessageType.Info,
}


@functools.cache
def _converter() -> cattrs.Converter:
    converter: cattrs.Converter = default_converter()  # type: ignore[no-untyped-call]
    return converter


class Session(LanguageServer):
    """What the features of one connection share. Everything runs on the event loop's thread."""

    protocol: SearchProtocol

    client: client.Client
    """Set, like the three below, by ``initialize``, before which no feature is called."""
    shared: Shared
    configuration: Configuration
    follows: bool
    """It only looks at what others have open, and settles nothing for them."""

    def __init__(self, host: Host, writer: Writer) -> None:
        super().__init__("lsp-search", __version__, protocol_cls=SearchProtocol, converter_factory=_converter)
        self.protocol.set_writer(writer, include_headers=False)
        self.host = host
        self.failures: Counter[str] = Counter()
        """Failures of notifications and of the protocol itself, by kind; each is also in the log."""
        self._ready = False
        self._when_ready: list[Callable[[], object]] = []
        self._status_listeners: list[Callable[[Status], None]] = []
        self._when_closed: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    # The conversation

    def initialize(self, params: types.InitializeParams) -> types.InitializeResult:
        """Answers at once: the workspace opens in the background."""
        options = params.initialization_options
        self._check_token(options)
        self.client = client.read(params)
        roots, foreign = from_protocol.roots(params)
        self.configuration = Configuration(self, options, roots[0] if roots else None)
        self.follows = isinstance(options, dict) and options.get("follow") is True
        self.shared = self._followed(roots) if self.follows else self.host.join(roots, self.settings, self)
        self._watch_opening()
        self.on(types.INITIALIZED, self._initialized)
        documents = Documents(self)
        Folders(self, documents).leave_aside(foreign)
        IndexingProgress(self)
        StatusFeature(self)
        WatchedFiles(self)
        Metrics(self)
        Symbols(self)
        DocumentSymbols(self, documents)
        Search(self)
        Commands(self)
        return types.InitializeResult(
            capabilities=server_capabilities(self.client),
            server_info=types.ServerInfo(name="lsp-search", version=__version__),
        )

    def _followed(self, roots: list[Path]) -> Shared:
        """The workspace of others that a client which only looks joins."""
        shared = self.host.follow(roots, self)
        if shared is None:
            where = "no folder is open" if not roots else "this folder is not open"
            raise errors.RequestError(errors.REQUEST_FAILED, f"{where} in this server yet", {"retry": True})
        return shared

    def _check_token(self, options: Any) -> None:
        if self.host.token is None:
            return
        given = options.get("token") if isinstance(options, dict) else None
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), self.host.token.encode()):
            raise errors.RequestError(
                errors.REQUEST_FAILED,
                "this server wants a token: set initializationOptions.token to the content of its token file",
                {"retry": False},
            )

    def _initialized(self, _: object) -> None:
        self._ready = True
        waiting, self._when_ready = self._when_ready, []
        for call in waiting:
            call()
        self.status_changed(self.shared.status)

    async def close(self) -> None:
        """The connection is over: ends what runs for it and gives up its workspace."""
        for task in self._tasks:
            task.cancel()
        for future in list(self.protocol._request_futures.values()):
            future.cancel()
        if hasattr(self, "shared"):
            for call in self._when_closed:
                call()
            self.host.leave(self.shared, self)
        self.protocol.writer = None

    # For features: what comes in

    def on(self, method: str, handler: Callable[..., Any]) -> None:
        self.protocol.on(method, handler)

    def when_ready(self, call: Callable[[], object]) -> None:
        """Calls after ``initialized``, before which the server may not ask the client anything."""
        if self._ready:
            call()
        else:
            self._when_ready.append(call)

    def when_closed(self, call: Callable[[], None]) -> None:
        self._when_closed.append(call)

    def on_status(self, call: Callable[[Status], None]) -> None:
        """Calls for every change of the status, from ``initialized`` on."""
        self._status_listeners.append(call)

    def status_changed(self, status: Status) -> None:
        if self._ready:
            for call in self._status_listeners:
                call(status)

    # For features: what goes out

    def tell(self, method: str, params: Any) -> None:
        """Sends a notification; *params* as msgspec encodes them."""
        self.protocol.tell(method, params)

    async def ask(self, method: str, params: Any) -> Any:
        """A request to the client. Raises JsonRpcException for its refusal."""
        return await self.protocol.send_request_async(method, params)

    def show(self, level: str, text: str) -> None:
        """A message for the user's eyes (information goes to the log that editors keep for a server)."""

        def send() -> None:
            method = types.WINDOW_LOG_MESSAGE if level == "info" else types.WINDOW_SHOW_MESSAGE
            kind = _MESSAGE_TYPES.get(level, types.MessageType.Info)
            self.tell(method, {"type": kind.value, "message": text})

        self.when_ready(send)

    async def register(self, method: str, options: Any) -> None:
        """Asks the client to send *method* from now on; a refusal changes nothing."""
        registration = types.Registration(id=f"lsp-search-{method}", method=method, register_options=options)
        with contextlib.suppress(JsonRpcException):
            await self.ask(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([registration]))

    def workspace_says(self, level: str, text: str) -> None:
        self.show(level, text)

    def project_file_changed(self) -> None:
        self.configuration.reload()

    # For features: work

    @property
    def settings(self) -> Settings:
        return self.configuration.settings

    def files_changed(self, paths: list[str]) -> None:
        """Files or folders that the client says changed."""
        if paths:
            self.configuration.files_changed(paths)
            self.shared.tell(lambda workspace: workspace.files_changed(paths))

    def change_roots(self, added: list[Path], removed: list[Path]) -> bool:
        """Other folders from now on; True where that means another workspace than before."""
        before = self.shared
        self.shared = self.host.change_roots(before, self, added, removed)
        if self.shared is before:
            return False
        self._watch_opening()
        return True

    async def query(self, name: str, call: Callable[[Workspace, threading.Event], T]) -> T:
        """Runs short blocking work, cancelled with the awaiting task; its time counts as latency *name*."""
        workspace = await asyncio.shield(self.shared.opened)

        asked = time.perf_counter()

        def timed(cancel: threading.Event) -> T:
            with workspace.meter.work(name, time.perf_counter() - asked):
                return call(workspace, cancel)

        return await self.host.work.query(timed)

    async def wait(self, call: Callable[[Workspace], T]) -> T:
        """Runs blocking work that may take seconds."""
        workspace = await asyncio.shield(self.shared.opened)
        return await self.host.work.wait(call, workspace)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs *work* beside the conversation, at most as long as it; its failure is logged and counted."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as error:
            self.report_server_error(error, type(error))

    def _watch_opening(self) -> None:
        def opened(task: asyncio.Task[Workspace]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("the workspace did not open", exc_info=error)
                self.show("error", f"lsp-search could not open this workspace: {errors.plain(error)}")

        self.shared.opened.add_done_callback(opened)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Where pygls reports what no request waits for: into the log and a counter, never as a popup."""
        if isinstance(error, JsonRpcMethodNotFound):  # is answered, and no failure of ours
            return
        self.failures[type(error).__name__] += 1
        if isinstance(error, errors.RequestError):
            log.warning("%s", error)
        else:
            log.error("failed: %s", getattr(source, "__name__", source), exc_info=error)
