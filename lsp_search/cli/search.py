"""``lsp-search search``: one query over a folder, answered as lines or as the JSON of ``lspSearch/search``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import click

from lsp_search.cli import opening, output
from lsp_search.files import positions, uris
from lsp_search.files.positions import Encoding
from lsp_search.model import Filter, Hit, InvalidQuery, Mode, SearchAnswer, SearchRequest, SymbolKind

if TYPE_CHECKING:
    from lsp_search.workspace import Workspace

_WORDS = {kind.name.lower().replace("_", "-"): int(kind) for kind in SymbolKind}
_KIND_NAMES = {number: word for word, number in _WORDS.items()}
_MOST_RESULTS = 10_000
_SAID = 100
"""Characters of a line that stand behind a result of a search by meaning."""
_LONG = 1000
"""Milliseconds after which it is said why."""


class KindType(click.ParamType[int]):
    """A symbol kind by its name, however it is joined: ``enum-member``, ``enummember``, ``ENUM_MEMBER``."""

    name = "kind"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        word = str(value).lower().replace("_", "").replace("-", "")
        for known, number in _WORDS.items():
            if known.replace("-", "") == word:
                return number
        return self.fail(f"{value!r} is none of {', '.join(_WORDS)}", param, ctx)


class SearchCommand(click.Command):
    """``--case`` alone means ``--case yes``, also when the query follows it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        args = list(args)
        end = args.index("--") if "--" in args else len(args)
        for place, word in enumerate(args[:end]):
            if word == "--case" and args[place + 1 : place + 2] not in (["yes"], ["no"]):
                args[place] = "--case=yes"
        return super().parse_args(ctx, args)


@click.command(cls=SearchCommand, short_help="Search a folder for symbols, text or meaning.")
@click.argument("query")
@click.option(
    "--root",
    type=opening.FOLDER,
    default=".",
    metavar="DIR",
    help="The folder to search. Default: the current one.",
)
@click.option("--mode", type=click.Choice(get_args(Mode)), default="auto", show_default=True)
@click.option(
    "--limit", type=click.IntRange(1, _MOST_RESULTS), default=50, show_default=True, help="The most results."
)
@click.option(
    "--lang",
    "languages",
    multiple=True,
    metavar="LANGUAGE",
    help="Only this language, such as python. Repeatable.",
)
@click.option(
    "--path", "paths", multiple=True, metavar="PATTERN", help="Only paths with this glob or part. Repeatable."
)
@click.option(
    "--exclude-path",
    "exclude_paths",
    multiple=True,
    metavar="PATTERN",
    help="No paths with this glob or part. Repeatable.",
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=KindType(),
    metavar="KIND",
    help="Only symbols of this kind, such as class. Repeatable.",
)
@click.option(
    "--case",
    type=click.Choice(["yes", "no"]),
    help="Whether case counts; --case alone says yes. Default: where the query has capitals.",
)
@click.option("--word", "whole_words", is_flag=True, help="Of text: only whole words.")
@click.option("--explain", is_flag=True, help="Say why each result stands where it does.")
@click.option("--no-refresh", is_flag=True, help="Search the index as it is, without a look at the files.")
@opening.store_option
@opening.json_option
def command(
    query: str,
    root: Path,
    mode: str,
    limit: int,
    languages: tuple[str, ...],
    paths: tuple[str, ...],
    exclude_paths: tuple[str, ...],
    kinds: tuple[int, ...],
    case: str | None,
    whole_words: bool,
    explain: bool,
    no_refresh: bool,
    store: Path | None,
    as_json: bool,
) -> None:
    """Search a folder, after bringing its index up to date.

    Results are printed best first, one a line, as `path:line:column: kind name — container`, or as
    `path:line:column: text` with --mode text (the query as it stands) and regex. Of symbols, filters may also stand
    in the query: `kind:class lang:python path:src/ -path:test`. Put `--` before a query that begins with a dash.
    """
    case_sensitive = None if case is None else case == "yes"
    request = SearchRequest(
        query=query,
        mode=cast(Mode, mode),
        limit=limit,
        filter=Filter(kinds, languages, paths, exclude_paths, case_sensitive, whole_words),
        explain=explain,
    )
    with opening.opened(root, store, refresh=not no_refresh) as workspace:
        try:
            workspace.search(request)  # of nothing yet: a wrong query is told before the wait, not after it
            _open(workspace, root, store, no_refresh)
            answer = workspace.search(request)
        except InvalidQuery as error:
            raise click.UsageError(str(error)) from error
        if as_json:
            output.emit_json(_json(answer, workspace))
            return
        if answer.scanned and answer.took_ms > _LONG:
            output.note(
                "info", "every file was read: no text of 4 letters or more is in all that could match"
            )
        if not answer.hits:
            output.note("info", "no results")
            return
        output.say(line for hit in answer.hits for line in (_line(hit, workspace), *_explained(hit)))


