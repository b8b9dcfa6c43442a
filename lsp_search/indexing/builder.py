"""A builder process: makes one segment file from the store's blobs, so that the server's memory stays small.

Started as ``python -m lsp_search.indexing.builder`` with one ``Build`` on stdin; answers one ``Built``.
"""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from lsp_search.index import segment, segment_file
from lsp_search.index.store import Store
from lsp_search.indexing.wire import Build, Built, receive, send, take_answers


def tables(connection: sqlite3.Connection, file_ids: Iterable[int]) -> Iterator[segment.FileTable]:
    """(file id, version, packed symbols) of those files that still exist."""
    for file_id in file_ids:
        row = connection.execute(
            "SELECT version, packed.symbols FROM files JOIN packed ON file_id = id WHERE id = ?", (file_id,)
        ).fetchone()
        if row is not None:
            yield file_id, row[0], row[1]


def main() -> None:
    answers = take_answers()
    gc.disable()  # millions of names live until the end; looking at them again and again doubles the time
    job = receive(sys.stdin.buffer, Build)
    if job is None:
        return
    try:
        with contextlib.closing(Store.reader(Path(job.folder))) as connection:
            built = segment.build(job.number, tables(connection, job.file_ids))
        segment_file.save(built, Path(job.target))
        send(answers, Built())
    except (OSError, sqlite3.Error, ValueError, MemoryError) as error:
        send(answers, Built(f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
