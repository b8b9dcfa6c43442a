"""``lsp-search stats``: what the index of a folder holds, as it is, without a look at the files; and what servers on it noted
of their speed, up to the last full minute."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lsp_search.cli import opening, output

if TYPE_CHECKING:
    from lsp_search.insight.history import Row


@click.command(short_help="Show what the index holds and how fast it answers.")
@opening.root_argument
@opening.store_option
@opening.json_option
def command(root: Path, store: Path | None, as_json: bool) -> None:
    """Show what the index of ROOT (default: the current folder) holds, as it is: nothing is indexed.

    Latencies and the history are those that servers on ROOT wrote down, of the last month.
    """
    from lsp_search import stores  # noqa: PLC0415 - --help need not wait for it

    stored = stores.find(store, root)
    if stored is None:
        output.note("info", f"{root} is not indexed yet; 'lsp-search index' does that")
    with opening.opened(root, store, refresh=False) as workspace:
        opening.as_it_is(workspace)
        figures: dict[str, Any] = workspace.stats()
        past = workspace.meter.past
    rows = past.rows() if past is not None else []
    if past is not None:
        figures["latency"] = past.latency()
    if as_json:
        output.emit_json(figures)
    else:
        output.say([*_lines(root.resolve(), figures), *_history(rows, time.time())])


def _lines(root: Path, figures: dict[str, Any]) -> list[str]:
    index, cache, latency = figures["index"], figures["cache"], figures["latency"]
    updated = index["lastUpdate"]
    lines = [
        output.readable(str(root)),
        *output.columns(
            [
                ("files", f"{index['files']:,}"),
                ("symbols", f"{index['symbols']:,}"),
                ("on disk", output.size(index["storeBytes"])),
                ("in memory", output.size(figures["memory"]["indexBytes"])),
                (
                    "last update",
                    time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(updated)) if updated else "never",
                ),
            ]
        ),
    ]
    if index["languages"]:
        rows = sorted(index["languages"].items(), key=lambda entry: -entry[1])
        lines += ["Languages", *output.columns([(name, f"{count:,}") for name, count in rows])]
    if latency:
        lines += [
            "Latency (of servers' last 31 days)",
            *_table(latency, ("count", "p50Ms", "p95Ms", "p99Ms", "maxMs")),
        ]
    if cache["memory"]["hits"] or cache["disk"]["hits"]:
        levels = {"memory": cache["memory"], "disk": cache["disk"]}
        shown = ("hits", "misses", "entries", "bytes")
        lines += [f"Cache ({cache['hitRate']:.0%} hits)", *_table(levels, shown)]
    return lines


_PERIODS = (("hour", 3600), ("day", 86400), ("week", 7 * 86400), ("31 days", 31 * 86400))


def _history(rows: Sequence[Row], now: float) -> list[str]:
    """By period; percentiles are those of the minute that a typical query of the period fell into."""
    from lsp_search.insight.history import typical  # noqa: PLC0415 - --help need not wait for it

    table: list[tuple[str, ...]] = [
        ("last", "queries", "p50Ms", "p95Ms", "p99Ms", "cache", "files", "peak memory")
    ]
    for name, seconds in _PERIODS:
        within = [row for row in rows if row.at >= now - seconds]
        queries = sum(row.queries for row in within)
        if within:
            hits = sum(row.hit_rate * row.queries for row in within) / max(queries, 1)
            times = (typical(within, lambda row: row.p50_ms), typical(within, lambda row: row.p95_ms))
            last = typical(within, lambda row: row.p99_ms)
            files = sum(row.files for row in within)
            peak = output.size(max(row.rss_bytes for row in within))
            shown = (*(f"{value:,.2f}" for value in (*times, last)), f"{hits:.0%}", f"{files:,}", peak)
            table.append((name, f"{queries:,}", *shown))
    return ["History (typical minutes)", *output.columns(table)] if len(table) > 1 else []


def _table(figures: dict[str, dict[str, Any]], shown: tuple[str, ...]) -> list[str]:
    return output.columns(
        [("", *shown), *((name, *(f"{row[key]:,}" for key in shown)) for name, row in figures.items())]
    )
