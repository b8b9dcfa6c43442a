"""How fast, and how completely, are the best of a million names found?

    python -m benchmarks.matching linux --store STORE --names 1000000

Distinct names of the tree's index are put into segments of the size the product builds, and queries of every class are
matched and scored for the best hundred: no rows, no server. Beside it, on the same names and queries, where they are
installed: ``frizbee`` (PyPI, SIMD), and the whole process of ``fzf --filter`` (which reads the names each time).

Recall: how many of the best twenty that come out when every name is judged and scored are found with all the shortcuts.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import shutil
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import queries, report, subject
from benchmarks.report import Results
from lsp_search.index import segment
from lsp_search.index.packed import pack
from lsp_search.index.segment import Segment
from lsp_search.index.store import Store
from lsp_search.model import Symbol, SymbolKind
from lsp_search.search import found as finds
from lsp_search.search import pattern as p
from lsp_search.search.names import Matched, best_names
from lsp_search.search.narrowing import Narrowing
from lsp_search.search.pattern import Pattern
from lsp_search.search.pool import Names, Pool
from lsp_search.search.score import Scores, score
from lsp_search.search.tiers import judge
from lsp_search.telemetry.heap import set_up_heap

_SEGMENT = 500_000
_CHUNK = 1 << 14
_BEST = 100
_TOP = 20
_SHORTLIST = 150
"""As the product asks for a list of a hundred."""


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser)
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=30, help="queries of each class")
    parser.add_argument("--recalled", type=int, default=5, help="of these, queries whose recall is measured")
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    set_up_heap()  # as the server does
    choose = random.Random(options.seed)
    with subject.opened(options) as place:
        place.ensure_indexed()
        folder = place.stored().folder
        drawn = queries.from_index(folder, choose)
        names = _distinct(folder, options.names, choose)
        figures = place.figures()
    segments = list(_segments(names))
    asked: dict[str, list[str]] = defaultdict(list)
    for query in queries.draw(drawn, options.each, choose):
        if query.kind not in ("two words", "qualified"):
            asked[query.kind].append(query.text)
    arms: dict[str, Callable[[str], object]] = {"lsp-search": lambda text: _best(segments, text)}
    arms |= _others(names)
    times = {arm: {kind: _times(find, texts) for kind, texts in asked.items()} for arm, find in arms.items()}
    return {
        **figures,
        "names": len(names),
        "bytesPerName": sum(_name_bytes(each) for each in segments) / len(names),
        "bytesWithRows": sum(each.nbytes for each in segments) / len(names),
        "arms": {arm: _summed(kinds) for arm, kinds in times.items()},
        "growing": _summed({"each next letter": _grown(segments, asked["full name"])})["all"],
        "recall": {kind: _recall(segments, texts[: options.recalled]) for kind, texts in asked.items()},
    }


def _distinct(folder: Path, count: int, choose: random.Random) -> list[str]:
    connection = Store.reader(folder)
    store = Store(connection, folder, lambda: None)
    found: set[bytes] = set()
    for built in store.open_segments():
        found.update(built.name(number) for number in range(built.names))
    connection.close()
    names = sorted(name.decode("utf-8", "replace") for name in found if b"\n" not in name)
    return names if len(names) <= count else sorted(choose.sample(names, count))


def _segments(names: Sequence[str]) -> Iterator[Segment]:
    shuffled = random.Random(0).sample(names, len(names))
    for number, start in enumerate(range(0, len(shuffled), _SEGMENT)):
        part = shuffled[start : start + _SEGMENT]
        symbols = [Symbol(name, SymbolKind.FUNCTION, "", 0, 0, 0, 0, 0, 0) for name in part]
        yield segment.build(number + 1, [(number, 1, pack(symbols, b""))])


def _name_bytes(built: Segment) -> int:
    columns = (built.blob, built.offsets, built.lex, built.heads, built.bitmaps, built.row_start)
    return sum(column.nbytes for column in columns)


def _best(segments: Sequence[Segment], text: str) -> list[bytes]:
    patterns = [Pattern(text)]
    found = best_names(segments, patterns, _SHORTLIST, lambda: None)
    return _ordered(found.pool, found.names, _scores(found, patterns), _BEST)


def _scores(found: Matched, patterns: Sequence[Pattern]) -> Scores:
    return found.scores or score(found.pool, found.names, found.tiers, patterns)


def _grown(segments: Sequence[Segment], texts: Iterable[str]) -> list[float]:
    """Milliseconds of each letter but the first, when names are typed letter by letter."""
    taken: list[float] = []
    for text in texts:
        narrowing = Narrowing()
        letters = [Pattern(text[:end]) for end in range(1, len(text) + 1)]
        best_names(segments, letters[:1], _SHORTLIST, lambda: None, narrowing)
        for word in letters[1:]:
            start = time.perf_counter()
            best_names(segments, [word], _SHORTLIST, lambda: None, narrowing)
            taken.append((time.perf_counter() - start) * 1e3)
    return taken


def _every(segments: Sequence[Segment], text: str, *, anywhere: bool) -> list[bytes]:
    """All names judged and scored; the weakest are left out where the product leaves them out (*anywhere*: because a
    beginning with a typo was found)."""
    pattern = Pattern(text)
    pool = Pool(segments)
    every = pool.names([np.arange(each.names) for each in segments])
    parts = [slice(start, start + _CHUNK) for start in range(0, len(every), _CHUNK)]
    tiers = np.concatenate([judge(pool, every.take(part), pattern) for part in parts])
    hit = tiers > (p.SCATTERED if np.any(tiers == p.EXACT) else p.NONE)
    if (tiers >= p.SCATTERED).sum() >= finds.FEW or not anywhere:
        hit &= tiers != p.ANYWHERE
    which = np.flatnonzero(hit)
    chunks = [which[start : start + _CHUNK] for start in range(0, len(which), _CHUNK)]
    scores = [score(pool, every.take(chunk), tiers[chunk], [pattern]) for chunk in chunks]
    columns = zip(*((each.bands, each.points, each.untouched) for each in scores), strict=True)
    return _ordered(pool, every.take(which), Scores(*map(np.concatenate, columns)), _TOP) if chunks else []


def _ordered(pool: Pool, names: Names, scores: Scores, best: int) -> list[bytes]:
    """The *best* names as the product orders them, priors aside."""
    every = scores.keys(names.lengths)
    if len(every) > best:
        kept = np.flatnonzero(every <= np.partition(every, best - 1)[best - 1])
        every, names = every[kept], names.take(kept)
    texts = pool.texts(names)
    order = sorted(zip(every.tolist(), (text.lower() for text in texts), texts, strict=True))
    return [text for _, _, text in order[:best]]


def _recall(segments: Sequence[Segment], texts: Iterable[str]) -> float | None:
    """Of the names without typos."""
    shares: list[float] = []
    for text in texts:
        patterns = [Pattern(text)]
        found = best_names(segments, patterns, _SHORTLIST, lambda: None)
        right = np.flatnonzero(~np.isin(found.tiers, (p.SLIP, p.TYPO)))
        got = set(_ordered(found.pool, found.names.take(right), _scores(found, patterns).take(right), _TOP))
        mistyped = np.setdiff1d(np.arange(len(found.names)), right)
        wanted = set(_every(segments, text, anywhere=not len(mistyped)))
        wanted -= set(found.pool.texts(found.names.take(mistyped)))  # found, as something better
        if wanted:
            shares.append(len(wanted & got) / len(wanted))
    return statistics.mean(shares) if shares else None


def _others(names: Sequence[str]) -> dict[str, Callable[[str], object]]:
    found: dict[str, Callable[[str], object]] = {}
    if importlib.util.find_spec("frizbee") is not None:
        frizbee = importlib.import_module("frizbee")
        every = frizbee.Haystacks(list(names))
        found["frizbee"] = lambda text: frizbee.Matcher(text, max_items=_BEST).match_list(every)
    if (fzf := shutil.which("fzf")) is not None:
        lines = "\n".join(names).encode()
        found["fzf, whole process"] = lambda text: (
            subprocess.run([fzf, "--filter", text], input=lines, capture_output=True, check=False).stdout
        )
    return found


def _times(find: Callable[[str], object], texts: Iterable[str]) -> list[float]:
    taken: list[float] = []
    for text in texts:
        start = time.perf_counter()
        find(text)
        taken.append((time.perf_counter() - start) * 1e3)
    return taken


def _summed(kinds: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    rows = {**kinds, "all": [value for values in kinds.values() for value in values]}
    return {
        kind: {
            "p50Ms": float(np.percentile(values, 50)),
            "p95Ms": float(np.percentile(values, 95)),
            "maxMs": max(values),
        }
        for kind, values in rows.items()
    }


def lines(results: Results) -> Iterator[str]:
    yield (
        f"{results['names']:,} distinct names, {results['bytesPerName']:.0f} bytes each in memory; "
        f"with one place of definition each {results['bytesWithRows']:.0f}"
    )
    yield ""
    arms = results["arms"]
    yield f"{'p50 / p95 / max ms':<18}" + "".join(f"{arm:>28}" for arm in arms) + f"{'recall@20':>12}"
    for kind in arms["lsp-search"]:
        cells = (
            f"{row[kind]['p50Ms']:.1f} / {row[kind]['p95Ms']:.1f} / {row[kind]['maxMs']:.1f}"
            for row in arms.values()
        )
        recall = results["recall"].get(kind)
        yield (
            f"{kind:<18}"
            + "".join(f"{cell:>28}" for cell in cells)
            + (f"{recall:>12.3f}" if recall is not None else "")
        )
    grown = results["growing"]
    yield ""
    yield (
        "a name typed letter by letter, each next letter: "
        f"{grown['p50Ms']:.1f} / {grown['p95Ms']:.1f} / {grown['maxMs']:.1f} ms"
    )


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
