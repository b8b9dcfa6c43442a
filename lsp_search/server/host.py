"""What the connections of one process share: threads for blocking work, and open workspaces.

Clients with the same set of root folders share one :class:`~lsp_search.workspace.Workspace`, so that a
hundred connections cost one index. It opens with its first user and closes with its last. Settings of
the index are those that a user gave last; an open buffer of one user is seen by all of them.

Everything here but the work itself runs on the event loop's thread, so nothing needs a lock. Two pools
keep short and long work apart: a barrier that waits for the disk must not hold up a keystroke.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from lsp_search.model import Status
from lsp_search.settings import Settings

if TYPE_CHECKING:
    from lsp_search.workspace import Workspace

T = TypeVar("T")
log = logging.getLogger(__name__)
_numbers = itertools.count(1)


class Listener(Protocol):
    """A user of a workspace; called on the event loop's thread."""

    def status_changed(self, status: Status) -> None: ...

    def workspace_says(self, level: str, text: str) -> None: ...

    def project_file_changed(self) -> None: ...


class Work:
    """Blocking calls off the event loop."""

    def __init__(self) -> None:
        self._queries = ThreadPoolExecutor(4, "query")
        self._waits = ThreadPoolExecutor(16, "wait")

    async def query(self, call: Callable[[threading.Event], T]) -> T:
        """Runs *call* with an event that is set when the awaiting task is cancelled."""
        cancel = threading.Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._queries, call, cancel)
        finally:
            cancel.set()

    async def wait(self, call: Callable[..., T], *args: Any) -> T:
        """Runs what may take seconds. A cancelled wait goes on in its thread; its result is dropped."""
        return await asyncio.get_running_loop().run_in_executor(self._waits, call, *args)

    def stop(self) -> None:
        self._queries.shutdown(wait=False, cancel_futures=True)
        self._waits.shutdown(wait=False, cancel_futures=True)


