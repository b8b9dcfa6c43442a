"""Profiles: what adds up, what is kept, and what a flame graph holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lsp_search.indexing.costs import Costs
from lsp_search.indexing.wire import Outcome
from lsp_search.insight.profile import speedscope
from lsp_search.model import SearchRequest
from lsp_search.workspace import Workspace
from tests.conftest import Opener

SECRET = "list_users"


def busy(tree: Path, opened: Opener) -> Workspace:
    workspace = opened(tree)
    for query, mode in (
        (SECRET, "symbol"),
        ("User", "symbol"),
        ("return User", "text"),
        ("a user group", "hybrid"),
    ):
        workspace.search(SearchRequest(query, mode))  # type: ignore[arg-type]
    return workspace


def test_own_times_add_up_to_the_queries(tree: Path, opened: Opener) -> None:
    spans = {row["name"]: row for row in busy(tree, opened).meter.profile()["spans"]}
    queries = {name: row for name, row in spans.items() if not name.startswith("index.")}
    assert queries["search"]["count"] == 4
    assert abs(sum(row["selfMs"] for row in queries.values()) - queries["search"]["totalMs"]) < 0.05
    assert {"parse", "match", "rank", "fuse", "read"} <= set(queries)
    assert spans["index.extract"]["count"] == 5
    assert spans["index.extract"]["totalMs"] > 0


def test_queries_by_class(tree: Path, opened: Opener) -> None:
    profile = busy(tree, opened).meter.profile()
    classes = {(row["mode"], row["characters"], row["words"]): row["count"] for row in profile["queries"]}
    assert classes == {
        ("symbol", "9-16", "1"): 1,
        ("symbol", "3-4", "1"): 1,
        ("text", "9-16", "2"): 1,
        ("hybrid", "9-16", "3-4"): 1,
    }
    assert SECRET not in str(profile)
    totals = [row["totalMs"] for row in profile["queries"]]
    assert totals == sorted(totals, reverse=True)


def test_files_by_what_they_took(tree: Path, opened: Opener) -> None:
    files = busy(tree, opened).meter.profile()["files"]
    assert {row["path"] for row in files} == {
        *("app/models.py", "app/views.py", "core/engine.c", "web/client.ts", "README.md")
    }
    assert {row["root"] for row in files} == {os.path.realpath(tree)}
    assert [row["ms"] for row in files] == sorted((row["ms"] for row in files), reverse=True)


def test_only_the_last_seconds(tree: Path, opened: Opener) -> None:
    profile = busy(tree, opened).meter.profile(0.0)
    assert profile["seconds"] == 0.0
    assert profile["queries"] == []


def test_what_is_not_read_again_takes_no_time(tree: Path, opened: Opener) -> None:
    opened(tree).close()
    assert opened(tree).meter.profile()["files"] == []


def test_a_flame_graph_is_well_formed(tree: Path, opened: Opener) -> None:
    """By the rules of speedscope's format: every frame that opens closes, inside those that opened before it."""
    graph = speedscope("tree", busy(tree, opened).meter.evidence()[0])
    names = [frame["name"] for frame in graph["shared"]["frames"]]
    queries, indexing = graph["profiles"]
    assert (queries["type"], indexing["type"]) == ("evented", "sampled")
    open_: list[int] = []
    last = queries["startValue"]
    for event in queries["events"]:
        assert event["at"] >= last - 1e-9
        last = event["at"]
        if event["type"] == "O":
            open_.append(event["frame"])
        else:
            assert open_.pop() == event["frame"]
    assert open_ == []
    assert abs(last - queries["endValue"]) < 1e-9
    roots = [names[event["frame"]] for event in queries["events"] if event["type"] == "O"]
    assert {"search (symbol)", "search (text)", "search (hybrid)", "match"} <= set(roots)
    stacks = [[names[frame] for frame in stack] for stack in indexing["samples"]]
    assert ["extract", "python", "app/models.py"] in stacks
    assert len(indexing["weights"]) == len(stacks)
    assert abs(sum(indexing["weights"]) - indexing["endValue"]) < 1e-9
    assert SECRET not in str(graph)


# Costs


def _outcome(seconds: float, language: str = "python", **more: Any) -> Outcome:
    return Outcome(0, "symbols", 100, language=language, extract_seconds=seconds, **more)


def test_minutes_are_told_apart_and_older_ones_summed() -> None:
    now = [0.0]
    costs = Costs(lambda: now[0])
    for minute in range(40):
        now[0] = minute * 60.0
        costs.looked_at(f"src/file{minute}.py", _outcome(minute / 10))
    assert costs.since(39 * 60).files == 1
    assert costs.since(37 * 60 + 1).files == 3
    assert costs.since(0).files == 40
    assert costs.since(0).slowest[0].seconds == 0.0
    assert max(costs.since(0).slowest).path == "src/file39.py"


def test_folders_languages_and_builds() -> None:
    costs = Costs()
    costs.looked_at("src/a/deep.py", _outcome(1.0, read_seconds=0.5))
    costs.looked_at("src/b.c", _outcome(2.0, "c"))
    costs.looked_at("top.py", _outcome(4.0))
    costs.looked_at("src/known.py", Outcome(0, "same", 100))
    costs.built("segments", 3.0)
    costs.built("segments", 1.0)
    spent = costs.since(0)
    assert (spent.files, spent.read_seconds, spent.extract_seconds) == (3, 0.5, 7.0)
    assert {name: part.seconds for name, part in spent.folders.items()} == {"src": 3.0, "": 4.0}
    assert {name: part.seconds for name, part in spent.languages.items()} == {"python": 5.0, "c": 2.0}
    assert spent.builds == {"segments": (2, 4.0)}


def test_what_is_kept_is_bounded() -> None:
    costs = Costs()
    for number in range(5000):
        costs.looked_at(f"folder{number}/file.py", _outcome(number / 1000))
    spent = costs.since(0)
    assert (len(spent.slowest), len(spent.folders)) == (200, 2001)
    assert sum(part.files for part in spent.folders.values()) == 5000
    assert min(spent.slowest).seconds == 4.8
