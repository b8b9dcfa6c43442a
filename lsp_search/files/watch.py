"""Which paths under a root may have changed, told as it happens, with a barrier.

One thread reads a :class:`~lsp_search.files.trees.Tree` and passes on what belongs to the index. What kind of change
it was is not said, because the systems' own words for it are not reliable: look at the disk. The promise is
Watchman's: :meth:`Watcher.flush` returns True once every change that happened before it was passed on. It works by a
cookie: a file made outside the workspace, whose event comes through the same queue as all others. When events
may have been lost, *on_lost* says so and the caller compares everything with the disk. Where the system's limit on
watches is reached, the tree is polled instead, and *on_lost* says what to do about that.

Not seen: changes of git's configuration and of ignore files above the root; changes that others make on a network
file system.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
import sys
import threading
from collections.abc import Callable
from typing import Literal

from lsp_search.files.rules import Rules
from lsp_search.files.trees import Batch, Change, InotifyTree, PollingTree, RecursiveTree, Tree

WatchMode = Literal["native", "polling", "off"]
OpenTree = Callable[[str, Rules, str], Tree]

_LOG = logging.getLogger(__name__)
_ROUND = 1.0
"""Seconds after which a quiet watcher looks whether its root is still there."""
_NATIVE: OpenTree = InotifyTree if sys.platform == "linux" else RecursiveTree


class Watcher:
    """Watches the folder *root* (absolute, no link in it). *cookie_dir*: a folder outside of *root*, made if missing.

    *on_changes* gets relative paths (files, or folders that may have changed as a whole; "" is the root), *on_lost* a
    sentence for the user; both are called from the watcher's thread, one call at a time. Rules are invalidated
    before a rule file is reported: whoever gets one has to look at all in ``rules.scope(path)`` again.
    """

    def __init__(
        self,
        root: str,
        rules: Rules,
        cookie_dir: str,
        on_changes: Callable[[set[str]], None],
        on_lost: Callable[[str], None],
        *,
        open_native: OpenTree = _NATIVE,
    ) -> None:
        self.mode: WatchMode = "off"
        self.events = 0
        """Changes seen, ignored ones included."""
        self.overflows = 0
        """How often changes may have been lost."""
        self._root = root
        self._rules = rules
        self._cookie_dir = cookie_dir
        self._on_changes = on_changes
        self._on_lost = on_lost
        self._open_native = open_native
        self._tree: Tree | None = None
        self._lock = threading.Lock()
        self._waiting: dict[str, threading.Event] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def watched(self) -> int:
        """Folders watched; 0 while polling or off."""
        tree = self._tree
        return 0 if tree is None else tree.watched

    def start(self) -> None:
        """Blocks until changes are watched (some 0.1 ms a folder); what changes from here on is reported."""
        os.makedirs(self._cookie_dir, exist_ok=True)
        self._tree, self.mode, problem = self._opened()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._thread.start()
        if problem:
            self._on_lost(problem)

    def stop(self) -> None:
        """Ends the thread and waits for it, half a second at most; flushes that wait return False."""
        self._stopping.set()
        with self._lock:
            if self._tree is not None:
                self._tree.wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(0.5)

    def flush(self, timeout: float) -> bool:
        """True once every change that happened before the call was passed to *on_changes* (or *on_lost* was called);
        False after *timeout* seconds, and where nothing is watched: then only a look at the disk is sure."""
        name = f"{os.getpid()}-{secrets.token_hex(8)}"
        passed = threading.Event()
        self._waiting[name] = passed
        try:
            with self._lock:
                if self._tree is None or self._stopping.is_set():
                    return False
                self._tree.barrier(name)
            return passed.wait(timeout) and not self._stopping.is_set()
        except OSError as error:
            _LOG.warning("no cookie can be made in %s: %s", self._cookie_dir, error)
            return False
        finally:
            self._waiting.pop(name, None)
            self._remove_cookie(name)

    def _opened(self) -> tuple[Tree, WatchMode, str]:
        try:
            return self._open_native(self._root, self._rules, self._cookie_dir), "native", ""
        except Exception as error:  # whatever a system's watcher raises, polling works
            return (
                PollingTree(self._root, self._rules, self._cookie_dir),
                "polling",
                _advice(self._root, error),
            )

    def _run(self) -> None:
        while not self._stopping.is_set():
            tree = self._tree
            assert tree is not None  # noqa: S101 - only this thread takes it away
            try:
                batch = tree.read(_ROUND)
                if not self._stopping.is_set():
                    self._pass_on(tree, batch)
            except Exception as error:
                _LOG.exception("the watcher of %s failed", self._root)
                self._fall_back(error)
        with self._lock:
            tree, self._tree, self.mode = self._tree, None, "off"
        if tree is not None:
            tree.close()
        for passed in list(self._waiting.values()):
            passed.set()

    def _fall_back(self, error: Exception) -> None:
        self.overflows += 1
        with self._lock:
            if self._tree is not None:
                self._tree.close()
            self._tree, self.mode = PollingTree(self._root, self._rules, self._cookie_dir), "polling"
        self._told(self._on_lost, _advice(self._root, error))

    def _pass_on(self, tree: Tree, batch: Batch) -> None:
        self.events += len(batch.changes)
        rule_files = {change.path for change in batch.changes if self._rules.is_rule_file(change.path)}
        for scope in {self._rules.scope(path) for path in rule_files}:
            self._rules.invalidate(scope)
            tree.cover(scope)
        changed = {change.path for change in batch.changes if self._belongs(change)} | rule_files
        if changed:
            self._told(self._on_changes, changed)
        if batch.lost:
            self.overflows += 1
            self._told(self._on_lost, batch.lost)
        for name in batch.barriers:
            passed = self._waiting.get(name)
            if passed is not None:
                passed.set()

    def _belongs(self, change: Change) -> bool:
        return not change.path or self._rules.verdict(change.path, change.is_dir) is None

    def _told(self, listener: Callable[..., None], what: object) -> None:
        try:
            listener(what)
        except Exception:
            _LOG.exception("a change under %s could not be passed on", self._root)

    def _remove_cookie(self, name: str) -> None:
        with contextlib.suppress(OSError):  # it may never have been made
            os.unlink(os.path.join(self._cookie_dir, name))


def _advice(root: str, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code in (errno.ENOSPC, errno.EMFILE, errno.ENFILE):
        name = "max_user_watches" if code == errno.ENOSPC else "max_user_instances"
        todo = f"raise the limit, e.g. with 'sysctl fs.inotify.{name}=1048576', and restart"
    else:
        todo = "changes are found late until it is mended and the server restarted"
    return f"{root} is polled instead of watched ({error}); {todo}"
