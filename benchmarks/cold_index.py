"""How long does a whole tree take from nothing, and what does that cost?

    python -m benchmarks.cold_index linux --json results/cold_index.linux.json

A server is spawned on a tree without an index. Every 200 ms a client asks a symbol query of another class, as somebody
would who does not want to wait, while the memory of all processes is sampled every 50 ms. The clock runs from the spawn until
the server says that it is ready: store and segments are on disk then. Whether the files come from the system's cache or from
the disk is up to the machine; a first run after a fetch usually finds them in the cache.

``--max-file-bytes`` takes several limits, each a run of its own (default: the product's; for linux that and 32 MiB, under which
the generated headers with half of its symbols count). With ``--store`` an index that is there is removed, and the last one kept.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import random
import time
from collections.abc import Iterable, Iterator
from typing import Any

from benchmarks import corpus, processes, queries, report, subject
from benchmarks.client import BUSY, Client
from benchmarks.report import Results, mebibytes
from benchmarks.subject import Subject
from lsp_search import stores

_FIRST = "etaoins"
"""Asked letter by letter until something is found: any name will do."""


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser, several=True)
    parser.add_argument(
        "--every", type=float, default=0.2, metavar="S", help="seconds between queries (default: 0.2)"
    )
    parser.add_argument(
        "--sample", type=float, default=0.05, metavar="S", help="seconds between memory samples"
    )
    parser.add_argument("--settle", type=float, default=8.0, metavar="S", help="seconds from ready to 'idle'")
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    root = corpus.locate(options.root, options.corpora)
    limits = options.max_file_bytes or subject.limits(root)
    with subject.opened(options) as place:
        return {
            "root": str(root),
            "runs": [_run(dataclasses.replace(place, max_file_bytes=limit), options) for limit in limits],
        }


def _run(place: Subject, options: argparse.Namespace) -> dict[str, Any]:
    old = stores.find(place.store, place.root)
    if old is not None:
        stores.remove(old)
    choose = random.Random(options.seed)
    drawn = queries.draw(queries.from_files(place.root, choose), 50, choose)
    with place.client() as client:
        with processes.Peak(client.process, options.sample) as peak:
            first = _until_first(client)
            asked, ready = _ask_until_ready(client, iter(drawn * 1000), options.every)
            cpu = processes.cpu_seconds(client.process)
            text = client.until_settled()
        stats = client.stats()
        time.sleep(options.settle)
        idle = processes.snapshot(client.process)
    return {
        "maxFileBytes": place.max_file_bytes,
        "files": stats["index"]["files"],
        "filesRead": stats["queue"]["done"],
        "failed": stats["queue"]["failed"],
        "textSeconds": round(text, 1),
        "symbols": stats["index"]["symbols"],
        "seconds": round(ready, 2),
        "filesPerMinute": round(stats["index"]["files"] / ready * 60),
        "cpuSeconds": round(cpu, 2),
        "initializedSeconds": round(client.initialized, 3),
        "firstSymbolSeconds": None if first is None else round(first, 3),
        "storeBytes": stats["index"]["storeBytes"],
        "storeBytesAfterClose": place.stored().bytes,
        "whileIndexing": {**report.milliseconds([answer for answer, _ in asked]), "answered": _share(asked)},
        "peakRss": peak.rss,
        "peakPrivate": peak.private,
        "peakRssByRole": peak.by_role,
        "memorySamples": peak.samples,
        "idle": idle,
        "messages": client.messages,
    }


def _until_first(client: Client) -> float | None:
    """Seconds from spawn until a symbol was answered; None when indexing ended without any."""
    for letter in itertools.cycle(_FIRST):
        busy = client.status().result["state"] in BUSY
        answer = client.symbols(letter)
        if answer.result:
            return answer.at - client.spawned
        if not busy:
            return None
        time.sleep(0.01)
    return None


def _ask_until_ready(
    client: Client, drawn: Iterator[queries.Query], every: float
) -> tuple[list[tuple[float, bool]], float]:
    """(seconds, had results) of each query asked while indexing, and seconds from spawn to ready."""
    asked: list[tuple[float, bool]] = []
    due = time.perf_counter()
    while True:
        status = client.status()
        if status.result["state"] not in BUSY:
            return asked, client.until_ready()
        if time.perf_counter() >= due:
            due = time.perf_counter() + every
            query = next(drawn)
            answer = client.symbols(query.text)
            asked.append((answer.seconds, bool(answer.result)))
        time.sleep(0.02)


def _share(asked: list[tuple[float, bool]]) -> float:
    return round(sum(had for _, had in asked) / max(len(asked), 1), 3)


def lines(results: Results) -> Iterable[str]:
    for run in results["runs"]:
        latency = run["whileIndexing"]
        yield f"files up to {mebibytes(run['maxFileBytes'])} MiB"
        yield from report.table(
            ("", ""),
            [
                ("  files", run["files"]),
                ("  symbols", run["symbols"]),
                ("  seconds", run["seconds"]),
                ("  files a minute", run["filesPerMinute"]),
                ("  the index of texts, s more", run["textSeconds"]),
                ("  CPU seconds of the server's processes", run["cpuSeconds"]),
                ("  initialize answered, s", f"{run['initializedSeconds']:.2f}"),
                ("  first symbol answered, s", run["firstSymbolSeconds"] or "never"),
                ("  workspace/symbol while indexing, p50 / p95 / max ms", _three(latency)),
                ("  index on disk, MiB", mebibytes(run["storeBytesAfterClose"])),
                ("  bytes a symbol", run["storeBytesAfterClose"] / max(run["symbols"], 1)),
                ("  peak of all processes, rss MiB", mebibytes(run["peakRss"]["rss"])),
                ("  peak of all processes, private MiB", mebibytes(run["peakPrivate"]["private"])),
                ("  idle, rss MiB", mebibytes(run["idle"]["rss"])),
                ("  idle, private MiB", mebibytes(run["idle"]["private"])),
            ],
        )[1:]
        roles = ", ".join(f"{name} {mebibytes(size)}" for name, size in sorted(run["peakRssByRole"].items()))
        yield f"  most rss of one process, MiB: {roles}"


def _three(latency: dict[str, float]) -> str:
    if not latency["count"]:
        return "none asked"
    return f"{latency['p50Ms']:.1f} / {latency['p95Ms']:.1f} / {latency['maxMs']:.1f} ({latency['count']})"


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
