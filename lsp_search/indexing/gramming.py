"""When files' texts become gram segments: once the symbols are in, and again when many files have changed since.

Until then, and for the few files that changed lately, a text search reads the files themselves; so nothing that is
searched for waits for this, and whatever goes wrong here costs time, never an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lsp_search.index import grams
from lsp_search.index.array_file import BadFile
from lsp_search.index.grams import GramSegment
from lsp_search.indexing.desk import Desk
from lsp_search.indexing.layers import Layers
from lsp_search.indexing.pool import Pool
from lsp_search.indexing.wire import Built, Sketch

_FEW = 100
"""So many files are rather read by every search (15 µs each) than put into a segment of their own."""
_FEW_BYTES = 16 << 20
"""And files of so many bytes in all: 10 ms a search."""
_FILES = 20_000
"""At most in one segment, which holds as many of them as it has room for."""
_SEGMENTS = 12
"""With more, the smaller ones are made anew as one."""


class Gramming:
    def __init__(self, desk: Desk, pool: Pool, post: Callable[[Callable[[], None]], None]) -> None:
        self._desk = desk
        self._pool = pool
        self._post = post
        self._busy = False
        self._refused = np.zeros(0, np.int64)
        """The version, by file id, that could not be read as the store knows it."""
        self._seen: tuple[Layers, int] | None = None

    @property
    def is_settled(self) -> bool:
        """There is nothing to do until something changes."""
        desk = self._desk
        if desk.store.folder is None or not desk.settings.text:
            return True
        return not self._busy and self._seen == (desk.layers, desk.layers.changes)

    def flush(self) -> None:
        """Does what is due, when there is nothing more urgent."""
        desk = self._desk
        if self._busy or desk.store.folder is None or not desk.bulk_is_over or desk.layers.waiting:
            return
        if not desk.settings.text:
            desk.drop_grams(desk.layers.grams)
            return
        state = (desk.layers, desk.layers.changes)
        if state == self._seen:
            return
        uncovered = self._uncovered()
        if len(uncovered) > _FEW or desk.store.bytes_of(uncovered.tolist()) > _FEW_BYTES:
            self._build(uncovered[:_FILES].tolist())
        elif (group := self._group()) is not None:
            members = [built.member[self._is_current(built)] for built in group]
            self._build(np.concatenate([*members, uncovered])[:_FILES].tolist(), group)
        else:
            self._seen = state

    def _is_current(self, built: GramSegment) -> npt.NDArray[np.bool_]:
        return built.current(self._desk.layers.versions)

    def _uncovered(self) -> npt.NDArray[np.int64]:
        """Files that no gram segment knows as they are."""
        layers = self._desk.layers
        covered = grams.covered(layers.grams, layers.versions)
        size = min(len(self._refused), len(covered))
        covered[:size] |= self._refused[:size] == layers.versions[:size]
        return np.flatnonzero((layers.versions > 0) & ~covered)

    def _group(self) -> list[GramSegment] | None:
        """Segments to be made anew as one: a mostly outdated one, or small ones when there are many."""
        held = self._desk.layers.grams
        live = {built.number: int(self._is_current(built).sum()) for built in held}
        outdated = [built for built in held if 2 * live[built.number] < len(built.member)]
        if outdated:
            return outdated[:1]
        if len(held) <= _SEGMENTS:
            return None
        group: list[GramSegment] = []
        blocks = 0
        for built in sorted(held, key=lambda built: built.blocks):
            blocks += built.blocks
            if group and blocks > grams.MOST_BLOCKS:
                break
            group.append(built)
        return group if len(group) > 1 else None

    def _build(self, file_ids: list[int], replaced: list[GramSegment] | None = None) -> None:
        desk = self._desk
        if desk.store.folder is None:
            return
        if not file_ids:
            desk.drop_grams(replaced or [])
            return
        file_ids = sorted(set(file_ids))  # as Maker.add wants them; those of merged segments are in no order
        number = desk.store.next_segment()
        desk.store.commit()  # the builder reads through a connection of its own
        target = desk.store.gram_path(number)
        job = Sketch(
            str(desk.store.folder), desk.root, number, file_ids, str(target), desk.settings.max_file_bytes
        )
        self._busy = True
        done = partial(self._built, desk.layers, job, replaced or [])
        self._pool.build(job, lambda answer: self._post(partial(done, answer)))

    def _built(self, layers: Layers, job: Sketch, replaced: list[GramSegment], answer: Built) -> None:
        desk = self._desk
        self._busy = False
        if layers is not desk.layers:
            return  # asked for by a store that was replaced since
        desk.costs.built("grams", answer.seconds)
        path, error = Path(job.target), answer.error
        if error is None:
            try:
                built = grams.load(path)
            except (OSError, BadFile) as problem:
                error = str(problem)
        if error is not None:
            desk.say("warning", f"text search goes on without an index of {desk.root}: {error}")
            self._seen = (layers, layers.changes)  # until something changes
            return
        self._refuse(job.file_ids[: answer.files], built)
        layers.grams = [*layers.grams, built]
        desk.store.add_grams(built)
        desk.dirty = True
        desk.drop_grams(replaced)

    def _refuse(self, looked_at: list[int], built: GramSegment) -> None:
        """Files that were left out are not asked for again before they change."""
        versions = self._desk.layers.versions
        if len(self._refused) < len(versions):
            self._refused = np.concatenate(
                [self._refused, np.zeros(len(versions) - len(self._refused), np.int64)]
            )
        left_out = np.setdiff1d(np.array(looked_at, np.int64), built.member)
        self._refused[left_out] = versions[left_out]

    def forget(self) -> None:
        """The store was replaced: what is being built is of no use any more."""
        self._busy = False
        self._refused = np.zeros(0, np.int64)
