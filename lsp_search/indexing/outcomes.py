"""What workers answer, written down: new content, refused files, deaths, buffers."""

from __future__ import annotations

import time
from hashlib import blake2b

from lsp_search.index.store import Content, FileRow
from lsp_search.indexing.desk import Desk
from lsp_search.indexing.intake import Intake
from lsp_search.indexing.reconcile import trusted_time
from lsp_search.indexing.wire import Outcome
from lsp_search.indexing.work import Item
from lsp_search.model import SkipReason


class Outcomes:
    def __init__(self, desk: Desk, intake: Intake) -> None:
        self._desk = desk
        self._intake = intake

    def take(self, outcomes: list[Outcome]) -> None:
        desk = self._desk
        answered = [(item, outcome) for outcome in outcomes if (item := desk.work.done(outcome.key))]
        # Before anything is written: when that fails, the store is replaced and all is compared again.
        desk.finished += [item.epoch for item, _ in answered]
        desk.progress.read(len(answered), sum(outcome.size for _, outcome in answered))
        for item, outcome in answered:
            if not item.urgent:
                desk.progress.done += 1
            desk.costs.looked_at(item.path, outcome)
            if outcome.status == "unavailable":
                desk.progress.message = outcome.error or ""
                desk.say("error", f"{outcome.error}; nothing new is indexed. Run 'lsp-search doctor'")
            elif item.text is not None:
                self._buffer(item, outcome)
            elif not item.overtaken:
                self._file(item, outcome)

    def _buffer(self, item: Item, outcome: Outcome) -> None:
        desk = self._desk
        if self._intake.buffer_answered(item):
            row = desk.store.file(item.path)
            file_id = row.id if row else self._ghost(item.path, outcome.language)
            desk.layers.shadow(file_id, outcome.packed, blake2b(item.text or b"", digest_size=8).digest())
            desk.dirty = True

    def _ghost(self, path: str, language: str) -> int:
        """A row for a file that exists in an editor only; the next look at the disk removes it."""
        content = Content(-1, 0, b"", language, "utf-8", 0, b"")
        file_id, version = self._desk.store.write(path, content)
        self._desk.layers.wrote(file_id, version, path, language)
        return file_id

    def _file(self, item: Item, outcome: Outcome) -> None:
        desk = self._desk
        row = desk.store.file(item.path)
        now = time.time_ns()
        if outcome.status in ("symbols", "failed"):
            self._write(item, outcome, row)
        elif outcome.status == "same":
            if row is not None and row.digest == outcome.digest:
                if (row.size, abs(row.mtime_ns)) != (
                    outcome.size,
                    outcome.mtime_ns,
                ):  # written, and written back
                    desk.layers.looked_at(row.id)
                    desk.dirty = True
                desk.store.touch(row.id, outcome.size, trusted_time(outcome.mtime_ns, now))
            else:  # as known when it was asked for, not any more
                self._intake.look(item.path, item.epoch)
        else:
            if row is not None:
                desk.remove([row.id])
            if outcome.status != "gone":
                reason = SkipReason(outcome.status).value
                desk.store.unindexed.set_unread(
                    item.path, reason, item.size, trusted_time(item.mtime_ns, now)
                )

    def _write(self, item: Item, outcome: Outcome, row: FileRow | None) -> None:
        desk = self._desk
        failed = outcome.status == "failed"
        if row is None:
            desk.store.unindexed.forget_unread([item.path])
        content = Content(
            size=item.size if failed else outcome.size,
            mtime_ns=trusted_time(item.mtime_ns if failed else outcome.mtime_ns, time.time_ns()),
            digest=outcome.digest,
            language=outcome.language or (row.language if row else "plaintext"),
            encoding=outcome.encoding,
            symbols=outcome.symbols,
            packed=outcome.packed,
            error=outcome.error,
        )
        file_id, version = desk.store.write(item.path, content)
        desk.layers.wrote(file_id, version, item.path, content.language)
        desk.layers.wait_for_segment(file_id, outcome.symbols)
        if item.urgent:
            desk.hot.append(file_id)
