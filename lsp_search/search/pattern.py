"""How one word of a query matches one name: the tiers, in prose and in plain Python.

A name is matched by its characters in order, case folded. What kind of match it is decides its *tier*: roughly what
it will score (``score`` orders them), and what has to be looked for at all:

1. ``EXACT``: the name itself.
2. ``LOOSE``: the name but for separators and humps (``getdaterange`` for get_date_range), where its words have two
   letters and more on average: n_s_w is no NSW.
3. ``CASED``: the name starts with the word, in the case it was typed in.
4. ``PREFIX``: the name starts with the word in another case.
5. ``WORD``: the word stands in the name in one piece, starting at a head (``Range`` in getDateRange).
6. ``INITIAL``: every character follows the one before it or heads a word, the first one heads the name (``wsp`` or
   ``wosypro`` for WorkspaceSymbolProvider).
7. ``HUMPS``: the same from a later word on (``sp`` for it).
8. ``SUBSTRING``: in one piece, but starting inside a word.
9. ``SLIP``: one edit away from the name or from a beginning of it (words of five characters and more; looked for when
   there are few better, and no name begins with the word).
10. ``SCATTERED``: in order, starting at a head (words of two to eight letters; looked for when there are few better).
11. ``ANYWHERE``: in order, wherever.
12. ``TYPO``: the name is two edits away, or one from a word of four letters. Both are looked for when there are few
   better and no ``SLIP``, and ``TYPO`` when no name begins with the word.

Heads are defined in ``index.text``. Separators in the word (``_``, ``-``, ``*``, spaces) count for exact, prefix and
one-piece matches and are optional for the others. The ladder is what fzf, fzy, clangd and gopls agree on
(string start, separator, hump; consecutive runs); their weights differ, their order hardly does.

This module is the reference: one name at a time, used where there are few (the parts of scopes, and the tests).
``tiers`` computes the same over thousands of names at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

NONE = 0
TYPO = 1
ANYWHERE = 2
SCATTERED = 3
SLIP = 4
SUBSTRING = 5
HUMPS = 6
INITIAL = 7
WORD = 8
PREFIX = 9
CASED = 10
LOOSE = 11
EXACT = 12

SEPARATORS = b"_- *"
"""Among them the star, which people type for "anything up to another word"."""
SCATTERED_LENGTHS = range(2, 9)
"""Letters of words that are looked for scattered; longer ones that match no better are mistyped."""


@dataclass(frozen=True)
class Pattern:
    """One word of a query, ready to be matched."""

    typed: str

    @cached_property
    def raw(self) -> bytes:
        """As typed, in UTF-8."""
        return self.typed.encode("utf-8", "surrogateescape")

    @cached_property
    def folded(self) -> bytes:
        """UTF-8, ASCII lower-cased, as typed otherwise."""
        return fold(self.raw)

    @cached_property
    def core(self) -> bytes:
        """Without separators; what word starts are matched with."""
        return self.folded.translate(None, SEPARATORS) or self.folded

    @property
    def leading(self) -> bytes:
        """The separators that the word begins with, and the character after them; none where it begins with a letter."""
        width = len(self.folded) - len(self.folded.lstrip(SEPARATORS))
        return self.folded[: width + 1] if 0 < width < len(self.folded) else b""

    @cached_property
    def asks_for_case(self) -> bool:
        return any(character.isupper() for character in self.typed)

    @property
    def slips(self) -> bool:
        """One edit is forgiven in a beginning of a name too; in fewer letters there would be too many."""
        return len(self.folded) >= 5 and len(self.core) >= 3

    @property
    def scatters(self) -> bool:
        """It is looked for scattered: it has few letters, and no star says where something is left out."""
        return len(self.core) in SCATTERED_LENGTHS and b"*" not in self.raw

    @cached_property
    def distance(self) -> int:
        """Edits forgiven: none below 4 letters, one below 8, two from there."""
        return 0 if len(self.core) < 4 else 1 if len(self.core) < 8 else 2


def longest_loose(core: int) -> int:
    """The length of the longest name that can be a word of *core* letters but for separators."""
    return core * 3 // 2


def fold(raw: bytes) -> bytes:
    """Lower-cases ASCII, byte for byte."""
    return raw.lower()


def holds_in_order(folded: bytes, letters: bytes) -> bool:
    """Whether *letters* stand in *folded* in order, wherever."""
    at = -1
    for letter in letters:
        at = folded.find(letter, at + 1)
        if at < 0:
            return False
    return True


_OTHER, _LOWER, _UPPER, _DIGIT = range(4)
_CLASS = bytes(
    _DIGIT
    if 48 <= byte <= 57
    else _UPPER
    if 65 <= byte <= 90
    else _LOWER
    if 97 <= byte <= 122 or byte > 127
    else _OTHER
    for byte in range(256)
)


def head_positions(name: bytes) -> list[int]:
    """The positions of the bytes that head a word: ``index.text.heads`` for one name."""
    classes = name.translate(_CLASS)
    heads: list[int] = []
    before = _OTHER
    for at, kind in enumerate(classes):
        if kind == _UPPER:
            lower_next = at + 1 < len(classes) and classes[at + 1] == _LOWER
            if before != _UPPER or lower_next:
                heads.append(at)
        elif kind != _OTHER and (before == _OTHER or (kind == _DIGIT and before != _DIGIT)):
            heads.append(at)
        before = kind
    return heads


def align(pattern: Pattern, name: bytes) -> tuple[int, list[int]]:
    """The tier of *name* and the byte positions that match; ``(NONE, [])`` without a match.

    Typos are not judged here: they give ``NONE``.
    """
    folded = fold(name)
    word, core = pattern.folded, pattern.core
    if folded == word:
        return EXACT, list(range(len(name)))
    heads = head_positions(name)
    humps = _humps(core, folded, heads)
    if (
        humps is not None
        and 2 * len(heads) <= len(core)
        and len(folded) <= longest_loose(len(core))
        and len(folded.translate(None, SEPARATORS)) == len(core)
    ):
        return LOOSE, humps
    if folded.startswith(word):
        return CASED if name.startswith(pattern.raw) else PREFIX, list(range(len(word)))
    for head in heads:
        if folded.startswith(word, head):
            return WORD, list(range(head, head + len(word)))
    if humps is not None:
        initial = _humps(core, folded, heads, only_first=True)
        return (INITIAL, initial) if initial is not None else (HUMPS, humps)
    inside = folded.find(word)
    if inside >= 0:
        return SUBSTRING, list(range(inside, inside + len(word)))
    if not pattern.scatters:
        return NONE, []
    scattered = _subsequence_from(core, folded, heads)
    if scattered is not None:
        return SCATTERED, scattered
    anywhere = _subsequence_from(core, folded, list(range(len(folded))))
    return (ANYWHERE, anywhere) if anywhere is not None else (NONE, [])


def _humps(core: bytes, folded: bytes, heads: list[int], *, only_first: bool = False) -> list[int] | None:
    """Positions where each character follows its predecessor or is at a head; the longest runs first. *only_first*:
    the first of them heads the name."""
    dead: set[tuple[int, int]] = set()
    trail: list[int] = []

    def walk(index: int, place: int) -> bool:
        if folded[place] != core[index] or (index, place) in dead:
            return False
        trail.append(place)
        if index + 1 == len(core):
            return True
        if place + 1 < len(folded) and walk(index + 1, place + 1):
            return True
        if any(head > place + 1 and walk(index + 1, head) for head in heads):
            return True
        trail.pop()
        dead.add((index, place))
        return False

    if len(core) > 200:
        return None  # beyond any identifier a person types, and beyond the recursion limit
    starts = [head for head in heads if head == 0] if only_first else heads
    return trail if any(walk(0, head) for head in starts) else None


def _subsequence_from(core: bytes, folded: bytes, starts: list[int]) -> list[int] | None:
    """Positions in order, the first at one of *starts*, the others as early as can be."""
    first = next((start for start in starts if folded[start] == core[0]), None)
    if first is None:
        return None
    found = [first]
    for byte in core[1:]:
        place = folded.find(byte, found[-1] + 1)
        if place < 0:
            return None
        found.append(place)
    return found
