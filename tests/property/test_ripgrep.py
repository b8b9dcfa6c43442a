"""The lines found in a real tree are those that ripgrep finds: Python's own library, literals and expressions."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsp_search.model import Filter, Mode, SearchRequest
from lsp_search.settings import parse
from lsp_search.workspace import Workspace

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
EXCLUDED = ["site-packages", "__pycache__", "test", "config-*", "pydoc_data"]
RIPGREP = shutil.which("rg", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
LITERALS, EXPRESSIONS = 120, 40
_MOST = 5_000
"""Lines of one answer; of those that have more, only these are compared."""

pytestmark = pytest.mark.skipif(RIPGREP is None, reason="needs ripgrep")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    settings, problems = parse({"index.exclude": EXCLUDED})
    assert problems == []
    workspace = Workspace([LIBRARY], settings, store_dir=tmp_path_factory.mktemp("store"), watch=False)
    workspace.start()
    workspace.sync(120)
    workspace.settle()
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def files(library: Workspace) -> list[str]:
    """Relative paths of what is indexed and is UTF-8."""
    found = library.search(SearchRequest(r"\A", "regex", 10**9)).hits
    paths = sorted({hit.relative_path for hit in found})
    assert len(paths) > 400
    return [path for path in paths if _text(path) is not None]


def _text(path: str) -> str | None:
    try:
        return (LIBRARY / path).read_text("utf-8")
    except UnicodeDecodeError:
        return None


def _pieces(files: list[str], count: int, choose: random.Random) -> Iterator[str]:
    """Pieces of real lines: words, and whatever stands next to each other."""
    while count:
        text = _text(choose.choice(files)) or ""
        lines = [line.strip() for line in text.split("\n") if len(line.strip()) > 3]
        if not lines:
            continue
        line = choose.choice(lines)
        words = re.findall(r"\w{3,}", line)
        length = choose.randint(2, 25)
        start = choose.randrange(max(1, len(line) - length))
        piece = (
            choose.choice(words) if words and choose.random() < 0.4 else line[start : start + length].strip()
        )
        if piece:
            count -= 1
            yield piece


def _expression(piece: str, choose: random.Random) -> str:
    """An expression that matches *piece*, and perhaps more."""
    parts: list[str] = []
    for part in re.findall(r"\w+|\W+", piece):
        ways = [re.escape(part).replace("\\ ", " ")]
        if part[0].isalnum() and part.isascii():
            ways += [
                r"\w+",
                f"(?:{part}|nothing)",
                f"{part[:-1]}[{part[-1]}q]",
                f"{part[:-1]}.?",
                f"(?i:{part})",
            ]
        elif part.isascii():
            ways += [r"\W+", ".{1,4}"]
        parts.append(choose.choice([ways[0], *ways]))
    return choose.choice(["", "", r"^\s*", r"\b"]) + "".join(parts)


def _ripgrep(files: list[str], typed: str, *flags: str) -> set[tuple[str, int]]:
    """(path, line) of what ripgrep finds in *files*."""
    command = [str(RIPGREP), "--no-config", "-n", "--no-heading", "-H", "-0", "-a", "--color=never", *flags]
    done = subprocess.run(
        [*command, "-e", typed, "--", *files], cwd=LIBRARY, capture_output=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    rows = (line.split(b"\0", 1) for line in done.stdout.split(b"\n") if line)
    return {(os.fsdecode(path), int(rest.split(b":", 1)[0]) - 1) for path, rest in rows}


@pytest.mark.parametrize("mode", ["text", "regex"])
def test_the_lines_are_those_that_ripgrep_finds(library: Workspace, files: list[str], mode: Mode) -> None:
    choose = random.Random(f"ripgrep {mode}")
    known = set(files)
    count = LITERALS if mode == "text" else EXPRESSIONS
    for piece in _pieces(files, count, choose):
        typed = piece if mode == "text" else _expression(piece, choose)
        case, words = choose.choice([True, False, None]), choose.random() < 0.2
        wanted = Filter(case_sensitive=case, whole_words=words and mode == "text")
        answer = library.search(SearchRequest(typed, mode, _MOST, wanted))
        found = {(hit.relative_path, hit.line) for hit in answer.hits if hit.relative_path in known}
        flags = [{True: "-s", False: "-i", None: "-S"}[case]]
        flags += ["-F"] * (mode == "text") + ["-w"] * wanted.whole_words
        right = _ripgrep(files, typed, *flags)
        assert found <= right, (typed, flags)
        assert answer.is_incomplete or found == right, (typed, flags)
        assert answer.is_incomplete == (len(answer.hits) == _MOST), (typed, flags)
