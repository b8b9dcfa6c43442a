"""Is the wanted symbol found?

    python -m benchmarks.quality linux --store DIR --monaco FOLDER

Counts, not times, of ``workspace/symbol`` of a spawned server. Names are distinct identifiers of six or more characters drawn from
the index, every symbol as likely as any other before repeats are dropped.

1. *Typos*: names with one random edit, a quarter each inserting, deleting, swapping neighbours and replacing, at any place, letters
   in lower case. Found: the name is in the first 10.
2. *Typos in the beginning of a name*: five or more letters of a name, not all, with one such edit. Found: a name that starts with the
   letters that were meant is in the first 20 (ignoring case). Beside it: the very name they were taken from.
3. *VS Code's list*: its Ctrl+T drops names that its own scorer rejects, and sorts the others by its own score. Queries without typos of
   six classes, of a client that says it is VS Code, go through that scorer (see ``vscode_filter.mjs``; ``npm install monaco-editor`` in FOLDER). *accepted*: the share of
   returned symbols that it does not drop. *our first kept*: the name that our answer begins with is in the first 5 of VS Code's
   list: what is wanted by a prefix, humps or a word of the middle is open, so this asks only whether its order spoils ours. *the
   name* itself is asked for too, in the first 5 of VS Code's list and of ours: full and qualified names should be there.
   Prefixes of one or two letters count for *accepted* alone.

Each miss has a cause. *a name itself*: what was typed is, but for case, another name. *as near*: of those that came first, 10 (20)
hold what was typed in one piece, or are one edit away like the wanted name: nothing tells them apart. The others are ours: the
name stands *too low*, behind some that are farther away, or is *not returned*. In VS Code's list *a tie* is nobody's fault but its own: by its score
the wanted name is as good as its fifth, and it sorts what ties by the alphabet.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import string
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rapidfuzz.distance import OSA

from benchmarks import queries, report, subject
from benchmarks.client import Client
from benchmarks.queries import Named, Query
from benchmarks.report import Results
from lsp_search.model import LspSearchError

BARS = {"typos": 0.97, "beginnings": 0.85, "accepted": 0.99}
"""What the shares should be over a million names."""

_SHORTEST = 6
_PREFIX = 5
_TOP = 10
_TOP_OF_BEGINNINGS = 20
_TOP_OF_LIST = 5
_EDITORS_CLASSES = ("prefix 1-2", "prefix 3-8", "humps", "middle word", "full name", "qualified")
_NAMED = ("full name", "qualified")
"""The classes whose query holds the whole name."""
_OPEN = ("prefix 1-2",)
"""The classes of which no name can be expected among the first."""
_SHOWN = 8
_IMPOSSIBLE = ("a name itself", "as near")
_FILTER = Path(__file__).with_name("vscode_filter.mjs")
_SCORER = Path("node_modules/monaco-editor/esm/vs/base/common/fuzzyScorer.js")

Edit = Callable[[str, random.Random], str]


class Typed(NamedTuple):
    edit: str
    """A key of ``EDITS``."""
    text: str
    meant: str
    """What should have been typed: a name, or the beginning of one."""
    name: str


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser)
    parser.add_argument("--typos", type=int, default=500, metavar="N", help="queries of parts 1 and 2 each")
    parser.add_argument(
        "--each", type=int, default=60, metavar="N", help="queries of each class of part 3 (default: 60)"
    )
    parser.add_argument(
        "--monaco", type=Path, metavar="FOLDER", help="where `npm install monaco-editor` was run, for part 3"
    )
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    if options.monaco is not None:
        _check(options.monaco)
    choose = random.Random(options.seed)
    with subject.opened(options) as place:
        place.ensure_indexed()
        names = _identifiers(queries.from_index(place.stored().folder, choose))
        settings = {"index.maxFileBytes": place.max_file_bytes}
        with Client(place.root, place.store, settings) as client:
            client.until_ready()
            client.sync()
            results = {
                **place.figures(),
                "index": client.stats()["index"],
                "typos": _typos(client, names[: options.typos], choose),
                "beginnings": _beginnings(client, choose.sample(names, len(names))[: options.typos], choose),
            }
        if options.monaco is not None:
            drawn = queries.draw(names, options.each, choose)
            asked = [query for query in drawn if query.kind in _EDITORS_CLASSES]
            with Client(place.root, place.store, settings, name="Visual Studio Code") as editor:
                editor.until_ready()
                results["list"] = _list(editor, asked, options.monaco)
    return results


def _identifiers(names: Iterable[Named]) -> list[Named]:
    """Distinct names that are code's; headings and keys of documents are mostly something else."""
    distinct = {named.name: named for named in names if len(named.name) >= _SHORTEST}
    return [named for named in distinct.values() if named.name.isascii() and named.name.isidentifier()]


