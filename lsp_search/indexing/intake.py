"""What comes in: changed paths, audits and buffers, each turned into files for the workers or removals."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from hashlib import blake2b

from lsp_search.files.walk import Found, Skipped, probe
from lsp_search.indexing.desk import Desk
from lsp_search.indexing.reconcile import Audit
from lsp_search.indexing.work import Item
from lsp_search.languages.registry import LANGUAGES, language_of


class Intake:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._buffers: dict[str, bytes] = {}
        self._sent: set[str] = set()
        """Buffers that a worker has; another text of the same waits for the answer."""

    # -- the disk --------------------------------------------------------------------------------

    def look(self, path: str, epoch: int | None = None) -> None:
        """Something happened at a relative path: whatever is there now counts. Barriers from *epoch* (the present one)
        on wait for what a file holds."""
        desk = self._desk
        if desk.rules.is_rule_file(path):
            scope = desk.rules.scope(path)
            desk.rules.invalidate(scope)
            self.rules_changed(scope)
        full = os.path.join(desk.root, path)
        if os.path.isdir(full) and not os.path.islink(full):
            self.audit(path)
            return
        found = probe(desk.root, desk.rules, path)
        row = desk.store.file(path)
        if isinstance(found, Found):
            self._enqueue(found, row.digest if row else b"", urgent=True, epoch=epoch)
            return
        desk.store.unindexed.forget_unread(desk.store.unindexed.unread_below(path))
        below = [number for number, _ in desk.store.ids_below(path)]
        desk.remove([*below, *([row.id] if row else [])])
        reasons = [(found.path, found.reason.value)] if isinstance(found, Skipped) else []
        desk.store.unindexed.set_skipped(reasons, path)

    def rules_changed(self, scope: str) -> None:
        """Judges everything at or below *scope* anew, what editors hold included."""
        self.audit(scope)
        for path, text in list(self._buffers.items()):
            self.buffer(path, text)

    def audit(self, start: str, *, read_all: bool = False, epoch: int | None = None) -> None:
        """Compares everything at or below *start* with the disk; barriers from *epoch* (the present one) on wait."""
        desk = self._desk
        for waiting, _ in desk.audits:
            if (
                not waiting.begun
                and waiting.start == start
                and waiting.read_all >= read_all
                and epoch is None
            ):
                return  # it will see everything up to when it begins
        epoch = desk.ledger.enter(epoch)
        audit = Audit(desk.root, start, epoch, read_all)

        def changed(found: Found, digest: bytes) -> None:
            self._enqueue(found, digest, urgent=False, epoch=epoch)

        desk.audits.append((audit, audit.run(desk.store, desk.rules, changed)))

    def advance(self, deadline: float) -> None:
        """Goes on with the audits until *deadline* (of the monotonic clock)."""
        desk = self._desk
        while desk.audits:
            audit, steps = desk.audits[0]
            for _ in steps:
                if time.monotonic() > deadline:
                    return
            desk.audits.pop(0)
            desk.finished.append(audit.epoch)
            if not audit.cancelled:
                desk.remove(audit.gone)
                desk.store.unindexed.set_skipped(audit.skipped, audit.start)
                if not audit.start:
                    desk.progress.cancelled = False

    def forget_audits(self) -> None:
        """Drops those under way: they compare with a store that is no more."""
        desk = self._desk
        desk.finished += [audit.epoch for audit, _ in desk.audits]
        desk.audits.clear()

    def cancel(self) -> None:
        """Drops what is neither urgent nor begun."""
        desk = self._desk
        for audit, _ in desk.audits:
            audit.cancelled = True
        for item in desk.work.clear_bulk():
            desk.ledger.strike(item.epoch)

    def _enqueue(self, found: Found, digest: bytes, *, urgent: bool, epoch: int | None = None) -> None:
        desk = self._desk
        waiting = desk.work.waiting(found.path)
        if waiting is not None and (waiting.urgent or not urgent):
            waiting.size, waiting.mtime_ns = found.size, found.mtime_ns
            if epoch is not None and epoch < waiting.epoch:
                desk.ledger.strike(waiting.epoch)
                waiting.epoch = desk.ledger.enter(epoch)
            return
        item = Item(found.path, found.size, found.mtime_ns, urgent, desk.ledger.enter(epoch), digest)
        item.code = language_of(found.path) in LANGUAGES
        desk.work.add(item)
        if not urgent:
            desk.progress.total += 1

    # -- buffers ---------------------------------------------------------------------------------

    def buffer(self, path: str, text: bytes | None, epoch: int | None = None) -> None:
        """An editor's text for a relative path; None: closed."""
        if text is None:
            self._buffers.pop(path, None)
            self._let_go(path)
            return
        self._buffers[path] = text
        desk = self._desk
        if desk.rules.verdict(path, False) is not None:
            self._let_go(path)
            return
        row = desk.store.file(path)
        if row is not None and row.digest and blake2b(text, digest_size=16).digest() == row.digest:
            desk.layers.unshadow(row.id)
            desk.dirty = True
        elif path not in self._sent:
            self._sent.add(path)
            desk.work.add(Item(path, len(text), 0, True, desk.ledger.enter(epoch), text=text))

    def buffer_answered(self, item: Item) -> bool:
        """A worker is through with a buffer's text. True: it is still the text that counts."""
        self._sent.discard(item.path)
        text = self._buffers.get(item.path)
        if text is not None and text != item.text:
            self.buffer(item.path, text, item.epoch)  # a barrier that saw the first text waits for the last
        return text == item.text and self._desk.rules.verdict(item.path, False) is None

    def buffers_again(self) -> None:
        """Sends all buffers anew: the store was replaced. Barriers that waited for the lost ones wait for these."""
        self._sent.clear()
        for path, text in list(self._buffers.items()):
            self.buffer(path, text, 0)

    def _let_go(self, path: str) -> None:
        row = self._desk.store.file(path)
        if row is not None and self._desk.layers.is_shadowed(row.id):
            self._desk.layers.unshadow(row.id)
            self._desk.dirty = True
        self.look(path)

    def look_all(self, paths: Iterable[str]) -> None:
        for path in paths:
            self.look(path)
