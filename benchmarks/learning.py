"""Does learning from picks help those who come back, and hurt nobody?

    python -m benchmarks.learning django [--users 8] [--picks 300] [--seed 1]

Simulated users search a real index for real symbols, through the façade, over six weeks of an injected clock.

*A user* has 40 targets in a dozen files, wanted by Zipf's law (exponent 1), and types for each always the same: three to five letters of
its beginning, its initials, or one of its words; something that shows the target among the first 50 before anything is learned, or
the user would have given it up. Each search is one of these:

- *repeated* (50 %): a target of the user's, as always;
- *new* (15 %): any symbol of the tree that is none of these, asked for in one of these ways;
- *exact* (10 %): a whole name, half of them the user's;
- *short* (15 %): the first two or three letters of a target of the user's;
- *typos* (10 %): the first letters of a name, five or more, one of them wrong, missing, double or swapped; half of them the user's.

*What they do.* One in five picks whatever, of the first ten. Else the target is seen with a likelihood of 1 / its rank and then picked;
who does not see it types three letters more of its name and looks again, four times at most. So what is picked is biased
by where it stood, and some of it is wrong.

*What is measured*: the reciprocal rank (0 beyond 50) of the target after the first thing typed, with learning and for the same query
without; by class, the mean of each, how they compare, and the 95 % interval of that, from 2,000 resamplings of users and then of
their searches. The first picks count, too, when nothing is learned yet. Bars: +15 % for repeated targets, no class below -1 %.
As new targets hardly differ from one list to the other but much among each other, each user asks for 200 more of them in the end, and
picks nothing. Exits with 1 when one is missed.

The index is made in a scratch folder; the tree is only read.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks import corpus
from lsp_search.index.standing import OWN, standing_of
from lsp_search.model import Hit, SearchRequest
from lsp_search.settings import SearchSettings, Settings
from lsp_search.workspace import Workspace

CLASSES = {"repeated": 0.50, "new": 0.15, "exact": 0.10, "short": 0.15, "typos": 0.10}
BARS = dict.fromkeys(CLASSES, -0.01) | {"repeated": 0.15}
LIMIT = 50
TARGETS, FILES = 40, 12
WEEKS = 6
NOISE = 0.2
PROBES = 200
RESAMPLED = 2000
_DAY = 86400.0
_BEGIN = 1_700_000_000.0
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class Target:
    path: str
    """Absolute."""
    kind: int
    container: str
    name: str

    def is_hit(self, hit: Hit) -> bool:
        return (hit.path, hit.kind, hit.container, hit.name) == (
            self.path,
            self.kind,
            self.container,
            self.name,
        )


@dataclass
class Outcome:
    """Reciprocal ranks by class: (with learning, without)."""

    ranks: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def take(self, kind: str, target: Target, with_: Sequence[Hit], without: Sequence[Hit]) -> None:
        self.ranks[kind].append((reciprocal(place_of(target, with_)), reciprocal(place_of(target, without))))


class User:
    def __init__(
        self, lots: random.Random, habits: Mapping[Target, str], everything: Sequence[Target]
    ) -> None:
        """*habits*: what is typed for each target, the dearest first."""
        self._lots = lots
        self._habits = habits
        self._targets = list(habits)
        self._everything = everything
        self._weights = [1 / (rank + 1) for rank in range(len(habits))]

    def wish(self, *classes: str) -> tuple[str, Target, str]:
        """A class (of these; none named: of all), a target, and what is typed."""
        lots = self._lots
        (kind,) = lots.choices(classes or list(CLASSES), [CLASSES[one] for one in classes or CLASSES])
        (own,) = lots.choices(self._targets, self._weights)
        other = own
        while other in self._habits:
            other = lots.choice(self._everything)
        either = own if lots.random() < 0.5 else other
        if kind == "repeated":
            return kind, own, self._habits[own]
        if kind == "new":
            return kind, other, lots.choice(ways(other.name, lots))
        if kind == "exact":
            return kind, either, either.name
        if kind == "short":
            return kind, own, own.name[: lots.choice((2, 3))]
        return kind, either, mistyped(either.name[: lots.randint(5, 10)], lots)


def ways(name: str, lots: random.Random) -> list[str]:
    """What somebody may type for *name*, in no order."""
    parts = [part.lower() for part in _PART.findall(name)]
    found = [name[: lots.randint(3, 5)].lower()]
    if len(parts) > 2:
        found.append("".join(part[0] for part in parts))
    if len(parts) > 1:
        found.append(max(parts[1:], key=len)[:6])
    lots.shuffle(found)
    return found


def mistyped(text: str, lots: random.Random) -> str:
    at = lots.randrange(1, len(text) - 1)
    other = lots.choice("etaoinsr")
    return lots.choice(
        (
            text[:at] + other + text[at + 1 :],
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        )
    )


class Desk:
    """One user's server, and the one that learns nothing."""

    def __init__(self, learning: Workspace, plain: Workspace) -> None:
        self._learning = learning
        self._plain = plain

    def lists(self, typed: str) -> tuple[list[Hit], list[Hit]]:
        request = SearchRequest(typed, mode="symbol", limit=LIMIT, mark=False)
        return self._learning.search(request).hits, self._plain.search(request).hits

    def pick(self, typed: str, hits: Sequence[Hit], place: int) -> None:
        self._learning.picked(typed, hits[place].id, place)
        self._learning.report()  # comes after the pick has been written


