"""Did something that makes the product fast get lost? (Under a minute; exit 1 and a table when so.)

    python -m benchmarks.gate [ROOT]

For CI, where milliseconds mean nothing: every check is a count, a size, or the ratio of two things measured in turns on the
same machine. Bounds lie far from what is usual, so that noise never trips them and a lost idea does: an index that is read
twice, bitmaps that no longer filter, a column too many. Measured on a copy of some of ROOT's files (default: the corpus
``django``; where it cannot be had, a generated tree), so nothing in ROOT is touched.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import corpus, queries, report
from benchmarks.report import Results
from lsp_search import stores
from lsp_search.index import chunk_blob, chunks, segment
from lsp_search.index.packed import open_blob, pack
from lsp_search.index.segment import FileTable, Segment
from lsp_search.index.store import Store
from lsp_search.languages.chunks import cut
from lsp_search.languages.extract import extract
from lsp_search.languages.grammar import grammar_of
from lsp_search.languages.registry import LANGUAGES, language_of
from lsp_search.languages.terms import Terms
from lsp_search.model import SearchAnswer, SearchRequest, Symbol, SymbolKind
from lsp_search.search.names import best_names
from lsp_search.search.pattern import Pattern
from lsp_search.workspace import Workspace

FILES = 1500
"""Files of ROOT that are copied."""
NAMES = 250_000
"""Names of the segment that is searched with and without bitmaps."""
_LONG_AGO = 1_600_000_000
"""Time stamp of the copies: an index does not trust the time of a file that was written just now."""
_WARM = 3
_SAVES = 5
_REPEATS = 3
"""The least of so many measurements counts."""
_SOURCES = 150
_QUERIES = 12
_FILTERED = ("full name", "prefix 3-8", "humps", "middle word", "typo: swap", "typo: replace")


@dataclass(frozen=True)
class Check:
    name: str
    value: float
    least: float | None = None
    most: float | None = None

    @property
    def passed(self) -> bool:
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    @property
    def bound(self) -> str:
        if self.least is not None and self.most is not None:
            return f"{self.least:g}" if self.least == self.most else f"{self.least:g} to {self.most:g}"
        return f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "root", nargs="?", default="django", help="a folder or a named corpus (default: django)"
    )
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="where named corpora are kept")
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    choose = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="lsp-search-gate-") as folder:
        tree, store = Path(folder) / "tree", Path(folder) / "store"
        source = _fill(tree, options, choose)
        checks = [
            *_restarts(tree, store),
            _saves(tree, store),
            *_kept(tree, store, choose),
            *_sizes(tree, store),
        ]
        checks += [_bitmaps(tree, store, choose), *_extraction(tree, choose)]
    return {
        "source": source,
        "checks": [
            {**dataclasses.asdict(check), "bound": check.bound, "passed": check.passed} for check in checks
        ],
        "passed": all(check.passed for check in checks),
    }


# -- a tree ----------------------------------------------------------------------------------------


def _fill(tree: Path, options: argparse.Namespace, choose: random.Random) -> str:
    """Copies some source files of the corpus, or writes some; says which."""
    try:
        root = corpus.locate(options.root, options.corpora)
    except corpus.NoCorpus as error:
        if options.root not in corpus.NAMES:
            raise
        print(f"{error}; going on with a generated tree", file=sys.stderr)
        _generate(tree, choose)
        source = "generated"
    else:
        _copy(root, tree, choose)
        source = root.name
    for path in tree.rglob("*"):
        os.utime(path, (_LONG_AGO, _LONG_AGO))
    return source


def _copy(root: Path, tree: Path, choose: random.Random) -> None:
    found = sorted(
        path
        for path in root.rglob("*")
        if queries.is_code(path.name)
        and path.is_file()
        and not path.is_symlink()
        and path.stat().st_size < 1 << 20
    )
    for path in choose.sample(found, min(FILES, len(found))):
        target = tree / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


_WORDS = (
    "account add batch buffer build cache check close commit count create cursor data date default delete device entry "
    "event field file filter find first flush format frame group handle header index init input insert item join key last "
    "limit line list load lock map match merge message name next node number object offset open order output page parse "
    "path point pool print queue range read record remove render reset result root row save scan schema score search "
    "segment send session set size sort source split stack start state store stream string symbol table task text time "
    "token total trace tree type update user value version walk watch window word work write zone"
)


def _generate(tree: Path, choose: random.Random) -> None:
    """Python modules of classes, methods and functions named by two to four ordinary words."""

    words = _WORDS.split()

    def name() -> str:
        return "_".join(choose.choices(words, k=choose.randint(2, 4)))

    for number in range(FILES):
        rows = [f"LIMIT_{number} = {number}\n"]
        for _ in range(choose.randint(4, 12)):
            rows.append(f"\n\nclass {name().title().replace('_', '')}:")
            rows += [
                f"\n    def {name()}(self, {name()}):\n        return [{name()}.{name()} for _ in self]\n"
                for _ in range(choose.randint(2, 8))
            ]
        path = tree / choose.choice(words) / choose.choice(words) / f"{name()}_{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(rows))


# -- checks ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(tree: Path, store: Path, *, watch: bool = False) -> Iterator[Workspace]:
    """The tree's workspace in this process, in step with the disk."""
    workspace = Workspace([tree], store_dir=store, watch=watch)
    workspace.start()
    try:
        workspace.sync(300)
        yield workspace
    finally:
        workspace.close()


