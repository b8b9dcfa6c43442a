"""Shared by all tests: hypothesis profiles and small real trees."""

from __future__ import annotations

import faulthandler
import os
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from lsp_search.model import SearchRequest
from lsp_search.workspace import Workspace

# A landing change is judged by the same examples each time; everyone else's runs go on looking for new ones.
COMMON: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", **COMMON)
settings.register_profile("ci", derandomize=True, print_blob=True, **COMMON)
settings.register_profile("thorough", max_examples=2000, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

CLEARED_AWAY = 300.0
"""Seconds for what a test leaves to be cleared away."""
STDERR = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    capturing = config.pluginmanager.getplugin("capturemanager")
    with capturing.global_and_fixture_disabled():
        config.stash[STDERR] = os.dup(2)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Once a test has failed, no plugin bounds its end any more: where that hangs, this tells where, and ends the process."""
    faulthandler.dump_traceback_later(CLEARED_AWAY, exit=True, file=item.config.stash[STDERR])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


SOURCES = {
    "app/models.py": "class User:\n    def save(self):\n        pass\n\n\nclass UserGroup(User):\n    LIMIT = 3\n",
    "app/views.py": "from app.models import User\n\n\ndef list_users():\n    return User\n",
    "core/engine.c": "struct engine { int rpm; };\n\nint engine_start(struct engine *e)\n{\n\treturn e->rpm;\n}\n",
    "web/client.ts": "export interface UserClient { id: string }\nexport function fetchUser(id: string) { return id }\n",
    "README.md": "# User guide\n\n## Getting started\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small workspace in several languages."""
    root = tmp_path / "tree"
    for name, text in SOURCES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


Opener = Callable[..., Workspace]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    """Opens workspaces on a store of the test's own, in step; closes them at the end."""
    workspaces: list[Workspace] = []

    def open_(*roots: Path, **options: object) -> Workspace:
        options.setdefault("store_dir", tmp_path / "store")
        workspace = Workspace(roots, **options)  # type: ignore[arg-type]
        workspaces.append(workspace)
        workspace.start()
        workspace.sync(60)
        return workspace

    yield open_
    for workspace in workspaces:
        workspace.close()


def found(workspace: Workspace, query: str, limit: int = 50) -> list[tuple[str, str, int]]:
    """(name, relative path, line) of the hits, in order."""
    answer = workspace.search(SearchRequest(query, mode="symbol", limit=limit))
    return [(hit.name, hit.relative_path, hit.line) for hit in answer.hits]


def names(workspace: Workspace, query: str) -> list[str]:
    return [name for name, _, _ in found(workspace, query)]


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Waits for a state that comes about by itself; fails when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the state did not come about"
        time.sleep(0.01)


running_as_root = hasattr(os, "geteuid") and os.geteuid() == 0
