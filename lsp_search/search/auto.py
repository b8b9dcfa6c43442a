"""Which mode a query means that names none: a table of rules, the first that fits.

| what stands there, filters aside | mode |
|---|---|
| nothing | symbol (what is recent, or all that passes the filters) |
| `kind:`, `in:` or `file:` among the filters | symbol: they are about symbols and files |
| a `/…/` alone | regex |
| a `/…/` and words | symbol: names that match |
| a `"…"` | text: that, and the words beside it |
| brackets, operators, semicolons: code | text, as it stands |
| several words of a language, and nothing else | hybrid |
| anything else | symbol |
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lsp_search.languages.terms import ENGLISH
from lsp_search.model import Filter, Mode
from lsp_search.search import matcher, query
from lsp_search.search.grammar import Clause, clauses, in_place
from lsp_search.search.matcher import Matcher

_FILTERS = ("lang", "path", "case")
_ABOUT_SYMBOLS = ("kind", "in", "file")
_CODE = re.compile(r"[(){}\[\];=<>&|%]")
_SIGNS = "?!.,:;'’"
_WORD = re.compile(r"(?:[A-Z]?[^\W\d_A-Z]+(?:['’-][^\W\d_A-Z]+)*|[A-Z]{1,6}|[0-9]+)[?!.,:;]*")
"""As people write: no humps, no underscores."""
_OPERATOR = re.compile(r"[^\w\s?!.,-]+|(?!\w+\(\)).*[(){}\[\];=<>&|]{2}.*")
_VERBS = frozenset(("add", "del", "get", "has", "init", "is", "make", "new", "on", "put", "run", "set", "to"))
"""How names begin: ``get rang`` is a part of one."""
_SHORT = 3
"""Letters: a few words that are all longer, or acronyms, are words of a language; ``tot pric`` are parts of a name."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What to look for, and how."""

    mode: Mode
    typed: str
    """Of text and expressions: without filters, quotes and slashes. Of symbols: the query as it stands."""
    filter: Filter
    """Of text and expressions: what the query's filters add up to."""
    excluded_languages: tuple[str, ...] = ()
    matcher: Matcher | None = None
    """Of text and expressions: what finds them."""


def chosen(typed: str, given: Filter) -> Choice:
    """Raises InvalidQuery: for a filter with a wrong value, for an expression."""
    asked = clauses(typed)
    filters = [clause for clause in asked if clause.kind == "filter" and clause.name in _FILTERS]
    rest = [clause for clause in asked if clause not in filters]
    about_symbols = any(clause.name in _ABOUT_SYMBOLS for clause in rest)
    if not rest or about_symbols or given.kinds:
        return Choice("symbol", typed, given)
    plan = query.plan(filters, given)
    if len(rest) == 1 and rest[0].kind == "regex":
        expression = in_place(rest[0], lambda text: of_text("regex", text, plan.filter))
        return _made("regex", rest[0].text, plan, expression)
    if any(clause.kind == "regex" for clause in rest):
        return Choice("symbol", typed, given)
    if any(clause.kind == "phrase" and not clause.excludes and clause.text for clause in rest):
        texts, finds = _several(rest, plan.filter)
        return _made("text", texts, plan, finds)
    wanted = _between(typed, rest)
    if _is_prose(rest):
        return Choice("hybrid", typed, given)
    if not _CODE.search(wanted):
        return Choice("symbol", typed, given)
    return _made("text", wanted, plan, of_text("text", wanted, plan.filter))


def _is_prose(rest: Sequence[Clause]) -> bool:
    """Several words, each as people write them; a name or two may be among them where words tell that it is a sentence."""
    words = [clause.text for clause in rest if not clause.excludes]
    plain = [word for word in words if _WORD.fullmatch(word)]
    if len(words) < 2 or any(_OPERATOR.fullmatch(word) for word in words):
        return False
    if len(words) > 3 or any(word.strip(_SIGNS).lower() in ENGLISH for word in plain):
        return 2 * len(plain) > len(words)
    if words[0].lower() in _VERBS:
        return False
    return len(plain) == len(words) and all(len(word) > _SHORT or word.isupper() for word in words)


def of_text(mode: Mode, typed: str, wanted: Filter) -> Matcher:
    """What finds *typed* as it stands. Raises InvalidQuery."""
    make = matcher.regex if mode == "regex" else matcher.literal
    return make(typed, case_sensitive=wanted.case_sensitive, whole_words=wanted.whole_words)


def _made(mode: Mode, typed: str, plan: query.Plan, finds: Matcher) -> Choice:
    return Choice(mode, typed, plan.filter, plan.excluded_languages, finds)


def _several(asked: Sequence[Clause], wanted: Filter) -> tuple[str, Matcher]:
    """The texts, the first of them first, and what finds them all."""
    for clause in asked:
        if clause.kind == "filter":
            query.plan((clause,), wanted)  # says that it is unknown
        elif clause.text:
            in_place(clause, matcher.check)
    kept = [clause for clause in asked if clause.text or clause.kind == "filter"]
    texts = [clause.text or f"{clause.name}:" for clause in kept if not clause.excludes]
    without = [clause.text for clause in kept if clause.excludes and clause.text]
    texts = list(dict.fromkeys(texts))
    finds = matcher.several(
        texts, without, case_sensitive=wanted.case_sensitive, whole_words=wanted.whole_words
    )
    return " ".join(texts), finds


def _between(typed: str, asked: Sequence[Clause]) -> str:
    """What was typed from the first to the last of *asked*, without what lies between that is none of them."""
    pieces = [typed[asked[0].start : asked[0].end]]
    for before, clause in itertools.pairwise(asked):
        gap = typed[before.end : clause.start]
        pieces.append(gap if gap.isspace() or not gap else " ")
        pieces.append(typed[clause.start : clause.end])
    return "".join(pieces)
