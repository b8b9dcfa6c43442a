"""What a search found, before the answer is put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lsp_search.model import CacheKind, Hit


@dataclass(frozen=True, slots=True)
class Listing:
    hits: list[Hit]
    more: bool
    """There may be more."""
    scanned: bool = False
    """Every file had to be looked at: nothing that a match must hold could be looked up."""
    lines: int | None = None
    """Of text: the lines that were found, those beyond the limit too,"""
    files: int | None = None
    """and the files that they are in."""
    held: Mapping[str, Sequence[int]] | None = None
    """Of text: by root the ids of these files; None where there may be more."""
    unfinished: bool = False
    """Time ran out: the same question may find more another time."""
    cache: CacheKind = "miss"


def falling(hits: Sequence[Hit], ceiling: float, digits: int) -> list[Hit]:
    """The same with scores that fall from *ceiling* on, by one in the last of so many *digits* at least, and not below 0."""
    found: list[Hit] = []
    for hit in hits:
        score = round(max(min(hit.score, ceiling), 0.0), digits)
        found.append(hit if score == hit.score else replace(hit, score=score))
        ceiling = round(max(score - 10**-digits, 0.0), digits)
    return found
