"""Ranked chunks, and what else was found, as a list of hits: what is handed over first, and the rest below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lsp_search.model import Explanation, Hit, SearchRequest
from lsp_search.search import lines, symbols
from lsp_search.search.fusion import Ranked
from lsp_search.search.listing import Listing, falling
from lsp_search.search.meaning import Candidates
from lsp_search.search.query import Plan
from lsp_search.search.rows import Row
from lsp_search.search.shown import Shown
from lsp_search.telemetry.spans import spanned

_FIRST = 5
"""Definitions that come first."""
_SURE = 2.0
"""What the part *definition* is at least for these."""

_DIGITS = 6
"""Of a score."""

Entry = tuple[float, int | Row | lines.Line]
"""Score, and the number of a candidate, or a symbol or line that is in no chunk."""


class Answer:
    """What is handed over first, and the rest below it."""

    def __init__(
        self, request: SearchRequest, found: Candidates, shown: Shown, on_part: lines.OnPart | None
    ) -> None:
        self._request = request
        self._found = found
        self._shown = shown
        self._on_part = on_part
        self._first: list[Hit] = []
        self._told: set[int] = set()

    @spanned("read")
    def begin(self, ranked: Ranked) -> None:
        """Definitions that are called what was asked stand first, whatever else is found."""
        definition = ranked.parts.get("definition")
        for value, number in zip(ranked.scores.tolist(), ranked.order.tolist(), strict=True):
            if definition is None or definition[number] < _SURE or len(self._first) == self._most:
                break
            self._told.add(number)
            self._first.append(self._hit(value, number, ranked, {}))
        self._first = falling(self._first, 1.0, _DIGITS)
        if self._on_part is not None and self._first:
            self._on_part(self._first)

    @property
    def _most(self) -> int:
        return min(_FIRST, self._request.limit)

    @spanned("read")
    def listing(
        self,
        ranked: Ranked,
        others: Sequence[Entry] = (),
        by_line: dict[int, lines.Line] | None = None,
    ) -> Listing:
        """The best, up to the limit. *others*: symbols and lines that are in no chunk; *by_line*: the line to show of a
        candidate."""
        entries: list[Entry] = [
            (value, number)
            for value, number in zip(ranked.scores.tolist(), ranked.order.tolist(), strict=True)
            if number not in self._told and value > 0
        ]
        entries += others
        entries.sort(key=lambda entry: -entry[0])
        room = self._request.limit - len(self._first)
        hits = [self._hit(*entry, ranked, by_line or {}) for entry in entries[:room]]
        below = self._first[-1].score if self._first else 1.0
        before = [] if self._on_part else self._first
        return Listing([*before, *falling(hits, below, _DIGITS)], len(entries) > room)

    def _hit(
        self, value: float, what: int | Row | lines.Line, ranked: Ranked, by_line: dict[int, lines.Line]
    ) -> Hit:
        worth = round(value / (value + 1), _DIGITS)
        if not isinstance(what, int):
            hit = symbols.hits([what], Plan())[0] if isinstance(what, Row) else lines.hit(what, worth)
            part = "name" if isinstance(what, Row) else "line"
            explanation = _explanation({part: value}, value) if self._request.explain else None
            return replace(hit, score=worth, explanation=explanation)
        found, line = self._found, by_line.get(what)
        parts = {name: float(column[what]) for name, column in ranked.parts.items()}
        sources = ["symbol"] if parts.get("name") else []
        sources += ["text"] if line is not None else []
        hit = self._shown.hit(found.places[found.place[what]], int(found.chunk[what]), line)
        explanation = _explanation(parts, value) if self._request.explain else None
        return replace(hit, score=worth, sources=(*sources, "semantic"), explanation=explanation)


def _explanation(parts: dict[str, float], value: float) -> Explanation:
    """In hundredths; the prior is the standing of the file."""
    standing = parts.get("standing", 1.0)
    told = tuple((name, round(100 * worth)) for name, worth in parts.items() if name != "standing" and worth)
    return Explanation("meaning", round(100 * value), told, 0, standing, (("standing", standing),))
