"""A request becomes a question to the index: which mode, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from lsp_search.index.snapshot import Snapshot
from lsp_search.model import Hit, LspSearchError, Mode, SearchRequest
from lsp_search.search import auto, lines, paths, query, recent, symbols
from lsp_search.search.grammar import check_characters
from lsp_search.search.listing import Listing
from lsp_search.search.narrowing import Narrowing
from lsp_search.search.query import Plan
from lsp_search.search.rows import Taste
from lsp_search.search.sources import Texts

Check = Callable[[], None]
"""Called now and then; raises to stop the work."""


@dataclass(frozen=True, slots=True)
class Means:
    """What answers depend on besides the index."""

    texts: Texts
    max_bytes: int
    """Files that are larger are not read."""
    learns: bool
    """Whether what was picked and changed counts."""
    picks: Callable[[], list[tuple[str, str, int]]]
    narrowing: Narrowing


@dataclass(frozen=True, slots=True)
class Question:
    mode: Mode
    answer: Callable[[Sequence[Snapshot], Check], Listing]


def question(request: SearchRequest, means: Means, on_part: lines.OnPart | None = None) -> Question:
    """Raises InvalidQuery (the query is wrong), LspSearchError (there is no such mode)."""
    if request.mode in ("semantic", "hybrid"):
        raise LspSearchError(
            f"mode '{request.mode}' is not available in this version; known are auto, symbol, text and regex"
        )
    check_characters(request.query)
    choice = auto.Choice(request.mode, request.query, request.filter)
    if request.mode == "auto":
        choice = auto.chosen(request.query, request.filter)
    if choice.mode in ("text", "regex"):
        wanted = _of_lines(request, choice, means.max_bytes)
        return Question(choice.mode, partial(lines.search, wanted, means.texts, on_part))
    plan = replace(query.parse(request.query, request.filter), spelled=request.spelled)
    return Question("symbol", partial(_listed, request, plan, means))


def _of_lines(request: SearchRequest, choice: auto.Choice, max_bytes: int) -> lines.Request:
    typed, wanted = choice.typed, choice.filter
    return lines.Request(
        matcher=choice.matcher or auto.of_text(choice.mode, typed, wanted),
        typed=typed,
        word=typed.encode() if choice.mode == "text" and typed.isidentifier() else b"",
        limit=request.limit,
        filter=wanted,
        excluded_languages=choice.excluded_languages,
        near=request.near,
        max_bytes=max_bytes,
        explain=request.explain,
        seconds=request.seconds,
    )


def _listed(
    request: SearchRequest, plan: Plan, means: Means, snapshots: Sequence[Snapshot], check: Check
) -> Listing:
    """Symbols, and files where the query asks for them: first those whose path is what was typed, last the others."""
    if not plan.files and not plan.only_files:
        return _symbols(request, plan, means, snapshots, check)
    limit = request.limit
    files, more = paths.search(snapshots, plan, limit, check)
    if plan.only_files:
        return Listing(_in_line([paths.hit(file, 1.0) for file in files]), more)
    listing = _symbols(request, plan, means, snapshots, check)
    first = [paths.hit(file, 1.0) for file in files if file.rank >= paths.ENDS]
    last = [paths.hit(file, 0.2) for file in files if paths.SCATTERED < file.rank < paths.ENDS]
    hits = [*first, *listing.hits, *last]
    return Listing(_in_line(hits[:limit]), listing.more or more or len(hits) > limit)


def _in_line(hits: Sequence[Hit]) -> list[Hit]:
    """The same with scores that fall."""
    found: list[Hit] = []
    ceiling = 1.0
    for hit in hits:
        score = round(min(hit.score, ceiling), 5)
        found.append(hit if score == hit.score else replace(hit, score=score))
        ceiling = max(score - 1e-5, 0.0)
    return found


def _symbols(
    request: SearchRequest, plan: Plan, means: Means, snapshots: Sequence[Snapshot], check: Check
) -> Listing:
    picks = means.picks()
    if plan.is_empty:
        return Listing(recent.recent(snapshots, picks, request.limit), False)
    hits, more = symbols.search(
        snapshots,
        plan,
        request.limit,
        Taste(request.near, frozenset(picks if means.learns else ()), changes=means.learns),
        check,
        narrowing=means.narrowing,
        mark=request.mark,
        explained=request.explain,
    )
    return Listing(hits, more)
