"""What the stages of the matcher have found so far: the best tier of every name, how many there are, what is complete."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lsp_search.search import pattern as p
from lsp_search.search.pattern import fold
from lsp_search.search.pool import NO_IDS, Ids, Names, Pool
from lsp_search.search.tiers import Tiers

FEW = 20
"""The weakest tiers are looked for when there are fewer better hits than this."""


class Found:
    """The best tier of every name seen so far."""

    def __init__(self, pool: Pool, wanted: int, *, deep: bool = False) -> None:
        self.pool = pool
        self.wanted = wanted
        self._deep = deep
        self.best = np.zeros(pool.size, np.uint8)
        self.hits: list[Ids] = []
        """The numbers of all names of any tier."""
        self.counts = np.zeros(p.EXACT + 1, np.int64)
        """Names of each tier."""
        self.truncated = False
        self.exhausted = True
        self.floor = p.EXACT + 1
        """All names of this tier and better are here."""
        self.widened = False
        """More was looked at than what a shorter query had found."""

    def complete(self, tier: int) -> None:
        """All that can be of *tier* or better was looked at, but for what was left out."""
        if self.exhausted:
            self.floor = tier

    def add(self, names: Names, tiers: Tiers) -> None:
        """*names* are distinct."""
        self.add_numbers(self.pool.numbers(names), tiers)

    def add_numbers(self, numbers: Ids, tiers: Tiers) -> None:
        before = self.best[numbers]
        after = np.maximum(before, tiers)
        self.best[numbers] = after
        self.hits.append(numbers[(before == p.NONE) & (after > p.NONE)])
        size = len(self.counts)
        self.counts += np.bincount(after, minlength=size) - np.bincount(before, minlength=size)

    def count(self, least: int) -> int:
        """Names of tier *least* or better."""
        return int(self.counts[max(least, p.TYPO) :].sum())

    def enough(self, least: int) -> bool:
        return self.count(least) >= self.wanted

    def shows_scattered(self) -> bool:
        """Scattered letters are worth a look: hardly anything better was found."""
        return self._deep or self.count(p.SUBSTRING) < FEW

    def shows_anywhere(self) -> bool:
        """The same for those that start anywhere."""
        return self.count(p.SCATTERED) < FEW and not self.counts[p.SLIP]

    def numbers(self) -> Ids:
        """Of all names of any tier, ascending."""
        return np.sort(np.concatenate([NO_IDS, *self.hits]))

    def shortlist(self, numbers: Ids, most: int) -> tuple[Names, Tiers]:
        """Of all *numbers* that are worth showing, the *most* shortest names of each tier."""
        if self.counts[p.EXACT]:
            # Who typed a whole name that exists does not mean names that merely hold its letters.
            numbers = numbers[self.best[numbers] > p.SLIP]
        else:  # not looked for everywhere
            if not self.shows_anywhere():
                numbers = numbers[self.best[numbers] != p.ANYWHERE]
            if not self.shows_scattered():
                numbers = numbers[self.best[numbers] != p.SCATTERED]
        names, tiers = self.pool.names(self.pool.split(numbers)), self.best[numbers]
        if len(numbers) <= most:
            return names, tiers
        keep = np.ones(len(names), np.bool_)
        for tier in np.flatnonzero(np.bincount(tiers) > most):
            places = np.flatnonzero(tiers == tier)
            of_tier = names.take(places)
            keep[places] = False
            keep[places[least(self.pool, of_tier, of_tier.lengths, most)]] = True
        return names.take(keep), tiers[keep]


def least(pool: Pool, names: Names, key: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.intp]:
    """The places of the *count* names with the least *key*, then by the alphabet, ascending: which of those that tie
    stay must not depend on how names are spread over segments."""
    cut = np.partition(key, count - 1)[count - 1]
    ties = np.flatnonzero(key == cut)
    excess = int((key <= cut).sum()) - count
    if excess:
        texts = pool.texts(names.take(ties))
        ties = ties[sorted(range(len(ties)), key=lambda place: (fold(texts[place]), texts[place]))]
    return np.sort(np.concatenate([np.flatnonzero(key < cut), ties[: len(ties) - excess]]))
