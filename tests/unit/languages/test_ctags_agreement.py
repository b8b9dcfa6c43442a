"""Agreement with universal-ctags, by (name, line), over a small tree of real-looking sources.

What ctags says is checked in (``expected.tsv``), so the test needs no ctags; where one is installed, a
second test makes the table anew and compares.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from lsp_search.languages.extract import extract
from lsp_search.languages.registry import language_of

TREE = Path(__file__).parents[2] / "fixtures" / "ctags"
FORMAT = "--_xformat=%{input}\t%{kind}\t%{line}\t%{name}"
LEAST = 0.98
NOT_DEFINITIONS = {"implementation", "unknown"}
"""Kinds of ctags that are mentions: Rust's impl blocks, imported names."""
CTAGS_MISTAKES = {("engine.c", "__packed"), ("lexer.rs", "str")}
"""Attributes and types that ctags takes for variables."""

Tag = tuple[str, str, int, str]


def parse(table: str) -> list[Tag]:
    rows = [line.split("\t") for line in table.splitlines()]
    return [
        (file, kind, int(line), name.replace(" ", ""))
        for file, kind, line, name in rows
        if kind not in NOT_DEFINITIONS
        and not name.startswith("__anon")
        and (file, name) not in CTAGS_MISTAKES
    ]


def ours(file: str) -> set[tuple[str, int]]:
    source = (TREE / file).read_bytes()
    found = extract(language_of(file, source), source)
    return {(symbol.name.replace(" ", ""), symbol.line + 1) for symbol in found}


def misses(tags: list[Tag]) -> dict[str, list[Tag]]:
    found = {file: ours(file) for file in {tag[0] for tag in tags}}
    missed: dict[str, list[Tag]] = defaultdict(list)
    for tag in tags:
        if (tag[3], tag[2]) not in found[tag[0]]:
            missed[tag[0]].append(tag)
    return missed


EXPECTED = parse((TREE / "expected.tsv").read_text())


@pytest.mark.parametrize("file", sorted({tag[0] for tag in EXPECTED}))
def test_what_ctags_finds_is_found(file: str) -> None:
    tags = [tag for tag in EXPECTED if tag[0] == file]
    missed = misses(tags)[file]
    assert len(tags) >= 20
    assert len(missed) <= (1 - LEAST) * len(tags), missed


@pytest.mark.skipif(shutil.which("ctags") is None, reason="universal-ctags is not installed")
def test_the_table_is_what_ctags_says_today() -> None:
    version = subprocess.run(["ctags", "--version"], capture_output=True, text=True, check=True).stdout
    if "Universal Ctags" not in version:
        pytest.skip("the installed ctags is not universal-ctags")
    sources = sorted(path.name for path in TREE.iterdir() if path.suffix != ".tsv")
    command = ["ctags", "--options=NONE", "-x", FORMAT, "-f", "-", *sources]
    output = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=True).stdout
    tags = parse(output)
    missed = sum(len(some) for some in misses(tags).values())
    assert len(tags) >= 0.9 * len(EXPECTED)
    assert missed <= (1 - LEAST) * len(tags)
