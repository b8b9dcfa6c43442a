"""A request becomes a question to the index: which mode, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from lsp_search.index.snapshot import Snapshot
from lsp_search.model import Hit, LspSearchError, Mode, SearchRequest
from lsp_search.search import auto, hybrid, lines, paths, query, recent, similar, symbols
from lsp_search.search.grammar import check_characters
from lsp_search.search.kept import Depends, Keeper, Key, NothingKept, Subject
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
    model_name: str = ""
    kept: Keeper = NothingKept()


@dataclass(frozen=True, slots=True)
class Question:
    mode: Mode
    answer: Callable[[Sequence[Snapshot], Check], Listing]
    size: tuple[int, int] = (0, 0)
    """Characters and words of the query."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """One question on its way: what it needs besides the request."""

    means: Means
    taught: Taught | None
    snapshots: Sequence[Snapshot]
    check: Check
    on_part: lines.OnPart | None = None


Find = Callable[[SearchRequest, _Asking], Listing]
"""What anyone would be answered who asks this."""


@spanned("parse")
def question(request: SearchRequest, means: Means, on_part: lines.OnPart | None = None) -> Question:
    """Raises InvalidQuery. To answer may raise LspSearchError (what it needs is turned off)."""
    check_characters(request.query)
    size = (len(request.query), len(request.query.split()))
    return replace(_chosen(request, means, on_part), size=size)


def _chosen(request: SearchRequest, means: Means, on_part: lines.OnPart | None) -> Question:
    request = replace(request, limit=max(request.limit, 0))
    choice = _choice(request, means)
    if choice.mode in ("text", "regex"):
        wanted = _of_lines(request, choice, means.max_bytes)
        return Question(choice.mode, partial(_lines, request, wanted, means, on_part))
    if choice.mode in ("semantic", "hybrid"):
        asked = replace(request, mode=choice.mode)
        depends: Depends = "all" if choice.mode == "semantic" else "all and user"
        subject = partial(Subject, depends=depends, finds=lambda _snapshots: True)
        return Question(choice.mode, partial(_personal, asked, means, on_part, _of_meaning, subject))
    plan = replace(query.parse(request.query, request.filter), spelled=request.spelled)
    if plan.is_empty:
        return Question("symbol", partial(_recent, request, means))
    subject = partial(Subject, depends="symbols", finds=partial(_names_match, plan, request, means))
    return Question("symbol", partial(_personal, request, means, None, partial(_listed, plan), subject))


def _choice(request: SearchRequest, means: Means) -> auto.Choice:
    """The mode and what is looked for in it. Raises InvalidQuery."""
    if request.mode != "auto":
        return auto.Choice(request.mode, request.query, request.filter)
    choice = auto.chosen(request.query, request.filter)
    return replace(choice, mode="symbol") if choice.mode == "hybrid" and not means.chunks else choice


def _personal(
    request: SearchRequest,
    means: Means,
    on_part: lines.OnPart | None,
    find: Find,
    subject: Callable[[Key | None], Subject],
    snapshots: Sequence[Snapshot],
    check: Check,
) -> Listing:
    """The answer in the order that its user would have it."""
    taught = means.taught()
    depth = request.limit
    if taught is not None and request.mode not in _DEAR:
        depth = taught.depth(request.query, request.limit)
    asked = replace(request, limit=depth)

    def part(hits: list[Hit]) -> None:
        if on_part is not None:
            on_part(
                hits
                if taught is None
                else taught.reordered(hits, request.query, request.near, snapshots, len(hits))
            )

    listing = means.kept.listing(
        subject(_key(asked, means, taught)),
        snapshots,
        lambda on_part: find(asked, _Asking(means, taught, snapshots, check, on_part)),
        None if on_part is None else part,
    )
    if taught is None:
        return listing
    with span("rank"):
        hits = taught.reordered(listing.hits, request.query, request.near, snapshots, request.limit)
    return replace(listing, hits=hits, more=listing.more or len(listing.hits) > request.limit)


def _key(request: SearchRequest, means: Means, taught: Taught | None) -> Key | None:
    """None where an answer is for people who look into it."""
    if request.explain:
        return None
    return Key(
        replace(request, seconds=None), taught is not None, means.chunks, means.model_name, means.max_bytes
    )


def _lines(
    request: SearchRequest,
    wanted: lines.Request,
    means: Means,
    on_part: lines.OnPart | None,
    snapshots: Sequence[Snapshot],
    check: Check,
) -> Listing:
    def matches(few: Sequence[Snapshot]) -> bool:
        """Parses the request again: a compiled expression takes more room than the answer that is kept."""
        one = _of_lines(request, _choice(request, means), means.max_bytes)
        return bool(lines.best(replace(one, limit=1), means.texts, few, lambda: None))

    return means.kept.listing(
        Subject(_key(request, means, None), "texts", matches),
        snapshots,
        lambda on_part: lines.search(wanted, means.texts, on_part, snapshots, check),
        on_part,
    )


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


def _of_meaning(request: SearchRequest, asking: _Asking) -> Listing:
    means = asking.means
    _need_chunks(f"mode '{request.mode}'", means)
    taste = _taste(request, asking.taught)
    own = hybrid.Means(means.texts, means.max_bytes, taste, means.narrowing, means.model())
    return hybrid.search(request, own, asking.on_part, asking.snapshots, asking.check)


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


def _listed(plan: Plan, request: SearchRequest, asking: _Asking) -> Listing:
    """Symbols, and files where the query asks for them: first those whose path is what was typed, last the others."""
    if not plan.files and not plan.only_files:
        return _symbols(plan, request, asking)
    limit = request.limit
    files, more = paths.search(asking.snapshots, plan, limit, asking.check)
    if plan.only_files:
        return Listing(falling([paths.hit(file, 1.0) for file in files], 1.0, _DIGITS), more)
    listing = _symbols(plan, request, asking)
    first = [paths.hit(file, 1.0) for file in files if file.rank >= paths.ENDS]
    last = [paths.hit(file, 0.2) for file in files if paths.SCATTERED < file.rank < paths.ENDS]
    hits = falling([*first, *listing.hits, *last][:limit], 1.0, _DIGITS)
    found = len(first) + len(listing.hits) + len(last)
    return replace(listing, hits=hits, more=listing.more or more or found > limit)


def _symbols(plan: Plan, request: SearchRequest, asking: _Asking) -> Listing:
    narrowing = asking.means.narrowing.view()
    hits, more = symbols.search(
        asking.snapshots,
        plan,
        request.limit,
        _taste(request, asking.taught),
        asking.check,
        narrowing=narrowing,
        mark=request.mark,
        explained=request.explain,
    )
    return Listing(hits, more, cache="refined" if narrowing.sufficed else "miss")


def _names_match(plan: Plan, request: SearchRequest, means: Means, few: Sequence[Snapshot]) -> bool:
    """Whether some symbol or path of these few files could be in the answer."""
    bare = replace(request, limit=1, mark=False, explain=False, near=None)
    alone = replace(means, narrowing=Narrowing())
    return bool(_listed(plan, bare, _Asking(alone, None, few, lambda: None)).hits)
