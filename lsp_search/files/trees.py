"""Three ways to learn what changes under a root, behind one face (:class:`Tree`), for :mod:`lsp_search.files.watch`.

* :class:`InotifyTree` (Linux): one kernel queue, one watch a folder that belongs, none on what is skipped. A new
  folder is watched before it is listed, so nothing in it is missed. The kernel says when its queue overflowed.
* :class:`RecursiveTree` (macOS, Windows): one recursive watch by watchfiles, where the system watches trees by
  itself. Overflow is silent there, so a burst counts as one. (Not for Linux: it would watch ``node_modules`` too,
  holds the interpreter's lock for 0.4 s while it sets up 5,000 folders, wakes 200 times a second, and one name that
  is not UTF-8 breaks it for good.)
* :class:`PollingTree`: walks the root time and again and compares; costs at most a twentieth of one processor.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import threading
import time
from typing import NamedTuple, Protocol

from lsp_search.files.rules import Rules
from lsp_search.files.walk import Found, folders, walk

SETTLE = 0.003
"""Seconds without a change that end a batch: an editor's truncate, write and rename arrive as one."""
SETTLE_AT_MOST = 0.02
BURST = 2000
"""So many changes in one batch may mean that more were lost, where the system would not say so."""


class Change(NamedTuple):
    path: str
    """Relative to the root."""
    is_dir: bool
    is_new: bool
    """A folder that may hold anything by now."""


class Batch(NamedTuple):
    changes: list[Change]
    barriers: list[str]
    """Those passed: all changes before them are in this batch or an earlier one."""
    lost: str = ""
    """Why changes may be missing; empty: none are."""


class Tree(Protocol):
    """What :class:`~lsp_search.files.watch.Watcher` needs. ``read`` belongs to one thread; the rest to any."""

    @property
    def watched(self) -> int: ...

    def read(self, timeout: float) -> Batch:
        """Waits for changes, at most *timeout* seconds, or until woken."""

    def cover(self, folder: str) -> None:
        """Watches the folder and all in it that belongs, and nothing that no longer does."""

    def barrier(self, name: str) -> None:
        """Asks for *name* among a batch's ``barriers``."""

    def wake(self) -> None: ...

    def close(self) -> None: ...


_REMOVED = (-1, -1)
"""No inode: the root that was watched is gone."""


class InotifyTree:
    """Raises OSError (ENOSPC, EMFILE) when the system's limit on watches is reached."""

    def __init__(self, root: str, rules: Rules, cookie_dir: str) -> None:
        # Exists on Linux only, and has no types.
        from inotify_simple import INotify, flags  # noqa: PLC0415

        self._root = root
        self._rules = rules
        self._cookie_dir = cookie_dir
        self._flags = flags
        self._mask = (
            flags.CREATE | flags.DELETE | flags.MODIFY | flags.CLOSE_WRITE | flags.ATTRIB | flags.MOVED_FROM
            | flags.MOVED_TO | flags.DELETE_SELF | flags.MOVE_SELF | flags.ONLYDIR | flags.DONT_FOLLOW
            | flags.EXCL_UNLINK
        )  # fmt: skip
        self._queue = INotify(nonblocking=True)
        self._alarm = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._queue.fileno(), select.POLLIN)
        self._poll.register(self._alarm, select.POLLIN)
        self._paths: dict[int, str] = {}
        """Relative paths by watch descriptor."""
        try:
            # Not masked like the others: the cookies' creation is all that matters.
            self._cookies = self._queue.add_watch(cookie_dir, flags.CREATE)
            self._root_inode: tuple[int, int] | None = self._inode()
            self.cover("")
        except BaseException:
            self.close()
            raise

    @property
    def watched(self) -> int:
        return len(self._paths)

    def cover(self, folder: str) -> None:
        covered = self._watch(folder)
        below = f"{folder}/" if folder else ""
        for descriptor, path in list(self._paths.items()):
            if descriptor not in covered and (path == folder or path.startswith(below)):
                self._forget(descriptor)

    def read(self, timeout: float) -> Batch:
        inode = self._inode()
        if inode != self._root_inode:
            self._root_inode = inode
            self._rules.invalidate("")
            self.cover("")
            return Batch([Change("", True, True)], [], "the root folder was moved, removed or replaced")
        changes: dict[Change, None] = {}
        barriers: list[str] = []
        lost = ""
        ready = self._poll.poll(timeout * 1000)
        deadline = time.monotonic() + SETTLE_AT_MOST
        while any(descriptor == self._queue.fileno() for descriptor, _ in ready):
            for event in self._queue.read(timeout=0):
                if event.mask & self._flags.Q_OVERFLOW:
                    lost = "the system dropped file events: too many at once"
                elif event.wd == self._cookies:
                    barriers.append(event.name)
                else:
                    change = self._change(event.wd, event.mask, event.name)
                    if change is not None:
                        changes[change] = None
            if barriers or time.monotonic() > deadline:
                break
            ready = self._poll.poll(SETTLE * 1000)
        if lost:
            self._rules.invalidate("")
            self.cover("")
        return Batch(list(changes), barriers, lost)

    def barrier(self, name: str) -> None:
        with open(os.path.join(self._cookie_dir, name), "xb"):
            pass

    def wake(self) -> None:
        os.eventfd_write(self._alarm, 1)

    def close(self) -> None:
        self._queue.close()
        os.close(self._alarm)

    def _change(self, descriptor: int, mask: int, name: str) -> Change | None:
        flags = self._flags
        folder = self._paths.get(descriptor)
        if folder is None:
            return None
        if not name:
            # About the watched folder itself, which its parent reports; the root is looked at by read(), and what
            # replaces it may get its inode.
            if mask & (flags.IGNORED | flags.DELETE_SELF):
                self._paths.pop(descriptor, None)
                if not folder:
                    self._root_inode = _REMOVED
            return None
        path = f"{folder}/{name}" if folder else name
        if not mask & flags.ISDIR:
            return Change(path, False, False)
        if mask & (flags.MOVED_FROM | flags.DELETE):
            below = f"{path}/"
            for other, watched in list(self._paths.items()):
                if watched == path or watched.startswith(below):
                    self._forget(other)
        # What it may be by now: it may have been replaced, or become readable.
        self._rules.invalidate(path)
        return Change(path, True, bool(self._watch(path)))

    def _watch(self, folder: str) -> set[int]:
        """Watches *folder* and what belongs below; what it watches now, by descriptor."""
        watched = set()
        for path in folders(self._root, self._rules, folder):
            try:
                descriptor = self._queue.add_watch(os.path.join(self._root, path), self._mask)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOMEM):
                    raise
                continue  # vanished, or not readable
            self._paths[descriptor] = path
            watched.add(descriptor)
        return watched

    def _forget(self, descriptor: int) -> None:
        self._paths.pop(descriptor, None)
        with contextlib.suppress(OSError):  # its folder may be gone, and the watch with it
            self._queue.rm_watch(descriptor)

    def _inode(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._root)
        except OSError:
            return None
        return status.st_dev, status.st_ino