def _explained(hit: Hit) -> Iterator[str]:
    why = hit.explanation
    if why is None:
        return
    weighed = (
        f" x {why.prior:g} = {why.points * why.prior:g}; words left out: {why.untouched}"
        if why.factors
        else ""
    )
    yield f"    {why.band}; {why.points} points{weighed}"
    for part, points in why.parts:
        yield f"      {points:+5d}  {output.readable(part)}"
    if why.factors:
        yield f"      {', '.join(f'{factor} {value:g}' for factor, value in why.factors)}"


def _open(workspace: Workspace, root: Path, store: Path | None, no_refresh: bool) -> None:
    if not no_refresh:
        opening.up_to_date(workspace, "Indexing")
        return
    from lsp_search import stores  # noqa: PLC0415 - --help need not wait for it

    if stores.find(store, root) is None:
        output.note(
            "info", f"{root} is not indexed yet; search without --no-refresh, or run 'lsp-search index'"
        )
    opening.as_it_is(workspace)


def _column(hit: Hit, workspace: Workspace, line: int, column: int, encoding: Encoding) -> int:
    """The 0-based column in units of *encoding* of a hit's byte column."""
    if hit.ascii_line or column == 0:
        return column
    text = workspace.line_text(hit.path, line)
    return column if text is None else positions.columns(text, column, encoding)


def _line(hit: Hit, workspace: Workspace) -> str:
    column = _column(hit, workspace, hit.line, hit.column, "utf-32")
    place = ":".join(
        (
            click.style(output.readable(hit.relative_path), fg="magenta"),
            click.style(str(hit.line + 1), fg="green"),
            str(column + 1),
        )
    )
    if hit.kind is None:
        line = hit.snippet.replace("\t", " ")
        return f"{place}: {_highlighted(line, hit.matches)}"
    kind = click.style(_KIND_NAMES[hit.kind], fg="cyan")
    within = f" — {output.readable(hit.container)}" if hit.container else ""
    shown = f"{place}: {kind} {_highlighted(hit.name, hit.matches)}{within}"
    snippet = hit.snippet.strip() if "semantic" in hit.sources else ""
    if not snippet or hit.snippet_line is None:
        return shown
    said = output.readable(snippet.replace("\t", " "))
    return shown + click.style(f"  {hit.snippet_line + 1}: {said[:_SAID]}", dim=True)


def _highlighted(text: str, matches: tuple[tuple[int, int], ...]) -> str:
    parts: list[str] = []
    at = 0
    for start, end in matches:
        parts += (
            output.readable(text[at:start]),
            click.style(output.readable(text[start:end]), fg="red", bold=True),
        )
        at = end
    return "".join((*parts, output.readable(text[at:])))


def _json(answer: SearchAnswer, workspace: Workspace) -> dict[str, object]:
    """As ``lspSearch/search`` answers, with columns in UTF-16 units."""
    return {
        "items": [_item(hit, workspace) for hit in answer.hits],
        "mode": answer.mode,
        "isIncomplete": answer.is_incomplete,
        "indexing": answer.indexing,
        "generation": answer.generation,
        "tookMs": round(answer.took_ms, 3),
        "cache": answer.cache,
        **({"scanned": True} if answer.scanned else {}),
        **({} if answer.lines is None else {"lines": answer.lines, "files": answer.files}),
    }


def _item(hit: Hit, workspace: Workspace) -> dict[str, Any]:
    def position(line: int, column: int) -> dict[str, int]:
        return {"line": line, "character": _column(hit, workspace, line, column, "utf-16")}

    return {
        "id": hit.id,
        "sources": hit.sources,
        "name": hit.name,
        "kind": hit.kind,
        "containerName": hit.container,
        "language": hit.language,
        "path": hit.relative_path,
        "location": {
            "uri": uris.to_uri(hit.path),
            "range": {"start": position(hit.line, hit.column), "end": position(hit.end_line, hit.end_column)},
        },
        "score": hit.score,
        "matches": hit.matches,
        "snippet": hit.snippet,
        "snippetLine": hit.snippet_line,
        **({} if hit.explanation is None else {"explanation": asdict(hit.explanation)}),
    }
