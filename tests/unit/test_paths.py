"""Files by fuzzy path, through the façade."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lsp_search.model import Filter, InvalidQuery, SearchRequest, SymbolKind
from tests.conftest import Opener

PATHS = (
    "kernel/sched/core.c",
    "kernel/sched/core_sched.c",
    "kernel/sched/sched.h",
    "Documentation/core-scheduling.md",
    "drivers/usb/core/hub.c",
    "drivers/usb/core/hub.h",
    "drivers/usb/usbcore.c",
    "tests/hub.c",
    "net/ipv4/tcp.c",
    "net/ipv6/tcp_ipv6.c",
    "src/WorkspaceSymbolProvider.ts",
    "Makefile",
    "ünïcode/nāme.py",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for path in PATHS:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("some text\n")
    (root / "drivers/usb/core/hub.c").write_text("int hub_probe(void)\n{\n}\n")
    return root


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("file:hub.c", ["drivers/usb/core/hub.c", "tests/hub.c"]),
        ("file:usb/hub", ["drivers/usb/core/hub.c", "drivers/usb/core/hub.h"]),
        ("file:usb\\hub.h", ["drivers/usb/core/hub.h"]),
        ("file:./drivers/usb/core/hub.c", ["drivers/usb/core/hub.c"]),
        ("file:usbcore", ["drivers/usb/usbcore.c", "drivers/usb/core/hub.c", "drivers/usb/core/hub.h"]),
        ("file:wsp", ["src/WorkspaceSymbolProvider.ts"]),
        ("file:makefile", ["Makefile"]),
        ("file:net/ipv4/", ["net/ipv4/tcp.c"]),
        ("file:shced.h", ["kernel/sched/sched.h"]),
        ("file:makfeile", ["Makefile"]),
        ("file:nāme", ["ünïcode/nāme.py"]),
        ("file:tcp -path:ipv6", ["net/ipv4/tcp.c"]),
        ("file:hub lang:c path:tests", ["tests/hub.c"]),
        ("file:zzz", []),
        ("file:hub -core", ["tests/hub.c"]),
        ('file:hub -"core"', ["tests/hub.c"]),
        ("kind:file -hub path:drivers", ["drivers/usb/usbcore.c"]),
        ("file:hub /rivers.*h$/", ["drivers/usb/core/hub.h"]),
        ("file:Makefile case:yes", ["Makefile"]),
        ("file:makefile case:yes", []),
        ("file:ÜNÏ nām", ["ünïcode/nāme.py"]),
        ("file:hub.c/", []),
    ],
)
def test_files_are_found(root: Path, opened: Opener, query: str, wanted: list[str]) -> None:
    answer = opened(root).search(SearchRequest(query))
    assert [hit.relative_path for hit in answer.hits] == wanted
    assert {hit.kind for hit in answer.hits} <= {SymbolKind.FILE}


def test_all_words_must_be_in_the_path(root: Path, opened: Opener) -> None:
    answer = opened(root).search(SearchRequest("file:sched core"))
    assert [hit.relative_path for hit in answer.hits] == [
        "kernel/sched/core_sched.c",
        "Documentation/core-scheduling.md",
        "kernel/sched/core.c",
    ]


def test_an_answer_says_what_a_file_is(root: Path, opened: Opener) -> None:
    (hit,) = opened(root).search(SearchRequest("file:core/hub.h")).hits
    assert (hit.name, hit.container, hit.language) == ("hub.h", "drivers/usb/core", "c")
    assert (hit.line, hit.column, hit.sources, hit.matches) == (0, 0, ("symbol",), ((0, 5),))


def test_a_path_finds_its_file_then_its_symbols(root: Path, opened: Opener) -> None:
    hits = opened(root).search(SearchRequest("usb/core/hub.c")).hits
    assert [(hit.name, hit.kind) for hit in hits] == [("hub.c", 1), ("hub_probe", 12)]
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_a_name_inside_another_comes_before_files_that_are_only_alike(root: Path, opened: Opener) -> None:
    hits = opened(root).search(SearchRequest("usb/hub")).hits
    assert [hit.name for hit in hits] == ["hub_probe", "hub.c", "hub.h"]


def test_no_file_is_any_other_kind_of_symbol(root: Path, opened: Opener) -> None:
    answer = opened(root).search(SearchRequest("core/hub.c", filter=Filter(kinds=(12,))))
    assert [hit.name for hit in answer.hits] == ["hub_probe"]


def test_files_come_and_go(root: Path, opened: Opener) -> None:
    workspace = opened(root)
    (root / "fresh.py").write_text("")
    workspace.sync(60)
    assert [hit.name for hit in workspace.search(SearchRequest("file:fresh")).hits] == ["fresh.py"]
    (root / "fresh.py").unlink()
    workspace.sync(60)
    assert workspace.search(SearchRequest("file:fresh")).hits == []


def test_what_filters_leave_is_found_among_any_number(
    root: Path, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lsp_search.search.paths._MOST", 3)
    workspace = opened(root)
    for query in ("file:c lang:typescript", "file:c path:src/", "file:o -lang:c -path:ocum -path:ode"):
        hits = workspace.search(SearchRequest(query)).hits
        assert "WorkspaceSymbolProvider.ts" in [hit.name for hit in hits], query


def test_a_long_word(root: Path, opened: Opener) -> None:
    assert opened(root).search(SearchRequest(f"file:{'(*[a' * 400}")).hits == []


def test_the_best_comes_first_at_any_limit(tmp_path: Path, opened: Opener) -> None:
    for path in (
        "one/h0xuxb.c",
        "one/h1xuxb.c",
        "one/xhuby.c",
        "one/zhubk.c",
        "one/hub/q.c",
        "two/hub_main.c",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("text\n")
    workspace = opened(tmp_path / "one", tmp_path / "two")
    everything = [hit.relative_path for hit in workspace.search(SearchRequest("file:hub")).hits]
    assert everything[:2] == ["hub_main.c", "hub/q.c"]
    for limit in range(1, 7):
        hits = workspace.search(SearchRequest("file:hub", limit=limit)).hits
        assert [hit.relative_path for hit in hits] == everything[:limit]


def test_names_that_are_no_utf8(root: Path, opened: Opener) -> None:
    (root / os.fsdecode(b"bad\xffname.py")).write_text("text\n")
    workspace = opened(root)
    (hit,) = workspace.search(SearchRequest("file:badname")).hits
    assert os.fsencode(hit.name) == b"bad\xffname.py"
    with pytest.raises(InvalidQuery, match="surrogate"):
        workspace.search(SearchRequest("file:\udcff"))


def test_the_limit_is_kept_and_told(root: Path, opened: Opener) -> None:
    workspace = opened(root)
    all_of_them = workspace.search(SearchRequest("kind:file", limit=50))
    assert len(all_of_them.hits) == len(PATHS)
    assert not all_of_them.is_incomplete
    some = workspace.search(SearchRequest("kind:file", limit=5))
    assert [hit.id for hit in some.hits] == [hit.id for hit in all_of_them.hits[:5]]
    assert some.is_incomplete
