"""Findings: each is provoked on real files, and each stays silent on others."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lsp_search.files import watch
from lsp_search.indexing.costs import Spent
from lsp_search.indexing.pool import Pool
from lsp_search.indexing.wire import Outcome, Task
from lsp_search.insight.findings import Evidence, findings
from lsp_search.model import SearchRequest
from lsp_search.settings import IndexSettings, Settings
from lsp_search.telemetry.spans import Trace
from lsp_search.workspace import Workspace
from tests.conftest import Opener, wait_until

Write = Callable[..., None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "tree"


@pytest.fixture
def put(root: Path) -> Write:
    def write(name: str, text: str) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return write


def advice(workspace: Workspace, word: str) -> list[dict[str, str]]:
    return [one for one in workspace.meter.profile()["advice"] if word in one["finding"]]


def own_code(put: Write, files: int = 40) -> None:
    """Ordinary modules: enough of them to take a tenth of a second."""
    for number in range(files):
        put(f"src/part{number % 4}/module_{number}.js", code(number))


def code(seed: int, functions: int = 120) -> str:
    """JavaScript as people write it."""
    return "".join(
        f"export function handle{seed}x{n}(request, answer) {{\n  const total = request.items.length + {n};\n"
        f"  if (total > {seed}) {{\n    answer.send(total);\n  }}\n  return total;\n}}\n\n"
        for n in range(functions)
    )


def minified(seed: int, functions: int = 2500) -> str:
    return "".join(f"function a{seed}{n}(b,c){{var d=b+c*{n};return d>{seed}?d:c}}" for n in range(functions))


# Minified files


def test_minified_files_are_named_with_what_to_exclude(root: Path, put: Write, opened: Opener) -> None:
    own_code(put, 10)
    for number in range(4):
        put(f"dist/app{number}.js", minified(number))
    (found,) = advice(opened(root), "minified")
    assert "4 files of minified code" in found["finding"]
    assert int(found["finding"].partition("%")[0]) > 20
    assert "dist/app" in found["evidence"]
    assert '"dist/**"' in found["suggestion"]


def test_minified_files_beside_others_are_excluded_by_folder_or_name(
    root: Path, put: Write, opened: Opener
) -> None:
    for number in range(10):
        put(f"web/module_{number}.js", code(number))
    put("web/bundled.js", minified(1))
    for number in range(3):
        put(f"web/lib/library{number}.js", minified(number))
    (found,) = advice(opened(root), "minified")
    assert '"web/lib/**"' in found["suggestion"]
    assert '"web/bundled.js"' in found["suggestion"]


def test_following_the_suggestion_silences_it(root: Path, put: Write, opened: Opener, tmp_path: Path) -> None:
    own_code(put)
    put("dist/app.js", minified(1))
    settings = Settings(index=IndexSettings(exclude=("dist/**",)))
    assert not advice(opened(root, settings=settings, store_dir=tmp_path / "other"), "minified")


def test_ordinary_code_is_not_minified(root: Path, put: Write, opened: Opener) -> None:
    own_code(put)
    put("src/table.js", "const TABLE = [" + ", ".join(map(str, range(300))) + "];\n" + code(99))
    workspace = opened(root)
    assert workspace.meter.evidence()[0].spent[os.path.realpath(root)].extract_seconds > 0.1
    assert not advice(workspace, "minified")


# Folders and languages


def test_a_folder_that_dominates(root: Path, put: Write, opened: Opener) -> None:
    for number in range(30):
        put(f"src/module_{number}.js", code(number, 5))
    for number in range(3):
        put(f"generated/api{number}.js", code(number, 1500))
    (found,) = advice(opened(root), "the folder")
    assert "generated/" in found["finding"]
    assert '"generated/**"' in found["suggestion"]


def test_a_folder_that_holds_most_files_may_take_most_time(root: Path, put: Write, opened: Opener) -> None:
    own_code(put)
    put("docs/readme.js", code(1))
    assert not advice(opened(root), "the folder")


def test_a_language_that_is_slow(root: Path, put: Write, opened: Opener) -> None:
    """Real files; only the processor's time is set, for machines differ."""
    own_code(put, 4)
    for number in range(12):
        put(f"rules/rule{number}.hs", haskell(number))
    spent = opened(root).meter.evidence()[0].spent[os.path.realpath(root)]
    slow, fast = spent.languages["haskell"], spent.languages["javascript"]
    spent.languages["haskell"] = slow._replace(seconds=fast.seconds / fast.bytes * slow.bytes * 6)
    spent.extract_seconds = sum(part.seconds for part in spent.languages.values())
    (found,) = [one for one in _judged(root, spent) if "haskell" in one]
    assert "6 times as long by the byte" in found


def test_languages_that_differ_little_are_not_told_apart(root: Path, put: Write, opened: Opener) -> None:
    own_code(put, 20)
    for number in range(20):
        put(
            f"lib/module_{number}.py", "".join(f"def run_{n}(a):\n    return a + {n}\n\n" for n in range(200))
        )
    assert not advice(opened(root), "times as long")


def haskell(seed: int) -> str:
    return "module Rules where\n" + "".join(
        f"rule{seed}x{n} :: Int -> Int\nrule{seed}x{n} a = a + {n}\n\n" for n in range(300)
    )


def _judged(root: Path, spent: Spent) -> list[str]:
    evidence = Evidence(quiet_stats(), [], {os.path.realpath(root): spent})
    return [one.finding for one in findings(evidence)]


def test_little_work_is_not_judged(root: Path, put: Write, opened: Opener) -> None:
    put("dist/app.js", minified(1, 20))
    put("src/main.js", code(1, 2))
    assert opened(root).meter.profile()["advice"] == []


# Queries


