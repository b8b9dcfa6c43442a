"""From a docstring to its function: how well words, and what they mean, find the one function that a sentence describes.

    python -m benchmarks.relevance.docstrings FOLDER [--table FILE] [--pools N]

FOLDER is where the packages of ``packages.toml`` beside this file were fetched and mined (``python -m
tools.train_embeddings.fetch FOLDER --packages benchmarks/relevance/packages.toml``, then ``…pairs``). None of them was
trained on. Each language's functions are shuffled once and dealt into pools of 1,000; in each pool, the first sentence of
every function's documentation is a query and the functions, without documentation, are the candidates. The score is the
mean of 1 / (rank of the right one), ties counted half, with a 95% interval by resampling queries.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lsp_search.index import embeddings
from lsp_search.index.embeddings import Embeddings
from lsp_search.languages.terms import Terms
from tools.train_embeddings import packages, pairs

Floats = npt.NDArray[np.float32]
_LIST = Path(__file__).with_name("packages.toml")
_TABLE = Path(__file__).parents[2] / "lsp_search/index/embeddings.bin"
POOL = 1_000
LEAST = 250
"""Languages with fewer functions are not measured."""
_K1, _B = 1.2, 0.6
_SUBTOKEN = re.compile("[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_HASHED = 512
Pool = Sequence[pairs.Pair]


def pools_of(folder: Path, listed: Path = _LIST, most: int = 8) -> dict[str, list[Pool]]:
    """Up to *most* pools of each language, from what was mined below *folder*; the last one may be smaller."""
    found: dict[str, dict[str, pairs.Pair]] = {}
    for package in packages.read(listed):
        path = folder / "pairs" / f"{package.folder}.jsonl"
        if path.is_file():
            for pair in pairs.read(path):
                if pair.kind == "definition":
                    found.setdefault(pair.language, {}).setdefault(pair.query.lower(), pair)
    made: dict[str, list[Pool]] = {}
    for language in sorted(found):
        shuffled = sorted(found[language].values(), key=_digest)
        dealt = [shuffled[at : at + POOL] for at in range(0, len(shuffled), POOL)][:most]
        made[language] = [pool for pool in dealt if len(pool) == POOL] or [
            pool for pool in dealt if len(pool) >= LEAST
        ]
    return {language: pools for language, pools in made.items() if pools}


def _digest(pair: pairs.Pair) -> str:
    return hashlib.sha1(f"{pair.path} {pair.query}".encode(), usedforsecurity=False).hexdigest()


def bm25(queries: Sequence[Sequence[str]], texts: Sequence[Sequence[str]]) -> Floats:
    """Scores of *texts* (columns) for *queries* (rows)."""
    lengths = np.array([len(text) for text in texts], np.float32)
    share = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1))
    where: dict[str, tuple[list[int], list[int]]] = {}
    for number, text in enumerate(texts):
        for term, times in Counter(text).items():
            numbers, often = where.setdefault(term, ([], []))
            numbers.append(number)
            often.append(times)
    scores = np.zeros((len(queries), len(texts)), np.float32)
    for row, query in zip(scores, queries, strict=True):
        for term, times in Counter(query).items():
            if term in where:
                at = np.array(where[term][0])
                many = np.array(where[term][1], np.float32)
                idf = math.log(1 + (len(texts) - len(at) + 0.5) / (len(at) + 0.5))
                row[at] += times * idf * many * (_K1 + 1) / (many + share[at])
    return scores


def normalised(scores: Floats) -> Floats:
    """Each query's scores as distances from their mean, in standard deviations."""
    spread = scores.std(axis=1, keepdims=True)
    return np.asarray((scores - scores.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-9), np.float32)


def fused(first: Floats, second: Floats) -> Floats:
    """Reciprocal rank fusion of two scorings (k = 60)."""
    ranks = [(-scores).argsort(axis=1, kind="stable").argsort(axis=1) + 1 for scores in (first, second)]
    return np.asarray(sum(1 / (60 + rank) for rank in ranks), np.float32)


def reciprocal_ranks(scores: Floats) -> Floats:
    """1 / rank of the text that stands where its query does; texts of one score share their ranks."""
    right = np.diagonal(scores)[:, None]
    return np.asarray(
        1 / (1 + (scores > right).sum(axis=1) + ((scores == right).sum(axis=1) - 1) / 2), np.float32
    )