class Shared:
    """One workspace and its users. Opens in the background; what is told to it before that is kept in order."""

    def __init__(self, host: Host, roots: frozenset[Path], settings: Settings) -> None:
        self._host = host
        self.number = next(_numbers)
        self.roots = roots
        self.settings = settings
        self.listeners: list[Listener] = []
        self.status = Status("starting")
        self.workspace: Workspace | None = None
        self._told: list[Callable[[Workspace], None]] = []
        self._loop = asyncio.get_running_loop()
        self._stats: tuple[float, dict[str, object], msgspec.Raw] | None = None
        self.opened: asyncio.Task[Workspace] = asyncio.create_task(self._open())

    async def _open(self) -> Workspace:
        await self._host.until_closed(self.roots)
        workspace = await self._host.work.wait(self._make)
        for action in self._told:
            action(workspace)
        self._told.clear()
        self.workspace = workspace
        return workspace

    def _make(self) -> Workspace:
        # Imported here, in a thread: what the core needs loads while `initialize` is already answered.
        from lsp_search.workspace import Workspace  # noqa: PLC0415

        # Our own watcher always runs, also where the client watches for us: clients leave folders out
        # (VS Code's files.watcherExclude), and `lspSearch/sync` needs a watcher whose lag it can measure.
        workspace = Workspace(
            sorted(self.roots),
            self.settings,
            store_dir=self._host.store_dir,
            watch=True,
            on_status=lambda status: self._from_thread(self._status_changed, status),
            on_message=lambda level, text: self._from_thread(self._says, level, text),
            on_project_file=lambda: self._from_thread(self._project_file_changed),
        )
        workspace.meter.keep_history()
        workspace.start()
        return workspace

    def _from_thread(self, call: Callable[..., None], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(call, *args)

    def _status_changed(self, status: Status) -> None:
        self.status = status
        for listener in list(self.listeners):
            listener.status_changed(status)

    def _says(self, level: str, text: str) -> None:
        for listener in list(self.listeners):
            listener.workspace_says(level, text)

    def _project_file_changed(self) -> None:
        for listener in list(self.listeners):
            listener.project_file_changed()

    def tell(self, action: Callable[[Workspace], None]) -> None:
        """Does *action* (cheap) now, or as soon as the workspace is open, in the order of the calls."""
        if self.workspace is None:
            self._told.append(action)
        else:
            action(self.workspace)

    def configure(self, settings: Settings) -> None:
        if settings != self.settings:
            self.settings = settings
            self.tell(lambda workspace: workspace.configure(settings))

    async def stats(self, max_age: float = 0.0) -> tuple[dict[str, object], msgspec.Raw]:
        """``lspSearch/stats`` as values and as bytes, at most *max_age* seconds old: users share one reading."""
        workspace = await asyncio.shield(self.opened)
        now = self._loop.time()
        if self._stats is None or now - self._stats[0] > max_age:
            values, raw = await self._host.work.query(lambda _: _read_stats(workspace))
            self._stats = (now, values, raw)
        return self._stats[1], self._stats[2]

    async def close(self) -> None:
        try:
            workspace = await self.opened
        except Exception:  # was said when it failed to open
            return
        await self._host.work.wait(workspace.close)


def _read_stats(workspace: Workspace) -> tuple[dict[str, object], msgspec.Raw]:
    values = workspace.stats()
    return values, msgspec.Raw(msgspec.json.encode(values))


class Host:
    """The process: threads, open workspaces by their roots, and who may connect."""

    def __init__(self, *, store_dir: Path | None = None, token: str | None = None) -> None:
        self.work = Work()
        self.store_dir = store_dir
        self.token = token
        self._shared: dict[frozenset[Path], Shared] = {}
        self._closing: dict[frozenset[Path], asyncio.Task[None]] = {}

    def workspaces(self) -> dict[int, Workspace]:
        """The open ones, by a number in the order of their opening. Any thread."""
        return {
            shared.number: shared.workspace
            for shared in list(self._shared.values())
            if shared.workspace is not None
        }

    def join(self, roots: Iterable[Path], settings: Settings, listener: Listener) -> Shared:
        """The workspace of *roots*, opening it for its first user."""
        key = frozenset(roots)
        shared = self._shared.get(key)
        if shared is None:
            shared = self._shared[key] = Shared(self, key, settings)
        else:
            shared.configure(settings)
        shared.listeners.append(listener)
        return shared

    def follow(self, roots: Iterable[Path], listener: Listener) -> Shared | None:
        """An open workspace to look at: one that holds all *roots*, and of these the one with most users. Its settings stay
        as they are. None where there is none."""
        wanted = [root.resolve() for root in roots]
        fitting = [
            shared
            for shared in self._shared.values()
            if shared.roots and all(any(root.is_relative_to(own) for own in shared.roots) for root in wanted)
        ]
        if not fitting:
            return None
        shared = max(fitting, key=lambda shared: len(shared.listeners))
        shared.listeners.append(listener)
        return shared

    def leave(self, shared: Shared, listener: Listener) -> None:
        """Ends a use; the last one closes the workspace in the background."""
        shared.listeners.remove(listener)
        if not shared.listeners:
            del self._shared[shared.roots]
            task = asyncio.create_task(shared.close())
            self._closing[shared.roots] = task
            task.add_done_callback(lambda done: self._forget(shared.roots, done))

    def _forget(self, roots: frozenset[Path], done: asyncio.Task[None]) -> None:
        if self._closing.get(roots) is done:
            del self._closing[roots]
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("a workspace did not close cleanly", exc_info=error)

    def change_roots(
        self, shared: Shared, listener: Listener, added: Sequence[Path], removed: Sequence[Path]
    ) -> Shared:
        """The workspace for the changed roots: the same one where nobody else uses it, else another."""
        roots = (shared.roots - set(removed)) | set(added)
        if roots == shared.roots:
            return shared
        if shared.listeners == [listener] and roots not in self._shared and roots not in self._closing:
            del self._shared[shared.roots]
            shared.roots = roots
            self._shared[roots] = shared
            shared.tell(lambda workspace: workspace.set_folders(added, removed))
            return shared
        other = self.join(roots, shared.settings, listener)
        self.leave(shared, listener)
        return other

    async def until_closed(self, roots: frozenset[Path]) -> None:
        """Waits for an earlier workspace of the same roots, which still holds their store."""
        if (closing := self._closing.get(roots)) is not None:
            await asyncio.wait([closing])

    async def close(self) -> None:
        """Waits until every workspace whose users have left is closed."""
        if self._closing:
            await asyncio.wait(list(self._closing.values()), timeout=5)
        self.work.stop()
