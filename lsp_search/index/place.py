"""Where stores lie on disk: one private folder a root, below the user's cache folder or a place of the user's choice."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

import platformdirs

DATABASE = "index.sqlite3"
"""The database's name in a store's folder."""


def default_store() -> Path:
    """Where indexes live: ``LSP_SEARCH_STORE``, else the user's cache folder."""
    given = os.environ.get("LSP_SEARCH_STORE")
    return Path(given).expanduser() if given else Path(platformdirs.user_cache_path("lsp-search"))


def folder_for(base: Path, root: str) -> Path:
    """The folder of *root*'s store below *base*: readable name plus a hash of the real path."""
    digest = hashlib.blake2b(os.fsencode(root), digest_size=8).hexdigest()
    name = "".join(c if c.isalnum() or c in "-_." else "_" for c in os.path.basename(root))[:40]
    return base / f"{name or 'root'}-{digest}"


def make_private(folder: Path) -> None:
    """Creates *folder* (and its parents) for this user alone. Raises OSError."""
    missing = [folder, *folder.parents]
    for path in reversed(missing[: next((n for n, path in enumerate(missing) if path.is_dir()), 0)]):
        path.mkdir(mode=0o700, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder")
    if os.name == "posix":
        folder.chmod(0o700)


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below *folder*; what vanishes meanwhile counts nothing."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(base, name)).st_size
    return total
