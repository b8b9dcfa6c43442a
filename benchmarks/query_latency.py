"""How fast is ``workspace/symbol`` at rest, by what is typed?

    python -m benchmarks.query_latency linux --store DIR

Times run from before the request's first byte to after the last byte of the answer, over real standard streams, with nothing
else going on. Queries of a dozen classes are made from names drawn from the index (see ``queries``), shuffled, and asked one
after the other; each pass (limits 200 and 100 of ``workspace/symbol``, then ``lspSearch/search`` for the server's own clock) has
queries of its own, so that no remembered answer helps. A last, short pass lets the server rest before every query, as people do,
so that what it gave back to the system in the meantime counts. *found* is the share of queries whose answer holds the name that the
query was made from: a two-letter prefix of a large tree cannot, a typo should.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from benchmarks import queries, report, subject
from benchmarks.client import Answer, Client
from benchmarks.queries import Named, Query
from benchmarks.report import LATENCY, Results

Ask = Callable[[Client, str], tuple[Answer, float, list[dict[str, Any]]]]
"""Asks one query: the answer, milliseconds to note, and the symbols."""


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser)
    parser.add_argument(
        "--each", type=int, default=60, metavar="N", help="queries of each class (default: 60)"
    )
    parser.add_argument(
        "--limits", type=int, nargs="+", default=[200, 100], metavar="N", help="values of search.limit"
    )
    parser.add_argument(
        "--rested", type=int, default=2, metavar="N", help="queries of each class after a rest (default: 2)"
    )
    parser.add_argument(
        "--rest", type=float, default=3.0, metavar="S", help="seconds of that rest (default: 3)"
    )
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    choose = random.Random(options.seed)
    with subject.opened(options) as place:
        place.ensure_indexed()
        names = queries.from_index(place.stored().folder, choose)
        with place.client() as client:
            client.until_ready()
            client.sync()
            for query in queries.draw(names, 5, choose):
                client.symbols(query.text)
            passes: dict[str, Any] = {}

            def note(name: str, each: int, ask: Ask) -> None:
                passes[name] = _pass(client, names, each, choose, ask)

            for limit in options.limits:
                client.configure({"search.limit": limit})
                note(f"workspace/symbol, limit {limit}", options.each, _symbols)
            note("server's own clock (tookMs), limit 200", options.each, _search)
            if options.rested:
                client.configure({"search.limit": 200})
                name = f"workspace/symbol after {options.rest:g} s of rest"
                note(name, options.rested, partial(_rested, options.rest))
            return {
                **place.figures(),
                "index": client.stats()["index"],
                "each": options.each,
                "passes": passes,
            }


def _symbols(client: Client, text: str) -> tuple[Answer, float, list[dict[str, Any]]]:
    answer = client.symbols(text)
    return answer, answer.seconds, answer.result or []


def _rested(seconds: float, client: Client, text: str) -> tuple[Answer, float, list[dict[str, Any]]]:
    time.sleep(seconds)
    return _symbols(client, text)


def _search(client: Client, text: str) -> tuple[Answer, float, list[dict[str, Any]]]:
    answer = client.request("lspSearch/search", {"query": text, "mode": "symbol", "limit": 200})
    return answer, answer.result["tookMs"] / 1000, answer.result["items"]


def _pass(
    client: Client, names: Sequence[Named], each: int, choose: random.Random, ask: Ask
) -> dict[str, Any]:
    seconds: dict[str, list[float]] = defaultdict(list)
    found: dict[str, list[bool]] = defaultdict(list)
    slowest: dict[str, tuple[float, str]] = {}
    size = 0
    for query in queries.draw(names, each, choose):
        answer, taken, symbols = ask(client, query.text)
        seconds[query.kind].append(taken)
        found[query.kind].append(_holds(symbols, query))
        slowest[query.kind] = max(slowest.get(query.kind, (0.0, "")), (taken, query.text))
        size = max(size, answer.bytes)
    classes = {
        kind: {
            **report.milliseconds(seconds[kind]),
            "found": round(sum(found[kind]) / len(found[kind]), 3),
            "slowest": slowest[kind][1],
        }
        for kind in queries.CLASSES
        if kind in seconds
    }
    everything = [taken for row in seconds.values() for taken in row]
    return {"all": report.milliseconds(everything), "classes": classes, "largestAnswerBytes": size}


def _holds(symbols: Sequence[dict[str, Any]], query: Query) -> bool:
    """Whether the wanted name came back; where none is wanted, whether nothing did."""
    if not query.wanted:
        return not symbols
    return any(symbol["name"].endswith(query.wanted) for symbol in symbols)


def lines(results: Results) -> Iterable[str]:
    index = results["index"]
    yield f"{index['files']:,} files, {index['symbols']:,} symbols"
    for name, figures in results["passes"].items():
        yield ""
        rows = [
            (*report.latency_row(kind, row), f"{row['found']:.0%}", repr(row["slowest"][:40]))
            for kind, row in figures["classes"].items()
        ]
        rows.append((*report.latency_row("all", figures["all"]), "", ""))
        yield from report.table((name, *LATENCY[1:], "found", "slowest"), rows)


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