# -- typos -----------------------------------------------------------------------------------------


def _insert(text: str, choose: random.Random) -> str:
    at = choose.randint(0, len(text))
    return text[:at] + choose.choice(string.ascii_lowercase) + text[at:]


def _delete(text: str, choose: random.Random) -> str:
    at = choose.randrange(len(text))
    return text[:at] + text[at + 1 :]


def _swap(text: str, choose: random.Random) -> str:
    at = choose.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _replace(text: str, choose: random.Random) -> str:
    at = choose.randrange(len(text))
    return text[:at] + choose.choice(string.ascii_lowercase) + text[at + 1 :]


EDITS: dict[str, Edit] = {"insert": _insert, "delete": _delete, "swap": _swap, "replace": _replace}


def _mistyped(meant: Iterable[tuple[str, str]], choose: random.Random) -> Iterator[Typed]:
    """One edit in each *(meant, name)*, the kinds in turn; one that leaves the letters as they are is drawn again."""
    kinds = list(EDITS)
    for number, (text, name) in enumerate(meant):
        kind = kinds[number % len(kinds)]
        if len(set(text.lower())) == 1:
            continue  # to swap its letters changes nothing
        typed = text
        while typed.lower() == text.lower():
            typed = EDITS[kind](text, choose)
        yield Typed(kind, typed, text, name)


def _typos(client: Client, names: Sequence[Named], choose: random.Random) -> Results:
    rows: list[tuple[Typed, bool]] = []
    misses: list[Results] = []
    for typed in _mistyped(((named.name, named.name) for named in names), choose):
        found = _names(client, typed.text)
        rows.append((typed, typed.name in found[:_TOP]))
        if not rows[-1][1]:
            place = found.index(typed.name) if typed.name in found else None
            cause = _cause(typed.text, found, place, _TOP, _is_near)
            misses.append(_miss(typed, found, place, cause))
    return {"found": _by_edit(rows), **_counted(misses)}


def _beginnings(client: Client, names: Sequence[Named], choose: random.Random) -> Results:
    begun = ((named.name[: choose.randint(_PREFIX, len(named.name) - 1)], named.name) for named in names)
    rows: list[tuple[Typed, bool]] = []
    exact: list[tuple[Typed, bool]] = []
    misses: list[Results] = []
    for typed in _mistyped(begun, choose):
        found = _names(client, typed.text)
        meant = typed.meant.lower()
        place = next((at for at, name in enumerate(found) if name.lower().startswith(meant)), None)
        rows.append((typed, place is not None and place < _TOP_OF_BEGINNINGS))
        exact.append((typed, typed.name in found[:_TOP_OF_BEGINNINGS]))
        if not rows[-1][1]:
            cause = _cause(typed.text, found, place, _TOP_OF_BEGINNINGS, _starts_near)
            misses.append(_miss(typed, found, place, cause))
    return {"found": _by_edit(rows), "name": _by_edit(exact), **_counted(misses)}


def _names(client: Client, text: str) -> list[str]:
    return [symbol["name"] for symbol in client.symbols(text).result or ()]


def _cause(
    text: str, found: Sequence[str], place: int | None, top: int, near: Callable[[str, str], bool]
) -> str:
    typed = text.lower()
    others = [name.lower() for name in found[:place]]
    if typed in others:
        return "a name itself"
    if sum(typed in name or near(typed, name) for name in others) >= top:
        return "as near"
    return "not returned" if place is None else "too low"


def _is_near(typed: str, name: str) -> bool:
    return OSA.distance(typed, name, score_cutoff=1) <= 1


def _starts_near(typed: str, name: str) -> bool:
    return any(_is_near(typed, name[: len(typed) + more]) for more in (-1, 0, 1))


def _miss(typed: Typed, found: Sequence[str], place: int | None, cause: str) -> Results:
    return {**typed._asdict(), "cause": cause, "place": place, "instead": found[:5]}