def test_searches_that_read_all_files(root: Path, put: Write, opened: Opener) -> None:
    workspace = _with_grams(root, put, opened)
    for query in ("a.b", "x+", "[a-z]{5}"):
        assert workspace.search(SearchRequest(query, "regex")).scanned
    (found,) = advice(workspace, "read all files")
    assert "3 times" in found["finding"]
    assert "regex 3" in found["evidence"]


def test_searches_that_the_index_of_texts_serves(root: Path, put: Write, opened: Opener) -> None:
    workspace = _with_grams(root, put, opened)
    for query in ("needle", "needle.*", "(needle|handle)"):
        assert not workspace.search(SearchRequest(query, "regex")).scanned
    assert not advice(workspace, "read all files")


def test_a_small_folder_without_an_index_of_texts_needs_none(root: Path, put: Write, opened: Opener) -> None:
    put("main.js", code(1, 2))
    workspace = opened(root)
    for query in ("a.b", "x+", "[a-z]{5}"):
        assert workspace.search(SearchRequest(query, "regex")).scanned
    assert not advice(workspace, "read all files")


def _with_grams(root: Path, put: Write, opened: Opener) -> Workspace:
    for number in range(150):
        put(f"src/file{number}.js", f"function needle{number}() {{ return {number}; }}\n")
    workspace = opened(root)
    workspace.settle()
    return workspace


def test_waiting_for_a_thread() -> None:
    assert findings(_of_queries(100, waited=0.02, worked=0.03))[0].finding.startswith("40%")


@pytest.mark.parametrize(("count", "waited"), [(100, 0.001), (10, 0.02)])
def test_short_or_few_waits_are_no_news(count: int, waited: float) -> None:
    assert findings(_of_queries(count, waited=waited, worked=0.03)) == []


def _of_queries(count: int, waited: float, worked: float) -> Evidence:
    traces: list[Trace] = []
    for _ in range(count):
        trace = Trace("lspSearch/search")
        trace.ended = trace.began + worked
        trace.facts.update(waited=waited, took=worked, mode="symbol", size=(3, 1))
        traces.append(trace)
    return Evidence(quiet_stats(), traces, {})


@pytest.mark.parametrize(("hits", "told"), [(5, 1), (40, 0)])
def test_a_cold_cache(hits: int, told: int) -> None:
    stats = quiet_stats()
    stats["cache"]["kinds"] = {"exact": hits, "miss": 100 - hits}
    found = findings(Evidence(stats, [], {}))
    assert len(found) == told
    assert all("cold" in one.finding for one in found)


def test_a_cache_that_was_hardly_asked_is_not_cold() -> None:
    stats = quiet_stats()
    stats["cache"]["kinds"] = {"exact": 0, "miss": 49}
    assert findings(Evidence(stats, [], {})) == []


def quiet_stats() -> dict[str, Any]:
    """Of a server that has nothing to tell."""
    return {
        "index": {"skipped": {"ignored": 5, "binary": 2}},
        "cache": {"kinds": {"exact": 0, "miss": 0}},
        "queue": {"failed": 0},
        "watcher": {"mode": "native", "watched": 9, "events": 90, "overflows": 0},
    }


# The workspace


def test_files_over_the_limit(root: Path, put: Write, opened: Opener) -> None:
    put("small.js", code(1, 2))
    put("large.sql", "x" * 3000)
    settings = Settings(index=IndexSettings(max_file_bytes=2000))
    (found,) = advice(opened(root, settings=settings), "over the limit")
    assert found["finding"].startswith("1 file over")
    assert "index.maxFileBytes" in found["suggestion"]


def test_binary_and_ignored_files_are_not_over_the_limit(root: Path, put: Write, opened: Opener) -> None:
    put("small.js", code(1, 2))
    put(".gitignore", "out/\n")
    put("out/large.js", code(1))
    (root / "data.bin").write_bytes(b"\0\1\2")
    assert opened(root).meter.profile()["advice"] == []


def test_files_that_fail(root: Path, put: Write, opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if their parser had died."""
    submit = Pool.submit

    def dying(
        pool: Pool, tasks: Sequence[Task], max_bytes: int, answered: Callable[[list[Outcome]], None]
    ) -> None:
        dead = {task.key for task in tasks if task.relative.startswith(b"bad")}

        def pass_on(outcomes: list[Outcome]) -> None:
            by_key = {task.key: task for task in tasks}
            answered([Pool._failed(by_key[one.key], "died") if one.key in dead else one for one in outcomes])

        submit(pool, tasks, max_bytes, pass_on)

    put("fine.js", code(1, 2))
    assert not advice(opened(root), "gave no symbols")
    monkeypatch.setattr(Pool, "submit", dying)
    put("bad1.js", code(2, 2))
    put("bad2.js", code(3, 2))
    assert advice(opened(root), "gave no symbols")[0]["finding"].startswith("2 files")


def test_a_watcher_that_lost_track(
    root: Path, put: Write, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("src/main.js", code(1, 2))
    workspace = opened(root)
    assert not advice(workspace, "lost track")
    read, lost = watch._NATIVE.read, iter(["too much at once"])  # type: ignore[attr-defined]
    monkeypatch.setattr(
        watch._NATIVE, "read", lambda tree, seconds: read(tree, seconds)._replace(lost=next(lost, ""))
    )
    put("src/other.js", code(2, 2))
    wait_until(lambda: bool(advice(workspace, "lost track")))
    assert "1 times" in advice(workspace, "lost track")[0]["finding"]


def test_polling(root: Path, put: Write, opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    put("src/main.js", code(1, 2))
    assert not advice(opened(root), "polling")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no watches left")

    monkeypatch.setattr(watch._NATIVE, "__init__", full)
    assert "doctor" in advice(opened(root), "polling")[0]["suggestion"]
