"""From what was typed to something that finds it in a text: RE2, which takes linear time whatever the pattern.

Matches never reach over a line's end, ``^`` and ``$`` stand at those of lines, case is smart where nothing is said (a
capital letter asks for case), case folds as in Unicode, and ``\\w``, ``\\d`` and ``\\s`` are Unicode's: what ripgrep does.
(``\\b`` is ASCII's: RE2 has no other.) RE2's own classes are ASCII's, which is the same in an ASCII text, and quicker; so
there are two expressions, for either sort of text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import re2

from lsp_search.model import InvalidQuery
from lsp_search.search import required
from lsp_search.search.grammar import check_characters
from lsp_search.search.required import Literal, Need

_MEMORY = 32 << 20
"""Bytes that RE2 may use for one pattern: for large classes repeated often."""
_LONGEST = 10_000
"""Characters of a pattern."""

Span = tuple[int, int]


@dataclass(frozen=True)
class Matcher:
    ascii: Any
    """The expression for texts that are ASCII; the other for all texts."""
    unicode: Any
    need: Need
    words: tuple[Any, Any] | None = None
    """Where whole words are wanted: the same two, whose first group no word character touches."""
    is_literal: bool = False
    """The need is all there is to it."""
    sees_lines_only: bool = True
    """Whether a line matches depends on nothing but that line."""
    parts: tuple[Matcher, ...] = ()
    """Of several texts each: a file must hold all of them."""
    without: tuple[Matcher, ...] = ()
    """What a line must not hold."""

    def spans(self, text: bytes) -> Iterator[Span]:
        """Half-open byte ranges, in order."""
        if self.words is not None:
            yield from _alone(self.words[not text.isascii()], text)
        elif self.is_literal and isinstance(self.need, Literal) and not self.need.folded:
            yield from _places(self.need.text.encode(), text)
        else:
            yield from (match.span() for match in self._expression(text).finditer(text))

    def among(self, text: bytes | memoryview, ends: Sequence[int], *, ascii_only: bool) -> Iterator[int]:
        """*text*: texts with a line's end after each, at *ends* less one. The numbers of those that match, whole words
        or not, in order; of all, where a match may depend on more than its line."""
        if not self.sees_lines_only:
            yield from range(len(ends))
            return
        expression = self.ascii if ascii_only else self.unicode
        at, end = 0, ends[-1] if ends else 0
        while at < end and (found := expression.search(text, at)) is not None and found.start() < end:
            number = bisect_right(ends, found.start())
            yield number
            at = ends[number]

    def holds(self, text: bytes) -> bool:
        """Whether *text* matches."""
        return next(self.spans(text), None) is not None

    def _expression(self, text: bytes) -> Any:
        return self.ascii if text.isascii() else self.unicode


def _places(needle: bytes, text: bytes) -> Iterator[Span]:
    start = text.find(needle)
    while start >= 0:
        end = start + len(needle)
        yield start, end
        start = text.find(needle, end)


def _alone(expression: Any, text: bytes) -> Iterator[Span]:
    """What the first group of *expression* matches. Before and after it a character may be matched that belongs to two."""
    at = 0
    while at <= len(text) and (found := expression.search(text, at)) is not None:
        start, end = found.span(1)
        yield start, end
        at = max(end - 1, found.start() + 1)


def literal(typed: str, *, case_sensitive: bool | None, whole_words: bool = False) -> Matcher:
    """Finds *typed* as it stands. Raises InvalidQuery."""
    check(typed)
    sensitive = any(c.isupper() for c in typed) if case_sensitive is None else case_sensitive
    need = Literal(typed, folded=not sensitive)
    unicode = _compiled(typed, sensitive, literal=True)
    plain = _for_ascii(typed, sensitive, unicode, literal=True)
    words = _words(re2.escape(typed), sensitive) if whole_words else None
    return Matcher(plain, unicode, need, words, is_literal=True)


def several(
    wanted: Sequence[str],
    without: Sequence[str] = (),
    *,
    case_sensitive: bool | None,
    whole_words: bool = False,
) -> Matcher:
    """Finds lines with any of the texts *wanted*, each with a case of its own, in files with all of them; but no lines
    *without*."""
    parts = tuple(literal(one, case_sensitive=case_sensitive, whole_words=whole_words) for one in wanted)
    excluded = tuple(literal(one, case_sensitive=case_sensitive, whole_words=whole_words) for one in without)
    if len(parts) == 1:
        return replace(parts[0], without=excluded)
    folded = [isinstance(part.need, Literal) and part.need.folded for part in parts]
    # Where two begin, the longer one counts.
    each = sorted(zip(wanted, folded, strict=True), key=lambda one: -len(one[0]))
    typed = "|".join(f"(?{'i' if any_case else ''}:{re2.escape(one)})" for one, any_case in each)
    unicode = _compiled(typed, True, literal=False)
    plain = _for_ascii(typed, True, unicode, literal=False)
    need = required.AllOf(tuple(part.need for part in parts))
    words = _words(typed, True) if whole_words else None
    return Matcher(plain, unicode, need, words, parts=parts, without=excluded)


def regex(typed: str, *, case_sensitive: bool | None, whole_words: bool = False) -> Matcher:
    """Finds what the expression *typed* matches. Raises InvalidQuery with the place and the reason."""
    check(typed)
    reading = required.of_regex(typed, folded=False)
    sensitive = reading.capitals if case_sensitive is None else case_sensitive
    if not sensitive:
        reading = required.of_regex(typed, folded=True)
    plain = _compiled(typed, sensitive, literal=False)
    wide = _with_unicode_classes(typed)
    unicode = plain if wide == typed else _compiled(wide, sensitive, literal=False)
    plain = _for_ascii(typed, sensitive, plain, literal=False)
    words = _words(typed, sensitive) if whole_words else None
    return Matcher(plain, unicode, reading.need, words, sees_lines_only=not _OF_THE_FILE.search(typed))


_OF_THE_FILE = re.compile(r"\\[AzZ]|\(\?[a-zA-Z]*-")
"""Ends of the text; flags that let ``^`` and ``$`` stand for these."""


def check(typed: str) -> None:
    """Raises InvalidQuery for what no line can hold."""
    if not typed:
        raise InvalidQuery("there is nothing to search for: type a text")
    if len(typed) > _LONGEST:
        raise InvalidQuery(
            f"the query has {len(typed)} characters; at most {_LONGEST} can be searched for", _LONGEST
        )
    check_characters(typed)
    place = typed.find("\n")
    if place >= 0:
        raise InvalidQuery(
            f"the query holds a line break at character {place + 1}; matches stand in one line", place
        )


def _compiled(typed: str, sensitive: bool, *, literal: bool) -> Any:
    try:
        return re2.compile(typed if literal else f"(?m){typed}", _options(sensitive, literal=literal))
    except re2.error as error:
        raw = error.args[0] if error.args else b""
        raise _explained(
            typed, raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
        ) from error


def _words(typed: str, sensitive: bool) -> tuple[Any, Any]:
    """*typed*, an expression, as a group that no word character touches; for ASCII texts, and for all."""
    made = []
    for wide in (False, True):
        options = _options(sensitive, literal=False)
        options.never_capture = False
        inner = _with_unicode_classes(typed) if wide else typed
        other = f"[^{_INSIDE['w']}]" if wide else r"\W"
        made.append(re2.compile(f"(?m)(?:^|{other})({inner})(?:$|{other})", options))
    return made[0], made[1]


def _for_ascii(typed: str, sensitive: bool, otherwise: Any, *, literal: bool) -> Any:
    """The same for ASCII texts. Where bytes are characters only ASCII's letters are the other case of ASCII's letters,
    which RE2 finds five times as quickly; beyond, ``s`` has two others, and ``k``. *otherwise*: where it has no such."""
    if not typed.isascii():
        return otherwise
    options = _options(sensitive, literal=literal)
    options.encoding = re2.Options.Encoding.LATIN1
    try:
        return re2.compile((typed if literal else f"(?m){typed}").encode(), options)
    except re2.error:  # characters beyond ASCII by their number
        return otherwise


def _options(sensitive: bool, *, literal: bool) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_nl = True
    options.never_capture = True
    options.case_sensitive = sensitive
    options.literal = literal
    options.max_mem = _MEMORY
    return options


_MISSING = (
    (re.compile(r"\(\?<[=!]"), "look-behind"),
    (re.compile(r"\(\?[=!]"), "look-ahead"),
    (re.compile(r"\(\?>"), "an atomic group"),
    (re.compile(r"\\[1-9]"), "a back-reference"),
    (re.compile(r"\(\?P="), "a back-reference"),
    (re.compile(r"[*+?}]\+"), "a possessive quantifier"),
)


def _explained(typed: str, message: str) -> InvalidQuery:
    reason, _, fragment = message.partition(": ")
    for construct, name in _MISSING:
        found = construct.search(fragment)
        if found:
            place = max(typed.find(found[0]), 0)
            return InvalidQuery(
                f"{name} ({found[0]!r} at character {place + 1}) is not supported: expressions run in linear time",
                place,
            )
    if "too large" in message or "pattern too" in message:
        return InvalidQuery("the expression is too large: repeat less, or use smaller classes")
    fragment = fragment.removeprefix("(?m)")
    place = _unbalanced(typed, reason) if fragment in ("", typed) else max(typed.find(fragment), 0)
    shown = f" ({fragment!r})" if fragment and fragment != typed else ""
    return InvalidQuery(f"invalid regular expression at character {place + 1}: {reason}{shown}", place)


def _unbalanced(typed: str, reason: str) -> int:
    """Where the bracket stands that *reason* says is missing its partner, or is too many."""
    opened: list[int] = []
    escaped = in_class = False
    for place, character in enumerate(typed):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
        elif character == "(":
            opened.append(place)
        elif character == ")":
            if not opened:
                return place
            opened.pop()
    if "trailing" in reason:
        return len(typed) - 1
    return opened[-1] if opened and "missing )" in reason else 0


_INSIDE = {"w": r"\pL\pM\p{Nd}\p{Nl}\p{Pc}", "d": r"\p{Nd}", "s": r"\s\v\x{85}\p{Z}"}
"""Unicode's classes, as they are written inside brackets."""
_OUTSIDE = re.compile(r"\\Q.*?(?:\\E|$)|\\[pPx]\{[^}]*\}|\\.|\[\^?\]?|.", re.DOTALL)
_IN_CLASS = re.compile(r"\\[pPx]\{[^}]*\}|\\.|\[:\^?\w+:\]|.", re.DOTALL)
"""The least parts of an expression, outside brackets and inside."""


