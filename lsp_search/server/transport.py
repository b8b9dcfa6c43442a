"""Where messages come from and go to: standard streams, TCP, WebSocket.

Each transport turns bytes into whole messages and hands them to a :class:`~lsp_search.server.app.Session`
of their own, one a connection. Writers take whole messages and never block the event loop; a client that
stops reading is cut off at :data:`MOST_UNSENT` bytes on sockets.

On stdio two daemon threads move bytes between the pipes and the loop: that works on every system and for
every kind of file, and costs one thread hop a message (pygls' own reader needs three).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import re
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, ParamSpec

import psutil

from lsp_search.server.app import Session

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

    from lsp_search.server.host import Host

P = ParamSpec("P")
log = logging.getLogger(__name__)

MOST_MESSAGE = 256 << 20
"""Bytes of the largest message that is read; a larger one ends the connection."""
MOST_UNSENT = 64 << 20
PARENT_CHECK = 2.0
"""Seconds between two looks whether the editor's process still lives."""

_LENGTH = re.compile(rb"content-length\s*:\s*(\d{1,12})\s*", re.IGNORECASE)
_LOCAL_ORIGIN = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")


async def messages(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Bodies of the messages in a stream with LSP's headers. What is no header is skipped."""
    length: int | None = None
    try:
        while line := await _line(reader):
            if found := _LENGTH.fullmatch(line.strip()):
                length = int(found[1])
            elif length is not None and not line.strip():
                if length > MOST_MESSAGE:
                    log.error(
                        "a message of %d bytes is larger than %d; the connection is closed",
                        length,
                        MOST_MESSAGE,
                    )
                    return
                yield await reader.readexactly(length)
                length = None
    except (asyncio.IncompleteReadError, ConnectionError):
        return  # the other side went away in the middle


async def _line(reader: asyncio.StreamReader) -> bytes:
    while True:
        try:
            return await reader.readline()
        except ValueError:  # longer than the reader's limit: no header; the reader has dropped it
            continue


async def converse(session: Session, bodies: AsyncIterator[bytes]) -> int:
    """Handles messages until the conversation ends; returns the exit status that LSP asks for."""
    try:
        async for body in bodies:
            session.protocol.receive(body)
            if session.protocol.exit_code is not None:
                break
            # Lets what was just started run: a burst of messages must not hold up the first answer.
            await asyncio.sleep(0)
    finally:
        await session.close()
    code = session.protocol.exit_code
    return session.protocol.code_at_end() if code is None else code


# Standard streams


class PipeWriter:
    """Writes framed messages to a descriptor from a thread of its own."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="stdout", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        self._queue.put(framed(data))

    def close(self) -> None:
        self._queue.put(None)

    def flush(self, timeout: float) -> None:
        """Closes, and waits until everything is written."""
        self.close()
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            while (data := self._queue.get()) is not None:
                left = memoryview(data)
                while left:
                    left = left[os.write(self._descriptor, left) :]
        except OSError as error:  # the client is gone; its input ends too
            log.debug("standard output is closed: %s", error)


def framed(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def _feed(descriptor: int, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed
        try:
            while data := os.read(descriptor, 1 << 16):
                loop.call_soon_threadsafe(reader.feed_data, data)
        except OSError as error:
            log.debug("standard input is closed: %s", error)
        loop.call_soon_threadsafe(reader.feed_eof)


async def serve_stdio(host: Host, source: int, sink: int) -> int:
    """Serves one client; ends with it, with its process, or by a signal."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    threading.Thread(target=_feed, args=(source, reader, loop), name="stdin", daemon=True).start()
    writer = PipeWriter(sink)
    session = Session(host, writer)
    conversation = asyncio.create_task(converse(session, messages(reader)))
    stopped = asyncio.create_task(_signalled())
    orphaned = asyncio.create_task(_parent_gone(session))
    await asyncio.wait([conversation, stopped, orphaned], return_when=asyncio.FIRST_COMPLETED)
    for task in (conversation, stopped, orphaned):
        task.cancel()
    await asyncio.wait([conversation])
    await host.close()
    await loop.run_in_executor(None, writer.flush, 2.0)
    return session.protocol.code_at_end() if conversation.cancelled() else conversation.result()


async def _signalled() -> None:
    """Returns when the process is asked to end."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows ends us its own way
            loop.add_signal_handler(number, asked.set)
    await asked.wait()


async def _parent_gone(session: Session) -> None:
    """Returns when the process that the client named in ``initialize`` is no more."""
    while True:
        await asyncio.sleep(PARENT_CHECK)
        number = session.client.process_id if hasattr(session, "client") else None
        if number is not None and not psutil.pid_exists(number):
            log.warning("the editor's process %d is gone", number)
            return


# Sockets


class StreamWriter:
    """Writes framed messages to a TCP connection."""

    def __init__(self, stream: asyncio.StreamWriter) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        if self._stream.is_closing():
            return
        self._stream.write(framed(data))
        if self._stream.transport.get_write_buffer_size() > MOST_UNSENT:
            log.warning("a client does not read its answers; it is cut off")
            self._stream.transport.abort()

    def close(self) -> None:
        self._stream.close()


class SocketWriter:
    """Sends messages as text frames of a WebSocket, in order, from a task of its own."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._unsent = 0
        self._task = asyncio.create_task(self._run())

    def write(self, data: bytes) -> None:
        self._unsent += len(data)
        if self._unsent > MOST_UNSENT:
            log.warning("a client does not read its answers; it is cut off")
            self._socket.transport.abort()
        else:
            self._queue.put_nowait(data)

    def close(self) -> None:
        self._queue.put_nowait(None)

    async def finish(self) -> None:
        self.close()
        await self._task

    async def _run(self) -> None:
        from websockets.exceptions import ConnectionClosed  # noqa: PLC0415

        with contextlib.suppress(ConnectionClosed):
            while (data := await self._queue.get()) is not None:
                await self._socket.send(data, text=True)
                self._unsent -= len(data)


async def serve_tcp(host: Host, address: tuple[str, int]) -> int:
    async def connected(reader: asyncio.StreamReader, stream: asyncio.StreamWriter) -> None:
        writer = StreamWriter(stream)
        try:
            await converse(Session(host, writer), messages(reader))
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await stream.wait_closed()

    async with _Connections(host) as connections:
        server = await asyncio.start_server(connections.tracked(connected), *address)
        async with server:
            _announce(server.sockets[0].getsockname())
            await _signalled()
    return 0


async def serve_ws(host: Host, address: tuple[str, int]) -> int:
    """One message a frame, no headers. Pages of other sites may not connect (their ``Origin`` tells)."""
    from websockets.asyncio.server import serve  # noqa: PLC0415

    async def connected(socket: ServerConnection) -> None:
        writer = SocketWriter(socket)
        try:
            await converse(Session(host, writer), _frames(socket))
        finally:
            await writer.finish()

    async with (
        _Connections(host) as connections,
        serve(
            connections.tracked(connected),
            *address,
            origins=[None, _LOCAL_ORIGIN],
            max_size=MOST_MESSAGE,
            compression=None,
        ) as server,
    ):
        _announce(next(iter(server.sockets)).getsockname())
        await _signalled()
    return 0


async def _frames(socket: ServerConnection) -> AsyncIterator[bytes]:
    from websockets.exceptions import ConnectionClosed  # noqa: PLC0415

    with contextlib.suppress(ConnectionClosed):
        while True:
            yield await socket.recv(decode=False)


class _Connections:
    """The connections of a socket server: a context that ends them, and then the host, on leaving."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._tasks: set[asyncio.Task[Any]] = set()

    def tracked(self, serve: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
        async def connection(*args: P.args, **kwargs: P.kwargs) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - servers run connections as tasks
            self._tasks.add(task)
            try:
                await serve(*args, **kwargs)
            except Exception:
                log.exception("a connection failed")
            finally:
                self._tasks.discard(task)

        return connection

    async def __aenter__(self) -> _Connections:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=2)
        await self._host.close()


def _announce(name: tuple[str, int]) -> None:
    where = f"[{name[0]}]" if ":" in name[0] else name[0]
    sys.stderr.write(f"listening on {where}:{name[1]}\n")
    sys.stderr.flush()
