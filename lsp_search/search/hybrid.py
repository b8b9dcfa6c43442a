"""Search by meaning, alone and together with symbols and texts: modes ``semantic`` and ``hybrid``.

All three look for the same thing and meet in one list. A chunk is a candidate for its meaning; a symbol whose name holds all
words, and a line that holds the query as it stands (a pasted message, say), add to the score of their chunk, or stand for
themselves where they belong to none. Definitions that are called just what was asked come first, and are handed over first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lsp_search.index.snapshot import Snapshot
from lsp_search.model import SearchRequest
from lsp_search.search import lines, matcher, meaning, query, rerank, score, symbols
from lsp_search.search.answer import Answer, Entry
from lsp_search.search.asked import Asked, asked, telling
from lsp_search.search.fusion import Fusion, Ranked
from lsp_search.search.grammar import Clause, clauses
from lsp_search.search.listing import Listing
from lsp_search.search.meaning import Candidates
from lsp_search.search.narrowing import Narrowing
from lsp_search.search.query import Plan
from lsp_search.search.rerank import Model
from lsp_search.search.rows import Row, Taste
from lsp_search.search.shown import Shown
from lsp_search.search.sources import Texts
from lsp_search.telemetry.spans import span

NAME = {score.AS_TYPED: 1.4, score.BUT_CASE: 1.2, score.BUT_SEPARATORS: 1.0, score.PART: 0.8, score.TYPO: 0.2}
"""What a symbol's band adds to its score, unless it is a definition anyway; of one word that is part of a name only"""
PART_OF_NAME = 0.3
LINES = (0.0, 0.0, 0.15, 0.3, 0.6)
"""For a line that holds the query as it stands, by its words: the more they are, the less it is chance."""
MODEL = 0.5
"""What the cosine of the user's own model is worth."""
_NAMES, _LINES = 20, 20
"""Symbols and lines that are looked at."""
_WORDS = 4
"""A symbol's name hardly holds more words."""
_LINE_SECONDS = 0.006
_LONGEST_LINE = 500


@dataclass(frozen=True, slots=True)
class Means:
    """What answers depend on besides the index."""

    texts: Texts
    max_bytes: int
    taste: Taste
    narrowing: Narrowing | None
    model: Model | None = None
    """Puts the best into order, where the user has one."""


def search(
    request: SearchRequest,
    means: Means,
    on_part: lines.OnPart | None,
    snapshots: Sequence[Snapshot],
    check: Callable[[], None],
) -> Listing:
    """The best *limit* hits (but for those that *on_part* got)."""
    with span("parse"):
        typed = clauses(request.query)
        plan = _filters(typed, request)
        wanted = asked(typed)
    with span("match"):
        held = list(meaning.places(snapshots, plan, wanted, check))
    shown = Shown(means.texts, means.max_bytes, wanted.terms)
    found = meaning.candidates(wanted, held, check)
    parts: dict[str, meaning.Scores] = {}
    fused = Fusion(wanted, found, near=request.near)
    ranked = fused.ranked(parts)
    answer = Answer(request, found, shown, on_part)
    if request.mode == "semantic":
        if means.model is not None:
            parts["model"] = _by_model(means.model, _text(typed), found, ranked, shown, check)
            ranked = fused.ranked(parts)
        return answer.listing(ranked)
    answer.begin(ranked)
    rows = _symbols(typed, request, means, snapshots, check)
    parts["name"], strays = _placed_rows(found, rows, wanted)
    by_line, loose = _placed_lines(found, _lines(typed, plan, request, means, snapshots, check))
    parts["line"] = _part(
        found, dict.fromkeys(by_line, LINES[min(len(_text(typed).split()), len(LINES) - 1)])
    )
    if means.model is not None:
        parts["model"] = _by_model(means.model, _text(typed), found, ranked, shown, check)
    ranked = fused.ranked(parts)
    check()
    others: list[Entry] = [*strays, *((LINES[-1], line) for line in loose)]
    return answer.listing(ranked, others, by_line)


def _text(typed: Sequence[Clause]) -> str:
    return " ".join(
        clause.text for clause in typed if clause.kind in ("word", "phrase") and not clause.excludes
    )


def _filters(typed: Sequence[Clause], request: SearchRequest) -> Plan:
    """The filters and expressions of the query and of the request, without its words. Raises InvalidQuery."""
    return query.plan([clause for clause in typed if clause.kind in ("filter", "regex")], request.filter)


