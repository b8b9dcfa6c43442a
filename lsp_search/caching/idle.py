"""Work for quiet moments: soon after an answer, and at rest. A question that comes stops it at its next check."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator

SOON = 0.005
"""Seconds without a question before something is done ahead: between two keys of a fast typist lie 80 ms, and an answer takes
ten."""
REST = 1.5
"""Seconds without a question or a change before all else is; by then the store has committed what it holds."""

Check = Callable[[], None]

_log = logging.getLogger(__name__)


class Interrupted(Exception):
    """Someone asks."""


class Idle:
    """*soon* and *at_rest* run on one thread of their own, never while a question is answered; both get a check that raises
    :class:`Interrupted`. All methods may be called from any thread."""

    def __init__(self, soon: Callable[[Check], None], at_rest: Callable[[Check], None]) -> None:
        self._soon = soon
        self._at_rest = at_rest
        self._changed = threading.Condition()
        self._asking = 0
        self._news = 0
        """How often something happened."""
        self._last = 0.0
        self._stopped = False
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """While a question is answered."""
        with self._changed:
            self._asking += 1
        try:
            yield
        finally:
            with self._changed:
                self._asking -= 1
                self._happened()

    def poke(self) -> None:
        """Something changed."""
        with self._changed:
            self._happened()

    def stop(self) -> None:
        """Returns when nothing runs any more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2.0)

    def _happened(self) -> None:
        self._news += 1
        self._last = time.monotonic()
        if self._thread is None and not self._stopped:
            self._thread = threading.Thread(target=self._run, name="lsp-search idle", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _check(self) -> None:
        if self._asking or self._stopped:
            raise Interrupted

    def _run(self) -> None:
        done = rested = 0
        while True:
            with self._changed:
                while not self._stopped and (self._asking or self._quiet() < SOON or rested == self._news):
                    quiet_enough = None if rested == self._news or self._asking else SOON - self._quiet()
                    self._changed.wait(quiet_enough)
                if self._stopped:
                    return
                news, soon = self._news, done != self._news
                if not soon and self._quiet() < REST:
                    self._changed.wait(REST - self._quiet())
                    continue
            try:
                if soon:
                    done = news
                    self._soon(self._check)
                else:
                    self._at_rest(self._check)
                    rested = news
            except Interrupted:
                pass
            except Exception:  # nobody waits for this work; whoever asks for the same will be told
                _log.exception("what was to be done ahead failed")
                rested = news

    def _quiet(self) -> float:
        return time.monotonic() - self._last
