"""A worker process: reads files, decodes them, extracts and packs their symbols.

Started as ``python -m lsp_search.indexing.worker``; jobs come on stdin and answers go to stdout (see ``wire``).
It imports neither numpy nor anything of the protocol: starting takes a tenth of a second, and a crashing
grammar takes nothing else with it. It ends when its stdin does.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time

from lsp_search.files.read import Text, read
from lsp_search.index import chunk_blob
from lsp_search.index.packed import pack
from lsp_search.indexing.wire import FILE_SECONDS, Answer, Job, Outcome, Task, receive, send, take_answers
from lsp_search.languages.chunks import cut
from lsp_search.languages.extract import ExtractionTimeout, extract, load
from lsp_search.languages.registry import language_of
from lsp_search.languages.terms import shared
from lsp_search.model import SkipReason, Symbol
from lsp_search.telemetry.heap import give_back, resident_bytes

_FLUSH_BYTES = 1 << 18
_FLUSH_SECONDS = 0.1
_LARGEST = 96 << 20
"""Resident bytes beyond which a worker gives its place to a fresh one: syntax trees and symbols of large files
are many times their size, and the allocator does not give all of it back."""
_BIG_FILE = 1 << 16
"""Before a file over this size, what is done is sent: should it crash the worker, less is done again."""


def look_at(task: Task, max_bytes: int) -> Outcome:
    """Reads and extracts one file (or buffer). Never raises for what a file may hold."""
    began = time.perf_counter()
    try:
        if task.text is not None:
            text: Text | SkipReason = Text(task.text, "utf-8", len(task.text), 0, b"")
        else:
            text = read(os.fsdecode(task.path), max_bytes)
    except FileNotFoundError:
        return Outcome(task.key, "gone")
    if isinstance(text, SkipReason):
        return Outcome(task.key, text.value)
    if task.digest and text.digest == task.digest:
        return Outcome(task.key, "same", text.size, text.mtime_ns, text.digest)
    read_seconds = time.perf_counter() - began
    language = language_of(os.fsdecode(task.relative), text.source[:4096])
    symbols: list[Symbol] = []
    error = None
    began = time.thread_time()
    try:
        load(language)
        began = time.thread_time()  # a file is not to blame for the grammar that it was the first to need
        symbols = extract(language, text.source, FILE_SECONDS)
    except ExtractionTimeout:
        error = f"finding its symbols took over {FILE_SECONDS:g} s"
    except Exception as problem:  # one file must never stop the others
        error = f"finding its symbols failed: {type(problem).__name__}: {problem}"
    cuts = b""
    if task.chunks:
        relative = os.fsdecode(task.relative)
        cuts = chunk_blob.pack(cut(symbols, text.source, relative, shared()))
    packed = pack(symbols, text.source, cuts)
    return Outcome(
        task.key,
        "symbols",
        text.size,
        text.mtime_ns,
        text.digest,
        language,
        text.encoding,
        len(symbols),
        packed,
        error,
        read_seconds,
        time.thread_time() - began,
    )


def main() -> None:
    answers = take_answers()
    gc.disable()  # the only cycles are a few a file; they are collected between jobs
    gc.freeze()
    send(answers, Answer([], False))  # started, and able to
    while (job := receive(sys.stdin.buffer, Job)) is not None:
        done: list[Outcome] = []
        held = 0
        sent = time.monotonic()
        for task in job.tasks:
            if done and (held > _FLUSH_BYTES or time.monotonic() - sent > _FLUSH_SECONDS or _is_big(task)):
                send(answers, Answer(done, False))
                done, held, sent = [], 0, time.monotonic()
            outcome = look_at(task, job.max_bytes)
            done.append(outcome)
            held += len(outcome.packed)
        gc.collect()
        leaving = resident_bytes() > _LARGEST and give_back() and resident_bytes() > _LARGEST
        send(answers, Answer(done, True, leaving))
        if leaving:
            return


def _is_big(task: Task) -> bool:
    if task.text is not None:
        return len(task.text) > _BIG_FILE
    try:
        return os.stat(task.path).st_size > _BIG_FILE
    except OSError:
        return False


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