def interval(values: Floats, rounds: int = 1_000) -> tuple[float, float]:
    """The 95% interval of the mean of *values*, by drawing them anew."""
    random = np.random.default_rng(1)
    means = [float(values[random.integers(0, len(values), len(values))].mean()) for _ in range(rounds)]
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def _hashed(texts: Sequence[Sequence[str]]) -> Floats:
    """Vectors of hashed words and character n-grams: what a table that learnt nothing gives."""
    made = np.zeros((len(texts), _HASHED), np.float32)
    for row, text in zip(made, texts, strict=True):
        for term, times in Counter(text).items():
            padded = f"<{term}>"
            grams = [padded[at : at + n] for n in (3, 4, 5) for at in range(len(padded) - n + 1)]
            for gram, weight in ((term, 1.0), *((gram, 1 / math.sqrt(len(grams))) for gram in grams)):
                value = zlib.crc32(gram.encode())
                row[value % _HASHED] += (1 + math.log(times)) * weight * (1 if value >> 31 else -1)
    return np.asarray(made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9), np.float32)


def _subtokens(text: str) -> list[str]:
    return [part.lower() for part in _SUBTOKEN.findall(text) if len(part) > 1]


def _candidate(pair: pairs.Pair, place: bool) -> str:
    return f"{pair.code}\n{pair.container} {Path(pair.path).stem}" if place else pair.code


def _vectors(table: Embeddings, texts: Sequence[Sequence[str]]) -> Floats:
    """A row for each text, given as its terms."""
    counted = [Counter(text) for text in texts]
    number = {
        term: place for place, term in enumerate(dict.fromkeys(term for text in counted for term in text))
    }
    return table.of_texts(
        table.of_terms([term.encode() for term in number]),
        np.array([number[term] for text in counted for term in text], np.uint32),
        np.array([min(times, 255) for text in counted for times in text.values()], np.uint8),
        np.array([len(text) for text in counted], np.uint32),
    )


def scorings(pool: Pool, table: Embeddings, places: bool = False, weight: float = 0.6) -> dict[str, Floats]:
    """Scores by method: queries of *pool* in rows, its functions in columns, if *places* with the names of the class and of
    the file that they are in. *weight* is that of the table where scores are added."""
    made = Terms()
    queries = [made.of_text(pair.query.encode()) for pair in pool]
    codes = [made.of_text(_candidate(pair, places).encode()) for pair in pool]
    words = bm25(queries, codes)
    meant = _vectors(table, queries) @ _vectors(table, codes).T
    plain = bm25(
        [_subtokens(pair.query) for pair in pool], [_subtokens(_candidate(pair, places)) for pair in pool]
    )
    return {
        "BM25, subtokens": plain,
        "BM25, stems": words,
        "hashed n-grams": _hashed(queries) @ _hashed(codes).T,
        "table": meant,
        "table + BM25, normalised": weight * normalised(meant) + (1 - weight) * normalised(words),
        "table + BM25, ranks fused": fused(meant, words),
    }


def measure(
    pools: dict[str, list[Pool]], score: Callable[[Pool], dict[str, Floats]]
) -> dict[str, dict[str, Floats]]:
    """Reciprocal ranks by language and method."""
    found: dict[str, dict[str, Floats]] = {}
    for language, dealt in pools.items():
        parts: dict[str, list[Floats]] = {}
        for pool in dealt:
            for method, scores in score(pool).items():
                parts.setdefault(method, []).append(reciprocal_ranks(scores))
        found[language] = {method: np.concatenate(ranks) for method, ranks in parts.items()}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.relevance.docstrings", description="From a docstring to its function."
    )
    parser.add_argument("folder", type=Path, help="where the packages were fetched and mined")
    parser.add_argument("--table", type=Path, default=_TABLE, metavar="FILE")
    parser.add_argument("--pools", type=int, default=8, metavar="N", help="of each language, at most")
    parser.add_argument(
        "--places", action="store_true", help="functions with the names of their classes and files"
    )
    options = parser.parse_args()
    pools = pools_of(options.folder, most=options.pools)
    table = embeddings.load(options.table)
    found = measure(pools, lambda pool: scorings(pool, table, options.places))
    methods = list(next(iter(found.values())))
    print(f"{'':14}{'queries':>8}  " + "".join(f"{method:>27}" for method in methods))
    for language, by_method in found.items():
        cells = []
        for method in methods:
            low, high = interval(by_method[method])
            cells.append(f"{by_method[method].mean():.3f} ({low:.3f}–{high:.3f})")
        print(f"{language:14}{len(by_method[methods[0]]):8}  " + "".join(f"{cell:>27}" for cell in cells))
    others = [by_method for language, by_method in found.items() if language != "python"]
    means = [float(np.mean([by_method[method].mean() for by_method in others])) for method in methods]
    print(f"{'other than Python':24}" + "".join(f"{mean:>27.3f}" for mean in means))


if __name__ == "__main__":
    main()
