"""``lsp-search doctor``: a healthy machine passes, each fault is named with what to do about it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lsp_search.health import index, store_folder, watcher
from lsp_search.health import tree as tree_checks
from lsp_search.settings import Settings

from .conftest import Tree

NAMES = [
    "python",
    "sqlite",
    "fts5",
    "grammars",
    "store",
    "wal",
    "permissions",
    "space",
    "index",
    "settings",
    "watcher",
    "names",
]


def test_a_healthy_machine(indexed: Tree) -> None:
    said = indexed.run("doctor", "--json").json
    assert said["ok"] is True
    assert [check["name"] for check in said["checks"]] == NAMES
    assert {check["state"] for check in said["checks"]} == {"ok"}
    assert all(set(check) == {"name", "state", "message", "advice"} for check in said["checks"])


def test_a_damaged_index_is_a_fault_and_a_rebuild_mends_it(tree: Tree) -> None:
    tree.run("index")
    [store] = tree.stores
    database = store / "index.sqlite3"
    pages = bytearray(database.read_bytes())
    pages[8192:] = os.urandom(len(pages) - 8192)
    database.write_bytes(pages)
    check = index(tree.store, tree.root)
    assert check.state == "fault"
    assert "lsp-search index --rebuild" in check.advice
    assert tree.run("index", "--rebuild").status == 0
    assert index(tree.store, tree.root).state == "ok"


def test_a_grammar_that_crashes_is_named_and_the_others_are_tried(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "tree_sitter_lua.py").write_text("import os\nos.abort()\n")
    (tmp_path / "broken" / "tree_sitter_zig.py").write_text("raise ImportError('no such symbol')\n")
    (tree.root / ".lsp-search.toml").write_text("index = \n")
    done = tree.run("doctor", env={"PYTHONPATH": str(tmp_path / "broken")})
    faults = [line for line in done.lines if line.startswith("fault")]
    assert done.status == 1
    assert len(faults) == 2
    assert "grammar zig: zig files give no symbols: ImportError: no such symbol" in faults[0] + faults[1]
    assert "grammar lua: lua files give no symbols: its parser crashed" in faults[0] + faults[1]
    assert any(line.startswith("warning  settings: ") and "not valid TOML" in line for line in done.lines)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    [check] = store_folder(tmp_path / "file" / "store")
    assert (check.name, check.state) == ("store", "fault")
    assert "LSP_SEARCH_STORE" in check.advice


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes")
@pytest.mark.parametrize(("mode", "state"), [(0o700, "ok"), (0o755, "ok"), (0o777, "warning")])
def test_a_place_that_others_can_write(tmp_path: Path, mode: int, state: str) -> None:
    tmp_path.chmod(mode)
    assert {check.name: check.state for check in store_folder(tmp_path)}["permissions"] == state


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
def test_names_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.py")).touch()
    assert [check.state for check in tree_checks(tmp_path, Settings())] == ["ok", "warning"]


@pytest.mark.parametrize(
    ("folders", "limit", "state", "said"),
    [
        (100, "8192", "ok", "100 folders of 8,192"),
        (7000, "8192", "warning", "all your programs together"),
        (9000, "8192", "warning", "only 8,192 can be watched"),
        (9000, "nonsense", "ok", "no limit"),
    ],
)
def test_limits_on_watching(folders: int, limit: str, state: str, said: str) -> None:
    check = watcher(folders, lambda: limit)
    assert check.state == state
    assert said in check.message
    assert ("max_user_watches=" in check.advice) == (state == "warning")
