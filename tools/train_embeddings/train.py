"""Trains the table: texts and the code that they describe are pulled together, those of other pairs apart (InfoNCE).

    python -m tools.train_embeddings.train FOLDER [--out FILE] [--packages LIST] [--held-out LIST]

Reads the pairs that :mod:`pairs` mined. Every step takes a batch of pairs, half of the batches from one package, and moves the
rows of the terms that occur in it, by the gradients worked out by hand below and Adam. The same pairs and options give
the same table: all that is random comes from one seed.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags

from lsp_search.index import embeddings
from tools.train_embeddings import corpus as corpora
from tools.train_embeddings import packages, table
from tools.train_embeddings.corpus import Corpus

_HERE = Path(__file__).parent
_TABLE = _HERE.parents[1] / "lsp_search/index/embeddings.bin"
_HELD_OUT = _HERE.parents[1] / "benchmarks/relevance/packages.toml"
Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Options:
    """What the training can be told."""

    vocabulary: int = 26_000
    buckets: int = 4_096
    width: int = 256
    passes: int = 7
    batch: int = 1_024
    rate: float = 3e-3
    temperature: float = 0.06
    drop_code: float = 0.1
    drop_query: float = 0.05
    hide_name: float = 0.2
    """How often a function's own name is left out of its code."""
    show_path: float = 0.4
    """How often the words of the path and of the container count as part of the code."""
    show_rest: float = 0.2
    """How often the rest of the comment counts as part of the code."""
    name_query: float = 0.1
    """How often the name, left out of the code, stands for the query."""
    rest_query: float = 0.05
    """How often the rest of the comment stands for the query."""
    as_unknown: float = 0.03
    """How often a term of the vocabulary is taken for an unknown one."""
    inside_share: float = 0.3
    """How many of the pairs of comments inside of functions one pass takes."""
    largest_share: int = 60_000
    """Pairs of one language that one pass takes at most."""
    seed: int = 20_251


class Model:
    """The rows, and one step of their training."""

    def __init__(self, corpus: Corpus, options: Options) -> None:
        self.options = options
        self.corpus = corpus
        self.random = np.random.default_rng(options.seed)
        code, query = corpus.parts["code"], corpus.parts["query"]
        count = len(corpus.terms)
        often = np.bincount(code.indices, minlength=count) + np.bincount(query.indices, minlength=count)
        self.chosen = _vocabulary(corpus.terms, often, options.vocabulary)
        size = len(self.chosen)
        self.row_of = np.full(count, -1, np.int64)
        self.row_of[self.chosen] = np.arange(size)
        self.grams = _grams(corpus.terms, often, size, options.buckets)
        idf = np.log(1 + 2 * len(corpus) / (1 + often[self.chosen]))
        scale = np.concatenate([idf / idf.max(), np.full(options.buckets, 1.0)])
        shape = (size + options.buckets, options.width)
        self.rows = (self.random.standard_normal(shape) / math.sqrt(options.width) * scale[:, None]).astype(
            np.float32
        )
        self._first = np.zeros_like(self.rows)
        self._second = np.zeros_like(self.rows)

    def step(self, batch: Indices, rate: float) -> float:
        """One step on the pairs *batch*; the loss before it."""
        query, code = self._texts(batch)
        used = np.unique(np.concatenate([query.indices, code.indices]))
        column = np.zeros(len(self.rows), np.int32)
        column[used] = np.arange(len(used), dtype=np.int32)
        for texts in (query, code):
            texts.indices = column[texts.indices]
            texts._shape = (texts.shape[0], len(used))
        rows = self.rows[used]
        loss, to_query, to_code = _contrast(query @ rows, code @ rows, self.options.temperature)
        gradient = query.T.tocsr() @ to_query + code.T.tocsr() @ to_code
        first = self._first[used] = 0.9 * self._first[used] + 0.1 * gradient
        second = self._second[used] = 0.99 * self._second[used] + 0.01 * gradient * gradient
        self.rows[used] = rows - rate * first / (np.sqrt(second) + 1e-8)
        return loss

    def _texts(self, batch: Indices) -> tuple[csr_matrix, csr_matrix]:
        """What the pairs of *batch* have as their queries and codes this time, as weights of rows."""
        options = self.options
        part = {name: matrix[batch] for name, matrix in self.corpus.parts.items()}
        chance = self.random.random((4, len(batch)))
        named = np.diff(part["name"].indptr) > 0
        longer = np.diff(part["rest"].indptr) > 2
        by_name = named & (chance[0] < options.name_query)
        by_rest = longer & ~by_name & (chance[0] > 1 - options.rest_query)
        shown = _where(chance[1] < options.show_path)
        told = _where(longer & ~by_rest & (chance[2] < options.show_rest))
        query = _where(~by_name & ~by_rest) @ part["query"] + _where(by_rest) @ part["rest"]
        query = query + _where(by_name) @ (part["name"] + shown @ part["container"])
        extra = _where(~by_name) @ shown @ (part["container"] + part["path"])
        hidden = _where(by_name | (chance[3] < options.hide_name)) @ part["name"]
        code = _without(part["code"], hidden) + extra + told @ part["rest"]
        return self._weights(query, options.drop_query), self._weights(code, options.drop_code)

    def _weights(self, counts: csr_matrix, drop: float) -> csr_matrix:
        counts = counts.tocsr()
        counts.eliminate_zeros()
        chance = self.random.random(len(counts.data))
        weights = np.where(chance < drop, 0, 1 + np.log(counts.data)).astype(np.float32)
        known = self.row_of[counts.indices]
        whole = (known >= 0) & (chance < 1 - self.options.as_unknown)
        shape = (counts.shape[0], len(self.rows))
        direct = csr_matrix(
            (weights * whole, np.where(known >= 0, known, 0), counts.indptr), shape=shape, copy=True
        )
        composed = csr_matrix(
            (weights * ~whole, counts.indices, counts.indptr), shape=counts.shape, copy=True
        )
        for matrix in (direct, composed):
            matrix.eliminate_zeros()
        return (direct + composed @ self.grams).tocsr()


