"""Which rows of matched names count: alive, and as the plan's filters, scopes and exclusions say.

Cheap tests run over all rows at once (owner, kind, language). Those that need a path, a container or a name run once
for each distinct one, and what a typed scope says of one part of a path or container is remembered.
"""

from __future__ import annotations

import fnmatch
import functools
import itertools
import operator
import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from lsp_search.index import text
from lsp_search.index.segment import NON_ASCII, Segment
from lsp_search.index.snapshot import Catalog, Snapshot
from lsp_search.model import Filter
from lsp_search.search import pattern as p
from lsp_search.search.pattern import Pattern, fold
from lsp_search.search.qualifiers import enclosing
from lsp_search.search.query import Plan

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Chain = tuple[str, ...]
"""Scopes that must enclose a row, outermost first."""

_PATH = re.compile(r"[./]")


def alive(snapshot: Snapshot, segment: Segment, rows: Rows) -> Flags:
    """Which rows count: those whose file this segment owns."""
    owner: Flags = snapshot.catalog.owner[segment.row_file[rows]] == segment.number
    return owner


def cheap(snapshot: Snapshot, segment: Segment, plan: Plan, rows: Rows) -> Flags:
    """Which rows are alive and of the wanted kinds and languages; vectorised."""
    catalog = snapshot.catalog
    passing = alive(snapshot, segment, rows)
    kinds = segment.row_kind[rows] & np.uint8(~NON_ASCII & 0xFF)
    if plan.filter.kinds:
        passing &= np.isin(kinds, plan.filter.kinds)
    if plan.excluded_kinds:
        passing &= ~np.isin(kinds, plan.excluded_kinds)
    if (spoken := languages(catalog, plan.filter, plan.excluded_languages)) is not None:
        passing &= spoken[catalog.language[segment.row_file[rows]]]
    return passing


def languages(catalog: Catalog, wanted: Filter, excluded: Sequence[str]) -> Flags | None:
    """By the catalog's number of a language, whether its files pass; None: all do."""
    if not wanted.languages and not excluded:
        return None
    passing = np.full(len(catalog.languages), not wanted.languages)
    passing[_numbers(catalog, wanted.languages)] = True
    passing[_numbers(catalog, excluded)] = False
    return passing


def _numbers(catalog: Catalog, names: Iterable[str]) -> list[int]:
    """The catalog's numbers of languages as people name them: in any case, and without a dialect."""
    folded = {name.lower() for name in names}
    return [
        number
        for number, known in enumerate(catalog.languages)
        if known.lower() in folded or known.lower().partition(".")[0] in folded
    ]


