"""Windows of a real VS Code for tests: one Chromium a module, a copy of Django to search, the server of this environment."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from benchmarks.corpus import locate
from tests.dashboard.browser import chromium
from tests.editors.vscode import code
from tests.editors.vscode.code import Code
from tests.editors.vscode.searching import Picker, Reference

Opener = Callable[..., AbstractContextManager[Code]]
Photographer = Callable[[Page | Locator, str], Path]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of Django that tests may change; what they change they put back."""
    return Path(shutil.copytree(locate("django"), tmp_path_factory.mktemp("project") / "django"))


@pytest.fixture(scope="session")
def server_command() -> list[str]:
    """How the server of this environment is started, as ``lspSearch.server.path`` wants it."""
    return [sys.executable, "-m", "lsp_search"]


@pytest.fixture(scope="session")
def indexed(
    project: Path, server_command: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Path]:
    """Each call gives a store that knows the project, with nothing picked yet."""
    store = tmp_path_factory.mktemp("indexed") / "store"
    subprocess.run(
        [*server_command, "index", "--store", str(store), str(project)], check=True, capture_output=True
    )
    return lambda: Path(shutil.copytree(store, tmp_path_factory.mktemp("copy") / "store"))


@pytest.fixture(scope="module")
def reference(project: Path, indexed: Callable[[], Path]) -> Iterator[Reference]:
    """What the editor must show."""
    made = Reference(project, indexed())
    with made.client:
        yield made


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where indexes lie; nothing is indexed yet."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Playwright runs an event loop in this thread as long as it lives: no longer than the module, or other tests have none."""
    if code.MISSING:
        pytest.skip(code.MISSING)
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def opened(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, server_command: list[str], store: Path
) -> Opener:
    """``with opened(folder, settings=…, environment=…, flags=…, allowed=…) as window``: a VS Code with the packaged extension.

    Its logs must hold no error of ours at the end, but for lines that contain one of *allowed*.
    """

    @contextlib.contextmanager
    def open_(
        folder: Path,
        *,
        machine: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        allowed: tuple[str, ...] = (),
        **options: Any,
    ) -> Iterator[Code]:
        with code.code(
            browser,
            tmp_path_factory.mktemp("code"),
            folder,
            machine={"lspSearch.server.path": server_command} if machine is None else machine,
            environment={"LSP_SEARCH_STORE": str(store), **(environment or {})},
            **options,
        ) as window:
            yield window
            assert window.errors(allowed) == []

    return open_


@pytest.fixture
def picker(window: Code) -> Iterator[Picker]:
    """In a window without editors, whose server knows all files."""
    made = Picker(window)
    made.open("ready")
    made.settled()
    made.close()
    yield made
    if window.quick_input.count():
        made.close()
    window.run("View: Close All Editors")
    window.page.locator(".tab").first.wait_for(state="detached")


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Photographer:
    """``picture(page, name)`` writes a PNG into the folder that LSP_SEARCH_PICTURES names, else a scratch one."""
    given = os.environ.get("LSP_SEARCH_PICTURES")
    folder = Path(given) if given else tmp_path_factory.mktemp("pictures")

    def take(what: Page | Locator, name: str) -> Path:
        path = folder / f"{name}.png"
        what.screenshot(path=path, animations="disabled")
        return path

    return take
