"""Which letter comes next: from what was typed before, and from the names that an answer begins with.

A query that grew by a letter is remembered as such, for all sessions that the disk remembers. The names of the best hits vote
too, each for the letter behind the part that matches, by its place in the list. A letter is worth computing ahead when it is
likely enough that less than half of what is computed is never asked for.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence

from lsp_search.model import Hit

_PREFIXES = 20_000
"""Beginnings that are remembered."""
_VOTERS = 8
"""Hits that are looked at."""
_HISTORY = 1.5
"""What one letter typed before is worth, by the vote of the best hit."""
_LIKELY = 0.42
"""The least share of a letter that is computed ahead."""
_MOST = 2
_LONGEST = 40
"""Characters of a query that still grows letter by letter."""
_PARTS = re.compile(r"[\s.:/\\#>-]+")
"""What stands between the words of a query; the last is being typed."""


class Foresight:
    """Not for several threads at once."""

    def __init__(self) -> None:
        self._grown: OrderedDict[str, Counter[str]] = OrderedDict()

    def typed(self, query: str) -> None:
        """Someone asked for *query*: its last letter came after the others."""
        beginning, letter = query[:-1], query[-1:]
        if not beginning or len(query) > _LONGEST:
            return
        self._grown.setdefault(beginning, Counter())[letter] += 1
        self._grown.move_to_end(beginning)
        while len(self._grown) > _PREFIXES:
            self._grown.popitem(last=False)

    def next(self, query: str, hits: Sequence[Hit]) -> list[str]:
        """Queries that are likely to come after *query*, which *hits* answered; the likeliest first."""
        if not query or len(query) >= _LONGEST or query[-1].isspace():
            return []
        votes: Counter[str] = Counter()
        for place, hit in enumerate(hits[:_VOTERS]):
            votes[_letter_behind(query, hit.name)] += 1.0 / (place + 1)  # type: ignore[assignment]
        for letter, times in self._grown.get(query, Counter()).items():
            votes[letter] += _HISTORY * times  # type: ignore[assignment]
        total = sum(votes.values())
        return [
            query + letter
            for letter, votes_for in votes.most_common(_MOST)
            if letter and votes_for >= _LIKELY * total
        ]


def _letter_behind(query: str, name: str) -> str:
    """What stands in *name* behind the part that *query* matches, in the case that its user types; empty at the end."""
    query = _PARTS.split(query)[-1]
    folded, wanted = name.casefold(), query.casefold()
    if not query or len(folded) != len(name):
        return ""
    at = folded.find(wanted)
    end = at + len(wanted) if at >= 0 else _behind_scattered(folded, wanted)
    letter = name[end : end + 1] if end >= 0 else ""
    return letter.casefold() if query == wanted else letter


def _behind_scattered(name: str, letters: Iterable[str]) -> int:
    """Behind the last of *letters*, found one after the other; -1 where one is missing."""
    end = 0
    for letter in letters:
        at = name.find(letter, end)
        if at < 0:
            return -1
        end = at + 1
    return end
