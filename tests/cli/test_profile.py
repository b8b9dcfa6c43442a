"""``lsp-search profile``: spans, findings, flame graphs, and an index that is left alone."""

from __future__ import annotations

import json

from .conftest import INDEXED, Tree


def test_a_rebuild_measures_indexing_and_disturbs_nothing(tree: Tree) -> None:
    told = tree.run("profile", "--rebuild", "--queries", "2", "--json").json
    assert set(told) == {"seconds", "spans", "queries", "files", "advice"}
    spans = {row["name"]: row for row in told["spans"]}
    assert spans["index.extract"]["count"] == INDEXED
    assert spans["search"]["count"] > 2
    assert tree.stores == []


def test_an_index_that_is_up_to_date_is_not_read_again(indexed: Tree) -> None:
    told = indexed.run("profile", "--queries", "1", "--json").json
    assert "index.extract" not in {row["name"] for row in told["spans"]}
    assert told["files"] == []


def test_for_people(tree: Tree) -> None:
    lines = [" ".join(line.split()) for line in tree.run("profile", "--rebuild", "--queries", "1").lines]
    assert {"Spans", "Queries by class", "Slowest files to extract", "Findings: none"} <= set(lines)
    assert any(line.startswith("src/app.py python ") for line in lines)


def test_a_flame_graph(tree: Tree) -> None:
    file = tree.store.parent / "flame.json"
    done = tree.run("profile", "--rebuild", "--queries", "1", "--speedscope", str(file))
    assert done.status == 0, done.errors
    graph = json.loads(file.read_text())
    assert graph["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert [profile["name"] for profile in graph["profiles"]] == ["queries", "indexing"]


def test_an_empty_folder(tree: Tree) -> None:
    empty = tree.root / "empty"
    empty.mkdir()
    told = tree.run("profile", str(empty), "--json").json
    assert (told["queries"], told["files"], told["advice"]) == ([], [], [])
