"""Worker processes that may crash or hang: each loses the one file it was at, nothing else.

Jobs wait in one queue; a thread a worker hands them out and passes the outcomes on. When a worker dies, or sends
nothing for longer than one file may take, it is replaced: what the job had not answered yet is done again file by
file, and a file that fails alone as well is answered with an error. Workers start when there is work and end when there
has been none for a while (one stays, so that a save is answered at once).
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, cast

import msgspec
from msgspec.structs import replace

from lsp_search.indexing.wire import (
    FILE_SECONDS,
    Answer,
    Build,
    Built,
    Job,
    Outcome,
    Sketch,
    Task,
    receive,
    send,
)

_SILENCE = FILE_SECONDS + 1.5
"""Seconds without an answer after which a worker counts as hung: a file's time and the start of a process."""
_START_SECONDS = 30.0
_STARTS = 3
_IDLE = 5.0
"""Seconds without work after which a spare worker ends."""
_MANY = 200
"""After so many files the last worker holds memory that a save does not need: at rest it is replaced by a fresh one."""


@dataclass
class _Order:
    tasks: list[Task]
    max_bytes: int
    answered: Callable[[list[Outcome]], None]
    again: bool = False
    """One file whose worker died before: if it dies again, the file is to blame."""
    unanswered: dict[int, Task] = field(default_factory=dict)
    """Empty from the start: only that a worker is to be there."""

    def __post_init__(self) -> None:
        self.unanswered = {task.key: task for task in self.tasks}


def _attendance() -> _Order:
    """No files: a worker is to be there, and a fresh one if it did much."""
    return _Order([], 0, lambda _outcomes: None)


