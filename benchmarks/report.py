"""What all benchmarks share: options, the machine's description, figures, and how results are written.

A benchmark hands :func:`run` three functions: one that adds options, one that measures (options in, JSON-ready results
out) and one that turns results into lines for people. The JSON goes to standard output, or to the file of ``--json``;
the lines go to standard error. Beside the results stand what ran them: the machine, the load before and after, and CPU
seconds next to wall seconds, ours and everybody else's, because a wall clock on a shared machine proves little.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

import lsp_search
from lsp_search.model import LspSearchError

Results = dict[str, Any]


def run(
    doc: str | None,
    configure: Callable[[argparse.ArgumentParser], None],
    measure: Callable[[argparse.Namespace], Results],
    lines: Callable[[Results], Iterable[str]],
) -> Results:
    """Runs one benchmark from its command line; *doc* is its module's, whose first line is its question."""
    name = Path(sys.argv[0]).stem
    question = (doc or "").strip().splitlines()[0]
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=question)
    configure(parser)
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the JSON there, not to standard output"
    )
    options = parser.parse_args()
    before, clock = load(), Clock()
    try:
        results = measure(options)
    except (LspSearchError, OSError, TimeoutError) as error:
        sys.exit(f"{parser.prog}: {error}")
    document = {
        "benchmark": name,
        "question": question,
        "arguments": sys.argv[1:],
        "machine": machine(),
        "load": {"before": before, "after": load()},
        "time": clock.read(),
        "results": results,
    }
    for line in (question, "", *lines(results), "", *_footer(document)):
        print(line, file=sys.stderr)
    text = json.dumps(document, indent=1, default=str, ensure_ascii=False)
    if options.json is None:
        print(text)
    else:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text + "\n", "utf-8")
    return results


def machine() -> dict[str, Any]:
    """What the figures were read off."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "coresAllowed": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "ramBytes": psutil.virtual_memory().total,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "sqlite": sqlite3.sqlite_version,
        "lspSearch": lsp_search.__version__,
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _processor() -> str:
    try:
        rows = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((row.partition(":")[2].strip() for row in rows if row.startswith("model name")), "")


def load() -> list[float]:
    """Load averages of 1, 5 and 15 minutes."""
    return [round(value, 2) for value in psutil.getloadavg()]


class Clock:
    """Wall and CPU seconds from its making on.

    Ours are this process and every process below it that has ended; *others* are the rest of the machine, including
    time that a hypervisor gave away. Above a tenth of the cores' time, wall seconds are to be taken with salt.
    """

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._own = _own_seconds()
        self._busy = _busy_seconds()

    def read(self) -> dict[str, float]:
        wall = time.perf_counter() - self._wall
        own = _own_seconds() - self._own
        others = max(0.0, _busy_seconds() - self._busy - own)
        return {
            "wallSeconds": round(wall, 2),
            "cpuSeconds": round(own, 2),
            "othersCpuSeconds": round(others, 2),
        }


def _own_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _busy_seconds() -> float:
    times = psutil.cpu_times()._asdict()
    idle = times.get("idle", 0.0) + times.get("iowait", 0.0)
    guests = times.get("guest", 0.0) + times.get("guest_nice", 0.0)  # counted in user and nice too
    return float(sum(times.values()) - idle - guests)


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Count, median, 95th percentile, maximum and mean of durations."""
    if not seconds:
        return {"count": 0}
    values = np.asarray(seconds) * 1000
    return {
        "count": len(values),
        "p50Ms": round(float(np.percentile(values, 50)), 3),
        "p95Ms": round(float(np.percentile(values, 95)), 3),
        "maxMs": round(float(values.max()), 3),
        "meanMs": round(float(values.mean()), 3),
    }


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of columns: the first to the left, the others to the right; floats with one digit after the point."""
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(header))]
    return [
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def latency_row(name: str, figures: dict[str, float]) -> tuple[object, ...]:
    """A row of :func:`table` under ``LATENCY``."""
    return (name, *(figures.get(key, "") for key in ("count", "p50Ms", "p95Ms", "maxMs")))


LATENCY = ("", "count", "p50 ms", "p95 ms", "max ms")


def mebibytes(size: float) -> float:
    return round(size / (1 << 20), 1)


def _footer(document: dict[str, Any]) -> list[str]:
    about, clock, loads = document["machine"], document["time"], document["load"]
    return [
        f"{about['processor']}, {about['coresAllowed'] or about['cores']} cores,"
        f" {about['ramBytes'] / (1 << 30):.0f} GiB, Python {about['python']}",
        f"{clock['wallSeconds']} s, CPU {clock['cpuSeconds']} s, others' CPU {clock['othersCpuSeconds']} s;"
        f" load {loads['before'][0]} before, {loads['after'][0]} after",
    ]
