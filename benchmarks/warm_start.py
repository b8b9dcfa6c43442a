"""How long does an editor wait for its first answer in a workspace that is already indexed?

    python -m benchmarks.warm_start linux --store DIR

Each run spawns a server and asks ``workspace/symbol`` for a name of the workspace, again and again until it is found; then the
run waits until the server says that it is ready, which means that every file was compared with the index. Clocks start before
the spawn, so Python's own start and all imports count.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Iterable
from typing import Any

from benchmarks import processes, queries, report, subject
from benchmarks.report import Results
from benchmarks.subject import Subject


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    with subject.opened(options) as place:
        place.ensure_indexed()
        names = queries.from_index(place.stored().folder, random.Random(options.seed))
        runs = [_run(place, names[number].name) for number in range(options.runs)]
        return {
            **place.figures(),
            "runs": runs,
            "median": {key: statistics.median(run[key] for run in runs) for key in runs[0]},
            "max": {key: max(run[key] for run in runs) for key in runs[0]},
        }


def _run(place: Subject, name: str) -> dict[str, Any]:
    with place.client() as client:
        asked = 1
        while (answer := client.finds(name)) is None:
            asked += 1
            time.sleep(0.002)
        ready = client.until_ready(0.005)
        used = processes.cpu_seconds(client.process)
        return {
            "initializedSeconds": round(client.initialized, 3),
            "firstSymbolSeconds": round(answer.at - client.spawned, 3),
            "readySeconds": round(ready, 3),
            "cpuSeconds": round(used, 2),
            "filesRead": client.stats()["queue"]["done"],
            "asked": asked,
        }


def lines(results: Results) -> Iterable[str]:
    median, most = results["median"], results["max"]
    yield from report.table(
        ("seconds from spawn", "median", "max"),
        [
            (name, f"{median[key]:.2f}", f"{most[key]:.2f}")
            for name, key in (
                ("initialize answered", "initializedSeconds"),
                ("first symbol found", "firstSymbolSeconds"),
                ("ready: all files compared", "readySeconds"),
                ("CPU used until then", "cpuSeconds"),
            )
        ],
    )
    yield f"files read again: at most {most['filesRead']}"


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
