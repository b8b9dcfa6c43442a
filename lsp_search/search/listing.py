"""What a search found, before the answer is put together."""

from __future__ import annotations

from dataclasses import dataclass

from lsp_search.model import Hit


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
