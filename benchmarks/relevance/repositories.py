"""How well are questions about real repositories answered, and what is each part of the ranking worth?

    python -m benchmarks.relevance.repositories queries.json --repositories DIR --ablate

*queries.json* lists repositories: ``repository`` (owner/name), ``revision``, ``root`` (the folder that is searched; null: all) and
``queries`` (``query``, ``category``, ``relevant`` and ``secondary`` files), the shape of the semble benchmark (MIT). The checkouts are
looked for in ``DIR/owner+name``; what is missing is cloned from GitHub there, at the revision. Nothing of theirs is part of this
project, and the table of vectors was not trained on any of them.

The score is NDCG@10 over files with binary relevance: files in the order of their best results in the answer of the mode that
is asked, over a real index of a real workspace. With ``--ablate`` every part of the ranking is left out in turn; with
``--methods`` the whole is compared with its halves. Intervals are bootstrapped over queries (2,000 draws, 95%); differences are paired.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import report
from benchmarks.report import Results
from lsp_search.model import Mode, SearchRequest
from lsp_search.search import fusion
from lsp_search.search.fusion import WEIGHTS, Weights
from lsp_search.workspace import Workspace

CUT = 10
_DRAWS = 2000

PARTS: dict[str, dict[str, Any]] = {
    "vectors": {"vectors": 0.0, "vectors_of_name": 0.0},
    "definition of what is asked": {"definition": 0.0},
    "definition of a name in the sentence": {"definition_inside": 0.0},
    "definition in a file of its name": {"named_so": 0.0},
    "types before functions": {"not_type": 1.0},
    "case of names": {"but_case": 1.0, "but_spelling": 1.0},
    "file and folder names": {"place": 0.0},
    "company": {"company": 0.0},
    "tests and foreign code last": {"standing": (1.0, 1.0, 1.0)},
    "listings": {"listing": 1.0},
    "code before prose": {"prose": 1.0},
}
"""What leaves one part of the ranking out."""

METHODS: dict[str, Weights] = {
    "words alone, no ranking": Weights(
        **{key: value for part in PARTS.values() for key, value in part.items()}
    ),
    "words and vectors, no ranking": replace(
        Weights(**{key: value for part in PARTS.values() for key, value in part.items()}),
        vectors=WEIGHTS.vectors,
        vectors_of_name=WEIGHTS.vectors_of_name,
    ),
    "vectors alone": replace(WEIGHTS, vectors=1.0, vectors_of_name=1.0),
    "words alone": replace(WEIGHTS, vectors=0.0, vectors_of_name=0.0),
    "all": WEIGHTS,
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("queries", type=Path, help="the file of queries")
    parser.add_argument(
        "--repositories", type=Path, required=True, metavar="DIR", help="where checkouts are or go"
    )
    parser.add_argument("--modes", nargs="+", default=["semantic", "hybrid", "auto"], metavar="MODE")
    parser.add_argument(
        "--limit", type=int, default=50, metavar="N", help="results of one query (default: 50)"
    )
    parser.add_argument("--ablate", action="store_true", help="leave out each part of the ranking in turn")
    parser.add_argument("--methods", action="store_true", help="compare with simpler methods")


def measure(options: argparse.Namespace) -> Results:
    asked = json.loads(options.queries.read_text())
    for entry in asked:
        checkout(entry, options.repositories)
    with (
        tempfile.TemporaryDirectory(prefix="lsp-search-relevance-") as store,
        opened(asked, options, store) as held,
    ):
        modes = {mode: scores(asked, held, mode, options.limit) for mode in options.modes}
        base = scores(asked, held, "semantic", options.limit)
        others = dict(METHODS) if options.methods else {}
        if options.ablate:
            others |= {f"without {name}": replace(WEIGHTS, **change) for name, change in PARTS.items()}
        changed = {
            name: with_weights(weights, asked, held, options.limit) for name, weights in others.items()
        }
    categories = [query["category"] for entry in asked for query in entry["queries"]]
    repositories = [entry["repository"] for entry in asked for _ in entry["queries"]]
    last = options.modes[-1]
    return {
        "queries": len(categories),
        "modes": {mode: {"all": interval(found), **by(found, categories)} for mode, found in modes.items()},
        f"repositories, {last}": by(modes[last], repositories),
        "changed, semantic": {
            name: {"ndcg": interval(found), "difference": interval(found - base), **by(found, categories)}
            for name, found in changed.items()
        },
    }


def checkout(entry: dict[str, Any], folder: Path) -> Path:
    """The folder of one repository at its revision, cloned where it is missing. Raises OSError."""
    target: Path = folder / entry["repository"].replace("/", "+")
    if target.is_dir():
        return target
    address = f"https://github.com/{entry['repository']}"
    for command in (
        ("git", "clone", "--quiet", address, str(target)),
        ("git", "-C", str(target), "checkout", "--quiet", entry["revision"]),
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"{entry['repository']}: {done.stderr.strip()}")
    return target


@contextmanager
def opened(
    asked: Sequence[dict[str, Any]], options: argparse.Namespace, store: str
) -> Iterator[list[Workspace]]:
    """An indexed workspace for each repository."""
    held: list[Workspace] = []
    try:
        for entry in asked:
            root = checkout(entry, options.repositories) / (entry["root"] or "")
            workspace = Workspace([root], store_dir=Path(store), watch=False)
            held.append(workspace)
            workspace.start()
            workspace.sync(600)
        yield held
    finally:
        for workspace in held:
            workspace.close()


def with_weights(
    weights: Weights, asked: Sequence[dict[str, Any]], held: Sequence[Workspace], limit: int
) -> npt.NDArray[np.float64]:
    """As :func:`scores` of meaning alone, ranked with other weights."""
    fusion.WEIGHTS = weights
    try:
        return scores(asked, held, "semantic", limit)
    finally:
        fusion.WEIGHTS = WEIGHTS


def scores(
    asked: Sequence[dict[str, Any]], held: Sequence[Workspace], mode: Mode, limit: int
) -> npt.NDArray[np.float64]:
    """NDCG@10 of every query, in order."""
    found: list[float] = []
    for entry, workspace in zip(asked, held, strict=True):
        root = f"{entry['root']}/" if entry["root"] else ""
        for query in entry["queries"]:
            hits = workspace.search(SearchRequest(query["query"], mode, limit)).hits
            files = list(dict.fromkeys(root + hit.relative_path for hit in hits))
            found.append(ndcg(files, relevant(query, root)))
    return np.array(found)


def relevant(query: dict[str, Any], root: str) -> set[str]:
    """Paths from the repository's top; some lists name them from the searched folder."""
    given = [*query["relevant"], *query["secondary"]]
    paths = {one if isinstance(one, str) else one["path"] for one in given}
    return {path if path.startswith(root) else root + path for path in paths}