def _counted(misses: Sequence[Results]) -> Results:
    return {"causes": dict(Counter(miss["cause"] for miss in misses)), "misses": misses}


def _by_edit(rows: Sequence[tuple[Typed, bool]]) -> dict[str, list[int]]:
    """Hits and queries, of all and of each kind of edit."""
    return {
        kind: [sum(hit for _, hit in own), len(own)]
        for kind in ("all", *EDITS)
        if (own := [(typed, hit) for typed, hit in rows if kind in ("all", typed.edit)])
    }


# -- VS Code's list --------------------------------------------------------------------------------


def _check(folder: Path) -> None:
    if not (folder / _SCORER).is_file():
        raise LspSearchError(f"{folder} holds no {_SCORER}; run `npm install monaco-editor` there")
    if shutil.which("node") is None:
        raise LspSearchError("node is not on the PATH, and VS Code's scorer runs on it; leave out --monaco")


def _list(client: Client, asked: Sequence[Query], monaco: Path) -> Results:
    answers = [client.symbols(query.text).result or [] for query in asked]
    classes: dict[str, Counter[str]] = defaultdict(Counter)
    dropped: list[Results] = []
    spoilt: list[Results] = []
    for query, symbols, kept in zip(asked, answers, _filtered(asked, answers, monaco), strict=True):
        ours = [symbol["name"] for symbol in symbols]
        theirs = [ours[place] for place in kept["order"]]
        top, own_top = theirs[:_TOP_OF_LIST], ours[:_TOP_OF_LIST]
        first = ours[:1] != [] and ours[0] in top
        sums = classes[query.kind]
        sums.update(queries=1, symbols=len(ours), accepted=kept["accepted"], first=first)
        sums.update(name=_holds(top, query), ourName=_holds(own_top, query))
        if names := sorted(set(ours) - set(theirs), key=ours.index):
            causes = Counter(_dropped_for(query.text, name) for name in ours if name in names)
            dropped.append({**query._asdict(), "of": len(ours), "causes": dict(causes), "names": names[:5]})
        named = query.kind in _NAMED
        wanted = [name for name in theirs if (_is(name, query) if named else name == ours[0])]
        if query.kind not in _OPEN and not set(wanted) & set(top):
            cause = _spoilt_by(wanted, theirs, kept["scores"])
            spoilt.append({**query._asdict(), "cause": cause, "ours": own_top, "theirs": top})
    return {
        "classes": {kind: dict(classes[kind]) for kind in _EDITORS_CLASSES if kind in classes},
        "dropped": dropped,
        "spoilt": spoilt,
    }


def _dropped_for(text: str, name: str) -> str:
    typed, name = text.lower(), name.lower()
    if _in_order(typed, name):
        return "its place or length"
    letters = "".join(filter(str.isalnum, typed))
    return "a separator it lacks" if _in_order(letters, name) else "a typo"


def _in_order(text: str, name: str) -> bool:
    rest = iter(name)
    return all(letter in rest for letter in text)


def _spoilt_by(wanted: Sequence[str], theirs: Sequence[str], scores: Sequence[float]) -> str:
    """Why none of *wanted*, as VS Code's list has them, is among its first."""
    if not wanted:
        return "not in it"
    return "a tie" if scores[theirs.index(wanted[0])] == scores[_TOP_OF_LIST - 1] else "a lower score"


def _holds(names: Iterable[str], query: Query) -> bool:
    return any(_is(name, query) for name in names)


def _is(name: str, query: Query) -> bool:
    """Qualified names end with the name."""
    return name == query.wanted or name.endswith(f".{query.wanted}")


def _filtered(asked: Sequence[Query], answers: Sequence[Any], monaco: Path) -> list[Results]:
    given = [{"query": query.text, "symbols": symbols} for query, symbols in zip(asked, answers, strict=True)]
    command = ["node", str(_FILTER), str(monaco.resolve())]
    ended = subprocess.run(
        command, input=json.dumps(given), capture_output=True, encoding="utf-8", check=False
    )
    if ended.returncode:
        raise LspSearchError(f"VS Code's scorer failed under node: {ended.stderr.strip()[-1000:]}")
    kept: list[Results] = json.loads(ended.stdout)
    return kept


# -- for people ------------------------------------------------------------------------------------


