"""``lsp-search profile``: where the time goes on a folder: indexing, and queries made from the names in it."""

from __future__ import annotations

import contextlib
import random
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lsp_search.cli import opening, output
from lsp_search.model import LspSearchError, Mode, SearchRequest

if TYPE_CHECKING:
    from lsp_search.workspace import Workspace

_SEED = 1
_CLASSES = 6
_LETTERS = 4


@click.command(short_help="Say where the time goes, and what to do about it.")
@opening.root_argument
@click.option(
    "--rebuild",
    is_flag=True,
    help="Measure indexing too: everything again, in a temporary store; the index itself stays as it is.",
)
@click.option(
    "--queries",
    type=click.IntRange(0, 1000),
    default=20,
    show_default=True,
    metavar="N",
    help="Queries of each kind to measure.",
)
@click.option(
    "--speedscope",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Write a flame graph for https://www.speedscope.app.",
)
@opening.store_option
@opening.json_option
def command(
    root: Path, rebuild: bool, queries: int, speedscope: Path | None, store: Path | None, as_json: bool
) -> None:
    """Say where the time goes on ROOT (default: the current folder), and what to do about it.

    Brings the index up to date, asks queries made from names in it, and prints spans by stage, the hottest queries by class,
    the slowest files, and findings. What was not read anew took no time: --rebuild measures a whole index.
    """
    with contextlib.ExitStack() as stack:
        if rebuild:
            store = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lsp-search-profile-")))
        workspace = stack.enter_context(opening.opened(root, store, keeps_answers=False))
        status = opening.up_to_date(workspace, "Indexing")
        workspace.settle()
        for request in _requests(workspace, queries):
            with contextlib.suppress(LspSearchError):  # turned off by settings
                workspace.search(request)
        told = workspace.meter.profile()
        if speedscope is not None:
            _write(speedscope, workspace, root.resolve().name)
    if as_json:
        output.emit_json(told)
    else:
        output.say(_lines(root.resolve(), told))
    if status.state == "degraded":
        raise LspSearchError(f"{root}: {status.message}")


def _write(file: Path, workspace: Workspace, name: str) -> None:
    import msgspec  # noqa: PLC0415 - --help need not wait for it

    from lsp_search.insight.profile import speedscope  # noqa: PLC0415 - as above

    file.write_bytes(msgspec.json.encode(speedscope(name, workspace.meter.evidence()[0])))


def _requests(workspace: Workspace, each: int) -> Iterator[SearchRequest]:
    """*each* of names, beginnings, initials, words, texts and expressions. The same index gives the same ones."""
    choose = random.Random(_SEED)  # noqa: S311 - no secret
    names = _names(workspace, each * _CLASSES, choose)
    for at, name in enumerate(names):
        words = [word for word in _words(name) if word]
        kinds: tuple[tuple[str, Mode], ...] = (
            (name, "symbol"),
            (name[: choose.randint(2, 4)], "symbol"),
            ("".join(word[0] for word in words), "symbol"),
            (" ".join(words), "hybrid"),
            (name, "text"),
            (rf"\b{re.escape(name[:6])}\w*", "regex"),
        )
        query, mode = kinds[at % _CLASSES]
        if mode in ("text", "regex") and len(name) < _LETTERS:
            continue  # would read every file, which is no finding about this folder
        yield SearchRequest(query, mode)


def _names(workspace: Workspace, count: int, choose: random.Random) -> list[str]:
    """Of symbols, each as likely as any other name."""
    segments = [segment for snapshot in workspace.snapshots for segment in snapshot.segments]
    sizes = [len(segment.offsets) - 1 for segment in segments]
    if not sum(sizes):
        return []
    drawn = [
        segment.name(choose.randrange(len(segment.offsets) - 1))
        for segment in choose.choices(segments, weights=sizes, k=count)
    ]
    return [name.decode("utf-8", "replace") for name in drawn]


def _words(name: str) -> list[str]:
    """``getDateRange`` and ``get_date_range`` as their words."""
    spaced = "".join(f" {one}" if one.isupper() else one if one.isalnum() else " " for one in name)
    return spaced.lower().split()


def _lines(root: Path, told: dict[str, Any]) -> list[str]:
    spans = [
        (row["name"], f"{row['count']:,}", _ms(row["totalMs"]), _ms(row["selfMs"])) for row in told["spans"]
    ]
    classes = [
        (
            f"{row['mode']}, {row['characters']} characters, {row['words']} words",
            *(f"{row['count']:,}", _ms(row["totalMs"]), _ms(row["p50Ms"]), _ms(row["p95Ms"])),
        )
        for row in told["queries"]
    ]
    files = [
        (output.readable(row["path"]), row["language"], output.size(row["bytes"]), _ms(row["ms"]))
        for row in told["files"][:10]
    ]
    lines = [f"{output.readable(str(root))} ({output.duration(told['seconds'])})"]
    for title, head, rows in (
        ("Spans", ("", "count", "total ms", "own ms"), spans),
        ("Queries by class", ("", "count", "total ms", "p50 ms", "p95 ms"), classes),
        ("Slowest files to extract", ("", "language", "size", "ms"), files),
    ):
        if rows:
            lines += [title, *output.columns([head, *rows])]
    lines.append("Findings" if told["advice"] else "Findings: none")
    for advice in told["advice"]:
        lines += [
            f"  {output.readable(advice['finding'])}",
            f"      {output.readable(advice['evidence'])}",
            f"    → {output.readable(advice['suggestion'])}",
        ]
    return lines


def _ms(value: float) -> str:
    return f"{value:,.2f}"