def ndcg(files: Sequence[str], wanted: set[str]) -> float:
    """Of the first :data:`CUT` files (Järvelin and Kekäläinen 2002, binary gains)."""
    gain = sum(1 / math.log2(place + 2) for place, path in enumerate(files[:CUT]) if path in wanted)
    best = sum(1 / math.log2(place + 2) for place in range(min(len(wanted), CUT)))
    return gain / best if best else 0.0


def interval(values: npt.NDArray[np.float64]) -> list[float]:
    """[mean, low, high]: of the mean, by bootstrap over queries."""
    draws = np.random.default_rng(1).integers(0, len(values), (_DRAWS, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    return [round(float(value), 4) for value in (values.mean(), low, high)]


def by(values: npt.NDArray[np.float64], labels: Sequence[str]) -> dict[str, float]:
    """Means by label."""
    each = np.array(labels)
    return {label: round(float(values[each == label].mean()), 3) for label in sorted(set(labels))}


def lines(results: Results) -> Iterable[str]:
    yield f"{results['queries']} queries, NDCG@{CUT} over files (95% interval)"
    for mode, found in results["modes"].items():
        yield f"  {mode:42s} {_shown(found['all'])}  {_rest(found)}"
    for name, found in results["changed, semantic"].items():
        yield f"  {name:42s} {_shown(found['ndcg'])}  difference {_shown(found['difference'])}"
    for name, found in results.items():
        if name.startswith("repositories"):
            yield f"{name}: " + ", ".join(
                f"{key} {value}" for key, value in sorted(found.items(), key=lambda pair: pair[1])
            )


def _shown(values: Sequence[float]) -> str:
    return f"{values[0]:+.3f} ({values[1]:+.3f} … {values[2]:+.3f})"


def _rest(found: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in found.items() if key != "all")


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
