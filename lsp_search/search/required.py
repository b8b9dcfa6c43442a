"""What every match of a regular expression must hold: the literals that choose the files worth reading.

The expression is taken apart once, into a *need*: a literal, all of several needs, any of several, or nothing
(``ANYTHING``). What cannot be taken apart needs nothing, so the answer is never wrong, only dear. The rules are those of
codesearch's trigram queries (Cox 2012): for each part of the expression either the few strings that it can be exactly,
or what must occur in it.

Python's own parser reads the expression. RE2, which runs it, knows a dialect; where the two read the same text
differently Python's reading must be the weaker one, or it is not used (``_FOREIGN``).
"""

from __future__ import annotations

import functools
import itertools
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from lsp_search.index import grams

_FEW = 16
"""Strings that a part may be exactly; with more, one asks for what they have in common: nothing."""
_LONGEST = 256
_FOREIGN = re.compile(r"\[\[?:|\\[QECzpPx]|\\N|\(\?[a-zA-Z]*[UuLax]|\(\?P=|\(\?\(|\(\?#")
"""What RE2 reads otherwise than Python does, or only one of them."""


@dataclass(frozen=True, slots=True)
class Literal:
    text: str
    folded: bool
    """In any case."""


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class OneOf:
    parts: tuple[Need, ...]


Need = Literal | AllOf | OneOf
ANYTHING = AllOf()


def met(need: Need, text: bytes) -> bool:
    """Whether *text* can hold what is needed, as far as that is quicker to say than by running the expression."""
    return _met(need, text, text.isascii())


def _met(need: Need, text: bytes, ascii_only: bool) -> bool:
    if isinstance(need, Literal):
        if not need.folded:
            return _needle(need) in text
        # Beyond ASCII, letters differ from their other case in more than a bit: let the expression look.
        return not ascii_only or _needle(need) in text.lower()
    each = (_met(part, text, ascii_only) for part in need.parts)
    return all(each) if isinstance(need, AllOf) else any(each)


@functools.lru_cache(256)
def _needle(literal: Literal) -> bytes:
    raw = literal.text.encode()
    return grams.folded(raw) if literal.folded else raw


@dataclass(frozen=True, slots=True)
class Reading:
    need: Need
    capitals: bool
    """A capital letter was typed that stands for itself."""


def of_regex(pattern: str, *, folded: bool) -> Reading:
    """*folded*: case does not count."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            parsed = None if _FOREIGN.search(pattern) else _parser.parse(pattern)
        except (re.error, OverflowError, RecursionError):
            parsed = None
    if parsed is None:
        return Reading(ANYTHING, any(c.isupper() for c in re.sub(r"\\.", "", pattern)))
    reader = _Reader()
    try:
        piece = reader.sequence(parsed, folded or bool(parsed.state.flags & re.IGNORECASE))
    except RecursionError:
        return Reading(ANYTHING, any(c.isupper() for c in re.sub(r"\\.", "", pattern)))
    return Reading(_together([piece.need, _any_of(piece.exact)]), reader.capitals)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the expression: the strings that it can be exactly (None: too many), and what else it needs."""

    exact: tuple[Literal, ...] | None
    need: Need = ANYTHING


_EMPTY = _Piece((Literal("", False),))
_WHATEVER = _Piece(None)


class _Reader:
    def __init__(self) -> None:
        self.capitals = False

    def sequence(self, items: Iterable[tuple[Any, Any]], folded: bool) -> _Piece:
        exact: tuple[Literal, ...] | None = _EMPTY.exact
        needs: list[Need] = []
        whole = True
        for code, argument in items:
            piece = self._item(code, argument, folded)
            needs.append(piece.need)
            joined = None if exact is None or piece.exact is None else _joined(exact, piece.exact)
            if joined is None:
                needs.append(_any_of(exact))
                exact, whole = piece.exact, False
            else:
                exact = joined
        if whole:
            return _Piece(exact, _together(needs))
        return _Piece(None, _together([*needs, _any_of(exact)]))

    def _item(self, code: Any, argument: Any, folded: bool) -> _Piece:
        if code is op.LITERAL:
            return _Piece((self._literal(argument, folded),))
        if code is op.IN:
            return self._class(argument, folded)
        if code is op.BRANCH:
            return _branches([self.sequence(branch, folded) for branch in argument[1]])
        if code is op.SUBPATTERN:
            _, added, removed, inner = argument
            inside = (folded or bool(added & re.IGNORECASE)) and not removed & re.IGNORECASE
            return self.sequence(inner, inside)
        if code in (op.MAX_REPEAT, op.MIN_REPEAT):
            return self._repeated(argument, folded)
        if code is op.AT:
            return _EMPTY
        return _WHATEVER  # any character, all but some: nothing that must be there

    def _literal(self, number: int, folded: bool) -> Literal:
        character = chr(number)
        self.capitals |= character.isupper()
        return Literal(character, folded)

    def _class(self, members: Sequence[tuple[Any, Any]], folded: bool) -> _Piece:
        for code, argument in members:
            bounds = (argument,) if code is op.LITERAL else argument if code is op.RANGE else ()
            self.capitals |= any(chr(number).isupper() for number in bounds)
        if all(code is op.LITERAL for code, _ in members) and len(members) <= _FEW:
            return _Piece(tuple(Literal(chr(number), folded) for _, number in members))
        return _WHATEVER

    def _repeated(self, argument: tuple[int, int, Any], folded: bool) -> _Piece:
        least, most, inner = argument
        piece = self.sequence(inner, folded)
        if least == 0:
            if most == 1 and piece.exact is not None and len(piece.exact) < _FEW and piece.need == ANYTHING:
                return _Piece((*piece.exact, Literal("", folded)))
            return _WHATEVER
        if least == most == 1:
            return piece
        return _Piece(None, _together([piece.need, _any_of(piece.exact)]))


def _branches(pieces: Sequence[_Piece]) -> _Piece:
    exact: list[Literal] = []
    for piece in pieces:
        if piece.exact is None or piece.need != ANYTHING:
            break
        exact += piece.exact
    else:
        if len(exact) <= _FEW:
            return _Piece(tuple(dict.fromkeys(exact)))
    needs = [_together([piece.need, _any_of(piece.exact)]) for piece in pieces]
    return _Piece(None, ANYTHING if ANYTHING in needs else OneOf(tuple(needs)))


def _joined(left: Sequence[Literal], right: Sequence[Literal]) -> tuple[Literal, ...] | None:
    """Every one of *left* followed by every one of *right*; None: too many, too long."""
    if len(left) * len(right) > _FEW:
        return None
    found = tuple(
        Literal(one.text + other.text, one.folded or other.folded)
        for one, other in itertools.product(left, right)
    )
    return None if max(len(literal.text) for literal in found) > _LONGEST else found


def _any_of(exact: Sequence[Literal] | None) -> Need:
    if exact is None or any(not literal.text for literal in exact):
        return ANYTHING
    return exact[0] if len(exact) == 1 else OneOf(tuple(exact))


def _together(needs: Iterable[Need]) -> Need:
    parts: list[Need] = []
    for need in needs:
        for part in need.parts if isinstance(need, AllOf) else (need,):
            if part not in parts:
                parts.append(part)
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))
