"""Every change is told before the barrier passes, whatever the tree behind."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsp_search.files.rules import Rules
from lsp_search.files.trees import InotifyTree, PollingTree, RecursiveTree, Tree
from lsp_search.files.watch import OpenTree, Watcher
from lsp_search.settings import IndexSettings

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


class Watched:
    """A watcher and what it has told."""

    def __init__(self, tmp_path: Path, open_native: OpenTree) -> None:
        self.root = tmp_path / "root"
        self.root.mkdir(exist_ok=True)
        self.told: set[str] = set()
        self.lost: list[str] = []
        self.rules = Rules(str(self.root), IndexSettings())
        self.watcher = Watcher(
            str(self.root),
            self.rules,
            str(tmp_path / "cookies"),
            self.told.update,
            self.lost.append,
            open_native=open_native,
        )

    def write(self, name: str, text: str = "x") -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def changes(self) -> set[str]:
        """What was told since the last call."""
        assert self.watcher.flush(20)
        told = set(self.told)
        self.told.clear()
        return told


@pytest.fixture(params=[pytest.param(InotifyTree, marks=linux_only), RecursiveTree, PollingTree])
def any_tree(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path, request.param)
    watched.write("src/old.c")
    watched.write("node_modules/m/i.js")
    watched.watcher.start()
    yield watched
    watched.watcher.stop()


@pytest.fixture
def inotify(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path, InotifyTree)
    watched.watcher.start()
    yield watched
    watched.watcher.stop()


def covers(told: set[str], path: str) -> bool:
    """Whether *path* or a folder it lies in was told."""
    return any(path == other or path.startswith(f"{other}/") or not other for other in told)


def test_files_come_change_and_go(any_tree: Watched) -> None:
    any_tree.changes()
    any_tree.write("src/new.c")
    any_tree.write("src/old.c", "changed")
    assert any_tree.changes() >= {"src/new.c", "src/old.c"}
    (any_tree.root / "src/new.c").rename(any_tree.root / "src/moved.c")
    assert any_tree.changes() >= {"src/new.c", "src/moved.c"}
    (any_tree.root / "src/old.c").unlink()
    assert covers(any_tree.changes(), "src/old.c")


def test_new_folders_are_watched(any_tree: Watched) -> None:
    any_tree.write("one/two/three/a.c")
    assert covers(any_tree.changes(), "one/two/three/a.c")
    any_tree.write("one/two/three/b.c")
    assert covers(any_tree.changes(), "one/two/three/b.c")
    (any_tree.root / "one").rename(any_tree.root / "src/one")
    told = any_tree.changes()
    assert covers(told, "one/two/three/b.c")
    assert covers(told, "src/one/two/three/b.c")
    any_tree.write("src/one/two/c.c")
    assert covers(any_tree.changes(), "src/one/two/c.c")
    shutil.rmtree(any_tree.root / "src/one")
    assert covers(any_tree.changes(), "src/one/two/c.c")


def test_what_is_skipped_is_not_told(any_tree: Watched) -> None:
    any_tree.changes()
    any_tree.write("node_modules/m/j.js")
    any_tree.write("app.min.js")
    any_tree.write("lib/node_modules/m/k.js")
    told = any_tree.changes()
    assert not {path for path in told if "node_modules" in path or "min.js" in path}


def test_a_changed_ignore_file_counts_at_once(any_tree: Watched) -> None:
    any_tree.write(".gitignore", "src/\n")
    assert covers(any_tree.changes(), ".gitignore")
    assert any_tree.rules.verdict("src", True) is not None
    any_tree.write("src/hidden.c")
    assert not any_tree.changes() - {".gitignore", "src/old.c"}
    any_tree.write(".gitignore", "")
    any_tree.changes()
    any_tree.write("src/seen.c")
    assert "src/seen.c" in any_tree.changes()


def test_after_stop_no_barrier_holds(any_tree: Watched) -> None:
    any_tree.watcher.stop()
    assert not any_tree.watcher.flush(20)
    assert any_tree.watcher.mode == "off"
    any_tree.watcher.stop()


def test_cookies_are_cleared_away(any_tree: Watched, tmp_path: Path) -> None:
    any_tree.changes()
    assert list((tmp_path / "cookies").iterdir()) == []


@linux_only
class TestInotify:
    def test_skipped_folders_are_not_watched(self, inotify: Watched) -> None:
        for number in range(5):
            inotify.write(f"node_modules/{number}/x.js")
        inotify.write("src/a.c")
        inotify.changes()
        assert inotify.watcher.mode == "native"
        assert inotify.watcher.watched == 2
        inotify.write(".gitignore", "/src")
        inotify.changes()
        assert inotify.watcher.watched == 1

    def test_a_folder_that_turns_out_to_be_an_environment(self, inotify: Watched) -> None:
        inotify.write("env/lib/x.py")
        inotify.changes()
        inotify.write("env/pyvenv.cfg")
        assert "env/pyvenv.cfg" in inotify.changes()
        assert inotify.watcher.watched == 1
        inotify.write("env/lib/y.py")
        assert inotify.changes() == set()

    def test_names_that_are_not_utf8(self, inotify: Watched) -> None:
        (inotify.root / os.fsdecode(b"\xff.c")).write_text("x")
        assert inotify.changes() == {os.fsdecode(b"\xff.c")}

    def test_a_replaced_root_is_seen(self, inotify: Watched) -> None:
        shutil.rmtree(inotify.root)
        inotify.changes()
        inotify.write("a.c")
        while not inotify.lost or inotify.watcher.watched == 0:
            inotify.changes()
        inotify.write("b.c")
        assert covers(inotify.changes(), "b.c")

    def test_many_threads_may_wait_at_once(self, inotify: Watched) -> None:
        passed: list[bool] = []
        threads = [
            threading.Thread(target=lambda: passed.append(inotify.watcher.flush(20))) for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert passed == [True] * 20

    def test_a_listener_that_fails_does_not_end_the_watch(self, tmp_path: Path) -> None:
        watched = Watched(tmp_path, InotifyTree)
        calls: list[set[str]] = []

        def fails_once(paths: set[str]) -> None:
            calls.append(paths)
            if len(calls) == 1:
                raise ValueError("a listener's fault")

        watcher = Watcher(
            str(watched.root), watched.rules, str(tmp_path / "c"), fails_once, watched.lost.append
        )
        watcher.start()
        for name in ("a.c", "b.c"):
            watched.write(name)
            assert watcher.flush(20)
        watcher.stop()
        assert {"b.c"} in calls


def test_at_the_systems_limit_the_tree_is_polled_and_said_so(tmp_path: Path) -> None:
    def full(root: str, rules: Rules, cookie_dir: str) -> Tree:
        raise OSError(errno.ENOSPC, "No space left on device")

    watched = Watched(tmp_path, full)
    watched.watcher.start()
    assert watched.watcher.mode == "polling"
    assert "max_user_watches" in watched.lost[0]
    watched.write("a.c")
    assert watched.changes() == {"a.c"}
    watched.watcher.stop()


@linux_only
def test_a_limit_met_later_turns_to_polling_too(tmp_path: Path) -> None:
    class Filling(InotifyTree):
        def cover(self, folder: str) -> None:
            if folder:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().cover(folder)

    watched = Watched(tmp_path, Filling)
    watched.write("sub/old.c")
    watched.watcher.start()
    watched.write("sub/.gitignore", "x")
    while watched.watcher.mode == "native":
        watched.watcher.flush(0.1)
    watched.write("sub/a.c")
    assert covers(watched.changes(), "sub/a.c")
    assert "max_user_watches" in watched.lost[0]
    watched.watcher.stop()