def _read(workspace: Workspace) -> int:
    """Files that workers have looked into since the start."""
    queue: Any = workspace.stats()["queue"]
    return int(queue["done"])


def _restarts(tree: Path, store: Path) -> list[Check]:
    cold, read_cold, files = _start(tree, store, settle=True)
    warm = [_start(tree, store) for _ in range(_WARM)]
    return [
        Check("cold start: files read / files of the index", read_cold / max(files, 1), least=1, most=1.5),
        Check("warm start: files read again", max(read for _, read, _ in warm), most=0, least=0),
        Check(
            "cold start / warm start, seconds",
            cold / statistics.median(seconds for seconds, *_ in warm),
            least=6,
        ),
    ]


def _start(tree: Path, store: Path, *, settle: bool = False) -> tuple[float, int, int]:
    """Seconds until everything is indexed, files read for it, files of the index. *settle*: goes on, untimed, until all is
    on disk, as any server does that is not closed at once."""
    began = time.perf_counter()
    with _opened(tree, store) as workspace:
        seconds = time.perf_counter() - began
        if settle:
            workspace.settle()
        return seconds, _read(workspace), workspace.report().files


def _saves(tree: Path, store: Path) -> Check:
    """What the watcher and a barrier make of some saves; a change may be seen in two events, and is read twice then."""
    with _opened(tree, store, watch=True) as workspace:
        before = _read(workspace)
        for path in sorted(path for path in tree.rglob("*") if path.is_file())[:_SAVES]:
            saved = tree.parent / "saved"
            saved.write_bytes(path.read_bytes() + b"\n\n")
            saved.replace(path)
            workspace.sync(60)
        return Check("a save: files read", (_read(workspace) - before) / _SAVES, least=1, most=2)


def _kept(tree: Path, store: Path, choose: random.Random) -> list[Check]:
    """Answers that are asked for again after a save that has nothing to do with them, and after a restart."""
    stored = stores.find(store, tree)
    names = [named.name for named in queries.from_index(stored.folder, choose)[:_QUERIES]] if stored else []
    requests = [SearchRequest(name, "symbol", limit=50) for name in dict.fromkeys(names)]

    def asked(workspace: Workspace) -> list[SearchAnswer]:
        return [workspace.search(request) for request in requests]

    with _opened(tree, store, watch=True) as workspace:
        workspace.clear_cache()
        computed = [answer.took_ms for answer in asked(workspace)]
        (tree / "zz_unrelated.py").write_text("def qqqq_zzzz_jjjj(): ...\n")
        workspace.sync(60)
        again, third = asked(workspace), asked(workspace)
    with _opened(tree, store) as workspace:
        restarted = asked(workspace)
    ratio = statistics.median(computed) / statistics.median(answer.took_ms for answer in third)
    return [
        Check("kept after an unrelated save", _share(again, "hit-memory"), least=0.9),
        Check("kept after a restart", _share(restarted, "hit-disk"), least=0.9),
        Check("computing an answer / giving a kept one, median", ratio, least=2),
    ]


def _share(answers: Sequence[SearchAnswer], kind: str) -> float:
    return sum(answer.cache == kind for answer in answers) / max(len(answers), 1)


def _tables(tree: Path, store: Path) -> list[FileTable]:
    stored = stores.find(store, tree)
    if stored is None:
        raise FileNotFoundError(f"{tree} has no index below {store}")
    with contextlib.closing(Store.reader(stored.folder)) as connection:
        return connection.execute(
            "SELECT file_id, 1, symbols FROM packed WHERE length(symbols) > 0"
        ).fetchall()


