"""Files by their paths: ``usb/core``, ``qry.py``, ``drvusbhub``.

The last part of a word is looked for in the file's name, the parts before it in the folders above, in order; by the tiers
of ``pattern``, so that humps and scattered letters count as they do in symbols. A word without ``/`` may stand in a folder
too, or be scattered over the whole path. Of several words each must be found. The order:

1. paths that end with what was typed, at the beginning of a part;
2. the tier of the name; a folder's name is worth less than the beginning of a word of the name, more than its initials;
   then typos; last letters scattered over the path;
3. own code before tests before vendored code; shorter paths; the alphabet.

All paths of a workspace are one text with a line each. Expressions from strict to loose run over it until there are enough
candidates, which are then judged one by one.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import re2
from rapidfuzz import process
from rapidfuzz.distance import OSA

from lsp_search.index.snapshot import Catalog, Snapshot
from lsp_search.model import Hit, SymbolKind
from lsp_search.search import pattern as p
from lsp_search.search.filters import languages, path_passes
from lsp_search.search.marks import spans_of
from lsp_search.search.pattern import Pattern, align, fold, holds_in_order
from lsp_search.search.query import Plan
from lsp_search.search.symbols import quoted
from lsp_search.telemetry.spans import spanned

_MOST = 1000
"""Paths of one expression that are judged."""
_LONGEST = 200
"""Characters of a word that are looked for."""

SCATTERED, TYPO = 0, 2 * p.SUBSTRING - 1
FOLDER = 2 * p.WORD - 1
ENDS = 2 * p.EXACT + 1
"""How well a word fits a path; else twice the tier of the file's name."""
_NONE = -1

_SLASH = re.compile(r"[/\\]+")


@dataclass(frozen=True, slots=True)
class File:
    """A file that was found, and what its place in the order is."""

    rank: int
    """By the worst word: ``ENDS`` and so on."""
    ranks: int
    """Of all words together."""
    standing: int
    snapshot: Snapshot
    path: str
    file_id: int
    matched: frozenset[int]
    """Bytes of its name that match."""

    @property
    def key(self) -> tuple[int, int, int, int, str, str]:
        return (-self.rank, -self.ranks, self.standing, len(self.path), self.path, self.snapshot.root)


@spanned("match")
def search(
    snapshots: Sequence[Snapshot], plan: Plan, limit: int, check: Callable[[], None]
) -> tuple[list[File], bool]:
    """The best *limit* files whose paths hold all words of ``plan.files`` (without words: all files), and whether there
    may be more."""
    split = [_Word(word[:_LONGEST]) for word in plan.files]
    found: list[File] = []
    more = False
    tables = [(snapshot, _allowed(snapshot.catalog, plan)) for snapshot in snapshots]
    for snapshot, table in tables:
        seen: set[int] = set()
        mine: list[File] = []
        for ids, best in table.candidates(split, limit):
            check()
            fresh = [number for number in dict.fromkeys(ids[:_MOST]) if number not in seen]
            more |= len(ids) > _MOST
            seen.update(fresh)
            mine += _judged(snapshot, fresh, split)
            if sum(file.rank >= best for file in mine) > limit:
                more = True
                break
        found += mine
    if len(split) == 1 and all(file.rank < 2 * p.SUBSTRING for file in found):
        known = {file.path for file in found if file.rank > TYPO}
        typos = [file for snapshot, table in tables for file in _mistyped(snapshot, table, split[0])]
        nearer = {file.path for file in typos}
        found = [file for file in found if file.path not in nearer or file.path in known]
        found += [file for file in typos if file.path not in known]
    found.sort(key=lambda file: file.key)
    return found[:limit], more or len(found) > limit


