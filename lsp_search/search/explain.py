"""Why a hit stands where it does: its score taken apart, in words and numbers that add up to it."""

from __future__ import annotations

from collections.abc import Sequence

from lsp_search.index.standing import FOREIGN, OWN, TEST
from lsp_search.model import Explanation
from lsp_search.search import rows, score
from lsp_search.search.pattern import Pattern
from lsp_search.search.rows import Row

_BANDS = {
    score.AS_TYPED: "the name as typed",
    score.BUT_CASE: "the name but for case",
    score.BUT_SEPARATORS: "the name but for separators",
    score.PART: "a part of the name",
    score.SLIP: "a beginning of the name but for a typo",
    score.SCATTERED: "letters of the name",
    score.TYPO: "the name but for typos",
}
_PLACES = {
    score.START: "start of the name",
    score.QUALIFIER: "after a qualifier",
    score.SEPARATOR: "after a separator",
    score.HUMP: "hump",
    score.DIGIT: "digit after letters",
    0: "inside a word",
}
_STANDINGS = {OWN: "own code", TEST: "tests", FOREIGN: "vendored or generated code"}


def explain(row: Row, words: Sequence[Pattern]) -> Explanation:
    """The score of *row* for *words*; the parts add up to the points, the factors multiply to the prior (rounded)."""
    name = row.segment.name(row.name)
    parts: list[tuple[str, int]] = []
    mistyped = row.band in (score.SLIP, score.TYPO)
    if not mistyped:
        for word in words:
            parts += [_letter(step) for step in score.steps(name, word)]
    told = sum(points for _, points in parts)
    spelt = sum(score.MATCH * (len(word.raw) - len(score.typed_letters(word))) for word in words)
    if parts and 0 < row.points - told <= spelt:
        parts.append(("separators as typed", row.points - told))
    elif told != row.points:
        kind = "letters that are right" if mistyped else "beyond the first 64 bytes"
        parts = [(kind, row.points)]
    return Explanation(
        _BANDS[row.band], row.points, tuple(parts), row.untouched, row.prior / rows.UNIT, _factors(row)
    )


def _letter(step: score.Step) -> tuple[str, int]:
    how = "goes on" if step.follows else f"after a gap of {step.gap}" if step.gap else "first"
    return f"{step.letter!r} at {step.place}: {_PLACES[step.bonus]}, {how}", step.points


def _factors(row: Row) -> tuple[tuple[str, float], ...]:
    file_id = int(row.segment.row_file[row.row])
    standing = int(row.snapshot.catalog.standing[file_id])
    kind = rows.kind_factor(int(row.segment.row_kind[row.row]))
    taste = row.prior - rows.STANDING[standing] * kind // rows.UNIT
    factors = [(_STANDINGS[standing], rows.STANDING[standing] / rows.UNIT), ("kind", kind / rows.UNIT)]
    if taste:
        factors.append(("called like its file, near, picked or changed lately (added)", taste / rows.UNIT))
    return tuple(factors)
