"""How much memory does a server hold at rest, and what kind of memory is it?

    python -m benchmarks.memory linux

All processes of the server count, workers included. Without ``--store`` (or with one that is empty) the first stage is the
process that did the indexing; the later ones are a server started anew. Private memory is what the machine would get back;
pages mapped from the index's segments are the file's own, shared by all and dropped without swapping when memory is short.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterable
from typing import Any

from benchmarks import processes, queries, report, subject
from benchmarks.client import Client
from benchmarks.report import Results, mebibytes
from lsp_search import stores

_COLUMNS = ("Rss", "Pss", "Private_Dirty", "Private_Clean", "Anonymous", "File", "Segments")


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser)
    parser.add_argument("--queries", type=int, default=500, metavar="N")
    parser.add_argument(
        "--settle", type=float, default=8.0, metavar="S", help="seconds of rest before each look"
    )
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    with subject.opened(options) as place:
        fresh = stores.find(place.store, place.root) is None
        stages: dict[str, Any] = {}
        starts = (("after indexing",) if fresh else ()) + ("after a warm start",)
        for start in starts:
            with place.client() as client:
                client.until_ready()
                client.until_settled()
                stages[start] = _look(client, options.settle)
                _ask(client, place.stored().folder, options)
                stages[f"{start}, right after {options.queries} queries"] = _look(client, 0.0)
                stages[f"{start}, at rest after the queries"] = _look(client, options.settle)
                index = client.stats()["index"]
        return {**place.figures(), "index": index, "stages": stages}


def _look(client: Client, settle: float) -> dict[str, Any]:
    time.sleep(settle)
    return processes.mapped(client.process)


def _ask(client: Client, folder: Any, options: argparse.Namespace) -> None:
    choose = random.Random(options.seed)
    each = -(-options.queries // len(queries.CLASSES))
    for query in queries.draw(queries.from_index(folder, choose), each, choose)[: options.queries]:
        client.symbols(query.text)


def lines(results: Results) -> Iterable[str]:
    index = results["index"]
    yield f"{index['files']:,} files, {index['symbols']:,} symbols"
    for stage, figures in results["stages"].items():
        yield ""
        columns = [name for name in _COLUMNS if name in figures] or ["rss", "private"]
        rows = [
            (f"{entry['role']} {entry['pid']}", *(mebibytes(entry[name]) for name in columns))
            for entry in figures["processes"]
        ]
        rows.append(("all", *(mebibytes(figures[name]) for name in columns)))
        yield from report.table((f"{stage}, MiB", *columns), rows)


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