def _with_unicode_classes(typed: str) -> str:
    """*typed* with Unicode's word characters, digits and spaces instead of ASCII's. (``\\W`` and ``\\S`` in brackets stay.)"""
    parts: list[str] = []
    in_class = False
    at = 0
    while read := (_IN_CLASS if in_class else _OUTSIDE).match(typed, at):
        at = read.end()
        part = read[0]
        if part in (r"\w", r"\d", r"\s"):
            part = _INSIDE[part[1]] if in_class else f"[{_INSIDE[part[1]]}]"
        elif in_class:
            in_class = part != "]"
        elif part in (r"\W", r"\D", r"\S"):
            part = f"[^{_INSIDE[part[1].lower()]}]"
        else:
            in_class = part.startswith("[")
        parts.append(part)
    return "".join(parts)


def stands_alone(text: bytes, start: int, end: int) -> bool:
    """Whether no letter, digit or underscore touches the match from outside."""
    before = _character(text[max(start - 4, 0) : start], -1)
    return not _is_word(before) and not _is_word(_character(text[end : end + 4], 0))


def is_whole_word(text: bytes, start: int, end: int) -> bool:
    """Whether it stands alone and is made of a word's first and last characters."""
    return stands_alone(text, start, end) and (
        _is_word(_character(text[start : min(start + 4, end)], 0))
        or _is_word(_character(text[max(end - 4, start) : end], -1))
    )


def begins_word(text: bytes, start: int) -> bool:
    """Whether a word begins at *start*."""
    before = _character(text[max(start - 4, 0) : start], -1)
    return not _is_word(before) and _is_word(_character(text[start : start + 4], 0))


def _character(raw: bytes, which: int) -> str:
    return raw.decode("utf-8", "ignore")[which:][:1]  # -1 is the last, 0 the first


def _is_word(character: str) -> bool:
    return bool(character) and (
        character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"
    )