def _symbols(
    typed: Sequence[Clause],
    request: SearchRequest,
    means: Means,
    snapshots: Sequence[Snapshot],
    check: Callable[[], None],
) -> list[Row]:
    """Whose names hold all words that tell something."""
    words = [
        replace(clause, text=text)
        for clause in typed
        if clause.kind in ("word", "phrase") and (text := telling(clause))
    ]
    if not words or len(words) > _WORDS:
        return []
    others = [clause for clause in typed if clause.kind in ("filter", "regex")]
    plan = query.plan([*words, *others], request.filter)
    rows, _ = symbols.best_rows(snapshots, plan, _NAMES, means.taste, check, narrowing=means.narrowing)
    return [row for row in rows if row.band in NAME]


def _lines(
    typed: Sequence[Clause],
    plan: Plan,
    request: SearchRequest,
    means: Means,
    snapshots: Sequence[Snapshot],
    check: Callable[[], None],
) -> list[lines.Line]:
    """Those that hold the words as they stand, where there are several."""
    phrases = [clause.text for clause in typed if clause.kind == "phrase" and not clause.excludes]
    words = [clause.text for clause in typed if clause.kind == "word" and not clause.excludes]
    text = phrases[0] if phrases else " ".join(words)
    if not text.strip() or "\n" in text or len(text) > _LONGEST_LINE or (not phrases and len(words) < 2):
        return []
    wanted = lines.Request(
        matcher=matcher.literal(text, case_sensitive=None, whole_words=False),
        typed=text,
        word=b"",
        limit=_LINES,
        filter=plan.filter,
        excluded_languages=plan.excluded_languages,
        near=request.near,
        max_bytes=means.max_bytes,
        seconds=_LINE_SECONDS,
    )
    return lines.best(wanted, means.texts, snapshots, check)


def _placed_rows(
    found: Candidates, rows: Sequence[Row], wanted: Asked
) -> tuple[meaning.Scores, list[tuple[float, Row]]]:
    """What symbols add to the candidates that they are; and the symbols that are none."""
    numbers = {id(place.segment): number for number, place in enumerate(found.places)}
    part = np.zeros(len(found), np.float32)
    strays: list[tuple[float, Row]] = []
    for row in rows:
        worth = PART_OF_NAME if row.band == score.PART and len(wanted.terms) < 2 else NAME[row.band]
        place, chunk = numbers.get(id(row.segment)), _chunk_of_row(row)
        number = None if place is None or chunk is None else found.number(place, chunk)
        if number is None:
            strays.append((worth * row.prior / 1000, row))
        else:
            part[number] = worth
    return part, strays


def _chunk_of_row(row: Row) -> int | None:
    chunks = row.segment.chunks
    start, end = chunks.of_file(int(row.segment.row_file[row.row]))
    found = np.flatnonzero(chunks.row[start:end] == row.row)
    return start + int(found[0]) if len(found) else None


def _placed_lines(
    found: Candidates, told: Sequence[lines.Line]
) -> tuple[dict[int, lines.Line], list[lines.Line]]:
    """By candidate the first line in it; and the lines that are in none."""
    placed: dict[int, lines.Line] = {}
    loose: list[lines.Line] = []
    for line in told:
        at = meaning.chunk_at(found.places, line.snapshot, line.file_id, line.number)
        number = None if at is None else found.number(*at)
        if number is None:
            loose.append(line)
        else:
            placed.setdefault(number, line)
    return placed, loose


def _by_model(
    model: Model, text: str, found: Candidates, ranked: Ranked, shown: Shown, check: Callable[[], None]
) -> meaning.Scores:
    """What the model adds to the best; to the others, what it adds to the worst of these."""
    best = ranked.order[: rerank.BEST]
    texts = [shown.text_of(found.places[found.place[one]], int(found.chunk[one])) for one in best.tolist()]
    cosines = model.cosines(text, [one.decode("utf-8", "replace") for one in texts], check)
    part = np.full(len(found), min(cosines, default=0.0), np.float32)
    part[best] = cosines
    return part * np.float32(MODEL)


def _part(found: Candidates, worth: dict[int, float]) -> meaning.Scores:
    part = np.zeros(len(found), np.float32)
    part[list(worth)] = list(worth.values())
    return part
