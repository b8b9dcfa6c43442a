"""A request becomes a question to the index: which mode, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from lsp_search.index.snapshot import Snapshot
from lsp_search.model import Hit, LspSearchError, Mode, SearchRequest
from lsp_search.search import auto, hybrid, lines, paths, query, recent, similar, symbols
from lsp_search.search.grammar import check_characters
from lsp_search.search.learner import Taught
from lsp_search.search.listing import Listing, falling
from lsp_search.search.narrowing import Narrowing
from lsp_search.search.query import Plan
from lsp_search.search.rerank import Model
from lsp_search.search.rows import Taste
from lsp_search.search.sources import Texts
from lsp_search.telemetry.spans import span, spanned

Check = Callable[[], None]
"""Called now and then; raises to stop the work."""
_DIGITS = 5
"""Of a score of files among symbols."""
_DEAR = ("semantic", "hybrid")
"""Modes that read the files of their hits: no more are found than are shown."""


@dataclass(frozen=True, slots=True)
class Means:
    """What answers depend on besides the index."""

    texts: Texts
    max_bytes: int
    """Files that are larger are not read."""
    taught: Callable[[], Taught | None]
    """What is known of the user; None: nothing that was picked or changed counts."""
    narrowing: Narrowing
    chunks: bool = True
    """Whether files are cut into chunks, which a search by meaning finds."""
    model: Callable[[], Model | None] = lambda: None
    """The user's own model; raises LspSearchError where it cannot be had."""


Answer = Callable[[SearchRequest, Means, Taught | None, Sequence[Snapshot], Check], Listing]


@dataclass(frozen=True, slots=True)
class Question:
    mode: Mode
    answer: Callable[[Sequence[Snapshot], Check], Listing]
    size: tuple[int, int] = (0, 0)
    """Characters and words of the query."""


@spanned("parse")
def question(request: SearchRequest, means: Means, on_part: lines.OnPart | None = None) -> Question:
    """Raises InvalidQuery. To answer may raise LspSearchError (what it needs is turned off)."""
    check_characters(request.query)
    size = (len(request.query), len(request.query.split()))
    return replace(_chosen(request, means, on_part), size=size)


def _chosen(request: SearchRequest, means: Means, on_part: lines.OnPart | None) -> Question:
    request = replace(request, limit=max(request.limit, 0))
    choice = auto.Choice(request.mode, request.query, request.filter)
    if request.mode == "auto":
        choice = auto.chosen(request.query, request.filter)
        if choice.mode == "hybrid" and not means.chunks:
            choice = replace(choice, mode="symbol")
    if choice.mode in ("text", "regex"):
        wanted = _of_lines(request, choice, means.max_bytes)
        return Question(choice.mode, partial(lines.search, wanted, means.texts, on_part))
    if choice.mode in ("semantic", "hybrid"):
        asked = replace(request, mode=choice.mode)
        return Question(choice.mode, partial(_personal, asked, means, partial(_of_meaning, on_part)))
    plan = replace(query.parse(request.query, request.filter), spelled=request.spelled)
    if plan.is_empty:
        return Question("symbol", partial(_recent, request, means))
    return Question("symbol", partial(_personal, request, means, partial(_listed, plan)))


def _personal(
    request: SearchRequest, means: Means, answer: Answer, snapshots: Sequence[Snapshot], check: Check
) -> Listing:
    """The answer in the order that its user would have it."""
    taught = means.taught()
    if taught is None:
        return answer(request, means, None, snapshots, check)
    depth = request.limit if request.mode in _DEAR else taught.depth(request.query, request.limit)
    listing = answer(replace(request, limit=depth), means, taught, snapshots, check)
    with span("rank"):
        hits = taught.reordered(listing.hits, request.query, request.near, snapshots, request.limit)
    return replace(listing, hits=hits, more=listing.more or len(listing.hits) > request.limit)


def _recent(request: SearchRequest, means: Means, snapshots: Sequence[Snapshot], _check: Check) -> Listing:
    taught = means.taught()
    picks = taught.habits.latest if taught is not None else []
    return Listing(recent.recent(snapshots, picks, request.limit), False)


def like(path: str, line: int, limit: int, means: Means) -> Question:
    """Code like the code at *line* (0-based) of the file *path*."""

    def answer(snapshots: Sequence[Snapshot], check: Check) -> Listing:
        _need_chunks("what is similar", means)
        return similar.similar(path, line, limit, means.texts, means.max_bytes, snapshots, check)

    return Question("semantic", answer)


def _need_chunks(what: str, means: Means) -> None:
    if not means.chunks:
        raise LspSearchError(f"{what} needs the setting index.semantic, which is off")


def _of_meaning(
    on_part: lines.OnPart | None,
    request: SearchRequest,
    means: Means,
    taught: Taught | None,
    snapshots: Sequence[Snapshot],
    check: Check,
) -> Listing:
    _need_chunks(f"mode '{request.mode}'", means)
    own = hybrid.Means(means.texts, means.max_bytes, _taste(request, taught), means.narrowing, means.model())
    if taught is None or on_part is None:
        return hybrid.search(request, own, on_part, snapshots, check)

    def part(hits: list[Hit]) -> None:
        on_part(taught.reordered(hits, request.query, request.near, snapshots, len(hits)))

    return hybrid.search(request, own, part, snapshots, check)


def _taste(request: SearchRequest, taught: Taught | None) -> Taste:
    if taught is None:
        return Taste(request.near)
    return Taste(request.near, taught.habits.picks, changes=True)


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
    plan: Plan,
    request: SearchRequest,
    means: Means,
    taught: Taught | None,
    snapshots: Sequence[Snapshot],
    check: Check,
) -> Listing:
    """Symbols, and files where the query asks for them: first those whose path is what was typed, last the others."""
    if not plan.files and not plan.only_files:
        return _symbols(plan, request, means, taught, snapshots, check)
    limit = request.limit
    files, more = paths.search(snapshots, plan, limit, check)
    if plan.only_files:
        return Listing(falling([paths.hit(file, 1.0) for file in files], 1.0, _DIGITS), more)
    listing = _symbols(plan, request, means, taught, snapshots, check)
    first = [paths.hit(file, 1.0) for file in files if file.rank >= paths.ENDS]
    last = [paths.hit(file, 0.2) for file in files if paths.SCATTERED < file.rank < paths.ENDS]
    hits = [*first, *listing.hits, *last]
    return Listing(falling(hits[:limit], 1.0, _DIGITS), listing.more or more or len(hits) > limit)


def _symbols(
    plan: Plan,
    request: SearchRequest,
    means: Means,
    taught: Taught | None,
    snapshots: Sequence[Snapshot],
    check: Check,
) -> Listing:
    hits, more = symbols.search(
        snapshots,
        plan,
        request.limit,
        _taste(request, taught),
        check,
        narrowing=means.narrowing,
        mark=request.mark,
        explained=request.explain,
    )
    return Listing(hits, more)
