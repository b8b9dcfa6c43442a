"""A query that grows letter by letter is looked for among the names that the shorter query found.

What a longer word matches, its beginning matches at least as well (typos aside). So when all names of some tiers and
better were found for ``upl``, those of ``uplo`` are among them. Only complete finds are kept, few and for one set of
segments: as soon as another generation is asked, they are forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

from lsp_search.search.pattern import Pattern
from lsp_search.search.pool import Ids, Pool

_KEPT = 8
_MOST = 1 << 16
"""Names of one find; the stages need less time than judging more would."""


@dataclass(frozen=True, slots=True)
class Find:
    """All names that match a word by tier *floor* or better."""

    word: Pattern
    floor: int
    wanted: int
    """How many were asked for. Who asks for fewer may be content with less than all, narrowed or not."""
    numbers: Ids
    """Of the pool, ascending."""


class Narrowing:
    """What was found lately. May be used from any thread."""

    def __init__(self) -> None:
        self._kept: tuple[Pool | None, tuple[Find, ...]] = (None, ())

    def view(self) -> View:
        return View(self)

    def narrowest(self, pool: Pool, pattern: Pattern, wanted: int) -> Find | None:
        """The find for the longest beginning of the word. The answer is the same with it as without."""
        known, finds = self._kept
        if known is None or not known.same(pool):
            return None
        beginnings = [find for find in finds if find.wanted <= wanted and _begins(pattern, find.word)]
        return max(beginnings, key=lambda find: len(find.word.raw), default=None)

    def keep(self, pool: Pool, find: Find) -> None:
        if len(find.numbers) > _MOST:
            return
        known, finds = self._kept
        if known is None or not known.same(pool):
            known, finds = pool, ()
        others = tuple(other for other in finds if other.word.folded != find.word.folded)
        self._kept = (known, (*others[1 - _KEPT :], find))

    def forget(self) -> None:
        """Lets go of everything, the segments included."""
        self._kept = (None, ())


class View:
    """The same for one question, with a note of whether it helped."""

    def __init__(self, shared: Narrowing) -> None:
        self._shared = shared
        self.sufficed = False
        """All names that were looked at were found before."""

    def narrowest(self, pool: Pool, pattern: Pattern, wanted: int) -> Find | None:
        return self._shared.narrowest(pool, pattern, wanted)

    def keep(self, pool: Pool, find: Find) -> None:
        self._shared.keep(pool, find)


def _begins(word: Pattern, beginning: Pattern) -> bool:
    return word.folded.startswith(beginning.folded) and word.core.startswith(beginning.core)
