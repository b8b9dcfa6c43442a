"""``lsp-search picks``: what was learned, shown, exported and forgotten."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from lsp_search.model import SearchRequest
from lsp_search.workspace import Workspace

from .conftest import Tree, held


@pytest.fixture
def picked(tree: Tree) -> Tree:
    """Where somebody looked for "sta" and opened Start, twice."""
    workspace = Workspace([tree.root], store_dir=tree.store, watch=False)
    with closing(workspace):
        workspace.start()
        workspace.sync()
        for _ in range(2):
            hits = workspace.search(SearchRequest("Sta")).hits
            place = next(at for at, hit in enumerate(hits) if hit.name == "Start")
            workspace.picked("Sta", hits[place].id, place)
            workspace.report()
    return tree


def test_json_holds_all_that_is_kept(picked: Tree) -> None:
    said = picked.run("picks", "--json").json
    assert set(said) == {"root", "halfLifeDays", "picks", "queries", "lists", "weights"}
    assert (said["root"], said["halfLifeDays"], said["lists"]) == (str(picked.root), 14, 2)
    [pick] = said["picks"]
    assert 1.9 < pick.pop("score") <= 2
    assert pick.pop("lastPicked") > 0
    item = {"path": "src/server.go", "kind": "function", "containerName": "", "name": "Start"}
    assert pick == {**item, "count": 2}
    [query] = said["queries"]
    assert 1.9 < query.pop("score") <= 2
    assert query == {**item, "query": "sta"}
    assert said["weights"]["remembered"]["used"] == said["weights"]["remembered"]["byHand"] > 0


def test_tables_for_people(picked: Tree) -> None:
    lines = [" ".join(line.split()) for line in picked.run("picks").lines]
    assert lines[0] == str(picked.root)
    assert "Start src/server.go 2.00 sta" in lines
    assert any(line.startswith("Start src/server.go 2.00 2 20") for line in lines)


def test_nothing_was_picked(tree: Tree) -> None:
    assert tree.run("picks", "--json").json["picks"] == []
    assert tree.run("picks").lines[1] == "  nothing was picked yet"
    assert tree.run("picks", "--reset", "--yes").lines == ["0 picks forgotten"]
    assert tree.stores == []


def test_the_export_is_what_json_prints(picked: Tree) -> None:
    file = picked.store.parent / "picks.json"
    done = picked.run("picks", "--export", str(file))
    assert (done.status, done.lines) == (0, [])
    assert "1 picks written" in done.errors
    told, said = json.loads(file.read_text()), picked.run("picks", "--json").json
    for one in (*told["picks"], *told["queries"], *said["picks"], *said["queries"]):
        del one["score"]
    assert told == said
    assert file.stat().st_mode & 0o077 == 0


def test_a_reset_asks_first(picked: Tree) -> None:
    refused = picked.run("picks", "--reset")
    assert refused.status != 0
    assert "Forget 1 picks" in refused.errors
    assert len(picked.run("picks", "--json").json["picks"]) == 1
    assert picked.run("picks", "--reset", "--yes", "--json").json == {"forgotten": 1}
    said = picked.run("picks", "--json").json
    assert (said["picks"], said["queries"], said["lists"]) == ([], [], 0)
    assert picked.run("stats", "--json").json["index"]["files"] > 0


def test_while_a_server_runs_picks_are_shown_but_not_forgotten(picked: Tree) -> None:
    with held(picked):
        assert len(picked.run("picks", "--json").json["picks"]) == 1
        refused = picked.run("picks", "--reset", "--yes")
        assert refused.status == 1
        assert "in use by another lsp-search" in refused.errors


@pytest.mark.parametrize("arguments", [["--yes"], ["--reset", "--export", "x.json"], ["no/such/folder"]])
def test_wrong_usage_is_one_line(tree: Tree, arguments: list[str]) -> None:
    done = tree.run("picks", *arguments)
    assert done.status == 2
    assert len(done.errors.splitlines()) == 1