def _sizes(tree: Path, store: Path) -> list[Check]:
    tables = _tables(tree, store)
    built = segment.build(1, tables)
    packed_chunks = sum(len(open_blob(blob).chunks) for *_, blob in tables)
    symbols = sum(len(blob) for *_, blob in tables) - packed_chunks
    columns = built.nbytes - built.chunks.nbytes - len(built.blob) - len(built.container_blob)
    held = len(built.chunks)
    return [
        Check("segment: bytes a name or symbol, texts aside", columns / (built.names + built.rows), most=60),
        Check("packed symbols in the store: bytes a symbol", symbols / built.rows, most=30),
        Check("segment: bytes a chunk", built.chunks.nbytes / held, most=450),
        Check("packed chunks in the store: bytes a chunk", packed_chunks / held, most=140),
        Check("symbols a chunk", built.rows / held, least=1),
    ]


def _bitmaps(tree: Path, store: Path, choose: random.Random) -> Check:
    """A search with the bitmaps against one that scans the same names, query by query in turns."""
    stored = stores.find(store, tree)
    names = queries.from_index(stored.folder, choose) if stored else []
    whole = _many_names(names, choose)
    bare = dataclasses.replace(whole, bitmaps=np.zeros((0, 0), np.uint64))
    ratios: list[float] = []
    for query in queries.draw(names, _QUERIES, choose):
        if query.kind in _FILTERED:
            with_, without = _in_turns(
                partial(_search, whole, query.text), partial(_search, bare, query.text)
            )
            ratios.append(without / with_)
    return Check("a search without bitmaps / with, median", statistics.median(ratios), least=3)


def _many_names(names: Sequence[queries.Named], choose: random.Random) -> Segment:
    """A segment over words of real names in new combinations: as many names as a large workspace has."""
    parts = sorted({word.lower() for named in names for word in queries.words(named.name)})
    made = {"_".join(choose.choices(parts, k=choose.randint(2, 4))) for _ in range(NAMES)}
    made |= {named.name for named in names}
    symbols = [Symbol(name, SymbolKind.FUNCTION, "", 0, 0, 0, 0, 0, 0) for name in sorted(made)]
    return segment.build(1, [(1, 1, pack(symbols, b""))])


def _search(where: Segment, text: str) -> None:
    best_names([where], [Pattern(text)], 250, lambda: None)


def _extraction(tree: Path, choose: random.Random) -> list[Check]:
    """Finding the symbols of files against parsing them alone; cutting and encoding their chunks against finding symbols."""
    paths = sorted(path for path in tree.rglob("*") if path.is_file())
    choose.shuffle(paths)
    terms = Terms()
    spent: list[list[float]] = []
    for path in paths:
        language = LANGUAGES.get(language_of(path.name))
        if language is not None and language.module:
            source, parser = path.read_bytes(), grammar_of(language).parser
            symbols = extract(language.id, source, 60.0)
            find = partial(extract, language.id, source, 60.0)
            spent.append(
                _in_turns(find, partial(parser.parse, source), partial(_encode, symbols, source, terms))
            )
        if len(spent) == _SOURCES:
            break
    finding, parsing, encoding = map(sum, zip(*spent, strict=True))
    return [
        Check("finding symbols / parsing alone, seconds", finding / parsing, most=5),
        Check("cutting and encoding chunks / finding symbols, seconds", encoding / finding, most=3),
    ]


def _encode(symbols: Sequence[Symbol], source: bytes, terms: Terms) -> None:
    blob = chunk_blob.pack(cut(symbols, source, "some/file.py", terms))
    chunks.encoded([symbol.name.encode() for symbol in symbols], blob)


def _in_turns(*acts: Callable[[], object]) -> list[float]:
    """The least seconds of each act, done in turns."""
    least = [float("inf")] * len(acts)
    for _ in range(_REPEATS):
        for at, act in enumerate(acts):
            began = time.perf_counter()
            act()
            least[at] = min(least[at], time.perf_counter() - began)
    return least


def lines(results: Results) -> Iterable[str]:
    yield f"on {results['source']}"
    rows = [
        (
            check["name"],
            f"{check['value']:g}" if check["value"] == int(check["value"]) else f"{check['value']:.2f}",
            check["bound"],
            "ok" if check["passed"] else "FAILED",
        )
        for check in results["checks"]
    ]
    yield from report.table(("check", "value", "bound", ""), rows)


if __name__ == "__main__":
    sys.exit(0 if report.run(__doc__, configure, measure, lines)["passed"] else 1)
