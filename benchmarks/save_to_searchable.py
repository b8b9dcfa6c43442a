"""How long from a save, or a keystroke, until the new symbol is found?

    python -m benchmarks.save_to_searchable linux --store DIR

A client on the server's standard streams changes files and looks for a function whose name occurs nowhere else:

- *created*, *replaced*: files in a scratch folder below the root, written anew or renamed over an older one;
- *appended*: typical source files of the tree, saved with a function more and afterwards put back, time stamp and all;
- *unsaved*: the same files opened in the client, with the function in a ``didChange`` and never on disk.

The clock runs from just before the write (or notification) to the last byte of the first ``workspace/symbol`` answer that holds
the symbol, asked every 2 ms without a barrier: nobody tells the server of the save, its own watcher has to. Then the barrier:
``lspSearch/sync`` right after a save, after which the symbol must be found at once, and on an idle server.

If it is killed, one source file may keep a function more; its name begins with ``saved_``.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import report, subject
from benchmarks.client import Client
from benchmarks.report import LATENCY, Results
from benchmarks.subject import Subject
from lsp_search.index.store import Store
from lsp_search.languages.extract import extract
from lsp_search.model import LspSearchError

SCRATCH = "lsp_search_scratch"
FUNCTIONS = {
    "c": "\nstatic int {}(void)\n{{\n\treturn 0;\n}}\n",
    "go": "\nfunc {}() int {{\n\treturn 0\n}}\n",
    "javascript": "\nfunction {}() {{\n    return 0;\n}}\n",
    "python": "\ndef {}():\n    return 0\n",
    "rust": "\nfn {}() -> i32 {{\n    0\n}}\n",
    "typescript": "\nfunction {}(): number {{\n    return 0;\n}}\n",
}
"""A function to append, by language."""
_SIZES = (2_000, 100_000)
"""Bytes of a typical source file."""
_POLL = 0.002
_GIVE_UP = 10.0

Change = Callable[[int, str], contextlib.AbstractContextManager[None]]
"""Makes the change number n that defines a name; what it returns is left when the round is over and undoes it."""


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser)
    parser.add_argument(
        "--rounds", type=int, default=100, metavar="N", help="rounds of each kind (default: 100)"
    )
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    with subject.opened(options) as place, _scratch(place.root) as scratch, place.client() as client:
        client.until_ready()
        client.sync()
        bench = _Bench(client, random.Random(options.seed))
        sources = _typical(place, bench.choose, options.rounds)
        changes = _changes(client, scratch, sources)
        found = {kind: bench.until_found(change, options.rounds) for kind, change in changes.items()}
        saves = [change for kind, change in changes.items() if kind != "unsaved"]
        return {
            **place.figures(),
            "sources": len(sources),
            "searchable": found,
            "oneQuery": bench.absent(options.rounds),
            "barrierAfterSave": bench.barrier(saves, options.rounds),
            "barrierIdle": bench.idle(options.rounds),
            "server": client.stats()["watcher"],
        }


@contextlib.contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    folder = root / SCRATCH
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class _Source:
    """One source file of the tree and how to give it a function."""

    def __init__(self, path: Path, language: str) -> None:
        self.path = path
        self.language = language
        self.text = path.read_bytes()
        self.times = path.stat()

    def with_function(self, name: str) -> bytes:
        return self.text + FUNCTIONS[self.language].format(name).encode()

    def shows_it(self) -> bool:
        """Whether a function at the end is found: not below an ``#if`` without end and the like."""
        return any(
            symbol.name == "saved_probe"
            for symbol in extract(self.language, self.with_function("saved_probe"))
        )

    def put_back(self) -> None:
        self.path.write_bytes(self.text)
        os.utime(self.path, ns=(self.times.st_atime_ns, self.times.st_mtime_ns))


def _typical(place: Subject, choose: random.Random, count: int) -> list[_Source]:
    """Source files of the index, of ordinary size. Raises LspSearchError when the tree has none."""
    marks = ", ".join("?" * len(FUNCTIONS))
    with contextlib.closing(Store.reader(place.stored().folder)) as connection:
        rows = connection.execute(
            f"SELECT path, language FROM files WHERE size BETWEEN ? AND ? AND symbols > 0 AND language IN ({marks})",
            (*_SIZES, *FUNCTIONS),
        ).fetchall()
    choose.shuffle(rows)
    sources = (_Source(place.root / os.fsdecode(path), language) for path, language in rows)
    found = list(
        itertools.islice((source for source in sources if _is_utf8(source) and source.shows_it()), count)
    )
    if not found:
        raise LspSearchError(f"{place.root} has no source files of {', '.join(FUNCTIONS)} to append to")
    return found


