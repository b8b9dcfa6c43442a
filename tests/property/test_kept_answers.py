"""Whatever happens, and whatever was asked before: a kept answer is the answer that would be computed now."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from lsp_search.indexing import gramming
from lsp_search.model import Filter, Hit, SearchAnswer, SearchRequest
from lsp_search.workspace import Workspace
from tests.property.test_incremental import CONTENTS, FILES, contents, files, texts

NEAR = "pkg/a.py"


def requests(root: Path) -> list[SearchRequest]:
    symbols = ("a", "al", "alpha", "gam", "Gamma", "bta", "alpah", "Gamma.beta", "kind:class", "in:gamma b")
    asked = [SearchRequest(query, "symbol", limit=3) for query in symbols]
    asked += [SearchRequest(query, "symbol", limit=3, near=str(root / NEAR)) for query in ("a", "bet")]
    asked += [SearchRequest(query, "auto") for query in ("pkg/a", "file:e.c", "path:pkg alpha", "lang:go g")]
    asked += [
        SearchRequest("alpha", "text", limit=2),
        SearchRequest("beta", "text"),
        SearchRequest("Alpha", "text", filter=Filter(exclude_paths=("pkg",))),
        SearchRequest(r"^(class|def) \w+", "regex", limit=3),
        SearchRequest("beta", "semantic"),
        SearchRequest("class with alpha", "hybrid"),
    ]
    return asked


def bare(answer: SearchAnswer) -> tuple[list[Hit], bool, int | None, int | None, str]:
    hits = [dataclasses.replace(hit) for hit in answer.hits]
    return hits, answer.is_incomplete, answer.lines, answer.files, answer.mode


class Kept(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        gramming._FEW = 2  # a text index even of so few files
        self.folder = Path(tempfile.mkdtemp(prefix="lsp-search-"))
        self.root = self.folder / "root"
        self.root.mkdir()
        for place, name in enumerate(FILES):
            self.path(name).write_bytes(CONTENTS[place % 3 + 1])
        self.buffers: dict[str, str] = {}
        self.open()

    def open(self) -> None:
        self.workspace = Workspace([self.root], store_dir=self.folder / "store", clock=lambda: 1e9)
        self.workspace.start()
        for name, text in self.buffers.items():
            self.workspace.buffer_changed(str(self.root / name), text)
        self.workspace.sync(60)

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
        self.path(name).write_bytes(content)

    @rule(name=files)
    def delete(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    @rule(old=files, new=files)
    def rename(self, old: str, new: str) -> None:
        if self.path(old).is_file() and old != new:
            os.replace(self.path(old), self.path(new))

    @rule(name=files, text=texts)
    def edit_buffer(self, name: str, text: str) -> None:
        self.buffers[name] = text
        self.workspace.buffer_changed(str(self.path(name)), text)

    @precondition(lambda self: bool(getattr(self, "buffers", None)))
    @rule(data=st.data())
    def close_buffer(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.buffers)))
        del self.buffers[name]
        self.workspace.buffer_closed(str(self.root / name))

    @rule(query=st.sampled_from(("a", "gam", "beta", "kind:class")), place=st.integers(0, 5))
    def pick(self, query: str, place: int) -> None:
        hits = self.workspace.search(SearchRequest(query, "symbol")).hits
        if place < len(hits):
            self.workspace.picked(query, hits[place].id, place)

    @rule()
    def restart(self) -> None:
        self.workspace.close()
        self.open()

    @rule()
    def ask(self) -> None:
        """Keeps answers, perhaps of a state that is passing."""
        for request in requests(self.root):
            self.workspace.search(request)

    @rule()
    def compare(self) -> None:
        self.workspace.sync(60)
        kept = [self.workspace.search(request) for request in requests(self.root)]
        self.workspace.clear_cache()
        for request, answer in zip(requests(self.root), kept, strict=True):
            computed = self.workspace.search(request)
            assert computed.cache in ("miss", "refined")
            assert bare(answer) == bare(computed), (request, answer.cache)


TestKept = pytest.mark.timeout(600)(Kept.TestCase)
Kept.TestCase.settings = settings(
    max_examples=int(os.environ.get("LSP_SEARCH_EXAMPLES", "15")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
