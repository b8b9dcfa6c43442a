"""What do kept answers save someone who searches as they type? (Minutes; ``--pace`` says how fast they type.)

    python -m benchmarks.typing_trace [ROOT]

A user is made up, from one seed: words are names that the workspace holds, a third of them asked for before (the oftener, the
likelier), typed letter by letter from the start of the name in small letters; one letter in 30 is wrong, noticed after none to two
more letters and taken back by as many backspaces; words end when the name stands first among the answers twice in a row (as people
stop when they see it), or is complete. Every keystroke asks ``workspace/symbol``'s question. Between keys they wait as people
do (log-normal around ``--pace`` milliseconds), because what is computed ahead must be ready in time.

Two servers' worth of workspace answer the same keystrokes in turns, the order changing by chance: one that keeps answers, one
that does not. Then the first is closed and opened again, and asked all that was asked, once each.

A keystroke is *exact* (kept in memory, asked before), *refined* (computed among what the shorter word had found), *predicted*
(computed ahead, in time), *disk* (kept from an earlier session), or a *miss*. Shares are of all keystrokes, and of those after the
first of a word. *Wasted*: answers computed ahead that nobody had asked for in the end, by request.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import corpus, queries, report
from benchmarks.report import Results
from lsp_search import stores
from lsp_search.model import SearchAnswer, SearchRequest
from lsp_search.settings import SearchSettings, Settings
from lsp_search.workspace import Workspace

_REPEATED = 1 / 3
_WRONG = 1 / 30
_LONGEST = 24
_LIMIT = 200
"""As ``workspace/symbol`` asks by default."""


class Key(NamedTuple):
    """What stands in the box after a keystroke."""

    query: str
    first: bool
    """Of a word."""
    name: str


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "root", nargs="?", default="django", help="a folder or a named corpus (default: django)"
    )
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="where named corpora are kept")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--words", type=int, default=150)
    parser.add_argument("--pace", type=float, default=140.0, metavar="MS", help="between two keys, median")


def measure(options: argparse.Namespace) -> Results:
    choose = random.Random(options.seed)
    root = corpus.locate(options.root, options.corpora)
    with tempfile.TemporaryDirectory(prefix="lsp-search-typing-") as folder:
        keeping, computing = Path(folder) / "keeping", Path(folder) / "computing"
        on, off = _opened(root, keeping, cache=True), _opened(root, computing, cache=False)
        try:
            stored = stores.find(keeping, root)
            assert stored is not None
            words = [named.name for named in queries.from_index(stored.folder, choose)]
            asked = _typed(words, on, off, options, choose)
            figures: Any = on.cache_figures()
        finally:
            on.close()
            off.close()
        again = _restarted(root, keeping, [key.query for key, *_ in asked])
    return {"source": root.name, **_summed(asked, figures), "restart": again}


def _opened(root: Path, store: Path, *, cache: bool) -> Workspace:
    settings = Settings(search=SearchSettings(cache=cache))
    workspace = Workspace([root], settings, store_dir=store, watch=False)
    workspace.start()
    workspace.sync(1800)
    workspace.settle()
    return workspace


Asked = tuple[Key, str, float, float]
"""A keystroke, its kind, milliseconds with and without kept answers."""


def _typed(
    words: Sequence[str], on: Workspace, off: Workspace, options: argparse.Namespace, choose: random.Random
) -> list[Asked]:
    asked: list[Asked] = []
    known: list[str] = []
    fresh = iter([word for word in words if 3 <= len(word) <= 60 and word.isascii()])
    for _ in range(options.words):
        name = choose.choice(known) if known and choose.random() < _REPEATED else next(fresh)
        known.append(name)
        seen = 0
        for key in _keys(name, choose):
            time.sleep(choose.lognormvariate(0, 0.4) * options.pace / 1000)
            before = _kinds(on)
            arms = [on, off]
            choose.shuffle(arms)
            took = {id(arm): _ask(arm, key.query) for arm in arms}
            kind = next(iter(_kinds(on) - before), "miss")
            (mine, answer), (other, _) = took[id(on)], took[id(off)]
            asked.append((key, kind, mine, other))
            stands_first = bool(answer.hits) and answer.hits[0].name == name and len(key.query) > 2
            seen = seen + 1 if stands_first else 0
            if seen == 2:
                break
    return asked


def _keys(name: str, choose: random.Random) -> Iterator[Key]:
    """All that stands in the box while *name* is typed."""
    typed = ""
    first = True

    def key(query: str) -> Key:
        nonlocal first
        was, first = first, False
        return Key(query, was, name)

    for letter in name[:_LONGEST].lower():
        if typed and choose.random() < _WRONG:
            wrong = typed + choose.choice("abcdefghijklmnopqrstuvwxyz")
            yield key(wrong)
            for more in name[len(typed) + 1 : len(typed) + 1 + choose.randint(0, 2)].lower():
                wrong += more
                yield key(wrong)
            while len(wrong) > len(typed):
                wrong = wrong[:-1]
                yield key(wrong)
        typed += letter
        yield key(typed)


def _ask(workspace: Workspace, query: str) -> tuple[float, SearchAnswer]:
    began = time.perf_counter()
    answer = workspace.search(SearchRequest(query, "symbol", _LIMIT, mark=False))
    return (time.perf_counter() - began) * 1000, answer


def _kinds(workspace: Workspace) -> Counter[str]:
    kinds: Any = workspace.cache_figures()["kinds"]
    return Counter(kinds)


def _restarted(root: Path, store: Path, asked: Sequence[str]) -> dict[str, object]:
    """All that was asked, once each, of a new process's worth of workspace."""
    again = list(dict.fromkeys(asked))
    workspace = Workspace([root], Settings(), store_dir=store, watch=False)
    workspace.start()
    try:
        workspace.sync(600)
        took = [_ask(workspace, query) for query in again]
        kinds = _kinds(workspace)
    finally:
        workspace.close()
    from_disk = [ms for ms, answer in took if answer.cache == "hit-disk"]
    return {
        "queries": len(again),
        "kinds": dict(kinds),
        "fromDisk": round(kinds["disk"] / max(len(again), 1), 4),
        "diskP95Ms": _percentile(from_disk, 95),
    }


