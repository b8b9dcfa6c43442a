"""Code like the code under the cursor: the chunk there is the question, with its own vector and its heaviest terms."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from lsp_search.index.chunks import term_key
from lsp_search.index.snapshot import Snapshot
from lsp_search.languages.terms import shared
from lsp_search.model import LspSearchError, SearchRequest
from lsp_search.search import fusion, meaning
from lsp_search.search.answer import Answer
from lsp_search.search.asked import Asked
from lsp_search.search.listing import Listing
from lsp_search.search.meaning import Place
from lsp_search.search.query import Plan
from lsp_search.search.shown import Shown
from lsp_search.search.sources import Texts

_TERMS = 24
"""The heaviest terms of the chunk, that others are looked for by."""
WEIGHTS = fusion.Weights(
    place=0.0, definition=0.0, definition_inside=0.0, company=0.0, again=0.8, standing=(1.0, 0.8, 0.6)
)
"""Where code stands says little of what it is like."""
_NOTHING = Asked((), np.empty(0, np.uint32), np.empty(0, np.float32), (), False, (), ())


def similar(
    path: str,
    line: int,
    limit: int,
    texts: Texts,
    max_bytes: int,
    snapshots: Sequence[Snapshot],
    check: Callable[[], None],
) -> Listing:
    """The chunks most like the one at *line* (0-based) of the file *path* (absolute). Raises LspSearchError where there is
    none: the file is not indexed, or holds no words."""
    held = list(meaning.places(snapshots, Plan(), _NOTHING, check))
    number, chunk = _under(path, line, snapshots, held)
    place = held[number]
    shown = Shown(texts, max_bytes, ())
    wanted = _asked(place, chunk, shown.text_of(place, chunk))
    place.passing[chunk] = False
    found = meaning.candidates(wanted, held, check)
    return Answer(SearchRequest("", "semantic", limit), found, shown, None).listing(
        fusion.ranked(wanted, found, WEIGHTS)
    )


def _under(path: str, line: int, snapshots: Sequence[Snapshot], held: list[Place]) -> tuple[int, int]:
    """Place and number of the chunk there; that place's flags become its own."""
    for snapshot in snapshots:
        for folder in (snapshot.folder, snapshot.root.rstrip("/")):
            if path.startswith(folder + "/"):
                file_id = _file(snapshot, os.path.relpath(path, folder))
                at = (
                    None if file_id is None else meaning.chunk_at(held, snapshot, file_id, line, nearest=True)
                )
                if at is not None:
                    held[at[0]] = replace(held[at[0]], passing=held[at[0]].passing.copy())
                    return at
    raise LspSearchError(f"{path}: there is no indexed code at line {line + 1} that others could be like")


def _file(snapshot: Snapshot, relative: str) -> int | None:
    try:
        return snapshot.catalog.paths.index(relative)
    except ValueError:
        return None


def _asked(place: Place, chunk: int, text: bytes) -> Asked:
    """A question that the chunk is the best answer to."""
    heaviest = Counter(shared().of_text(text)).most_common(_TERMS)
    terms = tuple(term for term, _ in heaviest)
    vector = place.segment.chunks.vectors[chunk].astype(np.float32)
    return replace(
        _NOTHING,
        terms=terms,
        keys=np.array([term_key(term) for term in terms], np.uint32),
        vector=vector / max(float(np.linalg.norm(vector)), 1e-9),
    )
