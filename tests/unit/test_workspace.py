"""The main job through the façade: index, answer, stay in step, come back warm, survive a broken store."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from lsp_search.index.store import Store
from lsp_search.model import Cancelled, Filter, InvalidQuery, SearchRequest
from lsp_search.workspace import Workspace
from tests.conftest import Opener, found, names, wait_until


def store_folder(tmp_path: Path) -> Path:
    (folder,) = (entry for entry in (tmp_path / "store").iterdir() if entry.is_dir())
    return folder


def read_again(workspace: Workspace) -> int:
    """Files that workers looked at since the start."""
    return int(workspace.stats()["queue"]["done"])  # type: ignore[index]


def test_every_language_answers_at_once(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    assert {path for _, path, _ in found(workspace, "user")} == {
        "app/models.py",
        "app/views.py",
        "web/client.ts",
        "README.md",
    }
    assert found(workspace, "User")[0] == ("User", "app/models.py", 0)
    assert found(workspace, "engine_start") == [("engine_start", "core/engine.c", 2)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("UserGroup.LIMIT", "LIMIT"),
        ("User.save", "save"),
        ("models/save", "save"),
        ("group user", "UserGroup"),
        ("usr kind:class", "User"),
        ("user lang:typescript", "UserClient"),
        ("user path:*.ts -client", "fetchUser"),
        ("save in:User", "save"),
        ("^fetch", "fetchUser"),
        ("users$", "list_users"),
        ('"etch"', "fetchUser"),
        ("app/views.py", "views.py"),
        ("/^fetch|x$/", "fetchUser"),
        ("/[A-Z]{2}/", "LIMIT"),
        (r"/\Alist/ kind:function", "list_users"),
        (r"/users\z/ kind:function", "list_users"),
        ("/(?-m)^save$/ kind:method", "save"),
        ("/^$|limit/ in:UserGroup", "LIMIT"),
        ("/x*/ kind:struct", "engine"),
        ("user /s$/", "list_users"),
        ("/user/ case:yes", "list_users"),
        ("file:client", "client.ts"),
        ("file:app viws", "views.py"),
        ("kind:file engn", "engine.c"),
        ("file:clinet", "client.ts"),
        ("Foo:", "foo"),
        ("lsitusers", "list_users"),
        ("kind:struct", "engine"),
        ("path:core/ -engine_start", "engine"),
        ("lang:markdown", "User guide"),
        ("in:UserGroup", "LIMIT"),
        ("--primary", "--primary"),
    ],
)
def test_the_query_language(tree: Path, opened: Opener, query: str, first: str) -> None:
    (tree / "style.css").write_text(":root { --primary: red; }\n")
    (tree / "foo.py").write_text("foo = 1\n")
    assert names(opened(tree), query)[0] == first


@pytest.mark.parametrize(
    ("query", "why", "place"),
    [
        ("user foo:bar", "unknown filter 'foo:' at character 6", 5),
        ("user kind:nonsense", "unknown kind 'nonsense' at character 11", 10),
        ("user case:maybe", "not 'maybe', at character 11", 10),
        ("user -file:x", "-file: at character 6", 5),
        ("user /a(b/", "character 8: missing \\)", 7),
    ],
)
def test_a_wrong_query_says_where_and_why(
    tree: Path, opened: Opener, query: str, why: str, place: int
) -> None:
    with pytest.raises(InvalidQuery, match=why) as caught:
        found(opened(tree), query)
    assert caught.value.position == place


def test_filters_that_come_with_the_request(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    request = SearchRequest("user", mode="symbol", filter=Filter(kinds=(5,), exclude_paths=("web/",)))
    assert [hit.name for hit in workspace.search(request).hits] == ["User", "UserGroup"]
    strict = SearchRequest("user", mode="symbol", filter=Filter(case_sensitive=True))
    assert [hit.name for hit in workspace.search(strict).hits] == ["list_users"]


def test_the_limit_comes_after_ranking_and_scores_fall(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    (best,) = workspace.search(SearchRequest("user", mode="symbol", limit=1)).hits
    every = workspace.search(SearchRequest("user", mode="symbol", limit=50))
    assert best == every.hits[0]
    assert not every.is_incomplete
    scores = [hit.score for hit in every.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_cancelled_search_stops(tree: Path, opened: Opener) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        opened(tree).search(SearchRequest("user", mode="symbol"), cancel)


def test_changes_on_disk_are_searchable_after_a_sync(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    (tree / "app" / "views.py").write_text("def show_users(): ...\n")
    (tree / "new" / "deep").mkdir(parents=True)
    (tree / "new" / "deep" / "fresh.py").write_text("def brand_new(): ...\n")
    (tree / "core").rename(tree / "kernel")
    workspace.sync(30)
    assert names(workspace, "show_users") == ["show_users"]
    assert names(workspace, "list_users") == []
    assert found(workspace, "brand_new") == [("brand_new", "new/deep/fresh.py", 0)]
    assert found(workspace, "engine_start") == [("engine_start", "kernel/engine.c", 2)]


def test_unsaved_text_wins_until_the_buffer_closes(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    path = str(tree / "app" / "views.py")
    workspace.buffer_changed(path, "def unsaved_view(): ...\n")
    workspace.sync(30)
    assert names(workspace, "unsaved_view") == ["unsaved_view"]
    assert names(workspace, "list_users") == []
    assert [symbol.name for symbol in workspace.document_symbols(path)] == ["unsaved_view"]
    workspace.buffer_closed(path)
    workspace.sync(30)
    assert names(workspace, "unsaved_view") == []
    assert names(workspace, "list_users") == ["list_users"]


def test_a_file_that_was_never_saved_is_found_while_it_is_open(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    path = str(tree / "draft.py")
    workspace.buffer_changed(path, "def drafted(): ...\n")
    workspace.sync(30)
    assert found(workspace, "drafted") == [("drafted", "draft.py", 0)]
    workspace.buffer_closed(path)
    workspace.sync(30)
    assert names(workspace, "drafted") == []


def test_an_ignore_file_takes_out_and_gives_back(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    (tree / ".gitignore").write_text("app/\n")
    workspace.sync(30)
    assert names(workspace, "list_users") == []
    (tree / ".gitignore").unlink()
    workspace.sync(30)
    assert names(workspace, "list_users") == ["list_users"]


def test_a_tree_that_ignores_all_of_itself_is_searched_all_the_same(tree: Path, opened: Opener) -> None:
    (tree / ".gitignore").write_text("/*\n!/debian/\n")
    workspace = opened(tree)
    assert names(workspace, "list_users") == ["list_users"]
    (tree / "debian").mkdir()
    (tree / "debian" / "rules.py").write_text("def packaged(): ...\n")
    workspace.sync(30)
    assert names(workspace, "list_users") == []
    assert names(workspace, "packaged") == ["packaged"]


def test_a_workspace_opened_through_a_link_answers_in_its_spelling(
    tree: Path, tmp_path: Path, opened: Opener
) -> None:
    link = tmp_path / "link"
    link.symlink_to(tree)
    workspace = opened(link)
    hit = workspace.search(SearchRequest("list_users", mode="symbol")).hits[0]
    assert hit.path == str(link / "app" / "views.py")
    workspace.buffer_changed(hit.path, "def through_the_link(): ...\n")
    workspace.sync(30)
    assert names(workspace, "through_the_link") == ["through_the_link"]
    assert [symbol.name for symbol in workspace.document_symbols(hit.path)] == ["through_the_link"]


def test_the_projects_settings_file_is_told(tree: Path, opened: Opener) -> None:
    told = threading.Event()
    workspace = opened(tree, on_project_file=told.set)
    (tree / ".lsp-search.toml").write_text("[index]\nworkers = 1\n")
    workspace.sync(30)
    assert told.is_set()


def test_folders_come_and_go(tree: Path, tmp_path: Path, opened: Opener) -> None:
    workspace = opened(tree)
    other = tmp_path / "other"
    other.mkdir()
    (other / "more.py").write_text("def more_users(): ...\n")
    workspace.set_folders([other], [])
    workspace.sync(30)
    assert names(workspace, "_users") == ["list_users", "more_users"]
    workspace.set_folders([], [tree])
    workspace.sync(30)
    assert names(workspace, "_users") == ["more_users"]


def test_the_empty_query_gives_picks_then_changes(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    hit = workspace.search(SearchRequest("engine_start", mode="symbol")).hits[0]
    workspace.picked("engine_start", hit.id, 0)
    (tree / "app" / "views.py").write_text("def just_changed(): ...\n")
    workspace.sync(30)
    assert names(workspace, "")[:2] == ["engine_start", "just_changed"]


def test_a_file_that_is_only_new_to_the_index_is_no_recent_change(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    assert names(workspace, "") == []
    (tree / "app" / "views.py").write_text("def just_changed(): ...\n")
    workspace.sync(30)
    assert names(workspace, "") == ["just_changed"]


def test_positions_count_bytes_and_say_when_that_matters(tree: Path, opened: Opener) -> None:
    (tree / "wide.js").write_text("/* é🙂 */ function afterwards() {}\nfunction plain() {}\n", "utf-8")
    workspace = opened(tree)
    wide = workspace.search(SearchRequest("afterwards", mode="symbol")).hits[0]
    line = "/* é🙂 */ function afterwards() {}"
    assert wide.column == len(line[: line.index("afterwards")].encode())
    assert not wide.ascii_line
    assert workspace.line_text(wide.path, 0) == line
    assert workspace.search(SearchRequest("plain", mode="symbol")).hits[0].ascii_line


# -- coming back warm --------------------------------------------------------------------------------


def test_a_restart_reads_nothing_again(tree: Path, opened: Opener) -> None:
    for path in tree.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    first = opened(tree)
    before = found(first, "user")
    assert read_again(first) == len([path for path in tree.rglob("*") if path.is_file()])
    first.close()
    second = opened(tree)
    assert found(second, "user") == before
    assert read_again(second) == 0


def test_the_first_question_after_a_restart_waits_for_the_index(
    tree: Path, tmp_path: Path, opened: Opener
) -> None:
    opened(tree).close()
    workspace = Workspace([tree], store_dir=tmp_path / "store")
    try:
        workspace.start()
        assert names(workspace, "list_users") == ["list_users"]
    finally:
        workspace.close()


def test_a_restart_after_the_newest_file_is_gone(
    tree: Path, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lsp_search.indexing.layers._MEMORY_ROWS", 100)
    for number in range(300):
        (tree / f"file{number:03}.py").write_text(f"def function_{number}():\n    pass\n")
    workspace = opened(tree)
    workspace.close()
    with contextlib.closing(Store.reader(store_folder(tree.parent))) as connection:
        ((newest,),) = connection.execute("SELECT path FROM files WHERE id = (SELECT max(id) FROM files)")
    (tree / os.fsdecode(newest)).unlink()
    workspace = opened(tree)
    before = found(workspace, "kind:function", 1000)
    workspace.close()
    assert os.fsdecode(newest) not in {path for _, path, _ in before}
    again = opened(tree)  # in which nothing is left of it but its rows
    assert found(again, "kind:function", 1000) == before
    assert found(again, "function", 1000)


def test_a_restart_sees_what_changed_meanwhile(tree: Path, opened: Opener) -> None:
    opened(tree).close()
    (tree / "app" / "views.py").write_text("def while_away(): ...\n")
    (tree / "README.md").unlink()
    workspace = opened(tree)
    assert names(workspace, "while_away") == ["while_away"]
    assert names(workspace, "list_users") == []
    assert names(workspace, "User guide") == []


def test_stores_are_for_their_user_alone(tree: Path, tmp_path: Path, opened: Opener) -> None:
    opened(tree)
    for path in [store_folder(tmp_path), *store_folder(tmp_path).rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def corrupt_pages(database: Path) -> None:
    raw = bytearray(database.read_bytes())
    raw[100 : len(raw) // 2] = os.urandom(len(raw) // 2 - 100)
    database.write_bytes(raw)


def foreign(database: Path) -> None:
    database.unlink()
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE files(something)")
    other.close()


def newer(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()


BREAKAGES = {
    "missing": lambda database: database.unlink(),
    "empty": lambda database: database.write_bytes(b""),
    "garbage": lambda database: database.write_bytes(b"garbage" * 5000),
    "truncated": lambda database: os.truncate(database, 5000),
    "pages": corrupt_pages,
    "foreign": foreign,
    "newer": newer,
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_broken_store_is_rebuilt(tree: Path, tmp_path: Path, opened: Opener, breakage: str) -> None:
    first = opened(tree)
    before = found(first, "user")
    first.close()
    database = store_folder(tmp_path) / "index.sqlite3"
    for side in ("-wal", "-shm"):
        Path(f"{database}{side}").unlink(missing_ok=True)
    BREAKAGES[breakage](database)
    workspace = opened(tree)
    assert found(workspace, "user") == before
    assert workspace.status().state == "ready"


@pytest.mark.parametrize("damage", ["gone", "short", "flipped"])
def test_a_broken_segment_is_rebuilt_without_parsing(
    tmp_path: Path, opened: Opener, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lsp_search.indexing.layers._MEMORY_ROWS", 10)
    monkeypatch.setattr("lsp_search.indexing.layers._MEMORY_REST", 10)
    root = tmp_path / "root"
    root.mkdir()
    for number in range(20):
        path = root / f"m{number}.py"
        path.write_text(f"def unit_{number}(): ...\nclass Unit{number}: ...\n")
        os.utime(path, (1_700_000_000, 1_700_000_000))
    first = opened(root)
    before = found(first, "unit", 100)
    assert len(before) == 40
    first.close()
    segments = list((store_folder(tmp_path) / "segments").glob("*.seg"))
    assert segments
    for path in segments:
        if damage == "gone":
            path.unlink()
        elif damage == "short":
            os.truncate(path, path.stat().st_size - 64)
        else:
            raw = bytearray(path.read_bytes())
            raw[4096 + 3] ^= 0xFF
            path.write_bytes(raw)
    workspace = opened(root)
    wait_until(lambda: found(workspace, "unit", 100) == before)
    assert read_again(workspace) == 0


def test_a_folder_that_cannot_be_written_is_answered_from_memory(
    tree: Path, tmp_path: Path, opened: Opener
) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")
    messages: list[str] = []
    workspace = opened(tree, on_message=lambda _level, text: messages.append(text))
    assert names(workspace, "list_users") == ["list_users"]
    assert workspace.status().state == "degraded"
    assert any("in memory" in message for message in messages)


def test_two_on_one_workspace(tree: Path, tmp_path: Path, opened: Opener) -> None:
    first = opened(tree)
    second = opened(tree)
    (tree / "app" / "views.py").write_text("def both_see(): ...\n")
    first.sync(30)
    second.sync(30)
    assert names(first, "both_see") == names(second, "both_see") == ["both_see"]
    second.close()
    assert not list(store_folder(tmp_path).glob("copy-*"))


# -- hostile files -----------------------------------------------------------------------------------


def test_strange_files_cost_themselves_only(tmp_path: Path, opened: Opener) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "good.py").write_text("def good(): ...\n")
    (root / "latin.py").write_bytes(b"# caf\xe9\ndef latin(): ...\n")
    (root / "wide.py").write_bytes("def wide(): ...\n".encode("utf-16"))
    (root / "binary.py").write_bytes(b"\0" * 100)
    (root / "huge.py").write_bytes(b"x = 1\n" * 300_000)
    (root / "deep.json").write_text("[" * 100_000)
    os.mkfifo(root / "pipe.py")
    (root / "loop").symlink_to(root)
    (root / "nowhere.py").symlink_to(root / "missing.py")
    with open(os.path.join(os.fsencode(root), b"n\xff\xfe.py"), "wb") as odd:
        odd.write(b"def odd_name(): ...\n")
    workspace = opened(root)
    for name in ("good", "latin", "wide", "odd_name"):
        assert names(workspace, name) == [name]
    skipped = workspace.report().skipped
    assert skipped["binary"] == 1
    assert skipped["too-large"] == 1
    assert skipped["special"] == 1


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_branch_switch(tmp_path: Path, opened: Opener) -> None:
    root = tmp_path / "root"
    root.mkdir()

    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
            cwd=root,
            check=True,
            capture_output=True,
        )

    git("init", "-b", "main")
    for number in range(3000):
        (root / f"m{number}.py").write_text(f"def on_main_{number}(): ...\n")
    git("add", ".")
    git("commit", "-m", "main")
    git("checkout", "-b", "side")
    for number in range(3000):
        (root / f"m{number}.py").write_text(f"def on_side_{number}(): ...\n")
    git("commit", "-am", "side")
    workspace = opened(root)
    assert len(found(workspace, "on_side", 5000)) == 3000
    git("checkout", "main")
    workspace.sync(60)
    assert len(found(workspace, "on_main", 5000)) == 3000
    assert found(workspace, "on_side_1") == []
