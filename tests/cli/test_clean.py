"""``lsp-search clean``: removes what is ours, and only that."""

from __future__ import annotations

import shutil

from lsp_search import stores

from .conftest import Tree, held, write


def test_removes_the_index_and_says_how_much(tree: Tree) -> None:
    tree.run("index")
    [folder] = tree.stores
    said = tree.run("clean", "--json").json
    [removed] = said["removed"]
    assert (removed["root"], removed["path"]) == (str(tree.root), str(folder))
    assert said["bytes"] == removed["bytes"] > 0
    assert tree.stores == []
    again = tree.run("clean")
    assert (again.status, again.lines) == (0, [f"nothing to remove: {tree.root} is not indexed"])


def test_all_spares_what_is_not_ours(tree: Tree) -> None:
    other = Tree(tree.root.parent / "other", tree.store)
    write(other.root, {"a.py": b"a = 1\n"})
    for one in (tree, other):
        one.run("index")
    write(tree.store, {"photos/index.sqlite3": b"", "notes/root": b"", "letter.txt": b""})
    shutil.rmtree(other.root)
    done = tree.run("clean", "--all")
    assert done.status == 0
    assert len(done.lines) == 2
    assert [path.name for path in tree.stores] == ["letter.txt", "notes", "photos"]


def test_a_folder_that_is_gone_can_be_named(tree: Tree) -> None:
    tree.run("index")
    gone = tree.root.rename(tree.root.parent / "moved")
    done = Tree(gone, tree.store).run("clean", str(tree.root))
    assert done.status == 0
    assert tree.stores == []


def test_what_another_process_uses_stays_unless_forced(tree: Tree) -> None:
    tree.run("index")
    with held(tree):
        refused = tree.run("clean")
        assert refused.status == 1
        assert "is in use by another lsp-search" in refused.errors
        assert len(refused.errors.splitlines()) == 1
        assert len(tree.stores) == 1
        assert tree.run("clean", "--force").status == 0
    assert stores.find(tree.store, tree.root) is None
