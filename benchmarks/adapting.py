"""Do queries stay fast while a tree is indexed, and what does making way for them (and for other programs) cost?

    python -m benchmarks.adapting django --rounds 5 --hogs 2

A tree is indexed from nothing again and again, in every round once a way ("arm"), in random order: with all workers or one, and
with worker and builder processes at normal or lower priority. The benchmark sets the priorities itself, whatever the server
does. Meanwhile a client asks a symbol query of another class every 50 ms; when all is settled it asks as many again: "at
rest". ``--hogs`` other processes compute all the time, as somebody's build would; how far they come tells what is left for them.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import multiprocessing
import os
import random
import statistics
import threading
import time
from collections.abc import Iterable, Iterator
from multiprocessing.sharedctypes import Synchronized
from typing import Any, NamedTuple

import psutil

from benchmarks import corpus, queries, report, subject
from benchmarks.client import BUSY, Client
from benchmarks.report import Results
from benchmarks.subject import Subject
from lsp_search import stores

_EVERY = 0.05


class Arm(NamedTuple):
    workers: int | str
    nice: int

    def __str__(self) -> str:
        return f"workers {self.workers}, nice {self.nice}"


ARMS = [Arm("auto", 0), Arm("auto", 10)]


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hogs", type=int, default=0, help="other processes that compute (default: 0)")
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    choose = random.Random(options.seed)
    root = corpus.locate(options.root, options.corpora)
    drawn = queries.draw(queries.from_files(root, choose), 50, choose)
    runs: dict[str, list[dict[str, Any]]] = {str(arm): [] for arm in ARMS}
    with subject.opened(options) as place:
        for _ in range(options.rounds):
            for arm in choose.sample(ARMS, len(ARMS)):
                with _hogs(options.hogs) as progress:
                    runs[str(arm)].append(_run(place, arm, drawn, progress))
    return {"root": str(root), "hogs": options.hogs, "arms": runs}


def _run(place: Subject, arm: Arm, drawn: list[queries.Query], progress: list[Any]) -> dict[str, Any]:
    old = stores.find(place.store, place.root)
    if old is not None:
        stores.remove(old)
    with place.client(**{"index.workers": arm.workers}) as client, _priority(client.process, arm.nice):
        endless = itertools.cycle(drawn)
        began, before = time.perf_counter(), sum(one.value for one in progress)
        while not client.symbols("e").result and client.status().result["state"] in BUSY:
            time.sleep(0.01)
        busy: list[float] = []
        while client.status().result["state"] in BUSY:
            busy.append(_ask(client, endless))
        seconds = client.until_ready()
        others = (sum(one.value for one in progress) - before) / (time.perf_counter() - began)
        client.until_settled()
        rest = [_ask(client, endless) for _ in range(max(len(busy), 100))]
    return {
        "seconds": round(seconds, 2),
        "busy": report.milliseconds(busy),
        "rest": report.milliseconds(rest),
        "othersPerSecond": round(others),
    }


def _ask(client: Client, drawn: Iterator[queries.Query]) -> float:
    taken = client.symbols(next(drawn).text).seconds
    time.sleep(max(_EVERY - taken, 0))
    return taken


@contextlib.contextmanager
def _priority(server: psutil.Process, nice: int) -> Iterator[None]:
    """Every process below the server has this priority, a hundredth of a second after it starts."""
    stop = threading.Event()

    def run() -> None:
        done: set[int] = set()
        while not stop.wait(0.01):
            with contextlib.suppress(psutil.Error):
                for child in server.children(recursive=True):
                    if child.pid not in done:
                        done.add(child.pid)
                        for thread in child.threads():
                            os.setpriority(os.PRIO_PROCESS, thread.id, nice)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def _hogs(number: int) -> Iterator[list[Any]]:
    """Counters of what the others did."""
    context = multiprocessing.get_context("spawn")
    counters = [context.Value("Q", 0, lock=False) for _ in range(number)]
    processes = [context.Process(target=_compute, args=(one,), daemon=True) for one in counters]
    for process in processes:
        process.start()
    while any(not one.value for one in counters):
        time.sleep(0.01)
    try:
        yield counters
    finally:
        for process in processes:
            process.kill()
            process.join()


def _compute(counter: Synchronized[int]) -> None:
    while True:
        sum(range(10_000))
        counter.value += 1


def lines(results: Results) -> Iterable[str]:
    rows = []
    for arm, runs in results["arms"].items():

        def middle(*path: str, runs: list[dict[str, Any]] = runs) -> float:
            values = []
            for run in runs:
                value: Any = run
                for step in path:
                    value = value[step]
                values.append(value)
            return float(statistics.median(values))

        ratios = [run["busy"]["p95Ms"] / run["rest"]["p95Ms"] for run in runs]
        rows.append(
            (
                f"  {arm}",
                middle("seconds"),
                middle("busy", "p50Ms"),
                middle("busy", "p95Ms"),
                middle("rest", "p95Ms"),
                round(statistics.median(ratios), 2),
                middle("othersPerSecond"),
            )
        )
    yield f"{results['hogs']} other processes that compute; medians of {len(runs)} rounds"
    yield from report.table(
        ("", "seconds", "p50 busy", "p95 busy", "p95 rest", "busy/rest", "others' work/s"), rows
    )


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