def place_of(target: Target, hits: Sequence[Hit]) -> int | None:
    return next((place for place, hit in enumerate(hits) if target.is_hit(hit)), None)


def reciprocal(place: int | None) -> float:
    return 0.0 if place is None else 1 / (1 + place)


def session(
    user: User, desk: Desk, picks: int, lots: random.Random, tick: Callable[[float], None]
) -> Outcome:
    """So many searches, spread evenly; *tick* sets the clock."""
    outcome = Outcome()
    for number in range(picks):
        tick(_BEGIN + number * WEEKS * 7 * _DAY / picks)
        kind, target, typed = user.wish()
        with_, without = desk.lists(typed)
        outcome.take(kind, target, with_, without)
        behave(target, typed, with_, desk, lots)
    for _ in range(PROBES):
        kind, target, typed = user.wish("new")
        with_, without = desk.lists(typed)
        outcome.take(kind, target, with_, without)
    return outcome


def behave(target: Target, typed: str, hits: Sequence[Hit], desk: Desk, lots: random.Random) -> None:
    if lots.random() < NOISE:
        if hits:
            desk.pick(typed, hits, lots.randrange(min(10, len(hits))))
        return
    for more in range(4):
        place = place_of(target, hits)
        if place is not None and lots.random() < 1 / (1 + place):
            desk.pick(typed, hits, place)
            return
        typed = target.name[: max(len(typed), 3) + 3 * (more > 0) + 3]
        hits, _ = desk.lists(typed)


def symbols_of(workspace: Workspace, root: Path, lots: random.Random) -> list[Target]:
    """Those of own code with names of at least 6 characters, in files that hold some, in the order of lots."""
    paths = [path for path in sorted(root.rglob("*")) if path.is_file() and path.suffix in _CODE]
    own = [path for path in paths if standing_of(path.relative_to(root).as_posix()) == OWN]
    lots.shuffle(own)
    found: list[Target] = []
    for path in own[:400]:
        symbols = workspace.document_symbols(str(path))
        found += [
            Target(str(path), symbol.kind, symbol.container, symbol.name)
            for symbol in symbols
            if len(symbol.name) >= 6 and symbol.name.isidentifier()
        ]
    return found


_CODE = frozenset(
    {".py", ".js", ".ts", ".c", ".h", ".cc", ".cpp", ".go", ".java", ".rs", ".rb", ".cs", ".kt"}
)


