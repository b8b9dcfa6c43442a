"""One order for what words, vectors, names and places say of the same candidates.

Each chunk's score is a sum of parts, times what its place is worth:

- *words* and *vectors*: BM25 and cosine, each divided by the greatest among the candidates, so that they can be added
  (normalised scores: adding reciprocal ranks instead forgets by how much one is better, and measures worse);
- *definition*: its name is what was asked;
- *place*: how many of the query's terms stand in the file's name and folders;
- *near*: it stands in the file the user looks at, or in its folder;
- *company*: the file's share of good chunks, for its best chunk: a file that is all about something is the answer;
- times *standing*: less for tests, vendored and generated code, and for files that merely list what others hold.

Then one file must not flood the list: of one file's chunks each counts less than the one before.
The constants were chosen on the development part of a public benchmark (see docs/relevance.md for what each is worth).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from lsp_search.index.chunks import last_part
from lsp_search.languages.chunks import place_terms
from lsp_search.languages.terms import shared
from lsp_search.model import SymbolKind
from lsp_search.search.asked import Asked
from lsp_search.search.meaning import Candidates, Numbers, Scores, name_of
from lsp_search.telemetry.spans import spanned


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part is worth; a query that is one name trusts words more than vectors."""

    vectors: float = 0.6
    vectors_of_name: float = 0.3
    definition: float = 3.0
    definition_inside: float = 1.5
    but_case: float = 0.5
    """Times this for a name that only differs in case where the query has capitals;"""
    but_spelling: float = 0.3
    """for one that has the same stems: ``retries`` for ``retry``."""
    not_type: float = 0.8
    """Times this for what is no type."""
    named_so: float = 0.5
    """Times more for a definition in a file of the same name."""
    place: float = 0.4
    folders: float = 0.5
    """A folder's term, where a term of the file's name is 1."""
    least: float = 0.15
    """Below this, words and vectors say too little for the place to count."""
    near: float = 0.1
    """In the file the user looks at; half of it in its folder."""
    company: float = 0.15
    top: int = 50
    """Chunks that count for company."""
    standing: tuple[float, ...] = (1.0, 0.3, 0.3)
    """Of own code, tests, foreign code."""
    listing: float = 0.5
    """Of files that list what others hold."""
    prose: float = 0.7
    """Of prose and settings: who asks wants the code first, and what is written about it next."""
    again: float = 0.5
    """Times this for each chunk of the same file above it."""


