"""The order of a list, as its user would have it: a small model over what is known of each hit, taught by picks.

A hit's value is a weighted sum of its :data:`FEATURES`; where nothing is known of the user, it falls with the base order, so that
nothing moves. Hits change places only within their *level*: those at the head of the list that are called exactly what was
typed, those after them but for case and separators, and the rest. An exact name therefore stays first, whatever was picked.

*How weights are learned.* A pick says that the user saw the hits above it, perhaps the next below it too, and wanted none of
them (Joachims, "Optimizing search engines using clickthrough data", KDD 2002: *click > skip above*, *> no-click next*). Each such
pair is a step of logistic regression on the difference of their features (Burges et al., RankNet, ICML 2005). What stands
low is looked at less and so picked less than it deserves; its picks count more, by the inverse of how likely one looks there
(Joachims, Swaminathan, Schnabel, "Unbiased learning-to-rank with biased feedback", WSDM 2017), clipped, as some picks are chance. L2
draws all weights towards :data:`HAND`, those set by hand, and none may leave it by more than :data:`DRIFT`.

*When weights are used.* The last lists in which something was picked are kept, as numbers. Weights learned from the older two
thirds of them are tried on the newer third; only when they would have shown there what was picked no lower (mean reciprocal
rank) than the weights in use and those set by hand, they go on to learn from that third and are used from then on. When
those in use lose against those set by hand, these come back.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lsp_search.index.picks import ShownList
from lsp_search.index.snapshot import Snapshot
from lsp_search.index.standing import FOREIGN, OWN, standing_of
from lsp_search.model import Hit, SymbolKind
from lsp_search.search.grammar import clauses
from lsp_search.search.habits import Known
from lsp_search.search.qualifiers import SCOPE

Vector = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float32]

_SET: dict[str, tuple[float, float]] = {
    "score": (4.0, 1.0),
    "place": (1.0, 0.4),
    "prefix": (0.0, 0.3),
    "type or function": (0.0, 0.3),
    "own code": (0.0, 0.3),
    "foreign code": (0.0, 0.3),
    "near": (0.0, 0.3),
    "changed lately": (0.0, 0.3),
    "short name": (0.0, 0.3),
    "frecency": (0.8, 0.4),
    "frecency of the file": (0.1, 0.1),
    "remembered": (5.0, 2.0),
}
"""By feature the weight set by hand, and how far a learned one may be from it. What is 0 counts in the base score already."""
FEATURES = tuple(_SET)
"""Of a hit in its list, 0–1 each: its base score; 1 / its base rank; whether it begins with what was typed; is a type or
function; stands in own, in vendored or generated code; in the open file (1) or its folder (½); in a file that changed lately;
8 / (8 + characters of the name); what ``habits`` knows. (That it is called what was typed is its level.)"""
HAND: Vector = np.array([weight for weight, _ in _SET.values()], np.float32)
DRIFT: Vector = np.array([drift for _, drift in _SET.values()], np.float32)

_RATE = 0.05
_PULL = 0.02
"""Of a step: its size, and the part of the way back to :data:`HAND`."""
_ETA = 0.5
_CLIP = 3.0
"""One looks at rank r (from 1) with a likelihood of 1 / r ^ eta; no pick counts more than this many times."""
_ABOVE, _BELOW = 12, 3
"""Hits around a pick that are kept."""
LEAST = 30
"""Lists before anything is learned from them."""
_OLDER = 2 / 3

EXACT, BUT_FORM, OTHER = 0, 1, 2
"""Levels: called what was typed; but for case and separators; neither."""
_TYPES_AND_FUNCTIONS = frozenset(
    int(kind)
    for kind in (
        SymbolKind.CLASS,
        SymbolKind.STRUCT,
        SymbolKind.INTERFACE,
        SymbolKind.ENUM,
        SymbolKind.FUNCTION,
        SymbolKind.METHOD,
        SymbolKind.CONSTRUCTOR,
    )
)


# -- what is known of a list -----------------------------------------------------------------------


def features(
    hits: Sequence[Hit], query: str, near: str | None, snapshots: Sequence[Snapshot], known: Known
) -> Matrix:
    """Of *hits* in base order; shape (hits, FEATURES). About 2 µs a hit."""
    typed = min((word.lower() for word in words(query)), key=len, default="\0")
    folder = near.rpartition("/")[0] if near else None
    changed = {
        f"{snapshot.folder}/{snapshot.catalog.paths[number]}"
        for snapshot in snapshots
        for number in snapshot.recent
    }
    rows: list[tuple[float, ...]] = []
    for place, hit in enumerate(hits):
        path, name = hit.path, hit.name
        standing = _standing(hit.relative_path)
        here = 0.0
        if folder is not None and path.startswith(folder):
            here = 1.0 if path == near else 0.5 if path.rpartition("/")[0] == folder else 0.0
        rows.append(
            (
                hit.score,
                1 / (1 + place),
                name.lower().startswith(typed),
                hit.kind in _TYPES_AND_FUNCTIONS,
                standing == OWN,
                standing == FOREIGN,
                here,
                path in changed,
                8 / (8 + len(name)),
            )
        )
    found = np.array(rows, np.float32).reshape(len(hits), -1 if rows else len(FEATURES) - 3)
    return np.column_stack([found, known.item, known.file, known.remembered])


@lru_cache(1 << 14)
def _standing(path: str) -> int:
    return standing_of(path)


def words(query: str) -> frozenset[str]:
    """What a name may be called to be exactly what *query* asks; of ``Cart::total`` the last part, too."""
    found: set[str] = set()
    for clause in clauses(query):
        if clause.kind in ("word", "phrase") and not clause.excludes:
            text = clause.text.removeprefix("^").removesuffix("$")
            found.update(part for part in (text, *SCOPE.split(text)[-1:]) if part)
    return frozenset(found)


def levels(hits: Sequence[Hit], query: str) -> npt.NDArray[np.uint8]:
    """Of *hits* in base order: ``EXACT``, then ``BUT_FORM`` where the list begins with such, then ``OTHER``."""
    found = np.full(len(hits), OTHER, np.uint8)
    wanted = words(query)
    bare = {_bare(word) for word in wanted}
    level = EXACT
    for place, hit in enumerate(hits):
        level = max(level, _level(hit, wanted, bare))
        if level == OTHER:
            break
        found[place] = level
    return found


def _level(hit: Hit, wanted: frozenset[str], bare: set[str]) -> int:
    if hit.name in wanted:
        return EXACT
    if hit.kind == SymbolKind.FILE and f"/{hit.relative_path}".endswith(tuple(f"/{word}" for word in wanted)):
        return EXACT
    return BUT_FORM if _bare(hit.name) in bare else OTHER


def _bare(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")


# -- the order -------------------------------------------------------------------------------------


def order(matrix: Matrix, level: npt.NDArray[np.uint8], weights: Vector) -> list[int]:
    """The base places of hits in the order that *weights* give them; those that are worth the same stay in theirs."""
    found: list[int] = np.lexsort((-(matrix @ weights), level)).tolist()
    return found


def reordered(hits: Sequence[Hit], places: Sequence[int]) -> list[Hit]:
    """The hits at *places*, in that order, with scores that fall: who has risen is worth what comes next."""
    found: list[Hit] = []
    least = 0.0
    for now in range(len(places) - 1, -1, -1):
        hit = hits[places[now]]
        least = max(hit.score, least)
        moved = places[now] - now
        if hit.explanation is not None and moved:
            told = (*hit.explanation.factors, ("places up by what you picked", float(moved)))
            hit = replace(hit, explanation=replace(hit.explanation, factors=told))
        found.append(hit if hit.score == least else replace(hit, score=least))
    return found[::-1]


# -- the weights -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lesson:
    """Hits of one level around one that was picked, as they were shown."""

    matrix: Matrix
    """Shape (hits, FEATURES)."""
    picked: int
    rank: int
    """Of the pick in the whole list, from 1."""

    @property
    def weight(self) -> float:
        return min(math.pow(self.rank, _ETA), _CLIP)


def lesson(
    matrix: Matrix, level: npt.NDArray[np.uint8], shown: Sequence[int], picked: int, now: float
) -> ShownList | None:
    """What a pick teaches, to be kept; None where there was no choice. *shown*: base places in the order of the screen;
    *picked*: the place on the screen."""
    around = range(max(picked - _ABOVE, 0), min(picked + _BELOW + 1, len(shown)))
    places = [place for place in around if level[shown[place]] == level[shown[picked]]]
    if len(places) < 2:
        return None
    rows = matrix[[shown[place] for place in places]].astype(np.float16)
    head = np.array([[picked + 1] + [0] * (len(FEATURES) - 1)], np.float16)
    return ShownList(now, places.index(picked), np.concatenate([head, rows]).tobytes())


def read(kept: ShownList) -> Lesson | None:
    """None for what another version wrote."""
    numbers = np.frombuffer(kept.features[: len(kept.features) // 2 * 2], np.float16).astype(np.float32)
    if len(numbers) % len(FEATURES) or not np.isfinite(numbers).all():
        return None
    matrix = numbers.reshape(-1, len(FEATURES))
    if not 0 <= kept.place < len(matrix) - 1:
        return None
    return Lesson(matrix[1:], kept.place, max(int(matrix[0, 0]), 1))


def stepped(weights: Vector, taught: Lesson) -> Vector:
    """*weights* after one pick."""
    matrix, picked = taught.matrix, taught.picked
    others = [*range(picked), *range(picked + 1, min(picked + 2, len(matrix)))]
    apart = matrix[picked] - matrix[others]
    wrong = 1 / (1 + np.exp(np.clip(apart @ weights, -30, 30)))
    step = taught.weight * (wrong @ apart) / len(others) - _PULL * (weights - HAND)
    return _bounded(weights + _RATE * step)


def _bounded(weights: Vector) -> Vector:
    return np.clip(weights, HAND - DRIFT, HAND + DRIFT).astype(np.float32)


def trained(weights: Vector, lessons: Sequence[Lesson]) -> Vector:
    for one in lessons:
        weights = stepped(weights, one)
    return weights


def mean_reciprocal_rank(weights: Vector, lessons: Sequence[Lesson]) -> float:
    """Of what was picked, were its list ordered by *weights*; picks weigh as in learning."""
    total = sum(one.weight * _reciprocal_rank(weights, one) for one in lessons)
    return float(total / sum(one.weight for one in lessons)) if lessons else 0.0


def _reciprocal_rank(weights: Vector, one: Lesson) -> float:
    values = one.matrix @ weights
    better = np.count_nonzero(values > values[one.picked])
    before = np.count_nonzero(values[: one.picked] == values[one.picked])
    return 1 / (1 + float(better + before))


def replayed(lessons: Sequence[Lesson], current: Vector) -> Vector:
    """The weights to use from now on; *lessons*: the oldest first."""
    if len(lessons) < LEAST:
        return HAND
    cut = int(len(lessons) * _OLDER)
    candidate = trained(HAND, lessons[:cut])
    return chosen(candidate, current, lessons[cut:], lambda: trained(candidate, lessons[cut:]))


def chosen(
    candidate: Vector, current: Vector, newer: Sequence[Lesson], finished: Callable[[], Vector]
) -> Vector:
    """What *finished* makes of *candidate* when that loses nothing on lessons that it has not seen; else *current*, or
    ``HAND`` where that is better."""
    by_hand, now, then = (mean_reciprocal_rank(one, newer) for one in (HAND, current, candidate))
    if then >= max(by_hand, now):
        return finished()
    return current if now >= by_hand else HAND


def written(weights: Vector) -> str:
    """As JSON, by feature."""
    return json.dumps({name: round(float(one), 4) for name, one in zip(FEATURES, weights, strict=True)})


def parsed(text: str) -> Vector:
    """Of :func:`written`; what is missing or wrong is as set by hand."""
    try:
        told = json.loads(text or "{}")
    except ValueError:
        return HAND
    if not isinstance(told, dict):
        return HAND
    found = [told.get(name) for name in FEATURES]
    values = [
        one if isinstance(one, int | float) and abs(one) < 1e6 else hand
        for one, hand in zip(found, HAND.tolist(), strict=True)
    ]
    return _bounded(np.array(values, np.float32))
