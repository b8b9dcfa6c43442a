"""Which mode a query means that names none: a table of rules, the first that fits.

| what stands there, filters aside | mode |
|---|---|
| nothing | symbol (what is recent, or all that passes the filters) |
| `kind:` or `in:` among the filters | symbol: they are about symbols |
| one `/…/` | regex |
| one `"…"` | text |
| brackets, operators, semicolons: code | text |
| anything else | symbol |
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from lsp_search.model import Filter, Mode
from lsp_search.search import query

_PART = re.compile(
    r'(?P<filter>-?(?P<name>[A-Za-z]+):(?!:)(?:"[^"]*"|[^\s"/]\S*))(?=\s|$)'
    r'|(?P<regex>/(?:[^/\\]|\\.)+/)(?=\s|$)|(?P<quoted>"[^"]+")(?=\s|$)|(?P<word>\S+)'
)
_FILTERS = ("lang", "path", "case")
_ABOUT_SYMBOLS = ("kind", "in")
_CODE = re.compile(r"[(){}\[\];=<>&|%]")


@dataclass(frozen=True, slots=True)
class Choice:
    """What to look for, and how."""

    mode: Mode
    typed: str
    """Of text and expressions: without filters, quotes and slashes. Of symbols: the query as it stands."""
    filter: Filter
    """Of text and expressions: what the query's filters add up to."""
    excluded_languages: tuple[str, ...] = ()


def chosen(typed: str, given: Filter) -> Choice:
    """Raises InvalidQuery for a filter with a wrong value."""
    filters: list[str] = []
    rest: list[re.Match[str]] = []
    about_symbols = False
    for part in _PART.finditer(typed):
        name = (part["name"] or "").lower()
        about_symbols |= name in _ABOUT_SYMBOLS
        if name in _FILTERS:
            filters.append(part[0])
        else:
            rest.append(part)
    symbols = Choice("symbol", typed, given)
    if not rest or about_symbols or given.kinds:
        return symbols
    mode: Mode = "text"
    only = rest[0] if len(rest) == 1 else None
    if only is not None and only["regex"]:
        mode, wanted = "regex", only[0][1:-1]
    elif only is not None and only["quoted"]:
        wanted = only[0][1:-1]
    else:
        wanted = _between(typed, rest)
        if not _CODE.search(wanted):
            return symbols
    plan = query.parse(" ".join(filters), given)
    return Choice(mode, wanted, plan.filter, plan.excluded_languages)


def _between(typed: str, parts: list[re.Match[str]]) -> str:
    """What was typed from the first to the last of *parts*, without what lies between that is none of them."""
    pieces = [typed[parts[0].start() : parts[0].end()]]
    for before, part in itertools.pairwise(parts):
        gap = typed[before.end() : part.start()]
        pieces.append(gap if gap.isspace() else " ")
        pieces.append(part[0])
    return "".join(pieces)