def _summed(asked: Sequence[Asked], figures: dict[str, Any]) -> dict[str, object]:
    later = [entry for entry in asked if not entry[0].first]
    hits = [mine for _, kind, mine, _ in asked if kind in ("exact", "predicted")]
    saved = [other - mine for _, _, mine, other in asked]
    made = figures["predictions"]
    return {
        "keystrokes": len(asked),
        "words": sum(key.first for key, *_ in asked),
        "shares": {"all": _shares(asked), "after the first of a word": _shares(later)},
        "wastedARequest": round((made["wasted"] + made["waiting"]) / max(len(asked), 1), 4),
        "hitMs": {"p50": _percentile(hits, 50), "p95": _percentile(hits, 95)},
        "byKind": {
            kind: {
                "count": len(rows),
                "keptP50Ms": _percentile([mine for mine, _ in rows], 50),
                "keptP95Ms": _percentile([mine for mine, _ in rows], 95),
                "computedP50Ms": _percentile([other for _, other in rows], 50),
                "computedP95Ms": _percentile([other for _, other in rows], 95),
            }
            for kind in ("exact", "predicted", "refined", "disk", "miss")
            if (rows := [(mine, other) for _, its, mine, other in asked if its == kind])
        },
        "aKeystroke": {
            "keptMeanMs": round(statistics.fmean(mine for _, _, mine, _ in asked), 3),
            "computedMeanMs": round(statistics.fmean(other for *_, other in asked), 3),
            "savedMeanMs": round(statistics.fmean(saved), 3),
            "savedMedianMs": round(statistics.median(saved), 3),
            "keptP95Ms": _percentile([mine for _, _, mine, _ in asked], 95),
            "computedP95Ms": _percentile([other for *_, other in asked], 95),
        },
    }


def _shares(asked: Sequence[Asked]) -> dict[str, float]:
    kinds = Counter(kind for _, kind, _, _ in asked)
    share = {kind: round(count / len(asked), 4) for kind, count in sorted(kinds.items())}
    answered = kinds["exact"] + kinds["refined"] + kinds["predicted"] + kinds["disk"]
    return {**share, "all but misses": round(answered / len(asked), 4)}


def _percentile(values: Sequence[float], percent: int) -> float:
    ranked = sorted(values)
    return round(ranked[min(len(ranked) * percent // 100, len(ranked) - 1)], 3) if ranked else 0.0


def lines(results: Results) -> Iterable[str]:
    yield f"on {results['source']}: {results['keystrokes']} keystrokes of {results['words']} words"
    kinds = ("exact", "refined", "predicted", "disk", "miss", "all but misses")
    yield from report.table(
        ("share of keystrokes", *kinds),
        [
            (name, *(f"{share.get(kind, 0.0):.1%}" for kind in kinds))
            for name, share in results["shares"].items()
        ],
    )
    yield f"wasted predictions a request: {results['wastedARequest']:.2f}"
    yield from report.table(
        ("ms", "count", "kept p50", "p95", "computed p50", "p95"),
        [
            (
                kind,
                str(row["count"]),
                *(
                    f"{row[name]:.2f}"
                    for name in ("keptP50Ms", "keptP95Ms", "computedP50Ms", "computedP95Ms")
                ),
            )
            for kind, row in results["byKind"].items()
        ],
    )
    one = results["aKeystroke"]
    yield (
        f"a keystroke: {one['keptMeanMs']:.2f} ms with kept answers, {one['computedMeanMs']:.2f} without (means);"
        f" p95 {one['keptP95Ms']:.1f} and {one['computedP95Ms']:.1f}; saved {one['savedMeanMs']:.2f} (mean),"
        f" {one['savedMedianMs']:.2f} (median)"
    )
    again = results["restart"]
    yield (
        f"after a restart: {again['fromDisk']:.1%} of {again['queries']} distinct queries from disk,"
        f" p95 {again['diskP95Ms']:.2f} ms"
    )


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
