"""Doing something now and then: not too often after many events, or only once they have ceased."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Ticker:
    """Calls *act* after a poke: at once, then at most once in *seconds*; or, with *after*, when no further poke
    has come for *seconds*."""

    def __init__(self, seconds: float, act: Callable[[], None], *, after: bool = False) -> None:
        self._seconds = seconds
        self._act = act
        self._after = after
        self._poked = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def poke(self) -> None:
        if self._thread is None:
            with self._lock:
                if self._thread is None and not self._stopped.is_set():
                    self._thread = threading.Thread(target=self._run, name="lsp-search ticker", daemon=True)
                    self._thread.start()
        self._poked.set()

    def stop(self) -> None:
        self._stopped.set()
        self._poked.set()

    def _run(self) -> None:
        while True:
            self._poked.wait()
            while self._after and not self._stopped.is_set():
                self._poked.clear()
                if not self._poked.wait(self._seconds):
                    break
            self._poked.clear()
            if self._stopped.is_set():
                return
            self._act()
            if not self._after:
                self._stopped.wait(self._seconds)
