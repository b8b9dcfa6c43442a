"""A small real tree, and the command run on it as users run it: in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lsp_search.workspace import Workspace

FILES: dict[str, bytes] = {
    "src/app.py": b"class Application:\n    def start(self):\n        pass\n\n\ndef main():\n    Application().start()\n",
    "src/shapes.ts": b"export interface Shape {\n  area(): number;\n}\nexport enum Colour { Red, Green }\n",
    "src/server.go": b"package server\n\nfunc Start(port int) {}\n",
    "tests/test_app.py": b"def test_application_starts():\n    pass\n",
    "wide.py": "def grüße(): '😀'; zählerstand = 1\n'😀'; wide = 1\n".encode(),
    "data.bin": b"\0\1\2",
    "out/generated.py": b"def generated():\n    pass\n",
    ".gitignore": b"out/\n",
}
INDEXED = len(FILES) - 2
"""All but the binary file and the ignored one."""

LONG_AGO = 1_600_000_000
"""A change this old is told by its time alone; one of the last two seconds is read again to be sure."""


def write(root: Path, files: Mapping[str, bytes]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        os.utime(path, (LONG_AGO, LONG_AGO))


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    output: bytes
    errors: str

    @property
    def lines(self) -> list[str]:
        return self.output.decode().splitlines()

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output: nothing may stand beside it."""
        assert self.status == 0, self.errors
        found = json.loads(self.output)
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True)
class Tree:
    """A folder with sources, and a place for its index."""

    root: Path
    store: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "lsp_search", *arguments, "--store", str(self.store)]

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Done:
        """Runs a command with ROOT as the current folder."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env={**os.environ, **(env or {})},
            capture_output=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())

    @property
    def stores(self) -> list[Path]:
        """The folders of indexes."""
        return sorted(self.store.iterdir()) if self.store.exists() else []


@contextlib.contextmanager
def held(tree: Tree) -> Iterator[None]:
    """The tree's index is in use, as by an editor's server."""
    with contextlib.closing(Workspace([tree.root], store_dir=tree.store, watch=False)) as workspace:
        workspace.start()
        workspace.sync()
        yield


def make_tree(base: Path) -> Tree:
    tree = Tree(base / "tree", base / "store")
    write(tree.root, FILES)
    return tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree of the test's own, not indexed yet."""
    return make_tree(tmp_path)


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, dict[str, Any]]:
    """A tree for all tests that change nothing, and what ``index --json`` said of it."""
    tree = make_tree(tmp_path_factory.mktemp("indexed"))
    return tree, tree.run("index", "--json").json


@pytest.fixture
def indexed(first_run: tuple[Tree, dict[str, Any]]) -> Tree:
    return first_run[0]