def _where(chosen: npt.NDArray[np.bool_]) -> csr_matrix:
    return diags(chosen.astype(np.float32)).tocsr()


def _without(counts: csr_matrix, names: csr_matrix) -> csr_matrix:
    """*counts* less the terms that occur in *names*."""
    names = names.copy()
    names.data = np.ones_like(names.data)
    return counts - counts.multiply(names)


def _vocabulary(terms: list[str], often: npt.NDArray[np.int64], size: int) -> Indices:
    """The *size* most frequent terms, of those with one hash only the more frequent."""
    order = np.lexsort((np.array(terms), -often))
    taken: dict[int, int] = {}
    for index in order:
        if len(taken) == size or often[index] < 3:
            break
        taken.setdefault(table.term_hash(terms[index]), int(index))
    return np.array(list(taken.values()), np.int64)


def _grams(terms: list[str], often: npt.NDArray[np.int64], size: int, buckets: int) -> csr_matrix:
    """What each term is made of as an unknown one: its buckets' rows, as a mean; nothing for terms seen once."""
    columns: list[int] = []
    shares: list[float] = []
    ends = [0]
    for term, times in zip(terms, often.tolist(), strict=True):
        found = embeddings.buckets_of(term.encode(), buckets) if times > 1 else []
        columns += [size + bucket for bucket in found]
        shares += [1 / max(len(found), 1)] * len(found)
        ends.append(len(columns))
    matrix = csr_matrix((np.array(shares, np.float32), columns, ends), shape=(len(terms), size + buckets))
    matrix.sum_duplicates()
    return matrix


