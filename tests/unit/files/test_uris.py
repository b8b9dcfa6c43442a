"""Paths ↔ file: URIs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.files.uris import relative, to_path, to_uri


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/a/b.c", "file:///a/b.c"),
        ("/a b#c%d?e", "file:///a%20b%23c%25d%3Fe"),
        ("/é/日本", "file:///%C3%A9/%E6%97%A5%E6%9C%AC"),
        ("/bad\udcff", "file:///bad%FF"),
        ("/a:b@c", "file:///a%3Ab@c"),
        ("/", "file:///"),
    ],
)
def test_posix(path: str, uri: str) -> None:
    assert to_uri(path, windows=False) == uri
    assert to_path(uri, windows=False) == path


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("c:\\a b\\c.cs", "file:///c%3A/a%20b/c.cs"),
        ("\\\\server\\share\\x", "file://server/share/x"),
    ],
)
def test_windows(path: str, uri: str) -> None:
    assert to_uri(path, windows=True) == uri
    assert to_path(uri, windows=True) == path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file://localhost/a", "/a"),
        ("FILE:///a", "/a"),
        ("file:/a", "/a"),
        ("file:///a:b", "/a:b"),
        ("file:///%zz", "/%zz"),
        ("file:///a%2Fb", "/a/b"),
        ("file://elsewhere/a", None),
        ("untitled:Untitled-1", None),
        ("http://x/a", None),
        ("git:/a?x", None),
        ("file:", None),
        ("file://[", None),
        ("file:///a%00b", None),
        ("", None),
        ("/a/b", None),
    ],
)
def test_forms_of_uris(uri: str, path: str | None) -> None:
    assert to_path(uri, windows=False) == path


def test_drive_letters_have_one_form() -> None:
    for uri in ("file:///C:/x", "file:///c:/x", "file:///C%3A/x", "file:///c%3a/x"):
        assert to_path(uri, windows=True) == "c:\\x"


@given(st.binary(max_size=40).filter(lambda name: b"\0" not in name))
def test_every_name_survives(name: bytes) -> None:
    path = "/" + name.decode("utf-8", "surrogateescape")
    assert to_path(to_uri(path, windows=False), windows=False) == path
    assert to_uri(path, windows=False).isascii()


@pytest.mark.parametrize(
    ("root", "path", "expected"),
    [
        ("/a", "/a/b/c", "b/c"),
        ("/a/", "/a/./b//c/../d", "b/d"),
        ("/a", "/a", ""),
        ("/a", "/ab", None),
        ("/a", "/a/../b", None),
        ("/", "/a", "a"),
    ],
)
def test_relative(root: str, path: str, expected: str | None) -> None:
    assert relative(root, path) == expected
