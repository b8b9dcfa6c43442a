"""When stored symbols become segments: hot files at once, the bulk as enough waits, small segments merged when idle."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lsp_search.index import segment_file
from lsp_search.index.segment import Segment
from lsp_search.index.segment_file import BadSegment
from lsp_search.index.store import StoreError
from lsp_search.indexing.desk import Desk
from lsp_search.indexing.layers import Layers
from lsp_search.indexing.pool import Pool
from lsp_search.indexing.wire import Build, Built

_PAUSE = 0.4
"""Seconds between the first two publications of a run that still fits into memory; the next take longer each."""
_REST = 30.0


class Building:
    def __init__(self, desk: Desk, pool: Pool, post: Callable[[Callable[[], None]], None]) -> None:
        self._desk = desk
        self._pool = pool
        self._post = post
        self._shown = 0.0
        self._pause = _PAUSE
        self._tidying = False
        self._untidy = True
        self._replaced: tuple[Segment, ...] | None = None

    @property
    def busy(self) -> bool:
        """A builder process is at work."""
        return self._replaced is not None

    @property
    def holds_run(self) -> bool:
        """And the run is not over before it is done (moving memory to disk can be done again any time)."""
        return self.busy and not self._tidying

    @property
    def is_settled(self) -> bool:
        """Everything is where it stays until something changes."""
        untidy = self._untidy and self._desk.store.folder is not None
        return not (self.busy or untidy or self._desk.layers.waiting)

    def flush(self) -> None:
        """Does what is due now."""
        desk, layers = self._desk, self._desk.layers
        if desk.hot:
            hot = [number for number in desk.hot if number in layers.waiting]
            layers.publish_now(hot)
            layers.touched(hot)
            desk.hot.clear()
            desk.dirty = True
        if self.busy:
            return
        last = desk.bulk_is_over
        if layers.waiting and layers.is_small():
            if last or self._pause_is_over():
                layers.publish_now(list(layers.waiting))
                desk.dirty = True
        elif chosen := layers.due(last):
            self._build(chosen)
        self._untidy |= desk.dirty
        if last and self._untidy and not self.busy and desk.store.folder is not None:
            self._untidy = False
            if overflow := layers.memory_overflow():
                self._build(overflow)
                self._tidying = True
            else:
                self._compact()

    def _pause_is_over(self) -> bool:
        """At the start of a run: what little there is is shown every now and then."""
        now = time.monotonic()
        if now - self._shown > _REST:  # a new run
            self._pause = _PAUSE
        elif now - self._shown < self._pause:
            return False
        else:
            self._pause *= 1.5
        self._shown = now
        return True

    def _compact(self) -> None:
        desk = self._desk
        if dead := desk.layers.dead():
            desk.layers.drop(dead)
            desk.store.drop_segments([built.number for built in dead])
            desk.dirty = True
        ids, replaced = desk.layers.compaction()
        if replaced:
            self._build(ids, tuple(replaced))

    def _build(self, file_ids: list[int], replaced: tuple[Segment, ...] = ()) -> None:
        desk = self._desk
        if desk.store.folder is None:
            desk.layers.publish_now(file_ids)
            desk.dirty = True
            return
        number = desk.store.next_segment()
        desk.store.commit()  # the builder reads through a connection of its own
        target = desk.store.segment_path(number)
        self._replaced = replaced
        self._tidying = False
        job = Build(str(desk.store.folder), number, file_ids, str(target))
        layers = desk.layers
        self._pool.build(job, lambda answer: self._post(partial(self._built, layers, target, answer)))

    def _built(self, layers: Layers, path: Path, answer: Built) -> None:
        """Raises StoreError when the segment could not be built."""
        desk = self._desk
        if layers is not desk.layers:
            return  # asked for by a store that was replaced since
        replaced, self._replaced = self._replaced or (), None
        desk.costs.built("segments", answer.seconds)
        error = answer.error
        if error is None:
            try:
                built = segment_file.load(path)
            except (OSError, BadSegment) as problem:
                error = str(problem)
        if error is not None:
            raise StoreError(f"a segment could not be built: {error}")
        layers.add_disk(built, replaced)
        desk.store.add_segment(built)
        desk.store.drop_segments([old.number for old in replaced])
        desk.dirty = True

    def forget(self) -> None:
        """The store was replaced: what is being built is of no use any more."""
        self._replaced = None
