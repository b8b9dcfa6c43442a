"""Which letter comes next: from what was typed before, from the names that begin like it, and from those that an answer begins with.

A query that grew by a letter is remembered as such, for all sessions that the disk remembers. All names of the index that begin
with what was typed vote with their symbols; where there are none (the middle of a name, initials, a typo), the best hits do, each for
the letter behind the part that matches.

What is computed ahead costs as much as a question, so only so much of it may be in vain: ``BUDGET`` a question, however people type.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence

from lsp_search.model import Hit

BUDGET = 0.45
"""Answers computed ahead that nobody has asked for, by question."""
_PREFIXES = 20_000
"""Beginnings that are remembered."""
_VOTERS = 8
"""Hits that are looked at."""
_TYPED = 0.15
"""What one letter typed before is worth, by the votes of all names together."""
_LIKELY = 0.1
"""The least share of a letter that is computed ahead."""
_MOST = 3
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

    def next(self, query: str, hits: Sequence[Hit], names: Counter[str]) -> list[str]:
        """Queries that are likely to come after *query*, which *hits* answered; the likeliest first. *names*: how many names go on
        with which letter."""
        if not query or len(query) >= _LONGEST or query[-1].isspace():
            return []
        votes: Counter[str] = Counter()
        if not names:
            for place, hit in enumerate(hits[:_VOTERS]):
                votes[_letter_behind(query, hit.name)] += 100 // (place + 1)
        lower = query == query.casefold()
        for letter, count in names.items():
            votes[letter if lower else letter.upper()] += count
            if not lower:
                votes[letter] += count
        weight = max(sum(votes.values()), 1) * _TYPED
        for letter, times in self._grown.get(query, Counter()).items():
            votes[letter] += int(weight * times) + 1
        total = sum(votes.values())
        likely = [
            letter for letter, count in votes.most_common(_MOST + 1) if letter and count >= _LIKELY * total
        ]
        return [query + letter for letter in likely[:_MOST]]


def _letter_behind(query: str, name: str) -> str:
    """What stands in *name* behind the part that *query* matches, in the case that its user types; empty at the end."""
    query = _PARTS.split(query)[-1]
    folded, wanted = name.casefold(), query.casefold()
    if not query or len(folded) != len(name):
        return ""
    at = folded.find(wanted)
    end = at + len(wanted) if at >= 0 else _behind_scattered(folded, wanted)
    if end < 0:  # a typo: the next letter stands about where it would without
        end = len(wanted)
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
