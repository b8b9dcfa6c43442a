"""Whatever happens to the files and buffers, and in whatever order: the answers are a fresh index's answers."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lsp_search.indexing import gramming
from lsp_search.model import Mode, SearchRequest
from lsp_search.settings import SearchSettings, Settings
from lsp_search.workspace import Workspace

FILES = ("a.py", "b.py", "pkg/a.py", "pkg/c.go", "pkg/sub/d.ts", "other/e.c", "other/f.py")
FOLDERS = ("pkg", "pkg/sub", "other", "moved")
CONTENTS = (
    b"",
    b"def alpha():\n    pass\n",
    b"class Gamma:\n    def alphabet(self): ...\n    def beta(self): ...\n",
    b"# no symbols\n",
    b"def b\xc3\xa9ta(): ...\ndef tail(): ...\n",
    b"\x00\x01binary",
    b"package main\n\nfunc Alpha() {}\n\ntype Gamma struct{ beta int }\n",
    b"int alpha_start(void) { return 0; }\nstruct gamma { int beta; };\n",
    b"export class Gamma { alpha() {} }\nexport function beta() {}\n",
    b"def latin\xe9(): ...\ndef alpha(): ...\n",
)
RULES = (b"", b"*.py\n", b"pkg/\n", b"*.py\n!a.py\n", b"/other/\nsub/\n")
QUERIES = (
    "a",
    "al",
    "alpha",
    "ALPHA",
    "gamma",
    "beta",
    "bt",
    "ta",
    "Gamma.beta",
    "kind:class",
    "alpah",
    "latin",
)

LEARNS_NOTHING = Settings(search=SearchSettings(learn=False))
"""What changed lately counts more, which a fresh index can't know."""

files = st.sampled_from(FILES)
folders = st.sampled_from(FOLDERS)
contents = st.sampled_from(CONTENTS)
texts = st.sampled_from(
    [content.decode() for content in CONTENTS if content.isascii() and b"\0" not in content]
)


def answers(workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    asked: list[tuple[Mode, str]] = [("symbol", query) for query in QUERIES]
    asked += [
        ("semantic", "alpha beta"),
        ("semantic", "the tail"),
        ("hybrid", "gamma"),
        ("hybrid", "class with alpha"),
    ]
    asked += [("text", "alpha"), ("text", "beta"), ("regex", r"^(class|def) \w+"), ("text", "int al")]
    for mode, query in asked:
        hits = workspace.search(SearchRequest(query, mode, limit=100)).hits
        found[f"{mode} {query}"] = [
            (
                hit.relative_path,
                hit.line,
                hit.column,
                hit.name,
                hit.kind,
                hit.container,
                hit.language,
                hit.matches,
                hit.sources,
                hit.snippet,
                hit.score if mode in ("semantic", "hybrid") else None,
            )
            for hit in hits
        ]
    return found


class Incremental(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        gramming._FEW = 2  # a text index even of so few files
        self.folder = Path(tempfile.mkdtemp(prefix="lsp-search-"))
        self.root = self.folder / "root"
        self.root.mkdir()
        self.buffers: dict[str, str] = {}
        self.store = self.folder / "store"
        self.workspace = self.open(self.store)
        self.workspace.sync(60)

    def open(self, store: Path) -> Workspace:
        workspace = Workspace([self.root], LEARNS_NOTHING, store_dir=store)
        workspace.start()
        return workspace

    def teardown(self) -> None:
        if hasattr(self, "workspace"):
            self.workspace.close()
            shutil.rmtree(self.folder)

    def path(self, name: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @rule(name=files, content=contents)
    def write(self, name: str, content: bytes) -> None:
        if not self.path(name).is_dir():
            self.path(name).write_bytes(content)

    @rule(name=files)
    def delete(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    @rule(old=files, new=files)
    def rename(self, old: str, new: str) -> None:
        if self.path(old).is_file() and old != new:
            os.replace(self.path(old), self.path(new))

    @rule(name=files)
    def touch(self, name: str) -> None:
        if self.path(name).is_file():
            os.utime(self.path(name))

    @rule(old=folders, new=folders)
    def move_folder(self, old: str, new: str) -> None:
        source, target = self.root / old, self.root / new
        inside = new.startswith(old) or old.startswith(new)
        if source.is_dir() and not target.exists() and not inside:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)

    @rule(name=folders)
    def delete_folder(self, name: str) -> None:
        shutil.rmtree(self.root / name, ignore_errors=True)

    @rule(folder=st.sampled_from(("", "pkg")), rules=st.sampled_from(RULES))
    def ignore(self, folder: str, rules: bytes) -> None:
        self.path(os.path.join(folder, ".gitignore")).write_bytes(rules)

    @rule(name=files, text=texts)
    def edit_buffer(self, name: str, text: str) -> None:
        self.path(name)
        self.buffers[name] = text
        self.workspace.buffer_changed(str(self.root / name), text)

    @precondition(lambda self: bool(getattr(self, "buffers", None)))
    @rule(data=st.data())
    def close_buffer(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.buffers)))
        del self.buffers[name]
        self.workspace.buffer_closed(str(self.root / name))

    @precondition(lambda self: bool(getattr(self, "buffers", None)))
    @rule(data=st.data())
    def save_buffer(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.buffers)))
        if not self.path(name).is_dir():
            self.path(name).write_text(self.buffers[name])

    @rule()
    def restart(self) -> None:
        self.workspace.close()
        self.workspace = self.open(self.store)
        for name, text in self.buffers.items():
            self.workspace.buffer_changed(str(self.root / name), text)

    @rule()
    def compare(self) -> None:
        self.workspace.sync(60)
        grown = answers(self.workspace)
        fresh = self.open(self.folder / "fresh")
        try:
            for name, text in self.buffers.items():
                fresh.buffer_changed(str(self.root / name), text)
            fresh.sync(60)
            assert grown == answers(fresh)
        finally:
            fresh.close()
            shutil.rmtree(self.folder / "fresh")

    @invariant()
    def never_degraded(self) -> None:
        if hasattr(self, "workspace"):
            assert self.workspace.status().state != "degraded", self.workspace.status().message


TestIncremental = pytest.mark.timeout(600)(Incremental.TestCase)
Incremental.TestCase.settings = settings(
    max_examples=int(os.environ.get("LSP_SEARCH_EXAMPLES", "15")),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
