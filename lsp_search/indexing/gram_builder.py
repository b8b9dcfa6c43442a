"""A builder process: makes one gram segment from the texts of files, so that the server's memory stays small.

Started as ``python -m lsp_search.indexing.gram_builder`` with one ``Sketch`` on stdin; answers one ``Built``. A file
whose content is not what the store knows is left out: someone is about to look at it anyway.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from lsp_search.files.read import Text, read
from lsp_search.index import grams
from lsp_search.index.store import Store
from lsp_search.indexing.wire import Built, Sketch, receive, send, take_answers


def texts(connection: sqlite3.Connection, job: Sketch) -> Iterator[tuple[int, int, bytes, int] | None]:
    """(file id, version, text, size) of each file of *job*; None for one that cannot be had as the store knows it."""
    for file_id in job.file_ids:
        row = connection.execute(
            "SELECT path, version, digest FROM files WHERE id = ?", (file_id,)
        ).fetchone()
        text = None
        if row is not None:
            with contextlib.suppress(FileNotFoundError):
                text = read(os.path.join(job.root, os.fsdecode(row[0])), job.max_bytes)
        if row is not None and isinstance(text, Text) and text.digest == row[2]:
            yield file_id, row[1], text.source, text.size
        else:
            yield None


def main() -> None:
    answers = take_answers()
    job = receive(sys.stdin.buffer, Sketch)
    if job is None:
        return
    try:
        maker = grams.Maker()
        looked_at = 0
        with contextlib.closing(Store.reader(Path(job.folder))) as connection:
            for text in texts(connection, job):
                looked_at += 1
                if text is not None:
                    maker.add(*text)
                if maker.is_full:
                    break
        grams.save(maker.made(job.number), Path(job.target))
        send(answers, Built(files=looked_at))
    except (OSError, sqlite3.Error, ValueError, MemoryError) as error:
        send(answers, Built(f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