class _Process:
    """One worker process with a watchdog on its silence."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
        )
        self.stdin = cast("BinaryIO", self._process.stdin)
        self.stdout = cast("BinaryIO", self._process.stdout)
        self.hung = False
        self.leaving = False
        self.files = 0
        """How many it was given."""

    def expect(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self._give_up)
        timer.daemon = True
        timer.start()
        return timer

    def _give_up(self) -> None:
        self.hung = True
        self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._process.kill()

    def end(self) -> int:
        """Closes the pipes and reaps the process; returns its exit status."""
        for pipe in (self.stdin, self.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        try:
            return self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()


class Pool:
    """Up to *size* workers. Callbacks run on the pool's threads and must be quick."""

    def __init__(self, size: int, silence: float = _SILENCE, rest: float = _IDLE) -> None:
        self.size = size
        self._silence = silence
        self._rest = rest
        self._orders: queue.Queue[_Order | None] = queue.Queue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._processes: set[_Process] = set()
        self._idle = 0
        self._closed = False

    def submit(
        self, tasks: Sequence[Task], max_bytes: int, answered: Callable[[list[Outcome]], None]
    ) -> None:
        """*answered* is called with outcomes as they come, exactly one for each task in the end."""
        self._put(_Order(list(tasks), max_bytes, answered))

    def ask(self, task: Task, max_bytes: int, timeout: float) -> Outcome | None:
        """Does one task, after what waits already; None when that takes more than *timeout* seconds. Blocks."""
        answers: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.submit([task], max_bytes, lambda outcomes: answers.put(outcomes[0]))
        try:
            return answers.get(timeout=timeout)
        except queue.Empty:
            return None

    def _put(self, order: _Order) -> None:
        with self._lock:
            if self._closed:
                return
            self._orders.put(order)
            if self._idle < self._orders.qsize() and len(self._threads) < self.size:
                thread = threading.Thread(target=self._serve, name="lsp-search worker", daemon=True)
                self._threads.append(thread)
                thread.start()

    def warm_up(self) -> None:
        """Starts all workers now, ahead of a lot of work."""
        for _ in range(self.size):
            self._put(_attendance())

    def pids(self) -> list[int]:
        """Processes alive now, for memory figures."""
        with self._lock:
            return [process.pid for process in self._processes]

    def close(self) -> None:
        with self._lock:
            self._closed = True
            threads = list(self._threads)
            for process in self._processes:
                process.kill()
        for _ in threads:
            self._orders.put(None)
        for thread in threads:
            thread.join(2.0)

    def build(self, job: Build | Sketch, built: Callable[[Built], None]) -> None:
        """Builds a segment in a process of its own."""
        module = "builder" if isinstance(job, Build) else "gram_builder"

        def run() -> None:
            began, answer = time.monotonic(), Built("the builder process died")
            process: _Process | None = None
            try:
                process = self._start(f"lsp_search.indexing.{module}")
                send(process.stdin, job)
                answer = receive(process.stdout, Built) or answer
            except (OSError, msgspec.DecodeError, RuntimeError) as error:
                answer = Built(str(error))
            finally:
                if process is not None:
                    self._stop(process)
            built(replace(answer, seconds=time.monotonic() - began))

        threading.Thread(target=run, name="lsp-search builder", daemon=True).start()

    # -- a worker's thread -----------------------------------------------------------------------

    def _serve(self) -> None:
        process: _Process | None = None
        try:
            while True:
                order = self._next()
                if order is None:
                    return
                if process is not None and (process.leaving or (not order.tasks and process.files > _MANY)):
                    self._stop(process)
                    process = None
                process = process or self._start_worker()
                if process is None:
                    self._give_up_on(order)
                    continue
                if not self._run(process, order):
                    status = self._stop(process)
                    self._again(order, "took too long" if process.hung else _death(status))
                    process = None
        except (OSError, RuntimeError):
            return  # closing
        finally:
            if process is not None:
                self._stop(process)
            with self._lock, contextlib.suppress(ValueError):
                self._threads.remove(threading.current_thread())

    def _next(self) -> _Order | None:
        """The next order, one without files after a rest; None when the thread should end."""
        while True:
            with self._lock:
                self._idle += 1
            try:
                return self._orders.get(timeout=self._rest)
            except queue.Empty:
                with self._lock:
                    if len(self._threads) > 1 and self._orders.empty():
                        with contextlib.suppress(ValueError):
                            self._threads.remove(threading.current_thread())
                        return None
                return _attendance()
            finally:
                with self._lock:
                    self._idle -= 1

    def _run(self, process: _Process, order: _Order) -> bool:
        """Has *process* do *order*; False when it died or fell silent before the end."""
        if not order.unanswered:
            return True
        timer = process.expect(self._silence)
        try:
            process.files += len(order.unanswered)
            send(process.stdin, Job(list(order.unanswered.values()), order.max_bytes))
            while True:
                answer = receive(process.stdout, Answer)
                timer.cancel()
                if answer is None:
                    return False
                known = [outcome for outcome in answer.outcomes if order.unanswered.pop(outcome.key, None)]
                if known:
                    order.answered(known)
                if answer.last:
                    process.leaving = answer.leaving
                    return True
                timer = process.expect(self._silence)
        except (OSError, msgspec.DecodeError, ValueError):
            return False
        finally:
            timer.cancel()

    def _again(self, order: _Order, why: str) -> None:
        """After a death: each unanswered file alone; a file that was alone is the culprit."""
        if self._closed:
            return
        for task in order.unanswered.values():
            if order.again:
                order.answered([self._failed(task, why)])
            else:
                self._put(_Order([task], order.max_bytes, order.answered, again=True))

    def _start_worker(self) -> _Process | None:
        """A worker that has said it is there; None when three in a row could not."""
        for _ in range(_STARTS):
            process = self._start("lsp_search.indexing.worker")
            timer = process.expect(_START_SECONDS)
            hello = receive(process.stdout, Answer)
            timer.cancel()
            if hello is not None:
                return process
            self._stop(process)
        return None

    def _give_up_on(self, order: _Order) -> None:
        message = f"no worker process can be started ({sys.executable} -m lsp_search.indexing.worker)"
        order.answered(
            [Outcome(task.key, "unavailable", error=message) for task in order.unanswered.values()]
        )

    @staticmethod
    def _failed(task: Task, why: str) -> Outcome:
        return Outcome(task.key, "failed", error=f"finding its symbols failed: the parser {why}")

    def _start(self, module: str) -> _Process:
        process = _Process(module)
        with self._lock:
            if self._closed:
                process.kill()
            else:
                self._processes.add(process)
                return process
        process.end()
        raise RuntimeError("the pool is closed")

    def _stop(self, process: _Process) -> int:
        with self._lock:
            self._processes.discard(process)
        return process.end()


def worker_count(wanted: int | Literal["auto"]) -> int:
    """Worker processes: as set, else one a core, at most eight."""
    if isinstance(wanted, int):
        return wanted
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, 8))


def _death(status: int) -> str:
    return f"crashed (signal {-status})" if status < 0 else f"ended (status {status})"