def lines(results: Results) -> Iterator[str]:
    index = results["index"]
    yield f"{index['files']:,} files, {index['symbols']:,} symbols"
    typos, beginnings = results["typos"], results["beginnings"]
    yield ""
    rows = [
        (f"the name, in the first {_TOP}", typos["found"], f"{BARS['typos']:.0%}"),
        (
            f"beginnings: one like it, in {_TOP_OF_BEGINNINGS}",
            beginnings["found"],
            f"{BARS['beginnings']:.0%}",
        ),
        (f"beginnings: the name, in {_TOP_OF_BEGINNINGS}", beginnings["name"], ""),
    ]
    yield from report.table(
        ("one edit, found of queries", *typos["found"], "bar"),
        [(what, *(_share(*counts) for counts in found.values()), bar) for what, found, bar in rows],
    )
    yield from _missed("the names", typos)
    yield from _missed("the beginnings", beginnings)
    yield ""
    if "list" in results:
        yield from _listed(results["list"])
    else:
        yield "VS Code's list was left out: it needs --monaco FOLDER, where `npm install monaco-editor` was run"


def _share(hits: int, of: int) -> str:
    return f"{hits / of:.1%}" if of else ""


def _missed(what: str, part: Results) -> Iterator[str]:
    ours = sum(count for cause, count in part["causes"].items() if cause not in _IMPOSSIBLE)
    causes = _tally([part["causes"]])
    hits = part["found"]["all"][0]
    yield ""
    yield f"{what} missed: {causes}; without the impossible {_share(hits, hits + ours)} of {hits + ours}"
    for miss in sorted(part["misses"], key=lambda miss: miss["cause"] in _IMPOSSIBLE)[:_SHOWN]:
        place = "" if miss["place"] is None else f" at {miss['place'] + 1}"
        yield (
            f"  {miss['cause']}{place}: {miss['text']!r} ({miss['edit']}) for {miss['meant']!r};"
            f" first {', '.join(miss['instead'][:3]) or 'nothing'}"
        )


def _listed(part: Results) -> Iterator[str]:
    every: Counter[str] = Counter()
    rows: list[tuple[object, ...]] = []
    for kind, sums in part["classes"].items():
        counted = {key: sums[key] for key in ("symbols", "accepted")} if kind in _OPEN else sums
        every.update(counted)
        rows.append(_row(kind, sums["queries"], counted))
    rows.append(_row("all", sum(sums["queries"] for sums in part["classes"].values()), every))
    header = ("VS Code's list", "queries", "symbols", "accepted", "our first kept", "the name", "in ours")
    yield from report.table(header, rows)
    yield f"accepted should be {BARS['accepted']:.0%}; the others say what is in the first {_TOP_OF_LIST}"
    yield ""
    yield f"it drops {_tally(loss['causes'] for loss in part['dropped'])}, for {len(part['dropped'])} queries"
    for loss in sorted(part["dropped"], key=lambda loss: -sum(loss["causes"].values()))[:_SHOWN]:
        count, names = sum(loss["causes"].values()), ", ".join(loss["names"][:3])
        yield f"  {loss['kind']} {loss['text']!r}: {count} of {loss['of']}, {names}"
    causes = _tally({loss["cause"]: 1} for loss in part["spoilt"])
    yield f"wanted, but not in the first {_TOP_OF_LIST} of its list, by {causes}"
    for loss in sorted(part["spoilt"], key=lambda loss: loss["cause"] == "a tie")[:_SHOWN]:
        ours, theirs = (", ".join(loss[key][:3]) or "nothing" for key in ("ours", "theirs"))
        yield f"  {loss['cause']}: {loss['kind']} {loss['text']!r} of {loss['wanted']!r}: ours {ours}; its {theirs}"


def _tally(counted: Iterable[Mapping[str, int]]) -> str:
    every: Counter[str] = Counter()
    for counts in counted:
        every.update(counts)
    return ", ".join(f"{cause} {count}" for cause, count in every.most_common()) or "nothing"


def _row(kind: str, asked: int, sums: Mapping[str, int]) -> tuple[object, ...]:
    judged = sums.get("queries", 0)
    kept = (_share(sums.get(key, 0), judged) for key in ("first", "name", "ourName"))
    return (kind, asked, sums["symbols"], _share(sums["accepted"], sums["symbols"]), *kept)


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
