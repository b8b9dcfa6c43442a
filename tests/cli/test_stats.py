"""``lsp-search stats``: the figures of an index as it is."""

from __future__ import annotations

import time
from typing import Any

from .conftest import INDEXED, Tree


def test_json_is_the_answer_of_the_protocol(first_run: tuple[Tree, dict[str, Any]]) -> None:
    tree, said = first_run
    figures = tree.run("stats", "--json").json
    assert set(figures) == {"index", "latency", "cache", "memory", "watcher", "queue", "alerts"}
    index = figures["index"]
    members = {"files", "symbols", "textFiles", "languages", "storeBytes", "generation", "lastUpdate"}
    assert set(index) == members
    assert {key: index[key] for key in ("files", "symbols", "languages")} == {
        key: said[key] for key in ("files", "symbols", "languages")
    }
    assert index["storeBytes"] > 0
    assert time.time() - 3600 < index["lastUpdate"] <= time.time()


def test_tables_for_people(indexed: Tree) -> None:
    lines = [" ".join(line.split()) for line in indexed.run("stats").lines]
    assert lines[0] == str(indexed.root)
    assert {f"files {INDEXED}", "python 3", "typescript 1"} <= set(lines)


def test_nothing_is_indexed_for_it(tree: Tree) -> None:
    done = tree.run("stats", "--json")
    assert done.json["index"]["files"] == 0
    assert "is not indexed yet" in done.errors
