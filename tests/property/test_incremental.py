"""Whatever happens to the files and buffers, and in whatever order: the answers are a fresh index's answers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from lsp_search.model import Mode, SearchRequest
from lsp_search.settings import SearchSettings, Settings
from lsp_search.workspace import Workspace
from tests.property.changing import Changing, examples, files

FOLDERS = ("pkg", "pkg/sub", "other", "moved")
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

folders = st.sampled_from(FOLDERS)


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


class Incremental(Changing):
    def made(self, store: Path) -> Workspace:
        return Workspace([self.root], LEARNS_NOTHING, store_dir=store)

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

    @precondition(lambda self: bool(getattr(self, "buffers", None)))
    @rule(data=st.data())
    def save_buffer(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.buffers)))
        if not self.path(name).is_dir():
            self.path(name).write_text(self.buffers[name])

    @rule()
    def compare(self) -> None:
        self.workspace.sync(60)
        grown = answers(self.workspace)
        fresh = self.open(self.folder / "fresh")
        try:
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
Incremental.TestCase.settings = examples(20)
