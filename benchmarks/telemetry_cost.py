"""What does it cost a query to be measured?

    python -m benchmarks.telemetry_cost django --store DIR

The same query is answered with and without measuring, in one process, one right after the other, in an order that changes
each time. Of each query the quicker half of its runs counts, of both arms alike, by the processor's clock of the thread (other
work on the machine would drown some microseconds). *cost* is the sum of the differences over the sum of what the queries take
without, with a 95% interval from 1,000 resamplings of the queries. Spans that nobody traces are in both arms: what they cost is
measured apart, by their number and the time of an idle one, and added. The bar is 1% of a query's time.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks import queries, report, subject
from benchmarks.report import Results
from lsp_search.files.positions import Encoding
from lsp_search.model import Mode, SearchRequest
from lsp_search.server.messages import encoded
from lsp_search.server.to_protocol import Encoder
from lsp_search.settings import IndexSettings, Settings
from lsp_search.telemetry.spans import present, span
from lsp_search.workspace import Workspace

BAR = 0.01
_ENCODING: Encoding = "utf-16"
_MODES: tuple[Mode, ...] = ("symbol", "text", "hybrid")
_RESAMPLED = 1000


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser)
    parser.add_argument("--each", type=int, default=8, metavar="N", help="queries of each class (default: 8)")
    parser.add_argument("--runs", type=int, default=16, metavar="N", help="of each query (default: 16)")
    parser.add_argument("--modes", nargs="+", choices=_MODES, default=_MODES)
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    choose = random.Random(options.seed)
    with subject.opened(options) as place:
        place.ensure_indexed()
        names = queries.from_index(place.stored().folder, choose)
        asked = [query.text for query in queries.draw(names, options.each, choose)]
        settings = Settings(index=IndexSettings(max_file_bytes=place.max_file_bytes))
        with contextlib.closing(
            Workspace([place.root], settings, store_dir=place.store, watch=False, refresh=False)
        ) as workspace:
            workspace.start()
            modes = {mode: _mode(workspace, mode, asked, options.runs, choose) for mode in options.modes}
            return {**place.figures(), "idleSpanMicroseconds": _idle_span() * 1e6, "modes": modes}


def _mode(
    workspace: Workspace, mode: Mode, asked: Sequence[str], runs: int, choose: random.Random
) -> dict[str, Any]:
    times = np.array([_pairs(workspace, SearchRequest(text, mode), runs, choose) for text in asked])
    quick = np.sort(times, axis=1)[:, : runs // 2].mean(axis=1)  # query, arm
    off, on = quick[:, 0], quick[:, 1]
    spans = sum(len(trace.spans) for trace in workspace.meter.traces()[0][-len(asked) :]) / len(asked)
    idle = spans * _idle_span()
    draws = np.random.default_rng(1).integers(0, len(off), (_RESAMPLED, len(off)))
    resampled = (on[draws] - off[draws] + idle).sum(axis=1) / off[draws].sum(axis=1)
    return {
        "queries": len(asked),
        "withoutMs": float(off.mean() * 1000),
        "spans": spans,
        "microseconds": float((on - off).mean() + idle) * 1e6,
        "cost": float((on - off + idle).sum() / off.sum()),
        "interval": [float(one) for one in np.percentile(resampled, (2.5, 97.5))],
    }


def _pairs(
    workspace: Workspace, request: SearchRequest, runs: int, choose: random.Random
) -> list[list[float]]:
    """Seconds of each run, without and with."""
    _answer(workspace, request)
    found: list[list[float]] = []
    for _ in range(runs):
        pair = [0.0, 0.0]
        for arm in choose.sample((0, 1), 2):
            workspace.meter.on = bool(arm)
            workspace.clear_cache()
            began = time.thread_time()
            _answer(workspace, request)
            pair[arm] = time.thread_time() - began
        found.append(pair)
    return found


def _answer(workspace: Workspace, request: SearchRequest) -> None:
    """As the server does."""
    with workspace.meter.work("workspace/symbol", 0.0):
        hits = workspace.search(request).hits
        with span("encode"):
            encoder = Encoder(_ENCODING, workspace.line_text)
            encoded([encoder.item(hit) for hit in hits])


def _idle_span(times: int = 100_000) -> float:
    """Seconds that a span takes where nobody traces."""
    assert present() is None
    best = 1.0
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(times):
            with span("idle"):
                pass
        best = min(best, (time.perf_counter() - began) / times)
    return best


def lines(results: Results) -> Iterable[str]:
    rows = [
        (
            mode,
            f"{one['queries']}",
            f"{one['withoutMs']:.2f} ms",
            f"{one['spans']:.1f}",
            f"{one['microseconds']:.1f} µs",
            f"{one['cost']:.2%} ({one['interval'][0]:.2%} to {one['interval'][1]:.2%})",
            "within" if one["interval"][0] <= BAR else "over",
        )
        for mode, one in results["modes"].items()
    ]
    yield from report.table(
        ("mode", "queries", "takes", "spans", "measuring", "cost", f"bar {BAR:.0%}"), rows
    )
    yield f"an idle span: {results['idleSpanMicroseconds']:.2f} µs"


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
