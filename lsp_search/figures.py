"""What the roots of a workspace hold and do, summed: the answers to status, report and stats."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lsp_search.index.segment import total_bytes
from lsp_search.indexing.desk import Holdings, Progress, Rate
from lsp_search.indexing.indexer import Indexer
from lsp_search.model import FileError, IndexReport, State, Status

_BY_WEIGHT: tuple[State, ...] = ("indexing", "starting", "degraded", "ready")
"""The first that any root is in is the state of all."""


def status(parts: Sequence[Progress], generation: int) -> Status:
    present = {part.state for part in parts}
    return Status(
        state=next((state for state in _BY_WEIGHT if state in present), "ready"),
        done=sum(part.done for part in parts),
        total=sum(part.total for part in parts),
        generation=generation,
        message="; ".join(part.trouble for part in parts if part.trouble),
    )


def report(held: Mapping[str, Holdings], generation: int, seconds: float = 0.0) -> IndexReport:
    """*held*: by root."""
    languages: Counter[str] = Counter()
    for holdings in held.values():
        languages.update(holdings.languages)
    skipped = [entry for holdings in held.values() for entry in holdings.skipped]
    return IndexReport(
        root=os.pathsep.join(held),
        files=sum(holdings.files for holdings in held.values()),
        symbols=sum(holdings.symbols for holdings in held.values()),
        bytes=sum(holdings.bytes for holdings in held.values()),
        seconds=seconds,
        languages=dict(sorted(languages.items(), key=lambda entry: (-entry[1], entry[0]))),
        skipped=dict(sorted(Counter(reason for _, reason in skipped).items())),
        errors=[FileError(*error) for holdings in held.values() for error in holdings.errors],
        store_bytes=sum(holdings.store_bytes for holdings in held.values()),
        generation=generation,
        skipped_paths=skipped,
    )


def stats(
    indexers: Sequence[Indexer],
    generation: int,
    measured: Mapping[str, object],
    cache: Mapping[str, Any],
    memory: Mapping[str, Any],
) -> dict[str, object]:
    """The result of ``lspSearch/stats`` (JSON-ready), of what was committed last. *measured*: its parts ``latency`` and
    ``recent``; *memory*: what the process holds. Blocks."""
    held = {indexer.root: indexer.overview() for indexer in indexers}
    total = report(held, generation)
    watchers = [indexer.watcher for indexer in indexers if indexer.watcher is not None]
    modes = {watcher.mode for watcher in watchers} or {"off"}
    segments = sum(total_bytes(indexer.snapshot.segments) for indexer in indexers)
    grams = sum(built.nbytes for indexer in indexers for built in indexer.snapshot.grams)
    return {
        "index": {
            "files": total.files,
            "symbols": total.symbols,
            "textFiles": sum(indexer.snapshot.gram_files() for indexer in indexers),
            "languages": total.languages,
            "skipped": total.skipped,
            "storeBytes": total.store_bytes,
            "generation": generation,
            "lastUpdate": max((holdings.updated for holdings in held.values()), default=0.0),
        },
        **measured,
        "cache": cache,
        "memory": {
            **memory,
            "indexBytes": segments + grams,
            "parts": {
                "segments": segments,
                "grams": grams,
                "cache": cache["memory"]["bytes"],
                **memory["parts"],
            },
        },
        "rates": _rates([indexer.progress.rate for indexer in indexers]),
        "watcher": {
            "mode": modes.pop() if len(modes) == 1 else "mixed",
            "watched": sum(watcher.watched for watcher in watchers),
            "events": sum(watcher.events for watcher in watchers),
            "overflows": sum(watcher.overflows for watcher in watchers),
        },
        "queue": {
            "depth": sum(indexer.depth for indexer in indexers),
            "done": sum(indexer.progress.files for indexer in indexers),
            "failed": len(total.errors),
        },
        "alerts": [],
    }


def _rates(rates: Sequence[Rate]) -> dict[str, float]:
    """Of the runs of indexing that go on or were the last."""
    per_second = [(rate.files / rate.seconds, rate.bytes / rate.seconds) for rate in rates if rate.files]
    return {
        "filesPerMinute": round(60 * sum(files for files, _ in per_second), 1),
        "bytesPerSecond": round(sum(size for _, size in per_second)),
    }
