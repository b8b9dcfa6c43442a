"""Paths ↔ ``file:`` URIs (RFC 8089), and paths relative to a root.

Names that are not UTF-8 keep their bytes (``os.fsencode``), so that every path survives the way there and back.
Windows paths are recognised by their form, not by the platform: ``file:///c%3A/x`` (as VS Code writes it) is
``c:\\x``'s URI on Windows, and the POSIX path ``/c:/x`` elsewhere.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

_SAFE = "/-._~!$&'()*+,;=@"
"""What RFC 3986 allows in a path, but for the colon, which VS Code escapes."""


def to_path(uri: str, *, windows: bool = sys.platform == "win32") -> str | None:
    """The absolute path that *uri* names; None where it is no ``file:`` URI of this machine, or malformed."""
    try:
        # An unescaped "#" or "?" is never part of the path; nothing that may follow it matters in a file URI.
        parts = urlsplit(uri)
    except ValueError:
        return None
    path = os.fsdecode(unquote_to_bytes(parts.path.encode("utf-8", "surrogateescape")))
    if parts.scheme != "file" or not path.startswith("/") or "\0" in path:
        return None
    host = "" if parts.netloc.lower() in ("localhost", "127.0.0.1") else parts.netloc
    if windows:
        return _windows_path(host, path)
    return None if host else path


def _windows_path(host: str, path: str) -> str:
    if path[2:3] == ":" and path[1].isalpha() and not host:
        path = path[1].lower() + path[2:]
    elif host:
        path = f"//{host}{path}"
    return path.replace("/", "\\")


def to_uri(path: str, *, windows: bool = sys.platform == "win32") -> str:
    """The ``file:`` URI of the absolute *path*, escaped as VS Code does it."""
    host = ""
    if windows:
        path = path.replace("\\", "/")
        if path.startswith("//"):
            host, _, path = path[2:].partition("/")
            path = f"/{path}"
        elif path[1:2] == ":":
            path = f"/{path[0].lower()}{path[1:]}"
    return f"file://{host}{quote_from_bytes(os.fsencode(path), _SAFE)}"


def relative(root: str, path: str) -> str | None:
    """*path* as seen from *root* (both absolute), with ``/``; "" for the root itself, None outside of it.

    ``.`` and ``..`` and doubled slashes are resolved by their text; links are not.
    """
    root, path = os.path.normpath(root), os.path.normpath(path)
    inside = os.path.join(root, "")
    if path == root:
        return ""
    if not path.startswith(inside):
        return None
    return path[len(inside) :].replace(os.sep, "/")
