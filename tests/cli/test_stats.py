"""``lsp-search stats``: the figures of an index as it is."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from lsp_search.model import SearchRequest
from lsp_search.workspace import Workspace

from .conftest import INDEXED, Tree


def test_json_is_the_answer_of_the_protocol(first_run: tuple[Tree, dict[str, Any]]) -> None:
    tree, said = first_run
    figures = tree.run("stats", "--json").json
    assert set(figures) >= {"index", "latency", "cache", "memory", "watcher", "queue", "alerts"}
    index = figures["index"]
    members = {"files", "symbols", "textFiles", "languages", "storeBytes", "generation", "lastUpdate"}
    assert set(index) >= members
    assert {key: index[key] for key in ("files", "symbols", "languages")} == {
        key: said[key] for key in ("files", "symbols", "languages")
    }
    assert index["storeBytes"] > 0
    assert time.time() - 3600 < index["lastUpdate"] <= time.time()


def test_tables_for_people(indexed: Tree) -> None:
    lines = [" ".join(line.split()) for line in indexed.run("stats").lines]
    assert lines[0] == str(indexed.root)
    assert {f"files {INDEXED}", "python 3", "typescript 1"} <= set(lines)


def test_what_a_server_noted_is_shown(tree: Tree) -> None:
    with contextlib.closing(Workspace([tree.root], store_dir=tree.store, watch=False)) as server:
        server.meter.keep_history()
        server.start()
        server.sync()
        for _ in range(3):
            server.search(SearchRequest("main", "symbol"))
    figures = tree.run("stats", "--json").json
    assert figures["latency"]["search.symbol"]["count"] == 3
    assert figures["latency"]["search.symbol"]["p50Ms"] > 0
    lines = [" ".join(line.split()) for line in tree.run("stats").lines]
    assert any(line.startswith("search.symbol 3 ") for line in lines)
    (day,) = [line.split() for line in lines if line.startswith("day ")]
    assert day[1] == "3"
    assert day[6] == str(INDEXED + 1)  # the binary file was looked at, too


def test_what_commands_do_is_no_history(indexed: Tree) -> None:
    indexed.run("search", "main")
    assert indexed.run("stats", "--json").json["latency"] == {}


def test_nothing_is_indexed_for_it(tree: Tree) -> None:
    done = tree.run("stats", "--json")
    assert done.json["index"]["files"] == 0
    assert "is not indexed yet" in done.errors
