"""The order that picks teach: exact names first whatever was picked, scores that fall, weights that must prove themselves."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.index import schema
from lsp_search.index.picks import Item, Kept, Picks, ShownList
from lsp_search.model import Explanation, Hit, SearchRequest, SymbolKind
from lsp_search.search import learner, learning
from lsp_search.search.learner import Learner
from lsp_search.search.learning import BUT_FORM, DRIFT, EXACT, FEATURES, HAND, OTHER, Lesson
from lsp_search.search.symbols import identity
from tests.conftest import Opener, names

NOW = 1_700_000_000.0


def hits(*defined: str) -> list[Hit]:
    """In base order; the files are numbered."""
    return [
        Hit(
            identity(f"f{place}.py", 12, "", name),
            name,
            12,
            "",
            "python",
            f"/w/f{place}.py",
            f"f{place}.py",
            0,
            0,
            0,
            0,
            round(1 - place * 0.003, 5),
        )
        for place, name in enumerate(defined)
    ]


def taught(*picked: tuple[str, Hit], weights: str = "") -> learner.Taught:
    connection = sqlite3.connect(":memory:")
    schema.migrate(connection)
    picks = Picks(connection)
    one = Learner(lambda: NOW)
    for typed, hit in picked:
        told = one.picked(typed, hit.id)
        assert told is not None
        told[2](picks)
    if weights:
        picks.set_weights(weights)
    return one.taught([("/w", picks.kept())])


def ordered(view: learner.Taught, typed: str, found: list[Hit]) -> list[Hit]:
    return view.reordered(found, typed, None, [], len(found))


# -- the order -------------------------------------------------------------------------------------


def test_without_picks_nothing_moves() -> None:
    found = hits("abc", "ABC", "ab_c", *(f"abcd{number}" for number in range(200)))
    assert ordered(taught(), "abc", found) == found
    assert ordered(taught(("other", hits("other")[0])), "abc", found) == found


def test_what_was_picked_for_a_query_rises_to_its_head() -> None:
    found = hits(*(f"name{number}" for number in range(40)))
    assert ordered(taught(("na", found[30])), "na", found)[0].name == "name30"
    risen = ordered(taught(("other", found[5])), "na", found)  # a habit, but not of this query
    assert 0 < [hit.name for hit in risen].index("name5") < 5


def test_exact_names_stay_first_whatever_was_picked() -> None:
    found = hits("user", "user", "User", "use_r", "users", "user_name")
    view = taught(*[("user", found[place]) for place in (5, 5, 5, 4, 3, 3, 1)])
    assert [hit.relative_path for hit in ordered(view, "user", found)] == [
        f"f{place}.py" for place in (1, 0, 3, 2, 5, 4)
    ]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("getRange", [EXACT, BUT_FORM, OTHER]),
        ("get_range kind:function", [BUT_FORM, EXACT, OTHER]),
        ("Dates.getRange", [EXACT, BUT_FORM, OTHER]),
        ("^getRange$", [EXACT, BUT_FORM, OTHER]),
        ("get range", [OTHER, OTHER, OTHER]),
        ("-getRange", [OTHER, OTHER, OTHER]),
        ("", [OTHER, OTHER, OTHER]),
    ],
)
def test_levels(typed: str, expected: list[int]) -> None:
    found = learning.levels(hits("getRange", "get_range", "getRanges"), typed).tolist()
    assert found == (expected if expected[0] <= expected[1] else [BUT_FORM, BUT_FORM, OTHER])


def test_an_exact_name_further_down_keeps_the_order_of_the_list() -> None:
    assert learning.levels(hits("save_all", "save"), "how to save").tolist() == [OTHER, OTHER]


def test_an_explanation_says_what_moved() -> None:
    found = hits("name1", "name2")
    why = Explanation("a part", 5, (("x", 5),), 0, 1.0, (("kind", 1.0),))
    found = [
        Hit(**{**{key: getattr(hit, key) for key in hit.__slots__}, "explanation": why}) for hit in found
    ]
    first, second = ordered(taught(("na", found[1])), "na", found)
    assert first.explanation is not None
    assert first.explanation.factors[-1] == ("places up by what you picked", 1)
    assert second.explanation is not None
    assert second.explanation.factors[-1] == ("places up by what you picked", -1)


weights_ = st.lists(st.floats(-9, 9), min_size=len(FEATURES), max_size=len(FEATURES))
names_ = st.lists(st.sampled_from(["user", "User", "USER", "use_r", "users", "usual", "réuser"]), max_size=25)


@given(
    names_, st.sampled_from(["user", "User", "us", "x"]), weights_, st.lists(st.integers(0, 24), max_size=6)
)
def test_any_order_is_a_permutation_with_exact_names_first(
    defined: list[str], typed: str, weights: list[float], picked: list[int]
) -> None:
    rank = {
        name: 0 if name == typed else 1 if learning._bare(name) == learning._bare(typed) else 2
        for name in defined
    }
    found = hits(*sorted(defined, key=rank.__getitem__))
    told = learning.written(np.array(weights, np.float32))
    view = taught(*[(typed, found[place]) for place in picked if place < len(found)], weights=told)
    after = ordered(view, typed, found)
    assert sorted(hit.id for hit in after) == sorted(hit.id for hit in found)
    assert [rank[hit.name] for hit in after] == sorted(rank[hit.name] for hit in found)
    scores = [hit.score for hit in after]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


# -- what a pick teaches ---------------------------------------------------------------------------


def test_a_pick_teaches_what_it_was_preferred_to() -> None:
    found = hits("user", *(f"user{number}" for number in range(9)))
    one, picks = Learner(lambda: NOW), taught_table()
    one.taught([("/w", Kept())]).reordered(found, "user", None, [], 8)
    told = one.picked("user", found[3].id)
    assert told is not None
    path, item, write = told
    assert (path, item) == ("/w/f3.py", Item("f3.py", 12, "", "user2"))
    write(picks)
    [shown] = picks.lists()
    lesson = learning.read(shown)
    assert lesson is not None
    assert (len(lesson.matrix), lesson.picked, lesson.rank) == (6, 2, 4)  # its level: without the exact name
    assert lesson.matrix[:, 1] == pytest.approx([1 / place for place in range(2, 8)], rel=1e-3)


def taught_table() -> Picks:
    connection = sqlite3.connect(":memory:")
    schema.migrate(connection)
    return Picks(connection)


@pytest.mark.parametrize("typed", ["", "forgotten"])
def test_a_pick_from_no_known_list_teaches_what_was_picked(typed: str) -> None:
    told, picks = Learner(lambda: NOW).picked(typed, hits("user")[0].id), taught_table()
    assert told is not None
    assert told[0] is None
    told[2](picks)
    assert [pick.item.name for pick in picks.kept().picks] == ["user"]
    assert [memory.query for memory in picks.kept().memories] == [typed] * bool(typed)
    assert picks.lists() == []


def test_only_so_many_lists_are_kept() -> None:
    one, found = Learner(lambda: NOW), hits("user1", "user2")
    for number in range(100):
        one.taught([("/w", Kept())]).reordered(found, f"u{number}", None, [], 2)
    assert len(one._lists) == learner._LISTS


def test_what_another_version_wrote_is_passed_over() -> None:
    for features in (b"", b"x", b"\0" * 2 * len(FEATURES), b"\xff" * 6 * len(FEATURES)):
        assert learning.read(ShownList(NOW, 0, features)) is None
    assert learning.parsed("no json").tolist() == HAND.tolist()
    assert learning.parsed("[1]").tolist() == HAND.tolist()
    assert learning.parsed('{"score": NaN, "place": "x", "near": 1e9}').tolist() == HAND.tolist()


# -- the weights -----------------------------------------------------------------------------------


def lessons(count: int, wanted: str, rank: int = 3) -> list[Lesson]:
    """Picks at *rank* (from 1) of what alone has the feature *wanted*."""
    lots = np.random.default_rng(1)
    found: list[Lesson] = []
    for _ in range(count):
        matrix = np.zeros((6, len(FEATURES)), np.float32)
        matrix[:, FEATURES.index("score")] = np.linspace(0.9, 0.88, 6)
        matrix[:, FEATURES.index("place")] = 1 / np.arange(4, 10)
        matrix[:, FEATURES.index("short name")] = lots.random(6) / 2
        matrix[rank - 1, FEATURES.index(wanted)] = 1
        found.append(Lesson(matrix, rank - 1, rank))
    return found


def test_picks_move_their_weight_within_bounds() -> None:
    place = FEATURES.index("type or function")
    once, often = (
        learning.trained(HAND, lessons(1, "type or function")),
        learning.trained(HAND, lessons(3000, "type or function")),
    )
    assert HAND[place] < once[place] < often[place] <= HAND[place] + DRIFT[place]
    assert (np.abs(often - HAND) <= DRIFT + 1e-6).all()


def test_what_stood_low_counts_more_but_not_without_bounds() -> None:
    matrix = lessons(1, "near")[0].matrix
    weights = [Lesson(matrix, 2, rank).weight for rank in (1, 4, 100, 10_000)]
    assert weights == [1, 2, 3, 3]


def test_weights_that_prove_themselves_are_used() -> None:
    told = lessons(120, "type or function")
    weights = learning.replayed(told, HAND)
    assert learning.mean_reciprocal_rank(weights, told) > learning.mean_reciprocal_rank(HAND, told)


def test_too_few_picks_teach_no_weights() -> None:
    assert learning.replayed(lessons(learning.LEAST - 1, "near"), HAND) is HAND


def test_harmful_weights_are_refused() -> None:
    told = lessons(60, "type or function", rank=1)
    harmful = HAND.copy()
    harmful[FEATURES.index("type or function")] = -0.3
    assert learning.mean_reciprocal_rank(harmful, told) < learning.mean_reciprocal_rank(HAND, told)
    assert learning.chosen(harmful, HAND, told, lambda: harmful) is HAND
    assert learning.chosen(harmful, harmful, told, lambda: harmful) is HAND  # nor do they stay in use


def test_what_changed_since_is_not_learned_from_the_past() -> None:
    before, since = lessons(80, "foreign code"), lessons(40, "foreign code")
    turned = []
    for one in since:
        matrix = one.matrix.copy()
        matrix[[0, 2]] = matrix[[2, 0]]
        matrix[:, :2] = one.matrix[:, :2]
        turned.append(Lesson(matrix, 1, 2))  # now somebody picks what stands beside it
    weights = learning.replayed([*before, *turned], HAND)
    assert learning.mean_reciprocal_rank(weights, turned) >= learning.mean_reciprocal_rank(HAND, turned)


# -- through the façade ----------------------------------------------------------------------------


def test_exact_names_stay_first_in_answers(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    for _ in range(3):
        found = workspace.search(SearchRequest("User", mode="symbol")).hits
        place = next(at for at, hit in enumerate(found) if hit.name == "UserGroup")
        workspace.picked("User", found[place].id, place)
        workspace.report()
    assert names(workspace, "User")[:2] == ["User", "UserGroup"]
    assert names(workspace, "use")[0] == "UserGroup"


def test_a_limit_shows_what_stood_beyond_it(tree: Path, opened: Opener) -> None:
    (tree / "many.py").write_text("".join(f"def thing_{number:03}(): ...\n" for number in range(150)))
    workspace = opened(tree)
    found = workspace.search(SearchRequest("thing", mode="symbol", limit=150)).hits
    workspace.picked("thing", found[120].id, 120)
    workspace.report()
    answer = workspace.search(SearchRequest("thing", mode="symbol", limit=5))
    assert [answer.hits[0].name, len(answer.hits), answer.is_incomplete] == [found[120].name, 5, True]
    assert answer.hits[0].kind == SymbolKind.FUNCTION


def test_answers_by_meaning_are_learned_too(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    request = SearchRequest("getting started with users", mode="hybrid")
    found = workspace.search(request).hits
    assert len(found) > 1
    workspace.picked(request.query, found[-1].id, len(found) - 1)
    workspace.report()
    assert workspace.search(request).hits[0].id == found[-1].id


def test_files_are_learned_too(tree: Path, opened: Opener) -> None:
    for name in ("a", "b", "c"):
        (tree / f"{name}_notes.md").write_text("text\n")
    workspace = opened(tree)
    found = workspace.search(SearchRequest("file:notes")).hits
    workspace.picked("file:notes", found[2].id, 2)
    workspace.report()
    assert workspace.search(SearchRequest("file:notes")).hits[0].relative_path == "c_notes.md"