def _is_utf8(source: _Source) -> bool:
    with contextlib.suppress(UnicodeDecodeError):
        source.text.decode()
        return True
    return False


def _changes(client: Client, scratch: Path, sources: list[_Source]) -> dict[str, Change]:
    replaced = scratch / "replaced.py"
    replaced.write_text("first = 1\n")

    def function(name: str) -> str:
        return FUNCTIONS["python"].format(name)

    @contextlib.contextmanager
    def create(number: int, name: str) -> Iterator[None]:
        (scratch / f"created_{number}.py").write_text(function(name))
        yield

    @contextlib.contextmanager
    def replace(_: int, name: str) -> Iterator[None]:
        other = scratch / "replaced.tmp~"
        other.write_text(function(name))
        other.replace(replaced)
        yield

    @contextlib.contextmanager
    def append(number: int, name: str) -> Iterator[None]:
        source = sources[number % len(sources)]
        try:
            source.path.write_bytes(source.with_function(name))
            yield
        finally:
            source.put_back()

    @contextlib.contextmanager
    def type_(number: int, name: str) -> Iterator[None]:
        source = sources[number % len(sources)]
        document = {"uri": source.path.as_uri(), "version": number + 2}
        text = source.with_function(name).decode()
        client.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]}
        )
        try:
            yield
        finally:
            client.notify("textDocument/didClose", {"textDocument": {"uri": document["uri"]}})

    def unsaved(number: int, name: str) -> contextlib.AbstractContextManager[None]:
        source = sources[number % len(sources)]
        opened = {"uri": source.path.as_uri(), "languageId": source.language, "version": 1}
        client.notify("textDocument/didOpen", {"textDocument": {**opened, "text": source.text.decode()}})
        client.sync()
        return type_(number, name)

    return {"created": create, "replaced": replace, "appended": append, "unsaved": unsaved}


class _Bench:
    def __init__(self, client: Client, choose: random.Random) -> None:
        self.client = client
        self.choose = choose

    def _name(self) -> str:
        """A name that no other is near to, of rare letters, so that looking for it is as cheap as a query gets."""
        return "saved_" + "".join(self.choose.choices("jkqvwxyz", k=14))

    def _rest(self) -> None:
        """Puts the next change anywhere in the server's rhythm."""
        self.client.sync()
        time.sleep(self.choose.uniform(0.02, 0.12))

    def until_found(self, change: Change, rounds: int) -> dict[str, Any]:
        """Times from the change to the answer that holds it."""
        taken: list[float] = []
        lost: list[str] = []
        for number in range(rounds):
            name = self._name()
            undo = change(number, name)
            self._rest()
            began = time.perf_counter()
            with undo:
                at = self._poll(name, began + _GIVE_UP)
            if at is None:
                lost.append(name)
            else:
                taken.append(at - began)
        return {**report.milliseconds(taken), "neverFound": len(lost)}

    def _poll(self, name: str, deadline: float) -> float | None:
        while time.perf_counter() < deadline:
            answer = self.client.finds(name)
            if answer is not None:
                return answer.at
            time.sleep(_POLL)
        return None

    def absent(self, rounds: int) -> dict[str, Any]:
        """Times of one of these queries on an idle server, which the times above contain about one and a half times."""
        self._rest()
        return report.milliseconds([self.client.symbols(self._name()).seconds for _ in range(rounds)])

    def barrier(self, changes: list[Change], rounds: int) -> dict[str, Any]:
        """Times of a barrier right after a save, and how often the symbol was missing behind it."""
        taken: list[float] = []
        missing = 0
        for number in range(rounds):
            name = self._name()
            undo = changes[number % len(changes)](number, name)
            self._rest()
            with undo:
                taken.append(self.client.sync().seconds)
                missing += self.client.finds(name) is None
        return {**report.milliseconds(taken), "missingBehindIt": missing}

    def idle(self, rounds: int) -> dict[str, Any]:
        self._rest()
        return report.milliseconds([self.client.sync().seconds for _ in range(rounds)])


def lines(results: Results) -> Iterable[str]:
    rows = [
        (*report.latency_row(f"{kind} -> found", row), row["neverFound"])
        for kind, row in results["searchable"].items()
    ]
    rows.append((*report.latency_row("one such query, idle", results["oneQuery"]), ""))
    after = results["barrierAfterSave"]
    rows.append((*report.latency_row("sync right after a save", after), after["missingBehindIt"]))
    rows.append((*report.latency_row("sync, idle", results["barrierIdle"]), ""))
    yield from report.table((*LATENCY, "not found"), rows)


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