def made_user(plain: Workspace, everything: Sequence[Target], lots: random.Random) -> User:
    by_file: dict[str, list[Target]] = defaultdict(list)
    for target in everything:
        by_file[target.path].append(target)
    paths = lots.sample([path for path, held in by_file.items() if len(held) > 3], FILES)
    near = [target for path in paths for target in by_file[path]]
    lots.shuffle(near)
    habits: dict[Target, str] = {}
    for target in near:
        for typed in ways(target.name, lots):
            hits = plain.search(SearchRequest(typed, mode="symbol", limit=LIMIT, mark=False)).hits
            if place_of(target, hits) is not None:
                habits.setdefault(target, typed)
        if len(habits) == TARGETS:
            break
    return User(lots, habits, everything)


def compared(outcomes: Sequence[Outcome], kind: str, lots: np.random.Generator) -> tuple[float, ...]:
    """Searches, mean reciprocal rank with learning and without, change, its interval."""
    users = [np.array(outcome.ranks[kind]) for outcome in outcomes if outcome.ranks[kind]]
    every = np.concatenate(users)
    with_, without = every.mean(axis=0)
    changes: list[float] = []
    for _ in range(RESAMPLED):
        drawn = [users[number] for number in lots.integers(len(users), size=len(users))]
        rows = np.concatenate([ranks[lots.integers(len(ranks), size=len(ranks))] for ranks in drawn])
        changes.append(rows[:, 0].mean() / max(rows[:, 1].mean(), 1e-9) - 1)
    low, high = np.percentile(changes, (2.5, 97.5))
    return len(every), with_, without, with_ / without - 1, low, high


def told(outcomes: Sequence[Outcome]) -> bool:
    """Prints the table; whether all bars are met."""
    lots = np.random.default_rng(1)
    met = True
    print(f"{'class':10} {'searches':>8} {'without':>8} {'with':>8} {'change':>8}   95 % interval        bar")
    for kind, bar in BARS.items():
        count, with_, without, change, low, high = compared(outcomes, kind, lots)
        good = change >= bar
        met &= good
        print(
            f"{kind:10} {count:8} {without:8.3f} {with_:8.3f} {change:+8.1%}   {low:+7.1%} … {high:+7.1%}"
            f"   {bar:+4.0%} {'met' if good else 'MISSED'}"
        )
    return met


def simulated(root: Path, scratch: Path, users: int, picks: int, seed: int) -> list[Outcome]:
    unlearning = Settings(search=SearchSettings(learn=False))
    now = _BEGIN
    plain = Workspace([root], unlearning, store_dir=scratch / "plain", watch=False)
    learning = Workspace([root], store_dir=scratch / "learning", watch=False, clock=lambda: now)
    for workspace in (plain, learning):
        workspace.start()
        workspace.sync()
    everything = symbols_of(plain, root, random.Random(seed))
    outcomes: list[Outcome] = []

    def tick(moment: float) -> None:
        nonlocal now
        now = moment

    for number in range(users):
        lots = random.Random(seed * 1000 + number)
        user = made_user(plain, everything, lots)
        learning.forget_picks()
        began = time.perf_counter()
        doing = random.Random(f"{seed} {number}")  # of its own: the same is wanted whatever the answers are
        outcomes.append(session(user, Desk(learning, plain), picks, doing, tick))
        print(f"user {number + 1} of {users}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    plain.close()
    learning.close()
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.learning", description=__doc__.splitlines()[0]
    )
    parser.add_argument("corpus", help=f"a folder, or one of {', '.join(corpus.NAMES)}")
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--picks", type=int, default=300, help="searches of each user")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    try:
        root = corpus.locate(options.corpus)
    except corpus.NoCorpus as error:
        sys.exit(f"{parser.prog}: {error}")
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = simulated(root, Path(scratch), options.users, options.picks, options.seed)
    return 0 if told(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
