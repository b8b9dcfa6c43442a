"""History: what is kept, for how long, by how many, and what happens where it cannot be."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from lsp_search import stores
from lsp_search.index.place import DATABASE
from lsp_search.insight.history import FILE, History, Row, typical
from lsp_search.insight.minutes import row_of
from lsp_search.model import SearchRequest
from lsp_search.telemetry.latency import Latency
from tests.conftest import Opener, running_as_root

DAY = 86400
NOW = 1_790_000_000 // 60 * 60


def row(at: int = NOW, **figures: Any) -> Row:
    return Row(at, **{"queries": 10, "p50_ms": 1.0, "p95_ms": 2.0, **figures})


def test_rows_come_back_in_order_for_whoever_opens_it_next(tmp_path: Path) -> None:
    first, second = row(NOW, modes={"symbol": (10, 1.0, 2.0)}), row(NOW + 60, files=3)
    history = History(tmp_path)
    history.add(second)
    history.add(first)
    assert History(tmp_path).rows() == [first, second]
    assert History(tmp_path).rows(NOW + 1) == [second]


def test_a_month_is_kept(tmp_path: Path) -> None:
    history = History(tmp_path)
    for day in range(40):
        history.add(row(NOW + day * DAY), _latency(0.001))
    kept = [one.at for one in history.rows()]
    assert kept == [NOW + day * DAY for day in range(8, 40)]
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM latency").fetchone() == (32,)


def test_a_file_of_a_month_is_small(tmp_path: Path) -> None:
    """Eight hours of queries in every mode on 31 days."""
    modes = dict.fromkeys(("symbol", "text", "regex", "semantic", "hybrid"), (10, 1.25, 2.5))
    history = History(tmp_path)
    history.add(row())
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        (figures,) = connection.execute("SELECT figures FROM minutes").fetchone()
        connection.executemany(
            "INSERT OR REPLACE INTO minutes VALUES (?, ?)", [(n * 60, figures) for n in range(31 * 480)]
        )
    history.add(row(31 * 480 * 60, modes=modes))
    assert (tmp_path / FILE).stat().st_size < 4 << 20


def test_two_servers_add_up(tmp_path: Path) -> None:
    one, other = History(tmp_path), History(tmp_path)
    one.add(row(queries=30, p95_ms=5.0, modes={"symbol": (30, 1.0, 5.0)}, hit_rate=0.5), _latency(0.001))
    other.add(row(queries=10, p95_ms=9.0, files=4, modes={"text": (10, 3.0, 9.0)}), _latency(0.002))
    (both,) = one.rows()
    assert both == other.rows()[0]
    assert (both.queries, both.p95_ms, both.files, both.hit_rate) == (40, 5.0, 4, 0.375)
    assert both.modes == {"symbol": (30, 1.0, 5.0), "text": (10, 3.0, 9.0)}
    assert one.latency()["search"]["count"] == 2


def test_a_server_that_is_writing_holds_up_nobody_for_ever(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(row())
    with contextlib.closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        history.add(row(NOW + 60))
        assert [one.at for one in history.rows()] == [NOW + 60]
    history.add(row(NOW + 120))
    assert [one.at for one in History(tmp_path).rows()] == [NOW, NOW + 60, NOW + 120]


def test_what_is_no_database_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"nothing of ours" * 1000)
    history = History(tmp_path)
    assert history.rows() == []
    history.add(row())
    history.add(row(NOW + 60))
    assert len(History(tmp_path).rows()) == 2


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
@pytest.mark.skipif(running_as_root, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    history = History(tmp_path)
    history.add(row())
    assert history.rows() == [row()]
    tmp_path.chmod(0o700)


def test_a_removed_store_stays_removed(tmp_path: Path) -> None:
    history = History(tmp_path / "gone")
    history.add(row())
    history.add(row(NOW + 60), _latency(0.001))
    assert [one.at for one in history.rows()] == [NOW, NOW + 60]
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("damaged", [False, True])
def test_a_rebuilt_index_keeps_it(tree: Path, opened: Opener, tmp_path: Path, damaged: bool) -> None:
    opened(tree).close()
    stored = stores.find(tmp_path / "store", tree)
    assert stored is not None
    History(stored.folder).add(row())
    if damaged:
        (stored.folder / DATABASE).write_bytes(b"no database" * 1000)
    stores.empty(tmp_path / "store", tree)
    assert History(stored.folder).rows() == [row()]
    assert opened(tree).search(SearchRequest("list_users", "symbol")).hits


def test_what_cannot_be_written_is_bounded(tmp_path: Path) -> None:
    history = History(tmp_path / "gone")
    for minute in range(2000):
        history.add(row(NOW + minute * 60))
    assert len(history.rows()) == 1440


def test_the_file_is_for_its_user_alone(tmp_path: Path) -> None:
    History(tmp_path).add(row())
    if os.name == "posix":
        assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_a_row_is_what_happened_between_two_readings() -> None:
    def stats(queries: int, files: int, overflows: int, miss: int, exact: int) -> dict[str, Any]:
        return {
            "latency": {"search": {"count": queries}},
            "cache": {"kinds": {"exact": exact, "miss": miss}},
            "memory": {"rssBytes": 5, "indexBytes": 6},
            "queue": {"done": files, "depth": 2, "failed": 1},
            "watcher": {"overflows": overflows},
        }

    recent = {
        name: {"count": 3, "p50Ms": 1.0, "p95Ms": 2.0, "p99Ms": 3.0, "maxMs": 4.0}
        for name in ("search", "search.text", "stage.match")
    }
    found = row_of(stats(7, 100, 1, 5, 5), stats(10, 104, 1, 6, 8), NOW, recent)
    modes = {"text": (3, 1.0, 2.0)}
    assert found == Row(NOW, 3, 1.0, 2.0, 3.0, modes, 0.75, 4, 5, 6, 2, 1, 0)
    assert row_of({}, stats(7, 100, 1, 0, 0), NOW, {}) == Row(NOW, 7, files=100, rss_bytes=5, index_bytes=6, queue_depth=2, failed=1, overflows=1)  # fmt: skip


def test_typical_weighs_by_queries() -> None:
    rows = [row(queries=1, p50_ms=100.0), row(queries=10, p50_ms=2.0), row(queries=0, p50_ms=50.0)]
    assert typical(rows, lambda one: one.p50_ms) == 2.0
    assert typical([], lambda one: one.p50_ms) == 0.0


def _latency(seconds: float) -> dict[str, Any]:
    latency = Latency()
    latency.record("search", seconds)
    return latency.taken()


def test_a_clock_that_is_ahead_for_a_minute_costs_nothing(tmp_path: Path) -> None:
    history = History(tmp_path)
    for minute in range(5):
        history.add(row(NOW + 60 * minute))
    history.add(row(NOW + 400 * DAY))
    history.add(row(NOW + 300))
    assert [row.at for row in History(tmp_path).rows(0, NOW + 300)] == [
        NOW + 60 * minute for minute in range(6)
    ]


def test_a_damaged_row_is_left_out(tmp_path: Path) -> None:
    history = History(tmp_path)
    for minute in range(2):
        history.add(row(NOW + 60 * minute, modes={"symbol": (1, 1.0, 1.0)}))
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        (figures,) = database.execute("SELECT figures FROM minutes WHERE at = ?", (NOW,)).fetchone()
        damaged = figures.replace(b"symbol", b"symb\xfel")
        assert damaged != figures
        database.execute("UPDATE minutes SET figures = ? WHERE at = ?", (damaged, NOW))
    assert [one.at for one in History(tmp_path).rows()] == [NOW + 60]
    history.add(row(NOW))
    assert [one.at for one in History(tmp_path).rows()] == [NOW, NOW + 60]