def hit(file: File, score: float) -> Hit:
    folder, _, name = file.path.rpartition("/")
    return Hit(
        id=f"{quoted(file.path)}\tfile",
        name=name,
        kind=int(SymbolKind.FILE),
        container=folder,
        language=file.snapshot.catalog.language_of(file.file_id),
        path=f"{file.snapshot.folder}/{file.path}",
        relative_path=file.path,
        line=0,
        column=0,
        end_line=0,
        end_column=0,
        score=score,
        matches=spans_of(os.fsencode(name), set(file.matched)),
    )


class _Word:
    def __init__(self, typed: str) -> None:
        typed = typed if typed.isascii() else typed.lower()
        parts = _SLASH.split(typed.removeprefix("./").lstrip("/\\"))
        self.typed = "/".join(parts)
        self.folders = [Pattern(part) for part in parts[:-1]]
        self.name = Pattern(parts[-1])  # nothing after a last slash
        self.folded = fold(self.typed.encode("utf-8", "surrogateescape"))

    def expressions(self) -> Iterator[tuple[str, int]]:
        """From strict to loose, each with the best rank that those after it can give: what is at the end of the path, heads
        its name, stands in it or begins a folder; then letters in order in the parts, then wherever."""
        exact = re2.escape(self.typed)
        name = re2.escape(self.name.typed)
        folders = "".join(f"{re2.escape(one.typed)}[^/\n]*/(?:[^\n]*/)?[^/\n]*?" for one in self.folders)
        yield f"(?:^|/){exact}$", 2 * p.EXACT
        if not self.folders:
            yield f"(?:^|/){exact}[^/\n]*$", 2 * p.LOOSE
        if self.name.typed:
            yield f"{folders}{name}[^/\n]*$", 2 * p.LOOSE
        yield f"(?:^|/){exact}", 2 * p.LOOSE
        yield "[^\n]*/[^\n]*".join(map(_letters, (*self.folders, self.name))) + "[^/\n]*$", TYPO
        yield "[^\n]*".join(re2.escape(letter) for letter in self.typed), SCATTERED

    def fits(self, path: str) -> tuple[int, list[int]]:
        """How well, and which bytes of the file's name match; ``_NONE`` where not."""
        if not path.isascii():
            path = path.lower()  # letters beyond ASCII have no other case in tiers
        raw = os.fsencode(path)
        folded = fold(raw)
        if not self.folded:
            return FOLDER, []
        name = raw.rpartition(b"/")[2]
        above = path.split("/")[:-1]
        if not self.name.typed:
            return (FOLDER, []) if self._stands_under(above, self.folders) else (_NONE, [])
        if folded == self.folded or folded.endswith(b"/" + self.folded):
            return ENDS, list(range(len(self.name.folded)))
        if self._stands_under(above, self.folders):
            tier, places = align(self.name, name)
            if 2 * tier < FOLDER and self._stands_under(above, [*self.folders, self.name]):
                return FOLDER, []
            if tier > p.NONE:
                return 2 * tier, places
        return (SCATTERED, []) if holds_in_order(folded, self.folded) else (_NONE, [])

    @staticmethod
    def _stands_under(above: Sequence[str], folders: Sequence[Pattern]) -> bool:
        parts = iter(above)
        return all(
            any(align(folder, part.encode("utf-8", "surrogateescape"))[0] >= p.SUBSTRING for part in parts)
            for folder in folders
        )


def _letters(part: Pattern) -> str:
    core = part.core.decode("utf-8", "ignore") or part.typed
    return "[^/\n]*".join(re2.escape(letter) for letter in core)


def _judged(snapshot: Snapshot, ids: Sequence[int], words: Sequence[_Word]) -> Iterator[File]:
    catalog = snapshot.catalog
    for number in ids:
        path = catalog.paths[number]
        fits = [word.fits(path) for word in words]
        if all(rank > _NONE for rank, _ in fits):
            matched = frozenset(place for _, places in fits for place in places)
            ranks = [rank for rank, _ in fits] or [ENDS]
            yield File(min(ranks), sum(ranks), int(catalog.standing[number]), snapshot, path, number, matched)


