"""Workers that crash or hang cost the file they were at, nothing else."""

from __future__ import annotations

import os
import queue
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsp_search.index.packed import unpack
from lsp_search.indexing.pool import Pool
from lsp_search.indexing.wire import Outcome, Task
from tests.conftest import wait_until


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(1, silence=1.0)
    yield pool
    pool.close()


def run(pool: Pool, files: dict[str, bytes], folder: Path) -> dict[str, Outcome]:
    tasks = []
    for key, (name, content) in enumerate(files.items()):
        (folder / name).write_bytes(content)
        tasks.append(Task(key, str(folder / name).encode(), name.encode()))
    answers: queue.SimpleQueue[list[Outcome]] = queue.SimpleQueue()
    pool.submit(tasks, 1 << 20, answers.put)
    outcomes: dict[str, Outcome] = {}
    while len(outcomes) < len(files):
        for outcome in answers.get(timeout=60):
            outcomes[list(files)[outcome.key]] = outcome
    return outcomes


def test_symbols_come_back_packed(pool: Pool, tmp_path: Path) -> None:
    outcome = run(pool, {"a.py": b"def one(): ...\n"}, tmp_path)["a.py"]
    assert (outcome.status, outcome.language, outcome.symbols) == ("symbols", "python", 1)
    assert unpack(outcome.packed)[0].name == "one"


def test_a_parser_that_hangs_costs_its_file_only(pool: Pool, tmp_path: Path) -> None:
    files = {"first.py": b"def first(): ...\n", "hangs.rb": b"[" * 50_000, "last.py": b"def last(): ...\n"}
    outcomes = run(pool, files, tmp_path)
    assert outcomes["hangs.rb"].error
    assert "took" in outcomes["hangs.rb"].error
    assert [outcomes[name].symbols for name in ("first.py", "last.py")] == [1, 1]


def test_a_worker_that_is_killed_is_replaced(pool: Pool, tmp_path: Path) -> None:
    run(pool, {"a.py": b"def one(): ...\n"}, tmp_path)
    (worker,) = pool.pids()

    os.kill(worker, signal.SIGKILL)
    assert run(pool, {"b.py": b"def two(): ...\n"}, tmp_path)["b.py"].symbols == 1
    assert pool.pids() != [worker]


def test_without_a_worker_the_files_are_answered_all_the_same(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    outcome = run(pool, {"a.py": b"def one(): ...\n"}, tmp_path)["a.py"]
    assert outcome.status == "unavailable"
    assert "no worker process can be started" in str(outcome.error)


def test_at_rest_a_worker_that_did_much_is_replaced_by_a_fresh_one(tmp_path: Path) -> None:
    pool = Pool(1, rest=0.1)
    try:
        run(pool, {f"f{number}.py": b"def one(): ...\n" for number in range(201)}, tmp_path)
        busy = pool.pids()
        wait_until(lambda: pool.pids() not in ([], busy))
        fresh = pool.pids()
        assert run(pool, {"a.py": b"def one(): ...\n"}, tmp_path)["a.py"].symbols == 1
        assert pool.pids() == fresh
    finally:
        pool.close()
