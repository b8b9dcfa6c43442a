"""``lsp-search picks``: what was learned from the results that the user opened: shown, exported, forgotten."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from lsp_search.cli import opening, output
from lsp_search.model import SymbolKind

_SHOWN = 20
"""Lines of each table for people."""


@click.command(short_help="Show, export or forget what was learned from results you picked.")
@opening.root_argument
@click.option("--export", type=click.Path(dir_okay=False, writable=True, path_type=Path), metavar="FILE")
@click.option("--reset", is_flag=True, help="Forget everything that was learned in ROOT.")
@click.option("--yes", is_flag=True, help="With --reset: do not ask.")
@opening.store_option
@opening.json_option
def command(
    root: Path, export: Path | None, reset: bool, yes: bool, store: Path | None, as_json: bool
) -> None:
    """Show what was learned from the results that you picked in ROOT (default: the current folder).

    It is kept with the index, on this machine and for you alone. --export writes all of it to FILE as --json prints it;
    --reset forgets it. The setting search.learn turns learning off.
    """
    from lsp_search import stores  # noqa: PLC0415 - --help need not wait for it

    if yes and not reset:
        raise click.UsageError("--yes belongs to --reset")
    if reset and export is not None:
        raise click.UsageError("--reset and --export exclude each other: export first")
    told = _told(root.resolve(), stores.learned(store, root))
    if reset:
        _reset(root, store, len(told["picks"]), yes=yes, as_json=as_json)
        return
    if export is not None:
        text = json.dumps(told, ensure_ascii=True, indent=1)
        export.touch(mode=0o600)  # what one searches for is nobody else's business
        export.write_text(f"{text}\n", "utf-8")
        output.note("info", f"{len(told['picks']):,} picks written to {export}")
    if as_json:
        output.emit_json(told)
    elif export is None:
        output.say(_lines(told))


def _reset(root: Path, store: Path | None, count: int, *, yes: bool, as_json: bool) -> None:
    from lsp_search import stores  # noqa: PLC0415 - --help need not wait for it

    if not yes:
        shown = output.readable(str(root.resolve()))
        click.confirm(f"Forget {count:,} picks of {shown}, and what they taught?", abort=True, err=True)
    stores.forget_learned(store, root)
    if as_json:
        output.emit_json({"forgotten": count})
    else:
        output.say([f"{count:,} picks forgotten"])


def _told(root: Path, rows: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """All that is kept, JSON-ready; what is worth most comes first."""
    from lsp_search.index import picks  # noqa: PLC0415 - --help need not wait for numpy
    from lsp_search.search import learning  # noqa: PLC0415

    now = time.time()
    kept = picks.kept_of(rows)
    weights = learning.parsed(kept.weights)
    opened = [
        {**_item(one.item), "score": _worth(one.one_at, now), "count": one.times, "lastPicked": one.picked_at}
        for one in sorted(kept.picks, key=lambda one: -one.one_at)
    ]
    queries = [
        {"query": one.query, **_item(one.item), "score": _worth(one.one_at, now)}
        for one in sorted(kept.memories, key=lambda one: -one.one_at)
    ]
    features = zip(learning.FEATURES, weights.tolist(), learning.HAND.tolist(), strict=True)
    return {
        "root": str(root),
        "halfLifeDays": picks.HALF_LIFE / 86400,
        "picks": opened,
        "queries": queries,
        "lists": len(rows.get("picked_lists", ())),
        "weights": {
            name: {"used": round(used, 3), "byHand": round(by_hand, 3)} for name, used, by_hand in features
        },
    }


def _item(item: Any) -> dict[str, Any]:
    try:
        kind = SymbolKind(item.kind).name.lower().replace("_", "")
    except ValueError:  # written by a newer version
        kind = str(item.kind)
    name = item.name or item.path.rpartition("/")[2]
    return {"path": item.path, "kind": kind, "containerName": item.container, "name": name}


def _worth(one_at: float, now: float) -> float:
    from lsp_search.index import picks  # noqa: PLC0415

    return round(picks.worth(one_at, now), 3)


def _lines(told: Mapping[str, Any]) -> list[str]:
    lines = [output.readable(told["root"])]
    if not told["picks"]:
        return [*lines, "  nothing was picked yet"]
    lines.append("Picked (score: one for each pick, halved every two weeks)")
    lines += _table(
        told["picks"],
        ("score", "count", "last"),
        lambda one: (f"{one['score']:.2f}", str(one["count"]), _day(one["lastPicked"])),
    )
    lines.append("Remembered queries")
    lines += _table(
        told["queries"],
        ("score", "query"),
        lambda one: (f"{one['score']:.2f}", output.readable(one["query"])),
    )
    lines.append(f"Weights (learned from {told['lists']:,} lists)")
    rows = [
        (name, f"{weight['used']:.2f}", f"{weight['byHand']:.2f}") for name, weight in told["weights"].items()
    ]
    return lines + output.columns([("", "used", "by hand"), *rows])


def _table(rows: Sequence[Any], heads: Sequence[str], cells: Any) -> list[str]:
    shown = [(output.readable(f"{one['name']}  {one['path']}"), *cells(one)) for one in rows[:_SHOWN]]
    more = [f"  … and {len(rows) - _SHOWN:,} more (--json lists all)"] if len(rows) > _SHOWN else []
    return output.columns([("", *heads), *shown]) + more


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(moment))
