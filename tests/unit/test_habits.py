"""What is kept of picks: frecency, remembered queries, who inherits; and that restarts and rebuilds keep it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search import stores
from lsp_search.index import picks, schema
from lsp_search.index.picks import HALF_LIFE, Item, Picks, together, worth
from lsp_search.index.snapshot import Catalog, Snapshot
from lsp_search.model import Hit, SearchRequest, SymbolKind
from lsp_search.search.habits import Habits, folded, item_of
from lsp_search.search.symbols import identity
from lsp_search.settings import SearchSettings, Settings
from lsp_search.workspace import Workspace
from tests.conftest import Opener, names

NOW = 1_700_000_000.0
DAY = 86400.0


def table() -> Picks:
    connection = sqlite3.connect(":memory:")
    schema.migrate(connection)
    return Picks(connection)


def item(name: str, path: str = "a.py", container: str = "") -> Item:
    return Item(path, int(SymbolKind.FUNCTION), container, name)


def hit(name: str, path: str = "a.py", container: str = "") -> Hit:
    kind = int(SymbolKind.FUNCTION)
    known = identity(path, kind, container, name)
    return Hit(known, name, kind, container, "python", f"/w/{path}", path, 0, 0, 0, 0, 0.5)


def snapshot(*paths: str) -> Snapshot:
    return Snapshot("/w", catalog=replace(Catalog.empty(), paths=list(paths)))


def frecencies(kept: Picks, hits: list[Hit], now: float, *paths: str) -> list[float]:
    known = Habits([("/w", kept.kept())]).known(hits, "", [snapshot(*paths)], now)
    return [float(one) for one in known.item]


# -- frecency --------------------------------------------------------------------------------------


def test_a_pick_counts_half_after_the_half_life() -> None:
    kept = table()
    kept.add(item("once"), NOW)
    [pick] = kept.kept().picks
    assert worth(pick.one_at, NOW) == pytest.approx(1)
    assert worth(pick.one_at, NOW + HALF_LIFE) == pytest.approx(0.5)


def test_picks_add_up_and_the_order_stays_whatever_the_time() -> None:
    kept = table()
    for day in range(4):
        kept.add(item("often"), NOW + day * DAY)
    kept.add(item("late"), NOW + 5 * DAY)
    kept.add(item("old"), NOW - 60 * DAY)
    [often] = [pick for pick in kept.kept().picks if pick.item.name == "often"]
    sum_ = sum(2 ** -((5 - day) * DAY / HALF_LIFE) for day in range(4))
    assert worth(often.one_at, NOW + 5 * DAY) == pytest.approx(sum_)
    assert often.times == 4
    for later in (5, 100):
        often_, late, old = frecencies(
            kept, [hit("often"), hit("late"), hit("old")], NOW + later * DAY, "a.py"
        )
        assert often_ > late > old


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
def test_any_clock_gives_numbers(one: float, other: float) -> None:
    assert together(one, other) >= max(one, other)
    assert worth(together(one, other), NOW) >= 0


def test_what_is_worth_least_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picks, "KEPT", 3)
    monkeypatch.setattr(picks, "KEPT_QUERIES", 2)
    monkeypatch.setattr(picks, "KEPT_LISTS", 2)
    kept = table()
    for number in range(6):
        kept.add(item("always"), NOW + number)
        kept.add(item(f"once{number}"), NOW + number)
        kept.remember(f"q{number}", item("always"), NOW + number)
        kept.add_list(picks.ShownList(NOW + number, 0, b""))
    assert {pick.item.name for pick in kept.kept().picks} == {"always", "once4", "once5"}
    assert [memory.query for memory in kept.kept().memories] == ["q4", "q5"]
    assert [shown.picked_at for shown in kept.lists()] == [NOW + 4, NOW + 5]


def test_older_stores_keep_their_picks_and_counts() -> None:
    connection = sqlite3.connect(":memory:")
    for migration in schema._MIGRATIONS[:2]:
        for statement in migration:
            connection.execute(statement)
    connection.execute("PRAGMA user_version = 2")
    connection.execute("INSERT INTO picks VALUES (?, 'often', 12, ?, 5)", (b"a.py", NOW))
    connection.commit()
    before = Picks(connection).kept()
    schema.migrate(connection)
    [pick] = Picks(connection).kept().picks
    assert before.picks == (pick,)
    assert (pick.item, pick.picked_at, pick.times) == (item("often"), NOW, 5)
    assert worth(pick.one_at, NOW) == pytest.approx(4)


def test_all_is_carried_into_another_store() -> None:
    kept, other = table(), table()
    kept.add(item("once"), NOW)
    kept.remember("on", item("once"), NOW)
    kept.add_list(picks.ShownList(NOW, 1, b"xy"))
    kept.set_weights("{}")
    other.restore(kept.rows())
    assert other.rows() == kept.rows()
    other.reset()
    assert not any(other.rows().values())


# -- remembered queries ------------------------------------------------------------------------------


def remembered(kept: Picks, typed: str, *hits: Hit) -> list[float]:
    known = Habits([("/w", kept.kept())]).known(hits, typed, [snapshot("a.py")], NOW)
    return [float(one) for one in known.remembered]


def test_a_query_is_remembered_for_itself_and_its_beginnings() -> None:
    kept = table()
    kept.add(item("getDateRange"), NOW)
    kept.remember(folded("GetD"), item("getDateRange"), NOW)
    (whole,), (beginning,), (short,) = (
        remembered(kept, typed, hit("getDateRange")) for typed in ("getD", "get", "ge")
    )
    assert whole > beginning > short > 0
    for typed in ("g", "getDa", "other", ""):
        assert remembered(kept, typed, hit("getDateRange")) == [0]
    assert remembered(kept, "getd", hit("other")) == [0]


def test_many_picks_say_more_than_one_and_late_ones_more_than_old() -> None:
    kept = table()
    for name, days in (("often", (1, 2, 3)), ("once", (1,)), ("old", (90,))):
        for day in days:
            kept.add(item(name), NOW - day * DAY)
            kept.remember("q", item(name), NOW - day * DAY)
    often, once, old = remembered(kept, "q", hit("often"), hit("once"), hit("old"))
    assert 1 > often > once > old > 0


def test_what_was_pasted_is_not_remembered() -> None:
    assert folded("x" * 65) == ""
    assert folded("  Get   RANG ") == "get rang"


# -- names and heirs -------------------------------------------------------------------------------


def test_ids_name_items() -> None:
    path = "dir/naïve \udcff.py"
    assert item_of(identity(path, 5, "A", "b")) == Item(path, 5, "A", "b")
    for part in ("file", "part\t12", "line\t3\tx"):
        assert item_of(f"a%20b.md\t{part}") == Item.file("a b.md")
    assert item_of("no such id") is None
    assert item_of("") is None


def test_what_moved_to_another_file_inherits() -> None:
    kept = table()
    kept.add(item("helper", "old.py", "Tools"), NOW)
    moved, other = hit("helper", "new.py", "Tools"), hit("helper", "new.py", "Other")
    assert frecencies(kept, [moved, other], NOW, "new.py") == [0.5, 0]
    assert frecencies(kept, [moved], NOW, "new.py", "old.py") == [0]  # it is still where it was
    assert frecencies(kept, [moved, hit("helper", "b.py", "Tools")], NOW, "new.py", "b.py") == [0, 0]


def test_an_heir_adds_its_own() -> None:
    kept = table()
    kept.add(item("helper", "old.py"), NOW)
    kept.add(item("helper", "new.py"), NOW)
    assert frecencies(kept, [hit("helper", "new.py")], NOW, "new.py") == [pytest.approx(2 / 3)]


# -- through the façade ----------------------------------------------------------------------------


def pick(workspace: Workspace, typed: str, name: str, path: str = "") -> None:
    hits = workspace.search(SearchRequest(typed, mode="symbol")).hits
    place = next(at for at, one in enumerate(hits) if one.name == name and one.path.endswith(path))
    workspace.picked(typed, hits[place].id, place)
    workspace.report()  # by now it is written


def first(workspace: Workspace, typed: str) -> str:
    return names(workspace, typed)[0]


def test_what_was_picked_for_a_query_comes_first_and_a_restart_keeps_that(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    assert first(workspace, "use") != "UserClient"
    pick(workspace, "use", "UserClient")
    assert [first(workspace, typed) for typed in ("use", "USE", "us")] == ["UserClient"] * 3
    workspace.close()
    assert first(opened(tree), "use") == "UserClient"


def test_a_renamed_file_takes_its_picks_along(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    pick(workspace, "use", "UserClient")
    (tree / "web").rename(tree / "site")
    workspace.sync(30)
    hit_ = workspace.search(SearchRequest("use", mode="symbol")).hits[0]
    assert (hit_.name, hit_.relative_path) == ("UserClient", "site/client.ts")


def test_off_neither_records_nor_uses(tree: Path, opened: Opener, tmp_path: Path) -> None:
    workspace = opened(tree)
    before = names(workspace, "use")
    pick(workspace, "use", "UserClient")
    unlearning = Settings(search=SearchSettings(learn=False))
    workspace.configure(unlearning)
    assert names(workspace, "use") == before
    assert names(workspace, "") == []
    pick(workspace, "use", "UserGroup")
    workspace.configure(Settings())
    assert first(workspace, "use") == "UserClient"
    workspace.close()
    rows = stores.learned(tmp_path / "store", tree)
    assert [row[3] for row in rows["picks"]] == ["UserClient"]


def test_a_rebuild_keeps_habits_and_forgetting_does_not(tree: Path, opened: Opener, tmp_path: Path) -> None:
    workspace = opened(tree)
    pick(workspace, "use", "UserClient")
    workspace.close()
    stores.empty(tmp_path / "store", tree)
    workspace = opened(tree)
    assert first(workspace, "use") == "UserClient"
    workspace.forget_picks()
    workspace.report()
    assert first(workspace, "use") != "UserClient"


def test_a_broken_database_gives_its_picks_to_the_next(tree: Path, opened: Opener, tmp_path: Path) -> None:
    workspace = opened(tree)
    pick(workspace, "use", "UserClient")
    workspace.close()
    stored = stores.find(tmp_path / "store", tree)
    assert stored is not None
    connection = sqlite3.connect(stored.folder / "index.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert first(opened(tree), "use") == "UserClient"