class Dear:
    """The tests of a plan that look at paths, containers and names; remembers what it found."""

    def __init__(self, snapshot: Snapshot, segment: Segment, plan: Plan, chains: Sequence[Chain]) -> None:
        self._paths = snapshot.catalog.paths
        self._segment = segment
        self._plan = plan
        self._chains = [*chains, *((scope,) for scope in plan.scopes)]
        self._path_letters = snapshot.catalog.letters
        letters = [[_letters(scope) for scope in chain] for chain in self._chains]
        self._all_letters = functools.reduce(operator.or_, itertools.chain(*letters), np.uint32(0))
        self._first_letters = [chain[0] for chain in letters]
        self._scopes: dict[tuple[str, str], bool] = {}
        self._containers: dict[int, list[str]] = {}
        self._folders: dict[int, list[str]] = {}

    def passing(self, rows: Rows) -> Flags:
        """Shape as *rows*."""
        plan, segment = self._plan, self._segment
        passing = np.ones(len(rows), np.bool_)
        file = segment.row_file[rows]
        if plan.filter.paths or plan.filter.exclude_paths:
            passing &= _over(file, self._path_passes, passing)
        if self._chains or plan.excluded_scopes:
            containers = segment.row_container[rows]
            if plan.excluded_scopes:
                passing &= _over(containers, self._allows, passing)
            if self._chains:
                passing &= self._enclosed(containers, file, passing)
        if plan.excluded or (
            plan.words
            and (plan.expressions or any(word.starts or word.ends or word.literal for word in plan.words))
        ):
            names = np.searchsorted(segment.row_start, rows, "right") - 1
            passing &= _over(names, self._name_passes, passing)
        return passing

    def _enclosed(
        self, containers: npt.NDArray[np.uint32], file: npt.NDArray[np.uint32], where: Flags
    ) -> Flags:
        """Which rows stand in all chains, by their containers or by their paths and containers together."""
        every = self._segment.container_letters[containers]
        possible = where & ((every & self._all_letters) == self._all_letters)
        inside = _over(containers, self._encloses, possible)
        # What its container does not enclose may still stand in the right folders.
        letters = self._path_letters[file]
        possible = np.zeros_like(where)
        for first in self._first_letters:
            possible |= (letters & first) == first
        placed = _over(file, self._may_enclose, where & possible & ~inside)
        pairs = containers.astype(np.int64) << 32 | file.astype(np.int64)
        return inside | _over(pairs, self._enclose_together, placed)

    def _path_passes(self, file_id: int) -> bool:
        return path_passes(self._paths[file_id], self._plan.filter)

    def _name_passes(self, number: int) -> bool:
        name = self._segment.name(number)
        folded = fold(name)
        if any(word.folded in folded for word in self._plan.excluded):
            return False
        if not all(expression.holds(name) for expression in self._plan.expressions):
            return False
        for word in self._plan.words:
            typed = word.pattern.folded
            if word.starts and not folded.startswith(typed):
                return False
            if word.ends and not folded.endswith(typed):
                return False
            if word.literal and typed not in folded:
                return False
        return True

    def _parts(self, container: int) -> list[str]:
        parts = self._containers.get(container)
        if parts is None:
            parts = self._containers[container] = enclosing(self._segment.container(container))
        return parts

    def _path_parts(self, file_id: int) -> list[str]:
        folders = self._folders.get(file_id)
        if folders is None:
            folders = self._folders[file_id] = _PATH.split(self._paths[file_id])
        return folders

    def _allows(self, container: int) -> bool:
        parts = self._parts(container)
        return not any(self._stands_in((scope,), parts) for scope in self._plan.excluded_scopes)

    def _encloses(self, container: int) -> bool:
        parts = self._parts(container)
        return all(self._stands_in(chain, parts) for chain in self._chains)

    def _may_enclose(self, file_id: int) -> bool:
        """Whether the path can help: some scope stands in it."""
        return any(self._stands_in(chain[:1], self._path_parts(file_id)) for chain in self._chains)

    def _enclose_together(self, pair: int) -> bool:
        parts = [*self._path_parts(pair & 0xFFFFFFFF), *self._parts(pair >> 32)]
        return all(self._stands_in(chain, parts) for chain in self._chains)

    def _stands_in(self, chain: Chain, parts: Sequence[str]) -> bool:
        """Whether the typed scopes stand among *parts*, in order; each by word starts or better."""
        at = 0
        for typed in chain:
            while at < len(parts) and not self._is_scope(typed, parts[at]):
                at += 1
            if at == len(parts):
                return False
            at += 1
        return True

    def _is_scope(self, typed: str, part: str) -> bool:
        known = self._scopes.get((typed, part))
        if known is None:
            pattern, name = Pattern(typed), part.encode("utf-8", "surrogateescape")
            known = p.holds_in_order(fold(name), pattern.core) and p.align(pattern, name)[0] >= p.HUMPS
            self._scopes[typed, part] = known
        return known


def _letters(scope: str) -> np.uint32:
    """The character classes that whatever *scope* matches must hold."""
    core = Pattern(scope).core
    return np.uint32(text.letters(np.frombuffer(core, np.uint8), np.array([0, len(core)]))[0])


def _over(values: npt.NDArray[np.integer], test: Callable[[int], bool], where: Flags) -> Flags:
    """*test* over the distinct *values* among *where*; shape as *values*."""
    good = [value for value in np.unique(values[where]).tolist() if test(value)]
    return np.isin(values, good)


def of_paths(catalog: Catalog, wanted: Filter) -> Flags:
    """By file id, whether its path passes."""
    return np.array([path_passes(path, wanted) for path in catalog.paths], np.bool_)


def path_passes(path: str, wanted: Filter) -> bool:
    """Whether a relative *path* is among the paths that *wanted* names, and none that it excludes."""
    if wanted.paths and not any(path_matches(path, one) for one in wanted.paths):
        return False
    return not any(path_matches(path, one) for one in wanted.exclude_paths)


def path_matches(path: str, wanted: str) -> bool:
    """A glob when it holds ``*?[`` (over the whole path or any tail of it), else a substring; case folded."""
    path, wanted = path.lower(), wanted.lower().removeprefix("./")
    if any(mark in wanted for mark in "*?["):
        return fnmatch.fnmatchcase(path, wanted) or fnmatch.fnmatchcase(path, "*/" + wanted)
    return wanted in path
