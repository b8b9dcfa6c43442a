"""``lsp-search search``: lines for people, JSON for programs, filters, names of every sort."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import unquote_to_bytes

import pytest

from lsp_search import cli

from .conftest import Tree, write

ITEM = {
    "id", "sources", "name", "kind", "containerName", "language", "path", "location", "score", "matches",
    "snippet", "snippetLine",
}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["Application"],
            ["src/app.py:1:7: class Application", "tests/test_app.py:1:5: function test_application_starts"],
        ),
        (["start", "--lang", "python", "--kind", "method"], ["src/app.py:2:9: method start — Application"]),
        (["start", "--path", "*.go"], ["src/server.go:3:6: function Start"]),
        (["start", "--exclude-path", "src/", "--lang", "go"], []),
        (["Start", "--case"], ["src/server.go:3:6: function Start"]),
        (["--case", "Start"], ["src/server.go:3:6: function Start"]),
        (["green", "--kind", "enummember"], ["src/shapes.ts:4:27: enum-member Green — Colour"]),
        (["wide"], ["wide.py:2:6: variable wide"]),
        (["application", "--limit", "1"], ["src/app.py:1:7: class Application"]),
        (["class Appli", "--mode", "text"], ["src/app.py:1:1: class Application:"]),
        (["^class \\w+:", "--mode", "regex", "--lang", "python"], ["src/app.py:1:1: class Application:"]),
        (["Appli", "--mode", "text", "--word"], []),
    ],
)
def test_lines(
    indexed: Tree, arguments: list[str], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--no-refresh", "--root", str(indexed.root), "--store", str(indexed.store))
    assert cli.run(["search", *place, *arguments]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == lines
    assert said.err == ("" if lines else "lsp-search: no results\n")


def test_json_is_the_answer_of_the_protocol_with_paths(indexed: Tree) -> None:
    said = indexed.run("search", "area", "--json").json
    assert set(said) == {"items", "mode", "isIncomplete", "indexing", "generation", "tookMs", "cache"}
    assert (said["mode"], said["indexing"], said["cache"]) == ("symbol", False, "miss")
    [item] = said["items"]
    assert set(item) == ITEM
    assert (item["name"], item["kind"], item["containerName"], item["path"]) == (
        "area",
        6,
        "Shape",
        "src/shapes.ts",
    )
    assert item["location"]["uri"] == (indexed.root / "src/shapes.ts").as_uri()
    assert item["location"]["range"] == {
        "start": {"line": 1, "character": 2},
        "end": {"line": 1, "character": 6},
    }
    assert item["matches"] == [[0, 4]]


def test_json_positions_count_utf_16(indexed: Tree) -> None:
    [item] = indexed.run("search", "wide", "--json", "--no-refresh").json["items"]
    assert item["location"]["range"]["start"] == {"line": 1, "character": 6}  # the smiley counts two


def test_results_explain_themselves(indexed: Tree) -> None:
    said = indexed.run("search", "appl", "--limit", "1", "--explain").lines
    assert said[0] == "src/app.py:1:7: class Application"
    assert said[1].strip().startswith("a part of the name; ")
    assert [line.strip() for line in said[2:4]] == [
        "+36  'a' at 0: start of the name, first",
        "+27  'p' at 1: inside a word, goes on",
    ]
    assert said[-1].strip() == "own code 1, kind 1"
    (item,) = indexed.run("search", "appl", "--limit", "1", "--explain", "--json").json["items"]
    assert set(item) == ITEM | {"explanation"}


def test_lines_of_text_explain_themselves(indexed: Tree) -> None:
    done = indexed.run("search", "class Application", "--mode", "text", "--no-refresh", "--explain")
    assert done.lines == [
        "src/app.py:1:1: class Application:",
        "    text; 8 points",
        "         +8  a whole word",
    ]


def test_no_results_are_an_empty_list(indexed: Tree) -> None:
    done = indexed.run("search", "qqqqzzzz", "--json", "--no-refresh")
    assert done.json["items"] == []


def test_changes_are_found_unless_told_not_to_look(tree: Tree) -> None:
    unindexed = tree.run("search", "main", "--no-refresh")
    assert (unindexed.status, unindexed.lines) == (0, [])
    assert "is not indexed yet" in unindexed.errors
    assert tree.run("search", "main").lines == ["src/app.py:6:5: function main"]
    write(tree.root, {"new.py": b"def main_too(): pass\n"})
    assert len(tree.run("search", "main", "--no-refresh").lines) == 1
    assert len(tree.run("search", "main").lines) == 2


def test_another_root(indexed: Tree, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = Tree(tmp_path_factory.mktemp("elsewhere"), indexed.store)
    done = elsewhere.run("search", "area", "--no-refresh", "--root", str(indexed.root))
    assert done.lines == ["src/shapes.ts:2:3: method area — Shape"]


def test_a_mode_that_is_not_there_fails_in_one_line(indexed: Tree) -> None:
    done = indexed.run("search", "x", "--mode", "semantic")
    if done.status:  # as long as it is not there
        assert (done.status, len(done.errors.splitlines()), done.output) == (1, 1, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
def test_names_that_no_locale_can_show(tree: Tree) -> None:
    for name in (b"caf\xe9.py", b"two\nlines\x1b[31m.py"):
        (tree.root / os.fsdecode(name)).write_bytes(b"def odd_name(): pass\n")
    lines = tree.run("search", "odd_name").output.splitlines()
    assert sorted(lines) == [
        b"caf\xe9.py:1:5: function odd_name",
        b"two\\nlines\\x1b[31m.py:1:5: function odd_name",
    ]
    items = tree.run("search", "odd_name", "--json", "--no-refresh", env={"LC_ALL": "POSIX"}).json["items"]
    assert sorted(item["path"] for item in items) == ["caf\ufffd.py", "two\nlines\x1b[31m.py"]
    uris = [unquote_to_bytes(item["location"]["uri"]) for item in items]
    assert any(uri.endswith(b"/caf\xe9.py") for uri in uris)


def test_a_reader_that_has_enough_is_no_error(indexed: Tree) -> None:
    process = subprocess.Popen(
        indexed.command("search", "application", "--no-refresh"),
        cwd=indexed.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 1
    assert errors == b""


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_matches_are_highlighted_on_a_terminal(indexed: Tree, no_color: str, coloured: bool) -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": no_color}
    command = indexed.command("search", "area", "--no-refresh")
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        subprocess.run(command, cwd=indexed.root, env=environment, stdout=theirs, check=True)
        os.close(theirs)
        shown = terminal.read(4096)
    assert (b"\x1b[31m\x1b[1marea\x1b[0m" in shown) == coloured
    assert (b"\x1b" in shown) == coloured
