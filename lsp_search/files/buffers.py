"""The unsaved text of the documents that editors have open; it wins over the disk.

One lock, held for a dictionary operation; the text is encoded by whoever asks for it. Versions grow over all
documents, also when one is closed and opened again, so that an old version never looks new.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from lsp_search.files.positions import Encoding, Range, apply_edits


class Buffer(NamedTuple):
    version: int
    text: str


class Buffers:
    """Open documents by absolute path. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = 0
        self._open: dict[str, Buffer] = {}

    def set(self, path: str, text: str) -> int:
        """An editor holds *text* for *path*. Returns the version it got."""
        with self._lock:
            self._version += 1
            self._open[path] = Buffer(self._version, text)
            return self._version

    def close(self, path: str) -> None:
        """The disk counts again; nothing happens where *path* is not open."""
        with self._lock:
            self._open.pop(path, None)

    def buffer(self, path: str) -> Buffer | None:
        """Text and version, together."""
        return self._open.get(path)

    def get(self, path: str) -> bytes | None:
        """The text in UTF-8 (half surrogate pairs as U+FFFD); None where *path* is not open."""
        buffer = self._open.get(path)
        if buffer is None:
            return None
        try:
            return buffer.text.encode()
        except UnicodeEncodeError:
            whole = buffer.text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            return whole.encode()

    @property
    def nbytes(self) -> int:
        """About what the texts hold in memory: characters."""
        with self._lock:
            return sum(len(buffer.text) for buffer in self._open.values())

    def paths(self) -> list[str]:
        """The open documents, first opened first."""
        with self._lock:
            return list(self._open)


__all__ = ["Buffer", "Buffers", "Encoding", "Range", "apply_edits"]