def _mistyped(snapshot: Snapshot, table: _Table, word: _Word) -> Iterator[File]:
    """Files whose name, with its extension or without, is a few edits away."""
    forgiven = word.name.distance
    if word.folders or not forgiven:
        return
    seen: set[int] = set()
    for names in (table.names, table.stems):
        near = process.extract(
            word.name.typed.lower(), names, scorer=OSA.distance, score_cutoff=forgiven, limit=_MOST
        )
        for _, edits, place in near:
            number = int(table.ids[place])
            path = snapshot.catalog.paths[number]
            if number not in seen:
                seen.add(number)
                standing = int(snapshot.catalog.standing[number])
                yield File(TYPO - int(edits), 0, standing, snapshot, path, number, frozenset())


class _Table:
    """The paths of one catalog, in the order of the alphabet."""

    def __init__(self, catalog: Catalog, living: Sequence[int]) -> None:
        """*living*: ids of the files that count."""
        chosen = np.array(living, np.int64)
        self.ids: npt.NDArray[np.int64] = chosen[np.argsort(catalog.label[chosen], kind="stable")]
        paths = [catalog.paths[number].replace("\n", " ") for number in self.ids.tolist()]
        self._text = "\n".join(paths).encode("utf-8", "replace")
        self._ends = np.flatnonzero(np.frombuffer(self._text, np.uint8) == ord("\n"))
        self._paths = [path.lower() for path in paths]
        self.names = [path.rpartition("/")[2] for path in self._paths]

    @property
    def stems(self) -> list[str]:
        return [name.rpartition(".")[0] or name for name in self.names]

    def candidates(self, words: Sequence[_Word], limit: int) -> Iterator[tuple[list[int], int]]:
        """Ids, by stages (of a stage a few more than can be judged at most), and the best rank of those to come."""
        if not words or not any(word.typed for word in words):
            yield self.ids[: max(limit, _MOST) + 1].tolist(), 0
            return
        if len(words) > 1:
            each = [word.folded.decode("utf-8", "surrogateescape") for word in words]
            places = [place for place, path in enumerate(self._paths) if all(one in path for one in each)]
            yield self.ids[places].tolist(), 2 * p.EXACT
        longest = max(words, key=lambda word: len(word.typed))
        options = re2.Options()
        options.case_sensitive = False
        options.never_capture = True
        options.log_errors = False
        for expression, best in longest.expressions():
            matches = re2.compile(f"(?m){expression}", options).finditer(self._text)
            starts = [match.start() for match in itertools.islice(matches, _MOST + 1)]
            yield self.ids[np.searchsorted(self._ends, np.array(starts, np.int64))].tolist(), best


_tables: WeakKeyDictionary[Catalog, _Table] = WeakKeyDictionary()


def _allowed(catalog: Catalog, plan: Plan) -> _Table:
    """The paths that pass the filters. Without any, found once for each catalog."""
    table = _tables.get(catalog)
    if table is None:
        living = [number for number, path in enumerate(catalog.paths) if path]
        table = _tables[catalog] = _Table(catalog, living)
    wanted = plan.filter
    tests: list[Callable[[str], bool]] = []
    if wanted.paths or wanted.exclude_paths:
        tests.append(lambda path: path_passes(path, wanted))
    if plan.excluded and plan.only_files:
        tests.append(lambda path: not any(one.typed.lower() in path.lower() for one in plan.excluded))
    if plan.expressions:
        tests.append(lambda path: all(one.holds(os.fsencode(path)) for one in plan.expressions))
    if wanted.case_sensitive:
        tests.append(
            lambda path: all(holds_in_order(os.fsencode(path), os.fsencode(one)) for one in plan.files)
        )
    spoken = languages(catalog, wanted, plan.excluded_languages)
    if not tests and spoken is None:
        return table
    ids = table.ids if spoken is None else table.ids[spoken[catalog.language[table.ids]]]
    living = [number for number in ids.tolist() if all(test(catalog.paths[number]) for test in tests)]
    return _Table(catalog, living)
