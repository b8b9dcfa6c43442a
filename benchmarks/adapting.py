"""Do queries stay fast while a tree is indexed, and what does making way for them (and for other programs) cost?

    python -m benchmarks.adapting django --rounds 5 --hogs 2

A tree is indexed from nothing, ``--rounds`` times. While that goes on, the worker and builder processes run by turns at
each of ``--nice``, for a second each, in random order within every turn; the benchmark sets the priorities itself, whatever
the server does (raising them again takes root). A client asks a symbol query of another class every 20 ms. So both ways
meet the same second of a machine that others use too, and a run needs no other day to be compared with. At the end as many
queries are asked at rest. ``--hogs`` other processes compute all the time, as somebody's build would.

For each priority: query times, files indexed a second, and loops that the others did a second. The interval is that of the
median, over turns, of how much longer queries take at the first priority than at the other (bootstrap over turns, 95%).
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import multiprocessing
import os
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import psutil

from benchmarks import corpus, queries, report, subject
from benchmarks.client import BUSY, Client
from benchmarks.report import Results
from benchmarks.subject import Subject
from lsp_search import stores

_EVERY = 0.02
_SLICE = 1.0


class Slice(NamedTuple):
    """A second at one priority."""

    nice: int
    turn: int
    times: list[float]
    files: float
    """Indexed, a second."""
    others: float
    """Loops of the other processes, a second."""


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--nice", type=int, nargs="+", default=[0, 5], metavar="N", help="default: 0 5")
    parser.add_argument("--hogs", type=int, default=0, help="other processes that compute (default: 0)")
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    choose = random.Random(options.seed)
    root = corpus.locate(options.root, options.corpora)
    drawn = queries.draw(queries.from_files(root, choose), 50, choose)
    slices: list[Slice] = []
    rest: list[float] = []
    with subject.opened(options) as place, _hogs(options.hogs) as counters:
        for number in range(options.rounds):
            found, asked = _run(
                place, options.nice, itertools.cycle(drawn), counters, choose, number * 10_000
            )
            slices += found
            rest += asked
    return {
        "root": str(root),
        "hogs": options.hogs,
        "rest": report.milliseconds(rest),
        "priorities": {str(nice): _figures(slices, nice) for nice in options.nice},
        "longer": {
            str(nice): _longer(slices, options.nice[0], nice, options.seed) for nice in options.nice[1:]
        },
    }


def _run(
    place: Subject,
    priorities: list[int],
    drawn: Iterator[queries.Query],
    counters: list[Any],
    choose: random.Random,
    turn: int,
) -> tuple[list[Slice], list[float]]:
    """The slices of one run, and times at rest after it."""
    old = stores.find(place.store, place.root)
    if old is not None:
        stores.remove(old)
    slices: list[Slice] = []
    with place.client() as client:
        while not client.symbols("e").result and client.status().result["state"] in BUSY:
            time.sleep(0.01)
        while client.status().result["state"] in BUSY:
            turn += 1
            slices += [
                _slice(client, nice, turn, drawn, counters)
                for nice in choose.sample(priorities, len(priorities))
            ]
        client.until_settled()
        rest = [_ask(client, drawn) for _ in range(200)]
    return [one for one in slices if one.turn != turn], rest  # in the last turn the run ended


def _slice(
    client: Client, nice: int, turn: int, drawn: Iterator[queries.Query], counters: list[Any]
) -> Slice:
    began, others = time.perf_counter(), sum(one.value for one in counters)
    files, times = client.status().result["done"], []
    while (passed := time.perf_counter() - began) < _SLICE:
        _prioritise(client.process, nice)
        times.append(_ask(client, drawn))
    files = client.status().result["done"] - files
    return Slice(nice, turn, times, files / passed, (sum(one.value for one in counters) - others) / passed)


def _ask(client: Client, drawn: Iterator[queries.Query]) -> float:
    taken = client.symbols(next(drawn).text).seconds
    time.sleep(max(_EVERY - taken, 0))
    return taken


def _prioritise(server: psutil.Process, nice: int) -> None:
    """Every process below the server, with all its threads."""
    with contextlib.suppress(psutil.Error, OSError):
        for child in server.children(recursive=True):
            if child.nice() != nice:
                for thread in child.threads():
                    os.setpriority(os.PRIO_PROCESS, thread.id, nice)


def _figures(slices: list[Slice], nice: int) -> dict[str, Any]:
    mine = [one for one in slices if one.nice == nice]
    return {
        **report.milliseconds([taken for one in mine for taken in one.times]),
        "filesPerSecond": round(float(np.mean([one.files for one in mine])), 1),
        "othersPerSecond": round(float(np.mean([one.others for one in mine]))),
    }


def _longer(slices: list[Slice], first: int, other: int, seed: int) -> dict[str, list[float]]:
    """[low, middle, high] of the ratio of mean and of largest times within a turn, at *first* against *other*."""
    turns: dict[int, dict[int, list[float]]] = defaultdict(dict)
    for one in slices:
        turns[one.turn][one.nice] = one.times
    pairs = [(turn[first], turn[other]) for turn in turns.values() if {first, other} <= set(turn)]
    rng = np.random.default_rng(seed)
    found = {}
    for name, of in (("mean", np.mean), ("max", np.max)):
        ratios = np.log([float(of(a)) / float(of(b)) for a, b in pairs])
        drawn = np.median(rng.choice(ratios, (5000, len(ratios))), axis=1)
        found[name] = [
            round(float(np.exp(value)), 3)
            for value in (np.percentile(drawn, 2.5), np.median(ratios), np.percentile(drawn, 97.5))
        ]
    return {**found, "turns": [len(pairs)]}


@contextlib.contextmanager
def _hogs(number: int) -> Iterator[list[Any]]:
    """Counters of what the others did."""
    context = multiprocessing.get_context("spawn")
    counters: list[Any] = [context.Value("Q", 0, lock=False) for _ in range(number)]
    processes = [context.Process(target=_compute, args=(one,), daemon=True) for one in counters]
    for process in processes:
        process.start()
    try:
        yield counters
    finally:
        for process in processes:
            process.kill()
            process.join()


def _compute(counter: Any) -> None:
    while True:
        sum(range(10_000))
        counter.value += 1


def lines(results: Results) -> Iterable[str]:
    rest = results["rest"]
    yield f"{results['hogs']} other processes that compute; at rest p50 {rest['p50Ms']}, p95 {rest['p95Ms']} ms"
    yield from report.table(
        ("  nice", "p50", "p95", "max ms", "of rest's p95", "files/s", "others/s"),
        [
            (
                f"  {nice}",
                one["p50Ms"],
                one["p95Ms"],
                one["maxMs"],
                round(one["p95Ms"] / rest["p95Ms"], 2),
                one["filesPerSecond"],
                one["othersPerSecond"],
            )
            for nice, one in results["priorities"].items()
        ],
    )
    for nice, found in results["longer"].items():
        yield f"  times longer than at nice {nice}: {found}"


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
