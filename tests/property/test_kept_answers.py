"""Whatever happens, and whatever was asked before: a kept answer is the answer that would be computed now."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from lsp_search.model import Filter, Hit, SearchAnswer, SearchRequest
from lsp_search.workspace import Workspace
from tests.property.changing import CONTENTS, FILES, Changing, examples

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


class Kept(Changing):
    def prepare(self) -> None:
        for place, name in enumerate(FILES):
            self.path(name).write_bytes(CONTENTS[place % 3 + 1])

    def made(self, store: Path) -> Workspace:
        return Workspace([self.root], store_dir=store, clock=lambda: 1e9)

    @rule(query=st.sampled_from(("a", "gam", "beta", "kind:class")), place=st.integers(0, 5))
    def pick(self, query: str, place: int) -> None:
        hits = self.workspace.search(SearchRequest(query, "symbol")).hits
        if place < len(hits):
            self.workspace.picked(query, hits[place].id, place)

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
Kept.TestCase.settings = examples(25)
