"""Answers of workers that come late, out of order, or about content that is no longer what the index holds."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lsp_search.indexing.pool import Pool
from lsp_search.indexing.wire import Outcome, Task
from tests.conftest import Opener, names, wait_until


class Held:
    """Answers on their way, kept back until they are let through in the order they were given in."""

    def __init__(self) -> None:
        self.holding = False
        self._held: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._held)

    def release(self) -> None:
        self.holding = False
        for answer in self._held:
            answer()
        self._held.clear()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    held, submit = Held(), Pool.submit

    def slow(
        pool: Pool, tasks: Sequence[Task], max_bytes: int, answered: Callable[[list[Outcome]], None]
    ) -> None:
        if held.holding:
            submit(pool, tasks, max_bytes, lambda outcomes: held._held.append(lambda: answered(outcomes)))
        else:
            submit(pool, tasks, max_bytes, answered)

    monkeypatch.setattr(Pool, "submit", slow)
    return held


def test_an_answer_that_a_later_one_overtook_counts_no_more(tree: Path, opened: Opener, held: Held) -> None:
    workspace = opened(tree)
    held.holding = True
    (tree / "app/views.py").write_text("def first_text(): pass\n")
    wait_until(lambda: len(held) == 1)
    held.holding = False
    (tree / "app/views.py").write_text("def second_text(): pass\n")
    wait_until(lambda: names(workspace, "second_text") == ["second_text"])
    held.release()
    workspace.sync(60)
    assert names(workspace, "second_text") == ["second_text"]
    assert names(workspace, "first_text") == []


def test_content_that_came_back_while_another_was_on_its_way(tree: Path, opened: Opener, held: Held) -> None:
    """The second answer says "as known", of what was known when it was asked for."""
    before = (tree / "app/views.py").read_text()
    workspace = opened(tree)
    held.holding = True
    (tree / "app/views.py").write_text("def in_between(): pass\n")
    wait_until(lambda: len(held) == 1)
    (tree / "app/views.py").write_text(before)
    wait_until(lambda: len(held) == 2)
    held.release()
    workspace.sync(60)
    assert names(workspace, "list_users") == ["list_users"]
    assert names(workspace, "in_between") == []


def test_a_store_that_fails_during_audits_is_replaced_once(
    tree: Path, tmp_path: Path, opened: Opener
) -> None:
    said: list[str] = []
    workspace = opened(tree, on_message=lambda _level, text: said.append(text))
    (database,) = (tmp_path / "store").glob("*/index.sqlite3")
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("DROP TABLE files")
    workspace.reindex([str(tree / folder) for folder in ("app", "core", "web")])
    assert names(workspace, "list_users") == ["list_users"]
    assert len(said) == 1
    assert "no such table" in said[0]
