"""``lsp-search index``: what it says, what a second run does, and how it ends when it cannot go on."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lsp_search import health, stores
from lsp_search.model import SearchRequest
from lsp_search.workspace import Workspace

from .conftest import FILES, INDEXED, Tree, held, write


def test_json_tells_all_of_the_contract(first_run: tuple[Tree, dict[str, Any]]) -> None:
    tree, said = first_run
    assert said["root"] == str(tree.root)
    assert said["files"] == INDEXED
    assert said["symbols"] >= 10
    assert said["bytes"] == sum(
        len(text) for name, text in FILES.items() if name not in ("data.bin", "out/generated.py")
    )
    assert said["seconds"] > 0
    assert said["filesPerMinute"] == pytest.approx(said["files"] * 60 / said["seconds"], rel=0.01)
    assert said["languages"] == {"python": 3, "go": 1, "ignore": 1, "typescript": 1}
    assert said["skipped"] == {"binary": 1, "ignored": 1}
    assert said["errors"] == []
    assert said["storeBytes"] > 0
    assert said["peakRssBytes"] > 10 << 20
    assert said["generation"] > 0


def test_second_run_reads_nothing(first_run: tuple[Tree, dict[str, Any]]) -> None:
    tree, first = first_run
    second = tree.run("index", "--json").json
    assert first["filesRead"] == INDEXED + 1  # the binary one was read to know
    assert second["filesRead"] == 0
    assert {key: second[key] for key in ("files", "symbols", "bytes", "languages", "skipped")} == {
        key: first[key] for key in ("files", "symbols", "bytes", "languages", "skipped")
    }


def test_only_what_changed_is_read_unless_rebuilt(tree: Tree) -> None:
    tree.run("index")
    write(tree.root, {"src/app.py": b"def renamed_entry(): pass\n"})
    (tree.root / "src/server.go").unlink()
    changed = tree.run("index", "--json").json
    assert (changed["files"], changed["filesRead"]) == (INDEXED - 1, 1)
    rebuilt = tree.run("index", "--rebuild", "--json").json
    assert (rebuilt["files"], rebuilt["filesRead"]) == (INDEXED - 1, INDEXED)
    assert rebuilt["symbols"] == changed["symbols"]


def test_a_rebuild_keeps_what_users_taught(tree: Tree) -> None:
    def opened() -> contextlib.closing[Workspace]:
        workspace = Workspace([tree.root], store_dir=tree.store, watch=False)
        workspace.start()
        workspace.sync()
        return contextlib.closing(workspace)

    with opened() as workspace:
        [hit] = workspace.search(SearchRequest("Colour")).hits
        workspace.picked("Colour", hit.id, 0)
        workspace.sync()
    stores.empty(tree.store, tree.root)
    [store] = tree.stores
    with contextlib.closing(sqlite3.connect(store / "index.sqlite3")) as connection:
        assert connection.execute("SELECT count(*) FROM files").fetchone() == (0,)
    with opened() as workspace:
        assert workspace.search(SearchRequest("")).hits[0].name == "Colour"


def test_summary_for_people(indexed: Tree) -> None:
    done = indexed.run("index", "--list-skipped")
    assert done.status == 0
    assert done.errors == ""
    assert done.lines[:3] == ["binary: data.bin", "ignored: out/", str(indexed.root)]
    assert f"  {INDEXED} files, " in done.output.decode()
    assert b"\x1b" not in done.output


def test_skipped_paths_as_json(indexed: Tree) -> None:
    said = indexed.run("index", "--list-skipped", "--json").json
    assert said["skippedPaths"] == [
        {"path": "data.bin", "reason": "binary"},
        {"path": "out/", "reason": "ignored"},
    ]


def test_settings_of_the_project_hold_and_their_faults_are_told(tree: Tree) -> None:
    (tree.root / ".lsp-search.toml").write_text('index.include = ["*.py"]\nindex.wrokers = 2\n')
    done = tree.run("index", "--json")
    assert done.json["languages"] == {"python": 3}
    assert "index.wrokers is not a setting" in done.errors


def test_nothing_is_written_in_the_workspace(indexed: Tree) -> None:
    names = {str(path.relative_to(indexed.root)) for path in indexed.root.rglob("*") if path.is_file()}
    assert names == set(FILES)


def test_an_index_that_cannot_be_kept_is_failed_work(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = Tree(tree.root, tmp_path / "file" / "store").run("index")
    assert done.status == 1
    assert "cannot be kept on disk" in done.errors
    assert "Traceback" not in done.errors


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to process groups")
def test_interrupted_it_ends_at_once_and_keeps_what_it_has(tree: Tree) -> None:
    write(tree.root, {f"many/module_{number}.py": b"def work():\n    pass\n" * 200 for number in range(2000)})
    process = subprocess.Popen(
        tree.command("index"),
        cwd=tree.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while process.poll() is None and not any((store / "index.sqlite3").exists() for store in tree.stores):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: workers hear it too
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert output == b""
    assert b"Traceback" not in errors
    assert health.index(tree.store, tree.root).state == "ok"


def test_another_process_that_indexes_is_no_obstacle_but_for_a_rebuild(tree: Tree) -> None:
    tree.run("index")
    with held(tree):
        beside = tree.run("index", "--json")
        assert beside.json["files"] == INDEXED
        assert "private copy" in beside.errors
        rebuild = tree.run("index", "--rebuild")
    assert rebuild.status == 1
    assert "is in use by another lsp-search" in rebuild.errors
    assert len(rebuild.errors.splitlines()) == 1