WEIGHTS = Weights()
_TYPES = frozenset(
    (SymbolKind.CLASS, SymbolKind.STRUCT, SymbolKind.INTERFACE, SymbolKind.ENUM, SymbolKind.MODULE)
)
_LISTINGS = frozenset(("__init__.py", "package-info.java"))
_PROSE = frozenset(
    [
        "md",
        "markdown",
        "rst",
        "txt",
        "adoc",
        "org",
        "tex",
        "html",
        "yml",
        "yaml",
        "toml",
        "json",
        "ini",
        "cfg",
        "lock",
        "csv",
        "xml",
        "svg",
    ]
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Places among the candidates, best first, with their scores and the parts of these."""

    order: Numbers
    scores: Scores
    """In that order; falling."""
    parts: dict[str, Scores] = field(default_factory=dict)
    """By name, over all candidates."""


def ranked(
    asked: Asked, found: Candidates, weights: Weights | None = None, near: str | None = None
) -> Ranked:
    """All candidates in order, as :class:`Fusion` has it."""
    return Fusion(asked, found, weights, near).ranked({})


class Fusion:
    """What is the same however often candidates are put into order: with what symbols and lines say of them, and without."""

    def __init__(
        self, asked: Asked, found: Candidates, weights: Weights | None = None, near: str | None = None
    ) -> None:
        """*weights*: others than :data:`WEIGHTS`; *near*: the absolute path of the file the user looks at."""
        self._weights = weights = weights or WEIGHTS
        file = _files(found)
        distinct, which = np.unique(file, return_inverse=True)
        traits = [_traits(found, int(number)) for number in distinct.tolist()]
        share = weights.vectors_of_name if asked.is_name else weights.vectors
        words = (1 - share) * _normalised(found.words)
        vectors = share * _normalised(np.maximum(found.vectors, 0))
        told = words + vectors > weights.least
        self._parts: dict[str, Scores] = {
            "words": words,
            "vectors": vectors,
            "place": weights.place * _overlap(asked, traits, weights)[which] * told,
            "definition": _definitions(asked, found, traits, which, weights),
        }
        self._standing = np.array([trait.standing(weights) for trait in traits], np.float32)[which]
        self._near = None if near is None else _nearness(found, distinct, near, weights)[which]
        self._files = len(distinct)
        self._which = which
        self._label = _labels(found, file)

    @spanned("fuse")
    def ranked(self, more: dict[str, Scores]) -> Ranked:
        """All candidates in order. *more*: other parts of their scores."""
        if not len(self._which):
            return Ranked(np.empty(0, np.int64), np.empty(0, np.float32))
        parts = {**self._parts, **more}
        if "name" in more:
            parts["name"] = np.where(parts["definition"] > 0, np.float32(0), more["name"])
        score = np.sum(list(parts.values()), axis=0, dtype=np.float32) * self._standing
        if self._near is not None:
            parts["near"] = self._near
            score += self._near
        parts["company"] = _company(score, self._which, self._files, self._weights)
        parts["standing"] = self._standing
        score += parts["company"]
        order, spread = _spread(score, self._which, self._label, self._weights)
        return Ranked(order, spread[order], parts)


def _normalised(values: Scores) -> Scores:
    found: Scores = values / max(float(values.max(initial=0)), 1e-9)
    return found


def _files(found: Candidates) -> Numbers:
    """place-of-root << 32 | file id, so that roots are kept apart."""
    roots: dict[int, int] = {}
    file = np.zeros(len(found), np.int64)
    for number, place in enumerate(found.places):
        root = roots.setdefault(id(place.snapshot), number)
        of_place = found.place == number
        file[of_place] = place.segment.chunks.file[found.chunk[of_place]].astype(np.int64) | (root << 32)
    return file


@dataclass(frozen=True, slots=True)
class _Traits:
    """What the path of a file says."""

    stem: frozenset[str]
    folders: frozenset[str]
    kind: int
    is_listing: bool
    is_prose: bool

    def standing(self, weights: Weights) -> float:
        value = weights.standing[self.kind] * (weights.listing if self.is_listing else 1.0)
        return value * (weights.prose if self.is_prose else 1.0)


def _traits(found: Candidates, file: int) -> _Traits:
    catalog = found.places[file >> 32].snapshot.catalog
    number = file & 0xFFFFFFFF
    return _of_path(catalog.paths[number], int(catalog.standing[number]))


@lru_cache(1 << 14)
def _of_path(path: str, standing: int) -> _Traits:
    stem, folders = place_terms(path, shared())
    return _Traits(
        frozenset(stem),
        frozenset(folders),
        standing,
        path.rpartition("/")[2] in _LISTINGS,
        path.rpartition(".")[2].lower() in _PROSE,
    )


def _overlap(asked: Asked, traits: list[_Traits], weights: Weights) -> Scores:
    wanted = frozenset(asked.terms)
    each = [
        len(wanted & one.stem) + weights.folders * len(wanted & (one.folders - one.stem)) for one in traits
    ]
    return np.array(each, np.float32) / np.float32(max(len(wanted), 1))


def _nearness(found: Candidates, files: Numbers, near: str, weights: Weights) -> Scores:
    value = np.zeros(len(files), np.float32)
    for place, file in enumerate(files.tolist()):
        snapshot = found.places[file >> 32].snapshot
        path = f"{snapshot.folder}/{snapshot.catalog.paths[file & 0xFFFFFFFF]}"
        if path == near:
            value[place] = weights.near
        elif path.rpartition("/")[0] == near.rpartition("/")[0]:
            value[place] = weights.near / 2
    return value


def _definitions(
    asked: Asked, found: Candidates, traits: list[_Traits], which: Numbers, weights: Weights
) -> Scores:
    value = np.zeros(len(found), np.float32)
    wanted = {name.key: name for name in asked.names}
    if not wanted:
        return value
    keys = found.column(lambda place, chunk: place.segment.chunks.name[chunk], np.uint32)
    for place in np.flatnonzero(np.isin(keys, list(wanted))).tolist():
        at, chunk = found.places[found.place[place]], int(found.chunk[place])
        asked_name = wanted[int(keys[place])]
        name, kind = name_of(at.segment, chunk)
        worth = weights.definition if asked_name.alone else weights.definition_inside
        worth *= _likeness(asked_name.typed, last_part(name), weights)
        worth *= 1.0 if kind in _TYPES else weights.not_type
        stem = traits[which[place]].stem
        if stem and stem <= asked_name.terms:
            worth *= 1 + weights.named_so
        value[place] = worth
    return value


def _likeness(typed: str, name: str, weights: Weights) -> float:
    """Separators aside."""
    typed, name = typed.translate(_SEPARATORS), name.translate(_SEPARATORS)
    if typed == name or (typed.islower() and typed == name.lower()):
        return 1.0
    return weights.but_case if typed.lower() == name.lower() else weights.but_spelling


_SEPARATORS = str.maketrans("", "", " _-")


def _company(score: Scores, which: Numbers, files: int, weights: Weights) -> Scores:
    """For the best chunk of each file its share of the best chunks of all."""
    top = np.argsort(-score, kind="stable")[: weights.top]
    shares = np.bincount(which[top], np.maximum(score[top], 0), files)
    company = np.zeros(len(score), np.float32)
    first, seen = np.unique(which[top], return_index=True)
    company[top[seen]] = weights.company * shares[first] / max(float(shares.max()), 1e-9)
    return company


def _labels(found: Candidates, file: Numbers) -> Numbers:
    labels = np.zeros(len(found), np.int64)
    for number, place in enumerate(found.places):
        of_place = found.place == number
        labels[of_place] = place.snapshot.catalog.label[file[of_place] & 0xFFFFFFFF]
    return labels


def _spread(score: Scores, which: Numbers, label: Numbers, weights: Weights) -> tuple[Numbers, Scores]:
    """The order in which each further chunk of a file counts less, and the scores that give it."""
    order = np.lexsort((label, -score))
    by_file = order[np.argsort(which[order], kind="stable")]
    starts = np.flatnonzero(np.diff(which[by_file], prepend=-1))
    counts = np.diff(np.append(starts, len(by_file)))
    turn = np.arange(len(by_file)) - np.repeat(starts, counts)
    spread = np.empty(len(score), np.float32)
    spread[by_file] = score[by_file] * np.float32(weights.again) ** turn
    return np.lexsort((label, -spread)), spread