def _contrast(query: Floats, code: Floats, temperature: float) -> tuple[float, Floats, Floats]:
    """The loss of telling each text's partner among all of the batch, both ways, and its gradients."""
    count = len(query)
    long_query = np.maximum(np.linalg.norm(query, axis=1, keepdims=True), 1e-6)
    long_code = np.maximum(np.linalg.norm(code, axis=1, keepdims=True), 1e-6)
    query, code = query / long_query, code / long_code
    scores = query @ code.T / np.float32(temperature)
    shares = np.exp(scores - 1 / temperature)
    across = shares / shares.sum(axis=1, keepdims=True)
    down = shares / shares.sum(axis=0, keepdims=True)
    right = np.arange(count)
    loss = -float(np.log(across[right, right] + 1e-9).mean() + np.log(down[right, right] + 1e-9).mean()) / 2
    pull = across + down
    pull[right, right] -= 2
    pull /= 2 * count * temperature
    to_query, to_code = pull @ code, pull.T @ query
    to_query = (to_query - query * (to_query * query).sum(axis=1, keepdims=True)) / long_query
    to_code = (to_code - code * (to_code * code).sum(axis=1, keepdims=True)) / long_code
    return loss, to_query, to_code


def _batches(corpus: Corpus, options: Options, random: np.random.Generator) -> list[Indices]:
    """The batches of one pass: every pair (of the larger languages a share) once among its package's, once among all."""
    languages = np.array(corpus.languages)
    inside = (np.array(corpus.kinds) == "inside") & (random.random(len(corpus)) >= options.inside_share)
    languages[inside] = ""
    chosen: list[Indices] = []
    for language in sorted(set(corpus.languages)):
        of_it = np.flatnonzero(languages == language)
        share = random.permutation(of_it)[: options.largest_share]
        chosen.append(share)
    members = np.sort(np.concatenate(chosen))
    size, least = options.batch, options.batch // 4
    batches = [part for part in _cut(random.permutation(members), size) if len(part) >= least]
    numbers = corpus.packages[members]
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    for package in np.split(members, starts[1:]):
        batches += [part for part in _cut(random.permutation(package), size) if len(part) >= least]
    return [batches[index] for index in random.permutation(len(batches))]


def _cut(indices: Indices, size: int) -> Iterator[Indices]:
    for at in range(0, len(indices), size):
        yield indices[at : at + size]


def train(corpus: Corpus, options: Options, seconds: float = math.inf) -> Model:
    """The trained model; passes that have not begun after *seconds* are left out."""
    model = Model(corpus, options)
    began = time.monotonic()
    planned = [_batches(corpus, options, model.random)]
    total = len(planned[0]) * options.passes
    done = 0
    for number in range(options.passes):
        losses = []
        for batch in planned.pop() if planned else _batches(corpus, options, model.random):
            rate = options.rate * min(1, (done + 1) / 100) * max(0.03, 1 - done / total)
            losses.append(model.step(batch, rate))
            done += 1
        spent = time.monotonic() - began
        print(f"pass {number + 1}: loss {np.mean(losses):.3f}, {spent:.0f} s", flush=True)
        if spent > seconds:
            break
    return model


def write(model: Model, path: Path) -> None:
    """The table of *model* as a file."""
    table.save(path, [model.corpus.terms[index] for index in model.chosen], model.rows)


def pair_files(folder: Path, listed: Path) -> list[Path]:
    """The mined files of a list of packages."""
    found = (folder / "pairs" / f"{package.folder}.jsonl" for package in packages.read(listed))
    return [path for path in found if path.is_file()]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.train_embeddings.train", description="Train the table."
    )
    parser.add_argument("folder", type=Path, help="where `pairs` has written")
    parser.add_argument("--packages", type=Path, default=_HERE / "packages.toml", metavar="LIST")
    parser.add_argument("--held-out", type=Path, default=_HELD_OUT, metavar="LIST")
    parser.add_argument("--out", type=Path, default=_TABLE, metavar="FILE")
    parser.add_argument("--passes", type=int, default=Options.passes)
    arguments = parser.parse_args()
    files = pair_files(arguments.folder, arguments.packages)
    corpus = corpora.load(
        files, pair_files(arguments.folder, arguments.held_out), arguments.folder / "corpus.npz"
    )
    print(f"{len(corpus)} pairs, {len(corpus.terms)} terms")
    write(train(corpus, Options(passes=arguments.passes)), arguments.out)


if __name__ == "__main__":
    main()
