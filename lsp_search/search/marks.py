"""Which characters of a name are shown as matched: those of the way that was scored."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import Indel

from lsp_search.search import score
from lsp_search.search.pattern import Pattern, align, fold

Spans = tuple[tuple[int, int], ...]
"""Half-open runs, in code points."""


def marks(names: Sequence[bytes], words: Sequence[Pattern], bands: Sequence[int]) -> list[Spans]:
    """The matched runs of each of *names*; *bands* as they were scored. 10 µs a name."""
    matched: list[set[int]] = [set() for _ in names]
    for word in words:
        aligned: list[int] = []
        for place, (name, band) in enumerate(zip(names, bands, strict=True)):
            at = fold(name).find(word.folded)
            if band in (score.SLIP, score.TYPO):
                matched[place].update(_kept(word, name))
            elif at == 0:
                matched[place].update(range(len(word.folded)))
            else:
                aligned.append(place)
        for place, way in zip(aligned, score.ways([names[place] for place in aligned], word), strict=True):
            matched[place].update(way or _beyond(word, names[place]))
    return [spans_of(name, found) for name, found in zip(names, matched, strict=True)]


def _beyond(word: Pattern, name: bytes) -> Sequence[int]:
    """Where a word stands that reaches beyond the bytes that are scored."""
    at = fold(name).find(word.folded)
    return range(at, at + len(word.folded)) if at >= 0 else align(word, name)[1]


def _kept(word: Pattern, name: bytes) -> list[int]:
    """The bytes of the name that a mistyped word got right."""
    blocks = Indel.opcodes(word.folded, fold(name)[: len(word.raw) + 2])
    return [at for block in blocks if block.tag == "equal" for at in range(block.dest_start, block.dest_end)]


def spans_of(name: bytes, matched: set[int]) -> Spans:
    """The runs of the bytes *matched*."""
    places = sorted(matched)
    if not name.isascii():
        places = sorted({len(name[:byte].decode("utf-8", "ignore")) for byte in places})
    spans: list[tuple[int, int]] = []
    for place in places:
        if spans and place == spans[-1][1]:
            spans[-1] = (spans[-1][0], place + 1)
        else:
            spans.append((place, place + 1))
    return tuple(spans)
