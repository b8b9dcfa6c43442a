"""The walk and the judgement on one path, on real trees."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from lsp_search.files.rules import Rules
from lsp_search.files.walk import Found, Skipped, folders, probe, walk
from lsp_search.model import SkipReason
from lsp_search.settings import IndexSettings


def lay(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def walked(root: Path, start: str = "", **settings: object) -> list[str]:
    """Paths, with the reason behind those that are skipped."""
    rules = Rules(str(root), IndexSettings(**settings))  # type: ignore[arg-type]
    found = list(walk(str(root), rules, start))
    for item in found:
        assert probe(str(root), rules, item.path.rstrip("/")) == item
    return [item.path if isinstance(item, Found) else f"{item.path} {item.reason}" for item in found]


def test_order_and_skipped_folders(tmp_path: Path) -> None:
    lay(tmp_path, "b.c", "a/z.c", "a/b/c.c", "a.c", "node_modules/x/y.js", ".hidden/x")
    (tmp_path / "empty").mkdir()
    assert walked(tmp_path) == ["a.c", "b.c", "node_modules/ excluded", ".hidden/x", "a/z.c", "a/b/c.c"]


def test_found_carries_the_files_state(tmp_path: Path) -> None:
    lay(tmp_path, "a.c")
    status = (tmp_path / "a.c").stat()
    rules = Rules(str(tmp_path), IndexSettings())
    assert list(walk(str(tmp_path), rules)) == [Found("a.c", 3, status.st_mtime_ns, status.st_ino)]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("a", ["a/x.c", "a/b/y.c"]),
        ("a/b", ["a/b/y.c"]),
        ("a/x.c", ["a/x.c"]),
        ("a/x.c/y", []),
        ("gone", []),
        ("node_modules/deep/z.js", ["node_modules/ excluded"]),
    ],
)
def test_start(tmp_path: Path, start: str, expected: list[str]) -> None:
    lay(tmp_path, "a/x.c", "a/b/y.c", "c.c", "node_modules/deep/z.js")
    assert walked(tmp_path, start) == expected


def test_size_limit(tmp_path: Path) -> None:
    (tmp_path / "at").write_bytes(b"x" * 10)
    (tmp_path / "over").write_bytes(b"x" * 11)
    assert walked(tmp_path, max_file_bytes=10) == ["at", "over too-large"]


def test_links_are_never_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    lay(root, "real/a.c")
    lay(tmp_path, "outside/b.c")
    for name, target in {
        "to_file": "real/a.c",
        "to_folder": "real",
        "real/up": "..",
        "self": "self",
        "dangling": "nowhere",
        "out_file": "../outside/b.c",
        "out_folder": "../outside",
    }.items():
        (root / name).symlink_to(target)
    assert walked(root) == ["out_file outside", "out_folder outside", "self outside", "real/a.c"]
    rules = Rules(str(root), IndexSettings())
    for path in ("to_file", "to_folder/a.c", "real/up/real/a.c", "dangling"):
        assert probe(str(root), rules, path) is None
    assert probe(str(root), rules, "out_folder/b.c") == Skipped("out_folder", SkipReason.OUTSIDE)


def test_special_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # a socket's path must be short
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
        assert walked(tmp_path) == ["pipe special", "socket special"]


def test_names_that_are_not_utf8_or_plain(tmp_path: Path) -> None:
    names = [b"a\xff.c", b"new\nline", b" space ", b"-rf", "日本".encode(), b"[x]*?"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(b"")
    assert walked(tmp_path) == sorted(os.fsdecode(name) for name in names)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_folders(tmp_path: Path) -> None:
    lay(tmp_path, "closed/a.c", "listed/a.c", "open.c")
    (tmp_path / "closed").chmod(0)
    (tmp_path / "listed").chmod(0o400)
    try:
        assert walked(tmp_path) == ["open.c", "closed/ unreadable", "listed/ unreadable"]
    finally:
        (tmp_path / "closed").chmod(0o700)
        (tmp_path / "listed").chmod(0o700)


def test_a_missing_root_is_an_empty_one(tmp_path: Path) -> None:
    assert walked(tmp_path / "gone") == []


def test_what_vanishes_meanwhile_is_dropped(tmp_path: Path) -> None:
    lay(tmp_path, "a.c", "b/x.c", "c/x.c")
    found = walk(str(tmp_path), Rules(str(tmp_path), IndexSettings()))
    next(found)
    (tmp_path / "b/x.c").unlink()
    (tmp_path / "b").rmdir()
    assert [item.path for item in found] == ["c/x.c"]


def test_depth_is_no_limit(tmp_path: Path) -> None:
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1100):
            os.mkdir("d")
            os.chdir("d")
        Path("x.c").write_text("")
        assert walked(tmp_path) == ["d/" * 1100 + "x.c"]
        assert Rules(str(tmp_path), IndexSettings()).verdict("d/" * 1100 + "x.c", False) is None
    finally:
        os.chdir(here)
        # Python's own rmtree, which pytest would use, is recursive.
        subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)


def test_cancelled(tmp_path: Path) -> None:
    lay(tmp_path, "a.c", "b/x.c")
    rules = Rules(str(tmp_path), IndexSettings())
    assert list(walk(str(tmp_path), rules, cancelled=lambda: True)) == []


def test_folders_are_yielded_before_they_are_listed(tmp_path: Path) -> None:
    lay(tmp_path, "a/x.c", "node_modules/y.js")
    seen = []
    for folder in folders(str(tmp_path), Rules(str(tmp_path), IndexSettings())):
        seen.append(folder)
        if folder == "a":
            (tmp_path / "a/late").mkdir()
    assert seen == ["", "a", "a/late"]
