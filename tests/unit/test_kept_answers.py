"""What is kept, for how long, and where; through a workspace, as its users see it."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.caching import disk, sieve
from lsp_search.caching.disk import Disk, Row
from lsp_search.model import CacheKind, Hit, Mode, SearchRequest
from lsp_search.settings import SearchSettings, Settings
from lsp_search.workspace import Workspace

FILES = {
    "uploads.py": "class Uploader:\n    def retry_failed(self):\n        send()\n\ndef send(): ...\n",
    "dates.py": "def get_date_range():\n    return parse_date()\n\ndef parse_date(): ...\n",
    "notes.md": "# Dates\n\nHow dates are parsed.\n",
}
Open = Callable[..., Workspace]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def opened(root: Path, tmp_path: Path) -> Iterator[Open]:
    """Opens a workspace on *root*, in step with the disk; one at a time."""
    with contextlib.ExitStack() as stack:

        def start(settings: Settings | None = None, **how: Any) -> Workspace:
            workspace = Workspace([root], settings, store_dir=tmp_path / "store", **how)
            stack.callback(workspace.close)
            workspace.start()
            workspace.sync(60)
            return workspace

        yield start


def kind(workspace: Workspace, query: str, mode: Mode = "symbol", **more: Any) -> CacheKind:
    return workspace.search(SearchRequest(query, mode, **more)).cache


COMPUTED = ("miss", "refined")
ASKED: tuple[tuple[str, Mode], ...] = (
    ("retry", "symbol"),
    ("send()", "text"),
    (r"def \w+_failed", "regex"),
    ("how are uploads retried", "semantic"),
    ("send again what failed", "hybrid"),
)


@pytest.mark.parametrize(("query", "mode"), ASKED)
def test_the_same_question_is_answered_from_memory(opened: Open, query: str, mode: Mode) -> None:
    workspace = opened()
    first, second = (workspace.search(SearchRequest(query, mode)) for _ in range(2))
    assert (first.cache, second.cache) == ("miss", "hit-memory")
    assert second.hits == first.hits
    assert second.hits


def test_another_limit_filter_or_file_looked_at_is_another_question(opened: Open, root: Path) -> None:
    workspace = opened()
    kind(workspace, "date")
    assert kind(workspace, "date", limit=1) == "miss"
    assert kind(workspace, "date", near=str(root / "dates.py")) in COMPUTED
    assert kind(workspace, "date", explain=True) in COMPUTED
    assert kind(workspace, "date", explain=True) in COMPUTED
    assert kind(workspace, "date") == "hit-memory"


@pytest.mark.parametrize(
    ("query", "mode"), [("retry", "symbol"), ("send()", "text"), (r"_failed\(", "regex")]
)
def test_an_answer_outlives_changes_that_do_not_concern_it(
    opened: Open, root: Path, query: str, mode: Mode
) -> None:
    workspace = opened()
    kind(workspace, query, mode)
    (root / "dates.py").write_text("def get_month(): ...\n")
    (root / "more.py").write_text("def weekday(): ...\n")
    workspace.sync(60)
    assert kind(workspace, query, mode) == "hit-memory"


@pytest.mark.parametrize(("query", "mode"), ASKED)
def test_and_dies_with_those_that_do(opened: Open, root: Path, query: str, mode: Mode) -> None:
    workspace = opened()
    kind(workspace, query, mode)
    (root / "again.py").write_text("def retry_failed():\n    send()\n")
    workspace.sync(60)
    answer = workspace.search(SearchRequest(query, mode))
    assert answer.cache == "miss"
    assert "again.py" in {hit.relative_path for hit in answer.hits}


def test_what_is_gone_is_gone_from_answers(opened: Open, root: Path) -> None:
    workspace = opened()
    assert workspace.search(SearchRequest("parse_date", "text")).hits
    (root / "dates.py").unlink()
    workspace.sync(60)
    answer = workspace.search(SearchRequest("parse_date", "text"))
    assert (answer.cache, answer.hits) == ("miss", [])


def test_unsaved_text_counts_and_closing_it_too(opened: Open, root: Path) -> None:
    workspace = opened()
    path = str(root / "dates.py")
    assert len(workspace.search(SearchRequest("get_month", "text")).hits) == 0
    workspace.buffer_changed(path, "def get_month(): ...\n")
    workspace.sync(60)
    assert len(workspace.search(SearchRequest("get_month", "text")).hits) == 1
    workspace.buffer_closed(path)
    workspace.sync(60)
    assert len(workspace.search(SearchRequest("get_month", "text")).hits) == 0


def test_a_pick_changes_what_is_kept_of_its_file_only(opened: Open) -> None:
    workspace = opened()
    hit = workspace.search(SearchRequest("parse_date", "symbol")).hits[0]
    kind(workspace, "retry")
    workspace.picked("parse_date", hit.id, 0)
    workspace.sync(60)
    assert kind(workspace, "parse_date") in COMPUTED
    assert kind(workspace, "retry") == "hit-memory"


def test_a_restart_answers_from_disk(opened: Open) -> None:
    workspace = opened()
    before = [workspace.search(SearchRequest(query, mode)) for query, mode in ASKED]
    workspace.close()
    again = opened()
    after = [again.search(SearchRequest(query, mode)) for query, mode in ASKED]
    assert [answer.cache for answer in after] == ["hit-disk"] * len(ASKED)
    assert [answer.hits for answer in after] == [answer.hits for answer in before]
    assert kind(again, *ASKED[0]) == "hit-memory"


def test_what_changed_while_nobody_looked_is_not_answered_from_disk(opened: Open, root: Path) -> None:
    workspace = opened()
    for query, mode in ASKED:
        kind(workspace, query, mode)
    kind(workspace, "get_date")
    workspace.close()
    (root / "again.py").write_text("def retry_failed():\n    send()\n")
    again = opened()
    assert kind(again, "get_date") == "hit-disk"
    for query, mode in ASKED:
        answer = again.search(SearchRequest(query, mode))
        assert answer.cache == "miss", (query, mode)
        assert "again.py" in {hit.relative_path for hit in answer.hits}


def test_clearing_and_forgetting_leave_nothing(opened: Open) -> None:
    workspace = opened()
    kind(workspace, "retry")
    workspace.clear_cache()
    assert kind(workspace, "retry") == "miss"
    workspace.forget_picks()
    assert kind(workspace, "retry") == "miss"
    workspace.close()
    workspace = opened()
    assert kind(workspace, "retry") == "hit-disk"
    workspace.clear_cache()
    workspace.close()
    assert kind(opened(), "retry") == "miss"


def test_where_nothing_is_recorded_nothing_is_kept_on_disk(opened: Open, tmp_path: Path) -> None:
    for learns in (False, True):
        workspace = opened(Settings(search=SearchSettings(learn=learns)))
        kind(workspace, "retry")
        workspace.close()
        assert bool(list((tmp_path / "store").rglob(disk.DATABASE))) is learns


def test_forgetting_picks_forgets_what_other_sessions_asked(opened: Open, tmp_path: Path) -> None:
    workspace = opened()
    kind(workspace, "retry")
    workspace.close()
    (path,) = (tmp_path / "store").rglob(disk.DATABASE)
    assert Disk(path.parent).entries == 1
    opened(refresh=False, watch=False).forget_picks()
    assert Disk(path.parent).entries == 0


def test_nothing_is_kept_when_it_is_turned_off(opened: Open) -> None:
    workspace = opened()
    kind(workspace, "retry")
    workspace.configure(Settings(search=SearchSettings(cache=False)))
    assert kind(workspace, "retry") == kind(workspace, "retry") == "miss"
    workspace.configure(Settings())
    kind(workspace, "retry")
    assert kind(workspace, "retry") == "hit-memory"


def test_a_damaged_file_of_answers_is_begun_anew(opened: Open, tmp_path: Path) -> None:
    workspace = opened()
    kind(workspace, "retry")
    workspace.close()
    (path,) = (tmp_path / "store").rglob(disk.DATABASE)
    for name in path.parent.glob(f"{disk.DATABASE}*"):
        name.write_bytes(b"no database" * 1000)
    workspace = opened()
    assert kind(workspace, "retry") == "miss"
    workspace.close()
    assert kind(opened(), "retry") == "hit-disk"


def test_a_letter_that_is_likely_is_answered_before_it_is_typed(opened: Open) -> None:
    workspace = opened()
    kind(workspace, "retr")
    await_kinds(workspace, lambda figures: figures["predictions"]["made"] > 0)
    assert kind(workspace, "retry") == "hit-memory"
    figures: Any = workspace.cache_figures()
    assert (figures["kinds"]["predicted"], figures["predictions"]["used"]) == (1, 1)


def await_kinds(workspace: Workspace, wanted: Callable[[Any], bool]) -> None:
    deadline = time.monotonic() + 60
    while not wanted(workspace.cache_figures()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_figures_add_up(opened: Open) -> None:
    workspace = opened()
    for query in ("retry", "retry", "send", "nothing_like_it"):
        kind(workspace, query)
    figures: Any = workspace.cache_figures()
    assert figures["kinds"] == {"exact": 1, "refined": 0, "predicted": 0, "disk": 0, "miss": 3}
    assert figures["hitRate"] == 0.25
    assert figures["memory"]["hits"] + figures["memory"]["misses"] == 4
    assert figures["memory"]["bytes"] > 0


# -- the parts that bound it ---------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 40), st.sampled_from(("put", "get", "drop")))))
def test_a_sieve_never_holds_more_than_it_may(steps: list[tuple[int, int, str]]) -> None:
    held: sieve.Sieve[int, int] = sieve.Sieve(200)
    sizes: dict[int, int] = {}
    for key, size, act in steps:
        if act == "put":
            held.put(key, size, size)
            sizes[key] = size
        elif act == "get":
            assert held.get(key) in (None, sizes.get(key))
        else:
            held.drop(key)
        assert held.bytes == sum(value for _, value in held) <= 200
        assert len(held) == len(list(held))


def test_a_sieve_keeps_what_is_asked_for() -> None:
    held: sieve.Sieve[int, str] = sieve.Sieve(100)
    for key in range(10):
        held.put(key, "", 10)
    assert held.get(0) is not None
    for key in range(10, 19):
        held.put(key, "", 10)
    assert 0 in held
    assert 1 not in held


def test_the_disk_keeps_what_was_used_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "MOST_ROWS", 10)
    kept = Disk(tmp_path)
    kept.put([Row(bytes([place]), b"stamp", b"value", b"", float(place)) for place in range(30)])
    assert kept.entries <= 10
    assert kept.get(bytes([29])) == (b"stamp", b"value")
    assert kept.get(bytes([0])) is None
    kept.close()
    assert kept.get(bytes([29])) is None


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode elsewhere")
def test_a_name_that_is_no_utf8_is_answered_and_not_kept(opened: Open, root: Path) -> None:
    path = os.path.join(os.fsencode(root), b"caf\xe9.py")
    with open(path, "w") as file:
        file.write("def retry_again(): ...\n")
    workspace = opened()
    for _ in range(2):
        answer = workspace.search(SearchRequest("retry", "symbol", near=os.fsdecode(path)))
        assert "retry_again" in {hit.name for hit in answer.hits}
        assert answer.cache in COMPUTED
    json.dumps(workspace.meter.profile()).encode()


def test_what_is_to_be_forgotten_leaves_no_trace(opened: Open, tmp_path: Path) -> None:
    workspace = opened()
    kind(workspace, "retry_failed")
    workspace.close()
    workspace = opened()
    (path,) = (tmp_path / "store").rglob(disk.DATABASE)
    assert kind(workspace, "retry_failed") == "hit-disk"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        workspace.clear_cache()
    left = b"".join(file.read_bytes() for file in path.parent.glob(f"{disk.DATABASE}*"))
    assert b"retry_failed" not in left


@pytest.mark.parametrize("damage", [b"\xfe" * 40, b"", b"\x93"])
@pytest.mark.parametrize("column", ["value", "request"])
def test_a_damaged_row_is_no_answer(opened: Open, tmp_path: Path, damage: bytes, column: str) -> None:
    workspace = opened()
    kind(workspace, "retry")
    workspace.close()
    (path,) = (tmp_path / "store").rglob(disk.DATABASE)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(f"UPDATE answers SET {column} = ?", (damage,))
    workspace = opened()
    assert kind(workspace, "retry") == ("miss" if column == "value" else "hit-disk")


def test_damaged_pages_are_begun_anew(tmp_path: Path) -> None:
    kept = Disk(tmp_path)
    kept.put([Row(bytes([place]), b"stamp", bytes(2000), b"", 0.0) for place in range(100)])
    kept.close()
    path = tmp_path / disk.DATABASE
    pages = bytearray(path.read_bytes())
    pages[4096:] = bytes(b ^ 0x5A for b in pages[4096:])
    path.write_bytes(pages)
    for _ in range(2):
        kept = Disk(tmp_path)
        kept.get(b"key")
        kept.put([Row(b"key", b"stamp", b"value", b"", 0.0)])
        kept.close()
    assert Disk(tmp_path).get(b"key") == (b"stamp", b"value")


def test_a_file_that_others_hold_is_left_alone(tmp_path: Path) -> None:
    Disk(tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / disk.DATABASE, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("INSERT INTO answers VALUES (x'00', x'', x'', x'', 0)")
        assert Disk(tmp_path).get(b"key") is None
        other.execute("COMMIT")
    assert Disk(tmp_path).entries == 1


def test_another_version_of_the_file_is_begun_anew(tmp_path: Path) -> None:
    kept = Disk(tmp_path)
    kept.put([Row(b"key", b"stamp", b"value", b"", 0.0)])
    kept.close()
    with contextlib.closing(sqlite3.connect(tmp_path / disk.DATABASE)) as database:
        database.execute("PRAGMA user_version = 77")
    assert Disk(tmp_path).get(b"key") is None


def test_hits_are_equal_whether_kept_or_not(opened: Open) -> None:
    workspace = opened()
    hits: list[list[Hit]] = [workspace.search(SearchRequest("date", "auto")).hits for _ in range(2)]
    assert hits[0] == hits[1]


@pytest.mark.parametrize(("typed", "more"), [("_fai", "_fail"), ("retry_fxi", "retry_fxil")])
def test_the_middle_of_a_name_and_a_typo_go_on_as_the_names_that_were_found(
    opened: Open, typed: str, more: str
) -> None:
    workspace = opened()
    assert workspace.search(SearchRequest(typed, "symbol")).hits
    await_kinds(workspace, lambda figures: figures["predictions"]["made"] > 0)
    assert kind(workspace, more) == "hit-memory"
