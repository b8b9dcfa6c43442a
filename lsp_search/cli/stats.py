"""``lsp-search stats``: what the index of a folder holds, as it is, without a look at the files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from lsp_search.cli import opening, output


@click.command(short_help="Show what the index holds and how fast it answers.")
@opening.root_argument
@opening.store_option
@opening.json_option
def command(root: Path, store: Path | None, as_json: bool) -> None:
    """Show what the index of ROOT (default: the current folder) holds, as it is: nothing is indexed."""
    from lsp_search import stores  # noqa: PLC0415 - --help need not wait for it

    stored = stores.find(store, root)
    if stored is None:
        output.note("info", f"{root} is not indexed yet; 'lsp-search index' does that")
    with opening.opened(root, store, refresh=False) as workspace:
        opening.as_it_is(workspace)
        figures: dict[str, Any] = workspace.stats()
    if as_json:
        output.emit_json(figures)
    else:
        output.say(_lines(root.resolve(), figures))


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
        lines += ["Latency", *_table(latency, ("count", "p50Ms", "p95Ms", "p99Ms", "maxMs"))]
    if cache["memory"]["hits"] or cache["disk"]["hits"]:
        levels = {"memory": cache["memory"], "disk": cache["disk"]}
        shown = ("hits", "misses", "entries", "bytes")
        lines += [f"Cache ({cache['hitRate']:.0%} hits)", *_table(levels, shown)]
    return lines


def _table(figures: dict[str, dict[str, Any]], shown: tuple[str, ...]) -> list[str]:
    return output.columns(
        [("", *shown), *((name, *(f"{row[key]:,}" for key in shown)) for name, row in figures.items())]
    )
