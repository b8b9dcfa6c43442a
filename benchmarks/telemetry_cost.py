"""What does it cost a query to be measured?

    python -m benchmarks.telemetry_cost django --store DIR

The same query is answered with and without measuring, in one process, one right after the other, in an order that changes
each time, and a second time without, for the noise. The processor's clock of the thread is read: other work on the machine
would drown some microseconds. Of each query the median of the paired differences counts; *cost* is their sum over what the
queries take without, with a 95% interval from 1,000 resamplings of the queries; *noise* is the same of the two runs without.
Spans that nobody traces are in all arms: what they cost is measured apart, by their number and the time of an idle one, and
added. The bar is 1% of a query's time.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

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

Times = npt.NDArray[np.float64]


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
    times = np.array([_runs(workspace, SearchRequest(text, mode), runs, choose) for text in asked])
    without = np.median(times[:, :, 0], axis=1)
    added, noise = (np.median(times[:, :, arm] - times[:, :, 0], axis=1) for arm in (1, 2))
    spans = sum(len(trace.spans) for trace in workspace.meter.traces()[0][-len(asked) :]) / len(asked)
    added += spans * _idle_span()
    return {
        "queries": len(asked),
        "withoutMs": float(without.mean() * 1000),
        "spans": spans,
        "microseconds": float(added.mean() * 1e6),
        "cost": _share(added, without),
        "noise": _share(noise, without),
    }


def _share(added: Times, without: Times) -> list[float]:
    """Of all together, and the bounds of its interval."""
    draws = np.random.default_rng(1).integers(0, len(added), (_RESAMPLED, len(added)))
    shares = added[draws].sum(axis=1) / without[draws].sum(axis=1)
    return [float(added.sum() / without.sum()), *(float(one) for one in np.percentile(shares, (2.5, 97.5)))]


def _runs(
    workspace: Workspace, request: SearchRequest, runs: int, choose: random.Random
) -> list[list[float]]:
    """Seconds of each run: without, with, without again."""
    _answer(workspace, request)
    found: list[list[float]] = []
    for _ in range(runs):
        taken = [0.0, 0.0, 0.0]
        for arm in choose.sample((0, 1, 2), 3):
            workspace.meter.on = arm == 1
            workspace.clear_cache()
            began = time.thread_time()
            _answer(workspace, request)
            taken[arm] = time.thread_time() - began
        found.append(taken)
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
            _shown(one["cost"]),
            _shown(one["noise"]),
            "within" if one["cost"][0] <= BAR else "over",
        )
        for mode, one in results["modes"].items()
    ]
    head = ("mode", "queries", "takes", "spans", "measuring", "cost", "noise", f"bar {BAR:.0%}")
    yield from report.table(head, rows)
    yield f"an idle span: {results['idleSpanMicroseconds']:.2f} µs"


def _shown(share: Sequence[float]) -> str:
    return f"{share[0]:.2%} ({share[1]:.2%} to {share[2]:.2%})"


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
