"""The mined pairs as matrices: one row a pair, one column a term, how often each term occurs in each part of the pair."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from lsp_search.languages.terms import Terms
from tools.train_embeddings import pairs

PARTS = ("query", "rest", "code", "name", "container", "path")
DIRECTORIES = 3
"""So many folders above a file count as its path."""


@dataclass(frozen=True)
class Corpus:
    """Pairs as counts of terms."""

    terms: list[str]
    parts: dict[str, csr_matrix]
    """By the parts of :data:`PARTS`."""
    packages: npt.NDArray[np.int32]
    """The number of each pair's package; the pairs of a package stand together, in the order of its files."""
    kinds: list[str]
    languages: list[str]

    def __len__(self) -> int:
        return len(self.kinds)


def digest(pair: pairs.Pair) -> str:
    """The same for pairs of the same code, however it is laid out."""
    return hashlib.sha1("".join(pair.code.split()).encode(), usedforsecurity=False).hexdigest()


def load(files: Sequence[Path], kept_apart: Iterable[Path], cache: Path) -> Corpus:
    """The pairs of *files* without those whose code or query is in *kept_apart*, and without second ones of a query."""
    if cache.is_file():
        return _read(cache)
    seen: set[str] = set()
    for path in kept_apart:
        for pair in pairs.read(path):
            seen |= {digest(pair), pair.query.lower()}
    made = Terms()
    numbers: dict[str, int] = {}
    counts: dict[str, tuple[list[int], list[int], list[int]]] = {part: ([], [], [0]) for part in PARTS}
    packages: list[int] = []
    kinds: list[str] = []
    languages: list[str] = []
    for package, path in enumerate(sorted(files)):
        for pair in pairs.read(path):
            marks = {digest(pair), pair.query.lower()}
            if marks & seen:
                continue
            seen |= marks
            packages.append(package)
            kinds.append(pair.kind)
            languages.append(pair.language)
            for part in PARTS:
                text = _last_parts(pair.path) if part == "path" else getattr(pair, part)
                columns, times, ends = counts[part]
                for term, often in Counter(made.of_text(text.encode())).items():
                    columns.append(numbers.setdefault(term, len(numbers)))
                    times.append(often)
                ends.append(len(columns))
    shape = (len(kinds), len(numbers))
    parts = {
        part: csr_matrix(
            (np.array(times, np.float32), np.array(columns, np.int32), np.array(ends)), shape=shape
        )
        for part, (columns, times, ends) in counts.items()
    }
    corpus = Corpus(list(numbers), parts, np.array(packages, np.int32), kinds, languages)
    _write(cache, corpus)
    return corpus


def _last_parts(path: str) -> str:
    folders = path.rpartition(".")[0].split("/")
    return "/".join(folders[-1 - DIRECTORIES :])


def _write(path: Path, corpus: Corpus) -> None:
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "terms": np.array("\n".join(corpus.terms)),
        "kinds": np.array(corpus.kinds),
        "languages": np.array(corpus.languages),
        "packages": corpus.packages,
    }
    for part, matrix in corpus.parts.items():
        arrays |= {
            f"{part}-data": matrix.data,
            f"{part}-columns": matrix.indices,
            f"{part}-ends": matrix.indptr,
        }
    with open(path, "wb") as out:
        np.savez(out, allow_pickle=False, **arrays)


def _read(path: Path) -> Corpus:
    with np.load(path) as stored:
        terms = str(stored["terms"]).split("\n")
        kinds = stored["kinds"].tolist()
        shape = (len(kinds), len(terms))
        parts = {
            part: csr_matrix(
                (stored[f"{part}-data"], stored[f"{part}-columns"], stored[f"{part}-ends"]), shape=shape
            )
            for part in PARTS
        }
        return Corpus(terms, parts, stored["packages"], kinds, stored["languages"].tolist())
