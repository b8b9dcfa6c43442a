"""The scoring model: its prose as tables, and cases from other matchers' test suites."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.index import packed, segment
from lsp_search.index.snapshot import CatalogEditor, Snapshot
from lsp_search.model import Filter, Symbol, SymbolKind
from lsp_search.search import query, score, symbols
from lsp_search.search.pattern import Pattern
from lsp_search.search.rows import Taste

CASES = Path(__file__).parent.parent / "fixtures" / "fuzzy"


def snapshot_of(*names: str, path: str = "src/a.py", kind: int = SymbolKind.FUNCTION) -> Snapshot:
    """One file that defines *names*."""
    return snapshot({path: [(name, kind) for name in names]})


def snapshot(files: dict[str, list[tuple[str, int]]]) -> Snapshot:
    """Files and the (name, kind) they define."""
    catalog = CatalogEditor()
    tables = []
    for number, (path, defined) in enumerate(files.items()):
        rows = [
            Symbol(name, kind, "", line, 0, line, 0, line, 1) for line, (name, kind) in enumerate(defined)
        ]
        tables.append((number, 1, packed.pack(rows, b"\n" * len(rows))))
        catalog.add([(number, path, "python")])
    built = segment.build(1, tables)
    catalog.own(built.member, built.number)
    return Snapshot("/w", "/w", (built,), catalog.publish(), 1)


def ask(found: Snapshot, typed: str, taste: Taste | None = None, limit: int = 100) -> list[tuple[str, str]]:
    """(name, path) of the hits, in order."""
    plan = query.parse(typed, Filter())
    hits, _ = symbols.search([found], plan, limit, taste or Taste(), lambda: None, mark=False)
    return [(hit.name, hit.relative_path) for hit in hits]


def names(found: Snapshot, typed: str) -> list[str]:
    return [name for name, _ in ask(found, typed)]


LADDERS = [
    # typed, names from best to worst, why
    ("getRange", ["getRange", "getrange", "get_range", "getRanges", "targetRange"], "the bands come first"),
    ("nsw", ["nsw", "NSWindow", "n_s_w"], "a name that is spelled letter by letter is no word"),
    ("date", ["date_of", "x.date_of", "x_date_of", "xDateOf", "xdateof"], "the ladder"),
    ("x1", ["x1", "x_1", "ex1_"], "digits"),
    ("gdr", ["GetDateRange", "GetDateOrRange", "GotNoDateRange"], "short gaps before long ones"),
    ("js", ["JavaScript", "JaVaScript"], "no head left out"),
    (
        "http",
        ["http_request", "xml_http", "XMLHttpRequest", "xmlhttprequest"],
        "in a run, the last capital heads",
    ),
    ("range", ["Range_of", "getRange", "get_Rxaxnxgxe"], "in one piece"),
    ("Set", ["Setup", "setup"], "case is a bonus"),
    ("set", ["setup", "Setup"], "in both directions"),
    ("make", ["maker", "makers", "making_of_e"], "shorter first"),
    ("get", ["get_a", "get_b", "get_c"], "then the alphabet"),
]


@pytest.mark.parametrize(("typed", "wanted", "why"), LADDERS, ids=[row[0] for row in LADDERS])
def test_names_are_ordered_as_the_prose_says(typed: str, wanted: list[str], why: str) -> None:
    assert names(snapshot_of(*reversed(wanted)), typed) == wanted, why


def test_an_exact_name_is_first_whatever_speaks_against_it() -> None:
    files: dict[str, list[tuple[str, int]]] = {
        f"src/m{number}.py": [(f"open{number}", SymbolKind.CLASS)] for number in range(50)
    }
    files["vendor/generated/tests/x.json"] = [("open", SymbolKind.KEY)]
    for limit in (1, 5, 100):
        assert ask(snapshot(files), "open", Taste("/w/src/m0.py"), limit)[0][0] == "open"


def test_a_typo_is_below_the_word_and_above_its_scattered_letters() -> None:
    found = names(snapshot_of("connect", "cxoxnxnxexcxt", "conect"), "connect")
    assert found == ["connect"]  # whoever typed a whole name does not want the like
    rest = ["reconnected", "conect", "conectable", "cxoxnxnxexcxt"]
    assert names(snapshot_of(*reversed(rest)), "connect") == rest


def test_a_whole_name_one_edit_away_comes_before_beginnings() -> None:
    wanted = ["permission", "PermissionDenied", "permission_classes"]
    assert names(snapshot_of(*reversed(wanted)), "premission") == wanted


def test_separators_that_a_word_begins_with_are_missed() -> None:
    named = ["__call__", *(f"actual_length_{number}" for number in range(30))]
    assert names(snapshot_of(*reversed(named)), "__acll__")[0] == "__call__"


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("K*W", ["GetKeyWord"]), ("get*word", ["GetKeyWord"]), ("get*y", []), ("operator*", ["operator*"])],
)
def test_a_star_stands_between_words(typed: str, wanted: list[str]) -> None:
    assert names(snapshot_of("GetKeyWord", "operator*", "milky_way"), typed) == wanted


def test_scattered_letters_are_left_out_where_there_is_enough_else() -> None:
    good = [f"make_thing_{number:02}" for number in range(25)]
    assert names(snapshot_of("mxaxkxex", *good), "make") == good
    assert names(snapshot_of("mxaxkxex", *good[:15]), "make") == [*good[:15], "mxaxkxex"]
    assert names(snapshot_of("mxaxkxex", *good), "make path:src kind:function") == [*good, "mxaxkxex"]


def test_a_long_name_is_found_and_marked_by_letters_far_apart() -> None:
    name = "A" + "bar" * 30 + "_foo"
    (hit,), _ = symbols.search(
        [snapshot_of(name)], query.parse("Aoo", Filter()), 5, Taste(), lambda: None, explained=True
    )
    assert hit.name == name
    assert "".join(name[start:end] for start, end in hit.matches) == "Aoo"
    assert hit.explanation is not None
    assert hit.explanation.parts == (("beyond the first 64 bytes", 48),)


PRIORS = [
    # the better and the worse place of two that match alike, and what is known of the user
    (("src/a.py", SymbolKind.CLASS), ("tests/a.py", SymbolKind.CLASS), Taste()),
    (("tests/a.py", SymbolKind.CLASS), ("vendor/a.py", SymbolKind.CLASS), Taste()),
    (("src/b.py", SymbolKind.FUNCTION), ("src/a.py", SymbolKind.VARIABLE), Taste()),
    (("src/b.py", SymbolKind.VARIABLE), ("lib/a.py", SymbolKind.VARIABLE), Taste("/w/src/c.py")),
    (("src/b.py", SymbolKind.VARIABLE), ("src/a.py", SymbolKind.VARIABLE), Taste("/w/src/b.py")),
    (
        ("src/b.py", SymbolKind.VARIABLE),
        ("src/a.py", SymbolKind.VARIABLE),
        Taste(picks=frozenset({("src/b.py", "thing_of", int(SymbolKind.VARIABLE))})),
    ),
]


@pytest.mark.parametrize(("better", "worse", "taste"), PRIORS)
def test_of_two_that_match_alike_the_likelier_is_first(
    better: tuple[str, int], worse: tuple[str, int], taste: Taste
) -> None:
    found = snapshot({path: [("thing_of", kind)] for path, kind in (worse, better)})
    assert [path for _, path in ask(found, "thing", taste)] == [better[0], worse[0]]


def test_what_is_known_of_the_user_makes_no_bad_match_good() -> None:
    found = snapshot(
        {"src/a.py": [("parse", SymbolKind.FUNCTION)], "src/b.py": [("patterns_elsewhere", SymbolKind.CLASS)]}
    )
    taste = Taste("/w/src/b.py", frozenset({("src/b.py", "patterns_elsewhere", int(SymbolKind.CLASS))}))
    assert ask(found, "pars", taste)[0][0] == "parse"


letters = st.text(st.sampled_from("abAB_1"), min_size=1, max_size=20)


@given(letters, letters)
def test_the_way_that_is_shown_is_worth_what_it_was_scored(name: str, typed: str) -> None:
    pattern = Pattern(typed)
    wanted = score.typed_letters(pattern)
    (way,) = score.ways([name.encode()], pattern)
    if not way:
        remaining = iter(name.lower())
        assert not all(letter in remaining for letter in wanted.decode().lower())
        return
    assert way == sorted(set(way))
    assert bytes(name.encode()[place] for place in way).lower() == wanted.lower()


def spread(defined: Sequence[str], parts: int, threshold: int) -> Snapshot:
    """Each name in a file of its own, the files spread over *parts* segments."""
    catalog = CatalogEditor()
    catalog.add((number, f"src/{number}.py", "python") for number in range(len(defined)))
    built = []
    usual = segment.BITMAP_THRESHOLD
    try:
        segment.BITMAP_THRESHOLD = threshold
        for part in range(parts):
            files = range(part, len(defined), parts)
            rows = [(n, 1, packed.pack([Symbol(defined[n], 12, "", 0, 0, 0, 0, 0, 1)], b"\n")) for n in files]
            built.append(segment.build(part + 1, rows))
            catalog.own(built[-1].member, built[-1].number)
    finally:
        segment.BITMAP_THRESHOLD = usual
    return Snapshot("/w", "/w", tuple(built), catalog.publish(), 1)


@given(
    st.lists(letters, min_size=1, max_size=60),
    st.one_of(letters, st.text(st.sampled_from("abAB_ "), min_size=3, max_size=8)),
    st.integers(1, 3),
    st.sampled_from([1, 5, 100]),
)
def test_the_order_does_not_depend_on_how_the_index_is_laid_out(
    defined: list[str], typed: str, parts: int, limit: int
) -> None:
    wanted = ask(spread(defined, 1, 0), typed, limit=limit)
    assert ask(spread(defined, parts, 1000), typed, limit=limit) == wanted
    assert ask(spread(defined, parts, 8), typed, limit=limit) == wanted


def cases(name: str) -> Iterator[dict[str, Any]]:
    for line in (CASES / f"{name}.jsonl").read_text().splitlines():
        case = json.loads(line)
        if case["domain"] == "identifier":
            yield case


def share(passed: Sequence[bool]) -> float:
    return sum(passed) / len(passed)


def test_real_ranking_cases() -> None:
    pairs = [case for case in cases("rank_pairs") if not case["multiword"]]
    right = {
        id(case): names(snapshot_of(case["better"], case["worse"]), case["pattern"])[:1] == [case["better"]]
        and names(snapshot_of(case["worse"], case["better"]), case["pattern"])[:1] == [case["better"]]
        for case in pairs
    }
    agreed = [case for case in pairs if case["consensus"] >= 4 / 6 - 1e-9]
    assert share([right[id(case)] for case in pairs]) >= 0.88
    assert share([right[id(case)] for case in agreed]) >= 0.97


def test_real_acceptance_cases() -> None:
    accepted: list[bool] = []
    wrong: list[tuple[str, str]] = []
    for case in cases("match_cases"):
        typed, name = case["pattern"], case["candidate"]
        if case["contradicted"] or not name:
            continue
        found = matches_without_typo(typed, name)
        if case["kind"] == "match":
            accepted.append(found)
        elif case["strictness"] == "hard" and found:
            wrong.append((typed, name))
    assert wrong == []
    assert share(accepted) >= 0.99


def matches_without_typo(typed: str, name: str) -> bool:
    plan = query.parse(typed, Filter())
    hits, _ = symbols.search([snapshot_of(name)], plan, 10, Taste(), lambda: None, explained=True)
    return any(hit.explanation and "typo" not in hit.explanation.band for hit in hits)


@given(st.lists(letters, min_size=1, max_size=8, unique=True), letters)
def test_every_score_explains_itself(defined: list[str], typed: str) -> None:
    found, plan = snapshot_of(*defined, path="tests/a.py"), query.parse(typed, Filter())
    hits, _ = symbols.search([found], plan, 10, Taste("/w/tests/b.py"), lambda: None, explained=True)
    for hit in hits:
        why = hit.explanation
        assert why is not None
        assert sum(points for _, points in why.parts) == why.points
        factors = dict(why.factors)
        added = factors.pop("called like its file, near, picked or changed lately (added)")
        assert why.prior == pytest.approx(math.prod(factors.values()) + added, abs=0.002)


def test_an_explanation_reads_like_the_prose() -> None:
    plan = query.parse("gdR", Filter())
    (hit,), _ = symbols.search([snapshot_of("getDateRange")], plan, 10, Taste(), lambda: None, explained=True)
    assert hit.explanation is not None
    assert hit.explanation.band == "a part of the name"
    assert hit.explanation.parts == (
        ("'g' at 0: start of the name, first", 37),
        ("'d' at 3: hump, after a gap of 2", 19),
        ("'R' at 7: hump, after a gap of 3", 19),
    )
    assert hit.explanation.factors == (("own code", 1.0), ("kind", 1.0))