class RecursiveTree:
    def __init__(self, root: str, rules: Rules, cookie_dir: str) -> None:
        from watchfiles._rust_notify import RustNotify  # noqa: PLC0415 - not in every process that imports this

        self._root = root
        self._rules = rules
        self._cookie_dir = cookie_dir
        self._stopped = threading.Event()
        self._notify = RustNotify([root, cookie_dir], False, False, 0, True, True)

    @property
    def watched(self) -> int:
        return 1

    def read(self, timeout: float) -> Batch:
        raw = self._notify.watch(20, 4, max(int(timeout * 1000), 1), self._stopped)
        if isinstance(raw, str):
            return Batch([], [])
        changes: set[Change] = set()
        barriers = []
        for _, absolute in raw:
            path = _below(self._root, absolute)
            if path is not None:
                is_dir = os.path.isdir(absolute) and not os.path.islink(absolute)
                changes.add(Change(path, is_dir, is_dir))
            else:
                cookie = _below(self._cookie_dir, absolute)
                if cookie is not None:
                    barriers.append(cookie)
        lost = "so many files changed at once that some changes may be missing" if len(raw) >= BURST else ""
        return Batch(sorted(changes), barriers, lost)

    def cover(self, folder: str) -> None:
        """The one watch covers all."""

    def barrier(self, name: str) -> None:
        with open(os.path.join(self._cookie_dir, name), "xb"):
            pass

    def wake(self) -> None:
        self._stopped.set()

    def close(self) -> None:
        self._notify.close()


def _below(folder: str, path: str) -> str | None:
    inside = os.path.join(folder, "")
    return path[len(inside) :].replace(os.sep, "/") if path.startswith(inside) else None


class PollingTree:
    def __init__(self, root: str, rules: Rules, cookie_dir: str) -> None:  # noqa: ARG002 - one face for all
        self._root = root
        self._rules = rules
        self._woken = threading.Event()
        self._closed = False
        self._barriers: list[str] = []
        self._files: dict[str, Found] = {}
        self._next = 0.0
        self._scan()

    @property
    def watched(self) -> int:
        return 0

    def read(self, timeout: float) -> Batch:
        due = self._next - time.monotonic()
        woken = self._woken.wait(max(0.0, min(timeout, due)))
        self._woken.clear()
        if self._closed or not (woken or due <= timeout):
            return Batch([], [])
        barriers, self._barriers = self._barriers, []
        return Batch([Change(path, False, False) for path in self._scan()], barriers)

    def cover(self, folder: str) -> None:
        """Every walk looks at all there is."""

    def barrier(self, name: str) -> None:
        self._barriers.append(name)
        self._woken.set()

    def wake(self) -> None:
        self._closed = True
        self._woken.set()

    def close(self) -> None:
        self._files = {}

    def _scan(self) -> list[str]:
        """The paths that differ from the last time, in order."""
        begun = time.monotonic()
        self._rules.invalidate("")
        found = walk(self._root, self._rules, cancelled=lambda: self._closed)
        files = {file.path: file for file in found if isinstance(file, Found)}
        taken = time.monotonic() - begun
        self._next = begun + max(2.0, 20 * taken)
        if self._closed:
            return []
        before, self._files = self._files, files
        return sorted(path for path in before.keys() | files.keys() if before.get(path) != files.get(path))
