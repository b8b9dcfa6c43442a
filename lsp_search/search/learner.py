"""Where learning meets a workspace: views of what is known, made when it changes; the lists shown last; what a pick says.

An answer's list is kept, as numbers and ids, for the pick that may follow. A pick from a list that is not kept any more (or that
this workspace never gave) teaches what was picked, not what it was preferred to.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lsp_search.index.picks import Item, Kept, Picks
from lsp_search.index.snapshot import Snapshot
from lsp_search.model import Hit
from lsp_search.search import learning
from lsp_search.search.habits import Habits, folded, item_of
from lsp_search.search.learning import Matrix, Vector

LOOKED_AT = 200
"""Base hits that are put in order for a query that led somewhere before, however few are asked for (150 more take some 3 ms). For
others as many as are asked for: there ``rows`` brings up what was picked."""
_LISTS = 20
"""Answers whose lists are kept: about as many as keystrokes and their corrections take."""
_ORDERS = 64
_FADES = 60.0
"""Seconds in which nothing that was picked fades so that it could show."""
_AGAIN = 10
"""Weights are learned anew after so many picks."""


@dataclass(frozen=True, slots=True)
class _Shown:
    ids: list[str]
    paths: list[str]
    """Absolute."""
    matrix: Matrix
    level: npt.NDArray[np.uint8]
    places: list[int]
    """Base places in the order of the screen."""


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """What an order follows from, but for the time."""

    hits: Sequence[Hit]
    query: str
    near: str | None
    snapshots: Sequence[Snapshot]
    limit: int
    habits: Habits
    weights: Vector

    def same(self, other: _Given) -> bool:
        return (
            self.hits is other.hits
            and (self.query, self.near, self.limit) == (other.query, other.near, other.limit)
            and self.snapshots is other.snapshots
            and self.habits is other.habits
            and self.weights is other.weights
        )


class _Orders:
    """The orders of lists that were made last: a kept answer is put into the same order again, as long as nothing was picked."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[_Given, float, tuple[list[Hit], _Shown]]] = OrderedDict()

    def get(self, given: _Given, now: float) -> tuple[list[Hit], _Shown] | None:
        held = self._kept.get(id(given.hits))
        if held is None or not held[0].same(given) or abs(now - held[1]) > _FADES:
            return None
        return held[2]

    def keep(self, given: _Given, order: tuple[list[Hit], _Shown], now: float) -> None:
        self._kept[id(given.hits)] = (given, now, order)  # holds the list, so that nothing else gets its id
        while len(self._kept) > _ORDERS:
            with contextlib.suppress(KeyError):  # two threads at once
                self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Taught:
    """What is known when a question is asked; immutable but for the lists that it shows."""

    habits: Habits
    weights: Vector
    now: float
    show: Callable[[str, _Shown], None]
    orders: _Orders

    def depth(self, query: str, limit: int) -> int:
        """How many base hits to ask for."""
        return max(limit, LOOKED_AT) if self.habits.remembers(query) else limit

    def reordered(
        self, hits: Sequence[Hit], query: str, near: str | None, snapshots: Sequence[Snapshot], limit: int
    ) -> list[Hit]:
        """The first *limit* of *hits* (in base order) in the user's order. 200 hits take less than 1 ms."""
        given = _Given(hits, query, near, snapshots, limit, self.habits, self.weights)
        held = self.orders.get(given, self.now)
        if held is None:
            held = self._order(given)
            self.orders.keep(given, held, self.now)
        found, shown = held
        self.show(query, shown)
        return list(found)

    def _order(self, given: _Given) -> tuple[list[Hit], _Shown]:
        hits, query, limit = given.hits, given.query, given.limit
        known = self.habits.known(hits, query, given.snapshots, self.now)
        matrix = learning.features(hits, query, given.near, given.snapshots, known)
        level = learning.levels(hits, query)
        places = learning.order(matrix, level, self.weights)
        found = learning.reordered(hits, places)[:limit]
        ids, paths = [hit.id for hit in found], [hit.path for hit in found]
        return found, _Shown(ids, paths, matrix, level, places[:limit])


class Learner:
    """One for a workspace. May be used from any thread."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """*clock*: seconds since 1970."""
        self._clock = clock
        self._lock = threading.Lock()
        self._lists: OrderedDict[str, _Shown] = OrderedDict()
        self._orders = _Orders()
        self._made: tuple[Sequence[tuple[str, Kept]], Habits, Vector] | None = None

    def taught(self, kept: Sequence[tuple[str, Kept]]) -> Taught:
        """*kept*: by the folder of each root, as hits spell it. The weights are those of the root that has some."""
        made = self._made
        if made is None or len(made[0]) != len(kept) or not all(map(_same, made[0], kept)):
            weights = max((one.weights for _, one in kept), key=bool, default="")
            made = self._made = (list(kept), Habits(kept), learning.parsed(weights))
        return Taught(made[1], made[2], self._clock(), self._show, self._orders)

    def picked(self, query: str, hit_id: str) -> tuple[str | None, Item, Callable[[Picks], None]] | None:
        """Of a pick: the file's absolute path, where known; the item; and what writes it down. None where *hit_id* names
        nothing."""
        item = item_of(hit_id)
        if item is None:
            return None
        now = self._clock()
        with self._lock:
            shown = self._lists.get(query)
        place = shown.ids.index(hit_id) if shown is not None and hit_id in shown.ids else None
        told = None
        if shown is not None and place is not None:
            told = learning.lesson(shown.matrix, shown.level, shown.places, place, now)

        def remember(picks: Picks) -> None:
            picks.add(item, now)
            if remembered := folded(query):
                picks.remember(remembered, item, now)
            if told is not None and picks.add_list(told) % _AGAIN == 0:
                relearn(picks)

        return (None if shown is None or place is None else shown.paths[place], item, remember)

    def forget_lists(self) -> None:
        with self._lock:
            self._lists.clear()

    def _show(self, query: str, shown: _Shown) -> None:
        with self._lock:
            self._lists[query] = shown
            self._lists.move_to_end(query)
            while len(self._lists) > _LISTS:
                self._lists.popitem(last=False)


def relearn(picks: Picks) -> None:
    """New weights from all lists that are kept, where they lose nothing. Some 10 ms."""
    lessons = [one for kept in picks.lists() if (one := learning.read(kept)) is not None]
    current = learning.parsed(picks.kept().weights)
    picks.set_weights(learning.written(learning.replayed(lessons, current)))


def _same(one: tuple[str, Kept], other: tuple[str, Kept]) -> bool:
    return one[0] == other[0] and one[1] is other[1]
