"""Which work is still open, so that a barrier knows when all that came before it is done.

Every piece of work is entered under the current *epoch* and struck out once its result is published. A
barrier closes the epoch and is lifted when nothing of it or of earlier ones is left; what comes later
carries a higher epoch and does not hold it up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable


class Ledger:
    """Counts open work by epoch. Belongs to one thread."""

    def __init__(self) -> None:
        self.epoch = 0
        self._open: Counter[int] = Counter()
        self._barriers: list[tuple[int, Callable[[], None]]] = []

    def enter(self, epoch: int | None = None) -> int:
        """Opens one piece of work (by default in the present epoch); returns its epoch for :meth:`strike`."""
        number = self.epoch if epoch is None else epoch
        self._open[number] += 1
        return number

    def strike(self, epoch: int, count: int = 1) -> None:
        self._open[epoch] -= count
        if self._open[epoch] <= 0:
            del self._open[epoch]

    def barrier(self, lifted: Callable[[], None]) -> None:
        """Calls *lifted* (from :meth:`settle`) once all work entered so far is struck out."""
        self._barriers.append((self.epoch, lifted))
        self.epoch += 1

    def settle(self) -> None:
        if not self._barriers:
            return
        oldest = min(self._open, default=self.epoch)
        lifted = [callback for epoch, callback in self._barriers if epoch < oldest]
        self._barriers = [entry for entry in self._barriers if entry[0] >= oldest]
        for callback in lifted:
            callback()

    @property
    def depth(self) -> int:
        """Pieces of work that are open."""
        return self._open.total()
